//! What a run is told, and the settings it derives from configuration and arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;

use super::flow_rules::{FlowRules, target};
use super::host_code::HostCode;
use super::ruleset::Ruleset;
use super::sinks::Sinks;
use super::watch::Watch;
use crate::change::Change;
use crate::change::git::Reader;
use crate::config::{Config, ConfigError, FailOn, RuleNames, RuleOverride, Scope};
use crate::finding::{Precision, RuleId};
use crate::matching::{ActiveRule, Engine};
use crate::syntax::{MacroClass, MacroTable};
use crate::triage::{self, Baseline, DeviationFile};

/// What arguments say beside the configuration; `None` leaves it to that.
#[derive(Debug, Clone, Default)]
pub struct Thresholds {
    /// `--scope`
    pub scope: Option<Scope>,
    /// `--precision`
    pub precision: Option<Precision>,
    /// `--fail-on`
    pub fail_on: Option<FailOn>,
    /// `--only`: codes or slugs.
    pub only: Vec<String>,
    /// `--jobs`
    pub jobs: Option<usize>,
}

/// Settings that cannot be met.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The configuration names a rule nobody knows, or lowers a severity without a reason.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// `--only` names a rule nobody knows.
    #[error("no rule is called `{name}`{}", crate::config::did_you_mean(nearest.as_deref()))]
    UnknownRule {
        /// What was asked for.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
}

/// Rules and settings of one run, ready for a change.
#[derive(Debug)]
pub struct Prepared {
    pub(super) engine: Engine,
    pub(super) overrides: BTreeMap<RuleId, RuleOverride>,
    /// Those of its rules that name an analysis.
    pub(super) flow: FlowRules,
    /// What decides between findings of one defect.
    pub(super) sinks: Sinks,
    /// The rules that say nothing of host code.
    pub(super) host_code: HostCode,
    /// Rules that argue from absence.
    pub(super) absence: BTreeSet<RuleId>,
    pub(super) settings: triage::Settings,
    pub(super) limits: crate::config::Limits,
    pub(super) paths: crate::config::Paths,
    pub(super) macros: MacroTable,
    pub(super) jobs: Option<usize>,
    pub(super) without_new_deviations: bool,
    pub(super) digest: String,
    pub(super) notices: Vec<String>,
    pub(super) watch: Watch,
}

/// One run.
pub struct Inputs<'i> {
    /// What is under review.
    pub change: &'i Change,
    /// Gives the bytes of the change.
    pub reader: &'i Reader,
    /// Rules and settings.
    pub prepared: &'i Prepared,
    /// Whether the report will be SARIF, which needs a hash of the lines of findings.
    pub line_hashes: bool,
    /// The git directory, which holds the repository index; `None` outside a repository.
    pub git_dir: Option<&'i Path>,
}

impl Prepared {
    /// Joins rules, configuration and arguments. `whole`: the change has no base, so that all
    /// findings are in scope unless something else is asked for.
    ///
    /// # Errors
    /// [`PrepareError`].
    pub fn new(
        ruleset: Ruleset,
        config: &Config,
        arguments: &Thresholds,
        today: NaiveDate,
        whole: bool,
    ) -> Result<Self, PrepareError> {
        let mut names = RuleNames::default();
        let about_deviations = triage::rules();
        for rule in &ruleset.rules {
            let head = rule.head();
            let others =
                std::iter::once(head.slug.as_str()).chain(head.aliases.iter().map(String::as_str));
            names.insert(&head.id, head.severity, others);
        }
        for info in &about_deviations {
            names.insert(&info.id, info.severity, [info.slug.as_str()]);
        }
        let overrides = config.rule_overrides(&names)?;
        let mut only = config.only_rules(&names)?;
        for name in &arguments.only {
            match names.find(name) {
                Some((id, _)) => {
                    only.insert(id.clone());
                }
                None => {
                    return Err(PrepareError::UnknownRule {
                        name: name.clone(),
                        nearest: names.nearest(name).map(str::to_owned),
                    });
                }
            }
        }
        let runs = |id: &RuleId| {
            overrides.get(id).is_none_or(|change| change.enabled)
                && (only.is_empty() || only.contains(id))
        };
        let active: Vec<ActiveRule> = ruleset
            .rules
            .into_iter()
            .filter(|rule| runs(&rule.head().id))
            .collect();
        let mut deviation_rules = triage::active_rules(&overrides);
        deviation_rules.retain(|info| only.is_empty() || only.contains(&info.id));
        let mut settings = triage::Settings::new(today);
        // A whole tree has no base that anything could be new against.
        settings.scope = if whole {
            Scope::All
        } else {
            arguments.scope.or(config.check.scope).unwrap_or(Scope::New)
        };
        settings.precision = arguments
            .precision
            .or(config.check.precision)
            .unwrap_or(Precision::High);
        settings.severity = config.check.severity;
        settings.fail_on = arguments.fail_on.unwrap_or(config.check.fail_on);
        settings.names = names;
        settings.deviation_rules = deviation_rules;
        settings.test_paths = config.paths.test.clone();
        let macros = &config.c.macros;
        let lists: [(MacroClass, &[String]); 4] = [
            (MacroClass::Empty, &macros.empty),
            (MacroClass::Identity, &macros.identity),
            (MacroClass::Loop, &macros.loops),
            (MacroClass::Statement, &macros.statement),
        ];
        let mut notices = Vec::new();
        if !ruleset.foreign.is_empty() {
            let named: Vec<String> = ruleset
                .foreign
                .iter()
                .take(5)
                .map(|(id, languages)| format!("{id} ({})", languages.join(", ")))
                .collect();
            notices.push(format!(
                "{} rules are for languages scrubin does not have and did not run: {}",
                ruleset.foreign.len(),
                named.join(", ")
            ));
        }
        // A lowered severity is shown in every report.
        for (id, change) in &overrides {
            if let (Some(reason), true) = (&change.reason, change.severity.is_some()) {
                notices.push(format!(
                    "{id}: severity changed by the configuration: {reason}"
                ));
            }
        }
        let absence = active
            .iter()
            .filter(|rule| rule.head().argues_from_absence)
            .map(|rule| rule.head().id.clone())
            .collect();
        Ok(Self {
            flow: FlowRules::new(&active, target(&config.c), settings.precision),
            sinks: Sinks::new(&active, settings.precision),
            host_code: HostCode::new(&active),
            engine: Engine::new(active),
            absence,
            watch: Watch::default(),
            overrides,
            settings,
            limits: config.limits,
            paths: config.paths.clone(),
            macros: MacroTable::with_settings(lists),
            jobs: arguments
                .jobs
                .or(config.check.jobs.map(std::num::NonZeroUsize::get)),
            without_new_deviations: false,
            digest: ruleset.digest,
            notices,
        })
    }

    /// Adds the content of `deviations.toml`.
    #[must_use]
    pub fn with_deviations(mut self, deviations: Option<DeviationFile>) -> Self {
        self.settings.deviations = deviations;
        self
    }

    /// Adds the baseline.
    #[must_use]
    pub fn with_baseline(mut self, baseline: Option<Baseline>) -> Self {
        self.settings.baseline = baseline;
        self
    }

    /// Leaves out deviations in comments that the change itself adds: what it would be without them.
    #[must_use]
    pub fn without_new_deviations(mut self) -> Self {
        self.without_new_deviations = true;
        self
    }

    /// Says that the change holds every file of the repository.
    #[must_use]
    pub fn with_whole_tree(mut self, whole_tree: bool) -> Self {
        self.settings.whole_tree = whole_tree;
        self
    }

    /// Lets a watchdog see which files are being analysed.
    #[must_use]
    pub fn with_watch(mut self, watch: Watch) -> Self {
        self.watch = watch;
        self
    }

    /// `CODE VERSION SEVERITY PRECISION` of each active rule with the severity of this project, sorted:
    /// what a record says of the rules it was made with.
    pub fn rule_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .engine
            .rules()
            .iter()
            .filter_map(|rule| rule.info().map(|info| (rule, info)))
            .map(|(rule, info)| {
                let id = &rule.head().id;
                let severity = self.overrides.get(id).and_then(|own| own.severity);
                format!(
                    "{id} {} {} {}",
                    info.version,
                    severity.unwrap_or(info.severity).as_str(),
                    info.precision.as_str()
                )
            })
            .collect();
        lines.sort();
        lines
    }

    /// Most bytes of a file that is read.
    pub fn file_bytes(&self) -> u64 {
        u64::try_from(self.limits.file_bytes).unwrap_or(u64::MAX)
    }
}
