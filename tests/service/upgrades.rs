//! Databases of every released version of the schema, opened by this one.
//!
//! `databases/NNNN.sql` is what a service with schema NNNN left behind: the checksums of the migrations it
//! went through, and its rows. Whoever adds a migration writes the one of the version before it first:
//! `SCRUBIN_NEW_DATABASE=1 cargo test --features service --test service -- upgrades`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use scrubin::store::{DecisionState, Job, JobKind, JobState, Retry, Session, Store};
use sqlx::{AnyConnection, Connection as _, Row as _, SqlSafeStr as _};

use crate::backup::check_records;
use crate::stage::{Database, FILE, REPO, Scene, Stage, file, runtime, store_of, unsafe_copy};

/// When the rows were made, in milliseconds since 1970: a fixed day.
const MADE: i64 = 1_790_000_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/service/databases")
}

/// The databases, oldest first: name and file.
pub(crate) fn databases() -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder()).into_iter().flatten().flatten();
    let mut all: Vec<(String, PathBuf)> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "sql"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    all.sort();
    all
}

/// Every version but the one that is being made has one; with the variable, that one is written.
pub(crate) fn every_version_is_there() {
    let mut versions: Vec<i64> = Store::migrations().iter().map(|one| one.version).collect();
    let newest = versions.pop().unwrap();
    if std::env::var_os("SCRUBIN_NEW_DATABASE").is_some_and(|value| value == "1") {
        let text = left_behind(newest);
        std::fs::write(folder().join(format!("{newest:04}.sql")), text).unwrap();
    }
    let have: Vec<String> = databases().into_iter().map(|(name, _)| name).collect();
    assert!(!have.is_empty(), "no database at all");
    for version in versions {
        let name = format!("{version:04}");
        assert!(
            have.contains(&name),
            "tests/service/databases lacks {name}.sql"
        );
    }
}

/// The text of a migration.
fn migration(version: i64, description: &str) -> String {
    let name = format!("src/store/migrations/{version:04}_{description}.sql");
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The address as the driver takes it.
fn address(database: &Database) -> String {
    match database.url.starts_with("sqlite:") {
        true => format!("{}?mode=rwc", database.url),
        false => database.url.clone(),
    }
}

/// Makes the database that a text describes.
async fn build(database: &Database, text: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&address(database)).await.unwrap();
    let is_sqlite = database.url.starts_with("sqlite:");
    let bytes = if is_sqlite { "BLOB" } else { "BYTEA" };
    let mut script = format!(
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
         installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
         checksum {bytes} NOT NULL, execution_time BIGINT NOT NULL);\n"
    );
    for line in text
        .lines()
        .filter_map(|line| line.strip_prefix("-- migration "))
    {
        let words: Vec<&str> = line.split(' ').collect();
        let [version, description, checksum] = words[..] else {
            panic!("{line}");
        };
        script.push_str(&migration(version.parse().unwrap(), description));
        let checksum = match is_sqlite {
            true => format!("x'{checksum}'"),
            false => format!("'\\x{checksum}'"),
        };
        script.push_str(&format!(
            "\nINSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES ({version}, '{description}', TRUE, {checksum}, 1);\n"
        ));
    }
    script.push_str(text);
    let script = sqlx::AssertSqlSafe(script).into_sql_str();
    sqlx::raw_sql(script)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// How many rows each table has.
async fn counted(database: &Database, tables: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let mut connection = AnyConnection::connect(&address(database)).await.unwrap();
    let mut found = BTreeMap::new();
    for table in tables.keys() {
        let text = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let row = sqlx::query(text).fetch_one(&mut connection).await.unwrap();
        found.insert(table.clone(), row.get(0));
    }
    connection.close().await.unwrap();
    found
}

/// What an older version left is all there, and the service goes on with it.
pub(crate) fn upgraded(file_of: &Path, database: &Database) {
    let text = std::fs::read_to_string(file_of).unwrap();
    let runtime = runtime();
    runtime.block_on(build(database, &text));
    let mut rows: BTreeMap<String, i64> = BTreeMap::new();
    for line in text.lines() {
        if let Some((table, _)) = line
            .strip_prefix("INSERT INTO \"")
            .and_then(|rest| rest.split_once('"'))
        {
            *rows.entry(table.to_owned()).or_default() += 1;
        }
    }
    assert!(rows.len() > 10, "{rows:?}");
    let scene = Scene::new(database);
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let store = store_of(&runtime, &database.url);
    assert_eq!(runtime.block_on(counted(database, &rows)), rows);
    let review = runtime.block_on(store.last_review(id, 1)).unwrap().unwrap();
    assert_eq!((review.outcome.as_str(), review.reported), ("findings", 1));
    let findings = runtime.block_on(store.findings(id, 2)).unwrap();
    assert_eq!(findings[0].rule, "C-LEN-014");
    let decisions = runtime.block_on(store.decisions(id)).unwrap();
    assert_eq!(
        (decisions[0].state, decisions[0].approved_by.as_str()),
        (DecisionState::Active, "bo")
    );
    let session = runtime.block_on(store.session("a-session", MADE)).unwrap();
    assert_eq!(session.unwrap().login, "ada");
    let jobs = runtime.block_on(store.jobs(10)).unwrap();
    assert_eq!((jobs.len(), jobs[0].state), (1, JobState::Dead));
    assert_eq!(
        runtime.block_on(store.fact("a-fact")).unwrap().unwrap(),
        "its value"
    );
    let log = runtime.block_on(store.log_of(id)).unwrap();
    let before = log.lines().count();
    runtime.block_on(store.revive(None, MADE)).unwrap();
    runtime.block_on(store.close());
    drop(store);
    // The chain of records goes on where it ended.
    let stage = Stage::of(scene);
    for name in ["a", "b"] {
        let branch = format!("fix-{name}");
        stage
            .scene
            .pull(&branch, &[(FILE, &file(&[unsafe_copy(name)]))]);
    }
    stage.settle();
    assert_eq!(stage.scene.conclusion("fix-a").as_deref(), Some("failure"));
    let log = stage.wait(stage.service.store.log_of(id)).unwrap();
    assert!(log.lines().count() >= before + 2, "{log}");
    let scene = stage.end();
    check_records(&scene, true);
}

/// What a service of this version leaves behind, as a text for `databases/`.
fn left_behind(newest: i64) -> String {
    let database = Database::sqlite();
    let stage = Stage::new(&database);
    let scene = &stage.scene;
    for login in ["ada", "bo"] {
        scene.hub.set_role(REPO, login, "write");
    }
    for name in ["a", "b"] {
        scene.pull(
            &format!("fix-{name}"),
            &[(FILE, &file(&[unsafe_copy(name)]))],
        );
    }
    stage.settle();
    let comment = scene.comments(2)[0].id;
    let reason = "scrubin accept the frame is never longer than that";
    for (login, words) in [("ada", reason), ("bo", "scrubin accept")] {
        scene.hub.reply(REPO, comment, login, words);
        stage.settle();
    }
    let run = scene.checks(&scene.hub.tip(REPO, "fix-a")).pop().unwrap();
    scene.hub.request_action(REPO, run.id, "not-useful", "bo");
    stage.settle();
    let store = &stage.service.store;
    let session = Session {
        id: "a-session".to_owned(),
        login: "ada".to_owned(),
        repositories: vec![1],
        checked_ms: MADE,
        expires_ms: MADE + 1_000,
    };
    stage.wait(store.sign_in(&session)).unwrap();
    stage.wait(store.note_fact("a-fact", "its value")).unwrap();
    let scene = stage.end();
    let runtime = runtime();
    let store = store_of(&runtime, &database.url);
    runtime.block_on(give_up(&store, &scene));
    runtime.block_on(store.close());
    drop(store);
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\n\
         for row in c.execute('SELECT version, description, lower(hex(checksum)) FROM _sqlx_migrations ORDER BY 1'):\n \
         print('-- migration', *row)\n\
         for line in c.iterdump():\n \
         if line.startswith('INSERT INTO') and '_sqlx_' not in line: print(line)\n";
    let path = database.url.strip_prefix("sqlite:").unwrap();
    let said = std::process::Command::new("python3")
        .args(["-c", script, path])
        .output()
        .unwrap();
    assert!(said.status.success(), "{said:?}");
    format!(
        "-- What a service with schema {newest} left behind; tests/service/upgrades.rs wrote it.\n{}",
        String::from_utf8(said.stdout).unwrap()
    )
}

/// A job that never worked.
async fn give_up(store: &Store, scene: &Scene) {
    let job = Job {
        kind: JobKind::Pull,
        installation: i64::try_from(scene.installation).unwrap(),
        repository: i64::try_from(scene.hub.repository_id(REPO)).unwrap(),
        number: 1,
        head: String::new(),
        base: String::new(),
    };
    store.enqueue(&job, "test", MADE).await.unwrap();
    let claim = store.claim("worker", 1, 1_000, MADE + 1).await.unwrap();
    let never = Retry {
        due_ms: None,
        counts: true,
        error: "it never worked".to_owned(),
    };
    let lease = claim.unwrap().lease;
    store.give_back(&lease, &never, MADE + 2).await.unwrap();
}
