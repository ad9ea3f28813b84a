//! What is staged, by kind of entry.

use super::*;

#[test]
fn staged_text_counts_not_the_work_tree() {
    let sample = Sample::new();
    sample.stage("a.c", "int a;\nint staged;\nint c;\n");
    sample.write("a.c", "int a;\nint only_in_work_tree;\n");
    sample.write("untracked.c", "int u;\n");
    let change = sample.staged();
    assert_eq!(show(&change), ["M a.c"]);
    assert_eq!(sample.head(&change, "a.c"), "int a;\nint staged;\nint c;\n");
    assert_eq!(
        sample.text(change.files[0].base.as_ref().unwrap()),
        "int a;\nint b;\nint c;\n"
    );
    assert_eq!(change.base, Some(sample.git(&["rev-parse", "HEAD"])));
    assert_eq!(change.head, None);
}

#[test]
fn partly_staged_file_is_seen_as_staged() {
    let sample = Sample::new();
    let mut lines: Vec<String> = (0..20).map(|_| "int line;".to_owned()).collect();
    lines[1] = "int first_hunk;".to_owned();
    sample.stage("src/b.c", lines.join("\n") + "\n");
    lines[18] = "int second_hunk;".to_owned();
    sample.write("src/b.c", lines.join("\n") + "\n");
    let text = sample.head(&sample.staged(), "src/b.c");
    assert!(text.contains("first_hunk") && !text.contains("second_hunk"));
}

#[test]
fn nothing_staged_is_an_empty_change() {
    let sample = Sample::new();
    sample.write("a.c", "int x;\n");
    assert_eq!(show(&sample.staged()), [""; 0]);
}

#[test]
fn deletions_and_mode_changes_are_no_part() {
    let sample = Sample::new();
    sample.git(&["rm", "-q", "src/b.c"]);
    sample.git(&["update-index", "--chmod=+x", "a.c"]);
    assert_eq!(show(&sample.staged()), [""; 0]);
}

#[test]
fn renames_keep_their_base() {
    let sample = Sample::new();
    sample.git(&["mv", "src/b.c", "src/new.c"]);
    let text = "int line;\n".repeat(19) + "int changed;\n";
    sample.stage("src/new.c", &text);
    sample.stage("z.c", "int z;\n");
    let change = sample.staged();
    assert_eq!(show(&change), ["R src/b.c -> src/new.c", "A z.c"]);
    assert_eq!(
        sample.text(change.files[0].base.as_ref().unwrap()),
        "int line;\n".repeat(20)
    );
}

#[test]
fn intent_to_add_holds_no_text_yet() {
    let sample = Sample::new();
    sample.write("later.c", "int later;\n");
    sample.git(&["add", "-N", "later.c"]);
    sample.stage("a.c", "int a;\n");
    assert_eq!(
        show(&sample.staged()),
        [
            "M a.c",
            "- later.c: empty, or only announced with `git add -N`"
        ]
    );
}

#[test]
fn before_the_first_commit_everything_is_added() {
    let sample = Sample::empty(&[]);
    sample.stage("a.c", "int a;\n");
    let change = sample.staged();
    assert_eq!(show(&change), ["A a.c"]);
    assert_eq!(change.base, None);
    assert_eq!(sample.head(&change, "a.c"), "int a;\n");
}

#[cfg(unix)]
#[test]
fn submodules_and_links_are_left_out_by_name() {
    let sample = Sample::new();
    let other = Sample::new();
    sample.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        other.root.to_str().unwrap(),
        "lib",
    ]);
    std::os::unix::fs::symlink("a.c", sample.root.join("link.c")).unwrap();
    sample.git(&["add", "link.c"]);
    assert_eq!(
        show(&sample.staged()),
        [
            "A .gitmodules",
            "- lib: submodule",
            "- link.c: symbolic link"
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_becomes_a_file_has_no_base() {
    let sample = Sample::new();
    std::os::unix::fs::symlink("a.c", sample.root.join("link.c")).unwrap();
    sample.commit("link");
    fs::remove_file(sample.root.join("link.c")).unwrap();
    sample.stage("link.c", "int now_text;\n");
    assert_eq!(show(&sample.staged()), ["A link.c"]);
}

#[test]
fn lfs_pointers_are_recognised() {
    let sample = Sample::new();
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n",
        "0".repeat(64)
    );
    sample.stage("blob.c", &pointer);
    let change = sample.staged();
    let bytes = sample.head(&change, "blob.c");
    let classified = crate::change::classify::classify(&"blob.c".into(), bytes.as_bytes());
    assert_eq!(classified.gap, Some(crate::finding::GapKind::LfsPointer));
}

#[test]
fn crlf_files_show_the_staged_line_ends() {
    let sample = Sample::new();
    sample.write(".gitattributes", "*.c text=auto eol=crlf\nraw.c -text\n");
    sample.stage("dos.c", "int a;\r\nint b;\r\n");
    sample.stage("raw.c", "int a;\r\n");
    let change = sample.staged();
    assert_eq!(sample.head(&change, "dos.c"), "int a;\nint b;\n");
    assert_eq!(sample.head(&change, "raw.c"), "int a;\r\n");
}

// Other systems refuse such names.
#[cfg(target_os = "linux")]
#[test]
fn paths_are_bytes() {
    use std::os::unix::ffi::OsStrExt as _;
    let sample = Sample::new();
    let name = OsStr::from_bytes(b"gr\xfc\xdfe \"\n.c");
    sample.stage(name, "int x;\n");
    let change = sample.staged();
    assert_eq!(change.files[0].path.as_bytes(), name.as_bytes());
    assert_eq!(sample.text(&change.files[0].head), "int x;\n");
    let tree = tree(&sample.open(), &[PathBuf::from(name)]).unwrap();
    assert_eq!(tree.files[0].path.as_bytes(), name.as_bytes());
    assert_eq!(sample.text(&tree.files[0].head), "int x;\n");
}

#[test]
fn unmerged_entries_are_an_error_that_names_them() {
    let sample = Sample::new();
    sample.git(&["checkout", "-q", "-b", "side"]);
    sample.write("a.c", "int side;\n");
    sample.commit("side");
    sample.git(&["checkout", "-q", "main"]);
    sample.write("a.c", "int main;\n");
    sample.commit("main");
    let merge = git_command(&sample.root)
        .args(["merge", "-q", "side"])
        .output();
    assert!(!merge.unwrap().status.success());
    let error = staged(&sample.open()).unwrap_err();
    assert!(matches!(error, Error::Conflicts { .. }), "{error}");
    assert!(error.to_string().contains("a.c"), "{error}");
    let tree = tree(&sample.open(), &[]).unwrap();
    assert!(show(&tree).contains(&"- a.c: unresolved merge conflict".to_owned()));
}

#[test]
fn a_merge_is_only_what_is_in_no_parent() {
    let sample = Sample::new();
    sample.write("both.c", "int l1;\nint l2;\nint l3;\nint l4;\nint l5;\n");
    sample.commit("both");
    sample.git(&["checkout", "-q", "-b", "side"]);
    sample.write("theirs.c", "int theirs;\n");
    sample.write(
        "both.c",
        "int l1;\nint l2;\nint l3;\nint l4;\nint theirs;\n",
    );
    sample.git(&["mv", "src/b.c", "src/moved.c"]);
    sample.commit("side");
    sample.git(&["checkout", "-q", "main"]);
    sample.write("ours.c", "int ours;\n");
    sample.write("both.c", "int ours;\nint l2;\nint l3;\nint l4;\nint l5;\n");
    sample.commit("main");
    sample.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    // The merge itself is clean: nothing of it is new.
    let clean = sample.staged();
    assert_eq!(show(&clean), ["M both.c"]);
    // One line by the person who merges.
    sample.stage(
        "both.c",
        "int ours;\nint l2;\nint evil;\nint l4;\nint theirs;\n",
    );
    sample.stage("extra.c", "int extra;\n");
    let change = sample.staged();
    assert_eq!(show(&change), ["M both.c", "A extra.c"]);
    let file = &change.files[0];
    assert_eq!(file.other_bases.len(), 1);
    let head = sample.text(&file.head);
    let diff = |base: &Content| {
        crate::change::diff::LineDiff::between(sample.text(base).as_bytes(), head.as_bytes())
    };
    let added = diff(file.base.as_ref().unwrap()).merged_with(&diff(&file.other_bases[0].content));
    assert_eq!(added.added_lines().collect::<Vec<_>>(), [3]);
    assert!(change.notices[0].starts_with("merge of "));
}

#[test]
fn configuration_is_read_from_the_index() {
    let sample = Sample::new();
    sample.write("kept.toml", "kept\n");
    sample.write("scrubin.toml", "committed\n");
    sample.commit("configuration");
    sample.stage("scrubin.toml", "staged\n");
    sample.write("scrubin.toml", "work tree\n");
    sample.git(&["rm", "-q", "--cached", "README"]);
    sample.stage("a.c", "int a;\n");
    let read = |repository: &Repository, path: &str| {
        let bytes = repository.read_index(&path.into()).unwrap()?;
        Some(String::from_utf8(bytes).unwrap())
    };
    let fresh = sample.open();
    let primed = sample.open();
    staged(&primed).unwrap();
    for repository in [fresh, primed] {
        assert_eq!(
            read(&repository, "scrubin.toml").as_deref(),
            Some("staged\n")
        );
        assert_eq!(read(&repository, "kept.toml").as_deref(), Some("kept\n"));
        assert_eq!(read(&repository, "README"), None);
        assert_eq!(read(&repository, "no.toml"), None);
        assert_eq!(read(&repository, "src"), None);
        let committed = repository.read_revision("HEAD", &"scrubin.toml".into());
        assert_eq!(committed.unwrap().unwrap(), b"committed\n");
        let file = repository.read_work_tree(&"scrubin.toml".into());
        assert_eq!(file.unwrap().unwrap(), b"work tree\n");
        assert_eq!(repository.read_work_tree(&"no.toml".into()).unwrap(), None);
    }
}

#[test]
fn many_threads_share_a_reader() {
    let sample = Sample::new();
    for n in 0..40 {
        sample.write(format!("f{n:02}.c"), format!("int v{n};\n"));
    }
    sample.write("large.c", "x".repeat(3000));
    sample.git(&["add", "-A"]);
    let change = sample.staged();
    let reader = sample.open().reader(2000);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (n, file) in change.files.iter().take(40).enumerate() {
                    let text = reader.read(&file.head).unwrap();
                    assert_eq!(text, format!("int v{n};\n").into_bytes());
                    let large = reader.read(&change.files[40].head).unwrap_err();
                    assert!(matches!(large, ReadError::TooLarge { bytes: 3000, .. }));
                }
            });
        }
    });
    let missing = reader.read(&Content::Blob("12".repeat(20))).unwrap_err();
    assert!(matches!(missing, ReadError::MissingObject { .. }));
}
