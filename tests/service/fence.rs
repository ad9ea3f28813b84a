//! A worker whose job another one took writes nothing more.

use scrubin::store::{
    Decision, DecisionKind, DecisionState, FindingRow, FindingState, GateState, Job, ReviewRow,
    Store, StoreError, Subject,
};

use crate::Test;
use crate::stage::{Database, runtime, store_of};

pub(crate) const TESTS: &[Test] = &[
    ("who_lost_the_job_writes_nothing", lost),
    ("who_has_the_job_writes", held),
    ("a_job_is_not_taken_in_the_middle_of_a_write", waits),
];

const REPOSITORY: i64 = 9;

fn subject() -> Subject {
    Subject {
        installation: 1,
        repository: REPOSITORY,
        name: "pull:3".to_owned(),
        number: 3,
    }
}

fn finding() -> FindingRow {
    let text = |text: &str| text.to_owned();
    FindingRow {
        repository: REPOSITORY,
        number: 3,
        fingerprint: text("f:1"),
        moved: text("m"),
        rule: text("C-LEN-014"),
        lesson: String::new(),
        severity: text("error"),
        precision: text("high"),
        component: text("src"),
        path: text("src/pump.c"),
        line: 4,
        message: text("too long"),
        state: FindingState::Open,
        first_ms: 0,
        last_ms: 0,
        ended_ms: 0,
    }
}

fn decision() -> Decision {
    Decision {
        id: "review-comment:1".to_owned(),
        repository: REPOSITORY,
        number: 3,
        fingerprint: "f:1".to_owned(),
        moved: "m".to_owned(),
        rule: "C-LEN-014".to_owned(),
        path: "src/pump.c".to_owned(),
        kind: DecisionKind::Accept,
        reason: "the frame is never longer".to_owned(),
        until: String::new(),
        ticket: String::new(),
        proposed_by: "ada".to_owned(),
        proposed_ms: 1,
        approved_by: String::new(),
        approved_ms: 0,
        state: DecisionState::Proposed,
    }
}

/// Everything that a job writes.
async fn write_all(store: &Store) -> Vec<(&'static str, Result<(), StoreError>)> {
    let review = ReviewRow {
        repository: REPOSITORY,
        number: 3,
        head: "ab".to_owned(),
        outcome: "findings".to_owned(),
        ..ReviewRow::default()
    };
    let findings = [finding()];
    vec![
        ("review", store.note_review(&review).await),
        (
            "findings",
            store.note_findings(REPOSITORY, 3, &findings, 5).await,
        ),
        (
            "dispute",
            store
                .note_dispute(REPOSITORY, 3, "f:1", "C-LEN-014", 5)
                .await,
        ),
        ("decision", store.decide(&decision()).await),
        (
            "approval",
            store.approve("review-comment:1", "bo", 6).await.map(|_| ()),
        ),
        (
            "withdrawal",
            store.withdraw("review-comment:1").await.map(|_| ()),
        ),
        ("answer", store.answered("comment:1", 5).await),
        (
            "history",
            store
                .add_run((REPOSITORY, 3), ("r", "{}"), Some("x"), 5)
                .await,
        ),
        (
            "gate",
            store.set_gate(&subject(), "ab", GateState::Closed, 5).await,
        ),
        (
            "closing",
            store.close_findings(REPOSITORY, 3, false, 7).await,
        ),
        (
            "end of the gate",
            store.drop_gate(&subject(), "ab", 8).await,
        ),
    ]
}

struct Two {
    runtime: tokio::runtime::Runtime,
    store: Store,
    first: scrubin::store::Lease,
    second: scrubin::store::Lease,
}

/// A job that a second worker took when the first one's lease had run out.
fn two(database: &Database) -> Two {
    let runtime = runtime();
    let store = store_of(&runtime, &database.url);
    let (first, second) = runtime.block_on(async {
        let job = Job::pull(1, REPOSITORY, 3);
        store.enqueue(&job, "test", 0).await.unwrap();
        let first = store.claim("one", 1, 1_000, 0).await.unwrap().unwrap();
        let second = store.claim("two", 1, 1_000, 1_001).await.unwrap().unwrap();
        (first.lease, second.lease)
    });
    Two {
        runtime,
        store,
        first,
        second,
    }
}

fn lost(database: &Database) {
    let two = two(database);
    let store = two.store.under(&two.first);
    for (what, outcome) in two.runtime.block_on(write_all(&store)) {
        assert!(
            matches!(outcome, Err(StoreError::Lost)),
            "{what}: {outcome:?}"
        );
    }
    two.runtime.block_on(async {
        let store = &two.store;
        assert!(store.last_review(REPOSITORY, 3).await.unwrap().is_none());
        assert!(store.findings(REPOSITORY, 3).await.unwrap().is_empty());
        assert!(store.decisions(REPOSITORY).await.unwrap().is_empty());
        assert!(store.runs_since(REPOSITORY, 0).await.unwrap().is_empty());
        assert_eq!(store.open_of(REPOSITORY, 3).await.unwrap(), "");
        let other = Subject {
            name: "pull:4".to_owned(),
            number: 4,
            ..subject()
        };
        assert!(store.beside(&other, "ab").await.unwrap().is_empty());
        // The job that ended is nobody's either.
        assert!(store.complete(&two.second, 9).await.unwrap());
        let late = store.under(&two.second);
        let review = ReviewRow::default();
        assert!(matches!(
            late.note_review(&review).await,
            Err(StoreError::Lost)
        ));
    });
}

fn held(database: &Database) {
    let two = two(database);
    let store = two.store.under(&two.second);
    for (what, outcome) in two.runtime.block_on(write_all(&store)) {
        assert!(outcome.is_ok(), "{what}: {outcome:?}");
    }
    let seen = two
        .runtime
        .block_on(two.store.findings(REPOSITORY, 3))
        .unwrap();
    assert_eq!(seen[0].state, FindingState::Closed);
}

/// Writers under a lease and workers that take the job as soon as they can, all at once: a write that went
/// through was made while its lease held.
fn waits(database: &Database) {
    let two = two(database);
    let (store, runtime) = (&two.store, &two.runtime);
    runtime.block_on(async {
        let mut lease = two.second.clone();
        for round in 0..20_i64 {
            let mine = store.under(&lease);
            let now = 10_000 + round * 10_000;
            let review = ReviewRow {
                repository: REPOSITORY,
                number: 3,
                head: format!("{round}"),
                ..ReviewRow::default()
            };
            let name = format!("next-{round}");
            let (wrote, taken) =
                tokio::join!(mine.note_review(&review), store.claim(&name, 1, 1_000, now));
            // A row that is held by a write is skipped: then nobody has taken it.
            let is_taken = taken.unwrap().map(|claim| claim.lease);
            match wrote {
                Ok(()) => {}
                Err(StoreError::Lost) => assert!(is_taken.is_some(), "round {round}"),
                Err(other) => panic!("{other}"),
            }
            if let Some(next) = is_taken {
                let late = mine.note_review(&review).await;
                assert!(matches!(late, Err(StoreError::Lost)), "round {round}");
                lease = next;
            }
        }
    });
}
