//! Where the built-in rules of C are silent: code that never runs on the device.
//!
//! Tests, fuzz harnesses and doubles of drivers run on the developer's machine, and so do programs that
//! the build calls and network interfaces of simulators. What stands in a region for the documentation
//! tool is compiled by nobody. Rules of the user say themselves where they look (`paths`), and so do the
//! rules for any text.

use std::collections::BTreeMap;

use crate::finding::{Finding, RepoPath, RuleId, Span};
use crate::matching::ActiveRule;
use crate::rules::RuleLanguage;
use crate::syntax::{Language, SourceFile};

/// Folders whose C files run on no device.
const FOLDERS: &[&[u8]] = &[
    b"test",
    b"tests",
    b"unittest",
    b"unittests",
    b"unit_test",
    b"unit_tests",
    b"test_utils",
    b"fuzz",
    b"fuzzing",
    b"fuzzer",
    b"fuzzers",
    b"mock",
    b"mocks",
];

/// Folders where programs of the build stand beside code of the device: a `main` decides.
const TOOL_FOLDERS: &[&[u8]] = &[
    b"tool",
    b"tools",
    b"host",
    b"hosttools",
    b"host_tools",
    b"script",
    b"scripts",
];

/// Headers of libraries by which a simulator reaches a network: no device has them.
const SIMULATOR_HEADERS: &[&[u8]] = &[b"libslirp.h", b"pcap.h", b"pcap/pcap.h"];

/// Names that only the documentation tool defines.
const DOCUMENTATION: &[&[u8]] = &[b"DOXYGEN", b"__DOXYGEN__", b"DOXYGEN_SHOULD_SKIP_THIS"];

/// The rules of a run that are silent there.
#[derive(Debug, Default)]
pub(super) struct HostTools {
    /// Rules with a code for C; whether one is built in is asked where it found something.
    rules: BTreeMap<RuleId, ActiveRule>,
}

impl HostTools {
    pub(super) fn new(active: &[ActiveRule]) -> Self {
        let rules = active
            .iter()
            .filter(|rule| rule.head().id.as_str().starts_with("C-"))
            .map(|rule| (rule.head().id.clone(), rule.clone()));
        Self {
            rules: rules.collect(),
        }
    }

    /// Takes out the findings of these rules in files that are host code as a whole, and in regions
    /// for the documentation tool.
    pub(super) fn leave_out(
        &self,
        path: &RepoPath,
        file: &SourceFile<'_>,
        findings: &mut Vec<Finding>,
    ) {
        if file.language != Language::C || !findings.iter().any(|one| self.covers(&one.rule)) {
            return;
        }
        if is_host_code(path.as_bytes(), file.text) {
            findings.retain(|one| !self.covers(&one.rule));
            return;
        }
        let regions = documentation(file.text);
        if !regions.is_empty() {
            findings.retain(|one| {
                let is_inside = regions.iter().any(|span| span.contains(one.location.span));
                !(is_inside && self.covers(&one.rule))
            });
        }
    }

    fn covers(&self, id: &RuleId) -> bool {
        let info = self.rules.get(id).and_then(ActiveRule::info);
        info.is_some_and(|info| info.builtin && info.languages == [RuleLanguage::C])
    }
}

/// Whether a C file runs on no device, by its place and what it is made of.
fn is_host_code(path: &[u8], text: &[u8]) -> bool {
    let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    parts.pop();
    let is_double = |part: &[u8]| part.ends_with(b"_mock") || part.ends_with(b"_mocks");
    parts
        .iter()
        .any(|part| FOLDERS.contains(part) || is_double(part))
        || is_program(text)
            && (parts.iter().any(|part| TOOL_FOLDERS.contains(part)) || writes_source(text))
        || includes(text).any(|header| SIMULATOR_HEADERS.contains(&header))
}

/// Whether a file has a `main` that is given words of a command line.
fn is_program(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"main").any(|at| {
        let before = text.get(..at).unwrap_or_default().trim_ascii_end();
        let behind = text.get(at + 4..).unwrap_or_default().trim_ascii_start();
        let parameters = behind.get(..behind.len().min(60)).unwrap_or_default();
        before.ends_with(b"int")
            && parameters.starts_with(b"(")
            && memchr::memmem::find(parameters, b"argv").is_some()
    })
}

/// Whether a program prints C: it makes a source file for the build.
fn writes_source(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"\"#include ").is_some()
        && memchr::memmem::find(text, b"fopen").is_some()
}

/// What a file includes, without its quotes.
fn includes(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = line.trim_ascii_start().strip_prefix(b"#")?;
        let named = line.trim_ascii_start().strip_prefix(b"include")?;
        let named = named.trim_ascii();
        let named = named.get(1..)?;
        let end = named.iter().position(|byte| matches!(byte, b'"' | b'>'))?;
        named.get(..end)
    })
}

/// The regions that only the documentation tool sees: behind `#ifdef DOXYGEN`, up to the next arm.
fn documentation(text: &[u8]) -> Vec<Span> {
    let mut out = Vec::new();
    if !DOCUMENTATION
        .iter()
        .any(|name| memchr::memmem::find(text, name).is_some())
    {
        return out;
    }
    // Conditions that are open: where a region for documentation started, if it is one.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut at = 0;
    let mut close = |start: Option<usize>, end: usize| {
        if let Some(start) = start
            && let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end))
        {
            out.push(Span { start, end });
        }
    };
    for line in text.split(|byte| *byte == b'\n') {
        let next = at + line.len() + 1;
        if let Some(directive) = line.trim_ascii_start().strip_prefix(b"#") {
            let directive = directive.trim_ascii_start();
            if directive.starts_with(b"if") {
                open.push(asks_for_documentation(directive).then_some(next));
            } else if directive.starts_with(b"el") {
                if let Some(start) = open.last_mut() {
                    close(start.take(), at);
                }
            } else if directive.starts_with(b"endif")
                && let Some(start) = open.pop()
            {
                close(start, at);
            }
        }
        at = next;
    }
    out
}

/// `ifdef DOXYGEN`, `if defined(DOXYGEN)`; nothing that asks for more or for less.
fn asks_for_documentation(directive: &[u8]) -> bool {
    let words: Vec<&[u8]> = directive
        .split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
        .filter(|word| !word.is_empty())
        .take_while(|word| !word.starts_with(b"/"))
        .collect();
    let is_plain = !directive.contains(&b'!') && !directive.contains(&b'|');
    match words.as_slice() {
        [b"ifdef", name, ..] => DOCUMENTATION.contains(name),
        [b"if", b"defined", name, ..] => is_plain && DOCUMENTATION.contains(name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn host_code_is_known_by_its_place_and_its_words() {
        let device = b"#include \"pump.h\"\nint pump_start(void) { return 0; }\n";
        for path in [
            "tests/pump.c",
            "pump/test/dose.c",
            "sys/fuzzing/frame.c",
            "drivers/pump_mock/pump.c",
        ] {
            assert!(is_host_code(path.as_bytes(), device), "{path}");
        }
        for path in [
            "src/pump.c",
            "src/test.c",
            "selftest/ram.c",
            "tools/pump.c",
            "fuzz.c",
        ] {
            assert!(!is_host_code(path.as_bytes(), device), "{path}");
        }
        let program = b"int main(int argc, char **argv) { return fopen(argv[1], \"r\") == 0; }\n";
        assert!(is_host_code(b"tools/pack.c", program));
        // A device with an operating system has programs, too.
        assert!(!is_host_code(b"src/daemon.c", program));
        let generator =
            b"int main(int argc, char *argv[]) {\n    FILE *f = fopen(argv[1], \"w\");\n    \
                          fprintf(f, \"#include \\\"page.h\\\"\\n\");\n}\n";
        assert!(is_host_code(b"src/web/make_pages.c", generator));
        let library = generator.to_vec();
        let library = String::from_utf8(library)
            .unwrap()
            .replace("int main(", "int make(");
        assert!(!is_host_code(b"src/web/make_pages.c", library.as_bytes()));
        assert!(is_host_code(b"port/sim/net.c", b"#include <pcap.h>\n"));
        assert!(!is_host_code(
            b"port/sim/net.c",
            b"#include \"my_pcap.h\"\n"
        ));
    }

    #[test]
    fn only_the_arm_for_documentation_is_left_out() {
        let text = b"#ifdef DOXYGEN\nA\n#if X\nB\n#endif\nC\n#else\nD\n#endif\nE\n#ifndef DOXYGEN\nF\n#endif\n";
        let regions = documentation(text);
        let inside = |letter: u8| {
            let at = memchr::memchr(letter, &text[15..]).unwrap() as u32 + 15;
            regions.iter().any(|span| span.start <= at && at < span.end)
        };
        let found: String = "ABCDEF".chars().filter(|c| inside(*c as u8)).collect();
        assert_eq!(found, "ABC");
        assert_eq!(documentation(b"#if defined(DOXYGEN) || Y\nA\n#endif\n"), []);
    }
}
