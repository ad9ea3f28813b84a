//! Parts of GitHub's answers and events that several of them have.

use serde::Deserialize;

/// Somebody. Where GitHub knows no account, for a commit say, it writes `null` or an object without fields.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct UserPart {
    /// Login; empty where there is no account.
    #[serde(default)]
    pub(crate) login: String,
    /// `User`, `Bot`, `Organization`; empty where it is not said.
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
}

impl UserPart {
    /// Whether it is a person: neither a bot nor an organisation.
    pub(crate) fn is_person(&self) -> bool {
        self.kind == "User"
    }
}

/// A commit of a list or comparison.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CommitPart {
    /// Its name.
    pub(crate) sha: String,
    /// Who wrote it.
    #[cfg(feature = "service")]
    #[serde(default)]
    pub(crate) author: Option<UserPart>,
    /// Who put it there.
    #[cfg(feature = "service")]
    #[serde(default)]
    pub(crate) committer: Option<UserPart>,
}

impl CommitPart {
    /// Logins of whoever had a hand in it and has an account.
    #[cfg(feature = "service")]
    pub(crate) fn logins(self) -> impl Iterator<Item = String> {
        let people = [self.author, self.committer].into_iter().flatten();
        people
            .map(|one| one.login.to_ascii_lowercase())
            .filter(|login| !login.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "service")]
    #[test]
    fn who_has_no_account_has_no_login() {
        let logins = |text: &str| -> Vec<String> {
            let part: CommitPart = serde_json::from_str(text).unwrap();
            part.logins().collect()
        };
        assert_eq!(
            logins(
                r#"{"sha": "ab", "author": {"login": "Ada", "type": "User"}, "committer": {"login": "bo"}}"#
            ),
            ["ada", "bo"]
        );
        for nobody in [
            r#"{"sha": "ab", "author": null, "committer": null}"#,
            r#"{"sha": "ab", "author": {}, "committer": {}}"#,
            r#"{"sha": "ab"}"#,
        ] {
            assert_eq!(logins(nobody), [""; 0], "{nobody}");
        }
    }

    #[test]
    fn bots_are_no_persons() {
        let user = |text: &str| serde_json::from_str::<UserPart>(text).unwrap();
        assert!(user(r#"{"login": "ada", "type": "User"}"#).is_person());
        assert!(!user(r#"{"login": "ci[bot]", "type": "Bot"}"#).is_person());
        assert!(!user("{}").is_person());
    }
}
