//! The IR as text, for tests and for reading.

use std::fmt::Write as _;

use super::{
    Base, Block, Callee, Function, LocalKind, Operand, Origin, Place, Projection, Rvalue,
    Statement, StatementKind, Terminator, UnaryOp, Unit,
};

/// All functions of a unit.
pub fn print_unit(unit: &Unit) -> String {
    unit.functions
        .iter()
        .map(|function| print_function(unit, function))
        .collect::<Vec<_>>()
        .join("\n")
}

/// One function: a head line, then its blocks.
pub fn print_function(unit: &Unit, function: &Function) -> String {
    let printer = Printer { unit, function };
    let parameters: Vec<String> = function
        .parameters
        .iter()
        .map(|id| printer.base(Base::Local(*id)))
        .collect();
    let mut out = format!(
        "fn {}({})\n",
        unit.names.text(function.name),
        parameters.join(", ")
    );
    for (index, block) in function.blocks.iter().enumerate() {
        printer.block(index, block, &mut out);
    }
    out
}

struct Printer<'u> {
    unit: &'u Unit,
    function: &'u Function,
}

impl Printer<'_> {
    fn block(&self, index: usize, block: &Block, out: &mut String) {
        let _ = writeln!(out, "b{index}:");
        for statement in &block.statements {
            let _ = writeln!(out, "  {}", self.statement(statement));
        }
        let end = match &block.terminator {
            Terminator::Goto(to) => format!("goto b{}", to.0),
            Terminator::Branch {
                condition,
                then,
                otherwise,
            } => format!(
                "if {} then b{} else b{}",
                self.operand(condition),
                then.0,
                otherwise.0
            ),
            Terminator::Switch {
                value,
                cases,
                otherwise,
                ..
            } => {
                let arms: Vec<String> = cases
                    .iter()
                    .map(|(low, high, to)| match low == high {
                        true => format!("{low} -> b{}", to.0),
                        false => format!("{low}..={high} -> b{}", to.0),
                    })
                    .collect();
                format!(
                    "switch {} [{}] else b{}",
                    self.operand(value),
                    arms.join(", "),
                    otherwise.0
                )
            }
            Terminator::Return(None) => "return".to_owned(),
            Terminator::Return(Some(value)) => format!("return {}", self.operand(value)),
            Terminator::Unreachable => "unreachable".to_owned(),
        };
        let _ = writeln!(out, "  {end}");
    }

    fn statement(&self, statement: &Statement) -> String {
        match &statement.kind {
            StatementKind::Enter(local) => format!("enter {}", self.base(Base::Local(*local))),
            StatementKind::Leave(local) => format!("leave {}", self.base(Base::Local(*local))),
            StatementKind::Assign { target, value } => {
                format!("{} = {}", self.place(target), self.rvalue(value))
            }
            StatementKind::Call {
                callee,
                arguments,
                target,
                ..
            } => {
                let name = match callee {
                    Callee::Function(name) => self.unit.names.text(*name).to_owned(),
                    Callee::Method(name) => format!(".{}", self.unit.names.text(*name)),
                    Callee::Macro(name) => format!("{}!", self.unit.names.text(*name)),
                    Callee::Pointer(pointer) => format!("(*{})", self.operand(pointer)),
                };
                let arguments: Vec<String> =
                    arguments.iter().map(|value| self.operand(value)).collect();
                let call = format!("{name}({})", arguments.join(", "));
                match target {
                    Some(target) => format!("{} = call {call}", self.place(target)),
                    None => format!("call {call}"),
                }
            }
            StatementKind::Assert { condition, name } => {
                format!(
                    "assert {} ({})",
                    self.operand(condition),
                    self.unit.names.text(*name)
                )
            }
            StatementKind::Clobber(places) => {
                let places: Vec<String> = places.iter().map(|place| self.place(place)).collect();
                format!("clobber {}", places.join(", "))
            }
        }
    }

    fn rvalue(&self, value: &Rvalue) -> String {
        match value {
            Rvalue::Use(value) => self.operand(value),
            Rvalue::Unary(op, value) => {
                let sign = match op {
                    UnaryOp::Negate => "-",
                    UnaryOp::BitNot => "~",
                    UnaryOp::Not => "!",
                };
                format!("{sign}{}", self.operand(value))
            }
            Rvalue::Binary(op, left, right) => {
                format!(
                    "{} {} {}",
                    self.operand(left),
                    op.as_str(),
                    self.operand(right)
                )
            }
            Rvalue::Cast { value, to, .. } => {
                format!("{} as {}", self.operand(value), self.ty(*to))
            }
            Rvalue::AddressOf(place) => format!("&{}", self.place(place)),
            Rvalue::PointerAdd {
                pointer,
                count,
                is_negative,
            } => {
                let sign = if *is_negative { '-' } else { '+' };
                format!(
                    "ptr {} {sign} {}",
                    self.operand(pointer),
                    self.operand(count)
                )
            }
            Rvalue::PointerSub(left, right) => {
                format!("ptr {} - {}", self.operand(left), self.operand(right))
            }
            Rvalue::Len(place) => format!("len {}", self.place(place)),
            Rvalue::Discriminant(place) => format!("discriminant {}", self.place(place)),
            Rvalue::Aggregate(parts) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|(index, value)| format!("{index}: {}", self.operand(value)))
                    .collect();
                format!("{{{}}}", parts.join(", "))
            }
        }
    }

    fn operand(&self, value: &Operand) -> String {
        match value {
            Operand::Copy(place) => self.place(place),
            Operand::Constant(constant) => {
                let value = constant
                    .value
                    .map_or_else(|| "?".to_owned(), |value| value.to_string());
                match &constant.origin {
                    Origin::Named(name) => format!("{value}`{}`", self.unit.names.text(*name)),
                    Origin::SizeofPlace(base) => format!("{value}`sizeof {}`", self.base(*base)),
                    Origin::Sizeof(_) => format!("{value}`sizeof`"),
                    Origin::Literal | Origin::Folded => value,
                }
            }
            Operand::Text(text) => {
                let bytes = self.unit.texts.get(text.0 as usize);
                format!(
                    "{:?}",
                    String::from_utf8_lossy(bytes.map_or(&[][..], Vec::as_slice))
                )
            }
            Operand::Function(name) => format!("fn {}", self.unit.names.text(*name)),
            Operand::Unknown(_) => "?".to_owned(),
        }
    }

    fn place(&self, place: &Place) -> String {
        let mut out = self.base(place.base);
        for step in &place.path {
            match step {
                Projection::Deref => out = format!("(*{out})"),
                Projection::Field(name) => {
                    let _ = write!(out, ".{}", self.unit.names.text(*name));
                }
                Projection::Index(index) => {
                    let _ = write!(out, "[{}]", self.operand(index));
                }
            }
        }
        out
    }

    fn base(&self, base: Base) -> String {
        match base {
            Base::Local(id) => match self.function.local(id) {
                Some(local)
                    if local.kind != LocalKind::Temporary
                        && !self.unit.names.text(local.name).is_empty() =>
                {
                    self.unit.names.text(local.name).to_owned()
                }
                _ => format!("t{}", id.0),
            },
            Base::Global(id) => self.unit.global(id).map_or_else(
                || format!("g{}", id.0),
                |global| self.unit.names.text(global.name).to_owned(),
            ),
        }
    }

    fn ty(&self, id: super::TypeId) -> String {
        match self.unit.types.int(id) {
            Some((1, _)) => "bool".to_owned(),
            Some((bits, true)) => format!("i{bits}"),
            Some((bits, false)) => format!("u{bits}"),
            None if self.unit.types.is_pointer(id) => "ptr".to_owned(),
            None => format!("type{}", id.0),
        }
    }
}
