//! Waiting, on a clock that takes no time; and how long a review takes without it.

use std::time::{Duration, Instant};

use fakehub::{Fault, FaultKind};
use scrubin::github::event::{Addresses, RepositoryName};
use scrubin::github::plan::PlanOptions;
use scrubin::github::publish::{Publication, Published, publish};
use scrubin::github::submission::Submission;
use scrubin::github::{Client, ClientOptions, Clock, Token, block_on};

use crate::scene::{FILE, REPO, Scene, file, safe_copy, unsafe_file};

/// Analyses with the binary, posts with the library on a simulated clock.
fn posted(scene: &Scene) -> (Published, Duration) {
    let place = scene.checkout();
    let out = scene.folder.path().join("review.json");
    let arguments = ["--analyse-only", "--out", out.to_str().unwrap()];
    scene.run_in(
        &place,
        "pull_request",
        &scene.event("synchronize"),
        &arguments,
    );
    let submission = Submission::parse(&std::fs::read(out).unwrap()).unwrap();
    let addresses = Addresses {
        api: scene.hub.url(),
        graphql: scene.hub.graphql_url(),
        server: scene.hub.url(),
    };
    let clock = Clock::simulated(Duration::from_secs(1_800_000_000));
    let options = ClientOptions {
        clock: clock.clone(),
        ..ClientOptions::new(addresses, Token::new(&scene.token).unwrap())
    };
    let repository = RepositoryName::parse(REPO).unwrap();
    let published = block_on(async {
        let client = Client::new(options).unwrap();
        publish(
            &client,
            &Publication {
                repository: &repository,
                number: scene.number,
                submission: &submission,
                anchors: None,
                server: &scene.hub.url(),
                options: PlanOptions::default(),
                request_changes: false,
            },
        )
        .await
    });
    (published.unwrap(), clock.waited())
}

#[test]
fn writes_are_a_second_apart() {
    let scene = Scene::new(&unsafe_file(&["a", "b", "c", "d", "e"]));
    let (published, waited) = posted(&scene);
    assert_eq!(published.created, 5);
    // A review and a summary.
    assert_eq!(waited, Duration::from_secs(1));
    scene.push(&file(&[
        safe_copy("a"),
        safe_copy("b"),
        safe_copy("c"),
        safe_copy("d"),
        safe_copy("e"),
    ]));
    let (published, waited) = posted(&scene);
    assert_eq!(published.retired, 5);
    // Five comments folded, five replies, one summary.
    assert_eq!(waited, Duration::from_secs(10));
    scene.hub.assert_clean();
}

#[test]
fn a_limit_without_a_word_is_a_minute() {
    for status in [403, 429] {
        let scene = Scene::new(&unsafe_file(&["dose"]));
        let limit = FaultKind::SecondaryLimit {
            status,
            retry_after: None,
        };
        scene
            .hub
            .fault(Fault::new("POST", "/repos/*/*/pulls/*/reviews", limit).times(2));
        let (published, waited) = posted(&scene);
        assert_eq!(published.created, 1, "{published:?}");
        // One minute, then two, and a second before the summary.
        assert_eq!(waited, Duration::from_secs(60 + 120 + 1), "{status}");
        assert_eq!(scene.living().len(), 1);
        scene.assert_nothing_twice();
        assert_eq!(scene.hub.faults_left(), 0);
        scene.hub.assert_clean();
    }
}

#[test]
fn fifty_changed_files_are_reviewed_and_posted_in_time() {
    let filler = "static int add(int a, int b)\n{\n    return a + b;\n}\n\n".repeat(40);
    let names: Vec<String> = (0..50)
        .map(|number| format!("src/part_{number}.c"))
        .collect();
    let old: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), filler.as_str()))
        .collect();
    let changed = format!("{filler}{}", unsafe_file(&["dose"]));
    let new: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), changed.as_str()))
        .collect();
    let scene = Scene::with(&old, &new);
    let place = scene.checkout();
    let event = scene.event("opened");
    let start = Instant::now();
    let run = scene.run_in(&place, "pull_request", &event, &[]);
    let taken = start.elapsed();
    scene.assert_settled(&run);
    assert_eq!(run.number("findings"), 50);
    println!("50 changed files reviewed and posted in {taken:?}");
    // The budget of one second is for the optimised binary on an idle machine.
    assert!(taken < Duration::from_secs(30), "{taken:?}");
    assert!(
        scene
            .living()
            .iter()
            .all(|(_, comment)| comment.path != FILE)
    );
}
