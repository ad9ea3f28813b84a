//! What is kept of a repository or an installation, deleted.

use std::process::{Command, Output};

use fakehub::reviewer_permissions;
use scrubin::store::RepositoryState;

use crate::Test;
use crate::stage::{Database, FILE, REPO, Scene, Stage, file, runtime, store_of, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[
    ("a_repository_is_erased_and_no_other", one_repository),
    ("an_installation_is_erased_with_all_it_has", whole),
    ("evidence_stays_where_it_is_asked_for", evidence_stays),
];

const OTHER: &str = "acme/monitor";

/// Two repositories with a reviewed pull request each; the service has ended.
fn reviewed(database: &Database) -> Scene {
    let scene = Scene::new(database);
    scene.hub.add_repository(OTHER);
    scene.hub.commit_files(OTHER, "main", &[(FILE, &file(&[]))]);
    scene
        .hub
        .add_installation("scrubin", "other", &[OTHER], reviewer_permissions());
    let stage = Stage::of(scene);
    stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    let hub = &stage.scene.hub;
    hub.create_branch(OTHER, "fix", "main");
    hub.commit_files(OTHER, "fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    hub.open_pull(OTHER, "fix", "main");
    stage.settle();
    stage.end()
}

fn erase(scene: &Scene, arguments: &[&str]) -> Output {
    let configuration = scene.configuration("127.0.0.1:0");
    Command::new(env!("CARGO_BIN_EXE_scrubin"))
        .args(["serve", "--config"])
        .arg(configuration)
        .arg("erase")
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

fn number(scene: &Scene, name: &str) -> i64 {
    i64::try_from(scene.hub.repository_id(name)).unwrap()
}

/// What the database has of a repository: reviews, findings, records, decisions.
fn kept(scene: &Scene, name: &str) -> (usize, usize, usize) {
    let (runtime, id) = (runtime(), number(scene, name));
    let store = store_of(&runtime, &scene.database);
    runtime.block_on(async {
        let reviews = store.last_reviews(id, 10).await.unwrap().len();
        let runs = store.runs_since(id, 0).await.unwrap().len();
        let log = store.log_of(id).await.unwrap().lines().count();
        store.close().await;
        (reviews, runs, log)
    })
}

fn one_repository(database: &Database) {
    let scene = reviewed(database);
    // The look of the start may have had one reviewed twice.
    let (before, other) = (kept(&scene, REPO), kept(&scene, OTHER));
    for (reviews, runs, lines) in [before, other] {
        assert!(reviews == 1 && runs >= 1 && lines >= 2);
    }
    // Nobody is there to be asked.
    let refused = erase(&scene, &["--repository", REPO]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("--yes") && said.contains("1 reviews"),
        "{said}"
    );
    assert_eq!(kept(&scene, REPO), before);
    let unknown = erase(&scene, &["--repository", "acme/nothing", "--yes"]);
    assert_eq!(unknown.status.code(), Some(2));
    let both = erase(
        &scene,
        &["--repository", REPO, "--installation", "7", "--yes"],
    );
    assert_eq!(both.status.code(), Some(2));

    let done = erase(
        &scene,
        &["--repository", "ACME/pump", "--yes", "--format", "json"],
    );
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let value: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(value["repositories"][0]["id"], number(&scene, REPO));
    assert_eq!(value["rows"]["reviews"], 1);
    assert_eq!(value["rows"]["records"], before.2 - 1);
    assert_eq!(value["cached-repositories"], 1);
    assert_eq!(kept(&scene, REPO), (0, 0, 0));
    assert_eq!(kept(&scene, OTHER), other);
    let cache = |name: &str| {
        scene
            .folder
            .path()
            .join(format!("cache/{}.git", number(&scene, name)))
    };
    assert!(!cache(REPO).exists() && cache(OTHER).exists());
    // No name is left in the file.
    if let Some(path) = database.url.strip_prefix("sqlite:") {
        let bytes = std::fs::read(path).unwrap();
        let has = |text: &str| {
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        assert!(!has(REPO) && has(OTHER));
    }
    let again = erase(&scene, &["--repository", REPO, "--yes"]);
    assert_eq!(again.status.code(), Some(2));
}

fn whole(database: &Database) {
    let scene = reviewed(database);
    let id = scene.installation.to_string();
    let done = erase(&scene, &["--installation", &id, "--yes"]);
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        said.contains("1 installations") && said.contains("1 repositories"),
        "{said}"
    );
    assert_eq!(kept(&scene, REPO), (0, 0, 0));
    assert_eq!(kept(&scene, OTHER).0, 1);
    // What is still installed is found again by the next look.
    let stage = Stage::of(scene);
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    let scene = stage.end();
    assert_eq!(kept(&scene, REPO).0, 1);
    let number = scene.hub.check_runs(REPO).len();
    assert!(number >= 2, "it was reviewed again");
}

fn evidence_stays(database: &Database) {
    let scene = reviewed(database);
    let done = erase(&scene, &["--repository", REPO, "--keep-evidence", "--yes"]);
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let (reviews, runs, lines) = kept(&scene, REPO);
    assert_eq!((reviews, runs), (0, 0));
    assert!(lines >= 2);
    // It is not reviewed any more, and the rest can be erased by its name.
    let (runtime, id) = (runtime(), number(&scene, REPO));
    let store = store_of(&runtime, &scene.database);
    let row = runtime.block_on(store.repository(id)).unwrap().unwrap();
    assert_eq!(row.state, RepositoryState::Removed);
    runtime.block_on(store.close());
    drop(store);
    let rest = erase(&scene, &["--repository", REPO, "--yes", "--format", "json"]);
    let said = String::from_utf8_lossy(&rest.stderr).into_owned();
    assert_eq!(rest.status.code(), Some(0), "{said}");
    let value: serde_json::Value = serde_json::from_slice(&rest.stdout).unwrap();
    assert_eq!(value["rows"]["repositories"], 1);
    assert_eq!(value["rows"]["records"], lines - 1);
    assert_eq!(kept(&scene, REPO), (0, 0, 0));
    let again = erase(&scene, &["--repository", REPO, "--yes"]);
    assert_eq!(again.status.code(), Some(2));
}
