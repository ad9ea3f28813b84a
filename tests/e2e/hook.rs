//! The git hooks.

use super::repository::Repository;
use super::{BAD, GOOD};

#[test]
fn an_installed_hook_stops_the_commit_and_a_repair_lets_it_pass() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    let run = repository.scrubin(&["hook", "install"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(repository.scrubin(&["hook", "status"]).code, 0);
    repository.write("a.c", BAD);
    let commit = repository.try_git(&["commit", "-a", "-m", "unsafe"]);
    assert_ne!(commit.code, 0);
    assert!(commit.stderr.contains("C-STR-001"), "{}", commit.stderr);
    repository.write("a.c", "int clamp(int v)\n{\n    return v;\n}\n");
    let commit = repository.try_git(&["commit", "-a", "-m", "safe"]);
    assert_eq!(commit.code, 0, "{}", commit.stderr);
    let run = repository.scrubin(&["hook", "uninstall"]);
    assert_eq!(run.code, 0);
    assert_eq!(repository.scrubin(&["hook", "status"]).code, 1);
}

#[test]
fn a_foreign_hook_is_never_overwritten() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    let hook = repository.path().join(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho mine\n").unwrap();
    let run = repository.scrubin(&["hook", "install"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("scrubin hook pre-commit"),
        "{}",
        run.stderr
    );
    assert_eq!(
        std::fs::read_to_string(&hook).unwrap(),
        "#!/bin/sh\necho mine\n"
    );
}

#[test]
fn hooks_in_git_configuration_need_a_git_that_has_them() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    let version = repository.try_git(&["version"]).stdout;
    let mut numbers = version
        .split([' ', '.'])
        .filter_map(|word| word.parse::<u32>().ok());
    let git = (numbers.next().unwrap(), numbers.next().unwrap());
    let run = repository.scrubin(&["hook", "install", "--git-config"]);
    if git < (2, 54) {
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.contains("2.54"), "{}", run.stderr);
        assert_eq!(repository.scrubin(&["hook", "status"]).code, 1);
    } else {
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(repository.scrubin(&["hook", "status"]).code, 0);
    }
}

/// A `git` that hangs where it should hand out objects.
#[cfg(unix)]
fn hanging_git(repository: &Repository) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let bin = repository.path().join(".git/bin");
    std::fs::create_dir_all(&bin).unwrap();
    let script = "#!/bin/sh\nif [ \"$1\" = cat-file ]; then exec sleep 20; fi\nPATH=${PATH#*:}\nexec git \"$@\"\n";
    let place = bin.join("git");
    std::fs::write(&place, script).unwrap();
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
}

#[cfg(unix)]
#[test]
fn a_review_that_hangs_is_ended_by_the_watchdog() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    repository.write("a.c", BAD);
    repository.git(&["add", "a.c"]);
    let path = hanging_git(&repository);
    // With more places of objects than its own, those of a repository are git's to read.
    let places = ("GIT_ALTERNATE_OBJECT_DIRECTORIES", "");
    let variables = [("PATH", path.as_str()), places];
    let run = repository.scrubin_with(&["check", "--watchdog", "1"], &variables);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(
        run.stderr.contains("did not end within 1 s"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("reading the change"), "{}", run.stderr);
}

/// A hook looks at the functions that a change can matter for; what it says is what a look at the
/// whole file says of the change.
#[test]
fn a_hook_tells_defects_of_changed_functions_and_of_those_a_macro_reaches() {
    let repository = Repository::new();
    let base = "#define SLOTS 8\nstatic int slots[8];\nint untouched(void)\n{\n    slots[SLOTS - 1] = 1;\n    \
                return 0;\n}\nint clear_slot(void)\n{\n    return slots[2] = 0;\n}\n";
    repository.write("a.c", base);
    repository.commit("base");
    repository.scrubin(&["hook", "install"]);
    // In the body of a function.
    repository.write("a.c", &base.replace("slots[2]", "slots[8]"));
    let commit = repository.try_git(&["commit", "-a", "-m", "unsafe"]);
    assert_ne!(commit.code, 0, "{}", commit.stderr);
    assert!(commit.stderr.contains("a.c:10"), "{}", commit.stderr);
    // Outside functions: the defect shows in one that no line was changed of.
    repository.write("a.c", &base.replace("SLOTS 8", "SLOTS 12"));
    let commit = repository.try_git(&["commit", "-a", "-m", "unsafe"]);
    assert_ne!(commit.code, 0, "{}", commit.stderr);
    assert!(commit.stderr.contains("a.c:5"), "{}", commit.stderr);
    // A function beside an old defect brings nothing up.
    let old = base.replace("SLOTS 8", "SLOTS 12");
    repository.write("a.c", &old);
    repository.git(&["commit", "-a", "-n", "-m", "old"]);
    repository.write(
        "a.c",
        &format!("{old}int added(void)\n{{\n    return slots[0];\n}}\n"),
    );
    let commit = repository.try_git(&["commit", "-a", "-m", "more"]);
    assert_eq!(commit.code, 0, "{}", commit.stderr);
}
