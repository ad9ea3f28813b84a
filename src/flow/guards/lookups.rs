//! Look-ups that cannot fail where they stand: another question about the same object was answered
//! before.

use super::facts::FactKind;
use super::roles::View;
use super::values::{Value, ValueId, Values};
use crate::flow::ir::BinaryOp;

/// Whether something that every way to the use has passed says that the look-up finds something:
/// - a question about the very object (`!is_empty(q)`, `peek(q) != NULL`, `q->count > 0`);
/// - a test of what the same call left behind another argument.
pub(super) fn is_certain(view: &View<'_>, call: ValueId, block: u32, event: u32) -> bool {
    let values = view.values();
    let Some((_, arguments)) = values.calls.get(&call) else {
        return false;
    };
    // The object that is asked: what the first argument points to.
    let Some(&object) = arguments.first() else {
        return false;
    };
    let object = values.strip(object);
    if values.is_constant(object) {
        return false;
    }
    let made = match values.get(call) {
        Value::Call(event) => Some(event),
        _ => None,
    };
    view.facts
        .at(view.graph, block, event)
        .any(|fact| match &fact.kind {
            FactKind::Asked { call: other } => {
                *other != call && is_question_about(view, *other, object)
            }
            FactKind::Compare { op, difference, .. } => difference.terms.iter().any(|(term, _)| {
                *term != call
                    && (is_left_by(values, *term, made)
                        || is_question_about(view, *term, object)
                        || (!matches!(op, BinaryOp::Ne) || difference.constant == 0)
                            && is_count_of(view, *term, object))
            }),
        })
}

/// Whether a value is what that call left behind one of its arguments.
fn is_left_by(values: &Values, term: ValueId, made: Option<u32>) -> bool {
    let Some(made) = made else { return false };
    let mut leaves = Vec::new();
    values.leaves(term, &mut leaves);
    leaves
        .iter()
        .any(|leaf| matches!(values.get(*leaf), Value::Out { event, .. } if event == made))
}

/// Whether a call asks the object what a look-up in it depends on: whether it is empty, what is first,
/// how many there are.
fn is_question_about(view: &View<'_>, term: ValueId, object: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(term, &mut leaves);
    leaves.iter().any(|leaf| {
        values.calls.get(leaf).is_some_and(|(callee, arguments)| {
            let [only] = arguments.as_slice() else {
                return false;
            };
            values.strip(*only) == object
                && callee.is_some_and(|callee| super::names::is_fill_question(view.name(callee)))
        })
    })
}

/// Whether a number says how many elements the object has.
fn is_count_of(view: &View<'_>, term: ValueId, object: ValueId) -> bool {
    let values = view.values();
    match values.get(values.strip(term)) {
        Value::Load { location, .. } => match values.get(location) {
            Value::Field(base, name) => {
                base == object && super::names::is_fill_name(view.name(name))
            }
            _ => false,
        },
        _ => false,
    }
}
