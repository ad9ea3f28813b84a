//! Expressions as values.

use super::builder::Value;
use super::scope::Binding;
use super::source::At;
use super::unit::{DEPTH, Lowerer};
use crate::flow::ir::{
    Base, BinaryOp, Constant, Operand, Origin, Place, ResultUse, Rvalue, StatementKind, Symbol,
    Type, TypeId, UnaryOp,
};
use crate::syntax::{Field, Kind};

impl Lowerer<'_> {
    /// Runs a step one level deeper; `None` where the nesting is too deep to follow.
    pub(super) fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= DEPTH {
            self.body.has_gap = true;
            return None;
        }
        self.depth += 1;
        let result = step(self);
        self.depth -= 1;
        result
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, at: At) -> Value {
        let (value, ty) = self.rvalue(at);
        let span = self.span(at);
        self.compute(value, ty, span)
    }

    /// How the value of an expression is computed; its parts are written already.
    pub(super) fn rvalue(&mut self, at: At) -> (Rvalue, TypeId) {
        self.deeper(|lowerer| lowerer.rvalue_here(at)).unwrap_or((
            Rvalue::Use(Operand::Unknown(TypeId::UNKNOWN)),
            TypeId::UNKNOWN,
        ))
    }

    fn rvalue_here(&mut self, at: At) -> Option<(Rvalue, TypeId)> {
        let at = self.inner(at);
        let span = self.span(at);
        match self.kind(at) {
            Kind::NUMBER_LITERAL | Kind::CHAR_LITERAL | Kind::TRUE | Kind::FALSE | Kind::NULL => {
                Some(self.literal(at))
            }
            Kind::STRING_LITERAL | Kind::CONCATENATED_STRING => Some(self.text_operand(at)),
            Kind::IDENTIFIER => Some(self.name(at)),
            Kind::FIELD_EXPRESSION | Kind::SUBSCRIPT_EXPRESSION => {
                if let Some((call, _, ty)) = self.cast_below(at) {
                    self.casts.push(call);
                    let value = self.value(at);
                    self.casts.pop();
                    return Some(self.conversion(value, ty, true));
                }
                let place = self.object(at)?;
                Some(self.read(place))
            }
            Kind::POINTER_EXPRESSION => {
                let argument = self.child(at, Field::ARGUMENT)?;
                if self.operator(at) == b"&" {
                    return Some(self.address_of(argument));
                }
                let place = self.object(at)?;
                Some(self.read(place))
            }
            Kind::PARENTHESIZED_EXPRESSION => {
                let block = self.only_child(at)?;
                Some(self.statement_expression(block))
            }
            Kind::UNARY_EXPRESSION => self.unary_expression(at),
            Kind::BINARY_EXPRESSION => self.binary_expression(at),
            Kind::ASSIGNMENT_EXPRESSION => {
                let place = self.assignment(at)?;
                Some(self.read(place))
            }
            Kind::UPDATE_EXPRESSION => self.update(at, true),
            Kind::CAST_EXPRESSION => {
                let descriptor = self.child(at, Field::TYPE)?;
                let value = self.child(at, Field::VALUE)?;
                if let Some(found) = self.product(descriptor, value) {
                    return Some(found);
                }
                let ty = self.type_descriptor(descriptor);
                Some(self.cast(value, ty))
            }
            Kind::CONDITIONAL_EXPRESSION => self.conditional(at),
            Kind::COMMA_EXPRESSION => {
                let left = self.child(at, Field::LEFT)?;
                self.effect(left);
                let right = self.child(at, Field::RIGHT)?;
                Some(self.rvalue(right))
            }
            Kind::CALL_EXPRESSION => {
                let value = self.call(at, None, ResultUse::Used)?;
                Some((Rvalue::Use(value.operand), value.ty))
            }
            Kind::SIZEOF_EXPRESSION => Some(self.size_of(at)),
            Kind::ALIGNOF_EXPRESSION => {
                let descriptor = self.child(at, Field::TYPE)?;
                let ty = self.type_descriptor(descriptor);
                let value = self
                    .unit
                    .types
                    .size(ty)
                    .map(|_| i128::from(self.unit.types.align(ty)));
                Some(self.folded(value))
            }
            Kind::OFFSETOF_EXPRESSION => {
                let descriptor = self.child(at, Field::TYPE)?;
                let ty = self.type_descriptor(descriptor);
                self.complete(ty);
                let member = self.child(at, Field::MEMBER)?;
                let text = self.text(self.resolved(member));
                let name = self.intern(text);
                let offset = self
                    .unit
                    .types
                    .field(ty, name)
                    .and_then(|field| field.offset);
                Some(self.folded(offset.map(i128::from)))
            }
            Kind::COMPOUND_LITERAL_EXPRESSION => {
                let place = self.compound_literal(at)?;
                Some(self.read(place))
            }
            Kind::GNU_ASM_EXPRESSION => {
                self.assembly(at);
                Some((
                    Rvalue::Use(Operand::Unknown(TypeId::UNKNOWN)),
                    TypeId::UNKNOWN,
                ))
            }
            Kind::ERROR | Kind::MISSING => {
                self.body.has_gap = true;
                self.emit(StatementKind::Clobber(Vec::new()), span);
                None
            }
            _ => None,
        }
    }

    /// A number of bytes or elements.
    fn folded(&mut self, value: Option<i128>) -> (Rvalue, TypeId) {
        let ty = self.unit.types.size_type();
        let constant = Constant {
            value,
            ty,
            origin: Origin::Folded,
        };
        (Rvalue::Use(Operand::Constant(constant)), ty)
    }

    /// A name as a value.
    fn name(&mut self, at: At) -> (Rvalue, TypeId) {
        if let Some(place) = self.variable(at) {
            return self.read(place);
        }
        let text = self.text(at);
        let name = self.intern(text);
        if let Some(found) = self.own_name(text, name) {
            return found;
        }
        match self.meaning(text, name) {
            Some(Binding::Function) => {
                let ty = match self.signatures.get(&name).cloned() {
                    Some(signature) => {
                        let ty = Type::Function(Box::new(signature));
                        self.unit.types.intern(ty)
                    }
                    None => TypeId::UNKNOWN,
                };
                let ty = self.unit.types.pointer_to(ty);
                return (Rvalue::Use(Operand::Function(name)), ty);
            }
            Some(Binding::Enumerator(value)) => {
                let constant = Constant {
                    value,
                    ty: self.int,
                    origin: Origin::Named(name),
                };
                return (Rvalue::Use(Operand::Constant(constant)), self.int);
            }
            Some(Binding::Constant(value, ty)) => {
                // Off by default, and this code is there for when it is on.
                let is_open = value == Some(0) && self.needed.contains(text);
                let constant = Constant {
                    value: if is_open { None } else { value },
                    ty,
                    origin: Origin::Named(name),
                };
                return (Rvalue::Use(Operand::Constant(constant)), ty);
            }
            Some(Binding::Type(_) | Binding::Expand(_) | Binding::Call(_)) => {
                return (
                    Rvalue::Use(Operand::Unknown(TypeId::UNKNOWN)),
                    TypeId::UNKNOWN,
                );
            }
            _ => {}
        }
        if is_constant_name(text) {
            // Most are numbers, and most of those are `int`.
            let constant = Constant {
                value: None,
                ty: self.int,
                origin: Origin::Named(name),
            };
            return (Rvalue::Use(Operand::Constant(constant)), self.int);
        }
        let span = self.span(at);
        self.unseen_global(name, TypeId::UNKNOWN, span);
        match self.variable(at) {
            Some(place) => self.read(place),
            None => (
                Rvalue::Use(Operand::Unknown(TypeId::UNKNOWN)),
                TypeId::UNKNOWN,
            ),
        }
    }

    /// `__func__` and what else the compiler fills in.
    fn own_name(&mut self, text: &[u8], name: Symbol) -> Option<(Rvalue, TypeId)> {
        if !text.starts_with(b"__") {
            return None;
        }
        let bytes = match text {
            b"__func__" | b"__FUNCTION__" | b"__PRETTY_FUNCTION__" => {
                let name = self.body.name?;
                self.unit.names.text(name).as_bytes().to_vec()
            }
            b"__FILE__" | b"__DATE__" | b"__TIME__" | b"__FILE_NAME__" => b"?".to_vec(),
            b"__LINE__" | b"__COUNTER__" => {
                let constant = Constant {
                    value: None,
                    ty: self.int,
                    origin: Origin::Named(name),
                };
                return Some((Rvalue::Use(Operand::Constant(constant)), self.int));
            }
            _ => return None,
        };
        let char = TypeId::int(8, self.unit.target.char_is_signed);
        let ty = self.unit.types.pointer_to(char);
        let text = self.add_text(bytes);
        Some((Rvalue::Use(Operand::Text(text)), ty))
    }

    /// A cast the author wrote.
    pub(super) fn cast(&mut self, value: At, ty: TypeId) -> (Rvalue, TypeId) {
        if ty == TypeId::VOID {
            self.effect(value);
            return (Rvalue::Use(Operand::Unknown(TypeId::VOID)), TypeId::VOID);
        }
        let value = self.value(value);
        self.conversion(value, ty, true)
    }

    /// `(x) * y`, which the parser may take for a cast.
    fn product(&mut self, descriptor: At, value: At) -> Option<(Rvalue, TypeId)> {
        let op = match (self.kind(value), self.operator(value)) {
            (Kind::POINTER_EXPRESSION, b"*") => BinaryOp::Mul,
            (Kind::POINTER_EXPRESSION, _) => BinaryOp::And,
            (Kind::UNARY_EXPRESSION, b"-") => BinaryOp::Sub,
            (Kind::UNARY_EXPRESSION, b"+") => BinaryOp::Add,
            _ => return None,
        };
        let name = self.child(descriptor, Field::TYPE)?;
        if self.child(descriptor, Field::DECLARATOR).is_some() {
            return None;
        }
        let name = self.resolved(name);
        let left = match self.kind(name) {
            Kind::TYPE_IDENTIFIER => {
                let place = self.variable(name)?;
                let (value, ty) = self.read(place);
                let span = self.span(name);
                self.compute(value, ty, span)
            }
            kind if is_expression(kind) => self.value(name),
            _ => return None,
        };
        let right = self.child(value, Field::ARGUMENT)?;
        let right = self.value(right);
        let span = self.span(value);
        Some(self.combine(op, left, right, span))
    }

    /// The type in `(name)`, where that is one; the parser cannot tell it from an expression.
    pub(super) fn type_in_parentheses(&mut self, at: At) -> Option<TypeId> {
        if self.kind(at) != Kind::PARENTHESIZED_EXPRESSION {
            return None;
        }
        let own = self.only_child(at)?;
        let inner = self.resolved(own);
        if self.kind(inner) != Kind::IDENTIFIER {
            return None;
        }
        if inner != own {
            return self.type_argument(inner);
        }
        let text = self.text(inner);
        if let Some(ty) = self.named_type(text) {
            return Some(ty);
        }
        let name = self.intern(text);
        if text.ends_with(b"_t") && self.meaning(text, name).is_none() {
            return Some(self.unit.types.intern(Type::Named(name)));
        }
        None
    }

    fn size_of(&mut self, at: At) -> (Rvalue, TypeId) {
        let size_type = self.unit.types.size_type();
        let (ty, base) = match (self.child(at, Field::TYPE), self.child(at, Field::VALUE)) {
            (Some(descriptor), _) => self.size_of_type(descriptor),
            (None, Some(value)) => match self.type_in_parentheses(value) {
                Some(ty) => (ty, None),
                None => self.size_of_value(value),
            },
            _ => (TypeId::UNKNOWN, None),
        };
        self.complete(ty);
        let constant = Constant {
            value: self.unit.types.size(ty).map(i128::from),
            ty: size_type,
            origin: match base {
                Some(base) => Origin::SizeofPlace(base),
                None => Origin::Sizeof(ty),
            },
        };
        (Rvalue::Use(Operand::Constant(constant)), size_type)
    }

    /// `sizeof(x)`: the parser takes a name for a type in some places.
    fn size_of_type(&mut self, descriptor: At) -> (TypeId, Option<Base>) {
        if let Some(inner) = self.child(descriptor, Field::TYPE)
            && self.kind(inner) == Kind::TYPE_IDENTIFIER
            && self.child(descriptor, Field::DECLARATOR).is_none()
        {
            let inner = self.resolved(inner);
            if self.kind(inner) != Kind::TYPE_IDENTIFIER && self.kind(inner) != Kind::IDENTIFIER {
                return self.size_of_value(inner);
            }
            if let Some(place) = self.variable(inner) {
                return (place.ty, Some(place.base));
            }
        }
        (self.type_descriptor(descriptor), None)
    }

    /// The type of an expression that is not evaluated, and the variable if it is one.
    fn size_of_value(&mut self, at: At) -> (TypeId, Option<Base>) {
        let at = self.inner(at);
        if let Some(bytes) = match self.kind(at) {
            Kind::STRING_LITERAL | Kind::CONCATENATED_STRING => self.string(at),
            _ => None,
        } {
            let ty = self.unit.types.intern(Type::Array {
                of: TypeId::int(8, self.unit.target.char_is_signed),
                len: u64::try_from(bytes.len()).ok().map(|length| length + 1),
            });
            return (ty, None);
        }
        if self.kind(at) == Kind::IDENTIFIER && self.is_unseen(at) {
            // A constant that is not seen may be a text as well as a number.
            return (TypeId::UNKNOWN, None);
        }
        let mark = self.mark();
        let place = if self.is_object(at) {
            self.object(at)
        } else {
            None
        };
        let found = match place {
            Some(place) => {
                let is_whole = place.path.is_empty();
                (place.ty, is_whole.then_some(place.base))
            }
            None => (self.rvalue(at).1, None),
        };
        self.roll_back(mark);
        found
    }

    /// Whether nothing tells what a name is.
    fn is_unseen(&mut self, at: At) -> bool {
        let text = self.text(at);
        let name = self.intern(text);
        self.meaning(text, name).is_none()
    }

    fn unary_expression(&mut self, at: At) -> Option<(Rvalue, TypeId)> {
        let argument = self.child(at, Field::ARGUMENT)?;
        let op = match self.operator(at) {
            b"-" => UnaryOp::Negate,
            b"~" => UnaryOp::BitNot,
            b"!" => UnaryOp::Not,
            _ => {
                let value = self.value(argument);
                let ty = self.promoted(value.ty);
                let span = self.span(at);
                let value = self.convert(value, ty, span);
                return Some((Rvalue::Use(value.operand), ty));
            }
        };
        if op == UnaryOp::Not && self.is_logical(argument) {
            return Some(self.truth(at));
        }
        let value = self.value(argument);
        if op == UnaryOp::Not {
            return Some((self.unary(op, value.operand, self.int), self.int));
        }
        let ty = self.promoted(value.ty);
        let span = self.span(argument);
        let value = self.convert(value, ty, span);
        Some((self.unary(op, value.operand, ty), ty))
    }

    /// `({ …; value; })`
    fn statement_expression(&mut self, block: At) -> (Rvalue, TypeId) {
        let scope = self.open_scope();
        let span = self.span(block);
        let last = self.children(block).last();
        let mut value = None;
        for child in self.children(block) {
            if Some(child) == last
                && self.kind(child) == Kind::EXPRESSION_STATEMENT
                && let Some(expression) = self.only_child(child)
            {
                let (result, ty) = self.rvalue(expression);
                if ty != TypeId::VOID {
                    // Its variables end here; the value does not.
                    value = Some(self.computed(result, ty, span));
                }
            } else {
                self.statement(child);
            }
        }
        self.close_scope(scope, span);
        match value {
            Some(value) => (Rvalue::Use(value.operand), value.ty),
            None => (Rvalue::Use(Operand::Unknown(TypeId::VOID)), TypeId::VOID),
        }
    }

    /// Inline assembly: its outputs change.
    pub(super) fn assembly(&mut self, at: At) {
        let mut places = Vec::new();
        for list in self.children(at) {
            let is_output = self.kind(list) == Kind::GNU_ASM_OUTPUT_OPERAND_LIST;
            if !is_output && self.kind(list) != Kind::GNU_ASM_INPUT_OPERAND_LIST {
                continue;
            }
            for operand in self.children(list) {
                let Some(value) = self.child(operand, Field::VALUE) else {
                    continue;
                };
                let value = self.inner(value);
                if self.is_object(value) {
                    let span = self.span(value);
                    let place = self.place(value);
                    // What an input points to may be written through it.
                    match is_output {
                        true => places.push(place),
                        false if self.unit.types.is_pointer(place.ty) => {
                            places.push(self.behind(place, span));
                        }
                        false => {}
                    }
                } else {
                    self.effect(value);
                }
            }
        }
        let span = self.span(at);
        self.named_in_assembly(at, &mut places);
        self.emit(StatementKind::Clobber(places), span);
    }

    /// Without operands, `asm("mrs level, primask")` reads and writes variables by their names.
    fn named_in_assembly(&mut self, at: At, places: &mut Vec<Place>) {
        let Some(code) = self.child(at, Field::ASSEMBLY_CODE) else {
            return;
        };
        let has_operands = self.children(at).any(|list| {
            matches!(
                self.kind(list),
                Kind::GNU_ASM_OUTPUT_OPERAND_LIST | Kind::GNU_ASM_INPUT_OPERAND_LIST
            )
        });
        if has_operands {
            return;
        }
        let span = self.span(code);
        for word in self
            .text(code)
            .split(|byte| !super::scan::is_word(*byte))
            .filter(|word| !word.is_empty())
        {
            let name = self.intern(word);
            if let Some(Binding::Local(local)) = self.names.get(&name).copied() {
                let ty = self.body.locals.get(local.0 as usize).map(|local| local.ty);
                places.push(Place {
                    base: Base::Local(local),
                    path: Vec::new(),
                    ty: ty.unwrap_or(TypeId::UNKNOWN),
                    span,
                });
            }
        }
    }

    /// The operator of a comparison or computation.
    pub(super) fn binary_operator(text: &[u8]) -> Option<BinaryOp> {
        Some(match text {
            b"+" => BinaryOp::Add,
            b"-" => BinaryOp::Sub,
            b"*" => BinaryOp::Mul,
            b"/" => BinaryOp::Div,
            b"%" => BinaryOp::Rem,
            b"<<" => BinaryOp::Shl,
            b">>" => BinaryOp::Shr,
            b"&" => BinaryOp::And,
            b"|" => BinaryOp::Or,
            b"^" => BinaryOp::Xor,
            b"==" => BinaryOp::Eq,
            b"!=" => BinaryOp::Ne,
            b"<" => BinaryOp::Lt,
            b"<=" => BinaryOp::Le,
            b">" => BinaryOp::Gt,
            b">=" => BinaryOp::Ge,
            _ => return None,
        })
    }
}

/// Whether a node that stands for a macro's parameter is no type.
fn is_expression(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::NUMBER_LITERAL
            | Kind::BINARY_EXPRESSION
            | Kind::CALL_EXPRESSION
            | Kind::PARENTHESIZED_EXPRESSION
            | Kind::FIELD_EXPRESSION
            | Kind::SUBSCRIPT_EXPRESSION
            | Kind::SIZEOF_EXPRESSION
            | Kind::CAST_EXPRESSION
    )
}

/// Whether a name that nobody defined is written as constants are.
pub(super) fn is_constant_name(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_uppercase) && !text.iter().any(u8::is_ascii_lowercase)
}
