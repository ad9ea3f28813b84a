//! The steps of a release that need no GitHub.

use super::runner::{Runner, write};

#[test]
fn the_sums_are_what_the_action_looks_for() {
    let runner = Runner::new();
    let sums = runner.release("x86_64-unknown-linux-musl");
    assert_eq!(sums.code, 0, "{sums:#?}");
    let again = runner.release("aarch64-apple-darwin");
    assert_eq!(again.code, 0, "{again:#?}");
    let text = std::fs::read_to_string(runner.action().join("hooks/checksums.txt")).unwrap();
    let names: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| {
            assert_eq!(sum.len(), 64, "{text}");
            name
        })
        .collect();
    assert_eq!(
        names,
        [
            "sources",
            "scrubin-v1.2.3-aarch64-apple-darwin.tar.gz",
            "scrubin-v1.2.3-x86_64-unknown-linux-musl.tar.gz"
        ]
    );
    assert!(text.starts_with('#'), "the words at the head stay");
    let all = std::fs::read_to_string(runner.path("dist/SHA256SUMS")).unwrap();
    assert_eq!(all.lines().count(), 2, "{all}");
}

#[test]
fn a_commit_that_is_not_ready_is_refused() {
    let runner = Runner::new();
    runner.release("x86_64-unknown-linux-musl");
    let script = runner.action().join(".ci/release");
    let check = |version: &str| runner.run(&script, &["check", version], &[]);
    let refused = |version: &str, words: &str| {
        let run = check(version);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains(words), "{run:#?}");
    };
    refused("1.2.4", "Cargo.toml says 1.2.3");
    refused("1.2.3", "CHANGELOG.md has no section [1.2.3]");
    write(&runner.action().join("CHANGELOG.md"), "## [1.2.3]\n");
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git")
            .args([
                "-c",
                "user.name=Ada",
                "-c",
                "user.email=ada@example.invalid",
            ])
            .args(arguments)
            .current_dir(runner.action())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "x"]);
    let ready = check("1.2.3");
    assert_eq!(ready.code, 0, "{ready:#?}");
    git(&["tag", "v1.2.3"]);
    refused("1.2.3", "v1.2.3 is released already");
    let unknown = runner.run(&script, &["publish"], &[]);
    assert_eq!(unknown.code, 2, "{unknown:#?}");
}

/// The digest of the sources sees every file that decides what the binary is.
#[test]
fn everything_the_build_reads_is_in_the_digest() {
    let functions = include_str!("../../hooks/action-functions");
    let list = functions
        .lines()
        .find(|line| line.trim().starts_with("find "))
        .unwrap();
    for file in [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "rust-toolchain.toml",
        "src",
        "rulesets",
    ] {
        assert!(list.contains(file), "{file}");
    }
    // Files outside these folders that are compiled in.
    let mut outside = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src"
    ))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            assert!(
                !path.to_string_lossy().contains(char::is_whitespace),
                "{path:?}"
            );
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            for part in text
                .split("include_str!(\"")
                .skip(1)
                .chain(text.split("include_bytes!(\"").skip(1))
            {
                let name = part.split('"').next().unwrap().to_owned();
                let place = path.parent().unwrap().join(&name);
                let place = place.canonicalize().unwrap_or(place);
                if !place.starts_with(concat!(env!("CARGO_MANIFEST_DIR"), "/src")) {
                    outside.push(place);
                }
            }
        }
    }
    assert!(!outside.is_empty(), "the hooks are compiled in");
    for place in outside {
        let place = place
            .strip_prefix(env!("CARGO_MANIFEST_DIR"))
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let mut names = list.split_whitespace();
        let is_listed = names.any(|name| std::path::Path::new(&place).starts_with(name));
        // Pages, seeds and cases that unit tests look at.
        let is_of_tests = (place.starts_with("docs/") && place.ends_with(".md"))
            || place.starts_with("fuzz/seeds/")
            || place.starts_with("deploy/")
            || place == "Dockerfile"
            || place.starts_with("tests/");
        let is_listed = is_listed || is_of_tests;
        assert!(is_listed, "{place} is compiled in and not in the digest");
    }
}
