//! What every match of a pattern contains: names and kinds of nodes. A file, or a part of it, that
//! lacks one of them is ruled out without any matching.

use serde::{Deserialize, Serialize};

use super::literals;
use super::pattern::{BasePat, CasePat, LayerPat, Pat, Root, TypePat};
use crate::syntax::{Kind, Language};

/// Something that a file can be seen to hold from one pass over its nodes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Feature {
    /// A name with this text.
    Name(String),
    /// A node, or an operator, of this kind.
    Kind(Kind),
    /// This text (lower case) anywhere in the file, in any case.
    Text(String),
}

/// The clause of an expression's needed texts, if they are worth a search.
pub(super) fn texts(needed: &[String]) -> Option<Vec<Feature>> {
    let is_useful = !needed.is_empty()
        && needed
            .iter()
            .all(|text| text.len() > 2 && !literals::is_everywhere(text));
    is_useful.then(|| needed.iter().cloned().map(Feature::Text).collect())
}

impl Feature {
    /// How common it is in firmware, roughly: of several alternatives the rarest is asked for.
    pub(super) fn commonness(&self) -> u32 {
        match self {
            Self::Name(name) => match name.as_str() {
                "NULL" | "true" | "false" | "int" | "char" | "void" | "self" | "uint8_t"
                | "uint16_t" | "uint32_t" | "size_t" | "i" | "len" => 40,
                _ => 1,
            },
            Self::Text(_) => 2,
            Self::Kind(kind) => match *kind {
                Kind::CALL_EXPRESSION | Kind::NUMBER_LITERAL | Kind::INTEGER_LITERAL => 100,
                Kind::FUNCTION_DEFINITION | Kind::FUNCTION_ITEM | Kind::PARAMETER_DECLARATION => 95,
                Kind::RETURN_STATEMENT | Kind::POINTER_DECLARATOR | Kind::FIELD_EXPRESSION => 90,
                Kind::BINARY_EXPRESSION | Kind::IF_STATEMENT | Kind::IF_EXPRESSION => 85,
                Kind::INIT_DECLARATOR | Kind::POINTER_EXPRESSION | Kind::STRING_LITERAL => 80,
                Kind::ARRAY_DECLARATOR | Kind::SUBSCRIPT_EXPRESSION => 60,
                Kind::CAST_EXPRESSION | Kind::FOR_STATEMENT | Kind::LET_DECLARATION => 55,
                Kind::STORAGE_CLASS_SPECIFIER | Kind::TYPE_QUALIFIER => 50,
                Kind::SIZEOF_EXPRESSION => 45,
                _ => 30,
            },
        }
    }
}

/// The kinds that every match of the pattern contains, and those that the file holds, if perhaps not
/// in the match: a literal is where a constant is declared.
pub(super) fn kinds(root: &Root, language: Language) -> (Vec<Kind>, Vec<Kind>) {
    let mut work = Work {
        is_c: language == Language::C,
        found: Vec::new(),
        elsewhere: Vec::new(),
    };
    match root {
        Root::Expr(pat) | Root::Stmt(pat) => work.pat(pat),
        Root::Stmts(pats) => work.pats(pats),
    }
    (work.found, work.elsewhere)
}

struct Work {
    is_c: bool,
    found: Vec<Kind>,
    elsewhere: Vec<Kind>,
}

impl Work {
    fn push(&mut self, kind: Kind) {
        self.found.push(kind);
    }

    /// A kind with another name in each language.
    fn either(&mut self, c: Kind, rust: Kind) {
        self.push(if self.is_c { c } else { rust });
    }

    fn pats(&mut self, pats: &[Pat]) {
        for pat in pats {
            self.pat(pat);
        }
    }

    fn pat(&mut self, pat: &Pat) {
        match pat {
            // `(TYPE $X)` is decided by a declaration elsewhere; a path may go through an import.
            Pat::Dots | Pat::Any | Pat::Meta(_) | Pat::MetaDots(_) => {}
            Pat::Typed(..) | Pat::Path(_) | Pat::Name(_) => {}
            Pat::Deep(inner) => self.pat(inner),
            Pat::Leaf(kind, _) => self.push(*kind),
            Pat::Number(..) if self.is_c => self.elsewhere.push(Kind::NUMBER_LITERAL),
            Pat::Number(..) => self.push(Kind::INTEGER_LITERAL),
            Pat::AnyString | Pat::MetaString(_) | Pat::Str(_) => {
                // Rust has two kinds of them.
                if self.is_c {
                    self.elsewhere.push(Kind::STRING_LITERAL);
                }
            }
            Pat::Call(function, arguments) => {
                match function.as_ref() {
                    Pat::Name(name) if name == "sizeof" => self.push(Kind::SIZEOF_EXPRESSION),
                    Pat::Any => {}
                    function => {
                        self.push(Kind::CALL_EXPRESSION);
                        self.pat(function);
                    }
                }
                self.pats(arguments);
            }
            // Also a declaration with an initial value.
            Pat::Assign(left, right) => {
                self.pat(left);
                self.pat(right);
            }
            Pat::Binary(_, left, right) => {
                self.push(Kind::BINARY_EXPRESSION);
                self.pat(left);
                self.pat(right);
            }
            Pat::Field(object, field) => {
                self.push(Kind::FIELD_EXPRESSION);
                match object.as_ref() {
                    // `a->f` has no node for `*a`.
                    Pat::Deref(inner) => self.pat(inner),
                    // `a. ... .f` also matches `a.f`.
                    Pat::Field(first, between) if **between == Pat::Dots => self.pat(first),
                    object => self.pat(object),
                }
                self.pat(field);
            }
            Pat::Deref(inner) => {
                self.push(Kind::POINTER_EXPRESSION);
                self.pat(inner);
            }
            Pat::Macro(name, _) => {
                self.push(Kind::MACRO_INVOCATION);
                self.pat(name);
            }
            Pat::Group(_) => self.push(Kind::TOKEN_TREE),
            Pat::Node(kind, parts) => {
                self.push(*kind);
                self.pats(parts);
            }
            Pat::ExprStmt(inner) => self.pat(inner),
            // Braces around one statement make no difference.
            Pat::Block(pats) => self.pats(pats),
            Pat::If(condition, then, otherwise) => {
                self.either(Kind::IF_STATEMENT, Kind::IF_EXPRESSION);
                self.pat(condition);
                self.pat(then);
                if let Some(otherwise) = otherwise {
                    self.pat(otherwise);
                }
            }
            Pat::Return(value) => {
                self.either(Kind::RETURN_STATEMENT, Kind::RETURN_EXPRESSION);
                if let Some(value) = value {
                    self.pat(value);
                }
            }
            Pat::Switch(condition, cases) => {
                self.push(Kind::SWITCH_STATEMENT);
                self.pat(condition);
                for CasePat { labels, body } in cases {
                    self.push(Kind::CASE_STATEMENT);
                    labels.iter().flatten().for_each(|label| self.pat(label));
                    self.pats(body);
                }
            }
            Pat::For(header, body) => {
                self.push(Kind::FOR_STATEMENT);
                header.iter().flatten().for_each(|part| self.pat(part));
                self.pat(body);
            }
            Pat::Var(var) => {
                self.of_type(&var.of_type, true);
                for word in &var.attributes {
                    if matches!(word.as_str(), "static" | "extern") {
                        self.push(Kind::STORAGE_CLASS_SPECIFIER);
                    }
                }
                self.pat(&var.name);
                if let Some(value) = &var.value {
                    self.push(Kind::INIT_DECLARATOR);
                    self.pat(value);
                }
            }
            Pat::Function(function) => {
                self.either(Kind::FUNCTION_DEFINITION, Kind::FUNCTION_ITEM);
                self.pat(&function.name);
                self.pats(&function.parameters);
                self.pats(&function.body);
            }
            Pat::Param(of_type, name) => {
                self.push(Kind::PARAMETER_DECLARATION);
                // Without a name the declarator may be an abstract one.
                let is_named = name.as_deref().is_some_and(|name| *name != Pat::Any);
                if let (Some(of_type), true) = (of_type, is_named) {
                    self.of_type(of_type, true);
                }
            }
            // Attributes stand before the item they belong to.
            Pat::Attributed(_, inner) => {
                self.elsewhere.push(Kind::ATTRIBUTE_ITEM);
                self.pat(inner);
            }
            Pat::Let(pat) => {
                self.push(Kind::LET_DECLARATION);
                self.pat(&pat.pattern);
                let parts = [&pat.of_type, &pat.value, &pat.otherwise];
                parts.into_iter().flatten().for_each(|part| self.pat(part));
            }
        }
    }

    /// The layers of a type whose declarator has a name.
    fn of_type(&mut self, pat: &TypePat, is_named: bool) {
        if let BasePat::Node(base) = &pat.base {
            self.pat(base);
        }
        for word in &pat.qualifiers {
            if matches!(word.as_str(), "const" | "volatile") {
                self.push(Kind::TYPE_QUALIFIER);
            }
        }
        for layer in &pat.layers {
            match layer {
                LayerPat::Pointer if is_named => self.push(Kind::POINTER_DECLARATOR),
                LayerPat::Array(size) => {
                    if is_named {
                        self.push(Kind::ARRAY_DECLARATOR);
                    }
                    if let Some(size) = size {
                        self.pat(size);
                    }
                }
                _ => {}
            }
        }
    }
}
