//! What the shape of a function alone says.

use crate::flow::interpret::machine::Machine;

impl Machine<'_> {
    /// Checks that need no states.
    pub(crate) fn check_shape(&mut self) {}
}
