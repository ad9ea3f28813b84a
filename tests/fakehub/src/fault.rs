//! The fault script: what goes wrong, for which requests, how often.

use std::time::Duration;

use serde_json::Value;

use crate::hub::Hub;

/// A hook that runs before a request is answered, without any lock held.
pub type Hook = Box<dyn FnOnce(&Hub) + Send>;

/// What goes wrong.
pub enum FaultKind {
    /// The request is carried out, the answer is 502.
    BadGatewayAfterStoring,
    /// 502, and nothing is carried out.
    BadGatewayBeforeStoring,
    /// Nothing is carried out and no answer ever comes.
    Hang,
    /// Nothing is carried out and the connection ends without an answer.
    Reset,
    /// The request is carried out, but no answer ever comes.
    HangAfterStoring,
    /// The request is carried out; the JSON of the answer ends half-way.
    TruncatedJson,
    /// The request is carried out; the connection closes half-way through the body.
    DroppedBody,
    /// The request is carried out; the body comes in `pieces` with a pause between them.
    SlowBody {
        /// Number of pieces.
        pieces: usize,
        /// Time between two pieces.
        pause: Duration,
    },
    /// The secondary rate limit: `status` 403 or 429, with or without `retry-after` (seconds).
    SecondaryLimit {
        /// 403 or 429.
        status: u16,
        /// Seconds, or no such header.
        retry_after: Option<u64>,
    },
    /// The primary rate limit: 403, `x-ratelimit-remaining: 0`, reset this many seconds from now.
    PrimaryLimit {
        /// Seconds until the reset.
        reset_in: i64,
    },
    /// A review or comment that names this line is refused with 422 as if the line were outside the
    /// diff; other requests pass and do not use the fault up.
    UnprocessableLine {
        /// Path in the repository.
        path: String,
        /// Line number.
        line: u64,
    },
    /// 401 `Bad credentials`: the token has expired.
    TokenExpired,
    /// 403 as for a missing permission.
    PermissionMissing,
    /// git gets these bytes instead of what it asked for.
    Pack(Vec<u8>),
    /// Any status with a message, for what has no name here.
    Status(u16, String),
    /// Something happens just before the request: a person deletes a comment, the head moves.
    Hook(Hook),
}

impl FaultKind {
    /// The name a log entry carries.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BadGatewayAfterStoring => "bad-gateway-after-storing",
            Self::BadGatewayBeforeStoring => "bad-gateway-before-storing",
            Self::Hang => "hang",
            Self::Reset => "reset",
            Self::HangAfterStoring => "hang-after-storing",
            Self::TruncatedJson => "truncated-json",
            Self::DroppedBody => "dropped-body",
            Self::SlowBody { .. } => "slow-body",
            Self::SecondaryLimit { .. } => "secondary-limit",
            Self::PrimaryLimit { .. } => "primary-limit",
            Self::UnprocessableLine { .. } => "unprocessable-line",
            Self::TokenExpired => "token-expired",
            Self::PermissionMissing => "permission-missing",
            Self::Pack(_) => "pack",
            Self::Status(..) => "status",
            Self::Hook(_) => "hook",
        }
    }

    /// The answer instead of GitHub's, for faults that carry nothing out.
    pub(crate) fn again(&self) -> Option<Self> {
        Some(match self {
            Self::BadGatewayAfterStoring => Self::BadGatewayAfterStoring,
            Self::BadGatewayBeforeStoring => Self::BadGatewayBeforeStoring,
            Self::Hang => Self::Hang,
            Self::Reset => Self::Reset,
            Self::HangAfterStoring => Self::HangAfterStoring,
            Self::TruncatedJson => Self::TruncatedJson,
            Self::DroppedBody => Self::DroppedBody,
            Self::SlowBody { pieces, pause } => Self::SlowBody {
                pieces: *pieces,
                pause: *pause,
            },
            Self::SecondaryLimit {
                status,
                retry_after,
            } => Self::SecondaryLimit {
                status: *status,
                retry_after: *retry_after,
            },
            Self::PrimaryLimit { reset_in } => Self::PrimaryLimit {
                reset_in: *reset_in,
            },
            Self::UnprocessableLine { path, line } => Self::UnprocessableLine {
                path: path.clone(),
                line: *line,
            },
            Self::TokenExpired => Self::TokenExpired,
            Self::PermissionMissing => Self::PermissionMissing,
            Self::Pack(bytes) => Self::Pack(bytes.clone()),
            Self::Status(status, message) => Self::Status(*status, message.clone()),
            Self::Hook(_) => return None,
        })
    }
}

/// A fault with the requests it is for. Faults are tried in the order they were queued; the first
/// that matches is played.
pub struct Fault {
    method: String,
    path: String,
    containing: String,
    skip: u32,
    times: u32,
    kind: FaultKind,
}

impl Fault {
    /// A fault for one request. `method` `*` is any; in `path` `*` stands for one segment and `**`
    /// for any text. Paths are matched without `/api/v3`; GraphQL is `POST /graphql`.
    pub fn new(method: &str, path: &str, kind: FaultKind) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            containing: String::new(),
            skip: 0,
            times: 1,
            kind,
        }
    }

    /// Plays it this many times (hooks run once whatever is said here).
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Lets this many matching requests pass first.
    pub fn after(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// Only for requests whose body holds this text.
    pub fn containing(mut self, text: &str) -> Self {
        text.clone_into(&mut self.containing);
        self
    }

    fn matches(&self, method: &str, path: &str, body: &str) -> bool {
        (self.method == "*" || self.method == method)
            && body.contains(&self.containing)
            && glob(self.path.as_bytes(), path.as_bytes())
            && match &self.kind {
                FaultKind::UnprocessableLine { path, line } => names_line(body, path, *line),
                _ => true,
            }
    }
}

/// Takes the fault for a request from the script, if there is one.
pub(crate) fn take(
    script: &mut Vec<Fault>,
    method: &str,
    path: &str,
    body: &str,
) -> Option<FaultKind> {
    let found = script.iter_mut().position(|fault| {
        if !fault.matches(method, path, body) {
            return false;
        }
        let due = fault.skip == 0;
        fault.skip = fault.skip.saturating_sub(1);
        due
    })?;
    let fault = &mut script[found];
    fault.times = fault.times.saturating_sub(1);
    match fault.kind.again() {
        Some(kind) if fault.times > 0 => Some(kind),
        _ => Some(script.remove(found).kind),
    }
}

fn names_line(body: &str, path: &str, line: u64) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let names = |comment: &Value| comment["path"] == path && comment["line"] == line;
    names(&body)
        || body["comments"]
            .as_array()
            .is_some_and(|all| all.iter().any(names))
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        [b'*', rest @ ..] => {
            let end = text.iter().position(|c| *c == b'/').unwrap_or(text.len());
            (0..=end).any(|at| glob(rest, &text[at..]))
        }
        [c, rest @ ..] => text.first() == Some(c) && glob(rest, &text[1..]),
    }
}
