//! Paths → the part of the software that they belong to.

use crate::config::Training;
use crate::finding::RepoPath;

/// Which part of the software a file belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Components<'s> {
    settings: &'s Training,
}

impl<'s> Components<'s> {
    /// As `[training]` says.
    pub fn new(settings: &'s Training) -> Self {
        Self { settings }
    }

    /// The component that the configuration names for a path, else its top folders; `.` for a file at
    /// the root.
    pub fn of(&self, path: &RepoPath) -> String {
        let named = self.settings.components.iter();
        if let Some((name, _)) = named.into_iter().find(|(_, globs)| globs.is_match(path)) {
            return name.clone();
        }
        let folder = path.parent();
        let folder = folder.to_string();
        let top: Vec<&str> = folder
            .split('/')
            .filter(|part| !part.is_empty())
            .take(self.settings.folders.get())
            .collect();
        if top.is_empty() {
            ".".to_owned()
        } else {
            top.join("/")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_component_is_named_or_the_top_folders() {
        let text = "[training.components]\nradio = [\"src/ble/\", \"nimble/\"]\n";
        let config = Config::parse(text, "scrubin.toml").unwrap();
        let components = Components::new(&config.training);
        for (path, expected) in [
            ("src/ble/gatt/a.c", "radio"),
            ("src/spi/dma/b.c", "src/spi"),
            ("src/main.c", "src"),
            ("main.c", "."),
        ] {
            assert_eq!(components.of(&RepoPath::from(path)), expected);
        }
    }
}
