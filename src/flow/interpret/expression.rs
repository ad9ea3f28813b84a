//! Operands and operations: what they give.

use crate::finding::Span;
use crate::flow::ir::{BinaryOp, Operand, Origin as Written, Place, Rvalue, Type, TypeId, UnaryOp};

use super::linear::Linear;
use super::machine::{Frame, Machine, Run};
use super::place::{Location, Purpose};
use super::state::State;
use super::value::{Comparison, FAR, Origin, Range, Value};

impl Machine<'_> {
    pub(crate) fn operand(&mut self, frame: &mut Frame, run: &mut Run, operand: &Operand) -> Value {
        match operand {
            Operand::Copy(place) => {
                let at = self.resolve(frame, run, place, Purpose::Read);
                if run.is_dead {
                    return Value::Any;
                }
                self.load(frame, run, &at, place.span)
            }
            Operand::Constant(constant) => match constant.value {
                // A type without a size is one whose parts were not seen.
                Some(0)
                    if matches!(
                        constant.origin,
                        Written::Sizeof(_) | Written::SizeofPlace(_)
                    ) =>
                {
                    self.fresh(constant.ty, Origin::Operation, Span::new(0, 0))
                }
                Some(value) => self.typed_constant(value, constant.ty),
                None => {
                    if let Written::Named(name) = constant.origin {
                        return self.named_constant(name, constant.ty);
                    }
                    self.fresh(constant.ty, Origin::Operation, Span::new(0, 0))
                }
            },
            Operand::Text(id) => Value::Addr(self.text_object(*id), Linear::constant(0)),
            Operand::Function(name) => Value::Function(*name),
            Operand::Unknown(ty) => self.fresh(*ty, Origin::Operation, Span::new(0, 0)),
        }
    }

    /// A name whose value is not known is the same value each time.
    fn named_constant(&mut self, name: crate::flow::ir::Symbol, ty: TypeId) -> Value {
        let key = (
            200,
            Linear::constant(i128::from(name.0)),
            Linear::constant(0),
            ty,
        );
        if let Some(sym) = self.operations.get(&key) {
            return Value::symbol(*sym);
        }
        let range = self.type_range(ty);
        let sym = self
            .arena
            .new_number(range, Origin::Operation, Span::new(0, 0));
        self.operations.insert(key, sym);
        Value::symbol(sym)
    }

    pub(crate) fn rvalue(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        value: &Rvalue,
        ty: TypeId,
        span: Span,
    ) -> Value {
        match value {
            Rvalue::Use(operand) => {
                let value = self.operand(frame, run, operand);
                self.fit(value, ty)
            }
            Rvalue::Unary(op, operand) => {
                let value = self.operand(frame, run, operand);
                self.unary(run, *op, value, ty, span)
            }
            Rvalue::Binary(op, left, right) => {
                let a = self.operand(frame, run, left);
                let b = self.operand(frame, run, right);
                if run.is_dead {
                    return Value::Any;
                }
                self.check_binary(frame, run, *op, (left, &a), (right, &b), ty, span);
                if run.is_dead {
                    return Value::Any;
                }
                self.binary(&mut run.state, *op, a, b, ty, span)
            }
            Rvalue::Cast {
                value: operand,
                to,
                is_explicit,
            } => {
                let value = self.operand(frame, run, operand);
                if run.is_dead {
                    return Value::Any;
                }
                self.check_cast(run, &value, operand, *to, *is_explicit, span);
                self.cast(&mut run.state, value, *to, span)
            }
            Rvalue::AddressOf(place) => self.address_of(frame, run, place),
            Rvalue::PointerAdd {
                pointer,
                count,
                is_negative,
            } => {
                let base = self.operand(frame, run, pointer);
                let count = self.operand(frame, run, count);
                if run.is_dead {
                    return Value::Any;
                }
                let size = self
                    .unit
                    .types
                    .pointee(ty)
                    .or_else(|| match pointer {
                        Operand::Copy(place) => self.unit.types.pointee(place.ty),
                        _ => None,
                    })
                    .map_or(Some(1), |to| match self.unit.types.get(to) {
                        Type::Void => Some(1),
                        _ => self.unit.types.size(to),
                    });
                self.pointer_add(base, count, *is_negative, size, span)
            }
            Rvalue::PointerSub(left, right) => {
                let a = self.operand(frame, run, left);
                let b = self.operand(frame, run, right);
                if run.is_dead {
                    return Value::Any;
                }
                self.check_pointer_sub(run, (left, &a), (right, &b), span);
                let size = match left {
                    Operand::Copy(place) => self
                        .unit
                        .types
                        .pointee(place.ty)
                        .and_then(|to| self.unit.types.size(to)),
                    _ => Some(1),
                };
                self.pointer_sub(a, b, size, ty, span)
            }
            Rvalue::Len(place) => {
                let at = self.resolve(frame, run, place, Purpose::Address);
                match self.unit.types.get(at.ty) {
                    Type::Array { len: Some(len), .. } => Value::number(i128::from(*len)),
                    _ => self.fresh(ty, Origin::Memory, span),
                }
            }
            Rvalue::Discriminant(_) => self.fresh(ty, Origin::Memory, span),
            Rvalue::Aggregate(_) => Value::Any,
        }
    }

    /// A number as a value of the type: pointers out of numbers without a name.
    pub(crate) fn fit(&mut self, value: Value, ty: TypeId) -> Value {
        match (value, self.unit.types.get(ty)) {
            (Value::Int(form), Type::Pointer { .. }) => match form.as_symbol() {
                Some(sym) => Value::pointer(sym),
                None => Value::Int(form),
            },
            (Value::Int(form), Type::Float { .. }) => form
                .as_constant()
                .map_or(Value::Any, |value| Value::Real(value as f64)),
            _ => value,
        }
    }

    pub(crate) fn address_of(&mut self, frame: &mut Frame, run: &mut Run, place: &Place) -> Value {
        let at = self.resolve(frame, run, place, Purpose::Address);
        match (&at.location, at.through) {
            (Location::Memory(spots), through) => match spots.as_slice() {
                [spot] => {
                    // The address of what an unknown pointer leads to stays that pointer, so that
                    // what is learned of it is learned once.
                    if let Some(Value::Ptr(sym, _)) = through
                        && self.arena.sym(sym).is_some_and(|info| {
                            info.alternatives.is_empty() && info.pointee == Some(spot.object)
                        })
                    {
                        return Value::Ptr(sym, spot.offset);
                    }
                    if let Some(Value::Ptr(sym, offset)) = through
                        && self
                            .arena
                            .sym(sym)
                            .is_some_and(|info| !info.alternatives.is_empty())
                        && let Some(start) = self.arena.sym(sym).and_then(|info| {
                            info.alternatives
                                .iter()
                                .find_map(|alternative| match alternative {
                                    super::value::Alternative::Object(object, start)
                                        if *object == spot.object =>
                                    {
                                        Some(*start)
                                    }
                                    _ => None,
                                })
                        })
                        && let Some(moved) = spot.offset.sub(&start)
                    {
                        let _ = offset;
                        return Value::Ptr(sym, moved);
                    }
                    Value::Addr(spot.object, spot.offset)
                }
                _ => self.fresh(place.ty, Origin::Operation, place.span),
            },
            _ => {
                let ty = place.ty;
                let sym = self.fresh_pointer(ty, Origin::Operation, place.span);
                Value::pointer(sym)
            }
        }
    }

    pub(crate) fn pointer_add(
        &mut self,
        base: Value,
        count: Value,
        is_negative: bool,
        size: Option<u64>,
        span: Span,
    ) -> Value {
        let factor = size
            .map(i128::from)
            .and_then(|size| if is_negative { -size } else { size }.into());
        let by = match (&count, factor) {
            (Value::Int(form), Some(factor)) => form.scale(factor),
            _ => None,
        };
        let by = by.unwrap_or_else(|| {
            Linear::symbol(self.arena.new_number(Range::FULL, Origin::Operation, span))
        });
        match base {
            Value::Addr(object, offset) => match offset.add(&by) {
                Some(offset) => Value::Addr(object, offset),
                None => Value::Addr(
                    object,
                    Linear::symbol(self.arena.new_number(Range::FULL, Origin::Operation, span)),
                ),
            },
            Value::Ptr(sym, offset) => match offset.add(&by) {
                Some(offset) => Value::Ptr(sym, offset),
                None => Value::Ptr(
                    sym,
                    Linear::symbol(self.arena.new_number(Range::FULL, Origin::Operation, span)),
                ),
            },
            Value::Int(form) => match form.as_symbol() {
                Some(sym) => Value::Ptr(sym, by),
                None if form.as_constant() == Some(0) && by.as_constant() == Some(0) => base,
                None => {
                    Value::pointer(self.fresh_pointer(TypeId::UNKNOWN, Origin::Operation, span))
                }
            },
            _ => Value::pointer(self.fresh_pointer(TypeId::UNKNOWN, Origin::Operation, span)),
        }
    }

    fn pointer_sub(
        &mut self,
        a: Value,
        b: Value,
        size: Option<u64>,
        ty: TypeId,
        span: Span,
    ) -> Value {
        let difference = match (a, b) {
            (Value::Addr(x, from), Value::Addr(y, to)) if x == y => from.sub(&to),
            (Value::Ptr(x, from), Value::Ptr(y, to)) if x == y => from.sub(&to),
            _ => None,
        };
        if let (Some(difference), Some(size)) = (difference, size) {
            let size = i128::from(size);
            if size == 1 {
                return Value::Int(difference);
            }
            if let Some(bytes) = difference.as_constant()
                && size != 0
            {
                return Value::number(bytes / size);
            }
            if size != 0
                && difference.base() % size == 0
                && difference
                    .terms()
                    .iter()
                    .all(|term| i128::from(term.1) % size == 0)
            {
                let mut out = Linear::constant(difference.base() / size);
                for (sym, factor) in difference.terms() {
                    let factor = i32::try_from(i128::from(*factor) / size).unwrap_or(0);
                    match out.plus(&Linear::symbol(*sym), factor) {
                        Some(sum) => out = sum,
                        None => return self.fresh(ty, Origin::Operation, span),
                    }
                }
                return Value::Int(out);
            }
        }
        self.fresh(ty, Origin::Operation, span)
    }

    fn unary(&mut self, run: &mut Run, op: UnaryOp, value: Value, ty: TypeId, span: Span) -> Value {
        match (op, value) {
            (UnaryOp::Not, value) => {
                let zero = Value::number(0);
                self.compare(&run.state, BinaryOp::Eq, value, zero, span)
            }
            (UnaryOp::Negate, Value::Real(number)) => Value::Real(-number),
            (UnaryOp::Negate, Value::Int(form)) => {
                let zero = Value::number(0);
                self.binary(
                    &mut run.state,
                    BinaryOp::Sub,
                    zero,
                    Value::Int(form),
                    ty,
                    span,
                )
            }
            (UnaryOp::BitNot, Value::Int(form)) => {
                if let Some(value) = form.as_constant() {
                    return Value::number(self.wrap(!value, ty));
                }
                self.fresh(ty, Origin::Operation, span)
            }
            _ => self.fresh(ty, Origin::Operation, span),
        }
    }

    /// A number cut to the width of its type.
    pub(crate) fn wrap(&self, value: i128, ty: TypeId) -> i128 {
        let Some((bits, signed)) = self.unit.types.int(ty) else {
            return value;
        };
        if bits >= 100 {
            return value;
        }
        let modulus = 1_i128 << bits;
        let low = value.rem_euclid(modulus);
        if signed && low >= modulus / 2 {
            low - modulus
        } else {
            low
        }
    }

    /// `left op right` as a truth value.
    pub(crate) fn compare(
        &mut self,
        state: &State,
        op: BinaryOp,
        left: Value,
        right: Value,
        span: Span,
    ) -> Value {
        let comparison = Comparison { op, left, right };
        if let Some(known) = self.decide(state, &comparison) {
            return Value::number(i128::from(known));
        }
        if matches!(left, Value::Any | Value::Undef) || matches!(right, Value::Any | Value::Undef) {
            return Value::symbol(self.arena.new_number(
                Range::between(0, 1),
                Origin::Operation,
                span,
            ));
        }
        Value::symbol(self.arena.new_number(
            Range::between(0, 1),
            Origin::Comparison(std::rc::Rc::new(comparison)),
            span,
        ))
    }

    pub(crate) fn binary(
        &mut self,
        state: &mut State,
        op: BinaryOp,
        left: Value,
        right: Value,
        ty: TypeId,
        span: Span,
    ) -> Value {
        if op.is_comparison() {
            return self.compare(state, op, left, right, span);
        }
        if let (Value::Real(_) | Value::Int(_), Value::Real(_) | Value::Int(_)) = (left, right)
            && matches!(self.unit.types.get(ty), Type::Float { .. })
        {
            let (Some(a), Some(b)) = (real(&left), real(&right)) else {
                return Value::Any;
            };
            return match op {
                BinaryOp::Add => Value::Real(a + b),
                BinaryOp::Sub => Value::Real(a - b),
                BinaryOp::Mul => Value::Real(a * b),
                BinaryOp::Div if b != 0.0 => Value::Real(a / b),
                _ => Value::Any,
            };
        }
        let (Value::Int(a), Value::Int(b)) = (left, right) else {
            // Arithmetic on addresses as numbers: the result may be one of them.
            self.escape(state, &left);
            self.escape(state, &right);
            return self.fresh(ty, Origin::Operation, span);
        };
        if !matches!(op, BinaryOp::Add | BinaryOp::Sub) {
            // An address that is masked or shifted is kept in what comes out.
            self.escape(state, &left);
            self.escape(state, &right);
        }
        let exact = match op {
            BinaryOp::Add => a.add(&b),
            BinaryOp::Sub => a.sub(&b),
            BinaryOp::Mul => match (a.as_constant(), b.as_constant()) {
                (Some(x), Some(y)) => x
                    .checked_mul(y)
                    .filter(|v| v.abs() < FAR)
                    .map(Linear::constant),
                (Some(x), None) => b.scale(x),
                (None, Some(y)) => a.scale(y),
                (None, None) => None,
            },
            _ => self.fold(op, &a, &b, ty).map(Linear::constant),
        };
        let range = self.result_range(state, op, &a, &b, ty);
        let Some((low, high)) = self.unit.types.int_range(ty) else {
            if let Some(form) = exact {
                return Value::Int(form);
            }
            return self.operation(op, a, b, ty, range, span);
        };
        if let Some(form) = exact {
            if let Some(value) = form.as_constant() {
                return Value::number(self.wrap(value, ty));
            }
            let is_signed = self.unit.types.int(ty).is_some_and(|int| int.1);
            let whole = state.range(&self.arena, &form);
            if whole.within(low, high) {
                return Value::Int(form);
            }
            if is_signed && matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul) {
                // Overflow is undefined: the sum is what it seems to be, and fits.
                return Value::Int(form);
            }
            // Unsigned, and it may wrap.
            if whole.lo >= low && op == BinaryOp::Sub || whole.hi < low {
                return self.operation(op, a, b, ty, Range::between(low, high), span);
            }
            if op == BinaryOp::Sub {
                // `a - b` does not wrap if b <= a is known.
                if let Some(less) = b.sub(&a)
                    && state.entails(&self.arena, &less)
                {
                    return Value::Int(form);
                }
            }
            return self.operation(op, a, b, ty, Range::between(low, high), span);
        }
        let range = if range.within(low, high) {
            range
        } else {
            Range::between(low, high)
        };
        self.operation(op, a, b, ty, range, span)
    }

    /// The symbol of an operation on fixed values: the same for the same values.
    pub(crate) fn operation(
        &mut self,
        op: BinaryOp,
        a: Linear,
        b: Linear,
        ty: TypeId,
        range: Range,
        span: Span,
    ) -> Value {
        let key = (op as u8, a, b, ty);
        if let Some(sym) = self.operations.get(&key) {
            return Value::symbol(*sym);
        }
        let sym = self.arena.new_number(range, Origin::Operation, span);
        self.operations.insert(key, sym);
        Value::symbol(sym)
    }
}

/// A number as a floating-point one.
pub(crate) fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Real(number) => Some(*number),
        Value::Int(form) => form.as_constant().map(|value| value as f64),
        _ => None,
    }
}
