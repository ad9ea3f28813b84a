//! Pointers in fields: whether the functions of a file ask before they go through one.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{FactKind, decompose};
use super::file_facts::Analysed;
use super::numbering::{EventKind, Numbered};
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::Symbol;

/// How a field that holds a pointer is treated.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FieldHabit {
    /// Functions that go through it.
    pub used: u32,
    /// Of them, those that compare it with NULL.
    pub tested: u32,
    /// A use that follows a test.
    pub example: Option<Span>,
}

/// The fields of a file, by name.
#[derive(Debug, Default)]
pub(super) struct FieldHabits {
    by_name: FxHashMap<Symbol, FieldHabit>,
}

impl FieldHabits {
    /// Counts one function.
    pub(super) fn add(&mut self, analysed: &Analysed) {
        let values = &analysed.numbered.values;
        let tested = tested_locations(&analysed.numbered);
        let mut seen: BTreeMap<Symbol, (bool, Span)> = BTreeMap::new();
        for event in &analysed.numbered.events {
            let (EventKind::Read { location, .. } | EventKind::Write { location, .. }) =
                &event.kind
            else {
                continue;
            };
            let Some((holder, name)) = field_behind(values, values.root(*location)) else {
                continue;
            };
            let is_tested = tested.contains(&holder);
            let entry = seen.entry(name).or_insert((true, event.span));
            entry.0 &= is_tested;
        }
        for (name, (is_tested, span)) in seen {
            let habit = self.by_name.entry(name).or_default();
            habit.used += 1;
            if is_tested {
                habit.tested += 1;
                habit.example.get_or_insert(span);
            }
        }
    }

    /// How a field is treated.
    pub(super) fn of(&self, name: Symbol) -> FieldHabit {
        self.by_name.get(&name).copied().unwrap_or_default()
    }
}

/// The address and name of the field that a pointer was read from.
pub(super) fn field_behind(
    values: &super::values::Values,
    pointer: ValueId,
) -> Option<(ValueId, Symbol)> {
    match values.get(pointer) {
        Value::Load { location, .. } => match values.get(location) {
            Value::Field(_, name) => Some((location, name)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the function compares with NULL what a place holds, asserts included.
pub(super) fn is_tested(view: &super::roles::View<'_>, holder: ValueId) -> bool {
    tested_locations(view.numbered).contains(&holder)
}

fn tested_locations(numbered: &Numbered) -> FxHashSet<ValueId> {
    let values = &numbered.values;
    let mut out = FxHashSet::default();
    let conditions = numbered.conditions.iter().flatten().copied();
    let claims = numbered.events.iter().filter_map(|event| {
        if let EventKind::Assert { condition } = &event.kind {
            Some(*condition)
        } else {
            None
        }
    });
    for condition in conditions.chain(claims) {
        let mut kinds = Vec::new();
        decompose(values, condition, true, &mut kinds, 0);
        for kind in kinds {
            let FactKind::Compare { difference, .. } = &kind else {
                continue;
            };
            for (term, _) in &difference.terms {
                if let Value::Load { location, .. } = values.get(*term) {
                    out.insert(location);
                }
            }
        }
    }
    out
}
