//! The file-level items of a C file, found without parsing: what a hook needs to decide which
//! function bodies it has to parse at all.
//!
//! Braces and parentheses are counted over all arms of `#if` groups. Where arms disagree, or a group
//! begins in one function and ends in another, there is no outline, and the whole file is parsed.

use super::directives::{Directive, Word, offset};
use super::macros::hash;
use super::tokens::{Token, TokenKind, is_word};
use crate::finding::Span;

/// A file-level item and the lines around it that matter to a selection of functions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Functions with a body, by first byte.
    pub functions: Vec<OutlinedFunction>,
    /// `#define` lines, wherever they stand.
    pub macros: Vec<OutlinedMacro>,
    /// Declarations and types, by first byte.
    pub declarations: Vec<OutlinedDeclaration>,
    /// Every other preprocessor line outside of function bodies.
    pub directives: Vec<Span>,
    /// First byte and hash of every word outside comments and strings, by first byte.
    words: Vec<(u32, u64)>,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlinedFunction {
    /// From the first token of its head to the closing brace.
    pub span: Span,
    /// The body with its braces.
    pub body: Span,
    /// Hashes of the words that may be its name: those before a parenthesis in its head.
    pub names: Vec<u64>,
    /// Whether lines in the body change how the rest of the file is read (`#define`, `#include`).
    pub defines: bool,
}

/// A `#define`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutlinedMacro {
    /// The line with its continuation lines.
    pub span: Span,
    /// Hash of the name.
    pub name: u64,
}

/// A declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlinedDeclaration {
    /// Its tokens.
    pub span: Span,
    /// Hashes of the objects it declares; none for types and prototypes.
    pub objects: Vec<u64>,
}

impl Outline {
    /// Hashes of the words of a span.
    pub fn words_in(&self, span: Span) -> impl Iterator<Item = u64> + '_ {
        let first = self.words.partition_point(|(start, _)| *start < span.start);
        let rest = self.words.get(first..).unwrap_or_default();
        let inside = rest.iter().take_while(move |(start, _)| *start < span.end);
        inside.map(|(_, hash)| *hash)
    }

    /// The function whose body holds the bytes, braces left out.
    pub fn body_around(&self, span: Span) -> Option<&OutlinedFunction> {
        let at = self
            .functions
            .partition_point(|one| one.body.end <= span.end);
        let around = self.functions.get(at)?;
        (around.body.start < span.start && span.end < around.body.end).then_some(around)
    }

    /// Whether an item or a preprocessor line that is not inside of a body has bytes of the span, or
    /// the span lies in one.
    pub fn touches_item(&self, span: Span) -> bool {
        let functions = self.functions.iter();
        functions
            .map(|item| item.span)
            .any(|item| overlap(item, span))
            || self.touches_other(span)
    }

    /// As [`Self::touches_item`], but functions do not count.
    pub fn touches_other(&self, span: Span) -> bool {
        let declarations = self.declarations.iter().map(|item| item.span);
        let macros = self.macros.iter().map(|item| item.span);
        let directives = self.directives.iter().copied();
        let mut others = declarations.chain(macros).chain(directives);
        others.any(|item| overlap(item, span))
    }

    /// The outline of `text` with its tokens and preprocessor lines.
    pub(super) fn of(text: &[u8], tokens: &[Token], directives: &[Directive]) -> Option<Self> {
        let mut walk = Walk {
            text,
            outline: Self::default(),
            groups: Vec::new(),
            nesting: Nesting::default(),
            item: None,
        };
        let mut lines = directives.iter();
        for token in tokens {
            match token.kind {
                TokenKind::Directive => {
                    let start = token.span.start;
                    let line = lines.find(|line| line.span.end > start)?;
                    walk.directive(line)?;
                }
                TokenKind::Word => walk.word(*token),
                TokenKind::Literal => walk.item(*token).before = Before::Other,
                TokenKind::Punct(byte) => walk.punct(byte, *token)?,
            }
        }
        let is_closed = walk.groups.is_empty() && walk.nesting == Nesting::default();
        is_closed.then_some(walk.outline)
    }
}

/// Whether the item has bytes of the span, or an empty span lies in it.
fn overlap(item: Span, span: Span) -> bool {
    item.start < span.end && span.start < item.end || item.start < span.start && span.end < item.end
}

/// How deep the walk is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Nesting {
    braces: u32,
    parentheses: u32,
}

impl Nesting {
    fn is_file_level(self) -> bool {
        self.braces == 0 && self.parentheses == 0
    }
}

/// An open `#if`.
struct Group {
    begin: Nesting,
    /// Where the arms before this one ended.
    ends: Option<Nesting>,
}

/// What stands before the next token of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The hash of a word, and whether it stands behind `struct`, `union` or `enum`.
    Word(u64, bool),
    /// `)`.
    Parenthesis,
    /// `(` at file level.
    Opening,
    /// `(*` at file level.
    Pointer,
    Other,
}

/// The item being read.
struct Item {
    start: u32,
    before: Before,
    /// Words before parentheses.
    names: Vec<u64>,
    objects: Vec<u64>,
    has_parentheses: bool,
    has_value: bool,
    is_typedef: bool,
    /// First byte of the body.
    body: Option<u32>,
    defines: bool,
}

struct Walk<'t> {
    text: &'t [u8],
    outline: Outline,
    groups: Vec<Group>,
    nesting: Nesting,
    item: Option<Item>,
}

impl Walk<'_> {
    /// The item being read, begun at `token` if there is none.
    fn item(&mut self, token: Token) -> &mut Item {
        self.item.get_or_insert_with(|| Item {
            start: token.span.start,
            before: Before::Other,
            names: Vec::new(),
            objects: Vec::new(),
            has_parentheses: false,
            has_value: false,
            is_typedef: false,
            body: None,
            defines: false,
        })
    }

    fn word(&mut self, token: Token) {
        let text = token.span.of(self.text);
        if text.first().is_some_and(u8::is_ascii_digit) {
            self.item(token).before = Before::Other;
            return;
        }
        let word = hash(text);
        self.outline.words.push((token.span.start, word));
        let nesting = self.nesting;
        let item = self.item(token);
        if item.body.is_some() {
            return;
        }
        let tag = matches!(text, b"struct" | b"union" | b"enum");
        if nesting.is_file_level() {
            item.is_typedef |= text == b"typedef";
        } else if item.before == Before::Pointer {
            item.objects.push(word);
        }
        let is_attribute = matches!(
            text,
            b"__attribute__" | b"__attribute" | b"__declspec" | b"_Alignas" | b"asm" | b"__asm__"
        );
        item.before = match item.before {
            _ if is_attribute => Before::Other,
            // The hash of the keyword names nothing; what matters is what comes next.
            _ if tag => Before::Word(0, true),
            Before::Word(0, true) => Before::Word(word, true),
            _ => Before::Word(word, false),
        };
    }

    fn punct(&mut self, byte: u8, token: Token) -> Option<()> {
        let nesting = self.nesting;
        let item = self.item(token);
        let before = item.before;
        item.before = Before::Other;
        match byte {
            b'(' | b'[' => {
                if let Before::Word(name, _) = before
                    && item.body.is_none()
                {
                    match byte {
                        b'(' => item.names.push(name),
                        _ if nesting.is_file_level() => item.objects.push(name),
                        _ => {}
                    }
                }
                if nesting.is_file_level() && byte == b'(' {
                    item.before = Before::Opening;
                }
                self.nesting.parentheses += 1;
            }
            b'*' if before == Before::Opening => item.before = Before::Pointer,
            b')' | b']' => {
                item.has_parentheses |= byte == b')' && nesting.braces == 0;
                item.before = Before::Parenthesis;
                self.nesting.parentheses = nesting.parentheses.checked_sub(1)?;
            }
            b'{' => {
                let is_type = matches!(before, Before::Word(_, true)) || item.names.is_empty();
                if nesting.is_file_level() && item.has_parentheses && !item.has_value && !is_type {
                    item.body = Some(token.span.start);
                }
                self.nesting.braces += 1;
            }
            b'}' => {
                self.nesting.braces = nesting.braces.checked_sub(1)?;
                if self.nesting.is_file_level() {
                    // A group that began inside must have ended inside.
                    if self.groups.iter().any(|group| group.begin.braces > 0) {
                        return None;
                    }
                    if self.item(token).body.is_some() {
                        self.end(token);
                    }
                }
            }
            b'=' | b',' | b';' if nesting.is_file_level() => {
                if let Before::Word(name, false) = before {
                    item.objects.push(name);
                }
                item.has_value |= byte == b'=';
                if byte == b';' {
                    self.end(token);
                }
            }
            _ => {}
        }
        Some(())
    }

    /// The item ends with `token`.
    fn end(&mut self, token: Token) {
        let Some(item) = self.item.take() else { return };
        let span = Span::new(item.start, token.span.end);
        match item.body {
            Some(start) => self.outline.functions.push(OutlinedFunction {
                span,
                body: Span::new(start, token.span.end),
                names: item.names,
                defines: item.defines,
            }),
            None => self.outline.declarations.push(OutlinedDeclaration {
                span,
                objects: match item.is_typedef {
                    true => Vec::new(),
                    false => item.objects,
                },
            }),
        }
    }

    fn directive(&mut self, line: &Directive) -> Option<()> {
        let in_body = self.item.as_ref().is_some_and(|item| item.body.is_some());
        match line.word {
            Word::Open => self.groups.push(Group {
                begin: self.nesting,
                ends: None,
            }),
            Word::Elif | Word::Else => {
                let group = self.groups.last_mut()?;
                let is_same = group.ends.is_none_or(|ends| ends == self.nesting);
                // An item that is half in an arm can be read one way only.
                let is_whole = group.begin.braces > 0 || self.nesting.braces == 0;
                if !is_same || !is_whole {
                    return None;
                }
                group.ends = Some(self.nesting);
                self.nesting = group.begin;
            }
            Word::End => {
                let group = self.groups.pop()?;
                if self.nesting != group.ends.unwrap_or(group.begin) {
                    return None;
                }
            }
            Word::Other => {}
        }
        let text = line.span.of(self.text);
        let name = directive_name(text);
        let is_define = line.word == Word::Other;
        if let Some(name) = defined(text).filter(|_| is_define) {
            let span = line.span;
            self.outline.macros.push(OutlinedMacro { span, name });
        } else if !in_body {
            self.outline.directives.push(line.span);
        }
        if let Some(item) = &mut self.item {
            item.defines |= matches!(name, b"define" | b"undef" | b"include");
        }
        let words = words(text).map(|(at, word)| (line.span.start + offset(at), hash(word)));
        self.outline.words.extend(words);
        Some(())
    }
}

/// Words of a text that may be names, with their first bytes.
fn words(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.iter().position(|byte| is_word(*byte))?;
        let word = text.get(start..)?;
        let length = word.iter().take_while(|byte| is_word(**byte)).count();
        at = start + length;
        Some((start, text.get(start..at)?))
    })
    .filter(|(_, word)| word.first().is_some_and(|first| !first.is_ascii_digit()))
}

/// The word behind the `#` of a preprocessor line.
fn directive_name(line: &[u8]) -> &[u8] {
    let rest = line.trim_ascii_start();
    let rest = rest.strip_prefix(b"#").unwrap_or_default();
    let rest = rest.trim_ascii_start();
    let length = rest.iter().take_while(|byte| is_word(**byte)).count();
    rest.get(..length).unwrap_or_default()
}

/// Hash of the name that a `#define` line defines.
fn defined(line: &[u8]) -> Option<u64> {
    let keyword = directive_name(line);
    if keyword != b"define" {
        return None;
    }
    let behind = memchr::memmem::find(line, b"define")? + keyword.len();
    let rest = line.get(behind..)?.trim_ascii_start();
    let length = rest.iter().take_while(|byte| is_word(**byte)).count();
    rest.get(..length).filter(|name| !name.is_empty()).map(hash)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::syntax::{Limits, Parser};

    fn outline(text: &str) -> Option<Outline> {
        Parser::new(Limits::default()).outline(text.as_bytes())
    }

    /// The bodies of the functions, and the words that may name each.
    fn functions(text: &str) -> Vec<(String, usize)> {
        let outline = outline(text).unwrap();
        let functions = outline.functions.iter();
        functions
            .map(|one| {
                let body = one.body.of(text.as_bytes());
                (String::from_utf8_lossy(body).into_owned(), one.names.len())
            })
            .collect()
    }

    fn one(body: &str, names: usize) -> Vec<(String, usize)> {
        vec![(body.to_owned(), names)]
    }

    #[test]
    fn bodies_are_told_from_types_and_values() {
        let text = "struct s { int a; };\nenum { A = 1, B };\nint t[] = { 1, f(2) };\n\
                    typedef union { int b; } u;\nstruct __attribute__((packed)) p { int c; };\n\
                    static struct s *make(int n) { return 0; }\n";
        assert_eq!(functions(text), one("{ return 0; }", 1));
        assert_eq!(
            functions("ISR(TIMER0_vect) { x = '{'; }\n"),
            one("{ x = '{'; }", 1)
        );
        assert_eq!(
            functions("int f(int a) NORETURN { \"}\"; }"),
            one("{ \"}\"; }", 1)
        );
        assert_eq!(
            functions("SHELL_COMMAND(a, b)\nint g(void) {}"),
            one("{}", 2)
        );
    }

    #[test]
    fn groups_have_to_agree() {
        let arms = "int f(void) {\n#if A\nif (a) {\n#else\nif (b) {\n#endif\n}}\nint b;";
        assert_eq!(functions(arms).len(), 1);
        let heads = "#if A\nint f(int a)\n#else\nint f(long a)\n#endif\n{ }";
        assert_eq!(functions(heads), one("{ }", 2));
        let both = "#if A\nint f(int a) { }\n#else\nint f(long a) { }\n#endif";
        assert_eq!(functions(both).len(), 2);
        for text in [
            "#if A\nint f(int a) {\n#else\nint f(long a) {\n#endif\n}",
            "int f(void) {\n#if A\n}\nint g(void) {\n#endif\n}",
            "int f(void) {\n#if A\n}\n#else\n}\n#endif",
            "#if A\nint f(void) {\n#endif\n}",
            "int f(void) { { }",
            "int f(void) { } }",
            "int f(int a { }",
            "#if A\nint f(void) { }",
        ] {
            assert_eq!(outline(text), None, "{text}");
        }
        let dead = "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint f(void) { }\n#ifdef __cplusplus\n}\n#endif";
        assert_eq!(functions(dead).len(), 1);
    }

    #[test]
    fn lines_in_bodies_that_define_are_known() {
        let text = "#define N 3\nint f(void) {\n#define M 4\nreturn M;\n}\nint g(void) {\n#if N\n#endif\n}";
        let outline = outline(text).unwrap();
        let defines: Vec<bool> = outline.functions.iter().map(|one| one.defines).collect();
        assert_eq!(defines, [true, false]);
        assert_eq!(outline.macros.len(), 2);
        assert!(outline.directives.is_empty());
        let words = outline.words_in(Span::new(0, 11)).collect::<Vec<_>>();
        assert_eq!(words, [hash(b"define"), hash(b"N")]);
    }

    #[test]
    fn declarations_name_their_objects() {
        let objects = |text: &str| {
            let outline = outline(text).unwrap();
            let all = outline
                .declarations
                .iter()
                .flat_map(|item| item.objects.clone());
            all.collect::<Vec<_>>()
        };
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| hash(name.as_bytes()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            objects("static foo_t a, b[3], *c = 0;"),
            names(&["a", "b", "c"])
        );
        assert_eq!(
            objects("static void (*callback)(int n);"),
            names(&["callback"])
        );
        assert!(objects("int f(char *text, int n);").is_empty());
        assert_eq!(objects("struct s { int m; } d;"), names(&["d"]));
        assert!(objects("typedef struct { int m; } s_t;").is_empty());
    }
}
