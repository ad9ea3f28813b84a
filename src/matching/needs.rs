//! The features that the parts of one rule ask for, by number in one engine.

use smallvec::SmallVec;

use super::features::{self, Feature};
use super::index::{FeatureId, NameTable};
use super::pattern::Pattern;
use super::program::{All, Form, Node, Op, Test};

/// What every match of one pattern contains. Empty for parts that are no pattern.
#[derive(Debug, Clone, Default)]
pub(super) struct Need {
    /// Features that the file holds.
    pub(super) in_file: SmallVec<[FeatureId; 6]>,
    /// How many of them, from the start, lie within the match itself.
    inside: usize,
    /// Of a regular expression: features of which the file holds one; empty: unknown.
    pub(super) any: Vec<FeatureId>,
}

impl Need {
    fn new(pattern: &Pattern, names: &NameTable) -> Self {
        let kinds = pattern.kinds.iter().map(|kind| Feature::Kind(*kind));
        let mut in_file: SmallVec<[FeatureId; 6]> =
            kinds.filter_map(|kind| names.find(&kind)).collect();
        // A constant stands for these; the file holds them where it is declared.
        let is_constant = |name: &&String| matches!(name.as_str(), "NULL" | "true" | "false");
        let id = |name: &String| names.get(name.as_bytes());
        let kinds = in_file.len();
        let plain = pattern.names.iter().filter(|name| !is_constant(name));
        in_file.extend(plain.filter_map(id));
        let inside = if pattern.has_names_inside {
            in_file.len()
        } else {
            kinds
        };
        in_file.extend(pattern.names.iter().filter(is_constant).filter_map(id));
        let elsewhere = pattern.kinds_in_file.iter();
        in_file.extend(elsewhere.filter_map(|kind| names.find(&Feature::Kind(*kind))));
        Self {
            in_file,
            inside,
            any: Vec::new(),
        }
    }

    /// Features that lie within the match itself.
    pub(super) fn inside(&self) -> &[FeatureId] {
        self.in_file.get(..self.inside).unwrap_or_default()
    }
}

/// The needs of the parts of a form, by the parts' numbers.
pub(super) fn needs(form: &Form, names: &NameTable) -> Vec<Need> {
    let mut found = Vec::new();
    collect(&form.formula, names, &mut found);
    found
}

fn collect(node: &Node, names: &NameTable, found: &mut Vec<Need>) {
    let at = node.id as usize;
    if found.len() <= at {
        found.resize(at + 1, Need::default());
    }
    match &node.op {
        Op::Pattern(pattern) => {
            if let Some(slot) = found.get_mut(at) {
                *slot = Need::new(pattern, names);
            }
        }
        Op::Generic(_) => {}
        Op::Regex(regex) => {
            let clause = features::texts(&regex.needed).unwrap_or_default();
            let any: Option<Vec<FeatureId>> = clause.iter().map(|text| names.find(text)).collect();
            if let (Some(any), Some(slot)) = (any, found.get_mut(at)) {
                slot.any = any;
            }
        }
        Op::Either(nodes) => nodes.iter().for_each(|node| collect(node, names, found)),
        Op::All(all) => parts(all).for_each(|node| collect(node, names, found)),
    }
}

/// All parts of a conjunction.
pub(super) fn parts(all: &All) -> impl Iterator<Item = &Node> {
    let tested = all.conditions.iter().filter_map(|test| match test {
        Test::Pattern(_, node) => Some(node),
        _ => None,
    });
    all.positives
        .iter()
        .chain(&all.insides)
        .chain(&all.nots)
        .chain(&all.not_insides)
        .chain(tested)
}

/// Adds what a file must hold for a match of the part: one feature of each clause.
pub(super) fn clauses(node: &Node, found: &mut Vec<Vec<Feature>>) {
    match &node.op {
        Op::Pattern(pattern) => {
            let names = pattern.names.iter().cloned().map(Feature::Name);
            let kinds = pattern.kinds.iter().chain(&pattern.kinds_in_file);
            let kinds = kinds.copied().map(Feature::Kind);
            found.extend(names.chain(kinds).map(|feature| vec![feature]));
        }
        Op::Generic(_) => {}
        Op::Regex(regex) => found.extend(features::texts(&regex.needed)),
        Op::Either(nodes) => {
            // One feature that suffices for each alternative; none, if an alternative needs none.
            let mut either = Vec::with_capacity(nodes.len());
            for node in nodes {
                let mut inner = Vec::new();
                clauses(node, &mut inner);
                let commonness =
                    |clause: &Vec<Feature>| clause.iter().map(Feature::commonness).sum::<u32>();
                match inner.into_iter().min_by_key(commonness) {
                    Some(clause) => either.extend(clause),
                    None => return,
                }
            }
            either.sort_unstable();
            either.dedup();
            if !either.is_empty() {
                found.push(either);
            }
        }
        Op::All(all) => {
            let positive = all.positives.iter().chain(&all.insides);
            positive.for_each(|node| clauses(node, found));
            for condition in &all.conditions {
                if let Test::Pattern(_, node) = condition {
                    clauses(node, found);
                }
            }
        }
    }
}
