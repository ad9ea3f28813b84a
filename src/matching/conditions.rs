//! Conditions on metavariables.

use super::analyzer;
use super::env::{Bound, Env};
use super::evaluate::Evaluator;
use super::program::Test;
use crate::rules::Analyzer;

impl<'e> Evaluator<'e> {
    /// Whether the bindings fulfil the condition; groups of an expression add to them.
    pub(super) fn holds(&self, test: &'e Test, env: &mut Env) -> bool {
        let text_of = |bound: Bound| self.readable().at(bound.span).0;
        match test {
            Test::Regex(id, regex) => {
                let Some(bound) = env.get(*id) else {
                    return false;
                };
                let mut bytes = bound.span.of(self.text);
                if memchr::memchr(b'\r', bytes).is_some() {
                    bytes = text_of(bound).as_bytes();
                }
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
                let (text, start) = self.readable().at(bound.span);
                match compiled.captures(text.as_bytes()) {
                    Ok(Some(captures)) => {
                        if captures.get(0).is_none_or(|whole| whole.start() != 0) {
                            return false;
                        }
                        for (group, id) in &regex.groups {
                            if let Some(matched) = captures.get(usize::from(*group)) {
                                let (first, last) = (matched.start(), matched.end());
                                let span = self.readable().place(start + first, start + last);
                                env.set(*id, Bound { span, node: None });
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
