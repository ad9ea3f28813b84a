//! Globals that several threads of the file use.

use crate::flow::interpret::machine::Machine;

impl Machine<'_> {
    /// Checks that need the whole file.
    pub(crate) fn check_threads(&mut self) {}
}
