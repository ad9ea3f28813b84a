//! Statements.

use super::builder::Exit;
use super::source::At;
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{BlockId, Place, StatementKind, Terminator, TypeId};
use crate::syntax::{Field, Kind};

impl Lowerer<'_> {
    pub(super) fn statement(&mut self, at: At) {
        let done = self.deeper(|lowerer| lowerer.statement_here(at));
        if done.is_none() {
            self.not_understood(at);
        }
    }

    /// Code that may do anything to what it names.
    fn not_understood(&mut self, at: At) {
        self.body.has_gap = true;
        let mut places = Vec::new();
        let tree = self.tree(at);
        for node in tree.subtree(at.node).take(400) {
            let at = At { node, ..at };
            if self.kind(at) == Kind::IDENTIFIER
                && let Some(place) = self.variable(at)
                && !places.iter().any(|known: &Place| known.base == place.base)
            {
                places.push(place);
            }
        }
        let span = self.span(at);
        self.emit(StatementKind::Clobber(places), span);
    }

    /// `CHECK(p)` on a line of its own, a macro without `;`, and `*p = x;` on the next: the parser took both for a
    /// product, of which no assignment is a factor.
    fn two_lines(&mut self, at: At) -> Option<()> {
        if self.kind(at) != Kind::BINARY_EXPRESSION || self.operator(at) != b"*" {
            return None;
        }
        let (call, written) = (self.child(at, Field::LEFT)?, self.child(at, Field::RIGHT)?);
        if self.kind(call) != Kind::CALL_EXPRESSION
            || self.kind(written) != Kind::ASSIGNMENT_EXPRESSION
        {
            return None;
        }
        let (pointer, value) = (
            self.child(written, Field::LEFT)?,
            self.child(written, Field::RIGHT)?,
        );
        let span = self.span(written);
        self.effect(call);
        let place = self.pointee(pointer, span);
        match self.operator(written) {
            b"=" => self.assign_expression(place, value, span),
            _ => self.emit(StatementKind::Clobber(vec![place]), span),
        }
        Some(())
    }

    fn statement_here(&mut self, at: At) -> Option<()> {
        let span = self.span(at);
        match self.kind(at) {
            Kind::COMPOUND_STATEMENT => {
                let scope = self.open_scope();
                for child in self.children(at) {
                    self.statement(child);
                }
                self.close_scope(scope, span);
            }
            Kind::EXPRESSION_STATEMENT => {
                if let Some(expression) = self.only_child(at)
                    && !self.given_jump(expression)
                {
                    let argument = self.resolved(expression);
                    if self.two_lines(argument).is_none() {
                        self.effect(argument);
                    }
                }
            }
            Kind::DECLARATION => self.local_declaration(at),
            Kind::TYPE_DEFINITION => self.type_definition(at),
            Kind::STRUCT_SPECIFIER | Kind::UNION_SPECIFIER | Kind::ENUM_SPECIFIER => {
                self.specifier(at);
            }
            Kind::IF_STATEMENT => self.if_statement(at)?,
            Kind::WHILE_STATEMENT => self.while_statement(at)?,
            Kind::DO_STATEMENT => self.do_statement(at)?,
            Kind::FOR_STATEMENT => self.for_statement(at)?,
            Kind::SWITCH_STATEMENT => self.switch_statement(at)?,
            Kind::CASE_STATEMENT => self.case_statement(at),
            Kind::RETURN_STATEMENT => self.return_statement(at),
            Kind::BREAK_STATEMENT => {
                self.break_here(span);
            }
            Kind::CONTINUE_STATEMENT => self.continue_here(span),
            Kind::GOTO_STATEMENT => {
                let label = self.child(at, Field::LABEL)?;
                let to = self.label(label);
                self.stop(Terminator::Goto(to), span);
            }
            Kind::LABELED_STATEMENT => {
                let label = self.child(at, Field::LABEL)?;
                let block = self.label(label);
                self.body.labels_defined += 1;
                self.goto(block, span);
                self.switch_to(block);
                for child in self.children(at) {
                    if child != label {
                        self.statement(child);
                    }
                }
            }
            Kind::ATTRIBUTED_STATEMENT => {
                for child in self.children(at) {
                    if self.kind(child) != Kind::ATTRIBUTE_DECLARATION {
                        self.statement(child);
                    }
                }
            }
            Kind::PREPROC_IF | Kind::PREPROC_IFDEF => {
                if let Some(arm) = self.chosen_arm(at) {
                    self.arm(arm);
                }
            }
            Kind::PREPROC_DEF
            | Kind::PREPROC_FUNCTION_DEF
            | Kind::PREPROC_CALL
            | Kind::PREPROC_INCLUDE
            | Kind::EMPTY_STATEMENT
            | Kind::ATTRIBUTE_DECLARATION
            | Kind::FUNCTION_DEFINITION => {}
            Kind::ERROR | Kind::MISSING => return None,
            Kind::SEH_TRY_STATEMENT | Kind::SEH_LEAVE_STATEMENT => return None,
            // Types and names left over, as in `int;`.
            Kind::PRIMITIVE_TYPE
            | Kind::TYPE_IDENTIFIER
            | Kind::SIZED_TYPE_SPECIFIER
            | Kind::MACRO_TYPE_SPECIFIER => {}
            _ => self.effect(at),
        }
        Some(())
    }

    pub(super) fn break_here(&mut self, span: Span) {
        if let Some(exit) = self.body.exits.last().copied() {
            self.leave_to(exit.locals, span);
            self.stop(Terminator::Goto(exit.to_break), span);
        }
    }

    pub(super) fn continue_here(&mut self, span: Span) {
        let exit = self.body.exits.iter().rev();
        let exit = exit.copied().find(|exit| exit.to_continue.is_some());
        if let Some(Exit {
            to_continue: Some(to),
            locals,
            ..
        }) = exit
        {
            self.leave_to(locals, span);
            self.stop(Terminator::Goto(to), span);
        }
    }

    /// The statements of one arm of an `#if`.
    fn arm(&mut self, arm: At) {
        for child in self.children(arm) {
            if self.field(child) == Field::NONE {
                self.statement(child);
            }
        }
    }

    pub(super) fn label(&mut self, at: At) -> BlockId {
        let text = self.text(self.resolved(at));
        let name = self.intern(text);
        if let Some(&block) = self.body.labels.get(&name) {
            return block;
        }
        let block = self.new_block();
        self.body.labels.insert(name, block);
        block
    }

    fn return_statement(&mut self, at: At) {
        let span = self.span(at);
        match self.only_child(at) {
            Some(expression) => self.return_value(expression, span),
            None => self.stop(Terminator::Return(None), span),
        }
    }

    pub(super) fn return_value(&mut self, at: At, span: Span) {
        let value = self.value(at);
        let to = self.body.result.unwrap_or(TypeId::UNKNOWN);
        // What gives nothing, as a header of another build says, still is returned as a value.
        let value = match (value.ty == TypeId::VOID, to == TypeId::VOID) {
            (true, true) => None,
            (true, false) => Some(self.unknown(to).operand),
            (false, _) => Some(self.convert(value, to, span).operand),
        };
        self.stop(Terminator::Return(value), span);
    }

    /// The arm of an `#if` group that is lowered: the group or arm whose own statements stand in
    /// it. Names count as defined and not zero, so that groups on one name choose alike, or as not
    /// defined, where more code stands so (`variants`).
    pub(super) fn chosen_arm(&mut self, at: At) -> Option<At> {
        let mut at = at;
        for _ in 0..64 {
            let holds = match self.kind(at) {
                Kind::PREPROC_ELSE => true,
                Kind::PREPROC_IFDEF | Kind::PREPROC_ELIFDEF => {
                    let head = self.text(at);
                    let word = head.get(1..).unwrap_or_default().trim_ascii_start();
                    let asks = !(word.starts_with(b"ifndef") || word.starts_with(b"elifndef"));
                    let is_absent = self
                        .child(at, Field::NAME)
                        .is_some_and(|name| self.absent.contains(self.text(name)));
                    asks != is_absent
                }
                _ => match self.child(at, Field::CONDITION) {
                    Some(condition) => self.assumed(condition, 0) != 0,
                    None => true,
                },
            };
            if holds {
                return Some(at);
            }
            at = self.child(at, Field::ALTERNATIVE)?;
        }
        None
    }

    /// The value of an `#if` condition if every name in it that is defined is 1.
    fn assumed(&self, at: At, depth: u32) -> i128 {
        if depth > 64 {
            return 1;
        }
        let side = |field| {
            self.child(at, field)
                .map_or(1, |side| self.assumed(side, depth + 1))
        };
        match self.kind(at) {
            Kind::NUMBER_LITERAL => super::literal::number(self.text(at), self.unit.target)
                .and_then(|number| number.value)
                .unwrap_or(1),
            Kind::PARENTHESIZED_EXPRESSION | Kind::PREPROC_DEFINED => self
                .only_child(at)
                .map_or(1, |inner| self.assumed(inner, depth + 1)),
            Kind::IDENTIFIER => i128::from(!self.absent.contains(self.text(at))),
            Kind::UNARY_EXPRESSION => match self.operator(at) {
                b"!" => i128::from(side(Field::ARGUMENT) == 0),
                b"-" => -side(Field::ARGUMENT),
                _ => side(Field::ARGUMENT),
            },
            Kind::BINARY_EXPRESSION => {
                let (left, right) = (side(Field::LEFT), side(Field::RIGHT));
                match self.operator(at) {
                    b"&&" => i128::from(left != 0 && right != 0),
                    b"||" => i128::from(left != 0 || right != 0),
                    // A comparison with a value is how a variant is chosen: the first one is.
                    b"!=" => 0,
                    _ => 1,
                }
            }
            _ => 1,
        }
    }
}
