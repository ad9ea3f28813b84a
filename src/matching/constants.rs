//! Constant propagation, as far as users of Semgrep rely on it: a local variable of C that is
//! initialised with a literal and never assigned again stands for the literal.

use super::matcher::Matcher;
use super::occurrences;
use super::view;
use crate::syntax::{Field, Kind, Language, NodeId};

impl Matcher<'_> {
    /// The literal that a name stands for.
    pub(super) fn constant(&self, node: NodeId) -> Option<NodeId> {
        if !self.options.constant_propagation
            || self.file.language != Language::C
            || self.kind(node) != Kind::IDENTIFIER
        {
            return None;
        }
        let tree = &self.file.tree;
        let function = tree
            .ancestors(node)
            .find(|&above| tree.kind(above) == Kind::FUNCTION_DEFINITION)?;
        let name = occurrences::hash(self.text(node));
        let places = self.index.occurrences(self.file);
        let mut value = None;
        for &place in places.within(name, function, tree.end(function)) {
            match self.literal_at(place) {
                // Declared twice: which one is meant is not worth finding out.
                Some(_) if value.is_some() => return None,
                Some(literal) => value = Some((place, literal)),
                None if self.is_written_at(place) => return None,
                None => {}
            }
        }
        let (place, literal) = value?;
        // The block that declares it has to be around the use.
        let block = tree.ancestors(place).find(|&above| {
            matches!(
                tree.kind(above),
                Kind::COMPOUND_STATEMENT | Kind::FOR_STATEMENT
            )
        })?;
        (place < node && tree.is_within(node, block)).then_some(literal)
    }

    /// Whether other code can be the same as this one because of constants.
    pub(super) fn is_constant(&self, node: NodeId) -> bool {
        self.options.constant_propagation
            && (matches!(self.kind(node), Kind::NULL | Kind::TRUE | Kind::FALSE)
                || self.constant(node).is_some())
    }

    /// The literal that the declaration of this name initialises it with.
    fn literal_at(&self, name: NodeId) -> Option<NodeId> {
        let tree = &self.file.tree;
        let mut declarator = name;
        let above = loop {
            let above = tree.parent(declarator)?;
            match tree.kind(above) {
                Kind::POINTER_DECLARATOR | Kind::ARRAY_DECLARATOR
                    if tree.field(declarator) != Field::SIZE =>
                {
                    declarator = above;
                }
                Kind::INIT_DECLARATOR => break above,
                _ => return None,
            }
        };
        if tree.field(declarator) == Field::VALUE {
            return None;
        }
        let value = view::strip(tree, self.child(above, Field::VALUE)?);
        matches!(
            tree.kind(value),
            Kind::NULL
                | Kind::TRUE
                | Kind::FALSE
                | Kind::NUMBER_LITERAL
                | Kind::STRING_LITERAL
                | Kind::CHAR_LITERAL
        )
        .then_some(value)
    }

    /// Whether the name is assigned to, counted up or down, or declared without a literal here.
    fn is_written_at(&self, name: NodeId) -> bool {
        let tree = &self.file.tree;
        let Some(parent) = tree.parent(name) else {
            return true;
        };
        match tree.kind(parent) {
            Kind::ASSIGNMENT_EXPRESSION => tree.field(name) == Field::LEFT,
            // What is written into the array is no literal any more.
            Kind::SUBSCRIPT_EXPRESSION => tree.parent(parent).is_some_and(|above| {
                tree.kind(above) == Kind::ASSIGNMENT_EXPRESSION && tree.field(parent) == Field::LEFT
            }),
            Kind::UPDATE_EXPRESSION
            | Kind::DECLARATION
            | Kind::POINTER_DECLARATOR
            | Kind::ARRAY_DECLARATOR
            | Kind::PARAMETER_DECLARATION => tree.field(name) != Field::SIZE,
            Kind::INIT_DECLARATOR => tree.field(name) != Field::VALUE,
            _ => false,
        }
    }
}
