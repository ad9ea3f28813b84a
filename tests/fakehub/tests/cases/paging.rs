//! Pages and their links.

use serde_json::json;

use crate::client::{Client, REPO, Scene};

fn with_comments(count: usize) -> Scene {
    let scene = Scene::new();
    for number in 0..count {
        scene
            .hub
            .comment(REPO, scene.number, "alice", &format!("comment {number}"));
    }
    scene
}

#[test]
fn thirty_a_page_by_default_and_no_more_than_a_hundred() {
    let scene = with_comments(250);
    let path = format!("/repos/{REPO}/issues/{}/comments", scene.number);
    assert_eq!(scene.client.get(&path).list().len(), 30);
    assert_eq!(
        scene
            .client
            .get(&format!("{path}?per_page=500"))
            .list()
            .len(),
        100
    );
    assert_eq!(
        scene
            .client
            .get(&format!("{path}?per_page=100&page=3"))
            .list()
            .len(),
        50
    );
    assert!(
        scene
            .client
            .get(&format!("{path}?per_page=100&page=4"))
            .list()
            .is_empty()
    );
    scene.hub.assert_clean();
}

#[test]
fn links_are_absolute_and_lead_through_all_pages() {
    let scene = with_comments(250);
    let first = format!(
        "/repos/{REPO}/issues/{}/comments?per_page=100",
        scene.number
    );
    for base in [scene.hub.url(), scene.hub.enterprise_api_url()] {
        let client = Client::new(&base, scene.client.token.as_deref());
        let (mut next, mut seen, mut pages) = (Some(format!("{base}{first}")), 0, 0);
        while let Some(url) = next {
            assert!(url.starts_with(&format!("{base}/repos/")), "{url}");
            let page = client.get(&url).expect(200);
            seen += page.list().len();
            pages += 1;
            let link = page.header("link").to_owned();
            let relation = |name: &str| {
                let part = link
                    .split(", ")
                    .find(|part| part.ends_with(&format!("rel=\"{name}\"")))?;
                Some(part[1..part.find('>').unwrap()].to_owned())
            };
            assert_eq!(relation("last").is_some(), pages < 3, "{link}");
            assert_eq!(relation("prev").is_some(), pages > 1, "{link}");
            assert_eq!(relation("first").is_some(), pages > 1, "{link}");
            next = relation("next");
        }
        assert_eq!((seen, pages), (250, 3));
    }
    scene.hub.assert_clean();
}

#[test]
fn one_page_has_no_links() {
    let scene = with_comments(2);
    let answer = scene
        .client
        .get(&format!("/repos/{REPO}/issues/{}/comments", scene.number));
    assert_eq!(answer.header("link"), "");
}

#[test]
fn pull_requests_are_listed_by_state_head_and_base() {
    let scene = Scene::new();
    scene.hub.create_branch(REPO, "second", "fix");
    scene.hub.open_pull(REPO, "second", "main");
    scene.hub.close(REPO, scene.number);
    let list = |query: &str| {
        let answer = scene
            .client
            .get(&format!("/repos/{REPO}/pulls{query}"))
            .expect(200);
        answer
            .list()
            .iter()
            .map(|pull| pull["number"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(list(""), [json!(2)]);
    assert_eq!(list("?state=all"), [json!(2), json!(1)]);
    assert_eq!(list("?state=all&head=acme%3Afix"), [json!(1)]);
    assert_eq!(list("?base=other"), [] as [serde_json::Value; 0]);
    scene.hub.assert_clean();
}

#[test]
fn only_what_changed_since_a_time_is_listed() {
    let scene = Scene::new();
    for (clock, body) in [(1_800_000_000, "early"), (1_800_000_600, "late")] {
        scene.hub.set_clock(clock);
        scene.hub.comment(REPO, scene.number, "alice", body);
        scene
            .hub
            .comment_on_line(REPO, scene.number, "alice", ("pump.c", 20), body);
    }
    for path in [
        format!("/repos/{REPO}/issues/{}/comments", scene.number),
        scene.pull("/comments"),
    ] {
        let late = scene
            .client
            .get(&format!("{path}?since=2027-01-15T08:05:00Z"))
            .expect(200);
        assert_eq!(late.list().len(), 1);
        assert_eq!(late.list()[0]["body"], "late");
    }
    scene.hub.assert_clean();
}

#[test]
fn a_comparison_lists_its_commits_at_once_or_in_pages() {
    let scene = Scene::new();
    for number in 0..40 {
        scene
            .hub
            .commit_files(REPO, "fix", &[("count.c", &format!("int n{number};\n"))]);
    }
    let path = format!("/repos/{REPO}/compare/main...fix");
    let count = |query: &str| {
        let answer = scene.client.get(&format!("{path}{query}")).expect(200);
        let files = answer.body["files"].as_array().unwrap().len();
        (answer.body["commits"].as_array().unwrap().len(), files)
    };
    assert_eq!(count(""), (41, 3));
    assert_eq!(count("?per_page=30"), (30, 3));
    assert_eq!(count("?per_page=30&page=2"), (11, 0));
    scene.hub.assert_clean();
}
