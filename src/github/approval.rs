//! Whether a second person stands behind a pull request. Pure.

use std::collections::BTreeMap;

/// A review as GitHub lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedReview {
    /// Its number.
    pub id: u64,
    /// Who made it.
    pub author: String,
    /// Whether that is a person.
    pub is_person: bool,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`.
    pub state: String,
    /// The head it was made at.
    pub commit: Option<String>,
    /// Its text.
    pub body: String,
}

/// People whose approval may count: their last word is an approval of exactly this head, and they
/// are not the author. Whether they may write is for the caller to ask. Sorted.
///
/// Reviews come in the order GitHub lists them, oldest first. A comment does not take an approval
/// back; a request for changes and a dismissal do.
pub fn approvers(reviews: &[PostedReview], author: &str, head: &str) -> Vec<String> {
    let mut last: BTreeMap<String, &PostedReview> = BTreeMap::new();
    for review in reviews {
        let speaks = matches!(
            review.state.as_str(),
            "APPROVED" | "CHANGES_REQUESTED" | "DISMISSED"
        );
        if speaks && review.is_person && !review.author.eq_ignore_ascii_case(author) {
            last.insert(review.author.to_ascii_lowercase(), review);
        }
    }
    last.into_values()
        .filter(|review| review.state == "APPROVED" && review.commit.as_deref() == Some(head))
        .map(|review| review.author.clone())
        .collect()
}

/// People other than the author who reviewed at all, whatever they said and at whatever head. Sorted.
pub fn reviewers(reviews: &[PostedReview], author: &str) -> Vec<String> {
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for review in reviews {
        let is_other = !review.author.eq_ignore_ascii_case(author);
        if review.is_person && is_other && review.state != "PENDING" {
            names.insert(review.author.to_ascii_lowercase(), &review.author);
        }
    }
    names.into_values().map(str::to_owned).collect()
}

/// Whether a level of GitHub's `collaborators/USER/permission` includes writing.
pub fn may_write(permission: &str) -> bool {
    matches!(permission, "admin" | "maintain" | "write")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reviews: &[(&str, &str, &str)], expect: &[&str]) {
        let reviews: Vec<PostedReview> = reviews
            .iter()
            .zip(1..)
            .map(|((author, state, commit), id)| PostedReview {
                id,
                author: (*author).to_owned(),
                is_person: !author.ends_with("[bot]"),
                state: (*state).to_owned(),
                commit: Some((*commit).to_owned()),
                body: String::new(),
            })
            .collect();
        assert_eq!(approvers(&reviews, "ada", "new"), expect);
    }

    #[test]
    fn an_approval_of_the_head_by_another_person_counts() {
        check(&[("bob", "APPROVED", "new")], &["bob"]);
        check(
            &[("bob", "APPROVED", "new"), ("bob", "COMMENTED", "new")],
            &["bob"],
        );
    }

    #[test]
    fn others_do_not() {
        check(&[], &[]);
        check(&[("Ada", "APPROVED", "new")], &[]);
        check(&[("bob", "APPROVED", "old")], &[]);
        check(&[("x[bot]", "APPROVED", "new")], &[]);
        check(
            &[
                ("bob", "APPROVED", "new"),
                ("bob", "CHANGES_REQUESTED", "new"),
            ],
            &[],
        );
        check(
            &[("bob", "APPROVED", "new"), ("bob", "DISMISSED", "new")],
            &[],
        );
        check(&[("bob", "COMMENTED", "new")], &[]);
    }

    #[test]
    fn who_reviewed_is_who_said_anything() {
        let review = |author: &str, state: &str, is_person| PostedReview {
            id: 1,
            author: author.to_owned(),
            is_person,
            state: state.to_owned(),
            commit: None,
            body: String::new(),
        };
        let reviews = [
            review("eve", "COMMENTED", true),
            review("Bob", "APPROVED", true),
            review("bob", "DISMISSED", true),
            review("ada", "COMMENTED", true),
            review("x[bot]", "APPROVED", false),
            review("kim", "PENDING", true),
        ];
        assert_eq!(reviewers(&reviews, "ada"), ["bob", "eve"]);
    }

    #[test]
    fn levels() {
        assert!(may_write("write") && may_write("admin") && may_write("maintain"));
        assert!(!may_write("read") && !may_write("triage") && !may_write("none"));
    }
}
