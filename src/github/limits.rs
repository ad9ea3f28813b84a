//! GitHub's rate limits: how long to wait after a refusal. Pure.
//!
//! "Best practices for using the REST API" and "Rate limits for the REST API" (GitHub Docs): honour
//! `retry-after`; else, where `x-ratelimit-remaining` is 0, wait for `x-ratelimit-reset`; else wait
//! at least one minute, longer each time. Between writes at least one second.

use std::time::Duration;

/// Shortest pause between two writes.
pub const PACE: Duration = Duration::from_secs(1);

/// Shortest wait where GitHub does not say how long.
const UNSPECIFIED: Duration = Duration::from_secs(60);

/// What an answer says of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitHeaders {
    /// `retry-after`, in seconds.
    pub retry_after: Option<u64>,
    /// `x-ratelimit-remaining`, in requests.
    pub remaining: Option<u64>,
    /// `x-ratelimit-reset`, in seconds since 1970, UTC.
    pub reset: Option<u64>,
}

/// How long to wait before the request may be sent again; `None` where the answer is no refusal
/// for its rate. Such a request was not carried out, so that repeating it is safe.
///
/// `attempt` counts the refusals before this one, `now` is the time since 1970 (UTC).
pub fn wait(
    status: u16,
    headers: LimitHeaders,
    message: &str,
    now: Duration,
    attempt: u32,
) -> Option<Duration> {
    let spent = headers.remaining == Some(0);
    let words = message.to_ascii_lowercase();
    let named = words.contains("rate limit") || words.contains("abuse detection");
    let limited = match status {
        429 => true,
        // 403 is a missing permission as well.
        403 => headers.retry_after.is_some() || spent || named,
        // GraphQL answers 200 and says so in its errors.
        200 => named,
        _ => false,
    };
    if !limited {
        return None;
    }
    if let Some(seconds) = headers.retry_after {
        return Some(Duration::from_secs(seconds));
    }
    if let Some(reset) = headers.reset.filter(|_| spent) {
        // One second more: GitHub's clock and ours differ.
        return Some(Duration::from_secs(reset).saturating_sub(now) + Duration::from_secs(1));
    }
    Some(UNSPECIFIED * 2_u32.pow(attempt.min(6)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn check(status: u16, headers: LimitHeaders, message: &str, expect: Option<u64>) {
        let found = wait(status, headers, message, NOW, 0);
        assert_eq!(found, expect.map(Duration::from_secs), "{status} {message}");
    }

    #[test]
    fn github_says_how_long() {
        let after = LimitHeaders {
            retry_after: Some(7),
            ..LimitHeaders::default()
        };
        check(429, after, "", Some(7));
        check(
            403,
            after,
            "You have exceeded a secondary rate limit",
            Some(7),
        );
        let spent = LimitHeaders {
            remaining: Some(0),
            reset: Some(1_090),
            ..LimitHeaders::default()
        };
        check(403, spent, "API rate limit exceeded", Some(91));
        check(429, spent, "", Some(91));
        let past = LimitHeaders {
            reset: Some(10),
            ..spent
        };
        check(403, past, "", Some(1));
    }

    #[test]
    fn without_a_word_a_minute_that_grows() {
        let none = LimitHeaders::default();
        check(429, none, "", Some(60));
        check(403, none, "secondary rate limit", Some(60));
        let third = wait(429, none, "", NOW, 2);
        assert_eq!(third, Some(Duration::from_secs(240)));
    }

    #[test]
    fn other_refusals_are_no_limits() {
        let none = LimitHeaders::default();
        check(403, none, "Resource not accessible by integration", None);
        check(422, none, "rate limit", None);
        check(502, none, "", None);
        check(200, none, "", None);
        // Requests left: the permission is missing.
        let left = LimitHeaders {
            remaining: Some(10),
            reset: Some(2_000),
            ..none
        };
        check(403, left, "Must have admin rights", None);
    }
}
