//! Pattern text → [`Pattern`].

use super::pattern::{MetaId, Pat, Pattern};
use super::prepare::{self, Prepared};
use super::to_pat::Converter;
use crate::syntax::{Kind, Language, Limits, NodeId, Parser, SourceFile};

/// A pattern that is no code of its language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The grammar does not accept it in any place code can stand.
    #[error(
        "this is not {language} code: no expression, statement, declaration or item reads like this"
    )]
    Syntax {
        /// `C` or `Rust`.
        language: &'static str,
    },
    /// Nothing but white space.
    #[error("the pattern is empty")]
    Empty,
    /// More than 200 different metavariables.
    #[error("the rule has more than {0} metavariables")]
    TooManyMetavariables(usize),
    /// A typed metavariable whose type cannot be read.
    #[error("`{0}` is no type")]
    Type(String),
}

/// Names of the metavariables of one rule; a [`MetaId`] is an index into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetaNames {
    names: Vec<String>,
}

/// Most metavariables of one rule.
const MAX_METAVARIABLES: usize = 200;

impl MetaNames {
    /// The number of `name` (`$X` is given as `$X`), taken up if it is new.
    ///
    /// # Errors
    /// The rule has too many.
    pub fn intern(&mut self, name: &str) -> Result<MetaId, PatternError> {
        let index = match self.names.iter().position(|known| known == name) {
            Some(index) => index,
            None => {
                self.names.push(name.to_owned());
                self.names.len() - 1
            }
        };
        match MetaId::try_from(index) {
            Ok(id) if index < MAX_METAVARIABLES => Ok(id),
            _ => Err(PatternError::TooManyMetavariables(MAX_METAVARIABLES)),
        }
    }

    /// The number of a name that some pattern uses.
    pub fn find(&self, name: &str) -> Option<MetaId> {
        self.names
            .iter()
            .position(|known| known == name)
            .and_then(|at| MetaId::try_from(at).ok())
    }

    /// All names in the order of their numbers.
    pub fn into_names(self) -> Vec<String> {
        self.names
    }
}

/// Compiles the patterns of rules; keeps a parser between them.
pub struct Compiler {
    parser: Parser,
}

impl Default for Compiler {
    fn default() -> Self {
        Self {
            parser: Parser::new(Limits::default()),
        }
    }
}

/// Ways to make a whole file of a pattern: text before, text after, and whether the pattern is what
/// stands inside the first function's body.
struct Frame {
    before: &'static str,
    after: &'static str,
    in_body: bool,
    /// Whether only patterns that do not end like statements go here.
    only_expression: bool,
}

const C_FRAMES: &[Frame] = &[
    // What can be an expression is one: `f(a * b)` alone would be read as a declaration.
    Frame {
        before: "void scrubin0(void) { scrubin0x = (",
        after: "); }",
        in_body: true,
        only_expression: true,
    },
    Frame {
        before: "void scrubin0(void) {\n",
        after: "\n}",
        in_body: true,
        only_expression: false,
    },
    Frame {
        before: "void scrubin0(void) {\n",
        after: "\n;}",
        in_body: true,
        only_expression: false,
    },
    Frame {
        before: "",
        after: "",
        in_body: false,
        only_expression: false,
    },
    Frame {
        before: "",
        after: "\n;",
        in_body: false,
        only_expression: false,
    },
    Frame {
        before: "void scrubin0(void) { switch (0) {\n",
        after: "\n} }",
        in_body: true,
        only_expression: false,
    },
    Frame {
        before: "void scrubin0(void) { sizeof(",
        after: "); }",
        in_body: true,
        only_expression: false,
    },
];

const RUST_FRAMES: &[Frame] = &[
    Frame {
        before: "fn scrubin0() {\n",
        after: "\n}",
        in_body: true,
        only_expression: false,
    },
    Frame {
        before: "fn scrubin0() {\n",
        after: "\n;}",
        in_body: true,
        only_expression: false,
    },
    Frame {
        before: "",
        after: "",
        in_body: false,
        only_expression: false,
    },
    Frame {
        before: "impl X {\n",
        after: "\n}",
        in_body: false,
        only_expression: false,
    },
    Frame {
        before: "fn scrubin0() { match x {\n",
        after: "\n} }",
        in_body: true,
        only_expression: false,
    },
    Frame {
        before: "fn scrubin0() { let x: ",
        after: "; }",
        in_body: true,
        only_expression: false,
    },
];

impl Compiler {
    /// Compiles one pattern. Metavariables are numbered in `metas`, which the patterns of one rule
    /// share.
    ///
    /// # Errors
    /// [`PatternError`] where the text is no code of the language.
    pub fn compile(
        &mut self,
        text: &str,
        language: Language,
        metas: &mut MetaNames,
    ) -> Result<Pattern, PatternError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(PatternError::Empty);
        }
        let prepared = prepare::prepare(trimmed, language);
        let frames = match language {
            Language::C => C_FRAMES,
            Language::Rust => RUST_FRAMES,
        };
        for frame in frames {
            if frame.only_expression && ends_as_statement(&prepared) {
                continue;
            }
            let source = format!("{}{}{}", frame.before, prepared.text, frame.after);
            let Ok(file) = self.parser.parse_verbatim(language, source.as_bytes()) else {
                continue;
            };
            if has_error(&file) {
                continue;
            }
            let types = prepared
                .typed
                .iter()
                .map(|(type_text, name)| self.typed(type_text, name, language, metas))
                .collect::<Result<Vec<_>, _>>()?;
            let mut converter = Converter::new(&file, metas, &types);
            let statement = ends_as_statement(&prepared);
            let root = converter.root(frame.in_body, frame.before.len(), frame.after, statement)?;
            let Some(root) = root else { continue };
            return Ok(converter.pattern(root, language));
        }
        Err(PatternError::Syntax {
            language: match language {
                Language::C => "C",
                Language::Rust => "Rust",
            },
        })
    }

    /// Compiles the type of `(TYPE $X)`.
    fn typed(
        &mut self,
        type_text: &str,
        name: &str,
        language: Language,
        metas: &mut MetaNames,
    ) -> Result<Pat, PatternError> {
        let bad = || PatternError::Type(type_text.to_owned());
        let prepared = prepare::prepare(type_text, language);
        let source = format!("void scrubin0({} scrubin0x);", prepared.text);
        let file = self
            .parser
            .parse_verbatim(language, source.as_bytes())
            .map_err(|_| bad())?;
        if has_error(&file) {
            return Err(bad());
        }
        let mut converter = Converter::new(&file, metas, &[]);
        let of_type = converter.type_of_first_parameter()?.ok_or_else(bad)?;
        let id = if name == "$_" {
            None
        } else {
            Some(metas.intern(name)?)
        };
        Ok(Pat::Typed(id, Box::new(of_type)))
    }
}

/// Whether the text ends like a statement.
fn ends_as_statement(prepared: &Prepared) -> bool {
    prepared.text.trim_end().ends_with([';', '}'])
}

/// Whether the parser had to guess anywhere.
fn has_error(file: &SourceFile<'_>) -> bool {
    let nodes = file.tree.subtree(file.tree.root());
    nodes
        .into_iter()
        .any(|node: NodeId| matches!(file.tree.kind(node), Kind::ERROR | Kind::MISSING))
}
