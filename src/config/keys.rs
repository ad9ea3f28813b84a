//! Every key `scrubin.toml` accepts.

/// Dotted keys; names in capitals are placeholders: `RULE` for a rule's code or slug, `PATH` for a
/// path pattern, `ASSET` and `QUESTION` for words of the profile, `NAME` for a
/// word of the project's own. `docs/configuration.md` has a heading
/// for each; removing or renaming one breaks users' files.
pub const KEYS: [&str; 87] = [
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
    "paths.vendor-record",
    "paths.test",
    "limits.file-bytes",
    "limits.depth",
    "limits.parser-steps",
    "limits.watchdog-seconds",
    "c.data-model",
    "c.char",
    "c.isr-names",
    "c.macros.empty",
    "c.macros.identity",
    "c.macros.loop",
    "c.macros.statement",
    "import.TOOL.enabled",
    "import.TOOL.precision",
    "import.TOOL.severity",
    "import.TOOL.reason",
    "import.TOOL.disable",
    "hook.fail",
    "deviations.file",
    "deviations.self",
    "deviations.records",
    "baseline.file",
    "record.project",
    "record.device",
    "record.item",
    "record.safety-class",
    "record.log",
    "record.signers",
    "record.reviewer-trailers",
    "record.approver-trailers",
    "training.history",
    "training.individual",
    "training.owner",
    "training.folders",
    "training.components.NAME",
    "training.months",
    "training.history-bytes",
    "profile.device",
    "profile.assets",
    "profile.links.ble",
    "profile.links.wifi",
    "profile.links.lan",
    "profile.links.usb",
    "profile.links.media",
    "profile.links.uart",
    "profile.links.remote",
    "profile.links.cloud",
    "profile.links.jtag",
    "profile.data",
    "profile.software.os",
    "profile.software.languages",
    "profile.software.no-std",
    "profile.software.overflow-checks",
    "profile.software.bootloader",
    "profile.software.soup",
    "profile.software.test",
    "profile.software.host-tools",
    "profile.software.factory",
    "profile.software.isr-patterns",
    "profile.software.crypto",
    "profile.software.classes.PATH",
    "profile.cia.ASSET.confidentiality",
    "profile.cia.ASSET.integrity",
    "profile.cia.ASSET.availability",
    "profile.cia.ASSET.harm",
    "profile.physical-attacker",
    "profile.field-update",
    "profile.level",
    "profile.level-reason",
    "profile.unknown",
    "profile.answered.QUESTION.by",
    "profile.answered.QUESTION.on",
    "profile.answered.QUESTION.how",
];

/// Keys that a `scrubin.toml` below the root may state, or what they begin with. The others hold for
/// the whole repository.
const NESTED: [&str; 7] = [
    "check.precision",
    "check.severity",
    "check.fail-on",
    "check.disable",
    "rules.",
    "paths.",
    "profile.",
];

/// Whether the key holds for the whole repository, so that only the file at its root may state it.
pub(super) fn root_only(key: &str) -> bool {
    !NESTED
        .iter()
        .any(|known| key == *known || (known.ends_with('.') && key.starts_with(known)))
}

/// Whether a step of a key stands for any name.
pub(super) fn is_placeholder(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The names that may follow `prefix` (`""` or `"check."`), in the order of [`KEYS`], each once.
/// A placeholder among them stands for any name.
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
