//! Rewrites macro uses that the grammar cannot read, keeping the length of the text.
//!
//! Only the parser sees the rewritten bytes; offsets, and so everything shown, refer to the
//! original ones. A line end may turn into `;`.

mod calls;
mod declarations;
mod words;

use super::directives::blank;
use super::macros::{MacroClass, MacroTable};
use super::tokens::{Token, TokenKind};
use crate::finding::Span;
use words::{is_keyword, is_odd_number};

/// What the tree does not show as it is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Rewritten {
    /// Names of macros that became `while` or `if`.
    pub(super) loops: Vec<Span>,
    /// Macros that head a function (`ISR(vector) {`): name, and the macro's arguments with their
    /// parentheses. The second byte of the name became a blank: `I R(vector) {`.
    pub(super) functions: Vec<(Span, Span)>,
}

/// Rewrites `text`, of which `tokens` are the tokens.
pub(super) fn rewrite(
    text: &mut [u8],
    tokens: &[Token],
    table: &MacroTable,
    own: &MacroTable,
) -> Rewritten {
    let mut pass = Pass {
        text,
        tokens,
        partners: partners(tokens),
        table,
        own,
        brackets: Vec::new(),
        rewritten: Rewritten::default(),
        gone: 0,
        value: false,
        enumeration: false,
        aggregate: false,
        attributed: 0,
        list_at: usize::MAX,
    };
    for index in 0..tokens.len() {
        pass.step(index);
    }
    pass.rewritten
}

/// For every opening bracket the index of its partner; 0 where there is none.
fn partners(tokens: &[Token]) -> Vec<u32> {
    let mut partners = vec![0; tokens.len()];
    let mut open: Vec<(usize, u8)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let opening = match token.kind {
            TokenKind::Punct(byte @ (b'(' | b'[' | b'{')) => {
                open.push((index, byte));
                continue;
            }
            TokenKind::Punct(b')') => b'(',
            TokenKind::Punct(b']') => b'[',
            TokenKind::Punct(b'}') => {
                // A brace closes whatever is still open inside it.
                while open.last().is_some_and(|(_, byte)| *byte != b'{') {
                    open.pop();
                }
                b'{'
            }
            _ => continue,
        };
        if open.last().is_some_and(|(_, byte)| *byte == opening)
            && let Some((start, _)) = open.pop()
            && let Some(partner) = partners.get_mut(start)
        {
            *partner = u32::try_from(index).unwrap_or_default();
        }
    }
    partners
}

/// What an open bracket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// Parentheses of a call or declarator, with a word before.
    Call,
    /// Parentheses of a call that begins a statement, which no declarator does.
    Macro,
    /// Other parentheses and square brackets.
    Group,
    /// Statements or declarations.
    Block,
    /// Fields of a structure or union.
    Fields,
    /// Values or enumerators.
    List,
}

impl Bracket {
    /// Whether it holds arguments.
    fn is_call(self) -> bool {
        matches!(self, Self::Call | Self::Macro)
    }

    /// Whether it is round or square.
    fn is_narrow(self) -> bool {
        matches!(self, Self::Call | Self::Macro | Self::Group)
    }
}

struct Pass<'t> {
    text: &'t mut [u8],
    tokens: &'t [Token],
    partners: Vec<u32>,
    table: &'t MacroTable,
    own: &'t MacroTable,
    brackets: Vec<Bracket>,
    rewritten: Rewritten,
    /// Tokens before this index were blanked together with an earlier one.
    gone: usize,
    /// `=` or `return` since the last `;`, `{` or `}`.
    value: bool,
    /// `enum` since the last `;`, `{` or `}`.
    enumeration: bool,
    /// `struct` or `union` since the last `;`, `{`, `}`, `(` or `)`.
    aggregate: bool,
    /// Index behind the attributes of a structure.
    attributed: usize,
    /// Index of a `{` known to begin a list.
    list_at: usize,
}

impl Pass<'_> {
    fn step(&mut self, index: usize) {
        if index < self.gone {
            return;
        }
        let Some(&token) = self.tokens.get(index) else {
            return;
        };
        match token.kind {
            TokenKind::Word => self.word(index, token),
            TokenKind::Punct(byte) => self.punctuation(index, token, byte),
            _ => {}
        }
    }

    fn token(&self, index: usize) -> Option<Token> {
        self.tokens.get(index).copied()
    }

    fn is(&self, index: usize, byte: u8) -> bool {
        self.token(index).is_some_and(|token| token.is(byte))
    }

    /// The token before, those skipped that were blanked (at most eight, to stay linear).
    fn before(&self, index: usize) -> Option<Token> {
        (index.saturating_sub(9)..index)
            .rev()
            .filter_map(|before| self.token(before))
            .find(|token| token.span.of(self.text).first() != Some(&b' '))
    }

    /// The word at the index; empty for anything else, blanked words too.
    fn text_of(&self, index: usize) -> &[u8] {
        self.token(index).map_or(&[], |token| self.word_at(token))
    }

    fn word_at(&self, token: Token) -> &[u8] {
        match token.span.of(self.text) {
            word if token.kind == TokenKind::Word && word.first() != Some(&b' ') => word,
            _ => &[],
        }
    }

    /// Index of the `)` that closes the `(` at `index`.
    fn close(&self, index: usize) -> Option<usize> {
        if !self.is(index, b'(') {
            return None;
        }
        let partner = self.partners.get(index).copied()? as usize;
        (partner > index).then_some(partner)
    }

    /// Blanks tokens `from..to`.
    fn erase(&mut self, from: usize, to: usize) {
        if let (Some(first), Some(last)) = (self.token(from), self.token(to.wrapping_sub(1))) {
            blank(self.text, Span::new(first.span.start, last.span.end));
        }
    }

    fn write(&mut self, at: u32, bytes: &[u8]) {
        let at = at as usize;
        if let Some(place) = self.text.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    fn word(&mut self, index: usize, token: Token) {
        let word = token.span.of(self.text);
        match word {
            b"enum" => self.enumeration = true,
            b"struct" | b"union" => self.aggregate = true,
            b"return" | b"goto" | b"break" | b"continue" => {
                self.value |= word == b"return";
                if self.in_call() {
                    self.statement_argument(index, token);
                }
                return;
            }
            b"__attribute__" | b"__attribute" => {
                self.attribute(index);
                return;
            }
            b"__ASM" => {
                self.write(token.span.start, b"__asm");
                return;
            }
            _ => {}
        }
        if self.in_call() && is_odd_number(self.text_of(index)) {
            self.write(token.span.start, b"_");
            return;
        }
        let args = self.close(index + 1);
        // Macro calls between strings: the grammar takes only names there.
        if let Some(close) = args
            && (self.literal(index.wrapping_sub(1)) || self.literal(close + 1))
            && !is_keyword(self.text_of(index))
        {
            self.erase(index + 1, close + 1);
            self.gone = close + 1;
            return;
        }
        let class = self.table.class(self.text_of(index), self.own);
        match (class, args) {
            (Some(MacroClass::Empty), _) => {
                let end = match args {
                    Some(close) if self.adjacent(index) => close + 1,
                    _ => index + 1,
                };
                // `TRACE(x);` reads well as it is, and so does a value.
                let call = end > index + 1;
                let reads = (self.begins_statement(index) && self.is(end, b';') && call)
                    || self.is_value(index, end);
                let stays = reads || (call && self.is_defined_here(index, end));
                if !stays {
                    self.erase(index, end);
                    self.gone = end;
                    return;
                }
            }
            (Some(MacroClass::Identity), Some(close)) => {
                self.erase(index, index + 2);
                self.erase(close, close + 1);
                return;
            }
            (Some(MacroClass::Loop), Some(close)) if self.in_block() => {
                if !self.is(close + 1, b';') {
                    self.head_of_loop(index, token, close);
                }
                return;
            }
            _ => {}
        }
        if is_keyword(self.text_of(index)) {
            self.chain(index);
            return;
        }
        if let Some(close) = args
            && self.brackets.last() == Some(&Bracket::Fields)
            && self.field_of_two(index, close)
        {
            return;
        }
        if let Some(close) = args
            && self.declares_one(index, close)
        {
            return;
        }
        if let Some(close) = args
            && self.is(close + 1, b'{')
            && (self.in_block() || self.brackets.is_empty())
            && self
                .before(index)
                .is_some_and(|before| matches!(self.word_at(before), b"static" | b"const"))
            && self.declares(index, close)
        {
            return;
        }
        if args.is_none() && self.name_alone(index, token) {
            return;
        }
        if let Some(close) = args
            && self.begins_statement(index)
            && self.call_alone(index, token, close, class)
        {
            return;
        }
        self.chain(index);
    }

    fn literal(&self, index: usize) -> bool {
        self.token(index).is_some_and(|token| {
            token.kind == TokenKind::Literal && token.span.of(self.text).first() == Some(&b'"')
        })
    }

    /// Whether `(` follows without a blank.
    fn adjacent(&self, index: usize) -> bool {
        matches!((self.token(index), self.token(index + 1)),
            (Some(name), Some(open)) if name.span.end == open.span.start)
    }

    fn in_call(&self) -> bool {
        self.brackets.last().is_some_and(|top| top.is_call())
    }

    fn in_narrow(&self) -> bool {
        self.brackets.last().is_some_and(|top| top.is_narrow())
    }

    fn in_block(&self) -> bool {
        self.brackets.last() == Some(&Bracket::Block)
    }

    /// Whether the words from `index` to `end` stand where a value must stand.
    fn is_value(&self, index: usize, end: usize) -> bool {
        let Some(before) = self.before(index) else {
            return false;
        };
        match before.kind {
            TokenKind::Punct(b'(' | b',') => {
                self.text_of(end).is_empty() && !self.is(end, b'*')
                    // `(FAR const char *)p`: what stands before a type is a part of it.
                    || matches!(self.brackets.last(), Some(Bracket::Group))
                        && !words::is_type_word(self.text_of(end))
            }
            TokenKind::Punct(byte) => b"=!|&?<>+-/%~^[".contains(&byte),
            TokenKind::Word => matches!(self.word_at(before), b"return" | b"case"),
            _ => false,
        }
    }

    /// Whether the words from `index` to `end` are a function being defined, which in another
    /// configuration is a macro (`#define sys_unlock(x)` where there is nothing to lock).
    fn is_defined_here(&self, index: usize, end: usize) -> bool {
        self.is(end, b'{')
            && !self.aggregate
            && self.before(index).is_some_and(|before| match before.kind {
                TokenKind::Word => !matches!(self.word_at(before), b"else" | b"do" | b""),
                TokenKind::Punct(byte) => byte == b'*',
                _ => false,
            })
    }

    /// Whether a statement, declaration or list entry may begin at the token.
    fn begins_statement(&self, index: usize) -> bool {
        match self.before(index) {
            None => true,
            Some(before) => match before.kind {
                TokenKind::Directive => true,
                TokenKind::Punct(b';' | b'{' | b'}' | b':') => true,
                TokenKind::Punct(b')') => self.in_block(),
                TokenKind::Punct(b',') => self.brackets.last() == Some(&Bracket::List),
                TokenKind::Word => matches!(self.word_at(before), b"else" | b"do"),
                _ => false,
            },
        }
    }

    fn punctuation(&mut self, index: usize, token: Token, byte: u8) {
        match byte {
            b'(' | b'[' => {
                let before = self.before(index);
                let call = byte == b'('
                    && before.is_some_and(|before| {
                        let word = self.word_at(before);
                        !word.is_empty() && !is_keyword(word)
                    });
                self.brackets.push(match call {
                    true if self.begins_statement(index - 1) => Bracket::Macro,
                    true => Bracket::Call,
                    false => Bracket::Group,
                });
                if call && self.is(index + 1, b',') {
                    self.erase(index + 1, index + 2);
                }
                if call {
                    self.type_argument(index + 1);
                }
            }
            b')' | b']' if self.in_narrow() => {
                self.brackets.pop();
            }
            b'{' => {
                let before = self.before(index);
                let is = |bytes: &[u8]| {
                    before.is_some_and(|before| bytes.iter().any(|byte| before.is(*byte)))
                };
                let fields = self.aggregate
                    && (index == self.attributed
                        || before.is_some_and(|before| before.kind == TokenKind::Word));
                let listed = self.brackets.last() == Some(&Bracket::List);
                let list = self.enumeration
                    || index == self.list_at
                    || is(b"=,")
                    || (listed && !is(b";"))
                    || (self.value && is(b")"));
                self.brackets.push(match (fields, list) {
                    (true, _) => Bracket::Fields,
                    (_, true) => Bracket::List,
                    _ => Bracket::Block,
                });
            }
            b'}' => while self.brackets.pop().is_some_and(Bracket::is_narrow) {},
            b'=' if !self.in_narrow() => {
                self.value = true;
            }
            _ if self.in_call() && b"+-*/%&|^<>=!~".contains(&byte) => {
                self.operator_argument(index, token);
            }
            b':' if self.brackets.last() == Some(&Bracket::Fields) => self.nameless_field(index),
            b',' | b';' if self.in_call() => {
                if self.is(index + 1, b')') || (byte == b',' && self.is(index + 1, b',')) {
                    blank(self.text, token.span);
                } else {
                    self.write(token.span.start, b",");
                    self.type_argument(index + 1);
                }
            }
            _ => {}
        }
        if matches!(byte, b';' | b'{' | b'}') {
            self.value = false;
            self.enumeration = false;
        }
        if matches!(byte, b';' | b'{' | b'}' | b'(' | b')') {
            self.aggregate = false;
        }
        if matches!(byte, b')' | b']') && self.brackets.is_empty() {
            self.trailing_attribute(index);
        }
    }
}
