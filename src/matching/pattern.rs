//! Compiled patterns: plain data, made once by the build script for built-in rules, at load time
//! for users' rules.

use serde::{Deserialize, Serialize};

use crate::syntax::{Kind, Language};

/// Index of a metavariable in its rule's table of names.
pub(super) type MetaId = u8;

/// A part of a pattern: expression, statement, type, parameter or any other node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pat {
    /// `...`: anything; in a list, any number of elements.
    Dots,
    /// `$_`: any one node.
    Any,
    /// `$X`.
    Meta(MetaId),
    /// `$...X`: any number of list elements.
    MetaDots(MetaId),
    /// `<... e ...>`: `e` here or in any sub-expression.
    Deep(Box<Pat>),
    /// `(TYPE $X)`: an expression of that type.
    Typed(Option<MetaId>, Box<TypePat>),
    /// An identifier-like leaf with this text.
    Name(String),
    /// A leaf of this kind with this text.
    Leaf(Kind, String),
    /// A whole number with this value; the text decides where it has none.
    Number(Option<u64>, String),
    /// `"..."`: any string literal.
    AnyString,
    /// `"$X"`: a string literal, its content bound.
    MetaString(MetaId),
    /// A string literal with this content.
    Str(String),
    /// `f(args)`; also C's `sizeof x` with the name `sizeof`.
    Call(Box<Pat>, Vec<Pat>),
    /// `a = b`; also an initialised declaration.
    Assign(Box<Pat>, Box<Pat>),
    /// `a OP b`.
    Binary(String, Box<Pat>, Box<Pat>),
    /// `a.f`; C's `a->f` is `(*a).f`.
    Field(Box<Pat>, Box<Pat>),
    /// `*a` in C.
    Deref(Box<Pat>),
    /// A Rust macro call: name and the tokens between its brackets.
    Macro(Box<Pat>, Vec<Pat>),
    /// Rust macro tokens: one group with its children.
    Group(Vec<Pat>),
    /// A Rust path of more than one segment, its segments.
    Path(Vec<Pat>),
    /// Any other node: same kind, children pairwise.
    Node(Kind, Vec<Pat>),

    /// `e;`
    ExprStmt(Box<Pat>),
    /// `{ ... }`
    Block(Vec<Pat>),
    /// `if (c) a else b`
    If(Box<Pat>, Box<Pat>, Option<Box<Pat>>),
    /// `return e;`
    Return(Option<Box<Pat>>),
    /// `switch (c) { cases }`: each case is its labels and its body.
    Switch(Box<Pat>, Vec<CasePat>),
    /// `for (init; condition; update) body`; a missing part matches a missing part.
    For(Vec<Option<Pat>>, Box<Pat>),
    /// A C variable, or function without body: attributes, type, name, initial value.
    Var(Box<VarPat>),
    /// A function with its body.
    Function(Box<FunctionPat>),
    /// A parameter: type and name, either may be missing.
    Param(Option<Box<TypePat>>, Option<Box<Pat>>),
    /// A Rust item or statement with attributes before it.
    Attributed(Vec<Pat>, Box<Pat>),
    /// `let P: T = e;` in Rust, `mut` in the pattern or not.
    Let(Box<LetPat>),
}

/// One `case` of a `switch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CasePat {
    /// Its labels; `None` is `default`.
    pub labels: Vec<Option<Pat>>,
    /// Its statements.
    pub body: Vec<Pat>,
}

/// A C declaration of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VarPat {
    /// Storage classes and qualifiers that must be there.
    pub attributes: Vec<String>,
    /// Its type, declarators included.
    pub of_type: TypePat,
    /// Its name.
    pub name: Pat,
    /// Its initial value; none matches none.
    pub value: Option<Pat>,
}

/// A function definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionPat {
    /// Attributes and modifiers that must be there.
    pub attributes: Vec<String>,
    /// Return type; none matches any.
    pub returns: Option<TypePat>,
    /// Its name.
    pub name: Pat,
    /// Its parameters.
    pub parameters: Vec<Pat>,
    /// Its statements.
    pub body: Vec<Pat>,
}

/// A Rust `let`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetPat {
    /// The pattern left of `=`.
    pub pattern: Pat,
    /// Whether `mut` must be there.
    pub mutable: bool,
    /// Its type; none matches any.
    pub of_type: Option<Pat>,
    /// Its value; none matches none.
    pub value: Option<Pat>,
    /// The `else` block.
    pub otherwise: Option<Pat>,
}

/// A C type: a base and what the declarator adds, outermost first (`char *a[3]`: array of 3, then
/// pointer, base `char`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypePat {
    /// What is pointed at, contained or returned in the end.
    pub base: BasePat,
    /// Pointer, array and function layers, outermost first.
    pub layers: Vec<LayerPat>,
    /// Qualifiers (`const`, `volatile`) that must be there.
    pub qualifiers: Vec<String>,
}

/// The base of a C type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BasePat {
    /// `$_`: any type, further layers included.
    Any,
    /// `$T`: any type, further layers included.
    Meta(MetaId),
    /// A named type, words separated by one space.
    Named(String),
    /// Anything else (a struct with its body), as a node.
    Node(Box<Pat>),
}

/// One layer of a C type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LayerPat {
    /// `*`
    Pointer,
    /// `[size]`; none matches none.
    Array(Option<Box<Pat>>),
    /// `(parameters)`
    Function(Vec<Pat>),
}

/// A whole pattern, ready to be matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// The language it was parsed in.
    pub language: Language,
    /// What it matches.
    pub root: Root,
    /// Names that every file with a match holds, sorted.
    pub names: Vec<String>,
    /// Whether they stand in every match itself; an import may hold them otherwise.
    pub has_names_inside: bool,
    /// Kinds of nodes and operators that every match contains, sorted.
    pub kinds: Vec<Kind>,
    /// Kinds that every file with a match holds, sorted.
    pub kinds_in_file: Vec<Kind>,
}

impl Pattern {
    /// Whether it asks for a function and for something beside it: then no function alone decides
    /// whether it matches.
    pub(super) fn spans_functions(&self) -> bool {
        let Root::Stmts(pats) = &self.root else {
            return false;
        };
        let is_function = |pat: &Pat| match pat {
            Pat::Function(_) => true,
            Pat::Attributed(_, inner) => matches!(**inner, Pat::Function(_)),
            _ => false,
        };
        let others = pats.iter().filter(|pat| **pat != Pat::Dots).count();
        others > 1 && pats.iter().any(is_function)
    }
}

/// What a pattern is matched against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Root {
    /// Any expression (or type, or other node).
    Expr(Pat),
    /// Any statement.
    Stmt(Pat),
    /// Consecutive statements of one list.
    Stmts(Vec<Pat>),
}
