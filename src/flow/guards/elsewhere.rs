//! What other files know of the functions that this one calls.

use super::roles::View;
use crate::flow::ir::Symbol;
use crate::flow::summary::{Answer, Question};

impl View<'_> {
    /// What other files know of a function that this one does not define.
    pub(super) fn ask(&self, callee: Symbol, question: Question) -> Option<Answer> {
        let elsewhere = self.elsewhere?;
        if self.unit.function(callee).is_some() {
            return None;
        }
        elsewhere.answer(self.name(callee), question)
    }
}
