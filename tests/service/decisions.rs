//! What people say in the discussion, and what comes of it.

use scrubin::store::DecisionState;

use crate::Test;
use crate::stage::{Database, FILE, REPO, Stage, file, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[
    ("an_error_is_accepted_by_two", accepted_by_two),
    ("an_author_cannot_approve", author_cannot_approve),
    ("strangers_decide_nothing", strangers),
    ("a_false_positive_counts_against_the_rule", false_positive),
    (
        "withdrawn_and_expired_decisions_close_the_gate_again",
        withdrawn,
    ),
    ("questions_are_answered_once", answered_once),
    ("an_edited_comment_decides_nothing", edited),
    ("an_acceptance_that_ran_out_closes_the_gate_again", expired),
];

struct Talk {
    stage: Stage,
    number: u64,
    comment: u64,
}

impl Talk {
    fn new(database: &Database) -> Self {
        let stage = Stage::new(database);
        for (login, role) in [("ada", "write"), ("bo", "write"), ("eve", "read")] {
            stage.scene.hub.set_role(REPO, login, role);
        }
        let number = stage
            .scene
            .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
        stage.settle();
        let comment = stage.scene.comments(number)[0].id;
        Self {
            stage,
            number,
            comment,
        }
    }

    /// Somebody answers our comment; gives what we said to that.
    fn say(&self, login: &str, words: &str) -> String {
        let asked = self.stage.scene.hub.reply(REPO, self.comment, login, words);
        self.stage.settle();
        let marker = format!("answer v1 to={asked} ");
        let answers: Vec<String> = self
            .stage
            .scene
            .comments(self.number)
            .into_iter()
            .map(|comment| comment.body)
            .filter(|body| body.contains(&marker))
            .collect();
        assert!(answers.len() <= 1, "two answers: {answers:#?}");
        answers.into_iter().next().unwrap_or_default()
    }

    fn conclusion(&self) -> String {
        self.stage.scene.conclusion("fix").unwrap()
    }

    fn decisions(&self) -> Vec<scrubin::store::Decision> {
        let id = i64::try_from(self.stage.scene.hub.repository_id(REPO)).unwrap();
        self.stage
            .wait(self.stage.service.store.decisions(id))
            .unwrap()
    }
}

fn accepted_by_two(database: &Database) {
    let talk = Talk::new(database);
    let said = talk.say(
        "ada",
        "scrubin accept the frame is never longer than that until 2099-06-30 ticket RISK-41",
    );
    assert!(
        said.contains("second person") && said.contains("RISK-41"),
        "{said}"
    );
    assert_eq!(talk.conclusion(), "failure");
    assert_eq!(talk.decisions()[0].state, DecisionState::Proposed);
    let said = talk.say("bo", "scrubin accept");
    assert!(said.contains("agreed by @bo"), "{said}");
    assert_eq!(talk.conclusion(), "success");
    let decision = talk.decisions().pop().unwrap();
    assert_eq!(
        (decision.proposed_by.as_str(), decision.approved_by.as_str()),
        ("ada", "bo")
    );
    assert_eq!(decision.until, "2099-06-30");
    talk.stage.scene.assert_sound(talk.number);
}

fn author_cannot_approve(database: &Database) {
    let talk = Talk::new(database);
    talk.stage.scene.hub.set_role(REPO, "author", "write");
    talk.say(
        "author",
        "scrubin accept the frame is never longer than that",
    );
    let said = talk.say("author", "scrubin accept");
    assert!(said.contains("second person"), "{said}");
    talk.say("ada", "scrubin withdraw");
    talk.say("ada", "scrubin accept the frame is never longer than that");
    let said = talk.say("author", "scrubin accept");
    assert!(said.contains("cannot agree"), "{said}");
    assert_eq!(talk.conclusion(), "failure");
}

fn strangers(database: &Database) {
    let talk = Talk::new(database);
    let said = talk.say(
        "eve",
        "scrubin false-positive the frame is never longer than that",
    );
    assert!(said.contains("Only people who may write"), "{said}");
    assert!(talk.decisions().is_empty());
    let said = talk.say("ada", "I think this is right");
    assert_eq!(said, "");
}

fn false_positive(database: &Database) {
    let talk = Talk::new(database);
    talk.say(
        "ada",
        "scrubin false-positive the frame is never longer than that",
    );
    talk.say("bo", "scrubin false-positive I agree with that as well");
    assert_eq!(talk.conclusion(), "success");
    let id = i64::try_from(talk.stage.scene.hub.repository_id(REPO)).unwrap();
    let rules = talk
        .stage
        .wait(talk.stage.service.store.rule_precision(id))
        .unwrap();
    assert_eq!((rules[0].disputed, rules[0].adopted), (1, 0));
}

fn withdrawn(database: &Database) {
    let talk = Talk::new(database);
    talk.say("ada", "scrubin accept the frame is never longer than that");
    talk.say("bo", "scrubin accept");
    assert_eq!(talk.conclusion(), "success");
    talk.say("bo", "scrubin withdraw");
    assert_eq!(talk.conclusion(), "failure");
    assert!(talk.decisions().is_empty());
}

fn answered_once(database: &Database) {
    let talk = Talk::new(database);
    let said = talk.say("bo", "scrubin explain");
    assert!(said.contains("C-LEN-014"), "{said}");
    let said = talk.say("bo", "scrubin levitate");
    assert!(said.contains("no command of mine"), "{said}");
    // The same delivery again, and the comment's own job again: no second answer.
    let asked = talk
        .stage
        .scene
        .hub
        .deliveries_of("pull_request_review_comment", "created");
    talk.stage.scene.hub.deliver(asked.last().unwrap().id);
    talk.stage.settle();
    let answers = talk.stage.scene.comments(talk.number);
    assert_eq!(
        answers
            .iter()
            .filter(|one| one.body.contains("answer v1"))
            .count(),
        2
    );
    talk.stage.scene.hub.comment(
        REPO,
        talk.number,
        "bo",
        "scrubin accept the frame is never longer",
    );
    talk.stage.settle();
    let general = talk.stage.scene.hub.comments(REPO, talk.number);
    assert!(
        general
            .iter()
            .any(|one| one.body.contains("Answer the comment of the finding"))
    );
    talk.stage.scene.assert_sound(talk.number);
}

fn edited(database: &Database) {
    let talk = Talk::new(database);
    let hub = &talk.stage.scene.hub;
    hub.set_delivery_mode(fakehub::DeliveryMode::Hold);
    let asked = hub.reply(REPO, talk.comment, "bo", "scrubin explain");
    // Somebody else puts words into it before the service looks.
    hub.edit_comment(
        REPO,
        asked,
        "scrubin accept the frame is never longer than that",
    );
    hub.release_deliveries();
    talk.stage.settle();
    assert!(talk.decisions().is_empty());
    let said = talk.stage.scene.comments(talk.number);
    assert!(
        said.iter().any(|one| one.body.contains("was edited")),
        "{said:#?}"
    );
}

fn expired(database: &Database) {
    let talk = Talk::new(database);
    let today = chrono::Utc::now().date_naive();
    talk.say(
        "ada",
        &format!("scrubin accept the frame is never longer than that until {today}"),
    );
    talk.say("bo", "scrubin accept");
    assert_eq!(talk.conclusion(), "success");
    // Its day is over: what the database holds is set back, which nothing but time does otherwise.
    let decision = talk.decisions().pop().unwrap();
    let store = &talk.stage.service.store;
    talk.stage.wait(store.withdraw(&decision.id)).unwrap();
    let over = scrubin::store::Decision {
        id: "review-comment:0".to_owned(),
        until: "2020-01-01".to_owned(),
        ..decision
    };
    talk.stage.wait(store.decide(&over)).unwrap();
    talk.stage
        .wait(store.note_fact("expired-looked-at", "2020-01-01"))
        .unwrap();
    talk.stage.wait(talk.stage.service.clean_up()).unwrap();
    talk.stage.settle();
    assert_eq!(talk.conclusion(), "failure");
}
