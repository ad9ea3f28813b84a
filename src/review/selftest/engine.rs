//! The engine on known texts: what each operator finds, and what the parser says it did not understand.

use super::{ExampleRun, run_examples};
use crate::evidence::validation::{Case, CaseGroup};
use crate::review::Ruleset;
use crate::syntax::{Language, Limits, MacroTable, Parser};

/// A rule for each operator, with the texts that it answers.
const RULES: &str = include_str!("engine.yaml");

/// A text and what the parser makes of it.
struct Reading {
    name: &'static str,
    what: &'static str,
    requirements: &'static [&'static str],
    language: Language,
    text: fn() -> Vec<u8>,
    expected: &'static str,
}

const READINGS: [Reading; 8] = [
    Reading {
        name: "understood",
        what: "two functions without anything unusual",
        requirements: &["R-21"],
        language: Language::C,
        text: || b"int f(void)\n{\n    return 1;\n}\nint g(int a)\n{\n    return a;\n}\n".to_vec(),
        expected: "2 of 2 functions; no gap",
    },
    Reading {
        name: "not-understood",
        what: "a function that is no C, beside one that is",
        requirements: &["R-21"],
        language: Language::C,
        text: || {
            b"int f(int a)\n{\n    return a +* [ } ;\n}\nint g(void)\n{\n    return 1;\n}\n"
                .to_vec()
        },
        expected: "1 of 2 functions; syntax on lines 3 to 3 in f",
    },
    Reading {
        name: "arm-not-chosen",
        what: "two arms of #if, of which one can be read at a time",
        requirements: &["R-21"],
        language: Language::C,
        text: || {
            b"int f(int a)\n{\n#if FAST\n    if (a) {\n#else\n    if (!a) {\n#endif\n        a = 2;\n    }\n    return a;\n}\n".to_vec()
        },
        expected: "1 of 1 functions; inactive-arm on lines 5 to 6 in f",
    },
    Reading {
        name: "too-deep",
        what: "expressions nested deeper than the limit",
        requirements: &["R-21"],
        language: Language::C,
        text: || {
            format!(
                "int f(int a)\n{{\n    return {}a{};\n}}\n",
                "(".repeat(3_000),
                ")".repeat(3_000)
            )
            .into_bytes()
        },
        expected: "0 of 1 functions; depth on lines 3 to 3 in f",
    },
    Reading {
        name: "too-large",
        what: "a file larger than the limit",
        requirements: &["R-20"],
        language: Language::C,
        text: || vec![b' '; (1 << 20) + 1],
        expected: "refused: 1048577 bytes are more than the size limit",
    },
    Reading {
        name: "line-ends",
        what: "lines that end in carriage return and line feed, behind a byte order mark",
        requirements: &["R-21"],
        language: Language::C,
        text: || b"\xef\xbb\xbfint f(void)\r\n{\r\n    return 1;\r\n}\r\n".to_vec(),
        expected: "1 of 1 functions; no gap",
    },
    Reading {
        name: "other-bytes",
        what: "comments and texts in an encoding that is not UTF-8",
        requirements: &["R-21"],
        language: Language::C,
        text: || b"/* M\xfcller */\nint f(void)\n{\n    return puts(\"\xe9\");\n}\n".to_vec(),
        expected: "1 of 1 functions; no gap",
    },
    Reading {
        name: "rust",
        what: "Rust without the standard library",
        requirements: &["R-21"],
        language: Language::Rust,
        text: || {
            b"#![no_std]\npub fn f<const N: usize>(a: &[u8; N]) -> Option<u8> {\n    a.first().copied()\n}\n".to_vec()
        },
        expected: "1 of 1 functions; no gap",
    },
];

/// All cases of the engine.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = patterns();
    cases.extend(READINGS.iter().map(|reading| {
        let actual = read(reading.language, &(reading.text)());
        case(
            reading.name,
            reading.requirements,
            reading.what,
            reading.expected,
            &actual,
        )
    }));
    cases
}

/// The operators, each by the examples of its rule.
fn patterns() -> Vec<Case> {
    let mut rules = Ruleset::default();
    if let Err(error) = rules.add_texts(&[("engine".to_owned(), RULES.to_owned())], false) {
        let what = "the rules that show the operators are read";
        return vec![case("rules", &["R-01"], what, "rules", &error.to_string())];
    }
    run_examples(&rules).into_iter().map(of_example).collect()
}

fn of_example(run: ExampleRun) -> Case {
    let name = run.rule.as_str();
    let name = name.strip_prefix("engine.").unwrap_or(name);
    Case {
        id: format!("engine/{name}/{}", run.name()),
        group: CaseGroup::Engine,
        requirements: vec!["R-01".to_owned()],
        what: format!("`{name}` on a text that {}", run.tells()),
        expected: run.expected,
        actual: run.actual,
        holds: run.holds,
    }
}

/// What the parser understood of a text, in one line.
fn read(language: Language, text: &[u8]) -> String {
    let mut parser = Parser::new(Limits::default());
    let file = match parser.parse(language, text, &MacroTable::new()) {
        Ok(file) => file,
        Err(error) => return format!("refused: {error}"),
    };
    let whole = file.functions.iter().filter(|one| !one.has_error).count();
    let gaps: Vec<String> = file
        .gaps
        .iter()
        .map(|gap| {
            let (first, last) = gap.lines;
            let function = gap.function.as_deref().unwrap_or("no function");
            format!(
                "{} on lines {first} to {last} in {function}",
                gap.kind.as_str()
            )
        })
        .collect();
    let gaps = match gaps.is_empty() {
        true => "no gap".to_owned(),
        false => gaps.join(", "),
    };
    format!("{whole} of {} functions; {gaps}", file.functions.len())
}

fn case(name: &str, requirements: &[&str], what: &str, expected: &str, actual: &str) -> Case {
    let id = format!("engine/{name}");
    Case::compared(
        CaseGroup::Engine,
        id,
        requirements,
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
        assert!(cases.len() > 40, "{}", cases.len());
        let failed: Vec<&Case> = cases.iter().filter(|case| !case.holds).collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }
}
