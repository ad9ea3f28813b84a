//! Repository → guesses, each with its evidence. Pure: paths and bytes are handed in.

use std::collections::{BTreeMap, BTreeSet};

use super::questions::Reply;
use super::signs::{
    FACTORY_FOLDERS, HOST_FOLDERS, In, SIGNS, STACKS, Sign, TEST_FOLDERS, VENDOR_FOLDERS, VISIBLE,
};
use crate::finding::RepoPath;

/// Places that are kept for an answer; the others are counted.
const PLACES: usize = 3;

/// Folders that are proposed for one question.
const FOLDERS: usize = 20;

/// A place that points to an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// The file or folder.
    pub path: String,
    /// 1-based line; 0 = the file as such.
    pub line: u32,
    /// What stands there.
    pub what: String,
}

impl Evidence {
    /// `src/net.c:3 (lwip/tcp.h)`.
    pub fn words(&self) -> String {
        let place = if self.line == 0 {
            self.path.clone()
        } else {
            format!("{}:{}", self.path, self.line)
        };
        if self.what.is_empty() {
            place
        } else {
            format!("{place} ({})", self.what)
        }
    }
}

/// An answer that the repository suggests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The answer.
    pub reply: Reply,
    /// The first places that point to it.
    pub evidence: Vec<Evidence>,
    /// How many places point to it.
    pub count: usize,
}

impl Guess {
    /// A guess without a place to show.
    pub fn of_text(text: &str) -> Self {
        Self {
            reply: Reply::Text(text.to_owned()),
            evidence: Vec::new(),
            count: 0,
        }
    }
}

/// Guesses by question.
pub type Guesses = BTreeMap<&'static str, Guess>;

/// Places by what they point to.
#[derive(Debug, Default)]
struct Places {
    first: Vec<Evidence>,
    last: Option<(String, u32)>,
    count: usize,
}

impl Places {
    fn add(&mut self, evidence: Evidence) {
        // Two signs may be fulfilled by one line.
        let is_known = |one: &Evidence| one.path == evidence.path && one.line == evidence.line;
        if self
            .last
            .as_ref()
            .is_some_and(|(path, line)| *path == evidence.path && *line == evidence.line)
            || self.first.iter().any(is_known)
        {
            return;
        }
        self.last = Some((evidence.path.clone(), evidence.line));
        self.count += 1;
        if self.first.len() < PLACES {
            self.first.push(evidence);
        }
    }
}

/// Reads a repository file by file, in the order of their paths.
#[derive(Debug, Default)]
pub struct Scout {
    found: BTreeMap<(&'static str, &'static str), Places>,
    folders: BTreeMap<&'static str, BTreeMap<String, Evidence>>,
    licensed: BTreeSet<String>,
    languages: BTreeSet<&'static str>,
    no_std: Places,
    overflow: Option<(bool, Evidence)>,
    handlers: BTreeMap<&'static str, Places>,
    read: usize,
}

impl Scout {
    /// Takes note of a path. Says whether its content is of interest.
    pub fn path(&mut self, path: &RepoPath) -> bool {
        let text = path.to_string();
        let lower = text.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or(&lower);
        for sign in SIGNS {
            let fits = match sign.place {
                In::FileName => name == sign.text,
                In::Ending => name.ends_with(sign.text),
                _ => false,
            };
            if fits {
                self.note(sign, &text, 0, "");
            }
        }
        self.folders_of(&text);
        match path.extension() {
            b"c" | b"h" => self.languages.insert("c"),
            b"rs" => self.languages.insert("rust"),
            _ => false,
        };
        matches!(path.extension(), b"c" | b"h" | b"rs") || is_settings(name)
    }

    /// Reads the content of a file.
    pub fn text(&mut self, path: &RepoPath, bytes: &[u8]) {
        self.read += 1;
        let shown = path.to_string();
        let text = String::from_utf8_lossy(bytes);
        let name = shown
            .rsplit('/')
            .next()
            .unwrap_or(&shown)
            .to_ascii_lowercase();
        match path.extension() {
            b"c" | b"h" => self.c(&shown, &text),
            b"rs" => self.rust(&shown, &text),
            _ if name == "cargo.toml" => self.cargo(&shown, &text),
            _ if name == "platformio.ini" => self.platformio(&shown, &text),
            _ => self.kconfig(&shown, &text),
        }
    }

    /// The guesses. `is_complete`: every file of interest was read, so that no sign means something.
    pub fn finish(self, is_complete: bool) -> Guesses {
        let mut guesses = Guesses::new();
        let mut words: BTreeMap<&'static str, Vec<(&'static str, Places)>> = BTreeMap::new();
        for ((question, answer), places) in self.found {
            if answer.is_empty() {
                guesses.insert(question, guess(Reply::Yes, places));
            } else {
                words.entry(question).or_default().push((answer, places));
            }
        }
        for (question, mut answers) in words {
            // What most places point to comes first; of an operating system it is the one.
            answers.sort_by_key(|(answer, places)| (std::cmp::Reverse(places.count), *answer));
            if question != "software.crypto" {
                answers.truncate(1);
            }
            let all: Vec<&str> = answers.iter().map(|(answer, _)| *answer).collect();
            let reply = Reply::Text(all.join(", "));
            let mut places = Places::default();
            for (_, one) in answers {
                places.count += one.count;
                places.first.extend(one.first);
            }
            places.first.truncate(PLACES);
            guesses.insert(question, guess(reply, places));
        }
        if is_complete {
            for question in VISIBLE {
                guesses.entry(question).or_insert_with(|| Guess {
                    reply: Reply::No,
                    evidence: Vec::new(),
                    count: self.read,
                });
            }
        }
        for (question, found) in &self.folders {
            guesses.insert(question, folder_guess(question, found, &self.licensed));
        }
        if !self.languages.is_empty() {
            let all: Vec<&str> = self.languages.iter().copied().collect();
            let reply = Reply::Text(all.join(", "));
            guesses.insert("software.languages", guess(reply, Places::default()));
        }
        if self.no_std.count > 0 {
            guesses.insert("software.no-std", guess(Reply::Yes, self.no_std));
        }
        if let Some((is_checked, evidence)) = self.overflow {
            let reply = if is_checked { Reply::Yes } else { Reply::No };
            let mut places = Places::default();
            places.add(evidence);
            guesses.insert("software.overflow-checks", guess(reply, places));
        }
        if !self.handlers.is_empty() {
            let all: Vec<&str> = self
                .handlers
                .keys()
                .copied()
                .filter(|one| *one == "isr_*")
                .collect();
            let reply = Reply::Text(all.join(", "));
            let mut places = Places::default();
            for (_, one) in self.handlers {
                places.count += one.count;
                places.first.extend(one.first);
            }
            places.first.truncate(PLACES);
            guesses.insert("software.isr-patterns", guess(reply, places));
        }
        guesses
    }

    fn note(&mut self, sign: &Sign, path: &str, line: u32, what: &str) {
        // A test that uses a library says nothing of the device.
        if is_off_device(path) {
            return;
        }
        let places = self.found.entry((sign.question, sign.answer)).or_default();
        places.add(evidence(path, line, what));
    }

    fn folders_of(&mut self, path: &str) {
        let mut at = 0;
        while let Some(length) = path.get(at..).and_then(|rest| rest.find('/')) {
            let end = at + length;
            let folder = path.get(..end).unwrap_or_default();
            let name = path.get(at..end).unwrap_or_default().to_ascii_lowercase();
            let name = name.as_str();
            let question = if VENDOR_FOLDERS.contains(&name) || STACKS.contains(&name) {
                Some("software.soup")
            } else if TEST_FOLDERS.contains(&name) {
                Some("software.test")
            } else if HOST_FOLDERS.contains(&name) && at == 0 {
                Some("software.host-tools")
            } else if FACTORY_FOLDERS.contains(&name) {
                Some("software.factory")
            } else {
                None
            };
            if let Some(question) = question {
                self.folders
                    .entry(question)
                    .or_default()
                    .entry(folder.to_owned())
                    .or_insert_with(|| evidence(path, 0, ""));
            }
            at = end + 1;
        }
        let file = path.get(at..).unwrap_or_default().to_ascii_lowercase();
        let is_license = ["license", "licence", "copying", "notice"]
            .iter()
            .any(|word| file.starts_with(word));
        if is_license && at > 0 {
            self.licensed
                .insert(path.get(..at - 1).unwrap_or_default().to_owned());
        }
    }

    fn c(&mut self, path: &str, text: &str) {
        let words = words_in(text);
        for (number, line) in (1_u32..).zip(text.lines()) {
            let line = line.trim_start();
            if let Some(rest) = line.strip_prefix('#') {
                let rest = rest.trim_start();
                if let Some(named) = rest.strip_prefix("include") {
                    let named = named.trim().trim_start_matches(['<', '"']);
                    let end = named.find(['>', '"']).unwrap_or(named.len());
                    let named = named.get(..end).unwrap_or_default();
                    self.include(path, number, named);
                }
                continue;
            }
            self.words(&words, path, number, line);
            self.handler(path, number, line);
        }
    }

    fn include(&mut self, path: &str, line: u32, named: &str) {
        let lower = named.to_ascii_lowercase();
        for sign in SIGNS.iter().filter(|sign| sign.place == In::Include) {
            let starts = |at: usize| at == 0 || lower.as_bytes().get(at - 1) == Some(&b'/');
            // A whole file name is meant as a whole.
            let is_file = sign.text.ends_with(".h");
            let fits = |at: usize| starts(at) && (!is_file || lower.len() == at + sign.text.len());
            if lower.match_indices(sign.text).any(|(at, _)| fits(at)) {
                self.note(sign, path, line, named);
            }
        }
    }

    /// Words that name an asset, outside of comments as far as a line tells.
    fn words(&mut self, words: &[&'static Sign], path: &str, number: u32, line: &str) {
        if words.is_empty()
            || line.starts_with("//")
            || line.starts_with('*')
            || line.starts_with("/*")
        {
            return;
        }
        let lower = line.to_ascii_lowercase();
        for sign in words {
            if let Some(at) = lower.find(sign.text) {
                let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                let bytes = line.as_bytes();
                let start = bytes
                    .get(..at)
                    .and_then(|before| before.iter().rposition(|&byte| !is_name(byte)))
                    .map_or(0, |found| found + 1);
                let end = bytes
                    .get(at..)
                    .and_then(|rest| rest.iter().position(|&byte| !is_name(byte)))
                    .map_or(line.len(), |found| at + found);
                self.note(sign, path, number, line.get(start..end).unwrap_or_default());
            }
        }
    }

    fn handler(&mut self, path: &str, number: u32, line: &str) {
        let Some(rest) = line.strip_prefix("void ") else {
            return;
        };
        let Some((name, _)) = rest.trim_start().split_once('(') else {
            return;
        };
        let name = name.trim();
        let kind = if name.ends_with("_IRQHandler") {
            "*_IRQHandler"
        } else if name.starts_with("isr_") {
            "isr_*"
        } else if name.ends_with("_isr") || name.ends_with("_ISR") {
            "*_isr"
        } else {
            return;
        };
        if !is_off_device(path) {
            self.handlers
                .entry(kind)
                .or_default()
                .add(evidence(path, number, name));
        }
    }

    fn rust(&mut self, path: &str, text: &str) {
        let words = words_in(text);
        for (number, line) in (1_u32..).zip(text.lines()) {
            let line = line.trim_start();
            if line.starts_with("#![no_std]")
                || line.starts_with("#![cfg_attr(") && line.contains("no_std")
            {
                if !is_off_device(path) {
                    self.no_std.add(evidence(path, number, "no_std"));
                }
            } else {
                self.words(&words, path, number, line);
            }
        }
    }

    fn cargo(&mut self, path: &str, text: &str) {
        let mut table = String::new();
        for (number, line) in (1_u32..).zip(text.lines()) {
            let line = line.trim();
            if let Some(head) = line.strip_prefix('[') {
                table = head
                    .trim_start_matches('[')
                    .split(']')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                if let Some((kind, name)) = table.rsplit_once('.')
                    && kind.ends_with("dependencies")
                    && !kind.ends_with("dev-dependencies")
                {
                    self.dependency(path, number, name.trim_matches('"'));
                }
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let (key, value) = (key.trim().trim_matches('"'), value.trim());
            if table == "profile.release" && key == "overflow-checks" {
                // That of a test's own crate says nothing of the device.
                if path.contains("test") {
                    continue;
                }
                self.overflow.get_or_insert_with(|| {
                    (value.starts_with("true"), evidence(path, number, line))
                });
            } else if table.ends_with("dependencies") && !table.ends_with("dev-dependencies") {
                self.dependency(path, number, key.split('.').next().unwrap_or(key));
            }
        }
    }

    fn dependency(&mut self, path: &str, line: u32, name: &str) {
        for sign in SIGNS.iter().filter(|sign| sign.place == In::Crate) {
            if fits_beginning(sign.text, name) {
                self.note(sign, path, line, name);
            }
        }
    }

    fn kconfig(&mut self, path: &str, text: &str) {
        for (number, line) in (1_u32..).zip(text.lines()) {
            let Some((key, value)) = line.trim().split_once('=') else {
                continue;
            };
            if key.starts_with('#') || value.trim() != "y" {
                continue;
            }
            for sign in SIGNS.iter().filter(|sign| sign.place == In::Kconfig) {
                if fits_beginning(sign.text, key.trim()) {
                    self.note(sign, path, number, line.trim());
                }
            }
        }
    }

    fn platformio(&mut self, path: &str, text: &str) {
        const FRAMEWORKS: [(&str, &str); 5] = [
            ("zephyr", "zephyr"),
            ("espidf", "esp-idf"),
            ("mbed", "mbed"),
            ("arduino", "arduino"),
            ("stm32cube", "bare-metal"),
        ];
        for (number, line) in (1_u32..).zip(text.lines()) {
            let Some(("framework", value)) =
                line.split_once('=').map(|(key, value)| (key.trim(), value))
            else {
                continue;
            };
            for (word, os) in FRAMEWORKS {
                if value.contains(word) {
                    let places = self.found.entry(("software.os", os)).or_default();
                    places.add(evidence(path, number, line.trim()));
                }
            }
        }
    }
}

/// The words that stand somewhere in a text: most files have none, and no line of theirs is looked at.
fn words_in(text: &str) -> Vec<&'static Sign> {
    let lower = text.to_ascii_lowercase();
    let words = SIGNS.iter().filter(|sign| sign.place == In::Word);
    words.filter(|sign| lower.contains(sign.text)).collect()
}

fn guess(reply: Reply, places: Places) -> Guess {
    Guess {
        reply,
        evidence: places.first,
        count: places.count,
    }
}

fn evidence(path: &str, line: u32, what: &str) -> Evidence {
    Evidence {
        path: path.to_owned(),
        line,
        what: what.chars().take(60).collect(),
    }
}

/// Whether the file steers a build in a way that tells of the device.
fn is_settings(name: &str) -> bool {
    matches!(
        name,
        "prj.conf" | "cargo.toml" | "platformio.ini" | "defconfig"
    ) || name.starts_with("sdkconfig")
        || name.ends_with("_defconfig")
        || (name.starts_with("prj") && name.ends_with(".conf"))
}

/// Whether a name is the sign, or begins as it does before `*`.
fn fits_beginning(sign: &str, name: &str) -> bool {
    match sign.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == sign,
    }
}

/// Whether the path lies in a folder that holds no software of the device.
fn is_off_device(path: &str) -> bool {
    path.split('/').any(|part| {
        let part = part.to_ascii_lowercase();
        let part = part.as_str();
        TEST_FOLDERS.contains(&part) || matches!(part, "tools" | "doc" | "docs" | "examples_host")
    })
}

/// The folders of a question, without those inside another one; names that stand in many places as a
/// pattern of their own.
fn folder_guess(
    question: &str,
    found: &BTreeMap<String, Evidence>,
    licensed: &BTreeSet<String>,
) -> Guess {
    let mut outer: Vec<(&String, &Evidence)> = Vec::new();
    for (folder, evidence) in found {
        let is_inside = outer.iter().any(|(other, _)| {
            folder
                .strip_prefix(other.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        });
        // A known name alone is no proof: the stack's own repository has a folder called like it.
        let name = folder
            .rsplit('/')
            .next()
            .unwrap_or(folder)
            .to_ascii_lowercase();
        let is_proved = question != "software.soup"
            || VENDOR_FOLDERS.contains(&name.as_str())
            || licensed.contains(folder);
        if !is_inside && is_proved {
            outer.push((folder, evidence));
        }
    }
    let count = outer.len();
    let mut patterns: Vec<String> = Vec::new();
    if question == "software.test" && count > FOLDERS {
        let names: BTreeSet<&str> = outer
            .iter()
            .map(|(folder, _)| folder.rsplit('/').next().unwrap_or(folder))
            .collect();
        patterns.extend(names.iter().map(|name| format!("{name}/")));
    } else {
        patterns.extend(
            outer
                .iter()
                .take(FOLDERS)
                .map(|(folder, _)| format!("/{folder}/")),
        );
    }
    Guess {
        reply: Reply::Text(patterns.join(", ")),
        evidence: outer
            .iter()
            .take(PLACES)
            .map(|(_, evidence)| (*evidence).clone())
            .collect(),
        count,
    }
}

#[cfg(test)]
mod tests;
