//! Macros and attributes inside declarations.

use super::words::{is_keyword, is_primitive, is_type_word, is_upper};
use super::{Bracket, Pass};
use crate::syntax::tokens::TokenKind;

impl Pass<'_> {
    /// The grammar does not take attributes behind `*` and `]`, between a variable's name and its
    /// value, and before the body of a structure without a name.
    pub(super) fn attribute(&mut self, index: usize) {
        let Some(close) = self.close(index + 1) else {
            return;
        };
        let next = close + 1;
        let wrong = self.before(index).is_some_and(|before| {
            let word = self.word_at(before);
            match before.kind {
                TokenKind::Punct(byte) => matches!(byte, b'*' | b']'),
                _ if matches!(word, b"struct" | b"union" | b"enum") => self.is(next, b'{'),
                TokenKind::Word => {
                    !is_keyword(word)
                        && (self.is(next, b';') || self.is(next, b'=') || self.is(next, b'['))
                }
                _ => false,
            }
        });
        if wrong {
            self.erase(index, next);
        }
        self.attributed = next;
        self.gone = next;
    }

    /// `uint32_t : 24;` → `uint32_t     ;`: the grammar wants a name before the width.
    pub(super) fn nameless_field(&mut self, index: usize) {
        let alone = self.before(index).is_some_and(|before| {
            is_primitive(self.word_at(before))
                || (before.kind == TokenKind::Word && self.begins_statement(index - 1))
        });
        if alone && (self.is(index + 2, b';')) {
            self.erase(index, index + 2);
            self.gone = index + 2;
        }
    }

    /// `ENTRIES(name) { a, b };` → `ENTRIES name = { a, b };`.
    pub(super) fn declares(&mut self, index: usize, close: usize) -> bool {
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
    pub(super) fn declares_one(&mut self, index: usize, close: usize) -> bool {
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
    pub(super) fn field_of_two(&mut self, index: usize, close: usize) -> bool {
        let two = close == index + 5
            && !self.text_of(index + 2).is_empty()
            && self.is(index + 3, b',')
            && self
                .text_of(index + 4)
                .first()
                .is_some_and(|byte| !byte.is_ascii_digit())
            && self.is(close + 1, b';');
        if two {
            self.erase(index, index + 2);
            self.erase(index + 3, index + 4);
            self.erase(close, close + 1);
            self.gone = close + 1;
        }
        two
    }

    /// `void f(void) NAME {`, `int a[4] NAME = {`: an unknown attribute behind a declarator.
    pub(super) fn trailing_attribute(&mut self, index: usize) {
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
    pub(super) fn chain(&mut self, index: usize) {
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
