//! Which object a place of the IR names, and what it is called.

use smallvec::SmallVec;

use super::path::{Part, Path};
use super::transfer::Transfer;
use crate::finding::Span;
use crate::flow::ir::{Base, Operand, Place, Projection, Rvalue, Type};

/// What an address in a temporary points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alias {
    pub(super) path: Path,
    /// The path is the object itself; otherwise a pointer to it.
    is_object: bool,
    /// Whether the object is an array, the address that of its first element.
    is_array: bool,
    /// Whether something was added to the address.
    is_moved: bool,
}

impl Transfer<'_> {
    /// What a written place is called.
    pub(super) fn name(&self, place: &Place) -> String {
        let base = match place.base {
            Base::Local(id) => self.function.local(id).map(|local| local.name),
            Base::Global(id) => self.unit.global(id).map(|global| global.name),
        };
        match base.filter(|_| place.path.is_empty()) {
            // The span may hold an initialiser.
            Some(name) => self.unit.names.text(name).to_owned(),
            None => words(place.span, self.text),
        }
    }

    pub(super) fn is_temporary(&self, base: Base) -> bool {
        match base {
            Base::Local(id) => self
                .function
                .local(id)
                .is_some_and(|local| self.unit.names.text(local.name).is_empty()),
            Base::Global(_) => false,
        }
    }

    /// Notes what an address in a temporary points to; gives the object.
    pub(super) fn alias(&mut self, target: &Place, value: &Rvalue) -> Option<Path> {
        if !target.path.is_empty() || !self.is_temporary(target.base) {
            return None;
        }
        let alias = match value {
            Rvalue::AddressOf(place) => Alias {
                path: self.path(place),
                is_object: true,
                is_array: matches!(self.unit.types.get(place.ty), Type::Array { .. }),
                is_moved: false,
            },
            Rvalue::Use(Operand::Copy(place))
            | Rvalue::Cast {
                value: Operand::Copy(place),
                ..
            } => self.alias_of(place),
            Rvalue::PointerAdd {
                pointer: Operand::Copy(place),
                ..
            } => Alias {
                is_moved: true,
                ..self.alias_of(place)
            },
            _ => return None,
        };
        let path = alias.path.clone();
        self.aliases.insert(target.base, alias);
        Some(path)
    }

    fn alias_of(&self, place: &Place) -> Alias {
        match self.aliases.get(&place.base) {
            Some(alias) if place.path.is_empty() => alias.clone(),
            _ => Alias {
                path: self.path(place),
                is_object: false,
                is_array: false,
                is_moved: false,
            },
        }
    }

    /// The object that a place names.
    pub(super) fn path(&self, place: &Place) -> Path {
        let mut rest = place.path.as_slice();
        let mut path = Path::of(place.base);
        if let (Some(alias), Some((Projection::Deref, below))) =
            (self.aliases.get(&place.base), rest.split_first())
        {
            path = alias.path.clone();
            let next = below.first();
            if alias.is_moved {
                path = path.part(Part::Element(None));
                rest = match next {
                    Some(Projection::Index(_)) => below.get(1..).unwrap_or_default(),
                    _ => below,
                };
            } else if alias.is_object {
                rest = below;
                match next {
                    Some(Projection::Index(_)) if !alias.is_array => {
                        rest = below.get(1..).unwrap_or_default();
                    }
                    None | Some(Projection::Field(_)) if alias.is_array => {
                        path = path.part(Part::Element(Some(0)));
                    }
                    _ => {}
                }
            }
        }
        with_parts(path, rest)
    }
}

fn with_parts(mut path: Path, rest: &[Projection]) -> Path {
    let mut parts: SmallVec<[Part; 4]> = SmallVec::new();
    let mut projections = rest.iter().peekable();
    while let Some(projection) = projections.next() {
        match projection {
            Projection::Deref => {
                // What a pointer to a record points to is named by the field alone.
                if !matches!(
                    projections.peek(),
                    Some(Projection::Field(_) | Projection::Index(_))
                ) {
                    parts.push(Part::Element(Some(0)));
                }
            }
            Projection::Field(name) => parts.push(Part::Field(*name)),
            Projection::Index(Operand::Constant(constant)) => {
                parts.push(Part::Element(constant.value));
            }
            Projection::Index(_) => parts.push(Part::Element(None)),
        }
    }
    for part in parts {
        path = path.part(part);
    }
    path
}

/// The text of a span on one line, cut where it is long.
pub(super) fn words(span: Span, text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let all = String::from_utf8_lossy(span.of(text));
    let mut words = all.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > LONGEST {
        words = words.chars().take(LONGEST).collect::<String>() + "…";
    }
    words
}
