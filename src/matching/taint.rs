//! Taint rules: what their parts match. Which values get from one to the other is not known here.

use serde::{Deserialize, Serialize};

use super::active::ActiveRule;
use super::assemble::{CompileError, Work};
use super::evaluate::{Evaluator, Found};
use super::features::Feature;
use super::needs;
use super::pattern::MetaId;
use super::program::{Form, Node, Op};
use crate::finding::Span;
use crate::rules::{SideEffect, Taint, TaintOptions};

/// What the alternatives of a taint rule's formula stand for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaintForm {
    /// One for each alternative.
    pub(super) roles: Vec<Role>,
    /// How values are followed.
    pub(super) options: TaintOptions,
}

/// What an alternative stands for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum Role {
    Source {
        exact: bool,
        effect: SideEffect,
    },
    Sink {
        exact: bool,
    },
    Sanitizer {
        exact: bool,
        effect: SideEffect,
    },
    Propagator {
        from: MetaId,
        to: MetaId,
        by_side_effect: bool,
    },
}

impl TaintForm {
    /// What a file must hold for a finding: what some source needs, and what some sink needs.
    pub(super) fn clauses(&self, parts: &[Node], found: &mut Vec<Vec<Feature>>) {
        for is_sought in [
            (|role: &Role| matches!(role, Role::Source { .. })) as fn(&Role) -> bool,
            |role: &Role| matches!(role, Role::Sink { .. }),
        ] {
            let of_role = parts.iter().zip(&self.roles);
            let nodes = of_role.filter(|(_, role)| is_sought(role));
            let nodes = nodes.map(|(node, _)| node.clone()).collect();
            let any = Node {
                id: 0,
                op: Op::Either(nodes),
            };
            needs::clauses(&any, found);
        }
    }
}

impl Work<'_> {
    /// All parts of a taint rule as alternatives, and what each of them stands for.
    pub(super) fn taint(&mut self, taint: &Taint) -> Result<(Node, TaintForm), CompileError> {
        let id = self.nodes;
        self.nodes += 1;
        let mut nodes = Vec::new();
        let mut roles = Vec::new();
        for part in &taint.sources {
            nodes.push(self.node(&part.formula)?);
            roles.push(Role::Source {
                exact: part.exact,
                effect: part.effect,
            });
        }
        for part in &taint.sinks {
            nodes.push(self.node(&part.formula)?);
            roles.push(Role::Sink { exact: part.exact });
        }
        for part in &taint.sanitizers {
            nodes.push(self.node(&part.formula)?);
            roles.push(Role::Sanitizer {
                exact: part.exact,
                effect: part.effect,
            });
        }
        for part in &taint.propagators {
            nodes.push(self.node(&part.formula)?);
            roles.push(Role::Propagator {
                from: self.meta(&part.from)?,
                to: self.meta(&part.to)?,
                by_side_effect: part.by_side_effect,
            });
        }
        let node = Node {
            id,
            op: Op::Either(nodes),
        };
        let form = TaintForm {
            roles,
            options: taint.options,
        };
        Ok((node, form))
    }
}

/// What a taint rule matched in a file.
#[derive(Debug, Clone)]
pub struct TaintMatches {
    /// The rule.
    pub rule: ActiveRule,
    /// Where values of interest come from.
    pub sources: Vec<TaintMatch>,
    /// Where they must not get to.
    pub sinks: Vec<TaintMatch>,
    /// What makes them harmless.
    pub sanitizers: Vec<TaintMatch>,
    /// What carries them on: from, to, whether the object is meant.
    pub propagators: Vec<(Span, Span, bool)>,
    /// How values are followed.
    pub options: TaintOptions,
    /// Names of the rule's metavariables.
    pub metas: Vec<String>,
}

/// One match of a source, sink or sanitizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaintMatch {
    /// Its bytes.
    pub span: Span,
    /// Whether what stands in it does not count.
    pub exact: bool,
    /// Whether the object that it names is changed.
    pub effect: SideEffect,
    /// What metavariables are bound to, by number in [`TaintMatches::metas`].
    pub bound: Vec<(usize, Span)>,
}

impl TaintMatches {
    /// Evaluates the parts of a form.
    pub(super) fn new<'e>(
        rule: &ActiveRule,
        metas: &[String],
        (form, taint): (&'e Form, &TaintForm),
        evaluator: &Evaluator<'e>,
    ) -> Self {
        let mut matches = Self {
            rule: rule.clone(),
            sources: Vec::new(),
            sinks: Vec::new(),
            sanitizers: Vec::new(),
            propagators: Vec::new(),
            options: taint.options,
            metas: metas.to_vec(),
        };
        let Op::Either(parts) = &form.formula.op else {
            return matches;
        };
        let parts = || parts.iter().zip(&taint.roles);
        // Without a sink there is nothing to ask the rest for.
        for (node, role) in parts() {
            if let Role::Sink { exact } = role {
                let found = evaluator.all(node);
                push(&mut matches.sinks, &found, *exact, SideEffect::No);
            }
        }
        if matches.sinks.is_empty() {
            return matches;
        }
        for (node, role) in parts() {
            match *role {
                Role::Sink { .. } => {}
                Role::Source { exact, effect } => {
                    push(&mut matches.sources, &evaluator.all(node), exact, effect);
                }
                Role::Sanitizer { exact, effect } => {
                    push(&mut matches.sanitizers, &evaluator.all(node), exact, effect);
                }
                Role::Propagator {
                    from,
                    to,
                    by_side_effect,
                } => {
                    let found = evaluator.all(node);
                    let ends = found.iter().filter_map(|each| {
                        let from = each.env.get(from)?.span;
                        Some((from, each.env.get(to)?.span, by_side_effect))
                    });
                    matches.propagators.extend(ends);
                }
            }
        }
        for list in [
            &mut matches.sources,
            &mut matches.sinks,
            &mut matches.sanitizers,
        ] {
            list.sort_by(|a, b| (a.span, &a.bound).cmp(&(b.span, &b.bound)));
            list.dedup();
        }
        matches.propagators.sort_unstable();
        matches.propagators.dedup();
        matches
    }

    /// Whether there is a way to look for.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() || self.sinks.is_empty()
    }
}

fn push(list: &mut Vec<TaintMatch>, found: &[Found], exact: bool, effect: SideEffect) {
    list.extend(found.iter().map(|each| {
        TaintMatch {
            span: each.span,
            exact,
            effect,
            bound: each
                .env
                .iter()
                .map(|(id, bound)| (usize::from(id), bound.span))
                .collect(),
        }
    }));
}
