//! Who stands behind a change, and whether two names are one person.

use super::record::PeoplePart;
use crate::triage::is_same;

/// What somebody says of reviewers and approvers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reviewers {
    /// `github`, `trailers` or `arguments`; empty: nobody says anything.
    pub said_by: String,
    /// Name of the author in the same words, where it is not git's.
    pub author: Option<String>,
    /// Who looked.
    pub reviewers: Vec<String>,
    /// Who approved.
    pub approvers: Vec<String>,
}

impl Reviewers {
    /// Reads them from the trailers of commits (name and value).
    pub fn of_trailers(
        trailers: &[(String, String)],
        reviewer_names: &[String],
        approver_names: &[String],
    ) -> Self {
        let of = |names: &[String]| -> Vec<String> {
            let is_named = |name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name));
            trailers
                .iter()
                .filter(|(name, _)| is_named(name))
                .map(|(_, value)| value.clone())
                .collect()
        };
        let (reviewers, approvers) = (of(reviewer_names), of(approver_names));
        let said_by = if reviewers.is_empty() && approvers.is_empty() {
            String::new()
        } else {
            "trailers".to_owned()
        };
        Self {
            said_by,
            author: None,
            reviewers,
            approvers,
        }
    }
}

/// The people of a record: author and committer of its head, and all who had a hand in its commits. Of
/// several who approved, one who had none counts.
pub fn people(
    author: String,
    committer: String,
    makers: Vec<String>,
    said: Reviewers,
) -> PeoplePart {
    let mut authors: Vec<String> = Vec::new();
    let named = [author.clone(), committer.clone()]
        .into_iter()
        .chain(makers);
    for name in named.chain(said.author) {
        if !authors.iter().any(|known| is_same(known, &name)) {
            authors.push(name);
        }
    }
    let is_other = |name: &String| !authors.iter().any(|author| is_same(name, author));
    let second = said.approvers.iter().find(|name| is_other(name));
    let approver = second.or(said.approvers.first()).cloned();
    let mut reviewers: Vec<String> = Vec::new();
    for name in said.reviewers.into_iter().chain(said.approvers) {
        if !reviewers.iter().any(|known| is_same(known, &name)) {
            reviewers.push(name);
        }
    }
    PeoplePart {
        author_is_not_approver: approver.as_ref().map(is_other),
        author: Some(author),
        committer: Some(committer),
        authors,
        reviewers,
        approver,
        said_by: (!said.said_by.is_empty()).then_some(said.said_by),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_approver_who_is_not_the_author_counts_first() {
        let of = |approvers: &[&str]| {
            let said = Reviewers {
                said_by: "trailers".to_owned(),
                approvers: named(approvers),
                reviewers: named(&["Eve <e@x>"]),
                author: None,
            };
            let ada = "Ada <a@x>".to_owned();
            people(ada.clone(), ada, named(&["Cid <c@x>", "Ada <a@x>"]), said)
        };
        let both = of(&["Ada <a@x>", "Bob <b@x>"]);
        assert_eq!(both.approver.as_deref(), Some("Bob <b@x>"));
        assert_eq!(both.author_is_not_approver, Some(true));
        assert_eq!(both.reviewers, ["Eve <e@x>", "Ada <a@x>", "Bob <b@x>"]);
        assert_eq!(of(&["Ada <a@x>"]).author_is_not_approver, Some(false));
        assert_eq!(of(&[]).author_is_not_approver, None);
        // Who wrote an earlier commit of the change, or is named as its second author, is no second person.
        let cid = of(&["Cid <c@x>"]);
        assert_eq!(cid.author_is_not_approver, Some(false));
        assert_eq!(cid.authors, ["Ada <a@x>", "Cid <c@x>"]);
        assert_eq!(
            of(&["Cid <c@x>", "Bob <b@x>"]).approver.as_deref(),
            Some("Bob <b@x>")
        );
    }

    #[test]
    fn trailers_are_read_by_their_names() {
        let trailers: Vec<(String, String)> = [("reviewed-by", "Eve"), ("Signed-off-by", "Ada")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let said = Reviewers::of_trailers(&trailers, &named(&["Reviewed-by"]), &[]);
        assert_eq!(
            (said.said_by.as_str(), said.reviewers),
            ("trailers", named(&["Eve"]))
        );
        let none = Reviewers::of_trailers(&trailers, &[], &[]);
        assert_eq!(none, Reviewers::default());
    }
}
