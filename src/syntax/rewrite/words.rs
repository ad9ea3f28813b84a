//! Which words are keywords, types, or look like macros.

/// At least three bytes of capitals, digits and underscores.
pub(super) fn is_upper(word: &[u8]) -> bool {
    word.len() >= 3
        && word
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
        && word.iter().any(u8::is_ascii_uppercase)
}

/// Begins with a digit and is no number: a part of a name that a macro puts together.
pub(super) fn is_odd_number(word: &[u8]) -> bool {
    let digits = match word {
        [b'0', b'x' | b'X', digits @ ..] => {
            return digits
                .iter()
                .any(|byte| !byte.is_ascii_hexdigit() && !b"uUlLpP".contains(byte));
        }
        [b'0', b'b' | b'B', digits @ ..] => digits,
        [first, ..] if first.is_ascii_digit() => word,
        _ => return false,
    };
    digits
        .iter()
        .any(|byte| !byte.is_ascii_digit() && !b"uUlLfFeEzZ".contains(byte))
}

/// Types that end the search for one.
pub(super) fn is_primitive(word: &[u8]) -> bool {
    matches!(
        word,
        b"void"
            | b"char"
            | b"short"
            | b"int"
            | b"long"
            | b"float"
            | b"double"
            | b"signed"
            | b"unsigned"
            | b"bool"
            | b"_Bool"
            | b"size_t"
            | b"int8_t"
            | b"int16_t"
            | b"int32_t"
            | b"int64_t"
            | b"uint8_t"
            | b"uint16_t"
            | b"uint32_t"
            | b"uint64_t"
    )
}

/// Words that begin or belong to a type.
pub(super) fn is_type_word(word: &[u8]) -> bool {
    is_primitive(word)
        || matches!(
            word,
            b"struct"
                | b"union"
                | b"enum"
                | b"const"
                | b"volatile"
                | b"static"
                | b"extern"
                | b"inline"
                | b"register"
                | b"typedef"
                | b"restrict"
                | b"__inline"
                | b"__inline__"
                | b"__restrict"
                | b"_Noreturn"
                | b"__volatile__"
                | b"__extension__"
                | b"__const"
        )
}

/// Words that are no name of a function or macro.
pub(super) fn is_keyword(word: &[u8]) -> bool {
    is_type_word(word)
        || matches!(
            word,
            b"if"
                | b"else"
                | b"for"
                | b"while"
                | b"do"
                | b"switch"
                | b"case"
                | b"default"
                | b"return"
                | b"goto"
                | b"break"
                | b"continue"
                | b"sizeof"
                | b"_Alignof"
                | b"alignof"
                | b"offsetof"
                | b"asm"
                | b"__asm"
                | b"__asm__"
                | b"__attribute__"
                | b"__attribute"
                | b"__declspec"
                | b"_Generic"
                | b"_Static_assert"
                | b"static_assert"
                | b"defined"
                | b"typeof"
                | b"__typeof__"
                | b"_Alignas"
        )
}
