//! Which numbers come from outside: bytes received, decoded integers, fields of messages.

use super::super::ir::{
    Base, BinaryOp, Callee, LocalId, LocalKind, Operand, Place, Projection, Rvalue, TypeId,
};
use super::body::{Body, Definition};
use crate::finding::Span;

/// Longest chain from a use back to its source.
const MAX_CHAIN: u32 = 10;

/// Where a number came from.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The read.
    pub(super) span: Span,
    /// What was read, for the report.
    pub(super) what: &'static str,
    /// The message that it is a field of.
    pub(super) of: Option<LocalId>,
}

/// What is said of a number from a register.
const FROM_REGISTER: &str = "is read from a register";

/// Names of parameters and variables that hold a message of somebody else.
const MESSAGES: &[&str] = &[
    "packet",
    "pkt",
    "frame",
    "hdr",
    "header",
    "request",
    "req",
    "msg",
    "message",
    "pdu",
    "repr",
    "telegram",
    "datagram",
    "command",
    "cmd",
    "descriptor",
    "desc",
    "report",
    "option",
    "opt",
    "rx",
    "setup",
    "event",
    "response",
    "resp",
    "record",
    "tlv",
    "dhcp_repr",
    "ip_repr",
];

/// Integers decoded from bytes by a function.
fn decodes(name: &str) -> bool {
    if matches!(name, "from_le_bytes" | "from_be_bytes" | "from_ne_bytes") {
        return true;
    }
    let rest = match name
        .strip_prefix("read_")
        .or_else(|| name.strip_prefix("get_"))
    {
        Some(rest) => rest,
        None => return false,
    };
    matches!(
        rest.trim_end_matches("_le").trim_end_matches("_be"),
        "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64"
    )
}

impl Body<'_> {
    /// The source of a value in a message. Registers are not: their fields have ranges of their own.
    pub(super) fn message_source(&self, operand: &Operand) -> Option<Source> {
        self.source(operand)
            .filter(|source| source.what != FROM_REGISTER)
    }

    /// The source of a value, if it is one from outside.
    pub(super) fn source(&self, operand: &Operand) -> Option<Source> {
        self.source_at(operand, MAX_CHAIN)
    }

    fn source_at(&self, operand: &Operand, depth: u32) -> Option<Source> {
        let depth = depth.checked_sub(1)?;
        let Operand::Copy(place) = operand else {
            return None;
        };
        if let Some(found) = self.place_source(place) {
            return Some(found);
        }
        let Base::Local(local) = place.base else {
            return None;
        };
        let is_whole = place
            .path
            .iter()
            .all(|step| matches!(step, Projection::Deref) || self.is_payload(step));
        if !is_whole || self.is_parameter(local) {
            return None;
        }
        self.definitions(local)
            .iter()
            .take(4)
            .filter_map(|at| self.definition_at(*at).zip(self.statement(*at)))
            .find_map(|(definition, statement)| {
                self.definition_source(definition, statement.span, depth)
            })
    }

    fn definition_source(
        &self,
        definition: Definition<'_>,
        span: Span,
        depth: u32,
    ) -> Option<Source> {
        match definition {
            Definition::Value(Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. }) => {
                self.source_at(inner, depth)
            }
            Definition::Value(Rvalue::AddressOf(place)) => self.place_source(place),
            Definition::Value(Rvalue::Binary(op, left, right)) => match op {
                BinaryOp::Rem => None,
                op if op.is_comparison() => None,
                BinaryOp::Shr | BinaryOp::And | BinaryOp::Div => self.source_at(left, depth),
                _ => self
                    .source_at(left, depth)
                    .or_else(|| self.source_at(right, depth)),
            },
            Definition::Call(callee, arguments) => self.call_source(callee, arguments, span, depth),
            Definition::Value(_) => None,
        }
    }

    fn call_source(
        &self,
        callee: &Callee,
        arguments: &[Operand],
        span: Span,
        depth: u32,
    ) -> Option<Source> {
        let name = self.callee_name(callee);
        if decodes(name) {
            if arguments.iter().any(|one| self.is_of_sent(one)) {
                return None;
            }
            // `from_le_bytes` of constants is a constant.
            return Some(Source {
                span,
                what: "is decoded from bytes",
                of: None,
            });
        }
        let (Callee::Method(symbol), Some(receiver)) = (callee, arguments.first()) else {
            return match (name, arguments) {
                ("try_from" | "from", [value]) => self.source_at(value, depth),
                _ => None,
            };
        };
        match name {
            "get" | "first" | "last" | "pop" if self.is_bytes(self.type_of(receiver)) => {
                let is_range = arguments
                    .get(1)
                    .is_some_and(|index| self.is_named(self.type_of(index), "Range"));
                (!is_range).then_some(Source {
                    span,
                    what: "is a received byte",
                    of: None,
                })
            }
            "copied" | "cloned" | "unwrap" | "expect" | "ok_or" | "ok_or_else" | "map_err"
            | "await" | "try_into" | "into" | "ok" | "unwrap_or" | "swap_bytes" | "to_le"
            | "to_be" | "wrapping_add" | "wrapping_sub" | "wrapping_mul" | "pow" | "clone" => {
                self.source_at(receiver, depth)
            }
            _ if arguments.len() == 1 && self.is_register(receiver) => Some(Source {
                span,
                what: FROM_REGISTER,
                of: None,
            }),
            _ if arguments.len() == 1
                && self
                    .known
                    .accessors
                    .contains(&(self.behind_pointers(self.type_of(receiver)), *symbol))
                && !self.is_own(receiver) =>
            {
                Some(Source {
                    span,
                    what: "is a field of the message",
                    of: None,
                })
            }
            _ => None,
        }
    }

    /// `buf[i]` of bytes from outside, `request.count`.
    fn place_source(&self, place: &Place) -> Option<Source> {
        let last = place
            .path
            .iter()
            .rev()
            .find(|step| !matches!(step, Projection::Deref))?;
        match last {
            Projection::Index(_) if place.ty == TypeId::U8 => {
                if let Base::Global(global) = place.base {
                    let is_written = self.unit.global(global).is_some_and(|g| !g.is_const);
                    return is_written.then_some(Source {
                        span: place.span,
                        what: "is a received byte",
                        of: None,
                    });
                }
                let root = self.root(place)?;
                let is_data = self.holds_data(root) && !self.is_sent(root);
                is_data.then_some(Source {
                    span: place.span,
                    what: "is a received byte",
                    of: None,
                })
            }
            Projection::Field(_) => {
                let is_number = self
                    .unit
                    .types
                    .int(place.ty)
                    .is_some_and(|(bits, _)| bits > 1)
                    || place.ty == TypeId::UNKNOWN;
                let Base::Local(local) = place.base else {
                    return None;
                };
                let name = self.function.local(local).map_or("", |l| self.name(l.name));
                let fields = place
                    .path
                    .iter()
                    .filter(|step| matches!(step, Projection::Field(_)))
                    .count();
                let is_newtype = fields == 2
                    && matches!(last, Projection::Field(name) if self.name(*name) == "0");
                (is_number
                    && (fields == 1 || is_newtype)
                    && !self.is_payload(last)
                    && MESSAGES.contains(&name)
                    && !sends(self.function_name()))
                .then_some(Source {
                    span: place.span,
                    what: "is a field of the message",
                    of: Some(local),
                })
            }
            _ => None,
        }
    }

    /// Whether the object was handed out to be written.
    fn is_filled(&self, local: super::super::ir::LocalId) -> bool {
        use super::super::ir::StatementKind;
        self.function.blocks.iter().any(|block| {
            block.statements.iter().any(|statement| {
                matches!(&statement.kind, StatementKind::Assign { value: Rvalue::AddressOf(place), .. }
                    if place.base == Base::Local(local)
                        && self.text(statement.span).starts_with("&mut"))
                    || matches!(&statement.kind, StatementKind::Call { callee: Callee::Function(name), arguments, .. }
                        if self.name(*name).starts_with("index_range")
                            && matches!(arguments.first(), Some(Operand::Copy(place)) if place.base == Base::Local(local)))
            })
        })
    }

    /// Whether bytes are elements of what is sent.
    fn is_of_sent(&self, bytes: &Operand) -> bool {
        let Some(Definition::Value(Rvalue::Aggregate(parts))) = self.definition_of(bytes) else {
            return false;
        };
        let root = |part: &Operand| match part {
            Operand::Copy(place) => self.root(place),
            _ => None,
        };
        parts
            .first()
            .and_then(|(_, part)| root(part))
            .is_some_and(|root| self.is_sent(root))
    }

    /// Whether a parameter of a fixed size is handed on to be sent: the caller made it.
    fn is_sent(&self, root: LocalId) -> bool {
        let is_array = self.is_parameter(root)
            && self.function.local(root).is_some_and(|local| {
                matches!(
                    self.unit.types.get(self.behind_pointers(local.ty)),
                    super::super::ir::Type::Array { .. }
                )
            });
        is_array
            && self.statements().any(|(_, statement)| {
                use super::super::ir::StatementKind;
                matches!(&statement.kind, StatementKind::Call { callee, arguments, .. }
                    if sends(self.callee_name(callee))
                        && arguments.iter().any(|one| matches!(one, Operand::Copy(one) if self.root(one) == Some(root))))
            })
    }

    /// The result of `regs().status().read()`.
    fn is_register(&self, operand: &Operand) -> bool {
        matches!(self.definition_of(operand), Some(Definition::Call(callee @ Callee::Method(_), [of]))
            if self.callee_name(callee) == "read"
                && matches!(self.definition_of(of), Some(Definition::Call(..)) | Some(Definition::Value(Rvalue::Use(_)))))
    }

    /// Whether an object is `self`: its own methods keep its lengths in order.
    fn is_own(&self, operand: &Operand) -> bool {
        let Operand::Copy(place) = operand else {
            return false;
        };
        matches!(place.base, Base::Local(local)
            if self.function.local(local).is_some_and(|l| self.name(l.name) == "self"))
    }

    /// Whether an object is called what a message, or the bytes of one, are called.
    pub(super) fn is_named_message(&self, root: LocalId) -> bool {
        self.function
            .local(root)
            .is_some_and(|local| MESSAGES.contains(&self.name(local.name)))
    }

    /// Whether an object is called what bytes received are called, or is a message.
    pub(super) fn is_named_input(&self, root: LocalId) -> bool {
        self.function.local(root).is_some_and(|local| {
            let name = self.name(local.name);
            MESSAGES.contains(&name)
                || [
                    "buf", "data", "bytes", "payload", "input", "raw", "frame", "packet",
                ]
                .iter()
                .any(|word| name.contains(word))
        })
    }

    /// Whether a parameter is bytes received: `&[u8]`, and called so.
    pub(super) fn is_received_bytes(&self, local: LocalId) -> bool {
        let is_bytes = self.function.local(local).is_some_and(|declared| {
            matches!(self.unit.types.get(self.behind_pointers(declared.ty)),
                super::super::ir::Type::Slice { of } if *of == TypeId::U8)
                && !self.is_declared_mutable(declared.span)
        });
        is_bytes && self.is_parameter(local) && self.is_named_input(local)
    }

    /// `out: &mut [u8]`, by the text behind the name.
    fn is_declared_mutable(&self, name: Span) -> bool {
        let rest = self.file.text.get(name.end as usize..).unwrap_or_default();
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b',' | b')' | b'{'));
        let ty = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        ty.split(|byte| !byte.is_ascii_alphanumeric())
            .any(|word| word == b"mut")
    }

    /// Whether the bytes of an object come from outside: a slice parameter, the result of a call,
    /// an array that was handed out to be filled.
    fn holds_data(&self, root: LocalId) -> bool {
        let Some(local) = self.function.local(root) else {
            return false;
        };
        let is_array = matches!(
            self.unit.types.get(self.behind_pointers(local.ty)),
            super::super::ir::Type::Array { .. }
        );
        let is_named = self.is_named_input(root);
        match local.kind {
            LocalKind::Parameter(_) => !is_array || is_named,
            LocalKind::Temporary => match self.definition(root) {
                // An array of this function, filled or not.
                Some(Definition::Call(callee, _))
                    if self.callee_name(callee) == super::super::lower_rust::ARRAY_REPEAT =>
                {
                    self.variable_of(root)
                        .is_some_and(|variable| self.holds_data(variable))
                }
                found => matches!(found, Some(Definition::Call(..))),
            },
            LocalKind::Variable => self.is_filled(root) && is_named,
        }
    }
}

/// Whether a function makes messages, by its name.
pub(super) fn sends(name: &str) -> bool {
    name.split('_').any(|part| {
        matches!(
            part,
            "emit"
                | "send"
                | "write"
                | "build"
                | "encode"
                | "transmit"
                | "tx"
                | "fmt"
                | "serialize"
        )
    })
}

/// Whether a name says length or place in a buffer.
pub(super) fn is_length_name(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or(name);
    matches!(
        last,
        "len" | "length" | "size" | "count" | "offset" | "num" | "total"
    )
}
