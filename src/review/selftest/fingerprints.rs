//! The identity of findings: known code has its known fingerprint, and edits elsewhere do not change it.

use super::Bench;
use crate::evidence::validation::{Case, CaseGroup};
use crate::finding::RepoPath;
use crate::review::Ruleset;
use crate::triage::{Fingerprint, fingerprints};

/// The rule that finds what is identified.
const RULE: &str = "rules:\n  - id: selftest.known\n    languages: [c]\n    severity: ERROR\n    message: m\n    pattern: danger($X)\n";

/// The known code.
const CODE: &str = "void on_frame(int n)\n{\n    log(n);\n    danger(n + 1);\n}\n";

/// The fingerprint of the finding in it, as written down when the recipe was made: a change makes every stored
/// baseline, deviation and record worthless.
const KNOWN: &str = "47a2e85e0916483656033425346b72629307cd2e2c52bbbab2184db4e074d1ed:0";

/// What an edit does to the known code.
struct Edit {
    name: &'static str,
    what: &'static str,
    path: &'static str,
    text: fn() -> String,
    /// What becomes of key and of the key without the path.
    expected: &'static str,
}

const EDITS: [Edit; 8] = [
    Edit {
        name: "lines-above",
        what: "lines are added above the finding",
        path: "src/a.c",
        text: || format!("#include <x.h>\n\nint before;\n{CODE}"),
        expected: "same key, same key without path",
    },
    Edit {
        name: "layout",
        what: "indentation, line breaks and comments change",
        path: "src/a.c",
        text: || CODE.replace("danger(n + 1)", "/* now */ danger(n\n      +  1)"),
        expected: "same key, same key without path",
    },
    Edit {
        name: "other-statements",
        what: "other statements of the function change",
        path: "src/a.c",
        text: || CODE.replace("log(n);", "log(n, 2);\n    more();"),
        expected: "same key, same key without path",
    },
    Edit {
        name: "moved-in-file",
        what: "the function moves to the end of the file",
        path: "src/a.c",
        text: || format!("void first(void)\n{{\n    log(0);\n}}\n{CODE}"),
        expected: "same key, same key without path",
    },
    Edit {
        name: "moved-to-another-file",
        what: "the function moves to another file",
        path: "lib/b.c",
        text: || CODE.to_owned(),
        expected: "other key, same key without path",
    },
    Edit {
        name: "renamed-function",
        what: "the function is called something else",
        path: "src/a.c",
        text: || CODE.replace("on_frame", "on_packet"),
        expected: "other key, other key without path",
    },
    Edit {
        name: "other-argument",
        what: "the call itself changes",
        path: "src/a.c",
        text: || CODE.replace("n + 1", "n + 2"),
        expected: "other key, other key without path",
    },
    Edit {
        name: "gone",
        what: "the call is repaired",
        path: "src/a.c",
        text: || CODE.replace("danger", "safe"),
        expected: "no finding",
    },
];

/// All cases; where not even the rule can be read, one that says so.
pub(super) fn cases() -> Vec<Case> {
    let mut rules = Ruleset::default();
    let texts = [("selftest".to_owned(), RULE.to_owned())];
    if let Err(error) = rules.add_texts(&texts, false) {
        let what = "the rule that finds the known code is read";
        return vec![case("rule", what, "a rule", &error.to_string())];
    }
    let mut bench = Bench::new(&rules.rules);
    let known = match of(&mut bench, "src/a.c", CODE) {
        Ok(known) => known,
        Err(problem) => {
            let what = "the known code is read";
            return vec![case("code", what, "code that parses", &problem)];
        }
    };
    let first = known.first();
    let value = first.map_or_else(|| "no finding".to_owned(), Fingerprint::value);
    let what = "the fingerprint of known code is the one written down";
    let mut cases = vec![case("known", what, KNOWN, &value)];
    for edit in &EDITS {
        let now = of(&mut bench, edit.path, &(edit.text)());
        let actual = match (first, now.as_ref().map(|found| found.first())) {
            (_, Err(problem)) => problem.clone(),
            (Some(before), Ok(Some(after))) => {
                let word = |is_same: bool| if is_same { "same" } else { "other" };
                format!(
                    "{} key, {} key without path",
                    word(before.key == after.key),
                    word(before.moved_key == after.moved_key)
                )
            }
            _ => "no finding".to_owned(),
        };
        cases.push(case(edit.name, edit.what, edit.expected, &actual));
    }
    let twice = CODE.replace("log(n);", "danger(n + 1);");
    let numbers = match of(&mut bench, "src/a.c", &twice) {
        Ok(found) => {
            let numbers = found.iter().map(|one| one.ordinal.to_string());
            numbers.collect::<Vec<String>>().join(", ")
        }
        Err(problem) => problem,
    };
    let what = "two equal calls in a function are told apart by their number";
    cases.push(case("equal", what, "0, 1", &numbers));
    cases
}

/// What is found in the code; why it cannot be told.
fn of(bench: &mut Bench, path: &str, code: &str) -> Result<Vec<Fingerprint>, String> {
    let path = RepoPath::from(path);
    let found = bench.findings(&path, (code, None))?;
    Ok(fingerprints(&found, &path))
}

fn case(name: &str, what: &str, expected: &str, actual: &str) -> Case {
    let id = format!("fingerprint/{name}");
    Case::compared(
        CaseGroup::Fingerprint,
        id,
        &["R-12"],
        what,
        (expected, actual),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_holds() {
        let cases = cases();
        assert_eq!(cases.len(), EDITS.len() + 2);
        for case in cases {
            assert!(case.holds, "{case:?}");
        }
    }
}
