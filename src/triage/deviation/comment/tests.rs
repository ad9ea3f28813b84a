#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Deviation {
    parse_deviation_comment(text).unwrap().unwrap()
}

fn refused(text: &str) -> (String, String) {
    let error = parse_deviation_comment(text).unwrap_err();
    let at = text[error.offset..].chars().take(8).collect();
    (error.to_string(), at)
}

#[test]
fn the_full_form_is_read() {
    let deviation = read(
        r#"// scrubin: allow(C-LEN-001, weak-hash, reason = "length checked in \"parse_hdr\"", until = 2027-06-30, ticket = "RISK-41", approved-by = "QA")"#,
    );
    assert_eq!(deviation.rules, ["C-LEN-001", "weak-hash"]);
    assert_eq!(
        deviation.reason.as_deref(),
        Some("length checked in \"parse_hdr\"")
    );
    assert_eq!(deviation.until, NaiveDate::from_ymd_opt(2027, 6, 30));
    assert_eq!(deviation.ticket.as_deref(), Some("RISK-41"));
    assert_eq!(deviation.approved_by.as_deref(), Some("QA"));
}

#[test]
fn every_kind_of_comment_holds_one() {
    for text in [
        "// scrubin: allow(R, reason = \"x\")",
        "/* scrubin: allow(R, reason = \"x\") */",
        "/** scrubin:allow( R ,reason=\"x\" , ) */",
        "# scrubin: allow(R, reason = \"x\")",
        "; scrubin: allow(R, reason = \"x\")",
        "//! Scrubin: ALLOW (R, reason = \"x\") and more words",
        "/* bounded above; scrubin: allow(R, reason = \"x\") */",
        "/*\n * scrubin: allow(R,\n *   reason = \"x\")\n */",
        "scrubin: allow(R, R, reason = \"x\")",
    ] {
        let deviation = read(text);
        assert_eq!(deviation.rules, ["R"], "{text}");
        assert_eq!(deviation.reason.as_deref(), Some("x"), "{text}");
    }
}

#[test]
fn a_long_reason_may_go_on_in_the_next_line() {
    let deviation =
        read("/* scrubin: allow(R, reason = \"the length is \n   * checked by DMA\") */");
    assert_eq!(
        deviation.reason.as_deref(),
        Some("the length is checked by DMA")
    );
}

#[test]
fn a_comment_that_only_mentions_scrubin_is_none() {
    for text in [
        "",
        "// copies the frame",
        "// scrubin is quiet here",
        "// see scrubin: it explains the rule",
        "// myscrubin: allow(x)",
        "// scrubin allows this",
        "// allow(C-LEN-001)",
        "/* ßcrubin: allow(x) */",
    ] {
        assert_eq!(parse_deviation_comment(text), Ok(None), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases = [
        ("// scrubin: ignore", "`ignore` is nothing", "ignore"),
        ("// scrubin:", "`` is nothing", ""),
        ("// scrubin allow(R)", "with a colon", "allow(R)"),
        ("// scrubin: allow R", "`(` is missing", "R"),
        (
            "// scrubin: allow(R, reason = \"x\"",
            "`)` is missing",
            "(R, reas",
        ),
        ("/* scrubin: allow(R */", "`)` is missing", "(R */"),
        ("/* scrubin: allow(R, */", "`)` is missing", "(R, */"),
        ("// scrubin: allow(R, reason = \"x)", "closing `\"`", "\"x)"),
        (
            "// scrubin: allow(*, reason = \"x\")",
            "`*` is not allowed",
            "*, reaso",
        ),
        ("// scrubin: allow()", "no rule is named", "()"),
        (
            "// scrubin: allow(reason = \"x\")",
            "no rule is named",
            "(reason ",
        ),
        (
            "// scrubin: allow(R reason = \"x\")",
            "missing before `r`",
            "reason =",
        ),
        (
            "// scrubin: allow(R, \"x\")",
            "`\"` cannot stand here",
            "\"x\")",
        ),
        (
            "// scrubin: allow(R, raeson = \"x\")",
            "did you mean `reason`?",
            "raeson =",
        ),
        ("// scrubin: allow(R, reason = x)", "double quotes", "x)"),
        (
            "// scrubin: allow(R, until = 2027-02-30)",
            "`2027-02-30` is no date",
            "2027-02-",
        ),
        (
            "// scrubin: allow(R, until = 2027-6-3)",
            "`2027-6-3` is no date",
            "2027-6-3",
        ),
        (
            "// scrubin: allow(R, ticket = A, ticket = B)",
            "given twice",
            "ticket =",
        ),
        (
            "// scrubin: allow(R, until=2027-06-30, until=2027-06-30)",
            "given twice",
            "until=20",
        ),
        (
            "// scrubin: allow(R) scrubin: allow(S)",
            "one deviation",
            "scrubin:",
        ),
        ("// scrubin: allow(RÄ)", "missing before `Ä`", "Ä)"),
    ];
    for (text, message, at) in cases {
        let (said, place) = refused(text);
        assert!(said.contains(message), "{text}: {said}");
        assert_eq!(place, at, "{text}");
    }
}

#[test]
fn an_empty_reason_is_read_and_judged_later() {
    assert_eq!(read("// scrubin: allow(R)").reason, None);
    assert_eq!(
        read("// scrubin: allow(R, reason = \" \")")
            .reason
            .as_deref(),
        Some(" ")
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}") {
        let _ = parse_deviation_comment(&text);
    }

    #[test]
    fn pieces_in_any_order_make_no_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "scrubin", ":", " ", "allow", "(", ")", "\"", "\\", "*", "*/", "\n", "reason", "=",
                "until", "2027-06-30", ",", "C-LEN-001", "ß", "/", "S", "#",
            ]),
            0..30,
        )
    ) {
        let text: String = pieces.concat();
        for lead in ["", "// scrubin: allow("] {
            let whole = format!("{lead}{text}");
            if let Err(error) = parse_deviation_comment(&whole) {
                prop_assert!(whole.is_char_boundary(error.offset));
            }
        }
    }

    #[test]
    fn what_is_written_comes_back(
        rules in prop::collection::btree_set("[A-Z][A-Za-z0-9-]{0,8}", 1..4),
        reason in "[^\"\\\\\n\r]{1,20}",
    ) {
        let list: Vec<String> = rules.into_iter().collect();
        let text = format!("// scrubin: allow({}, reason = \"{reason}\")", list.join(", "));
        // The reason itself may hold another deviation; that is refused, rightly.
        prop_assume!(!reason.to_ascii_lowercase().contains("scrubin"));
        let deviation = parse_deviation_comment(&text).unwrap().unwrap();
        prop_assert_eq!(deviation.rules, list);
        prop_assert_eq!(deviation.reason.unwrap(), reason);
    }
}

#[test]
fn the_comments_in_the_documentation_are_read() {
    let page = include_str!("../../../../docs/deviations.md");
    let code: Vec<&str> = page.split("```c\n").skip(1).collect();
    let block = code[0].split("```").next().unwrap();
    let (first, rest) = block.split_once("\n\n").unwrap();
    let line_comment = &first[first.find("//").unwrap()..];
    assert_eq!(read(line_comment).rules, ["C-LEN-014"]);
    let block_comment = &rest[..rest.find("*/").unwrap() + 2];
    let deviation = read(block_comment);
    assert_eq!(deviation.rules, ["C-LEN-001", "unbounded-loop"]);
    assert_eq!(deviation.approved_by.as_deref(), Some("M. Huber"));
}
