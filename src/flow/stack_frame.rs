//! `large-stack-frame`: the automatic objects of one function, summed.

use super::defect::{Defect, Note};
use super::ir::{Function, Local, LocalKind, Unit};

/// The analysis' name.
pub(super) const NAME: &str = "large-stack-frame";

/// Bytes of automatic objects that a function may have. Tasks of small devices have stacks of 1 to
/// 16 KiB for all their nested calls; ITC's own limit for one is 15 KiB (`st_overflow.c`). A
/// quarter of the largest leaves room for what is called from there.
const MOST_BYTES: u64 = 4_096;

/// Objects named in the report.
const NAMED: usize = 4;

/// Reports every function over the limit, at its largest object.
pub(super) fn check(unit: &Unit, defects: &mut Vec<Defect>) {
    for function in &unit.functions {
        if let Some(defect) = of_function(unit, function) {
            defects.push(defect);
        }
    }
}

fn of_function(unit: &Unit, function: &Function) -> Option<Defect> {
    // A structure passed by value lies on the stack too; so does every temporary that holds one,
    // but compilers place those in the callee's parameters.
    let sized = |local: &Local| match local.kind {
        LocalKind::Temporary => None,
        LocalKind::Parameter(_) | LocalKind::Variable => unit.types.size(local.ty),
    };
    let mut objects: Vec<(u64, &Local)> = function
        .locals
        .iter()
        .filter_map(|local| Some((sized(local)?, local)))
        .collect();
    let total = objects
        .iter()
        .fold(0_u64, |sum, (size, _)| sum.saturating_add(*size));
    if total <= MOST_BYTES {
        return None;
    }
    objects.sort_by_key(|(size, local)| (std::cmp::Reverse(*size), local.span));
    let (_, largest) = objects.first()?;
    let note = |(size, local): &(u64, &Local)| Note {
        span: local.span,
        message: format!("`{}` takes {size} bytes", unit.names.text(local.name)),
    };
    let trace = objects
        .iter()
        .take(NAMED)
        .filter(|(size, _)| *size > 64)
        .map(note)
        .collect();
    Some(Defect {
        analysis: NAME,
        span: largest.span,
        names: vec![
            ("$FUNCTION", unit.names.text(function.name).to_owned()),
            ("$SIZE", total.to_string()),
            ("$LIMIT", MOST_BYTES.to_string()),
        ],
        trace,
        related: Vec::new(),
        far: Vec::new(),
    })
}
