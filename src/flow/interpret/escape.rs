//! Who may know the address of an object, and so change it.

use smallvec::{SmallVec, smallvec};

use super::linear::Sym;
use super::machine::{Frame, Machine};
use super::memory::Rest;
use super::state::State;
use super::value::{Alternative, Obj, ObjectKind, Value};

impl Machine<'_> {
    /// Whether an object is a local, whose contents nobody else sees unless its address got out.
    pub(crate) fn is_local_object(&self, object: Obj) -> bool {
        self.arena.object(object).is_some_and(|info| {
            matches!(
                info.kind,
                ObjectKind::Local { .. } | ObjectKind::Heap { .. }
            )
        })
    }

    pub(super) fn is_volatile(&self, frame: &Frame, object: Obj) -> bool {
        match self.arena.object(object).map(|info| &info.kind) {
            Some(ObjectKind::Global(id)) => self
                .unit
                .global(*id)
                .is_some_and(|global| global.is_volatile),
            Some(ObjectKind::Local {
                frame: number,
                local,
            }) if *number == frame.number => self
                .function(frame.function)
                .and_then(|function| function.local(*local))
                .is_some_and(|local| local.is_volatile),
            _ => false,
        }
    }

    /// Whether an object is a string literal.
    pub(crate) fn is_text(&self, object: Obj) -> bool {
        self.arena
            .object(object)
            .is_some_and(|info| matches!(info.kind, ObjectKind::Text(_)))
    }

    /// Others may know the address now, and what is reached from there.
    pub(crate) fn escape(&mut self, state: &mut State, value: &Value) {
        let mut work: SmallVec<[Obj; 4]> = self.objects_of(value);
        let mut steps = 0;
        while let Some(object) = work.pop() {
            steps += 1;
            if steps > 64 {
                break;
            }
            // Nobody changes a string literal.
            if self.is_text(object) {
                continue;
            }
            let Some(contents) = state.contents(object) else {
                let _ = self.contents(state, object);
                if let Some(contents) = state.contents_mut(object) {
                    contents.is_escaped = true;
                }
                continue;
            };
            if contents.is_escaped {
                continue;
            }
            let inner: SmallVec<[Obj; 4]> = contents
                .cells
                .iter()
                .flat_map(|cell| self.objects_of(&cell.value))
                .collect();
            work.extend(inner);
            if let Some(contents) = state.contents_mut(object) {
                contents.is_escaped = true;
            }
        }
    }

    /// Objects that a value may be the address of, also one that is kept as a number.
    pub(crate) fn objects_of(&self, value: &Value) -> SmallVec<[Obj; 4]> {
        match value {
            Value::Addr(object, _) => smallvec![*object],
            Value::Ptr(sym, _) => self.objects_behind(*sym).collect(),
            Value::Int(form) => form
                .terms()
                .iter()
                .flat_map(|term| self.objects_behind(term.0))
                .collect(),
            _ => SmallVec::new(),
        }
    }

    fn objects_behind(&self, sym: Sym) -> impl Iterator<Item = Obj> {
        self.arena.sym(sym).into_iter().flat_map(|info| {
            info.alternatives
                .iter()
                .filter_map(|alternative| match alternative {
                    Alternative::Object(object, _) => Some(*object),
                    _ => None,
                })
                .chain(info.pointee)
        })
    }

    /// Code that nobody sees may have changed what it can reach.
    pub(crate) fn havoc(&mut self, state: &mut State, arguments: &[Value], keeps_globals: bool) {
        for value in arguments {
            self.escape(state, value);
        }
        let mut changed: SmallVec<[Obj; 16]> = SmallVec::new();
        for (object, contents) in state.memory.iter() {
            if contents.cells.is_empty()
                && contents.rest == Rest::Unknown
                && contents.terminator.is_none()
            {
                continue;
            }
            let Some(info) = self.arena.object(*object) else {
                continue;
            };
            let is_fixed = match &info.kind {
                ObjectKind::Text(_) => true,
                ObjectKind::Global(id) => {
                    keeps_globals
                        || self.unit.global(*id).is_some_and(|global| {
                            global.is_const
                                || (global.is_private
                                    && self.global_uses.get(id.0 as usize).is_some_and(|used| {
                                        !used.is_written && !used.is_address_taken
                                    }))
                        })
                }
                ObjectKind::Local { .. } | ObjectKind::Heap { .. } => !contents.is_escaped,
                ObjectKind::Pointee(_) => false,
            };
            if !is_fixed {
                changed.push(*object);
            }
        }
        for object in changed {
            if let Some(contents) = state.contents_mut(object) {
                contents.forget_all();
            }
        }
    }
}
