//! Calls through pointers: NULL, and functions of another type.

use crate::finding::Span;
use crate::flow::interpret::machine::{Machine, Run};
use crate::flow::interpret::value::Value;
use crate::flow::ir::{Operand, Signature, Type};

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
        self.check_pointer(run, value, pointer_span, span);
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
