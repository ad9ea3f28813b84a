//! First values of variables.

use super::builder::Value;
use super::source::At;
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{Init, Operand, Place, Projection, Rvalue, StatementKind, Type, TypeId};
use crate::syntax::{Field, Kind};

/// Items of one list that are read; longer ones are not understood.
const ITEMS: usize = 1 << 15;

/// Where a designator leads.
enum Designated {
    /// An element or field of the list's own type.
    Slot(u64),
    /// Further inside.
    Path(Vec<Projection>, TypeId),
    Unclear,
}

impl Lowerer<'_> {
    /// The type of an array whose length its first value tells.
    pub(super) fn completed(&mut self, ty: TypeId, value: Option<At>) -> TypeId {
        let (Type::Array { of, len: None }, Some(value)) = (self.unit.types.get(ty), value) else {
            return ty;
        };
        let of = *of;
        let len = match self.kind(value) {
            Kind::INITIALIZER_LIST => self.list_length(value, of),
            Kind::STRING_LITERAL | Kind::CONCATENATED_STRING => self
                .string(value)
                .and_then(|bytes| u64::try_from(bytes.len()).ok())
                .map(|length| length + 1),
            _ => None,
        };
        self.unit.types.intern(Type::Array { of, len })
    }

    fn list_length(&mut self, list: At, of: TypeId) -> Option<u64> {
        let is_nested = self.is_aggregate(of);
        let (mut next, mut longest) = (0_u64, 0_u64);
        for child in self.children(list) {
            match self.kind(child) {
                Kind::INITIALIZER_PAIR => {
                    let designator = self.child(child, Field::DESIGNATOR)?;
                    let index = match self.kind(designator) {
                        Kind::SUBSCRIPT_DESIGNATOR => self.only_child(designator)?,
                        Kind::SUBSCRIPT_RANGE_DESIGNATOR => self.child(designator, Field::END)?,
                        _ => return None,
                    };
                    next = u64::try_from(self.constant(index)?).ok()?;
                }
                // Braces left out: several items make one element.
                kind if is_nested && is_leaf(kind) => return None,
                _ => {}
            }
            next = next.checked_add(1)?;
            longest = longest.max(next);
        }
        Some(longest)
    }

    fn is_aggregate(&self, ty: TypeId) -> bool {
        matches!(
            self.unit.types.get(ty),
            Type::Array { .. } | Type::Record(_)
        )
    }

    /// `place = {…}`, `place = value`
    pub(super) fn initialise(&mut self, place: Place, value: At, span: Span) {
        match self.kind(value) {
            Kind::INITIALIZER_LIST => self.initialise_list(place, value, span),
            Kind::STRING_LITERAL | Kind::CONCATENATED_STRING
                if matches!(self.unit.types.get(place.ty), Type::Array { .. }) =>
            {
                let (text, _) = self.text_operand(value);
                self.assign(place, text, span);
            }
            _ => self.assign_expression(place, value, span),
        }
    }

    fn initialise_list(&mut self, place: Place, list: At, span: Span) {
        if !self.is_aggregate(place.ty) {
            let first = self.only_child(list);
            match first {
                Some(first)
                    if self.kind(first) != Kind::INITIALIZER_PAIR
                        && (self.is_arithmetic(place.ty)
                            || self.unit.types.is_pointer(place.ty)) =>
                {
                    let value = self.value(first);
                    let (value, _) = self.conversion(value, place.ty, false);
                    self.assign(place, value, span);
                }
                _ => {
                    for child in self.children(list).take(ITEMS) {
                        self.effect_of_item(child);
                    }
                    let unknown = Rvalue::Use(Operand::Unknown(place.ty));
                    self.assign(place, unknown, span);
                }
            }
            return;
        }
        let items: Vec<At> = self.children(list).take(ITEMS).collect();
        let mut later = Vec::new();
        let mut at = 0;
        let parts = self.parts(place.ty, &items, &mut at, true, &mut later);
        self.assign(place.clone(), Rvalue::Aggregate(parts), span);
        for (path, ty, value) in later {
            let mut target = place.clone();
            target.path.extend(path);
            target.ty = ty;
            self.initialise(target, value, span);
        }
    }

    /// What an item of a list that has no known type does.
    fn effect_of_item(&mut self, item: At) {
        match self.kind(item) {
            Kind::INITIALIZER_LIST => {
                for child in self.children(item).take(ITEMS) {
                    let _ = self.deeper(|lowerer| {
                        lowerer.effect_of_item(child);
                        Some(())
                    });
                }
            }
            Kind::INITIALIZER_PAIR => {
                if let Some(value) = self.child(item, Field::VALUE) {
                    let _ = self.deeper(|lowerer| {
                        lowerer.effect_of_item(value);
                        Some(())
                    });
                }
            }
            _ => {
                self.effect(item);
                self.handed_over(item);
            }
        }
    }

    /// A variable whose address goes where nobody looks may change from now on.
    fn handed_over(&mut self, item: At) {
        let mut at = self.inner(item);
        let mut is_address = false;
        for _ in 0..8 {
            let next = match self.kind(at) {
                Kind::CAST_EXPRESSION => self.child(at, Field::VALUE),
                Kind::POINTER_EXPRESSION if self.operator(at) == b"&" => {
                    is_address = true;
                    self.child(at, Field::ARGUMENT)
                }
                Kind::FIELD_EXPRESSION | Kind::SUBSCRIPT_EXPRESSION if is_address => {
                    self.child(at, Field::ARGUMENT)
                }
                _ => break,
            };
            match next {
                Some(next) => at = self.inner(next),
                None => return,
            }
        }
        if self.kind(at) == Kind::IDENTIFIER
            && let Some(place) = self.variable(at)
            && (is_address || matches!(self.unit.types.get(place.ty), Type::Array { .. }))
        {
            let span = self.span(item);
            self.emit(StatementKind::Clobber(vec![place]), span);
        }
    }

    /// Elements or fields of a type from the items at hand. Without braces of its own it takes
    /// only what it needs.
    fn parts(
        &mut self,
        ty: TypeId,
        items: &[At],
        at: &mut usize,
        is_braced: bool,
        later: &mut Vec<(Vec<Projection>, TypeId, At)>,
    ) -> Vec<(u64, Operand)> {
        let mut parts = Vec::new();
        let slots = self.slots(ty);
        let mut next = 0;
        while let Some(&item) = items.get(*at) {
            if self.kind(item) == Kind::INITIALIZER_PAIR {
                if !is_braced {
                    break;
                }
                *at += 1;
                let Some(value) = self.child(item, Field::VALUE) else {
                    continue;
                };
                match self.designated(ty, item) {
                    Designated::Slot(index) => {
                        let slot = self.slot_type(ty, index);
                        let operand = self.slot_value(slot, &[value], &mut 0);
                        parts.retain(|(known, _)| *known != index || parts_are_long(index));
                        parts.push((index, operand));
                        next = index.saturating_add(1);
                    }
                    Designated::Path(path, ty) => later.push((path, ty, value)),
                    Designated::Unclear => self.effect_of_item(item),
                }
                continue;
            }
            if next >= slots {
                if !is_braced {
                    break;
                }
                self.effect_of_item(item);
                *at += 1;
                continue;
            }
            let before = *at;
            let slot = self.slot_type(ty, next);
            let operand = self
                .deeper(|lowerer| Some(lowerer.slot_value(slot, items, at)))
                .unwrap_or(Operand::Unknown(slot));
            if *at == before {
                *at += 1;
            }
            parts.push((next, operand));
            next += 1;
        }
        parts
    }

    fn slots(&self, ty: TypeId) -> u64 {
        match self.unit.types.get(ty) {
            Type::Array { len, .. } => len.unwrap_or(u64::MAX),
            Type::Record(id) => self.unit.types.record(*id).map_or(0, |record| {
                let fields = u64::try_from(record.fields.len()).unwrap_or(u64::MAX);
                if record.is_union {
                    fields.min(1)
                } else {
                    fields
                }
            }),
            _ => 0,
        }
    }

    fn slot_type(&self, ty: TypeId, index: u64) -> TypeId {
        match self.unit.types.get(ty) {
            Type::Array { of, .. } => *of,
            Type::Record(id) => usize::try_from(index)
                .ok()
                .and_then(|index| self.unit.types.record(*id)?.fields.get(index))
                .map_or(TypeId::UNKNOWN, |field| field.ty),
            _ => TypeId::UNKNOWN,
        }
    }

    fn slot_value(&mut self, ty: TypeId, items: &[At], at: &mut usize) -> Operand {
        let Some(&item) = items.get(*at) else {
            return Operand::Unknown(ty);
        };
        let span = self.span(item);
        let kind = self.kind(item);
        if kind == Kind::INITIALIZER_LIST {
            *at += 1;
            let place = self.temporary(ty, span);
            self.initialise_list(place.clone(), item, span);
            return Operand::Copy(place);
        }
        if self.is_aggregate(ty) {
            if matches!(kind, Kind::STRING_LITERAL | Kind::CONCATENATED_STRING)
                && self.unit.types.element(ty).is_some()
            {
                *at += 1;
                return match self.text_operand(item) {
                    (Rvalue::Use(operand), _) => operand,
                    _ => Operand::Unknown(ty),
                };
            }
            if is_leaf(kind) {
                let mut later = Vec::new();
                let parts = self.parts(ty, items, at, false, &mut later);
                return self.computed(Rvalue::Aggregate(parts), ty, span).operand;
            }
        }
        *at += 1;
        let value = self.value(item);
        if ty == TypeId::UNKNOWN || self.is_aggregate(ty) {
            return value.operand;
        }
        self.convert(value, ty, span).operand
    }

    fn designated(&mut self, ty: TypeId, pair: At) -> Designated {
        let mut path = Vec::new();
        let mut slot = 0;
        let mut ty = ty;
        for designator in self.children(pair) {
            if self.field(designator) != Field::DESIGNATOR {
                continue;
            }
            match self.kind(designator) {
                Kind::SUBSCRIPT_DESIGNATOR => {
                    let index = self
                        .only_child(designator)
                        .and_then(|index| self.constant(index))
                        .and_then(|index| u64::try_from(index).ok());
                    let Some(index) = index else {
                        return Designated::Unclear;
                    };
                    slot = index;
                    ty = self.slot_type(ty, index);
                    let index = Self::number(i128::from(index), self.int);
                    path.push(Projection::Index(index));
                }
                Kind::FIELD_DESIGNATOR | Kind::FIELD_IDENTIFIER => {
                    let text = match self.kind(designator) {
                        Kind::FIELD_DESIGNATOR => {
                            self.only_child(designator).map(|name| self.text(name))
                        }
                        _ => Some(self.text(designator)),
                    };
                    let name = self.intern(text.unwrap_or_default());
                    let found = self.unit.types.as_record(ty).and_then(|record| {
                        let index = record.fields.iter().position(|field| field.name == name)?;
                        let field = record.fields.get(index)?;
                        Some((u64::try_from(index).ok()?, field.ty))
                    });
                    let Some((index, field)) = found else {
                        return Designated::Unclear;
                    };
                    slot = index;
                    ty = field;
                    path.push(Projection::Field(name));
                }
                _ => return Designated::Unclear,
            }
        }
        match path.len() {
            0 => Designated::Unclear,
            1 => Designated::Slot(slot),
            _ => Designated::Path(path, ty),
        }
    }

    /// `(struct s){…}`: an object without a name.
    pub(super) fn compound_literal(&mut self, at: At) -> Option<Place> {
        let descriptor = self.child(at, Field::TYPE)?;
        let value = self.child(at, Field::VALUE)?;
        let ty = self.type_descriptor(descriptor);
        let ty = match self.has_open_length(descriptor) {
            true => self.completed(ty, Some(value)),
            false => ty,
        };
        self.complete(ty);
        let span = self.span(at);
        let local = self.nameless(crate::flow::ir::LocalKind::Variable, ty, span);
        let place = Self::local_place(local, ty, span);
        self.initialise_list(place.clone(), value, span);
        Some(place)
    }

    /// Whether a type is `T[]`, or has its length from a name: not `T[N]` with an `N` nobody knows.
    fn has_open_length(&self, descriptor: At) -> bool {
        let text = self.text(descriptor);
        memchr::memchr(b'[', text).is_none_or(|open| {
            let inside = text.get(open + 1..).unwrap_or_default();
            inside.trim_ascii_start().first() == Some(&b']')
        })
    }

    /// The first value of an object with static storage.
    pub(super) fn static_value(&mut self, ty: TypeId, value: At) -> Init {
        self.deeper(|lowerer| Some(lowerer.static_value_here(ty, value)))
            .unwrap_or(Init::Unknown)
    }

    fn static_value_here(&mut self, ty: TypeId, value: At) -> Init {
        if self.kind(value) != Kind::INITIALIZER_LIST {
            return self.static_scalar(ty, value);
        }
        if !self.is_aggregate(ty) {
            return match self.only_child(value) {
                Some(first) if self.is_arithmetic(ty) => self.static_value(ty, first),
                _ => Init::Unknown,
            };
        }
        let mut found: Vec<(u64, Init)> = Vec::new();
        let slots = self.slots(ty);
        let mut next = 0;
        for (count, item) in self.children(value).enumerate() {
            if count >= ITEMS {
                return Init::Unknown;
            }
            let (index, item) = match self.kind(item) {
                Kind::INITIALIZER_PAIR => {
                    let value = self.child(item, Field::VALUE);
                    match (self.designated(ty, item), value) {
                        (Designated::Slot(index), Some(value)) => (index, value),
                        _ => return Init::Unknown,
                    }
                }
                _ => (next, item),
            };
            if index >= slots {
                return Init::Unknown;
            }
            let slot = self.slot_type(ty, index);
            let is_text = matches!(
                self.kind(item),
                Kind::STRING_LITERAL | Kind::CONCATENATED_STRING
            );
            if self.is_aggregate(slot) && is_leaf(self.kind(item)) && !is_text {
                return Init::Unknown;
            }
            let init = self.static_value(slot, item);
            found.push((index, init));
            next = index.saturating_add(1);
        }
        Init::List(found)
    }

    fn static_scalar(&mut self, ty: TypeId, value: At) -> Init {
        let folding = std::mem::replace(&mut self.folding, true);
        let mark = self.mark();
        let Value { operand, ty: own } = self.value(value);
        let operand = match operand {
            Operand::Constant(_) => match self.conversion(Value { operand, ty: own }, ty, false) {
                (Rvalue::Use(operand), _) => operand,
                _ => Operand::Unknown(ty),
            },
            operand => operand,
        };
        self.roll_back(mark);
        self.folding = folding;
        match operand {
            Operand::Constant(_) | Operand::Text(_) | Operand::Function(_) => Init::Value(operand),
            _ => Init::Unknown,
        }
    }
}

/// Whether an item can only be a number or address, no whole record or array.
fn is_leaf(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::NUMBER_LITERAL
            | Kind::CHAR_LITERAL
            | Kind::STRING_LITERAL
            | Kind::CONCATENATED_STRING
            | Kind::TRUE
            | Kind::FALSE
            | Kind::NULL
            | Kind::UNARY_EXPRESSION
            | Kind::BINARY_EXPRESSION
            | Kind::SIZEOF_EXPRESSION
            | Kind::CAST_EXPRESSION
    )
}

/// Overwritten parts are only looked for in short lists, to stay linear.
fn parts_are_long(index: u64) -> bool {
    index > 64
}
