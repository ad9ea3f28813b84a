//! What a name means: in the scopes at hand, as a macro, in the headers, in the C library.

use super::declarator::mentions_noreturn;
use super::directives::defines;
use super::literal;
use super::macro_body::{Definition, Form, plain_number};
use super::scan::Space;
use super::scope::Binding;
use super::source::{At, Source};
use super::type_names::{Known, is_exact_width, well_known};
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{Operand, Symbol, TypeId};
use crate::syntax::{Field, Kind, NodeId};

/// Declarations of headers that are read inside one another.
const NESTED: u32 = 24;

/// The macros of a file.
#[derive(Debug, Default)]
pub(super) struct FileMacros {
    definitions: Vec<Definition>,
    by_name: rustc_hash::FxHashMap<Box<[u8]>, usize>,
}

impl FileMacros {
    /// Those a text defines where C sees it; of several definitions the first that is not empty.
    pub(super) fn new(text: &[u8]) -> Self {
        let mut found = Self::default();
        let unseen = crate::syntax::unseen_groups(text);
        for define in defines(text) {
            let at = define.name.as_ptr().addr() - text.as_ptr().addr();
            // They are in order, and none within another.
            let next = unseen.partition_point(|group| group.end as usize <= at);
            if unseen
                .get(next)
                .is_some_and(|group| group.start as usize <= at)
            {
                continue;
            }
            let definition = Definition::new(&define);
            let index = found.definitions.len();
            match found.by_name.get(define.name) {
                Some(&known) => {
                    if let Some(slot) = found.definitions.get_mut(known)
                        && !definition.is_empty()
                    {
                        if slot.is_empty() {
                            *slot = definition;
                        } else if slot.body != definition.body {
                            slot.is_one_of_several = true;
                        }
                    }
                }
                None => {
                    found.by_name.insert(define.name.into(), index);
                    found.definitions.push(definition);
                }
            }
        }
        found
    }

    fn get(&self, name: &[u8]) -> Option<&Definition> {
        self.definitions.get(*self.by_name.get(name)?)
    }
}

/// Whether a parenthesis follows a name in a text.
fn calls(text: &[u8], name: &[u8]) -> bool {
    memchr::memmem::find(text, name).is_some_and(|at| {
        let behind = text.get(at + name.len()..).unwrap_or_default();
        behind.trim_ascii_start().first() == Some(&b'(')
    })
}

/// Whether a body is a sum of numbers and other constants.
fn is_arithmetic(body: &[u8]) -> bool {
    let is_plain = |byte: &u8| {
        byte.is_ascii_uppercase()
            || byte.is_ascii_digit()
            || byte.is_ascii_whitespace()
            || b"_()+-*/%<>|&^~!?:=\\".contains(byte)
    };
    memchr::memmem::find(body, b"->").is_none() && body.iter().all(is_plain)
}

impl<'a> Lowerer<'a> {
    /// What a name means; `None` for one that nothing tells of.
    pub(super) fn meaning(&mut self, text: &[u8], name: Symbol) -> Option<Binding> {
        match self.names.get(&name) {
            Some(Binding::Unseen) => return None,
            Some(binding) => return Some(*binding),
            None => {}
        }
        // Whoever asks again while the answer is looked for gets none.
        self.names.insert(name, Binding::Unseen);
        let found = self.look_up(text, name);
        if let Some(binding) = found {
            self.names.insert(name, binding);
        }
        found
    }

    fn look_up(&mut self, text: &[u8], name: Symbol) -> Option<Binding> {
        if let Some(definition) = self.definition(text) {
            return self.macro_binding(definition);
        }
        // A header for another compiler may spell `uint64_t` in words of its own.
        if is_exact_width(text)
            && let Some(Known::Is(ty)) = well_known(text, self.unit.target)
        {
            return Some(Binding::Type(ty));
        }
        if let Some(found) = self.declared_elsewhere(Space::Name, text, name) {
            return Some(found);
        }
        if let Some(definition) = self.prelude.definitions(text).first() {
            return self.macro_binding(definition);
        }
        let known = well_known(text, self.unit.target)?;
        Some(Binding::Type(match known {
            Known::Is(ty) => ty,
            Known::PointerTo(ty) => self.unit.types.pointer_to(ty),
        }))
    }

    /// The macro of that name in the file or its headers; of several one that can be read.
    pub(super) fn definition(&mut self, text: &[u8]) -> Option<&'a Definition> {
        if let Some(own) = self.macros.get(text) {
            return Some(own);
        }
        let mut found = self.headers.definitions(text);
        let first = *found.first()?;
        if first.parameters.is_none() {
            return Some(first);
        }
        found.extend(self.prelude.definitions(text));
        if found.len() == 1 {
            return Some(first);
        }
        let read = found
            .into_iter()
            .find(|definition| definition.parsed(&mut self.parser).form != Form::Opaque);
        Some(read.unwrap_or(first))
    }

    fn macro_binding(&mut self, definition: &'a Definition) -> Option<Binding> {
        if definition.parameters.is_some() {
            return Some(self.expandable(definition, true));
        }
        // Which of several values holds is a matter of the configuration.
        let known = |value| match definition.is_one_of_several {
            true => None,
            false => value,
        };
        if let Some(number) = plain_number(&definition.body) {
            let number = literal::number(number, self.unit.target)?;
            return Some(Binding::Constant(known(number.value), number.ty));
        }
        if let Some((value, ty)) = self.constant_text(&definition.body) {
            return Some(Binding::Constant(known(Some(value)), ty));
        }
        let parsed = definition.parsed(&mut self.parser);
        match parsed.form {
            Form::Expression(_)
                if definition.is_one_of_several && is_arithmetic(&definition.body) =>
            {
                Some(Binding::Constant(None, self.int))
            }
            Form::Type(_) if definition.is_one_of_several => {
                let name = self.intern(&definition.name);
                let ty = self.unit.types.intern(crate::flow::ir::Type::Named(name));
                Some(Binding::Type(ty))
            }
            Form::Type(node) => {
                let source = self.add_source(Source {
                    tree: &parsed.tree,
                    text: &parsed.text,
                    span: Some(Span::default()),
                    expansion: None,
                });
                let ty = self.outside(|lowerer| lowerer.specifier(At { source, node }));
                Some(Binding::Type(ty))
            }
            Form::Expression(node) => Some(self.constant_binding(definition, node)),
            Form::Nothing | Form::Opaque | Form::Members(_) => None,
            Form::Statements(_) | Form::Head(_) => Some(self.expandable(definition, false)),
        }
    }

    /// An expression without parameters: a constant if it is one.
    fn constant_binding(&mut self, definition: &'a Definition, node: NodeId) -> Binding {
        let parsed = definition.parsed(&mut self.parser);
        let source = self.add_source(Source {
            tree: &parsed.tree,
            text: &parsed.text,
            span: Some(Span::default()),
            expansion: None,
        });
        let at = At { source, node };
        if let Some(ty) = self.alias(at) {
            return Binding::Type(ty);
        }
        let folding = std::mem::replace(&mut self.folding, true);
        let mark = self.mark();
        let value = self.value(at);
        self.roll_back(mark);
        self.folding = folding;
        match value.operand {
            Operand::Constant(constant) => {
                let known = match definition.is_one_of_several {
                    true => None,
                    false => constant.value,
                };
                Binding::Constant(known, value.ty)
            }
            _ => self.expandable(definition, false),
        }
    }

    /// `#define sys_prot_t my_prot_t`
    fn alias(&mut self, at: At) -> Option<TypeId> {
        if self.kind(at) != Kind::IDENTIFIER {
            return None;
        }
        let text = self.text(at);
        self.named_type(text)
    }

    fn expandable(&mut self, definition: &'a Definition, is_function: bool) -> Binding {
        let index = u32::try_from(self.expandable.len()).unwrap_or(u32::MAX);
        self.expandable.push(definition);
        match is_function {
            true => Binding::Call(index),
            false => Binding::Expand(index),
        }
    }

    /// Reads what the headers and the C library declare under a name.
    fn declared_elsewhere(&mut self, space: Space, text: &[u8], name: Symbol) -> Option<Binding> {
        self.read_headers(space, text, name, |lowerer| {
            match lowerer.names.get(&name) {
                Some(Binding::Unseen) | None => None,
                Some(binding) => Some(*binding),
            }
        })
    }

    /// The type behind a tag of the headers.
    pub(super) fn tag_elsewhere(&mut self, text: &[u8], tag: Symbol) -> Option<TypeId> {
        self.read_headers(Space::Tag, text, tag, |lowerer| {
            lowerer.tags.get(&tag).copied()
        })
    }

    fn read_headers<T>(
        &mut self,
        space: Space,
        text: &[u8],
        name: Symbol,
        found: impl Fn(&Self) -> Option<T>,
    ) -> Option<T> {
        if self.reading >= NESTED {
            return None;
        }
        self.reading += 1;
        let mut result = None;
        for headers in [self.headers, self.prelude] {
            for declaration in headers.declarations(space, text) {
                if let Some((own, tree, pack)) = declaration.tree(&mut self.parser) {
                    if space == Space::Name && mentions_noreturn(own) && calls(own, text) {
                        // The macro in front may keep the parser from seeing a prototype.
                        self.noreturn.insert(name);
                    }
                    let source = self.add_source(Source {
                        tree,
                        text: own,
                        span: Some(Span::default()),
                        expansion: None,
                    });
                    let root = At {
                        source,
                        node: tree.root(),
                    };
                    let before = std::mem::replace(&mut self.pack, pack);
                    self.outside(|lowerer| lowerer.declarations(root, 0));
                    self.pack = before;
                    result = found(self);
                    if result.is_none() && space == Space::Name {
                        // An enumerator among the fields of a record.
                        let records: Vec<TypeId> = self.tags_of(root);
                        for ty in records {
                            self.complete(ty);
                        }
                        result = found(self);
                    }
                    if result.is_some() {
                        break;
                    }
                }
            }
            if result.is_some() {
                break;
            }
        }
        self.reading -= 1;
        result
    }

    /// The records whose tags a declaration defines.
    fn tags_of(&mut self, root: At) -> Vec<TypeId> {
        let tree = self.tree(root);
        let mut found = Vec::new();
        for node in tree.subtree(root.node).take(40) {
            let at = At { node, ..root };
            if matches!(
                self.kind(at),
                Kind::STRUCT_SPECIFIER | Kind::UNION_SPECIFIER
            ) && let Some(name) = self.child(at, Field::NAME)
            {
                let text = self.text(name);
                let tag = self.intern(text);
                found.extend(self.tags.get(&tag).copied());
            }
        }
        found
    }

    /// Runs a step as if outside functions: what it declares is known to the whole file, unless
    /// the file declares it itself.
    pub(super) fn outside<T>(&mut self, step: impl FnOnce(&mut Self) -> T) -> T {
        let is_open = std::mem::replace(&mut self.body.is_open, false);
        let is_secondary = std::mem::replace(&mut self.is_secondary, true);
        let result = step(self);
        self.is_secondary = is_secondary;
        self.body.is_open = is_open;
        result
    }

    pub(super) fn add_source(&mut self, source: Source<'a>) -> u32 {
        let index = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.push(source);
        index
    }
}
