//! Rule identifiers.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Permanent code of a built-in rule (`C-LEN-014`), or the `id` of a user's rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RuleId(Arc<str>);

/// A text that cannot be a rule id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be a rule id: use letters, digits, `-`, `_`, `.` and `/`")]
pub struct RuleIdError(pub String);

impl RuleId {
    /// Checks the characters.
    ///
    /// # Errors
    /// The text is empty or holds anything but ASCII letters, digits, `-`, `_`, `.`, `/`, `:`.
    pub fn parse(text: &str) -> Result<Self, RuleIdError> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
        if text.is_empty() || !text.bytes().all(good) {
            return Err(RuleIdError(text.to_owned()));
        }
        Ok(Self(Arc::from(text)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the id has the form of a built-in code: one letter `C`, `R` or `X`, an area of two
    /// to four capitals, three digits.
    pub fn is_code(&self) -> bool {
        let mut parts = self.0.split('-');
        let (Some(language), Some(area), Some(number), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        matches!(language, "C" | "R" | "X")
            && (2..=4).contains(&area.len())
            && area.bytes().all(|byte| byte.is_ascii_uppercase())
            && number.len() == 3
            && number.bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl TryFrom<String> for RuleId {
    type Error = RuleIdError;

    fn try_from(text: String) -> Result<Self, RuleIdError> {
        Self::parse(&text)
    }
}

impl From<RuleId> for String {
    fn from(id: RuleId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for RuleId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
