//! The text of a comment → a deviation.
//!
//! ```text
//! scrubin: allow(C-LEN-001, other-rule, reason = "why", until = 2027-06-30, ticket = "RISK-41")
//! ```
//!
//! A comment that only mentions scrubin is none of our business; one that begins with `scrubin:`,
//! or holds `scrubin: allow` anywhere, is meant as a deviation, and whatever is wrong with it is
//! said. Never panics, linear in the length of the text.

use chrono::NaiveDate;

use super::Deviation;
use crate::config::nearest;

/// A comment that is meant as a deviation and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct DeviationSyntaxError {
    /// Byte offset in the comment's text.
    pub offset: usize,
    /// What is wrong there.
    pub problem: SyntaxProblem,
}

/// What is wrong with the text of a deviation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxProblem {
    /// `scrubin allow(...)`.
    #[error("write `scrubin: allow(...)`, with a colon")]
    NoColon,
    /// `scrubin: ignore`.
    #[error(
        "`{0}` is nothing a comment can ask for; write `scrubin: allow(RULE, reason = \"...\")`"
    )]
    UnknownWord(String),
    /// `scrubin: allow` without `(`.
    #[error("a `(` is missing after `allow`")]
    NoParenthesis,
    /// No `)` before the end of the comment.
    #[error("the `)` is missing")]
    Unclosed,
    /// A text without its closing quote.
    #[error("the closing `\"` is missing")]
    UnclosedText,
    /// Anything else where a rule or a key has to stand.
    #[error("`{0}` cannot stand here; a rule, a key or `)` is expected")]
    Unexpected(char),
    /// Two items without a comma between them.
    #[error("a `,` or `)` is missing before `{0}`")]
    NoComma(char),
    /// `*` instead of rules.
    #[error("a deviation names its rules; `*` is not allowed")]
    Wildcard,
    /// `allow()` or keys alone.
    #[error("no rule is named")]
    NoRule,
    /// A key nobody knows.
    #[error("unknown key `{key}`{}", did_you_mean(*nearest))]
    UnknownKey {
        /// As written.
        key: String,
        /// The nearest key there is.
        nearest: Option<&'static str>,
    },
    /// The same key twice.
    #[error("`{0}` is given twice")]
    Repeated(&'static str),
    /// `reason = words without quotes`.
    #[error("the value of `{0}` has to stand in double quotes")]
    NoText(&'static str),
    /// Not a day in the calendar.
    #[error("`{0}` is no date; write it as 2027-06-30")]
    BadDate(String),
    /// A second `scrubin: allow` in the same comment.
    #[error("one comment holds one deviation; name several rules in one, or use two comments")]
    Second,
}

fn did_you_mean(nearest: Option<&str>) -> String {
    crate::config::did_you_mean(nearest)
}

const KEYS: [&str; 4] = ["reason", "until", "ticket", "approved-by"];

/// Reads the deviation in the text of one comment, delimiters (`//`, `/* */`, `#`) included or
/// not. `Ok(None)`: the comment is no deviation.
///
/// # Errors
/// [`DeviationSyntaxError`] where the comment is meant as one and is malformed.
pub fn parse_deviation_comment(text: &str) -> Result<Option<Deviation>, DeviationSyntaxError> {
    let Some(start) = find_start(text)? else {
        return Ok(None);
    };
    let mut scanner = Scanner { text, at: start };
    let deviation = scanner.arguments()?;
    let rest = scanner.rest();
    if let Some(offset) = find_allow(rest, 0) {
        return Err(DeviationSyntaxError {
            offset: scanner.at + offset,
            problem: SyntaxProblem::Second,
        });
    }
    Ok(Some(deviation))
}

/// Offset just after `allow`.
fn find_start(text: &str) -> Result<Option<usize>, DeviationSyntaxError> {
    let lead = text
        .find(|letter: char| !letter.is_whitespace() && !"/*!#;-<".contains(letter))
        .unwrap_or(text.len());
    let mut scanner = Scanner { text, at: lead };
    if scanner.takes_word_ignoring_case("scrubin") {
        scanner.skip_blanks();
        let colon = scanner.at;
        if scanner.takes(':') {
            scanner.skip_blanks();
            let offset = scanner.at;
            let word = scanner.word();
            if word.eq_ignore_ascii_case("allow") {
                return Ok(Some(scanner.at));
            }
            let problem = SyntaxProblem::UnknownWord(word.to_owned());
            return Err(DeviationSyntaxError { offset, problem });
        }
        if scanner.word().eq_ignore_ascii_case("allow") {
            scanner.skip_blanks();
            if scanner.peek() == Some('(') {
                return Err(DeviationSyntaxError {
                    offset: colon,
                    problem: SyntaxProblem::NoColon,
                });
            }
        }
    }
    Ok(find_allow(text, lead).map(|start| {
        let mut scanner = Scanner { text, at: start };
        // `find_allow` gives the start of the word; the arguments begin after `allow`.
        scanner.takes_word_ignoring_case("scrubin");
        scanner.skip_blanks();
        scanner.takes(':');
        scanner.skip_blanks();
        scanner.word();
        scanner.at
    }))
}

/// Offset of the first `scrubin: allow` at or after `from`, as words of their own.
fn find_allow(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| memchr::memchr2(b's', b'S', rest))
    {
        let start = at + found;
        at = start + 1;
        let inside_word = start
            .checked_sub(1)
            .and_then(|before| bytes.get(before))
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let mut scanner = Scanner { text, at: start };
        if inside_word || !scanner.takes_word_ignoring_case("scrubin") {
            continue;
        }
        scanner.skip_blanks();
        if !scanner.takes(':') {
            continue;
        }
        scanner.skip_blanks();
        if scanner.word().eq_ignore_ascii_case("allow") {
            return Some(start);
        }
    }
    None
}

/// A place in the text.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn takes(&mut self, letter: char) -> bool {
        let there = self.peek() == Some(letter);
        if there {
            self.at += letter.len_utf8();
        }
        there
    }

    /// Takes an ASCII word of any case, not followed by more of a word.
    fn takes_word_ignoring_case(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let there = rest
            .get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
            && !rest
                .get(word.len()..)
                .and_then(|after| after.chars().next())
                .is_some_and(|next| next.is_alphanumeric() || next == '_');
        if there {
            self.at += word.len();
        }
        there
    }

    /// The characters of a rule id, a key or a date.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let good = |letter: char| letter.is_ascii_alphanumeric() || "-_./:".contains(letter);
        let end = rest.find(|letter| !good(letter)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or("")
    }

    /// Blanks within a line.
    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    /// Blanks, line ends and the `*` that begins the next line of a block comment.
    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let next = rest.trim_start();
            let skipped = rest.len() - next.len();
            self.at += skipped;
            let new_line = rest
                .get(..skipped)
                .is_some_and(|blank| blank.contains('\n'));
            if !(new_line && next.starts_with('*') && !next.starts_with("*/")) {
                return;
            }
            self.at += 1;
        }
    }

    fn fail<T>(&self, offset: usize, problem: SyntaxProblem) -> Result<T, DeviationSyntaxError> {
        // Never past the end, so that a caller may slice with it.
        let offset = offset.min(self.text.len());
        Err(DeviationSyntaxError { offset, problem })
    }

    /// `(RULE, ..., key = value, ...)`
    fn arguments(&mut self) -> Result<Deviation, DeviationSyntaxError> {
        let mut deviation = Deviation::default();
        self.skip_space();
        let open = self.at;
        if !self.takes('(') {
            return self.fail(open, SyntaxProblem::NoParenthesis);
        }
        loop {
            self.skip_space();
            if self.takes(')') {
                break;
            }
            let start = self.at;
            let word = self.word();
            if word.is_empty() {
                return match self.peek() {
                    None => self.fail(open, SyntaxProblem::Unclosed),
                    Some('*') if self.rest().starts_with("*/") => {
                        self.fail(open, SyntaxProblem::Unclosed)
                    }
                    Some('*') => self.fail(start, SyntaxProblem::Wildcard),
                    Some(other) => self.fail(start, SyntaxProblem::Unexpected(other)),
                };
            }
            self.skip_space();
            if self.takes('=') {
                self.value(word, start, &mut deviation)?;
            } else if !deviation.rules.iter().any(|rule| rule == word) {
                deviation.rules.push(word.to_owned());
            }
            self.skip_space();
            if self.takes(',') {
                continue;
            }
            if self.takes(')') {
                break;
            }
            return match self.peek() {
                None => self.fail(open, SyntaxProblem::Unclosed),
                Some('*') if self.rest().starts_with("*/") => {
                    self.fail(open, SyntaxProblem::Unclosed)
                }
                Some(other) => self.fail(self.at, SyntaxProblem::NoComma(other)),
            };
        }
        if deviation.rules.is_empty() {
            return self.fail(open, SyntaxProblem::NoRule);
        }
        Ok(deviation)
    }

    /// The value after `key =`.
    fn value(
        &mut self,
        key: &str,
        key_at: usize,
        deviation: &mut Deviation,
    ) -> Result<(), DeviationSyntaxError> {
        let Some(known) = KEYS.into_iter().find(|known| *known == key) else {
            let problem = SyntaxProblem::UnknownKey {
                key: key.to_owned(),
                nearest: nearest(key, KEYS),
            };
            return self.fail(key_at, problem);
        };
        self.skip_space();
        let value_at = self.at;
        let text = if self.peek() == Some('"') {
            self.text()?
        } else if known == "reason" || known == "approved-by" {
            return self.fail(value_at, SyntaxProblem::NoText(known));
        } else {
            self.word().to_owned()
        };
        if known == "until" {
            let Some(day) = parse_day(&text) else {
                return self.fail(value_at, SyntaxProblem::BadDate(text));
            };
            if deviation.until.replace(day).is_some() {
                return self.fail(key_at, SyntaxProblem::Repeated(known));
            }
            return Ok(());
        }
        let place = match known {
            "reason" => &mut deviation.reason,
            "ticket" => &mut deviation.ticket,
            _ => &mut deviation.approved_by,
        };
        if place.replace(text).is_some() {
            return self.fail(key_at, SyntaxProblem::Repeated(known));
        }
        Ok(())
    }

    /// A text in double quotes. `\"` and `\\` stand for the character; a line end inside, with the
    /// `*` of a block comment, is one blank.
    fn text(&mut self) -> Result<String, DeviationSyntaxError> {
        let open = self.at;
        self.takes('"');
        let mut text = String::new();
        loop {
            let Some(letter) = self.peek() else {
                return self.fail(open, SyntaxProblem::UnclosedText);
            };
            match letter {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\n' => {
                    self.skip_space();
                    text.truncate(text.trim_end().len());
                    text.push(' ');
                }
                '\\' => {
                    self.at += 1;
                    match self.peek() {
                        Some(escaped @ ('"' | '\\')) => {
                            self.at += 1;
                            text.push(escaped);
                        }
                        _ => text.push('\\'),
                    }
                }
                other => {
                    self.at += other.len_utf8();
                    text.push(other);
                }
            }
        }
    }
}

/// A day written as `2027-06-30`, nothing shorter: `2027-6-3` may mean two days.
pub(super) fn parse_day(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shape.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())?
}

#[cfg(test)]
mod tests;
