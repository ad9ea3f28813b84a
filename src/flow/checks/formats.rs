//! What format strings say of the bytes written and the strings read.

use crate::flow::interpret::call::Calling;
use crate::flow::interpret::linear::Linear;
use crate::flow::interpret::machine::{Machine, Run};
use crate::flow::interpret::value::{ObjectKind, Value};
use crate::flow::models::Model;

impl Machine<'_> {
    /// What `sprintf` writes at least: the format's own characters, strings of known length.
    pub(super) fn least_printed(
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
    pub(super) fn check_printed(&mut self, run: &mut Run, calling: &Calling<'_>, model: &Model) {
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
}
