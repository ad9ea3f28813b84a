//! What the user sees when a command could not do its work: the error, its causes, what to do next.

use std::fmt;

use crate::change::git;

/// A command that could not do its work.
#[derive(Debug)]
pub(super) struct Failure {
    error: anyhow::Error,
    help: Vec<String>,
}

impl Failure {
    /// Takes any error.
    pub(super) fn new(error: impl Into<anyhow::Error>) -> Self {
        Self {
            error: error.into(),
            help: Vec::new(),
        }
    }

    /// An error that is a sentence.
    pub(super) fn message(text: impl Into<String>) -> Self {
        Self {
            error: anyhow::Error::msg(text.into()),
            help: Vec::new(),
        }
    }

    /// Says what was being done: "cannot DO".
    #[must_use]
    pub(super) fn doing(self, what: &str) -> Self {
        Self {
            error: self.error.context(format!("cannot {what}")),
            help: self.help,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Whether the reader of our output went away, which is no error of ours.
    pub(super) fn is_broken_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.error.to_string();
        write!(out, "error: {text}")?;
        for cause in self.error.chain().skip(1) {
            let inner = cause.to_string();
            // An error that quotes its cause already says it.
            if !text.contains(&inner) {
                write!(out, "\n  caused by: {inner}")?;
            }
            text = inner;
        }
        for help in &self.help {
            write!(out, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

impl From<git::Error> for Failure {
    fn from(error: git::Error) -> Self {
        let help = error.help();
        let failure = Self::new(error);
        match help {
            Some(help) => failure.with_help(help),
            None => failure,
        }
    }
}

impl From<crate::review::RulesetError> for Failure {
    fn from(error: crate::review::RulesetError) -> Self {
        Self::new(error)
    }
}

impl From<crate::review::PrepareError> for Failure {
    fn from(error: crate::review::PrepareError) -> Self {
        let is_rule = matches!(error, crate::review::PrepareError::UnknownRule { .. });
        let failure = Self::new(error);
        if is_rule {
            failure.with_help("`scrubin rules list` names all rules")
        } else {
            failure
        }
    }
}

impl From<crate::review::ConfigsError> for Failure {
    fn from(error: crate::review::ConfigsError) -> Self {
        use crate::review::ConfigsError;
        match error {
            ConfigsError::Config(error) => error.into(),
            ConfigsError::Git(error) => error.into(),
            error => Self::new(error),
        }
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        let snippet = error.place.snippet();
        Self::message(format!("{error}\n{snippet}"))
            .with_help("docs/configuration.md describes every key")
    }
}
