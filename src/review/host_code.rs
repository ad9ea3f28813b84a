//! Where the built-in rules of Rust are silent: code that never runs on the device.
//!
//! Build scripts, tests, benchmarks, example targets and tools run on the developer's machine, if they run at
//! all. A panic there is a failed build, the keys are made up, and a `static mut` is one test's own.
//! Rules of the user say themselves where they look (`paths`), and so do the rules for any text: a private key
//! in a test is a private key.
//!
//! Known by the path, by conditions in the file, by the package around it and by the modules that lead to
//! it. Code that needs an operating system counts as the host's only in a repository that has other code,
//! built without one.

use std::collections::BTreeMap;

use super::cargo_package::Package;
use super::host_cfg::is_for_host;
use super::module_chain::is_for_host_alone;
use super::surroundings::Around;
use crate::finding::{Finding, RepoPath, RuleId, Span};
use crate::flow;
use crate::matching::ActiveRule;
use crate::rules::RuleLanguage;
use crate::syntax::{Kind, Language, NodeId, SourceFile};

/// Folders whose Rust files are host code.
const FOLDERS: &[&[u8]] = &[b"tests", b"benches", b"xtask", b"fuzz"];

/// What tests are called after that run on a board, as folders: `hil-test`, `qa-test-radio`.
const TEST_FOLDERS: &[&[u8]] = &[
    b"hil-test",
    b"hil_test",
    b"hw-test",
    b"hw_test",
    b"qa-test",
    b"qa_test",
    b"e2e-test",
    b"e2e_test",
    b"integration-test",
    b"integration_test",
    b"on-target-test",
    b"target-test",
    b"smoke-test",
    b"system-test",
    b"conformance-test",
    b"unit-test",
    b"regression-test",
];

/// The rules of a run that are silent there.
#[derive(Debug, Default)]
pub(super) struct HostCode {
    /// Rules with a code for Rust; whether one is built in is asked where it found something.
    rules: BTreeMap<RuleId, ActiveRule>,
}

impl HostCode {
    pub(super) fn new(active: &[ActiveRule]) -> Self {
        let rules = active
            .iter()
            .filter(|rule| rule.head().id.as_str().starts_with("R-"))
            .map(|rule| (rule.head().id.clone(), rule.clone()));
        Self {
            rules: rules.collect(),
        }
    }

    /// Takes out the findings of these rules in host code: in files that are it as a whole, and in
    /// modules and functions that are compiled for a host alone.
    pub(super) fn leave_out(
        &self,
        path: &RepoPath,
        file: &SourceFile<'_>,
        findings: &mut Vec<Finding>,
        around: &dyn Around,
    ) {
        let has_any = |findings: &[Finding]| findings.iter().any(|one| self.covers(&one.rule));
        if file.language != Language::Rust || !has_any(findings) {
            return;
        }
        if is_host_code(path.as_bytes()) {
            findings.retain(|one| !self.covers(&one.rule));
            return;
        }
        let tests = flow::test_spans(file);
        let retain = |spans: &[Span], findings: &mut Vec<Finding>| {
            findings.retain(|one| {
                let is_in = spans.iter().any(|span| span.contains(one.location.span));
                !(is_in && self.covers(&one.rule))
            });
        };
        retain(&tests, findings);
        if !has_any(findings) {
            return;
        }
        let Some(package) = Package::around(path.as_bytes(), around) else {
            return;
        };
        if package.is_proc_macro()
            || is_for_host_alone(path.as_bytes(), package.folder(), around)
            || package.is_of_host(path.as_bytes(), around)
        {
            findings.retain(|one| !self.covers(&one.rule));
        } else if package.is_without_std(path.as_bytes(), around) {
            retain(&of_host(file, &tests), findings);
        }
    }

    /// Takes out the findings in a manifest that speak of nothing that is flashed: in packages of tests
    /// and tools, and in build profiles that cargo does not look at.
    pub(super) fn leave_out_of_manifest(
        &self,
        path: &RepoPath,
        text: &[u8],
        findings: &mut Vec<Finding>,
        around: &dyn Around,
    ) {
        let is_ours = |one: &Finding| self.is_builtin(&one.rule);
        if path.file_name() != b"Cargo.toml" || !findings.iter().any(is_ours) {
            return;
        }
        let folder = path.as_bytes().strip_suffix(b"Cargo.toml");
        let package = folder.and_then(|folder| Package::of(folder, text));
        let is_host = is_host_code(path.as_bytes())
            || package.as_ref().is_some_and(|package| {
                package.is_proc_macro() || package.is_of_host(path.as_bytes(), around)
            });
        let has_program = || {
            let package = package.as_ref();
            package.is_none_or(|package| package.has_program(around))
        };
        findings.retain(|one| {
            let is_idle = || is_in_profile(text, one.location.span) && !has_program();
            !(is_ours(one) && (is_host || is_idle()))
        });
    }

    fn covers(&self, id: &RuleId) -> bool {
        let info = self.rules.get(id).and_then(ActiveRule::info);
        info.is_some_and(|info| info.builtin && info.languages == [RuleLanguage::Rust])
    }

    fn is_builtin(&self, id: &RuleId) -> bool {
        let info = self.rules.get(id).and_then(ActiveRule::info);
        info.is_some_and(|info| info.builtin)
    }
}

/// Whether a Rust file is host code by its place in a Cargo project.
///
/// Of `examples/` only Cargo's example targets are (`examples/x.rs`, `examples/x/main.rs`): a project
/// of its own in it (`examples/x/src/main.rs`) is firmware, and is what people copy.
fn is_host_code(path: &[u8]) -> bool {
    let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let name = parts.pop().unwrap_or_default();
    let is_of_tests = |part: &&[u8]| FOLDERS.contains(part) || is_test_folder(part);
    if name == b"build.rs" || name == b"tests.rs" || parts.iter().any(is_of_tests) {
        return true;
    }
    match parts.as_slice() {
        [.., b"examples"] => true,
        [.., b"examples", _] => name == b"main.rs",
        _ => false,
    }
}

fn is_test_folder(part: &[u8]) -> bool {
    TEST_FOLDERS.iter().any(|name| {
        let rest = part.strip_prefix(*name);
        rest.is_some_and(|rest| matches!(rest, [] | [b's' | b'-' | b'_', ..]))
    })
}

/// Whether the bytes lie in a `[profile...]` table.
fn is_in_profile(text: &[u8], span: Span) -> bool {
    let end = memchr::memchr(b'\n', text.get(span.start as usize..).unwrap_or_default())
        .map_or(text.len(), |at| span.start as usize + at);
    let until = text.get(..end).unwrap_or_default();
    let lines = until.rsplit(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut tables = lines.filter(|line| line.starts_with(b"["));
    tables
        .next()
        .is_some_and(|table| table.starts_with(b"[profile"))
}

/// Crates that exist on a host alone.
const HOST_CRATES: &[&[u8]] = &[b"std", b"wasm_bindgen", b"js_sys"];

/// The parts of a file of a package without the standard library that are compiled for a host: items under
/// such a condition, and modules (perhaps the whole file) that use the standard library.
fn of_host(file: &SourceFile<'_>, tests: &[Span]) -> Vec<Span> {
    let tree = &file.tree;
    let nodes = || (0..u32::try_from(tree.len()).unwrap_or(u32::MAX)).map(NodeId);
    let mut spans = Vec::new();
    for node in nodes().filter(|&node| tree.kind(node) == Kind::ATTRIBUTE_ITEM) {
        let text = std::str::from_utf8(tree.text(node, file.text)).unwrap_or_default();
        if !is_for_host(text) {
            continue;
        }
        let after = tree.end(node);
        let item = tree.parent(node).and_then(|above| {
            tree.children(above)
                .find(|&child| child >= after && tree.kind(child) != Kind::ATTRIBUTE_ITEM)
        });
        spans.extend(item.map(|item| tree.span(item)));
    }
    for node in nodes().filter(|&node| tree.kind(node) == Kind::USE_DECLARATION) {
        let span = tree.span(node);
        let is_known = |spans: &[Span]| spans.iter().any(|known| known.contains(span));
        if is_known(tests) || is_known(&spans) {
            continue;
        }
        let text = tree.text(node, file.text);
        let text = text.strip_prefix(b"pub ").unwrap_or(text);
        let path = text
            .strip_prefix(b"use ")
            .unwrap_or_default()
            .trim_ascii_start();
        let path = path.strip_prefix(b"::").unwrap_or(path);
        let is_of_host = HOST_CRATES.iter().any(|name| {
            let rest = path.strip_prefix(*name);
            rest.is_some_and(|rest| rest.starts_with(b"::") || rest.starts_with(b";"))
        });
        // Within a function it says nothing of what is around that.
        let Some(above) = tree.parent(node).filter(|_| is_of_host) else {
            continue;
        };
        let around = match tree.kind(above) {
            Kind::SOURCE_FILE => Some(above),
            Kind::DECLARATION_LIST => tree.parent(above),
            _ => None,
        };
        spans.extend(around.map(|around| tree.span(around)));
    }
    spans
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;

    use super::super::cargo_package::tests::Files;
    use super::super::surroundings::Alone;
    use super::*;
    use crate::config::C;
    use crate::finding::Precision;
    use crate::matching::Engine;
    use crate::review::flow_rules::{FlowRules, no_headers, target};
    use crate::review::ruleset::builtin;
    use crate::syntax::{Limits, MacroTable, Parser};

    #[test]
    fn host_code_is_known_by_its_place() {
        for path in [
            "build.rs",
            "boards/pump/build.rs",
            "tests/smoke.rs",
            "hil/tests/rp/src/bin/gpio.rs",
            "src/wire/tests.rs",
            "benches/parse.rs",
            "examples/blinky.rs",
            "crates/hal/examples/echo/main.rs",
            "xtask/src/main.rs",
            "fuzz/fuzz_targets/frame.rs",
            "hil-test/src/bin/gpio.rs",
            "firmware/qa-tests/src/main.rs",
            "hil_test_radio/src/main.rs",
        ] {
            assert!(is_host_code(path.as_bytes()), "{path}");
        }
        for path in [
            "src/main.rs",
            "src/build.rs.rs",
            "src/test.rs",
            "src/examples.rs",
            "examples/stm32/src/main.rs",
            "examples/stm32/src/bin/blinky.rs",
            "latest/src/lib.rs",
            "self-test/src/lib.rs",
            "hil-tester/src/lib.rs",
            "test-point/src/lib.rs",
        ] {
            assert!(!is_host_code(path.as_bytes()), "{path}");
        }
    }

    /// Codes that are left of what the built-in rules find in a file.
    fn left(path: &str, code: &str) -> Vec<String> {
        left_beside(path, code, &Alone)
    }

    fn left_beside(path: &str, code: &str, around: &dyn Around) -> Vec<String> {
        let rules = builtin().unwrap().rules;
        let host = HostCode::new(&rules);
        let engine = Engine::new(rules.clone());
        let flow = FlowRules::new(
            &rules,
            target(&C::default()),
            Precision::High,
            &std::collections::BTreeSet::new(),
        );
        let path = RepoPath::from(path);
        let mut parser = Parser::new(Limits::default());
        let file = parser
            .parse(Language::Rust, code.as_bytes(), &MacroTable::new())
            .unwrap();
        let scan = engine.scan(&path, &file);
        let mut findings = scan.findings;
        let more = flow.scan(
            &path,
            &file,
            None,
            (None, &scan.taint),
            (crate::flow::Summary::No, None),
            &no_headers,
        );
        findings.extend(more.findings);
        host.leave_out(&path, &file, &mut findings, around);
        let mut codes: Vec<String> = findings.iter().map(|one| one.rule.to_string()).collect();
        codes.dedup();
        codes
    }

    #[test]
    fn rules_of_rust_are_silent_in_it_and_others_are_not() {
        let code = "static mut COUNT: u32 = 0;\n";
        assert_eq!(left("src/lib.rs", code), ["R-UNS-002"]);
        assert_eq!(left("examples/pump/src/main.rs", code), ["R-UNS-002"]);
        assert!(left("tests/pump.rs", code).is_empty());
        let key = "const KEY: &str = \"-----BEGIN RSA PRIVATE KEY-----\nMIICXAIBAAKBgQC7VJTUt9Us8cKjMzEfYyji\n\
                   -----END RSA PRIVATE KEY-----\";\n";
        assert_eq!(left("tests/pump.rs", key), ["X-SEC-004"]);
    }

    #[test]
    fn code_for_tests_alone_is_host_code_wherever_it_stands() {
        let code = "static mut USED: u32 = 0;\n\
                    #[cfg(test)]\nmod checks {\n    static mut COUNT: u32 = 0;\n}\n\
                    #[test]\nfn counts() {\n    static mut SEEN: u32 = 0;\n}\n";
        assert_eq!(left("src/lib.rs", code), ["R-UNS-002"]);
        let only_tests = code.replace("static mut USED: u32 = 0;\n", "");
        assert!(left("src/lib.rs", &only_tests).is_empty());
        // Compiled for everything but tests.
        let device = only_tests.replace("cfg(test)", "cfg(not(test))");
        assert_eq!(left("src/lib.rs", &device), ["R-UNS-002"]);
    }

    #[test]
    fn the_package_and_the_modules_above_tell_what_a_file_is_for() {
        let files = Files(BTreeMap::from([
            ("pump/Cargo.toml", "[package]\nname = \"pump\"\n"),
            (
                "pump/src/lib.rs",
                "#![cfg_attr(not(test), no_std)]\nmod radio;\n#[cfg(feature = \"std\")]\nmod tap;\n",
            ),
            ("tool/Cargo.toml", "[package]\nname = \"tool\"\n"),
            ("tool/src/main.rs", "fn main() {}\n"),
        ]));
        let code = "static mut COUNT: u32 = 0;\n";
        assert_eq!(
            left_beside("pump/src/radio.rs", code, &files),
            ["R-UNS-002"]
        );
        assert!(left_beside("pump/src/tap.rs", code, &files).is_empty());
        assert!(left_beside("tool/src/main.rs", code, &files).is_empty());
        let at_host = "#[cfg(unix)]\nmod tap {\n    static mut COUNT: u32 = 0;\n}\n\
                       mod wait {\n    use std::thread;\n    static mut COUNT: u32 = 0;\n}\n";
        assert!(left_beside("pump/src/radio.rs", at_host, &files).is_empty());
        // The device of this one has a system: nothing is known of the package.
        assert_eq!(
            left_beside("app/src/radio.rs", at_host, &files),
            ["R-UNS-002"]
        );
        let in_a_test = format!("#[cfg(test)]\nmod tests {{\n    use std::vec;\n}}\n{code}");
        assert_eq!(
            left_beside("pump/src/radio.rs", &in_a_test, &files),
            ["R-UNS-002"]
        );
    }

    /// Codes that are left of what the built-in rules find in a manifest.
    fn left_of_manifest(path: &str, text: &str, around: &dyn Around) -> Vec<String> {
        let rules = builtin().unwrap().rules;
        let host = HostCode::new(&rules);
        let path = RepoPath::from(path);
        let mut findings = Engine::new(rules)
            .scan_text(&path, text.as_bytes())
            .findings;
        host.leave_out_of_manifest(&path, text.as_bytes(), &mut findings, around);
        findings.iter().map(|one| one.rule.to_string()).collect()
    }

    #[test]
    fn manifests_of_tools_and_idle_profiles_are_left_out() {
        let text = "[package]\nname = \"pump\"\n[dependencies]\nheapless = \"*\"\n\
                    [profile.release]\noverflow-checks = false\n";
        let mut files = Files(BTreeMap::from([
            ("src/lib.rs", "#![no_std]\n"),
            ("tool/src/main.rs", "fn main() {}\n"),
        ]));
        assert_eq!(left_of_manifest("Cargo.toml", text, &files), ["R-DEP-001"]);
        assert!(left_of_manifest("tool/Cargo.toml", text, &files).is_empty());
        assert!(left_of_manifest("hil-test/Cargo.toml", text, &files).is_empty());
        files.0.insert("src/main.rs", "#![no_std]\n#![no_main]\n");
        let both = left_of_manifest("Cargo.toml", text, &files);
        assert!(both.contains(&"R-DEP-001".to_owned()) && both.contains(&"R-DEP-002".to_owned()));
    }
}
