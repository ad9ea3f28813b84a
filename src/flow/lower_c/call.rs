//! Calls, and what looks like one.

use super::builder::Value;
use super::scope::Binding;
use super::source::At;
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{
    Callee, Operand, Place, ResultUse, Rvalue, Signature, StatementKind, Symbol, Terminator, Type,
    TypeId,
};
use crate::syntax::{Field, Kind};

impl Lowerer<'_> {
    /// A call; its result goes to `target` where the types allow it. `None` where the node is no
    /// call that can be told.
    pub(super) fn call(
        &mut self,
        at: At,
        target: Option<Place>,
        result: ResultUse,
    ) -> Option<Value> {
        let function = self.child(at, Field::FUNCTION)?;
        let list = self.child(at, Field::ARGUMENTS)?;
        let span = self.span(at);
        if let Some(ty) = self.type_in_parentheses(function) {
            // `(type)(x)`
            let argument = self.only_child(list)?;
            let (value, ty) = self.cast(argument, ty);
            return Some(self.compute(value, ty, span));
        }
        let function = self.inner(function);
        let name = match self.kind(function) {
            Kind::IDENTIFIER => {
                let text = self.text(function);
                let name = self.intern(text);
                match self.meaning(text, name) {
                    Some(Binding::Local(_) | Binding::Global(_)) => None,
                    _ => Some((name, text)),
                }
            }
            _ => None,
        };
        if let Some((name, text)) = name {
            if matches!(text, b"typeof" | b"__typeof__" | b"__typeof") {
                // Names a type; its argument is not evaluated.
                return Some(self.unknown(TypeId::UNKNOWN));
            }
            // What gives a value is no assertion, whatever its name: `return line_assert_to(x);`
            if result != ResultUse::Used
                && target.is_none()
                && let Some(negated) = assertion(text)
            {
                self.assertion(name, list, negated, span);
                return Some(self.unknown(TypeId::VOID));
            }
            let signature = self.signatures.get(&name).cloned();
            let arguments = self.arguments(list, signature.as_ref());
            let ty = signature.map_or(TypeId::UNKNOWN, |signature| signature.result);
            let callee = Callee::Function(name);
            let value = self.emit_call(callee, arguments, ty, target, result, span);
            if self.never_returns(text, name) {
                self.stop(Terminator::Unreachable, span);
            }
            return Some(value);
        }
        if self.is_field_macro(function) {
            return Some(self.unknown(TypeId::UNKNOWN));
        }
        let pointer = self.value(function);
        let signature = self.pointed_signature(pointer.ty);
        let arguments = self.arguments(list, signature.as_ref());
        let ty = signature.map_or(TypeId::UNKNOWN, |signature| signature.result);
        let callee = match pointer.operand {
            Operand::Function(name) => Callee::Function(name),
            operand => Callee::Pointer(operand),
        };
        Some(self.emit_call(callee, arguments, ty, target, result, span))
    }

    /// The function type behind a pointer.
    fn pointed_signature(&self, ty: TypeId) -> Option<Signature> {
        let function = self.unit.types.pointee(ty).unwrap_or(ty);
        match self.unit.types.get(function) {
            Type::Function(signature) => Some((**signature).clone()),
            _ => None,
        }
    }

    fn arguments(&mut self, list: At, signature: Option<&Signature>) -> Vec<Operand> {
        let parameters = signature
            .and_then(|signature| signature.parameters.as_deref())
            .unwrap_or_default();
        let mut arguments = Vec::new();
        for child in self.argument_nodes(list) {
            if self.kind(child) == Kind::COMPOUND_STATEMENT {
                // Code handed to a macro that nobody knows.
                self.body.has_gap = true;
                let span = self.span(child);
                self.emit(StatementKind::Clobber(Vec::new()), span);
                continue;
            }
            let value = self.value(child);
            let span = self.span(child);
            let operand = match parameters.get(arguments.len()) {
                Some(&ty) => self.convert(value, ty, span).operand,
                None => value.operand,
            };
            arguments.push(operand);
        }
        arguments
    }

    fn emit_call(
        &mut self,
        callee: Callee,
        arguments: Vec<Operand>,
        ty: TypeId,
        target: Option<Place>,
        result: ResultUse,
        span: Span,
    ) -> Value {
        self.complete(ty);
        let target = match target {
            _ if result != ResultUse::Used => None,
            _ if ty == TypeId::VOID => None,
            Some(place) if self.takes(place.ty, ty) => Some(place),
            _ => Some(self.temporary(ty, span)),
        };
        let value = match &target {
            Some(place) => Value {
                operand: Operand::Copy(place.clone()),
                ty: place.ty,
            },
            None => self.unknown(ty),
        };
        let call = StatementKind::Call {
            callee,
            arguments,
            target,
            result,
        };
        self.emit(call, span);
        value
    }

    /// Whether a place holds a result as it comes.
    fn takes(&self, place: TypeId, result: TypeId) -> bool {
        place == result
            || place == TypeId::UNKNOWN
            || !self.is_arithmetic(result) && !self.unit.types.is_pointer(result)
            || self.unit.types.is_pointer(place) && self.unit.types.is_pointer(result)
    }

    /// The condition of `__builtin_expect(c, 1)`, `likely(c)`.
    pub(super) fn expectation(&self, at: At) -> Option<At> {
        let function = self.child(at, Field::FUNCTION)?;
        let name = self.text(function);
        if !matches!(
            name,
            b"__builtin_expect" | b"likely" | b"unlikely" | b"LIKELY" | b"UNLIKELY"
        ) {
            return None;
        }
        let list = self.child(at, Field::ARGUMENTS)?;
        self.only_child(list)
    }

    /// `assert(c)`, `LWIP_ASSERT("text", c)`.
    fn assertion(&mut self, name: Symbol, list: At, negated: bool, span: Span) {
        let condition = self.argument_nodes(list).into_iter().find(|&child| {
            !matches!(
                self.kind(child),
                Kind::STRING_LITERAL | Kind::CONCATENATED_STRING
            )
        });
        let Some(condition) = condition else {
            // `ASSERT("text")`, `ASSERT_NEVER()`: never holds. `ASSERT_LOCKED()` asks for something.
            let is_text = self.only_child(list).is_some();
            let is_never = {
                let words = crate::flow::guards::words(self.unit.names.text(name));
                let has = |wanted: &str| words.iter().any(|word| word == wanted);
                has("never")
                    || has("unreachable")
                    || has("notreached")
                    || has("not") && has("reached")
            };
            if is_text || is_never {
                self.stop(Terminator::Unreachable, span);
            }
            return;
        };
        let mut value = match self.is_logical(condition) {
            true => {
                let (value, ty) = self.truth(condition);
                self.compute(value, ty, span)
            }
            false => self.value(condition),
        };
        if negated {
            let not = self.unary(crate::flow::ir::UnaryOp::Not, value.operand, self.int);
            value = self.compute(not, self.int, span);
        }
        let assert = StatementKind::Assert {
            condition: value.operand,
            name,
        };
        self.emit(assert, span);
    }

    /// An expression for what it does, its value unused.
    pub(super) fn effect(&mut self, at: At) {
        let at = self.inner(at);
        let span = self.span(at);
        match self.kind(at) {
            Kind::CALL_EXPRESSION => self.call_effect(at, ResultUse::Dropped),
            Kind::COMPOUND_STATEMENT => self.statement(at),
            Kind::ASSIGNMENT_EXPRESSION => {
                self.assignment(at);
            }
            Kind::UPDATE_EXPRESSION => {
                self.update(at, false);
            }
            Kind::COMMA_EXPRESSION => {
                for side in [Field::LEFT, Field::RIGHT] {
                    if let Some(side) = self.child(at, side) {
                        self.effect(side);
                    }
                }
            }
            Kind::CAST_EXPRESSION => {
                let inner = self.child(at, Field::VALUE).map(|value| self.inner(value));
                match inner {
                    Some(value) if self.kind(value) == Kind::CALL_EXPRESSION => {
                        self.call_effect(value, ResultUse::Discarded);
                    }
                    // `(void)x;` says that x is not used.
                    Some(value) if self.kind(value) != Kind::IDENTIFIER => self.effect(value),
                    _ => {}
                }
            }
            Kind::IDENTIFIER => {
                self.macro_name_statement(at);
            }
            Kind::FIELD_EXPRESSION | Kind::SUBSCRIPT_EXPRESSION | Kind::POINTER_EXPRESSION => {
                let (value, ty) = self.rvalue(at);
                self.computed(value, ty, span);
            }
            Kind::CONDITIONAL_EXPRESSION => self.conditional_effect(at),
            Kind::GNU_ASM_EXPRESSION => self.assembly(at),
            _ => {
                let (value, ty) = self.rvalue(at);
                if !matches!(value, Rvalue::Use(_)) {
                    self.compute(value, ty, span);
                }
            }
        }
    }

    /// `c ? f() : g();`
    fn conditional_effect(&mut self, at: At) {
        let (Some(condition), Some(alternative)) = (
            self.child(at, Field::CONDITION),
            self.child(at, Field::ALTERNATIVE),
        ) else {
            return;
        };
        let span = self.span(at);
        let [yes, no, end] = [self.new_block(), self.new_block(), self.new_block()];
        self.condition(condition, yes, no);
        for (block, arm) in [
            (yes, self.child(at, Field::CONSEQUENCE)),
            (no, Some(alternative)),
        ] {
            self.switch_to(block);
            if let Some(arm) = arm {
                self.effect(arm);
            }
            self.goto(end, span);
        }
        self.switch_to(end);
    }
}

/// Whether a name is an assertion's, and whether it claims the opposite of its argument.
pub(super) fn assertion(name: &[u8]) -> Option<bool> {
    match name {
        b"BUG_ON" | b"__BUG_ON" | b"WARN_ON" | b"BUG_ON_ONCE" | b"WARN_ON_ONCE" => {
            return Some(true);
        }
        b"expect" | b"__ASSERT_NO_MSG" | b"DEBUG_ASSERT" | b"VERIFY" => return Some(false),
        _ => {}
    }
    let lower = name.to_ascii_lowercase();
    let word = memchr::memmem::find(&lower, b"assert")?;
    // `assert_failed(file, line)` handles a failure, it claims nothing.
    let rest = lower.get(word + b"assert".len()..).unwrap_or_default();
    let handles = [&b"fail"[..], b"handler", b"hook", b"callback"]
        .iter()
        .any(|what| memchr::memmem::find(rest, what).is_some());
    (!handles).then_some(false)
}

impl Lowerer<'_> {
    /// `p->PRIVATE(field)`: the macro makes the field's name, and its argument is no value.
    fn is_field_macro(&self, function: At) -> bool {
        self.kind(function) == Kind::FIELD_EXPRESSION
            && self
                .child(function, Field::FIELD)
                .is_some_and(|field| super::expression::is_constant_name(self.text(field)))
    }
}

/// Functions of the language, the standard library and embedded code bases that do not return.
pub(super) fn leaves(name: &[u8]) -> bool {
    matches!(
        name,
        b"exit"
            | b"_exit"
            | b"_Exit"
            | b"quick_exit"
            | b"abort"
            | b"longjmp"
            | b"siglongjmp"
            | b"__builtin_unreachable"
            | b"__builtin_trap"
            | b"__assert_fail"
            | b"__assert_func"
            | b"__stack_chk_fail"
            | b"panic"
            | b"core_panic"
            | b"k_panic"
            | b"k_oops"
            | b"pthread_exit"
            | b"thrd_exit"
            | b"NVIC_SystemReset"
            | b"__NVIC_SystemReset"
            | b"HAL_NVIC_SystemReset"
            | b"esp_restart"
            | b"esp_system_abort"
            | b"err"
            | b"errx"
            | b"_assert_failure"
            // Lua's own: they jump to who called the interpreter.
            | b"lua_error"
            | b"luaL_error"
            | b"luaL_argerror"
            | b"luaL_typerror"
    ) || says_not_reached(name)
}

/// `NOT_REACHED()`, `assert_unreachable()`: whatever a build makes of it, the code behind is not run. Not `host_unreachable()`.
fn says_not_reached(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name
        .strip_prefix(b"__")
        .or_else(|| name.strip_prefix(b"_"))
        .unwrap_or(&name);
    matches!(
        name,
        b"unreachable"
            | b"notreached"
            | b"not_reached"
            | b"code_unreachable"
            | b"should_not_be_reached"
    ) || memchr::memmem::find(name, b"assert").is_some()
        && [&b"not_reached"[..], b"notreached", b"unreachable"]
            .iter()
            .any(|end| name.ends_with(end))
}
