//! What the included files say: macros, types, prototypes, found by name and read when used.

use std::hash::Hasher as _;
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHasher};

use super::macro_body::{Definition, mark_alternatives, read};
use super::scan::{Item, Space, scan};
use crate::syntax::{Limits, Parser, Tree, includes};

/// Headers that one file sees at most.
const VISIBLE: usize = 600;

/// Headers at most that an include may mean as well.
const RIVALS: usize = 64;

/// Longest body of a function that is looked at, in bytes.
const BODY: usize = 2_000;

/// Longest declaration that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// The headers of a run, or of one file of it. Declarations and macros are parsed when a file first
/// uses them.
#[derive(Debug, Default)]
pub struct HeaderSet {
    files: Vec<Arc<HeaderFile>>,
    /// For each of them, the headers that its includes mean, looked up at the first use.
    resolved: Vec<OnceLock<Vec<Meant>>>,
    /// Hash of space and name, file, item: sorted.
    declared: Vec<(u64, u32, u32)>,
    /// Hash of the name, file, definition: sorted.
    macros: Vec<(u64, u32, u32)>,
    /// Where the entries of a hash begin in each of them.
    declared_at: FxHashMap<u64, u32>,
    macros_at: FxHashMap<u64, u32>,
    by_name: FxHashMap<Box<str>, Vec<u32>>,
}

/// One header: what it declares and includes. Shared by all files and threads of a run.
#[derive(Debug)]
pub struct HeaderFile {
    path: Box<str>,
    text: Arc<Vec<u8>>,
    items: Vec<Declaration>,
    definitions: Vec<Definition>,
    includes: Vec<(Box<str>, bool)>,
    /// Hash of space and name, item.
    declared: Vec<(u64, u32)>,
    /// Hash of the name of each definition.
    macros: Vec<u64>,
}

/// What an include means: the nearest header of that name, and others that are as near. Which of them
/// it is, a build decides.
#[derive(Debug, Clone)]
struct Meant {
    file: u32,
    rivals: Vec<u32>,
}

/// A declaration, parsed at its first use.
#[derive(Debug)]
struct Declaration {
    item: Item,
    // Boxed, as most are never looked at.
    parsed: OnceLock<Option<Box<ParsedItem>>>,
}

/// Text and tree of a declaration.
type ParsedItem = (Box<[u8]>, Tree);

impl HeaderFile {
    /// Reads a header: its path from the root of the repository and its bytes. About 100 MB/s;
    /// nothing is parsed.
    pub fn new(path: String, text: Arc<Vec<u8>>) -> Self {
        let scanned = scan(&text);
        let names = scanned.names.iter();
        let declared = names
            .map(|&(space, name, item)| (hash(space, name), number(item)))
            .collect();
        let defines = scanned.defines.iter();
        let macros = defines
            .map(|define| hash(Space::Name, define.name))
            .collect();
        let mut definitions: Vec<Definition> =
            scanned.defines.iter().map(Definition::new).collect();
        mark_alternatives(&mut definitions);
        let items = scanned
            .items
            .iter()
            .map(|&item| Declaration {
                item,
                parsed: OnceLock::new(),
            })
            .collect();
        let includes = includes(&text)
            .iter()
            .map(|one| (String::from_utf8_lossy(one.name).into(), one.is_quoted))
            .collect();
        Self {
            path: path.into(),
            text,
            items,
            definitions,
            includes,
            declared,
            macros,
        }
    }
}

impl HeaderSet {
    /// Reads headers, as [`HeaderFile::new`] does.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files = files.into_iter();
        Self::of(files.map(|(path, mut text)| {
            // All of them stay for the whole run.
            text.shrink_to_fit();
            Arc::new(HeaderFile::new(path, Arc::new(text)))
        }))
    }

    /// Joins headers.
    pub fn of(files: impl IntoIterator<Item = Arc<HeaderFile>>) -> Self {
        let mut set = Self::default();
        for file in files {
            set.add(file);
        }
        set.declared.sort_unstable();
        set.macros.sort_unstable();
        set.declared_at = starts(&set.declared);
        set.macros_at = starts(&set.macros);
        set
    }

    fn add(&mut self, header: Arc<HeaderFile>) {
        let file = number(self.files.len());
        let declared = header.declared.iter();
        self.declared
            .extend(declared.map(|&(hash, item)| (hash, file, item)));
        let macros = header.macros.iter().enumerate();
        self.macros
            .extend(macros.map(|(index, &hash)| (hash, file, number(index))));
        let name = header.path.rsplit('/').next().unwrap_or_default();
        self.by_name.entry(name.into()).or_default().push(file);
        self.files.push(header);
        self.resolved.push(OnceLock::new());
    }

    /// Number of headers.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no header.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What the file at `path` with this text sees: what it includes, what that includes, and so
    /// on. An include is looked for beside its file, then as the end of any path, nearest first.
    pub fn visible(&self, path: &str, text: &[u8]) -> Headers<'_> {
        let mut rank = vec![u32::MAX; self.files.len()];
        let mut order: Vec<u32> = Vec::new();
        let mut rivals: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        let mut see = |found: Option<&Meant>, rank: &mut Vec<u32>, order: &mut Vec<u32>| {
            let meant = found.map(|meant| self.nearest_to(path, meant));
            if let Some(meant) = meant
                && let Some(slot) = rank.get_mut(meant.file as usize)
                && *slot == u32::MAX
                && order.len() < VISIBLE
            {
                *slot = u32::try_from(order.len()).unwrap_or(u32::MAX);
                order.push(meant.file);
                if !meant.rivals.is_empty() {
                    rivals.insert(meant.file, meant.rivals);
                }
            }
        };
        for include in includes(text) {
            let name = String::from_utf8_lossy(include.name);
            let found = self.resolve(path, &name, include.is_quoted);
            see(found.as_ref(), &mut rank, &mut order);
        }
        let mut next = 0;
        while let Some(&file) = order.get(next) {
            next += 1;
            let at = file as usize;
            let (Some(header), Some(slot)) = (self.files.get(at), self.resolved.get(at)) else {
                continue;
            };
            let resolved = slot.get_or_init(|| {
                let all = header.includes.iter();
                all.filter_map(|(name, is_quoted)| self.resolve(&header.path, name, *is_quoted))
                    .collect()
            });
            for found in resolved {
                see(Some(found), &mut rank, &mut order);
            }
        }
        Headers {
            set: Some(self),
            rank,
            rivals,
        }
    }

    /// Of headers that an include of a header may mean, those nearest to the file at hand.
    fn nearest_to(&self, path: &str, meant: &Meant) -> Meant {
        if meant.rivals.is_empty() {
            return meant.clone();
        }
        let shared = |file: u32| {
            let other = self.files.get(file as usize).map_or("", |file| &*file.path);
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            other
                .split('/')
                .zip(folder.split('/'))
                .take_while(|(one, two)| one == two)
                .count()
        };
        let all = || [meant.file].into_iter().chain(meant.rivals.iter().copied());
        let most = all().map(shared).max().unwrap_or(0);
        let mut near = all().filter(|file| shared(*file) == most);
        let file = near.next().unwrap_or(meant.file);
        Meant {
            file,
            rivals: near.collect(),
        }
    }

    /// The header an include means.
    fn resolve(&self, from: &str, name: &str, is_quoted: bool) -> Option<Meant> {
        let name = name.trim_start_matches("./");
        let name = name.rsplit("../").next().unwrap_or(name);
        let base = name.rsplit('/').next().unwrap_or(name);
        let candidates = self.by_name.get(base)?;
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut best: Option<(usize, u32)> = None;
        let mut near: Vec<(usize, u32)> = Vec::new();
        for &file in candidates {
            let Some(path) = self.files.get(file as usize).map(|file| &*file.path) else {
                continue;
            };
            let Some(before) = path.strip_suffix(name) else {
                continue;
            };
            if !before.is_empty() && !before.ends_with('/') {
                continue;
            }
            let before = before.trim_end_matches('/');
            if is_quoted && before == folder {
                let rivals = Vec::new();
                return Some(Meant { file, rivals });
            }
            let shared = before
                .split('/')
                .zip(folder.split('/'))
                .take_while(|(one, two)| one == two)
                .count();
            // The nearest folder, and of those the one least deep.
            let score = shared * 1_000 + 999 - before.split('/').count().min(999);
            if best.is_none_or(|(known, _)| score > known) {
                best = Some((score, file));
            }
            near.push((shared, file));
        }
        let (score, file) = best?;
        let rivals = near
            .into_iter()
            .filter(|(shared, other)| *shared == score / 1_000 && *other != file)
            .map(|(_, other)| other)
            .take(RIVALS)
            .collect();
        Some(Meant { file, rivals })
    }

    /// All headers, in their order.
    pub(super) fn all(&self) -> Headers<'_> {
        Headers {
            set: Some(self),
            rank: (0..self.files.len())
                .map(|file| u32::try_from(file).unwrap_or(u32::MAX))
                .collect(),
            rivals: FxHashMap::default(),
        }
    }

    fn definition(&self, file: u32, index: u32) -> Option<&Definition> {
        self.files
            .get(file as usize)?
            .definitions
            .get(index as usize)
    }
}

/// The headers that one file sees.
#[derive(Debug, Default, Clone)]
pub struct Headers<'s> {
    set: Option<&'s HeaderSet>,
    /// Position in the order of inclusion; `u32::MAX` for a header that is not seen.
    rank: Vec<u32>,
    /// Of seen headers, those that the include may mean as well.
    rivals: FxHashMap<u32, Vec<u32>>,
}

impl<'s> Headers<'s> {
    /// Entries of that hash, those of seen headers first, in the order of inclusion. Where none is
    /// seen, the only header of the repository that has one.
    fn entries(
        &self,
        table: &'s [(u64, u32, u32)],
        at: &FxHashMap<u64, u32>,
        key: u64,
    ) -> Vec<(u32, u32)> {
        let Some(&from) = at.get(&key) else {
            return Vec::new();
        };
        let all = table
            .get(from as usize..)
            .unwrap_or_default()
            .iter()
            .take_while(|entry| entry.0 == key);
        let mut seen: Vec<(u32, u32, u32)> = Vec::new();
        let mut others: Vec<(u32, u32)> = Vec::new();
        for &(_, file, index) in all {
            match self.rank.get(file as usize) {
                Some(&rank) if rank != u32::MAX => seen.push((rank, file, index)),
                _ => others.push((file, index)),
            }
        }
        if seen.is_empty() {
            let first = others.first().map(|(file, _)| *file);
            if others.iter().all(|(file, _)| Some(*file) == first) {
                return others;
            }
        }
        seen.sort_unstable();
        seen.into_iter()
            .map(|(_, file, index)| (file, index))
            .collect()
    }

    /// Macros of that name, those with a body first.
    pub(super) fn definitions(&self, name: &[u8]) -> Vec<&'s Definition> {
        let Some(set) = self.set else {
            return Vec::new();
        };
        let mut found: Vec<&Definition> = self
            .entries(&set.macros, &set.macros_at, hash(Space::Name, name))
            .into_iter()
            .filter(|(file, _)| !self.is_contested(set, *file, name) && !self.is_rival(*file))
            .filter_map(|(file, index)| set.definition(file, index))
            .filter(|definition| *definition.name == *name)
            .take(8)
            .collect();
        found.sort_by_key(|definition| definition.is_empty());
        found
    }

    /// Declarations that may declare the name.
    pub(super) fn declarations(&self, space: Space, name: &[u8]) -> Vec<Found<'s>> {
        let Some(set) = self.set else {
            return Vec::new();
        };
        self.entries(&set.declared, &set.declared_at, hash(space, name))
            .into_iter()
            .filter(|(file, _)| space != Space::Name || !self.is_contested(set, *file, name))
            .filter_map(|(file, index)| {
                let file = set.files.get(file as usize)?;
                let declaration = file.items.get(index as usize)?;
                Some(Found { file, declaration })
            })
            .take(4)
            .collect()
    }
}

impl Headers<'_> {
    /// Whether a header that is not seen is one that an include may mean as well: its macros are those
    /// of another build.
    fn is_rival(&self, file: u32) -> bool {
        self.rank.get(file as usize) == Some(&u32::MAX)
            && self.rivals.values().any(|rivals| rivals.contains(&file))
    }

    /// Whether a header that the include may mean as well says something else of a name.
    fn is_contested(&self, set: &HeaderSet, file: u32, name: &[u8]) -> bool {
        let Some(rivals) = self.rivals.get(&file) else {
            return false;
        };
        let own = set.sayings(file, name);
        rivals.iter().any(|rival| {
            let other = set.sayings(*rival, name);
            !other.is_empty() && other != own
        })
    }
}

impl HeaderSet {
    /// What a header says of a name, blanks squeezed: bodies of macros, types of functions, other
    /// declarations as they are.
    fn sayings(&self, file: u32, name: &[u8]) -> Vec<Vec<u8>> {
        let Some(header) = self.files.get(file as usize) else {
            return Vec::new();
        };
        let key = hash(Space::Name, name);
        let mut out = Vec::new();
        let from = self.macros_at.get(&key).copied();
        let all = from.and_then(|from| self.macros.get(from as usize..));
        let same = all.unwrap_or_default().iter();
        for &(_, of, index) in same.take_while(|entry| entry.0 == key) {
            let definition = header.definitions.get(index as usize);
            if let Some(definition) = definition.filter(|one| of == file && *one.name == *name) {
                let body = squeezed(&definition.body);
                let is_number = body
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b'(' | b')' | b' '));
                // Ports do the same in different ways, but for those that do nothing.
                out.push(match definition.parameters {
                    Some(_) if !is_number || body.is_empty() => b"#()".to_vec(),
                    _ => [b"# ", &*body].concat(),
                });
            }
        }
        for &(hash, item) in &header.declared {
            let declaration = header.items.get(item as usize);
            let text = declaration
                .filter(|_| hash == key)
                .and_then(|one| header.text.get(one.item.start..one.item.end));
            let Some(text) = text else { continue };
            // Names of parameters differ where types do not.
            let before = memchr::memmem::find(text, name)
                .filter(|at| {
                    let behind = text.get(at + name.len()..).unwrap_or_default();
                    behind.trim_ascii_start().first() == Some(&b'(')
                })
                .and_then(|at| text.get(..at));
            out.push(squeezed(before.unwrap_or(text)));
        }
        out.sort();
        out.dedup();
        out
    }
}

/// The words of a text, `extern`, `static` and `inline` left out.
fn squeezed(text: &[u8]) -> Vec<u8> {
    let words = text.split(u8::is_ascii_whitespace).filter(|word| {
        !word.is_empty()
            && !matches!(
                *word,
                b"extern" | b"static" | b"inline" | b"__inline" | b"__STATIC_INLINE"
            )
    });
    words.collect::<Vec<_>>().join(&b' ')
}

/// A declaration in its header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'s> {
    file: &'s HeaderFile,
    declaration: &'s Declaration,
}

impl<'s> Found<'s> {
    /// The body of a function that the header defines, if it is short.
    pub(super) fn body(self) -> Option<&'s [u8]> {
        let item = self.declaration.item;
        if !item.is_definition {
            return None;
        }
        let rest = self.file.text.get(item.end..)?;
        let mut depth = 0_u32;
        for (at, byte) in rest.iter().enumerate().take(BODY) {
            match byte {
                b'{' => depth += 1,
                b'}' if depth <= 1 => return rest.get(..=at),
                b'}' => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// Its text and tree, and `#pragma pack` around it.
    pub(super) fn tree(
        self,
        parser: &mut Option<Parser>,
    ) -> Option<(&'s [u8], &'s Tree, Option<u64>)> {
        let item = self.declaration.item;
        let parsed = self.declaration.parsed.get_or_init(|| {
            let text = self.file.text.get(item.start..item.end)?;
            if text.len() > LONGEST {
                return None;
            }
            let end: &[u8] = if item.is_definition { b";" } else { b"" };
            let text: Box<[u8]> = [text, end].concat().into();
            let parser = parser.get_or_insert_with(|| Parser::new(Limits::default()));
            let tree = read(parser, &text)?.tree;
            Some(Box::new((text, tree)))
        });
        let (text, tree) = parsed.as_deref()?;
        Some((text, tree, item.pack))
    }
}

/// An index as it is stored.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn starts(table: &[(u64, u32, u32)]) -> FxHashMap<u64, u32> {
    let mut starts = FxHashMap::default();
    for (index, entry) in table.iter().enumerate() {
        starts
            .entry(entry.0)
            .or_insert(u32::try_from(index).unwrap_or(u32::MAX));
    }
    starts
}

fn hash(space: Space, name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.write_u8(match space {
        Space::Name => 0,
        Space::Tag => 1,
    });
    hasher.finish()
}
