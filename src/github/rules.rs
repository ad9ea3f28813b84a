//! What a branch asks of a merge: rulesets and branch protection, as far as the token can read.

use serde::Deserialize;
use serde_json::Value;

use super::client::Client;
use super::error::ApiError;
use super::event::RepositoryName;

/// What GitHub says of a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchRules {
    /// The branch.
    pub branch: String,
    /// Names of the checks that have to pass, sorted.
    pub required_checks: Vec<String>,
    /// Whether the owners named in CODEOWNERS have to approve; `None` if that cannot be read.
    pub owners_approve: Option<bool>,
    /// Whether the protection binds administrators; `None` if that cannot be read.
    pub binds_administrators: Option<bool>,
    /// Whether merges go through a queue.
    pub has_queue: bool,
}

#[derive(Deserialize)]
struct RepositoryPart {
    default_branch: String,
}

#[derive(Deserialize)]
struct RulePart {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    parameters: Value,
}

/// A branch name as a part of a path: `/` stays, as in GitHub's own links.
fn encoded(branch: &str) -> String {
    let mut text = String::new();
    for byte in branch.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_./".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Reads the rules of a branch, of the default branch if none is named.
///
/// # Errors
/// Repository, branch or rulesets cannot be read. Branch protection needs more rights than most
/// tokens have; what it alone could tell is `None` then.
pub async fn branch_rules(
    client: &Client,
    repository: &RepositoryName,
    branch: Option<&str>,
) -> Result<BranchRules, ApiError> {
    let branch = match branch {
        Some(branch) => branch.to_owned(),
        None => {
            let part: RepositoryPart = client.get(&format!("/repos/{repository}")).await?;
            part.default_branch
        }
    };
    let name = encoded(&branch);
    let mut rules = BranchRules {
        branch,
        ..BranchRules::default()
    };
    let parts: Vec<RulePart> = client
        .list(&format!("/repos/{repository}/rules/branches/{name}"))
        .await?;
    let mut by_ruleset = false;
    for part in parts {
        match part.kind.as_str() {
            "required_status_checks" => {
                let checks = part.parameters.get("required_status_checks");
                rules.required_checks.extend(texts(checks, "context"));
            }
            "pull_request" => {
                let asks = part.parameters.get("require_code_owner_review");
                by_ruleset |= asks == Some(&Value::Bool(true));
            }
            "merge_queue" => rules.has_queue = true,
            _ => {}
        }
    }
    let seen: Value = client
        .get(&format!("/repos/{repository}/branches/{name}"))
        .await?;
    let contexts = seen.pointer("/protection/required_status_checks/contexts");
    rules.required_checks.extend(words(contexts));
    let is_protected = seen.get("protected") == Some(&Value::Bool(true));
    if is_protected {
        protection(
            client,
            &format!("/repos/{repository}/branches/{name}/protection"),
            &mut rules,
        )
        .await?;
    } else {
        rules.owners_approve = Some(false);
    }
    if by_ruleset {
        rules.owners_approve = Some(true);
    }
    rules.required_checks.sort();
    rules.required_checks.dedup();
    Ok(rules)
}

async fn protection(client: &Client, path: &str, rules: &mut BranchRules) -> Result<(), ApiError> {
    let value: Value = match client.get(path).await {
        Ok(value) => value,
        // 404 also where the branch is protected by rulesets alone.
        Err(ApiError::Forbidden { .. } | ApiError::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let flag = |pointer: &str| value.pointer(pointer).and_then(Value::as_bool);
    rules.binds_administrators = flag("/enforce_admins/enabled");
    rules.owners_approve =
        Some(flag("/required_pull_request_reviews/require_code_owner_reviews").unwrap_or_default());
    Ok(())
}

fn texts(list: Option<&Value>, key: &str) -> Vec<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| one.get(key)?.as_str().map(str::to_owned))
        .collect()
}

fn words(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| one.as_str().map(str::to_owned))
        .collect()
}
