//! Memory that is released wrongly, twice, or never; addresses of locals that outlive them.

use rustc_hash::FxHashSet;

use crate::finding::Span;
use crate::flow::defect::Note;
use crate::flow::interpret::machine::{Family, Frame, Machine, Run};
use crate::flow::interpret::memory::Life;
use crate::flow::interpret::place::{Location, Resolved};
use crate::flow::interpret::state::State;
use crate::flow::interpret::value::{Alternative, Obj, ObjectKind, Value};
use crate::flow::ir::{BlockId, Operand};
use crate::flow::models::family as families;

impl Machine<'_> {
    /// `free(pointer)` and its like.
    pub(crate) fn check_release(
        &mut self,
        run: &mut Run,
        pointer: &Value,
        family: u8,
        function: &str,
        pointer_span: Span,
        span: Span,
    ) {
        let text = self.quote(pointer_span);
        let is_null = match pointer {
            Value::Int(form) => {
                let range = run.state.range(&self.arena, form);
                (range.lo == 0 && range.hi == 0).then_some(true)
            }
            Value::Ptr(sym, _) => run.state.is_null(&self.arena, *sym),
            _ => Some(false),
        };
        if is_null != Some(true) {
            self.fine(Family::Release, span);
        } else if self.stack.len() > 1 {
            // One caller's NULL is no matter of the function that releases.
            return;
        } else {
            self.report(
                "free-of-null",
                span,
                vec![("$X", text.clone())],
                Vec::new(),
                Some(&run.state),
                format!("`{text}` is NULL here"),
            );
            return;
        }
        if matches!(pointer, Value::Undef) {
            self.report(
                "uninitialised-pointer",
                span,
                vec![("$X", text.clone())],
                Vec::new(),
                Some(&run.state),
                format!("`{text}` was never set on this path"),
            );
            run.is_dead = true;
            return;
        }
        let Location::Memory(spots) = self.targets(run, pointer) else {
            return;
        };
        if let Value::Ptr(sym, _) = pointer
            && self.arena.sym(*sym).is_some_and(|info| {
                info.alternatives
                    .iter()
                    .any(|alternative| matches!(alternative, Alternative::Other))
            })
        {
            return;
        }
        let [spot] = spots.as_slice() else {
            return;
        };
        let Some(info) = self.arena.object(spot.object) else {
            return;
        };
        let kind = info.kind.clone();
        let notes: Vec<Note> = self.made_note(spot.object).into_iter().collect();
        match kind {
            ObjectKind::Local { .. } | ObjectKind::Global(_) | ObjectKind::Text(_)
                if family != families::PBUF && family != families::LWIP_POOL =>
            {
                self.report(
                    "free-of-non-heap",
                    span,
                    vec![("$X", text.clone()), ("$FUNC", function.to_owned())],
                    notes,
                    Some(&run.state),
                    format!("`{text}` was not allocated"),
                );
                return;
            }
            ObjectKind::Heap { family: made, by } if made != family && made != families::OTHER => {
                let by = self.unit.names.text(by).to_owned();
                self.report(
                    "mismatched-release",
                    span,
                    vec![
                        ("$X", text.clone()),
                        ("$FUNC", by.clone()),
                        ("$OTHER", function.to_owned()),
                    ],
                    notes,
                    Some(&run.state),
                    format!("{by}() made it, {function}() releases it"),
                );
                return;
            }
            _ => {}
        }
        let life = run
            .state
            .contents(spot.object)
            .map(|contents| contents.life);
        if let Some(Life::Freed(before)) = life {
            let mut notes: Vec<Note> = self.made_note(spot.object).into_iter().collect();
            notes.push(Note {
                span: before,
                message: "released here first".to_owned(),
            });
            self.report(
                "double-free",
                span,
                vec![("$X", text.clone()), ("$FUNC", function.to_owned())],
                notes,
                Some(&run.state),
                format!("`{text}` is released again"),
            );
            run.is_dead = true;
            return;
        }
        let offset = run.state.range(&self.arena, &spot.offset);
        let is_interior = offset.lo > 0 || offset.hi < 0;
        if is_interior
            && matches!(
                self.arena.object(spot.object).map(|info| &info.kind),
                Some(ObjectKind::Heap { .. })
            )
        {
            let notes: Vec<Note> = self.made_note(spot.object).into_iter().collect();
            self.report(
                "free-of-interior-pointer",
                span,
                vec![("$X", text.clone()), ("$FUNC", function.to_owned())],
                notes,
                Some(&run.state),
                format!("`{text}` points {} bytes behind the start", offset.lo),
            );
        }
    }

    /// A value that a function of the file gives back.
    pub(crate) fn check_return(
        &mut self,
        frame: &Frame,
        run: &Run,
        value: &Value,
        operand: &Operand,
        span: Span,
    ) {
        for object in self.objects_of(value) {
            let is_own = self.arena.object(object).is_some_and(|info| {
                matches!(info.kind, ObjectKind::Local { frame: number, .. } if number == frame.number)
            });
            if !is_own {
                continue;
            }
            let name = self
                .arena
                .object(object)
                .map(|info| self.unit.names.text(info.name).to_owned())
                .unwrap_or_default();
            if name.is_empty() {
                // The result of a call that is a macro: `&session->PRIVATE(id)`.
                continue;
            }
            let span = match operand {
                Operand::Copy(place) if place.span.end > 0 => place.span,
                _ => span,
            };
            let notes = self.made_note(object).into_iter().collect();
            self.report(
                "return-of-local-address",
                span,
                vec![("$X", name.clone())],
                notes,
                Some(&run.state),
                format!("`{name}` ends with the function"),
            );
        }
    }

    /// The end of a function that anybody may call.
    pub(crate) fn check_exit(&mut self, frame: &Frame, state: &State, value: &Value) {
        self.check_leaks(frame, state, value);
        self.check_dangling(frame, state);
    }

    fn check_dangling(&mut self, frame: &Frame, state: &State) {
        for (object, contents) in state.memory.iter() {
            let Some(info) = self.arena.object(*object) else {
                continue;
            };
            if !matches!(info.kind, ObjectKind::Global(_)) {
                continue;
            }
            let global = self.unit.names.text(info.name).to_owned();
            let cells = contents.cells.clone();
            for cell in &cells {
                let Value::Addr(local, _) = cell.value else {
                    continue;
                };
                let Some(target) = self.arena.object(local) else {
                    continue;
                };
                if !matches!(target.kind, ObjectKind::Local { .. }) {
                    continue;
                }
                let name = self.unit.names.text(target.name).to_owned();
                if name.is_empty() {
                    continue;
                }
                let span = target.span;
                self.report(
                    "stored-local-address",
                    span,
                    vec![("$X", name.clone()), ("$Y", global.clone())],
                    Vec::new(),
                    Some(state),
                    format!("`{global}` still has the address of `{name}` when the function ends"),
                );
            }
        }
        let _ = frame;
    }

    fn check_leaks(&mut self, frame: &Frame, state: &State, value: &Value) {
        let is_main = self
            .function(frame.function)
            .is_some_and(|function| self.unit.names.text(function.name) == "main");
        if is_main {
            return;
        }
        self.report_lost(state, &[*value], false);
    }

    /// At the end of a round of a loop: what was allocated and cannot be reached any more.
    pub(crate) fn check_lost(&mut self, frame: &Frame, state: &State, head: BlockId) {
        // Within a call the variables of whoever called are not looked at.
        if frame.depth > 0 {
            return;
        }
        let has_heap = state.memory.iter().any(|(object, contents)| {
            contents.life == Life::Alive
                && !contents.is_escaped
                && self
                    .arena
                    .object(*object)
                    .is_some_and(|info| matches!(info.kind, ObjectKind::Heap { .. }))
        });
        if !has_heap {
            return;
        }
        // Registers that the head reads are still in use.
        let live: Vec<Value> = state
            .registers
            .iter()
            .enumerate()
            .filter(|(register, _)| frame.prepared.is_live(head.0 as usize, *register))
            .map(|(_, value)| *value)
            .collect();
        self.report_lost(state, &live, true);
    }

    fn report_lost(&mut self, state: &State, live: &[Value], keeps_locals: bool) {
        let candidates: Vec<Obj> = state
            .memory
            .iter()
            .filter(|(object, contents)| {
                contents.life == Life::Alive
                    && !contents.is_escaped
                    && self
                        .arena
                        .object(*object)
                        .is_some_and(|info| matches!(info.kind, ObjectKind::Heap { .. }))
            })
            .map(|entry| entry.0)
            .collect();
        if candidates.is_empty() {
            return;
        }
        let mut reached: FxHashSet<Obj> = FxHashSet::default();
        let mut work: Vec<Obj> = live
            .iter()
            .flat_map(|value| self.objects_of(value))
            .collect();
        for (object, contents) in state.memory.iter() {
            let is_root = self
                .arena
                .object(*object)
                .is_some_and(|info| match info.kind {
                    ObjectKind::Global(_) | ObjectKind::Pointee(_) => true,
                    ObjectKind::Local { .. } => {
                        keeps_locals || contents.is_escaped && contents.life == Life::Alive
                    }
                    ObjectKind::Heap { .. } | ObjectKind::Text(_) => contents.is_escaped,
                });
            if is_root {
                work.push(*object);
            }
        }
        while let Some(object) = work.pop() {
            if !reached.insert(object) {
                continue;
            }
            if let Some(contents) = state.contents(object) {
                for cell in &contents.cells {
                    work.extend(self.objects_of(&cell.value));
                }
            }
        }
        for object in candidates {
            if reached.contains(&object) || self.is_null_on(state, object) {
                continue;
            }
            let Some(info) = self.arena.object(object) else {
                continue;
            };
            let ObjectKind::Heap { by, family } = info.kind else {
                continue;
            };
            let span = info.span;
            let function = self.unit.names.text(by).to_owned();
            let analysis = match family {
                families::STREAM | families::DIRECTORY => "handle-leak",
                _ => "memory-leak",
            };
            self.report(
                analysis,
                span,
                vec![("$FUNC", function.clone()), ("$X", self.quote(span))],
                Vec::new(),
                Some(state),
                format!("what {function}() gave is never released on this path"),
            );
        }
    }

    /// Whether the allocation that would have made an object failed on this path.
    fn is_null_on(&self, state: &State, object: Obj) -> bool {
        state.known.iter().any(|(sym, known)| {
            known.is_null == Some(true)
                && self.arena.sym(*sym).is_some_and(|info| {
                    info.alternatives.iter().any(
                        |alternative| matches!(alternative, Alternative::Object(of, _) if *of == object),
                    )
                })
        })
    }

    /// A value that is written somewhere.
    pub(crate) fn check_stored(
        &mut self,
        frame: &Frame,
        run: &Run,
        at: &Resolved,
        value: &Value,
        span: Span,
    ) {
        let _ = (frame, run, at, value, span);
    }
}
