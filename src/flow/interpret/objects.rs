//! Objects: made when they are first met, with what they hold at first.

use std::rc::Rc;

use crate::finding::Span;
use crate::flow::ir::{GlobalId, Init, LocalId, Operand, Symbol, TextId, Type, TypeId};

use super::linear::{Linear, Sym};
use super::machine::{Frame, Machine};
use super::memory::{Cell, Contents, Rest};
use super::state::State;
use super::value::{Obj, ObjectInfo, ObjectKind, Value};

impl Machine<'_> {
    /// The object behind a pointer that nothing else is known of.
    pub(crate) fn pointee(&mut self, sym: Sym) -> Option<Obj> {
        let info = self.arena.sym(sym)?;
        if let Some(object) = info.pointee {
            return Some(object);
        }
        let ty = self.unit.types.pointee(info.ty).unwrap_or(TypeId::UNKNOWN);
        let span = info.span;
        let object = self.arena.add_object(ObjectInfo {
            kind: ObjectKind::Pointee(sym),
            size: None,
            ty,
            name: Symbol(u32::MAX),
            span,
        });
        if let Some(info) = self.arena.sym_mut(sym) {
            info.pointee = Some(object);
        }
        Some(object)
    }

    /// The object of a global.
    pub(crate) fn global_object(&mut self, id: GlobalId) -> Option<Obj> {
        if let Some(Some(object)) = self.globals.get(id.0 as usize) {
            return Some(*object);
        }
        let global = self.unit.global(id)?;
        let size = self.unit.types.size(global.ty).filter(|size| *size > 0);
        let object = self.arena.add_object(ObjectInfo {
            kind: ObjectKind::Global(id),
            size: size.map(|size| Linear::constant(i128::from(size))),
            ty: global.ty,
            name: global.name,
            span: global.span,
        });
        if let Some(slot) = self.globals.get_mut(id.0 as usize) {
            *slot = Some(object);
        }
        Some(object)
    }

    /// The object of a string literal.
    pub(crate) fn text_object(&mut self, id: TextId) -> Obj {
        if let Some(&object) = self.texts.get(&id) {
            return object;
        }
        let length = self
            .unit
            .texts
            .get(id.0 as usize)
            .map_or(0, |text| text.len() as i128 + 1);
        let object = self.arena.add_object(ObjectInfo {
            kind: ObjectKind::Text(id),
            size: Some(Linear::constant(length)),
            ty: TypeId::UNKNOWN,
            name: Symbol(u32::MAX),
            span: Span::new(0, 0),
        });
        self.texts.insert(id, object);
        object
    }

    /// What an object holds before this path touched it.
    pub(crate) fn first_contents(&mut self, object: Obj) -> Rc<Contents> {
        let Some(kind) = self.arena.object(object).map(|info| info.kind.clone()) else {
            return Contents::new(Rest::Unknown);
        };
        match kind {
            ObjectKind::Local { .. } | ObjectKind::Heap { .. } => Contents::new(Rest::Undef),
            ObjectKind::Pointee(_) => Contents::new(Rest::Unknown),
            ObjectKind::Text(id) => {
                let mut contents = Contents::new(Rest::Unknown);
                let made = Rc::make_mut(&mut contents);
                if let Some(text) = self.unit.texts.get(id.0 as usize) {
                    if text.len() <= 80 {
                        let bytes = text.iter().chain(&[0]).zip(0_i64..);
                        made.cells = bytes
                            .map(|(byte, start)| Cell {
                                start,
                                end: start + 1,
                                value: Value::number(i128::from(*byte as i8)),
                            })
                            .collect();
                    }
                    let end = text
                        .iter()
                        .position(|byte| *byte == 0)
                        .unwrap_or(text.len());
                    made.terminator = Some(Linear::constant(end as i128));
                }
                contents
            }
            ObjectKind::Global(id) => self.global_contents(id),
        }
    }

    pub(super) fn global_contents(&mut self, id: GlobalId) -> Rc<Contents> {
        let unit = self.unit;
        let Some(global) = unit.global(id) else {
            return Contents::new(Rest::Unknown);
        };
        let used = self
            .global_uses
            .get(id.0 as usize)
            .copied()
            .unwrap_or_default();
        let is_fixed =
            global.is_const || (global.is_private && !used.is_written && !used.is_address_taken);
        let is_sized = self.unit.types.size(global.ty).is_some_and(|size| size > 0);
        let is_tentative = !global.is_private && global.init == Init::Zero;
        if !is_fixed || global.is_volatile || global.is_extern || is_tentative || !is_sized {
            return Contents::new(Rest::Unknown);
        }
        let mut contents = Contents::new(match global.init {
            Init::Zero | Init::List(_) => Rest::Zero,
            Init::Unknown | Init::Value(_) => Rest::Unknown,
        });
        let made = Rc::make_mut(&mut contents);
        let mut left = 300;
        self.initialise(made, 0, global.ty, &global.init, &mut left, 0);
        contents
    }

    pub(super) fn initialise(
        &mut self,
        contents: &mut Contents,
        start: i64,
        ty: TypeId,
        init: &Init,
        left: &mut u32,
        depth: u32,
    ) {
        if *left == 0 || depth > 8 {
            contents.forget_all();
            return;
        }
        *left -= 1;
        let size = self
            .unit
            .types
            .size(ty)
            .and_then(|size| i64::try_from(size).ok());
        match init {
            Init::Zero => {}
            Init::Unknown => contents.forget(size.map(|size| (start, start.saturating_add(size)))),
            Init::Value(operand) => {
                let value = match operand {
                    Operand::Constant(constant) => {
                        constant.value.map(|value| self.typed_constant(value, ty))
                    }
                    Operand::Function(name) => Some(Value::Function(*name)),
                    Operand::Text(id) => {
                        if let Type::Array { .. } = self.unit.types.get(ty) {
                            let bytes = self.unit.texts.get(id.0 as usize);
                            for (at, byte) in bytes.into_iter().flatten().enumerate().take(80) {
                                let at = start + at as i64;
                                contents.write(at, at + 1, Value::number(i128::from(*byte as i8)));
                            }
                            return;
                        }
                        Some(Value::Addr(self.text_object(*id), Linear::constant(0)))
                    }
                    Operand::Copy(_) | Operand::Unknown(_) => None,
                };
                match (value, size) {
                    (Some(value), Some(size)) => {
                        contents.write(start, start.saturating_add(size), value)
                    }
                    _ => contents.forget(size.map(|size| (start, start.saturating_add(size)))),
                }
            }
            Init::List(parts) => {
                for (index, part) in parts {
                    let Some((offset, ty)) = self.part(ty, *index) else {
                        contents.forget_all();
                        return;
                    };
                    self.initialise(
                        contents,
                        start.saturating_add(offset),
                        ty,
                        part,
                        left,
                        depth + 1,
                    );
                }
            }
        }
    }

    pub(crate) fn typed_constant(&self, value: i128, ty: TypeId) -> Value {
        match self.unit.types.get(ty) {
            Type::Float { .. } => Value::Real(value as f64),
            _ => Value::number(value),
        }
    }

    /// Offset and type of an element or field by index.
    pub(crate) fn part(&self, ty: TypeId, index: u64) -> Option<(i64, TypeId)> {
        match self.unit.types.get(ty) {
            Type::Array { of, .. } => {
                let size = self.unit.types.size(*of)?;
                Some((i64::try_from(size.checked_mul(index)?).ok()?, *of))
            }
            Type::Record(record) => {
                let record = self.unit.types.record(*record)?;
                let field = record.fields.get(usize::try_from(index).ok()?)?;
                if field.bits.is_some() {
                    return None;
                }
                Some((i64::try_from(field.offset?).ok()?, field.ty))
            }
            _ if index == 0 => Some((0, ty)),
            _ => None,
        }
    }

    /// Contents of an object on a path, made where it was not touched yet.
    pub(crate) fn contents(&mut self, state: &mut State, object: Obj) -> Rc<Contents> {
        if let Some(contents) = state.contents(object) {
            return Rc::clone(contents);
        }
        let contents = match self.first.get(&object) {
            Some(known) => Rc::clone(known),
            None => {
                let made = self.first_contents(object);
                if !made.cells.is_empty() {
                    self.first.insert(object, Rc::clone(&made));
                }
                made
            }
        };
        state.set_contents(object, Rc::clone(&contents));
        contents
    }

    pub(crate) fn local_object(&mut self, frame: &mut Frame, local: LocalId) -> Option<Obj> {
        if let Some(Some(object)) = frame.objects.get(local.0 as usize) {
            return Some(*object);
        }
        let info = self.function(frame.function)?.local(local)?;
        let size = self.unit.types.size(info.ty).filter(|size| *size > 0);
        let object = self.arena.add_object(ObjectInfo {
            kind: ObjectKind::Local {
                frame: frame.number,
                local,
            },
            size: size.map(|size| Linear::constant(i128::from(size))),
            ty: info.ty,
            name: info.name,
            span: info.span,
        });
        if let Some(slot) = frame.objects.get_mut(local.0 as usize) {
            *slot = Some(object);
        }
        Some(object)
    }
}
