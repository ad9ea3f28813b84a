//! Where the built-in rules of Rust are silent: code that never runs on the device.
//!
//! Build scripts, tests, benchmarks and example targets run on the developer's machine, if they run at
//! all. A panic there is a failed build, the keys are made up, and a `static mut` is one test's own.
//! Rules of the user say themselves where they look (`paths`), and so do the rules for any text: a private key
//! in a test is a private key.

use std::collections::BTreeMap;

use crate::finding::{Finding, RepoPath, RuleId};
use crate::flow;
use crate::matching::ActiveRule;
use crate::rules::RuleLanguage;
use crate::syntax::{Language, SourceFile};

/// Folders whose Rust files are host code.
const FOLDERS: &[&[u8]] = &[b"tests", b"benches", b"xtask", b"fuzz"];

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
    /// modules and functions that are compiled for tests alone.
    pub(super) fn leave_out(
        &self,
        path: &RepoPath,
        file: &SourceFile<'_>,
        findings: &mut Vec<Finding>,
    ) {
        if file.language != Language::Rust || !findings.iter().any(|one| self.covers(&one.rule)) {
            return;
        }
        if is_host_code(path.as_bytes()) {
            findings.retain(|one| !self.covers(&one.rule));
            return;
        }
        let tests = flow::test_spans(file);
        if tests.is_empty() {
            return;
        }
        findings.retain(|one| {
            let is_in_test = tests.iter().any(|test| test.contains(one.location.span));
            !(is_in_test && self.covers(&one.rule))
        });
    }

    fn covers(&self, id: &RuleId) -> bool {
        let info = self.rules.get(id).and_then(ActiveRule::info);
        info.is_some_and(|info| info.builtin && info.languages == [RuleLanguage::Rust])
    }
}

/// Whether a Rust file is host code by its place in a Cargo project.
///
/// Of `examples/` only Cargo's example targets are (`examples/x.rs`, `examples/x/main.rs`): a project
/// of its own in it (`examples/x/src/main.rs`) is firmware, and is what people copy.
fn is_host_code(path: &[u8]) -> bool {
    let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let name = parts.pop().unwrap_or_default();
    if name == b"build.rs" || name == b"tests.rs" || parts.iter().any(|part| FOLDERS.contains(part))
    {
        return true;
    }
    match parts.as_slice() {
        [.., b"examples"] => true,
        [.., b"examples", _] => name == b"main.rs",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

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
        ] {
            assert!(!is_host_code(path.as_bytes()), "{path}");
        }
    }

    /// Codes that are left of what the built-in rules find in a file.
    fn left(path: &str, code: &str) -> Vec<String> {
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
        host.leave_out(&path, &file, &mut findings);
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
}
