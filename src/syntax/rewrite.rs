//! Rewrites macro uses that the grammar cannot read, keeping the length of the text.
//!
//! Only the parser sees the rewritten bytes; offsets, and so everything shown, refer to the
//! original ones. A line end may turn into `;`.

use super::directives::blank;
use super::macros::{MacroClass, MacroTable};
use super::tokens::{Token, TokenKind};
use crate::finding::Span;

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
                if !reads {
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

    /// The grammar does not take attributes behind `*` and `]`.
    fn attribute(&mut self, index: usize) {
        let Some(close) = self.close(index + 1) else {
            return;
        };
        let before = self.before(index);
        if before.is_some_and(|before| before.is(b'*') || before.is(b']')) {
            self.erase(index, close + 1);
        }
        self.attributed = close + 1;
        self.gone = close + 1;
    }

    /// `return x` and the like as an argument of a macro: the value stays, the keyword becomes a
    /// name or goes.
    fn statement_argument(&mut self, index: usize, token: Token) {
        let last = self.is(index + 1, b';') || self.is(index + 1, b')') || self.is(index + 1, b',');
        if last {
            self.write(token.span.start, b"_");
        } else {
            self.erase(index, index + 1);
        }
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
                    || matches!(self.brackets.last(), Some(Bracket::Group))
            }
            TokenKind::Punct(byte) => b"=!|&?<>+-/%~^[".contains(&byte),
            TokenKind::Word => matches!(self.word_at(before), b"return" | b"case"),
            _ => false,
        }
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

    /// `GLOBALS` alone on its line at top level before another macro's call.
    fn name_alone(&mut self, index: usize, token: Token) -> bool {
        let next = index + 1;
        if !(self.brackets.is_empty()
            && is_upper(self.text_of(index))
            && self.begins_statement(index)
            && is_upper(self.text_of(next))
            && self.close(next + 1).is_some())
        {
            return false;
        }
        let end = token.span.end;
        if self.text.get(end as usize) != Some(&b'\n') {
            return false;
        }
        self.write(end, b";");
        true
    }

    /// `NAME(..)` where a statement may begin, without `;` behind it. Tells whether it was
    /// rewritten.
    fn call_alone(
        &mut self,
        index: usize,
        token: Token,
        close: usize,
        class: Option<MacroClass>,
    ) -> bool {
        if self.is(close + 1, b'{') {
            if (self.in_block() || self.brackets.is_empty()) && self.declares(index, close) {
                return true;
            }
            if self.in_block() {
                self.head_of_loop(index, token, close);
                return true;
            }
            if self.brackets.is_empty() {
                return self.head_of_function(token, index + 1, close);
            }
            return false;
        }
        if self.in_narrow() {
            return false;
        }
        let name = self.text_of(index);
        let known = class.is_some();
        if !(known || is_upper(name) || self.in_block()) {
            return false;
        }
        let Some(end) = self.token(close).map(|token| token.span.end) else {
            return false;
        };
        let behind = self.token(close + 1);
        let goes_on = behind.is_some_and(|behind| match behind.kind {
            TokenKind::Punct(b'}') => false,
            TokenKind::Punct(b'*') => self.brackets.last() == Some(&Bracket::List),
            TokenKind::Punct(_) => true,
            _ => false,
        });
        let until = behind.map_or(self.text.len(), |behind| behind.span.start as usize);
        let gap = self.text.get(end as usize..until).unwrap_or_default();
        let alone = gap.contains(&b'\n') || class == Some(MacroClass::Statement);
        if goes_on || !alone || !gap.first().is_some_and(u8::is_ascii_whitespace) {
            return false;
        }
        if self.brackets.last() == Some(&Bracket::List) {
            if behind.is_some_and(|behind| !behind.is(b'}')) {
                self.write(end, b",");
            }
        } else if !behind.is_some_and(|behind| behind.kind == TokenKind::Literal) {
            self.write(end, b";");
        }
        true
    }

    /// `ENTRIES(name) { a, b };` → `ENTRIES name = { a, b };`.
    fn declares(&mut self, index: usize, close: usize) -> bool {
        let open = close + 1;
        let end = self.partners.get(open).map_or(0, |end| *end as usize);
        if end <= open || !self.is(end + 1, b';') || self.text_of(index + 2).is_empty() {
            return false;
        }
        let statements = self.is(end - 1, b';') || self.is(end - 1, b'}');
        let designated = [b'.', b'[', b'{']
            .iter()
            .any(|&byte| self.is(open + 1, byte));
        if statements && !designated {
            return false;
        }
        self.erase(index + 1, index + 2);
        self.erase(index + 3, close);
        if let Some(token) = self.token(close) {
            self.write(token.span.start, b"=");
        }
        self.value = true;
        self.gone = close + 1;
        self.list_at = open;
        true
    }

    /// `static FIELD(name, 8);` → `static FIELD name ;`.
    fn declares_one(&mut self, index: usize, close: usize) -> bool {
        let specified = self
            .before(index)
            .is_some_and(|before| matches!(self.word_at(before), b"static" | b"extern" | b"const"));
        let bare = self.brackets.last() == Some(&Bracket::Fields) && self.begins_statement(index);
        let name = !self.text_of(index + 2).is_empty()
            && (self.is(index + 3, b',') || self.is(index + 3, b')'));
        let outside = !self.in_narrow() && self.is(close + 1, b';');
        if !((specified || bare) && name && outside) {
            return false;
        }
        self.erase(index + 1, index + 2);
        self.erase(index + 3, close + 1);
        self.gone = close + 1;
        true
    }

    /// `FIELD(type, name);` in a structure → `type  name ;`.
    fn field_of_two(&mut self, index: usize, close: usize) -> bool {
        let two = close == index + 5
            && !self.text_of(index + 2).is_empty()
            && self.is(index + 3, b',')
            && !self.text_of(index + 4).is_empty()
            && self.is(close + 1, b';');
        if two {
            self.erase(index, index + 2);
            self.erase(index + 3, index + 4);
            self.erase(close, close + 1);
            self.gone = close + 1;
        }
        two
    }

    /// An argument that is a type (`container_of(p, struct s, m)`) is reduced to one name.
    fn type_argument(&mut self, from: usize) {
        let inside = self
            .brackets
            .iter()
            .any(|bracket| matches!(bracket, Bracket::Block | Bracket::Macro));
        if !inside {
            return;
        }
        let (mut at, mut is_type, mut name) = (from, false, None);
        // Longer arguments are no types.
        while at < from + 8 {
            let word = self.text_of(at);
            if !word.is_empty() {
                is_type |= is_type_word(word) || name.is_some();
                name = Some(at);
            } else if self.is(at, b'*') && name.is_some() {
                is_type |= self.is(at + 1, b',') || self.is(at + 1, b')');
            } else {
                break;
            }
            at += 1;
        }
        let (true, Some(name)) = (is_type && (self.is(at, b',') || self.is(at, b')')), name) else {
            return;
        };
        self.erase(from, name);
        self.erase(name + 1, at);
        if let Some(token) = self.token(name)
            && is_keyword(self.text_of(name))
        {
            self.write(token.span.start, b"_");
        }
        self.gone = at;
    }

    /// `FOREACH(..) {` → `while  (..) {`, or `if` where the name is short.
    fn head_of_loop(&mut self, index: usize, token: Token, close: usize) {
        let name = token.span;
        let length = (name.end - name.start) as usize;
        if length < 2 || close == index + 2 {
            self.erase(index, close + 1);
            self.gone = close + 1;
            return;
        }
        blank(self.text, name);
        let keyword: &[u8] = if length >= 5 { b"while" } else { b"if" };
        self.write(name.start, keyword);
        self.rewritten.loops.push(name);
        if !self.expressions(index + 2, close) {
            self.fill_arguments(index + 2, close);
            self.brackets.push(Bracket::Group);
            self.gone = close;
        }
    }

    /// `ISR(vector) {` at top level → `I R(vector) {`, which reads as a function with a type.
    fn head_of_function(&mut self, token: Token, open: usize, close: usize) -> bool {
        let name = token.span;
        if name.end - name.start < 3 {
            return false;
        }
        self.write(name.start + 1, b" ");
        if let (Some(first), Some(last)) = (self.token(open), self.token(close)) {
            let args = Span::new(first.span.start, last.span.end);
            self.rewritten.functions.push((name, args));
        }
        let plain = (open + 1..close).all(|at| {
            self.is(at, b',')
                || self.is(at, b'*')
                || self
                    .text_of(at)
                    .first()
                    .is_some_and(|byte| !byte.is_ascii_digit())
        });
        if !plain {
            self.erase(open + 1, close);
        }
        self.brackets.push(Bracket::Group);
        self.gone = close;
        true
    }

    /// Whether the tokens can be read as expressions with commas.
    fn expressions(&self, from: usize, to: usize) -> bool {
        (from..to).all(|at| {
            let last = self.is(at + 1, b',') || self.is(at + 1, b')');
            match self.token(at).map(|token| token.kind) {
                Some(TokenKind::Word) => !is_type_word(self.text_of(at)),
                Some(TokenKind::Punct(b';' | b'{')) => false,
                Some(TokenKind::Punct(b'*' | b',' | b'&' | b'=')) => !last,
                _ => true,
            }
        })
    }

    /// Puts a single name where the arguments stood.
    fn fill_arguments(&mut self, from: usize, to: usize) {
        self.erase(from, to);
        if let Some(first) = self.token(from) {
            self.write(first.span.start, b"_");
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
            b')' | b']' => {
                if self.in_narrow() {
                    self.brackets.pop();
                }
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

    /// `void f(void) NAME {`, `int a[4] NAME = {`: an unknown attribute behind a declarator.
    fn trailing_attribute(&mut self, index: usize) {
        let name = index + 1;
        if !is_upper(self.text_of(name)) || self.value {
            return;
        }
        let end = match self.close(name + 1) {
            Some(close) => close + 1,
            None => name + 1,
        };
        if self.is(end, b'{') || self.is(end, b';') || self.is(end, b'=') {
            self.erase(name, end);
            self.gone = end;
        }
    }

    /// A row of words that holds more names than a declaration can have: unknown ones in capitals
    /// are taken for attributes. Looked at only from the row's first word.
    fn chain(&mut self, index: usize) {
        let starts = match self.before(index) {
            None => true,
            Some(before) => match before.kind {
                TokenKind::Directive => true,
                TokenKind::Punct(byte) => b";{}(,:)".contains(&byte),
                _ => false,
            },
        };
        if !starts {
            return;
        }
        let (mut names, mut has_type, mut at) = (0, false, index);
        let mut candidates: Vec<(usize, usize)> = Vec::new();
        // Longer rows are no declarations.
        let limit = index + 16;
        while at < limit {
            let word = self.text_of(at);
            if word.is_empty() {
                if !self.is(at, b'*') || at == index {
                    break;
                }
                at += 1;
                continue;
            }
            match word {
                b"struct" | b"union" | b"enum" => {
                    has_type = true;
                    // The tag, unless a body follows.
                    if !self.text_of(at + 1).is_empty() {
                        if is_upper(self.text_of(at + 1))
                            && !self.text_of(at + 2).is_empty()
                            && self.is(at + 3, b'{')
                        {
                            self.erase(at + 1, at + 2);
                            at += 1;
                        }
                        at += 1;
                    }
                }
                _ if is_type_word(word) => has_type |= is_primitive(word),
                _ if is_keyword(word) => return,
                _ => {
                    names += 1;
                    if is_upper(word) {
                        let end = match self.close(at + 1) {
                            Some(close) if !self.text_of(close + 1).is_empty() => close + 1,
                            _ => at + 1,
                        };
                        if !self.text_of(end).is_empty() || at > index {
                            candidates.push((at, end));
                        }
                        at = end;
                        continue;
                    }
                }
            }
            at += 1;
        }
        let room = if has_type { 1 } else { 2 };
        for (from, to) in candidates {
            if names <= room {
                break;
            }
            names -= 1;
            self.erase(from, to);
        }
    }
}

/// At least three bytes of capitals, digits and underscores.
fn is_upper(word: &[u8]) -> bool {
    word.len() >= 3
        && word
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
        && word.iter().any(u8::is_ascii_uppercase)
}

/// Begins with a digit and is no number: a part of a name that a macro puts together.
fn is_odd_number(word: &[u8]) -> bool {
    let digits = match word {
        [b'0', b'x' | b'X', digits @ ..] => {
            return digits
                .iter()
                .any(|byte| !byte.is_ascii_hexdigit() && !b"uUlLpP".contains(byte));
        }
        [b'0', b'b' | b'B', digits @ ..] => digits,
        [first, ..] if first.is_ascii_digit() => word,
        _ => return false,
    };
    digits
        .iter()
        .any(|byte| !byte.is_ascii_digit() && !b"uUlLfFeEzZ".contains(byte))
}

/// Types that end the search for one.
fn is_primitive(word: &[u8]) -> bool {
    matches!(
        word,
        b"void"
            | b"char"
            | b"short"
            | b"int"
            | b"long"
            | b"float"
            | b"double"
            | b"signed"
            | b"unsigned"
            | b"bool"
            | b"_Bool"
            | b"size_t"
            | b"int8_t"
            | b"int16_t"
            | b"int32_t"
            | b"int64_t"
            | b"uint8_t"
            | b"uint16_t"
            | b"uint32_t"
            | b"uint64_t"
    )
}

/// Words that begin or belong to a type.
fn is_type_word(word: &[u8]) -> bool {
    is_primitive(word)
        || matches!(
            word,
            b"struct"
                | b"union"
                | b"enum"
                | b"const"
                | b"volatile"
                | b"static"
                | b"extern"
                | b"inline"
                | b"register"
                | b"typedef"
                | b"restrict"
                | b"__inline"
                | b"__inline__"
                | b"__restrict"
                | b"_Noreturn"
                | b"__volatile__"
                | b"__extension__"
                | b"__const"
        )
}

/// Words that are no name of a function or macro.
fn is_keyword(word: &[u8]) -> bool {
    is_type_word(word)
        || matches!(
            word,
            b"if"
                | b"else"
                | b"for"
                | b"while"
                | b"do"
                | b"switch"
                | b"case"
                | b"default"
                | b"return"
                | b"goto"
                | b"break"
                | b"continue"
                | b"sizeof"
                | b"_Alignof"
                | b"alignof"
                | b"offsetof"
                | b"asm"
                | b"__asm"
                | b"__asm__"
                | b"__attribute__"
                | b"__attribute"
                | b"__declspec"
                | b"_Generic"
                | b"_Static_assert"
                | b"static_assert"
                | b"defined"
                | b"typeof"
                | b"__typeof__"
                | b"_Alignas"
        )
}
