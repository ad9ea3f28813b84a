//! The REST operations, a file per part of the API.

pub(crate) mod apps;
pub(crate) mod checks;
pub(crate) mod code_scanning;
pub(crate) mod compare;
pub(crate) mod conversation;
pub(crate) mod git_data;
pub(crate) mod hook;
pub(crate) mod pulls;
pub(crate) mod repository;
pub(crate) mod review_comments;
pub(crate) mod reviews;
pub(crate) mod statuses;
pub(crate) mod users;

use crate::reply::Reply;

/// Most characters a comment or a review may have.
pub const BODY_CHARACTERS: usize = 65_536;

/// Refuses a body that is too long, in the words of the resource.
pub(crate) fn check_body(resource: &str, body: &str) -> Result<(), Reply> {
    if body.chars().count() <= BODY_CHARACTERS {
        return Ok(());
    }
    Err(match resource {
        "IssueComment" => Reply::invalid(
            resource,
            "data",
            "unprocessable",
            "Body is too long (maximum is 65536 characters)",
        ),
        "PullRequestReview" => {
            Reply::unprocessable(&["Body is too long (maximum is 65536 characters)"])
        }
        _ => Reply::invalid(
            resource,
            "body",
            "custom",
            "body is too long (maximum is 65536 characters)",
        ),
    })
}
