//! Functions as values: calls through pointers, and addresses where a call was meant.

use crate::finding::Span;
use crate::flow::interpret::machine::{Machine, Run};
use crate::flow::interpret::value::Value;
use crate::flow::ir::{
    Base, BinaryOp, Function, Operand, Rvalue, Signature, StatementKind, Symbol, Terminator, Type,
};

impl Machine<'_> {
    /// A call through a pointer.
    pub(crate) fn check_called(
        &mut self,
        run: &mut Run,
        value: &Value,
        pointer: &Operand,
        arguments: &[Operand],
        span: Span,
    ) {
        let pointer_span = match pointer {
            Operand::Copy(place) => place.span,
            _ => span,
        };
        let is_own = matches!(
            pointer,
            Operand::Copy(place) if matches!(place.base, Base::Local(_)) && place.path.is_empty()
        );
        self.check_pointer(run, value, pointer_span, span, is_own);
        if run.is_dead {
            return;
        }
        let Value::Function(name) = value else {
            return;
        };
        let Operand::Copy(place) = pointer else {
            return;
        };
        let Some(called) = self.signature_of(place.ty) else {
            return;
        };
        let Some(&index) = self.by_name.get(name) else {
            return;
        };
        let Some(function) = self.function(index) else {
            return;
        };
        let parameters: Vec<_> = function
            .parameters
            .iter()
            .filter_map(|id| function.local(*id).map(|local| local.ty))
            .collect();
        let result_differs = !self.same_type(called.result, function.result);
        let differs = result_differs
            || match &called.parameters {
                Some(types) => {
                    types.len() != parameters.len()
                        || types
                            .iter()
                            .zip(&parameters)
                            .any(|(a, b)| !self.same_type(*a, *b))
                }
                None => arguments.len() != parameters.len() && !function.is_variadic,
            };
        if !differs {
            return;
        }
        let text = self.quote(pointer_span);
        let name = self.unit.names.text(*name).to_owned();
        let note = crate::flow::defect::Note {
            span: Span::new(function.span.start, function.span.start + 1),
            message: format!("`{name}` is defined here"),
        };
        self.report(
            "wrong-function-type",
            span,
            vec![
                ("$X", text.clone()),
                ("$FUNC", name.clone()),
                ("$TYPE", "another type".to_owned()),
            ],
            vec![note],
            Some(&run.state),
            format!("`{text}` leads to `{name}`, which has other parameters or another result"),
        );
    }

    /// `if (f == 0)`, `if (f > 1)`, `if (f)` where `f` is a function of the file.
    pub(super) fn check_function_addresses(&mut self, function: &Function) {
        for block in &function.blocks {
            if let Terminator::Branch { condition, .. } = &block.terminator
                && let Some(name) = function_operand(block, condition)
            {
                self.check_truth_of_function(name, block.span);
            }
            for statement in &block.statements {
                let StatementKind::Assign {
                    value: Rvalue::Binary(op, left, right),
                    ..
                } = &statement.kind
                else {
                    continue;
                };
                if !op.is_comparison() {
                    continue;
                }
                for (side, other) in [(left, right), (right, left)] {
                    let Some(name) = function_operand(block, side) else {
                        continue;
                    };
                    if matches!(op, BinaryOp::Eq | BinaryOp::Ne)
                        && function_operand(block, other).is_some()
                    {
                        continue;
                    }
                    let is_number = matches!(other, Operand::Constant(_))
                        || matches!(
                            op,
                            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
                        )
                        || matches!(other, Operand::Copy(place) if self.unit.types.int(place.ty).is_some());
                    if !is_number || !self.by_name.contains_key(&name) {
                        continue;
                    }
                    let text = self.unit.names.text(name).to_owned();
                    self.report(
                        "function-address-compared",
                        statement.span,
                        vec![("$X", text.clone())],
                        Vec::new(),
                        None,
                        format!("`{text}` without `()` is an address"),
                    );
                }
            }
        }
    }

    /// `if (f)`, `while (!f)`, `x && f`, `f ? a : b`: of a function that may be left out at link
    /// time this is a question, of any other one a call that lacks its parentheses.
    fn check_truth_of_function(&mut self, name: Symbol, span: Span) {
        let text = self.unit.names.text(name).to_owned();
        if !self.by_name.contains_key(&name) || self.is_weak(&text) || !self.names(span, &text) {
            return;
        }
        self.report(
            "function-address-compared",
            span,
            vec![("$X", text.clone())],
            Vec::new(),
            None,
            format!("`{text}` without `()` is an address, and never zero"),
        );
    }

    /// Whether a name stands in the text of a span: a macro may choose a function by another one.
    fn names(&self, span: Span, name: &str) -> bool {
        words(span.of(self.text)).any(|word| word == name.as_bytes())
    }

    /// Whether some declaration of the file says that a function may be missing.
    fn is_weak(&self, name: &str) -> bool {
        self.text
            .split(|byte| matches!(byte, b';' | b'{' | b'}'))
            .any(|part| {
                words(part).any(|word| word == name.as_bytes()) && words(part).any(says_weak)
            })
    }

    fn signature_of(&self, ty: crate::flow::ir::TypeId) -> Option<Signature> {
        let to = self.unit.types.pointee(ty).unwrap_or(ty);
        match self.unit.types.get(to) {
            Type::Function(signature) => Some((**signature).clone()),
            _ => None,
        }
    }

    /// Whether two types are passed the same way, as far as they are known.
    pub(crate) fn same_type(&self, a: crate::flow::ir::TypeId, b: crate::flow::ir::TypeId) -> bool {
        if a == b {
            return true;
        }
        match (self.unit.types.get(a), self.unit.types.get(b)) {
            (Type::Unknown | Type::Named(_), _) | (_, Type::Unknown | Type::Named(_)) => true,
            (Type::Pointer { to: x, .. }, Type::Pointer { to: y, .. }) => {
                matches!(
                    self.unit.types.get(*x),
                    Type::Void | Type::Unknown | Type::Named(_)
                ) || matches!(
                    self.unit.types.get(*y),
                    Type::Void | Type::Unknown | Type::Named(_)
                ) || self.same_pointee(*x, *y, 0)
            }
            (Type::Int { bits: x, signed: s }, Type::Int { bits: y, signed: t }) => {
                x == y && s == t
            }
            (Type::Function(x), Type::Function(y)) => x == y,
            _ => false,
        }
    }

    fn same_pointee(
        &self,
        a: crate::flow::ir::TypeId,
        b: crate::flow::ir::TypeId,
        depth: u32,
    ) -> bool {
        if a == b || depth > 4 {
            return true;
        }
        match (self.unit.types.get(a), self.unit.types.get(b)) {
            (Type::Pointer { to: x, .. }, Type::Pointer { to: y, .. }) => {
                self.same_pointee(*x, *y, depth + 1)
            }
            (Type::Int { bits: x, .. }, Type::Int { bits: y, .. }) => x == y,
            (Type::Unknown | Type::Named(_) | Type::Void, _)
            | (_, Type::Unknown | Type::Named(_) | Type::Void) => true,
            (Type::Array { of: x, .. }, Type::Array { of: y, .. }) => {
                self.same_pointee(*x, *y, depth + 1)
            }
            (Type::Function(_), Type::Function(_)) => true,
            _ => false,
        }
    }
}

/// The function that an operand is the address of, through casts in the same block.
fn function_operand(block: &crate::flow::ir::Block, operand: &Operand) -> Option<Symbol> {
    match operand {
        Operand::Function(name) => Some(*name),
        Operand::Copy(place) if place.path.is_empty() => {
            block
                .statements
                .iter()
                .find_map(|statement| match &statement.kind {
                    StatementKind::Assign {
                        target,
                        value:
                            Rvalue::Cast {
                                value: Operand::Function(name),
                                ..
                            }
                            | Rvalue::Use(Operand::Function(name)),
                    } if target.base == place.base && target.path.is_empty() => Some(*name),
                    _ => None,
                })
        }
        _ => None,
    }
}

/// `weak`, `__weak__`, `OS_WEAK`, `PRAGMA_WEAK_REF`; not `tweak`.
fn says_weak(word: &[u8]) -> bool {
    word.split(|byte| *byte == b'_')
        .any(|part| part.eq_ignore_ascii_case(b"weak"))
}

/// The names and numbers in a text.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
}

#[cfg(test)]
mod tests {
    use super::says_weak;

    #[test]
    fn weak_is_a_word_of_a_name() {
        for name in [
            "weak",
            "__weak",
            "__weak__",
            "WEAK",
            "OS_WEAK",
            "PRAGMA_WEAK_REF",
        ] {
            assert!(says_weak(name.as_bytes()), "{name}");
        }
        for name in ["tweak", "tweak_gain", "weakest", "wea_k"] {
            assert!(!says_weak(name.as_bytes()), "{name}");
        }
    }
}
