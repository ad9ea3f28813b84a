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

const SENSOR: &str = "\
int sensor_state(unsigned channel)
{
    if (channel > 3u) {
        return 2;
    }
    if (channel == 3u) {
        return 1;
    }
    return 0;
}
";

const PUMP: &str = "\
int sensor_state(unsigned channel);
void pump_stop(void);
void pump_poll(unsigned channel)
{
    if (sensor_state(channel) < 0) {
        pump_stop();
    }
}
";

/// A function and, staged, a new file whose test of it is never true.
fn wrong_test() -> Repository {
    let repository = Repository::new();
    repository.write("drivers/sensor.c", SENSOR);
    repository.commit("base");
    repository.write("app/pump.c", PUMP);
    repository.git(&["add", "--all"]);
    repository
}

/// Code, place and first step of every finding that is reported.
fn told(report: &str) -> Vec<String> {
    let report = json(report);
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .iter()
        .map(|one| {
            let place = |at: &serde_json::Value| format!("{}:{}", text(&at["path"]), at["line"]);
            let step = &one["trace"][0];
            format!(
                "{} {}, {}: {}",
                text(&one["rule"]),
                place(one),
                place(step),
                text(&step["message"])
            )
        })
        .collect()
}

#[test]
fn a_hook_with_an_index_knows_what_a_function_elsewhere_returns() {
    let repository = wrong_test();
    let check = ["check", "--format", "json", "--fail-on", "never"];
    assert!(told(&repository.scrubin(&check).stdout).is_empty());
    assert_eq!(repository.scrubin(&["index"]).code, 0);
    let run = repository.scrubin(&check);
    let expected = "C-RET-008 app/pump.c:5, drivers/sensor.c:1: `sensor_state` never returns a negative number, only 0, 1, 2";
    assert_eq!(told(&run.stdout), [expected], "{}", run.stdout);
    assert_eq!(repository.scrubin(&check).stdout, run.stdout);
    // A damaged page says nothing, and is told.
    let place = repository.path().join(".git/scrubin/index");
    let mut bytes = std::fs::read(&place).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&place, bytes).unwrap();
    let run = repository.scrubin(&check);
    assert!(told(&run.stdout).is_empty());
    assert!(
        run.stdout
            .contains("repository index is not used: it is damaged"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_review_of_a_tree_or_of_commits_knows_the_files_it_reads() {
    let repository = wrong_test();
    repository.commit("pump");
    let never = ["--format", "json", "--fail-on", "never"];
    let all = [&["check", "--all"], &never[..]].concat();
    let first = repository.scrubin(&all);
    assert_eq!(told(&first.stdout).len(), 1, "{}", first.stdout);
    assert_eq!(repository.scrubin(&all).stdout, first.stdout);
    let range = [&["check", "--range", "HEAD~1..HEAD"], &never[..]].concat();
    assert_eq!(told(&repository.scrubin(&range).stdout).len(), 1);
    // Repaired elsewhere: the function fails with a negative number now.
    repository.write("drivers/sensor.c", &SENSOR.replace("return 2", "return -2"));
    repository.commit("sensor");
    assert!(told(&repository.scrubin(&all).stdout).is_empty());
}
