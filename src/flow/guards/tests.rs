//! Code in, names of defects and their lines out.

use super::{Guards, guarded_sinks, removed};
use crate::flow::lower_c;
use crate::syntax::{Language, Limits, MacroTable, Parser, SourceFile};

mod certain;
mod given;
mod limits;
mod quiet;
mod states;
mod walks;

fn parsed(text: &str) -> SourceFile<'_> {
    let mut parser = Parser::new(Limits::default());
    parser
        .parse(Language::C, text.as_bytes(), &MacroTable::new())
        .unwrap()
}

fn unit(text: &str) -> crate::flow::ir::Unit {
    lower_c::lower(&parsed(text), Default::default(), &Default::default())
}

fn told(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    Guards::new(&unit(text), &parsed(text)).defects(None, &mut out);
    out.iter()
        .map(|defect| {
            let line = text.as_bytes()[..defect.span.start as usize]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count()
                + 1;
            format!("{line} {}", defect.analysis)
        })
        .collect()
}

const TYPES: &str = "typedef unsigned char uint8_t; typedef unsigned short uint16_t; typedef unsigned int uint32_t; typedef unsigned int size_t;\n";

fn with_types(text: &str) -> Vec<String> {
    told(&format!("{TYPES}{text}"))
}

#[test]
fn a_test_of_the_input_is_no_test_of_the_destination() {
    let bad = "struct s { uint8_t name[16]; };
void on_rx(struct s *s, const uint8_t *f, size_t len) {
    if (len < 2) return;
    uint8_t n = f[1];
    if (n > len - 2) return;
    memcpy(s->name, f + 2, n);
}";
    assert_eq!(with_types(bad), ["7 unbounded-copy-length"]);
    let good = bad.replace("n > len - 2", "n > len - 2 || n > sizeof s->name");
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn a_test_of_the_destination_is_no_test_of_the_input() {
    let bad = "struct s { uint8_t name[16]; };
void on_rx(struct s *s, const uint8_t *f, size_t len) {
    if (len < 2) return;
    uint8_t n = f[1];
    if (n > sizeof s->name) n = sizeof s->name;
    memcpy(s->name, f + 2, n);
}";
    assert_eq!(with_types(bad), ["7 copy-beyond-input"]);
}

#[test]
fn callers_of_a_private_function_may_test_for_it() {
    let bad = "struct s { uint8_t name[16]; };
static void keep(struct s *s, const uint8_t *f, size_t len) {
    memcpy(s->name, f, len);
}
void on_rx(struct s *s, const uint8_t *f, size_t len) {
    keep(s, f, len);
}";
    assert_eq!(with_types(bad), ["4 given-copy-length"]);
    let good = bad.replace("    keep(", "    if (len <= 16) keep(");
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn a_guard_must_dominate() {
    let bad = "static uint8_t table[8];
void set(const uint8_t *f, size_t len, int checked) {
    if (len < 2) return;
    if (checked) { if (f[0] >= 8) return; }
    table[f[0]] = f[1];
}";
    assert_eq!(with_types(bad), ["6 tainted-index"]);
}

#[test]
fn a_condition_kept_in_a_variable_is_a_guard() {
    let good = "static uint8_t table[8];
int set(const uint8_t *f, size_t len) {
    int ok = len >= 2 && f[0] < 8;
    if (!ok) return -1;
    table[f[0]] = f[1];
    return 0;
}";
    assert_eq!(with_types(good), [""; 0]);
}

#[test]
fn a_walk_that_checks_first_is_silent_later() {
    let text = "void walk(const uint8_t *b, size_t n) {
    size_t i = 0;
    while (i + 2 <= n) { uint8_t l = b[i + 1]; if (l < 1 || l > n - i) return; i += l; }
    i = 0;
    while (i + 2 <= n) { uint8_t l = b[i + 1]; eat(b + i, l); i += l; }
}";
    assert!(
        !with_types(text)
            .iter()
            .any(|line| line.contains("tlv-walk-unchecked"))
    );
}

#[test]
fn a_comparison_that_a_change_takes_away_is_told() {
    let base = format!(
        "{TYPES}static uint8_t out[64];
void put(const uint8_t *f, size_t n) {{
    if (n > sizeof out) return;
    memcpy(out, f, n);
}}"
    );
    let head = base.replace("    if (n > sizeof out) return;\n", "");
    let base = guarded_sinks(&unit(&base), base.as_bytes());
    let sinks = guarded_sinks(&unit(&head), head.as_bytes());
    let defects = removed(&base, &sinks);
    assert_eq!(defects.len(), 1);
    assert_eq!(defects[0].names[1].1, "n > sizeof out");
    assert_eq!(removed(&base, &base), []);
}

#[test]
fn broken_code_does_no_harm() {
    for text in [
        "void f(",
        "int f(int a) { goto x; }",
        "void f(void) { for (;;) ; }",
        "",
    ] {
        told(text);
    }
}
