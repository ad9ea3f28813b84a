//! Lines of the preprocessor: definitions, and conditions that no compiler for firmware decides
//! another way.

use memchr::{memchr, memmem};

use super::scan::is_word;
use crate::syntax::define_lines;

/// A `#define`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Define<'t> {
    pub(super) name: &'t [u8],
    /// Of a function-like macro; `...` is the last one's name.
    pub(super) parameters: Option<Vec<&'t [u8]>>,
    /// As it is written, continued lines and comments included.
    pub(super) body: &'t [u8],
}

/// The `#define`s of a text.
pub(super) fn defines(text: &[u8]) -> Vec<Define<'_>> {
    define_lines(text).filter_map(define).collect()
}

/// Reads what follows the word `define`.
pub(super) fn define(line: &[u8]) -> Option<Define<'_>> {
    let line = line.trim_ascii_start();
    let length = line.iter().take_while(|byte| is_word(**byte)).count();
    let (name, rest) = line.split_at_checked(length)?;
    if name.is_empty() {
        return None;
    }
    let (parameters, body) = match rest.strip_prefix(b"(") {
        Some(inside) => {
            let close = memchr(b')', inside)?;
            let list = inside.get(..close)?;
            let body = inside.get(close + 1..)?;
            let names = list
                .split(|byte| *byte == b',')
                .map(<[u8]>::trim_ascii)
                .filter(|name| !name.is_empty())
                .collect();
            (Some(names), body)
        }
        None => (None, rest),
    };
    Some(Define {
        name,
        parameters,
        body: body.trim_ascii(),
    })
}

/// Whether a condition holds for every compiler of C for firmware; `None` where it depends.
pub(super) fn certain(word: &[u8], rest: &[u8]) -> Option<bool> {
    let rest = match memmem::find(rest, b"/*").or_else(|| memmem::find(rest, b"//")) {
        Some(comment) => rest.get(..comment).unwrap_or_default(),
        None => rest,
    };
    let rest = rest.trim_ascii();
    let (name, is_negated) = match word {
        b"ifdef" => (rest, false),
        b"ifndef" => (rest, true),
        b"if" => {
            if rest == b"0" {
                return Some(false);
            }
            let (rest, is_negated) = match rest.strip_prefix(b"!") {
                Some(rest) => (rest.trim_ascii_start(), true),
                None => (rest, false),
            };
            let name = rest.strip_prefix(b"defined")?.trim_ascii();
            let name = match name.strip_prefix(b"(") {
                Some(inside) => inside.strip_suffix(b")")?.trim_ascii(),
                None => name,
            };
            (name, is_negated)
        }
        _ => return None,
    };
    let is_undefined = matches!(
        name,
        b"_MSC_VER"
            | b"_WIN32"
            | b"_WIN64"
            | b"WIN32"
            | b"__BORLANDC__"
            | b"__WATCOMC__"
            | b"DOXYGEN"
            | b"__DOXYGEN__"
    ) || crate::syntax::is_never_c(name);
    is_undefined.then_some(is_negated)
}
