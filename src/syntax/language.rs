//! Which language a file is, and what tree-sitter calls things in it.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::kind::{FIELD_NAMES, Field, KIND_NAMES, Kind};

/// A language with a syntax tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// C, headers included.
    C,
    /// Rust.
    Rust,
}

impl Language {
    /// The word rule files use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Rust => "rust",
        }
    }

    /// tree-sitter's grammar.
    pub(super) fn grammar(self) -> tree_sitter::Language {
        match self {
            Self::C => tree_sitter_c::LANGUAGE.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
        }
    }

    /// Translation of tree-sitter's numbers, made once per process.
    pub(super) fn symbols(self) -> &'static Symbols {
        static C: OnceLock<Symbols> = OnceLock::new();
        static RUST: OnceLock<Symbols> = OnceLock::new();
        match self {
            Self::C => C.get_or_init(|| Symbols::new(&self.grammar())),
            Self::Rust => RUST.get_or_init(|| Symbols::new(&self.grammar())),
        }
    }
}

/// What the flattening does with a node of one of tree-sitter's kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Named node: always.
    Named,
    /// Comment: listed apart from the tree.
    Comment,
    /// Token that carries meaning without a field (`!`, `..=`): always.
    Token,
    /// Any other token: only with a field, or inside a macro's token tree.
    Punctuation,
}

/// tree-sitter's kind and field numbers → ours.
pub(super) struct Symbols {
    kinds: Vec<(Kind, Keep)>,
    fields: Vec<Field>,
}

/// First number of the kinds without a constant.
const FIRST_TOKEN: u16 = 1024;

impl Symbols {
    fn new(grammar: &tree_sitter::Language) -> Self {
        let count = u16::try_from(grammar.node_kind_count()).unwrap_or(u16::MAX);
        let mut first_of = rustc_hash::FxHashMap::default();
        let kinds = (0..count)
            .map(|id| {
                let name = grammar.node_kind_for_id(id).unwrap_or_default();
                if grammar.node_kind_is_named(id) {
                    if matches!(name, "comment" | "line_comment" | "block_comment") {
                        return (Kind::ERROR, Keep::Comment);
                    }
                    let kind = KIND_NAMES
                        .binary_search_by(|(known, _)| (*known).cmp(name))
                        .ok()
                        .and_then(|index| KIND_NAMES.get(index))
                        .map_or(Kind(FIRST_TOKEN.saturating_add(id)), |(_, kind)| *kind);
                    return (kind, Keep::Named);
                }
                let first = *first_of.entry(name).or_insert(id);
                let keep = match name {
                    "-" | "*" | "!" | ".." | "..=" | "const" | "move" if count > 300 => Keep::Token,
                    _ => Keep::Punctuation,
                };
                (Kind(FIRST_TOKEN.saturating_add(first)), keep)
            })
            .collect();
        let fields = (0..=u16::try_from(grammar.field_count()).unwrap_or(u16::MAX))
            .map(|id| {
                let name = grammar.field_name_for_id(id).unwrap_or_default();
                FIELD_NAMES
                    .binary_search_by(|(known, _)| (*known).cmp(name))
                    .ok()
                    .and_then(|index| FIELD_NAMES.get(index))
                    .map_or(Field::NONE, |(_, field)| *field)
            })
            .collect();
        Self { kinds, fields }
    }

    /// Our kind, and whether the node is kept. tree-sitter's ERROR (65535) lies outside the table.
    pub(super) fn kind(&self, id: u16) -> (Kind, Keep) {
        self.kinds
            .get(usize::from(id))
            .copied()
            .unwrap_or((Kind::ERROR, Keep::Named))
    }

    /// Our field for tree-sitter's.
    pub(super) fn field(&self, id: u16) -> Field {
        self.fields
            .get(usize::from(id))
            .copied()
            .unwrap_or(Field::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_names_a_kind_or_field_of_a_grammar() {
        let grammars = [Language::C.grammar(), Language::Rust.grammar()];
        for (name, _) in KIND_NAMES {
            assert!(
                grammars.iter().any(|g| g.id_for_node_kind(name, true) != 0),
                "kind {name}"
            );
        }
        for (name, _) in FIELD_NAMES {
            assert!(
                grammars.iter().any(|g| g.field_id_for_name(name).is_some()),
                "field {name}"
            );
        }
        assert!(KIND_NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(FIELD_NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
