//! Numbers: division by zero, shifts, overflow, conversions.

use super::bounds::{Outside, is_of_type_only};
use crate::finding::Span;
use crate::flow::interpret::linear::Linear;
use crate::flow::interpret::machine::{Family, Frame, Machine, Run};
use crate::flow::interpret::value::{Obj, ObjectKind, Origin, Range, Value};
use crate::flow::ir::{BinaryOp, Operand, Origin as Written, Type, TypeId};

impl Machine<'_> {
    #[expect(clippy::too_many_arguments, reason = "an operation and both its sides")]
    pub(crate) fn check_binary(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        op: BinaryOp,
        left: (&Operand, &Value),
        right: (&Operand, &Value),
        ty: TypeId,
        span: Span,
    ) {
        match op {
            // Dividing by zero is defined for floating-point numbers.
            BinaryOp::Div if matches!(self.unit.types.get(ty), Type::Float { .. }) => {}
            BinaryOp::Div | BinaryOp::Rem => self.check_division(run, right, ty, span),
            BinaryOp::Shl | BinaryOp::Shr if self.is_for_callers(frame, right.1) => {}
            BinaryOp::Shl | BinaryOp::Shr => self.check_shift(run, op, left, right, ty, span),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => {
                self.check_overflow(run, op, left, right, ty, span);
            }
            _ => {}
        }
    }

    /// Whether a number is made of what a private function is given, and all of its callers stand
    /// in the file: each of them is asked when it is walked.
    fn is_for_callers(&mut self, frame: &Frame, value: &Value) -> bool {
        let Value::Int(form) = value else {
            return false;
        };
        frame.depth == 0
            && self.has_origin(form, |origin| matches!(origin, Origin::Parameter(_)))
            && self.are_callers_known(frame.function)
    }

    fn check_division(&mut self, run: &mut Run, right: (&Operand, &Value), ty: TypeId, span: Span) {
        let text = match right.0 {
            Operand::Copy(place) => self.quote(place.span),
            _ => self.quote(span),
        };
        let is_zero = match right.1 {
            Value::Int(form) => {
                let range = run.state.range(&self.arena, form);
                if range.lo == 0 && range.hi == 0 {
                    (!run.state.is_caution(form)).then_some(true)
                } else if range.contains(0) {
                    let reached =
                        (range.lo == 0 && range.lo_reached) || (range.hi == 0 && range.hi_reached);
                    let source = self.source_of(form);
                    if let Some(source) = source
                        && !run.state.entails_unequal(&self.arena, form)
                    {
                        let notes = self.origin_notes(&run.state, form);
                        self.report(
                            "possible-division-by-zero",
                            span,
                            vec![("$X", text.clone()), ("$SOURCE", source)],
                            notes,
                            Some(&run.state),
                            format!("`{text}` may be zero"),
                        );
                    } else if reached
                        && !form
                            .terms()
                            .first()
                            .and_then(|term| self.arena.sym(term.0))
                            .is_some_and(crate::flow::interpret::value::SymInfo::may_be_anything)
                        && !run.state.entails_unequal(&self.arena, form)
                    {
                        let notes = self.origin_notes(&run.state, form);
                        self.report(
                            "possible-division-by-zero",
                            span,
                            vec![("$X", text.clone()), ("$SOURCE", "some path".to_owned())],
                            notes,
                            Some(&run.state),
                            format!("`{text}` may be zero"),
                        );
                    }
                    let form = *form;
                    if !run.state.assume_unequal(&self.arena, &form) {
                        run.is_dead = true;
                    }
                    None
                } else {
                    None
                }
            }
            _ => None,
        };
        let _ = ty;
        if is_zero != Some(true) {
            self.fine(Family::Division, span);
        }
        if is_zero == Some(true) {
            self.report(
                "division-by-zero",
                span,
                vec![("$X", text.clone())],
                Vec::new(),
                Some(&run.state),
                format!("`{text}` is zero here"),
            );
            run.is_dead = true;
        }
    }

    fn check_shift(
        &mut self,
        run: &Run,
        op: BinaryOp,
        left: (&Operand, &Value),
        right: (&Operand, &Value),
        ty: TypeId,
        span: Span,
    ) {
        let Some((bits, signed)) = self.unit.types.int(ty) else {
            return;
        };
        let Value::Int(form) = right.1 else {
            return;
        };
        let range = run.state.range(&self.arena, form);
        let limit = i128::from(bits);
        let is_certain = (range.lo >= limit || range.hi < 0) && !run.state.is_caution(form);
        // Where paths meet, the end of the range belongs to one that may not come here.
        let is_end_real =
            !self.has_origin(form, |origin| matches!(origin, Origin::Join | Origin::Loop));
        // A test for the sentinel 255 leaves 254, which nobody said.
        let is_rest = is_of_type_only(&Outside::Over(range.hi));
        let by = if is_certain && range.lo >= limit {
            Some(range.lo)
        } else if is_certain || is_end_real && range.hi >= limit && range.hi_reached && !is_rest {
            Some(range.hi)
        } else if is_end_real && range.lo < 0 && range.lo_reached && range.lo > -1000 {
            Some(range.lo)
        } else {
            None
        };
        let is_outside = self.source_of(form).is_some() && (range.hi >= limit);
        if let Some(by) = by.or(is_outside.then_some(range.hi)) {
            let text = self.quote(span);
            // `(uintptr_t)p >> 32` is there for targets where an address has more bits.
            if bits == 32 && (32..64).contains(&by) && says_address_width(&text) {
                return;
            }
            let notes = self.origin_notes(&run.state, form);
            // The end of a range is a value that may come; one that is counted up to does.
            let analysis = match is_certain || self.is_counter(form) {
                true => "shift-out-of-range",
                false => "possible-shift-out-of-range",
            };
            self.report(
                analysis,
                span,
                vec![
                    ("$X", text),
                    ("$VALUE", by.to_string()),
                    ("$SIZE", bits.to_string()),
                ],
                notes,
                Some(&run.state),
                format!("shift by {by} of {bits} bits"),
            );
            return;
        }
        // A one shifted into the sign bit, or beyond: only where the value is known not to fit.
        if signed
            && op == BinaryOp::Shl
            && let Value::Int(value) = left.1
        {
            let value = run.state.range(&self.arena, value);
            if value.hi < 0 {
                let text = self.quote(span);
                self.report(
                    "shift-of-negative",
                    span,
                    vec![("$X", text), ("$VALUE", value.hi.to_string())],
                    Vec::new(),
                    Some(&run.state),
                    "a negative value is shifted to the left".to_owned(),
                );
            }
        }
    }

    fn check_overflow(
        &mut self,
        run: &Run,
        op: BinaryOp,
        left: (&Operand, &Value),
        right: (&Operand, &Value),
        ty: TypeId,
        span: Span,
    ) {
        let (Some((low, high)), Some((bits, signed))) =
            (self.unit.types.int_range(ty), self.unit.types.int(ty))
        else {
            return;
        };
        let (Value::Int(a), Value::Int(b)) = (left.1, right.1) else {
            return;
        };
        let (x, y) = (
            run.state.range(&self.arena, a),
            run.state.range(&self.arena, b),
        );
        let result = match op {
            BinaryOp::Add => a.add(b).map(|form| run.state.range(&self.arena, &form)),
            BinaryOp::Sub => a.sub(b).map(|form| run.state.range(&self.arena, &form)),
            BinaryOp::Mul => {
                let all = [
                    x.lo.saturating_mul(y.lo),
                    x.lo.saturating_mul(y.hi),
                    x.hi.saturating_mul(y.lo),
                    x.hi.saturating_mul(y.hi),
                ];
                let lo = all.iter().copied().min().unwrap_or(0);
                let hi = all.iter().copied().max().unwrap_or(0);
                let fixed = x.lo == x.hi || y.lo == y.hi;
                Some(Range {
                    lo,
                    hi,
                    lo_reached: fixed && (x.lo_reached && y.lo_reached),
                    hi_reached: fixed && (x.hi_reached && y.hi_reached),
                })
            }
            _ => None,
        };
        let Some(result) = result else {
            return;
        };
        if result.within(low, high) {
            return;
        }
        let is_constant = |operand: &Operand| matches!(operand, Operand::Constant(constant) if !matches!(constant.origin, Written::Literal));
        if is_constant(left.0) && is_constant(right.0) {
            return;
        }
        let certain = if result.lo > high {
            Some(result.lo)
        } else if result.hi < low {
            Some(result.hi)
        } else {
            None
        };
        let is_outside = self.source_of(a).is_some() || self.source_of(b).is_some();
        // One of all rounds of a loop whose rounds nobody counts.
        let is_of_rounds = |form| self.has_origin(form, |origin| *origin == Origin::Loop);
        if !is_outside && (is_of_rounds(a) || is_of_rounds(b)) {
            return;
        }
        let reached = if certain.is_some() {
            certain
        } else if result.hi > high && result.hi_reached && self.is_own(a) && self.is_own(b) {
            Some(result.hi)
        } else if result.lo < low && result.lo_reached && self.is_own(a) && self.is_own(b) {
            Some(result.lo)
        } else {
            None
        };
        let (analysis, value) = match (reached, signed) {
            (Some(value), true) => ("signed-overflow", value),
            (Some(value), false) => ("unsigned-wrap", value),
            (None, _) if is_outside && op != BinaryOp::Sub => ("possible-overflow", result.hi),
            (None, true) if is_outside && result.lo_reached && result.lo < low => {
                ("possible-overflow", result.lo)
            }
            _ => return,
        };
        let type_name = format!("{}{bits}", if signed { "int" } else { "uint" });
        let text = self.quote(span);
        let mut notes = self.origin_notes(&run.state, a);
        notes.extend(self.origin_notes(&run.state, b));
        let source = self
            .source_of(a)
            .or_else(|| self.source_of(b))
            .unwrap_or_default();
        self.report(
            analysis,
            span,
            vec![
                ("$X", text),
                ("$VALUE", value.to_string()),
                ("$TYPE", type_name.clone()),
                ("$OP", op.as_str().to_owned()),
                ("$SOURCE", source),
            ],
            notes,
            Some(&run.state),
            format!("the result {value} does not fit {type_name}"),
        );
    }

    /// Whether a part of a number has such an origin.
    fn has_origin(&self, form: &Linear, is_it: impl Fn(&Origin) -> bool) -> bool {
        form.terms().iter().any(|term| {
            self.arena
                .sym(term.0)
                .is_some_and(|info| is_it(&info.origin))
        })
    }

    /// Whether the function itself made a number, not a caller or a guard on anything.
    fn is_own(&self, form: &Linear) -> bool {
        form.terms().iter().all(|term| {
            self.arena
                .sym(term.0)
                .is_some_and(|info| !info.may_be_anything())
        })
    }

    pub(crate) fn check_cast(
        &mut self,
        run: &Run,
        value: &Value,
        operand: &Operand,
        to: TypeId,
        is_explicit: bool,
        span: Span,
    ) {
        if is_explicit {
            return;
        }
        let from_type = match operand {
            Operand::Copy(place) => place.ty,
            Operand::Constant(constant) => constant.ty,
            _ => return,
        };
        let is_constant = matches!(operand, Operand::Constant(_));
        let (value_range, form) = match value {
            Value::Int(form) => (run.state.range(&self.arena, form), Some(*form)),
            Value::Real(number) => {
                // A fraction that is cut off.
                if matches!(self.unit.types.get(to), Type::Int { .. })
                    && (number.fract() != 0.0 || number.abs() > 1e19)
                    && number.is_finite()
                {
                    let number = *number;
                    self.lossy(
                        run,
                        "lossy-conversion",
                        &number.to_string(),
                        to,
                        span,
                        Vec::new(),
                    );
                } else if let (Some((low, high)), Type::Int { .. }) =
                    (self.unit.types.int_range(to), self.unit.types.get(to))
                {
                    let whole = *number as i128;
                    if whole < low || whole > high {
                        self.lossy(
                            run,
                            "lossy-conversion",
                            &number.to_string(),
                            to,
                            span,
                            Vec::new(),
                        );
                    }
                }
                return;
            }
            _ => return,
        };
        let Some((low, high)) = self.unit.types.int_range(to) else {
            return;
        };
        if to == TypeId::BOOL || value_range.within(low, high) {
            return;
        }
        let certain = if value_range.lo > high {
            Some(value_range.lo)
        } else if value_range.hi < low {
            Some(value_range.hi)
        } else {
            None
        };
        let form = form.unwrap_or(Linear::constant(0));
        let reached = certain.or_else(|| {
            if !self.is_own(&form) {
                return None;
            }
            if value_range.hi > high && value_range.hi_reached {
                Some(value_range.hi)
            } else if value_range.lo < low && value_range.lo_reached {
                Some(value_range.lo)
            } else {
                None
            }
        });
        let is_outside = self.source_of(&form).is_some();
        let (_, to_signed) = self.unit.types.int(to).unwrap_or((32, true));
        let from = self.unit.types.int(from_type);
        let analysis = match (reached, from) {
            (Some(_), Some((from_bits, from_signed)))
                if from_signed != to_signed
                    && self
                        .unit
                        .types
                        .int(to)
                        .is_some_and(|int| int.0 >= from_bits) =>
            {
                "sign-changing-conversion"
            }
            (Some(_), _) => "lossy-conversion",
            (None, _) if is_outside => "possible-truncation",
            _ => return,
        };
        if is_constant && certain.is_some_and(|value| (-128..0).contains(&value)) && !to_signed {
            // `unsigned char x = -1` says all bits.
            return;
        }
        if certain.is_none()
            && !to_signed
            && reached.is_some_and(|value| (-256..0).contains(&value))
        {
            // An error code on one of the paths, kept as bits.
            return;
        }
        let shown = reached.unwrap_or(value_range.hi);
        let notes = self.origin_notes(&run.state, &form);
        self.lossy(run, analysis, &shown.to_string(), to, span, notes);
    }

    fn lossy(
        &mut self,
        run: &Run,
        analysis: &'static str,
        value: &str,
        to: TypeId,
        span: Span,
        notes: Vec<crate::flow::defect::Note>,
    ) {
        let type_name = match self.unit.types.int(to) {
            Some((bits, true)) => format!("int{bits}"),
            Some((bits, false)) => format!("uint{bits}"),
            None => "the type".to_owned(),
        };
        let text = self.quote(span);
        self.report(
            analysis,
            span,
            vec![
                ("$X", text),
                ("$VALUE", value.to_owned()),
                ("$TYPE", type_name.clone()),
            ],
            notes,
            Some(&run.state),
            format!("{value} does not fit {type_name}"),
        );
    }

    /// Whether an object is a place that a linker script or an assembler file names, as
    /// `extern char heap_start[]`: such names may lie in one piece of memory.
    fn is_label(&self, object: Obj) -> bool {
        let Some(ObjectKind::Global(id)) = self.arena.object(object).map(|info| &info.kind) else {
            return false;
        };
        self.unit.global(*id).is_some_and(|global| global.is_extern)
    }

    /// `a - b` of pointers.
    pub(crate) fn check_pointer_sub(
        &mut self,
        run: &Run,
        left: (&Operand, &Value),
        right: (&Operand, &Value),
        span: Span,
    ) {
        let (Value::Addr(a, _), Value::Addr(b, _)) = (left.1, right.1) else {
            return;
        };
        if a == b || self.is_label(*a) || self.is_label(*b) {
            return;
        }
        let text = |machine: &Self, operand: &Operand| match operand {
            Operand::Copy(place) => machine.quote(place.span),
            _ => machine.quote(span),
        };
        let (x, y) = (text(self, left.0), text(self, right.0));
        let notes = self
            .made_note(*a)
            .into_iter()
            .chain(self.made_note(*b))
            .collect();
        self.report(
            "pointer-subtraction",
            span,
            vec![("$X", x), ("$Y", y)],
            notes,
            Some(&run.state),
            "the pointers lead to different objects".to_owned(),
        );
    }
}

/// Whether a text names a type that is as wide as an address of the target.
fn says_address_width(text: &str) -> bool {
    ["uintptr_t", "intptr_t", "size_t", "ptrdiff_t"]
        .iter()
        .any(|name| text.contains(name))
}
