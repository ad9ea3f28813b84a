//! The repository, its branches and rules, its content.

use base64::Engine as _;
use fakehub::{Access, Edit, Permission, Protection, TokenSpec};
use serde_json::{Value, json};

use crate::client::{Client, REPO, Scene};

fn decoded(content: &Value) -> String {
    let text = content["content"].as_str().unwrap().replace('\n', "");
    String::from_utf8(
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap(),
    )
    .unwrap()
}

#[test]
fn files_and_folders_are_read() {
    let scene = Scene::new();
    scene
        .hub
        .commit_files(REPO, "fix", &[("src/a b.c", "int a;\n")]);
    let root = format!("/repos/{REPO}/contents");
    let file = scene
        .client
        .get(&format!("{root}/src/a%20b.c?ref=fix"))
        .expect(200);
    assert_eq!(decoded(&file.body), "int a;\n");
    let folder = scene.client.get(&format!("{root}/?ref=fix")).expect(200);
    let names: Vec<_> = folder
        .list()
        .iter()
        .map(|one| (one["name"].clone(), one["type"].clone()))
        .collect();
    assert_eq!(
        names,
        [
            (json!("new.c"), json!("file")),
            (json!("pump.c"), json!("file")),
            (json!("src"), json!("dir"))
        ]
    );
    assert_eq!(
        scene
            .client
            .get(&format!("{root}/src?ref=fix"))
            .expect(200)
            .list()
            .len(),
        1
    );
    scene.client.get(&format!("{root}/src/a%20b.c")).expect(404);
    let mut raw = Client::new(&scene.hub.url(), scene.client.token.as_deref());
    raw.accept = "application/vnd.github.raw+json";
    assert_eq!(
        raw.get(&format!("{root}/new.c?ref=fix")).text,
        "int a;\nint b;\nint c;\n"
    );
    scene.hub.assert_clean();
}

#[test]
fn objects_are_read() {
    let scene = Scene::new();
    let head = scene.hub.tip(REPO, "fix");
    let git = format!("/repos/{REPO}/git");
    let commit = scene
        .client
        .get(&format!("{git}/commits/{head}"))
        .expect(200);
    let tree = commit.body["tree"]["sha"].as_str().unwrap();
    let tree = scene
        .client
        .get(&format!("{git}/trees/{tree}?recursive=1"))
        .expect(200);
    let blob = tree.body["tree"][0]["sha"].as_str().unwrap();
    assert_eq!(tree.body["tree"][0]["path"], "new.c");
    let blob = scene.client.get(&format!("{git}/blobs/{blob}")).expect(200);
    assert_eq!(decoded(&blob.body), "int a;\nint b;\nint c;\n");
    let reference = scene
        .client
        .get(&format!("{git}/ref/heads/fix"))
        .expect(200);
    assert_eq!(reference.body["object"]["sha"], json!(head));
    let matching = scene
        .client
        .get(&format!("{git}/matching-refs/heads/"))
        .expect(200);
    assert_eq!(matching.list().len(), 2);
    scene
        .client
        .get(&format!("{git}/ref/heads/none"))
        .expect(404);
    let shown = scene
        .client
        .get(&format!("/repos/{REPO}/commits/fix"))
        .expect(200);
    assert_eq!(shown.body["sha"], json!(head));
    let pulls = scene
        .client
        .get(&format!("/repos/{REPO}/commits/{head}/pulls"))
        .expect(200);
    assert_eq!(pulls.list()[0]["number"], json!(scene.number));
    let commits = scene.client.get(&scene.pull("/commits")).expect(200);
    assert_eq!(commits.list()[0]["commit"]["message"], "fix the pump");
    scene.hub.assert_clean();
}

#[test]
fn a_comparison_names_the_merge_base() {
    let scene = Scene::new();
    let fork_point = scene.hub.tip(REPO, "main");
    scene
        .hub
        .commit_files(REPO, "main", &[("other.c", "int x;\n")]);
    let answer = scene
        .client
        .get(&format!("/repos/{REPO}/compare/main...fix"))
        .expect(200);
    assert_eq!(answer.body["merge_base_commit"]["sha"], json!(fork_point));
    assert_eq!(answer.body["status"], "diverged");
    assert_eq!(
        (&answer.body["ahead_by"], &answer.body["behind_by"]),
        (&json!(1), &json!(1))
    );
    scene.hub.create_branch(REPO, "feature/x", "fix");
    let slashes = scene
        .client
        .get(&format!("/repos/{REPO}/compare/main...feature/x"))
        .expect(200);
    assert_eq!(slashes.body["files"].as_array().unwrap().len(), 2);
    scene
        .client
        .get(&format!("/repos/{REPO}/compare/main...none"))
        .expect(404);
    scene.hub.assert_clean();
}

#[test]
fn protection_is_read_by_administrators_and_rules_by_all() {
    let spec = TokenSpec::actions().with(Permission::Administration, Access::Read);
    let scene = Scene::with(spec);
    let branch = format!("/repos/{REPO}/branches/main");
    scene
        .client
        .get(&format!("{branch}/protection"))
        .expect(404);
    let protection = Protection {
        required_checks: vec!["scrubin".to_owned()],
        approvals: 1,
        code_owners: true,
        enforce_admins: true,
        merge_queue: true,
        bypass_actors: vec![("OrganizationAdmin".to_owned(), "always".to_owned())],
        checks_by: Some(15_368),
    };
    scene.hub.protect(REPO, "main", protection);
    let shown = scene
        .client
        .get(&format!("{branch}/protection"))
        .expect(200);
    assert_eq!(
        shown.body["required_status_checks"]["contexts"],
        json!(["scrubin"])
    );
    assert_eq!(
        shown.body["required_pull_request_reviews"]["require_code_owner_reviews"],
        true
    );
    assert_eq!(
        scene.client.get(&branch).expect(200).body["protected"],
        true
    );
    let plain = scene.hub.add_token(TokenSpec::actions());
    let plain = Client::new(&scene.hub.url(), Some(&plain));
    plain.get(&format!("{branch}/protection")).expect(403);
    let rules = plain
        .get(&format!("/repos/{REPO}/rules/branches/main"))
        .expect(200);
    let kinds: Vec<_> = rules
        .list()
        .iter()
        .map(|rule| rule["type"].clone())
        .collect();
    assert!(
        kinds.contains(&json!("required_status_checks")),
        "{kinds:?}"
    );
    assert!(
        plain
            .get(&format!("/repos/{REPO}/rules/branches/fix"))
            .expect(200)
            .list()
            .is_empty()
    );
    scene.hub.assert_clean();
}

#[test]
fn a_repository_and_its_fork_are_shown() {
    let scene = Scene::new();
    scene.hub.add_fork(REPO, "guest/pump");
    scene.hub.set_private(REPO, false);
    let shown = scene.client.get(&format!("/repos/{REPO}")).expect(200);
    assert_eq!(
        (&shown.body["private"], &shown.body["visibility"]),
        (&json!(true), &json!("private"))
    );
    let fork = scene.client.get("/repos/guest/pump").expect(200);
    assert_eq!(fork.body["parent"]["full_name"], REPO);
    scene.client.get("/repos/acme/none").expect(404);
    scene.client.get("/meta").expect(200);
    scene.hub.assert_clean();
}

#[test]
fn deleted_files_are_listed_as_removed() {
    let scene = Scene::new();
    scene
        .hub
        .commit(REPO, "fix", "delete", &[Edit::delete("pump.c")]);
    let files = scene.client.get(&scene.pull("/files")).expect(200);
    assert_eq!(files.list()[1]["status"], "removed");
    assert_eq!(files.list()[1]["deletions"], 60);
    scene.hub.assert_clean();
}
