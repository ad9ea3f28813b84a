//! How deliveries fare, and the API that shows and repeats them.

use std::time::Duration;

use fakehub::{DeliveryMode, Outcome, WebhookTarget, signature};
use serde_json::json;

use crate::client::{Client, REPO};
use crate::webhooks::told;

const DELIVERIES: &str = "/app/hook/deliveries";

#[test]
fn a_refused_delivery_is_not_tried_again_but_can_be_repeated() {
    let (scene, receiver, _) = told();
    receiver.answer(500);
    scene.hub.close(REPO, scene.number);
    scene.hub.wait_idle();
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("reviewer")));
    let failed = app.get(&format!("{DELIVERIES}?status=failure")).expect(200);
    let failed = failed.list()[0].clone();
    assert_eq!(failed["status"], "Invalid HTTP Response: 500");
    assert_eq!(failed["status_code"], 500);
    assert_eq!(
        (&failed["event"], &failed["action"]),
        (&json!("pull_request"), &json!("closed"))
    );
    assert_eq!(receiver.taken().len(), 2);
    receiver.answer(202);
    let one = format!("{DELIVERIES}/{}", failed["id"]);
    app.call("POST", &format!("{one}/attempts"), None)
        .expect(202);
    scene.hub.wait_idle();
    let taken = receiver.taken();
    assert_eq!(taken[1].body, taken[2].body);
    assert_eq!(
        taken[1].header("x-github-delivery"),
        taken[2].header("x-github-delivery")
    );
    let newest = app.get(DELIVERIES).expect(200).list()[0].clone();
    assert_eq!(newest["guid"], failed["guid"]);
    assert_ne!(newest["id"], failed["id"]);
    assert_eq!(newest["redelivery"], true);
    assert_eq!(newest["status"], "OK");
    let shown = app.get(&one).expect(200).body;
    assert_eq!(shown["request"]["payload"]["action"], "closed");
    assert_eq!(
        shown["request"]["headers"]["X-GitHub-Event"],
        "pull_request"
    );
    assert_eq!(shown["response"]["payload"], "noted");
    scene.hub.assert_clean();
}

#[test]
fn pages_of_deliveries_follow_a_cursor() {
    let (scene, _receiver, _) = told();
    for _ in 0..3 {
        scene.hub.close(REPO, scene.number);
        scene.hub.reopen(REPO, scene.number);
    }
    scene.hub.wait_idle();
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("reviewer")));
    let mut at = format!("{DELIVERIES}?per_page=3");
    let mut ids = Vec::new();
    let mut pages = 0;
    loop {
        let page = app.get(&at).expect(200);
        pages += 1;
        ids.extend(page.list().iter().map(|one| one["id"].as_u64().unwrap()));
        let link = page.header("link");
        let Some((next, _)) = link.split_once(">; rel=\"next\"") else {
            break;
        };
        next.trim_start_matches('<').clone_into(&mut at);
        // What happens meanwhile does not move the pages.
        scene.hub.close(REPO, scene.number);
        scene.hub.wait_idle();
    }
    assert_eq!(pages, 3);
    assert_eq!(ids.len(), 7);
    assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
    app.get(&format!("{DELIVERIES}?cursor=nonsense"))
        .expect(400);
    scene.hub.assert_clean();
}

#[test]
fn the_api_shows_an_app_its_own_deliveries_of_three_days() {
    let (scene, _receiver, _) = told();
    let list = |slug: &str| {
        let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt(slug)));
        app.get(DELIVERIES).expect(200).list().len()
    };
    assert_eq!(list("reviewer"), 1);
    scene.hub.add_app("other");
    assert_eq!(list("other"), 0);
    scene.client.get(DELIVERIES).expect(401);
    scene.hub.advance_clock(3 * 24 * 3_600 + 60);
    assert_eq!(list("reviewer"), 0);
    let id = scene.hub.deliveries()[0].id;
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("reviewer")));
    app.get(&format!("{DELIVERIES}/{id}")).expect(404);
}

#[test]
fn a_lost_delivery_is_in_no_list_of_github() {
    let (scene, receiver, _) = told();
    scene.hub.set_delivery_mode(DeliveryMode::Drop);
    scene.hub.close(REPO, scene.number);
    scene.hub.wait_idle();
    assert_eq!(scene.hub.deliveries()[1].outcome, Outcome::Dropped);
    assert_eq!(receiver.taken().len(), 1);
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("reviewer")));
    assert_eq!(app.get(DELIVERIES).expect(200).list().len(), 1);
}

#[test]
fn nobody_there_and_nobody_answering_are_failures_of_their_own_kind() {
    let (scene, receiver, _) = told();
    scene
        .hub
        .set_webhook(WebhookTarget::new("http://127.0.0.1:9/hook", "s"));
    scene.hub.close(REPO, scene.number);
    scene.hub.wait_idle();
    scene
        .hub
        .set_webhook(WebhookTarget::new(&receiver.url, "s"));
    receiver.pause(Duration::from_secs(30));
    scene.hub.reopen(REPO, scene.number);
    let started = std::time::Instant::now();
    scene.hub.wait_idle();
    assert!(
        started.elapsed() >= Duration::from_secs(9),
        "10 s are waited"
    );
    let whys: Vec<String> = scene.hub.deliveries()[1..]
        .iter()
        .map(|one| match &one.outcome {
            Outcome::Failed { why, .. } => why.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(whys, ["failed to connect to host", "timed out"]);
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("reviewer")));
    let listed = app.get(&format!("{DELIVERIES}?status=failure")).expect(200);
    assert_eq!(listed.list().len(), 2);
    scene.hub.assert_clean();
}

#[test]
fn a_new_secret_signs_what_is_sent_from_then_on() {
    let (scene, receiver, _) = told();
    scene.hub.set_webhook_secret("a new secret");
    scene.hub.close(REPO, scene.number);
    let first = scene.hub.deliveries()[0].id;
    scene.hub.deliver_again(first);
    let taken = receiver.taken();
    for one in &taken[1..] {
        let signed = signature("a new secret", &one.body);
        assert_eq!(one.header("x-hub-signature-256"), signed);
    }
    assert_eq!(taken.len(), 3);
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("reviewer")));
    let config = app.get("/app/hook/config").expect(200).body;
    assert_eq!(config["url"], receiver.url);
    assert_eq!(config["secret"], "********");
    scene.hub.assert_clean();
}

#[test]
fn a_receiver_that_was_started_again_is_reached_at_once() {
    let (scene, receiver, _) = told();
    for _ in 0..3 {
        scene.hub.close(REPO, scene.number);
        scene.hub.reopen(REPO, scene.number);
    }
    scene.hub.wait_idle();
    let receiver = receiver.again();
    scene.hub.close(REPO, scene.number);
    scene.hub.wait_idle();
    assert_eq!(receiver.whats(), ["pull_request closed"]);
    assert!(
        scene
            .hub
            .deliveries()
            .iter()
            .all(fakehub::Delivery::accepted)
    );
}
