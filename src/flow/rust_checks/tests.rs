//! Code in, analyses and lines out.

#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod bounds;
mod callers;

use super::super::ir::Target;
use super::super::lower_rust;
use super::*;
use crate::syntax::{Language, Limits, MacroTable, Parser};

fn found(text: &str) -> Vec<(&'static str, u32)> {
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(Language::Rust, text.as_bytes(), &MacroTable::new())
        .unwrap();
    let unit = lower_rust::lower(&file, Target::default());
    run(&file, &unit)
        .into_iter()
        .map(|defect| (defect.analysis, file.lines.line(defect.span.start)))
        .collect()
}

fn names(text: &str) -> Vec<&'static str> {
    found(text).into_iter().map(|found| found.0).collect()
}

#[test]
fn the_list_is_sorted() {
    assert!(ANALYSES.windows(2).all(|pair| match pair {
        [one, next] => one.0 < next.0,
        _ => false,
    }));
}

#[test]
fn a_value_is_followed_through_assignments_casts_and_questions() {
    let text = |guard: &str| {
        format!(
            "fn f(b: &[u8]) -> Option<&[u8]> {{
                let raw = b.get(1).copied()?;
                let n = usize::from(raw);
                let end = n;
                {guard}
                Some(&b[..end])
            }}"
        )
    };
    assert_eq!(names(&text("")), ["rust-slice-by-wire-length"]);
    for guard in [
        "if end > b.len() { return None; }",
        "if n > b.len() { return None; }",
        "if usize::from(raw) > b.len() { return None; }",
        "let end = end.min(b.len());",
        "match end { 0..=4 => {} _ => return None }",
        "if !fits(b, end) { return None; }",
        "let _ = b.get(..end)?;",
        "assert!(end <= b.len());",
    ] {
        assert!(names(&text(guard)).is_empty(), "{guard}");
    }
}

#[test]
fn a_debug_assertion_is_no_guard() {
    let text = "fn f(b: &[u8]) -> u8 {
        let n = u16::from_le_bytes([b[0], b[1]]) as usize;
        debug_assert!(n < b.len());
        b[n]
    }";
    assert_eq!(found(text), [("rust-index-by-wire-value", 4)]);
}

#[test]
fn a_guard_in_one_arm_does_not_cover_another() {
    let text = "fn f(b: &[u8], k: u8) -> u8 {
        let n = u16::from_le_bytes([b[0], b[1]]) as usize;
        if k == 1 {
            if n >= b.len() { return 0; }
            b[n]
        } else {
            b[n]
        }
    }";
    assert_eq!(found(text), [("rust-index-by-wire-value", 7)]);
}

#[test]
fn the_shape_of_a_value_may_be_its_bound() {
    assert!(
        names("fn f(t: &[u16; 16], frame: &[u8]) -> u16 { t[(frame[0] & 0x0f) as usize] }")
            .is_empty()
    );
    assert!(names("fn f(t: &[u16; 256], frame: &[u8]) -> u16 { t[frame[0] as usize] }").is_empty());
    assert_eq!(
        names("fn f(t: &[u16; 16], frame: &[u8]) -> u16 { t[(frame[0] & 0x1f) as usize] }"),
        ["rust-index-by-wire-value"]
    );
}

#[test]
fn a_field_of_the_same_object_is_its_own_length() {
    assert!(names("fn f(msg: Msg) { g(&msg.buf[..msg.len]); }").is_empty());
    assert_eq!(
        names("fn f(msg: Msg, out: &mut [u8]) { g(&out[..msg.len]); }"),
        ["rust-slice-by-wire-length"]
    );
}

#[test]
fn tests_are_left_out() {
    let body = "fn f(b: &[u8]) -> &[u8] { &b[..b[0] as usize] }";
    assert_eq!(names(body), ["rust-slice-by-wire-length"]);
    assert!(names(&format!("#[cfg(test)] mod checks {{ {body} }}")).is_empty());
    assert!(names(&format!("mod tests {{ {body} }}")).is_empty());
    assert!(names(&format!("#[test] {body}")).is_empty());
    assert!(!names(&format!("#[cfg(not(test))] {body}")).is_empty());
}

#[test]
fn a_closure_after_a_test_is_guarded() {
    assert!(
        names("fn f(h: &[u8; 4]) -> Option<u8> { let a = h[0]; (a >= 4).then(|| a - 4) }")
            .is_empty()
    );
    assert_eq!(
        names("fn f(frame: &[u8; 4]) -> u8 { let a = frame[0]; a - 4 }"),
        ["rust-unchecked-length-arithmetic"]
    );
}

#[test]
fn mutual_recursion_is_told_once() {
    let text = "struct S; impl S {
        fn a(&mut self) { self.b(); }
        fn b(&mut self) { self.a(); }
    }";
    assert_eq!(names(text), ["rust-recursion"]);
    // The type's own method is meant.
    assert!(names("impl Len for S { fn len(&self) -> u8 { self.len() } }").is_empty());
}
