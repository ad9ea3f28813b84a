//! GraphQL: threads, minimising, resolving.

use fakehub::{Access, Permission, TokenSpec};
use serde_json::{Value, json};

use crate::client::{Client, REPO, Scene};

const THREADS: &str = "
    query Threads($owner: String!, $name: String!, $number: Int!, $after: String) {
      repository(owner: $owner, name: $name) {
        pullRequest(number: $number) {
          headRefOid
          threads: reviewThreads(first: 2, after: $after) {
            pageInfo { hasNextPage endCursor }
            totalCount
            nodes { ...thread }
          }
        }
      }
    }
    fragment thread on PullRequestReviewThread {
      id isResolved isOutdated path line
      comments(first: 10) { nodes { id databaseId body isMinimized minimizedReason author { __typename login } } }
    }";

fn threads(scene: &Scene, after: Option<&str>) -> Value {
    let variables =
        json!({"owner": "acme", "name": "pump", "number": scene.number, "after": after});
    let answer = scene.client.graphql(THREADS, variables);
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["repository"]["pullRequest"]["threads"].clone()
}

fn with_threads() -> (Scene, Vec<u64>) {
    let scene = Scene::new();
    let comments: Value = [18, 20, 40]
        .iter()
        .map(|line| json!({"path": "pump.c", "line": line, "body": format!("at {line}")}))
        .collect();
    let body = json!({"event": "COMMENT", "body": "b", "comments": comments});
    scene.client.post(&scene.pull("/reviews"), body).expect(200);
    let ids = scene
        .hub
        .diff_comments(REPO, scene.number)
        .iter()
        .map(|one| one.id)
        .collect();
    (scene, ids)
}

#[test]
fn threads_come_in_pages_with_their_comments() {
    let (scene, ids) = with_threads();
    scene.hub.reply(REPO, ids[0], "alice", "hm");
    scene.hub.resolve(REPO, ids[0], "alice");
    scene.push(|lines| lines[19] = "changed again".to_owned());
    let first = threads(&scene, None);
    assert_eq!(first["totalCount"], 3);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let one = &first["nodes"][0];
    assert_eq!(
        (&one["isResolved"], &one["isOutdated"], &one["line"]),
        (&json!(true), &json!(false), &json!(18))
    );
    let comments = &one["comments"]["nodes"];
    assert_eq!(comments[0]["databaseId"], json!(ids[0]));
    assert_eq!(
        comments[0]["author"],
        json!({"__typename": "Bot", "login": "github-actions"})
    );
    assert_eq!(
        comments[1]["author"],
        json!({"__typename": "User", "login": "alice"})
    );
    assert_eq!(
        (&first["nodes"][1]["isOutdated"], &first["nodes"][1]["line"]),
        (&json!(true), &Value::Null)
    );
    let second = threads(&scene, first["pageInfo"]["endCursor"].as_str());
    assert_eq!(second["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    scene.hub.assert_clean();
}

#[test]
fn comments_are_minimised_and_shown_again() {
    let (scene, ids) = with_threads();
    let minimize = "mutation($id: ID!) {
        minimizeComment(input: {subjectId: $id, classifier: OUTDATED, clientMutationId: \"m\"}) {
          clientMutationId
          minimizedComment { isMinimized minimizedReason ... on PullRequestReviewComment { databaseId } }
        }
      }";
    let id = threads(&scene, None)["nodes"][0]["comments"]["nodes"][0]["id"].clone();
    let answer = scene.client.graphql(minimize, json!({"id": id}));
    let comment = json!({"isMinimized": true, "minimizedReason": "outdated", "databaseId": ids[0]});
    assert_eq!(
        answer["data"]["minimizeComment"],
        json!({"clientMutationId": "m", "minimizedComment": comment})
    );
    assert_eq!(
        scene.hub.diff_comments(REPO, scene.number)[0]
            .minimized
            .as_deref(),
        Some("OUTDATED")
    );
    let unminimize = "mutation($id: ID!) { unminimizeComment(input: {subjectId: $id}) { unminimizedComment { isMinimized } } }";
    scene.client.graphql(unminimize, json!({"id": id}));
    assert_eq!(
        scene.hub.diff_comments(REPO, scene.number)[0].minimized,
        None
    );
    let summary = scene.hub.comment(REPO, scene.number, "alice", "x");
    scene
        .client
        .graphql(minimize, json!({"id": format!("IC_{summary}")}));
    assert_eq!(
        scene.hub.comments(REPO, scene.number)[0]
            .minimized
            .as_deref(),
        Some("OUTDATED")
    );
    scene.hub.assert_clean();
}

#[test]
fn a_workflow_token_resolves_only_with_contents_write() {
    let (scene, ids) = with_threads();
    let resolve = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved resolvedBy { login } } } }";
    let id = json!({"id": format!("PRRT_{}", ids[0])});
    let answer = scene.client.graphql(resolve, id.clone());
    assert_eq!(answer["data"]["resolveReviewThread"], Value::Null);
    assert_eq!(answer["errors"][0]["type"], "FORBIDDEN");
    assert_eq!(
        answer["errors"][0]["message"],
        "Resource not accessible by integration"
    );
    assert_eq!(answer["errors"][0]["path"], json!(["resolveReviewThread"]));
    let token = scene
        .hub
        .add_token(TokenSpec::actions().with(Permission::Contents, Access::Write));
    let client = Client::new(
        &scene.hub.enterprise_graphql_url().replace("/graphql", ""),
        Some(&token),
    );
    let answer = client.graphql(resolve, id);
    assert_eq!(
        answer["data"]["resolveReviewThread"]["thread"]["isResolved"],
        true
    );
    assert_eq!(
        scene.hub.diff_comments(REPO, scene.number)[0]
            .resolved_by
            .as_deref(),
        Some("github-actions[bot]")
    );
    scene.hub.unresolve(REPO, ids[0]);
    assert_eq!(
        scene.hub.diff_comments(REPO, scene.number)[0].resolved_by,
        None
    );
}

#[test]
fn what_github_does_not_know_is_an_error_before_anything_happens() {
    let (scene, ids) = with_threads();
    for (query, part) in [
        (
            "{ viewer { nickname } }",
            "Field 'nickname' doesn't exist on type 'User'",
        ),
        (
            "{ viewer { login(short: true) } }",
            "doesn't accept argument 'short'",
        ),
        ("{ viewer }", "must have selections"),
        ("{ viewer { login { x } } }", "can't be made on scalars"),
        (
            "{ repository(owner: \"acme\") { id } }",
            "missing required arguments: name",
        ),
        ("{ viewer { ...gone } }", "was used, but not defined"),
        ("query($x: Int) { viewer { login } }", "not used"),
        ("{ node(id: $x) { id } }", "used but not declared"),
        ("{ viewer { login ", "Parse error"),
    ] {
        let answer = scene.client.graphql(query, json!({}));
        assert!(
            answer["errors"][0]["message"]
                .as_str()
                .unwrap()
                .contains(part),
            "{query}: {answer}"
        );
        assert!(answer.get("data").is_none());
    }
    let bad = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OLD}) { minimizedComment { isMinimized } } }";
    let answer = scene
        .client
        .graphql(bad, json!({"id": format!("PRRC_{}", ids[0])}));
    assert!(
        answer["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("ReportedContentClassifiers"),
        "{answer}"
    );
    let bad = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: SPAM}) { unknown } }";
    scene
        .client
        .graphql(bad, json!({"id": format!("PRRC_{}", ids[0])}));
    assert_eq!(
        scene.hub.diff_comments(REPO, scene.number)[0].minimized,
        None
    );
    assert!(!scene.hub.take_violations().is_empty());
}

#[test]
fn what_is_not_there_is_not_found() {
    let (scene, _) = with_threads();
    let answer = scene.client.graphql(
        "{ repository(owner: \"acme\", name: \"none\") { id } }",
        json!({}),
    );
    assert_eq!(answer["errors"][0]["type"], "NOT_FOUND");
    assert_eq!(answer["data"], json!({"repository": null}));
    let answer = scene
        .client
        .graphql("{ node(id: \"PRRC_1\") { id } }", json!({}));
    assert_eq!(answer["errors"][0]["type"], "NOT_FOUND");
    let nobody = Client::new(&scene.hub.url(), None);
    nobody
        .post("/graphql", json!({"query": "{ viewer { login } }"}))
        .expect(401);
}

#[test]
fn connections_want_a_bound_of_a_hundred_at_most() {
    let (scene, _) = with_threads();
    let query = |bound: &str| {
        let text = format!(
            "{{ repository(owner: \"acme\", name: \"pump\") {{ pullRequest(number: 1) {{ comments{bound} {{ totalCount }} }} }} }}"
        );
        scene.client.graphql(&text, json!({}))["errors"][0]["type"].clone()
    };
    assert_eq!(query(""), "MISSING_PAGINATION_BOUNDARIES");
    assert_eq!(query("(first: 101)"), "EXCESSIVE_PAGINATION");
    assert_eq!(query("(last: 100)"), Value::Null);
}

#[test]
fn a_thread_outside_the_diff_is_accepted_and_not_seen() {
    let scene = Scene::new();
    let pull = scene.client.get(&scene.pull("")).expect(200).body["node_id"].clone();
    let add = "mutation($pull: ID!, $line: Int!, $type: PullRequestReviewThreadSubjectType) {
        addPullRequestReviewThread(input: {pullRequestId: $pull, path: \"pump.c\", line: $line, side: RIGHT, subjectType: $type, body: \"x\"}) {
          thread { id line subjectType comments(first: 1) { nodes { body } } }
        }
      }";
    let outside = scene.client.graphql(add, json!({"pull": pull, "line": 30}));
    assert_eq!(
        outside["data"]["addPullRequestReviewThread"]["thread"],
        Value::Null
    );
    let inside = scene
        .client
        .graphql(add, json!({"pull": pull, "line": 20, "type": "LINE"}));
    let thread = &inside["data"]["addPullRequestReviewThread"]["thread"];
    assert_eq!(
        (&thread["line"], &thread["subjectType"]),
        (&json!(20), &json!("LINE"))
    );
    let reply = "mutation($id: ID!) { addPullRequestReviewThreadReply(input: {pullRequestReviewThreadId: $id, body: \"more\"}) { comment { replyTo { body } } } }";
    let answer = scene.client.graphql(reply, json!({"id": thread["id"]}));
    assert_eq!(
        answer["data"]["addPullRequestReviewThreadReply"]["comment"]["replyTo"]["body"],
        "x"
    );
    assert_eq!(scene.hub.diff_comments(REPO, scene.number).len(), 2);
    scene.hub.assert_clean();
}

#[test]
fn directives_and_edges_work() {
    let (scene, _) = with_threads();
    let query = "query($deep: Boolean!) { repository(owner: \"acme\", name: \"pump\") { pullRequest(number: 1) {
        reviews(first: 5) { edges { cursor node { state comments(first: 1) @include(if: $deep) { totalCount } } } } } } }";
    let state = |deep: bool| {
        let answer = scene.client.graphql(query, json!({"deep": deep}));
        answer["data"]["repository"]["pullRequest"]["reviews"]["edges"][0]["node"].clone()
    };
    assert_eq!(
        state(true),
        json!({"state": "COMMENTED", "comments": {"totalCount": 3}})
    );
    assert_eq!(state(false), json!({"state": "COMMENTED"}));
}

#[test]
fn operations_are_recorded() {
    let (scene, _) = with_threads();
    threads(&scene, None);
    let recorded = scene.hub.graphql_operations();
    assert_eq!(recorded[0].query, THREADS);
    assert_eq!(recorded[0].variables["number"], json!(scene.number));
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("operations.jsonl");
    scene.hub.record_graphql(&file).unwrap();
    let line: Value = serde_json::from_str(std::fs::read_to_string(file).unwrap().trim()).unwrap();
    assert_eq!(line["query"], THREADS);
}
