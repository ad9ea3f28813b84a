//! Who may decide what about a finding. Pure: everything that was asked of GitHub and the database is
//! handed in.

use super::command::Command;
use crate::report::quote;
use crate::store::{Decision, DecisionKind, DecisionState, Millis};

/// What can be said, for answers to what cannot.
pub(super) const HELP: &str = "I understand `scrubin accept REASON until YYYY-MM-DD ticket ID`, \
     `scrubin false-positive REASON`, `scrubin withdraw`, `scrubin explain` and `scrubin recheck`.";

/// Somebody asks for a decision.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    /// The request.
    pub(super) id: &'a str,
    pub(super) command: &'a Command,
    pub(super) person: &'a str,
    /// Whether they may write to the repository.
    pub(super) may_decide: bool,
    /// Whether they opened the pull request or wrote a commit of it.
    pub(super) is_author: bool,
    /// Whether the finding is an error, of which a second person has to agree.
    pub(super) is_error: bool,
    /// Whether the newest review knows the finding.
    pub(super) is_open: bool,
    /// What stands or waits for it.
    pub(super) known: Option<&'a Decision>,
}

/// The finding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) repository: i64,
    pub(super) number: i64,
    pub(super) fingerprint: &'p str,
    pub(super) moved: &'p str,
    pub(super) rule: &'p str,
    pub(super) path: &'p str,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ruling {
    /// Nothing.
    Nothing,
    /// A decision, proposed or in force.
    Decide(Box<Decision>),
    /// The proposed one is in force.
    Approve(String),
    /// The one that stands is taken back.
    Withdraw(String),
}

/// Decides, and says so.
pub(super) fn rule(asking: &Asking<'_>, place: &Place<'_>, now: Millis) -> (Ruling, String) {
    let nothing = |words: &str| (Ruling::Nothing, words.to_owned());
    let (kind, reason, until, ticket) = match asking.command {
        Command::Accept {
            reason,
            until,
            ticket,
        } => (
            DecisionKind::Accept,
            reason.as_str(),
            until.map(|day| day.to_string()).unwrap_or_default(),
            ticket.clone().unwrap_or_default(),
        ),
        Command::FalsePositive { reason } => (
            DecisionKind::FalsePositive,
            reason.as_str(),
            String::new(),
            String::new(),
        ),
        Command::Withdraw => return withdraw(asking),
        Command::Explain | Command::Recheck => return nothing(HELP),
    };
    let is_same = |name: &str| name.eq_ignore_ascii_case(asking.person);
    // The same question again, after an answer that was cut off.
    let done = asking.known.filter(|one| {
        one.state == DecisionState::Active
            && one.kind == kind
            && (one.id == asking.id || is_same(&one.approved_by))
    });
    if let Some(done) = done {
        let words = said(done.kind, &done.until, &done.ticket);
        return nothing(&format!("{words}. The check follows."));
    }
    let waiting = asking
        .known
        .filter(|one| one.state == DecisionState::Proposed && one.kind == kind);
    if let Some(waiting) = waiting.filter(|one| !is_same(&one.proposed_by)) {
        if !asking.may_decide {
            return nothing("Only people who may write to this repository agree here.");
        }
        if asking.is_author {
            return nothing(
                "Whoever wrote a part of this change cannot agree: a second person has to.",
            );
        }
        let words = format!(
            "{}: proposed by @{}, agreed by @{}. The check follows.",
            said(kind, &waiting.until, &waiting.ticket),
            waiting.proposed_by,
            asking.person
        );
        return (Ruling::Approve(waiting.id.clone()), words);
    }
    if reason.is_empty() {
        return match waiting {
            Some(_) => nothing("You proposed it yourself: a second person has to agree."),
            None => nothing("A decision needs a reason: a sentence that another person can judge."),
        };
    }
    if !asking.is_open {
        return nothing(
            "The newest review does not have this finding any more, so there is nothing to decide.",
        );
    }
    // An error takes two; and nobody decides alone about what they wrote.
    let needs_second = asking.is_error || asking.is_author || !asking.may_decide;
    let state = match needs_second {
        true => DecisionState::Proposed,
        false => DecisionState::Active,
    };
    let decision = Decision {
        id: asking.id.to_owned(),
        repository: place.repository,
        number: place.number,
        fingerprint: place.fingerprint.to_owned(),
        moved: place.moved.to_owned(),
        rule: place.rule.to_owned(),
        path: place.path.to_owned(),
        kind,
        reason: reason.to_owned(),
        until: until.clone(),
        ticket: ticket.clone(),
        proposed_by: asking.person.to_owned(),
        proposed_ms: now,
        approved_by: String::new(),
        approved_ms: 0,
        state,
    };
    let words = match needs_second {
        true => format!(
            "Proposed by @{}: {}. It takes a second person who may write here and wrote no part of this change: \
             answer `scrubin {}`.",
            asking.person,
            lower(&said(kind, &until, &ticket)),
            kind.as_str()
        ),
        false => format!(
            "{}, decided by @{}. The check follows.",
            said(kind, &until, &ticket),
            asking.person
        ),
    };
    (Ruling::Decide(Box::new(decision)), words)
}

fn withdraw(asking: &Asking<'_>) -> (Ruling, String) {
    match asking.known {
        None => (
            Ruling::Nothing,
            "There is no decision about this finding.".to_owned(),
        ),
        Some(_) if !asking.may_decide => (
            Ruling::Nothing,
            "Only people who may write to this repository take a decision back.".to_owned(),
        ),
        Some(known) => (
            Ruling::Withdraw(known.id.clone()),
            format!(
                "Taken back by @{}: the finding counts again. The check follows.",
                asking.person
            ),
        ),
    }
}

fn said(kind: DecisionKind, until: &str, ticket: &str) -> String {
    let mut words = match kind {
        DecisionKind::Accept => "Accepted".to_owned(),
        DecisionKind::FalsePositive => "Called a false positive".to_owned(),
    };
    if !until.is_empty() {
        words.push_str(&format!(" until {until}"));
    }
    if !ticket.is_empty() {
        words.push_str(&format!(" ({})", quote::text(ticket)));
    }
    words
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place {
        repository: 9,
        number: 3,
        fingerprint: "aa:0",
        moved: "bb",
        rule: "C-LEN-001",
        path: "src/ble.c",
    };

    fn accept(reason: &str) -> Command {
        Command::Accept {
            reason: reason.to_owned(),
            until: None,
            ticket: Some("RISK-41".to_owned()),
        }
    }

    fn asking<'a>(
        command: &'a Command,
        person: &'a str,
        known: Option<&'a Decision>,
    ) -> Asking<'a> {
        Asking {
            id: "review-comment:1",
            command,
            person,
            may_decide: true,
            is_author: person == "ada",
            is_error: true,
            is_open: true,
            known,
        }
    }

    fn decided(ruling: Ruling) -> Decision {
        match ruling {
            Ruling::Decide(decision) => *decision,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_error_takes_two_who_are_not_the_author() {
        let command = accept("the length was checked before");
        let (ruling, words) = rule(&asking(&command, "ada", None), &PLACE, 5);
        let proposed = decided(ruling);
        assert_eq!(proposed.state, DecisionState::Proposed);
        assert!(
            words.contains("second person") && words.contains("RISK-41"),
            "{words}"
        );
        let agree = accept("");
        // The proposer, another author, somebody without the right to write.
        let mut own = asking(&agree, "ada", Some(&proposed));
        assert_eq!(rule(&own, &PLACE, 6).0, Ruling::Nothing);
        own.person = "eve";
        own.is_author = true;
        assert_eq!(rule(&own, &PLACE, 6).0, Ruling::Nothing);
        own.is_author = false;
        own.may_decide = false;
        assert_eq!(rule(&own, &PLACE, 6).0, Ruling::Nothing);
        let (ruling, words) = rule(&asking(&agree, "Bo", Some(&proposed)), &PLACE, 6);
        assert_eq!(ruling, Ruling::Approve("review-comment:1".to_owned()));
        assert!(words.contains("@ada") && words.contains("@Bo"), "{words}");
    }

    #[test]
    fn a_warning_takes_one_who_did_not_write_it() {
        let command = Command::FalsePositive {
            reason: "the buffer has room for that".to_owned(),
        };
        let mut one = asking(&command, "bo", None);
        one.is_error = false;
        assert_eq!(
            decided(rule(&one, &PLACE, 5).0).state,
            DecisionState::Active
        );
        one.is_author = true;
        assert_eq!(
            decided(rule(&one, &PLACE, 5).0).state,
            DecisionState::Proposed
        );
    }

    #[test]
    fn nothing_is_decided_without_reason_or_finding() {
        let empty = accept("");
        assert_eq!(
            rule(&asking(&empty, "bo", None), &PLACE, 5).0,
            Ruling::Nothing
        );
        let command = accept("the length was checked before");
        let mut gone = asking(&command, "bo", None);
        gone.is_open = false;
        assert_eq!(rule(&gone, &PLACE, 5).0, Ruling::Nothing);
        assert_eq!(
            rule(&asking(&Command::Withdraw, "bo", None), &PLACE, 5).0,
            Ruling::Nothing
        );
    }

    #[test]
    fn a_ticket_cannot_mention_or_format() {
        let command = Command::Accept {
            reason: "the length was checked before".to_owned(),
            until: None,
            ticket: Some("@everyone<img>`".to_owned()),
        };
        let words = rule(&asking(&command, "bo", None), &PLACE, 5).1;
        // In a code span GitHub neither mentions nor formats.
        assert!(words.contains("(`@everyone<img>`\\`)"), "{words}");
    }
}
