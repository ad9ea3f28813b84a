//! The Cargo package around a file: whether what it builds runs on the device.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::surroundings::Around;

/// Folders above a file in which its manifest is sought.
const MAX_FOLDERS: usize = 12;

/// Crates by which a program that needs an operating system is known as a device's own: the system
/// runs there. Whole names, or what they begin with where a `-` ends the word.
const DEVICE_CRATES: &[&str] = &[
    "esp-idf-",
    "embuild",
    "linux-embedded-hal",
    "gpio-cdev",
    "gpiocdev",
    "gpiod",
    "rppal",
    "i2cdev",
    "spidev",
    "sysfs-",
    "sysfs_gpio",
    "industrial-io",
    "evdev",
    "nix",
    "rustix",
    "systemd",
    "sd-notify",
    "libsystemd",
    "zbus",
    "bluer",
    "zephyr",
    "v4l",
    "drm",
    "rauc",
    "swupdate",
];

/// What a manifest says of its package.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    package: Option<toml::Value>,
    lib: Option<Target>,
    #[serde(default)]
    bin: Vec<Target>,
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    workspace: Option<toml::Value>,
}

/// A `[lib]` or `[[bin]]`.
#[derive(Debug, Deserialize)]
struct Target {
    path: Option<String>,
    #[serde(default, rename = "proc-macro", alias = "proc_macro")]
    proc_macro: bool,
}

/// A package.
#[derive(Debug)]
pub(super) struct Package {
    /// Its folder, with a `/` at the end, or nothing for the top.
    folder: Vec<u8>,
    manifest: Manifest,
}

impl Package {
    /// The package whose manifest is the nearest above the file.
    pub(super) fn around(path: &[u8], files: &dyn Around) -> Option<Self> {
        for folder in folders_above(path).take(MAX_FOLDERS) {
            let Some(text) = files.text(&[folder, b"Cargo.toml"].concat()) else {
                continue;
            };
            return Self::of(folder, &text);
        }
        None
    }

    /// The package that a manifest describes; `None` where it describes none.
    pub(super) fn of(folder: &[u8], manifest: &[u8]) -> Option<Self> {
        let manifest: Manifest = toml::from_str(std::str::from_utf8(manifest).ok()?).ok()?;
        manifest.package.as_ref()?;
        Some(Self {
            folder: folder.to_vec(),
            manifest,
        })
    }

    /// Its folder, with a `/` at the end, or nothing for the top.
    pub(super) fn folder(&self) -> &[u8] {
        &self.folder
    }

    /// Whether it runs in the compiler.
    pub(super) fn is_proc_macro(&self) -> bool {
        self.manifest.lib.as_ref().is_some_and(|lib| lib.proc_macro)
    }

    /// Whether it needs an operating system that the devices of this repository do not have: all roots
    /// of the file's target are built with the standard library, others in the repository without.
    pub(super) fn is_of_host(&self, path: &[u8], files: &dyn Around) -> bool {
        let roots = self.roots(path, files);
        if roots.is_empty() || roots.iter().any(|text| is_without_std(text)) {
            return false;
        }
        let runs_on_device = self.manifest.dependencies.keys().any(|name| {
            DEVICE_CRATES
                .iter()
                .any(|known| match known.ends_with('-') {
                    true => name.starts_with(known),
                    false => name == known,
                })
        });
        !runs_on_device && files.is_bare_metal()
    }

    /// Whether some root of the file's target says that the standard library may be missing.
    pub(super) fn is_without_std(&self, path: &[u8], files: &dyn Around) -> bool {
        self.roots(path, files)
            .iter()
            .any(|text| is_without_std(text))
    }

    /// Whether cargo takes build profiles from its manifest for something that is flashed: it has a
    /// program of its own, or stands over a workspace. Those of a library are ignored.
    pub(super) fn has_program(&self, files: &dyn Around) -> bool {
        let at = |below: &str| [self.folder.as_slice(), below.as_bytes()].concat();
        self.manifest.workspace.is_some()
            || !self.manifest.bin.is_empty()
            || files.text(&at("src/main.rs")).is_some()
            || files.holds(&at("src/bin"))
            // Nothing is known of it.
            || files.text(&at("src/lib.rs")).is_none()
    }

    /// The roots of the targets that the file belongs to.
    fn roots(&self, path: &[u8], files: &dyn Around) -> Vec<Arc<Vec<u8>>> {
        let below = path
            .strip_prefix(self.folder.as_slice())
            .unwrap_or_default();
        let below = String::from_utf8_lossy(below);
        let text = |root: &str| files.text(&[self.folder.as_slice(), root.as_bytes()].concat());
        let named = |target: &Target| target.path.clone();
        let bins: Vec<String> = self.manifest.bin.iter().filter_map(named).collect();
        let is_own = |root: &&str| *root == below;
        let own = bins.iter().map(String::as_str).find(is_own);
        let of_bin = below
            .strip_prefix("src/bin/")
            .map(|rest| match rest.split_once('/') {
                Some((folder, _)) => format!("src/bin/{folder}/main.rs"),
                None => below.clone().into_owned(),
            });
        if let Some(own) = own.map(str::to_owned).or(of_bin) {
            return text(&own).into_iter().collect();
        }
        let lib = self.manifest.lib.as_ref().and_then(named);
        let lib = lib.unwrap_or_else(|| "src/lib.rs".to_owned());
        let is_lib = below == lib.as_str();
        let is_main = below == "src/main.rs";
        let mut roots = Vec::new();
        if !is_main {
            roots.extend(text(&lib));
        }
        if !is_lib {
            roots.extend(text("src/main.rs"));
        }
        if !is_lib && !is_main {
            roots.extend(bins.iter().filter_map(|root| text(root)));
        }
        roots
    }
}

/// The folders above a path, the nearest first, with a `/` at the end; the top is empty.
pub(super) fn folders_above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memrchr_iter(b'/', path).map(|at| at + 1);
    ends.chain([0]).filter_map(|end| path.get(..end))
}

/// Whether a crate root says that it is, or may be, built without the standard library or a system.
pub(super) fn is_without_std(root: &[u8]) -> bool {
    memchr::memmem::find_iter(root, b"#![").any(|at| {
        let attribute = root.get(at..).unwrap_or_default();
        let end = memchr::memchr(b']', attribute).unwrap_or(attribute.len());
        let attribute = attribute.get(..end).unwrap_or_default();
        let has = |word: &[u8]| memchr::memmem::find(attribute, word).is_some();
        has(b"no_std") || has(b"no_main")
    })
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Files by path.
    pub(crate) struct Files(pub(crate) BTreeMap<&'static str, &'static str>);

    impl Around for Files {
        fn text(&self, path: &[u8]) -> Option<Arc<Vec<u8>>> {
            let text = self.0.get(std::str::from_utf8(path).unwrap())?;
            Some(Arc::new(text.as_bytes().to_vec()))
        }

        fn holds(&self, folder: &[u8]) -> bool {
            let front = format!("{}/", std::str::from_utf8(folder).unwrap());
            self.0.keys().any(|path| path.starts_with(&front))
        }

        fn is_bare_metal(&self) -> bool {
            self.0.values().any(|text| is_without_std(text.as_bytes()))
        }
    }

    fn is_of_host(files: &Files, path: &str) -> bool {
        let package = Package::around(path.as_bytes(), files).unwrap();
        package.is_proc_macro() || package.is_of_host(path.as_bytes(), files)
    }

    #[test]
    fn packages_with_the_standard_library_beside_firmware_are_of_the_host() {
        let mut files = Files(BTreeMap::from([
            ("fw/Cargo.toml", "[package]\nname = \"fw\"\n"),
            ("fw/src/main.rs", "#![no_std]\n#![no_main]\n"),
            (
                "tool/Cargo.toml",
                "[package]\nname = \"tool\"\n[dependencies]\nclap = \"4\"\n",
            ),
            ("tool/src/main.rs", "fn main() {}\n"),
            (
                "macros/Cargo.toml",
                "[package]\nname = \"m\"\n[lib]\nproc-macro = true\n",
            ),
            ("macros/src/lib.rs", "pub fn f() {}\n"),
            (
                "gate/Cargo.toml",
                "[package]\nname = \"g\"\n[dependencies]\nrppal = \"0.22\"\n",
            ),
            ("gate/src/main.rs", "fn main() {}\n"),
            ("wire/Cargo.toml", "[package]\nname = \"wire\"\n"),
            (
                "wire/src/lib.rs",
                "#![cfg_attr(not(feature = \"std\"), no_std)]\n",
            ),
            ("wire/src/bin/dump/main.rs", "fn main() {}\n"),
        ]));
        assert!(is_of_host(&files, "tool/src/frame.rs"));
        assert!(is_of_host(&files, "macros/src/lib.rs"));
        assert!(is_of_host(&files, "wire/src/bin/dump/main.rs"));
        assert!(!is_of_host(&files, "fw/src/radio.rs"));
        assert!(!is_of_host(&files, "wire/src/frame.rs"));
        // The device has a system.
        assert!(!is_of_host(&files, "gate/src/main.rs"));
        // So has every device of a repository without any other code.
        for path in ["fw/src/main.rs", "wire/src/lib.rs"] {
            files.0.insert(path, "pub fn f() {}\n");
        }
        assert!(!is_of_host(&files, "tool/src/frame.rs"));
        assert!(is_of_host(&files, "macros/src/lib.rs"));
    }

    #[test]
    fn profiles_count_where_something_is_linked() {
        let mut files = Files(BTreeMap::from([
            ("drivers/Cargo.toml", "[package]\nname = \"d\"\n"),
            ("drivers/src/lib.rs", "#![no_std]\n"),
        ]));
        let has_program = |files: &Files| {
            Package::around(b"drivers/Cargo.toml", files)
                .unwrap()
                .has_program(files)
        };
        assert!(!has_program(&files));
        files.0.insert("drivers/src/bin/demo.rs", "#![no_std]\n");
        assert!(has_program(&files));
        files.0.remove("drivers/src/bin/demo.rs");
        files.0.insert(
            "drivers/Cargo.toml",
            "[package]\nname = \"d\"\n[workspace]\n",
        );
        assert!(has_program(&files));
    }
}
