//! Whether one state already covers another, and how much two differ.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::join::value_of;
use super::linear::{Linear, Sym};
use super::memory::{Found, Life, Rest};
use super::state::{Held, State};
use super::value::{Alternative, Arena, Origin, Value};

/// Whether everything that `new` allows, `old` allowed already. `old` is a state of a loop's head
/// whose own symbols stand for any value in their range.
pub(crate) fn covers(arena: &Arena, old: &State, new: &State) -> bool {
    let mut named: FxHashMap<Sym, Value> = FxHashMap::default();
    let value = |a: &Value, b: &Value, named: &mut FxHashMap<Sym, Value>| -> bool {
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
                let is_open = info.alternatives.contains(&Alternative::Other);
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
                            if theirs.alternatives.is_empty() {
                                return is_open;
                            }
                            theirs.alternatives.iter().all(|alternative| {
                                info.alternatives
                                    .iter()
                                    .any(|mine| match (mine, alternative) {
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
