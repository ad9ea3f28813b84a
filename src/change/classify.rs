//! What a file is, by its path and its bytes. Pure.
//!
//! Headers `.h` are C. C++ is recognised so that it is reported as not analysed instead of being
//! read as C. Everything else is text that generic rules may ask for by path.

use super::cplusplus::is_cplusplus;
use crate::finding::{GapKind, RepoPath};

/// What a file is to scrubin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileClass {
    /// C source or header.
    C,
    /// Rust source.
    Rust,
    /// C++ source or header; not analysed.
    Cpp,
    /// Any other text: configuration, build files, documents.
    Text,
    /// Not text and not expected to be (image, library, archive).
    Binary,
}

impl FileClass {
    /// The class a path promises; never [`Self::Binary`].
    pub fn of_path(path: &RepoPath) -> Self {
        match path.extension() {
            b"c" | b"h" => Self::C,
            b"rs" => Self::Rust,
            b"cc" | b"cpp" | b"cxx" | b"c++" | b"C" | b"hh" | b"hpp" | b"hxx" | b"h++" | b"H"
            | b"ino" | b"ipp" | b"tpp" => Self::Cpp,
            _ => Self::Text,
        }
    }

    /// Whether files of this class are parsed.
    pub fn is_code(self) -> bool {
        matches!(self, Self::C | Self::Rust)
    }
}

/// Class of a file, and why it is left out if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classified {
    /// What the file is.
    pub class: FileClass,
    /// Why the whole file is left out: `Language`, `LfsPointer`, `Encoding` or `Vendor`.
    pub gap: Option<GapKind>,
}

impl Classified {
    /// One sentence for [`crate::finding::Gap::detail`]; empty without a gap.
    pub fn detail(self) -> &'static str {
        match self.gap {
            Some(GapKind::Language) => "C++ is not analysed",
            Some(GapKind::LfsPointer) => {
                "a Git LFS pointer, not the content: run `git lfs pull` and review the file itself"
            }
            Some(GapKind::Encoding) => "UTF-16 text or NUL bytes: convert the file to UTF-8",
            Some(GapKind::Vendor) => "a vendor register header: register constants only",
            _ => "",
        }
    }
}

/// How many bytes decide whether a header is a vendor register header. Their heads are
/// like their tails, and the largest have megabytes.
const SAMPLE: usize = 64 * 1024;

/// First line of a Git LFS pointer (git-lfs specification, "The Pointer").
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// A pointer is "less than 1024 bytes in total length" (same source).
const LFS_POINTER_MAX: usize = 1024;

/// Classifies a file by path and content. Invalid UTF-8 (Latin-1 in comments, say) is analysed;
/// only NUL bytes and UTF-16 are not.
pub fn classify(path: &RepoPath, bytes: &[u8]) -> Classified {
    let class = FileClass::of_path(path);
    let gap = |kind| Classified {
        class,
        gap: Some(kind),
    };
    if bytes.len() < LFS_POINTER_MAX && bytes.starts_with(LFS_POINTER) {
        return gap(GapKind::LfsPointer);
    }
    match class {
        FileClass::Cpp => gap(GapKind::Language),
        FileClass::C | FileClass::Rust if !is_text(bytes) => gap(GapKind::Encoding),
        FileClass::C if path.extension() == b"h" && is_cplusplus(bytes) => gap(GapKind::Language),
        FileClass::C if is_register_header(path, bytes) => gap(GapKind::Vendor),
        FileClass::Text if !is_text(bytes) => Classified {
            class: FileClass::Binary,
            gap: None,
        },
        _ => Classified { class, gap: None },
    }
}

/// Neither NUL bytes nor a UTF-16 byte order mark (UTF-16 without one has NULs in any source code).
fn is_text(bytes: &[u8]) -> bool {
    !bytes.starts_with(b"\xFF\xFE")
        && !bytes.starts_with(b"\xFE\xFF")
        && memchr::memchr(0, bytes).is_none()
}

/// Folder names under which chip vendors' headers are kept: as they come (`CMSIS/Device`), or as
/// projects file them.
fn is_vendor_folder(component: &[u8]) -> bool {
    [
        "vendor",
        "vendors",
        "vendor_files",
        "cmsis",
        "device",
        "devices",
        "mdk",
        "packs",
        "packages",
        "third_party",
        "svd",
    ]
    .iter()
    .any(|name| component.eq_ignore_ascii_case(name.as_bytes()))
}

/// Least number of lines of a register header: shorter ones cost nothing to analyse.
const REGISTER_LINES: usize = 200;

/// Whether a header describes the registers of a chip and holds no code of its own.
///
/// Under a vendor folder constants and register blocks (fields, enumerators) count; anywhere else
/// only constants in the form of addresses and masks do. Measured on RIOT: finds 91 % of the bytes
/// of the 75 MB in its `vendor` folders.
fn is_register_header(path: &RepoPath, bytes: &[u8]) -> bool {
    if path.extension() != b"h" {
        return false;
    }
    let mut folders = path.as_bytes().split(|&byte| byte == b'/');
    folders.next_back();
    let in_vendor_folder = folders.any(is_vendor_folder);
    let lines = memchr::memchr_iter(b'\n', bytes)
        .take(REGISTER_LINES)
        .count();
    if lines < REGISTER_LINES {
        return false;
    }
    let counts = LineCounts::of(bytes.get(..SAMPLE).unwrap_or(bytes));
    // A licence text, blank lines and `#if` do not count either way.
    let all = counts.constants + counts.fields + counts.other;
    if in_vendor_folder {
        (counts.constants + counts.fields) * 4 >= all * 3
    } else {
        // Headers of plain numbers are configuration (`lwipopts.h`), which rules want to see.
        counts.constants * 10 >= all * 9 && counts.addresses * 10 >= all * 7
    }
}

/// Lines of a header by what stands on them; comments, blank lines and conditionals left out.
#[derive(Debug, Default, PartialEq, Eq)]
struct LineCounts {
    /// `#define NAME number`, casts and expressions of other constants included.
    constants: usize,
    /// Those of them that are written in hexadecimal or as a shift.
    addresses: usize,
    /// Fields, enumerators, and the braces and keywords around them.
    fields: usize,
    /// Prototypes, code, macros with code or text.
    other: usize,
}

impl LineCounts {
    fn of(bytes: &[u8]) -> Self {
        let mut counts = Self::default();
        let mut in_comment = false;
        let mut continued = false;
        for line in bytes.split(|&byte| byte == b'\n') {
            let text = strip_comments(line, &mut in_comment);
            let text = text.trim_ascii();
            // Lone braces belong to blocks of either kind.
            if text.is_empty() || matches!(text, b"{" | b"}" | b"};") {
                continue;
            }
            let goes_on = text.ends_with(b"\\");
            if std::mem::replace(&mut continued, goes_on) {
                // The rest of a constant is a constant; the rest of a macro with code is code.
                counts.tally(text, is_constant(text), false);
            } else if let Some(directive) = text.strip_prefix(b"#") {
                let directive = directive.trim_ascii_start();
                if let Some(definition) = directive.strip_prefix(b"define") {
                    counts.tally(definition, is_constant(definition), false);
                }
            } else {
                counts.tally(text, false, is_field(text));
            }
        }
        counts
    }

    fn tally(&mut self, text: &[u8], constant: bool, field: bool) {
        if constant {
            self.constants += 1;
            let is_address = |pair: &[u8]| matches!(pair, b"0x" | b"0X" | b"<<");
            self.addresses += usize::from(text.windows(2).any(is_address));
        } else if field {
            self.fields += 1;
        } else {
            self.other += 1;
        }
    }
}

/// The line without comments; `in_comment` is carried from line to line.
fn strip_comments(line: &[u8], in_comment: &mut bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    loop {
        if *in_comment {
            let Some(end) = memchr::memmem::find(rest, b"*/") else {
                return out;
            };
            *in_comment = false;
            rest = rest.get(end + 2..).unwrap_or_default();
        }
        let slash = memchr::memchr_iter(b'/', rest)
            .find(|&at| matches!(rest.get(at + 1), Some(b'/' | b'*')));
        let Some(at) = slash else {
            out.extend_from_slice(rest);
            return out;
        };
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        if rest.get(at + 1) == Some(&b'/') {
            return out;
        }
        *in_comment = true;
        rest = rest.get(at + 2..).unwrap_or_default();
    }
}

/// A definition without statements, blocks and texts.
fn is_constant(text: &[u8]) -> bool {
    !text
        .iter()
        .any(|byte| matches!(byte, b'{' | b'}' | b';' | b'"' | b'#' | b'\''))
        && !text.windows(2).any(|pair| pair == b"= ")
}

/// Part of a `struct`, `union` or `enum` without function pointers and code.
fn is_field(text: &[u8]) -> bool {
    let has = |set: &[u8]| text.iter().any(|byte| set.contains(byte));
    let is_statement = [&b"return"[..], b"break", b"goto", b"else", b"continue"]
        .iter()
        .any(|word| text.starts_with(word));
    match text.last() {
        Some(b';') => !is_statement && !has(b"()\"=+<>&|!?"),
        Some(b',') => !has(b"\";"),
        Some(b'{') => !has(b"()\""),
        // `typedef struct`, `enum name`
        _ => text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' ')),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::format_collect, reason = "tests: readability over speed")]

    use super::*;

    fn class(path: &str) -> FileClass {
        FileClass::of_path(&path.into())
    }

    fn gap(path: &str, bytes: &[u8]) -> Option<GapKind> {
        classify(&path.into(), bytes).gap
    }

    #[test]
    fn extensions_decide_the_language() {
        assert_eq!(class("src/a.c"), FileClass::C);
        assert_eq!(class("src/a.h"), FileClass::C);
        assert_eq!(class("a.rs"), FileClass::Rust);
        for path in [
            "a.cc", "a.C", "a.cpp", "a.cxx", "a.hpp", "a.hh", "a.hxx", "a.ino",
        ] {
            assert_eq!(class(path), FileClass::Cpp, "{path}");
            assert_eq!(gap(path, b"int x;"), Some(GapKind::Language), "{path}");
        }
        for path in ["a.inc", "Makefile", "c", ".c", "a.c/b", "prj.conf", "a.S"] {
            assert_eq!(class(path), FileClass::Text, "{path}");
        }
    }

    #[test]
    fn only_nul_bytes_and_utf16_are_unreadable() {
        assert_eq!(gap("a.c", b"// gr\xFC\xDFe\nint x;\n"), None);
        assert_eq!(gap("a.c", b"\xEF\xBB\xBFint x;\n"), None);
        assert_eq!(gap("a.c", b"int x;\0\n"), Some(GapKind::Encoding));
        assert_eq!(gap("a.c", b"\xFF\xFEi\0"), Some(GapKind::Encoding));
        assert_eq!(gap("a.rs", b"\xFE\xFF\0i"), Some(GapKind::Encoding));
        let image = classify(&"a.png".into(), b"\x89PNG\0");
        assert_eq!((image.class, image.gap), (FileClass::Binary, None));
        assert_eq!(gap("a.c", b""), None);
    }

    #[test]
    fn lfs_pointers_are_no_source() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n";
        assert_eq!(gap("a.c", pointer), Some(GapKind::LfsPointer));
        let mut long = pointer.to_vec();
        long.resize(2000, b' ');
        assert_eq!(gap("a.c", &long), None);
    }

    #[test]
    fn register_headers_are_left_out_and_ordinary_ones_are_not() {
        let constants: String = (0..250)
            .map(|n| format!("#define ADC_CR{n}_Msk (0x1UL << {n}) /*!< bit {n} */\n"))
            .collect();
        let fields: String = (0..250)
            .map(|n| format!("  __IO uint32_t CR{n}; /*!< register {n},\n more */\n"))
            .collect();
        let block = format!("typedef struct\n{{\n{fields}}} ADC_TypeDef;\n");
        let prototypes: String = (0..250)
            .map(|n| format!("int read_{n}(uint8_t *buf, size_t len);\n"))
            .collect();
        let code: String = (0..100)
            .map(|n| format!("static inline int f{n}(int x)\n{{\n    return x + {n};\n}}\n"))
            .collect();
        let vendor = Some(GapKind::Vendor);
        assert_eq!(gap("cpu/x/vendor/a.h", block.as_bytes()), vendor);
        assert_eq!(gap("Drivers/CMSIS/a.h", constants.as_bytes()), vendor);
        assert_eq!(gap("drivers/x/regs.h", constants.as_bytes()), vendor);
        assert_eq!(gap("drivers/x/regs.h", block.as_bytes()), None);
        assert_eq!(gap("vendor/lib/api.h", prototypes.as_bytes()), None);
        assert_eq!(gap("vendor/lib/api.h", code.as_bytes()), None);
        assert_eq!(gap("vendor/lib/a.c", constants.as_bytes()), None);
        assert_eq!(gap("vendor/lib/short.h", b"#define A 1\n"), None);
        let settings: String = (0..250)
            .map(|n| format!("#define LWIP_OPTION_{n} {n}\n"))
            .collect();
        assert_eq!(gap("src/lwipopts.h", settings.as_bytes()), None);
        let keys: String = (0..250)
            .map(|n| format!("#define KEY{n} \"s3cret{n}\"\n"))
            .collect();
        assert_eq!(gap("vendor/keys.h", keys.as_bytes()), None);
    }
}
