//! What libgit2 answers about a repository of our own is what git answers.

use super::*;
use crate::finding::RepoPath;

/// A bare copy, opened both ways.
fn both(sample: &Sample) -> (Repository, Repository, PathBuf) {
    let bare = sample.root.with_file_name("own.git");
    let _ = fs::remove_dir_all(&bare);
    sample.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    (
        Repository::own(&bare),
        Repository::discover(&bare).unwrap(),
        bare,
    )
}

fn patch_id(bare: &Path, base: &str, head: &str) -> String {
    let diff = git_command(bare)
        .args(["diff", "--no-ext-diff", base, head, "--"])
        .output()
        .unwrap();
    fs::write(bare.join("diff"), diff.stdout).unwrap();
    let output = git_command(bare)
        .args(["patch-id", "--stable"])
        .stdin(fs::File::open(bare.join("diff")).unwrap())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(' ').next().unwrap().to_owned()
}

#[test]
fn commits_texts_and_names_agree() {
    let sample = Sample::new();
    let base = sample.git(&["rev-parse", "HEAD"]);
    sample.write("src/b.c", "int line;\n".repeat(19));
    sample.write("src/deep/er/c.c", "int c;");
    sample.write("src/\u{e9} x.c", "int e;\n");
    sample.write("src.c", "int s;\n");
    sample.git(&["rm", "-q", "a.c"]);
    let first = sample.commit("second");
    sample.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "--author=B. Own Jr. <b@x>",
        "-m",
        "third",
    ]);
    let head = sample.git(&["rev-parse", "HEAD"]);
    let (own, plain, _) = both(&sample);
    assert_eq!(own.has_tree_of(&head), Some(true));
    assert_eq!(own.has_tree_of(&"1".repeat(40)), Some(false));
    assert_eq!(own.has_tree_of("main"), None);
    for commit in [&base, &first, &head] {
        assert_eq!(
            own.plain.as_ref().unwrap().facts(commit),
            Some(plain.commit_facts(commit).unwrap())
        );
        for under in ["", "src", "src/deep", "src/b.c", "none", "src/none/x"] {
            let under = RepoPath::from(under);
            let found = own.plain.as_ref().unwrap().texts(commit, Some(&under));
            assert!(found.is_some(), "{under}");
            assert_eq!(
                own.texts_under(Some(commit), &under).unwrap(),
                plain.texts_under(Some(commit), &under).unwrap(),
                "{under}"
            );
        }
    }
    for (from, to) in [(&base, &head), (&head, &base), (&first, &head)] {
        assert!(own.plain.as_ref().unwrap().differing(from, to).is_some());
        assert_eq!(
            own.deleted_between(from, to).unwrap(),
            plain.deleted_between(from, to).unwrap()
        );
        for under in ["", "src", "src/b.c", "sr"] {
            let under = RepoPath::from(under);
            assert_eq!(
                differing(&own, from, to, &under).unwrap(),
                differing(&plain, from, to, &under).unwrap(),
                "{under}"
            );
        }
    }
    let makers = own.plain.as_ref().unwrap().makers(Some(&base), &head);
    assert_eq!(makers, Some(plain.makers(Some(&base), &head).unwrap()));
    assert_eq!(makers.unwrap().len(), 2);
    assert_eq!(
        own.makers(None, &head).unwrap(),
        plain.makers(None, &head).unwrap()
    );
    let read = |repository: &Repository, name: &str| {
        repository
            .read_revision(&head, &RepoPath::from(name))
            .unwrap()
    };
    for name in [
        "src/b.c",
        "src/deep/er/c.c",
        "src/\u{e9} x.c",
        "src",
        "a.c",
        "src/b.c/x",
    ] {
        assert_eq!(read(&own, name), read(&plain, name), "{name}");
    }
    assert_eq!(own.reader(5).read_at(Some(&head), &"src.c".into()), None);
    let change = range(&own, &format!("{base}..{head}")).unwrap();
    assert_eq!(change, range(&plain, &format!("{base}..{head}")).unwrap());
}

#[test]
fn a_plain_difference_is_that_of_git() {
    let sample = Sample::new();
    let base = sample.git(&["rev-parse", "HEAD"]);
    sample.write("a.c", "int a;\n\tint  b2;\nint c;\nint d;");
    sample.write(
        "src/b.c",
        [
            &"int line;\n".repeat(9)[..],
            "int x;\n",
            &"int line;\n".repeat(12),
        ]
        .concat(),
    );
    sample.write("src/new x.c", "int n;\r\n\n\nint m;\n");
    sample.write("src/\u{e9}.c", "int e;\n");
    let head = sample.commit("second");
    let (own, plain, bare) = both(&sample);
    let shown = own.plain_diff(&base, &head).unwrap();
    assert_eq!(
        shown.patch_id.as_deref(),
        Some(&*patch_id(&bare, &base, &head))
    );
    assert_eq!(shown.patch_id, plain.patch_id(&base, &head).unwrap());
    let of_git = git_command(&bare)
        .args([
            "-c",
            "core.abbrev=7",
            "diff",
            "--indent-heuristic",
            &base,
            &head,
            "--",
        ])
        .output()
        .unwrap();
    // git marks the end of a name with a blank.
    assert_eq!(
        String::from_utf8_lossy(&shown.text),
        String::from_utf8_lossy(&of_git.stdout).replace("new x.c\t\n", "new x.c\n")
    );
    // Only what is gone.
    sample.git(&["rm", "-q", "a.c", "src/new x.c"]);
    let last = sample.commit("third");
    let (own, plain, _) = both(&sample);
    let shown = own.plain_diff(&head, &last).unwrap();
    assert_eq!(shown.patch_id, plain.patch_id(&head, &last).unwrap());
}

/// Where git's answer has details of its own, there is no other.
#[cfg(unix)]
#[test]
fn what_is_not_plain_is_left_to_git() {
    let sample = Sample::new();
    let mut before = sample.git(&["rev-parse", "HEAD"]);
    let mut step = |what: &str, takes_text: bool, has_id: bool| {
        let head = sample.commit(what);
        let (own, ..) = both(&sample);
        let shown = own.plain_diff(&before, &head);
        assert_eq!(shown.is_some(), takes_text, "{what}");
        if let Some(shown) = shown {
            assert_eq!(shown.patch_id.is_some(), has_id, "{what}");
        }
        before = head;
    };
    sample.git(&["mv", "src/b.c", "src/moved.c"]);
    step("rename", false, false);
    sample.git(&["update-index", "--chmod=+x", "a.c"]);
    fs::set_permissions(
        sample.root.join("a.c"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    step("mode", true, false);
    sample.write("empty.c", "");
    step("empty", true, false);
    sample.write("feed.c", "int a;\n\x0c\nint b;\n");
    step("form feed", true, false);
    sample.write("text.c", "int a;\n\tint b;\n");
    step("text", true, true);
    sample.write("i.bin", b"a\0b");
    step("binary", true, false);
    std::os::unix::fs::symlink("a.c", sample.root.join("link")).unwrap();
    step("link", false, false);
    sample.git(&["config", "core.bigFileThreshold", "10"]);
    let (own, ..) = both(&sample);
    sample.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    sample.write("side.c", "int side;\n");
    let side = sample.commit("side\n\nCo-authored-by: C <c@x>");
    sample.git(&[
        "-c",
        "i18n.commitEncoding=latin1",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "e",
    ]);
    let recoded = sample.git(&["rev-parse", "HEAD"]);
    sample.git(&["checkout", "-q", "main"]);
    sample.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let merge = sample.git(&["rev-parse", "HEAD"]);
    drop(own);
    let (own, plain, _) = both(&sample);
    let asked = own.plain.as_ref().unwrap();
    assert_eq!(asked.makers(None, &side), None);
    assert_eq!(asked.facts(&recoded), None);
    assert_eq!(asked.makers(Some(&before), &merge), None);
    assert_eq!(asked.makers(Some(&side), &before), None);
    for (base, head) in [(&before, &merge), (&side, &before)] {
        assert_eq!(
            own.makers(Some(base), head).unwrap(),
            plain.makers(Some(base), head).unwrap()
        );
    }
    assert_eq!(
        own.commit_facts(&recoded).unwrap(),
        plain.commit_facts(&recoded).unwrap()
    );
    let odd = own.read_revision("main", &"a.c".into()).unwrap();
    assert!(odd.is_some(), "a branch is left to git");
}

/// Where this process is to read nothing, git does.
#[test]
fn a_repository_may_be_left_to_git_as_a_whole() {
    let sample = Sample::new();
    let base = sample.git(&["rev-parse", "HEAD"]);
    sample.git(&["mv", "a.c", "b.c"]);
    let head = sample.commit("second");
    let (own, _, bare) = both(&sample);
    let by_git = Repository::own_by_git(&bare);
    let text = format!("{base}..{head}");
    let sides = range::Sides::parse(&text).unwrap();
    assert!(libgit::compare(&by_git, sides).is_err());
    assert!(libgit::compare(&own, sides).is_ok());
    assert_eq!(range(&by_git, &text).unwrap(), range(&own, &text).unwrap());
    assert_eq!(by_git.plain_diff(&base, &head), None);
    assert_eq!(by_git.has_tree_of(&head), None);
}

/// Storage that libgit2 cannot read is read by git.
#[test]
fn another_storage_is_read_by_git() {
    let sample = Sample::with(&["--object-format=sha256"]);
    let head = sample.git(&["rev-parse", "HEAD"]);
    let (own, ..) = both(&sample);
    assert_eq!(own.has_tree_of(&head), None);
    assert_eq!(own.texts_under(Some(&head), &"".into()).unwrap().len(), 3);
    assert!(own.read_revision(&head, &"a.c".into()).unwrap().is_some());
}
