//! What the nodes of both grammars mean to patterns. Shared by the compiler of patterns and the
//! matcher, so that both read a tree in the same way.

use smallvec::SmallVec;

use crate::finding::Span;
use crate::syntax::{Field, Kind, NodeId, Tree};

/// Skips parentheses around an expression.
#[inline]
pub(super) fn strip(tree: &Tree, mut node: NodeId) -> NodeId {
    loop {
        let mut children = tree.children(node);
        let first = children.next();
        let is_wrapper = match tree.kind(node) {
            Kind::PARENTHESIZED_EXPRESSION => true,
            // `sizeof(struct s)`, `(T)x`: a type without declarator is its specifier.
            Kind::TYPE_DESCRIPTOR => children.next().is_none(),
            _ => false,
        };
        if !is_wrapper {
            break;
        }
        match first {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// Leaves that are compared by their text alone.
#[inline]
pub(super) fn is_name(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::IDENTIFIER
            | Kind::FIELD_IDENTIFIER
            | Kind::TYPE_IDENTIFIER
            | Kind::STATEMENT_IDENTIFIER
            | Kind::SHORTHAND_FIELD_IDENTIFIER
            | Kind::PRIMITIVE_TYPE
            | Kind::NULL
            | Kind::TRUE
            | Kind::FALSE
            | Kind::BOOLEAN_LITERAL
            | Kind::SELF_VALUE
            | Kind::SUPER_VALUE
            | Kind::CRATE_ROOT
    )
}

/// Value of a whole-number literal, suffixes and separators ignored.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text)
        .ok()?
        .replace(['_', '\''], "")
        .to_ascii_lowercase();
    let (digits, radix) = if let Some(hex) = text.strip_prefix("0x") {
        (hex, 16)
    } else if let Some(binary) = text.strip_prefix("0b") {
        (binary, 2)
    } else if let Some(octal) = text.strip_prefix("0o") {
        (octal, 8)
    } else if text.len() > 1 && text.starts_with('0') {
        (text.trim_start_matches('0'), 8)
    } else {
        (text.as_str(), 10)
    };
    let end = digits
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(digits.len());
    let (value, suffix) = digits.split_at(end);
    let known = [
        "", "u", "l", "ul", "lu", "ll", "ull", "llu", "z", "uz", "u8", "u16", "u32", "u64", "u128",
        "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    ];
    if !known.contains(&suffix) {
        return None;
    }
    if value.is_empty() {
        return (text.starts_with('0') && radix == 8).then_some(0);
    }
    u64::from_str_radix(value, radix).ok()
}

/// Content of a string literal: between the quotes. `None` if the node is no string.
pub(super) fn string_content(tree: &Tree, node: NodeId, source: &[u8]) -> Option<Span> {
    if !matches!(
        tree.kind(node),
        Kind::STRING_LITERAL | Kind::RAW_STRING_LITERAL
    ) {
        return None;
    }
    let span = tree.span(node);
    let text = span.of(source);
    let first = text.iter().position(|&byte| byte == b'"')?;
    let last = text.iter().rposition(|&byte| byte == b'"')?;
    let at = |offset: usize| {
        span.start
            .saturating_add(u32::try_from(offset).unwrap_or(u32::MAX))
    };
    (last > first).then(|| Span::new(at(first + 1), at(last)))
}

/// Function and arguments of a call, C's `sizeof` included (its function is the node itself).
#[derive(Debug, Clone)]
pub(super) struct CallView {
    /// The called expression; `None` for `sizeof`.
    pub(super) function: Option<NodeId>,
    /// The arguments.
    pub(super) arguments: SmallVec<[NodeId; 6]>,
}

/// Reads a call.
pub(super) fn call(tree: &Tree, node: NodeId) -> Option<CallView> {
    match tree.kind(node) {
        Kind::CALL_EXPRESSION => {
            let function = tree.child(node, Field::FUNCTION)?;
            let list = tree.child(node, Field::ARGUMENTS)?;
            Some(CallView {
                function: Some(function),
                arguments: tree.children(list).collect(),
            })
        }
        Kind::SIZEOF_EXPRESSION => {
            let argument = tree
                .child(node, Field::VALUE)
                .or_else(|| tree.child(node, Field::TYPE))
                .or_else(|| tree.children(node).next())?;
            let argument = strip(tree, argument);
            Some(CallView {
                function: None,
                arguments: SmallVec::from_slice(&[argument]),
            })
        }
        _ => None,
    }
}

/// Whether the node is `static_assert(...)`, which is a declaration although the grammar has a call.
pub(super) fn is_static_assert(tree: &Tree, node: NodeId, source: &[u8]) -> bool {
    tree.kind(node) == Kind::CALL_EXPRESSION
        && tree
            .child(node, Field::FUNCTION)
            .is_some_and(|f| matches!(tree.text(f, source), b"static_assert" | b"_Static_assert"))
}

/// Left and right side of a plain assignment, or of a declaration with an initial value.
pub(super) fn assignment(tree: &Tree, node: NodeId, source: &[u8]) -> Option<(NodeId, NodeId)> {
    match tree.kind(node) {
        Kind::ASSIGNMENT_EXPRESSION => {
            if let Some(operator) = tree.child(node, Field::OPERATOR)
                && tree.text(operator, source) != b"="
            {
                return None;
            }
            Some((
                tree.child(node, Field::LEFT)?,
                tree.child(node, Field::RIGHT)?,
            ))
        }
        Kind::INIT_DECLARATOR => {
            let declared = declared(tree, node);
            Some((declared.name?, declared.value?))
        }
        _ => None,
    }
}

/// What a declarator adds to its base type, read from the name outward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Pointer,
    Array(Option<NodeId>),
    Function(NodeId),
}

/// A C declarator taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Declared {
    pub(super) name: Option<NodeId>,
    /// Outermost type layer first: `char *a[3]` is `Array(3)`, `Pointer`.
    pub(super) layers: SmallVec<[Layer; 3]>,
    pub(super) value: Option<NodeId>,
}

/// Takes a C declarator apart.
pub(super) fn declared(tree: &Tree, declarator: NodeId) -> Declared {
    let mut found = Declared::default();
    let mut node = declarator;
    loop {
        let next = match tree.kind(node) {
            Kind::INIT_DECLARATOR => {
                found.value = tree.child(node, Field::VALUE);
                tree.child(node, Field::DECLARATOR)
            }
            Kind::POINTER_DECLARATOR | Kind::ABSTRACT_POINTER_DECLARATOR => {
                found.layers.push(Layer::Pointer);
                tree.child(node, Field::DECLARATOR)
            }
            Kind::ARRAY_DECLARATOR | Kind::ABSTRACT_ARRAY_DECLARATOR => {
                found
                    .layers
                    .push(Layer::Array(tree.child(node, Field::SIZE)));
                tree.child(node, Field::DECLARATOR)
            }
            Kind::FUNCTION_DECLARATOR | Kind::ABSTRACT_FUNCTION_DECLARATOR => {
                if let Some(parameters) = tree.child(node, Field::PARAMETERS) {
                    found.layers.push(Layer::Function(parameters));
                }
                tree.child(node, Field::DECLARATOR)
            }
            Kind::PARENTHESIZED_DECLARATOR
            | Kind::ABSTRACT_PARENTHESIZED_DECLARATOR
            | Kind::ATTRIBUTED_DECLARATOR => tree.children(node).find(|&child| {
                !matches!(
                    tree.kind(child),
                    Kind::MS_CALL_MODIFIER | Kind::ATTRIBUTE_DECLARATION
                )
            }),
            kind => {
                if is_name(kind) {
                    found.name = Some(node);
                }
                None
            }
        };
        match next {
            Some(inner) => node = inner,
            None => break,
        }
    }
    found.layers.reverse();
    found
}

/// Whether the words of `node` (comments left out by the grammar's tokens) are those of `words`,
/// which are separated by one space.
pub(super) fn has_words(tree: &Tree, node: NodeId, source: &[u8], words: &str) -> bool {
    let node = match tree.kind(node) {
        // `struct s { ... }` is the type `struct s`.
        Kind::STRUCT_SPECIFIER | Kind::UNION_SPECIFIER | Kind::ENUM_SPECIFIER => {
            let Some(name) = tree.child(node, Field::NAME) else {
                return false;
            };
            let keyword = match tree.kind(node) {
                Kind::STRUCT_SPECIFIER => "struct",
                Kind::UNION_SPECIFIER => "union",
                _ => "enum",
            };
            let Some(rest) = words
                .strip_prefix(keyword)
                .and_then(|r| r.strip_prefix(' '))
            else {
                return false;
            };
            return tree.text(name, source) == rest.as_bytes();
        }
        _ => node,
    };
    let text = tree.text(node, source);
    text.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .eq(words.split(' ').map(str::as_bytes))
}

/// One element of a statement list: a statement, or one declarator of a C declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Item {
    pub(super) node: NodeId,
    /// For a C declaration: which of its declarators.
    pub(super) declarator: Option<NodeId>,
}

impl Item {
    /// The item that is a whole node.
    pub(super) fn whole(node: NodeId) -> Self {
        Self {
            node,
            declarator: None,
        }
    }
}

/// Whether the node's statements belong to the list around it (`#if` and its arms).
fn is_transparent(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::PREPROC_IF
            | Kind::PREPROC_IFDEF
            | Kind::PREPROC_ELSE
            | Kind::PREPROC_ELIF
            | Kind::PREPROC_ELIFDEF
            | Kind::LINKAGE_SPECIFICATION
            | Kind::DECLARATION_LIST
    )
}

/// Nodes that hold a list of statements.
pub(super) const LIST_KINDS: &[Kind] = &[
    Kind::COMPOUND_STATEMENT,
    Kind::CASE_STATEMENT,
    Kind::TRANSLATION_UNIT,
    Kind::SOURCE_FILE,
    Kind::BLOCK,
    Kind::DECLARATION_LIST,
];

/// The statements of a list, `#if` groups dissolved, declarations of several names split.
pub(super) fn items(tree: &Tree, list: NodeId) -> Vec<Item> {
    let mut found = Vec::new();
    push_items(tree, list, &mut found, 0);
    found
}

fn push_items(tree: &Tree, list: NodeId, found: &mut Vec<Item>, depth: u32) {
    for child in tree.children(list) {
        let kind = tree.kind(child);
        let role = tree.field(child);
        if role == Field::CONDITION || role == Field::NAME {
            continue;
        }
        match kind {
            _ if is_transparent(kind) && depth < 64 => push_items(tree, child, found, depth + 1),
            Kind::CASE_STATEMENT => found.push(Item::whole(child)),
            _ if role == Field::VALUE => {}
            Kind::DECLARATION | Kind::FIELD_DECLARATION => {
                let before = found.len();
                for declarator in tree
                    .children(child)
                    .filter(|&part| tree.field(part) == Field::DECLARATOR)
                {
                    found.push(Item {
                        node: child,
                        declarator: Some(declarator),
                    });
                }
                if found.len() == before {
                    found.push(Item::whole(child));
                }
            }
            Kind::EXPRESSION_STATEMENT if tree.is_leaf(child) => {}
            Kind::EMPTY_STATEMENT
            | Kind::ATTRIBUTE_ITEM
            | Kind::INNER_ATTRIBUTE_ITEM
            | Kind::LABEL => {}
            _ => found.push(Item::whole(child)),
        }
    }
}
