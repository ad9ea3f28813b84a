//! Calls: what a library function needs of its arguments, and what its caller must do.

use crate::finding::Span;
use crate::flow::interpret::call::Calling;
use crate::flow::interpret::linear::Linear;
use crate::flow::interpret::machine::{Frame, Machine, Run};
use crate::flow::interpret::memory::Found;
use crate::flow::interpret::value::{ObjectKind, Value};
use crate::flow::ir::{Operand, ResultUse, Signature, Type};
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
        self.check_locking(
            run,
            calling.values,
            model,
            calling.operand_span(0),
            calling.span,
        );
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
            self.check_pointer(run, pointer, calling.operand_span(index), calling.span);
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
    fn check_string(
        &mut self,
        run: &mut Run,
        pointer: &Value,
        function: &str,
        calling: &Calling<'_>,
        index: u8,
    ) {
        self.check_pointer(run, pointer, calling.operand_span(index), calling.span);
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
        if size.lo > distance.abs() && distance != 0 {
            self.report(
                "overlapping-copy",
                span,
                vec![("$FUNC", function.to_owned())],
                Vec::new(),
                Some(&run.state),
                format!(
                    "{} bytes are copied, but the two are {} bytes apart",
                    size.lo,
                    distance.abs()
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

    /// What `sprintf` writes at least: the format's own characters, strings of known length.
    fn least_printed(
        &mut self,
        run: &mut Run,
        format: &Value,
        calling: &Calling<'_>,
        index: u8,
    ) -> Linear {
        let one = Linear::constant(1);
        let Value::Addr(object, _) = format else {
            return one;
        };
        let Some(ObjectKind::Text(id)) = self.arena.object(*object).map(|info| info.kind.clone())
        else {
            return one;
        };
        let text = self
            .unit
            .texts
            .get(id.0 as usize)
            .cloned()
            .unwrap_or_default();
        let mut total = one;
        let mut argument = usize::from(index) + 1;
        let mut bytes = text.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                total = total.add_constant(1).unwrap_or(total);
                continue;
            }
            if bytes.peek() == Some(&b'%') {
                bytes.next();
                total = total.add_constant(1).unwrap_or(total);
                continue;
            }
            let mut width = 0_i128;
            let mut has_precision = false;
            for byte in bytes.by_ref() {
                match byte {
                    b'0'..=b'9' if !has_precision => {
                        width = (width * 10 + i128::from(byte - b'0')).min(10_000)
                    }
                    b'.' => has_precision = true,
                    b'*' => argument += 1,
                    b's' if !has_precision && width == 0 => {
                        let value = calling.values.get(argument).copied().unwrap_or(Value::Any);
                        argument += 1;
                        if let Some(length) = self.string_length(run, &value) {
                            total = total.add(&length).unwrap_or(total);
                        }
                        break;
                    }
                    b'l'
                    | b'h'
                    | b'z'
                    | b'-'
                    | b'+'
                    | b' '
                    | b'#'
                    | b'j'
                    | b't'
                    | b'L'
                    | b'0'..=b'9' => {}
                    _ => {
                        argument += 1;
                        let least = if byte == b's' && width == 0 {
                            0
                        } else {
                            width.max(1)
                        };
                        total = total.add_constant(least).unwrap_or(total);
                        break;
                    }
                }
            }
        }
        total
    }

    /// Strings handed to `printf` and its like.
    fn check_printed(&mut self, run: &mut Run, calling: &Calling<'_>, model: &Model) {
        let format = match model.name {
            "printf" => 0,
            "fprintf" | "sprintf" => 1,
            "snprintf" => 2,
            _ => return,
        };
        let Value::Addr(object, _) = calling.value(format) else {
            return;
        };
        let Some(ObjectKind::Text(id)) = self.arena.object(object).map(|info| info.kind.clone())
        else {
            return;
        };
        let text = self
            .unit
            .texts
            .get(id.0 as usize)
            .cloned()
            .unwrap_or_default();
        let mut argument = format;
        let mut bytes = text.iter().copied();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                continue;
            }
            let mut has_precision = false;
            for byte in bytes.by_ref() {
                match byte {
                    b'%' => break,
                    b'.' => has_precision = true,
                    b'*' => argument += 1,
                    b'0'..=b'9'
                    | b'l'
                    | b'h'
                    | b'z'
                    | b'-'
                    | b'+'
                    | b' '
                    | b'#'
                    | b'j'
                    | b't'
                    | b'L' => {}
                    _ => {
                        argument += 1;
                        if byte == b's' && !has_precision {
                            let value = calling.value(argument);
                            // `printf("%s", NULL)` prints "(null)" everywhere: no error of its own.
                            if !value.is_null() {
                                self.check_string(run, &value, model.name, calling, argument);
                                if run.is_dead {
                                    return;
                                }
                            }
                        }
                        break;
                    }
                }
            }
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

    /// A call through a pointer.
    pub(crate) fn check_called(
        &mut self,
        run: &mut Run,
        value: &Value,
        pointer: &Operand,
        arguments: &[Operand],
        span: Span,
    ) {
        let pointer_span = match pointer {
            Operand::Copy(place) => place.span,
            _ => span,
        };
        self.check_pointer(run, value, pointer_span, span);
        if run.is_dead {
            return;
        }
        let Value::Function(name) = value else {
            return;
        };
        let Operand::Copy(place) = pointer else {
            return;
        };
        let Some(called) = self.signature_of(place.ty) else {
            return;
        };
        let Some(&index) = self.by_name.get(name) else {
            return;
        };
        let Some(function) = self.function(index) else {
            return;
        };
        let parameters: Vec<_> = function
            .parameters
            .iter()
            .filter_map(|id| function.local(*id).map(|local| local.ty))
            .collect();
        let result_differs = !self.same_type(called.result, function.result);
        let differs = result_differs
            || match &called.parameters {
                Some(types) => {
                    types.len() != parameters.len()
                        || types
                            .iter()
                            .zip(&parameters)
                            .any(|(a, b)| !self.same_type(*a, *b))
                }
                None => arguments.len() != parameters.len() && !function.is_variadic,
            };
        if !differs {
            return;
        }
        let text = self.quote(pointer_span);
        let name = self.unit.names.text(*name).to_owned();
        let note = crate::flow::defect::Note {
            span: Span::new(function.span.start, function.span.start + 1),
            message: format!("`{name}` is defined here"),
        };
        self.report(
            "wrong-function-type",
            span,
            vec![
                ("$X", text.clone()),
                ("$FUNC", name.clone()),
                ("$TYPE", "another type".to_owned()),
            ],
            vec![note],
            Some(&run.state),
            format!("`{text}` leads to `{name}`, which has other parameters or another result"),
        );
    }

    fn signature_of(&self, ty: crate::flow::ir::TypeId) -> Option<Signature> {
        let to = self.unit.types.pointee(ty).unwrap_or(ty);
        match self.unit.types.get(to) {
            Type::Function(signature) => Some((**signature).clone()),
            _ => None,
        }
    }

    /// Whether two types are passed the same way, as far as they are known.
    pub(crate) fn same_type(&self, a: crate::flow::ir::TypeId, b: crate::flow::ir::TypeId) -> bool {
        if a == b {
            return true;
        }
        match (self.unit.types.get(a), self.unit.types.get(b)) {
            (Type::Unknown | Type::Named(_), _) | (_, Type::Unknown | Type::Named(_)) => true,
            (Type::Pointer { to: x, .. }, Type::Pointer { to: y, .. }) => {
                matches!(
                    self.unit.types.get(*x),
                    Type::Void | Type::Unknown | Type::Named(_)
                ) || matches!(
                    self.unit.types.get(*y),
                    Type::Void | Type::Unknown | Type::Named(_)
                ) || self.same_pointee(*x, *y, 0)
            }
            (Type::Int { bits: x, signed: s }, Type::Int { bits: y, signed: t }) => {
                x == y && s == t
            }
            (Type::Function(x), Type::Function(y)) => x == y,
            _ => false,
        }
    }

    fn same_pointee(
        &self,
        a: crate::flow::ir::TypeId,
        b: crate::flow::ir::TypeId,
        depth: u32,
    ) -> bool {
        if a == b || depth > 4 {
            return true;
        }
        match (self.unit.types.get(a), self.unit.types.get(b)) {
            (Type::Pointer { to: x, .. }, Type::Pointer { to: y, .. }) => {
                self.same_pointee(*x, *y, depth + 1)
            }
            (Type::Int { bits: x, .. }, Type::Int { bits: y, .. }) => x == y,
            (Type::Unknown | Type::Named(_) | Type::Void, _)
            | (_, Type::Unknown | Type::Named(_) | Type::Void) => true,
            (Type::Array { of: x, .. }, Type::Array { of: y, .. }) => {
                self.same_pointee(*x, *y, depth + 1)
            }
            (Type::Function(_), Type::Function(_)) => true,
            _ => false,
        }
    }
}
