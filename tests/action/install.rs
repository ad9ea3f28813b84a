//! Where the binary comes from.

use super::runner::{Runner, serve, write, write_program};

const LINUX: &str = "x86_64-unknown-linux-musl";

/// A runner whose action stands on the commit with the sums of a release, and the release's address.
fn released() -> (Runner, String) {
    let runner = Runner::new();
    let sums = runner.release(LINUX);
    assert_eq!(sums.code, 0, "{sums:#?}");
    let address = serve(runner.path("dist"));
    (runner, address)
}

/// A cargo that builds the fake, and writes down what it was called with and where.
fn fake_cargo(runner: &Runner) {
    runner.fake_scrubin("built");
    write_program(
        &runner.path("tools/cargo"),
        &format!(
            "#!/bin/sh\necho \"$PWD $*\" >>'{}'\n[ \"${{CARGO_FAILS:-}}\" != yes ] || exit 101\n\
             while [ $# -gt 1 ]; do [ \"$1\" != --target-dir ] || target=$2; shift; done\n\
             mkdir -p \"$target/release\"\ncp '{}' \"$target/release/scrubin\"\n",
            runner.path("cargo-log").display(),
            runner.path("built").display()
        ),
    );
}

#[test]
fn a_released_binary_is_checked_and_used() {
    let (runner, address) = released();
    let (plan, install) = runner.bring(&[("SCRUBIN_DOWNLOAD_URL", &address)]);
    assert_eq!(plan.outputs["way"], "download");
    assert_eq!(install.code, 0, "{install:#?}");
    assert_eq!(install.outputs["version"], "1.2.3");
    assert!(std::path::Path::new(&plan.outputs["binary"]).is_file());
    let left: Vec<_> = std::fs::read_dir(&plan.outputs["folder"])
        .unwrap()
        .collect();
    assert_eq!(left.len(), 1, "the archive is gone: {left:?}");
}

#[test]
fn a_tampered_archive_is_refused_and_nothing_of_it_runs() {
    let (runner, address) = released();
    let archive = runner
        .path("dist")
        .join(format!("scrubin-v1.2.3-{LINUX}.tar.gz"));
    let mut bytes = std::fs::read(&archive).unwrap();
    bytes.push(0);
    std::fs::write(&archive, bytes).unwrap();
    let (plan, install) = runner.bring(&[("SCRUBIN_DOWNLOAD_URL", &address)]);
    assert_eq!(install.code, 2, "{install:#?}");
    assert!(
        install.stderr.contains("is not the file that was released"),
        "{install:#?}"
    );
    assert!(install.stderr.contains("\nhelp: "), "{install:#?}");
    assert!(
        install.stdout.contains("::error title=scrubin::"),
        "{install:#?}"
    );
    assert!(!std::path::Path::new(&plan.outputs["folder"]).exists());
    assert!(!runner.path("arguments").exists());
}

#[test]
fn a_missing_archive_says_what_to_do() {
    let (runner, address) = released();
    std::fs::remove_dir_all(runner.path("dist")).unwrap();
    let (_, install) = runner.bring(&[("SCRUBIN_DOWNLOAD_URL", &address)]);
    assert_eq!(install.code, 2, "{install:#?}");
    assert!(
        install.stderr.contains("cannot be downloaded"),
        "{install:#?}"
    );
    assert!(install.stderr.contains("binary-path"), "{install:#?}");
}

#[test]
fn plain_http_from_elsewhere_is_refused() {
    let (runner, _) = released();
    let (_, install) =
        runner.bring(&[("SCRUBIN_DOWNLOAD_URL", "http://127.0.0.1.example.invalid")]);
    assert_eq!(install.code, 2, "{install:#?}");
    assert!(install.stderr.contains("rotocol"), "{install:#?}");
}

#[test]
fn without_a_release_it_is_built_from_the_actions_own_commit() {
    let runner = Runner::new();
    fake_cargo(&runner);
    let (plan, install) = runner.bring(&[]);
    assert_eq!(plan.outputs["way"], "build");
    assert!(
        plan.stdout
            .contains("no binary of version 1.2.3 has been released"),
        "{plan:#?}"
    );
    assert!(plan.outputs["cache-key"].starts_with("scrubin-Linux-X64-"));
    assert_eq!(install.code, 0, "{install:#?}");
    let log = std::fs::read_to_string(runner.path("cargo-log")).unwrap();
    let action = runner.action().canonicalize().unwrap();
    assert!(log.starts_with(action.to_str().unwrap()), "{log}");
    assert!(
        log.contains("build --release --locked --features github --bin scrubin"),
        "{log}"
    );

    let (_, again) = runner.bring(&[]);
    assert!(again.stdout.contains("comes from the cache"), "{again:#?}");
    assert_eq!(
        std::fs::read_to_string(runner.path("cargo-log")).unwrap(),
        log,
        "no second build"
    );
}

#[test]
fn any_other_commit_is_built_and_cached_under_its_own_key() {
    let (runner, _) = released();
    let plan = runner.hook("action-plan", &[]);
    assert_eq!(plan.outputs["way"], "download", "{plan:#?}");
    let asked = runner.hook("action-plan", &[("SCRUBIN_BUILD", "true")]);
    assert_eq!(asked.outputs["way"], "build", "{asked:#?}");
    write(&runner.action().join("src/main.rs"), "changed since");
    let later = runner.hook("action-plan", &[]);
    assert_eq!(later.outputs["way"], "build", "{later:#?}");
    assert!(
        later
            .stdout
            .contains("is not the one that version 1.2.3 was released from"),
        "{later:#?}"
    );
    assert_ne!(later.outputs["cache-key"], asked.outputs["cache-key"]);
    write(&runner.action().join("README.md"), "no part of the binary");
    assert_eq!(
        runner.hook("action-plan", &[]).outputs["cache-key"],
        later.outputs["cache-key"]
    );
}

#[test]
fn a_version_without_sums_and_an_unknown_machine_are_built() {
    let (runner, _) = released();
    let other = runner.hook("action-plan", &[("RUNNER_ARCH", "ARM64")]);
    assert_eq!(other.outputs["way"], "build", "{other:#?}");
    let unknown = runner.hook(
        "action-plan",
        &[("RUNNER_OS", "Plan9"), ("RUNNER_ARCH", "MIPS")],
    );
    assert_eq!(unknown.outputs["way"], "build", "{unknown:#?}");
    assert!(
        unknown
            .stdout
            .contains("no released binary for Plan9 on MIPS"),
        "{unknown:#?}"
    );
    write(
        &runner.action().join("Cargo.toml"),
        "[package]\nversion = \"1.3.0\"\n",
    );
    let next = runner.hook("action-plan", &[]);
    assert_eq!(next.outputs["way"], "build", "{next:#?}");
    assert!(
        next.stdout.contains("no binary of version 1.3.0"),
        "{next:#?}"
    );
}

#[test]
fn every_runner_of_github_has_a_target() {
    let runner = Runner::new();
    for (system, machine, target) in [
        ("Linux", "X64", "x86_64-unknown-linux-musl"),
        ("Linux", "ARM64", "aarch64-unknown-linux-musl"),
        ("macOS", "X64", "x86_64-apple-darwin"),
        ("macOS", "ARM64", "aarch64-apple-darwin"),
        ("Windows", "X64", "x86_64-pc-windows-msvc"),
    ] {
        runner.release(target);
        let plan = runner.hook(
            "action-plan",
            &[("RUNNER_OS", system), ("RUNNER_ARCH", machine)],
        );
        assert_eq!(plan.outputs["way"], "download", "{target}: {plan:#?}");
        assert_eq!(
            plan.outputs["asset"],
            format!("scrubin-v1.2.3-{target}.tar.gz")
        );
        assert_eq!(
            plan.outputs["binary"].ends_with(".exe"),
            system == "Windows"
        );
    }
}

#[test]
fn a_given_binary_is_used_as_it_is() {
    let (runner, _) = released();
    let program = runner.fake_scrubin("a place with spaces");
    let (plan, install) = runner.bring(&[("SCRUBIN_BINARY_PATH", program.to_str().unwrap())]);
    assert_eq!(plan.outputs["way"], "path");
    assert_eq!(install.code, 0, "{install:#?}");
    assert_eq!(install.outputs["version"], "1.2.3");

    // The review may run in another folder.
    let near = runner.hook(
        "action-plan",
        &[("SCRUBIN_BINARY_PATH", "a place with spaces")],
    );
    let here = program.parent().unwrap().canonicalize().unwrap();
    assert_eq!(
        near.outputs["binary"],
        here.join("a place with spaces").to_str().unwrap()
    );

    let missing = runner.hook(
        "action-plan",
        &[("SCRUBIN_BINARY_PATH", "/nowhere/scrubin")],
    );
    assert_eq!(missing.code, 2, "{missing:#?}");
    assert!(
        missing
            .stderr
            .contains("error: there is no file '/nowhere/scrubin'"),
        "{missing:#?}"
    );

    write_program(&runner.path("broken"), "#!/bin/sh\nexit 126\n");
    let broken = runner.path("broken");
    let (_, install) = runner.bring(&[("SCRUBIN_BINARY_PATH", broken.to_str().unwrap())]);
    assert_eq!(install.code, 2, "{install:#?}");
    assert!(
        install.stderr.contains("does not run on this machine"),
        "{install:#?}"
    );
}

#[test]
fn a_build_that_cannot_be_is_an_error_with_help() {
    let runner = Runner::new();
    fake_cargo(&runner);
    let (_, failed) = runner.bring(&[("CARGO_FAILS", "yes")]);
    assert_eq!(failed.code, 2, "{failed:#?}");
    assert!(
        failed
            .stderr
            .contains("could not be built, nothing was reviewed"),
        "{failed:#?}"
    );
    let wrong = runner.hook("action-plan", &[("SCRUBIN_BUILD", "yes please")]);
    assert_eq!(wrong.code, 2, "{wrong:#?}");
    assert!(
        wrong.stderr.contains("neither true nor false"),
        "{wrong:#?}"
    );
}
