//! Every key `scrubin.toml` accepts.

/// Dotted keys, `RULE` standing for a rule's code or slug. `docs/configuration.md` has a heading
/// for each; removing or renaming one breaks users' files.
pub const KEYS: [&str; 32] = [
    "rule-folders",
    "check.precision",
    "check.severity",
    "check.fail-on",
    "check.scope",
    "check.only",
    "check.disable",
    "check.jobs",
    "rules.RULE.severity",
    "rules.RULE.enabled",
    "rules.RULE.reason",
    "paths.exclude",
    "paths.vendor",
    "paths.test",
    "limits.file-bytes",
    "limits.depth",
    "limits.parser-steps",
    "limits.watchdog-seconds",
    "c.data-model",
    "c.char",
    "c.macros.empty",
    "c.macros.identity",
    "c.macros.loop",
    "c.macros.statement",
    "import.TOOL.enabled",
    "import.TOOL.precision",
    "import.TOOL.severity",
    "import.TOOL.disable",
    "hook.fail",
    "deviations.file",
    "deviations.self",
    "baseline.file",
];

/// The names that may follow `prefix` (`""` or `"check."`), in the order of [`KEYS`], each once.
/// A `RULE` or `TOOL` among them stands for any name.
pub(super) fn names_after(prefix: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    for key in KEYS {
        let Some(rest) = key.strip_prefix(prefix) else {
            continue;
        };
        let name = rest.split('.').next().unwrap_or(rest);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
