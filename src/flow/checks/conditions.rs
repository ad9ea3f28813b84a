//! Conditions that never change their outcome, and parts of conditions that say nothing new.

use crate::flow::interpret::machine::Machine;

impl Machine<'_> {
    /// Looks at how all branches of the file came out.
    pub(crate) fn check_outcomes(&mut self) {}
}
