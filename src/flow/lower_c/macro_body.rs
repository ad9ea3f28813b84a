//! Macros: their definitions, and what their bodies are.

use std::sync::OnceLock;

use super::directives::Define;
use super::scan::is_word;
use crate::finding::Span;
use crate::syntax::{Field, Kind, Language, Limits, MacroTable, NodeId, Parser, SourceFile, Tree};

/// Longest body that is read, in bytes.
const LONGEST: usize = 4_000;

/// A macro.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: Box<[u8]>,
    /// Of a function-like one.
    pub(super) parameters: Option<Vec<Box<[u8]>>>,
    pub(super) is_variadic: bool,
    pub(super) body: Box<[u8]>,
    /// The same file defines it otherwise as well, in another arm of an `#if`.
    pub(super) is_one_of_several: bool,
    // Boxed, as most are never looked at.
    parsed: OnceLock<Box<Parsed>>,
    members: OnceLock<Box<Parsed>>,
}

/// A body as a tree.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) form: Form,
    pub(super) tree: Tree,
    pub(super) text: Box<[u8]>,
    /// Loops that are macros, with the bytes of their names.
    loops: Vec<(NodeId, Span)>,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Form {
    /// Empty.
    Nothing,
    /// An expression.
    Expression(NodeId),
    /// Statements: the children of a block.
    Statements(NodeId),
    /// The head of a loop or condition without its body.
    Head(NodeId),
    /// A type.
    Type(NodeId),
    /// Fields of a record: the list.
    Members(NodeId),
    /// Nothing that stands alone.
    #[default]
    Opaque,
}

impl Definition {
    pub(super) fn new(define: &Define<'_>) -> Self {
        let mut is_variadic = false;
        let parameters = define.parameters.as_ref().map(|names| {
            names
                .iter()
                .map(|name| {
                    let Some(rest) = name.strip_suffix(b"...") else {
                        return (*name).into();
                    };
                    is_variadic = true;
                    match rest.trim_ascii() {
                        [] => b"__VA_ARGS__"[..].into(),
                        rest => rest.into(),
                    }
                })
                .collect()
        });
        Self {
            name: define.name.into(),
            parameters,
            is_variadic,
            body: define.body.into(),
            is_one_of_several: false,
            parsed: OnceLock::new(),
            members: OnceLock::new(),
        }
    }

    /// Whether nothing but comments stands in it.
    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty() || self.body.starts_with(b"//") || {
            let body = self.body.strip_prefix(b"/*");
            body.is_some_and(|body| {
                memchr::memmem::find(body, b"*/").is_none_or(|end| end + 2 == body.len())
            })
        }
    }

    /// The body, parsed at its first use.
    pub(super) fn parsed(&self, parser: &mut Option<Parser>) -> &Parsed {
        self.parsed.get_or_init(|| {
            let parser = parser.get_or_insert_with(|| Parser::new(Limits::default()));
            let parsed = self.parse(parser).unwrap_or_else(|| Parsed {
                form: if self.is_empty() {
                    Form::Nothing
                } else {
                    Form::Opaque
                },
                ..Parsed::default()
            });
            Box::new(parsed)
        })
    }

    /// The body as fields of a record.
    pub(super) fn members(&self, parser: &mut Option<Parser>) -> &Parsed {
        self.members.get_or_init(|| {
            let parser = parser.get_or_insert_with(|| Parser::new(Limits::default()));
            Box::new(self.parse_members(parser).unwrap_or_default())
        })
    }

    fn parse_members(&self, parser: &mut Parser) -> Option<Parsed> {
        if self.body.len() > LONGEST || self.is_empty() {
            return None;
        }
        let text = [b"struct s{", &*without_hashes(&self.body)?, b"\n;};"].concat();
        let file = parser.parse(Language::C, &text, &MacroTable::new()).ok()?;
        let tree = file.tree;
        let list = tree
            .subtree(tree.root())
            .find(|&node| tree.kind(node) == Kind::FIELD_DECLARATION_LIST)?;
        Some(Parsed {
            form: Form::Members(list),
            tree,
            text: text.into(),
            loops: Vec::new(),
        })
    }

    /// The name of the macro that a loop in the body is.
    pub(super) fn loop_name(&self, node: NodeId) -> Option<&[u8]> {
        let parsed = self.parsed.get()?;
        let (_, name) = parsed.loops.iter().find(|(at, _)| *at == node)?;
        Some(name.of(&parsed.text))
    }

    fn parse(&self, parser: &mut Parser) -> Option<Parsed> {
        if self.body.len() > LONGEST || self.is_empty() {
            return None;
        }
        let mut body = without_hashes(&self.body)?;
        if let Some(parameters) = &self.parameters {
            bare_parameters(body.to_mut(), parameters);
        }
        // `;` on a line of its own, behind comments.
        let text = [b"void f(void){", &*body, b"\n;}"].concat();
        // Variadic and statement arguments of the calls inside parse as in the file.
        let file = parser.parse(Language::C, &text, &MacroTable::new()).ok()?;
        if !file.gaps.is_empty() {
            return None;
        }
        let tree = &file.tree;
        let block = file.functions.first()?.body;
        let form = form(tree, block, &text);
        let loops = file.macro_loops.iter();
        let loops = loops.map(|found| (found.node, found.name)).collect();
        let tree = file.tree;
        Some(Parsed {
            form,
            tree,
            text: text.into(),
            loops,
        })
    }
}

/// Marks the macros without parameters for which a file has several bodies.
pub(super) fn mark_alternatives(definitions: &mut [Definition]) {
    let mut order: Vec<usize> = (0..definitions.len()).collect();
    order.sort_by(|&one, &two| {
        let name = |at: usize| definitions.get(at).map(|definition| &definition.name);
        name(one).cmp(&name(two)).then(one.cmp(&two))
    });
    let mut marked = Vec::new();
    for same in order.chunk_by(|&one, &two| {
        let name = |at: usize| definitions.get(at).map(|definition| &definition.name);
        name(one) == name(two)
    }) {
        let mut bodies = same
            .iter()
            .filter_map(|&at| definitions.get(at))
            .filter(|definition| definition.parameters.is_none() && !definition.is_empty())
            .map(|definition| &definition.body);
        let first = bodies.next();
        if bodies.any(|body| Some(body) != first) {
            marked.extend_from_slice(same);
        }
    }
    for at in marked {
        if let Some(definition) = definitions.get_mut(at) {
            definition.is_one_of_several = true;
        }
    }
}

/// Parses a text; where that fails, as a file is parsed whose macros nobody knows.
pub(super) fn read<'t>(parser: &mut Parser, text: &'t [u8]) -> Option<SourceFile<'t>> {
    let file = parser.parse_verbatim(Language::C, text).ok()?;
    if file.gaps.is_empty() {
        return Some(file);
    }
    parser.parse(Language::C, text, &MacroTable::new()).ok()
}

fn form(tree: &Tree, block: NodeId, text: &[u8]) -> Form {
    // The last `;` is the wrapping's.
    let children: Vec<NodeId> = tree.children(block).collect();
    let [only] = match children.as_slice() {
        [only] | [only, _] => [*only],
        _ => return Form::Statements(block),
    };
    if let [_, last] = children.as_slice()
        && !(tree.kind(*last) == Kind::EXPRESSION_STATEMENT && tree.is_leaf(*last))
    {
        return Form::Statements(block);
    }
    match tree.kind(only) {
        Kind::EXPRESSION_STATEMENT => match tree.children(only).next() {
            // With a `;` of its own it is a statement.
            Some(inner) if children.len() == 1 => Form::Expression(inner),
            Some(_) => Form::Statements(block),
            None => Form::Nothing,
        },
        Kind::PRIMITIVE_TYPE
        | Kind::SIZED_TYPE_SPECIFIER
        | Kind::TYPE_IDENTIFIER
        | Kind::STRUCT_SPECIFIER
        | Kind::UNION_SPECIFIER
        | Kind::ENUM_SPECIFIER => Form::Type(only),
        Kind::FOR_STATEMENT | Kind::WHILE_STATEMENT => match tree.child(only, Field::BODY) {
            Some(body) if is_wrapping(tree, body, text) => Form::Head(only),
            _ => Form::Statements(block),
        },
        Kind::IF_STATEMENT => match tree.child(only, Field::CONSEQUENCE) {
            Some(body) if is_wrapping(tree, body, text) => Form::Head(only),
            _ => Form::Statements(block),
        },
        _ => Form::Statements(block),
    }
}

/// Whether an empty statement is the `;` that was added.
fn is_wrapping(tree: &Tree, body: NodeId, text: &[u8]) -> bool {
    tree.is_leaf(body)
        && tree.span(body).end as usize + 1 == text.len()
        && tree.kind(body) == Kind::EXPRESSION_STATEMENT
}

/// The body with `#x` as an empty string; `None` where names are pasted together.
fn without_hashes(body: &[u8]) -> Option<std::borrow::Cow<'_, [u8]>> {
    if !body.contains(&b'#') {
        return Some(body.into());
    }
    let mut out = body.to_vec();
    let mut at = 0;
    while let Some(step) = out.get(at..).and_then(|rest| memchr::memchr(b'#', rest)) {
        let hash = at + step;
        let rest = out.get(hash + 1..)?;
        let blanks = rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let word = rest.get(blanks..)?;
        let length = word.iter().take_while(|byte| is_word(**byte)).count();
        // `#` inside a string stays; it looks like a paste or operator at worst.
        if length == 0 {
            if word.first() == Some(&b'#') {
                // `, ##__VA_ARGS__` only takes the comma away where nothing follows.
                let before = out.get(..hash)?.trim_ascii_end();
                if before.last() != Some(&b',') {
                    return None;
                }
                out.get_mut(hash..hash + 2 + blanks)?.fill(b' ');
                at = hash + 2;
                continue;
            }
            at = hash + 1;
            continue;
        }
        let end = hash + 1 + blanks + length;
        let place = out.get_mut(hash..end)?;
        place.fill(b' ');
        if let [first, second, ..] = place {
            *first = b'"';
            *second = b'"';
        }
        at = end;
    }
    Some(out.into())
}

/// Takes the parentheses from `(x)` around a parameter, which stands for a whole expression
/// anyway; the parser may take them for a cast. Those of casts stay.
fn bare_parameters(body: &mut [u8], parameters: &[Box<[u8]>]) {
    let mut at = 0;
    while let Some(step) = body.get(at..).and_then(|rest| memchr::memchr(b'(', rest)) {
        let open = at + step;
        at = open + 1;
        let inside = body.get(at..).unwrap_or_default();
        let Some(close) = memchr::memchr2(b')', b'(', inside) else {
            return;
        };
        let (name, behind) = inside.split_at_checked(close).unwrap_or_default();
        let name = name.trim_ascii();
        let is_parameter = parameters.iter().any(|parameter| **parameter == *name);
        let before = body.get(..open).unwrap_or_default().trim_ascii_end().last();
        let is_call = before.is_some_and(|byte| is_word(*byte) || matches!(byte, b')' | b']'));
        let next = behind
            .get(1..)
            .unwrap_or_default()
            .trim_ascii_start()
            .first();
        let is_cast = next.is_some_and(|byte| {
            is_word(*byte) || matches!(byte, b'(' | b'~' | b'!' | b'"' | b'\'' | b'{')
        });
        let says_type = memchr::memmem::find(&name.to_ascii_lowercase(), b"type").is_some();
        if is_parameter && !is_call && !is_cast && !says_type && behind.first() == Some(&b')') {
            let end = at + close;
            for bracket in [open, end] {
                if let Some(byte) = body.get_mut(bracket) {
                    *byte = b' ';
                }
            }
        }
    }
}

/// A body that is one number, perhaps in parentheses; most are.
pub(super) fn plain_number(body: &[u8]) -> Option<&[u8]> {
    let mut body = body.trim_ascii();
    while let Some(inner) = body
        .strip_prefix(b"(")
        .and_then(|inner| inner.strip_suffix(b")"))
    {
        body = inner.trim_ascii();
    }
    let digits = body.strip_prefix(b"-").unwrap_or(body);
    let is_number = digits.first().is_some_and(u8::is_ascii_digit)
        && digits
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'.');
    is_number.then_some(body)
}
