//! The abstract interpreter: values as linear forms over symbols, memory as objects with cells,
//! one state per path as long as there are few, joined where there are more.
//!
//! Every function of a file is interpreted as if anybody may call it, and calls into small
//! functions of the same file are followed with the arguments they get. A report is made where
//! something is certainly wrong on a path that the conditions allow, or where some path is known
//! to reach the wrong value.

mod assign;
mod branch;
pub(crate) mod call;
#[cfg(test)]
mod callee_tests;
mod cast;
mod covers;
mod engine;
mod escape;
pub(crate) mod expression;
mod join;
mod library;
pub(crate) mod linear;
pub(crate) mod machine;
pub(crate) mod memory;
mod objects;
mod order;
pub(crate) mod place;
mod prepare;
mod printing;
pub(crate) mod state;
mod step;
pub(crate) mod taking;
#[cfg(test)]
mod tests;
pub(crate) mod value;

pub(crate) use prepare::{visit_operand, visit_statement};

use super::defect::Defect;
use super::ir::Unit;

/// What the interpreter found in a file.
#[derive(Debug, Clone, Default)]
pub struct Interpretation {
    /// Defects, in the order of the file.
    pub defects: Vec<Defect>,
    /// Functions that were not walked to the end because of the bound on steps.
    pub given_up: u32,
    /// Those functions, by index in the unit.
    pub functions_given_up: Vec<usize>,
    /// Statements that were interpreted.
    pub steps: usize,
}

/// Interprets the functions of a unit that are wanted, by their index in the unit. `text` is the
/// file, for names in messages.
pub fn interpret(unit: &Unit, text: &[u8], wanted: &dyn Fn(usize) -> bool) -> Interpretation {
    let mut machine = machine::Machine::new(unit, text);
    for index in (0..unit.functions.len()).filter(|index| wanted(*index)) {
        machine.function_alone(index);
    }
    machine.check_outcomes();
    machine.check_shape();
    machine.check_threads();
    let mut defects = machine.defects;
    defects.sort_by(|a, b| {
        (a.span.start, a.span.end, a.analysis).cmp(&(b.span.start, b.span.end, b.analysis))
    });
    let mut functions_given_up: Vec<usize> = machine.was_given_up.iter().copied().collect();
    functions_given_up.sort_unstable();
    Interpretation {
        functions_given_up,
        defects,
        given_up: machine.given_up,
        steps: machine.all_steps + machine.steps,
    }
}
