//! Pattern text → text that the grammar can parse: metavariables, ellipses and typed metavariables
//! become identifiers with a prefix of their own.

use crate::syntax::Language;

/// Stands before every identifier this module makes.
pub(super) const PREFIX: &str = "scrubin0";
/// `...`
pub(super) const DOTS: &str = "scrubin0dots";
/// `<... e ...>` becomes a call of this.
pub(super) const DEEP: &str = "scrubin0deep";
/// `$X` becomes this and `X`.
pub(super) const META: &str = "scrubin0mv_";
/// `$...X` becomes this and `X`.
pub(super) const META_DOTS: &str = "scrubin0md_";
/// `(TYPE $X)` becomes this and an index into [`Prepared::typed`].
pub(super) const TYPED: &str = "scrubin0ty_";

/// A text that the grammar can parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prepared {
    /// The text.
    pub(super) text: String,
    /// Typed metavariables: type text and name (with `$`).
    pub(super) typed: Vec<(String, String)>,
}

/// What a bracket that is still open contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Expression,
    Statements,
    Items,
    Fields,
    Arms,
    Initialiser,
    Parameters,
}

/// Rewrites the Semgrep parts of `pattern`.
pub(super) fn prepare(pattern: &str, language: Language) -> Prepared {
    let mut work = Work {
        source: pattern,
        at: 0,
        out: String::with_capacity(pattern.len() + 64),
        open: Vec::new(),
        typed: Vec::new(),
        language,
    };
    while work.at < pattern.len() {
        work.step();
    }
    Prepared {
        text: work.out,
        typed: work.typed,
    }
}

struct Work<'p> {
    source: &'p str,
    at: usize,
    out: String,
    open: Vec<Inside>,
    typed: Vec<(String, String)>,
    language: Language,
}

impl<'p> Work<'p> {
    fn rest(&self) -> &'p str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn copy(&mut self, bytes: usize) {
        let piece = self
            .source
            .get(self.at..self.at + bytes)
            .unwrap_or_default();
        self.out.push_str(piece);
        self.at += bytes.max(1);
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return;
        };
        if let Some(length) = literal_length(rest, self.language) {
            self.copy(length);
        } else if rest.starts_with("<...") {
            self.at += 4;
            self.out.push_str(DEEP);
            self.out.push('(');
            self.open.push(Inside::Expression);
        } else if rest.starts_with("...>") && self.in_deep() {
            self.at += 4;
            self.out.push(')');
            self.open.pop();
        } else if rest.starts_with("$...") {
            let name = identifier(rest.get(4..).unwrap_or_default());
            self.at += 4 + name.len();
            self.emit_list_element(&format!("{META_DOTS}{name}"));
        } else if rest.starts_with("...") {
            self.at += 3;
            self.emit_list_element(DOTS);
        } else if first == '$' {
            let name = identifier(rest.get(1..).unwrap_or_default());
            if name.is_empty() {
                self.copy(1);
            } else {
                self.at += 1 + name.len();
                self.out.push_str(META);
                self.out.push_str(name);
            }
        } else if first == '(' && self.typed_metavariable() {
            // Rewritten as a whole.
        } else if matches!(first, '(' | '[' | '{') {
            let inside = self.introduced(first);
            self.open.push(inside);
            self.copy(1);
        } else if matches!(first, ')' | ']' | '}') {
            self.open.pop();
            self.copy(1);
        } else if first.is_alphabetic() || first == '_' {
            let length = identifier(rest).len().max(first.len_utf8());
            self.copy(length);
        } else {
            self.copy(first.len_utf8());
        }
    }

    /// Whether `...>` here closes a `<...`.
    fn in_deep(&self) -> bool {
        let opened = self.source.get(..self.at).unwrap_or_default();
        opened.matches("<...").count() > opened.matches("...>").count()
    }

    /// Last byte written that is no white space.
    fn before(&self) -> Option<char> {
        self.out.trim_end().chars().next_back()
    }

    /// Writes a list element that stands for any number of elements, in the form the place needs.
    fn emit_list_element(&mut self, name: &str) {
        let place = self.place();
        self.out.push_str(name);
        match (place, self.language) {
            (Inside::Statements | Inside::Fields, Language::C) => self.out.push(';'),
            (Inside::Statements, Language::Rust) => self.out.push(';'),
            (Inside::Items, Language::Rust) => self.out.push_str("!{}"),
            (Inside::Fields, Language::Rust) => self.out.push_str(": ()"),
            (Inside::Parameters, Language::Rust) => self.out.push_str(": ()"),
            (Inside::Arms, Language::Rust) => self.out.push_str(" => (),"),
            _ => {}
        }
        // A semicolon of the pattern's own would make an empty statement.
        let rest = self.rest();
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let own = if self.out.ends_with(';') {
            trimmed.starts_with(';')
        } else if self.out.ends_with(',') {
            trimmed.starts_with(',')
        } else {
            false
        };
        if own {
            self.at += rest.len() - trimmed.len() + 1;
        }
        if self.language == Language::C && self.rest().starts_with(')') && self.is_for_header() {
            self.out.push_str(";;");
        }
    }

    fn is_for_header(&self) -> bool {
        let Some(open) = self.out.rfind('(') else {
            return false;
        };
        self.out
            .get(..open)
            .unwrap_or_default()
            .trim_end()
            .ends_with("for")
            && self
                .out
                .get(open..)
                .is_some_and(|header| !header.contains(';'))
    }

    /// What kind of list the current position belongs to.
    fn place(&self) -> Inside {
        match self.open.last() {
            Some(Inside::Statements) | None => {
                let before = self.before();
                let starts = match before {
                    None => true,
                    Some(';' | '{' | '}' | ':' | ')') => true,
                    Some(_) => {
                        // `else ...`, `do ...`
                        let written = self.out.trim_end();
                        written.ends_with("else") || written.ends_with("do")
                    }
                };
                // `$X = ...` at the end of a line.
                if starts && !self.is_path_colon() {
                    Inside::Statements
                } else {
                    Inside::Expression
                }
            }
            Some(&inside) => inside,
        }
    }

    fn is_path_colon(&self) -> bool {
        self.language == Language::Rust && self.before() == Some(':')
    }

    /// What the bracket that is about to be written contains.
    fn introduced(&self, bracket: char) -> Inside {
        let written = self.out.trim_end();
        if bracket != '{' {
            let is_function = self.language == Language::Rust && {
                let head = written.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
                head.trim_end().ends_with("fn") && head.len() < written.len()
            };
            return if is_function {
                Inside::Parameters
            } else {
                Inside::Expression
            };
        }
        let head = written
            .rsplit([';', '{', '}'])
            .next()
            .unwrap_or_default()
            .trim_start();
        let has = |word: &str| {
            head.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|token| token == word)
        };
        match self.language {
            Language::C => {
                if matches!(written.chars().next_back(), Some('=' | ',' | '('))
                    || self.open.last() == Some(&Inside::Initialiser)
                    || (written.ends_with(')') && self.open.last() == Some(&Inside::Expression))
                {
                    Inside::Initialiser
                } else if (has("struct") || has("union")) && !head.contains('(') {
                    Inside::Fields
                } else if has("enum") && !head.contains('(') {
                    Inside::Initialiser
                } else {
                    Inside::Statements
                }
            }
            Language::Rust => {
                if has("fn") || has("unsafe") && !has("impl") {
                    Inside::Statements
                } else if has("impl") || has("trait") || has("mod") || has("extern") {
                    Inside::Items
                } else if has("struct") || has("union") {
                    Inside::Fields
                } else if has("enum") {
                    Inside::Initialiser
                } else if has("match") {
                    Inside::Arms
                } else if has("if") || has("else") || has("loop") || has("while") || has("for") {
                    Inside::Statements
                } else if head.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>')
                    && !head.is_empty()
                {
                    Inside::Initialiser
                } else {
                    Inside::Statements
                }
            }
        }
    }

    /// Rewrites `(TYPE $X)` where it is one: C only, not after a name (that would be parameters).
    fn typed_metavariable(&mut self) -> bool {
        if self.language != Language::C {
            return false;
        }
        let word: String = self
            .out
            .trim_end()
            .chars()
            .rev()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let word: String = word.chars().rev().collect();
        if !word.is_empty() && !matches!(word.as_str(), "return" | "case" | "sizeof") {
            return false;
        }
        let rest = self.rest();
        let Some(close) = rest.find(')') else {
            return false;
        };
        let inner = rest.get(1..close).unwrap_or_default();
        let Some(dollar) = inner.rfind('$') else {
            return false;
        };
        let (type_text, name) = inner.split_at(dollar);
        let name = name.trim_end();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | ' ' | '*' | '$' | '\t');
        let words: Vec<&str> = type_text
            .split(|c: char| c == '*' || c.is_whitespace())
            .filter(|w| !w.is_empty())
            .collect();
        let metavariable_times = words.len() == 1
            && type_text.contains('*')
            && words.first().is_some_and(|first| first.starts_with('$'));
        // `sizeof(struct $T)`: the metavariable is the tag.
        let is_tag = matches!(words.as_slice(), ["struct" | "union" | "enum"]);
        if is_tag
            || type_text.trim().is_empty()
            || !type_text.chars().all(plain)
            || words.is_empty()
            || metavariable_times
            || identifier(name.get(1..).unwrap_or_default()).len() + 1 != name.len()
            || !(type_text.ends_with([' ', '*', '\t']))
        {
            return false;
        }
        let index = self.typed.len();
        self.typed
            .push((type_text.trim().to_owned(), name.to_owned()));
        // In `sizeof((char *$X))` and the like the outer parentheses stay.
        self.out.push_str(&format!("({TYPED}{index})"));
        self.at += close + 1;
        true
    }
}

/// The identifier at the start of `text`; empty if there is none.
fn identifier(text: &str) -> &str {
    let end = text
        .char_indices()
        .find(|(_, c)| !(c.is_alphanumeric() || *c == '_'))
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

/// Bytes of the string, character or comment at the start of `text`.
fn literal_length(text: &str, language: Language) -> Option<usize> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'"' => Some(quoted_length(bytes, b'"')),
        b'\'' => {
            // A Rust lifetime is no character.
            let character = language == Language::C
                || bytes.get(1) == Some(&b'\\')
                || text.chars().nth(2) == Some('\'');
            Some(if character {
                quoted_length(bytes, b'\'')
            } else {
                1
            })
        }
        b'/' if bytes.get(1) == Some(&b'/') => Some(text.find('\n').unwrap_or(text.len())),
        b'/' if bytes.get(1) == Some(&b'*') => {
            Some(text.find("*/").map_or(text.len(), |end| end + 2))
        }
        _ => None,
    }
}

fn quoted_length(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' {
            at += 2;
        } else if byte == quote {
            return at + 1;
        } else {
            at += 1;
        }
    }
    bytes.len()
}
