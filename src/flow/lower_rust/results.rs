//! Types of the results of functions and methods.

use super::super::ir::{Operand, Place, Symbol, Type, TypeId};
use super::builder::Builder;
use super::literals;
use crate::syntax::NodeId;

impl Builder<'_, '_, '_> {
    /// Result of a function; `own` is the type in its path, `primitive` an integer there.
    #[allow(clippy::too_many_arguments, reason = "all a call shows of its result")]
    pub(super) fn function_result(
        &mut self,
        text: &str,
        name: Symbol,
        own: Option<TypeId>,
        primitive: Option<TypeId>,
        values: &[Operand],
        generics: Option<NodeId>,
        expected: TypeId,
    ) -> TypeId {
        let size = self.env.unit.types.size_type();
        if let Some(primitive) = primitive {
            match text {
                "from_le_bytes" | "from_be_bytes" | "from_ne_bytes" | "from_le" | "from_be"
                | "max_value" | "min_value" => return primitive,
                "try_from" | "from_str_radix" => {
                    return self.env.result_of(primitive, TypeId::UNKNOWN);
                }
                _ => {
                    let ty = self.integer_method(text, primitive);
                    if ty != TypeId::UNKNOWN {
                        return ty;
                    }
                }
            }
        }
        if let Some(own) = own
            && let Some(&known) = self.env.items.own_results.get(&(own, name))
        {
            return known;
        }
        match text {
            "size_of" | "align_of" | "size_of_val" => return size,
            "min" | "max" if values.len() == 2 => {
                return values
                    .iter()
                    .map(|value| self.type_of(value))
                    .find(|ty| *ty != TypeId::UNKNOWN)
                    .unwrap_or(TypeId::UNKNOWN);
            }
            "from_raw_parts" | "from_raw_parts_mut" => {
                let pointer = values
                    .first()
                    .map_or(TypeId::UNKNOWN, |value| self.type_of(value));
                let of = self
                    .env
                    .unit
                    .types
                    .pointee(pointer)
                    .unwrap_or(TypeId::UNKNOWN);
                let slice = self.env.slice_of(of);
                return self.env.reference_to(slice);
            }
            _ => {}
        }
        if own.is_none()
            && let Some(&known) = self.env.items.results.get(&name)
        {
            return known;
        }
        if let Some(read) = self.reader_result(text) {
            return read;
        }
        match (text, own) {
            // Constructors of the file's types.
            ("new" | "default", Some(own)) => own,
            ("transmute", _) => generics.map_or(expected, |_| TypeId::UNKNOWN),
            _ => TypeId::UNKNOWN,
        }
    }

    /// `read_u16`, `get_u32_le`: the number they give.
    fn reader_result(&self, text: &str) -> Option<TypeId> {
        let rest = text
            .strip_prefix("read_")
            .or_else(|| text.strip_prefix("get_"))?;
        let word = rest
            .trim_end_matches("_le")
            .trim_end_matches("_be")
            .trim_end_matches("_ne");
        match word {
            "bool" | "char" | "usize" | "isize" => None,
            _ => literals::primitive(&self.env.unit.types, word),
        }
    }

    /// Result of a method whose receiver is `place`, behind all references.
    pub(super) fn method_result(
        &mut self,
        text: &str,
        name: Symbol,
        place: &Place,
        values: &[Operand],
        generics: Option<NodeId>,
        expected: TypeId,
    ) -> TypeId {
        let size = self.env.unit.types.size_type();
        let receiver = place.ty;
        if let Some(&known) = self.env.items.own_results.get(&(receiver, name)) {
            return known;
        }
        match text {
            "capacity" | "count" | "as_usize" => return size,
            "to_string" => return self.env.slice_of(TypeId::U8),
            "clone" | "to_owned" | "borrow" | "borrow_mut" | "deref" | "deref_mut" => {
                return receiver;
            }
            "try_into" => {
                let field = self.intern("Ok.0");
                let ok = self.env.field_type(expected, field);
                return self.env.result_of(ok, TypeId::UNKNOWN);
            }
            "into" => return expected,
            _ => {}
        }
        match self.env.unit.types.get(receiver) {
            Type::Int { .. } => return self.integer_method(text, receiver),
            Type::Slice { of } | Type::Array { of, .. } => {
                let of = *of;
                return self.slice_method(text, receiver, of, values);
            }
            Type::Pointer { to, .. } => {
                let to = *to;
                return match text {
                    "add" | "offset" | "sub" | "wrapping_add" | "wrapping_sub" | "byte_add"
                    | "cast_mut" | "cast_const" => receiver,
                    "read" | "read_volatile" | "read_unaligned" => to,
                    "is_null" => TypeId::BOOL,
                    "cast" => self.generic_pointer(generics),
                    _ => TypeId::UNKNOWN,
                };
            }
            _ => {}
        }
        if self.env.is_record(receiver, "Option") {
            let field = self.intern("Some.0");
            let some = self.env.field_type(receiver, field);
            return self.wrapper_method(text, receiver, some, true, values);
        }
        if self.env.is_record(receiver, "Result") {
            let field = self.intern("Ok.0");
            let ok = self.env.field_type(receiver, field);
            return self.wrapper_method(text, receiver, ok, false, values);
        }
        if matches!(text, "as_ref" | "as_mut") && self.env.items.as_ref_is_bytes {
            let bytes = self.env.slice_of(TypeId::U8);
            return self.env.reference_to(bytes);
        }
        if matches!(
            text,
            "as_bytes" | "as_slice" | "as_mut_slice" | "as_bytes_mut"
        ) {
            let of = match text {
                "as_bytes" | "as_bytes_mut" => TypeId::U8,
                _ => TypeId::UNKNOWN,
            };
            let bytes = self.env.slice_of(of);
            return self.env.reference_to(bytes);
        }
        let is_foreign = matches!(
            self.env.unit.types.get(receiver),
            Type::Unknown | Type::Named(_)
        );
        if is_foreign && let Some(&known) = self.env.items.results.get(&name) {
            return known;
        }
        self.reader_result(text).unwrap_or(TypeId::UNKNOWN)
    }

    fn generic_pointer(&mut self, generics: Option<NodeId>) -> TypeId {
        let argument = generics.and_then(|list| self.env.file.tree.children(list).next());
        let to = argument.map_or(TypeId::UNKNOWN, |ty| self.env.lower_type(ty, self.own));
        self.env.unit.types.pointer_to(to)
    }

    /// Methods of integers.
    fn integer_method(&mut self, text: &str, ty: TypeId) -> TypeId {
        if text.starts_with("checked_") {
            return self.env.option_of(ty);
        }
        if text.starts_with("overflowing_") {
            return self.env.tuple_of(&[ty, TypeId::BOOL]);
        }
        if text.starts_with("saturating_") || text.starts_with("wrapping_") {
            return ty;
        }
        let (bits, _) = self.env.unit.types.int(ty).unwrap_or((0, false));
        match text {
            "min" | "max" | "clamp" | "pow" | "abs" | "swap_bytes" | "to_le" | "to_be"
            | "rotate_left" | "rotate_right" | "rem_euclid" | "div_euclid" | "div_ceil"
            | "next_multiple_of" | "next_power_of_two" | "isqrt" | "reverse_bits" | "signum"
            | "unbounded_shl" | "unbounded_shr" => ty,
            "abs_diff" | "unsigned_abs" => TypeId::int(bits, false),
            "leading_zeros" | "trailing_zeros" | "count_ones" | "count_zeros" | "ilog2"
            | "ilog10" => TypeId::U32,
            "is_power_of_two" | "is_multiple_of" => TypeId::BOOL,
            "to_le_bytes" | "to_be_bytes" | "to_ne_bytes" => {
                self.env.array_of(TypeId::U8, Some(u64::from(bits / 8)))
            }
            _ => TypeId::UNKNOWN,
        }
    }

    /// Methods of slices, arrays and vectors.
    fn slice_method(
        &mut self,
        text: &str,
        receiver: TypeId,
        of: TypeId,
        values: &[Operand],
    ) -> TypeId {
        let size = self.env.unit.types.size_type();
        let slice = self.env.slice_of(of);
        let is_range = values.get(1).is_some_and(|value| {
            let ty = self.type_of(value);
            self.env.is_record(ty, "Range")
        });
        let part = match is_range {
            true => slice,
            false => of,
        };
        match text {
            "get" | "get_mut" => {
                let reference = self.env.reference_to(part);
                self.env.option_of(reference)
            }
            "get_unchecked" | "get_unchecked_mut" => self.env.reference_to(part),
            "first" | "last" | "first_mut" | "last_mut" => {
                let reference = self.env.reference_to(of);
                self.env.option_of(reference)
            }
            "pop" => self.env.option_of(of),
            "as_ref" | "as_mut" | "as_slice" | "as_mut_slice" | "as_bytes" | "borrow"
            | "as_str" | "trim" | "trim_ascii" | "to_vec" => self.env.reference_to(slice),
            "as_ptr" | "as_mut_ptr" => self.env.unit.types.pointer_to(of),
            "split_at" | "split_at_mut" => {
                let reference = self.env.reference_to(slice);
                self.env.tuple_of(&[reference, reference])
            }
            "split_at_checked" | "split_at_mut_checked" => {
                let reference = self.env.reference_to(slice);
                let pair = self.env.tuple_of(&[reference, reference]);
                self.env.option_of(pair)
            }
            "split_first" | "split_last" | "split_first_mut" | "split_last_mut" => {
                let (one, rest) = (self.env.reference_to(of), self.env.reference_to(slice));
                let pair = self.env.tuple_of(&[one, rest]);
                self.env.option_of(pair)
            }
            "strip_prefix" | "strip_suffix" => {
                let reference = self.env.reference_to(slice);
                self.env.option_of(reference)
            }
            "position" | "find" | "rfind" => self.env.option_of(size),
            "contains" | "starts_with" | "ends_with" => TypeId::BOOL,
            "chunks" | "chunks_exact" | "chunks_mut" | "chunks_exact_mut" | "windows"
            | "rchunks" => {
                // The iterator over slices stands for itself: its element is the slice.
                let reference = self.env.reference_to(slice);
                self.env.iterator_of(reference)
            }
            "iter" | "iter_mut" | "into_iter" | "drain" | "bytes" => {
                let reference = self.env.reference_to(of);
                self.env.iterator_of(reference)
            }
            "clone" => receiver,
            _ => TypeId::UNKNOWN,
        }
    }

    /// Element of an iterator, for the `for` that runs over it.
    pub(super) fn element_of_iterator(&mut self, iterator: &Operand) -> TypeId {
        let ty = self.type_of(iterator);
        let ty = self.env.behind_references(ty);
        if self.env.is_record(ty, "Iterator") {
            let item = self.intern("item");
            return self.env.field_type(ty, item);
        }
        self.env.unit.types.element(ty).unwrap_or(TypeId::UNKNOWN)
    }

    /// Methods of `Option<inner>` and `Result<inner, _>`.
    fn wrapper_method(
        &mut self,
        text: &str,
        receiver: TypeId,
        inner: TypeId,
        is_option: bool,
        values: &[Operand],
    ) -> TypeId {
        let wrap = |builder: &mut Self, ty| match is_option {
            true => builder.env.option_of(ty),
            false => builder.env.result_of(ty, TypeId::UNKNOWN),
        };
        match text {
            "unwrap" | "expect" | "unwrap_or" | "unwrap_or_default" | "unwrap_or_else"
            | "unwrap_unchecked" | "get_or_insert" | "get_or_insert_with" => inner,
            "ok_or" | "ok_or_else" => self.env.result_of(inner, TypeId::UNKNOWN),
            "ok" => self.env.option_of(inner),
            "copied" | "cloned" => {
                let inner = self.env.behind_references(inner);
                wrap(self, inner)
            }
            "map_err" | "inspect" | "inspect_err" => wrap(self, inner),
            "as_ref" | "as_mut" | "as_deref" | "as_deref_mut" | "take" | "replace" | "filter"
            | "or" | "or_else" | "xor" => receiver,
            "map" => {
                let result = values
                    .get(1)
                    .map_or(TypeId::UNKNOWN, |value| self.type_of(value));
                wrap(self, result)
            }
            "and_then" => values
                .get(1)
                .map_or(TypeId::UNKNOWN, |value| self.type_of(value)),
            "map_or" | "map_or_else" => values
                .get(1)
                .map_or(TypeId::UNKNOWN, |value| self.type_of(value)),
            "is_some" | "is_none" | "is_ok" | "is_err" | "is_some_and" | "is_ok_and"
            | "is_none_or" => TypeId::BOOL,
            _ => TypeId::UNKNOWN,
        }
    }
}
