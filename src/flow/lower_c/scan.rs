//! A rough reading of a header: where its declarations and macros stand and what they may be
//! called. Twenty times as fast as parsing it; what is used is parsed then.
//!
//! Names are listed generously: that a declaration really declares one is seen when it is read.

use memchr::memmem;

use super::directives::{Define, certain, define};
use crate::syntax::line_of_code_ends;

/// What a name is looked up as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// Variable, function, typedef or enumerator.
    Name,
    /// Behind `struct`, `union`, `enum`.
    Tag,
}

/// A declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    /// First byte.
    pub(super) start: usize,
    /// One past the last: behind `;`, or before the body of a function.
    pub(super) end: usize,
    /// A function with a body, which is left out.
    pub(super) is_definition: bool,
    /// `#pragma pack(n)` around it.
    pub(super) pack: Option<u64>,
}

/// What a header holds.
#[derive(Debug, Default)]
pub(super) struct Scanned<'t> {
    pub(super) items: Vec<Item>,
    /// Names with the index of their item.
    pub(super) names: Vec<(Space, &'t [u8], usize)>,
    pub(super) defines: Vec<Define<'t>>,
}

/// Reads a header.
pub(super) fn scan(text: &[u8]) -> Scanned<'_> {
    let mut scan = Scan {
        text,
        at: 0,
        found: Scanned::default(),
        groups: Vec::new(),
        pack: None,
        outer: 0,
        item: State::default(),
    };
    while let Some(token) = scan.token() {
        scan.step(token);
    }
    scan.found
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Literal,
    Directive,
    Punct(u8),
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// The declaration being read.
#[derive(Debug, Clone, Default)]
struct State {
    start: Option<usize>,
    braces: u32,
    parens: u32,
    /// Of the open braces, which hold enumerators.
    enums: Vec<bool>,
    /// The token before, and the one before that.
    last: Option<Token>,
    before: Option<Token>,
    /// Behind `struct`, `union` (`false`) or `enum` (`true`): the tag, if it has come.
    record: Option<bool>,
    tag: Option<(usize, usize)>,
    /// Open parentheses at that word.
    record_parens: u32,
    /// A name with parentheses behind it.
    is_function: bool,
    has_value: bool,
    names: u32,
}

/// An open `#if`.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// Open brackets before it.
    braces: u32,
    parens: u32,
    /// The arm that is being read is left out by every compiler for firmware.
    is_dead: bool,
    /// An arm before this one is taken by every one.
    is_settled: bool,
}

struct Scan<'t> {
    text: &'t [u8],
    at: usize,
    found: Scanned<'t>,
    /// The open `#if`s.
    groups: Vec<Group>,
    pack: Option<u64>,
    /// Open `extern "C" {`.
    outer: u32,
    item: State,
}

impl<'t> Scan<'t> {
    fn token(&mut self) -> Option<Token> {
        loop {
            let rest = self.text.get(self.at..)?;
            let blanks = rest
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            self.at += blanks;
            let rest = self.text.get(self.at..)?;
            let start = self.at;
            let (kind, length) = match rest {
                [] => return None,
                [b'/', b'*', ..] => {
                    let behind = rest.get(2..).unwrap_or_default();
                    self.at += memmem::find(behind, b"*/").map_or(rest.len(), |end| end + 4);
                    continue;
                }
                [b'/', b'/', ..] => {
                    self.at = line_of_code_ends(self.text, self.at);
                    continue;
                }
                [b'\\', ..] => {
                    self.at += 1;
                    continue;
                }
                [b'#', ..] => (Kind::Directive, directive_end(self.text, start) - start),
                [quote @ (b'"' | b'\''), ..] => (Kind::Literal, quoted(rest, *quote)),
                [byte, ..] if is_word(*byte) => {
                    let length = rest.iter().take_while(|byte| is_word(**byte)).count();
                    (Kind::Word, length)
                }
                [byte, ..] => (Kind::Punct(*byte), 1),
            };
            self.at = start + length.max(1);
            return Some(Token {
                kind,
                start,
                end: self.at,
            });
        }
    }

    fn text_of(&self, token: Token) -> &'t [u8] {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    fn step(&mut self, token: Token) {
        match token.kind {
            Kind::Directive => {
                self.directive(token);
                return;
            }
            Kind::Word => self.word(token),
            Kind::Literal => {
                self.item.start.get_or_insert(token.start);
            }
            Kind::Punct(byte) => {
                if self.punctuation(token, byte) {
                    return;
                }
            }
        }
        self.item.before = self.item.last.replace(token);
    }

    fn directive(&mut self, token: Token) {
        let line = self.text_of(token);
        let line = line.get(1..).unwrap_or_default().trim_ascii_start();
        let length = line.iter().take_while(|byte| is_word(**byte)).count();
        let (word, rest) = line.split_at_checked(length).unwrap_or_default();
        match word {
            b"define" if !self.is_dead() => {
                if let Some(define) = define(rest) {
                    self.found.defines.push(define);
                }
            }
            b"if" | b"ifdef" | b"ifndef" => {
                let holds = certain(word, rest);
                self.groups.push(Group {
                    braces: self.item.braces,
                    parens: self.item.parens,
                    is_dead: holds == Some(false),
                    is_settled: holds == Some(true),
                });
            }
            b"else" | b"elif" => {
                // The arm before may have opened brackets that this one opens too.
                if let Some(group) = self.groups.last_mut() {
                    group.is_dead = group.is_settled;
                    self.item.braces = group.braces;
                    self.item.parens = group.parens;
                    self.item.enums.truncate(group.braces as usize);
                }
            }
            b"endif" => {
                self.groups.pop();
            }
            b"pragma" => {
                if let Some(inside) = rest.trim_ascii().strip_prefix(b"pack") {
                    self.pack = pack(inside);
                }
            }
            _ => {}
        }
    }

    /// Whether no compiler for firmware reads the arm at hand.
    fn is_dead(&self) -> bool {
        self.groups.iter().any(|group| group.is_dead)
    }

    fn word(&mut self, token: Token) {
        let text = self.text_of(token);
        let item = &mut self.item;
        item.start.get_or_insert(token.start);
        match text {
            b"struct" | b"union" => {
                item.record = Some(false);
                item.tag = None;
                item.record_parens = item.parens;
            }
            b"enum" => {
                item.record = Some(true);
                item.tag = None;
                item.record_parens = item.parens;
            }
            _ if item.record.is_some()
                && item.tag.is_none()
                && item.record_parens == item.parens
                && !is_attribute(text) =>
            {
                item.tag = Some((token.start, token.end));
            }
            _ if item.enums.last() == Some(&true)
                && item
                    .last
                    .is_some_and(|last| matches!(last.kind, Kind::Punct(b'{' | b','))) =>
            {
                self.name(Space::Name, token);
            }
            _ => {}
        }
    }

    fn name(&mut self, space: Space, token: Token) {
        // More names than a declaration has are no declaration.
        if self.item.names < 4_000 && !self.is_dead() {
            self.item.names += 1;
            let index = self.found.items.len();
            self.found.names.push((space, self.text_of(token), index));
        }
    }

    /// Whether a `*` follows, as in `int (*name)(int)`.
    fn points(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.trim_ascii_start().first() == Some(&b'*')
    }

    /// The word before a token that may end a declarator.
    fn name_before(&mut self) {
        if let Some(last) = self.item.last
            && last.kind == Kind::Word
            && self.item.braces == 0
            && !is_attribute(self.text_of(last))
        {
            let in_parentheses = self.item.parens > 0;
            let behind_star = self
                .item
                .before
                .is_some_and(|before| before.kind == Kind::Punct(b'*'));
            if !in_parentheses || behind_star && self.item.parens == 1 && !self.item.is_function {
                self.name(Space::Name, last);
            }
        }
    }

    /// Tells whether the declaration ended here.
    fn punctuation(&mut self, token: Token, byte: u8) -> bool {
        match byte {
            b'{' => return self.open_brace(token),
            b'}' => {
                if self.item.braces == 0 {
                    self.outer = self.outer.saturating_sub(1);
                    self.item = State::default();
                    return true;
                }
                self.item.braces -= 1;
                self.item.enums.pop();
            }
            b'(' => {
                if self.item.parens == 0
                    && self.item.braces == 0
                    && let Some(last) = self.item.last
                    && last.kind == Kind::Word
                    && !is_attribute(self.text_of(last))
                    && !self.item.is_function
                    && !self.points()
                {
                    self.name(Space::Name, last);
                    self.item.is_function = true;
                }
                self.item.parens += 1;
            }
            b')' => {
                self.name_before();
                self.item.parens = self.item.parens.saturating_sub(1);
            }
            b'[' | b',' => self.name_before(),
            b'=' => {
                self.name_before();
                self.item.has_value |= self.item.braces == 0;
            }
            b';' if self.item.braces == 0 => {
                self.name_before();
                self.end_item(token.end, false);
                return true;
            }
            _ => {}
        }
        false
    }

    fn open_brace(&mut self, token: Token) -> bool {
        let item = &mut self.item;
        if item.braces == 0 && item.parens == 0 {
            if item.last.is_some_and(|last| last.kind == Kind::Literal) && !item.has_value {
                self.outer += 1;
                self.item = State::default();
                return true;
            }
            if item.is_function && !item.has_value && item.start.is_some() {
                self.end_item(token.start, true);
                self.skip_body();
                return true;
            }
        }
        let is_enum = item.record == Some(true);
        item.braces += 1;
        item.enums.push(is_enum);
        item.record = None;
        if let Some((start, end)) = item.tag.take() {
            self.name(
                Space::Tag,
                Token {
                    kind: Kind::Word,
                    start,
                    end,
                },
            );
        }
        false
    }

    fn end_item(&mut self, end: usize, is_definition: bool) {
        if let Some(start) = self.item.start {
            self.found.items.push(Item {
                start,
                end,
                is_definition,
                pack: self.pack,
            });
        }
        self.item = State::default();
    }

    /// Skips to the brace that closes the one just read.
    fn skip_body(&mut self) {
        let mut depth = 1_u32;
        let mut groups: Vec<u32> = Vec::new();
        while let Some(token) = self.token() {
            match token.kind {
                Kind::Punct(b'{') => depth += 1,
                Kind::Punct(b'}') => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                Kind::Directive => {
                    let line = self.text_of(token);
                    let line = line.get(1..).unwrap_or_default().trim_ascii_start();
                    if line.starts_with(b"if") {
                        groups.push(depth);
                    } else if line.starts_with(b"el") {
                        depth = groups.last().copied().unwrap_or(depth);
                    } else if line.starts_with(b"endif") {
                        groups.pop();
                    } else if let Some(rest) = line.strip_prefix(b"define")
                        && let Some(define) = define(rest)
                    {
                        self.found.defines.push(define);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The number of `#pragma pack(push, 1)`.
pub(super) fn pack(inside: &[u8]) -> Option<u64> {
    inside
        .split(|byte| !byte.is_ascii_digit())
        .find(|digits| !digits.is_empty())
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
        .filter(|bytes| (1..=16).contains(bytes))
}

/// Words whose parentheses hold no parameters.
fn is_attribute(text: &[u8]) -> bool {
    text.starts_with(b"__attribute")
        || matches!(
            text,
            b"__declspec" | b"__aligned" | b"_Alignas" | b"alignas" | b"__packed" | b"PACKED"
        )
}

/// One past a directive, which comments may stretch over several lines.
fn directive_end(text: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let end = line_of_code_ends(text, at);
        let line = text.get(at..end).unwrap_or_default();
        let Some(comment) = memmem::rfind(line, b"/*") else {
            return end;
        };
        let behind = line.get(comment..).unwrap_or_default();
        if memmem::find(behind, b"*/").is_some() || memmem::find(line, b"//").is_some() {
            return end;
        }
        let from = at + comment;
        let rest = text.get(from..).unwrap_or_default();
        match memmem::find(rest, b"*/") {
            Some(close) => at = from + close + 2,
            None => return text.len(),
        }
    }
}

/// Length of a literal; one that is not closed ends with its line.
fn quoted(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            _ if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::directives::defines;
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let found = scan(text.as_bytes());
        found
            .names
            .iter()
            .map(|(space, name, item)| {
                format!("{space:?} {} {item}", String::from_utf8_lossy(name))
            })
            .collect()
    }

    #[test]
    fn declarations_of_all_kinds_are_named() {
        let text = "#ifndef X_H\n#define X_H\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\
            typedef struct __attribute__((packed)) node { struct node *next; } node_t;\n\
            typedef int (*callback_t)(int a, void *b);\n\
            enum { A = 1, B, C };\n\
            extern uint8_t buffer[16];\n\
            int f(int *a, char (*b)[3]);\n\
            static inline struct node *g(void) { if (x) { return 0; } return 1; }\n\
            int h(void);\n#ifdef __cplusplus\n}\n#endif\n#endif";
        assert_eq!(
            names(text),
            [
                "Tag node 0",
                "Name node_t 0",
                "Name callback_t 1",
                "Name b 1",
                "Name A 2",
                "Name B 2",
                "Name C 2",
                "Name buffer 3",
                "Name f 4",
                "Name g 5",
                "Name h 6"
            ]
        );
    }

    #[test]
    fn macros_are_found_with_parameters() {
        let found = defines(b"#define A (1) // one\n# define F(x, ...) g(x, \\\n  __VA_ARGS__)\n");
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[1].parameters.as_deref(),
            Some(&[&b"x"[..], b"..."][..])
        );
        assert_eq!(found[1].body, b"g(x, \\\n  __VA_ARGS__)");
    }
}
