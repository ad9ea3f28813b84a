//! Code without the names of its project: the shape of a weakness, and whose it is no longer shows.

use std::collections::BTreeMap;

use crate::training::highlight::{self, Kind};

/// Names that say nothing of a project: what the languages and their libraries call things.
const PUBLIC: &[&str] = &[
    "NULL",
    "abs",
    "as_mut",
    "as_ref",
    "atoi",
    "bool",
    "calloc",
    "checked_add",
    "checked_mul",
    "checked_sub",
    "clone",
    "copy_from_slice",
    "core",
    "u8",
    "u16",
    "u32",
    "u64",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "isize",
    "f32",
    "f64",
    "str",
    "String",
    "Vec",
    "Option",
    "Some",
    "None",
    "Result",
    "Ok",
    "Err",
    "expect",
    "false",
    "fclose",
    "fopen",
    "fprintf",
    "free",
    "from_be_bytes",
    "from_le_bytes",
    "get",
    "get_mut",
    "get_unchecked",
    "int16_t",
    "int32_t",
    "int64_t",
    "int8_t",
    "intptr_t",
    "into",
    "is_empty",
    "is_none",
    "is_some",
    "iter",
    "len",
    "main",
    "malloc",
    "mem",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
    "min",
    "max",
    "next",
    "ptr",
    "pop",
    "printf",
    "push",
    "rand",
    "read_volatile",
    "realloc",
    "saturating_add",
    "saturating_sub",
    "scanf",
    "size_t",
    "slice",
    "snprintf",
    "sprintf",
    "ssize_t",
    "std",
    "strcat",
    "strcmp",
    "strcpy",
    "strlen",
    "strncat",
    "strncmp",
    "strncpy",
    "strnlen",
    "strtol",
    "strtoul",
    "system",
    "take",
    "time",
    "time_t",
    "to_vec",
    "transmute",
    "true",
    "try_from",
    "try_into",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
    "uintptr_t",
    "unwrap",
    "unwrap_or",
    "vsnprintf",
    "vsprintf",
    "wchar_t",
    "wrapping_add",
    "write_volatile",
    "assert",
    "panic",
    "println",
    "errno",
    "stdin",
    "stdout",
];

/// Renames everything that is not the language's or its library's, the same name always the same way:
/// calls to `call_1`, capitals to `NAME_1`, types to `type_1_t`, the rest to `value_1`. Texts become
/// `"text"`, numbers that only this project has `NUMBER_1`, comments vanish. Line by line, so that line
/// numbers stay.
pub(super) fn anonymise(code: &str, language: &str) -> String {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut out = String::with_capacity(code.len());
    for line in highlight::lines(code, language) {
        let mut text = String::new();
        for (at, (kind, part)) in line.iter().enumerate() {
            match kind {
                Kind::Comment => {}
                Kind::Text if part.starts_with('\'') => text.push_str(part),
                Kind::Text => text.push_str("\"text\""),
                Kind::Number if !is_common(part) => {
                    text.push_str(&numbered("NUMBER", "", part, &mut names, &mut counts));
                }
                Kind::Number | Kind::Keyword => text.push_str(part),
                Kind::Plain if is_name(part) => {
                    let after = line.get(at + 1..).unwrap_or_default();
                    let follows = after.iter().find(|(_, part)| !part.trim().is_empty());
                    let is_called = follows.is_some_and(|(_, part)| part.starts_with('('));
                    text.push_str(&renamed(part, is_called, &mut names, &mut counts));
                }
                Kind::Plain => text.push_str(part),
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// Whether a number says nothing of a project: up to 9, powers of two and one less (sizes, masks), powers of
/// ten. A limit of 1,350 or a baud rate leads to whose code it is.
fn is_common(part: &str) -> bool {
    let digits = part.replace('_', "");
    let digits = digits.trim_end_matches(['u', 'U', 'l', 'L']);
    // `10u8` of Rust; the digits of a hexadecimal number are no suffix.
    let is_hex = digits.starts_with("0x") || digits.starts_with("0X");
    let digits = match digits.find(['u', 'i']) {
        Some(at) if !is_hex => digits.get(..at).unwrap_or(digits),
        _ => digits,
    };
    let value = if is_hex {
        u64::from_str_radix(digits.get(2..).unwrap_or_default(), 16).ok()
    } else {
        digits.parse().ok()
    };
    value.is_some_and(|value| {
        let is_ten = std::iter::successors(Some(1_u64), |ten| ten.checked_mul(10))
            .take_while(|ten| *ten <= value)
            .any(|ten| ten == value);
        value <= 9 || value.is_power_of_two() || value.wrapping_add(1).is_power_of_two() || is_ten
    })
}

fn is_name(part: &str) -> bool {
    part.chars()
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
}

fn renamed(
    name: &str,
    is_called: bool,
    names: &mut BTreeMap<String, String>,
    counts: &mut BTreeMap<&'static str, usize>,
) -> String {
    if PUBLIC.contains(&name) || name == "include" || name == "define" {
        return name.to_owned();
    }
    let has_letters = name.chars().any(char::is_alphabetic);
    let (kind, suffix) = if has_letters && !name.chars().any(char::is_lowercase) {
        ("NAME", "")
    } else if is_called {
        ("call", "")
    } else if name.ends_with("_t") || name.chars().next().is_some_and(char::is_uppercase) {
        ("type", "_t")
    } else {
        ("value", "")
    };
    numbered(kind, suffix, name, names, counts)
}

/// The new name of a text: the one that it has, or the next of its kind.
fn numbered(
    kind: &'static str,
    suffix: &str,
    text: &str,
    names: &mut BTreeMap<String, String>,
    counts: &mut BTreeMap<&'static str, usize>,
) -> String {
    if let Some(known) = names.get(text) {
        return known.clone();
    }
    let count = counts.entry(kind).or_default();
    *count += 1;
    let new = format!("{kind}_{count}{suffix}");
    names.insert(text.to_owned(), new.clone());
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_comments_and_texts_of_a_project_are_gone_and_the_shape_stays() {
        let code = "/* Acme pump */\nint acme_parse(const acme_hdr_t *hdr)\n{\n    char tag[ACME_TAG];\n    strcpy(tag, hdr->name); // from Bob\n    acme_log(\"tag of acme\", tag);\n    return acme_parse(hdr);\n}\n";
        assert_eq!(
            anonymise(code, "c"),
            "\nint call_1(const type_1_t *value_1)\n{\n    char value_2[NAME_1];\n    strcpy(value_2, value_1->value_3);\n    call_2(\"text\", value_2);\n    return call_1(value_1);\n}\n"
        );
    }

    #[test]
    fn numbers_of_a_project_are_gone_and_sizes_stay() {
        assert_eq!(
            anonymise(
                "if (rate > 1350u || rate == 1350u || n > 31) { x = 0xFF + 0xA5u + 7 + 64 + 1000; y = 2.75; }\n",
                "c"
            ),
            "if (value_1 > NUMBER_1 || value_1 == NUMBER_1 || value_2 > 31) { value_3 = 0xFF + NUMBER_2 + 7 + 64 + 1000; value_4 = NUMBER_3; }\n"
        );
        assert!(is_common("1_000u32") && is_common("0x10") && !is_common("57_600"));
    }

    #[test]
    fn rust_keeps_its_own_words() {
        assert_eq!(
            anonymise(
                "fn dose(v: &[u8]) -> Acme {\n    v.get(0).unwrap()\n}\n",
                "rust"
            ),
            "fn call_1(value_1: &[u8]) -> type_1_t {\n    value_1.get(0).unwrap()\n}\n"
        );
    }
}
