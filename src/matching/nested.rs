//! Statements and those inside them, as `...` reaches them.

use super::matcher::Matcher;
use super::occurrences::Mentions;
use super::view::{self, Item};
use crate::syntax::{Field, Kind};

impl Matcher<'_> {
    /// The statements and all statements inside them, in order.
    pub(super) fn flattened(&self, items: &[Item]) -> Vec<Item> {
        self.flattened_where(items, &Mentions::default())
    }

    /// The same without statements that lack one of these names.
    pub(super) fn flattened_where(&self, items: &[Item], mentions: &Mentions) -> Vec<Item> {
        let mut flat = Vec::with_capacity(items.len() * 2);
        for &item in items {
            self.push_nested(item, mentions, &mut flat, 0);
        }
        flat
    }

    fn push_nested(&self, item: Item, mentions: &Mentions, flat: &mut Vec<Item>, depth: u32) {
        let tree = &self.file.tree;
        if !self.item_holds(item, mentions) {
            return;
        }
        flat.push(item);
        if depth > 200 || item.declarator.is_some() {
            return;
        }
        let node = self.unwrapped(item.node);
        match tree.kind(node) {
            Kind::COMPOUND_STATEMENT
            | Kind::CASE_STATEMENT
            | Kind::BLOCK
            | Kind::UNSAFE_BLOCK
            | Kind::LABELED_STATEMENT => {
                for inner in view::items(tree, node) {
                    // A label's statement follows its name.
                    if !view::is_name(tree.kind(inner.node)) {
                        self.push_nested(inner, mentions, flat, depth + 1);
                    }
                }
            }
            Kind::IF_STATEMENT
            | Kind::IF_EXPRESSION
            | Kind::FOR_STATEMENT
            | Kind::FOR_EXPRESSION
            | Kind::WHILE_STATEMENT
            | Kind::WHILE_EXPRESSION
            | Kind::LOOP_EXPRESSION
            | Kind::DO_STATEMENT
            | Kind::SWITCH_STATEMENT
            | Kind::ELSE_CLAUSE => {
                for child in tree.children(node) {
                    let is_nested = matches!(tree.field(child), Field::BODY | Field::CONSEQUENCE)
                        || tree.kind(node) == Kind::ELSE_CLAUSE;
                    if is_nested {
                        let declarator = match tree.kind(child) {
                            Kind::DECLARATION => self.child(child, Field::DECLARATOR),
                            _ => None,
                        };
                        self.push_nested(
                            Item {
                                node: child,
                                declarator,
                            },
                            mentions,
                            flat,
                            depth + 1,
                        );
                    } else if tree.field(child) == Field::ALTERNATIVE {
                        for inner in tree.children(child) {
                            self.push_nested(Item::whole(inner), mentions, flat, depth + 1);
                        }
                    }
                }
            }
            Kind::MATCH_EXPRESSION => {
                for block in tree
                    .subtree(node)
                    .filter(|&n| tree.kind(n) == Kind::MATCH_ARM)
                {
                    if let Some(value) = self.child(block, Field::VALUE) {
                        self.push_nested(Item::whole(value), mentions, flat, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }
}
