//! Conditions of `cfg` that hold on a developer's machine alone.

/// Whether code under the attribute is compiled for a host alone: `#[cfg(test)]`,
/// `#[cfg(feature = "std")]`, `#[cfg(all(unix, feature = "raw"))]`, `#[cfg(not(target_os = "none"))]`.
pub(super) fn is_for_host(attribute: &str) -> bool {
    let inside = attribute
        .trim_start_matches(['#', '!', '['])
        .trim_start()
        .strip_prefix("cfg");
    match inside.map(str::trim_start) {
        Some(rest) if rest.starts_with('(') => implies_host(&mut Reader::new(rest)),
        _ => false,
    }
}

/// The path that `#[path = ".."]` gives a module, or `#[cfg_attr(CONDITION, path = "..")]`, and whether
/// that condition holds on a host alone.
pub(super) fn module_path(attribute: &str) -> Option<(&str, bool)> {
    let at = attribute.find("path")?;
    let rest = attribute.get(at + 4..)?.trim_start();
    let path = rest.strip_prefix('=')?.trim_start().strip_prefix('"')?;
    let path = path.split('"').next()?;
    let inside = attribute.trim_start_matches(['#', '[']).trim_start();
    let condition = inside.strip_prefix("cfg_attr").map(str::trim_start);
    let is_for_host = match condition {
        // The condition is what stands before the first comma.
        Some(rest) => implies_host(&mut Reader::new(rest)),
        None => false,
    };
    Some((path, is_for_host))
}

/// Features that crates switch on where they run on a developer's machine.
const FEATURES: &[&str] = &[
    "std",
    "emulation",
    "emulator",
    "simulation",
    "simulator",
    "mock",
    "mocks",
    "test",
    "tests",
    "testing",
    "test-util",
    "test-utils",
    "fuzz",
    "fuzzing",
    "proptest",
    "arbitrary",
];

/// Names that stand for a build of tests.
const NAMES: &[&str] = &[
    "test", "doctest", "unix", "windows", "kani", "fuzzing", "miri", "loom", "proptest",
];

/// Operating systems of devices: what is built for them is firmware.
const DEVICE_SYSTEMS: &[&str] = &[
    "none", "espidf", "zephyr", "nuttx", "vxworks", "horizon", "psp",
];

/// Reads the first predicate of a list in parentheses.
fn implies_host(reader: &mut Reader<'_>) -> bool {
    reader.skip("(");
    reader.predicate(0).0
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn new(rest: &'t str) -> Self {
        Self { rest }
    }

    fn skip(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(token) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => {
                self.rest = rest;
                false
            }
        }
    }

    fn word(&mut self) -> &'t str {
        let rest = self.rest.trim_start();
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        self.rest = after;
        word
    }

    fn string(&mut self) -> &'t str {
        if !self.skip("\"") {
            return "";
        }
        let (text, after) = self.rest.split_once('"').unwrap_or((self.rest, ""));
        self.rest = after;
        text
    }

    /// Whether the predicate holds on a host alone, and whether it fails on a host alone.
    fn predicate(&mut self, depth: u32) -> (bool, bool) {
        let word = self.word();
        if word.is_empty() || depth > 8 {
            self.rest = "";
            return (false, false);
        }
        if self.skip("(") {
            let mut parts = Vec::new();
            while !self.skip(")") && !self.rest.is_empty() {
                parts.push(self.predicate(depth + 1));
                self.skip(",");
            }
            let all =
                |which: fn(&(bool, bool)) -> bool| !parts.is_empty() && parts.iter().all(which);
            let any = |which: fn(&(bool, bool)) -> bool| parts.iter().any(which);
            return match word {
                "all" => (any(|part| part.0), all(|part| part.1)),
                "any" => (all(|part| part.0), any(|part| part.1)),
                "not" => (any(|part| part.1), any(|part| part.0)),
                _ => (false, false),
            };
        }
        if !self.skip("=") {
            return (NAMES.contains(&word), false);
        }
        let value = self.string();
        match word {
            "feature" => (FEATURES.contains(&value), false),
            "target_os" => (!DEVICE_SYSTEMS.contains(&value), value == "none"),
            "target_family" => (matches!(value, "unix" | "windows" | "wasm"), false),
            "target_arch" => (matches!(value, "x86" | "x86_64" | "wasm32"), false),
            _ => (false, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_of_hosts_are_told_from_those_of_devices() {
        for attribute in [
            "#[cfg(test)]",
            "#![cfg(test)]",
            "#[cfg(feature = \"std\")]",
            "#[cfg(all(\n    any(feature = \"raw\", feature = \"tun\"),\n    unix\n))]",
            "#[cfg(any(test, feature = \"mock\"))]",
            "#[cfg(not(target_os = \"none\"))]",
            "#[cfg(not(any(target_os = \"none\", feature = \"board\")))]",
            "#[cfg(any(target_os = \"linux\", target_os = \"macos\"))]",
        ] {
            assert!(is_for_host(attribute), "{attribute}");
        }
        for attribute in [
            "#[cfg(not(test))]",
            "#[cfg(not(feature = \"std\"))]",
            "#[cfg(any(test, feature = \"board\"))]",
            "#[cfg(target_os = \"none\")]",
            "#[cfg(target_os = \"espidf\")]",
            "#[cfg(not(all(target_os = \"none\", feature = \"board\")))]",
            "#[cfg(feature = \"stdio\")]",
            "#[cfg_attr(test, derive(Debug))]",
            "#[config]",
            "#[cfg(",
        ] {
            assert!(!is_for_host(attribute), "{attribute}");
        }
    }

    #[test]
    fn a_module_may_have_another_file_on_a_host() {
        assert_eq!(module_path("#[path = \"a/b.rs\"]"), Some(("a/b.rs", false)));
        let emulated = "#[cfg_attr(feature = \"emulation\", path = \"fake.rs\")]";
        assert_eq!(module_path(emulated), Some(("fake.rs", true)));
        let real = "#[cfg_attr(not(feature = \"emulation\"), path = \"real.rs\")]";
        assert_eq!(module_path(real), Some(("real.rs", false)));
        assert_eq!(module_path("#[doc = \"path\"]"), None);
    }
}
