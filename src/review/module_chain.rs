//! Under which conditions a file is a module at all: the `mod` items that lead to it from its crate root.

use super::cargo_package::folders_above;
use super::host_cfg::{is_for_host, module_path};
use super::surroundings::Around;

/// `mod` items followed upwards.
const MAX_STEPS: usize = 8;

/// Whether the file at `path` is only a module where its code runs on a host; `above` is the folder of
/// its package. Asks the modules above one after the other.
pub(super) fn is_for_host_alone(path: &[u8], above: &[u8], files: &dyn Around) -> bool {
    let mut path = path.to_vec();
    for _ in 0..MAX_STEPS {
        if !path.starts_with(above) || is_root(&path) {
            return false;
        }
        let Some(step) = declaration(&path, files) else {
            return false;
        };
        match step {
            Step::Host => return true,
            Step::In(parent) => path = parent,
        }
    }
    false
}

enum Step {
    /// Each `mod` item of the file is for a host.
    Host,
    /// The file with a `mod` item that is not.
    In(Vec<u8>),
}

fn is_root(path: &[u8]) -> bool {
    [&b"src/lib.rs"[..], b"src/main.rs"]
        .iter()
        .any(|root| path == *root || path.ends_with(&[b"/", *root].concat()))
}

/// The `mod` item that names the file.
fn declaration(path: &[u8], files: &dyn Around) -> Option<Step> {
    let folder = folders_above(path).next()?;
    let name = path.get(folder.len()..)?.strip_suffix(b".rs")?;
    // `a/mod.rs` is the module `a` of what is around `a/`.
    let (name, around) = match name {
        b"mod" => {
            let own = folder.strip_suffix(b"/")?;
            let around = folders_above(own).next()?;
            (own.get(around.len()..)?, around)
        }
        _ => (name, folder),
    };
    let name = std::str::from_utf8(name).ok()?;
    let mut parents = vec![[around, b"mod.rs"].concat()];
    if let Some(own) = around.strip_suffix(b"/") {
        parents.push([own, b".rs"].concat());
    }
    parents.push([around, b"lib.rs"].concat());
    parents.push([around, b"main.rs"].concat());
    for parent in parents.iter().filter(|parent| parent.as_slice() != path) {
        let Some(text) = files.text(parent) else {
            continue;
        };
        let text = String::from_utf8_lossy(&text);
        let mut is_declared = false;
        let mut is_for_device = false;
        for item in items(&text) {
            let Some(is_for_host) = item.leads_to(path, name, around) else {
                continue;
            };
            is_declared = true;
            is_for_device |= !is_for_host;
        }
        if is_declared {
            return Some(match is_for_device {
                false => Step::Host,
                true => Step::In(parent.clone()),
            });
        }
    }
    None
}

/// `#[..] mod NAME;`
struct Item<'t> {
    name: &'t str,
    attributes: Vec<&'t str>,
}

impl Item<'_> {
    /// Whether the item is for a host, if it means this file.
    fn leads_to(&self, path: &[u8], name: &str, around: &[u8]) -> Option<bool> {
        let under_condition = self.attributes.iter().any(|one| is_for_host(one));
        let mut has_path = false;
        for (given, is_for_host) in self.attributes.iter().filter_map(|one| module_path(one)) {
            // A path may also hold where its condition does not.
            has_path |= !is_for_host;
            if path == [around, given.as_bytes()].concat() {
                return Some(is_for_host || under_condition);
            }
        }
        (!has_path && self.name == name).then_some(under_condition)
    }
}

/// The `mod NAME;` items of a text with their attributes.
fn items(text: &str) -> Vec<Item<'_>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("mod ") {
        let before = text.get(..at).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        let (head, own) = (before.get(..line), before.get(line..));
        let visibility = own.unwrap_or_default().trim_start();
        // Attributes may stand on the same line.
        let visibility = visibility.rsplit(']').next().unwrap_or_default().trim();
        let is_item = visibility.is_empty() || visibility.starts_with("pub");
        let after = text.get(at + 4..).unwrap_or_default().trim_start();
        let end = after
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(after.len());
        let (name, rest) = after.split_at_checked(end).unwrap_or_default();
        if !is_item || name.is_empty() || !rest.trim_start().starts_with(';') {
            continue;
        }
        let mut attributes = attributes_before(head.unwrap_or_default());
        let own = own.unwrap_or_default().trim_start();
        if own.starts_with("#[") {
            attributes.push(own);
        }
        found.push(Item { name, attributes });
    }
    found
}

/// The attributes that a text ends with, past comments.
fn attributes_before(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_end();
    for _ in 0..32 {
        let line = rest.rfind('\n').map_or(0, |end| end + 1);
        let last = rest.get(line..).unwrap_or_default().trim_start();
        if last.starts_with("//") {
            rest = rest.get(..line).unwrap_or_default().trim_end();
            continue;
        }
        if !rest.ends_with(']') {
            break;
        }
        // Back to the bracket that it closes.
        let mut depth = 0_u32;
        let start = rest.char_indices().rev().take(4_000).find(|(_, c)| {
            match c {
                ']' => depth += 1,
                '[' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        let Some((start, _)) = start else { break };
        let Some(before) = rest.get(..start).and_then(|text| text.strip_suffix('#')) else {
            break;
        };
        found.extend(rest.get(before.len()..));
        rest = before.trim_end();
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::cargo_package::tests::Files;
    use super::*;

    #[test]
    fn conditions_of_the_modules_above_are_carried_into_a_file() {
        let files = Files(BTreeMap::from([
            (
                "p/src/lib.rs",
                "#![no_std]\n#[cfg(test)]\nmod fake;\n\n/// The radio.\npub(crate) mod radio;\n\
                 #[cfg(all(\n    any(feature = \"raw\", feature = \"tun\"),\n    unix\n))]\nmod host;\n\
                 #[cfg_attr(not(feature = \"emulation\"), path = \"flash.rs\")]\n\
                 #[cfg_attr(feature = \"emulation\", path = \"stub.rs\")]\nmod rom;\n\
                 #[cfg(test)] mod one_line;\nmod both;\n#[cfg(test)]\nmod both;\n",
            ),
            ("p/src/host/mod.rs", "pub mod socket;\n"),
            (
                "p/src/radio.rs",
                "#[cfg(test)]\n// checks\nmod checks;\nmod frame;\n",
            ),
        ]));
        let is_host = |path: &str| is_for_host_alone(path.as_bytes(), b"p/", &files);
        for path in [
            "p/src/fake.rs",
            "p/src/host/mod.rs",
            "p/src/host/socket.rs",
            "p/src/stub.rs",
            "p/src/one_line.rs",
            "p/src/radio/checks.rs",
        ] {
            assert!(is_host(path), "{path}");
        }
        for path in [
            "p/src/lib.rs",
            "p/src/radio.rs",
            "p/src/flash.rs",
            "p/src/both.rs",
            "p/src/radio/frame.rs",
            "p/src/nobody.rs",
            "q/src/fake.rs",
        ] {
            assert!(!is_host(path), "{path}");
        }
    }
}
