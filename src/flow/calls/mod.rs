//! What the functions of a C file call, and which of them run in an interrupt: recursion, objects
//! that interrupts share with tasks, waiting and allocating below a handler.
//!
//! One graph of the direct calls of the file serves them all; calls through pointers and into other
//! files end it.

mod arguments;
mod below;
mod depth;
mod graph;
mod names;
mod recursion;
mod roots;
mod sections;
mod shared;
#[cfg(test)]
mod tests;

use self::graph::CallGraph;
use self::roots::Interrupts;
use super::defect::Defect;
use super::ir::Unit;
use crate::syntax::SourceFile;

/// Runs every analysis of this part over a C file. `isr_names`: names of interrupt handlers that the
/// configuration adds, `*` standing for anything.
pub(super) fn check(
    unit: &Unit,
    file: &SourceFile<'_>,
    isr_names: &[String],
    out: &mut Vec<Defect>,
) {
    let graph = CallGraph::new(unit);
    recursion::check(unit, file, &graph, out);
    let interrupts = Interrupts::new(unit, file, &graph, isr_names);
    if interrupts.is_empty() {
        return;
    }
    below::check(unit, &interrupts, out);
    shared::check(unit, file, &graph, &interrupts, out);
}
