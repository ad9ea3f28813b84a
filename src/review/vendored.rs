//! `X-DEP-003`: code of others that changes without its record.
//!
//! It looks at the list of changed files, not at their contents, so it is code and not a rule file.
//! Speaks of changes alone: a whole tree says nothing of what was changed together.

use std::collections::{BTreeMap, BTreeSet};

use super::inputs::{Inputs, Prepared};
use crate::config::{Kind, NamedRules};
use crate::finding::{
    Finding, Location, Position, Precision, RepoPath, RuleId, RuleStatus, Severity, Span,
};
use crate::rules::{Example, ExampleKind, RuleInfo, RuleLanguage};

/// The rule's code.
const CODE: &str = "X-DEP-003";

/// Files that say which code of others there is, where the configuration names none: lists of SOUP,
/// bills of materials, manifests that pin versions.
const RECORDS: &[&str] = &[
    "west.yml",
    ".gitmodules",
    "idf_component.yml",
    "dependencies.lock",
    "cargo.lock",
    "library.json",
    "conanfile.txt",
    "vcpkg.json",
];

/// The rules that look at a change as a whole.
pub fn change_rules() -> Vec<RuleInfo> {
    RuleId::parse(CODE).ok().map(info).into_iter().collect()
}

/// Those that the configuration leaves on, with the severities it gives them.
pub(super) fn active(named: &NamedRules, only: &BTreeSet<RuleId>) -> Vec<RuleInfo> {
    let mut rules = change_rules();
    rules.retain(|rule| named.enabled(&rule.id) && (only.is_empty() || only.contains(&rule.id)));
    for rule in &mut rules {
        rule.severity = named.severity(&rule.id).unwrap_or(rule.severity);
    }
    rules
}

fn info(id: RuleId) -> RuleInfo {
    let example = |kind, code: &str| Example {
        kind,
        code: code.to_owned(),
        path: None,
        base: None,
        fixed: None,
    };
    RuleInfo {
        id,
        slug: "vendored-code-changed".to_owned(),
        aliases: Vec::new(),
        languages: vec![RuleLanguage::Generic],
        severity: Severity::Warning,
        precision: Precision::High,
        status: RuleStatus::Stable,
        version: "1.0.0".to_owned(),
        message:
            "code of others changes here and no record of it changes with it, so the device no \
                  longer holds what its list of software says"
                .to_owned(),
        cwe: vec!["CWE-1357".to_owned()],
        cert_c: Vec::new(),
        misra_c_2012: Vec::new(),
        lesson: "L-DEP-PIN".to_owned(),
        why: "The list of software of unknown provenance says: this stack, version 2.1. One line \
              patched in it, and the list is wrong: the next advisory is answered with \"not \
              affected\", or the patch is lost when somebody updates the stack."
            .to_owned(),
        how_to_fix:
            "Change the record in the same commit (`paths.vendor-record`, or a SOUP list, a \
                     bill of materials, `west.yml`, `.gitmodules`): the new version, or the patch \
                     with its reason. Better keep patches in a fork with a commit of its own."
                .to_owned(),
        false_positive:
            "Wrong where the record is kept outside of the repository, or changes in a \
                         commit of its own right behind this one. Name the file in \
                         `paths.vendor-record`, and put both into one change."
                .to_owned(),
        incidents: Vec::new(),
        examples: vec![
            example(
                ExampleKind::Bad,
                "paths.vendor = [\"third_party/\"]\n# a change of these files alone\n\
                 third_party/lwip/src/core/tcp_in.c    # ruleid: X-DEP-003\n",
            ),
            example(
                ExampleKind::Bad,
                "paths.vendor = [\"vendor/\"]\npaths.vendor-record = [\"docs/soup.md\"]\n\
                 vendor/nanopb/pb_decode.c    # ruleid: X-DEP-003\nsrc/main.c\n",
            ),
            example(
                ExampleKind::Good,
                "paths.vendor = [\"third_party/\"]\nthird_party/lwip/src/core/tcp_in.c    # ok: \
                 X-DEP-003\nthird_party/lwip.spdx.json\n",
            ),
            example(
                ExampleKind::Good,
                "paths.vendor = [\"vendor/\"]\npaths.vendor-record = [\"docs/soup.md\"]\n\
                 vendor/nanopb/pb_decode.c    # ok: X-DEP-003\ndocs/soup.md\n",
            ),
        ],
        references: vec!["docs/configuration.md".to_owned()],
        fix_safety: None,
        argues_from_absence: true,
        once_per_function: false,
        analysis: None,
        supersedes: Vec::new(),
        builtin: true,
    }
}

/// One finding for each component whose files change without a record, at the first of them.
pub(super) fn findings(inputs: &Inputs<'_>) -> Vec<Finding> {
    let prepared = inputs.prepared;
    let (Some(rule), false) = (
        prepared
            .change_rules
            .iter()
            .find(|rule| rule.id.as_str() == CODE),
        inputs.change.source.is_whole(),
    ) else {
        return Vec::new();
    };
    let files = inputs.change.files.iter().map(|file| &file.path);
    if files.clone().any(|path| is_record(prepared, path)) {
        return Vec::new();
    }
    // A folder below the vendored one is a component.
    let mut components: BTreeMap<String, &RepoPath> = BTreeMap::new();
    let policy = &prepared.settings.policy;
    let is_of_others = |path: &RepoPath| {
        !policy.is_excluded(path)
            && (policy.is_vendor(path)
                || policy
                    .ruling(path)
                    .is_some_and(|ruling| ruling.kind == Kind::Soup))
    };
    for path in files.filter(|path| is_of_others(path)) {
        let text = path.to_string();
        let folder = text.split('/').take(2).collect::<Vec<_>>().join("/");
        components.entry(folder).or_insert(path);
    }
    components
        .into_values()
        .map(|path| Finding {
            rule: rule.id.clone(),
            severity: rule.severity,
            precision: rule.precision,
            status: rule.status,
            message: rule.message.clone(),
            location: Location {
                path: path.clone(),
                span: Span::new(0, 0),
                start: Position { line: 1, column: 1 },
                end: Position { line: 1, column: 1 },
            },
            related: Vec::new(),
            trace: Vec::new(),
            function: None,
            lines: Vec::new(),
            fix: None,
            // The component is what it is about; which of its files changed is not.
            tokens: String::new(),
            origin: None,
        })
        .collect()
}

/// Whether a file is a record of the code of others. What the project names is what counts.
fn is_record(prepared: &Prepared, path: &RepoPath) -> bool {
    let named = prepared.settings.policy.is_vendor_record(path);
    named.unwrap_or_else(|| is_usual_record(&path.to_string()))
}

fn is_usual_record(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    RECORDS.contains(&name.as_str())
        || name.contains("soup")
        || name.contains("sbom")
        || name.contains("spdx")
        || name.contains("cyclonedx")
        || name.ends_with(".cdx.json")
        || name.ends_with(".cdx.xml")
}

#[cfg(test)]
mod tests {
    use super::is_usual_record;

    #[test]
    fn usual_records_are_known_by_name() {
        for path in [
            "west.yml",
            "docs/SOUP-list.md",
            "a/b/.gitmodules",
            "lwip.spdx.json",
            "bom.cdx.json",
        ] {
            assert!(is_usual_record(path), "{path}");
        }
        for path in ["src/soap.c", "third_party/lwip/README.md", "west.yaml"] {
            assert!(!is_usual_record(path), "{path}");
        }
    }
}
