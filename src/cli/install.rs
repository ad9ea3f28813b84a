//! `scrubin hook install`, `uninstall`, `status`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::failure::Failure;
use super::{Outcome, output};
use crate::change::git::Repository;

/// The hooks, exactly as `hooks/` has them.
const HOOKS: [(&str, &str); 2] = [
    ("pre-commit", include_str!("../../hooks/pre-commit")),
    ("pre-push", include_str!("../../hooks/pre-push")),
];

/// First git with hooks in its configuration.
const CONFIG_HOOKS: (u32, u32) = (2, 54);

fn repository() -> Result<Repository, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(error).doing("read the current folder"))?;
    Ok(Repository::discover(&here)?)
}

/// Whether the file is a hook of ours, of this or another version.
fn is_ours(text: &str) -> bool {
    text.contains("scrubin=${SCRUBIN:-scrubin}")
}

/// Writes the hooks. A hook of somebody else is never touched: the line to add to it is printed.
pub(super) fn install(git_config: bool) -> Result<Outcome, Failure> {
    let repository = repository()?;
    if git_config {
        return install_in_config();
    }
    let folder = repository.hooks_dir();
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(error).doing(&format!("make `{}`", folder.display())))?;
    let mut foreign = Vec::new();
    for (name, text) in HOOKS {
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(old) if !is_ours(&String::from_utf8_lossy(&old)) => {
                foreign.push((name, path));
                continue;
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Failure::new(error).doing(&format!("read `{}`", path.display())));
            }
        }
        write_hook(&path, text)?;
        output::text(&format!("installed {}\n", path.display()))?;
    }
    for (name, path) in &foreign {
        let calls =
            std::fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("hook {name}")));
        if calls {
            output::text(&format!("{} calls scrubin already\n", path.display()))?;
            continue;
        }
        output::message(&format!(
            "warning: {} is not scrubin's and was left as it is\nhelp: add this line to it: \
             scrubin hook {name} \"$@\" || exit",
            path.display()
        ));
    }
    let missing = foreign.iter().any(|(name, path)| {
        !std::fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("hook {name}")))
    });
    Ok(if missing {
        Outcome::Findings
    } else {
        Outcome::Passed
    })
}

fn write_hook(path: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::new(error).doing(&format!("write `{}`", path.display()));
    std::fs::write(path, text).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
    }
    Ok(())
}

fn git(arguments: &[&str]) -> Result<std::process::Output, Failure> {
    Command::new("git")
        .args(arguments)
        .output()
        .map_err(|error| Failure::new(error).doing("run git"))
}

/// Hooks from git's configuration: no clash with other managers.
fn install_in_config() -> Result<Outcome, Failure> {
    let (major, minor, _) = Repository::git_version()?;
    if (major, minor) < CONFIG_HOOKS {
        return Err(Failure::message(format!(
            "git {major}.{minor} has no hooks in its configuration"
        ))
        .with_help("update to git 2.54 or newer, or run `scrubin hook install`"));
    }
    write_config_hooks(Path::new("."))?;
    for (name, _) in HOOKS {
        output::text(&format!(
            "installed hook.scrubin-{name} in the repository's configuration\n"
        ))?;
    }
    Ok(Outcome::Passed)
}

/// Writes the sections `[hook "scrubin-NAME"]` with `event` and `command` (git-config(1) of 2.54).
fn write_config_hooks(folder: &Path) -> Result<(), Failure> {
    let folder = folder.to_string_lossy();
    for (name, _) in HOOKS {
        let entries = [
            ("event", name.to_owned()),
            ("command", format!("scrubin hook {name}")),
        ];
        for (key, value) in entries {
            let key = format!("hook.scrubin-{name}.{key}");
            let done = git(&["-C", &folder, "config", "--local", &key, &value])?;
            if !done.status.success() {
                return Err(Failure::message(
                    String::from_utf8_lossy(&done.stderr).trim().to_owned(),
                )
                .doing("write git's configuration"));
            }
        }
    }
    Ok(())
}

/// Whether git's configuration has a hook of ours for this event.
pub(super) fn configured(name: &str) -> bool {
    git(&["config", "--get", &format!("hook.scrubin-{name}.command")])
        .is_ok_and(|done| done.status.success() && !done.stdout.is_empty())
}

/// Removes what `install` wrote, in both forms.
pub(super) fn uninstall() -> Result<Outcome, Failure> {
    let repository = repository()?;
    let mut removed = false;
    for (name, _) in HOOKS {
        let path = repository.hooks_dir().join(name);
        if std::fs::read(&path).is_ok_and(|old| is_ours(&String::from_utf8_lossy(&old))) {
            std::fs::remove_file(&path).map_err(|error| {
                Failure::new(error).doing(&format!("remove `{}`", path.display()))
            })?;
            output::text(&format!("removed {}\n", path.display()))?;
            removed = true;
        }
        if configured(name) {
            git(&[
                "config",
                "--remove-section",
                &format!("hook.scrubin-{name}"),
            ])?;
            output::text(&format!(
                "removed hook.scrubin-{name} from the configuration\n"
            ))?;
            removed = true;
        }
    }
    if !removed {
        output::text("no hook of scrubin is installed here\n")?;
    }
    Ok(Outcome::Passed)
}

/// Says which hooks are in place.
pub(super) fn status() -> Result<Outcome, Failure> {
    let repository = repository()?;
    let mut all = true;
    for (name, text) in HOOKS {
        let path: PathBuf = repository.hooks_dir().join(name);
        let state = match std::fs::read(&path) {
            Ok(old) => {
                let old = String::from_utf8_lossy(&old).into_owned();
                if old == text {
                    "installed"
                } else if is_ours(&old) {
                    "installed, of another version: run `scrubin hook install`"
                } else if old.contains(&format!("hook {name}")) {
                    "called by another hook"
                } else if configured(name) {
                    "installed in git's configuration"
                } else {
                    all = false;
                    "NOT installed: another hook is in its place and does not call scrubin"
                }
            }
            Err(_) if configured(name) => "installed in git's configuration",
            Err(_) => {
                all = false;
                "NOT installed: run `scrubin hook install`"
            }
        };
        output::text(&format!("{name}: {state} ({})\n", path.display()))?;
    }
    Ok(if all {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_event_and_command() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().to_string_lossy().into_owned();
        assert!(
            git(&["init", "--quiet", &place])
                .expect("git")
                .status
                .success()
        );
        write_config_hooks(folder.path()).expect("a configuration");
        let text =
            std::fs::read_to_string(folder.path().join(".git/config")).expect("a configuration");
        let expected = "[hook \"scrubin-pre-commit\"]\n\tevent = pre-commit\n\tcommand = scrubin hook pre-commit\n\
                        [hook \"scrubin-pre-push\"]\n\tevent = pre-push\n\tcommand = scrubin hook pre-push\n";
        assert!(text.ends_with(expected), "{text}");
    }
}
