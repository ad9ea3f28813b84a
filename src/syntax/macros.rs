//! What is known of macros: which names vanish, wrap, loop or stand for whole statements.
//!
//! Only used where a file does not parse as it is. The knowledge comes, strongest first, from the
//! project's settings, from the file's own `#define`s, from those of the repository, and from a
//! list of names of well-known firmware code bases.

use std::hash::Hasher as _;

use memchr::memmem;
use rustc_hash::{FxHashMap, FxHasher};

use super::macro_names::WELL_KNOWN;
use super::tokens::{is_word, line_of_code_ends};

/// What a macro does to the code around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MacroClass {
    /// Vanishes, with its arguments if it has any: empty, an attribute, or a storage class or
    /// qualifier such as `static inline` or `volatile`.
    Empty,
    /// `#define F(x) x`, perhaps with an attribute: stands for its argument.
    Identity,
    /// `#define FOREACH(..) for (..)`: the head of a loop or condition.
    Loop,
    /// Needs no `;` behind it.
    Statement,
    /// Anything else, or definitions that disagree.
    Other,
}

/// Classes of macros by name. Names are kept as 64-bit hashes: a repository has tens of thousands.
#[derive(Debug, Clone, Default)]
pub struct MacroTable {
    settings: FxHashMap<u64, MacroClass>,
    scanned: FxHashMap<u64, MacroClass>,
}

/// Where the parser gets its knowledge of macros from. It asks only for a file that does not parse
/// as it is, so the knowledge may be gathered then.
pub trait MacroSource {
    /// What is known without looking anything up.
    fn settings(&self) -> &MacroTable;

    /// All that is known of the project.
    fn table(&self) -> &MacroTable;
}

impl MacroSource for MacroTable {
    fn settings(&self) -> &MacroTable {
        self
    }

    fn table(&self) -> &MacroTable {
        self
    }
}

impl MacroTable {
    /// Whether it holds more scanned definitions than `other`.
    pub fn knows_more_than(&self, other: &Self) -> bool {
        self.scanned.len() > other.scanned.len()
    }

    /// A table with nothing but the well-known names.
    pub fn new() -> Self {
        Self::default()
    }

    /// A table with the project's own lists (`[c.macros]` of `scrubin.toml`), which overrule every
    /// definition found.
    pub fn with_settings<'a>(lists: impl IntoIterator<Item = (MacroClass, &'a [String])>) -> Self {
        let mut table = Self::default();
        for (class, names) in lists {
            for name in names {
                table.settings.insert(hash(name.as_bytes()), class);
            }
        }
        table
    }

    /// Adds the `#define`s of a file. A macro keeps a class only while all its definitions agree.
    pub fn scan(&mut self, text: &[u8]) {
        definitions(text, |name, class| {
            self.scanned
                .entry(hash(name))
                .and_modify(|known| *known = agree(*known, class))
                .or_insert(class);
        });
    }

    /// Adds the definitions another table has scanned.
    pub fn merge(&mut self, other: &Self) {
        // The order of insertion does not matter: `agree` is symmetric and associative.
        #[expect(
            clippy::iter_over_hash_type,
            reason = "the result is independent of the order"
        )]
        for (&name, &class) in &other.scanned {
            self.scanned
                .entry(name)
                .and_modify(|known| *known = agree(*known, class))
                .or_insert(class);
        }
    }

    /// Number of macros whose definitions were scanned.
    pub fn len(&self) -> usize {
        self.scanned.len()
    }

    /// Whether no definition was scanned.
    pub fn is_empty(&self) -> bool {
        self.scanned.is_empty()
    }

    /// The class of a name; `own` are the definitions of the file at hand. `None` for a name that
    /// nobody knows.
    pub(super) fn class(&self, name: &[u8], own: &Self) -> Option<MacroClass> {
        let key = hash(name);
        let found = self
            .settings
            .get(&key)
            .or_else(|| own.scanned.get(&key))
            .or_else(|| self.scanned.get(&key))
            .copied();
        match found {
            // A definition that tells nothing (`#define FLD_8(x) FIELD(x)`).
            None | Some(MacroClass::Other) => well_known(name).or(found),
            Some(_) => found,
        }
    }

    /// Forgets the scanned definitions and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.scanned.clear();
    }
}

fn well_known(name: &[u8]) -> Option<MacroClass> {
    WELL_KNOWN
        .binary_search_by(|(known, _)| known.as_bytes().cmp(name))
        .ok()
        .and_then(|index| WELL_KNOWN.get(index))
        .map(|(_, class)| *class)
}

fn agree(one: MacroClass, other: MacroClass) -> MacroClass {
    if one == other { one } else { MacroClass::Other }
}

/// Hash of a name.
pub(super) fn hash(name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.finish()
}

/// What stands behind the word of every `#define` of a text, continuation lines included. A line scan: a
/// definition in a comment or in dead code counts as well.
pub fn define_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let finder = memmem::Finder::new(b"define");
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let word = at + text.get(at..).and_then(|rest| finder.find(rest))?;
            at = word + b"define".len();
            let before = text.get(..word).unwrap_or_default().trim_ascii_end();
            // `# define`: blanks between, but on the same line.
            let blanks = text.get(before.len()..word).unwrap_or_default();
            if before.last() == Some(&b'#') && !blanks.contains(&b'\n') {
                let end = line_of_code_ends(text, at);
                let line = text.get(at..end);
                at = end;
                return line;
            }
        }
    })
}

/// Calls `each` with name and class of every `#define` of the text.
fn definitions(text: &[u8], mut each: impl FnMut(&[u8], MacroClass)) {
    for line in define_lines(text) {
        if !line.first().is_some_and(u8::is_ascii_whitespace) {
            continue;
        }
        let line = line.trim_ascii_start();
        let length = line.iter().take_while(|byte| is_word(**byte)).count();
        let (name, rest) = line.split_at_checked(length).unwrap_or_default();
        if name.is_empty() {
            continue;
        }
        let class = match rest.strip_prefix(b"(") {
            Some(rest) => match memchr::memchr(b')', rest) {
                Some(close) => classify_function(
                    rest.get(..close).unwrap_or_default(),
                    rest.get(close + 1..).unwrap_or_default(),
                ),
                None => MacroClass::Other,
            },
            None => classify_body(rest),
        };
        each(name, class);
    }
}

/// Class of an object-like macro by its body.
fn classify_body(body: &[u8]) -> MacroClass {
    let body = without_comments(body);
    if vanishes(&body) {
        MacroClass::Empty
    } else {
        MacroClass::Other
    }
}

/// Class of a function-like macro.
fn classify_function(parameters: &[u8], body: &[u8]) -> MacroClass {
    let body = without_comments(body);
    let body = body.trim_ascii();
    if vanishes(body) {
        return MacroClass::Empty;
    }
    let parameter = parameters.trim_ascii();
    if !parameter.is_empty()
        && let Some(rest) = body.strip_prefix(parameter)
        && !rest.first().is_some_and(|byte| is_word(*byte))
        && vanishes(rest)
    {
        return MacroClass::Identity;
    }
    let first = body
        .split(|byte| !is_word(*byte))
        .next()
        .unwrap_or_default();
    match first {
        b"for" | b"while" | b"if" if !matches!(body.last(), Some(b';' | b'}')) => MacroClass::Loop,
        _ if matches!(body.last(), Some(b';' | b'}')) && !body.starts_with(b"(") => {
            MacroClass::Statement
        }
        _ => MacroClass::Other,
    }
}

/// Words that may vanish without changing how the rest is read.
const QUALIFIERS: &[&[u8]] = &[
    b"__extension__",
    b"__forceinline",
    b"__inline",
    b"__inline__",
    b"__packed",
    b"__restrict",
    b"__volatile__",
    b"__weak",
    b"_Noreturn",
    b"const",
    b"extern",
    b"inline",
    b"register",
    b"static",
    b"volatile",
];

/// Words that vanish together with the parentheses behind them.
const ATTRIBUTES: &[&[u8]] = &[
    b"__attribute__",
    b"__attribute",
    b"__declspec",
    b"_Pragma",
    b"__pragma",
    b"_Alignas",
    b"alignas",
    b"__section",
    b"__aligned",
];

/// Whether the text is nothing but qualifiers and attributes.
fn vanishes(body: &[u8]) -> bool {
    let mut rest = body.trim_ascii_start();
    while !rest.is_empty() {
        if rest.first() == Some(&b'\\') {
            rest = rest.get(1..).unwrap_or_default().trim_ascii_start();
            continue;
        }
        let length = rest.iter().take_while(|byte| is_word(**byte)).count();
        let (word, behind) = rest.split_at_checked(length).unwrap_or_default();
        let behind = behind.trim_ascii_start();
        if QUALIFIERS.contains(&word) {
            rest = behind;
        } else if ATTRIBUTES.contains(&word) {
            let Some(close) = closing(behind) else {
                return false;
            };
            rest = behind
                .get(close + 1..)
                .unwrap_or_default()
                .trim_ascii_start();
        } else {
            return false;
        }
    }
    true
}

/// Index of the `)` that closes the `(` the text begins with.
fn closing(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'(') {
        return None;
    }
    let mut depth = 0_u32;
    for at in memchr::memchr2_iter(b'(', b')', text) {
        if text.get(at) == Some(&b'(') {
            depth += 1;
        } else {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// The body without its comments.
fn without_comments(body: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !body.contains(&b'/') {
        return body.into();
    }
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(slash) = memchr::memchr(b'/', rest) {
        let (before, behind) = rest.split_at(slash);
        out.extend_from_slice(before);
        match behind.get(1) {
            Some(b'/') => return out.into(),
            Some(b'*') => {
                out.push(b' ');
                let end = memmem::find(behind, b"*/").map_or(behind.len(), |end| end + 2);
                rest = behind.get(end..).unwrap_or_default();
            }
            _ => {
                out.push(b'/');
                rest = behind.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(definition: &str, name: &str) -> Option<MacroClass> {
        let mut own = MacroTable::new();
        own.scan(definition.as_bytes());
        MacroTable::new().class(name.as_bytes(), &own)
    }

    #[test]
    fn bodies_tell_the_class() {
        let cases = [
            ("#define M", MacroClass::Empty),
            ("#define M /* nothing */", MacroClass::Empty),
            ("  # define M static inline", MacroClass::Empty),
            (
                "#define M __attribute__((weak, alias(\"x\")))",
                MacroClass::Empty,
            ),
            (
                "#define M(a, b) __attribute__((format(a, b)))",
                MacroClass::Empty,
            ),
            ("#define M \\\n  static \\\n  inline", MacroClass::Empty),
            ("#define M(x) x", MacroClass::Identity),
            (
                "#define M(x) x __attribute__((packed)) // why",
                MacroClass::Identity,
            ),
            ("#define M(x) xy", MacroClass::Other),
            ("#define M(x) (x)", MacroClass::Other),
            (
                "#define M(a, l) for (a = l; a; a = a->next)",
                MacroClass::Loop,
            ),
            ("#define M(a) do { f(a); } while (0)", MacroClass::Other),
            ("#define M(a) static int a;", MacroClass::Statement),
            ("#define M 1", MacroClass::Other),
        ];
        for (definition, expected) in cases {
            assert_eq!(class(definition, "M"), Some(expected), "{definition}");
        }
    }

    #[test]
    fn definitions_must_agree_and_settings_win() {
        assert_eq!(
            class("#define M inline\n#define M\n", "M"),
            Some(MacroClass::Empty)
        );
        assert_eq!(
            class("#define M inline\n#define M 3\n#define M\n", "M"),
            Some(MacroClass::Other)
        );
        let names = ["M".to_owned()];
        let table = MacroTable::with_settings([(MacroClass::Loop, names.as_slice())]);
        let mut own = MacroTable::new();
        own.scan(b"#define M 3");
        assert_eq!(table.class(b"M", &own), Some(MacroClass::Loop));
        assert_eq!(table.class(b"nobody_knows_me", &own), None);
    }

    #[test]
    fn well_known_names_are_sorted() {
        assert!(
            WELL_KNOWN
                .windows(2)
                .all(|pair| matches!(pair, [a, b] if a.0 < b.0))
        );
    }

    #[test]
    fn merging_is_scanning_both() {
        let (one, two) = (
            "#define A\n#define B 1\n",
            "#define A 2\n#define C inline\n",
        );
        let mut merged = MacroTable::new();
        let mut other = MacroTable::new();
        merged.scan(one.as_bytes());
        other.scan(two.as_bytes());
        merged.merge(&other);
        let mut both = MacroTable::new();
        both.scan(format!("{one}{two}").as_bytes());
        assert_eq!(merged.scanned, both.scanned);
        assert_eq!(both.len(), 3);
    }
}
