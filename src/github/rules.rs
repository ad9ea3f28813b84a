//! What a branch asks of a merge: rulesets and branch protection, as far as the token can read.

use std::collections::BTreeSet;

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
    /// Those of them that one App alone may report.
    pub bound_checks: Vec<String>,
    /// Who may pass by the rulesets that require checks, in words; `None` if that cannot be read.
    pub bypass: Option<Vec<String>>,
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
    #[serde(default)]
    ruleset_id: Option<u64>,
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
    let mut rulesets = BTreeSet::new();
    for part in parts {
        match part.kind.as_str() {
            "required_status_checks" => {
                let checks = part.parameters.get("required_status_checks");
                rules.required_checks.extend(texts(checks, "context"));
                rules.bound_checks.extend(bound(checks, "integration_id"));
                rulesets.extend(part.ruleset_id);
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
    let checks = seen.pointer("/protection/required_status_checks/checks");
    rules.bound_checks.extend(bound(checks, "app_id"));
    rules.bypass = bypass(client, repository, &rulesets).await?;
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

/// Who may pass by some rulesets. GitHub shows it to those who may change them.
async fn bypass(
    client: &Client,
    repository: &RepositoryName,
    rulesets: &BTreeSet<u64>,
) -> Result<Option<Vec<String>>, ApiError> {
    #[derive(Deserialize)]
    struct RulesetPart {
        bypass_actors: Option<Vec<ActorPart>>,
    }
    #[derive(Deserialize)]
    struct ActorPart {
        actor_type: String,
        actor_id: Option<u64>,
        #[serde(default)]
        bypass_mode: String,
    }
    let mut all = Vec::new();
    for ruleset in rulesets {
        let path = format!("/repos/{repository}/rulesets/{ruleset}");
        let part: RulesetPart = match client.get(&path).await {
            Ok(part) => part,
            Err(ApiError::Forbidden { .. } | ApiError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(actors) = part.bypass_actors else {
            return Ok(None);
        };
        all.extend(actors.into_iter().map(|actor| {
            let id = actor.actor_id.map(|id| format!(" {id}"));
            let mode = match actor.bypass_mode.as_str() {
                "pull_request" => " (pull requests alone)",
                _ => "",
            };
            format!("{}{}{mode}", actor.actor_type, id.unwrap_or_default())
        }));
    }
    all.sort();
    all.dedup();
    Ok(Some(all))
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

/// Names of checks that an App is named for.
fn bound(list: Option<&Value>, key: &str) -> Vec<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter(|one| one.get(key).is_some_and(Value::is_u64))
        .filter_map(|one| one.get("context")?.as_str().map(str::to_owned))
        .collect()
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
