//! Configuration is reviewed as code is: what a staged change brings in, on the lines it changes.

use super::repository::Repository;
use super::{GOOD, json};

/// Stages a new text of a committed file, and gives the rules reported with their lines.
fn told(path: &str, before: &str, after: &str) -> Vec<(String, u64)> {
    let repository = Repository::new();
    repository.write(path, before);
    repository.commit("base");
    repository.write(path, after);
    repository.git(&["add", path]);
    let arguments = ["check", "--precision", "medium", "--format", "json"];
    let run = repository.scrubin(&arguments);
    let report = json(&run.stdout);
    let findings = report["findings"].as_array().expect("a list");
    findings
        .iter()
        .filter(|one| one["verdict"] == "report")
        .map(|one| {
            let rule = one["rule"].as_str().expect("a code").to_owned();
            (rule, one["line"].as_u64().expect("a line"))
        })
        .collect()
}

fn rule(code: &str, line: u64) -> (String, u64) {
    (code.to_owned(), line)
}

#[test]
fn a_staged_kconfig_fragment_is_reviewed() {
    // What was there before is not this change's.
    let before = "CONFIG_BT=y\nCONFIG_HW_STACK_PROTECTION=n\n";
    let after = format!("{before}CONFIG_BT_FIXED_PASSKEY=y\nCONFIG_WATCHDOG=n\n");
    assert_eq!(
        told("prj.conf", before, &after),
        [rule("X-NET-007", 3), rule("X-WDG-005", 4)]
    );
}

#[test]
fn a_staged_cargo_manifest_is_reviewed() {
    let before = "[package]\nname = \"pump\"\nversion = \"1.0.0\"\n\n[dependencies]\n";
    let after = format!("{before}heapless = \"*\"\n");
    assert_eq!(told("Cargo.toml", before, &after), [rule("R-DEP-001", 6)]);
}

#[test]
fn a_staged_west_manifest_is_reviewed() {
    let before = "manifest:\n  projects:\n    - name: drivers\n      url: https://git.example/drivers\n      \
                  revision: 5b0c1d2e3f405162738495a6b7c8d9e0f1a2b3c4\n";
    let after = before.replace("5b0c1d2e3f405162738495a6b7c8d9e0f1a2b3c4", "main");
    assert_eq!(told("west.yml", before, &after), [rule("X-DEP-001", 5)]);
}

#[test]
fn staged_submodules_are_reviewed() {
    let before =
        "[submodule \"lib/crypto\"]\n\tpath = lib/crypto\n\turl = https://git.example/crypto.git\n";
    let after = format!(
        "{before}[submodule \"lib/can\"]\n\tpath = lib/can\n\turl = http://git.example/can.git\n"
    );
    assert_eq!(told(".gitmodules", before, &after), [rule("X-DEP-001", 6)]);
    // The commit pins it; a branch is what `git submodule update --remote` looks at.
    let branch = format!("{before}\tbranch = develop\n");
    assert!(told(".gitmodules", before, &branch).is_empty());
}

#[test]
fn vendored_code_changes_with_its_record_or_is_told() {
    let repository = Repository::new();
    repository.write("scrubin.toml", "[paths]\nvendor = [\"third_party/\"]\n");
    repository.write("third_party/lwip/tcp.c", GOOD);
    repository.write("third_party/lwip/udp.c", GOOD);
    repository.write("third_party/nanopb/pb.c", GOOD);
    repository.write("docs/soup.md", "lwip 2.1\n");
    repository.commit("base");
    let rules = |arguments: &[&str]| -> Vec<String> {
        let run = repository.scrubin(arguments);
        let report = json(&run.stdout);
        let findings = report["findings"].as_array().expect("a list");
        findings
            .iter()
            .filter(|one| one["verdict"] == "report")
            .map(|one| {
                format!(
                    "{} {}",
                    one["rule"].as_str().expect("a code"),
                    one["path"].as_str().expect("a path")
                )
            })
            .collect()
    };
    let check = ["check", "--format", "json"];
    repository.write("third_party/lwip/tcp.c", &format!("{GOOD}int more;\n"));
    repository.write("third_party/lwip/udp.c", &format!("{GOOD}int more;\n"));
    repository.write("third_party/nanopb/pb.c", &format!("{GOOD}int more;\n"));
    repository.git(&["add", "."]);
    // Once for each component.
    assert_eq!(
        rules(&check),
        [
            "X-DEP-003 third_party/lwip/tcp.c",
            "X-DEP-003 third_party/nanopb/pb.c"
        ]
    );
    repository.write("docs/soup.md", "lwip 2.1, patched: RISK-7\n");
    repository.git(&["add", "."]);
    assert!(rules(&check).is_empty());
    // Where the project names its record, that one counts.
    repository.write(
        "scrubin.toml",
        "[paths]\nvendor = [\"third_party/\"]\nvendor-record = [\"bom.json\"]\n",
    );
    repository.git(&["add", "."]);
    assert_eq!(rules(&check).len(), 2);
    let only = ["check", "--format", "json", "--only", "C-LEN-014"];
    assert!(rules(&only).is_empty());
}

/// Files written on Windows: the same findings on the same lines.
#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    for (path, before, after) in [
        (
            "prj.conf",
            "CONFIG_BT=y\n",
            "CONFIG_NRF_APPROTECT_LOCK=n\nCONFIG_BT=y\n",
        ),
        (
            "west.yml",
            "manifest:\n  projects: []\n",
            "manifest:\n  projects:\n    - name: hal\n      url: https://example.org/hal\n      revision: main\n",
        ),
        (
            "src/a.c",
            "int x;\n",
            "#include <stdlib.h>\nint f(char *x)\n{\n    if (x[0]) {\n        goto fail;\n    }\n    free(x);\n    return 0;\nfail:\n    return x[0];\n}\n",
        ),
    ] {
        let plain = told(path, before, after);
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(told(path, &crlf(before), &crlf(after)), plain, "{path}");
        let marked = format!("\u{feff}{after}");
        assert_eq!(told(path, before, &marked), plain, "{path}");
    }
    assert!(!told("prj.conf", "", "CONFIG_NRF_APPROTECT_LOCK=n\n").is_empty());
}
