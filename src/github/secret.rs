//! Tokens: opaque, and gone from every text before it is shown.

use std::fmt;
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use regex::Regex;

/// What stands where a secret was.
const MASK: &str = "[token]";

/// GitHub's token shapes; since 2026-04-27 installation tokens are `ghs_APPID_JWT` of about 520
/// characters, with dots.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:gh[a-z]_[A-Za-z0-9._-]{16,}|github_pat_[A-Za-z0-9_]{16,})").ok()
});

/// A token. Its debug form shows nothing; there is no display form.
#[derive(Clone)]
pub struct Token(Arc<str>);

impl Token {
    /// Takes the text of a token, without white space around it; `None` if nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        // Anything else cannot be a header value.
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        (!text.is_empty() && plain).then(|| Self(Arc::from(text)))
    }

    /// The token itself, for a request's header.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// The credentials as GitHub's site takes them from git: a name that says nothing, and the token.
    pub(super) fn basic(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(format!("x-access-token:{}", self.0))
    }

    /// The text with this token, and whatever looks like one, masked.
    pub fn redact(&self, text: &str) -> String {
        redact(&text.replace(self.expose(), MASK))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(MASK)
    }
}

/// The text with whatever looks like a token of GitHub's masked.
pub fn redact(text: &str) -> String {
    match SHAPES.as_ref() {
        Some(shapes) => shapes.replace_all(text, MASK).into_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_masked() {
        let token = Token::new(" s3cret-of-any-shape\n").unwrap();
        assert_eq!(format!("{token:?}"), "[token]");
        assert_eq!(
            token.redact("Bearer s3cret-of-any-shape, ghs_123_eyJhbGciOiJSUzI1NiJ9.e30.x-y_z"),
            "Bearer [token], [token]"
        );
        assert_eq!(redact("github_pat_11AAAAAAAAAAAAAAAAAA_bbb!"), "[token]!");
        assert_eq!(redact("ghost_town"), "ghost_town");
    }

    #[test]
    fn what_is_no_header_value_is_no_token() {
        for text in ["", "  \n", "a b", "a\nb", "é"] {
            assert!(Token::new(text).is_none(), "{text:?}");
        }
    }
}
