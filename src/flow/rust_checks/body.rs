//! A function with what analyses ask of it: where values come from, and which comparisons hold.

use std::cell::OnceCell;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashSet, FxHasher};

use super::super::ir::{
    Base, BinaryOp, BlockId, Callee, Function, LocalId, LocalKind, Operand, Place, Projection,
    Rvalue, Statement, StatementKind, Symbol, Terminator, Type, TypeId, Unit,
};
use super::graph::Graph;
use crate::finding::Span;
use crate::syntax::SourceFile;

/// Longest chain of definitions that is followed.
const MAX_CHAIN: u32 = 12;
/// Most parts of a value.
const MAX_PARTS: usize = 24;

/// What a local was given.
#[derive(Clone, Copy)]
pub(super) enum Definition<'a> {
    /// A value.
    Value(&'a Rvalue),
    /// A call's result.
    Call(&'a Callee, &'a [Operand]),
}

/// Two values of which one is known to be smaller, equal or different.
#[derive(Clone)]
pub(super) struct Fact {
    /// `Lt`, `Le`, `Eq` or `Ne`.
    pub(super) op: BinaryOp,
    pub(super) left: Vec<u64>,
    pub(super) right: Vec<u64>,
    /// Value of the right side, where it is a number.
    pub(super) right_number: Option<i128>,
    /// Value of the left side, where it is a number.
    pub(super) left_number: Option<i128>,
    /// The failing side panics (`assert!`).
    pub(super) panics: bool,
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
    /// Methods of the file that give numbers read from bytes.
    pub(super) accessors: &'a FxHashSet<(TypeId, Symbol)>,
    definitions: Vec<Vec<At>>,
    graph: OnceCell<Graph>,
    facts: OnceCell<Vec<Option<[Vec<Fact>; 2]>>>,
}

/// Methods that give the value, or a view of it.
const TRANSPARENT: &[&str] = &[
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

/// Methods that compute a number from numbers.
fn is_arithmetic(name: &str) -> bool {
    name.starts_with("checked_")
        || name.starts_with("saturating_")
        || name.starts_with("wrapping_")
        || name.starts_with("overflowing_")
        || matches!(
            name,
            "min"
                | "max"
                | "clamp"
                | "pow"
                | "abs"
                | "rem_euclid"
                | "div_ceil"
                | "abs_diff"
                | "next_multiple_of"
                | "try_from"
                | "from"
                | "swap_bytes"
                | "to_le"
                | "to_be"
        )
}

impl<'a> Body<'a> {
    pub(super) fn new(
        file: &'a SourceFile<'a>,
        unit: &'a Unit,
        function: &'a Function,
        accessors: &'a FxHashSet<(TypeId, Symbol)>,
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
            accessors,
            definitions,
            graph: OnceCell::new(),
            facts: OnceCell::new(),
        }
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

    /// A number that is equal for operands with equal values.
    pub(super) fn key(&self, operand: &Operand) -> u64 {
        self.key_at(operand, MAX_CHAIN)
    }

    pub(super) fn place_key(&self, place: &Place) -> u64 {
        self.place_key_at(place, MAX_CHAIN)
    }

    fn key_at(&self, operand: &Operand, depth: u32) -> u64 {
        match operand {
            Operand::Copy(place) => self.place_key_at(place, depth),
            Operand::Constant(constant) => match (&constant.value, &constant.origin) {
                (Some(value), _) => hash(&(1_u8, *value)),
                (None, super::super::ir::Origin::Named(name)) => hash(&(2_u8, name.0)),
                // No two unknown numbers are the same.
                (None, _) => hash(&(3_u8, std::ptr::from_ref(operand) as usize)),
            },
            Operand::Text(text) => hash(&(4_u8, text.0)),
            Operand::Function(name) => hash(&(5_u8, name.0)),
            Operand::Unknown(_) => hash(&(6_u8, std::ptr::from_ref(operand) as usize)),
        }
    }

    fn place_key_at(&self, place: &Place, depth: u32) -> u64 {
        let mut key = match place.base {
            Base::Local(local) => self.local_key(local, depth),
            Base::Global(global) => hash(&(7_u8, global.0)),
        };
        for step in &place.path {
            key = match step {
                Projection::Deref => key,
                step if self.is_payload(step) => key,
                Projection::Field(name) => hash(&(8_u8, key, name.0)),
                Projection::Index(index) => {
                    let index = self.key_at(index, depth.saturating_sub(1));
                    hash(&(9_u8, key, index))
                }
            };
        }
        key
    }

    fn local_key(&self, local: LocalId, depth: u32) -> u64 {
        let own = hash(&(10_u8, local.0));
        let Some(depth) = depth.checked_sub(1) else {
            return own;
        };
        let Some(definition) = self.definition(local) else {
            return own;
        };
        match definition {
            Definition::Value(value) => match value {
                Rvalue::Use(inner) => self.key_at(inner, depth),
                Rvalue::Cast { value, to, .. } => {
                    let inner = self.key_at(value, depth);
                    match self.is_widening(value, *to) {
                        true => inner,
                        false => hash(&(11_u8, inner, to.0)),
                    }
                }
                Rvalue::AddressOf(place) => self.place_key_at(place, depth),
                Rvalue::Len(place) => hash(&(12_u8, self.place_key_at(place, depth))),
                Rvalue::Binary(op, left, right) => {
                    let (mut left, mut right) =
                        (self.key_at(left, depth), self.key_at(right, depth));
                    if matches!(op, BinaryOp::Add | BinaryOp::Mul) && left > right {
                        std::mem::swap(&mut left, &mut right);
                    }
                    hash(&(13_u8, *op as u8, left, right))
                }
                _ => own,
            },
            Definition::Call(Callee::Method(name), arguments) => {
                let text = self.name(*name);
                match arguments {
                    [receiver, ..] if TRANSPARENT.contains(&text) => self.key_at(receiver, depth),
                    [receiver] => hash(&(14_u8, self.key_at(receiver, depth), name.0)),
                    [receiver, other] if is_arithmetic(text) || text == "get" => hash(&(
                        15_u8,
                        self.key_at(receiver, depth),
                        self.key_at(other, depth),
                        name.0,
                    )),
                    _ => own,
                }
            }
            Definition::Call(Callee::Function(name), [left, right])
                if is_arithmetic(self.name(*name)) =>
            {
                hash(&(
                    16_u8,
                    name.0,
                    self.key_at(left, depth),
                    self.key_at(right, depth),
                ))
            }
            Definition::Call(..) => own,
        }
    }

    /// Whether a cast keeps every value.
    pub(super) fn is_widening(&self, value: &Operand, to: TypeId) -> bool {
        let types = &self.unit.types;
        match (types.int(self.type_of(value)), types.int(to)) {
            (Some((from, from_signed)), Some((to, to_signed))) => {
                if from_signed == to_signed {
                    to >= from
                } else {
                    !from_signed && to > from
                }
            }
            // `usize` is 32 bits wide here; what is not known is taken to fit it.
            (None, Some((to, _))) => to >= 32,
            _ => true,
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

    /// Keys of the value and of what it was computed from; constants are no parts.
    pub(super) fn parts(&self, operand: &Operand) -> Vec<u64> {
        let mut parts = Vec::new();
        self.collect_parts(operand, MAX_CHAIN, &mut parts);
        parts
    }

    fn collect_parts(&self, operand: &Operand, depth: u32, out: &mut Vec<u64>) {
        let (Some(depth), false) = (depth.checked_sub(1), out.len() >= MAX_PARTS) else {
            return;
        };
        let Operand::Copy(place) = operand else {
            return;
        };
        out.push(self.place_key(place));
        if let Base::Local(local) = place.base
            && self.definitions(local).len() > 1
            && place.path.is_empty()
        {
            // A variable that is reassigned is its own part, and what it was first.
            if let Some(first) = self.definitions(local).first()
                && let Some(Definition::Value(Rvalue::Use(inner))) = self.definition_at(*first)
            {
                self.collect_parts(inner, depth.min(2), out);
            }
            return;
        }
        match self.definition_of_place(place) {
            Some(Definition::Value(
                Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. } | Rvalue::Unary(_, inner),
            )) => self.collect_parts(inner, depth, out),
            Some(Definition::Value(Rvalue::Binary(_, left, right))) => {
                self.collect_parts(left, depth, out);
                self.collect_parts(right, depth, out);
            }
            Some(Definition::Call(callee, arguments)) => {
                let name = self.callee_name(callee);
                if is_arithmetic(name) {
                    for argument in arguments {
                        self.collect_parts(argument, depth, out);
                    }
                } else if TRANSPARENT.contains(&name)
                    && let Some(receiver) = arguments.first()
                {
                    self.collect_parts(receiver, depth, out);
                }
            }
            _ => {}
        }
    }

    /// The comparisons that hold where the block begins.
    pub(super) fn facts(&self, block: BlockId) -> Vec<&Fact> {
        let table = self.facts.get_or_init(|| self.all_facts());
        let graph = self.graph();
        let mut found = Vec::new();
        for at in graph.up(block) {
            let Some(predecessors) = graph.predecessors.get(at.0 as usize) else {
                continue;
            };
            // Several ways in: each test on the way is a test, though which one held is not known.
            for from in predecessors.iter().take(6) {
                let Some(Some([when_true, when_false])) = table.get(from.0 as usize) else {
                    continue;
                };
                let Some(Terminator::Branch {
                    then, otherwise, ..
                }) = self.function.block(*from).map(|block| &block.terminator)
                else {
                    continue;
                };
                if *then == at && *otherwise != at {
                    found.extend(when_true.iter());
                } else if *otherwise == at && *then != at {
                    found.extend(when_false.iter());
                }
            }
        }
        found
    }

    fn all_facts(&self) -> Vec<Option<[Vec<Fact>; 2]>> {
        (0..)
            .zip(&self.function.blocks)
            .map(|(id, block)| {
                let Terminator::Branch {
                    condition,
                    then,
                    otherwise,
                } = &block.terminator
                else {
                    return None;
                };
                self.graph().is_reachable(BlockId(id)).then(|| {
                    let yes = self.branch_facts(condition, false, self.panics(*otherwise));
                    let no = self.branch_facts(condition, true, self.panics(*then));
                    [yes, no]
                })
            })
            .collect()
    }

    /// Whether a block does nothing but panic.
    fn panics(&self, block: BlockId) -> bool {
        self.function.block(block).is_some_and(|block| {
            block.terminator == Terminator::Unreachable
                && block.statements.iter().any(|statement| {
                    matches!(
                        statement.kind,
                        StatementKind::Call {
                            callee: Callee::Macro(_),
                            ..
                        }
                    )
                })
        })
    }

    fn branch_facts(&self, condition: &Operand, is_negated: bool, panics: bool) -> Vec<Fact> {
        match self.definition_of(condition) {
            Some(Definition::Value(Rvalue::Binary(op, left, right))) if op.is_comparison() => {
                let op = match is_negated {
                    true => op.negated().unwrap_or(*op),
                    false => *op,
                };
                // The variant of a call's result tells of the call's arguments.
                if let Some(Definition::Value(Rvalue::Discriminant(place))) =
                    self.definition_of(left)
                {
                    return self.call_facts(&Operand::Copy(place.clone()), true, panics);
                }
                let (op, left, right) = match op {
                    BinaryOp::Gt => (BinaryOp::Lt, right, left),
                    BinaryOp::Ge => (BinaryOp::Le, right, left),
                    other => (other, left, right),
                };
                vec![Fact {
                    op,
                    left: self.parts(left),
                    right: self.parts(right),
                    left_number: self.number(left),
                    right_number: self.number(right),
                    panics,
                }]
            }
            Some(Definition::Value(Rvalue::Use(inner) | Rvalue::Unary(_, inner))) => {
                self.branch_facts(inner, is_negated, panics)
            }
            _ => self.call_facts(condition, false, panics),
        }
    }

    /// A test by a function: whatever was handed to it was looked at.
    /// A result that may be an error tells something only where the function's name says that it
    /// looks (`by_variant`); any other may fail for its own reasons.
    fn call_facts(&self, result: &Operand, by_variant: bool, panics: bool) -> Vec<Fact> {
        let mut parts = Vec::new();
        let mut at = result.clone();
        for _ in 0..4 {
            let Some(Definition::Call(callee, arguments)) = self.definition_of(&at) else {
                break;
            };
            let name = self.callee_name(callee);
            if matches!(name, "next" | "read" | "recv" | "lock") {
                break;
            }
            let looks = !by_variant || looks_at_arguments(name);
            // What `ok_or` gives tells that there is a value, not which.
            let skipped = usize::from(TRANSPARENT.contains(&name));
            for argument in arguments.iter().take(6).skip(skipped) {
                // Bytes are handed out to be looked at; a number may be used for anything.
                if !looks && self.unit.types.int(self.type_of(argument)).is_some() {
                    continue;
                }
                parts.extend(self.parts(argument));
                if let Some(Definition::Value(Rvalue::Aggregate(inner))) =
                    self.definition_of(argument)
                {
                    for (_, inner) in inner.iter().take(4) {
                        parts.extend(self.parts(inner));
                    }
                }
            }
            match arguments.first() {
                Some(receiver) => at = receiver.clone(),
                None => break,
            }
        }
        if parts.is_empty() {
            return Vec::new();
        }
        vec![Fact {
            op: BinaryOp::Eq,
            left: parts,
            right: Vec::new(),
            left_number: None,
            right_number: None,
            panics,
        }]
    }

    /// Whether something keeps the value from being too large where the block begins.
    pub(super) fn is_bounded_above(&self, operand: &Operand, block: BlockId) -> bool {
        let parts = self.parts(operand);
        self.facts(block).iter().any(|fact| match fact.op {
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Eq => {
                overlaps(&fact.left, &parts)
                    || (fact.op == BinaryOp::Eq && overlaps(&fact.right, &parts))
            }
            _ => false,
        })
    }

    /// Whether a variable that several assignments fill is compared anywhere: each way may have
    /// its own test.
    pub(super) fn is_tested_on_some_way(&self, operand: &Operand) -> bool {
        let mut place = match operand {
            Operand::Copy(place) => place,
            _ => return false,
        };
        for _ in 0..4 {
            let Base::Local(local) = place.base else {
                return false;
            };
            if self.definitions(local).len() > 1 {
                break;
            }
            match self.definition(local) {
                Some(Definition::Value(
                    Rvalue::Use(Operand::Copy(inner))
                    | Rvalue::Cast {
                        value: Operand::Copy(inner),
                        ..
                    },
                )) => place = inner,
                _ => return false,
            }
        }
        let key = [self.place_key(place)];
        let table = self.facts.get_or_init(|| self.all_facts());
        table
            .iter()
            .flatten()
            .flatten()
            .flatten()
            .any(|fact| overlaps(&fact.left, &key) || overlaps(&fact.right, &key))
    }

    /// Whether something keeps the value from being too small where the block begins.
    pub(super) fn is_bounded_below(&self, operand: &Operand, block: BlockId) -> bool {
        let parts = self.parts(operand);
        self.facts(block).iter().any(|fact| match fact.op {
            BinaryOp::Lt | BinaryOp::Le => {
                overlaps(&fact.right, &parts) && fact.left_number.is_none_or(|low| low >= 0)
            }
            BinaryOp::Eq => overlaps(&fact.left, &parts) || overlaps(&fact.right, &parts),
            BinaryOp::Ne => {
                (overlaps(&fact.left, &parts) && fact.right_number == Some(0))
                    || (overlaps(&fact.right, &parts) && fact.left_number == Some(0))
            }
            _ => false,
        })
    }

    /// Whether any comparison or test on the way looked at the value.
    pub(super) fn is_mentioned(&self, operand: &Operand, block: BlockId) -> bool {
        let parts = self.parts(operand);
        self.facts(block)
            .iter()
            .any(|fact| overlaps(&fact.left, &parts) || overlaps(&fact.right, &parts))
    }

    /// Largest value that the shape of the expression allows.
    pub(super) fn maximum(&self, operand: &Operand) -> Option<i128> {
        self.maximum_at(operand, MAX_CHAIN)
    }

    fn maximum_at(&self, operand: &Operand, depth: u32) -> Option<i128> {
        let depth = depth.checked_sub(1)?;
        if let Some(value) = self.number(operand) {
            return Some(value);
        }
        let by_type = self
            .unit
            .types
            .int_range(self.type_of(operand))
            .map(|range| range.1);
        let by_shape = match self.definition_of(operand) {
            Some(Definition::Value(value)) => match value {
                Rvalue::Use(inner) => self.maximum_at(inner, depth),
                Rvalue::Cast { value, .. } => self.maximum_at(value, depth),
                Rvalue::Binary(op, left, right) => {
                    let (a, b) = (self.maximum_at(left, depth), self.maximum_at(right, depth));
                    match op {
                        BinaryOp::And => match (a, b) {
                            (Some(a), Some(b)) => Some(a.min(b)),
                            (one, other) => one.or(other),
                        },
                        BinaryOp::Rem => b.map(|b| b.saturating_sub(1)),
                        BinaryOp::Shr => a
                            .zip(self.number(right))
                            .and_then(|(a, bits)| Some(a >> u32::try_from(bits).ok()?.min(120))),
                        BinaryOp::Div => a
                            .zip(self.number(right))
                            .and_then(|(a, by)| a.checked_div(by)),
                        BinaryOp::Add => a.zip(b).and_then(|(a, b)| a.checked_add(b)),
                        BinaryOp::Mul => a.zip(b).and_then(|(a, b)| a.checked_mul(b)),
                        BinaryOp::Sub => a,
                        _ if op.is_comparison() => Some(1),
                        _ => None,
                    }
                }
                _ => None,
            },
            Some(Definition::Call(callee, arguments)) => match self.callee_name(callee) {
                "min" => arguments
                    .iter()
                    .filter_map(|argument| self.maximum_at(argument, depth))
                    .min(),
                "trailing_zeros" | "leading_zeros" | "count_ones" => Some(64),
                _ => None,
            },
            None => None,
        };
        match (by_type, by_shape) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        }
    }

    /// Whether a value was cut to a limit: `min`, `clamp`, `%`.
    pub(super) fn is_clamped(&self, operand: &Operand) -> bool {
        match self.origin(operand) {
            Some(Definition::Call(callee, _)) => {
                matches!(
                    self.callee_name(callee),
                    "min" | "clamp" | "rem_euclid" | "position"
                )
            }
            Some(Definition::Value(Rvalue::Binary(op, left, _))) => match op {
                BinaryOp::Rem => true,
                BinaryOp::Sub | BinaryOp::Shr | BinaryOp::Div => self.is_clamped(left),
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

/// Whether a function's name says that it tests what it is given.
fn looks_at_arguments(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "check", "valid", "ensure", "verify", "get", "checked", "try", "split", "first", "last",
        "find", "position", "is", "contains", "require", "assert", "parse", "new", "from", "ok",
        "bounds", "strip", "slice", "filter", "then", "in", "lookup",
    ];
    name.split('_').any(|part| {
        WORDS
            .iter()
            .any(|word| part == *word || (word.len() > 4 && part.starts_with(word)))
    })
}

/// Whether two lists of keys share one.
pub(super) fn overlaps(left: &[u64], right: &[u64]) -> bool {
    left.iter().any(|key| right.contains(key))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
