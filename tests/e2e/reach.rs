//! A hook reads a part of a C file: what it calls new is what a review of whole files calls new.

use super::json;
use super::repository::Repository;

/// A function that no change below reaches.
const FAR: &str = "void far_away(void)\n{\n    int unused = 0;\n    (void)unused;\n}\n";

const DIVISOR: &str = "static int divisor;\nvoid init(void)\n{\n    divisor = 5;\n}\n\
                       int share(int x)\n{\n    return x / divisor;\n}\n";

/// A value that may be NULL, handed on twice.
const CHAIN: &str = "static int value;\nstatic int *leaf(int n)\n{\n    (void)n;\n    return &value;\n}\n\
                     static int *middle(int n)\n{\n    return leaf(n);\n}\n\
                     static int *outer(int n)\n{\n    return middle(n);\n}\n\
                     void user(int n)\n{\n    int *p = outer(n);\n    *p = 1;\n}\n";

/// Rule, path and line of the new findings of a report.
fn new_findings(text: &str) -> Vec<(String, String, u64)> {
    let report = json(text);
    let findings = report["findings"].as_array().expect("findings");
    let new = findings.iter().filter(|one| one["state"] == "new");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    new.map(|one| {
        (
            text(&one["rule"]),
            text(&one["path"]),
            one["line"].as_u64().unwrap_or(0),
        )
    })
    .collect()
}

#[test]
fn the_hook_finds_what_a_review_of_whole_files_finds() {
    let sized = |head: &str, size: u32| {
        format!(
            "{head} {{\n    char a;\n    char b[{size}];\n}};\nvoid set(struct s *o)\n{{\n    o->b[7] = 1;\n}}\n"
        )
    };
    let macros = |size: u32| {
        format!(
            "#define N {size}\ntypedef struct {{ char b[N]; }} in_t;\ntypedef struct {{ in_t in; int z; }} out_t;\n\
                 void set(out_t *o)\n{{\n    o->in.b[7] = 1;\n}}\n"
        )
    };
    let spans = |call: &str| {
        format!(
            "void setup(void)\n{{\n    make_safe();\n}}\nvoid work(int *q)\n{{\n    first(q);\n{call}}}\n"
        )
    };
    let writer = "void init(void)\n{\n    divisor = 5;\n}\n";
    let cases: Vec<(&str, String, String)> = vec![
        (
            "writer gone",
            DIVISOR.to_owned(),
            DIVISOR.replace("    divisor = 5;\n", ""),
        ),
        (
            "writer dead",
            DIVISOR.to_owned(),
            DIVISOR.replace(writer, &format!("#if 0\n{writer}#endif\n")),
        ),
        (
            "writer in a comment",
            DIVISOR.to_owned(),
            DIVISOR.replace(writer, &format!("/*\n{writer}*/\n")),
        ),
        (
            "three calls away",
            CHAIN.to_owned(),
            CHAIN.replace("    return &value;", "    return 0;"),
        ),
        (
            "type behind a macro",
            sized("struct ALIGNED(4) s", 8),
            sized("struct ALIGNED(4) s", 4),
        ),
        ("macro in a type of a type", macros(8), macros(4)),
        (
            "pattern over two functions",
            spans(""),
            spans("    danger(q);\n"),
        ),
        (
            "nothing",
            DIVISOR.to_owned(),
            DIVISOR.replace("return x / divisor", "return (x) / divisor"),
        ),
    ];
    let rule = "rules:\n  - id: acme.danger\n    languages: [c]\n    severity: WARNING\n    message: danger\n    \
                patterns:\n      - pattern: danger($X)\n      - pattern-not-inside: |\n          \
                void setup(void) { ... make_safe(); ... }\n          ...\n          void $G(int *$P) { ... }\n";
    for (name, base, head) in cases {
        let repository = Repository::new();
        repository.write("acme.yaml", rule);
        repository.write("a.c", &format!("{base}{FAR}"));
        repository.commit("base");
        repository.write("a.c", &format!("{head}{FAR}"));
        repository.git(&["add", "a.c"]);
        let options = [
            "--precision",
            "low",
            "--rules",
            "acme.yaml",
            "--format",
            "json",
        ];
        let staged = repository.scrubin(&[&["check", "--staged"][..], &options].concat());
        repository.git(&["commit", "-qm", "head"]);
        let whole =
            repository.scrubin(&[&["check", "--range", "HEAD~1..HEAD"][..], &options].concat());
        let found = new_findings(&whole.stdout);
        assert_eq!(
            new_findings(&staged.stdout),
            found,
            "{name}\n{}",
            staged.stderr
        );
        let is_silent = matches!(name, "nothing" | "pattern over two functions");
        assert_eq!(found.is_empty(), is_silent, "{name}: {found:?}");
    }
}
