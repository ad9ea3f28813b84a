//! Types as they are written → types of the unit.

use super::super::ir::{Field as RecordField, PointerKind, Record, Symbol, Type, TypeId};
use super::{Env, literals};
use crate::syntax::{Field, Kind, NodeId};

/// Deepest nesting of types.
const MAX_TYPE_DEPTH: u32 = 16;

impl Env<'_, '_> {
    /// The type a node of the tree stands for; `own` is `Self`.
    pub(super) fn lower_type(&mut self, node: NodeId, own: TypeId) -> TypeId {
        self.type_at(node, own, MAX_TYPE_DEPTH)
    }

    fn type_at(&mut self, node: NodeId, own: TypeId, depth: u32) -> TypeId {
        let Some(depth) = depth.checked_sub(1) else {
            return TypeId::UNKNOWN;
        };
        let tree = &self.file.tree;
        match tree.kind(node) {
            Kind::PRIMITIVE_TYPE => {
                let name = self.text(node);
                match name {
                    "str" => self.slice_of(TypeId::U8),
                    "u128" => self.int_type(128, false),
                    "i128" => self.int_type(128, true),
                    _ => literals::primitive(&self.unit.types, name).unwrap_or(TypeId::UNKNOWN),
                }
            }
            Kind::UNIT_TYPE | Kind::NEVER_TYPE => TypeId::VOID,
            Kind::REFERENCE_TYPE => {
                let to = self.type_child(node, own, depth);
                self.reference_to(to)
            }
            Kind::POINTER_TYPE => {
                let to = self.type_child(node, own, depth);
                self.unit.types.pointer_to(to)
            }
            Kind::ARRAY_TYPE => {
                let of = tree
                    .child(node, Field::ELEMENT)
                    .map_or(TypeId::UNKNOWN, |inner| self.type_at(inner, own, depth));
                match self.file.tree.child(node, Field::LENGTH) {
                    None => self.slice_of(of),
                    Some(length) => {
                        let len = self
                            .constant_value(length)
                            .and_then(|value| u64::try_from(value).ok());
                        self.array_of(of, len)
                    }
                }
            }
            Kind::TUPLE_TYPE => {
                let parts: Vec<NodeId> = tree.children(node).collect();
                let parts: Vec<TypeId> = parts
                    .into_iter()
                    .map(|part| self.type_at(part, own, depth))
                    .collect();
                self.tuple_of(&parts)
            }
            Kind::GENERIC_TYPE => self.generic_type(node, own, depth),
            Kind::TYPE_IDENTIFIER | Kind::IDENTIFIER => self.named_type(node, own, depth),
            Kind::SCOPED_TYPE_IDENTIFIER => match tree.child(node, Field::NAME) {
                Some(name) if !self.text(node).starts_with("Self::") => {
                    self.named_type(name, own, depth)
                }
                _ => TypeId::UNKNOWN,
            },
            _ => TypeId::UNKNOWN,
        }
    }

    fn type_child(&mut self, node: NodeId, own: TypeId, depth: u32) -> TypeId {
        self.file
            .tree
            .child(node, Field::TYPE)
            .map_or(TypeId::UNKNOWN, |inner| self.type_at(inner, own, depth))
    }

    fn named_type(&mut self, name: NodeId, own: TypeId, depth: u32) -> TypeId {
        let text = self.text(name);
        match text {
            "Self" => return own,
            "String" | "OsString" => return self.slice_of(TypeId::U8),
            _ => {}
        }
        let symbol = self.unit.names.intern(text);
        if let Some(&known) = self.items.types.get(&symbol) {
            return known;
        }
        if let Some(&alias) = self.items.aliases.get(&symbol) {
            return self.type_at(alias, own, depth.min(4));
        }
        self.unit.types.intern(Type::Named(symbol))
    }

    fn generic_type(&mut self, node: NodeId, own: TypeId, depth: u32) -> TypeId {
        let tree = &self.file.tree;
        let Some(name) = tree.child(node, Field::TYPE) else {
            return TypeId::UNKNOWN;
        };
        let arguments: Vec<NodeId> = tree
            .child(node, Field::TYPE_ARGUMENTS)
            .map(|list| {
                tree.children(list)
                    .filter(|&child| tree.kind(child) != Kind::LIFETIME)
                    .collect()
            })
            .unwrap_or_default();
        let last = match tree.kind(name) {
            Kind::SCOPED_TYPE_IDENTIFIER => tree.child(name, Field::NAME).unwrap_or(name),
            _ => name,
        };
        let argument = |env: &mut Self, index: usize| {
            arguments
                .get(index)
                .map_or(TypeId::UNKNOWN, |&inner| env.type_at(inner, own, depth))
        };
        match self.text(last) {
            "Option" => {
                let some = argument(self, 0);
                self.option_of(some)
            }
            "Result" => {
                let (ok, error) = (argument(self, 0), argument(self, 1));
                self.result_of(ok, error)
            }
            "Vec" | "ArrayVec" | "SmallVec" | "VecDeque" | "Deque" => {
                let of = argument(self, 0);
                let of = self.unit.types.element(of).unwrap_or(of);
                self.slice_of(of)
            }
            "String" => self.slice_of(TypeId::U8),
            "Range" | "RangeInclusive" => {
                let of = argument(self, 0);
                self.range_of(of)
            }
            "Box" | "Rc" | "Arc" | "Ref" | "RefMut" | "MutexGuard" => {
                let to = argument(self, 0);
                self.reference_to(to)
            }
            "Pin" | "ManagedSlice" | "Cow" => argument(self, 0),
            _ => self.named_type(last, own, depth),
        }
    }

    /// `&to`.
    pub(super) fn reference_to(&mut self, to: TypeId) -> TypeId {
        self.unit.types.intern(Type::Pointer {
            to,
            kind: PointerKind::Reference,
        })
    }

    /// `[of]`, `Vec<of>`.
    pub(super) fn slice_of(&mut self, of: TypeId) -> TypeId {
        self.unit.types.intern(Type::Slice { of })
    }

    /// `[of; len]`.
    pub(super) fn array_of(&mut self, of: TypeId, len: Option<u64>) -> TypeId {
        self.unit.types.intern(Type::Array { of, len })
    }

    /// An integer of any width.
    pub(super) fn int_type(&mut self, bits: u8, signed: bool) -> TypeId {
        self.unit.types.intern(Type::Int { bits, signed })
    }

    /// `Option<some>`.
    pub(super) fn option_of(&mut self, some: TypeId) -> TypeId {
        self.record_of("Option", true, &[("Some.0", some)])
    }

    /// `Result<ok, error>`.
    pub(super) fn result_of(&mut self, ok: TypeId, error: TypeId) -> TypeId {
        self.record_of("Result", true, &[("Ok.0", ok), ("Err.0", error)])
    }

    /// An iterator over elements of that type.
    pub(super) fn iterator_of(&mut self, item: TypeId) -> TypeId {
        self.record_of("Iterator", false, &[("item", item)])
    }

    /// `Range<of>`.
    pub(super) fn range_of(&mut self, of: TypeId) -> TypeId {
        self.record_of("Range", false, &[("start", of), ("end", of)])
    }

    /// A tuple.
    pub(super) fn tuple_of(&mut self, parts: &[TypeId]) -> TypeId {
        const NAMES: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
        let fields: Vec<(&str, TypeId)> = NAMES.into_iter().zip(parts.iter().copied()).collect();
        self.record_of("(tuple)", false, &fields)
    }

    /// A record of the library, one for each list of types.
    fn record_of(&mut self, name: &str, is_enum: bool, fields: &[(&str, TypeId)]) -> TypeId {
        let name = self.unit.names.intern(name);
        let key = (name, fields.iter().map(|field| field.1).collect::<Vec<_>>());
        if let Some(&known) = self.items.generics.get(&key) {
            return known;
        }
        let fields = fields
            .iter()
            .map(|&(name, ty)| RecordField {
                name: self.unit.names.intern(name),
                ty,
                offset: None,
                bits: None,
                is_volatile: false,
            })
            .collect();
        let record = self.unit.types.add_record(Record {
            name: Some(name),
            is_union: false,
            is_enum,
            fields,
            size: None,
            align: 1,
        });
        let id = self.unit.types.intern(Type::Record(record));
        self.items.generics.insert(key, id);
        id
    }

    /// Whether a type is the library's record of that name.
    pub(super) fn is_record(&self, ty: TypeId, name: &str) -> bool {
        self.unit
            .types
            .as_record(ty)
            .and_then(|record| record.name)
            .is_some_and(|symbol| self.unit.names.text(symbol) == name)
    }

    /// Type of the payload or field of that name.
    pub(super) fn field_type(&self, ty: TypeId, name: Symbol) -> TypeId {
        self.unit
            .types
            .field(ty, name)
            .map_or(TypeId::UNKNOWN, |field| field.ty)
    }

    /// What is behind any number of references.
    pub(super) fn behind_references(&self, mut ty: TypeId) -> TypeId {
        for _ in 0..4 {
            match self.unit.types.get(ty) {
                Type::Pointer {
                    to,
                    kind: PointerKind::Reference,
                } => ty = *to,
                _ => break,
            }
        }
        ty
    }
}
