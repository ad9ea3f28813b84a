//! Conditions on metavariables.

use super::analyzer;
use super::env::{Bound, Env};
use super::evaluate::Evaluator;
use super::program::Test;
use crate::finding::Span;
use crate::rules::Analyzer;

impl<'e> Evaluator<'e> {
    /// Whether the bindings fulfil the condition; groups of an expression add to them.
    pub(super) fn holds(&self, test: &'e Test, env: &mut Env) -> bool {
        let text_of = |bound: Bound| {
            self.readable()
                .get(bound.span.start as usize..bound.span.end as usize)
                .unwrap_or_default()
        };
        match test {
            Test::Regex(id, regex) => {
                let Some(bound) = env.get(*id) else {
                    return false;
                };
                let bytes = bound.span.of(self.text);
                if regex.groups.is_empty()
                    && let Some(is_match) = regex.matches_start(bytes)
                {
                    return is_match;
                }
                if regex.is_ruled_out(bytes) {
                    return false;
                }
                let Some(compiled) = regex.get() else {
                    return false;
                };
                let text = text_of(bound);
                match compiled.captures(text) {
                    Ok(Some(captures)) => {
                        if captures.get(0).is_none_or(|whole| whole.start() != 0) {
                            return false;
                        }
                        for (group, id) in &regex.groups {
                            if let Some(matched) = captures.get(usize::from(*group)) {
                                let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                                let start = bound.span.start + small(matched.start());
                                let end = bound.span.start + small(matched.end());
                                env.set(
                                    *id,
                                    Bound {
                                        span: Span::new(start, end),
                                        node: None,
                                    },
                                );
                            }
                        }
                        true
                    }
                    Ok(None) => false,
                    Err(_) => {
                        self.cut.set(true);
                        false
                    }
                }
            }
            Test::Pattern(id, node) => {
                let Some(bound) = env.get(*id) else {
                    return false;
                };
                let nested = Evaluator::new(
                    self.matcher,
                    (self.needs, self.texts),
                    self.text,
                    self.readable,
                    Some(bound),
                );
                let found = nested.all(node);
                self.cut.set(self.cut.get() || nested.cut.get());
                found.iter().any(|each| self.agree(env, &each.env))
            }
            Test::Comparison(comparison) => {
                comparison.holds(&|id| env.get(id).map(|bound| text_of(bound).to_owned()))
            }
            Test::Analysis(id, which) => {
                let Some(bound) = env.get(*id) else {
                    return false;
                };
                let text = text_of(bound).trim_matches('"');
                match which {
                    Analyzer::Entropy => analyzer::is_random(text),
                    Analyzer::Redos => analyzer::can_explode(text),
                }
            }
        }
    }
}
