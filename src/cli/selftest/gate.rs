//! Each verdict and its exit code, in the real program on real repositories. The rules are ones of these cases, so
//! that no built-in rule decides an answer.

use super::scene::{Expected, Scene, Seen, case};
use crate::evidence::validation::{Case, CaseGroup};

/// Rules of every severity, status and precision, each about a call of its own name.
const RULES: &str = "\
rules:
  - {id: gate.error, languages: [c], severity: ERROR, message: an error, pattern: do_error($X)}
  - {id: gate.warning, languages: [c], severity: WARNING, message: a warning, pattern: do_warning($X)}
  - {id: gate.medium, languages: [c], severity: ERROR, message: a doubt, pattern: do_medium($X), metadata: {precision: medium}}
  - {id: gate.trial, languages: [c], severity: ERROR, message: a trial, pattern: do_trial($X), metadata: {status: experimental}}
  - id: gate.unchecked
    languages: [c]
    severity: ERROR
    message: a use without a check
    patterns:
      - pattern: use_it($X)
      - pattern-not-inside: |
          if (is_fine($X)) { ... }
";

/// A function that calls something.
const CALLS: &str = "void f(int a)\n{\n    CALL\n}\n";

/// A change and what has to come of it.
struct Situation {
    name: &'static str,
    what: &'static str,
    requirements: &'static [&'static str],
    /// What stands in the base: path, and what its function does.
    before: &'static [(&'static str, &'static str)],
    /// What is staged: path, and what its function does.
    after: &'static [(&'static str, &'static str)],
    /// `scrubin.toml` of the base.
    settings: &'static str,
    arguments: &'static [&'static str],
    code: i32,
    says: &'static [&'static str],
}

/// A situation without anything special.
const PLAIN: Situation = Situation {
    name: "",
    what: "",
    requirements: &["R-40"],
    before: &[("a.c", "calm(a);")],
    after: &[],
    settings: "",
    arguments: &[],
    code: 0,
    says: &[],
};

/// An accepted reason.
const EXCUSED: &str = "do_error(a); // scrubin: allow(gate.error, reason = \"The caller checks the length in parse_header.\", until = 2199-12-31)";

const SITUATIONS: [Situation; 22] = [
    Situation {
        name: "nothing-staged",
        what: "nothing is staged",
        says: &["0 files reviewed"],
        ..PLAIN
    },
    Situation {
        name: "no-finding",
        what: "a change without a finding",
        after: &[("a.c", "calm(a + 1);")],
        says: &["no findings"],
        ..PLAIN
    },
    Situation {
        name: "error",
        what: "a new finding of severity error",
        requirements: &["R-40", "R-03"],
        after: &[("a.c", "do_error(a);")],
        code: 1,
        says: &["gate.error", "a.c:3"],
        ..PLAIN
    },
    Situation {
        name: "warning",
        what: "a new finding of severity warning, where errors close the gate",
        after: &[("a.c", "do_warning(a);")],
        says: &["gate.warning"],
        ..PLAIN
    },
    Situation {
        name: "warning-closes",
        what: "a new finding of severity warning, where warnings close the gate",
        after: &[("a.c", "do_warning(a);")],
        arguments: &["--fail-on", "warning"],
        code: 1,
        says: &["gate.warning"],
        ..PLAIN
    },
    Situation {
        name: "never-closes",
        what: "a new error, where nothing closes the gate",
        after: &[("a.c", "do_error(a);")],
        arguments: &["--fail-on", "never"],
        says: &["gate.error"],
        ..PLAIN
    },
    Situation {
        name: "experimental",
        what: "a finding of an experimental rule",
        after: &[("a.c", "do_trial(a);")],
        says: &["gate.trial"],
        ..PLAIN
    },
    Situation {
        name: "below-precision",
        what: "a finding of medium precision, where high is asked for",
        requirements: &["R-40", "R-23"],
        after: &[("a.c", "do_medium(a);")],
        says: &["not shown: 1 below"],
        ..PLAIN
    },
    Situation {
        name: "medium-precision",
        what: "the same, where medium is asked for",
        after: &[("a.c", "do_medium(a);")],
        arguments: &["--precision", "medium"],
        code: 1,
        says: &["gate.medium"],
        ..PLAIN
    },
    Situation {
        name: "old-finding",
        what: "a finding that was there before, in a file that changes",
        requirements: &["R-12", "R-23"],
        before: &[("a.c", "do_error(a);")],
        after: &[("a.c", "do_error(a);\n    calm(a);")],
        says: &["not shown: 1 outside the change"],
        ..PLAIN
    },
    Situation {
        name: "new-beside-old",
        what: "the same finding once more, beside the old one",
        requirements: &["R-12"],
        before: &[("a.c", "do_error(a);")],
        after: &[("a.c", "do_error(a);\n    do_error(a);")],
        code: 1,
        says: &["1 finding: 1 error", "1 outside the change"],
        ..PLAIN
    },
    Situation {
        name: "removed-check",
        what: "the check before a call is removed, the call itself stays as it is",
        requirements: &["R-11"],
        before: &[("a.c", "if (is_fine(a)) {\n    use_it(a);\n    }")],
        after: &[("a.c", "{\n    use_it(a);\n    }")],
        code: 1,
        says: &["gate.unchecked", "a.c:4"],
        ..PLAIN
    },
    Situation {
        name: "excused",
        what: "a finding with a deviation that has a reason and an end",
        requirements: &["R-50"],
        after: &[("a.c", EXCUSED)],
        says: &["not shown: 1 deviated"],
        ..PLAIN
    },
    Situation {
        name: "without-reason",
        what: "a deviation without a reason",
        requirements: &["R-50"],
        after: &[("a.c", "do_error(a); // scrubin: allow(gate.error)")],
        code: 1,
        says: &["gate.error", "X-DEV-001"],
        ..PLAIN
    },
    Situation {
        name: "expired",
        what: "a deviation past its last day",
        requirements: &["R-50"],
        after: &[(
            "a.c",
            "do_error(a); // scrubin: allow(gate.error, reason = \"The caller checks the length in parse_header.\", until = 2020-01-01)",
        )],
        code: 1,
        says: &["gate.error", "X-DEV-004"],
        ..PLAIN
    },
    Situation {
        name: "unknown-rule",
        what: "a deviation from a rule that does not exist",
        requirements: &["R-50"],
        after: &[(
            "a.c",
            "do_error(a); // scrubin: allow(gate.eror, reason = \"The caller checks the length in parse_header.\")",
        )],
        code: 1,
        says: &["gate.error", "X-DEV-002"],
        ..PLAIN
    },
    Situation {
        name: "vendored",
        what: "an error in code of others",
        requirements: &["R-22"],
        settings: "[paths]\nvendor = [\"third/\"]\n",
        after: &[("third/b.c", "do_error(a);")],
        says: &["code of others", "third/b.c"],
        ..PLAIN
    },
    Situation {
        name: "test-code",
        what: "an error in test code",
        settings: "[paths]\ntest = [\"tests/\"]\n",
        after: &[("tests/b.c", "do_error(a);")],
        says: &["gate.error", "tests/b.c:3"],
        ..PLAIN
    },
    Situation {
        name: "other-language",
        what: "a file of a language that is not reviewed",
        requirements: &["R-22"],
        after: &[("b.cpp", "do_error(a);")],
        says: &["C++ is not analysed", "b.cpp"],
        ..PLAIN
    },
    Situation {
        name: "gap",
        what: "a function that is not understood, without a finding elsewhere",
        requirements: &["R-21"],
        after: &[("a.c", "return a +* [ } ;")],
        says: &["not analysed: a.c:3", "(syntax)"],
        ..PLAIN
    },
    Situation {
        name: "json",
        what: "the same error in the report for programs",
        requirements: &["R-34"],
        after: &[("a.c", "do_error(a);")],
        arguments: &["--format", "json"],
        code: 1,
        says: &[
            "\"gate.error\"",
            "\"ruleset_digest\"",
            env!("CARGO_PKG_VERSION"),
        ],
        ..PLAIN
    },
    Situation {
        name: "sarif",
        what: "the same error in SARIF",
        requirements: &["R-34"],
        after: &[("a.c", "do_error(a);")],
        arguments: &["--format", "sarif"],
        code: 1,
        says: &["\"ruleId\": \"gate.error\"", "\"version\": \"2.1.0\""],
        ..PLAIN
    },
];

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = SITUATIONS.iter().map(of_situation).collect();
    cases.push(moved());
    cases.push(staged_not_work_tree());
    cases.push(repeated());
    cases.push(baseline());
    cases.push(hook());
    cases
}

fn of_situation(situation: &Situation) -> Case {
    let seen = Scene::new().and_then(|scene| {
        let before = functions(situation.before);
        let mut files: Vec<(&str, &str)> = before.iter().map(|(a, b)| (*a, b.as_str())).collect();
        if !situation.settings.is_empty() {
            files.push(("scrubin.toml", situation.settings));
        }
        scene.commit(&files)?;
        let after = functions(situation.after);
        let files: Vec<(&str, &str)> = after.iter().map(|(a, b)| (*a, b.as_str())).collect();
        scene.stage(&files)?;
        check(&scene, situation.arguments)
    });
    case(
        (CaseGroup::Gate, situation.name),
        situation.requirements,
        situation.what,
        Expected {
            code: situation.code,
            says: situation.says,
        },
        seen,
    )
}

/// Files with one function each.
fn functions(files: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    files
        .iter()
        .map(|(path, calls)| (*path, CALLS.replace("CALL", calls)))
        .collect()
}

/// Reviews what is staged with the rules of these cases alone.
fn check(scene: &Scene, arguments: &[&str]) -> Result<Seen, String> {
    scene.write(".git/gate.yaml", RULES.as_bytes())?;
    let mut all = vec!["check", "--no-builtin-rules", "--rules", ".git/gate.yaml"];
    all.extend(arguments);
    scene.scrubin(&all)
}

fn text(calls: &str) -> String {
    CALLS.replace("CALL", calls)
}

fn moved() -> Case {
    let seen = Scene::new().and_then(|scene| {
        scene.commit(&[("a.c", &text("do_error(a);"))])?;
        scene.git(&["mv", "a.c", "b.c"])?;
        check(&scene, &[])
    });
    let what = "a file with an old finding is renamed";
    let expected = Expected {
        code: 0,
        says: &["not shown: 1 outside the change"],
    };
    case(
        (CaseGroup::Gate, "renamed"),
        &["R-12"],
        what,
        expected,
        seen,
    )
}

fn staged_not_work_tree() -> Case {
    let seen = Scene::new().and_then(|scene| {
        scene.commit(&[("a.c", &text("calm(a);"))])?;
        scene.stage(&[("a.c", &text("do_error(a);"))])?;
        scene.write("a.c", text("calm(a);").as_bytes())?;
        check(&scene, &[])
    });
    let what = "the staged text has an error, the text in the work tree has none";
    let expected = Expected {
        code: 1,
        says: &["gate.error"],
    };
    case((CaseGroup::Gate, "staged"), &["R-10"], what, expected, seen)
}

/// Twice the same with another number of threads: the second output says whether it is the first.
fn repeated() -> Case {
    let seen = Scene::new().and_then(|scene| {
        let names: Vec<String> = (0..20).map(|number| format!("f{number:02}.c")).collect();
        let error = text("do_error(a);\n    do_warning(a);");
        let files: Vec<(&str, &str)> = names
            .iter()
            .map(|name| (name.as_str(), error.as_str()))
            .collect();
        scene.stage(&files)?;
        let one = check(&scene, &["--all", "--format", "json", "--jobs", "1"])?;
        let four = check(&scene, &["--all", "--format", "json", "--jobs", "4"])?;
        let word = if one.text == four.text {
            "the same bytes"
        } else {
            "other bytes"
        };
        Ok(Seen {
            code: four.code,
            text: word.to_owned(),
        })
    });
    let what = "twenty files are reviewed with one thread and with four";
    let expected = Expected {
        code: 1,
        says: &["the same bytes"],
    };
    case(
        (CaseGroup::Gate, "threads"),
        &["R-04"],
        what,
        expected,
        seen,
    )
}

fn baseline() -> Case {
    let seen = Scene::new().and_then(|scene| {
        scene.commit(&[("a.c", &text("do_error(a);"))])?;
        let rules = ["--no-builtin-rules", "--rules", ".git/gate.yaml"];
        check(&scene, &["--all"])?;
        let mut write = vec!["baseline", "write"];
        write.extend(rules);
        scene.scrubin(&write)?;
        scene.stage(&[("b.c", &text("do_error(a);"))])?;
        check(&scene, &["--all"])
    });
    let what = "a whole tree with one accepted finding and one that came later";
    let expected = Expected {
        code: 1,
        says: &["b.c:3", "not shown: 1 known"],
    };
    case(
        (CaseGroup::Gate, "baseline"),
        &["R-53"],
        what,
        expected,
        seen,
    )
}

fn hook() -> Case {
    let seen = Scene::new().and_then(|scene| {
        scene.commit(&[("a.c", &text("calm(a);"))])?;
        scene.stage(&[(
            "a.c",
            "#include <string.h>\n\nvoid on_frame(const char *name)\n{\n    char tag[8];\n    strcpy(tag, name);\n    use(tag);\n}\n",
        )])?;
        scene.scrubin(&["hook", "pre-commit"])
    });
    let what = "the hook on a staged copy without a bound, with the built-in rules";
    let expected = Expected {
        code: 1,
        says: &["C-STR-001", "a.c:6"],
    };
    case(
        (CaseGroup::Gate, "hook"),
        &["R-40", "R-03"],
        what,
        expected,
        seen,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_expects_words() {
        for one in &SITUATIONS {
            assert!(!one.says.is_empty(), "{}", one.name);
        }
    }
}
