//! Text in, IR out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

use super::super::ir::{print_function, print_unit};
use super::*;
use crate::syntax::{Limits, MacroTable, Parser};

fn with<T>(text: &str, see: impl FnOnce(&Unit) -> T) -> T {
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(Language::Rust, text.as_bytes(), &MacroTable::new())
        .unwrap();
    see(&lower(&file, Target::default()))
}

fn ir(text: &str) -> String {
    with(text, print_unit)
}

/// All these lines are in the IR; blocks are numbered as they are made, not as they run.
fn has(text: &str, lines: &[&str]) {
    let ir = ir(text);
    for line in lines {
        assert!(ir.contains(line), "no `{line}` in\n{ir}");
    }
}

#[test]
fn let_else_and_if_let_are_branches_on_the_variant() {
    has(
        "fn f(b: &[u8], i: usize) -> u8 { let Some(a) = b.get(i) else { return 0 }; *a }",
        &[
            "t2 = call .get((*b), i)",
            "t3 = discriminant t2",
            "t4 = t3 == 1",
            "if t4 then b2 else b1",
            "return 0",
            "a = t2.Some.0",
            "(*a)",
        ],
    );
    has(
        "fn f(x: Result<u8, E>) { if let Ok(v) = x && v > 3 { g(v); } }",
        &["discriminant x", "== 0", "v = x.Ok.0", "v > 3", "call g(v)"],
    );
}

#[test]
fn question_mark_leaves() {
    has(
        "fn f(a: usize, b: usize) -> Option<usize> { let n = a.checked_sub(b)?; Some(n) }",
        &[
            "call .checked_sub(a, b)",
            "discriminant",
            "== 1",
            "return ?",
            "n = t2.Some.0",
        ],
    );
}

#[test]
fn ranges_are_calls_and_elements_projections() {
    has(
        "fn f(b: &[u8], n: usize) { g(&b[2..n]); h(b[n]); k(&b[n..]); }",
        &[
            "call index_range((*b), 2, n)",
            "call g(",
            "call h((*b)[n])",
            "len (*b)",
            "call index_range((*b), n, t",
        ],
    );
}

#[test]
fn range_constants_of_modules_are_evaluated() {
    has(
        "mod field { pub const LEN: Field = 2..4; }
         fn f(b: &[u8]) { g(&b[field::LEN]); if b.len() < field::LEN.end { } }",
        &["call index_range((*b), 2`LEN`, 4`LEN`)"],
    );
}

#[test]
fn integers_take_the_type_of_what_they_meet() {
    with(
        "fn f(b: &[u8]) -> u16 { let mut i = 0; while i < b.len() { i += 1; } let k = 7u16; k }",
        |unit| {
            let function = unit.functions.first().unwrap();
            let name = unit.names.find("i").unwrap();
            let local = function.locals.iter().find(|l| l.name == name).unwrap();
            assert_eq!(unit.types.int(local.ty), Some((32, false)));
            assert!(print_function(unit, function).contains("k = 7"));
        },
    );
}

#[test]
fn matches_test_arm_by_arm() {
    has(
        "fn f(n: u8) -> u8 { match n { 0 => 1, 1..=5 | 9 => 2, k @ 10.. if k < 20 => k, _ => todo!() } }",
        &[
            "n == 0",
            "n == 9",
            "n >= 10",
            "n >= 1",
            "n <= 5",
            "call todo!()",
            "unreachable",
            "k = n",
            "k < 20",
        ],
    );
}

#[test]
fn counted_loops_test_the_end() {
    has(
        "fn f(b: &[u8]) { for i in 0..b.len() { g(b[i]); } for (k, x) in b.iter().enumerate() { h(k, *x); } }",
        &["len (*b)", "< t", "i = ", "call g((*b)[i])", "call h(k, x)"],
    );
}

#[test]
fn assert_panics_and_debug_assert_only_claims() {
    has(
        "fn f(n: usize) { assert!(n < 4 && n > 1); debug_assert!(n != 2, \"{}\", n); }",
        &["n < 4", "(assert)", "n != 2", "(debug_assert)"],
    );
    has(
        "fn f(n: usize) { assert!(n < 4); }",
        &["call assert!()", "unreachable"],
    );
}

#[test]
fn closures_stand_where_they_are_written() {
    has(
        "fn f(q: Option<u16>, a: u8, b: u8) { q.map(|v| v + 1); (a >= b).then(|| a - b); cs::with(|c| { g(c); }); }",
        &[
            "if ? then",
            "v + 1",
            "call .map(q,",
            "a >= b",
            "a - b",
            "call g(c)",
            "call cs::with(",
        ],
    );
}

#[test]
fn tuple_patterns_count_wildcards() {
    has(
        "fn f(p: (u8, u16, u32)) { let (_, b, c) = p; g(b, c); }",
        &["b = p.1", "c = p.2"],
    );
}

#[test]
fn conversions_between_integers_are_casts() {
    has(
        "fn f(a: u8) -> u32 { let b = u16::from(a); let c: u32 = b.into(); c + a as u32 }",
        &["a as u16", "b as u32", "a as u32", "c + t"],
    );
}

#[test]
fn results_that_nobody_uses_say_so() {
    with("fn f() { g(); let _ = h(); let x = k(); }", |unit| {
        let text = format!("{:?}", unit.functions.first().unwrap().blocks);
        assert!(text.contains("Dropped") && text.contains("Discarded") && text.contains("Used"));
    });
}

#[test]
fn deep_nesting_is_a_gap_and_no_overflow() {
    let text = format!(
        "fn f() {{ let x = {}1{}; }}",
        "(".repeat(600),
        ")".repeat(600)
    );
    with(&text, |unit| {
        assert!(unit.functions.first().unwrap().has_gap);
    });
}
