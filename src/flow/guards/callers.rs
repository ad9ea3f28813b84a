//! What the callers of a function make sure of before they call it, in this file and in others.

use smallvec::SmallVec;

use super::facts::{Direction, FactKind, mentions};
use super::file_facts::{Analysed, FileFacts};
use super::lexicon::Lexicon;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::tables::{PACKETS, flag};
use super::values::{Value, ValueId, Values};
use crate::flow::ir::{BinaryOp, Function, Symbol, Unit};
use crate::flow::summary::{Elsewhere, Question};

/// How far up callers are asked for their own callers.
const DEPTH: u32 = 2;

/// Whether there are callers, and each of them compares, before it calls, how much there is of what
/// it hands over.
pub(super) fn all_look(view: &View<'_>, all: &[Analysed]) -> bool {
    let ask = Ask {
        unit: view.unit,
        all,
        file: view.file,
        lexicon: view.lexicon,
        elsewhere: view.elsewhere,
    };
    ask.all_look(view.function, 0)
}

struct Ask<'a> {
    unit: &'a Unit,
    all: &'a [Analysed],
    file: &'a FileFacts,
    lexicon: &'a Lexicon,
    elsewhere: Option<&'a dyn Elsewhere>,
}

impl Ask<'_> {
    fn all_look(&self, function: &Function, depth: u32) -> bool {
        if depth > DEPTH || self.file.is_pointed_to(function.name) {
            return false;
        }
        let sites = self.file.sites(function.name);
        let is_looked = sites.iter().all(|site| {
            let Some(caller) = self.all.get(site.caller) else {
                return false;
            };
            let Some(event) = caller.numbered.events.get(site.event as usize) else {
                return false;
            };
            looks(
                self.unit,
                self.lexicon,
                self.file,
                caller,
                site.event,
                event,
            ) || self
                .unit
                .functions
                .get(caller.function)
                .is_some_and(|up| up.name != function.name && self.all_look(up, depth + 1))
        });
        if !is_looked {
            return false;
        }
        if function.is_private {
            return !sites.is_empty();
        }
        let question = Question::CallersLook {
            calls: u32::try_from(sites.len()).unwrap_or(u32::MAX),
        };
        self.elsewhere.is_some_and(|elsewhere| {
            let name = self.unit.names.text(function.name);
            elsewhere.answer(name, question).is_some()
        })
    }
}

/// Whether a function compares, before a call, how much there is of what it hands over: a number
/// among the arguments, the length in an object, or what stands beside a pointer.
pub(super) fn looks(
    unit: &Unit,
    lexicon: &Lexicon,
    file: &FileFacts,
    caller: &Analysed,
    index: u32,
    event: &Event,
) -> bool {
    let EventKind::Call { arguments, .. } = &event.kind else {
        return false;
    };
    let Some(function) = unit.functions.get(caller.function) else {
        return false;
    };
    let values = &caller.numbered.values;
    let roots: SmallVec<[ValueId; 4]> = arguments.iter().map(|id| owner(values, *id)).collect();
    let mut numbers: Vec<ValueId> = Vec::new();
    for argument in arguments {
        if unit.types.int(values.ty(*argument)).is_some() {
            values.leaves(*argument, &mut numbers);
        }
    }
    caller
        .facts
        .at(&caller.graph, event.block, index)
        .any(|fact| match &fact.kind {
            FactKind::Compare { op, difference, .. } => {
                let is_order = match op {
                    BinaryOp::Eq => difference.constant != 0 || difference.terms.len() > 1,
                    BinaryOp::Ne => false,
                    _ => true,
                };
                is_order
                    && difference.terms.iter().any(|(term, _)| {
                        fact.bounds(values, &[*term], Direction::Lower)
                            && (numbers.contains(term)
                                || is_length_of_any(unit, function, values, *term, &roots))
                    })
            }
            FactKind::Asked { call } => values.calls.get(call).is_some_and(|(callee, given)| {
                let tests = |name: Symbol| {
                    lexicon.is(Some(name), flag::CHECK)
                        || file.tests_arguments(name)
                        || super::names::is_sizing_question(unit.names.text(name))
                };
                callee.is_some_and(tests)
                    && given.iter().any(|id| roots.contains(&owner(values, *id)))
            }),
        })
}

/// The object that an address or what was read there belongs to.
fn owner(values: &Values, id: ValueId) -> ValueId {
    let mut at = values.root(id);
    for _ in 0..4 {
        match values.get(at) {
            Value::Load { location, .. } => at = values.root(location),
            _ => break,
        }
    }
    at
}

fn is_length_of_any(
    unit: &Unit,
    function: &Function,
    values: &Values,
    term: ValueId,
    roots: &[ValueId],
) -> bool {
    match values.get(term) {
        Value::Load { location, .. } => {
            let Value::Field(_, name) = values.get(location) else {
                return false;
            };
            let name = unit.names.text(name);
            (super::names::is_byte_length_name(name)
                || PACKETS.iter().any(|kind| kind.lengths.contains(&name)))
                && roots.contains(&owner(values, location))
        }
        Value::Parameter(index) => {
            function
                .parameters
                .get(index as usize)
                .and_then(|id| function.local(*id))
                .is_some_and(|local| super::names::is_byte_length_name(unit.names.text(local.name)))
                && roots
                    .iter()
                    .any(|root| matches!(values.get(*root), Value::Parameter(_)))
        }
        Value::Pure { callee, first, .. } => {
            super::names::is_length_name(unit.names.text(callee))
                && first.is_some_and(|first| {
                    roots.iter().any(|root| {
                        owner(values, first) == *root || mentions(values, first, &[*root])
                    })
                })
        }
        _ => false,
    }
}
