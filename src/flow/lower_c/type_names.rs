//! Type specifiers → types.

use super::scope::Binding;
use super::source::At;
use super::unit::Lowerer;
use crate::flow::ir::{Target, Type, TypeId};
use crate::syntax::{Field, Kind};

impl<'a> Lowerer<'a> {
    /// The type a specifier names.
    pub(super) fn specifier(&mut self, at: At) -> TypeId {
        let own = at;
        let at = self.resolved(at);
        if at != own
            && self.kind(at) == Kind::IDENTIFIER
            && let Some(ty) = self.type_argument(at)
        {
            return ty;
        }
        match self.kind(at) {
            Kind::PRIMITIVE_TYPE | Kind::TYPE_IDENTIFIER | Kind::IDENTIFIER => self.type_name(at),
            Kind::SIZED_TYPE_SPECIFIER => sized(self.text(at), self.unit.target),
            Kind::STRUCT_SPECIFIER => self.record_specifier(at, false),
            Kind::UNION_SPECIFIER => self.record_specifier(at, true),
            Kind::ENUM_SPECIFIER => self.enum_specifier(at),
            Kind::MACRO_TYPE_SPECIFIER => self.macro_type(at),
            Kind::TYPE_DESCRIPTOR => self.type_descriptor(at),
            _ => TypeId::UNKNOWN,
        }
    }

    fn type_name(&mut self, at: At) -> TypeId {
        let text = self.text(at);
        let name = self.intern(text);
        if let Some(ty) = self.named_type(text) {
            return ty;
        }
        self.unit.types.intern(Type::Named(name))
    }

    /// The type of that name, if it is known to be one.
    pub(super) fn named_type(&mut self, text: &'a [u8]) -> Option<TypeId> {
        let name = self.intern(text);
        match self.meaning(text, name)? {
            Binding::Type(ty) => Some(ty),
            _ => None,
        }
    }

    /// `__typeof__(x)`, `_Atomic(int)`.
    fn macro_type(&mut self, at: At) -> TypeId {
        let name = self
            .child(at, Field::NAME)
            .map_or(&[][..], |name| self.text(name));
        let Some(inner) = self.child(at, Field::TYPE) else {
            return TypeId::UNKNOWN;
        };
        let trimmed = name.strip_prefix(b"__").unwrap_or(name);
        if trimmed.starts_with(b"typeof")
            && let Some(named) = self
                .child(inner, Field::TYPE)
                .map(|named| self.resolved(named))
            && self.child(inner, Field::DECLARATOR).is_none()
            && matches!(self.kind(named), Kind::TYPE_IDENTIFIER | Kind::IDENTIFIER)
        {
            let text = self.text(named);
            if let Some(ty) = self.type_of_name(text) {
                return ty;
            }
        }
        match name {
            b"_Atomic" | b"typeof" | b"__typeof__" | b"__typeof" => self.type_descriptor(inner),
            _ => TypeId::UNKNOWN,
        }
    }

    /// The type of a variable, if the name is one.
    fn type_of_name(&mut self, text: &'a [u8]) -> Option<TypeId> {
        let name = self.intern(text);
        match self.meaning(text, name)? {
            Binding::Local(id) => self.body.locals.get(id.0 as usize).map(|local| local.ty),
            Binding::Global(id) => self.unit.global(id).map(|global| global.ty),
            _ => None,
        }
    }

    fn enum_specifier(&mut self, at: At) -> TypeId {
        let ty = self.int;
        if let Some(name) = self.child(at, Field::NAME) {
            let text = self.text(name);
            let name = self.intern(text);
            self.bind_tag(name, ty);
        }
        if let Some(list) = self.child(at, Field::BODY) {
            let mut next = Some(0);
            self.enumerators(list, &mut next, 0);
        }
        ty
    }

    fn enumerators(&mut self, list: At, next: &mut Option<i128>, depth: u32) {
        for child in self.children(list) {
            match self.kind(child) {
                Kind::ENUMERATOR => {
                    if let Some(value) = self.child(child, Field::VALUE) {
                        *next = self.constant(value);
                    }
                    if let Some(name) = self.child(child, Field::NAME) {
                        let text = self.text(name);
                        let name = self.intern(text);
                        self.bind(name, Binding::Enumerator(*next));
                    }
                    *next = next.and_then(|value| value.checked_add(1));
                }
                Kind::PREPROC_IF
                | Kind::PREPROC_IFDEF
                | Kind::PREPROC_ELSE
                | Kind::PREPROC_ELIF
                | Kind::PREPROC_ELIFDEF
                    if depth < 16 =>
                {
                    self.enumerators(child, next, depth + 1);
                }
                _ => {}
            }
        }
    }
}

/// A well-known name.
pub(super) enum Known {
    Is(TypeId),
    PointerTo(TypeId),
}

/// `unsigned long int` and the like.
pub(super) fn sized(text: &[u8], target: Target) -> TypeId {
    let mut signed = true;
    let mut long = 0_u32;
    let (mut short, mut char, mut double) = (false, false, false);
    let mut exact = None;
    let words = text.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
    for word in words {
        match word {
            b"unsigned" => signed = false,
            b"long" => long += 1,
            b"short" => short = true,
            b"char" => char = true,
            b"double" => double = true,
            // Microsoft's compilers.
            b"__int8" => exact = Some(8),
            b"__int16" => exact = Some(16),
            b"__int32" => exact = Some(32),
            b"__int64" => exact = Some(64),
            _ => {}
        }
    }
    if double {
        return TypeId::F64;
    }
    if let Some(bits) = exact {
        return TypeId::int(bits, signed);
    }
    let bits = match (char, short, long) {
        (true, ..) => 8,
        (_, true, _) => 16,
        (.., 0) => target.int_bits,
        (.., 1) => target.long_bits,
        _ => 64,
    };
    TypeId::int(bits, signed)
}

/// Whether a name is one of the exact-width types of ISO C 7.20.1.1: the same wherever it is declared.
pub(super) fn is_exact_width(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"u").unwrap_or(name);
    matches!(name, b"int8_t" | b"int16_t" | b"int32_t" | b"int64_t")
}

/// Types of the language, the standard library, and the spellings of embedded code bases (lwIP,
/// FreeRTOS, CMSIS, Linux, ThreadX).
pub(super) fn well_known(name: &[u8], target: Target) -> Option<Known> {
    let pointer = |signed| TypeId::int(target.pointer_bits, signed);
    let at_least = |bits: u8| bits.max(target.int_bits);
    let ty = match name {
        b"void" => TypeId::VOID,
        b"bool" | b"_Bool" | b"boolean_t" => TypeId::BOOL,
        b"char" => TypeId::int(8, target.char_is_signed),
        b"int" | b"signed" => TypeId::int(target.int_bits, true),
        b"unsigned" | b"uint" => TypeId::int(target.int_bits, false),
        b"short" => TypeId::I16,
        b"long" => TypeId::int(target.long_bits, true),
        b"float" => TypeId::F32,
        b"double" => TypeId::F64,
        b"int8_t" | b"s8_t" | b"s8" | b"__s8" | b"int_least8_t" | b"err_t" | b"sint8_t" => {
            TypeId::I8
        }
        b"uint8_t" | b"u8_t" | b"u8" | b"__u8" | b"uint_least8_t" | b"u_char" | b"uchar"
        | b"UCHAR" | b"u_int8_t" | b"char8_t" | b"byte" => TypeId::U8,
        b"int16_t" | b"s16_t" | b"s16" | b"__s16" | b"int_least16_t" | b"sint16_t" => TypeId::I16,
        b"uint16_t" | b"u16_t" | b"u16" | b"__u16" | b"uint_least16_t" | b"u_short" | b"ushort"
        | b"USHORT" | b"u_int16_t" | b"char16_t" | b"in_port_t" | b"__be16" | b"__le16"
        | b"sa_family_t" => TypeId::U16,
        b"int32_t" | b"s32_t" | b"s32" | b"__s32" | b"int_least32_t" | b"sint32_t" => TypeId::I32,
        b"uint32_t" | b"u32_t" | b"u32" | b"__u32" | b"uint_least32_t" | b"u_int32_t"
        | b"char32_t" | b"TickType_t" | b"portTickType" | b"EventBits_t" | b"__be32"
        | b"__le32" | b"in_addr_t" | b"socklen_t" => TypeId::U32,
        b"int64_t" | b"s64_t" | b"s64" | b"__s64" | b"int_least64_t" | b"intmax_t" | b"off64_t"
        | b"k_ticks_t" => TypeId::I64,
        b"uint64_t" | b"u64_t" | b"u64" | b"__u64" | b"uint_least64_t" | b"uintmax_t"
        | b"u_int64_t" | b"__be64" | b"__le64" => TypeId::U64,
        b"int_fast8_t" => TypeId::int(at_least(8), true),
        b"uint_fast8_t" => TypeId::int(at_least(8), false),
        b"int_fast16_t" => TypeId::int(at_least(16), true),
        b"uint_fast16_t" => TypeId::int(at_least(16), false),
        b"int_fast32_t" => TypeId::int(at_least(32), true),
        b"uint_fast32_t" => TypeId::int(at_least(32), false),
        b"int_fast64_t" => TypeId::I64,
        b"uint_fast64_t" => TypeId::U64,
        b"size_t" | b"uintptr_t" | b"mem_ptr_t" | b"rsize_t" => pointer(false),
        b"ssize_t" | b"ptrdiff_t" | b"intptr_t" => pointer(true),
        b"BaseType_t" | b"portBASE_TYPE" => TypeId::int(target.long_bits, true),
        b"UBaseType_t" | b"StackType_t" | b"u_long" | b"ulong" | b"ULONG" => {
            TypeId::int(target.long_bits, false)
        }
        b"u_int" | b"UINT" | b"wint_t" => TypeId::int(target.int_bits, false),
        b"INT" | b"wchar_t" | b"pid_t" | b"sig_atomic_t" => TypeId::int(target.int_bits, true),
        b"off_t" | b"time_t" | b"suseconds_t" | b"clock_t" => TypeId::int(target.long_bits, true),
        b"TaskHandle_t" | b"QueueHandle_t" | b"SemaphoreHandle_t" | b"TimerHandle_t" => {
            return Some(Known::PointerTo(TypeId::VOID));
        }
        _ => return None,
    };
    Some(Known::Is(ty))
}
