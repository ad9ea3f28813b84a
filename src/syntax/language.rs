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
    /// Operator: only with a field, or inside a macro's token tree.
    Operator,
    /// Any other token, which never has a field: only inside a macro's token tree.
    Punctuation,
}

/// What is known of one of tree-sitter's kinds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    /// Our name for it.
    pub(super) kind: Kind,
    /// What the flattening does with it.
    pub(super) keep: Keep,
    /// Whether its children may have fields; asking tree-sitter for a field is dear.
    pub(super) fields: bool,
}

/// Tokens that have a field somewhere in one of the grammars.
const OPERATORS: &[&str] = &[
    "!", "!=", "%", "%=", "&", "&&", "&=", "*", "*=", "+", "++", "+=", "-", "--", "-=", "->", ".",
    "/", "/=", "<", "<<", "<<=", "<=", "=", "==", ">", ">=", ">>", ">>=", "^", "^=", "_", "|",
    "|=", "||", "~",
];

/// Frequent kinds whose children never have a field, in either grammar.
const WITHOUT_FIELDS: &[&str] = &[
    "argument_list",
    "arguments",
    "block",
    "compound_statement",
    "concatenated_string",
    "enumerator_list",
    "expression_statement",
    "field_declaration_list",
    "initializer_list",
    "parameter_list",
    "parameters",
    "parenthesized_expression",
    "preproc_params",
    "reference_pattern",
    "return_expression",
    "return_statement",
    "source_file",
    "string_literal",
    "token_tree",
    "translation_unit",
    "try_expression",
    "tuple_expression",
    "type_arguments",
    "use_list",
];

/// tree-sitter's kind and field numbers → ours.
pub(super) struct Symbols {
    kinds: Vec<Symbol>,
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
                let fields = !WITHOUT_FIELDS.contains(&name);
                if grammar.node_kind_is_named(id) {
                    if matches!(name, "comment" | "line_comment" | "block_comment") {
                        let (kind, keep) = (Kind::ERROR, Keep::Comment);
                        return Symbol { kind, keep, fields };
                    }
                    let kind = KIND_NAMES
                        .binary_search_by(|(known, _)| (*known).cmp(name))
                        .ok()
                        .and_then(|index| KIND_NAMES.get(index))
                        .map_or(Kind(FIRST_TOKEN.saturating_add(id)), |(_, kind)| *kind);
                    let keep = Keep::Named;
                    return Symbol { kind, keep, fields };
                }
                let first = *first_of.entry(name).or_insert(id);
                let keep = match name {
                    "-" | "*" | "!" | ".." | "..=" | "const" | "move" if count > 300 => Keep::Token,
                    _ if OPERATORS.contains(&name) => Keep::Operator,
                    _ => Keep::Punctuation,
                };
                let kind = Kind(FIRST_TOKEN.saturating_add(first));
                Symbol { kind, keep, fields }
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

    /// What is known of the kind. tree-sitter's ERROR (65535) lies outside the table.
    #[inline]
    pub(super) fn symbol(&self, id: u16) -> Symbol {
        const ERROR: Symbol = Symbol {
            kind: Kind::ERROR,
            keep: Keep::Named,
            fields: true,
        };
        self.kinds.get(usize::from(id)).copied().unwrap_or(ERROR)
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
    #![allow(
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "tests stop at the first surprise"
    )]

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

    #[test]
    fn fields_are_skipped_only_where_the_grammars_have_none() {
        for types in [tree_sitter_c::NODE_TYPES, tree_sitter_rust::NODE_TYPES] {
            let types: serde_json::Value = serde_json::from_str(types).expect("node types");
            for node in types.as_array().expect("list") {
                let name = node["type"].as_str().expect("type");
                let Some(fields) = node["fields"].as_object() else {
                    continue;
                };
                if WITHOUT_FIELDS.contains(&name) {
                    assert!(fields.is_empty(), "{name} has fields");
                }
                for kind in fields
                    .values()
                    .flat_map(|f| f["types"].as_array().expect("types"))
                {
                    let token = kind["type"].as_str().expect("type");
                    assert!(
                        kind["named"] == true || OPERATORS.contains(&token),
                        "{token} has a field in {name}"
                    );
                }
            }
        }
    }
}
