use pulldown_cmark::{Event, Tag, TagEnd};

use super::super::submission::{Context, Submission, Suggestion};
use super::*;
use crate::report::{Report, sample, visible};

fn submission(report: &Report) -> Submission {
    let context = Context {
        repository: "acme/pump".to_owned(),
        head: "a".repeat(40),
        ..Context::default()
    };
    Submission::new(report, &context)
}

const HERE: Anchor = Anchor {
    start_line: None,
    line: 42,
    is_exact: true,
};

/// The comment on the first finding of the sample, changed by `change`.
fn rendered(form: Form, anchor: Option<Anchor>, change: impl FnOnce(&mut Item)) -> String {
    let mut one = submission(&sample::full());
    let mut item = one.findings.remove(0);
    change(&mut item);
    render(&item, one.rules.get(&item.rule), form, anchor)
}

#[test]
fn the_first_comment_of_a_rule_is_long() {
    insta::assert_snapshot!(rendered(Form::Long, Some(HERE), |_| {}), @r#"
    <!-- scrubin:finding v1 fp=000000000000000000000000000000000000000000000000000000000000002a:0 moved=0000000000000000000000000000000000000000000000000000000000000000 rule=C-LEN-014 form=long -->
    **blocking error**: `buf` is filled with the size of `frame`, not its own. A frame longer than the buffer overwrites what lies behind it: the dose, say, or a return address. The peer chooses the length.

    <details><summary>How it gets here: 2 steps</summary>

    1. `src/ble.c:30` `frame` comes from the radio
    2. `src/ble.c:42` copied without a check against `buf`

    - `src/ble.h:7` `buf` has 16 bytes

    </details>

    **Fix:** Use the size of the destination, and refuse what does not fit.

    ```c
    buf
    ```

    `C-LEN-014` · source-sized-copy · [CWE-806](https://cwe.mitre.org/data/definitions/806.html) · [CWE-787](https://cwe.mitre.org/data/definitions/787.html) · `scrubin explain C-LEN-014`
    "#);
}

#[test]
fn later_ones_are_short() {
    let long = rendered(Form::Long, Some(HERE), |_| {});
    let short = rendered(Form::Short, Some(HERE), |_| {});
    assert!(short.len() < long.len());
    assert!(!short.contains("return address"));
    assert!(short.contains("form=short"));
}

#[test]
fn a_suggestion_needs_its_exact_lines() {
    let with = |item: &mut Item| {
        item.suggestion = Some(Suggestion {
            first_line: 42,
            last_line: 42,
            text: "\tmemcpy(buf, frame, sizeof(buf)); // ```` x".to_owned(),
        });
    };
    let text = rendered(Form::Short, Some(HERE), with);
    assert!(
        text.contains("`````suggestion\n\tmemcpy(buf, frame, sizeof(buf)); // ```` x\n`````\n"),
        "{text}"
    );
    for anchor in [
        None,
        Some(Anchor { line: 43, ..HERE }),
        Some(Anchor {
            start_line: Some(41),
            ..HERE
        }),
        Some(Anchor {
            is_exact: false,
            ..HERE
        }),
    ] {
        let text = rendered(Form::Short, anchor, with);
        assert!(!text.contains("suggestion"), "{anchor:?}: {text}");
    }
}

#[test]
fn a_comment_on_a_file_names_the_line() {
    let text = rendered(Form::Short, None, |_| {});
    assert!(text.contains("Line 42 of this file"), "{text}");
}

#[test]
fn a_proposed_deviation_is_shown() {
    let text = rendered(Form::Short, Some(HERE), |item| {
        item.proposed = Some(super::super::submission::Proposed {
            reason: "checked by @octocat in #12".to_owned(),
            ticket: None,
        });
    });
    assert!(
        text.contains("**Proposed deviation:** checked by `@octocat` in `#12.`"),
        "{text}"
    );
}

/// Whatever strangers write: no mention, no reference, no link, no HTML, nothing hidden.
fn assert_harmless(text: &str) {
    assert!(
        !text.chars().any(|c| c != '\n' && visible::is_hidden(c)),
        "{text}"
    );
    let mut in_code = false;
    for event in pulldown_cmark::Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("https://cwe.mitre.org/"), "{dest_url}");
            }
            Event::Start(Tag::Image { .. }) => panic!("an image"),
            Event::Text(words) if !in_code => {
                assert!(!words.contains('@') && !words.contains("#1"), "{words}");
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let mut rest = html.into_string();
                for tag in ["<details>", "</details>", "<summary>", "</summary>"] {
                    rest = rest.replace(tag, "");
                }
                if let Some(marker) = rest.trim().strip_prefix("<!-- scrubin:") {
                    rest = marker.replacen("-->", "", 1);
                }
                assert!(!rest.contains('<') && !rest.contains("-->"), "{rest}");
            }
            _ => {}
        }
    }
}

#[test]
fn hostile_text_is_quoted() {
    let one = submission(&sample::hostile());
    for item in &one.findings {
        for form in [Form::Long, Form::Short] {
            for anchor in [None, Some(HERE)] {
                assert_harmless(&render(item, one.rules.get(&item.rule), form, anchor));
            }
        }
    }
    // A rule's own texts may come from a hostile file too.
    let evil = "<img src=x> @octocat #1 [a](http://b) \u{202e} ``` -->".to_owned();
    let rule = RuleText {
        slug: evil.clone(),
        why: evil.clone(),
        how_to_fix: evil.clone(),
        cwe: vec![1],
        page: Some("https://evil.example/)](x @octocat".to_owned()),
    };
    assert_harmless(&render(&one.findings[0], Some(&rule), Form::Long, None));
}

#[test]
fn a_body_is_cut_on_a_line_and_closed() {
    let line = "word é ".repeat(20);
    let body = format!(
        "<!-- scrubin:review v1 head=ab -->\n<details><summary>x</summary>\n\n````c\n{}",
        format!("{line}\n").repeat(2_000)
    );
    for limit in [BODY_LIMIT, 5_000, 400] {
        let text = cut(&body, limit);
        assert!(text.len() <= limit, "{limit}: {}", text.len());
        assert!(
            text.starts_with("<!-- scrubin:"),
            "the marker stays at the head"
        );
        assert!(text.contains("_Cut here"));
        assert_eq!(text.matches("````").count() % 2, 0, "{limit}");
        assert_eq!(
            text.matches("<details>").count(),
            text.matches("</details>").count()
        );
    }
    assert_eq!(cut("short\n", BODY_LIMIT), "short\n");
}

#[test]
fn no_finding_makes_a_body_that_github_refuses() {
    let mut one = submission(&sample::full());
    let mut item = one.findings.remove(0);
    item.message = "`x` é ".repeat(20_000);
    item.replacement = Some("`".repeat(50_000));
    item.trace = vec![
        Place {
            path: "a/".repeat(10_000),
            line: 1,
            message: "|".repeat(15_000),
        };
        500
    ];
    let text = render(&item, None, Form::Long, None);
    assert!(text.len() <= BODY_LIMIT, "{}", text.len());
}
