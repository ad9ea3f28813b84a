//! What is known at one point on one path: values, memory, what conditions said, locks.

use std::rc::Rc;

use smallvec::SmallVec;

use crate::finding::Span;
use crate::flow::ir::BlockId;

use super::linear::{Linear, Sym};
use super::memory::Contents;
use super::value::{Alternative, Arena, FAR, Obj, Range, Value};

/// Most inequalities that a state keeps; the oldest go first.
const MAX_FACTS: usize = 24;

/// What conditions said of a symbol on this path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Known {
    pub(crate) range: Range,
    /// Whether the address is NULL, once that was asked.
    pub(crate) is_null: Option<bool>,
    /// Some of it was asked by a function that was called, not by whoever has the value.
    pub(crate) is_caution: bool,
}

/// `form <= 0`, or `form != 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fact {
    pub(crate) form: Linear,
    pub(crate) is_unequal: bool,
}

/// A lock that was touched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lock {
    /// Which one.
    pub(crate) key: LockKey,
    pub(crate) held: Held,
    pub(crate) span: Span,
    /// How often it is held, where it is.
    pub(crate) depth: u8,
    /// It was taken on this path, and not before it.
    pub(crate) was_taken: bool,
}

/// Which lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LockKey {
    /// An object and the byte in it.
    At(Obj, i128),
    /// A lock that a global names as a whole: the one that its handle stands for.
    Handle(Obj),
    /// A lock that a number stands for.
    Number(Sym),
    /// A section that has no object.
    Section(u8),
}

impl LockKey {
    /// The object it is, or is named by.
    pub(crate) fn object(self) -> Option<Obj> {
        match self {
            Self::At(object, _) | Self::Handle(object) => Some(object),
            Self::Number(_) | Self::Section(_) => None,
        }
    }

    /// Whether it is a section.
    pub(crate) fn is_section(self) -> bool {
        matches!(self, Self::Section(_))
    }
}

/// Whether a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Yes,
    No,
    Maybe,
}

/// Something that happened on the way here.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) span: Span,
    pub(crate) what: StepKind,
    pub(crate) before: Option<Rc<Step>>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum StepKind {
    /// The condition was true, or false.
    Branch(bool),
    /// One of the arms of a `switch`.
    Switch(Option<i128>),
    /// A function of this file was entered.
    Call,
}

/// How often the path went around a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rounds {
    pub(crate) head: BlockId,
    pub(crate) rounds: u16,
    /// Rounds whose way out could not be decided.
    pub(crate) open: u16,
    pub(crate) is_open: bool,
}

/// One state.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) registers: Rc<Vec<Value>>,
    pub(crate) memory: Rc<Vec<(Obj, Rc<Contents>)>>,
    pub(crate) known: Rc<Vec<(Sym, Known)>>,
    pub(crate) facts: Rc<Vec<Fact>>,
    pub(crate) locks: Rc<Vec<Lock>>,
    pub(crate) trace: Option<Rc<Step>>,
    pub(crate) rounds: SmallVec<[Rounds; 2]>,
    /// Paths were joined into it in a way that lost what belongs together.
    pub(crate) is_joined: bool,
    /// Conditions on the way that might have come out otherwise.
    pub(crate) forks: u16,
    /// Rounds of loops that might not have been.
    pub(crate) open: u16,
}

/// A product; nearly every factor is 1 or -1, and 128-bit products are slow.
fn times(value: i128, factor: i128) -> i128 {
    match factor {
        1 => value,
        -1 => value.saturating_neg(),
        _ => value.saturating_mul(factor),
    }
}

/// A quotient, rounded down; `by` is positive.
fn divided(value: i128, by: i128) -> i128 {
    if by == 1 { value } else { value.div_euclid(by) }
}

impl State {
    pub(crate) fn new(registers: usize) -> Self {
        Self {
            registers: Rc::new(vec![Value::Undef; registers]),
            memory: Rc::default(),
            known: Rc::default(),
            facts: Rc::default(),
            locks: Rc::default(),
            trace: None,
            rounds: SmallVec::new(),
            is_joined: false,
            forks: 0,
            open: 0,
        }
    }

    pub(crate) fn step(&mut self, span: Span, what: StepKind) {
        self.trace = Some(Rc::new(Step {
            span,
            what,
            before: self.trace.take(),
        }));
    }

    pub(crate) fn contents(&self, object: Obj) -> Option<&Rc<Contents>> {
        let at = self
            .memory
            .binary_search_by_key(&object, |entry| entry.0)
            .ok()?;
        self.memory.get(at).map(|entry| &entry.1)
    }

    pub(crate) fn set_contents(&mut self, object: Obj, contents: Rc<Contents>) {
        let memory = Rc::make_mut(&mut self.memory);
        match memory.binary_search_by_key(&object, |entry| entry.0) {
            Ok(at) => {
                if let Some(entry) = memory.get_mut(at) {
                    entry.1 = contents;
                }
            }
            Err(at) => memory.insert(at, (object, contents)),
        }
    }

    /// Forgets an object that does not exist on this path.
    pub(crate) fn remove(&mut self, object: Obj) {
        if let Ok(at) = self.memory.binary_search_by_key(&object, |entry| entry.0) {
            Rc::make_mut(&mut self.memory).remove(at);
        }
    }

    pub(crate) fn contents_mut(&mut self, object: Obj) -> Option<&mut Contents> {
        let memory = Rc::make_mut(&mut self.memory);
        let at = memory.binary_search_by_key(&object, |entry| entry.0).ok()?;
        memory.get_mut(at).map(|entry| Rc::make_mut(&mut entry.1))
    }

    pub(crate) fn known(&self, sym: Sym) -> Option<&Known> {
        let at = self
            .known
            .binary_search_by_key(&sym, |entry| entry.0)
            .ok()?;
        self.known.get(at).map(|entry| &entry.1)
    }

    fn set_known(&mut self, sym: Sym, known: Known) {
        let all = Rc::make_mut(&mut self.known);
        match all.binary_search_by_key(&sym, |entry| entry.0) {
            Ok(at) => {
                if let Some(entry) = all.get_mut(at) {
                    entry.1 = known;
                }
            }
            Err(at) => all.insert(at, (sym, known)),
        }
    }

    /// Range of a symbol on this path.
    pub(crate) fn sym_range(&self, arena: &Arena, sym: Sym) -> Range {
        self.known(sym).map_or_else(
            || arena.sym(sym).map_or(Range::FULL, |info| info.range),
            |known| known.range,
        )
    }

    /// Range of a form on this path.
    pub(crate) fn range(&self, arena: &Arena, form: &Linear) -> Range {
        let terms = form.terms();
        if let ([(sym, 1)], 0) = (terms, form.base()) {
            let mut range = self.sym_range(arena, *sym);
            range.lo = range.lo.max(-FAR);
            range.hi = range.hi.min(FAR);
            return range;
        }
        let mut out = Range::exactly(form.base());
        for (sym, factor) in terms {
            let range = self.sym_range(arena, *sym);
            let factor = i128::from(*factor);
            let (lo, hi, lo_reached, hi_reached) = if factor > 0 {
                (range.lo, range.hi, range.lo_reached, range.hi_reached)
            } else {
                (range.hi, range.lo, range.hi_reached, range.lo_reached)
            };
            out.lo = out.lo.saturating_add(times(lo, factor));
            out.hi = out.hi.saturating_add(times(hi, factor));
            out.lo_reached = lo_reached && terms.len() == 1;
            out.hi_reached = hi_reached && terms.len() == 1;
        }
        out.lo = out.lo.max(-FAR);
        out.hi = out.hi.min(FAR);
        out
    }

    /// Highest value of a form on this path; the `hi` of [`Self::range`] at a fraction of its time.
    fn highest(&self, arena: &Arena, form: &Linear) -> i128 {
        let mut high = form.base();
        for (sym, factor) in form.terms() {
            let range = self.sym_range(arena, *sym);
            let end = if *factor > 0 { range.hi } else { range.lo };
            high = high.saturating_add(times(end, i128::from(*factor)));
        }
        high.min(FAR)
    }

    /// Whether what is known of a form is a called function's caution.
    pub(crate) fn is_caution(&self, form: &Linear) -> bool {
        form.terms()
            .iter()
            .any(|term| self.known(term.0).is_some_and(|known| known.is_caution))
    }

    /// Whether `form <= 0` certainly holds.
    pub(crate) fn entails(&self, arena: &Arena, form: &Linear) -> bool {
        if self.highest(arena, form) <= 0 {
            return true;
        }
        if form.terms().is_empty() {
            return false;
        }
        let shares = |fact: &&Fact, of: &Linear| {
            !fact.is_unequal && fact.form.terms().iter().any(|term| of.mentions(term.0))
        };
        for first in self.facts.iter().filter(|fact| shares(fact, form)) {
            let Some(rest) = form.sub(&first.form) else {
                continue;
            };
            if self.highest(arena, &rest) <= 0 {
                return true;
            }
            for second in self.facts.iter().filter(|fact| shares(fact, &rest)) {
                let Some(rest) = rest.sub(&second.form) else {
                    continue;
                };
                if self.highest(arena, &rest) <= 0 {
                    return true;
                }
            }
        }
        false
    }

    /// Whether `form != 0` was said, or follows from the range.
    pub(crate) fn entails_unequal(&self, arena: &Arena, form: &Linear) -> bool {
        let range = self.range(arena, form);
        if range.lo > 0 || range.hi < 0 {
            return true;
        }
        if form.terms().is_empty() {
            return false;
        }
        let negated = form.scale(-1);
        self.facts
            .iter()
            .any(|fact| fact.is_unequal && (fact.form == *form || Some(fact.form) == negated))
            || form
                .add_constant(1)
                .is_some_and(|form| self.entails(arena, &form))
            || negated
                .and_then(|form| form.add_constant(1))
                .is_some_and(|form| self.entails(arena, &form))
    }

    /// Takes `form <= 0` as given; false if that cannot be.
    pub(crate) fn assume(&mut self, arena: &Arena, form: &Linear) -> bool {
        let range = self.range(arena, form);
        if range.lo > 0 {
            return false;
        }
        if range.hi <= 0 {
            return true;
        }
        if form
            .scale(-1)
            .and_then(|negated| negated.add_constant(1))
            .is_some_and(|opposite| self.entails(arena, &opposite))
        {
            return false;
        }
        if form.terms().len() > 1 {
            self.add_fact(Fact {
                form: *form,
                is_unequal: false,
            });
        }
        if !self.tighten(arena, form) {
            return false;
        }
        let facts = Rc::clone(&self.facts);
        facts
            .iter()
            .filter(|fact| !fact.is_unequal)
            .all(|fact| self.tighten(arena, &fact.form))
    }

    /// Narrows the range of each symbol by `form <= 0`.
    fn tighten(&mut self, arena: &Arena, form: &Linear) -> bool {
        let whole = self.range(arena, form);
        for (sym, factor) in form.terms() {
            let mut range = self.sym_range(arena, *sym);
            let factor = i128::from(*factor);
            let own = if factor > 0 {
                times(range.lo, factor)
            } else {
                times(range.hi, factor)
            };
            if whole.lo <= -FAR || own.abs() >= FAR {
                // Without a bound of the rest there is none of this symbol, unless it is alone.
                if form.terms().len() > 1 {
                    continue;
                }
            }
            let rest = if form.terms().len() == 1 {
                form.base()
            } else {
                whole.lo.saturating_sub(own)
            };
            // factor * sym <= -rest
            let is_free = arena
                .sym(*sym)
                .is_some_and(super::value::SymInfo::reaches_limits);
            let reached = form.terms().len() == 1 && is_free;
            if factor > 0 {
                let limit = divided(-rest, factor);
                if limit < range.hi {
                    range.hi_reached = reached || (range.hi_reached && range.lo == limit);
                    range.hi = limit;
                }
            } else {
                // sym >= rest / -factor, rounded up
                let limit = -divided(-rest, -factor);
                if limit > range.lo {
                    range.lo_reached = reached || (range.lo_reached && range.hi == limit);
                    range.lo = limit;
                }
            }
            if range.is_empty() {
                return false;
            }
            if range.lo == range.hi {
                let any = range.lo_reached || range.hi_reached;
                range.lo_reached = any;
                range.hi_reached = any;
            }
            let before = self.known(*sym).copied();
            if before.map_or_else(
                || arena.sym(*sym).map_or(Range::FULL, |info| info.range),
                |known| known.range,
            ) != range
            {
                self.set_known(
                    *sym,
                    Known {
                        range,
                        is_null: before.and_then(|known| known.is_null),
                        is_caution: before.is_some_and(|known| known.is_caution),
                    },
                );
            }
        }
        true
    }

    /// Takes `form == 0` as given.
    pub(crate) fn assume_equal(&mut self, arena: &Arena, form: &Linear) -> bool {
        !self.is_said_unequal(form)
            && self.assume(arena, form)
            && form
                .scale(-1)
                .is_none_or(|negated| self.assume(arena, &negated))
    }

    fn is_said_unequal(&self, form: &Linear) -> bool {
        let negated = form.scale(-1);
        self.facts
            .iter()
            .any(|fact| fact.is_unequal && (fact.form == *form || Some(fact.form) == negated))
    }

    /// Takes `form != 0` as given.
    pub(crate) fn assume_unequal(&mut self, arena: &Arena, form: &Linear) -> bool {
        let range = self.range(arena, form);
        if range.lo > 0 || range.hi < 0 {
            return true;
        }
        if range.lo == 0 && range.hi == 0 {
            return false;
        }
        if range.lo == 0 {
            return form
                .scale(-1)
                .and_then(|negated| negated.add_constant(1))
                .is_none_or(|form| self.assume(arena, &form));
        }
        if range.hi == 0 {
            return form
                .add_constant(1)
                .is_none_or(|form| self.assume(arena, &form));
        }
        self.add_fact(Fact {
            form: *form,
            is_unequal: true,
        });
        true
    }

    fn add_fact(&mut self, fact: Fact) {
        if self.facts.contains(&fact) {
            return;
        }
        let facts = Rc::make_mut(&mut self.facts);
        if facts.len() >= MAX_FACTS {
            facts.remove(0);
        }
        facts.push(fact);
    }

    /// Whether the address behind a symbol is NULL: certainly, certainly not, or unknown.
    pub(crate) fn is_null(&self, arena: &Arena, sym: Sym) -> Option<bool> {
        if let Some(Known {
            is_null: Some(is_null),
            ..
        }) = self.known(sym)
        {
            return Some(*is_null);
        }
        let alternatives = &arena.sym(sym)?.alternatives;
        if alternatives.is_empty() {
            let range = self.sym_range(arena, sym);
            return match (range.lo, range.hi) {
                (0, 0) => Some(true),
                (lo, hi) if lo > 0 || hi < 0 => Some(false),
                _ => None,
            };
        }
        let mut answer = None;
        for alternative in alternatives.iter() {
            let this = match alternative {
                Alternative::Null(_) => true,
                Alternative::Object(..) | Alternative::Function(_) => false,
                Alternative::Undef(_) | Alternative::Other => return None,
            };
            if answer.is_some_and(|answer| answer != this) {
                return None;
            }
            answer = Some(this);
        }
        answer
    }

    pub(crate) fn assume_null(&mut self, arena: &Arena, sym: Sym, is_null: bool) -> bool {
        match self.is_null(arena, sym) {
            Some(known) => known == is_null,
            None => {
                let range = self.sym_range(arena, sym);
                let is_caution = self.known(sym).is_some_and(|known| known.is_caution);
                self.set_known(
                    sym,
                    Known {
                        range,
                        is_null: Some(is_null),
                        is_caution,
                    },
                );
                true
            }
        }
    }

    /// The ends of a symbol's range are no values that some path is known to reach.
    pub(crate) fn forget_reached(&mut self, sym: Sym) {
        if let Some(mut known) = self.known(sym).copied() {
            known.range.lo_reached = false;
            known.range.hi_reached = false;
            self.set_known(sym, known);
        }
    }

    /// Replaces what conditions said of a symbol; for joins.
    pub(crate) fn replace_known(&mut self, known: Vec<(Sym, Known)>) {
        self.known = Rc::new(known);
    }
}
