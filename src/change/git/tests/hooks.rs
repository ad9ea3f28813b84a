//! What the code sees when git itself calls it: hooks that start this test program again, which
//! then runs [`probe`] in the environment git made.

use super::*;

/// Names the file the probe writes to.
const PROBE: &str = "SCRUBIN_TEST_PROBE";

/// Run by hooks only.
#[test]
#[ignore = "started by the hooks of the tests below"]
fn probe() {
    let Some(out) = std::env::var_os(PROBE) else {
        return;
    };
    let seen = match Repository::discover(Path::new(".")) {
        Ok(repository) => match staged(&repository) {
            Ok(change) => {
                let reader = repository.reader(LIMIT);
                let text = |content: &Content| {
                    String::from_utf8_lossy(&reader.read(content).unwrap()).into_owned()
                };
                let mut lines = show(&change);
                lines.extend(change.files.iter().map(|file| text(&file.head)));
                lines.extend(change.notices);
                let read = |path: &str| repository.read_index(&path.into()).unwrap();
                lines.push(format!("config: {}", read("scrubin.toml").is_some()));
                lines.push(format!("root: {}", repository.root().unwrap().display()));
                lines.join("\n")
            }
            Err(error) => format!("error: {error}\nhelp: {}", error.help().unwrap_or_default()),
        },
        Err(error) => format!("error: {error}\nhelp: {}", error.help().unwrap_or_default()),
    };
    fs::write(out, seen).unwrap();
}

/// The command line that runs the probe.
fn probe_command() -> String {
    let program = std::env::current_exe().unwrap();
    format!(
        "exec '{}' --exact change::git::tests::hooks::probe --ignored -q >/dev/null",
        program.display()
    )
}

fn install(sample: &Sample, hook: &str) -> PathBuf {
    let seen = sample.root.with_file_name("seen");
    let path = sample.open().hooks_dir().join(hook);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let script = format!(
        "#!/bin/sh\n{PROBE}='{}' {}\n",
        seen.display(),
        probe_command()
    );
    fs::write(&path, script).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    seen
}

fn seen(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    fs::remove_file(path).unwrap();
    text
}

#[test]
fn commit_all_is_seen_through_its_temporary_index() {
    let sample = Sample::new();
    let out = install(&sample, "pre-commit");
    sample.write("a.c", "int by_commit_a;\n");
    sample.git(&["commit", "-q", "-a", "-m", "all"]);
    let text = seen(&out);
    assert!(text.starts_with("M a.c\nint by_commit_a;\n"), "{text}");
}

#[test]
fn commit_of_one_file_leaves_the_other_staged_file_out() {
    let sample = Sample::new();
    let out = install(&sample, "pre-commit");
    sample.stage("a.c", "int staged_but_not_committed;\n");
    sample.write("src/b.c", "int committed;\n");
    sample.git(&["commit", "-q", "-m", "one", "src/b.c"]);
    let text = seen(&out);
    assert!(text.starts_with("M src/b.c\nint committed;\n"), "{text}");
}

#[test]
fn commit_from_a_subfolder_sees_the_whole_index() {
    let sample = Sample::new();
    let out = install(&sample, "pre-commit");
    sample.stage("a.c", "int top;\n");
    sample.stage("scrubin.toml", "\n");
    git_in(
        &sample.root.join("src"),
        &["commit", "-q", "-m", "from below"],
    );
    let text = seen(&out);
    assert!(text.starts_with("M a.c\nA scrubin.toml\n"), "{text}");
    assert!(text.contains("config: true"), "{text}");
    assert!(
        text.contains(&format!("root: {}", sample.root.display())),
        "{text}"
    );
}

#[test]
fn a_linked_worktree_has_its_own_index() {
    let sample = Sample::new();
    let out = install(&sample, "pre-commit");
    sample.stage("a.c", "int in_main_worktree;\n");
    let linked = sample.root.with_file_name("linked");
    sample.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "side",
        linked.to_str().unwrap(),
    ]);
    fs::write(linked.join("src/b.c"), "int in_linked_worktree;\n").unwrap();
    git_in(&linked, &["add", "src/b.c"]);
    let repository = Repository::discover(&linked).unwrap();
    assert_eq!(show(&staged(&repository).unwrap()), ["M src/b.c"]);
    assert_eq!(repository.hooks_dir(), sample.root.join(".git/hooks"));
    git_in(&linked, &["commit", "-q", "-m", "linked"]);
    let text = seen(&out);
    assert!(
        text.starts_with("M src/b.c\nint in_linked_worktree;\n"),
        "{text}"
    );
    assert!(
        text.contains(&format!("root: {}", linked.display())),
        "{text}"
    );
}

#[test]
fn a_concluded_merge_shows_only_its_own_work() {
    let sample = Sample::new();
    sample.git(&["checkout", "-q", "-b", "side"]);
    sample.write("theirs.c", "int theirs;\n");
    sample.commit("side");
    sample.git(&["checkout", "-q", "main"]);
    sample.write("ours.c", "int ours;\n");
    sample.commit("main");
    sample.git(&["merge", "-q", "--no-commit", "side"]);
    let out = install(&sample, "pre-commit");
    sample.stage("own.c", "int own;\n");
    sample.git(&["commit", "-q", "-m", "merge"]);
    let text = seen(&out);
    assert!(text.starts_with("A own.c\nint own;\n"), "{text}");
    assert!(text.contains("1 file comes from the other side"), "{text}");
}

#[test]
fn amend_shows_what_is_added_to_the_commit() {
    let sample = Sample::new();
    let out = install(&sample, "pre-commit");
    sample.stage("new.c", "int amended;\n");
    sample.git(&["commit", "-q", "--amend", "--no-edit"]);
    assert!(seen(&out).starts_with("A new.c\nint amended;\n"));
}

#[test]
fn the_first_commit_is_seen_whole() {
    let sample = Sample::empty(&[]);
    let out = install(&sample, "pre-commit");
    sample.stage("a.c", "int first;\n");
    sample.git(&["commit", "-q", "-m", "first"]);
    assert!(seen(&out).starts_with("A a.c\nint first;\n"));
}

#[test]
fn the_repository_is_left_as_it_was() {
    let sample = Sample::new();
    sample.stage("a.c", "int staged;\n");
    sample.write("a.c", "int work_tree;\n");
    let index = || fs::read(sample.root.join(".git/index")).unwrap();
    let before = (index(), sample.git(&["status", "--porcelain"]));
    let after_status = index();
    let change = sample.staged();
    sample.head(&change, "a.c");
    tree(&sample.open(), &[]).unwrap();
    range(&sample.open(), "HEAD..HEAD").unwrap();
    assert_eq!(index(), after_status);
    assert_eq!(sample.git(&["status", "--porcelain"]), before.1);
    assert!(!sample.root.join(".git/index.lock").exists());
}

#[cfg(unix)]
#[test]
fn a_foreign_owner_is_told_apart_with_the_line_to_add() {
    let sample = Sample::new();
    sample.stage("a.c", "int a;\n");
    let out = sample.root.with_file_name("seen");
    let mut command = git_command(&sample.root);
    // Only root may give files away; git's own tests pretend with this variable.
    let is_given = [sample.root.clone(), sample.root.join(".git")]
        .iter()
        .all(|path| std::os::unix::fs::chown(path, Some(54321), None).is_ok());
    if !is_given {
        command.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    }
    command.env(PROBE, &out);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &probe_command()])
        .current_dir(&sample.root)
        .env_clear();
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    assert!(shell.status().unwrap().success());
    let text = seen(&out);
    assert!(text.contains("belongs to another user"), "{text}");
    let line = format!(
        "run: git config --global --add safe.directory {}",
        sample.root.display()
    );
    assert!(text.contains(&line), "{text}");
}
