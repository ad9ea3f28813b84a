//! What a `run:` step does with the exit code of the review in it. Pure.
//!
//! GitHub runs a step as `bash -e`; with `shell: bash` also with `pipefail`. A failing command ends the
//! step, except in what the shell looks at itself: before `||` and `&&`, before a `|`, as a condition.

use super::place::runs_review;

/// What becomes of the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// It is the step's.
    Kept,
    /// The step handles it; whether it keeps it cannot be seen from here.
    Handled,
    /// It is dropped.
    Lost,
}

/// What a step does with the exit code of the review that it runs. `pipes_fail`: a pipe fails with
/// any of its parts.
pub(super) fn code(run: &str, pipes_fail: bool) -> Code {
    let run = run.replace("\\\n", " ");
    let pipes_fail = pipes_fail || run.contains("pipefail");
    // An exit code that is kept in a variable may be given back at the end.
    let gives_back = run.contains("exit $") || run.contains("exit \"$");
    let lost = if gives_back {
        Code::Handled
    } else {
        Code::Lost
    };
    let lines: Vec<&str> = run.lines().map(str::trim).filter(is_command).collect();
    let mut worst = Code::Kept;
    let mut checks = true;
    for (index, line) in lines.iter().enumerate() {
        checks &= !line.starts_with("set +e");
        checks |= line.starts_with("set -e");
        if !runs_review(line) {
            continue;
        }
        let is_last = index + 1 == lines.len();
        let found = of_line(line, is_last, pipes_fail);
        let found = match found {
            Code::Kept if !checks && !is_last => lost,
            Code::Lost => lost,
            other => other,
        };
        if found == Code::Lost || worst == Code::Kept {
            worst = found;
        }
    }
    worst
}

fn is_command(line: &&str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

fn of_line(line: &str, is_last: bool, pipes_fail: bool) -> Code {
    let is_condition = ["if ", "elif ", "while ", "until ", "! "]
        .iter()
        .any(|word| line.starts_with(word));
    if is_condition {
        return Code::Handled;
    }
    // Of the first part that reviews: what follows decides.
    let after = after_review(line);
    if let Some((_, instead)) = after.split_once("||") {
        let fails = instead.contains("false")
            || instead
                .split_once("exit ")
                .is_some_and(|(_, code)| !code.trim_start().starts_with('0'));
        return if fails { Code::Handled } else { Code::Lost };
    }
    if after.replace("&&", "").trim_end().ends_with('&') {
        return Code::Lost;
    }
    if after.contains('|') && !pipes_fail {
        return Code::Lost;
    }
    if after.contains("&&") && !is_last {
        return Code::Lost;
    }
    Code::Kept
}

/// The text behind the words that run the review.
fn after_review(line: &str) -> &str {
    let ends = line
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8())
        .find(|end| line.get(..*end).is_some_and(runs_review));
    ends.and_then(|end| line.get(end..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_call_keeps_it() {
        for run in [
            "scrubin review",
            "make\nscrubin review\necho done\n",
            "scrubin review; echo done",
            "make || true\nscrubin review",
            "scrubin review \\\n  --sarif a.sarif",
            "\"$GITHUB_ACTION_PATH/hooks/action-review\"",
            "make && scrubin review",
            "scrubin review && echo fine",
            "set +e\nmake\nset -e\nscrubin review\necho done",
            "set -o pipefail\nscrubin review | tee log",
            "# scrubin review || true\nscrubin review",
            "make",
        ] {
            assert_eq!(code(run, false), Code::Kept, "{run}");
        }
        assert_eq!(code("scrubin review | tee log", true), Code::Kept);
    }

    #[test]
    fn what_drops_it_is_seen() {
        for run in [
            "scrubin review || true",
            "scrubin review || :",
            "scrubin review || exit 0",
            "scrubin review || echo failed",
            "scrubin review \\\n  || true",
            "scrubin review | tee log",
            "scrubin review &",
            "scrubin review && echo fine\necho done",
            "set +e\nscrubin review\necho done",
            "scrubin check --all || test $? -eq 1",
        ] {
            assert_eq!(code(run, false), Code::Lost, "{run}");
        }
    }

    #[test]
    fn what_handles_it_is_said() {
        for run in [
            "if scrubin review; then echo fine; fi",
            "if ! scrubin review; then exit 1; fi",
            "scrubin review || exit 1",
            "scrubin review || { echo no; exit 3; }",
            "scrubin review || code=$?\nupload\nexit $code",
            "set +e\nscrubin review\ncode=$?\nupload\nexit \"$code\"",
        ] {
            assert_eq!(code(run, false), Code::Handled, "{run}");
        }
    }
}
