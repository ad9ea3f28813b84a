//! What a function hands to the functions of a ring: constants, and parameters that it counts up or
//! down.

use rustc_hash::FxHashSet;

use super::graph::CallGraph;
use crate::flow::ir::{
    Base, BinaryOp, BlockId, Callee, Function, LocalId, Operand, Place, Projection, Rvalue,
    StatementKind, Terminator, TextId, UnaryOp, Unit,
};

/// Most blocks of a function whose result for constants is worked out.
const SHORT: usize = 16;

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Known {
    /// Nothing.
    Any,
    /// A number.
    Number(i128),
    /// A constant whose number was not seen.
    Named,
    /// A string literal's address.
    Text(TextId),
    /// A parameter and a number that was added to it.
    Moved(u32, i128),
    /// A parameter divided by a number of 2 or more.
    Divided(u32),
    /// A comparison of a parameter with a constant.
    Test(u32, BinaryOp),
}

/// A call within the ring.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// Who is called.
    pub to: usize,
    /// The block of the call.
    pub block: usize,
    /// What it is given.
    pub arguments: Vec<Known>,
}

/// What a run over a function found.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// Calls of the ring.
    pub steps: Vec<Step>,
    /// Branches on a comparison of a parameter with a constant: block, parameter, comparison.
    pub tests: Vec<(usize, u32, BinaryOp)>,
}

/// Runs over a function from what is known of its parameters: which calls of the ring it reaches,
/// with what.
pub(super) fn explore(
    unit: &Unit,
    graph: &CallGraph,
    ring: &[usize],
    function: &Function,
    parameters: &[Known],
) -> Run {
    let pass = Pass {
        unit,
        shared: addressed(function),
        is_inner: false,
    };
    let states = pass.states(function, parameters);
    let mut out = Run::default();
    for (at, (state, body)) in states.into_iter().zip(&function.blocks).enumerate() {
        let Some(mut state) = state else { continue };
        for statement in &body.statements {
            if let StatementKind::Call {
                callee: Callee::Function(name),
                arguments,
                ..
            } = &statement.kind
                && let Some(to) = graph.find(*name)
                && ring.contains(&to)
            {
                out.steps.push(Step {
                    to,
                    block: at,
                    arguments: arguments
                        .iter()
                        .map(|operand| pass.operand(&state, operand))
                        .collect(),
                });
            }
            pass.statement(&mut state, &statement.kind);
        }
        if let Terminator::Branch { condition, .. } = &body.terminator {
            match pass.operand(&state, condition) {
                Known::Test(parameter, op) => out.tests.push((at, parameter, op)),
                Known::Moved(parameter, _) => out.tests.push((at, parameter, BinaryOp::Ne)),
                _ => {}
            }
        }
    }
    out
}

/// Locals whose address is taken: others may change them.
fn addressed(function: &Function) -> FxHashSet<LocalId> {
    let mut out = FxHashSet::default();
    for statement in function.blocks.iter().flat_map(|body| &body.statements) {
        if let StatementKind::Assign {
            value: Rvalue::AddressOf(place),
            ..
        } = &statement.kind
            && let Base::Local(id) = place.base
            && !place.path.contains(&Projection::Deref)
        {
            out.insert(id);
        }
    }
    out
}

/// Most that is kept of a function: its blocks times its locals.
const MOST_KNOWN: usize = 1 << 17;

struct Pass<'a> {
    unit: &'a Unit,
    shared: FxHashSet<LocalId>,
    /// Runs over a function that another run calls.
    is_inner: bool,
}

impl Pass<'_> {
    /// What is known at the start of each block that is reached.
    fn states(&self, function: &Function, parameters: &[Known]) -> Vec<Option<Vec<Known>>> {
        // Of a function that is too large nothing is known: anything may stand in each variable.
        if function.blocks.len().saturating_mul(function.locals.len()) > MOST_KNOWN {
            return vec![Some(Vec::new()); function.blocks.len()];
        }
        let mut entry = vec![Known::Any; function.locals.len()];
        for (id, known) in function.parameters.iter().zip(parameters) {
            self.set(&mut entry, *id, *known);
        }
        let mut states: Vec<Option<Vec<Known>>> = vec![None; function.blocks.len()];
        let mut work = Vec::new();
        if let Some(first) = states.first_mut() {
            *first = Some(entry);
            work.push(0_usize);
        }
        // A value changes to `Any` once at most, so this ends.
        while let Some(at) = work.pop() {
            let (Some(Some(state)), Some(body)) = (states.get(at), function.blocks.get(at)) else {
                continue;
            };
            let mut state = state.clone();
            for statement in &body.statements {
                self.statement(&mut state, &statement.kind);
            }
            for next in self.ways(&state, &body.terminator) {
                let Some(slot) = states.get_mut(next.0 as usize) else {
                    continue;
                };
                match slot {
                    None => *slot = Some(state.clone()),
                    Some(before) => {
                        let mut changed = false;
                        for (old, new) in before.iter_mut().zip(&state) {
                            if *old != *new && *old != Known::Any {
                                *old = Known::Any;
                                changed = true;
                            }
                        }
                        if !changed {
                            continue;
                        }
                    }
                }
                work.push(next.0 as usize);
            }
        }
        states
    }

    fn set(&self, state: &mut [Known], id: LocalId, known: Known) {
        if let Some(slot) = state.get_mut(id.0 as usize) {
            *slot = if self.shared.contains(&id) {
                Known::Any
            } else {
                known
            };
        }
    }

    fn statement(&self, state: &mut [Known], kind: &StatementKind) {
        let (place, known) = match kind {
            StatementKind::Assign { target, value } => (target, self.value(state, value)),
            StatementKind::Call {
                callee,
                arguments,
                target: Some(target),
                ..
            } => (target, self.result(state, callee, arguments)),
            StatementKind::Clobber(places) => {
                for place in places {
                    self.write(state, place, Known::Any);
                }
                return;
            }
            _ => return,
        };
        self.write(state, place, known);
    }

    /// What a function of the file gives for constants: `is_empty("")`.
    fn result(&self, state: &[Known], callee: &Callee, arguments: &[Operand]) -> Known {
        let Callee::Function(name) = callee else {
            return Known::Any;
        };
        let constants: Vec<Known> = arguments
            .iter()
            .map(|operand| match self.operand(state, operand) {
                known @ (Known::Number(_) | Known::Text(_)) => known,
                _ => Known::Any,
            })
            .collect();
        let function = self.unit.function(*name).filter(|function| {
            function.blocks.len() <= SHORT && constants.iter().any(|known| *known != Known::Any)
        });
        let Some(function) = function.filter(|_| !self.is_inner) else {
            return Known::Any;
        };
        let inner = Pass {
            unit: self.unit,
            shared: addressed(function),
            is_inner: true,
        };
        let mut given: Option<Known> = None;
        let states = inner.states(function, &constants);
        for (state, body) in states.into_iter().zip(&function.blocks) {
            let (Some(mut state), Terminator::Return(value)) = (state, &body.terminator) else {
                continue;
            };
            for statement in &body.statements {
                inner.statement(&mut state, &statement.kind);
            }
            let known = value
                .as_ref()
                .map_or(Known::Any, |value| inner.operand(&state, value));
            if given.is_some_and(|before| before != known) {
                return Known::Any;
            }
            given = Some(known);
        }
        match given {
            Some(Known::Number(number)) => Known::Number(number),
            _ => Known::Any,
        }
    }

    fn write(&self, state: &mut [Known], place: &Place, known: Known) {
        let Base::Local(id) = place.base else {
            return;
        };
        if place.path.is_empty() {
            self.set(state, id, known);
        } else if !place.path.contains(&Projection::Deref) {
            self.set(state, id, Known::Any);
        }
    }

    fn operand(&self, state: &[Known], operand: &Operand) -> Known {
        match operand {
            Operand::Constant(constant) => constant.value.map_or(Known::Named, Known::Number),
            Operand::Text(text) => Known::Text(*text),
            Operand::Copy(place) => self.read(state, place),
            Operand::Function(_) | Operand::Unknown(_) => Known::Any,
        }
    }

    fn read(&self, state: &[Known], place: &Place) -> Known {
        let Base::Local(id) = place.base else {
            return Known::Any;
        };
        let known = state.get(id.0 as usize).copied().unwrap_or(Known::Any);
        let at = match place.path.as_slice() {
            [] => return known,
            [Projection::Deref] => Known::Number(0),
            [Projection::Deref, Projection::Index(index)] => self.operand(state, index),
            _ => return Known::Any,
        };
        let (Known::Text(text), Known::Number(at)) = (known, at) else {
            return Known::Any;
        };
        let Some(bytes) = self.unit.texts.get(text.0 as usize) else {
            return Known::Any;
        };
        match usize::try_from(at) {
            Ok(at) if at < bytes.len() => bytes
                .get(at)
                .map_or(Known::Any, |byte| Known::Number(i128::from(*byte))),
            // The zero behind it.
            Ok(at) if at == bytes.len() => Known::Number(0),
            _ => Known::Any,
        }
    }

    fn value(&self, state: &[Known], value: &Rvalue) -> Known {
        match value {
            Rvalue::Use(operand) | Rvalue::Cast { value: operand, .. } => {
                self.operand(state, operand)
            }
            Rvalue::Unary(UnaryOp::Not, operand) => match self.operand(state, operand) {
                Known::Number(number) => Known::Number(i128::from(number == 0)),
                Known::Moved(parameter, _) => Known::Test(parameter, BinaryOp::Eq),
                Known::Test(parameter, op) => op
                    .negated()
                    .map_or(Known::Any, |op| Known::Test(parameter, op)),
                _ => Known::Any,
            },
            Rvalue::Unary(UnaryOp::Negate, operand) => match self.operand(state, operand) {
                Known::Number(number) => Known::Number(number.saturating_neg()),
                _ => Known::Any,
            },
            Rvalue::Binary(op, left, right) => {
                binary(*op, self.operand(state, left), self.operand(state, right))
            }
            _ => Known::Any,
        }
    }

    fn ways(&self, state: &[Known], terminator: &Terminator) -> Vec<BlockId> {
        match terminator {
            Terminator::Branch {
                condition,
                then,
                otherwise,
            } => match self.operand(state, condition) {
                Known::Number(0) => vec![*otherwise],
                Known::Number(_) | Known::Text(_) => vec![*then],
                _ => terminator.successors(),
            },
            Terminator::Switch {
                value,
                cases,
                otherwise,
                ..
            } => match self.operand(state, value) {
                Known::Number(number) => {
                    let arm = cases
                        .iter()
                        .filter(|(low, high, _)| (*low..=*high).contains(&number))
                        .min_by_key(|(low, high, _)| high.saturating_sub(*low));
                    vec![arm.map_or(*otherwise, |arm| arm.2)]
                }
                _ => terminator.successors(),
            },
            _ => terminator.successors(),
        }
    }
}

fn binary(op: BinaryOp, left: Known, right: Known) -> Known {
    match (left, right) {
        (Known::Number(one), Known::Number(two)) => number(op, one, two),
        (Known::Text(_), Known::Number(0)) => number(op, 1, 0),
        (Known::Moved(parameter, by), Known::Number(number)) => match op {
            BinaryOp::Add => Known::Moved(parameter, by.saturating_add(number)),
            BinaryOp::Sub => Known::Moved(parameter, by.saturating_sub(number)),
            BinaryOp::Div if number >= 2 => Known::Divided(parameter),
            BinaryOp::Shr if number >= 1 => Known::Divided(parameter),
            _ if op.is_comparison() => Known::Test(parameter, op),
            _ => Known::Any,
        },
        (Known::Number(number), Known::Moved(parameter, by)) if op == BinaryOp::Add => {
            Known::Moved(parameter, by.saturating_add(number))
        }
        (Known::Moved(parameter, _), Known::Named) if op.is_comparison() => {
            Known::Test(parameter, op)
        }
        // `n / 10 != 0` says the same of `n`.
        (Known::Divided(parameter), Known::Number(_)) if op.is_comparison() => {
            Known::Test(parameter, op)
        }
        (Known::Number(_) | Known::Named, Known::Moved(parameter, _)) => op
            .swapped()
            .map_or(Known::Any, |op| Known::Test(parameter, op)),
        // A comparison that is compared with 0.
        (Known::Test(parameter, inner), Known::Number(0)) => match op {
            BinaryOp::Ne => Known::Test(parameter, inner),
            BinaryOp::Eq => inner
                .negated()
                .map_or(Known::Any, |op| Known::Test(parameter, op)),
            _ => Known::Any,
        },
        _ => Known::Any,
    }
}

fn number(op: BinaryOp, one: i128, two: i128) -> Known {
    let truth = |holds: bool| Known::Number(i128::from(holds));
    let some = |value: Option<i128>| value.map_or(Known::Any, Known::Number);
    match op {
        BinaryOp::Eq => truth(one == two),
        BinaryOp::Ne => truth(one != two),
        BinaryOp::Lt => truth(one < two),
        BinaryOp::Le => truth(one <= two),
        BinaryOp::Gt => truth(one > two),
        BinaryOp::Ge => truth(one >= two),
        BinaryOp::Add => some(one.checked_add(two)),
        BinaryOp::Sub => some(one.checked_sub(two)),
        BinaryOp::Mul => some(one.checked_mul(two)),
        BinaryOp::And => Known::Number(one & two),
        BinaryOp::Or => Known::Number(one | two),
        _ => Known::Any,
    }
}
