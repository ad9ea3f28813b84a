//! What a review record says of the run that its report does not.

use std::collections::BTreeSet;

use super::Prepared;
use crate::change::Change;
use crate::change::classify::FileClass;
use crate::evidence::Terms;

impl Prepared {
    /// Rules, thresholds, files and safety class of the review of a change.
    pub fn terms(&self, change: &Change) -> Terms {
        let settings = &self.settings;
        let class_of = |path| settings.policy.ruling(path).and_then(|ruling| ruling.class);
        Terms {
            rules: self.rule_lines(),
            builtin: super::ruleset::builtin_digest().to_owned(),
            own: self
                .engine
                .rules()
                .iter()
                .filter_map(|rule| rule.info())
                .filter(|info| !info.builtin)
                .map(|info| info.id.to_string())
                .collect::<BTreeSet<String>>()
                .into_iter()
                .collect(),
            is_given: self.is_given,
            weaker: self.weaker.clone(),
            fail_on: settings.fail_on,
            precision: Some(settings.precision),
            severity: Some(settings.severity),
            class: change
                .files
                .iter()
                .filter(|file| FileClass::of_path(&file.path).is_code())
                .filter_map(|file| class_of(&file.path))
                .max(),
            files: change
                .files
                .iter()
                .map(|file| file.path.to_string())
                .collect(),
        }
    }

    /// Number of active rules: those of files, and those about deviations and about the change as a whole.
    pub(super) fn active_rules(&self) -> usize {
        let in_code = self.settings.deviation_rules.len() + self.change_rules.len();
        self.engine.rules().len() + in_code
    }

    /// `CODE VERSION SEVERITY PRECISION` of each active rule with the severity of this project, sorted:
    /// what a record says of the rules it was made with.
    fn rule_lines(&self) -> Vec<String> {
        let of_files = self.engine.rules().iter().filter_map(|rule| rule.info());
        let in_code = self.settings.deviation_rules.iter();
        let mut lines: Vec<String> = of_files
            .map(AsRef::as_ref)
            .chain(in_code)
            .chain(&self.change_rules)
            .map(|info| {
                let id = &info.id;
                let severity = self.settings.policy.severity_at_root(id, info.severity);
                format!(
                    "{id} {} {} {}",
                    info.version,
                    severity.map_or("off", |severity| severity.as_str()),
                    info.precision.as_str()
                )
            })
            .collect();
        lines.sort();
        lines
    }
}
