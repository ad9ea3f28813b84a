//! The same code with other names and sizes: what a repair has to hold for as well.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::Shape;
use super::tokens::{Kind, Token, tokens};
use super::{Examine, Exercise};

/// Another form of a piece of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    language: String,
    names: BTreeMap<String, String>,
    numbers: BTreeMap<String, String>,
    /// What is different, for the learner.
    pub words: &'static str,
}

impl Variant {
    /// The form of a text; comments stay, line numbers too.
    pub fn of(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let all = tokens(text, &self.language).tokens;
        for (index, token) in all.iter().enumerate() {
            let new = match token.kind {
                Kind::Word if !is_field(&all, index) => self.names.get(token.text),
                Kind::Number => self.numbers.get(token.text),
                _ => None,
            };
            if let Some(new) = new {
                out.push_str(text.get(at..token.start).unwrap_or_default());
                out.push_str(new);
                at = token.start + token.text.len();
            }
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

/// Whether a name is that of a field or method, which belongs to a type.
fn is_field(all: &[Token<'_>], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|before| all.get(before));
    before.is_some_and(|before| before.is(".") || before.is("->"))
}

/// Ways to make another name of one. The first keeps what a name says by its end, the second leaves
/// nothing of it.
const NAMINGS: [fn(&str, usize) -> String; 2] = [
    |name, _| format!("unit_{name}"),
    |_, number| format!("item{number}"),
];

/// How much larger a size becomes.
const GROWTH: u64 = 8;

/// Forms of the exercise in which the rules of the lesson still find the weakness; the others would prove
/// nothing of a repair.
pub fn variants(exercise: &Exercise, examine: &mut Examine<'_>) -> Vec<Variant> {
    if !matches!(exercise.language.as_str(), "c" | "rust") {
        return Vec::new();
    }
    let names = own_names(exercise);
    let renamed = |naming: fn(&str, usize) -> String| -> BTreeMap<String, String> {
        names
            .iter()
            .enumerate()
            .map(|(number, name)| ((*name).to_owned(), naming(name, number + 1)))
            .collect()
    };
    let numbers = sizes(exercise);
    let language = exercise.language.clone();
    let with = |names, numbers, words| Variant {
        language: language.clone(),
        names,
        numbers,
        words,
    };
    let candidates = [
        with(
            renamed(NAMINGS[0]),
            numbers.clone(),
            "other names and sizes",
        ),
        with(
            renamed(NAMINGS[1]),
            BTreeMap::new(),
            "names that say nothing",
        ),
        with(BTreeMap::new(), numbers, "other sizes"),
    ];
    candidates
        .into_iter()
        .filter(|variant| !(variant.names.is_empty() && variant.numbers.is_empty()))
        .filter(|variant| {
            let found = examine(&exercise.path, &variant.of(&exercise.code));
            found.is_ok_and(|found| {
                found.iter().any(|one| {
                    exercise.rules.contains(one.rule.as_str())
                        && usize::try_from(one.location.start.line)
                            .is_ok_and(|line| line == exercise.line)
                })
            })
        })
        .collect()
}

/// Parameters and variables of the functions, by order: names that nobody outside knows.
fn own_names(exercise: &Exercise) -> Vec<&str> {
    let shape = Shape::of(&exercise.code, &exercise.language);
    let all = &shape.text.tokens;
    let mut names: Vec<&str> = Vec::new();
    for function in &shape.functions {
        for parameter in &function.parameters {
            let name = match exercise.language.as_str() {
                "rust" => parameter
                    .iter()
                    .find(|text| !["mut", "&", "self"].contains(*text) && !text.starts_with('\'')),
                // `char name[8]` and `const char *name`.
                _ => parameter
                    .iter()
                    .take_while(|text| **text != "[")
                    .last()
                    .filter(|_| parameter.len() > 1),
            };
            names.extend(name.copied().filter(|name| is_plain(name)));
        }
        for at in function.body.clone() {
            names.extend(declared(all, at, &exercise.language).filter(|name| is_plain(name)));
        }
    }
    // A name that a field has as well stands for two things, and one of them belongs to a type.
    let fields: BTreeSet<&str> = (0..all.len())
        .filter(|at| is_field(all, *at))
        .filter_map(|at| all.get(at).map(|token| token.text))
        .collect();
    let mut seen = BTreeSet::new();
    names.retain(|name| !fields.contains(name) && seen.insert(*name));
    names
}

/// The variable that is declared there.
fn declared<'t>(all: &[Token<'t>], at: usize, language: &str) -> Option<&'t str> {
    let name = all
        .get(at)
        .filter(|token| token.is_word() && !token.is("mut"))?;
    let before = |steps: usize| at.checked_sub(steps).and_then(|before| all.get(before));
    let is = |token: Option<&Token<'_>>, texts: &[&str]| {
        token.is_some_and(|token| texts.iter().any(|text| token.is(text)))
    };
    if language == "rust" {
        let is_let =
            is(before(1), &["let"]) || (is(before(1), &["mut"]) && is(before(2), &["let"]));
        return is_let.then_some(name.text);
    }
    let is_end = is(all.get(at + 1), &["=", ";", "["]);
    let type_at = if is(before(1), &["*"]) { 2 } else { 1 };
    let is_type = before(type_at).is_some_and(|token| {
        token.is_word() && !is(Some(token), &["return", "goto", "else", "case", "sizeof"])
    });
    (is_end && is_type).then_some(name.text)
}

/// Whether a name may be another: a plain one in small letters.
fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') && name != "_"
}

/// Sizes of arrays that are plain numbers, and what they become.
fn sizes(exercise: &Exercise) -> BTreeMap<String, String> {
    let all = tokens(&exercise.code, &exercise.language).tokens;
    all.windows(3)
        .filter_map(|three| match three {
            [open, number, close] if (open.is("[") || open.is(";")) && close.is("]") => {
                let digits = number.text.trim_end_matches(['u', 'U']);
                let suffix = number.text.get(digits.len()..)?;
                let value: u64 = digits.parse().ok()?;
                // An index, or a single element, is no size.
                (number.kind == Kind::Number && value >= 4).then(|| {
                    (
                        number.text.to_owned(),
                        format!("{}{suffix}", value + GROWTH),
                    )
                })
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::RepoPath;

    fn exercise(language: &str, code: &str) -> Exercise {
        Exercise {
            path: RepoPath::from("a.c"),
            language: language.to_owned(),
            code: code.to_owned(),
            line: 1,
            guard: None,
            hidden: None,
            rules: BTreeSet::new(),
        }
    }

    #[test]
    fn names_of_functions_fields_and_types_stay() {
        let exercise = exercise(
            "c",
            "struct m { int size; };\nvoid on_name(const msg_t *msg, size_t len, int size)\n{\n    char tag[16];\n    uint8_t *at = msg->data;\n    copy(tag, at, len, 16);\n    msg->size = tag; // tag\n}\n",
        );
        let names = own_names(&exercise);
        assert_eq!(names, ["msg", "len", "tag", "at"]);
        let variant = Variant {
            language: "c".to_owned(),
            names: names
                .iter()
                .map(|name| ((*name).to_owned(), format!("x_{name}")))
                .collect(),
            numbers: sizes(&exercise),
            words: "",
        };
        assert_eq!(
            variant.of(&exercise.code),
            "struct m { int size; };\nvoid on_name(const msg_t *x_msg, size_t x_len, int size)\n{\n    char x_tag[24];\n    uint8_t *x_at = x_msg->data;\n    copy(x_tag, x_at, x_len, 24);\n    x_msg->size = x_tag; // tag\n}\n"
        );
    }

    #[test]
    fn variables_of_rust_are_found() {
        let exercise = exercise(
            "rust",
            "fn f(&self, data: &[u8], mut n: usize) -> u8 {\n    let mut out = [0u8; 32];\n    let Some(x) = g() else { return 0 };\n    out[n] = data[0];\n    out[1]\n}\n",
        );
        assert_eq!(own_names(&exercise), ["data", "n", "out"]);
        assert_eq!(
            sizes(&exercise).into_iter().collect::<Vec<_>>(),
            [("32".to_owned(), "40".to_owned())]
        );
    }
}
