//! The interpreter's own state: one unit, what is known of its globals, what was found.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::finding::Span;
use crate::flow::checks::lock_order::LockPair;
use crate::flow::defect::{Defect, Note};
use crate::flow::ir::{Base, BlockId, Function, StatementKind, Symbol, TextId, Type, TypeId, Unit};
use crate::flow::models::{Model, ModelTable};

use super::linear::{Linear, Sym};
use super::memory::Contents;
use super::prepare::{Prepared, visit_statement};
use super::state::{LockKey, State, Step, StepKind};
use super::value::{Alternative, Arena, Obj, Origin, Range, SymInfo, Value};

/// Most statements that are interpreted for one function of the file, calls into it included.
pub(crate) const MAX_STEPS: usize = 3_000;
/// From here on loops are widened instead of walked round by round.
pub(crate) const MAX_UNROLLED_STEPS: usize = 1_400;
/// Most states that a block is entered with.
pub(crate) const MAX_STATES: usize = 3;
/// Most notes of a trace.
const MAX_NOTES: usize = 8;

/// What a function did to a global, somewhere in the file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GlobalUse {
    pub(crate) is_written: bool,
    pub(crate) is_address_taken: bool,
}

/// A call of a function that is being interpreted.
pub(crate) struct Frame {
    pub(crate) function: usize,
    pub(crate) prepared: Rc<Prepared>,
    pub(crate) number: u32,
    pub(crate) depth: u32,
    pub(crate) objects: Vec<Option<Obj>>,
}

/// A path inside a block.
pub(crate) struct Run {
    pub(crate) state: State,
    pub(crate) scratch: Vec<Value>,
    /// The path ends here: it cannot go on.
    pub(crate) is_dead: bool,
}

/// How a branch came out, over all paths.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outcome {
    pub(crate) was_true: bool,
    pub(crate) was_false: bool,
}

/// What kind of thing is wrong, for whether it is wrong on every path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    Null,
    Undefined,
    Bounds,
    Division,
    Release,
}

impl Family {
    /// The analysis that says that it may be wrong.
    pub(crate) fn possible(self) -> &'static str {
        match self {
            Self::Null => "possible-null-dereference",
            Self::Undefined => "maybe-uninitialised",
            Self::Bounds => "possible-out-of-bounds",
            Self::Division => "possible-division-by-zero",
            // Said by no rule: a release of what may be NULL is what it is for.
            Self::Release => "possible-free-of-null",
        }
    }

    fn of(analysis: &str) -> Option<Self> {
        match analysis {
            "null-dereference" => Some(Self::Null),
            "uninitialised-read" | "uninitialised-pointer" | "uninitialised-memory" => {
                Some(Self::Undefined)
            }
            "out-of-bounds-write"
            | "out-of-bounds-read"
            | "buffer-underrun"
            | "copy-out-of-bounds"
            | "copy-over-read"
            | "object-smaller-than-type" => Some(Self::Bounds),
            "division-by-zero" => Some(Self::Division),
            "free-of-null" => Some(Self::Release),
            _ => None,
        }
    }
}

/// A report on a path that is one of several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uncertain {
    pub(crate) family: Family,
    pub(crate) span: Span,
    pub(crate) defect: usize,
    /// The path may not exist, whatever the other paths say.
    pub(crate) is_open: bool,
}

/// The interpreter of one unit.
pub(crate) struct Machine<'u> {
    pub(crate) unit: &'u Unit,
    pub(crate) text: &'u [u8],
    pub(crate) models: ModelTable,
    pub(crate) arena: Arena,
    pub(crate) prepared: Vec<Option<Rc<Prepared>>>,
    pub(crate) by_name: FxHashMap<Symbol, usize>,
    /// Whether all callers of a function stand in the file, once that was asked.
    callers_known: FxHashMap<usize, bool>,
    pub(crate) global_uses: Vec<GlobalUse>,
    pub(crate) globals: Vec<Option<Obj>>,
    pub(crate) texts: FxHashMap<TextId, Obj>,
    /// What globals and string literals hold at first.
    pub(crate) first: FxHashMap<Obj, Rc<Contents>>,
    pub(crate) operations: FxHashMap<(u8, Linear, Linear, TypeId), Sym>,
    pub(crate) steps: usize,
    /// Where the walk at hand ends, whatever is left: of the function, or of a call in it.
    pub(crate) limit: usize,
    /// How often a call of a function was given up.
    pub(crate) abandoned: FxHashMap<usize, u32>,
    /// Steps of all functions.
    pub(crate) all_steps: usize,
    pub(crate) frames: u32,
    pub(crate) stack: Vec<usize>,
    pub(crate) defects: Vec<Defect>,
    reported: FxHashSet<(&'static str, u32, u32)>,
    pub(crate) outcomes: FxHashMap<(usize, BlockId), Outcome>,
    /// Locks that were taken while others were held.
    pub(crate) lock_pairs: Vec<LockPair>,
    /// Locks of the function at hand, as the calls name them.
    pub(crate) lock_texts: FxHashMap<LockKey, String>,
    /// Names of locks that some function of the file releases without having taken them.
    pub(crate) handed_over: Option<FxHashSet<String>>,
    /// Names of handles, and the kinds of locks that the file makes for them.
    pub(crate) lock_kinds: Option<FxHashMap<String, u8>>,
    pub(crate) uncertain: Vec<Uncertain>,
    /// Places to watch, and whether some path gets there without harm.
    pub(crate) watched: FxHashMap<(Family, u32, u32), bool>,
    /// The next report is of one end of a range.
    pub(crate) is_range_end: bool,
    /// The next report is of a value that a loop's counter certainly reaches.
    pub(crate) is_counted: bool,
    /// Functions that were not walked to the end.
    pub(crate) was_given_up: FxHashSet<usize>,
    /// The file drives a model checker: a variable that nobody sets stands for every value.
    is_proof: bool,
    /// Functions that were given up because of the bound on steps.
    pub(crate) given_up: u32,
    pub(crate) is_given_up: bool,
}

impl<'u> Machine<'u> {
    pub(crate) fn new(unit: &'u Unit, text: &'u [u8]) -> Self {
        let by_name = unit
            .functions
            .iter()
            .enumerate()
            .rev()
            .map(|(index, function)| (function.name, index))
            .collect();
        Self {
            unit,
            text,
            models: ModelTable::new(unit),
            arena: Arena::default(),
            prepared: vec![None; unit.functions.len()],
            by_name,
            callers_known: FxHashMap::default(),
            global_uses: global_uses(unit),
            globals: vec![None; unit.globals.len()],
            texts: FxHashMap::default(),
            first: FxHashMap::default(),
            operations: FxHashMap::default(),
            steps: 0,
            limit: MAX_STEPS,
            abandoned: FxHashMap::default(),
            all_steps: 0,
            frames: 0,
            stack: Vec::new(),
            defects: Vec::new(),
            reported: FxHashSet::default(),
            outcomes: FxHashMap::default(),
            lock_pairs: Vec::new(),
            lock_texts: FxHashMap::default(),
            handed_over: None,
            lock_kinds: None,
            uncertain: Vec::new(),
            watched: FxHashMap::default(),
            is_range_end: false,
            is_counted: false,
            was_given_up: FxHashSet::default(),
            is_proof: is_proof(unit),
            given_up: 0,
            is_given_up: false,
        }
    }

    /// Whether a function is private, called in the file, and named there for nothing else.
    pub(crate) fn are_callers_known(&mut self, index: usize) -> bool {
        if let Some(known) = self.callers_known.get(&index) {
            return *known;
        }
        let known = self.function(index).is_some_and(|function| {
            let name = self.unit.names.text(function.name);
            function.is_private
                && !function.is_variadic
                && super::call::is_followed(function)
                && is_only_called(self.text, name.as_bytes())
        });
        self.callers_known.insert(index, known);
        known
    }

    /// Forgets all symbols and objects before the next function of the file.
    pub(crate) fn restart(&mut self) {
        self.arena.clear();
        self.globals.fill(None);
        self.texts.clear();
        self.first.clear();
        self.operations.clear();
        self.lock_texts.clear();
        self.all_steps += self.steps;
        self.steps = 0;
        self.limit = MAX_STEPS;
        self.frames = 0;
        self.stack.clear();
        self.is_given_up = false;
    }

    pub(crate) fn function(&self, index: usize) -> Option<&'u Function> {
        self.unit.functions.get(index)
    }

    pub(crate) fn prepared(&mut self, index: usize) -> Option<Rc<Prepared>> {
        let unit = self.unit;
        let function = unit.functions.get(index)?;
        let slot = self.prepared.get_mut(index)?;
        Some(Rc::clone(slot.get_or_insert_with(|| {
            Rc::new(Prepared::new(unit, function))
        })))
    }

    pub(crate) fn model(&self, name: Symbol) -> Option<&'static Model> {
        self.models.get(name)
    }

    /// A value of a type that nothing is known of.
    pub(crate) fn fresh(&mut self, ty: TypeId, origin: Origin, span: Span) -> Value {
        match self.unit.types.get(ty) {
            Type::Float { .. } | Type::Record(_) | Type::Array { .. } | Type::Void => Value::Any,
            Type::Pointer { .. } | Type::Slice { .. } | Type::Function(_) => {
                Value::pointer(self.fresh_pointer(ty, origin, span))
            }
            Type::Int { .. } | Type::Bool | Type::Unknown | Type::Named(_) => {
                let range = self.type_range(ty);
                Value::symbol(self.arena.new_number(range, origin, span))
            }
        }
    }

    pub(crate) fn type_range(&self, ty: TypeId) -> Range {
        self.unit
            .types
            .int_range(ty)
            .map_or(Range::FULL, |(lo, hi)| Range::between(lo, hi))
    }

    pub(crate) fn fresh_pointer(&mut self, ty: TypeId, origin: Origin, span: Span) -> Sym {
        let alternatives = self.arena.no_alternatives();
        self.arena.add_sym(SymInfo {
            range: Range::FULL,
            origin,
            span,
            undef: None,
            alternatives,
            pointee: None,
            ty,
        })
    }

    /// A pointer that is one of some things.
    pub(crate) fn pointer_of(
        &mut self,
        alternatives: &[Alternative],
        origin: Origin,
        span: Span,
    ) -> Sym {
        self.arena.add_sym(SymInfo {
            range: Range::FULL,
            origin,
            span,
            undef: None,
            alternatives: Rc::from(alternatives),
            pointee: None,
            ty: TypeId::UNKNOWN,
        })
    }

    /// The name in a declarator: `frame` of `frame[64]`, `*p` stays as it is.
    pub(crate) fn declared(&self, declarator: Span) -> String {
        let text = self.quote(declarator);
        let name = text.split(['[', '=']).next().unwrap_or_default().trim();
        name.to_owned()
    }

    /// The text of a span, shortened.
    pub(crate) fn quote(&self, span: Span) -> String {
        let bytes = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or(&[]);
        let text = String::from_utf8_lossy(bytes);
        let mut out = String::new();
        for word in text.split_whitespace() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
            if out.len() > 60 {
                break;
            }
        }
        if out.chars().count() > 60 {
            out = out.chars().take(57).chain("...".chars()).collect();
        }
        out
    }

    /// A path gets to a place without harm.
    pub(crate) fn fine(&mut self, family: Family, span: Span) {
        if self.watched.is_empty() {
            return;
        }
        if let Some(seen) = self.watched.get_mut(&(family, span.start, span.end)) {
            *seen = true;
        }
    }

    /// Reports a defect once per place.
    pub(crate) fn report(
        &mut self,
        analysis: &'static str,
        span: Span,
        names: Vec<(&'static str, String)>,
        notes: Vec<Note>,
        state: Option<&State>,
        sink: String,
    ) {
        let is_range_end = std::mem::take(&mut self.is_range_end);
        let is_counted = std::mem::take(&mut self.is_counted);
        if self.is_proof && Family::of(analysis) == Some(Family::Undefined)
            || !self.reported.insert((analysis, span.start, span.end))
        {
            return;
        }
        let mut trace = notes;
        if let Some(state) = state {
            trace.extend(self.path(state));
        }
        trace.sort_by_key(|note| (note.span.start, note.span.end));
        trace.dedup();
        trace.push(Note {
            span,
            message: sink,
        });
        if let (Some(family), Some(state)) = (Family::of(analysis), state) {
            let is_certain = match family {
                Family::Bounds => is_counted || state.open == 0 && !state.is_joined,
                Family::Null | Family::Undefined | Family::Division | Family::Release => {
                    state.forks == 0
                }
            };
            if !is_certain {
                self.uncertain.push(Uncertain {
                    family,
                    span,
                    defect: self.defects.len(),
                    is_open: is_range_end && family == Family::Bounds,
                });
            }
        }
        self.defects.push(Defect {
            analysis,
            span,
            names,
            trace,
            related: Vec::new(),
            far: Vec::new(),
        });
    }

    /// The last decisions of a path, as notes.
    fn path(&self, state: &State) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut at: Option<&Rc<Step>> = state.trace.as_ref();
        while let Some(step) = at {
            if notes.len() >= MAX_NOTES {
                break;
            }
            let message = match step.what {
                StepKind::Branch(true) => "this is true".to_owned(),
                StepKind::Branch(false) => "this is false".to_owned(),
                StepKind::Switch(Some(value)) => format!("this is {value}"),
                StepKind::Switch(None) => "no arm of the switch matches".to_owned(),
                StepKind::Call => "called here".to_owned(),
            };
            notes.push(Note {
                span: step.span,
                message,
            });
            at = step.before.as_ref();
        }
        notes
    }
}

/// Whether a file is the harness of a proof with CBMC.
fn is_proof(unit: &Unit) -> bool {
    let has = |name| unit.names.find(name).is_some();
    has("__CPROVER_assume") || has("__CPROVER_assert") || has("__CPROVER_havoc_object") || {
        let harness = unit.names.find("harness");
        unit.functions
            .iter()
            .any(|function| Some(function.name) == harness)
    }
}

/// Whether each mention of a name in a text is followed by arguments, and there is more than one.
fn is_only_called(text: &[u8], name: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut mentions = 0;
    for start in memchr::memmem::find_iter(text, name) {
        let before = start.checked_sub(1).and_then(|at| text.get(at));
        let after = text.get(start + name.len()..).unwrap_or_default();
        if before.is_some_and(is_word) || after.first().is_some_and(is_word) {
            continue;
        }
        if after.trim_ascii_start().first() != Some(&b'(') {
            return false;
        }
        mentions += 1;
    }
    mentions > 1
}

fn global_uses(unit: &Unit) -> Vec<GlobalUse> {
    let mut uses = vec![GlobalUse::default(); unit.globals.len()];
    for function in &unit.functions {
        for block in &function.blocks {
            for statement in &block.statements {
                let target = match &statement.kind {
                    StatementKind::Assign { target, .. } => Some(target),
                    StatementKind::Call { target, .. } => target.as_ref(),
                    _ => None,
                };
                if let Some(target) = target
                    && let Base::Global(id) = target.base
                    && !target
                        .path
                        .iter()
                        .any(|step| matches!(step, crate::flow::ir::Projection::Deref))
                    && let Some(entry) = uses.get_mut(id.0 as usize)
                {
                    entry.is_written = true;
                }
                if let StatementKind::Clobber(places) = &statement.kind {
                    for place in places {
                        if let Base::Global(id) = place.base
                            && let Some(entry) = uses.get_mut(id.0 as usize)
                        {
                            entry.is_written = true;
                        }
                    }
                }
                visit_statement(&statement.kind, &mut |place, is_address| {
                    if is_address
                        && let Base::Global(id) = place.base
                        && !place
                            .path
                            .iter()
                            .any(|step| matches!(step, crate::flow::ir::Projection::Deref))
                        && let Some(entry) = uses.get_mut(id.0 as usize)
                    {
                        entry.is_address_taken = true;
                    }
                });
            }
        }
    }
    uses
}
