//! Storage formats, damage, and what is no repository.

use super::*;

/// Stages one file in a repository with a commit and looks at it.
fn check_staging(sample: &Sample) {
    sample.stage("a.c", "int a;\nint odd;\nint c;\n");
    let change = sample.staged();
    assert_eq!(show(&change), ["M a.c"]);
    assert_eq!(sample.head(&change, "a.c"), "int a;\nint odd;\nint c;\n");
    assert_eq!(
        sample.text(change.files[0].base.as_ref().unwrap()),
        "int a;\nint b;\nint c;\n"
    );
    let whole = tree(&sample.open(), &[]).unwrap();
    assert_eq!(sample.head(&whole, "a.c"), "int a;\nint odd;\nint c;\n");
}

#[test]
fn reftable() {
    if !git_has(2, 45) {
        return;
    }
    let sample = Sample::with(&["--ref-format=reftable"]);
    check_staging(&sample);
    assert_eq!(sample.open().head().unwrap().len(), 40);
}

#[test]
fn sha256_with_and_without_a_commit() {
    let sample = Sample::with(&["--object-format=sha256"]);
    check_staging(&sample);
    assert_eq!(sample.open().head().unwrap().len(), 64);
    let unborn = Sample::empty(&["--object-format=sha256"]);
    unborn.stage("a.c", "int a;\n");
    unborn.write("later.c", "int l;\n");
    unborn.git(&["add", "-N", "later.c"]);
    let change = unborn.staged();
    assert_eq!(
        show(&change),
        [
            "A a.c",
            "- later.c: empty, or only announced with `git add -N`"
        ]
    );
    assert_eq!(unborn.head(&change, "a.c"), "int a;\n");
}

#[test]
fn split_index() {
    let sample = Sample::new();
    sample.git(&["update-index", "--split-index"]);
    check_staging(&sample);
    let shared = fs::read_dir(sample.root.join(".git"))
        .unwrap()
        .any(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with("sharedindex.")
        });
    assert!(shared);
}

#[test]
fn index_version_four() {
    let sample = Sample::new();
    sample.git(&["update-index", "--index-version=4"]);
    check_staging(&sample);
}

#[test]
fn sparse_index() {
    let sample = Sample::new();
    sample.write("kept/k.c", "int k;\n");
    sample.write("away/w.c", "int w;\n");
    sample.commit("folders");
    sample.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "kept"]);
    assert!(!sample.root.join("away").exists());
    check_staging(&sample);
    let whole = tree(&sample.open(), &[]).unwrap();
    assert_eq!(sample.head(&whole, "away/w.c"), "int w;\n");
    assert_eq!(sample.head(&whole, "kept/k.c"), "int k;\n");
    let range = range(&sample.open(), "HEAD^..HEAD").unwrap();
    assert_eq!(show(&range), ["A away/w.c", "A kept/k.c"]);
}

#[test]
fn partial_clone_fetches_what_it_needs() {
    let sample = Sample::new();
    sample.write("a.c", "int a;\nint newer;\n");
    sample.commit("second");
    sample.git(&["config", "uploadpack.allowFilter", "true"]);
    sample.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let clone = sample.root.with_file_name("partial");
    let url = format!("file://{}", sample.root.display());
    sample.git(&[
        "clone",
        "-q",
        "--filter=blob:none",
        &url,
        clone.to_str().unwrap(),
    ]);
    let repository = Repository::discover(&clone).unwrap();
    let change = range(&repository, "HEAD^..HEAD").unwrap();
    assert_eq!(show(&change), ["M a.c"]);
    let base = change.files[0].base.as_ref().unwrap();
    let reader = repository.reader(LIMIT);
    assert_eq!(reader.read(base).unwrap(), b"int a;\nint b;\nint c;\n");
    // Without its remote a promised blob is an error with git's own words, and no hang.
    let alone = sample.root.with_file_name("alone");
    sample.git(&[
        "clone",
        "-q",
        "--filter=blob:none",
        &url,
        alone.to_str().unwrap(),
    ]);
    git_in(&alone, &["remote", "set-url", "origin", "/nowhere"]);
    let repository = Repository::discover(&alone).unwrap();
    let error = repository.reader(LIMIT).read(base).unwrap_err();
    assert!(matches!(error, ReadError::Object { .. }), "{error}");
}

#[test]
fn no_repository_and_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let error = Repository::discover(folder.path()).unwrap_err();
    assert!(matches!(error, Error::NotARepository { .. }), "{error}");
    assert!(error.to_string().contains("repository"), "{error}");
    let error = Repository::discover(&folder.path().join("gone")).unwrap_err();
    assert!(error.to_string().contains("gone"), "{error}");
}

#[test]
fn inside_the_git_directory_there_is_no_work_tree() {
    let sample = Sample::new();
    let repository = Repository::discover(&sample.root.join(".git")).unwrap();
    let error = staged(&repository).unwrap_err();
    assert!(matches!(error, Error::NoWorkTree { .. }), "{error}");
}

#[test]
fn a_corrupt_index_is_an_error_that_says_index() {
    let damages: [fn(&mut Vec<u8>); 6] = [
        |index| index.clear(),
        |index| index.truncate(40),
        |index| index.truncate(index.len() / 2),
        |index| index[0] = b'X',
        |index| index[20..60].fill(0xff),
        |index| *index = b"not an index at all, and longer than a header".to_vec(),
    ];
    for (number, damage) in damages.iter().enumerate() {
        let sample = Sample::new();
        let path = sample.root.join(".git/index");
        let mut index = fs::read(&path).unwrap();
        damage(&mut index);
        fs::write(&path, index).unwrap();
        for result in [
            staged(&sample.open()),
            tree(&sample.open(), &[]),
            base(&sample.open(), "HEAD", Head::Index),
        ] {
            // An emptied index file is, to git, an index without entries.
            match result {
                Ok(_) if number == 0 => {}
                Ok(change) => panic!("damage {number}: {change:?}"),
                Err(error) => {
                    assert!(matches!(error, Error::Index { .. }), "{number}: {error}");
                    assert!(error.to_string().contains("index"), "{error}");
                }
            }
        }
    }
}

#[test]
fn missing_objects_are_errors_that_say_so() {
    let sample = Sample::new();
    sample.stage("a.c", "int staged;\n");
    let change = sample.staged();
    let Content::Blob(blob) = &change.files[0].head else {
        panic!("{change:?}");
    };
    let object = |name: &str| {
        sample
            .root
            .join(".git/objects")
            .join(&name[..2])
            .join(&name[2..])
    };
    fs::remove_file(object(blob)).unwrap();
    let reader = sample.open().reader(LIMIT);
    let error = reader.read(&change.files[0].head).unwrap_err();
    assert!(matches!(error, ReadError::MissingObject { .. }), "{error}");
    // The reader goes on.
    assert!(reader.read(change.files[0].base.as_ref().unwrap()).is_ok());
    let tree = sample.git(&["rev-parse", "HEAD^{tree}"]);
    fs::remove_file(object(&tree)).unwrap();
    let error = staged(&sample.open()).unwrap_err();
    assert!(matches!(error, Error::MissingObject { .. }), "{error}");
    assert!(error.to_string().contains("repository"), "{error}");
    assert!(range(&sample.open(), &format!("{}..HEAD", "0".repeat(40))).is_err());
}

#[test]
fn a_damaged_object_ends_neither_reader_nor_program() {
    let sample = Sample::new();
    sample.stage("a.c", "int staged;\n");
    let change = sample.staged();
    let Content::Blob(blob) = &change.files[0].head else {
        panic!("{change:?}");
    };
    let path = sample
        .root
        .join(".git/objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"garbage").unwrap();
    let reader = sample.open().reader(LIMIT);
    assert!(reader.read(&change.files[0].head).is_err());
    assert!(reader.read(change.files[0].base.as_ref().unwrap()).is_ok());
}

#[test]
fn configuration_keys_are_read() {
    let sample = Sample::new();
    sample.git(&["config", "core.hooksPath", "tools/hooks"]);
    let repository = sample.open();
    assert_eq!(
        repository.config("core.hooksPath").unwrap().as_deref(),
        Some("tools/hooks")
    );
    assert_eq!(repository.config("scrubin.nothing").unwrap(), None);
    assert!(repository.config("nodot").is_err());
    assert_eq!(repository.hooks_dir(), sample.root.join("tools/hooks"));
    let below = Repository::discover(&sample.root.join("src")).unwrap();
    assert_eq!(below.prefix(), b"src/");
    assert_eq!(below.root(), Some(sample.root.as_path()));
    assert_eq!(
        below.hooks_dir().canonicalize().ok(),
        sample.root.join("tools/hooks").canonicalize().ok()
    );
}
