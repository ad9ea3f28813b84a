//! Repositories and installations that change under the service.

use fakehub::reviewer_permissions;
use scrubin::store::{FindingState, InstallationState, RepositoryState};

use crate::Test;
use crate::stage::{Database, FILE, REPO, Scene, Stage, file, safe_copy, unsafe_copy};

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

/// Requests so far that would change something in a repository.
fn writes(scene: &Scene) -> usize {
    let log = scene.hub.log();
    let writes = log.iter().filter(|one| {
        let is_read = one.method == "GET" || one.path == "/graphql";
        !is_read && one.path.starts_with("/repos/")
    });
    writes.count()
}

fn archived(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let state = || {
        let row = stage.wait(stage.service.store.repository(id));
        row.unwrap().unwrap().state
    };
    // It becomes read-only between the event and its review, and nobody tells us of it.
    scene.hub.set_delivery_mode(fakehub::DeliveryMode::Hold);
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    scene.hub.set_delivery_mode(fakehub::DeliveryMode::Drop);
    scene.hub.set_archived(REPO, true);
    scene.hub.release_deliveries();
    stage.settle();
    assert_eq!(state(), RepositoryState::Archived);
    assert_eq!(stage.wait(stage.service.store.depth()).unwrap().dead, 0);
    assert_eq!(writes(scene), 0, "{:#?}", scene.hub.log());
    assert!(scene.comments(number).is_empty());
    // And back: what waits there is reviewed.
    scene.hub.set_archived(REPO, false);
    stage.settle();
    assert_eq!(state(), RepositoryState::Active);
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    assert_eq!(scene.comments(number).len(), 1);
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
    // Told this time, and before anything else happens: not even asked about.
    scene.hub.set_archived(REPO, true);
    stage.settle();
    assert_eq!(state(), RepositoryState::Archived);
    scene.hub.clear_log();
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    let asked = scene.hub.log();
    assert!(
        !asked.iter().any(|one| one.path.contains("/pulls")),
        "{asked:#?}"
    );
    scene.assert_sound(number);
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
    // What is opened meanwhile is left alone, and found once it is lifted.
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.scene.hub.wait_idle();
    stage.scene.hub.clear_log();
    stage.wait(stage.service.catch_up()).unwrap();
    let claim = stage.service.store.claim("w", 9, 1_000, i64::MAX / 2);
    assert_eq!(stage.wait(claim).unwrap(), None, "work for a suspended one");
    assert_eq!(writes(&stage.scene), 0);
    assert_eq!(stage.scene.comments(number).len(), 0);
    stage.scene.hub.unsuspend(installation);
    stage.settle();
    assert_eq!(stage.scene.comments(number).len(), 1);
    assert_eq!(stage.scene.conclusion("fix").as_deref(), Some("failure"));
    stage.scene.assert_sound(number);
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
    // An event that comes late changes nothing.
    stage.scene.hub.clear_log();
    let late = stage.scene.hub.deliveries_of("pull_request", "opened");
    assert!(stage.scene.hub.deliver_again(late[0].id).accepted());
    stage
        .scene
        .hub
        .commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("b")]))]);
    stage.settle();
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    assert_eq!(writes(&stage.scene), 0);
    assert_eq!(stage.scene.comments(number).len(), 1);
    assert_eq!(stage.wait(stage.service.store.depth()).unwrap().dead, 0);
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
    let fetched = stage.scene.hub.log().into_iter();
    let fetched = fetched.filter(|one| one.path.ends_with("/git-upload-pack"));
    assert_eq!(fetched.count(), 0, "it was fetched all the same");
    assert_eq!(stage.wait(stage.service.store.depth()).unwrap().dead, 0);
}

fn base_changed(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    // The finding is in `release` already, and new on `main`.
    scene.hub.create_branch(REPO, "release", "main");
    scene
        .hub
        .commit_files(REPO, "release", &[(FILE, &file(&[unsafe_copy("a")]))]);
    scene.hub.create_branch(REPO, "fix", "release");
    let text = file(&[unsafe_copy("a"), safe_copy("b")]);
    scene.hub.commit_files(REPO, "fix", &[(FILE, &text)]);
    let number = scene.hub.open_pull(REPO, "fix", "main");
    stage.settle();
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
    assert_eq!(scene.comments(number).len(), 1);
    let head = scene.hub.tip(REPO, "fix");
    scene.hub.change_base(REPO, number, "release");
    stage.settle();
    // The same commit, and nothing in it is the change's own any more.
    assert_eq!(scene.hub.tip(REPO, "fix"), head);
    assert_eq!(scene.conclusion("fix").as_deref(), Some("success"));
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let pull = i64::try_from(number).unwrap();
    let findings = stage.wait(stage.service.store.findings(id, pull)).unwrap();
    assert_ne!(findings[0].state, FindingState::Open, "{findings:#?}");
    scene.hub.change_base(REPO, number, "main");
    stage.settle();
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
    scene.hub.assert_clean();
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
