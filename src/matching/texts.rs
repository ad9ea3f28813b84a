//! Which of the texts that rules ask for a file holds: one search for all of them.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::index::FeatureId;

/// All texts that some rule asks for, in lower case.
#[derive(Debug, Default)]
pub(super) struct Texts {
    ids: FxHashMap<String, usize>,
    /// In the order they came, which is that of their features.
    list: Vec<Text>,
    /// Searches for those of rules of code, and for all.
    of_code: OnceLock<Search>,
    of_all: OnceLock<Search>,
}

#[derive(Debug)]
struct Text {
    text: String,
    id: FeatureId,
    /// Whether a rule of code asks for it.
    of_code: bool,
}

impl Texts {
    /// The feature of the text, which is `new` if it was not known before.
    pub(super) fn intern(&mut self, text: &str, new: FeatureId, of_code: bool) -> FeatureId {
        if let Some(known) = self.ids.get(text).and_then(|&at| self.list.get_mut(at)) {
            known.of_code |= of_code;
            return known.id;
        }
        self.ids.insert(text.to_owned(), self.list.len());
        self.list.push(Text {
            text: text.to_owned(),
            id: new,
            of_code,
        });
        new
    }

    pub(super) fn find(&self, text: &str) -> Option<FeatureId> {
        let at = self.ids.get(text)?;
        self.list.get(*at).map(|known| known.id)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Those that `bytes` holds. In code only those that rules of code ask for are searched; the
    /// others count as held.
    pub(super) fn held(&self, bytes: &[u8], is_code: bool) -> TextsHeld {
        let is_asked = |text: &Text| text.of_code || !is_code;
        let search = if is_code { &self.of_code } else { &self.of_all };
        let search = search.get_or_init(|| {
            let asked = self.list.iter().enumerate();
            Search::new(
                asked
                    .filter(|(_, text)| is_asked(text))
                    .map(|(at, text)| (at, text.text.as_bytes())),
            )
        });
        let mut seen: Vec<bool> = self.list.iter().map(|text| !is_asked(text)).collect();
        search.run(bytes, &mut seen);
        let held = self.list.iter().zip(&seen).filter(|(_, seen)| **seen);
        TextsHeld(held.map(|(text, _)| text.id).collect())
    }
}

/// Which of the texts that rules ask for a file holds; sorted.
#[derive(Debug, Clone)]
pub(super) struct TextsHeld(Vec<FeatureId>);

impl TextsHeld {
    /// Whether the file holds the text of this feature.
    pub(super) fn has(&self, feature: FeatureId) -> bool {
        self.0.binary_search(&feature).is_ok()
    }

    /// All of them.
    pub(super) fn ids(&self) -> &[FeatureId] {
        &self.0
    }
}

/// Bytes of a text that its place in the search is found by.
const HEAD: usize = 3;

/// Bits of the number of a head.
const HEAD_BITS: u32 = 15;

/// Words of a table with a bit for each of them.
const WORDS: usize = 1 << (HEAD_BITS - 6);

/// Many texts at once, in any case: three bytes at a time are looked up in a table of bits that fits
/// the processor's nearest memory. An automaton took three times as long.
#[derive(Debug)]
struct Search {
    /// For each number of a head: whether some text holds such a one.
    heads: Box<[u64; WORDS]>,
    /// Texts by the number of their head.
    texts: FxHashMap<u32, Vec<Sought>>,
    /// Texts too short to have a head, which count as held.
    short: Vec<usize>,
}

/// A text that is searched.
#[derive(Debug)]
struct Sought {
    index: usize,
    /// Where its head is: the three bytes that are rarest in code.
    head: usize,
    text: Vec<u8>,
}

/// How often a byte is met in code, roughly.
fn commonness(byte: &u8) -> u32 {
    match byte {
        b'e' | b't' | b'a' | b'i' | b'n' | b'r' | b's' | b'o' | b'_' | b' ' => 4,
        b'l' | b'c' | b'd' | b'u' | b'p' | b'f' | b'm' => 3,
        b'k' | b'q' | b'x' | b'w' | b'y' | b'z' | b'j' => 1,
        _ => 2,
    }
}

/// The last three bytes with one more.
#[inline]
fn rolled(last: u32, byte: u8) -> u32 {
    // The bit is all that tells capitals from small letters. Other bytes share a number too, which
    // the comparison with the text sorts out.
    (last << 8 | u32::from(byte | 0x20)) & 0x00ff_ffff
}

/// The number of a head.
#[inline]
fn number(head: u32) -> u32 {
    head.wrapping_mul(0x9e37_79b1) >> (u32::BITS - HEAD_BITS)
}

impl Search {
    fn new<'t>(texts: impl Iterator<Item = (usize, &'t [u8])>) -> Self {
        let mut search = Self {
            heads: Box::new([0; WORDS]),
            texts: FxHashMap::default(),
            short: Vec::new(),
        };
        for (index, text) in texts {
            let heads = text.windows(HEAD).enumerate();
            let rarest = heads.min_by_key(|(_, head)| head.iter().map(commonness).sum::<u32>());
            let Some((at, head)) = rarest else {
                search.short.push(index);
                continue;
            };
            let number = number(head.iter().fold(0, |last, &byte| rolled(last, byte)));
            if let Some(bits) = search.heads.get_mut(number as usize / 64) {
                *bits |= 1 << (number % 64);
            }
            let same = search.texts.entry(number).or_default();
            same.push(Sought {
                index,
                head: at,
                text: text.to_vec(),
            });
        }
        search
    }

    /// Marks the texts that `bytes` holds.
    fn run(&self, bytes: &[u8], seen: &mut [bool]) {
        let mut mark = |index: usize| {
            if let Some(slot) = seen.get_mut(index) {
                *slot = true;
            }
        };
        self.short.iter().for_each(|&index| mark(index));
        if self.texts.is_empty() {
            return;
        }
        let mut last = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            last = rolled(last, byte);
            let number = number(last);
            let bits = self.heads.get(number as usize / 64 % WORDS).copied();
            if bits.unwrap_or_default() >> (number % 64) & 1 == 0 {
                continue;
            }
            for sought in self.texts.get(&number).into_iter().flatten() {
                let Some(start) = at.checked_sub(sought.head + HEAD - 1) else {
                    continue;
                };
                let is_here = bytes
                    .get(start..start + sought.text.len())
                    .is_some_and(|found| found.eq_ignore_ascii_case(&sought.text));
                if is_here {
                    mark(sought.index);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(asked: &[&str], bytes: &[u8]) -> Vec<FeatureId> {
        let mut texts = Texts::default();
        for (id, text) in (0..).zip(asked) {
            texts.intern(text, id, true);
        }
        texts.held(bytes, true).ids().to_vec()
    }

    #[test]
    fn texts_are_found_in_any_case_and_inside_each_other() {
        let asked = ["key", "keyring", "ring", "[x]", "passw", "at the end"];
        assert_eq!(held(&asked, b"a KeyRing"), [0, 1, 2]);
        assert_eq!(held(&asked, b"keyrin[X] At the END"), [0, 3, 5]);
        // A brace is no small bracket.
        assert!(held(&asked, b"{x} pass").is_empty());
        assert!(held(&asked, b"ke").is_empty());
        assert_eq!(held(&["ab", "abc"], b""), [0]);
    }

    #[test]
    fn what_no_rule_of_code_asks_for_counts_as_held_in_code() {
        let mut texts = Texts::default();
        texts.intern("alpha", 7, false);
        texts.intern("beta", 9, true);
        assert_eq!(texts.held(b"", true).ids(), [7]);
        assert_eq!(texts.held(b"Beta", false).ids(), [9]);
        texts.intern("alpha", 11, true);
        assert_eq!(texts.find("alpha"), Some(7));
        assert!(texts.held(b"beta alpha", true).has(9));
    }
}
