//! Errors in rule files, shown with file, line and caret.

use std::fmt;

use super::rule::At;

/// Something wrong in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The file as the user named it.
    pub file: String,
    /// Where.
    pub at: Option<At>,
    /// The line of the file, for showing.
    pub line: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl RuleError {
    /// An error at a place of `source`.
    pub fn new(file: &str, source: &str, at: At, message: impl Into<String>) -> Self {
        let index = (at.line as usize).checked_sub(1);
        let line = index
            .and_then(|index| source.lines().nth(index))
            .map(str::to_owned);
        Self {
            file: file.to_owned(),
            at: Some(at),
            line,
            message: message.into(),
            help: None,
        }
    }

    /// An error of the whole file.
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            at: None,
            line: None,
            message: message.into(),
            help: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl std::error::Error for RuleError {}

impl fmt::Display for RuleError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => writeln!(out, "{}", self.message)
                .and_then(|()| write!(out, "  --> {}:{}:{}", self.file, at.line, at.column))?,
            None => write!(out, "{}\n  --> {}", self.message, self.file)?,
        }
        if let (Some(line), Some(at)) = (&self.line, self.at) {
            let number = at.line.to_string();
            let gutter = " ".repeat(number.len());
            let shown: String = line
                .chars()
                .map(|c| if c == '\t' { ' ' } else { c })
                .take(160)
                .collect();
            let caret = " ".repeat((at.column.saturating_sub(1) as usize).min(160));
            write!(
                out,
                "\n {gutter} |\n {number} | {shown}\n {gutter} | {caret}^"
            )?;
        }
        if let Some(help) = &self.help {
            write!(out, "\nhelp: {help}")?;
        }
        Ok(())
    }
}
