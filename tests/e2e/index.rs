//! The repository index.

use super::json;
use super::repository::Repository;

const TABLE: &str = "\
#include \"table.h\"
static struct item items[4];
struct item *item_find(unsigned key)
{
    if (key >= 4u) {
        return NULL;
    }
    return &items[key];
}
";

const HEADER: &str = "struct item { int value; };\nstruct item *item_find(unsigned key);\n";

const USER: &str = "\
#include \"table.h\"
int item_value(unsigned key)
{
    struct item *item = item_find(key);
    if (item == NULL) {
        return -1;
    }
    return item->value;
}
";

/// Two files and a header, committed.
fn two_files() -> Repository {
    let repository = Repository::new();
    repository.write("src/table.h", HEADER);
    repository.write("src/table.c", TABLE);
    repository.write("src/user.c", USER);
    repository.write("README.md", "A table.\n");
    repository.commit("base");
    repository
}

#[test]
fn the_index_reads_what_it_does_not_know() {
    let repository = two_files();
    let place = repository.path().join(".git/scrubin/index");
    let state = repository.scrubin(&["index", "--check", "--format", "json"]);
    assert_eq!(
        (state.code, json(&state.stdout)["state"].as_str()),
        (1, Some("absent"))
    );
    let told = |arguments: &[&str]| {
        let run = repository.scrubin(arguments);
        assert_eq!(run.code, 0, "{}", run.stderr);
        json(&run.stdout)
    };
    let build = ["index", "--format", "json", "--stats"];
    let first = told(&build);
    assert_eq!(
        (first["files"].as_u64(), first["read"].as_u64()),
        (Some(3), Some(3))
    );
    assert_eq!(first["names"], 2);
    let bytes = std::fs::read(&place).unwrap();
    assert_eq!(told(&build)["read"], 0);
    assert_eq!(std::fs::read(&place).unwrap(), bytes);
    repository.write("src/user.c", &USER.replace("-1", "-2"));
    repository.git(&["add", "src/user.c"]);
    let old = repository.scrubin(&["index", "--check"]);
    assert_eq!(old.code, 1);
    assert!(old.stdout.contains("2 of 3 files"), "{}", old.stdout);
    assert_eq!(told(&build)["read"], 1);
    assert_eq!(
        told(&["index", "--check", "--format", "json"])["state"],
        "current"
    );
    // From nothing it becomes the same.
    let bytes = std::fs::read(&place).unwrap();
    std::fs::remove_file(&place).unwrap();
    told(&build);
    assert_eq!(std::fs::read(&place).unwrap(), bytes);
}

#[test]
fn a_damaged_index_is_told_and_made_anew() {
    let repository = two_files();
    let place = repository.path().join(".git/scrubin/index");
    assert_eq!(repository.scrubin(&["index"]).code, 0);
    let bytes = std::fs::read(&place).unwrap();
    let mut newer = bytes.clone();
    newer[8] = 77;
    let broken = [
        bytes[..bytes.len() / 2].to_vec(),
        b"text".to_vec(),
        newer,
        Vec::new(),
    ];
    for content in broken {
        std::fs::write(&place, content).unwrap();
        assert_eq!(repository.scrubin(&["index", "--check"]).code, 1);
        repository.write("src/user.c", &format!("{USER}\n"));
        repository.git(&["add", "--all"]);
        let run = repository.scrubin(&["check", "--format", "json"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(
            run.stdout.contains("repository index is not used"),
            "{}",
            run.stdout
        );
        assert_eq!(repository.scrubin(&["index"]).code, 0);
        assert_eq!(repository.scrubin(&["index", "--check"]).code, 0);
    }
}

#[test]
fn reviews_of_trees_and_commits_keep_an_index_and_the_hook_leaves_it_alone() {
    let repository = two_files();
    let place = repository.path().join(".git/scrubin/index");
    repository.write("src/user.c", &USER.replace("-1", "-2"));
    repository.git(&["add", "--all"]);
    assert_eq!(repository.scrubin(&["check"]).code, 0);
    assert!(!place.exists());
    assert_eq!(
        repository.scrubin(&["check", "--all", "src/user.c"]).code,
        0
    );
    assert!(!place.exists());
    assert_eq!(repository.scrubin(&["check", "--all"]).code, 0);
    assert_eq!(repository.scrubin(&["index", "--check"]).code, 0);
    repository.commit("change");
    repository.write("src/table.c", &TABLE.replace("4", "5"));
    repository.commit("larger");
    assert_eq!(repository.scrubin(&["index", "--check"]).code, 1);
    assert_eq!(
        repository
            .scrubin(&["check", "--range", "HEAD~1..HEAD"])
            .code,
        0
    );
    assert_eq!(repository.scrubin(&["index", "--check"]).code, 0);
}
