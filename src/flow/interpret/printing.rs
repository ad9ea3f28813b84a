//! Library calls that write at most so much of a text, and tell how long it was.

use super::call::Calling;
use super::linear::Linear;
use super::machine::{Machine, Run};
use super::value::{ObjectKind, Value};

/// Longest text that is written byte by byte.
const LONGEST: i128 = 256;

/// The argument of `snprintf` that is the format.
const FORMAT: u8 = 2;

impl Machine<'_> {
    /// `strncpy`: no terminator where the text is as long as the limit.
    pub(super) fn copy_some(
        &mut self,
        run: &mut Run,
        calling: &Calling<'_>,
        (to, from, size): (u8, u8, u8),
    ) {
        let (target, source) = (calling.value(to), calling.value(from));
        let length = self.string_length(run, &source);
        let most = match calling.value(size) {
            Value::Int(most) => most.as_constant(),
            _ => None,
        };
        match (length.and_then(|length| length.as_constant()), most) {
            (Some(length), Some(most)) if length < most => {
                self.copy_string(run, target, source, Some(Linear::constant(length)));
            }
            (Some(_), Some(most)) if (0..LONGEST).contains(&most) => {
                self.copy(run, target, source, Some(Linear::constant(most)));
            }
            _ => self.overwrite(run, target),
        }
    }

    /// `snprintf`: what it writes where the format is `%s` alone, and the length that it returns.
    pub(super) fn print_some(
        &mut self,
        run: &mut Run,
        calling: &Calling<'_>,
        (to, size): (u8, u8),
    ) -> Option<Linear> {
        let target = calling.value(to);
        let texts = self.printed(calling);
        let length = texts.as_ref().and_then(|(plain, texts)| {
            let mut total = Linear::constant(*plain);
            for text in texts {
                total = total.add(&self.string_length(run, text)?)?;
            }
            Some(total)
        });
        let room = match calling.value(size) {
            Value::Int(room) => room.as_constant(),
            _ => None,
        };
        let known = length.and_then(|length| length.as_constant());
        match (
            texts
                .as_ref()
                .map(|(plain, texts)| (plain, texts.as_slice())),
            known,
            room,
        ) {
            (_, Some(_), Some(0)) => {}
            (Some((0, [text])), Some(length), Some(room)) if length < room => {
                self.copy_string(run, target, *text, Some(Linear::constant(length)));
            }
            (Some((0, [text])), Some(_), Some(room)) if (1..LONGEST).contains(&room) => {
                self.copy(run, target, *text, Some(Linear::constant(room - 1)));
                self.end_text(run, target, room - 1);
            }
            (_, Some(length), Some(room)) if room > 0 => {
                self.overwrite(run, target);
                self.terminate(run, target, Linear::constant(length.min(room - 1)));
            }
            _ => self.overwrite(run, target),
        }
        length
    }

    /// Writes the zero behind so many bytes.
    fn end_text(&mut self, run: &mut Run, pointer: Value, length: i128) {
        if let Some(spot) = self.spot(run, &pointer)
            && let Some(end) = spot.offset.add_constant(length)
            && let Some(at) = self.constant_offset(&run.state, &end)
            && let Some(contents) = run.state.contents_mut(spot.object)
        {
            contents.write(at, at + 1, Value::number(0));
        }
    }

    /// Plain characters and texts of a format that holds nothing else.
    fn printed(&self, calling: &Calling<'_>) -> Option<(i128, Vec<Value>)> {
        let Value::Addr(object, _) = calling.value(FORMAT) else {
            return None;
        };
        let ObjectKind::Text(id) = &self.arena.object(object)?.kind else {
            return None;
        };
        let text = self.unit.texts.get(id.0 as usize)?;
        let mut bytes = text.iter().copied();
        let (mut plain, mut texts) = (0, Vec::new());
        let mut argument = FORMAT;
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                plain += 1;
                continue;
            }
            match bytes.next()? {
                b'%' => plain += 1,
                b's' => {
                    argument = argument.checked_add(1)?;
                    texts.push(calling.values.get(usize::from(argument)).copied()?);
                }
                _ => return None,
            }
        }
        Some((plain, texts))
    }
}
