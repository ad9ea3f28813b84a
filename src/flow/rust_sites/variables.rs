//! What a name stands for: variables with their types, statics, constants.

use super::infer::Types;
use super::items::{last_name, owner};
use super::scopes::{Binding, Origin, Step};
use super::ty::{Int, Ty};
use crate::syntax::{Field, Kind, NodeId};

/// Most uses of a variable that are looked at for its type.
const MAX_USES: usize = 60;

impl Types<'_, '_> {
    pub(super) fn name(&self, node: NodeId) -> Ty {
        let name = self.text(node);
        if let Some(binding) = self.scopes.find(name, node) {
            return self.binding(binding, name);
        }
        if let Some((ty, _)) = self.items.statics.get(name) {
            return ty.clone();
        }
        self.constant_type(name, node)
    }

    fn constant_type(&self, name: &str, at: NodeId) -> Ty {
        let tree = &self.file.tree;
        match self.items.constant(self.file, name, at) {
            Some(only) => match tree.child(only, Field::TYPE) {
                Some(ty) => self.written(ty),
                None => Ty::Unknown,
            },
            _ if self.items.records.contains_key(name) => Ty::named(name, Vec::new()),
            _ => Ty::Unknown,
        }
    }

    pub(super) fn path(&self, node: NodeId) -> Ty {
        let name = last_name(self.file, node);
        let text = self.text(node);
        let qualifier = text
            .rsplit_once("::")
            .map_or("", |(path, _)| path.rsplit("::").next().unwrap_or_default());
        if let Some(ty) = Ty::primitive(qualifier) {
            return match name {
                "BITS" => Ty::primitive("u32").unwrap_or(Ty::Unknown),
                _ => ty,
            };
        }
        let own = owner(self.file, node);
        let qualifier = match (qualifier, &own) {
            ("Self", Some(own)) => own,
            _ => qualifier,
        };
        let is_enum = self
            .items
            .records
            .get(qualifier)
            .is_some_and(|record| record.is_enum);
        if is_enum && name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Ty::named(qualifier, Vec::new());
        }
        if text.contains("f32::consts") {
            return Ty::Float(32);
        }
        if text.contains("f64::consts") {
            return Ty::Float(64);
        }
        match self.items.statics.get(name) {
            Some((ty, _)) => ty.clone(),
            None => self.constant_type(name, node),
        }
    }

    fn binding(&self, binding: &Binding, name: &str) -> Ty {
        let mut ty = match binding.origin {
            Origin::Written(ty) => self.written(ty),
            Origin::Value(value) => self.of(value),
            Origin::Elements(value) => self.elements(value),
            Origin::Own => {
                let own = owner(self.file, binding.from);
                own.map_or(Ty::Unknown, |own| {
                    Ty::primitive(&own).unwrap_or_else(|| Ty::named(&own, Vec::new()))
                })
            }
            Origin::Nothing => Ty::Unknown,
        };
        for step in &binding.path {
            ty = self.step(&ty, step);
        }
        match (ty, binding.origin) {
            (Ty::Integer, Origin::Value(_) | Origin::Elements(_)) => {
                let key = (binding.from, name.to_owned());
                // One variable may be settled by another, and that by literals alone.
                if self.settling.borrow().len() > 1 || self.settling.borrow().contains(&key) {
                    return Ty::Integer;
                }
                self.settling.borrow_mut().push(key);
                let ty = self.settled(self.scopes.uses(name, binding.from, binding.to));
                self.settling.borrow_mut().pop();
                ty
            }
            (ty, _) => ty,
        }
    }

    fn step(&self, ty: &Ty, step: &Step) -> Ty {
        match step {
            Step::Behind => match ty {
                Ty::Reference(_, to) => (**to).clone(),
                ty => ty.clone(),
            },
            Step::Part(index) => self.field(ty, &index.to_string()),
            Step::Element => ty.element(),
            Step::Payload(name, index) => match (&**name, ty.name()) {
                ("Some", _) | ("Ok", _) => ty.argument(0),
                ("Err", _) => ty.argument(1),
                (name, Some(of)) if name == of => self.field(ty, &index.to_string()),
                _ => Ty::Unknown,
            },
            Step::Field(name, field) if ty.name() == Some(name) => self.field(ty, field),
            Step::Field(..) | Step::Lost => Ty::Unknown,
        }
    }

    /// What a loop over a value gives.
    fn elements(&self, value: NodeId) -> Ty {
        let ty = self.of(value);
        match ty.peeled() {
            Ty::Range(of) => (**of).clone(),
            _ => ty.element(),
        }
    }

    /// The type of a variable that was given a literal, by what is done with it; unknown where
    /// something is done that does not tell.
    fn settled(&self, uses: &[NodeId]) -> Ty {
        let mut is_certain = uses.len() <= MAX_USES;
        for &node in uses.iter().take(MAX_USES) {
            match self.told_by_use(node) {
                Some(Ty::Integer) => {}
                Some(ty) => return ty,
                None => is_certain = false,
            }
        }
        match is_certain {
            true => Ty::Int(Int::I32),
            false => Ty::Unknown,
        }
    }

    /// The integer type that a use of a variable asks for: `Integer` where it asks for none, `None`
    /// where nobody can tell.
    fn told_by_use(&self, mut node: NodeId) -> Option<Ty> {
        let tree = &self.file.tree;
        // `(i + 1) % 8` is asked for what `i` is.
        for _ in 0..6 {
            let above = tree.parent(node)?;
            let other = || {
                let sides = [Field::LEFT, Field::RIGHT];
                let mut sides = sides.into_iter().filter_map(|side| tree.child(above, side));
                let other = sides.find(|&side| side != node)?;
                Some(self.of(other).peeled().clone())
            };
            match tree.kind(above) {
                Kind::PARENTHESIZED_EXPRESSION => node = above,
                Kind::INDEX_EXPRESSION if tree.children(above).nth(1) == Some(node) => {
                    return Some(Ty::usize());
                }
                Kind::BINARY_EXPRESSION
                | Kind::COMPOUND_ASSIGNMENT_EXPR
                | Kind::ASSIGNMENT_EXPRESSION => {
                    let sign = tree.child(above, Field::OPERATOR);
                    let sign = sign.map_or("=", |sign| self.text(sign));
                    let is_value = matches!(sign, "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^");
                    match (sign, other()?) {
                        ("<<" | ">>", _) if tree.child(above, Field::LEFT) == Some(node) => {
                            node = above;
                        }
                        ("<<" | ">>" | "<<=" | ">>=", _) => return Some(Ty::Integer),
                        (_, Ty::Int(int)) => return Some(Ty::Int(int)),
                        (_, Ty::Integer) if is_value => node = above,
                        (_, Ty::Integer) => return Some(Ty::Integer),
                        _ => return None,
                    }
                }
                Kind::EXPRESSION_STATEMENT | Kind::TYPE_CAST_EXPRESSION => {
                    return Some(Ty::Integer);
                }
                // The end of a range says what the start is.
                Kind::RANGE_EXPRESSION => match self.of(above) {
                    Ty::Range(of) if matches!(*of, Ty::Int(_)) => return Some((*of).clone()),
                    Ty::Range(of) if *of == Ty::Integer => node = above,
                    _ => return None,
                },
                Kind::LET_DECLARATION => {
                    // The pattern itself, or a copy whose type is written.
                    return match tree.child(above, Field::TYPE) {
                        Some(ty) => Some(self.written(ty)),
                        None if tree.field(node) == Field::PATTERN => Some(Ty::Integer),
                        None => None,
                    };
                }
                _ => return None,
            }
        }
        None
    }
}
