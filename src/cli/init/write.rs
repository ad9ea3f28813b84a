//! The profile into `scrubin.toml`, and files onto disk.

use std::io::Write as _;
use std::path::Path;

use toml_edit::DocumentMut;

use crate::cli::failure::Failure;
use crate::config::profile::HEADLINE;

/// What stands above the profile in a new file.
const HEAD: &str = "# Settings of scrubin, the secure-code reviewer: docs/configuration.md describes every key.\n\
# A lowered severity needs a reason, and every report shows it:\n#\n\
# [rules.\"C-LEN-014\"]\n# severity = \"warning\"\n# reason = \"the bus driver checks the length, see RISK-41\"\n";

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Written,
    Unchanged,
}

impl Done {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Unchanged => "unchanged",
        }
    }
}

/// The text of a configuration with this profile instead of the one it has. All else stays as it is,
/// comments included; the profile comes last.
pub(super) fn with_profile(old: Option<&str>, profile: &str) -> Result<String, Failure> {
    let Some(old) = old else {
        return Ok(format!("{HEAD}\n{profile}"));
    };
    let mut document: DocumentMut = old
        .parse()
        .map_err(|error: toml_edit::TomlError| Failure::new(error).doing("read scrubin.toml"))?;
    // A comment in front of the profile is part of it for the parser; only ours goes with it.
    let before = document
        .get("profile")
        .and_then(|profile| profile.as_table())
        .and_then(|profile| profile.decor().prefix())
        .and_then(|prefix| prefix.as_str())
        .unwrap_or_default();
    let ours = format!("# {HEADLINE}");
    let before = before.split(ours.as_str()).next().unwrap_or_default();
    let before = before.trim().to_owned();
    document.remove("profile");
    let rest = document.to_string();
    let rest = format!("{}\n{before}", rest.trim_end());
    let rest = rest.trim();
    if rest.is_empty() {
        return Ok(profile.to_owned());
    }
    Ok(format!("{rest}\n\n{profile}"))
}

/// Writes a file as a whole or not at all.
pub(super) fn write(file: &Path, text: &str) -> Result<Done, Failure> {
    if std::fs::read(file).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(Done::Unchanged);
    }
    let failed =
        |error: std::io::Error| Failure::new(error).doing(&format!("write `{}`", file.display()));
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    new.write_all(text.as_bytes()).map_err(failed)?;
    // A temporary file is for its owner alone; a file of a repository is as its folder's others are.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(file).map_or(0o644, |old| old.permissions().mode());
        new.as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))
            .map_err(failed)?;
    }
    new.persist(file).map_err(|error| failed(error.error))?;
    Ok(Done::Written)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const PROFILE: &str = "# The device profile: what the device protects, how it is reached, what its software is.\n[profile]\nassets = []\n\n[profile.links]\nble = true\n";

    #[test]
    fn the_rest_of_a_file_stays() {
        assert!(PROFILE.starts_with(&format!("# {HEADLINE}\n")));
        let old = "# ours\n[check] # gate\nfail-on = \"warning\"\n\n# old\n[profile]\nassets = [\"phi\"]\n\
                   [profile.links]\nble = false\n\n# paths\n[paths]\nexclude = [ \"build/\" ] # generated\n# end\n";
        let new = with_profile(Some(old), PROFILE).unwrap();
        assert_eq!(
            new,
            format!(
                "# ours\n[check] # gate\nfail-on = \"warning\"\n\n# paths\n[paths]\n\
                 exclude = [ \"build/\" ] # generated\n# end\n# old\n\n{PROFILE}"
            )
        );
        assert_eq!(with_profile(Some(&new), PROFILE).unwrap(), new);
        let fresh = with_profile(None, PROFILE).unwrap();
        assert_eq!(with_profile(Some(&fresh), PROFILE).unwrap(), fresh);
        let dotted =
            with_profile(Some("profile.assets = []\nrule-folders = []\n"), PROFILE).unwrap();
        assert_eq!(dotted, format!("rule-folders = []\n\n{PROFILE}"));
    }
}
