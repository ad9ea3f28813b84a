//! Loops, `if`, `switch`.

use super::builder::{Arms, Exit};
use super::macro_body::Form;
use super::scope::Binding;
use super::source::At;
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{BinaryOp, BlockId, Operand, Place, StatementKind, Terminator};
use crate::syntax::{Field, Kind};

impl<'a> Lowerer<'a> {
    pub(super) fn if_statement(&mut self, at: At) -> Option<()> {
        let condition = self.child(at, Field::CONDITION)?;
        let consequence = self.child(at, Field::CONSEQUENCE)?;
        let end_span = self.span(at);
        let alternative = self.child(at, Field::ALTERNATIVE);
        if let Some(name) = self.macro_head(at) {
            return self.macro_loop(name, condition, consequence);
        }
        self.branch(condition, consequence, alternative, end_span)
    }

    fn branch(
        &mut self,
        condition: At,
        consequence: At,
        alternative: Option<At>,
        end_span: Span,
    ) -> Option<()> {
        let span = self.span(condition);
        let then = self.new_block();
        let end = self.new_block();
        let otherwise = match alternative {
            Some(_) => self.new_block(),
            None => end,
        };
        self.condition(condition, then, otherwise);
        self.switch_to(then);
        self.statement(consequence);
        self.goto(end, span);
        if let Some(alternative) = alternative {
            self.switch_to(otherwise);
            for child in self.children(alternative) {
                self.statement(child);
            }
            self.goto(end, end_span);
        }
        self.switch_to(end);
        Some(())
    }

    fn body_of(&mut self, body: At, to_break: BlockId, to_continue: BlockId) {
        let locals = self.body.entered.len();
        self.body.exits.push(Exit {
            to_break,
            to_continue: Some(to_continue),
            locals,
        });
        self.statement(body);
        self.body.exits.pop();
    }

    pub(super) fn while_statement(&mut self, at: At) -> Option<()> {
        let condition = self.child(at, Field::CONDITION)?;
        let body = self.child(at, Field::BODY)?;
        if let Some(name) = self.macro_head(at) {
            return self.macro_loop(name, condition, body);
        }
        self.while_loop(condition, body)
    }

    /// The name of the macro that a loop is in the text.
    fn macro_head(&self, at: At) -> Option<&'a [u8]> {
        let source = self.sources.get(at.source as usize)?;
        match &source.expansion {
            Some(expansion) => expansion.definition.loop_name(at.node),
            None if at.source == 0 => self
                .macro_loops
                .get(&at.node)
                .map(|name| name.of(source.text)),
            None => None,
        }
    }

    fn while_loop(&mut self, condition: At, body: At) -> Option<()> {
        let span = self.span(condition);
        let [head, inside, end] = [self.new_block(), self.new_block(), self.new_block()];
        self.goto(head, span);
        self.switch_to(head);
        self.condition(condition, inside, end);
        self.switch_to(inside);
        self.body_of(body, end, head);
        self.goto(head, span);
        self.switch_to(end);
        Some(())
    }

    pub(super) fn do_statement(&mut self, at: At) -> Option<()> {
        let condition = self.child(at, Field::CONDITION)?;
        let body = self.child(at, Field::BODY)?;
        let span = self.span(condition);
        let [inside, test, end] = [self.new_block(), self.new_block(), self.new_block()];
        self.goto(inside, span);
        self.switch_to(inside);
        self.body_of(body, end, test);
        self.goto(test, span);
        self.switch_to(test);
        self.condition(condition, inside, end);
        self.switch_to(end);
        Some(())
    }

    pub(super) fn for_statement(&mut self, at: At) -> Option<()> {
        let body = self.child(at, Field::BODY)?;
        self.for_loop(at, body)
    }

    /// The head of a `for` with a body that may stand elsewhere.
    fn for_loop(&mut self, at: At, body: At) -> Option<()> {
        let span = self.span(at);
        let scope = self.open_scope();
        if let Some(first) = self.child(at, Field::INITIALIZER) {
            match self.kind(first) {
                Kind::DECLARATION => self.local_declaration(first),
                _ => self.effect(first),
            }
        }
        let [head, inside, step, end] = [
            self.new_block(),
            self.new_block(),
            self.new_block(),
            self.new_block(),
        ];
        self.goto(head, span);
        self.switch_to(head);
        match self.child(at, Field::CONDITION) {
            Some(condition) => self.condition(condition, inside, end),
            None => self.goto(inside, span),
        }
        self.switch_to(inside);
        self.body_of(body, end, step);
        self.goto(step, span);
        self.switch_to(step);
        if let Some(update) = self.child(at, Field::UPDATE) {
            self.effect(update);
        }
        self.goto(head, span);
        self.switch_to(end);
        self.close_scope(scope, span);
        Some(())
    }

    /// `LIST_FOREACH(x, list) {…}`: as its definition says; without one, how often is not known,
    /// and what it names changes every time.
    fn macro_loop(&mut self, name: &'a [u8], arguments: At, body: At) -> Option<()> {
        let span = self.span(arguments);
        let mut nodes = Vec::new();
        let mut next = self.only_child(arguments);
        while let Some(at) = next {
            let (first, rest) = match self.kind(at) {
                Kind::COMMA_EXPRESSION => {
                    (self.child(at, Field::LEFT), self.child(at, Field::RIGHT))
                }
                _ => (Some(at), None),
            };
            nodes.extend(first);
            next = rest;
        }
        if let Some((Form::Head(node), source)) = self.head_macro(name, arguments, &nodes) {
            let head = At { source, node };
            let condition = self.child(head, Field::CONDITION);
            return match (self.kind(head), condition) {
                (Kind::FOR_STATEMENT, _) => self.for_loop(head, body),
                (Kind::WHILE_STATEMENT, Some(condition)) => self.while_loop(condition, body),
                (_, Some(condition)) => self.branch(condition, body, None, span),
                _ => None,
            };
        }
        let [head, inside, end] = [self.new_block(), self.new_block(), self.new_block()];
        self.goto(head, span);
        self.switch_to(head);
        let mut places = Vec::new();
        for word in self.plain_words(arguments) {
            if let Some(place) = self.variable_named(word, span)
                && !places.iter().any(|known: &Place| known.base == place.base)
            {
                places.push(place);
            }
        }
        self.emit(StatementKind::Clobber(places), span);
        let condition = Operand::Unknown(self.int);
        let branch = Terminator::Branch {
            condition,
            then: inside,
            otherwise: end,
        };
        self.terminate(branch, span);
        self.switch_to(inside);
        self.body_of(body, end, head);
        self.goto(head, span);
        self.switch_to(end);
        Some(())
    }

    /// The arguments of a macro that are one word each. A type among them is no expression, and so
    /// the tree may not have the list.
    fn plain_words(&self, arguments: At) -> Vec<&'a [u8]> {
        let start = self.tree(arguments).span(arguments.node).start;
        let text = self
            .sources
            .get(arguments.source as usize)
            .and_then(|source| source.text.get(start as usize..))
            .unwrap_or_default();
        let mut depth = 0_u32;
        let mut from = 0;
        let mut words = Vec::new();
        for (at, byte) in text.iter().enumerate().take(1_000) {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if at == 0 {
                from = 1;
            } else if depth == 0 || (depth == 1 && *byte == b',') {
                let word = text.get(from..at).unwrap_or_default().trim_ascii();
                let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                if !word.is_empty() && word.iter().all(is_word) {
                    words.push(word);
                }
                from = at + 1;
                if depth == 0 {
                    break;
                }
            }
        }
        words
    }

    /// The definition of a macro that heads a loop.
    fn head_macro(&mut self, text: &'a [u8], at: At, arguments: &[At]) -> Option<(Form, u32)> {
        let symbol = self.intern(text);
        let Some(Binding::Call(index)) = self.meaning(text, symbol) else {
            return None;
        };
        let definition = self.expandable.get(index as usize).copied()?;
        let wanted = definition.parameters.as_ref().map_or(0, Vec::len);
        if wanted != arguments.len() {
            return None;
        }
        self.enter(definition, at, arguments.to_vec())
    }

    pub(super) fn switch_statement(&mut self, at: At) -> Option<()> {
        let condition = self.child(at, Field::CONDITION)?;
        let body = self.child(at, Field::BODY)?;
        let span = self.span(condition);
        let value = self.value(condition);
        let ty = self.promoted(value.ty);
        let value = self.convert(value, ty, span);
        let head = self.body.current;
        let (inside, end) = (self.new_block(), self.new_block());
        self.body.exits.push(Exit {
            to_break: end,
            to_continue: None,
            locals: self.body.entered.len(),
        });
        self.body.switches.push(Arms::default());
        self.switch_to(inside);
        self.statement(body);
        self.goto(end, span);
        self.body.exits.pop();
        let arms = self.body.switches.pop().unwrap_or_default();
        self.body.current = head;
        for (case, block) in arms.unknown {
            // An arm for a value that is not known: any value may lead there.
            let case = self.value(case);
            let (test, ty) = self.combine(BinaryOp::Eq, value.clone(), case, span);
            let test = self.compute(test, ty, span);
            let next = self.new_block();
            let branch = Terminator::Branch {
                condition: test.operand,
                then: block,
                otherwise: next,
            };
            self.terminate(branch, span);
            self.switch_to(next);
        }
        let switch = Terminator::Switch {
            value: value.operand,
            cases: arms.cases,
            otherwise: arms.default.unwrap_or(end),
            has_default: arms.default.is_some(),
        };
        self.terminate(switch, span);
        self.switch_to(end);
        Some(())
    }

    pub(super) fn case_statement(&mut self, at: At) {
        let span = self.span(at);
        let block = self.new_block();
        self.goto(block, span);
        self.switch_to(block);
        let case = self.child(at, Field::VALUE);
        let value = case.map(|case| (case, self.constant(case)));
        if let Some(arms) = self.body.switches.last_mut() {
            match value {
                Some((_, Some(value))) => arms.cases.push((value, value, block)),
                Some((case, None)) => arms.unknown.push((case, block)),
                None => arms.default = Some(block),
            }
        }
        for child in self.children(at) {
            if Some(child) != case {
                self.statement(child);
            }
        }
    }
}
