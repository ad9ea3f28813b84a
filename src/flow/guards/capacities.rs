//! Buffers of a caller that are filled without a look at how large they are.

use super::numbering::EventKind;
use super::roles::{Region, View};
use super::values::{Value, ValueId, Written};
use crate::flow::Defect;

impl View<'_> {
    /// Whether a length belongs to another pair than the region's, as a capacity.
    pub(super) fn is_capacity_of_other(&self, id: ValueId, region: Region) -> bool {
        let values = self.values();
        match values.get(id) {
            Value::Parameter(index) => self
                .pairs
                .iter()
                .enumerate()
                .any(|(at, pair)| pair.length == index && region != Region::Pair(at)),
            _ => false,
        }
    }

    /// Whether a constant is written as a name or `sizeof`.
    pub(super) fn is_named_constant(&self, id: ValueId) -> bool {
        matches!(
            self.values().get(id),
            Value::Constant { written, .. } if !matches!(written, Written::Number)
        )
    }
}

/// Reports `capacity-ignored`, once for each buffer.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    if view.pairs.iter().all(|pair| pair.is_const) {
        return;
    }
    let mut told: Vec<usize> = Vec::new();
    for event in &view.numbered.events {
        let destination = match &event.kind {
            EventKind::Write { location, .. } => *location,
            EventKind::Call {
                callee, arguments, ..
            } => {
                let Some(at) = view.lexicon.copy(*callee).and_then(|copy| copy.destination) else {
                    continue;
                };
                match arguments.get(at as usize) {
                    Some(&argument) => argument,
                    None => continue,
                }
            }
            _ => continue,
        };
        let Region::Pair(index) = view.region(destination) else {
            continue;
        };
        let Some(pair) = view.pairs.get(index) else {
            continue;
        };
        if pair.is_const
            || told.contains(&index)
            || !matches!(
                view.values().get(view.values().root(destination)),
                Value::Parameter(_)
            )
            || !super::headers::is_unused(view, pair.length)
        {
            continue;
        }
        told.push(index);
        let buffer = view
            .parameter_name(pair.pointer)
            .unwrap_or_default()
            .to_owned();
        let length = view
            .parameter_name(pair.length)
            .unwrap_or_default()
            .to_owned();
        out.push(view.defect(
            "capacity-ignored",
            event.span,
            vec![("$BUF", buffer.clone()), ("$LEN", length.clone())],
            None,
            Vec::new(),
            format!("`{buffer}` is written, however small `{length}` says it is"),
        ));
    }
}
