//! Declarators: from the type in front to the type of the name.

use super::source::At;
use super::unit::Lowerer;
use crate::flow::ir::{Signature, Type, TypeId};
use crate::syntax::{Field, Kind};

/// Nesting of a declarator that is followed.
const LEVELS: u32 = 64;

/// What stands before the declarators.
#[derive(Debug, Clone, Copy)]
pub(super) struct Specifiers {
    pub(super) ty: TypeId,
    pub(super) is_const: bool,
    pub(super) is_volatile: bool,
    pub(super) is_static: bool,
    pub(super) is_extern: bool,
    pub(super) is_inline: bool,
    pub(super) is_noreturn: bool,
}

/// A declared name.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) name: Option<At>,
    pub(super) ty: TypeId,
    pub(super) is_const: bool,
    pub(super) is_volatile: bool,
    /// The parameters of a function's own declarator.
    pub(super) parameters: Option<At>,
    /// An array whose length the first value tells: `x[]`, not `x[N]` with an `N` nobody knows.
    pub(super) is_open: bool,
}

impl Lowerer<'_> {
    /// Type and storage of a declaration.
    pub(super) fn specifiers(&mut self, at: At) -> Specifiers {
        let mut found = Specifiers {
            ty: TypeId::UNKNOWN,
            is_const: false,
            is_volatile: false,
            is_static: false,
            is_extern: false,
            is_inline: false,
            is_noreturn: false,
        };
        for child in self.children(at) {
            match (self.kind(child), self.field(child)) {
                (_, Field::TYPE) => found.ty = self.specifier(child),
                (Kind::TYPE_QUALIFIER, _) => match self.text(child) {
                    b"const" | b"constexpr" => found.is_const = true,
                    b"volatile" | b"_Atomic" => found.is_volatile = true,
                    b"_Noreturn" | b"noreturn" => found.is_noreturn = true,
                    _ => {}
                },
                (Kind::STORAGE_CLASS_SPECIFIER, _) => match self.text(child) {
                    b"static" => found.is_static = true,
                    b"extern" => found.is_extern = true,
                    b"inline" | b"__inline" | b"__inline__" | b"__forceinline" => {
                        found.is_inline = true;
                    }
                    _ => {}
                },
                (Kind::ATTRIBUTE_SPECIFIER, _) => {
                    found.is_noreturn |= mentions_noreturn(self.text(child));
                }
                (_, Field::DECLARATOR | Field::BODY) => {}
                _ => {}
            }
        }
        found
    }

    /// The name and type of a declarator, by way of its nesting from the outside in.
    pub(super) fn declarator(&mut self, at: Option<At>, before: Specifiers) -> Declared {
        let mut declared = Declared {
            name: None,
            ty: before.ty,
            is_const: before.is_const,
            is_volatile: before.is_volatile,
            parameters: None,
            is_open: true,
        };
        let mut next = at;
        let mut levels = 0;
        while let Some(at) = next {
            levels += 1;
            if levels > LEVELS {
                declared.ty = TypeId::UNKNOWN;
                break;
            }
            next = self.child(at, Field::DECLARATOR);
            match self.kind(at) {
                Kind::POINTER_DECLARATOR | Kind::ABSTRACT_POINTER_DECLARATOR => {
                    declared.ty = self.unit.types.pointer_to(declared.ty);
                    declared.parameters = None;
                    (declared.is_const, declared.is_volatile) = self.qualifiers(at);
                }
                Kind::ARRAY_DECLARATOR | Kind::ABSTRACT_ARRAY_DECLARATOR => {
                    let size = self.child(at, Field::SIZE);
                    declared.is_open = size.is_none();
                    let len = size
                        .and_then(|size| self.constant(size))
                        .and_then(|size| u64::try_from(size).ok());
                    declared.ty = self.unit.types.intern(Type::Array {
                        of: declared.ty,
                        len,
                    });
                    declared.parameters = None;
                }
                Kind::FUNCTION_DECLARATOR | Kind::ABSTRACT_FUNCTION_DECLARATOR => {
                    let list = self.child(at, Field::PARAMETERS);
                    let signature = self.signature(list, declared.ty);
                    declared.ty = self.unit.types.intern(Type::Function(Box::new(signature)));
                    declared.parameters = list;
                }
                Kind::IDENTIFIER
                | Kind::FIELD_IDENTIFIER
                | Kind::TYPE_IDENTIFIER
                | Kind::PRIMITIVE_TYPE => {
                    declared.name = Some(self.resolved(at));
                    break;
                }
                // Parentheses, attributes and initialisers have no type of their own.
                _ => {
                    if next.is_none() {
                        next = self
                            .children(at)
                            .find(|&child| is_declarator(self.kind(child)));
                    }
                }
            }
        }
        declared
    }

    /// `const` and `volatile` of a pointer itself.
    fn qualifiers(&self, at: At) -> (bool, bool) {
        let mut found = (false, false);
        for child in self.children(at) {
            if self.kind(child) == Kind::TYPE_QUALIFIER {
                match self.text(child) {
                    b"const" => found.0 = true,
                    b"volatile" => found.1 = true,
                    _ => {}
                }
            }
        }
        found
    }

    /// Types of a parameter list.
    pub(super) fn signature(&mut self, list: Option<At>, result: TypeId) -> Signature {
        let mut signature = Signature {
            parameters: None,
            result,
            is_variadic: false,
        };
        let Some(list) = list else { return signature };
        let mut types = Vec::new();
        let mut any = false;
        for child in self.children(list) {
            match self.kind(child) {
                Kind::PARAMETER_DECLARATION => {
                    any = true;
                    let declared = self.parameter(child);
                    types.push(declared.ty);
                }
                Kind::IDENTIFIER => {
                    any = true;
                    types.push(self.int);
                }
                Kind::VARIADIC_PARAMETER => {
                    any = true;
                    signature.is_variadic = true;
                }
                _ => {}
            }
        }
        if types == [TypeId::VOID] {
            types.clear();
        }
        if any {
            signature.parameters = Some(types);
        }
        signature
    }

    /// A parameter; arrays and functions become pointers.
    pub(super) fn parameter(&mut self, at: At) -> Declared {
        let before = self.specifiers(at);
        let declarator = self.child(at, Field::DECLARATOR);
        let mut declared = self.declarator(declarator, before);
        declared.ty = self.decayed(declared.ty);
        declared
    }

    /// What an array or function is handed over as.
    pub(super) fn decayed(&mut self, ty: TypeId) -> TypeId {
        match self.unit.types.get(ty) {
            Type::Array { of, .. } => {
                let of = *of;
                self.unit.types.pointer_to(of)
            }
            Type::Function(_) => self.unit.types.pointer_to(ty),
            _ => ty,
        }
    }

    /// The type of `(const struct s *)`.
    pub(super) fn type_descriptor(&mut self, at: At) -> TypeId {
        let before = self.specifiers(at);
        let declarator = self.child(at, Field::DECLARATOR);
        self.declarator(declarator, before).ty
    }
}

/// Whether the text of an attribute or the words before a function say that it does not return.
pub(super) fn mentions_noreturn(text: &[u8]) -> bool {
    [&b"noreturn"[..], b"NORETURN", b"NO_RETURN"]
        .iter()
        .any(|word| memchr::memmem::find(text, word).is_some())
}

fn is_declarator(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::POINTER_DECLARATOR
            | Kind::ABSTRACT_POINTER_DECLARATOR
            | Kind::ARRAY_DECLARATOR
            | Kind::ABSTRACT_ARRAY_DECLARATOR
            | Kind::FUNCTION_DECLARATOR
            | Kind::ABSTRACT_FUNCTION_DECLARATOR
            | Kind::PARENTHESIZED_DECLARATOR
            | Kind::ABSTRACT_PARENTHESIZED_DECLARATOR
            | Kind::ATTRIBUTED_DECLARATOR
            | Kind::IDENTIFIER
            | Kind::FIELD_IDENTIFIER
            | Kind::TYPE_IDENTIFIER
            | Kind::PRIMITIVE_TYPE
    )
}

/// Whether the words around the fields of a record say that it has no padding.
pub(super) fn mentions_packed((before, behind): (&[u8], &[u8])) -> bool {
    let packed = |text: &[u8]| {
        [
            &b"packed"[..],
            b"PACKED",
            b"PACK_STRUCT_STRUCT",
            b"__PACK",
            b"Packed",
        ]
        .iter()
        .any(|word| memchr::memmem::find(text, word).is_some())
    };
    packed(before) || packed(behind)
}
