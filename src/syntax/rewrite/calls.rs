//! Macro calls in the place of statements, loop heads, function heads and arguments.

use super::words::{is_keyword, is_type_word, is_upper};
use super::{Bracket, Pass};
use crate::finding::Span;
use crate::syntax::directives::blank;
use crate::syntax::macros::MacroClass;
use crate::syntax::tokens::{Token, TokenKind};

impl Pass<'_> {
    /// `return x` and the like as an argument of a macro: the value stays, the keyword becomes a
    /// name or goes.
    pub(super) fn statement_argument(&mut self, index: usize, token: Token) {
        let last = self.is(index + 1, b';') || self.is(index + 1, b')') || self.is(index + 1, b',');
        if last {
            self.write(token.span.start, b"_");
        } else {
            self.erase(index, index + 1);
        }
    }

    /// `NAME(..)` where a statement may begin, without `;` behind it. Tells whether it was
    /// rewritten.
    pub(super) fn call_alone(
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

    /// `GLOBALS` alone on its line at top level before another macro's call.
    pub(super) fn name_alone(&mut self, index: usize, token: Token) -> bool {
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

    /// An argument that is nothing but an operator (`FETCH(add, +, 1)`) becomes a name.
    pub(super) fn operator_argument(&mut self, index: usize, token: Token) {
        let ends = |pass: &Self, at| pass.is(at, b',') || pass.is(at, b')');
        let begins = self
            .before(index)
            .is_some_and(|before| before.is(b',') || before.is(b'('));
        let end = match (ends(self, index + 1), ends(self, index + 2)) {
            (true, _) => index + 1,
            (_, true) if self.text_of(index + 1).is_empty() && !self.literal(index + 1) => {
                index + 2
            }
            _ => return,
        };
        if begins {
            self.erase(index, end);
            self.write(token.span.start, b"_");
            self.gone = end;
        }
    }

    /// An argument that is a type (`container_of(p, struct s, m)`) is reduced to one name.
    pub(super) fn type_argument(&mut self, from: usize) {
        let inside = self
            .brackets
            .iter()
            .any(|bracket| matches!(bracket, Bracket::Block | Bracket::Macro));
        if !inside {
            return;
        }
        let (mut at, mut is_type, mut name) = (from, false, None);
        let mut is_pointer = false;
        // Longer arguments are no types.
        while at < from + 8 {
            let word = self.text_of(at);
            if !word.is_empty() {
                // `sizeof *p` and `a * b` are values.
                let is_operand = is_pointer && !is_type_word(word);
                if is_operand || matches!(word, b"sizeof" | b"_Alignof" | b"alignof") {
                    return;
                }
                is_type |= is_type_word(word) || name.is_some();
                if !is_pointer {
                    name = Some(at);
                }
            } else if self.is(at, b'*') && name.is_some() {
                is_pointer = true;
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
    pub(super) fn head_of_loop(&mut self, index: usize, token: Token, close: usize) {
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
}
