//! Patterns against `switch` and `for`.

use super::env::{Env, Envs, add, one};
use super::matcher::Matcher;
use super::pattern::{CasePat, Pat};
use super::view::{self, Item};
use crate::syntax::{Field, Kind, NodeId};

impl Matcher<'_> {
    pub(super) fn switch(
        &self,
        condition: &Pat,
        cases: &[CasePat],
        node: NodeId,
        env: &Env,
    ) -> Envs {
        if self.kind(node) != Kind::SWITCH_STATEMENT {
            return Envs::new();
        }
        let (Some(tested), Some(body)) = (
            self.child(node, Field::CONDITION),
            self.child(node, Field::BODY),
        ) else {
            return Envs::new();
        };
        let mut envs = Envs::new();
        let found = self.expr(condition, tested, env);
        if found.is_empty() {
            return envs;
        }
        let actual = self.cases(body);
        for each in found {
            self.unordered_cases(
                cases,
                &actual,
                &mut vec![false; actual.len()],
                &each,
                &mut envs,
            );
        }
        envs
    }

    /// Labels and statements of the cases of a `switch` body; labels without statements belong to
    /// the case that follows.
    pub(super) fn cases(&self, body: NodeId) -> Vec<(Vec<Option<NodeId>>, Vec<Item>)> {
        let tree = &self.file.tree;
        let mut found = Vec::new();
        let mut labels = Vec::new();
        for item in view::items(tree, body) {
            if tree.kind(item.node) != Kind::CASE_STATEMENT {
                continue;
            }
            labels.push(self.child(item.node, Field::VALUE));
            let statements = view::items(tree, item.node);
            if !statements.is_empty() {
                found.push((std::mem::take(&mut labels), statements));
            }
        }
        if !labels.is_empty() {
            found.push((labels, Vec::new()));
        }
        found
    }

    pub(super) fn unordered_cases(
        &self,
        pats: &[CasePat],
        cases: &[(Vec<Option<NodeId>>, Vec<Item>)],
        used: &mut Vec<bool>,
        env: &Env,
        envs: &mut Envs,
    ) {
        let Some((first, rest)) = pats.split_first() else {
            envs.push(env.clone());
            return;
        };
        for (at, (labels, items)) in cases.iter().enumerate() {
            if used.get(at) != Some(&false) || labels.len() != first.labels.len() {
                continue;
            }
            let mut found = one(env.clone());
            for (pat, label) in first.labels.iter().zip(labels) {
                found = found
                    .iter()
                    .flat_map(|each| match (pat, label) {
                        (None, None) => one(each.clone()),
                        (Some(pat), Some(label)) => self.expr(pat, *label, each),
                        _ => Envs::new(),
                    })
                    .collect();
            }
            for each in found {
                for taken in self.block_items(&first.body, items, &each) {
                    if let Some(slot) = used.get_mut(at) {
                        *slot = true;
                    }
                    self.unordered_cases(rest, cases, used, &taken, envs);
                    if let Some(slot) = used.get_mut(at) {
                        *slot = false;
                    }
                    if self.is_exhausted() {
                        return;
                    }
                }
            }
        }
    }

    pub(super) fn for_loop(
        &self,
        header: &[Option<Pat>],
        body: &Pat,
        node: NodeId,
        env: &Env,
    ) -> Envs {
        if self.kind(node) != Kind::FOR_STATEMENT {
            return Envs::new();
        }
        let Some(actual_body) = self.child(node, Field::BODY) else {
            return Envs::new();
        };
        let mut envs = one(env.clone());
        let is_any_header = matches!(header, [Some(Pat::Dots), None, None]);
        if !is_any_header {
            for (pat, field) in
                header
                    .iter()
                    .zip([Field::INITIALIZER, Field::CONDITION, Field::UPDATE])
            {
                let actual = self.child(node, field);
                envs = envs
                    .iter()
                    .flat_map(|each| match (pat, actual) {
                        (Some(Pat::Dots), _) | (None, None) => one(each.clone()),
                        (Some(pat @ Pat::Var(_)), Some(actual)) => {
                            self.statement_node(pat, actual, each)
                        }
                        (Some(_), Some(actual)) if self.kind(actual) == Kind::DECLARATION => {
                            Envs::new()
                        }
                        (Some(pat), Some(actual)) => self.expr(pat, actual, each),
                        _ => Envs::new(),
                    })
                    .collect();
            }
        }
        let mut found = Envs::new();
        for each in envs {
            add(&mut found, self.body(body, actual_body, &each));
        }
        found
    }
}
