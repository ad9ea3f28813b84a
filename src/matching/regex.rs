//! Regular expressions of rules: compiled at their first use, and not even then where a text lacks
//! what every match holds.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use fancy_regex::{BytesMode, Expr};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::byte_wise;
use super::literals;
use super::pattern::MetaId;
use super::scout::{self, Scout};

/// A regular expression, compiled at its first use.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Regex {
    text: String,
    /// Lower-case texts of which every match holds one, whatever their case there; empty: unknown.
    pub(super) needed: Vec<String>,
    /// The only texts that match as a whole, and whether case counts; none: there may be others.
    whole: Option<(Vec<String>, bool)>,
    /// An expression that matches wherever this one does and is faster; see [`Scout`].
    loose: Option<String>,
    /// Whether this one has lookaround, which makes a search by it slow.
    is_hard: bool,
    /// Whether every match goes on to the end of the text: `(?s:.*)\z`, left off `text`, would only
    /// make the search for the groups walk through all of it.
    pub(super) to_end: bool,
    /// Whether it is matched byte by byte; see [`byte_wise`].
    is_of_bytes: bool,
    /// Groups that bind metavariables: group number, metavariable.
    pub(super) groups: Vec<(u16, MetaId)>,
    #[serde(skip)]
    compiled: OnceLock<Option<fancy_regex::Regex>>,
    /// The same by an engine that takes a tenth of the time to compile and is slow to search.
    #[serde(skip)]
    light: OnceLock<Option<Light>>,
    /// Searches by it.
    #[serde(skip)]
    light_searches: AtomicU32,
    #[serde(skip)]
    scout: OnceLock<Option<Scout>>,
    /// Searches by it.
    #[serde(skip)]
    scout_searches: AtomicU32,
    /// Answers of [`Self::may_match_start`]: the same names come again and again.
    #[serde(skip)]
    known: Mutex<FxHashMap<Box<[u8]>, bool>>,
}

/// An expression anchored at the start of a text, for an engine without lookaround.
#[derive(Debug)]
struct Light {
    /// What must not match there: the negative lookaheads it begins with.
    nots: Vec<regex_lite::Regex>,
    is: regex_lite::Regex,
}

impl Light {
    fn new(anchored: &str) -> Option<Self> {
        let compile = |text: &str| regex_lite::Regex::new(text).ok();
        if let Some(is) = compile(anchored) {
            let nots = Vec::new();
            return Some(Self { nots, is });
        }
        let (nots, rest) = literals::leading_nots(anchored)?;
        let nots = nots.iter().map(|not| compile(not.as_str()));
        Some(Self {
            nots: nots.collect::<Option<_>>()?,
            is: compile(&rest)?,
        })
    }

    fn matches_start(&self, text: &str) -> bool {
        let starts = |regex: &regex_lite::Regex| {
            let found = regex.find(text);
            found.is_some_and(|found| found.start() == 0)
        };
        !self.nots.iter().any(starts) && starts(&self.is)
    }
}

/// What takes the rest of the text into a match.
const ALL_TO_END: &str = r"(?s:.*)\z";

/// Most answers that are kept of one expression, and the longest text.
const MOST_KNOWN: usize = 4_096;
const LONGEST_KNOWN: usize = 48;

/// Texts that are looked at by the scout before the fast engine pays.
const SCOUT_SEARCHES: u32 = 100;

/// Short texts that are searched before the fast engine pays.
const LIGHT_SEARCHES: u32 = 200;

impl Clone for Regex {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            needed: self.needed.clone(),
            whole: self.whole.clone(),
            loose: self.loose.clone(),
            is_hard: self.is_hard,
            to_end: self.to_end,
            is_of_bytes: self.is_of_bytes,
            groups: self.groups.clone(),
            compiled: OnceLock::new(),
            light: OnceLock::new(),
            light_searches: AtomicU32::new(0),
            scout: OnceLock::new(),
            scout_searches: AtomicU32::new(0),
            known: Mutex::default(),
        }
    }
}

impl Regex {
    /// Checks an expression that is searched in a text and takes it up: `^` and `$` match at line ends.
    ///
    /// # Errors
    /// The reason why it is none.
    pub fn searched(text: &str) -> Result<Self, String> {
        let mut text = format!("(?m){text}");
        let tree = Expr::parse_tree(&ascii(&text)).ok();
        let to_end = text.ends_with(ALL_TO_END)
            && tree.is_some_and(|tree| literals::ends_with_all(&tree.expr));
        if to_end {
            text.truncate(text.len() - ALL_TO_END.len());
        }
        let mut new = Self::of(text, true)?;
        new.to_end = to_end;
        Ok(new)
    }

    /// The same for an expression whose matches are replaced. One over characters: a replacement within
    /// one would be no text.
    ///
    /// # Errors
    /// The reason why it is none.
    pub fn edit(text: &str) -> Result<Self, String> {
        Self::of(text.to_owned(), false)
    }

    /// The same for an expression that has to match from the start of a text.
    ///
    /// # Errors
    /// The reason why it is none.
    pub fn anchored(text: &str) -> Result<Self, String> {
        let plain = Self::of(text.to_owned(), true)?;
        // A comment of extended mode could swallow the bracket.
        let anchored = Self::of(format!(r"\A(?:{text})"), true);
        Ok(match anchored {
            Ok(anchored) if !text.contains('#') => anchored,
            _ => plain,
        })
    }

    fn of(text: String, may_be_of_bytes: bool) -> Result<Self, String> {
        let tree = Expr::parse_tree(&ascii(&text)).ok();
        let is_of_bytes = may_be_of_bytes
            && tree
                .as_ref()
                .is_some_and(|tree| byte_wise::finds_the_same(&ascii(&text), &tree.expr));
        // A flag may keep it from being one of bytes.
        let of_bytes = is_of_bytes.then(|| build(&text, true).ok()).flatten();
        let is_of_bytes = of_bytes.is_some();
        let compiled = match of_bytes {
            Some(compiled) => compiled,
            None => build(&text, false)?,
        };
        let loose = tree.as_ref().and_then(|tree| scout::loose(&tree.expr));
        let is_hard = tree
            .as_ref()
            .is_some_and(|tree| scout::has_lookaround(&tree.expr));
        let needed = tree
            .as_ref()
            .and_then(|tree| literals::needed(&tree.expr))
            .unwrap_or_default();
        let whole = tree.and_then(|tree| literals::whole(&tree.expr));
        let lock = OnceLock::new();
        let _ = lock.set(Some(compiled));
        Ok(Self {
            text,
            needed,
            whole,
            loose,
            is_hard,
            to_end: false,
            is_of_bytes,
            groups: Vec::new(),
            compiled: lock,
            light: OnceLock::new(),
            light_searches: AtomicU32::new(0),
            scout: OnceLock::new(),
            scout_searches: AtomicU32::new(0),
            known: Mutex::default(),
        })
    }

    /// Whether the whole text matches, where that takes no search.
    pub(super) fn whole_match(&self, text: &[u8]) -> Option<bool> {
        let (texts, case_counts) = self.whole.as_ref()?;
        Some(texts.iter().any(|known| {
            if *case_counts {
                known.as_bytes() == text
            } else {
                known.as_bytes().eq_ignore_ascii_case(text)
            }
        }))
    }

    /// Whether the text lacks what every match holds. Spares most expressions from being compiled.
    pub(super) fn is_ruled_out(&self, text: &[u8]) -> bool {
        !self.needed.is_empty()
            && !self
                .needed
                .iter()
                .any(|literal| literals::contains(text, literal.as_bytes()))
    }

    /// The expression; `None` only if a bundle holds one this build cannot compile, which the build
    /// script rules out.
    pub(super) fn get(&self) -> Option<&fancy_regex::Regex> {
        self.compiled
            .get_or_init(|| build(&self.text, self.is_of_bytes).ok())
            .as_ref()
    }

    /// The light engine, for the first few short texts; `None` where the other is there already,
    /// or the expression asks for more than it can do. Case and `\b` are of ASCII there.
    fn light(&self, text: &str) -> Option<&Light> {
        if self.compiled.get().is_some() || text.len() > LONGEST_KNOWN || !text.is_ascii() {
            return None;
        }
        if self.light_searches.fetch_add(1, Ordering::Relaxed) >= LIGHT_SEARCHES {
            return None;
        }
        self.light
            .get_or_init(|| Light::new(&ascii(&self.text)))
            .as_ref()
    }

    /// Whether an expression made by [`Self::anchored`] matches the start of the text; a text or a
    /// search that is past the limits may.
    pub(super) fn may_match_start(&self, text: &[u8]) -> bool {
        self.matches_start(text).unwrap_or(true)
    }

    /// Whether an expression made by [`Self::anchored`] matches the start of the text; `None` for a
    /// text that is no UTF-8 and a search past the limits.
    pub(super) fn matches_start(&self, text: &[u8]) -> Option<bool> {
        if let Some(is_match) = self.whole_match(text) {
            return Some(is_match);
        }
        if self.is_ruled_out(text) {
            return Some(false);
        }
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_short = text.len() <= LONGEST_KNOWN;
        if is_short && let Some(&answer) = known().get(text) {
            return Some(answer);
        }
        let readable = std::str::from_utf8(text).ok()?;
        let answer = match self.light(readable) {
            Some(light) => light.matches_start(readable),
            None => {
                let found = self.get()?.find(text).ok()?;
                found.is_some_and(|found| found.start() == 0)
            }
        };
        if is_short {
            let mut known = known();
            if known.len() < MOST_KNOWN {
                known.insert(text.into(), answer);
            }
        }
        Some(answer)
    }

    /// Whether a first look shows that a text of many lines holds no match. Worth it until the whole
    /// expression is compiled, and ever after where that is slow.
    pub(super) fn is_missed(&self, text: &str) -> bool {
        let Some(loose) = &self.loose else {
            return false;
        };
        if !self.is_hard
            && (self.is_compiled()
                || self.scout_searches.fetch_add(1, Ordering::Relaxed) >= SCOUT_SEARCHES)
        {
            return false;
        }
        let scout = self.scout.get_or_init(|| Scout::new(loose));
        scout.as_ref().is_some_and(|scout| {
            !if self.is_of_bytes {
                scout.may_match_bytes(text.as_bytes())
            } else {
                scout.may_match(text)
            }
        })
    }

    /// Whether the expression was compiled before.
    pub(super) fn is_compiled(&self) -> bool {
        self.compiled.get().is_some()
    }

    /// Names of its groups, `None` for those with a number alone; group 0 first.
    pub(super) fn group_names(&self) -> Vec<Option<String>> {
        match self.get() {
            Some(regex) => regex
                .capture_names()
                .map(|name| name.map(str::to_owned))
                .collect(),
            None => Vec::new(),
        }
    }
}

/// Limits on the work of one expression: counted, not timed. One of bytes has no Unicode in it, which is
/// most of what an expression takes to compile; and `\b` of Unicode keeps a search of a text with one
/// character beyond ASCII from the fast automaton. It is Semgrep's meaning too (PCRE without UCP).
fn build(text: &str, of_bytes: bool) -> Result<fancy_regex::Regex, String> {
    let mode = if of_bytes {
        BytesMode::Ascii
    } else {
        BytesMode::Unicode
    };
    fancy_regex::RegexBuilder::new(&ascii(text))
        .bytes_mode(mode)
        .backtrack_limit(1_000_000)
        .build()
        .map_err(|error| error.to_string())
}

/// `\w`, `\d` and `\s` as ASCII, which is what they mean to Semgrep (PCRE without UCP). The Unicode
/// classes would also cost most of a hook's time to compile.
pub(super) fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text.chars().peekable();
    let mut in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                let Some(escaped) = rest.next() else {
                    out.push(c);
                    break;
                };
                let class = match escaped.to_ascii_lowercase() {
                    'w' => "0-9A-Za-z_",
                    'd' => "0-9",
                    's' => " \\t\\n\\r\\x0B\\x0C",
                    _ => "",
                };
                let negated = escaped.is_ascii_uppercase();
                if class.is_empty() || (in_class && negated) {
                    out.extend([c, escaped]);
                } else if in_class {
                    out.push_str(class);
                } else {
                    let sign = if negated { "^" } else { "" };
                    out.extend(["[", sign, class, "]"]);
                }
            }
            '[' if !in_class => {
                in_class = true;
                out.push(c);
                // A bracket right after the opening one is a plain character.
                if rest.peek() == Some(&'^') {
                    out.extend(rest.next());
                }
                if rest.peek() == Some(&']') {
                    out.extend(rest.next());
                }
            }
            '[' if rest.peek() == Some(&':') => {
                // `[:alpha:]`: up to its own end.
                out.push(c);
                while let Some(inner) = rest.next() {
                    out.push(inner);
                    if inner == ':' && rest.peek() == Some(&']') {
                        out.extend(rest.next());
                        break;
                    }
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{Regex, ascii};

    /// Both engines say the same of the kinds of expressions that rules are made of.
    #[test]
    fn the_light_engine_agrees_with_the_other() {
        let expressions = [
            r"^(?i)(.*_)?(key|secret|passw(or)?d)(_.*)?$",
            r"(?:le|be)(16|32|64)_?to_?cpu\w*",
            r"[A-Z][A-Z0-9_]{2,}",
            r"\w*(len|size)\b",
            r".*(?<!un)signed",
            r"(a|b)\1",
            r"^(?!le|key$)(?!.*Word)\w+$",
            r"(?i)(?!WIFI)[a-z_]+",
            r"(?!le|x[)(]).+|LE",
        ];
        let texts = [
            "wifi_PassWord",
            "monkey",
            "key",
            "le16_to_cpu",
            "LE",
            "A1_",
            "x_len",
            "lens",
            "",
        ];
        for expression in expressions {
            let light = Regex::anchored(expression).unwrap().clone();
            let full = Regex::anchored(expression).unwrap();
            for text in texts {
                let answers = [&light, &full].map(|regex| regex.may_match_start(text.as_bytes()));
                assert_eq!(answers[0], answers[1], "{expression} on {text:?}");
            }
            assert!(full.is_compiled());
        }
        let lookahead = Regex::anchored("^(?!key$)[a-z]+$").unwrap().clone();
        assert!(lookahead.may_match_start(b"monkey") && !lookahead.may_match_start(b"key"));
        assert!(!lookahead.is_compiled());
        // Lookbehind and back-references are beyond the light one, which says so and is not used.
        let plain = Regex::anchored("[A-Z]+").unwrap().clone();
        assert!(plain.may_match_start(b"ABC") && !plain.is_compiled());
    }

    #[test]
    fn what_goes_on_to_the_end_is_searched_without_its_end() {
        let long = Regex::searched(r"b(?P<A>\w)(?s:.*)\z").unwrap();
        assert!(long.to_end);
        assert_eq!(long.get().unwrap().as_str(), "(?m)b(?P<A>[0-9A-Za-z_])");
        for other in [r"a|b(?s:.*)\z", r"a.*\z", r"a(?s:.*?)\z", r"a(?s:.*)$"] {
            let other = Regex::searched(other).unwrap();
            assert!(!other.to_end, "{other:?}");
        }
        let edit = Regex::edit(r"b(?s:.*)\z").unwrap();
        assert!(!edit.to_end && !edit.is_of_bytes);
    }

    #[test]
    fn perl_classes_become_ascii_wherever_they_stand() {
        assert_eq!(ascii(r"^\w+\D"), "^[0-9A-Za-z_]+[^0-9]");
        assert_eq!(ascii(r"[\w.\]-]\\w"), r"[0-9A-Za-z_.\]-]\\w");
        assert_eq!(ascii(r"[^]\d][[:alpha:]\d]"), "[^]0-9][[:alpha:]0-9]");
        assert_eq!(ascii(r"[\W]\b"), r"[\W]\b");
    }
}
