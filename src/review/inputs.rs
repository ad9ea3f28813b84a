//! What a run is told, and the settings it derives from configuration and arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;

use super::flow_rules::{FlowRules, target};
use super::host_code::HostCode;
use super::host_tools::HostTools;
use super::imported::Imports;
use super::ruleset::Ruleset;
use super::sinks::Sinks;
use super::vendored;
use super::watch::Watch;
use crate::change::Change;
use crate::change::git::Reader;
use crate::config::profile::RuleFacts;
use crate::config::{
    Compared, Config, ConfigError, Configs, DeviationRecords, FailOn, ImportSettings, Policy,
    PolicyChange, PolicyOptions, RuleNames, Scope, changes,
};
use crate::finding::{Precision, RepoPath, RuleId};
use crate::matching::{ActiveRule, Engine};
use crate::rules::RuleInfo;
use crate::syntax::{MacroClass, MacroTable};
use crate::triage::{self, Baseline, DeviationFile};

/// What arguments say beside the configuration; `None` leaves it to that.
#[derive(Debug, Clone, Default)]
pub struct Thresholds {
    /// `--scope`
    pub scope: Option<Scope>,
    /// `--precision`
    pub precision: Option<Precision>,
    /// The precision of the command where nobody asks for another; `None`: high.
    pub usual_precision: Option<Precision>,
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
    /// Those of its rules that name an analysis.
    pub(super) flow: FlowRules,
    /// What decides between findings of one defect.
    pub(super) sinks: Sinks,
    /// The rules that say nothing of host code.
    pub(super) host_code: HostCode,
    /// Where the rules of C are silent.
    pub(super) host_tools: HostTools,
    /// Rules that argue from absence.
    pub(super) absence: BTreeSet<RuleId>,
    /// The only rules to run; empty = all.
    pub(super) only: BTreeSet<RuleId>,
    /// What other tools found.
    pub(super) imports: Imports,
    /// `[import.TOOL]`.
    import_settings: BTreeMap<String, ImportSettings>,
    /// Rules that look at the change as a whole.
    pub(super) change_rules: Vec<RuleInfo>,
    pub(super) settings: triage::Settings,
    pub(super) limits: crate::config::Limits,
    /// What the change does to the configuration.
    pub(super) policy_change: PolicyChange,
    pub(super) macros: MacroTable,
    pub(super) jobs: Option<usize>,
    pub(super) without_new_deviations: bool,
    pub(super) digest: String,
    /// Whether the configuration is one that an argument named.
    pub(super) is_given: bool,
    /// By what arguments make the review weaker than the repository's own configuration.
    pub(super) weaker: Vec<String>,
    pub(super) notices: Vec<String>,
    pub(super) watch: Watch,
    /// Whether the analysis of every file fails as a defect of scrubin would let it.
    pub(super) fails: bool,
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
        configs: &Configs,
        arguments: &Thresholds,
        today: NaiveDate,
        whole: bool,
    ) -> Result<Self, PrepareError> {
        let config = &configs.root;
        let (names, facts) = known_rules(&ruleset);
        let options = PolicyOptions {
            precision: arguments.precision,
            fail_on: arguments.fail_on,
            usual_precision: arguments.usual_precision,
        };
        let policy = Policy::new(config, &configs.nested, &names, &facts, options)?;
        let other = |configs: &Configs| other_side(configs, &names, &facts, options);
        let policy_change = match &configs.compared {
            Some(Compared::Before(before)) => changes(&other(before)?, &policy, &facts),
            Some(Compared::After(after)) => changes(&policy, &other(after)?, &facts),
            None => PolicyChange::default(),
        };
        let weaker = weaker(configs, arguments, whole, (&policy, &names, &facts))?;
        let mut only = config.only_rules(&names)?;
        for name in &arguments.only {
            match names.find(name) {
                Some((id, _)) => {
                    only.insert(id);
                }
                None => {
                    return Err(PrepareError::UnknownRule {
                        name: name.clone(),
                        nearest: names.nearest(name).map(str::to_owned),
                    });
                }
            }
        }
        let runs = |id: &RuleId| policy.runs(id) && (only.is_empty() || only.contains(id));
        let active: Vec<ActiveRule> = ruleset
            .rules
            .into_iter()
            .filter(|rule| runs(&rule.head().id))
            .collect();
        let mut deviation_rules = triage::active_rules(&policy.root_rules());
        deviation_rules.retain(|info| only.is_empty() || only.contains(&info.id));
        let change_rules = vendored::active(&policy.root_rules(), &only);
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
            .or(arguments.usual_precision)
            .unwrap_or(Precision::High);
        // Other tools do not say how often they are right; a person who imports wants to see them.
        settings.imported_precision = arguments
            .precision
            .or(config.check.precision)
            .unwrap_or(Precision::Medium);
        settings.severity = config.check.severity;
        settings.fail_on = arguments.fail_on.unwrap_or(config.check.fail_on);
        settings.wants_records = config.deviations.records == DeviationRecords::Required;
        settings.names = names;
        settings.deviation_rules = deviation_rules;
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
        let shown_below = policy.shown_below(settings.precision, &facts);
        let absence = active
            .iter()
            .filter(|rule| rule.head().argues_from_absence)
            .map(|rule| rule.head().id.clone())
            .collect();
        settings.policy = policy;
        Ok(Self {
            flow: FlowRules::new(&active, target(&config.c), settings.precision, &shown_below)
                .with_isr_names(&isr_names(config)),
            sinks: Sinks::new(&active, settings.precision, shown_below),
            host_code: HostCode::new(&active),
            host_tools: HostTools::new(&active),
            engine: Engine::new(active),
            absence,
            only,
            imports: Imports::default(),
            import_settings: config.import.clone(),
            change_rules,
            watch: Watch::default(),
            fails: false,
            settings,
            limits: config.limits,
            policy_change,
            macros: MacroTable::with_settings(lists),
            jobs: arguments
                .jobs
                .or(config.check.jobs.map(std::num::NonZeroUsize::get)),
            without_new_deviations: false,
            digest: ruleset.digest,
            is_given: configs.own.is_some(),
            weaker,
            notices,
        })
    }

    /// Adds the content of `deviations.toml`.
    #[must_use]
    pub fn with_deviations(mut self, deviations: Option<DeviationFile>) -> Self {
        self.settings.deviations = deviations;
        self
    }

    /// Says whether an entry of `deviations.toml` that is over closes the gate whatever changed, and which paths
    /// the change left behind.
    #[must_use]
    pub fn with_closing_register(mut self, closes: bool, gone: &[RepoPath]) -> Self {
        self.settings.register_closes = closes;
        self.settings.gone = gone.iter().cloned().collect();
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

    /// Adds what other tools found.
    #[must_use]
    pub fn with_imports(mut self, imports: Imports) -> Self {
        self.imports = imports;
        self
    }

    /// What the configuration at the root says of another tool.
    pub(super) fn of_tool(&self, tool: &str) -> ImportSettings {
        self.import_settings.get(tool).cloned().unwrap_or_default()
    }

    /// Lets a watchdog see which files are being analysed.
    #[must_use]
    pub fn with_watch(mut self, watch: Watch) -> Self {
        self.watch = watch;
        self
    }

    /// Lets the analysis of every file fail as a defect of scrubin would. For the self-test, which shows what a review
    /// says then.
    #[must_use]
    pub fn failing_everywhere(mut self) -> Self {
        self.fails = true;
        self
    }

    /// Whether a profile asks for a second person to excuse an error.
    pub fn wants_second_person(&self) -> bool {
        self.settings.policy.wants_second_person()
    }

    /// Most bytes of a file that is read.
    pub fn file_bytes(&self) -> u64 {
        u64::try_from(self.limits.file_bytes).unwrap_or(u64::MAX)
    }
}

/// All rules there are, by name and as the profile looks at them, those about deviations included.
pub fn known_rules(ruleset: &Ruleset) -> (RuleNames, Vec<RuleFacts>) {
    let mut names = RuleNames::default();
    let mut facts = Vec::with_capacity(ruleset.rules.len());
    for rule in &ruleset.rules {
        let head = rule.head();
        let others =
            std::iter::once(head.slug.as_str()).chain(head.aliases.iter().map(String::as_str));
        names.insert(&head.id, head.severity, others);
        facts.push(RuleFacts {
            id: head.id.clone(),
            slug: head.slug.clone(),
            severity: head.severity,
            precision: head.precision,
            status: head.status,
        });
    }
    for info in triage::rules().into_iter().chain(vendored::change_rules()) {
        names.insert(&info.id, info.severity, [info.slug.as_str()]);
        facts.push(RuleFacts {
            id: info.id,
            slug: info.slug,
            severity: info.severity,
            precision: info.precision,
            status: info.status,
        });
    }
    (names, facts)
}

/// How the project names its interrupt handlers, by `c.isr-names` and by the profile.
fn isr_names(config: &Config) -> Vec<String> {
    let of_profile = config
        .profile
        .iter()
        .filter_map(|profile| profile.software.isr_patterns.as_ref());
    let mut names = config.c.isr_names.clone();
    names.extend(of_profile.flatten().cloned());
    names
}

/// By what the arguments make a review weaker than the repository's own configuration asks; empty where none do.
fn weaker(
    configs: &Configs,
    arguments: &Thresholds,
    whole: bool,
    (policy, names, facts): (&Policy, &RuleNames, &[RuleFacts]),
) -> Result<Vec<String>, PrepareError> {
    let own = configs.own.as_deref().unwrap_or(configs);
    let asked = PolicyOptions {
        usual_precision: arguments.usual_precision,
        ..PolicyOptions::default()
    };
    let mut weaker = Vec::new();
    if configs.own.is_some() && own.root.text() != configs.root.text() {
        let of = |config: &Config| match config.path() {
            "" => "none".to_owned(),
            path => format!("`{path}`"),
        };
        weaker.push(format!(
            "the configuration is {}, where the repository's own is {}",
            of(&configs.root),
            of(&own.root)
        ));
    }
    let is_changed =
        configs.own.is_some() || arguments.precision.is_some() || arguments.fail_on.is_some();
    if is_changed {
        let asked = Policy::new(&own.root, &own.nested, names, facts, asked)?;
        let change = changes(&asked, policy, facts);
        let lowered = change.rules.iter().filter(|switch| switch.is_lowered());
        match lowered.count() {
            0 => {}
            1 => weaker.push("1 rule is off or of a lower severity".to_owned()),
            rules => weaker.push(format!("{rules} rules are off or of a lower severity")),
        }
        let others = change.others.into_iter().filter(|(_, lowers)| *lowers);
        weaker.extend(others.map(|(text, _)| text));
    }
    let asked = own.root.check.scope.unwrap_or(Scope::New);
    let scope = arguments.scope.unwrap_or(asked);
    // A review of a whole tree has the widest scope, whatever is asked for.
    if !whole && !scope.holds(asked) {
        let (asked, scope) = (asked.as_str(), scope.as_str());
        weaker.push(format!("`check.scope`: {asked} to {scope}"));
    }
    Ok(weaker)
}

/// What holds on the side of the change that is not in force. One that cannot be used, because it
/// names a rule that is gone, say, counts as none.
fn other_side(
    configs: &Configs,
    names: &RuleNames,
    facts: &[RuleFacts],
    options: PolicyOptions,
) -> Result<Policy, ConfigError> {
    let of = |configs: &Configs| Policy::new(&configs.root, &configs.nested, names, facts, options);
    of(configs).or_else(|_| of(&Configs::default()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::config::profile::{Act, ROWS, unshipped_names};
    use crate::review::ruleset::builtin;

    #[test]
    fn the_table_of_profiles_names_rules_by_their_code_and_slug() {
        let (_, facts) = known_rules(&builtin().unwrap());
        assert_eq!(unshipped_names(&facts), [""; 0]);
        let single = ROWS
            .iter()
            .flat_map(|row| row.acts)
            .flat_map(Act::names)
            .filter_map(|name| name.split_once(' '));
        for (code, slug) in single {
            let rule = facts.iter().find(|rule| rule.id.as_str() == code).unwrap();
            assert_eq!(rule.slug, slug, "{code}");
        }
    }
}
