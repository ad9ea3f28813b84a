use super::{check, findings, refused};

const CODE: &str = "void f(void) {\na(1);\nb(2);\na(3);\n}\nvoid g(void) {\na(4);\n}\n";

#[test]
fn either() {
    check(
        "c",
        "pattern-either:\n- pattern: a(1)\n- pattern: b(2)",
        CODE,
        &[2, 3],
    );
}

#[test]
fn negations() {
    check(
        "c",
        "patterns:\n- pattern: a($X)\n- pattern-not: a(3)",
        CODE,
        &[2, 7],
    );
    check(
        "c",
        "patterns:\n- pattern: a($X)\n- pattern-not-inside: void g(...) { ... }",
        CODE,
        &[2, 4],
    );
    check(
        "c",
        "patterns:\n- pattern: a($X)\n- pattern-not-regex: '[13]'",
        CODE,
        &[7],
    );
    check(
        "c",
        "patterns:\n- pattern: a($X)\n- pattern-not:\n    patterns:\n    - pattern: a($X)\n    - metavariable-regex: {metavariable: $X, regex: '1'}",
        CODE,
        &[4, 7],
    );
}

#[test]
fn inside() {
    check(
        "c",
        "patterns:\n- pattern: a($X)\n- pattern-inside: void g(...) { ... }",
        CODE,
        &[7],
    );
    check(
        "c",
        "patterns:\n- pattern-inside: void f(...) { ... }\n- pattern-either:\n  - pattern: b(...)\n  - pattern: a(4)",
        CODE,
        &[3],
    );
}

#[test]
fn what_is_around_is_never_the_match() {
    let rule = |pattern: &str| {
        format!(
            "patterns:\n- pattern: {pattern}\n- pattern-either:\n  - pattern-inside: |\n      let $G = $C.take();\n      ...\n  \
             - pattern-inside: |\n      let $G = $C.give();\n      ..."
        )
    };
    // The closure's block stands inside of `run(..)`.
    let code = "fn f(c: Cell) {\nrun(|| {\nlet g = c.take();\nuse_it(g);\n});\n}\n";
    check("rust", &rule("run(...)"), code, &[]);
    check("rust", &rule("use_it(...)"), code, &[4]);
}

#[test]
fn two_positives_keep_the_smaller() {
    check(
        "c",
        "patterns:\n- pattern: b(a($X))\n- pattern: a($X)",
        "void f(void) {\nb(\n a(1));\na(2);\n}",
        &[3],
    );
}

#[test]
fn regexes() {
    check("c", "pattern-regex: 'a\\(\\d\\)'", CODE, &[2, 4, 7]);
    check(
        "c",
        "patterns:\n- pattern: a($X)\n- pattern-regex: a\\(3\\)",
        CODE,
        &[4],
    );
    check(
        "c",
        "patterns:\n- pattern-regex: (?P<N>a)\\(4\\)\n- metavariable-regex: {metavariable: $N, regex: a}",
        CODE,
        &[7],
    );
}

#[test]
fn metavariable_regex_starts_at_the_beginning() {
    check(
        "c",
        "patterns:\n- pattern: $F(1)\n- metavariable-regex: {metavariable: $F, regex: b}",
        "void f(void) {\nab(1);\nbc(1);\n}",
        &[3],
    );
    check(
        "c",
        "patterns:\n- pattern: $F(1)\n- metavariable-regex: {metavariable: $F, regex: '.*b$'}",
        "void f(void) {\nab(1);\nbc(1);\n}",
        &[2],
    );
}

#[test]
fn metavariable_pattern() {
    let code = "void f(void) {\na(x + 1);\na(x - 1);\na(b(x + 1));\n}";
    check(
        "c",
        "patterns:\n- pattern: a($X)\n- metavariable-pattern: {metavariable: $X, pattern: $Y + 1}",
        code,
        &[2, 4],
    );
    check(
        "c",
        "patterns:\n- pattern: a($X)\n- metavariable-pattern:\n    metavariable: $X\n    patterns:\n    - pattern-not: $Y + 1",
        code,
        &[3, 4],
    );
    check(
        "c",
        "patterns:\n- pattern: $F($X)\n- metavariable-pattern:\n    metavariable: $F\n    pattern-either:\n    - pattern: b\n    - pattern: c",
        code,
        &[4],
    );
}

#[test]
fn metavariable_comparison() {
    let code = "void f(void) {\na(1);\na(0x20);\na(x);\n}";
    let rule = |what: &str| {
        format!(
            "patterns:\n- pattern: a($X)\n- metavariable-comparison: {{metavariable: $X, comparison: '{what}'}}"
        )
    };
    check("c", &rule("$X > 10"), code, &[3]);
    check("c", &rule("$X % 2 == 1"), code, &[2]);
    check("c", &rule("$X in [1, 2]"), code, &[2]);
    check("c", &rule("not ($X == 1) and $X < 100"), code, &[3]);
}

#[test]
fn metavariable_analysis() {
    let code = "void f(void) {\na(\"password password\");\na(\"x8Kq2LmZ0pWv7TdR4sYb\");\n}";
    check(
        "c",
        "patterns:\n- pattern: a(\"$X\")\n- metavariable-analysis: {metavariable: $X, analyzer: entropy}",
        code,
        &[3],
    );
    let code = "void f(void) {\na(\"(a+)+$\");\na(\"abc\");\n}";
    check(
        "c",
        "patterns:\n- pattern: a(\"$X\")\n- metavariable-analysis: {metavariable: $X, analyzer: redos}",
        code,
        &[2],
    );
}

#[test]
fn focus() {
    check(
        "c",
        "patterns:\n- pattern: |\n    a($X,\n      $Y)\n- focus-metavariable: $Y",
        "void f(void) {\na(1,\n2);\n}",
        &[3],
    );
    check(
        "c",
        "patterns:\n- pattern: a($X, $Y)\n- focus-metavariable: [$X, $Y]",
        "void f(void) {\na(1,\n2);\n}",
        &[2, 3],
    );
}

#[test]
fn paths() {
    let at = |paths: &str, path: &str| {
        findings("c", &format!("pattern: a($X)\npaths: {paths}"), path, CODE).len()
    };
    assert_eq!(at("{include: [drivers]}", "drivers/a.c"), 3);
    assert_eq!(at("{include: [drivers]}", "sys/a.c"), 0);
    assert_eq!(at("{exclude: ['*_test.c']}", "sys/a_test.c"), 0);
    assert_eq!(at("{exclude: ['*_test.c']}", "sys/a.c"), 3);
    assert_eq!(at("{include: [/sys]}", "old/sys/a.c"), 0);
}

#[test]
fn fixes() {
    let fix = |body: &str| {
        let found = findings("c", body, "a.c", "void f(void) {\na(1, n);\n}");
        found
            .first()
            .and_then(|first| first.fix.as_ref())
            .map(|fix| fix.replacement.clone())
    };
    assert_eq!(
        fix("pattern: a($X, $Y)\nfix: b($Y, $X)").as_deref(),
        Some("b(n, 1)")
    );
    // A branch that did not match binds nothing, and half a fix is none.
    let branch = "pattern-either:\n- pattern: a(1, $Y)\n- pattern: b($X)\nfix: c($X)";
    assert_eq!(fix(branch), None);
    let group = "patterns:\n- pattern: a($X, $Y)\n- metavariable-regex: {metavariable: $Y, regex: '(?<NAME>.)'}\nfix: c($NAME)";
    assert_eq!(fix(group).as_deref(), Some("c(n)"));
    let regex = "pattern: a($X, $Y)\nfix-regex: {regex: 'a\\((\\d)', replacement: 'c(\\1'}";
    assert_eq!(fix(regex).as_deref(), Some("c(1, n)"));
}

#[test]
fn messages_hold_what_was_bound() {
    let yaml = "rules:\n- {id: r, languages: [c], severity: ERROR, message: 'got $X of $Y', pattern: 'a($X)'}\n";
    let engine = super::engine(yaml);
    let mut parser = super::Parser::new(super::Limits::default());
    let code = b"void f(void) { a(1); }";
    let file = parser
        .parse(super::Language::C, code, &super::MacroTable::default())
        .unwrap();
    let scan = engine.scan(&super::RepoPath::from("a.c"), &file);
    assert_eq!(
        scan.findings.first().map(|found| found.message.as_str()),
        Some("got 1 of $Y")
    );
}

#[test]
fn bad_rules_are_refused() {
    let negative = "patterns:\n- pattern: f($X)\n- pattern-not: f($Y)\nfix: f($Y)";
    for fix in [
        "pattern: f($X)\nfix: f($Y)",
        negative,
        "pattern: f($_)\nfix: f($_)",
    ] {
        refused("c", fix, "`fix` names `$");
    }
    refused("c", "f(", "no expression, statement");
    refused("c", "pattern: ''", "empty");
    refused("rust", "let = = ;", "not Rust code");
    refused("c", "pattern-regex: '('", "no regular expression");
    refused(
        "c",
        "patterns:\n- pattern: f($X)\n- focus-metavariable: $Y",
        "bound by no pattern",
    );
    refused(
        "c",
        "patterns:\n- pattern: f($X)\n- metavariable-comparison: {metavariable: $X, comparison: '$X >'}",
        "bad comparison",
    );
    refused(
        "c",
        "pattern: f($X)\noptions: {no_such_option: true}",
        "unknown field",
    );
    refused(
        "c",
        "patterns:\n- pattern: f($X)\n- pattern-nope: g()",
        "pattern-nope",
    );
}

#[test]
fn a_rule_has_to_say_what_it_looks_for() {
    super::refused("c", "patterns:\n- pattern-not: f()", "what to look for");
    super::refused("c", "patterns: []", "what to look for");
}

/// What a part that takes matches away could not look at to its end is no finding, but a gap.
#[test]
fn a_cut_rule_with_exclusions_has_no_findings() {
    let scan = |not: &str| {
        let body = format!("patterns:\n- pattern: a($X)\n- pattern-not-regex: '{not}'");
        let engine = super::engine(&super::rule("c", &body));
        let code = format!("/* {} */\nvoid f(void) {{ a(1); }}", "x".repeat(60));
        let mut parser = super::Parser::new(super::Limits::default());
        let table = super::MacroTable::default();
        let file = parser.parse(super::Language::C, code.as_bytes(), &table);
        let scan = engine.scan(&super::RepoPath::from("a.c"), &file.unwrap());
        (scan.findings.len(), scan.cut.len())
    };
    assert_eq!(scan("b"), (1, 0));
    assert_eq!(scan(r"(?:(x+)(x+))+(?!z)\1\2y"), (0, 1));
}
