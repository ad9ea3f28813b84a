//! A function with what analyses ask of it: statements, definitions, types, names.

use std::cell::{Cell, OnceCell};

use super::super::ir::{
    Base, BlockId, Callee, Function, LocalId, LocalKind, Operand, Place, Projection, Rvalue,
    Statement, StatementKind, Symbol, Type, TypeId, Unit,
};
use super::callers::Known;
use super::facts::Fact;
use super::graph::Graph;
use crate::finding::Span;
use crate::syntax::SourceFile;

/// Most steps spent on one function.
const MAX_WORK: u64 = 20_000_000;

/// Longest chain of definitions that is followed.
pub(super) const MAX_CHAIN: u32 = 12;

/// What a local was given.
#[derive(Clone, Copy)]
pub(super) enum Definition<'a> {
    /// A value.
    Value(&'a Rvalue),
    /// A call's result.
    Call(&'a Callee, &'a [Operand]),
}

/// Where a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) block: BlockId,
    pub(super) index: usize,
}

/// One function under analysis.
pub(super) struct Body<'a> {
    pub(super) file: &'a SourceFile<'a>,
    pub(super) unit: &'a Unit,
    pub(super) function: &'a Function,
    /// What is known of the whole file.
    pub(super) known: &'a Known,
    definitions: Vec<Vec<At>>,
    graph: OnceCell<Graph>,
    statement_count: usize,
    /// Steps taken so far.
    work: Cell<u64>,
    pub(super) facts: OnceCell<Vec<Option<[Vec<Fact>; 2]>>>,
}

/// Methods that give the value, or a view of it.
pub(super) const TRANSPARENT: &[&str] = &[
    "as_ref",
    "as_mut",
    "as_slice",
    "as_mut_slice",
    "borrow",
    "borrow_mut",
    "clone",
    "copied",
    "cloned",
    "to_owned",
    "deref",
    "deref_mut",
    "as_bytes",
    "as_bytes_mut",
    "unwrap",
    "expect",
    "ok_or",
    "ok_or_else",
    "map_err",
    "ok",
    "await",
    "try_into",
    "into",
    "iter",
    "iter_mut",
    "into_iter",
    "as_deref",
    "as_deref_mut",
    "unwrap_or",
    "unwrap_or_default",
    "take",
    "next",
    "to_vec",
    "unwrap_or_else",
    "as_ptr",
    "as_mut_ptr",
    "into_usize",
    "get_ref",
];

impl<'a> Body<'a> {
    pub(super) fn new(
        file: &'a SourceFile<'a>,
        unit: &'a Unit,
        function: &'a Function,
        known: &'a Known,
    ) -> Self {
        let mut definitions = vec![Vec::new(); function.locals.len()];
        for (block, body) in (0..).zip(&function.blocks) {
            for (index, statement) in body.statements.iter().enumerate() {
                let target = match &statement.kind {
                    StatementKind::Assign { target, .. } => Some(target),
                    StatementKind::Call { target, .. } => target.as_ref(),
                    _ => None,
                };
                if let Some(target) = target
                    && target.path.is_empty()
                    && let Base::Local(local) = target.base
                    && let Some(list) = definitions.get_mut(local.0 as usize)
                {
                    list.push(At {
                        block: BlockId(block),
                        index,
                    });
                }
            }
        }
        Self {
            file,
            unit,
            function,
            known,
            definitions,
            statement_count: function
                .blocks
                .iter()
                .map(|block| block.statements.len())
                .sum(),
            work: Cell::new(0),
            graph: OnceCell::new(),
            facts: OnceCell::new(),
        }
    }

    /// Counts steps of an analysis.
    pub(super) fn spend(&self, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.work.set(self.work.get().saturating_add(steps));
    }

    /// Whether the function took more steps than any that a person wrote; what was found in it by
    /// then is not kept.
    pub(super) fn is_exhausted(&self) -> bool {
        self.work.get() > MAX_WORK
    }

    pub(super) fn graph(&self) -> &Graph {
        self.graph.get_or_init(|| Graph::new(self.function))
    }

    pub(super) fn name(&self, symbol: Symbol) -> &'a str {
        self.unit.names.text(symbol)
    }

    pub(super) fn function_name(&self) -> &'a str {
        self.name(self.function.name)
    }

    /// The bytes as text.
    pub(super) fn text(&self, span: Span) -> &'a str {
        std::str::from_utf8(span.of(self.file.text)).unwrap_or_default()
    }

    /// All statements with their places, in blocks that can run.
    pub(super) fn statements(&self) -> impl Iterator<Item = (At, &'a Statement)> + '_ {
        self.spend(self.statement_count);
        (0..)
            .zip(&self.function.blocks)
            .filter(|(block, _)| self.graph().is_reachable(BlockId(*block)))
            .flat_map(|(block, body)| {
                body.statements
                    .iter()
                    .enumerate()
                    .map(move |(index, statement)| {
                        let block = BlockId(block);
                        (At { block, index }, statement)
                    })
            })
    }

    pub(super) fn statement(&self, at: At) -> Option<&'a Statement> {
        self.function.block(at.block)?.statements.get(at.index)
    }

    pub(super) fn definitions(&self, local: LocalId) -> &[At] {
        self.definitions
            .get(local.0 as usize)
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn definition_at(&self, at: At) -> Option<Definition<'a>> {
        match &self.statement(at)?.kind {
            StatementKind::Assign { value, .. } => Some(Definition::Value(value)),
            StatementKind::Call {
                callee, arguments, ..
            } => Some(Definition::Call(callee, arguments)),
            _ => None,
        }
    }

    /// The only definition of a local that is no parameter.
    pub(super) fn definition(&self, local: LocalId) -> Option<Definition<'a>> {
        match self.definitions(local) {
            [at] if !self.is_parameter(local) => self.definition_at(*at),
            _ => None,
        }
    }

    pub(super) fn is_parameter(&self, local: LocalId) -> bool {
        self.function
            .local(local)
            .is_some_and(|local| matches!(local.kind, LocalKind::Parameter(_)))
    }

    /// Definition of an operand that is a whole local.
    pub(super) fn definition_of(&self, operand: &Operand) -> Option<Definition<'a>> {
        match operand {
            Operand::Copy(place) => self.definition_of_place(place),
            _ => None,
        }
    }

    pub(super) fn definition_of_place(&self, place: &Place) -> Option<Definition<'a>> {
        let is_whole = place
            .path
            .iter()
            .all(|step| matches!(step, Projection::Deref) || self.is_payload(step));
        match place.base {
            Base::Local(local) if is_whole => self.definition(local),
            _ => None,
        }
    }

    /// Whether a step goes to what `Some` or `Ok` holds.
    pub(super) fn is_payload(&self, step: &Projection) -> bool {
        match step {
            Projection::Field(name) => matches!(self.name(*name), "Some.0" | "Ok.0"),
            _ => false,
        }
    }

    /// The definition behind copies, widening casts and views.
    pub(super) fn origin(&self, operand: &Operand) -> Option<Definition<'a>> {
        let mut found = self.definition_of(operand)?;
        for _ in 0..MAX_CHAIN {
            let next = match found {
                Definition::Value(Rvalue::Use(inner)) => inner,
                Definition::Value(Rvalue::Cast { value, .. }) => value,
                Definition::Call(Callee::Method(name), [receiver, ..])
                    if TRANSPARENT.contains(&self.name(*name)) =>
                {
                    receiver
                }
                _ => break,
            };
            match self.definition_of(next) {
                Some(inner) => found = inner,
                None => break,
            }
        }
        Some(found)
    }

    pub(super) fn callee_name(&self, callee: &Callee) -> &'a str {
        match callee {
            Callee::Function(name) => {
                let text = self.name(*name);
                text.rsplit("::").next().unwrap_or(text)
            }
            Callee::Method(name) | Callee::Macro(name) => self.name(*name),
            Callee::Pointer(_) => "",
        }
    }

    pub(super) fn type_of(&self, operand: &Operand) -> TypeId {
        match operand {
            Operand::Copy(place) => place.ty,
            Operand::Constant(constant) => constant.ty,
            Operand::Unknown(ty) => *ty,
            _ => TypeId::UNKNOWN,
        }
    }

    pub(super) fn number(&self, operand: &Operand) -> Option<i128> {
        match operand {
            Operand::Constant(constant) => constant.value,
            Operand::Copy(place) if place.path.is_empty() => {
                match self.definition_of_place(place)? {
                    Definition::Value(Rvalue::Use(Operand::Constant(constant))) => constant.value,
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the operand is a number or a name for one.
    pub(super) fn is_constant(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Constant(_) => true,
            Operand::Copy(place) => match self.definition_of_place(place) {
                Some(Definition::Value(Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. })) => {
                    matches!(inner, Operand::Constant(_))
                }
                Some(Definition::Value(Rvalue::Binary(_, left, right))) => {
                    matches!((left, right), (Operand::Constant(_), Operand::Constant(_)))
                }
                Some(Definition::Call(callee, arguments)) => {
                    arguments.is_empty() && self.callee_name(callee).starts_with("size_of")
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// The variable that a temporary was given to.
    pub(super) fn variable_of(&self, temporary: LocalId) -> Option<LocalId> {
        self.statements()
            .find_map(|(_, statement)| match &statement.kind {
                StatementKind::Assign {
                    target,
                    value: Rvalue::Use(Operand::Copy(from)),
                } if from.base == Base::Local(temporary)
                    && from.path.is_empty()
                    && target.path.is_empty() =>
                {
                    match target.base {
                        Base::Local(local) => Some(local),
                        Base::Global(_) => None,
                    }
                }
                _ => None,
            })
    }

    /// The variable or parameter at the root of a place.
    pub(super) fn root(&self, place: &Place) -> Option<LocalId> {
        let mut place = place.clone();
        for _ in 0..MAX_CHAIN {
            let Base::Local(local) = place.base else {
                return None;
            };
            let next = match self.definition(local) {
                Some(Definition::Value(Rvalue::AddressOf(inner))) => inner.clone(),
                Some(Definition::Value(
                    Rvalue::Use(Operand::Copy(inner))
                    | Rvalue::Cast {
                        value: Operand::Copy(inner),
                        ..
                    },
                )) => inner.clone(),
                Some(Definition::Call(callee, [Operand::Copy(inner), ..]))
                    if TRANSPARENT.contains(&self.callee_name(callee))
                        || self.callee_name(callee).starts_with("index_range")
                        || self.callee_name(callee) == "get" =>
                {
                    inner.clone()
                }
                _ => return Some(local),
            };
            place = next;
        }
        None
    }

    /// The parameter at the root of an operand: itself, or what holds it.
    pub(super) fn root_parameter(&self, operand: &Operand) -> Option<LocalId> {
        let Operand::Copy(place) = operand else {
            return None;
        };
        self.root(place).filter(|local| self.is_parameter(*local))
    }

    /// Whether a type is a slice (or vector) of bytes, or something that gives one.
    pub(super) fn is_bytes(&self, ty: TypeId) -> bool {
        match self.unit.types.get(ty) {
            Type::Slice { of } | Type::Array { of, .. } => *of == TypeId::U8,
            Type::Pointer { to, .. } => self.is_bytes(*to),
            _ => false,
        }
    }

    /// Whether a type is a record of the library or file with that name.
    pub(super) fn is_named(&self, ty: TypeId, name: &str) -> bool {
        match self.unit.types.get(ty) {
            Type::Named(symbol) => self.name(*symbol) == name,
            Type::Record(_) => self
                .unit
                .types
                .as_record(ty)
                .and_then(|record| record.name)
                .is_some_and(|symbol| self.name(symbol) == name),
            _ => false,
        }
    }

    /// Whether the comment before the function says that it panics: a contract with callers.
    pub(super) fn documents_panic(&self) -> bool {
        let start = self.function.span.start as usize;
        let before = self.file.text.get(..start).unwrap_or_default();
        let tail = before
            .get(before.len().saturating_sub(2_000)..)
            .unwrap_or_default();
        let mut lines = tail.rsplit(|byte| *byte == b'\n');
        // What stands before the function on its own line.
        lines.next();
        lines
            .map(<[u8]>::trim_ascii)
            .take_while(|line| line.starts_with(b"//") || line.starts_with(b"#["))
            .any(|line| {
                line.starts_with(b"//")
                    && line
                        .windows(5)
                        .any(|word| word.eq_ignore_ascii_case(b"panic"))
            })
    }

    /// What is behind any number of pointers.
    pub(super) fn behind_pointers(&self, mut ty: TypeId) -> TypeId {
        for _ in 0..4 {
            match self.unit.types.pointee(ty) {
                Some(to) => ty = to,
                None => break,
            }
        }
        ty
    }

    /// Whether the function gives `Result` or `Option`.
    pub(super) fn can_fail(&self) -> bool {
        self.is_named(self.function.result, "Result")
            || self.is_named(self.function.result, "Option")
    }
}
