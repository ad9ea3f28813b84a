//! The whole tree and parts of it.

use super::*;

fn source(change: &Change, path: &str) -> &'static str {
    let file = change
        .files
        .iter()
        .find(|file| file.path == path.into())
        .unwrap();
    match file.head {
        Content::Blob(_) => "blob",
        Content::File(_) => "file",
    }
}

#[test]
fn unchanged_files_come_from_the_work_tree_and_changed_ones_from_the_index() {
    let sample = Sample::new();
    sample.write("a.c", "int not_staged;\n");
    sample.write("untracked.c", "int u;\n");
    fs::remove_file(sample.root.join("README")).unwrap();
    let change = tree(&sample.open(), &[]).unwrap();
    assert_eq!(show(&change), ["A README", "A a.c", "A src/b.c"]);
    assert_eq!(source(&change, "a.c"), "blob");
    assert_eq!(source(&change, "README"), "blob");
    assert_eq!(source(&change, "src/b.c"), "file");
    assert_eq!(sample.head(&change, "a.c"), "int a;\nint b;\nint c;\n");
    assert_eq!(sample.head(&change, "README"), "fw\n");
    assert_eq!(sample.head(&change, "src/b.c"), "int line;\n".repeat(20));
}

#[test]
fn entries_git_does_not_watch_come_from_their_blob() {
    let sample = Sample::new();
    sample.git(&["update-index", "--assume-unchanged", "a.c"]);
    sample.git(&["update-index", "--skip-worktree", "README"]);
    sample.write("a.c", "int hidden_edit;\n");
    let change = tree(&sample.open(), &[]).unwrap();
    assert_eq!(sample.head(&change, "a.c"), "int a;\nint b;\nint c;\n");
    assert_eq!(source(&change, "README"), "blob");
}

#[test]
fn given_paths_choose_files_and_folders() {
    let sample = Sample::new();
    sample.write("src/deep/c.c", "int c;\n");
    sample.write("src2/d.c", "int d;\n");
    sample.commit("more");
    let shown = |start: &str, paths: &[&str]| {
        let repository = Repository::discover(&sample.root.join(start)).unwrap();
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        show(&tree(&repository, &paths).unwrap())
    };
    assert_eq!(shown("", &["src"]), ["A src/b.c", "A src/deep/c.c"]);
    assert_eq!(
        shown("src", &["deep", "../a.c"]),
        ["A a.c", "A src/deep/c.c"]
    );
    assert_eq!(shown("src", &["."]), ["A src/b.c", "A src/deep/c.c"]);
    assert_eq!(shown("src", &[]).len(), 5);
    let absolute = sample.root.join("src2");
    assert_eq!(shown("src", &[absolute.to_str().unwrap()]), ["A src2/d.c"]);
    assert_eq!(shown("", &["a.c", "a.c"]), ["A a.c"]);
}

#[test]
fn names_with_pathspec_magic_are_names() {
    let sample = Sample::new();
    sample.write("*.c", "int star;\n");
    sample.commit("star");
    let change = tree(&sample.open(), &[PathBuf::from("*.c")]).unwrap();
    assert_eq!(show(&change), ["A *.c"]);
}

#[test]
fn very_many_paths_are_chosen_without_a_long_command_line() {
    let sample = Sample::new();
    for n in 0..600 {
        sample.write(format!("many/f{n:03}.c"), "int x;\n");
    }
    sample.commit("many");
    let mut paths: Vec<PathBuf> = (0..550)
        .map(|n| PathBuf::from(format!("many/f{n:03}.c")))
        .collect();
    paths.push(PathBuf::from("src"));
    assert_eq!(tree(&sample.open(), &paths).unwrap().files.len(), 551);
}

#[test]
fn untracked_paths_are_plain_files_and_missing_ones_are_named() {
    let sample = Sample::new();
    sample.write("scratch/u.c", "int u;\n");
    sample.write("v.c", "int v;\n");
    let outside = sample.root.with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("w.c"), "int w;\n").unwrap();
    let repository = sample.open();
    let paths = ["scratch", "v.c", "../outside", "a.c"].map(PathBuf::from);
    let change = tree(&repository, &paths).unwrap();
    assert_eq!(
        show(&change),
        ["A ../outside/w.c", "A a.c", "A scratch/u.c", "A v.c"]
    );
    assert_eq!(sample.head(&change, "../outside/w.c"), "int w;\n");
    assert_eq!(sample.head(&change, "scratch/u.c"), "int u;\n");
    let error = tree(&repository, &[PathBuf::from("no/such.c")]).unwrap_err();
    assert!(error.to_string().contains("no/such.c"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_and_submodules_are_listed() {
    let sample = Sample::new();
    std::os::unix::fs::symlink("a.c", sample.root.join("link.c")).unwrap();
    let commit = sample.git(&["rev-parse", "HEAD"]);
    sample.git(&["add", "link.c"]);
    sample.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{commit},lib"),
    ]);
    let change = tree(&sample.open(), &[]).unwrap();
    assert_eq!(
        show(&change)[3..],
        ["- lib: submodule", "- link.c: symbolic link"]
    );
}

#[test]
fn files_that_grow_too_large_or_vanish_are_errors_of_the_reader() {
    let sample = Sample::new();
    let change = tree(&sample.open(), &[]).unwrap();
    let reader = sample.open().reader(100);
    let content = &change.files.last().unwrap().head;
    assert!(matches!(
        reader.read(content).unwrap_err(),
        ReadError::TooLarge {
            bytes: 200,
            limit: 100
        }
    ));
    fs::remove_file(sample.root.join("a.c")).unwrap();
    let gone = reader.read(&change.files[1].head).unwrap_err();
    assert!(matches!(gone, ReadError::File { .. }), "{gone}");
    assert_eq!(gone.gap(), crate::finding::GapKind::Unreadable);
}
