//! What is known of the C library and of firmware's favourite macros, as a header. The project's
//! own declarations come first.

use std::sync::LazyLock;

use super::headers::{HeaderSet, Headers};

static SET: LazyLock<HeaderSet> =
    LazyLock::new(|| HeaderSet::new([("prelude.h".to_owned(), TEXT.as_bytes().to_vec())]));

static HEADERS: LazyLock<Headers<'static>> = LazyLock::new(|| SET.all());

/// The prelude, as a file sees it.
pub(super) fn prelude() -> &'static Headers<'static> {
    &HEADERS
}

/// C17 and POSIX prototypes; limits of the default data model; errno numbers of newlib and Linux;
/// macros that many projects define alike.
const TEXT: &str = include_str!("prelude.h");
