//! Two versions of a file as a unified diff that `git apply` and `patch` read. Pure.

use std::ops::Range;

use crate::change::diff::LineDiff;
use crate::finding::RepoPath;

/// Lines shown around a change.
const CONTEXT: u32 = 3;

/// The diff; empty where the texts are equal.
pub(super) fn unified(path: &RepoPath, old: &[u8], new: &[u8]) -> Vec<u8> {
    let diff = LineDiff::between(old, new);
    if diff.hunks().is_empty() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (label, side) in [("---", b'a'), ("+++", b'b')] {
        out.extend_from_slice(label.as_bytes());
        out.push(b' ');
        out.extend_from_slice(&quoted(side, path));
        out.push(b'\n');
    }
    let old_lines: Vec<&[u8]> = old.split_inclusive(|&byte| byte == b'\n').collect();
    let new_lines: Vec<&[u8]> = new.split_inclusive(|&byte| byte == b'\n').collect();
    let mut hunks = diff.hunks().iter().peekable();
    while let Some(first) = hunks.next() {
        let mut group = vec![first];
        let mut last = first;
        // Hunks whose context would touch are one.
        while let Some(next) =
            hunks.next_if(|next| next.base.start <= last.base.end.saturating_add(2 * CONTEXT))
        {
            group.push(next);
            last = next;
        }
        let lead = CONTEXT.min(first.base.start.saturating_sub(1));
        let trail = CONTEXT.min(
            diff.base_lines()
                .saturating_add(1)
                .saturating_sub(last.base.end),
        );
        let base = first.base.start - lead..last.base.end + trail;
        let head = first.head.start.saturating_sub(lead)..last.head.end + trail;
        out.extend_from_slice(format!("@@ -{} +{} @@\n", range(&base), range(&head)).as_bytes());
        let mut at = base.start;
        for hunk in group {
            write(&mut out, b' ', &old_lines, at..hunk.base.start);
            write(&mut out, b'-', &old_lines, hunk.base.clone());
            write(&mut out, b'+', &new_lines, hunk.head.clone());
            at = hunk.base.end;
        }
        write(&mut out, b' ', &old_lines, at..base.end);
    }
    out
}

/// `START,COUNT`; an empty range names the line before it.
fn range(lines: &Range<u32>) -> String {
    let count = lines.end.saturating_sub(lines.start);
    match count {
        0 => format!("{},0", lines.start.saturating_sub(1)),
        1 => lines.start.to_string(),
        _ => format!("{},{count}", lines.start),
    }
}

fn write(out: &mut Vec<u8>, sign: u8, lines: &[&[u8]], range: Range<u32>) {
    for number in range {
        let index = (number as usize).saturating_sub(1);
        let line = lines.get(index).copied().unwrap_or_default();
        out.push(sign);
        out.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            out.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
    }
}

/// `a/PATH`, in quotes with octal escapes where git writes it so.
fn quoted(side: u8, path: &RepoPath) -> Vec<u8> {
    let bytes = path.as_bytes();
    let needs = |byte: &u8| !(0x20..0x7f).contains(byte) || matches!(byte, b'"' | b'\\');
    if !bytes.iter().any(needs) {
        let mut name = vec![side, b'/'];
        name.extend_from_slice(bytes);
        // A blank would end the name for `patch`; a tab after it does not.
        if bytes.contains(&b' ') {
            name.push(b'\t');
        }
        return name;
    }
    let mut name = vec![b'"', side, b'/'];
    for byte in bytes {
        match byte {
            b'"' | b'\\' => name.extend_from_slice(&[b'\\', *byte]),
            0x20..0x7f => name.push(*byte),
            _ => name.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
        }
    }
    name.push(b'"');
    name
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_diff_reads_as_git_writes_it() {
        let old = b"1\n2\n3\n4\n5\n6\n7\n8";
        let new = b"1\n2\n3\n4\nfive\n6\n7\n8";
        let text = unified(&RepoPath::from("a b.c"), old, new);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "--- a/a b.c\t\n+++ b/a b.c\t\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n\\ No newline at end of file\n"
        );
        assert_eq!(unified(&RepoPath::from("a.c"), old, old), b"");
        assert_eq!(
            quoted(b'a', &RepoPath::new(b"\xc3\xa4\".c".to_vec())),
            b"\"a/\\303\\244\\\".c\""
        );
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            Just("a\n"),
            Just("b\n"),
            Just("c\r\n"),
            Just("\n"),
            Just("d")
        ];
        prop::collection::vec(line, 0..24).prop_map(|lines| lines.concat().into_bytes())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn git_applies_what_is_printed(old in text(), new in text()) {
            prop_assume!(old != new && !old.is_empty() && !new.is_empty());
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join("x.c");
            std::fs::write(&place, &old).unwrap();
            let diff = unified(&RepoPath::from("x.c"), &old, &new);
            let mut git = Command::new("git")
                .args(["apply", "--whitespace=nowarn", "-"])
                .current_dir(folder.path())
                .env("GIT_CEILING_DIRECTORIES", folder.path())
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("git");
            git.stdin.take().unwrap().write_all(&diff).unwrap();
            let output = git.wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            prop_assert!(output.status.success(), "{}\n{}", told, String::from_utf8_lossy(&diff));
            prop_assert_eq!(std::fs::read(&place).unwrap(), new);
        }
    }
}
