//! What other files know of the functions that this one calls.

use super::facts::{Fact, FactKind};
use super::roles::View;
use super::tables::flag;
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

    /// Whether a fact is a guard: a call that was asked must be one that tests.
    pub(super) fn counts(&self, fact: &Fact) -> bool {
        match &fact.kind {
            FactKind::Compare { .. } => true,
            FactKind::Asked { call } => {
                let callee = self.values().calls.get(call).and_then(|(name, _)| *name);
                self.lexicon.is(callee, flag::CHECK)
                    || callee.is_some_and(|name| {
                        self.file.tests_arguments(name)
                            || self.ask(name, Question::Compares).is_some()
                    })
            }
        }
    }

    /// The bytes of a span as text.
    pub(super) fn words_of(&self, span: crate::finding::Span) -> String {
        let bytes = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }
}
