//! Commits against commits.

use super::*;

/// Two branches: `main` has `ours.c` on top of the first commit, `topic` a changed `a.c`, a renamed
/// `src/b.c` and `new.c`.
fn branches(options: &[&str]) -> Sample {
    let sample = Sample::with(options);
    sample.git(&["checkout", "-q", "-b", "topic"]);
    sample.write("a.c", "int a;\nint topic;\nint c;\n");
    sample.git(&["mv", "src/b.c", "src/moved.c"]);
    sample.write("new.c", "int new;\n");
    sample.commit("topic");
    sample.git(&["checkout", "-q", "main"]);
    sample.write("ours.c", "int ours;\n");
    sample.commit("main");
    sample.git(&["checkout", "-q", "topic"]);
    sample
}

const TOPIC: [&str; 3] = ["M a.c", "A new.c", "R src/b.c -> src/moved.c"];

#[test]
fn two_dots_compare_trees_and_three_start_at_the_merge_base() {
    let sample = branches(&[]);
    let repository = sample.open();
    let change = range(&repository, "main...topic").unwrap();
    assert_eq!(show(&change), TOPIC);
    assert_eq!(change.base, Some(sample.git(&["rev-parse", "main^"])));
    assert_eq!(change.head, Some(sample.git(&["rev-parse", "topic"])));
    assert_eq!(sample.head(&change, "a.c"), "int a;\nint topic;\nint c;\n");
    assert_eq!(show(&range(&repository, "main..").unwrap()), TOPIC);
    assert_eq!(
        show(&range(&repository, "topic..main").unwrap()),
        ["M a.c", "A ours.c", "R src/moved.c -> src/b.c"]
    );
    assert_eq!(show(&range(&repository, "..topic").unwrap()), [""; 0]);
}

#[test]
fn what_was_deleted_or_moved_away_is_gone() {
    let sample = branches(&[]);
    sample.git(&["rm", "-q", "README"]);
    sample.commit("less");
    let repository = sample.open();
    let gone =
        |range: &Change| -> Vec<String> { range.gone.iter().map(ToString::to_string).collect() };
    assert_eq!(
        gone(&range(&repository, "main...topic").unwrap()),
        ["README", "src/b.c"]
    );
    sample.git(&["mv", "a.c", "b.c"]);
    sample.write("a.c", "int again;\n".repeat(9));
    sample.git(&["add", "-A"]);
    assert_eq!(gone(&sample.staged()), [""; 0], "another file has the name");
}

#[test]
fn a_base_means_the_merge_base_with_head() {
    let sample = branches(&[]);
    sample.stage("staged.c", "int staged;\n");
    let repository = sample.open();
    let change = base(&repository, "main", Head::Commit).unwrap();
    assert_eq!(show(&change), TOPIC);
    assert_eq!(change.source, crate::change::Source::Base);
    let change = base(&repository, "main", Head::Index).unwrap();
    assert_eq!(
        show(&change),
        ["M a.c", "A new.c", "R src/b.c -> src/moved.c", "A staged.c"]
    );
    assert_eq!(change.base, Some(sample.git(&["rev-parse", "main^"])));
}

#[test]
fn a_branch_the_remote_lacks_starts_at_nothing() {
    let sample = Sample::new();
    let change = range(&sample.open(), &format!("{}..HEAD", "0".repeat(40))).unwrap();
    assert_eq!(show(&change), ["A README", "A a.c", "A src/b.c"]);
    assert_eq!(change.base, None);
}

#[test]
fn unknown_revisions_and_broken_ranges_are_named() {
    let sample = Sample::new();
    let repository = sample.open();
    for (text, named) in [
        ("nope..HEAD", "`nope`"),
        ("HEAD..nope", "`nope`"),
        ("--output=x..HEAD", "`--output=x`"),
        ("HEAD", "`HEAD` is not a commit range"),
    ] {
        let error = range(&repository, text).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
    let error = base(&repository, "nope", Head::Commit).unwrap_err();
    assert!(matches!(error, Error::UnknownRevision { .. }), "{error}");
    let error = base(&repository, "nope", Head::Index).unwrap_err();
    assert!(matches!(error, Error::UnknownRevision { .. }), "{error}");
    let error = range(&Sample::empty(&[]).open(), "HEAD..HEAD").unwrap_err();
    assert!(matches!(error, Error::UnknownRevision { .. }), "{error}");
}

#[test]
fn histories_without_a_common_commit_have_no_merge_base() {
    let sample = Sample::new();
    sample.git(&["checkout", "-q", "--orphan", "other"]);
    sample.commit("unrelated");
    let error = range(&sample.open(), "main...other").unwrap_err();
    assert!(matches!(error, Error::NoMergeBase { shallow: false, .. }));
}

#[test]
fn a_shallow_clone_says_what_is_missing() {
    let sample = branches(&[]);
    let clone = sample.root.with_file_name("shallow");
    let url = format!("file://{}", sample.root.display());
    sample.git(&[
        "clone",
        "-q",
        "--depth=1",
        "--no-single-branch",
        &url,
        clone.to_str().unwrap(),
    ]);
    let repository = Repository::discover(&clone).unwrap();
    assert!(repository.is_shallow());
    let error = range(&repository, "origin/main...origin/topic").unwrap_err();
    assert!(matches!(error, Error::NoMergeBase { shallow: true, .. }));
    assert!(error.help().unwrap().contains("--unshallow"));
    assert_eq!(
        show(&range(&repository, "origin/main..origin/topic").unwrap()),
        TOPIC
    );
}

#[test]
fn a_bare_repository_has_ranges_and_no_index() {
    let sample = branches(&[]);
    let bare = sample.root.with_file_name("bare.git");
    sample.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let repository = Repository::discover(&bare).unwrap();
    assert_eq!(repository.root(), None);
    let change = range(&repository, "main...topic").unwrap();
    assert_eq!(show(&change), TOPIC);
    let reader = repository.reader(LIMIT);
    assert_eq!(reader.read(&change.files[1].head).unwrap(), b"int new;\n");
    for error in [
        staged(&repository).unwrap_err(),
        tree(&repository, &[]).unwrap_err(),
        base(&repository, "main", Head::Index).unwrap_err(),
    ] {
        assert!(matches!(error, Error::NoWorkTree { .. }), "{error}");
        assert!(error.to_string().contains("repository"), "{error}");
    }
}

/// Where libgit2 refuses the repository the plumbing gives the same answer.
#[test]
fn ranges_work_in_every_storage_format() {
    let mut formats = vec![&["--object-format=sha256"][..]];
    if git_has(2, 45) {
        formats.push(&["--ref-format=reftable"]);
    }
    for options in formats {
        let sample = branches(options);
        let repository = sample.open();
        assert!(
            libgit::compare(
                &repository,
                range::Sides {
                    base: "main",
                    head: "topic",
                    from_merge_base: true
                }
            )
            .is_err()
        );
        let change = range(&repository, "main...topic").unwrap();
        assert_eq!(show(&change), TOPIC, "{options:?}");
        assert_eq!(sample.head(&change, "new.c"), "int new;\n");
        let whole = range(&repository, &format!("{}..main", "0".repeat(64))).unwrap();
        assert_eq!(whole.files.len(), 4, "{options:?}");
    }
}

/// Both ways see the same change, of every kind of entry.
#[cfg(unix)]
#[test]
fn libgit2_and_plumbing_agree() {
    let sample = branches(&[]);
    std::os::unix::fs::symlink("a.c", sample.root.join("link.c")).unwrap();
    sample.write("kind.c", "int kind;\n");
    sample.commit("entries");
    fs::remove_file(sample.root.join("kind.c")).unwrap();
    std::os::unix::fs::symlink("a.c", sample.root.join("kind.c")).unwrap();
    fs::remove_file(sample.root.join("link.c")).unwrap();
    sample.write("link.c", "int text;\n");
    sample.git(&["rm", "-q", "new.c"]);
    sample.git(&["update-index", "--chmod=+x", "a.c"]);
    sample.git(&["commit", "-q", "-a", "-m", "kinds"]);
    let repository = sample.open();
    for text in ["main..HEAD", "HEAD^..HEAD", "main...HEAD"] {
        let sides = range::Sides::parse(text).unwrap();
        let (ends, entries) = libgit::compare(&repository, sides).unwrap();
        let plain_ends = range::ends(&repository, sides).unwrap();
        assert_eq!(ends, plain_ends);
        let plain = range::tree_diff(&repository, &ends).unwrap();
        let sorted = |entries| {
            let (mut files, mut skipped) = raw::changed_files(entries);
            files.sort_by(|a, b| a.path.cmp(&b.path));
            skipped.sort();
            (files, skipped)
        };
        assert_eq!(sorted(&entries), sorted(&plain), "{text}");
    }
}
