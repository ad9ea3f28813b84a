//! Elements and slices that may lie outside.

use super::Sites;
use super::ty::{Span128, Ty};
use crate::flow::defect::Defect;
use crate::syntax::{Kind, NodeId};

/// `rust-index-may-panic`: `a[i]`, `a[i..j]` unless the expression alone shows that it fits.
pub(super) fn check(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    if sites.kind(node) != Kind::INDEX_EXPRESSION || sites.is_compile_time(node) {
        return;
    }
    let tree = &sites.file().tree;
    let mut parts = tree.children(node);
    let (Some(base), Some(index)) = (parts.next(), parts.next()) else {
        return;
    };
    let ty = sites.types.of(base);
    let length = match ty.peeled() {
        Ty::Array(_, length) => *length,
        _ => None,
    };
    let by = match ty.name() {
        Some(name) => sites.types.items.indexed_by.get(name).cloned(),
        None => None,
    };
    // An index type with few values usually selects among all of them.
    let selects_all = |ty: &Ty| {
        matches!(ty, Ty::Bool)
            || ty.name().is_some_and(|name| {
                let record = sites.types.items.records.get(name);
                record.is_some_and(|record| record.is_enum)
            })
    };
    if by.as_ref().is_some_and(selects_all) || selects_all(&sites.types.of(index)) {
        return;
    }
    let fits = match sites.kind(index) {
        Kind::RANGE_EXPRESSION => range_fits(sites, index, length),
        Kind::CONST_BLOCK => length.is_some(),
        _ => element_fits(sites, index, length),
    };
    if !fits {
        let names = [("$LIST", sites.text(base)), ("$INDEX", sites.text(index))];
        sites.report("rust-index-may-panic", node, &names, out);
    }
}

/// A constant index of an array is the compiler's matter, even one outside.
fn element_fits(sites: &Sites<'_, '_>, index: NodeId, length: Option<u64>) -> bool {
    let (Some(length), Some(values)) = (length, sites.types.range(index)) else {
        return false;
    };
    values.value().is_some() || (values.low >= 0 && values.high < i128::from(length))
}

fn range_fits(sites: &Sites<'_, '_>, range: NodeId, length: Option<u64>) -> bool {
    let tree = &sites.file().tree;
    let is_dots = |part: NodeId| matches!(sites.text(part), ".." | "..=");
    let Some(dots) = tree.children(range).find(|&part| is_dots(part)) else {
        return false;
    };
    let start = tree.children(range).find(|&part| part < dots);
    let end = tree.children(range).find(|&part| part > dots);
    if start.is_none() && end.is_none() {
        return true;
    }
    let values = |part: Option<NodeId>, otherwise: i128| match part {
        Some(part) => sites.types.range(part),
        None => Some(Span128::exact(otherwise)),
    };
    // `x[0..]` is all of it, whatever its length.
    let start = values(start, 0);
    if end.is_none() && start.and_then(Span128::value) == Some(0) {
        return true;
    }
    let Some(length) = length else {
        return false;
    };
    let beyond = i128::from(sites.text(dots) == "..=");
    match (start, values(end, i128::from(length))) {
        (Some(start), Some(end)) => {
            let last = end.high.checked_add(beyond);
            let fits = last.is_some_and(|last| last <= i128::from(length));
            start.low >= 0 && start.high <= end.low && fits
        }
        _ => false,
    }
}
