#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

use super::super::Mirrors;
use super::*;
use crate::github::{ClientOptions, Token};
use crate::service::config::Cache;

fn mirror(folder: &Path) -> Mirror {
    Mirrors::new(&Cache {
        folder: folder.to_owned(),
        most_bytes: 1 << 20,
        most_repository_kib: 1_024,
    })
    .unwrap()
    .open(7)
    .unwrap()
}

fn client(server: &str) -> Client {
    let mut addresses = crate::github::event::addresses(&Default::default());
    addresses.server = server.to_owned();
    let token = Token::new("ghs_1234567890123456").unwrap();
    Client::new(ClientOptions::new(addresses, token)).unwrap()
}

/// A repository with a commit; gives its folder and the commit's name.
fn sample(folder: &Path, text: &str) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .current_dir(folder)
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "a")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "a@x")))
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    std::fs::write(folder.join("a.c"), text).unwrap();
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    git(&["rev-parse", "HEAD"])
}

/// Takes the pack of a commit in, as a fetch does.
fn index(mirror: &Mirror, source: &Path, commit: &str) -> Result<(), MirrorError> {
    let mut git = Command::new("git")
        .current_dir(source)
        .args(["pack-objects", "--revs", "--stdout", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = git.stdin.take().unwrap();
    input.write_all(format!("{commit}\n").as_bytes()).unwrap();
    drop(input);
    let pack = git.wait_with_output().unwrap().stdout;
    let mut indexer = mirror
        .indexer(&BTreeSet::from([commit.to_owned()]))
        .unwrap();
    let _ = indexer.input.write_all(&pack);
    indexer.finish(mirror, &Token::new("ghs_1234567890123456").unwrap())
}

#[tokio::test]
async fn what_is_no_commit_is_not_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = mirror(folder.path());
    let client = client("http://127.0.0.1:1");
    let name = RepositoryName::parse("acme/pump").unwrap();
    for commit in ["--upload-pack=x", "main", "", "abc"] {
        let error = mirror.fetch(&[commit], &name, &client).unwrap_err();
        assert!(matches!(error, MirrorError::NotACommit { .. }));
    }
}

/// Nobody answers: git has a try of its own, whose words are told.
#[test]
fn where_the_protocol_is_not_spoken_git_fetches() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mirror = mirror(folder.path());
    let client = {
        let _inside = runtime.enter();
        client("http://127.0.0.1:1")
    };
    let name = RepositoryName::parse("acme/pump").unwrap();
    let ended = runtime.block_on(async {
        tokio::task::spawn_blocking(move || mirror.fetch(&[&"a".repeat(40)], &name, &client)).await
    });
    let error = ended.unwrap().unwrap_err();
    assert!(matches!(error, MirrorError::Fetch { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    assert!(!error.to_string().contains("ghs_"), "{error}");
}

#[test]
fn a_pack_is_taken_in_and_its_objects_are_measured() {
    let folder = tempfile::tempdir().unwrap();
    let source = tempfile::tempdir().unwrap();
    let mirror = mirror(folder.path());
    let commit = sample(source.path(), "int a;\n");
    assert_eq!(mirror.missing(&[&commit]).unwrap(), [&commit]);
    let before = mirror.packs().unwrap();
    index(&mirror, source.path(), &commit).unwrap();
    assert!(mirror.missing(&[&commit]).unwrap().is_empty());
    mirror.look_at_new(&before).unwrap();
    assert!(!mirror.is_large());
    assert_eq!(mirror.shallow().unwrap(), BTreeSet::from([commit]));
    // A file that packs well and is large.
    let other = tempfile::tempdir().unwrap();
    let large = "x".repeat(usize::try_from(super::super::LARGE).unwrap() + 1);
    let commit = sample(other.path(), &large);
    let before = mirror.packs().unwrap();
    index(&mirror, other.path(), &commit).unwrap();
    mirror.look_at_new(&before).unwrap();
    assert!(mirror.is_large());
    // Read by git from here on.
    assert_eq!(mirror.repository().has_tree_of(&commit), None);
    assert!(mirror.missing(&[&commit]).unwrap().is_empty());
}

#[test]
fn names_are_dropped_from_the_oldest_on_and_packs_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = mirror(folder.path());
    let token = Token::new("ghs_1234567890123456").unwrap();
    let mut commits = Vec::new();
    for number in 0..3 {
        let source = tempfile::tempdir().unwrap();
        let commit = sample(source.path(), &format!("int a{number};\n"));
        index(&mirror, source.path(), &commit).unwrap();
        put(
            &mirror.path.join(REFS).join(&commit),
            &format!("{commit}\n"),
        )
        .unwrap();
        commits.push(commit);
    }
    assert_eq!(mirror.packs().unwrap().len(), 3);
    mirror.join_packs(&token).unwrap();
    assert_eq!(mirror.packs().unwrap().len(), 1);
    let named: Vec<&str> = commits.iter().map(String::as_str).collect();
    assert!(mirror.missing(&named).unwrap().is_empty());
    let long_ago = SystemTime::now() - LONGEST;
    for number in 0..KEPT_REFS {
        let path = mirror.path.join(REFS).join(format!("{number:040x}"));
        std::fs::write(&path, "").unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let age = Duration::from_secs(u64::try_from(number).unwrap());
        file.set_modified(long_ago + age).unwrap();
    }
    mirror.forget_refs(&named).unwrap();
    assert_eq!(mirror.refs().unwrap().len(), KEPT_REFS + 3);
    mirror.forget_refs(&named[..1]).unwrap();
    let left: Vec<String> = mirror
        .refs()
        .unwrap()
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    assert_eq!(left.len(), KEPT_REFS + 1);
    assert!(!left.contains(&format!("{:040x}", 0)));
    assert!(left.contains(&commits[0]));
}
