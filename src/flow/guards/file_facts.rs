//! What the bodies and calls of one file say about its functions.

use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{Direction, FactKind, Facts};
use super::graph::Graph;
use super::lexicon::Lexicon;
use super::numbering::{EventKind, Numbered};
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::{
    BinaryOp, Function, LocalKind, Operand, ResultUse, Rvalue, StatementKind, Symbol, Terminator,
    Unit,
};
use crate::flow::summary::Returns;
use crate::syntax::SourceFile;

/// One function with its values.
#[derive(Debug)]
pub(super) struct Analysed {
    /// Index in [`Unit::functions`].
    pub function: usize,
    /// Its graph.
    pub graph: Graph,
    /// Its values and events.
    pub numbered: Numbered,
    /// What is known where.
    pub facts: Facts,
}

/// A call of a function of which something is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallSite {
    /// Index in the list of analysed functions.
    pub caller: usize,
    /// The call's event there.
    pub event: u32,
}

/// How the callers in this file treat the result of a function.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ResultHabit {
    /// Calls whose result is compared.
    pub tested: u32,
    /// Calls in all.
    pub calls: u32,
    /// A call that tests.
    pub example: Option<Span>,
}

/// Facts about the functions of a file.
#[derive(Debug, Default)]
pub(super) struct FileFacts {
    null_returns: FxHashMap<Symbol, Span>,
    allocators: FxHashMap<Symbol, Span>,
    exhausted: FxHashMap<Symbol, Span>,
    released: FxHashMap<Symbol, Vec<u32>>,
    testers: FxHashMap<Symbol, bool>,
    sites: FxHashMap<Symbol, Vec<CallSite>>,
    habits: FxHashMap<Symbol, ResultHabit>,
    pointers: FxHashMap<Symbol, bool>,
    reads: FxHashMap<Symbol, (u32, i128)>,
    decoded: FxHashMap<Symbol, u32>,
    moved: FxHashMap<Symbol, u32>,
    gone_through: FxHashMap<Symbol, Vec<u32>>,
    measured: FxHashSet<(Symbol, u32)>,
    fields: super::fields::FieldHabits,
    returned: FxHashMap<Symbol, (Returns, Span)>,
    capped: FxHashMap<Symbol, bool>,
}

impl FileFacts {
    /// Collects them.
    pub(super) fn new(unit: &Unit, all: &[Analysed], lexicon: &Lexicon) -> Self {
        let mut this = Self::default();
        for function in &unit.functions {
            if let Some(span) = returns_null(unit, function) {
                this.null_returns.insert(function.name, span);
            }
            this.testers
                .insert(function.name, compares_parameters(function));
            for block in &function.blocks {
                for statement in &block.statements {
                    mark_function_values(statement, &mut this.pointers);
                }
            }
        }
        for analysed in all {
            if let Some(function) = unit.functions.get(analysed.function) {
                this.results(unit, analysed, function, lexicon);
                if unit.types.is_pointer(function.result)
                    && let Some(span) =
                        super::nullable::exhausted(unit, analysed, function, lexicon)
                {
                    this.exhausted.insert(function.name, span);
                }
                let released = super::packets::given_back(unit, analysed, function, lexicon);
                if !released.is_empty() {
                    this.released.insert(function.name, released);
                }
                this.fixed_reads(unit, analysed, function, lexicon);
                this.first_use(analysed, function);
                super::measured::note(unit, analysed, function, &mut this.measured);
                super::measured::note_capped(unit, analysed, &mut this.capped);
            }
            this.fields.add(analysed);
        }
        for (caller, analysed) in all.iter().enumerate() {
            for (index, event) in analysed.numbered.events.iter().enumerate() {
                let EventKind::Call {
                    callee: Some(callee),
                    result,
                    usage,
                    ..
                } = &event.kind
                else {
                    continue;
                };
                this.sites.entry(*callee).or_default().push(CallSite {
                    caller,
                    event: index as u32,
                });
                if lexicon.flags(*callee) & (flag::CALM | flag::LOG) != 0 {
                    continue;
                }
                let tested = *usage == ResultUse::Used && is_tested(analysed, *result);
                let habit = this.habits.entry(*callee).or_default();
                habit.calls += 1;
                if tested {
                    habit.tested += 1;
                    habit.example.get_or_insert(event.span);
                }
            }
        }
        this
    }

    /// What the results of a function are made of.
    fn results(
        &mut self,
        unit: &Unit,
        analysed: &Analysed,
        function: &Function,
        lexicon: &Lexicon,
    ) {
        let values = &analysed.numbered.values;
        let is_address = unit.types.is_pointer(function.result);
        for event in &analysed.numbered.events {
            let EventKind::Return(Some(value)) = &event.kind else {
                continue;
            };
            for leaf in values.sources(*value) {
                match values.get(leaf) {
                    Value::Parameter(index)
                        if is_address && values.root(values.strip(*value)) == leaf =>
                    {
                        self.moved.entry(function.name).or_insert(index);
                    }
                    Value::Load { location, .. } if !is_address => {
                        if let Value::Parameter(index) = values.get(values.root(location)) {
                            self.decoded.entry(function.name).or_insert(index);
                        }
                    }
                    Value::Pure {
                        callee,
                        first: Some(first),
                        ..
                    } if !is_address && lexicon.flags(callee) & flag::DECODER != 0 => {
                        if let Value::Parameter(index) = values.get(values.root(first)) {
                            self.decoded.entry(function.name).or_insert(index);
                        }
                    }
                    Value::Call(_) if is_address && leaf == values.strip(*value) => {
                        let callee = values.calls.get(&leaf).and_then(|(name, _)| *name);
                        let is_tested = analysed
                            .numbered
                            .conditions
                            .iter()
                            .flatten()
                            .any(|condition| super::facts::mentions(values, *condition, &[leaf]));
                        if lexicon.is(callee, flag::ALLOC | flag::NULLABLE) && !is_tested {
                            self.allocators.entry(function.name).or_insert(event.span);
                        }
                    }
                    _ => {}
                }
            }
            if is_address {
                self.joined_null(analysed, function, *value, event.block, lexicon);
            }
        }
    }

    /// A result that was tested, and is NULL on the other way.
    fn joined_null(
        &mut self,
        analysed: &Analysed,
        function: &Function,
        value: ValueId,
        block: u32,
        lexicon: &Lexicon,
    ) {
        let values = &analysed.numbered.values;
        let result = values.strip(value);
        let is_null = match values.get(result) {
            Value::Phi { .. } => values.inputs.get(&result).is_some_and(|list| {
                list.iter()
                    .any(|(_, input)| values.constant(*input) == Some(0))
            }),
            Value::Call(_) => {
                let callee = values.calls.get(&result).and_then(|(name, _)| *name);
                // Behind `if (p != NULL) { … }` the other way still returns it.
                lexicon.is(callee, flag::ALLOC | flag::NULLABLE)
                    && !analysed
                        .facts
                        .at(&analysed.graph, block, u32::MAX)
                        .any(|fact| matches!(&fact.kind, FactKind::Compare { difference, .. } if difference.factor(result) != 0))
            }
            _ => false,
        };
        if is_null {
            self.allocators
                .entry(function.name)
                .or_insert(function.span);
        }
    }

    /// Which parameter a short function of this file reads bytes of, whatever happens, and how
    /// many.
    pub(super) fn reads(&self, name: Symbol) -> Option<(u32, i128)> {
        self.reads.get(&name).copied()
    }

    fn fixed_reads(
        &mut self,
        unit: &Unit,
        analysed: &Analysed,
        function: &Function,
        lexicon: &Lexicon,
    ) {
        if function.blocks.len() > 4 {
            return;
        }
        let values = &analysed.numbered.values;
        for event in &analysed.numbered.events {
            if event.block != 0 {
                continue;
            }
            let found = match &event.kind {
                EventKind::Read { location, ty, .. } => {
                    Some((*location, unit.types.size(*ty).map_or(1, i128::from)))
                }
                EventKind::Call {
                    callee, arguments, ..
                } => lexicon.copy(*callee).and_then(|copy| {
                    let source = *arguments.get(copy.source? as usize)?;
                    let bytes = values.constant(*arguments.get(copy.length as usize)?)?;
                    Some((source, bytes))
                }),
                _ => None,
            };
            let Some((location, bytes)) = found else {
                continue;
            };
            let at = super::linear::Linear::of(values, location);
            if let [(term, 1)] = at.terms.as_slice()
                && let Value::Parameter(index) = values.get(*term)
                && at.constant >= 0
            {
                let need = at.constant.saturating_add(bytes);
                let entry = self.reads.entry(function.name).or_insert((index, need));
                if entry.0 == index {
                    entry.1 = entry.1.max(need);
                }
            }
        }
    }

    /// The pointer parameters that a function goes through before it asks anything.
    fn first_use(&mut self, analysed: &Analysed, function: &Function) {
        let values = &analysed.numbered.values;
        let mut used: Vec<u32> = Vec::new();
        for event in &analysed.numbered.events {
            let (EventKind::Read { location, .. } | EventKind::Write { location, .. }) =
                &event.kind
            else {
                continue;
            };
            if let Value::Parameter(index) = values.get(values.root(*location))
                && event.block == 0
                && !used.contains(&index)
            {
                used.push(index);
            }
        }
        if !used.is_empty() {
            self.gone_through.insert(function.name, used);
        }
    }

    /// Remembers what the functions of the file give back.
    pub(super) fn note_returns(&mut self, unit: &Unit, source: &SourceFile<'_>, all: &[Analysed]) {
        for analysed in all {
            if let Some(function) = unit.functions.get(analysed.function) {
                let (returns, head) =
                    super::summarise::returns(unit, source, analysed, function, self);
                match self.returned.get_mut(&function.name) {
                    // The same in another arm of an `#if`.
                    Some((before, _)) => before.join(returns),
                    None => {
                        self.returned.insert(function.name, (returns, head));
                    }
                }
            }
        }
    }

    /// What a function of this file gives back, and its head.
    pub(super) fn returns(&self, name: Symbol) -> Option<(&Returns, Span)> {
        let (returns, head) = self.returned.get(&name)?;
        Some((returns, *head))
    }

    /// The parameters that a function of this file goes through whatever they are.
    pub(super) fn goes_through(&self, name: Symbol) -> &[u32] {
        self.gone_through.get(&name).map_or(&[], Vec::as_slice)
    }

    /// How the functions of this file treat pointers that fields hold.
    pub(super) fn fields(&self) -> &super::fields::FieldHabits {
        &self.fields
    }

    /// The parameter whose bytes a function of this file turns into its result.
    pub(super) fn decodes(&self, name: Symbol) -> Option<u32> {
        self.decoded.get(&name).copied()
    }

    /// The parameter into whose bytes the result of a function points.
    pub(super) fn points_into(&self, name: Symbol) -> Option<u32> {
        self.moved.get(&name).copied()
    }

    /// Where a function of this file returns NULL.
    pub(super) fn null_return(&self, name: Symbol) -> Option<Span> {
        self.null_returns.get(&name).copied()
    }

    /// A function of this file that hands on the result of an allocator or look-up, NULL or not.
    pub(super) fn may_fail(&self, name: Symbol) -> Option<Span> {
        self.allocators.get(&name).copied()
    }

    /// The parameters that a function of this file gives back on every way.
    pub(super) fn released(&self, name: Symbol) -> &[u32] {
        self.released.get(&name).map_or(&[], Vec::as_slice)
    }

    /// Where a function of this file returns NULL because memory ran out.
    pub(super) fn exhausted(&self, name: Symbol) -> Option<Span> {
        self.exhausted.get(&name).copied()
    }

    /// Whether a function of this file compares the length that the object behind a parameter holds.
    pub(super) fn measures(&self, name: Symbol, parameter: u32) -> bool {
        self.measured.contains(&(name, parameter))
    }

    /// Whether this file sets a field, and only to what it compared before.
    pub(super) fn is_capped(&self, field: Symbol) -> bool {
        self.capped.get(&field).copied().unwrap_or(false)
    }

    /// Whether a function of this file compares what it is given.
    pub(super) fn tests_arguments(&self, name: Symbol) -> bool {
        self.testers.get(&name).copied().unwrap_or(false)
    }

    /// Calls of a function in this file.
    pub(super) fn sites(&self, name: Symbol) -> &[CallSite] {
        self.sites.get(&name).map_or(&[], Vec::as_slice)
    }

    /// How the result of a function is treated.
    pub(super) fn habit(&self, name: Symbol) -> ResultHabit {
        self.habits.get(&name).copied().unwrap_or_default()
    }

    /// Whether a function's address is taken, so that callers may be elsewhere.
    pub(super) fn is_pointed_to(&self, name: Symbol) -> bool {
        self.pointers.contains_key(&name)
    }
}

/// A value and the joins that it goes into, as it is or as a part of a sum.
pub(super) fn joined_from(values: &super::values::Values, result: ValueId) -> Vec<ValueId> {
    let mut found = vec![result];
    for _ in 0..3 {
        let mut new: Vec<ValueId> = values
            .inputs
            .iter()
            .filter(|(phi, list)| {
                !found.contains(phi)
                    && list
                        .iter()
                        .any(|(_, input)| super::facts::mentions(values, *input, &found))
            })
            .map(|(phi, _)| *phi)
            .collect();
        if new.is_empty() {
            break;
        }
        new.sort_unstable();
        found.extend(new);
    }
    found.sort_unstable();
    found
}

/// Whether any branch of the function depends on the value.
pub(super) fn is_tested(analysed: &Analysed, result: ValueId) -> bool {
    let values = &analysed.numbered.values;
    // What is joined from it is it, too, also in `res |= f()`.
    let leaves = joined_from(values, result);
    analysed
        .numbered
        .conditions
        .iter()
        .flatten()
        .any(|condition| super::facts::mentions(values, *condition, &leaves))
        || analysed
            .numbered
            .events
            .iter()
            .any(|event| match &event.kind {
                EventKind::Return(Some(value)) => super::facts::mentions(values, *value, &leaves),
                _ => false,
            })
}

fn mark_function_values(statement: &crate::flow::ir::Statement, out: &mut FxHashMap<Symbol, bool>) {
    let mut visit = |operand: &Operand| {
        if let Operand::Function(name) = operand {
            out.insert(*name, true);
        }
    };
    match &statement.kind {
        StatementKind::Assign { value, .. } => match value {
            Rvalue::Use(operand) => visit(operand),
            Rvalue::Cast { value, .. } => visit(value),
            Rvalue::Aggregate(parts) => parts.iter().for_each(|(_, part)| visit(part)),
            _ => {}
        },
        StatementKind::Call { arguments, .. } => arguments.iter().for_each(visit),
        _ => {}
    }
}

fn returns_null(unit: &Unit, function: &Function) -> Option<Span> {
    if !unit.types.is_pointer(function.result) {
        return None;
    }
    for block in &function.blocks {
        // `assert(0); return NULL;`: for the compiler alone.
        let is_ruled_out = block.statements.iter().any(|statement| {
            matches!(&statement.kind, StatementKind::Assert { condition, .. } if is_zero(condition))
        });
        if is_ruled_out {
            continue;
        }
        if let Terminator::Return(Some(value)) = &block.terminator {
            if is_zero(value) {
                return Some(block.span);
            }
            // `return` through a variable or temporary that was set to NULL in the same block.
            if let Operand::Copy(place) = value
                && place.path.is_empty()
            {
                let last =
                    block
                        .statements
                        .iter()
                        .rev()
                        .find_map(|statement| match &statement.kind {
                            StatementKind::Assign { target, value }
                                if target.base == place.base && target.path.is_empty() =>
                            {
                                Some(value)
                            }
                            _ => None,
                        });
                match last {
                    Some(Rvalue::Use(value) | Rvalue::Cast { value, .. }) if is_zero(value) => {
                        return Some(block.span);
                    }
                    _ => {}
                }
            }
        }
    }
    None
}

fn is_zero(value: &Operand) -> bool {
    matches!(value, Operand::Constant(constant) if constant.value == Some(0))
}

/// Whether a short body orders one of its parameters against something.
fn compares_parameters(function: &Function) -> bool {
    if function.blocks.len() > 24 {
        return false;
    }
    let has_parameter = function
        .locals
        .iter()
        .any(|local| matches!(local.kind, LocalKind::Parameter(_)));
    has_parameter
        && function.blocks.iter().any(|block| {
            block.statements.iter().any(|statement| {
                matches!(
                    &statement.kind,
                    StatementKind::Assign {
                        value: Rvalue::Binary(
                            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge,
                            ..
                        ),
                        ..
                    }
                )
            })
        })
}

/// Whether every call of a private function in this file bounds an argument before it calls.
/// `None` if there is no call, or callers may be elsewhere.
pub(super) fn callers_bound(
    unit: &Unit,
    all: &[Analysed],
    file: &FileFacts,
    function: &Function,
    argument: u32,
    direction: Direction,
) -> Option<bool> {
    if !function.is_private || file.is_pointed_to(function.name) {
        return None;
    }
    let sites = file.sites(function.name);
    if sites.is_empty() {
        return None;
    }
    let _ = unit;
    Some(sites.iter().all(|site| {
        let Some(caller) = all.get(site.caller) else {
            return false;
        };
        let Some(event) = caller.numbered.events.get(site.event as usize) else {
            return false;
        };
        let EventKind::Call { arguments, .. } = &event.kind else {
            return false;
        };
        let Some(&value) = arguments.get(argument as usize) else {
            return false;
        };
        let values = &caller.numbered.values;
        if values.is_constant(value) {
            return true;
        }
        let leaves = values.sources(value);
        caller
            .facts
            .at(&caller.graph, event.block, site.event)
            .any(|fact| {
                matches!(fact.kind, FactKind::Compare { .. })
                    && fact.bounds(values, &leaves, direction)
            })
            || leaves
                .iter()
                .all(|leaf| matches!(values.get(*leaf), Value::Min(..)))
                && !leaves.is_empty()
    }))
}
