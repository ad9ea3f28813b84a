//! Objects and their parts, as far as taint tells them apart.

use smallvec::SmallVec;

use crate::flow::ir::{Base, Symbol};

/// Longest path that is told apart; what lies deeper counts as what is around it.
pub(super) const MAX_PARTS: usize = 6;

/// A step from an object to a part of it. What a pointer points to is a part of the pointer: the
/// field `f` of `*p` is `p`'s part `f`, `*p` itself is its element 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A field.
    Field(Symbol),
    /// The element of that number; `None` is any one.
    Element(Option<i128>),
}

/// An object or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    pub(super) base: Base,
    pub(super) parts: SmallVec<[Part; 4]>,
}

impl Part {
    /// Whether both may be the same part.
    pub(super) fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Element(one), Self::Element(two)) => {
                one.is_none() || two.is_none() || one == two
            }
            _ => self == other,
        }
    }
}

impl Path {
    /// The whole object.
    pub(super) fn of(base: Base) -> Self {
        Self {
            base,
            parts: SmallVec::new(),
        }
    }

    /// A part of it; itself where it is deep already.
    pub(super) fn part(mut self, part: Part) -> Self {
        if self.parts.len() < MAX_PARTS {
            self.parts.push(part);
        }
        self
    }

    /// Whether it stands for one object for certain, so that a write to it replaces what was there.
    pub(super) fn is_one(&self) -> bool {
        self.parts.len() < MAX_PARTS && !self.parts.contains(&Part::Element(None))
    }
}
