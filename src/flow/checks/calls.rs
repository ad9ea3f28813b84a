//! Calls: what a library function needs of its arguments, and what its caller must do.

use crate::finding::Span;
use crate::flow::interpret::call::Calling;
use crate::flow::interpret::linear::Linear;
use crate::flow::interpret::machine::{Frame, Machine, Run};
use crate::flow::interpret::memory::Found;
use crate::flow::interpret::value::{ObjectKind, Value};
use crate::flow::ir::ResultUse;
use crate::flow::models::{Effect, Model};

impl Machine<'_> {
    /// A call of a function with a model, before it happens.
    pub(crate) fn check_model(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        calling: &Calling<'_>,
        model: &Model,
    ) {
        let _ = frame;
        self.check_locking(run, calling, model);
        for effect in model.effects {
            match *effect {
                Effect::Allocates { size, .. } => {
                    let bytes = self.size_of(run, calling, size);
                    self.check_allocation(run, calling, bytes);
                }
                Effect::Frees { pointer, family } => {
                    let value = calling.value(pointer);
                    self.check_release(
                        run,
                        &value,
                        family,
                        model.name,
                        calling.operand_span(pointer),
                        calling.span,
                    );
                }
                Effect::Copies {
                    to,
                    from,
                    size,
                    may_overlap,
                } => {
                    let Some(bytes) = self.size_of(run, calling, size) else {
                        continue;
                    };
                    let (target, source) = (calling.value(to), calling.value(from));
                    self.check_buffer(run, &target, &bytes, true, model.name, calling, to);
                    self.check_buffer(run, &source, &bytes, false, model.name, calling, from);
                    if !may_overlap && !run.is_dead {
                        self.check_overlap(run, &target, &source, &bytes, model.name, calling.span);
                    }
                }
                Effect::Fills { to, size, .. } | Effect::Zeroes { to, size } => {
                    if let Some(bytes) = self.size_of(run, calling, size) {
                        self.check_buffer(
                            run,
                            &calling.value(to),
                            &bytes,
                            true,
                            model.name,
                            calling,
                            to,
                        );
                    }
                }
                Effect::Writes { to, size, .. } => {
                    if let Some(bytes) = self.size_of(run, calling, size) {
                        self.check_buffer(
                            run,
                            &calling.value(to),
                            &bytes,
                            true,
                            model.name,
                            calling,
                            to,
                        );
                    }
                }
                Effect::Reads { from, size } => {
                    if let Some(bytes) = self.size_of(run, calling, size) {
                        self.check_buffer(
                            run,
                            &calling.value(from),
                            &bytes,
                            false,
                            model.name,
                            calling,
                            from,
                        );
                    }
                }
                Effect::CopiesString { to, from } => {
                    self.check_string(run, &calling.value(from), model.name, calling, from);
                    if run.is_dead {
                        return;
                    }
                    let length = self.string_length(run, &calling.value(from));
                    let bytes = length
                        .and_then(|length| length.add_constant(1))
                        .unwrap_or(Linear::constant(1));
                    self.check_buffer(
                        run,
                        &calling.value(to),
                        &bytes,
                        true,
                        model.name,
                        calling,
                        to,
                    );
                }
                Effect::Appends { to, from } => {
                    self.check_string(run, &calling.value(to), model.name, calling, to);
                    self.check_string(run, &calling.value(from), model.name, calling, from);
                    if run.is_dead {
                        return;
                    }
                    let first = self.string_length(run, &calling.value(to));
                    let second = self.string_length(run, &calling.value(from));
                    if let (Some(first), Some(second)) = (first, second)
                        && let Some(total) = first.add(&second).and_then(|sum| sum.add_constant(1))
                    {
                        self.check_buffer(
                            run,
                            &calling.value(to),
                            &total,
                            true,
                            model.name,
                            calling,
                            to,
                        );
                    }
                }
                Effect::CopiesSome { to, from, size } => {
                    if let Value::Int(bytes) = calling.value(size) {
                        self.check_buffer(
                            run,
                            &calling.value(to),
                            &bytes,
                            true,
                            model.name,
                            calling,
                            to,
                        );
                    }
                    let _ = from;
                }
                Effect::PrintsSome { to, size } => {
                    if let Value::Int(bytes) = calling.value(size)
                        && bytes.as_constant().is_some()
                    {
                        self.check_buffer(
                            run,
                            &calling.value(to),
                            &bytes,
                            true,
                            model.name,
                            calling,
                            to,
                        );
                    }
                }
                Effect::Prints { to, format } => {
                    let least = self.least_printed(run, &calling.value(format), calling, format);
                    self.check_buffer(
                        run,
                        &calling.value(to),
                        &least,
                        true,
                        model.name,
                        calling,
                        to,
                    );
                }
                Effect::ReadsString(index) => {
                    self.check_string(run, &calling.value(index), model.name, calling, index);
                }
                Effect::Power => self.check_power(run, calling, model.name),
                Effect::MustBeChecked if calling.result == ResultUse::Dropped => {
                    self.report(
                        "unchecked-result",
                        calling.span,
                        vec![("$FUNC", model.name.to_owned())],
                        Vec::new(),
                        None,
                        format!("what {}() returns says whether it worked", model.name),
                    );
                }
                _ => {}
            }
            if run.is_dead {
                return;
            }
        }
        self.check_printed(run, calling, model);
    }

    /// A pointer that a function follows.
    fn check_argument(&mut self, run: &mut Run, pointer: &Value, calling: &Calling<'_>, index: u8) {
        let span = calling.operand_span(index);
        let is_own = calling.is_variable(index);
        self.check_pointer(run, pointer, span, calling.span, is_own);
    }

    /// A pointer and so many bytes behind it.
    #[expect(
        clippy::too_many_arguments,
        reason = "the buffer, the call, and which argument it is"
    )]
    fn check_buffer(
        &mut self,
        run: &mut Run,
        pointer: &Value,
        bytes: &Linear,
        is_write: bool,
        function: &str,
        calling: &Calling<'_>,
        index: u8,
    ) {
        let extent = run.state.range(&self.arena, bytes);
        if extent.lo <= 0 && extent.hi <= 0 {
            return;
        }
        if extent.lo > 0 {
            self.check_argument(run, pointer, calling, index);
            if run.is_dead {
                return;
            }
            for object in self.objects_of(pointer) {
                if self.objects_of(pointer).len() == 1 {
                    self.check_alive(run, object, calling.span);
                }
                if run.is_dead {
                    return;
                }
            }
        }
        self.check_extent(
            run,
            pointer,
            bytes,
            is_write,
            function,
            calling.operand_span(index),
            calling.span,
        );
        if !is_write && extent.lo > 0 {
            self.check_read_bytes(run, pointer, extent.lo, calling);
        }
    }

    /// Whether bytes that a function reads were ever written.
    fn check_read_bytes(
        &mut self,
        run: &mut Run,
        pointer: &Value,
        bytes: i128,
        calling: &Calling<'_>,
    ) {
        let Some(spot) = self.spot(run, pointer) else {
            return;
        };
        let Some(start) = self.constant_offset(&run.state, &spot.offset) else {
            return;
        };
        let contents = self.contents(&mut run.state, spot.object);
        let bytes = bytes.min(1 << 20) as i64;
        if contents.read(start, start + bytes) == Found::Undef {
            self.check_undefined(run, spot.object, calling.span, true);
        }
    }

    /// A string argument.
    pub(super) fn check_string(
        &mut self,
        run: &mut Run,
        pointer: &Value,
        function: &str,
        calling: &Calling<'_>,
        index: u8,
    ) {
        self.check_argument(run, pointer, calling, index);
        if run.is_dead {
            return;
        }
        let Some(spot) = self.spot(run, pointer) else {
            return;
        };
        self.check_alive(run, spot.object, calling.span);
        if run.is_dead {
            return;
        }
        let contents = self.contents(&mut run.state, spot.object);
        let Some(start) = self.constant_offset(&run.state, &spot.offset) else {
            return;
        };
        if contents.read(start, start + 1) == Found::Undef {
            self.check_undefined(run, spot.object, calling.span, true);
            return;
        }
        let Some(size) = self
            .arena
            .object(spot.object)
            .and_then(|info| info.size)
            .and_then(|size| size.as_constant())
            .and_then(|size| i64::try_from(size).ok())
        else {
            return;
        };
        if contents.terminator.is_some() || size - start > 256 || size <= start {
            return;
        }
        // Every byte is known, and none is zero.
        for at in start..size {
            match contents.read(at, at + 1) {
                Found::Value(value) if value.as_constant().is_some_and(|value| value != 0) => {}
                _ => return,
            }
        }
        let text = self.quote(calling.operand_span(index));
        let notes = self.made_note(spot.object).into_iter().collect();
        self.report(
            "string-not-terminated",
            calling.span,
            vec![
                ("$X", text.clone()),
                ("$SIZE", (size - start).to_string()),
                ("$FUNC", function.to_owned()),
            ],
            notes,
            Some(&run.state),
            format!("none of the {} bytes of `{text}` is zero", size - start),
        );
    }

    fn check_overlap(
        &mut self,
        run: &Run,
        target: &Value,
        source: &Value,
        bytes: &Linear,
        function: &str,
        span: Span,
    ) {
        let distance = match (target, source) {
            (Value::Addr(a, x), Value::Addr(b, y)) if a == b => x.sub(y),
            (Value::Ptr(a, x), Value::Ptr(b, y)) if a == b => x.sub(y),
            _ => None,
        };
        let Some(distance) = distance.and_then(|distance| distance.as_constant()) else {
            return;
        };
        let size = run.state.range(&self.arena, bytes);
        if size.lo > distance.saturating_abs() && distance != 0 {
            self.report(
                "overlapping-copy",
                span,
                vec![("$FUNC", function.to_owned())],
                Vec::new(),
                Some(&run.state),
                format!(
                    "{} bytes are copied, but the two are {} bytes apart",
                    size.lo,
                    distance.saturating_abs()
                ),
            );
        }
    }

    fn check_allocation(&mut self, run: &Run, calling: &Calling<'_>, bytes: Option<Linear>) {
        let Some(bytes) = bytes else {
            return;
        };
        let range = run.state.range(&self.arena, &bytes);
        let bits = self.unit.target.pointer_bits;
        let most = (1_i128 << (bits - 1)) - 1;
        if range.lo > most || range.hi < 0 {
            let text = self.quote(calling.span);
            self.report(
                "allocation-size-wraps",
                calling.span,
                vec![("$X", text), ("$VALUE", range.lo.to_string())],
                Vec::new(),
                Some(&run.state),
                format!("{} bytes cannot be had", range.lo),
            );
        }
    }

    fn check_power(&mut self, run: &Run, calling: &Calling<'_>, function: &str) {
        let number = crate::flow::interpret::expression::real;
        let (Some(base), Some(exponent)) = (number(&calling.value(0)), number(&calling.value(1)))
        else {
            return;
        };
        let result = base.powf(exponent);
        let is_wrong = result.is_infinite()
            || result.is_nan()
            || (result == 0.0 && base != 0.0)
            || result.is_subnormal();
        if is_wrong {
            self.report(
                "power-overflow",
                calling.span,
                vec![
                    ("$FUNC", function.to_owned()),
                    ("$X", self.quote(calling.span)),
                ],
                Vec::new(),
                Some(&run.state),
                format!("{base} to the power {exponent} cannot be represented"),
            );
        }
    }

    /// A function that nobody sees gets an argument that it certainly will use.
    pub(crate) fn check_unknown_call(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        calling: &Calling<'_>,
    ) {
        let _ = frame;
        for (index, value) in calling.values.iter().enumerate() {
            let index = u8::try_from(index).unwrap_or(u8::MAX);
            match value {
                Value::Addr(object, _) => {
                    let object = *object;
                    let is_heap = self
                        .arena
                        .object(object)
                        .is_some_and(|info| matches!(info.kind, ObjectKind::Heap { .. }));
                    if is_heap {
                        self.check_alive(run, object, calling.operand_span(index));
                    }
                }
                Value::Ptr(..) => {
                    let objects = self.objects_of(value);
                    if let [object] = objects.as_slice() {
                        self.check_alive(run, *object, calling.operand_span(index));
                    }
                }
                _ => {}
            }
            if run.is_dead {
                return;
            }
        }
    }
}
