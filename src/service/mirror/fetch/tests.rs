#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::sync::atomic::Ordering;

#[cfg(target_os = "linux")]
use super::super::Waiting;
use super::super::{LARGE_MARK, Mirrors, put};
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
    index(&mirror, source.path(), &commit).unwrap();
    assert!(mirror.missing(&[&commit]).unwrap().is_empty());
    assert_eq!(mirror.not_looked_at().unwrap().len(), 1);
    mirror.look_at_packs().unwrap();
    assert!(!mirror.is_large());
    assert!(mirror.not_looked_at().unwrap().is_empty());
    assert_eq!(mirror.shallow().unwrap(), BTreeSet::from([commit]));
    // A file that packs well and is large.
    let other = tempfile::tempdir().unwrap();
    let large = "x".repeat(usize::try_from(super::super::LARGE).unwrap() + 1);
    let commit = sample(other.path(), &large);
    index(&mirror, other.path(), &commit).unwrap();
    assert_eq!(mirror.not_looked_at().unwrap().len(), 1);
    mirror.look_at_packs().unwrap();
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

/// A process that ended between the pack and the look: the commit is here, and nobody is asked for it.
#[tokio::test]
async fn packs_that_nobody_looked_at_are_measured_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let source = tempfile::tempdir().unwrap();
    let mirror = mirror(folder.path());
    let large = "x".repeat(usize::try_from(super::super::LARGE).unwrap() + 1);
    let commit = sample(source.path(), &large);
    index(&mirror, source.path(), &commit).unwrap();
    assert!(!mirror.path.join(LARGE_MARK).exists());
    let name = RepositoryName::parse("acme/pump").unwrap();
    let client = client("http://127.0.0.1:1");
    mirror.fetch(&[&commit], &name, &client).unwrap();
    assert!(mirror.path.join(LARGE_MARK).exists());
}

#[test]
fn what_is_half_written_goes_and_the_rest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = mirror(folder.path());
    let packs = mirror.path.join("objects/pack");
    let too_much = vec![0_u8; usize::try_from(mirror.most_bytes).unwrap() + 1];
    let half = ["tmp_pack_a", "tmp_idx_a", "tmp_rev_a", ".tmp-1-pack-a.pack"];
    for name in half {
        std::fs::write(packs.join(name), &too_much).unwrap();
    }
    std::fs::write(packs.join("pack-a.pack"), "kept").unwrap();
    mirror.stopped("late".to_owned());
    for name in half {
        assert!(!packs.join(name).exists(), "{name}");
    }
    assert!(packs.join("pack-a.pack").exists());
    // Too large by what came alone: what was here has no part in it.
    std::fs::write(packs.join("tmp_pack_a"), &too_much).unwrap();
    mirror.overfull();
    assert!(packs.join("pack-a.pack").exists());
    // Too large only together: the next try needs the room.
    let most = too_much.len() / 4 * 3;
    for name in ["pack-a.pack", "tmp_pack_a"] {
        std::fs::write(packs.join(name), &too_much[..most]).unwrap();
    }
    mirror.overfull();
    assert!(!mirror.path.exists());
    // Too large by what was here alone.
    std::fs::create_dir_all(&packs).unwrap();
    std::fs::write(packs.join("pack-a.pack"), &too_much).unwrap();
    mirror.stopped("late".to_owned());
    assert!(!mirror.path.exists());
}

#[test]
fn a_commit_that_is_not_here_is_not_offered() {
    let folder = tempfile::tempdir().unwrap();
    let source = tempfile::tempdir().unwrap();
    let mirror = mirror(folder.path());
    let commit = sample(source.path(), "int a;\n");
    index(&mirror, source.path(), &commit).unwrap();
    let lost = "a".repeat(40);
    for name in [&commit, &lost] {
        put(&mirror.path.join(REFS).join(name), &format!("{name}\n")).unwrap();
    }
    mirror.forget_lost_refs().unwrap();
    let left: Vec<String> = mirror
        .refs()
        .unwrap()
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    assert_eq!(left, [commit]);
}

/// A pack that rests on an object that is gone: not the sender's fault.
#[test]
fn a_pack_whose_base_is_gone_is_asked_for_again() {
    let ours = "fatal: pack has 1 unresolved delta".to_owned();
    assert!(may_be_ours(&MirrorError::Malformed { message: ours }));
    let theirs = "error: object fsck error; fatal: fsck error in pack objects".to_owned();
    assert!(!may_be_ours(&MirrorError::Malformed { message: theirs }));
}

#[test]
fn all_that_a_server_sends_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = mirror(folder.path());
    let taking = || Taking {
        mirror: &mirror,
        shallow: BTreeSet::new(),
        indexer: None,
        most_lines: 2,
        lines: 0,
        bytes: 0,
        began: Instant::now(),
        stopped: None,
        is_git_gone: false,
    };
    let commit = "a".repeat(40);
    let mut lines = taking();
    lines.take(Piece::Shallow(&commit)).unwrap();
    lines.take(Piece::Unshallow(&commit)).unwrap();
    assert!(lines.stopped.is_none());
    lines.take(Piece::Unshallow(&commit)).unwrap_err();
    assert!(lines.stopped.unwrap().contains("more than 2 commits"));
    let mut bytes = taking();
    let most = usize::try_from(mirror.most_bytes).unwrap();
    bytes.count(most).unwrap();
    bytes.count(1).unwrap_err();
    assert!(bytes.stopped.unwrap().contains("max-repository-mib"));
}

/// A process with a child that has its pipes as well, as `git fetch` has; gives the child's number.
#[cfg(target_os = "linux")]
fn with_child(mirror: &Mirror, folder: &Path) -> (Running, String) {
    let mut command = Command::new("sh");
    command
        .args(["-c", "sleep 600 & echo $! > number; mv number child; wait"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    let running = Running::start(mirror, &mut command).unwrap();
    let began = Instant::now();
    loop {
        if let Ok(number) = std::fs::read_to_string(folder.join("child")) {
            return (running, number.trim().to_owned());
        }
        assert!(began.elapsed() < LONGEST, "it does not start");
        std::thread::yield_now();
    }
}

/// Whether a process is there and not merely unburied.
#[cfg(target_os = "linux")]
fn is_alive(number: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    !state.is_empty() && !state.starts_with('Z') && !state.starts_with('X')
}

/// Whether a process ends in a moment: its pipes are closed before it is gone.
#[cfg(target_os = "linux")]
fn ends(number: &str) -> bool {
    let began = Instant::now();
    while is_alive(number) && began.elapsed() < Duration::from_secs(10) {
        std::thread::yield_now();
    }
    !is_alive(number)
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_stopped_takes_its_children_along() {
    let folder = tempfile::tempdir().unwrap();
    let place = tempfile::tempdir().unwrap();
    let mirror = mirror(folder.path());
    let (running, child) = with_child(&mirror, place.path());
    assert!(is_alive(&child));
    assert_eq!(mirror.running.load(Ordering::Acquire), 1);
    drop(running);
    assert!(ends(&child));
    assert_eq!(mirror.running.load(Ordering::Acquire), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn what_nobody_waits_for_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let place = tempfile::tempdir().unwrap();
    let waiting = Waiting::default();
    let mirror = mirror(folder.path()).waited_for(waiting.mark());
    let (running, child) = with_child(&mirror, place.path());
    drop(waiting);
    let token = Token::new("ghs_1234567890123456").unwrap();
    let error = running.wait(&mirror, &token).unwrap_err();
    assert!(matches!(error, MirrorError::Stopped { .. }), "{error}");
    assert!(ends(&child));
}
