//! What calls give, and what they change.

use super::super::tables::flag;
use super::super::values::{Value, ValueId};
use super::{EventKind, NO_SLOT, Numbering};
use crate::finding::Span;
use crate::flow::ir::{Base, Operand, ResultUse, Symbol, Type, TypeId};

impl Numbering<'_> {
    /// A macro whose body was not seen may assign the variables it is given.
    pub(super) fn macro_call(&mut self, operands: &[Operand]) {
        for operand in operands {
            if let Operand::Copy(place) = operand
                && place.path.is_empty()
                && let Base::Local(id) = place.base
                && let Some(&slot) = self.slots.get(id.0 as usize)
                && slot != NO_SLOT
            {
                let unknown = self.values.unknown(place.ty, place.span);
                if let Some(value) = self.state.locals.get_mut(slot as usize) {
                    *value = unknown;
                }
            }
        }
    }

    pub(super) fn call(
        &mut self,
        name: Option<Symbol>,
        arguments: &[ValueId],
        ty: TypeId,
        usage: ResultUse,
        span: Span,
    ) -> ValueId {
        let bits = name.map_or(0, |name| self.lexicon.flags(name));
        let event = self.events.len() as u32;
        let result = if bits & flag::MIN != 0
            && let [left, right] = arguments
        {
            self.values.intern(Value::Min(*left, *right), ty, span)
        } else if bits & flag::PURE != 0
            && let Some(callee) = name
            && (1..=2).contains(&arguments.len())
            && !arguments.iter().any(|argument| {
                matches!(self.values.get(*argument), Value::Address(Base::Local(_)))
            })
        {
            self.values.intern(
                Value::Pure {
                    callee,
                    first: arguments.first().copied(),
                    second: arguments.get(1).copied(),
                },
                ty,
                span,
            )
        } else {
            self.values.intern(Value::Call(event), ty, span)
        };
        self.values
            .calls
            .entry(result)
            .or_insert_with(|| (name, arguments.iter().copied().collect()));
        self.event(
            span,
            EventKind::Call {
                callee: name,
                arguments: arguments.to_vec(),
                result,
                usage,
            },
        );
        let keeps_all = bits & (flag::LOG | flag::READER) != 0
            || matches!(self.values.get(result), Value::Pure { .. } | Value::Min(..));
        if !keeps_all {
            for (index, &argument) in arguments.iter().enumerate() {
                self.escape(event, index as u32, argument, name, span);
            }
        }
        result
    }

    /// A call may change what an argument points to.
    pub(super) fn escape(
        &mut self,
        event: u32,
        index: u32,
        argument: ValueId,
        name: Option<Symbol>,
        span: Span,
    ) {
        let argument = self.values.strip(argument);
        match self.values.get(argument) {
            Value::Address(Base::Local(local)) => {
                let slot = self.slots.get(local.0 as usize).copied().unwrap_or(NO_SLOT);
                if let Some(info) = self.function.local(local)
                    && let Some(value) = self.state.locals.get_mut(slot as usize)
                {
                    let before = *value;
                    *value = self.values.intern(
                        Value::Out {
                            event,
                            argument: index,
                        },
                        info.ty,
                        span,
                    );
                    self.values.before.insert(*value, before);
                }
                self.clobber(argument);
            }
            Value::Address(Base::Global(_)) | Value::Field(..) | Value::Element { .. } => {
                self.clobber(argument);
            }
            Value::Parameter(_) | Value::Load { .. } | Value::Phi { .. } | Value::Call(_)
                if self.is_pointer(argument)
                    && !name.is_some_and(|name| self.lexicon.keeps(name, index)) =>
            {
                self.clobber(argument);
            }
            _ => {}
        }
    }

    pub(super) fn is_pointer(&self, value: ValueId) -> bool {
        matches!(
            self.unit.types.get(self.values.ty(value)),
            Type::Pointer { .. } | Type::Array { .. } | Type::Unknown
        )
    }
}
