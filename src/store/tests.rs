//! The store by itself, on SQLite. `tests/service/` runs the same on PostgreSQL.

use super::*;

async fn store(folder: &tempfile::TempDir) -> Store {
    let url = Url::parse(&format!("sqlite:{}", folder.path().join("s.db").display())).unwrap();
    Store::open(&url).await.unwrap()
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(&folder).await;
    let error = Store::open(&first.url).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(&folder).await;
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, x'00', 0)")
        .execute(&first.write)
        .await
        .unwrap();
    let url = first.url.clone();
    first.close().await;
    drop(first);
    let error = Store::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Schema { .. }), "{error}");
    assert!(error.help().contains("newer"));
}

/// Every version but the newest, with rows as it writes them.
#[tokio::test]
async fn a_database_of_the_first_version_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let url = Url::parse(&format!("sqlite:{}", folder.path().join("s.db").display())).unwrap();
    let old = Store::connect(&url).await.unwrap();
    old.migrate(Some(1)).await.unwrap();
    for statement in [
        "INSERT INTO installations VALUES (1, 'acme', 'active', 0, 5)",
        "INSERT INTO repositories VALUES (9, 1, 'acme/pump', 'main', 1, 'active', 5)",
        "INSERT INTO jobs VALUES ('1/9/pull/3', 'pull', 1, 9, 3, '', '', 'queued', 2, 1, 0, 0, 5, 0, '', 'd', '', 5, 5)",
        // A closed gate at its newest commit, and at one before; one that is open; one whose pull request is over.
        "INSERT INTO reviews VALUES (9, 3, 'old', '', '', '', 'findings', 1, 1, 1, 1, 0, 0, 0, 1, 1, '')",
        "INSERT INTO reviews VALUES (9, 3, 'new', '', '', '', 'findings', 1, 1, 1, 1, 0, 0, 0, 2, 2, '')",
        "INSERT INTO reviews VALUES (9, 4, 'new', '', '', '', 'passed', 1, 1, 0, 0, 0, 0, 0, 2, 2, '')",
        "INSERT INTO reviews VALUES (9, 5, 'new', '', '', '', 'findings', 1, 1, 1, 1, 0, 0, 0, 2, 2, '')",
        "INSERT INTO findings VALUES (9, 3, 'f', '', 'C-LEN-014', '', 'error', 'high', '', 'a.c', 1, '', 'open', 1, 2, 0)",
        "INSERT INTO findings VALUES (9, 5, 'f', '', 'C-LEN-014', '', 'error', 'high', '', 'a.c', 1, '', 'merged', 1, 2, 3)",
    ] {
        sqlx::query(statement).execute(&old.write).await.unwrap();
    }
    old.close().await;
    drop(old);
    let store = Store::open(&url).await.unwrap();
    let claim = store.claim("w", 1, 1_000, 10).await.unwrap().unwrap();
    assert_eq!((claim.job, claim.lease.generation), (Job::pull(1, 9, 3), 2));
    let subject = Subject {
        installation: 1,
        repository: 9,
        name: "pull:4".to_owned(),
        number: 4,
    };
    let closed = Beside {
        state: GateState::Closed,
        number: 3,
    };
    assert_eq!(store.beside(&subject, "new").await.unwrap(), [closed]);
    assert_eq!(store.beside(&subject, "old").await.unwrap(), []);
    assert_eq!(
        store
            .reviews_part(9, Part::Newest, 9)
            .await
            .unwrap()
            .entries
            .len(),
        3
    );
}

#[tokio::test]
async fn who_leaves_a_commit_frees_those_who_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let of = |name: &str, number: i64| Subject {
        installation: 1,
        repository: 9,
        name: name.to_owned(),
        number,
    };
    let (three, four, group) = (of("pull:3", 3), of("pull:4", 4), of("group:ab", 0));
    store
        .set_gate(&three, "h", GateState::Closed, 1)
        .await
        .unwrap();
    store
        .set_gate(&four, "h", GateState::Open, 1)
        .await
        .unwrap();
    store
        .set_gate(&group, "h", GateState::Pending, 1)
        .await
        .unwrap();
    let states = |others: Vec<Beside>| -> Vec<GateState> {
        others.into_iter().map(|one| one.state).collect()
    };
    let seen = states(store.beside(&four, "h").await.unwrap());
    assert_eq!(seen, [GateState::Closed, GateState::Pending]);
    // What was said of the same commit before does not stand beside what is said now.
    store
        .set_gate(&three, "h", GateState::Pending, 2)
        .await
        .unwrap();
    assert!(store.jobs(9).await.unwrap().is_empty());
    store
        .set_gate(&three, "i", GateState::Pending, 3)
        .await
        .unwrap();
    let keys = |rows: Vec<JobRow>| -> Vec<String> { rows.into_iter().map(|row| row.key).collect() };
    assert_eq!(keys(store.jobs(9).await.unwrap()), ["1/9/pull/4"]);
    // A group is told by its commit: another one with the same base stays.
    store
        .set_gate(&group, "j", GateState::Closed, 4)
        .await
        .unwrap();
    store
        .set_gate(&of("pull:5", 5), "j", GateState::Open, 4)
        .await
        .unwrap();
    store.drop_gate(&group, "j", 5).await.unwrap();
    assert_eq!(
        keys(store.jobs(9).await.unwrap()),
        ["1/9/pull/4", "1/9/pull/5"]
    );
    assert_eq!(
        states(store.beside(&four, "h").await.unwrap()),
        [GateState::Pending]
    );
    // One whose gate is open keeps nobody from anything.
    store
        .set_gate(&four, "k", GateState::Open, 6)
        .await
        .unwrap();
    assert_eq!(store.jobs(9).await.unwrap().len(), 2);
}

/// Between the gate and the jobs that follow from it the process may end.
#[tokio::test]
async fn who_was_to_be_freed_by_a_process_that_ended_is_freed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let of = |number: i64| Subject {
        installation: 1,
        repository: 9,
        name: format!("pull:{number}"),
        number,
    };
    let closed = GateState::Closed;
    store.set_gate(&of(3), "h", closed, 1).await.unwrap();
    store.set_gate(&of(4), "h", closed, 1).await.unwrap();
    sqlx::query("UPDATE gates SET state = 'left' WHERE number = 3")
        .execute(&store.write)
        .await
        .unwrap();
    assert_eq!(store.beside(&of(4), "h").await.unwrap(), []);
    assert!(store.jobs(9).await.unwrap().is_empty());
    store.set_gate(&of(3), "i", closed, 2).await.unwrap();
    let jobs = store.jobs(9).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].key, "1/9/pull/4");
    // Once.
    store.set_gate(&of(3), "i", closed, 3).await.unwrap();
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM gates WHERE state = 'left'")
        .fetch_one(&store.read)
        .await
        .unwrap();
    assert_eq!(count, 0);
}
