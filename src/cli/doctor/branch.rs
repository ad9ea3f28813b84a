//! The rules of the branch: is our check required, and do owners have to agree? Pure.

use super::check::{Check, State};

/// The check run of the App.
const APP_CHECK: &str = "scrubin/gate";

/// What GitHub says of a branch; `None` = could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) name: String,
    /// Names of the checks that have to pass.
    pub(super) required: Vec<String>,
    /// Those that one App alone may report.
    pub(super) bound: Vec<String>,
    /// Who may pass by the rulesets that require checks.
    pub(super) bypass: Option<Vec<String>>,
    /// Whether owners named in CODEOWNERS have to approve.
    pub(super) owners_approve: Option<bool>,
    /// Whether administrators are bound by the protection.
    pub(super) binds_admins: Option<bool>,
    pub(super) has_queue: bool,
}

/// Where the rules are set.
fn settings(server: &str, repository: &str) -> String {
    format!("{server}/{repository}/settings/rules")
}

/// Whether a required name is one of the jobs'; a matrix adds ` (values)` to a job's name, and a
/// workflow of another repository names its job itself, behind ` / `.
fn names_gate(required: &str, gates: &[String]) -> bool {
    required == APP_CHECK
        || gates.iter().any(|gate| {
            required == gate
                || required.strip_prefix(gate.as_str()).is_some_and(|rest| {
                    rest.starts_with(" (") || (gate.ends_with(" / ") && !rest.is_empty())
                })
        })
}

/// The checks on the branch. `gates`: names of our jobs; `place`: server and repository.
pub(super) fn checks(
    branch: &Branch,
    gates: &[String],
    server: &str,
    repository: &str,
) -> Vec<Check> {
    let settings = settings(server, repository);
    let name = &branch.name;
    let required = branch.required.iter().find(|one| names_gate(one, gates));
    let wanted = gates.first().map_or(APP_CHECK, String::as_str);
    let first = match required {
        Some(one) => Check::good(
            "required-check",
            format!("`{name}` requires the check `{one}`"),
        ),
        None => Check::new(
            "required-check",
            State::Open,
            format!(
                "`{name}` does not require the check `{wanted}`: a pull request can be merged while it is red (required are: {})",
                if branch.required.is_empty() {
                    "none".to_owned()
                } else {
                    branch.required.join(", ")
                }
            ),
            format!(
                "{settings} → New branch ruleset → Target `{name}` → Require status checks to pass → add `{wanted}`"
            ),
        ),
    };
    let mut checks = vec![first];
    if let Some(one) = required.filter(|one| !branch.bound.contains(one)) {
        checks.push(Check::new(
            "check-source",
            State::Weak,
            format!(
                "whoever may write to the repository can report the check `{one}` as passed: its source is not set"
            ),
            format!(
                "{settings} → the ruleset of `{name}` → Require status checks to pass → `{one}` → choose GitHub Actions as its source"
            ),
        ));
    }
    match &branch.bypass {
        Some(actors) if actors.is_empty() => {}
        Some(actors) => checks.push(Check::new(
            "bypass",
            State::Weak,
            format!(
                "the ruleset that requires checks lets some merge into `{name}` past it: {}",
                actors.join(", ")
            ),
            format!("{settings} → the ruleset of `{name}` → Bypass list → remove them"),
        )),
        None => checks.push(Check::new(
            "bypass",
            State::NotCheckedWeak,
            format!(
                "who may merge into `{name}` past the ruleset that requires checks could not be read"
            ),
            "set GITHUB_TOKEN to a token of somebody who may change the ruleset (`gh auth token` prints yours)",
        )),
    }
    if branch.binds_admins == Some(false) {
        checks.push(Check::new(
            "administrators",
            State::Weak,
            format!("administrators may merge into `{name}` past the protection"),
            format!("{server}/{repository}/settings/branches → the rule of `{name}` → Do not allow bypassing the above settings"),
        ));
    }
    checks
}

/// The check on owners: files that steer the gate, and whether they have one.
pub(super) fn owners(
    steering: &[String],
    unowned: &[String],
    place: Option<&str>,
    approve: Option<bool>,
    settings_of: Option<(&str, &str)>,
) -> Check {
    const NAME: &str = "owners";
    let Some(place) = place else {
        return Check::new(
            NAME,
            State::Open,
            "there is no CODEOWNERS file, so whoever opens a pull request can also change what gates it",
            format!(
                "write .github/CODEOWNERS with a line for each of: {}",
                steering.join(", ")
            ),
        );
    };
    if !unowned.is_empty() {
        return Check::new(
            NAME,
            State::Open,
            format!("{place} names no owner for {}", unowned.join(", ")),
            format!(
                "add to {place}: {}",
                unowned
                    .iter()
                    .map(|path| format!("`/{path} @your-org/security`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        );
    }
    let repair = match settings_of {
        Some((server, repository)) => format!(
            "{} → the ruleset of the branch → Require a pull request before merging → Require review from Code Owners",
            settings(server, repository)
        ),
        None => "repository settings → Rules → Require review from Code Owners".to_owned(),
    };
    match approve {
        Some(true) => Check::good(
            NAME,
            format!("{place} owns what steers the review, and owners have to approve"),
        ),
        Some(false) => Check::new(
            NAME,
            State::Open,
            format!(
                "{place} owns what steers the review, but the branch does not ask for the owners' approval"
            ),
            repair,
        ),
        None => Check::new(
            NAME,
            State::NotChecked,
            format!(
                "{place} owns what steers the review; whether the branch asks for the owners' approval could not be read"
            ),
            repair,
        ),
    }
}
