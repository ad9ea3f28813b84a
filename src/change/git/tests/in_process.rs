//! What is read without a git process is what git says.

use super::*;
use crate::change::git::blobs::Object;
use crate::change::git::objects::{Objects, oid_of_hex};
use crate::change::git::raw;

/// Names that sort differently as files and as folders, and a few levels.
const NAMES: &[&str] = &[
    "a",
    "a.c",
    "a-b/x.c",
    "a/x.c",
    "a/y/z.h",
    "a0",
    "b/c/d/e.h",
    "b/c/f.c",
    "b/c.h",
    "z",
];

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// What git itself says is staged.
fn of_git(sample: &Sample) -> Vec<raw::RawEntry> {
    let repository = sample.open();
    let head = repository.head().unwrap().to_owned();
    let output = repository
        .run(&[
            "diff-index",
            "--cached",
            "--raw",
            "-z",
            "--no-abbrev",
            "-M",
            &head,
            "--",
        ])
        .unwrap();
    raw::parse_diff(&output).unwrap()
}

/// What is found without git; `None` where git is asked.
fn in_process(sample: &Sample) -> Option<Vec<raw::RawEntry>> {
    let repository = sample.open();
    repository.check_index().unwrap();
    repository.index_against(repository.head().unwrap())
}

#[test]
fn any_index_differs_from_head_as_git_says() {
    let sample = Sample::new();
    let mut numbers = Numbers(7);
    let mut told = 0;
    for round in 0..60 {
        for _ in 0..=numbers.below(4) {
            let name = NAMES[numbers.below(NAMES.len())];
            let path = sample.root.join(name);
            // A file where a folder was, and the other way round.
            for above in Path::new(name).ancestors().skip(1) {
                if !above.as_os_str().is_empty() && sample.root.join(above).is_file() {
                    fs::remove_file(sample.root.join(above)).unwrap();
                }
            }
            if path.is_dir() {
                fs::remove_dir_all(&path).unwrap();
            }
            match numbers.below(5) {
                0 if path.is_file() => fs::remove_file(&path).unwrap(),
                1 => {
                    sample.write(name, "text\n");
                    #[cfg(unix)]
                    {
                        use std::os::unix::fs::PermissionsExt as _;
                        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
                    }
                }
                _ => sample.write(name, format!("int v{};\n", numbers.below(1_000))),
            }
        }
        sample.git(&["add", "-A"]);
        let expected = of_git(&sample);
        if let Some(found) = in_process(&sample) {
            assert_eq!(found, expected, "round {round}");
            told += 1;
        } else {
            let is_there = |status| expected.iter().any(|entry| entry.status == status);
            let may_move = is_there(b'R') || is_there(b'A') && is_there(b'D');
            assert!(may_move, "round {round}: {expected:?}");
        }
        if numbers.below(3) > 0 {
            sample.git(&["commit", "-q", "--allow-empty", "-m", "next"]);
        }
    }
    assert!(told > 30, "{told} of 60 rounds without git");
}

#[test]
fn what_is_out_of_the_ordinary_is_left_to_git() {
    let announced = Sample::new();
    announced.write("n.c", "int n;\n");
    announced.git(&["add", "-N", "n.c"]);
    assert_eq!(in_process(&announced), None);

    let version = Sample::new();
    version.stage("a.c", "int changed;\n");
    version.git(&["update-index", "--index-version", "4"]);
    assert_eq!(in_process(&version), None);
    assert_eq!(show(&version.staged()), ["M a.c"]);

    let hidden = Sample::new();
    hidden.stage("a.c", "int changed;\n");
    hidden.git(&["update-index", "--skip-worktree", "a.c"]);
    assert_eq!(in_process(&hidden), None);
    assert_eq!(show(&hidden.staged()), ["M a.c"]);
}

#[test]
fn objects_are_found_by_path_as_git_finds_them() {
    let sample = Sample::new();
    let repository = sample.open();
    let head = repository.head().unwrap();
    let objects = Objects::open(&repository.git_dir().join("objects")).unwrap();
    let get = |path: &str, limit| {
        let name = format!("{head}:{path}");
        objects.get(name.as_bytes(), limit)
    };
    assert!(
        matches!(get("src/b.c", LIMIT), Some(Object::Blob(text)) if text == "int line;\n".repeat(20).as_bytes())
    );
    assert!(matches!(get("src/b.c", 3), Some(Object::TooLarge(200))));
    assert!(matches!(get("src", LIMIT), Some(Object::NotABlob)));
    for missing in ["src/c.c", "b.c", "a.c/b", "nowhere/a.c"] {
        assert!(
            matches!(get(missing, LIMIT), Some(Object::Missing)),
            "{missing}"
        );
    }
    // Names that only git understands, and objects that are not there.
    for unknown in ["HEAD:a.c", ":0:a.c", &"0".repeat(40)] {
        assert!(
            objects.get(unknown.as_bytes(), LIMIT).is_none(),
            "{unknown}"
        );
    }
    // A packed object, and one of a repository that this one borrows from.
    sample.git(&["gc", "-q"]);
    let objects = Objects::open(&repository.git_dir().join("objects")).unwrap();
    assert!(
        objects
            .get(format!("{head}:a.c").as_bytes(), LIMIT)
            .is_some()
    );
    let borrower = sample.root.with_file_name("borrower");
    git_in(
        &sample.root,
        &["clone", "-q", "--shared", ".", borrower.to_str().unwrap()],
    );
    let objects = Objects::open(&borrower.join(".git/objects")).unwrap();
    assert!(
        objects
            .get(format!("{head}:a.c").as_bytes(), LIMIT)
            .is_some()
    );
}

#[test]
fn a_header_of_the_work_tree_counts_only_as_staged() {
    let sample = Sample::new();
    sample.write("a.h", "#define A 1\n");
    sample.write("b.h", "#define B 1\n");
    sample.commit("headers");
    sample.stage("c.c", "int c;\n");
    let text = |name: &str| {
        let repository = sample.open();
        repository.check_index().unwrap();
        let reader = repository.reader(LIMIT);
        let headers = reader.headers(None);
        let at = (0..headers.count()).find(|&at| headers.path(at) == Some(name.as_bytes()));
        let is_checked_out = headers.checked_out(at.unwrap(), LIMIT).is_some();
        let text = reader.read_header(&headers, at.unwrap()).unwrap();
        (String::from_utf8(text).unwrap(), is_checked_out)
    };
    assert_eq!(text("a.h"), ("#define A 1\n".to_owned(), true));
    // As long, and later.
    sample.write("b.h", "#define B 2\n");
    assert_eq!(text("b.h"), ("#define B 1\n".to_owned(), false));
    fs::remove_file(sample.root.join("a.h")).unwrap();
    assert_eq!(text("a.h"), ("#define A 1\n".to_owned(), false));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("b.h", sample.root.join("a.h")).unwrap();
        assert_eq!(text("a.h"), ("#define A 1\n".to_owned(), false));
    }
    // What a filter makes of it is not what is staged.
    sample.git(&["checkout", "-q", "--", "b.h"]);
    sample.git(&["config", "filter.shout.smudge", "tr 1 4"]);
    sample.write(".gitattributes", "b.h filter=shout\n");
    fs::remove_file(sample.root.join("b.h")).unwrap();
    sample.git(&["checkout", "-q", "--", "b.h"]);
    assert_eq!(fs::read(sample.root.join("b.h")).unwrap(), b"#define B 4\n");
    assert_eq!(text("b.h"), ("#define B 1\n".to_owned(), false));
}

#[test]
fn paths_are_counted_without_walking_all_of_them() {
    let sample = Sample::new();
    let count = |commit: &str, most| {
        let objects = Objects::open(&sample.open().git_dir().join("objects")).unwrap();
        objects.paths(oid_of_hex(commit.as_bytes()).unwrap(), most)
    };
    let head = sample.git(&["rev-parse", "HEAD"]);
    // a.c, src, src/b.c, README.
    assert_eq!(count(&head, 100), Some(4));
    assert!(count(&head, 2).unwrap() > 2);
    // Nine trees of ten names each, each within the next: 1,111,111,110 paths.
    let mut tree = sample.git(&["rev-parse", "HEAD:src"]);
    for _ in 0..9 {
        let lines: String = (0..10)
            .map(|at| format!("040000 tree {tree}\tt{at}\n"))
            .collect();
        sample.write("lines", &lines);
        tree = sample.git(&["-c", "alias.make=!git mktree < lines", "make"]);
    }
    let bomb = sample.git(&["commit-tree", &tree, "-m", "bomb"]);
    let found = count(&bomb, 1_000_000).unwrap();
    assert!(found > 1_000_000, "{found}");
    assert_eq!(count(&bomb, u64::MAX), Some(2_111_111_110));
}

#[test]
fn bytes_that_differ_count_as_often_as_they_are_shown() {
    let sample = Sample::new();
    let base = sample.git(&["rev-parse", "HEAD"]);
    sample.write("src/b.c", "int b;\n");
    sample.write("x/one.c", "int one;\n");
    sample.write("y/one.c", "int one;\n");
    fs::remove_file(sample.root.join("README")).unwrap();
    let head = sample.commit("next");
    let bytes = |most| sample.open().differing_bytes(&base, &head, most).unwrap();
    // b.c before and after, the new file twice, README.
    assert_eq!(bytes(1_000), 200 + 7 + 9 + 9 + 3);
    assert!(bytes(10) > 10);
    assert_eq!(sample.open().differing_bytes(&head, &head, 0), Some(0));
}
