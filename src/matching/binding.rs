//! Binding metavariables: what they may stand for, and when two of them are the same.

use super::env::{Bound, Env, Envs, one, same_code};
use super::matcher::Matcher;
use super::pattern::MetaId;

impl Matcher<'_> {
    /// Binds `id`, or compares with what it is bound to already.
    pub(super) fn bind(&self, env: &Env, id: MetaId, value: Bound) -> Envs {
        match env.get(id) {
            Some(old) if same_code(self.file, old, value) => one(env.clone()),
            Some(old) if self.is_same_constant(old, value) => one(env.clone()),
            Some(_) => Envs::new(),
            None if self.is_allowed(id, value) => one(env.with(id, value)),
            None => Envs::new(),
        }
    }

    /// Whether two pieces of code are the same once names stand for their constants.
    fn is_same_constant(&self, a: Bound, b: Bound) -> bool {
        let (Some(a), Some(b)) = (a.node, b.node) else {
            return false;
        };
        let of = |node| self.constant(node);
        let (x, y) = (of(a), of(b));
        let is_propagated = x.is_some() || y.is_some();
        is_propagated
            && same_code(
                self.file,
                self.bound(x.unwrap_or(a)),
                self.bound(y.unwrap_or(b)),
            )
    }

    /// Runs `first` without the rule's conditions; `otherwise` with them, where it found nothing.
    /// What stands in the way of `otherwise` is a match, whether or not the conditions like it.
    pub(super) fn first_match(
        &self,
        first: impl FnOnce() -> Envs,
        otherwise: impl FnOnce() -> Envs,
    ) -> Envs {
        let filters = self.filters.take();
        let mut envs = first();
        self.filters.replace(filters);
        if envs.is_empty() {
            return otherwise();
        }
        envs.retain(|env| env.iter().all(|(id, value)| self.is_allowed(id, value)));
        envs
    }

    /// Whether the rule's conditions allow the metavariable to stand for this.
    fn is_allowed(&self, id: MetaId, value: Bound) -> bool {
        let filters = self.filters.borrow();
        filters
            .iter()
            .filter(|(filtered, _)| *filtered == id)
            .all(|(_, regex)| regex.may_match_start(value.span.of(self.file.text)))
    }
}
