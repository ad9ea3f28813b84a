//! Repositories and installations that change under the service.

use fakehub::reviewer_permissions;
use scrubin::store::{InstallationState, RepositoryState};

use crate::Test;
use crate::stage::{Database, FILE, REPO, Scene, Stage, file, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[
    ("a_renamed_repository_is_followed", renamed),
    ("an_archived_repository_is_left_alone", archived),
    ("a_deleted_repository_ends_its_jobs", deleted),
    ("a_suspended_installation_waits", suspended),
    ("an_uninstalled_app_says_nothing_more", uninstalled),
    (
        "open_pull_requests_are_found_when_the_app_comes",
        found_at_start,
    ),
    ("an_empty_repository_is_nothing_to_review", empty),
    ("a_huge_repository_is_refused_with_words", huge),
    ("a_change_of_base_is_reviewed", base_changed),
    (
        "a_broken_configuration_does_not_keep_its_repair_out",
        broken_configuration,
    ),
];

fn renamed(database: &Database) {
    let stage = Stage::new(database);
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    // Nobody tells: the event is lost.
    stage
        .scene
        .hub
        .set_delivery_mode(fakehub::DeliveryMode::Drop);
    stage
        .scene
        .hub
        .rename_repository(REPO, "acme/infusion-pump");
    stage
        .scene
        .hub
        .set_delivery_mode(fakehub::DeliveryMode::Automatic);
    stage.scene.hub.commit_files(
        "acme/infusion-pump",
        "fix",
        &[(FILE, &file(&[unsafe_copy("b")]))],
    );
    stage.settle();
    let comments = stage.scene.hub.diff_comments("acme/infusion-pump", number);
    assert!(
        comments.iter().any(|one| one.body.contains("buf_b")),
        "{comments:#?}"
    );
    let id = i64::try_from(stage.scene.hub.repository_id("acme/infusion-pump")).unwrap();
    let row = stage
        .wait(stage.service.store.repository(id))
        .unwrap()
        .unwrap();
    assert_eq!(row.full_name, "acme/infusion-pump");
}

fn archived(database: &Database) {
    let stage = Stage::new(database);
    stage.scene.hub.set_archived(REPO, true);
    stage.settle();
    let id = i64::try_from(stage.scene.hub.repository_id(REPO)).unwrap();
    let row = stage
        .wait(stage.service.store.repository(id))
        .unwrap()
        .unwrap();
    assert_eq!(row.state, RepositoryState::Archived);
}

fn deleted(database: &Database) {
    let stage = Stage::new(database);
    stage
        .scene
        .hub
        .set_delivery_mode(fakehub::DeliveryMode::Hold);
    stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.scene.hub.delete_repository(REPO);
    stage.scene.hub.release_deliveries();
    stage.settle();
    let depth = stage.wait(stage.service.store.depth()).unwrap();
    assert_eq!(depth.dead, 0);
}

fn suspended(database: &Database) {
    let stage = Stage::new(database);
    let installation = stage.scene.installation;
    stage.scene.hub.suspend(installation);
    stage.settle();
    let id = i64::try_from(installation).unwrap();
    let row = stage
        .wait(stage.service.store.installation(id))
        .unwrap()
        .unwrap();
    assert_eq!(row.state, InstallationState::Suspended);
    stage.scene.hub.unsuspend(installation);
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    assert_eq!(stage.scene.comments(number).len(), 1);
}

fn uninstalled(database: &Database) {
    let stage = Stage::new(database);
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    stage.scene.hub.uninstall(stage.scene.installation);
    stage.settle();
    let id = i64::try_from(stage.scene.installation).unwrap();
    let row = stage
        .wait(stage.service.store.installation(id))
        .unwrap()
        .unwrap();
    assert_eq!(row.state, InstallationState::Deleted);
    assert_eq!(stage.scene.comments(number).len(), 1);
}

fn found_at_start(database: &Database) {
    let scene = Scene::new(database);
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    let stage = Stage::of(scene);
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    assert_eq!(stage.scene.comments(number).len(), 1);
    // A repository that is added later.
    stage.scene.hub.add_repository("acme/monitor");
    stage
        .scene
        .hub
        .commit_files("acme/monitor", "main", &[(FILE, &file(&[]))]);
    stage.scene.hub.create_branch("acme/monitor", "fix", "main");
    stage
        .scene
        .hub
        .commit_files("acme/monitor", "fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    let other = stage.scene.hub.open_pull("acme/monitor", "fix", "main");
    stage
        .scene
        .hub
        .add_to_installation(stage.scene.installation, &["acme/monitor"]);
    stage.settle();
    assert_eq!(
        stage.scene.hub.diff_comments("acme/monitor", other).len(),
        1
    );
}

fn empty(database: &Database) {
    let scene = Scene::new(database);
    scene.hub.add_repository("acme/empty");
    scene
        .hub
        .add_installation("scrubin", "acme", &["acme/empty"], reviewer_permissions());
    let stage = Stage::of(scene);
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    assert_eq!(stage.wait(stage.service.store.depth()).unwrap().dead, 0);
}

fn huge(database: &Database) {
    let stage = Stage::new(database);
    stage.scene.hub.set_size(REPO, 10 << 20);
    stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    let run = stage
        .scene
        .checks(&stage.scene.hub.tip(REPO, "fix"))
        .pop()
        .unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    let summary = run.output["summary"].as_str().unwrap();
    assert!(
        summary.contains("10240 MiB") && summary.contains("max-repository-mib"),
        "{summary}"
    );
}

fn base_changed(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    scene.hub.create_branch(REPO, "release", "main");
    scene
        .hub
        .commit_files(REPO, "release", &[(FILE, &file(&[unsafe_copy("a")]))]);
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
    scene.hub.change_base(REPO, number, "release");
    stage.settle();
    // The merge base stays the same commit, so the change still brings it.
    assert!(scene.conclusion("fix").is_some());
    scene.assert_sound(number);
}

fn broken_configuration(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    scene
        .hub
        .commit_files(REPO, "main", &[("scrubin.toml", "[nonsense\n")]);
    let number = scene.pull(
        "fix",
        &[("scrubin.toml", ""), (FILE, &file(&[unsafe_copy("a")]))],
    );
    stage.settle();
    assert_eq!(scene.comments(number).len(), 1);
    scene.assert_sound(number);
}
