//! Where paths meet: one state for two, and whether one state already covers another.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::finding::Span;

use super::linear::{Linear, Sym};
use super::memory::{Cell, Contents, Found, Life, Rest};
use super::state::{Fact, Held, Known, Lock, State};
use super::value::{Alternative, Arena, Obj, Origin, Range, SymInfo, Value};

/// Most things a pointer may be before nothing is known of it.
const MAX_ALTERNATIVES: usize = 4;

/// Makes one state out of two.
pub(crate) struct Joiner<'a> {
    pub(crate) arena: &'a mut Arena,
    /// Where they meet.
    pub(crate) span: Span,
    /// Bounds that widening stops at, if the second state came around a loop.
    pub(crate) thresholds: Option<&'a [i128]>,
    /// The loop has one way out, and so its counter reaches what that way's condition says.
    pub(crate) has_one_exit: bool,
    memo: SmallVec<[(Value, Value, Value); 8]>,
}

impl<'a> Joiner<'a> {
    pub(crate) fn new(arena: &'a mut Arena, span: Span) -> Self {
        Self {
            arena,
            span,
            thresholds: None,
            has_one_exit: false,
            memo: SmallVec::new(),
        }
    }

    /// What holds whichever of the two states is the one.
    pub(crate) fn join(&mut self, old: &State, new: &State) -> State {
        let mut out = old.clone();
        out.is_joined = true;
        out.forks = old.forks.max(new.forks);
        out.open = old.open.max(new.open);
        if !Rc::ptr_eq(&old.registers, &new.registers) {
            let values: Vec<Value> = old
                .registers
                .iter()
                .zip(new.registers.iter())
                .map(|(a, b)| self.value(old, a, new, b))
                .collect();
            out.registers = Rc::new(values);
        }
        if !Rc::ptr_eq(&old.memory, &new.memory) {
            out.memory = Rc::new(self.memory(old, new));
        }
        out.replace_known(self.known(old, new));
        if !Rc::ptr_eq(&old.facts, &new.facts) {
            let kept: Vec<Fact> = old
                .facts
                .iter()
                .filter(|fact| {
                    new.facts.contains(fact)
                        || (!fact.is_unequal && new.entails(self.arena, &fact.form))
                        || (fact.is_unequal && new.entails_unequal(self.arena, &fact.form))
                })
                .copied()
                .chain(
                    new.facts
                        .iter()
                        .filter(|fact| {
                            !old.facts.contains(fact)
                                && !fact.is_unequal
                                && old.entails(self.arena, &fact.form)
                        })
                        .copied(),
                )
                .collect();
            out.facts = Rc::new(kept);
        }
        if old.locks != new.locks {
            out.locks = Rc::new(locks(&old.locks, &new.locks));
        }
        out.rounds = if old.rounds.len() <= new.rounds.len() {
            old.rounds.clone()
        } else {
            new.rounds.clone()
        };
        out
    }

    fn known(&mut self, old: &State, new: &State) -> Vec<(Sym, Known)> {
        let mut out = Vec::new();
        for (sym, mine) in old.known.iter() {
            let Some(theirs) = new.known(*sym) else {
                continue;
            };
            let range = mine.range.union(&theirs.range);
            let is_null = (mine.is_null == theirs.is_null)
                .then_some(mine.is_null)
                .flatten();
            out.push((*sym, Known { range, is_null }));
        }
        out
    }

    pub(crate) fn value(&mut self, old: &State, a: &Value, new: &State, b: &Value) -> Value {
        if a == b {
            return *a;
        }
        if matches!(a, Value::Any) || matches!(b, Value::Any) {
            return Value::Any;
        }
        if let Some(known) = self
            .memo
            .iter()
            .find(|entry| entry.0 == *a && entry.1 == *b)
        {
            return known.2;
        }
        let joined = self.join_value(old, a, new, b);
        self.memo.push((*a, *b, joined));
        joined
    }

    fn join_value(&mut self, old: &State, a: &Value, new: &State, b: &Value) -> Value {
        match (a, b) {
            (Value::Int(x), Value::Int(y)) => {
                let undef = self.undef_of(x).or_else(|| self.undef_of(y));
                self.number(old, x, new, y, undef)
            }
            (Value::Undef, Value::Int(form)) => self.number(new, form, new, form, Some(self.span)),
            (Value::Int(form), Value::Undef) => self.number(old, form, old, form, Some(self.span)),
            (Value::Real(_) | Value::Undef, Value::Real(_) | Value::Undef) => Value::Any,
            (Value::Real(_), _) | (_, Value::Real(_)) => Value::Any,
            (Value::Addr(object, x), Value::Addr(other, y)) if object == other => {
                match self.number(old, x, new, y, None) {
                    Value::Int(offset) => Value::Addr(*object, offset),
                    _ => Value::Any,
                }
            }
            (Value::Ptr(sym, x), Value::Ptr(other, y)) if sym == other => {
                match self.number(old, x, new, y, None) {
                    Value::Int(offset) => Value::Ptr(*sym, offset),
                    _ => Value::Any,
                }
            }
            _ => {
                let mut all: SmallVec<[Alternative; 4]> = SmallVec::new();
                let fits =
                    self.alternatives(old, a, &mut all) && self.alternatives(new, b, &mut all);
                let sym = self.arena.add_sym(SymInfo {
                    range: Range::FULL,
                    origin: Origin::Join,
                    span: self.span,
                    undef: None,
                    alternatives: if fits {
                        Rc::from(all.as_slice())
                    } else {
                        Rc::from([])
                    },
                    pointee: None,
                    ty: crate::flow::ir::TypeId::UNKNOWN,
                });
                Value::pointer(sym)
            }
        }
    }

    fn undef_of(&self, form: &Linear) -> Option<Span> {
        form.terms()
            .iter()
            .find_map(|term| self.arena.sym(term.0).and_then(|info| info.undef))
    }

    fn number(
        &mut self,
        old: &State,
        x: &Linear,
        new: &State,
        y: &Linear,
        undef: Option<Span>,
    ) -> Value {
        let before = old.range(self.arena, x);
        let after = new.range(self.arena, y);
        let mut range = before.union(&after);
        let mut origin = Origin::Join;
        if let Some(thresholds) = self.thresholds {
            let step = y.sub(x).and_then(|step| step.as_constant());
            let is_counter = self.has_one_exit
                && matches!(step, Some(1 | -1))
                && (x.as_constant().is_some()
                    || x.as_symbol().is_some_and(|sym| {
                        self.arena
                            .sym(sym)
                            .is_some_and(|info| info.origin == Origin::Counter)
                    }));
            origin = if is_counter {
                Origin::Counter
            } else {
                Origin::Loop
            };
            let is_loop_symbol = x.as_symbol().is_some_and(|sym| {
                self.arena
                    .sym(sym)
                    .is_some_and(|info| matches!(info.origin, Origin::Loop | Origin::Counter))
            });
            if is_loop_symbol || x.as_constant().is_none() {
                if after.hi > before.hi {
                    range.hi = thresholds
                        .iter()
                        .copied()
                        .find(|&limit| limit >= after.hi)
                        .unwrap_or(super::value::FAR);
                    range.hi_reached = false;
                }
                if after.lo < before.lo {
                    range.lo = thresholds
                        .iter()
                        .rev()
                        .copied()
                        .find(|&limit| limit <= after.lo)
                        .unwrap_or(-super::value::FAR);
                    range.lo_reached = false;
                }
            }
        }
        let sym = self.arena.new_number(range, origin, self.span);
        if let Some(info) = self.arena.sym_mut(sym) {
            info.undef = undef;
        }
        Value::symbol(sym)
    }

    /// Adds what a value may be; false if there are too many, or anything.
    fn alternatives(
        &mut self,
        state: &State,
        value: &Value,
        out: &mut SmallVec<[Alternative; 4]>,
    ) -> bool {
        let mut add = |alternative: Alternative| {
            let is_same = |other: &Alternative| match (other, &alternative) {
                (Alternative::Null(_), Alternative::Null(_))
                | (Alternative::Undef(_), Alternative::Undef(_)) => true,
                (other, this) => *other == *this,
            };
            if !out.iter().any(is_same) {
                out.push(alternative);
            }
        };
        match value {
            Value::Addr(object, offset) => add(Alternative::Object(*object, *offset)),
            Value::Function(name) => add(Alternative::Function(*name)),
            Value::Undef => add(Alternative::Undef(self.span)),
            Value::Int(form) if form.as_constant() == Some(0) => add(Alternative::Null(self.span)),
            Value::Int(_) | Value::Any | Value::Real(_) => add(Alternative::Other),
            Value::Ptr(sym, offset) => {
                let Some(info) = self.arena.sym(*sym) else {
                    return false;
                };
                let is_null = state.is_null(self.arena, *sym);
                if info.alternatives.is_empty() {
                    match (is_null, info.pointee) {
                        (Some(true), _) => add(Alternative::Null(info.span)),
                        (_, Some(object)) => add(Alternative::Object(object, *offset)),
                        (_, None) => add(Alternative::Other),
                    }
                } else {
                    for alternative in info.alternatives.iter() {
                        match (alternative, is_null) {
                            (Alternative::Null(_), Some(false)) => {}
                            (Alternative::Null(_), _) => add(*alternative),
                            (_, Some(true)) => {}
                            (Alternative::Object(object, start), _) => match start.add(offset) {
                                Some(sum) => add(Alternative::Object(*object, sum)),
                                None => add(Alternative::Other),
                            },
                            (other, _) => add(*other),
                        }
                    }
                }
            }
        }
        out.len() <= MAX_ALTERNATIVES
    }

    fn memory(&mut self, old: &State, new: &State) -> Vec<(Obj, Rc<Contents>)> {
        let mut out = Vec::with_capacity(old.memory.len());
        let (mut left, mut right) = (old.memory.iter().peekable(), new.memory.iter().peekable());
        loop {
            match (left.peek(), right.peek()) {
                (None, None) => break,
                (Some(&entry), None) => {
                    out.push(entry.clone());
                    left.next();
                }
                (None, Some(&entry)) => {
                    out.push(entry.clone());
                    right.next();
                }
                (Some(&a), Some(&b)) => {
                    if a.0 < b.0 {
                        out.push(a.clone());
                        left.next();
                    } else if b.0 < a.0 {
                        out.push(b.clone());
                        right.next();
                    } else {
                        let contents = if Rc::ptr_eq(&a.1, &b.1) || a.1 == b.1 {
                            Rc::clone(&a.1)
                        } else {
                            Rc::new(self.contents(old, &a.1, new, &b.1))
                        };
                        out.push((a.0, contents));
                        left.next();
                        right.next();
                    }
                }
            }
        }
        out
    }

    fn contents(&mut self, old: &State, a: &Contents, new: &State, b: &Contents) -> Contents {
        let mut out = Contents {
            cells: SmallVec::new(),
            rest: if a.rest == b.rest {
                a.rest
            } else {
                Rest::Unknown
            },
            life: life(a.life, b.life),
            is_escaped: a.is_escaped || b.is_escaped,
            is_lent: a.is_lent || b.is_lent,
            terminator: if a.terminator == b.terminator {
                a.terminator
            } else {
                None
            },
        };
        let mut spans: SmallVec<[(i64, i64); 8]> =
            a.cells.iter().map(|cell| (cell.start, cell.end)).collect();
        for cell in &b.cells {
            if !spans.contains(&(cell.start, cell.end)) {
                spans.push((cell.start, cell.end));
            }
        }
        spans.sort_unstable();
        let mut end_of_last = i64::MIN;
        for (start, end) in spans {
            if start < end_of_last {
                // Cells that overlap differently: nothing is known of them.
                if let Some(last) = out.cells.last_mut() {
                    last.end = last.end.max(end);
                    last.value = Value::Any;
                    end_of_last = last.end;
                }
                continue;
            }
            let (x, y) = (value_of(a.read(start, end)), value_of(b.read(start, end)));
            let value = self.value(old, &x, new, &y);
            end_of_last = end;
            if matches!(value, Value::Any) && out.rest == Rest::Unknown {
                continue;
            }
            out.cells.push(Cell { start, end, value });
        }
        out
    }
}

fn value_of(found: Found) -> Value {
    match found {
        Found::Value(value) => value,
        Found::Zero => Value::number(0),
        Found::Undef => Value::Undef,
        Found::PartlyUndef | Found::Unknown => Value::Any,
    }
}

fn life(a: Life, b: Life) -> Life {
    match (a, b) {
        (a, b) if a == b => a,
        (Life::Freed(span) | Life::MaybeFreed(span), _)
        | (_, Life::Freed(span) | Life::MaybeFreed(span)) => Life::MaybeFreed(span),
        (Life::Left(_), _) | (_, Life::Left(_)) | (Life::Alive, Life::Alive) => Life::Alive,
    }
}

fn locks(a: &[Lock], b: &[Lock]) -> Vec<Lock> {
    let mut out = Vec::new();
    for lock in a {
        let held = match b.iter().find(|other| other.key == lock.key) {
            Some(other) if other.held == lock.held => lock.held,
            _ => Held::Maybe,
        };
        out.push(Lock { held, ..*lock });
    }
    for lock in b {
        if !a.iter().any(|other| other.key == lock.key) {
            out.push(Lock {
                held: Held::Maybe,
                ..*lock
            });
        }
    }
    out
}

/// Whether everything that `new` allows, `old` allowed already. `old` is a state of a loop's head
/// whose own symbols stand for any value in their range.
pub(crate) fn covers(arena: &Arena, old: &State, new: &State) -> bool {
    let mut named: FxHashMap<Sym, Value> = FxHashMap::default();
    let value =
        |a: &Value, b: &Value, named: &mut FxHashMap<Sym, Value>| -> bool {
            if matches!(a, Value::Any) {
                return true;
            }
            let (a, b) = match (a, b) {
                (Value::Addr(object, x), Value::Addr(other, y)) if object == other => {
                    (&Value::Int(*x), &Value::Int(*y))
                }
                (Value::Ptr(sym, x), Value::Ptr(other, y))
                    if sym == other && x.as_constant().is_none() =>
                {
                    (&Value::Int(*x), &Value::Int(*y))
                }
                both => both,
            };
            let own = match a {
                Value::Int(form) => form.as_symbol(),
                Value::Ptr(sym, offset) if offset.as_constant() == Some(0) => Some(*sym),
                _ => None,
            };
            let Some(sym) = own.filter(|sym| {
                arena.sym(*sym).is_some_and(|info| {
                    matches!(info.origin, Origin::Loop | Origin::Counter | Origin::Join)
                })
            }) else {
                return a == b;
            };
            if a == b && !named.contains_key(&sym) {
                named.insert(sym, *b);
                return true;
            }
            if let Some(before) = named.get(&sym) {
                return before == b;
            }
            named.insert(sym, *b);
            match (a, b) {
                (Value::Int(_), Value::Int(form)) => {
                    let range = new.range(arena, form);
                    let mine = old.sym_range(arena, sym);
                    range.within(mine.lo, mine.hi)
                }
                (Value::Ptr(..), _) => {
                    let Some(info) = arena.sym(sym) else {
                        return false;
                    };
                    if info.alternatives.is_empty() {
                        return old.is_null(arena, sym).is_none();
                    }
                    match b {
                        Value::Addr(object, offset) => info
                            .alternatives
                            .contains(&Alternative::Object(*object, *offset)),
                        Value::Int(form) if form.as_constant() == Some(0) => info
                            .alternatives
                            .iter()
                            .any(|alternative| matches!(alternative, Alternative::Null(_))),
                        Value::Function(name) => {
                            info.alternatives.contains(&Alternative::Function(*name))
                        }
                        Value::Ptr(theirs, offset) if offset.as_constant() == Some(0) => {
                            arena.sym(*theirs).is_some_and(|theirs| {
                                !theirs.alternatives.is_empty()
                                && theirs.alternatives.iter().all(|alternative| {
                                    info.alternatives.iter().any(|mine| match (mine, alternative) {
                                        (Alternative::Null(_), Alternative::Null(_))
                                        | (Alternative::Undef(_), Alternative::Undef(_)) => true,
                                        (mine, theirs) => mine == theirs,
                                    })
                                })
                            })
                        }
                        _ => false,
                    }
                }
                _ => false,
            }
        };
    if !old
        .registers
        .iter()
        .zip(new.registers.iter())
        .all(|(a, b)| value(a, b, &mut named))
    {
        return false;
    }
    for (object, contents) in new.memory.iter() {
        let Some(mine) = old.contents(*object) else {
            continue;
        };
        if Rc::ptr_eq(mine, contents) {
            continue;
        }
        if mine.life != contents.life && !matches!(mine.life, Life::MaybeFreed(_)) {
            return false;
        }
        if mine.rest != contents.rest && mine.rest != Rest::Unknown {
            return false;
        }
        if mine.terminator.is_some() && mine.terminator != contents.terminator {
            return false;
        }
        for cell in &mine.cells {
            let theirs = value_of(contents.read(cell.start, cell.end));
            if !value(&cell.value, &theirs, &mut named) {
                return false;
            }
        }
        if mine.rest != Rest::Unknown
            && contents
                .cells
                .iter()
                .any(|cell| matches!(mine.read(cell.start, cell.end), Found::Undef | Found::Zero if !mine.cells.iter().any(|own| own.start == cell.start && own.end == cell.end)))
        {
            return false;
        }
    }
    for (sym, known) in old.known.iter() {
        let form = match named.get(sym) {
            Some(Value::Int(form)) => *form,
            Some(_) => {
                continue;
            }
            None => Linear::symbol(*sym),
        };
        if !new
            .range(arena, &form)
            .within(known.range.lo, known.range.hi)
        {
            return false;
        }
        if let Some(is_null) = known.is_null
            && !named.contains_key(sym)
            && new.is_null(arena, *sym) != Some(is_null)
        {
            return false;
        }
    }
    for fact in old.facts.iter() {
        let Some(form) = fact.form.substitute(|sym| match named.get(&sym) {
            Some(Value::Int(form)) => Some(*form),
            Some(_) => None,
            None => Some(Linear::symbol(sym)),
        }) else {
            return false;
        };
        let holds = if fact.is_unequal {
            new.entails_unequal(arena, &form)
        } else {
            new.entails(arena, &form)
        };
        if !holds {
            return false;
        }
    }
    old.locks == new.locks || old.locks.iter().any(|lock| lock.held == Held::Maybe)
}

/// How many places two states differ in; for the choice which to join first.
pub(crate) fn distance(a: &State, b: &State) -> usize {
    let registers = if Rc::ptr_eq(&a.registers, &b.registers) {
        0
    } else {
        a.registers
            .iter()
            .zip(b.registers.iter())
            .filter(|(x, y)| x != y)
            .map(|(x, y)| match (x, y) {
                (Value::Undef, _) | (_, Value::Undef) => 4,
                (Value::Int(x), Value::Int(y))
                    if x.as_constant().is_some() && y.as_constant().is_some() =>
                {
                    2
                }
                (Value::Int(_), Value::Int(_)) => 1,
                _ => 3,
            })
            .sum()
    };
    let memory = if Rc::ptr_eq(&a.memory, &b.memory) {
        0
    } else {
        let mut differing = a.memory.len().abs_diff(b.memory.len());
        let mut others = b.memory.iter().peekable();
        for (object, contents) in a.memory.iter() {
            while others.next_if(|other| other.0 < *object).is_some() {}
            if let Some(other) = others.next_if(|other| other.0 == *object)
                && !Rc::ptr_eq(&other.1, contents)
                && *other.1 != **contents
            {
                differing += 2;
            }
        }
        differing
    };
    let locks = if a.locks == b.locks { 0 } else { 10 };
    registers + memory + locks
}
