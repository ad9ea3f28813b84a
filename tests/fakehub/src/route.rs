//! Which handler answers which operation, and what a caller needs for it.

use std::collections::BTreeMap;

use crate::call::Call;
use crate::reply::Answer;
use crate::rest::{
    apps, checks, code_scanning, compare, conversation, git_data, hook, pulls, repository,
    review_comments, reviews, statuses, users,
};
use crate::token::Permission::{self, *};
use crate::url::decode;

/// What a caller needs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need {
    Nothing,
    /// The JWT of an App; the handler looks at it.
    Jwt,
    /// Any valid token.
    User,
    Read(Permission),
    /// One of these for writing.
    Write(&'static [Permission]),
    /// An App, with this permission for writing.
    App(Permission),
}

/// One operation.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
    pub(crate) need: Need,
    pub(crate) handler: fn(&mut Call<'_>) -> Answer,
}

const fn route(
    method: &'static str,
    template: &'static str,
    need: Need,
    handler: fn(&mut Call<'_>) -> Answer,
) -> Route {
    Route {
        method,
        template,
        need,
        handler,
    }
}

const REVIEW: Need = Need::Write(&[PullRequests]);
/// Comments in the conversation of a pull request need one of two permissions.
const CONVERSE: Need = Need::Write(&[Issues, PullRequests]);

/// All operations; of two that match, the first counts.
#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    route("GET", "/app", Need::Jwt, apps::get),
    route("GET", "/app/hook/config", Need::Jwt, hook::config),
    route("GET", "/app/hook/deliveries", Need::Jwt, hook::list),
    route("GET", "/app/hook/deliveries/{delivery_id}", Need::Jwt, hook::get),
    route("POST", "/app/hook/deliveries/{delivery_id}/attempts", Need::Jwt, hook::redeliver),
    route("GET", "/app/installations", Need::Jwt, apps::installations),
    route("GET", "/app/installations/{installation_id}", Need::Jwt, apps::get_installation),
    route("POST", "/app/installations/{installation_id}/access_tokens", Need::Jwt, apps::create_token),
    route("DELETE", "/installation/token", Need::User, apps::revoke_token),
    route("GET", "/orgs/{org}/installation", Need::Jwt, apps::installation_of_account),
    route("GET", "/installation/repositories", Need::User, apps::repositories),
    route("GET", "/meta", Need::Nothing, apps::meta),
    route("GET", "/rate_limit", Need::Nothing, apps::rate_limit),
    route("GET", "/user", Need::User, users::user),
    route("GET", "/user/installations", Need::User, users::installations_of_user),
    route("GET", "/user/installations/{installation_id}/repositories", Need::User, users::repositories_of_user),
    route("GET", "/users/{username}", Need::Nothing, users::user_by_name),
    route("GET", "/repos/{owner}/{repo}", Need::Read(Metadata), repository::get),
    route("GET", "/repos/{owner}/{repo}/installation", Need::Jwt, apps::installation_of_repo),
    route("GET", "/repos/{owner}/{repo}/rulesets/{ruleset_id}", Need::Read(Metadata), repository::ruleset),
    route("GET", "/repos/{owner}/{repo}/branches/{branch}/protection", Need::Read(Administration), repository::protection),
    route("GET", "/repos/{owner}/{repo}/branches/{branch}", Need::Read(Contents), repository::branch),
    route("POST", "/repos/{owner}/{repo}/check-runs", Need::App(Checks), checks::create),
    route("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", Need::Read(Checks), checks::get),
    route("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", Need::App(Checks), checks::update),
    route("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", Need::Read(Checks), checks::annotations),
    route("GET", "/repos/{owner}/{repo}/check-suites/{check_suite_id}", Need::Read(Checks), checks::get_suite),
    route("GET", "/repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs", Need::Read(Checks), checks::runs_of_suite),
    route("POST", "/repos/{owner}/{repo}/code-scanning/sarifs", Need::Write(&[SecurityEvents]), code_scanning::upload),
    route("GET", "/repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}", Need::Read(SecurityEvents), code_scanning::status),
    route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", Need::Read(Metadata), repository::permission),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", Need::Read(Checks), checks::of_commit),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-suites", Need::Read(Checks), checks::suites_of_commit),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}/status", Need::Read(Statuses), statuses::combined_status),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", Need::Read(Statuses), statuses::statuses),
    route("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", Need::Read(PullRequests), pulls::of_commit),
    route("GET", "/repos/{owner}/{repo}/commits/{ref}", Need::Read(Contents), git_data::commit),
    route("GET", "/repos/{owner}/{repo}/compare/{basehead}", Need::Read(Contents), compare::compare),
    route("GET", "/repos/{owner}/{repo}/contents/{path}", Need::Read(Contents), git_data::contents),
    route("GET", "/repos/{owner}/{repo}/git/blobs/{file_sha}", Need::Read(Contents), git_data::blob),
    route("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", Need::Read(Contents), git_data::git_commit),
    route("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref}", Need::Read(Contents), git_data::matching_refs),
    route("GET", "/repos/{owner}/{repo}/git/ref/{ref}", Need::Read(Contents), git_data::reference),
    route("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha}", Need::Read(Contents), git_data::tree),
    route("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", Need::Read(PullRequests), conversation::get),
    route("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", CONVERSE, conversation::update),
    route("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", CONVERSE, conversation::delete),
    route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", Need::Read(PullRequests), conversation::list),
    route("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", CONVERSE, conversation::create),
    route("GET", "/repos/{owner}/{repo}/pulls", Need::Read(PullRequests), pulls::list),
    route("GET", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", Need::Read(PullRequests), review_comments::get),
    route("PATCH", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", REVIEW, review_comments::update),
    route("DELETE", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", REVIEW, review_comments::delete),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", Need::Read(PullRequests), pulls::get),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/comments", Need::Read(PullRequests), review_comments::list),
    route("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/comments", REVIEW, review_comments::create),
    route("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies", REVIEW, review_comments::reply),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", Need::Read(PullRequests), pulls::commits),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", Need::Read(PullRequests), pulls::files),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", Need::Read(PullRequests), reviews::list),
    route("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", REVIEW, reviews::create),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", Need::Read(PullRequests), reviews::get),
    route("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", REVIEW, reviews::update),
    route("DELETE", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", REVIEW, reviews::delete),
    route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments", Need::Read(PullRequests), reviews::comments),
    route("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals", REVIEW, reviews::dismiss),
    route("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events", REVIEW, reviews::submit),
    route("GET", "/repos/{owner}/{repo}/rules/branches/{branch}", Need::Read(Metadata), repository::rules),
    route("POST", "/repos/{owner}/{repo}/statuses/{sha}", Need::Write(&[Statuses]), statuses::create_status),
];

/// The operation a path names, with its parameters decoded.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, BTreeMap<String, String>)> {
    let given: Vec<&str> = path.trim_matches('/').split('/').collect();
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| {
            let wanted: Vec<&str> = route.template.trim_matches('/').split('/').collect();
            let mut params = BTreeMap::new();
            fits(&wanted, &given, &mut params).then_some((route, params))
        })
}

fn fits(wanted: &[&str], given: &[&str], params: &mut BTreeMap<String, String>) -> bool {
    let Some((first, rest)) = wanted.split_first() else {
        return given.is_empty();
    };
    let Some(name) = first
        .strip_prefix('{')
        .and_then(|name| name.strip_suffix('}'))
    else {
        return given.first() == Some(first) && fits(rest, &given[1..], params);
    };
    // Branches, references, paths and comparisons may hold slashes.
    let many = matches!(name, "branch" | "ref" | "path" | "basehead");
    let longest = if many {
        given.len()
    } else {
        given.len().min(1)
    };
    // `contents/` alone is the root folder.
    let shortest = usize::from(name != "path");
    (shortest..=longest).any(|length| {
        let value = decode(&given[..length].join("/"));
        let number = name.ends_with("_number")
            || matches!(
                name,
                "comment_id" | "review_id" | "check_run_id" | "check_suite_id" | "delivery_id"
            );
        if number && value.parse::<u64>().is_err() {
            return false;
        }
        if fits(rest, &given[length..], params) {
            params.insert(name.to_owned(), value);
            return true;
        }
        false
    })
}
