//! What can go wrong between us and GitHub, sorted by what helps.

use std::time::Duration;

/// A request without the answer it asked for. Messages never hold a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// An address that would send the token in the clear.
    #[error("`{url}` is not used: only https, or http to this machine itself")]
    Insecure {
        /// The address.
        url: String,
    },
    /// An address that is none.
    #[error("`{url}` is no web address")]
    Address {
        /// As given.
        url: String,
    },
    /// The client cannot be set up.
    #[error("the HTTPS client cannot be set up: {message}")]
    Setup {
        /// Why.
        message: String,
    },
    /// The outcome is not known: no answer, an answer that was cut off, or a fault of the server.
    /// A write may or may not have happened.
    #[error("{what}: no usable answer from GitHub ({message})")]
    Unknown {
        /// The request.
        what: String,
        /// What happened instead.
        message: String,
    },
    /// The token is not valid, or not any more.
    #[error("{what}: GitHub does not accept the token (401)")]
    Unauthorized {
        /// The request.
        what: String,
    },
    /// The token may not do this.
    #[error("{what}: the token has no permission ({message})")]
    Forbidden {
        /// The request.
        what: String,
        /// GitHub's words.
        message: String,
    },
    /// It does not exist, or the token may not see it.
    #[error("{what}: not found")]
    NotFound {
        /// The request.
        what: String,
    },
    /// GitHub understood and refused. Trying again changes nothing.
    #[error("{what}: GitHub refuses it ({status}: {message})")]
    Refused {
        /// The request.
        what: String,
        /// HTTP status.
        status: u16,
        /// GitHub's words.
        message: String,
    },
    /// The work was given to somebody else meanwhile, who may have written already.
    #[error("{what}: not sent, because the time to do this work had run out")]
    TimeOver {
        /// The request.
        what: String,
    },
    /// A rate limit that lasts longer than we wait.
    #[error("{what}: a rate limit of GitHub's lasts {} s more, longer than the limit of {} s", .wait.as_secs(), .limit.as_secs())]
    RateLimited {
        /// The request.
        what: String,
        /// How long it would take.
        wait: Duration,
        /// How long one waits at most.
        limit: Duration,
    },
}

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// It may work later. After a write, look first.
    Retryable,
    /// It will never work like this.
    Permanent,
    /// It needs another token.
    Auth,
}

impl ApiError {
    /// What a caller can do about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Unknown { .. } | Self::RateLimited { .. } | Self::TimeOver { .. } => {
                ErrorClass::Retryable
            }
            Self::Unauthorized { .. } | Self::Forbidden { .. } => ErrorClass::Auth,
            Self::Insecure { .. }
            | Self::Address { .. }
            | Self::Setup { .. }
            | Self::NotFound { .. }
            | Self::Refused { .. } => ErrorClass::Permanent,
        }
    }

    /// How long GitHub asks to wait; zero where it does not say.
    pub fn retry_after(&self) -> Duration {
        match self {
            Self::RateLimited { wait, .. } => *wait,
            _ => Duration::ZERO,
        }
    }

    /// Whether GitHub refused a verdict of somebody about a pull request of their own.
    pub fn is_about_own_pull(&self) -> bool {
        matches!(self, Self::Refused { status: 422, message, .. } if message.contains("your own pull request"))
    }

    /// Whether GitHub refused the content itself (422), which another rung may still carry.
    pub fn is_unprocessable(&self) -> bool {
        matches!(self, Self::Refused { status: 422, .. })
    }
}
