//! Differences that wrap and have no length on their left: what is left of a buffer, and how far
//! a search went.

use super::bound::{Upper, intrinsic};
use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::TypeId;

/// `sizeof(buf) - n` where others sent `n` and nothing limits it.
pub(super) fn capacity_minus(
    view: &View<'_>,
    event: &Event,
    index: u32,
    value: ValueId,
    ty: TypeId,
    (left, right): (ValueId, ValueId),
    out: &mut Vec<Defect>,
) -> bool {
    let values = view.values();
    if values.is_constant(right)
        || !view.is_sent(right)
        || view.unit.types.int(ty).is_some_and(|(_, signed)| signed)
    {
        return false;
    }
    // What the type or a mask of the number keeps below the constant cannot wrap.
    if let (Some(capacity), Some(most)) = (values.constant(left), intrinsic(view, right, 0))
        && most <= capacity
    {
        return false;
    }
    let upper = Upper::new(view, right, event.block, index, Region::Other);
    if upper.has_any()
        || upper.constant.is_some_and(|bound| {
            values
                .constant(left)
                .is_none_or(|capacity| bound <= capacity)
        })
        || !is_size(view, value)
    {
        return false;
    }
    report(view, event, value, (left, right), right, out);
    true
}

/// `strchr(s, c) - s - 1`: the search may find it at once.
pub(super) fn search_minus(
    view: &View<'_>,
    event: &Event,
    value: ValueId,
    (end, start): (ValueId, ValueId),
    right: ValueId,
    out: &mut Vec<Defect>,
) -> bool {
    let values = view.values();
    if values.constant(right).is_none_or(|number| number < 1) {
        return false;
    }
    let found = values.strip(end);
    let is_search = values.calls.get(&found).is_some_and(|(callee, arguments)| {
        callee.is_some_and(|name| {
            view.lexicon.is(Some(name), flag::SCAN) || view.name(name) == "memchr"
        }) && arguments
            .first()
            .is_some_and(|first| values.strip(*first) == values.strip(start))
    });
    let is_compared = view.numbered.events.iter().any(|other| match &other.kind {
        EventKind::Compute { value, .. } => match values.get(*value) {
            Value::Binary(op, one, two) if op.is_comparison() => {
                let (one, two) = (values.strip(one), values.strip(two));
                one == found && two == values.strip(start)
                    || two == found && one == values.strip(start)
                    || matches!(values.get(one), Value::Difference(..))
                    || matches!(values.get(two), Value::Difference(..))
            }
            _ => false,
        },
        _ => false,
    });
    if !is_search || is_compared || !is_unsigned(view, value) {
        return false;
    }
    let (one, _) = super::arithmetic::operand_words(view, value, event, found, right);
    let less = values.constant(right).unwrap_or(1);
    out.push(view.defect(
        "search-result-minus",
        event.span,
        vec![("$A", one.clone()), ("$B", less.to_string())],
        Some(found),
        Vec::new(),
        format!(
            "`{one}` may be the first character: the distance is 0 then, and minus {less} it wraps"
        ),
    ));
    true
}

fn is_unsigned(view: &View<'_>, value: ValueId) -> bool {
    let values = view.values();
    let types = &view.unit.types;
    let converts = |id: ValueId| {
        matches!(values.get(id), Value::Cast { value: inner, to }
            if values.strip(inner) == value && types.int(to).is_some_and(|(_, signed)| !signed))
    };
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Call { arguments, .. } => arguments.iter().any(|id| converts(*id)),
        EventKind::Assign { value, .. } | EventKind::Write { value, .. } => converts(*value),
        _ => false,
    }) || values
        .inputs
        .values()
        .any(|list| list.iter().any(|(_, input)| converts(*input)))
}

/// Whether a difference is handed on beside a pointer, or kept as a length.
fn is_size(view: &View<'_>, value: ValueId) -> bool {
    let values = view.values();
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Call {
            callee, arguments, ..
        } => {
            !view.lexicon.is(*callee, flag::LOG)
                && arguments.iter().any(|id| values.strip(*id) == value)
                && arguments.iter().any(|id| view.is_pointer(*id))
        }
        _ => false,
    })
}

/// Reports a difference that may wrap; `given` is what of it comes from outside.
pub(super) fn report(
    view: &View<'_>,
    event: &Event,
    value: ValueId,
    (left, right): (ValueId, ValueId),
    given: ValueId,
    out: &mut Vec<Defect>,
) {
    let (one, two) = super::arithmetic::operand_words(view, value, event, left, right);
    out.push(view.defect(
        "unsigned-underflow-length",
        event.span,
        vec![("$A", one.clone()), ("$B", two.clone())],
        Some(given),
        Vec::new(),
        format!("nothing tests that `{one}` is at least `{two}`"),
    ));
}
