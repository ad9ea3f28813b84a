//! Whether an edit may be written: what stands against it before it is tried, and what the analysis
//! says of the text with it. Pure.

use std::collections::BTreeMap;

use crate::change::edit::Edit;
use crate::finding::{Finding, RuleId, Span};
use crate::review::Tried;
use crate::triage;

/// What stands against an edit whatever the analysis says; `None` = nothing.
pub(super) fn obstacle(text: &[u8], edit: &Edit, replacement: &str) -> Option<String> {
    let old = edit.span.of(text);
    if old == edit.text.as_slice() {
        return Some("it changes nothing".to_owned());
    }
    if replacement.contains('\u{fffd}') {
        return Some("it would rewrite bytes that are no UTF-8".to_owned());
    }
    let is_kept = |comment: &&[u8]| memchr::memmem::find(&edit.text, comment).is_some();
    if !comments(old)
        .iter()
        .all(|comment| is_kept(&comment.as_slice()))
    {
        return Some("a comment stands in the text it replaces".to_owned());
    }
    let lines = || old.split(|&byte| byte == b'\n').skip(1);
    if lines().any(|line| line.trim_ascii_start().starts_with(b"#")) {
        return Some("a preprocessor line stands in the text it replaces".to_owned());
    }
    if loses_its_end(text, edit) {
        return Some("the statement it is in would have no end".to_owned());
    }
    if edit.text.contains(&b'\n') && is_in_directive(text, edit.span) {
        return Some("it has several lines and would stand in a macro".to_owned());
    }
    None
}

/// Whether the text loses the semicolon it ends with, or a comment swallows what follows on its line.
/// The parser reads `name(value)` alone as the statement of a macro, so it does not notice.
fn loses_its_end(text: &[u8], edit: &Edit) -> bool {
    let old = edit.span.of(text).trim_ascii_end();
    let last_line = edit.text.rsplit(|&byte| byte == b'\n').next();
    let comment = comments(last_line.unwrap_or_default())
        .into_iter()
        .find(|comment| comment.starts_with(b"//"));
    let behind = text.get(edit.span.end as usize..).unwrap_or_default();
    let rest = behind.split(|&byte| byte == b'\n').next();
    if comment.is_some() && !rest.unwrap_or_default().trim_ascii().is_empty() {
        return true;
    }
    let new = edit.text.trim_ascii_end();
    let new = comment.and_then(|comment| new.strip_suffix(comment.as_slice()));
    let new = new.unwrap_or(edit.text.as_slice()).trim_ascii_end();
    old.ends_with(b";") && !new.is_empty() && !new.ends_with(b";") && !new.ends_with(b"}")
}

/// The comments of C and Rust in a piece of code, as they are.
fn comments(code: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = code.get(at) {
        let rest = code.get(at..).unwrap_or_default();
        if byte == b'"' || byte == b'\'' {
            at += quoted(rest);
        } else if rest.starts_with(b"/*") {
            let end = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2);
            found.push(rest.get(..end).unwrap_or_default().to_vec());
            at += end;
        } else if rest.starts_with(b"//") {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default().trim_ascii_end();
            found.push(line.to_vec());
            at += end;
        } else {
            at += 1;
        }
    }
    found
}

/// Length of the string or character that `code` begins with. A single quote may also begin a
/// lifetime: then it is no longer than itself.
fn quoted(code: &[u8]) -> usize {
    let Some((&quote, rest)) = code.split_first() else {
        return 0;
    };
    let mut at = 0;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' => break,
            _ if byte == quote => return at + 2,
            _ => at += 1,
        }
    }
    1
}

/// Whether the place stands on a preprocessor line, continued ones included.
fn is_in_directive(text: &[u8], place: Span) -> bool {
    let mut end = place.start as usize;
    loop {
        let before = text.get(..end).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = text.get(start..end).unwrap_or_default();
        if line.trim_ascii_start().starts_with(b"#") {
            return true;
        }
        let Some(above) = start.checked_sub(1) else {
            return false;
        };
        let above_text = text.get(..above).unwrap_or_default();
        if !above_text.trim_ascii_end().ends_with(b"\\") || above_text.ends_with(b"\n") {
            return false;
        }
        end = above;
    }
}

/// Rule and function of a finding: what stays the same where its code is worded anew.
type Place<'f> = (&'f RuleId, Option<&'f str>);

fn place(finding: &Finding) -> Place<'_> {
    (&finding.rule, finding.function.as_deref())
}

/// Looks whether a text with edits may be written: `before` and `after` them, and the findings that
/// they are for.
///
/// # Errors
/// Why not, in words.
pub(super) fn judge(before: &Tried, after: &Tried, edited: &[&Finding]) -> Result<(), String> {
    if !after.is_analysed {
        return Err("the file could not be analysed any more".to_owned());
    }
    if after.gaps > before.gaps
        || after.understood < before.understood
        || after.functions != before.functions
    {
        return Err("the code around it would not parse as well as before".to_owned());
    }
    let count = |tried: &Tried| {
        let mut places: BTreeMap<(RuleId, Option<String>), usize> = BTreeMap::new();
        let mut keys: BTreeMap<String, usize> = BTreeMap::new();
        for finding in &tried.findings {
            let (rule, function) = place(finding);
            let place = (rule.clone(), function.map(str::to_owned));
            *places.entry(place).or_default() += 1;
            *keys.entry(triage::key(finding, None)).or_default() += 1;
        }
        (places, keys)
    };
    let (old_places, old_keys) = count(before);
    let (new_places, new_keys) = count(after);
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    let mut gone: BTreeMap<(RuleId, Option<String>), usize> = BTreeMap::new();
    for finding in edited {
        *wanted.entry(triage::key(finding, None)).or_default() += 1;
        let (rule, function) = place(finding);
        *gone
            .entry((rule.clone(), function.map(str::to_owned)))
            .or_default() += 1;
    }
    let number = |counts: &BTreeMap<String, usize>, key: &String| {
        counts.get(key).copied().unwrap_or_default()
    };
    let stays = wanted
        .iter()
        .any(|(key, edits)| number(&new_keys, key) + edits > number(&old_keys, key));
    if stays {
        return Err("the finding would still be there".to_owned());
    }
    // Code that is worded anew has a new key, so what else is found is counted by rule and function.
    for (place, after) in &new_places {
        let edits = gone.get(place).copied().unwrap_or_default();
        let before = old_places.get(place).copied().unwrap_or_default();
        if after + edits <= before {
            continue;
        }
        if edits > 0 {
            return Err("the finding would still be there, in other words".to_owned());
        }
        let (rule, _) = place;
        return Err(format!("it would bring a new finding of {rule}"));
    }
    Ok(())
}

/// Which of the findings of a report are gone as well, although no edit was for them: those that the
/// text has no more, where their rule also speaks less often in their function. Of findings that may
/// only be worded anew none counts.
pub(super) fn gone(before: &Tried, after: &Tried, reported: &[&Finding]) -> Vec<bool> {
    let count = |tried: &Tried, one: &Finding| {
        let same = |other: &&Finding| place(other) == place(one);
        tried.findings.iter().filter(same).count()
    };
    let is_in = |tried: &Tried, one: &Finding| {
        let key = triage::key(one, None);
        let mut keys = tried.findings.iter().map(|other| triage::key(other, None));
        keys.any(|other| other == key)
    };
    let vanished: Vec<bool> = reported
        .iter()
        .map(|one| is_in(before, one) && !is_in(after, one))
        .collect();
    reported
        .iter()
        .zip(&vanished)
        .map(|(one, &is_vanished)| {
            let alike = reported.iter().zip(&vanished);
            let alike = alike.filter(|(other, gone)| **gone && place(other) == place(one));
            let fewer = count(before, one).saturating_sub(count(after, one));
            is_vanished && alike.count() <= fewer
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "tests")]
    use super::*;
    use crate::report::sample::finding;

    fn edit(text: &str, old: &str, new: &str) -> Option<String> {
        let start = text.find(old).expect("the old text");
        let span = |at: usize| u32::try_from(at).expect("a short text");
        let edit = Edit {
            span: Span::new(span(start), span(start + old.len())),
            text: new.as_bytes().to_vec(),
        };
        obstacle(text.as_bytes(), &edit, new)
    }

    #[test]
    fn what_an_edit_may_not_lose() {
        let reason = |text, old, new| edit(text, old, new).unwrap_or_default();
        assert!(reason("f(a);", "f(a)", "f(a)").contains("changes nothing"));
        assert!(reason("f(a);", "a", "\u{fffd}").contains("UTF-8"));
        assert!(reason("f(a /* why */);", "f(a /* why */)", "g(a)").contains("a comment"));
        assert!(reason("f(a, // why\n b);", "a, // why\n b", "b").contains("a comment"));
        assert!(reason("f(a,\n#if B\n b\n);", "a,\n#if B\n b", "b").contains("preprocessor"));
        assert!(reason("#define F(a) \\\n  g(a)\n", "g(a)", "g(\na)").contains("a macro"));
        for (text, old, new) in [
            ("f(\"http://x\", a);", "f(\"http://x\", a)", "g(a)"),
            ("f(a /* why */);", "a /* why */", "b /* why */"),
            ("f('\"', a); // x", "f('\"', a)", "g(a)"),
            ("#define F 1\ng(a);", "g(a)", "g(\na)"),
            ("#define F(a) \\\n  g(a)\n", "g(a)", "h(a)"),
        ] {
            assert_eq!(edit(text, old, new), None, "{text}");
        }
    }

    fn tried(rules: &[(&str, &str)]) -> Tried {
        let findings = rules.iter().map(|(rule, tokens)| {
            let mut one = finding("a.c", 4, "f(x);", 1, 5);
            one.rule = RuleId::parse(rule).expect("an id");
            one.tokens = (*tokens).to_owned();
            one.function = Some("f".to_owned());
            one
        });
        Tried {
            is_analysed: true,
            findings: findings.collect(),
            gaps: 1,
            understood: 3,
            functions: vec!["f".to_owned()],
        }
    }

    #[test]
    fn what_goes_with_an_edit_is_gone_and_what_is_worded_anew_is_not() {
        let before = tried(&[("A", "x"), ("B", "y"), ("C", "z")]);
        let after = tried(&[("B", "y2")]);
        let reported: Vec<&Finding> = before.findings.iter().collect();
        assert_eq!(gone(&before, &after, &reported), [true, false, true]);
        let kept = tried(&[("A", "x"), ("B", "y"), ("C", "z")]);
        assert_eq!(gone(&before, &kept, &reported), [false, false, false]);
    }

    #[test]
    fn an_edit_must_remove_its_finding_and_bring_no_other() {
        let before = tried(&[
            ("C-STR-001", "strcpy(d,s)"),
            ("C-LEN-001", "for(;;)strcpy(d,s)"),
        ]);
        let edited = [before.findings.first().expect("a finding")];
        let refusal = |after: &Tried| judge(&before, after, &edited).err().unwrap_or_default();
        // The loop around it is the same finding in other words.
        let good = tried(&[("C-LEN-001", "for(;;)strlcpy(d,s)")]);
        assert_eq!(judge(&before, &good, &edited), Ok(()));
        assert_eq!(judge(&before, &tried(&[]), &edited), Ok(()));
        assert!(refusal(&before).contains("still be there"));
        let renamed = tried(&[("C-STR-001", "strcpy(e,s)")]);
        assert!(refusal(&renamed).contains("in other words"));
        let worse = tried(&[("C-STR-002", "printf(s)")]);
        assert!(refusal(&worse).contains("new finding of C-STR-002"));
        for change in [
            |one: &mut Tried| one.gaps = 2,
            |one: &mut Tried| one.understood = 2,
            |one: &mut Tried| one.functions.clear(),
        ] {
            let mut after = good.clone();
            change(&mut after);
            assert!(refusal(&after).contains("parse"));
        }
        let mut unread = good;
        unread.is_analysed = false;
        assert!(refusal(&unread).contains("not be analysed"));
    }
}
