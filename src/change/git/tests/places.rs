//! Given paths and their names in the repository.

use super::*;

fn name(repository: &Repository, path: impl AsRef<Path>) -> Option<String> {
    path_in(repository, path.as_ref()).map(|name| name.to_string())
}

#[test]
fn paths_count_from_the_starting_folder() {
    let sample = Sample::new();
    let from = |start: &str, path: &str| {
        let repository = Repository::discover(&sample.root.join(start)).unwrap();
        name(&repository, path)
    };
    assert_eq!(from("", "./src/../a.c").as_deref(), Some("a.c"));
    assert_eq!(from("src", "../a.c").as_deref(), Some("a.c"));
    assert_eq!(from("src", ".").as_deref(), Some("src"));
    assert_eq!(from("", ".").as_deref(), Some(""));
    assert_eq!(from("", "../a.c"), None);
    // Out of the repository and in again.
    assert_eq!(from("src", "../../fw/gone.c").as_deref(), Some("gone.c"));
}

#[test]
fn absolute_paths_lie_below_the_root_or_outside() {
    let sample = Sample::new();
    let repository = sample.open();
    let place = |path: &str| sample.root.join(path);
    assert_eq!(
        name(&repository, place("gone/x")).as_deref(),
        Some("gone/x")
    );
    assert_eq!(name(&repository, place("x/../a.c")).as_deref(), Some("a.c"));
    assert_eq!(name(&repository, &sample.root).as_deref(), Some(""));
    assert_eq!(name(&repository, place("../a.c")), None);
}

/// What lies in the work tree is not asked: it may be the work of whoever is under review.
#[cfg(unix)]
#[test]
fn links_above_the_root_are_followed_and_links_below_are_not() {
    use std::os::unix::fs::symlink;
    let sample = Sample::new();
    let outside = sample.root.with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    let link = sample.root.with_file_name("link");
    symlink(&sample.root, &link).unwrap();
    symlink(&outside, sample.root.join("rules")).unwrap();
    symlink(".", sample.root.join("here")).unwrap();
    symlink(sample.root.join("src"), outside.join("in")).unwrap();
    let repository = sample.open();
    let named = |path: PathBuf| name(&repository, path);
    for root in [&sample.root, &link] {
        for path in ["rules/a.yaml", "here/a.yaml", "gone/deep/a.yaml"] {
            assert_eq!(named(root.join(path)).as_deref(), Some(path));
        }
    }
    assert_eq!(
        name(&repository, "rules/a.yaml").as_deref(),
        Some("rules/a.yaml")
    );
    assert_eq!(named(outside.join("in/b.c")).as_deref(), Some("src/b.c"));
    assert_eq!(named(outside.join("in")).as_deref(), Some("src"));
    assert_eq!(named(outside.join("x")), None);
}

#[test]
fn without_a_work_tree_paths_count_from_the_root() {
    let sample = Sample::new();
    let bare = sample.root.with_file_name("bare.git");
    sample.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let repository = Repository::discover(&bare).unwrap();
    assert_eq!(name(&repository, "src/./b.c").as_deref(), Some("src/b.c"));
    assert_eq!(name(&repository, "../a.c"), None);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_utf_8_is_found_in_a_commit() {
    use std::os::unix::ffi::OsStrExt as _;
    let sample = Sample::new();
    let given = Path::new(OsStr::from_bytes(b"ru\xffles"));
    sample.write(given.join("a.yaml"), "rules: []\n");
    let commit = sample.commit("rules");
    fs::remove_dir_all(sample.root.join(given)).unwrap();
    let repository = sample.open();
    let name = path_in(&repository, given).unwrap();
    assert_eq!(name.as_bytes(), b"ru\xffles");
    let found = repository.texts_under(Some(&commit), &name).unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn what_differs_below_a_path_is_named_from_any_folder() {
    let sample = Sample::new();
    let base = sample.git(&["rev-parse", "HEAD"]);
    sample.git(&["mv", "src/b.c", "src/c.c"]);
    sample.write("a.c", "int a;\n");
    let head = sample.commit("more");
    for start in ["", "src"] {
        let repository = Repository::discover(&sample.root.join(start)).unwrap();
        let names = |under: &str| {
            let names = differing(&repository, &base, &head, &under.into()).unwrap();
            names.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names(""), ["a.c", "src/b.c", "src/c.c"]);
        assert_eq!(names("src"), ["src/b.c", "src/c.c"]);
        assert_eq!(names("src/c.c"), ["src/c.c"]);
        assert_eq!(names("README"), [""; 0]);
        assert!(
            repository
                .texts_under(Some(&head), &"".into())
                .unwrap()
                .len()
                == 3
        );
    }
    let gone = "1".repeat(40);
    assert!(differing(&sample.open(), &gone, &head, &"".into()).is_err());
    assert!(
        sample
            .open()
            .texts_under(Some(&gone), &"src".into())
            .is_err()
    );
}
