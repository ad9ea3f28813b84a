//! Repositories and words of strangers.

use fakehub::Edit;

use crate::Test;
use crate::stage::{Database, FILE, REPO, Stage, file, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[
    ("names_and_words_inject_nothing", words),
    ("a_huge_blob_is_a_gap", huge_blob),
];

fn words(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let title = "</summary><script>alert(1)</script> @everyone [x](javascript:1) '; DROP TABLE jobs; -- ::error::x";
    scene.hub.set_role(REPO, "ada", "write");
    let branch = "fix;touch$IFS/tmp/owned|x";
    scene.hub.create_branch(REPO, branch, "main");
    scene
        .hub
        .commit_files(REPO, branch, &[(FILE, &file(&[unsafe_copy("a")]))]);
    scene.hub.set_delivery_mode(fakehub::DeliveryMode::Hold);
    let number = scene.hub.open_pull(REPO, branch, "main");
    scene.hub.set_title(REPO, number, title);
    scene.hub.release_deliveries();
    stage.settle();
    let comment = scene.comments(number)[0].id;
    scene.hub.reply(
        REPO,
        comment,
        "ada",
        "scrubin accept '; DELETE FROM decisions; -- <img src=x onerror=alert(1)> @everyone ticket <b>@org/team</b>",
    );
    stage.settle();
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let decisions = stage.wait(stage.service.store.decisions(id)).unwrap();
    assert_eq!(decisions.len(), 1);
    let review = stage
        .wait(
            stage
                .service
                .store
                .last_review(id, i64::try_from(number).unwrap()),
        )
        .unwrap();
    assert_eq!(review.unwrap().title, title);
    for one in scene
        .comments(number)
        .iter()
        .filter(|one| one.author.ends_with("[bot]"))
    {
        // What stands in code is neither mentioned nor formatted.
        let outside: String = one.body.split('`').step_by(2).collect();
        for bad in ["@everyone", "<b>", "<img", "@org/team"] {
            assert!(!outside.contains(bad), "{bad}: {}", one.body);
        }
    }
    assert!(!std::path::Path::new("/tmp/owned").exists());
    scene.assert_sound(number);
}

fn huge_blob(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let text = format!("/* {} */\n", "x".repeat(3 << 20));
    scene.hub.create_branch(REPO, "fix", "main");
    scene
        .hub
        .commit(REPO, "fix", "huge", &[Edit::write("src/huge.c", text)]);
    let number = scene.hub.open_pull(REPO, "fix", "main");
    stage.settle();
    let run = scene.checks(&scene.hub.tip(REPO, "fix")).pop().unwrap();
    assert_eq!(
        run.conclusion.as_deref(),
        Some("failure"),
        "silence about a file that was not read"
    );
    assert!(
        run.output["summary"].as_str().unwrap().contains("huge.c"),
        "{run:#?}"
    );
    scene.assert_sound(number);
}
