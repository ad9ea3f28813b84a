//! Accesses outside of objects.

use crate::finding::Span;
use crate::flow::defect::Note;
use crate::flow::interpret::linear::Linear;
use crate::flow::interpret::machine::{Family, Machine, Run};
use crate::flow::interpret::place::{Location, Purpose, Resolved, Spot};
use crate::flow::interpret::state::State;
use crate::flow::interpret::value::{Obj, ObjectKind, Origin, Value};
use crate::flow::ir::{Operand, Place};

/// How far outside an access certainly, or on some path, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outside {
    /// Behind the end; the first byte or element behind what is reached.
    Over(i128),
    /// Before the start.
    Under(i128),
}

impl Machine<'_> {
    /// An index of an array whose number of elements is declared. Reports; true if it did.
    #[expect(clippy::too_many_arguments, reason = "the place and how it is used")]
    pub(crate) fn check_index(
        &mut self,
        run: &Run,
        value: &Value,
        operand: &Operand,
        len: u64,
        place: &Place,
        purpose: Purpose,
        is_last: bool,
    ) -> bool {
        let Value::Int(form) = value else {
            return false;
        };
        let range = run.state.range(&self.arena, form);
        let limit = i128::from(len);
        // One past the end may be named, but not used.
        let most = if purpose == Purpose::Address && is_last {
            limit
        } else {
            limit - 1
        };
        let outside = if range.lo > most {
            Some((Outside::Over(range.lo), false))
        } else if range.hi < 0 {
            (!is_rest_of_type(range.lo, range.hi)).then_some((Outside::Under(range.hi), false))
        } else if range.hi > most && range.hi_reached {
            Some((Outside::Over(range.hi), true))
        } else if range.lo < 0 && range.lo_reached {
            Some((Outside::Under(range.lo), true))
        } else {
            None
        };
        let outside = outside.filter(|found| found.1 || !run.state.is_caution(form));
        let Some((outside, is_possible)) = outside else {
            self.fine(Family::Bounds, place.span);
            return false;
        };
        let source = self.source_of(form);
        if is_possible && source.is_none() && is_of_type_only(&outside) {
            return false;
        }
        let index = self.quote(match operand {
            Operand::Copy(place) => place.span,
            _ => place.span,
        });
        let whole = self.quote(place.span);
        let (at, is_under) = match outside {
            Outside::Over(at) => (at, false),
            Outside::Under(at) => (at, true),
        };
        let mut notes = self.origin_notes(&run.state, form);
        let analysis = match (&source, is_possible) {
            (Some(_), true) => "unchecked-index",
            (_, true) if self.is_said_by_guard(form) => {
                match at == most + 1 && form.as_symbol().is_some() {
                    true => "index-off-by-one-guard",
                    // The test was of something else.
                    false => Family::Bounds.possible(),
                }
            }
            _ if is_under && !self.shows_underrun(form) => Family::Bounds.possible(),
            _ if is_under => "buffer-underrun",
            _ if purpose == Purpose::Read => "out-of-bounds-read",
            _ => "out-of-bounds-write",
        };
        notes.extend(self.object_note(place));
        self.is_range_end = is_possible && (run.state.open > 0 || run.state.is_joined);
        self.is_counted = self.is_counter(form);
        let sink = format!("`{whole}` needs index {at}, but there are {len} elements");
        self.report(
            analysis,
            place.span,
            vec![
                ("$X", whole),
                ("$INDEX", index),
                ("$OFFSET", format!("element {at}")),
                ("$VALUE", at.to_string()),
                ("$SIZE", format!("{len} elements")),
                ("$SOURCE", source.unwrap_or_default()),
            ],
            notes,
            Some(&run.state),
            sink,
        );
        true
    }

    /// Whether the range of a symbol comes from a condition on something that may be anything.
    fn is_said_by_guard(&self, form: &Linear) -> bool {
        form.terms()
            .first()
            .and_then(|term| self.arena.sym(term.0))
            .is_some_and(crate::flow::interpret::value::SymInfo::may_be_anything)
    }

    /// Whether a number is a loop's counter, whose ends are reached.
    pub(crate) fn is_counter(&self, form: &Linear) -> bool {
        matches!(form.terms(), [(sym, _)] if self.arena.sym(*sym).is_some_and(|info| info.origin == Origin::Counter))
    }

    /// Whether an offset below 0 comes from the function itself: written down, counted, or let through by its test
    /// of a parameter. What calls and memory give is often limited by what is not seen.
    fn shows_underrun(&self, form: &Linear) -> bool {
        // `id - FIRST` after a test of `id` is a matter of how both are numbered.
        let is_shifted = form.base() != 0
            && form.terms().iter().any(|(sym, _)| {
                let info = self.arena.sym(*sym);
                info.is_some_and(|info| matches!(info.origin, Origin::Parameter(_)))
            });
        !is_shifted
            && self.is_shown_here()
            && form.terms().iter().all(|(sym, _)| {
                self.arena.sym(*sym).is_some_and(|info| {
                    matches!(
                        info.origin,
                        Origin::Parameter(_) | Origin::Counter | Origin::Loop | Origin::Outside(_)
                    )
                })
            })
    }

    /// Where a number comes from, if from outside.
    pub(crate) fn source_of(&self, form: &Linear) -> Option<String> {
        form.terms().iter().find_map(|term| {
            let info = self.arena.sym(term.0)?;
            match &info.origin {
                Origin::Outside(name) => Some(format!("{}()", self.unit.names.text(*name))),
                _ => None,
            }
        })
    }

    pub(crate) fn origin_notes(&self, state: &State, form: &Linear) -> Vec<Note> {
        let mut notes = Vec::new();
        for (sym, _) in form.terms() {
            let Some(info) = self.arena.sym(*sym) else {
                continue;
            };
            if info.span.end == 0 {
                continue;
            }
            let range = state.sym_range(&self.arena, *sym);
            let what = match &info.origin {
                Origin::Parameter(_) => "given by the caller".to_owned(),
                Origin::Outside(name) => format!("comes from {}()", self.unit.names.text(*name)),
                Origin::Call(_) => "result of this call".to_owned(),
                Origin::Memory => "read here".to_owned(),
                Origin::Join => "paths meet here".to_owned(),
                Origin::Loop | Origin::Counter => "the loop starts again here".to_owned(),
                Origin::Operation | Origin::Comparison(_) => "computed here".to_owned(),
            };
            let message = if range.lo.unsigned_abs() < 1 << 64 && range.hi.unsigned_abs() < 1 << 64
            {
                format!("{what}: {} to {}", range.lo, range.hi)
            } else {
                what
            };
            notes.push(Note {
                span: info.span,
                message,
            });
        }
        notes
    }

    fn object_note(&self, place: &Place) -> Option<Note> {
        let crate::flow::ir::Base::Global(id) = place.base else {
            return None;
        };
        let global = self.unit.global(id)?;
        Some(Note {
            span: global.span,
            message: "declared here".to_owned(),
        })
    }

    /// Whether some bytes of a spot certainly, or on some path, lie outside of its object.
    pub(crate) fn outside(
        &self,
        state: &State,
        spot: &Spot,
        bytes: &Linear,
    ) -> Option<(Outside, bool)> {
        let info = self.arena.object(spot.object)?;
        let range = state.range(&self.arena, &spot.offset);
        if range.lo > 1 << 39 {
            // A field whose offset is not known.
            return None;
        }
        if range.hi < 0 {
            // What the linker names may lie anywhere.
            let is_elsewhere = match info.kind {
                ObjectKind::Global(id) => {
                    self.unit.global(id).is_some_and(|global| global.is_extern)
                }
                _ => false,
            };
            let is_said = !is_elsewhere
                && !is_rest_of_type(range.lo, range.hi)
                && !state.is_caution(&spot.offset);
            return is_said.then_some((Outside::Under(range.hi), false));
        }
        if let Some(size) = info.size
            && let Some(end) = spot.offset.add(bytes)
            && let Some(over) = end.sub(&size)
        {
            // over >= 1 ?
            if !state.is_caution(&over)
                && let Some(negated) = over.scale(-1).and_then(|form| form.add_constant(1))
                && state.entails(&self.arena, &negated)
            {
                let at = state.range(&self.arena, &end);
                return Some((Outside::Over(at.lo), false));
            }
            let excess = state.range(&self.arena, &over);
            let is_of_type = over.terms().iter().any(|term| {
                let range = state.sym_range(&self.arena, term.0);
                self.source_of(&over).is_none() && is_of_type_only(&Outside::Over(range.hi))
            });
            if excess.hi >= 1 && excess.hi_reached && !is_of_type {
                let at = state.range(&self.arena, &end);
                return Some((Outside::Over(at.hi), true));
            }
        }
        if range.lo < 0
            && range.lo_reached
            && range.lo > -(1 << 20)
            && !matches!(info.kind, ObjectKind::Pointee(_))
        {
            return Some((Outside::Under(range.lo), true));
        }
        None
    }

    /// A read or write of a place in memory: bounds.
    pub(crate) fn check_bounds(&mut self, run: &Run, at: &Resolved, purpose: Purpose, span: Span) {
        if at.is_reported || purpose == Purpose::Address {
            return;
        }
        let size = self.unit.types.size(at.ty).filter(|_| at.is_exact);
        let (Location::Memory(spots), Some(size)) = (&at.location, size) else {
            // A path that nothing is known of does no harm that is known.
            self.fine(Family::Bounds, span);
            return;
        };
        let bytes = Linear::constant(i128::from(size));
        let mut worst = None;
        for spot in spots {
            if matches!(
                self.arena.object(spot.object).map(|info| &info.kind),
                Some(ObjectKind::Pointee(_))
            ) {
                self.fine(Family::Bounds, span);
                return;
            }
            match self.outside(&run.state, spot, &bytes) {
                Some(found) => worst = Some((found, *spot)),
                None => {
                    self.fine(Family::Bounds, span);
                    return;
                }
            }
        }
        let Some(((outside, is_possible), spot)) = worst else {
            return;
        };
        if is_possible && spots.len() > 1 {
            return;
        }
        let source = self.source_of(&spot.offset);
        let (offset, is_under) = match outside {
            Outside::Over(at) => (at - 1, false),
            Outside::Under(at) => (at, true),
        };
        let info = self.arena.object(spot.object);
        let whole = info
            .and_then(|info| info.size)
            .and_then(|size| size.as_constant());
        let is_small = !is_under
            && matches!(
                self.unit.types.get(at.ty),
                crate::flow::ir::Type::Int { .. } | crate::flow::ir::Type::Pointer { .. }
            )
            && self.is_overlaid(spot.object, at)
            && spot.offset.as_constant().is_some()
            && whole.is_some_and(|whole| whole > 0)
            && self.is_field_access(at);
        let analysis = match (&source, is_possible) {
            (Some(_), true) => "unchecked-index",
            (_, true) if self.is_said_by_guard(&spot.offset) => {
                let last = whole.map(|whole| whole + i128::from(size) - 1);
                let is_plain = spot.offset.terms().len() == 1 && spot.offset.base() == 0;
                match is_plain && !is_under && last == Some(offset) {
                    true => "index-off-by-one-guard",
                    false => Family::Bounds.possible(),
                }
            }
            _ if is_under && !self.shows_underrun(&spot.offset) => Family::Bounds.possible(),
            _ if is_under => "buffer-underrun",
            _ if is_small => "object-smaller-than-type",
            _ if purpose == Purpose::Read => "out-of-bounds-read",
            _ => "out-of-bounds-write",
        };
        let mut notes = self.origin_notes(&run.state, &spot.offset);
        notes.extend(self.made_note(spot.object));
        let text = self.quote(span);
        let size_text =
            whole.map_or_else(|| "its size".to_owned(), |whole| format!("{whole} bytes"));
        self.is_range_end = is_possible && (run.state.open > 0 || run.state.is_joined);
        self.is_counted = self.is_counter(&spot.offset);
        let sink = format!("byte {offset} is used, but there are {size_text}");
        self.report(
            analysis,
            span,
            vec![
                ("$X", text.clone()),
                ("$INDEX", text),
                ("$OFFSET", format!("byte {offset}")),
                ("$VALUE", offset.to_string()),
                ("$SIZE", size_text),
                ("$LENGTH", format!("{size} bytes")),
                ("$SOURCE", source.unwrap_or_default()),
            ],
            notes,
            Some(&run.state),
            sink,
        );
    }

    /// Whether an object of bytes, or of another type, is used as something larger.
    fn is_overlaid(&self, object: Obj, at: &Resolved) -> bool {
        let Some(info) = self.arena.object(object) else {
            return false;
        };
        let element = self.unit.types.element(info.ty).unwrap_or(info.ty);
        let (Some(own), Some(used)) = (self.unit.types.size(element), self.unit.types.size(at.ty))
        else {
            return false;
        };
        own < used
    }

    fn is_field_access(&self, at: &Resolved) -> bool {
        at.through
            .and_then(|pointer| match pointer {
                Value::Addr(_, offset) | Value::Ptr(_, offset) => offset.as_constant(),
                _ => None,
            })
            .is_some_and(|offset| offset == 0)
    }

    /// Where an object was declared or allocated.
    pub(crate) fn made_note(&self, object: Obj) -> Option<Note> {
        let info = self.arena.object(object)?;
        if info.span.end == 0 {
            return None;
        }
        let size = info
            .size
            .and_then(|size| size.as_constant())
            .map_or_else(String::new, |size| format!(": {size} bytes"));
        let message = match info.kind {
            ObjectKind::Heap { by, .. } => {
                format!("allocated by {}() here{size}", self.unit.names.text(by))
            }
            ObjectKind::Local { .. } | ObjectKind::Global(_) => format!("declared here{size}"),
            ObjectKind::Text(_) | ObjectKind::Pointee(_) => return None,
        };
        Some(Note {
            span: info.span,
            message,
        })
    }

    /// A function that reads or writes so many bytes at a pointer.
    #[expect(
        clippy::too_many_arguments,
        reason = "the buffer, the function, and both their places"
    )]
    pub(crate) fn check_extent(
        &mut self,
        run: &mut Run,
        pointer: &Value,
        bytes: &Linear,
        is_write: bool,
        function: &str,
        span: Span,
        sink: Span,
    ) {
        let extent = run.state.range(&self.arena, bytes);
        if extent.hi <= 0 {
            return;
        }
        let Location::Memory(spots) = self.targets(run, pointer) else {
            self.fine(Family::Bounds, sink);
            return;
        };
        let mut worst = None;
        for spot in &spots {
            if matches!(
                self.arena.object(spot.object).map(|info| &info.kind),
                Some(ObjectKind::Pointee(_))
            ) {
                self.fine(Family::Bounds, sink);
                return;
            }
            match self.outside(&run.state, spot, bytes) {
                Some(found) => worst = Some((found, *spot)),
                None => {
                    self.fine(Family::Bounds, sink);
                    return;
                }
            }
        }
        let Some(((outside, is_possible), spot)) = worst else {
            return;
        };
        if is_possible && spots.len() > 1 {
            return;
        }
        let source = self
            .source_of(bytes)
            .or_else(|| self.source_of(&spot.offset));
        let whole = self
            .arena
            .object(spot.object)
            .and_then(|info| info.size)
            .and_then(|size| size.as_constant());
        let length = match bytes.as_constant() {
            Some(bytes) => bytes.to_string(),
            None if extent.hi < 1 << 40 => format!("up to {}", extent.hi),
            None => "more".to_owned(),
        };
        let analysis = match outside {
            Outside::Under(_) if !self.shows_underrun(&spot.offset) => Family::Bounds.possible(),
            Outside::Under(_) => "buffer-underrun",
            Outside::Over(_) if is_write => "copy-out-of-bounds",
            Outside::Over(_) => "copy-over-read",
        };
        let mut notes = self.origin_notes(&run.state, bytes);
        notes.extend(self.made_note(spot.object));
        let text = self.quote(span);
        let size_text = whole.map_or_else(|| "less".to_owned(), |whole| format!("{whole} bytes"));
        self.is_range_end = is_possible && (run.state.open > 0 || run.state.is_joined);
        let message =
            format!("{function}() needs {length} bytes of `{text}`, which has {size_text}");
        self.report(
            analysis,
            sink,
            vec![
                ("$X", text),
                ("$FUNC", function.to_owned()),
                ("$LENGTH", length),
                ("$SIZE", size_text),
                ("$SOURCE", source.unwrap_or_default()),
                ("$OFFSET", String::new()),
            ],
            notes,
            Some(&run.state),
            message,
        );
    }
}

/// Whether a range below 0 is what a test for -1 left of a signed type's negative half (`at != -1`):
/// nobody said that the value may be there.
fn is_rest_of_type(lo: i128, hi: i128) -> bool {
    hi == -2
        && [7_u32, 15, 31, 63]
            .iter()
            .any(|bits| lo == -(1_i128 << bits))
}

/// Whether the end that is out of bounds is only the type's, or one beside it (`i != 0xffff`).
pub(super) fn is_of_type_only(outside: &Outside) -> bool {
    match outside {
        Outside::Under(at) => *at < -(1 << 20),
        Outside::Over(at) => {
            let is_end = |value: i128| value >= 1 << 15 && value & (value - 1) == 0;
            matches!(at, 126 | 254) || is_end(at.saturating_add(1)) || is_end(at.saturating_add(2))
        }
    }
}
