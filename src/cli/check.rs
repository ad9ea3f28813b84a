//! `scrubin check`: the one review, from the command line.

use super::args::{CheckArguments, FailOnArgument, PrecisionArgument, ReportFormat, ScopeArgument};
use super::failure::Failure;
use super::record::{self, Change, Recorder};
use super::source::{self, Reviewed, RuleFolders};
use super::training::keep;
use super::watchdog::Watchdog;
use super::{Outcome, edits, import, output};
use crate::change::Source;
use crate::change::git::Repository;
use crate::config::{Config, Configs, FailOn, Scope};
use crate::evidence::Terms;
use crate::finding::Precision;
use crate::report::Report;
use crate::review::{self, Inputs, Prepared, Ruleset, Thresholds};
use crate::training::history::Stage;

/// Reviews what the arguments name and writes the report.
pub(super) fn check(arguments: &CheckArguments) -> Result<Outcome, Failure> {
    let watchdog = Watchdog::start(arguments.watchdog);
    let recorder = Recorder::new(arguments.record.file.as_ref(), &arguments.record.signing)?;
    let reviewed = source::open(arguments)?.watched_by(&watchdog);
    let mut configs = reviewed.configs(arguments.config.as_deref())?;
    if recorder.is_some() && arguments.config.is_some() {
        // The record says by what the review is weaker than what the repository asks for.
        let doing = "compare the configuration with that of the repository, for the record";
        let own = reviewed
            .configs(None)
            .map_err(|failure| failure.doing(doing))?;
        configs.own = Some(Box::new(own));
    }
    watchdog.set(
        arguments.watchdog.or(configs.root.limits.watchdog_seconds),
        false,
    );
    let place = match &recorder {
        Some(recorder) => Some(recorder.place(&configs.root, &reviewed.root())?),
        None => None,
    };
    let (mut report, terms) = review(&reviewed, &configs, arguments)?;
    let praise = keep(&mut report, &reviewed, &configs, keep::stage_of_check());
    if let (Some(praise), ReportFormat::Terminal) = (praise, arguments.format) {
        output::message(&format!("scrubin: {praise}"));
    }
    if let (Some(recorder), Some(place)) = (&recorder, place) {
        let change = Change {
            report: &report,
            repository: reviewed.repository.as_ref(),
            config: &configs.root,
            terms,
            request: record::request(&arguments.record),
        };
        recorder.write(&place, change)?;
    }
    if arguments.all && report.files.total == 0 {
        output::report(
            &output::render(&report, arguments),
            arguments.output.as_deref(),
        )?;
        return Err(Failure::message("no file to review was found")
            .with_help("name files or folders with C or Rust code"));
    }
    edits::print(&report, arguments)?;
    if !edits::replaces_report(arguments) {
        output::report(
            &output::render(&report, arguments),
            arguments.output.as_deref(),
        )?;
    }
    edits::help(&report, &reviewed);
    Ok(outcome(&report))
}

/// Adds a review to the local history; gives what is good to hear.
pub(super) fn keep(
    report: &mut Report,
    reviewed: &Reviewed,
    configs: &Configs,
    stage: Stage,
) -> Option<String> {
    let repository = reviewed.repository.as_ref()?;
    let ended = keep::Ended {
        repository,
        stage,
        pull: None,
        present: Some(&reviewed.change),
        whole_tree: reviewed.whole_tree,
    };
    keep::keep(report, &ended, &configs.root.training)
}

/// What the report says of the gate.
pub(super) fn outcome(report: &Report) -> Outcome {
    if report.incomplete {
        Outcome::Incomplete
    } else if report.blocks() {
        Outcome::Findings
    } else {
        Outcome::Passed
    }
}

/// The rules that the arguments and the configuration name.
pub(super) fn ruleset(
    reviewed: &Reviewed,
    config: &Config,
    arguments: &CheckArguments,
) -> Result<Ruleset, Failure> {
    let mut ruleset = if arguments.no_builtin_rules {
        Ruleset::default()
    } else {
        review::builtin()?
    };
    if !arguments.rules.is_empty() {
        ruleset.add(&arguments.rules, false)?;
    }
    match reviewed.rule_folders(config)? {
        RuleFolders::Places(places) if places.is_empty() => {}
        RuleFolders::Places(places) => ruleset.add(&places, false)?,
        RuleFolders::Texts(texts) => ruleset.add_texts(&texts, false)?,
    }
    if ruleset.rules.is_empty() {
        return Err(Failure::message("there is no rule to review with")
            .with_help("name rules with --rules, or leave out --no-builtin-rules"));
    }
    Ok(ruleset)
}

/// Reviews a change that is open already. Gives the report, and what a record says of the run where one
/// is wanted.
pub(super) fn review(
    reviewed: &Reviewed,
    configs: &Configs,
    arguments: &CheckArguments,
) -> Result<(Report, Terms), Failure> {
    let config = &configs.root;
    let whole = reviewed.change.source.is_whole();
    // Refused before the work of a review, where nothing could be written.
    let edits = edits::place(reviewed, &arguments.edits, prepared_limit(config))?;
    let ruleset = ruleset(reviewed, config, arguments)?;
    let today = chrono::Utc::now().date_naive();
    let prepared = Prepared::new(ruleset, configs, &thresholds(arguments), today, whole)?
        .with_deviations(reviewed.deviations(config)?)
        .with_closing_register(
            reviewed.change.source != Source::Staged,
            &reviewed.change.gone,
        )
        .with_baseline(reviewed.baseline(config)?)
        .with_imports(import::read(
            reviewed.repository.as_ref(),
            &arguments.imports,
        )?)
        .with_whole_tree(reviewed.whole_tree)
        .with_watch(reviewed.watch.clone());
    // The program ends soon; taking the rules apart before would be 3 % of a hook's instructions.
    let prepared = std::mem::ManuallyDrop::new(prepared);
    let reader = reviewed.reader(prepared.file_bytes());
    if whole {
        output::progress(&format!(
            "reviewing {} files ...",
            reviewed.change.files.len()
        ));
    }
    let inputs = Inputs {
        change: &reviewed.change,
        reader: &reader,
        prepared: &prepared,
        line_hashes: arguments.format == ReportFormat::Sarif,
        git_dir: reviewed.repository.as_ref().map(Repository::git_dir),
    };
    let mut report =
        review::run(&inputs).map_err(|error| Failure::new(error).doing("review the change"))?;
    if let Some(place) = edits {
        edits::apply(&inputs, &mut report, &place, &arguments.edits)?;
    }
    let terms = arguments
        .record
        .file
        .as_ref()
        .map(|_| prepared.terms(&reviewed.change));
    Ok((report, terms.unwrap_or_default()))
}

/// Most bytes of a file that is read.
fn prepared_limit(config: &Config) -> u64 {
    u64::try_from(config.limits.file_bytes).unwrap_or(u64::MAX)
}

fn thresholds(arguments: &CheckArguments) -> Thresholds {
    Thresholds {
        scope: arguments.scope.map(Scope::from),
        precision: arguments.precision.map(Precision::from),
        fail_on: arguments.fail_on.map(FailOn::from),
        only: arguments.only.clone(),
        jobs: arguments.jobs.map(usize::from),
        usual_precision: None,
    }
}

impl From<ScopeArgument> for Scope {
    fn from(scope: ScopeArgument) -> Self {
        match scope {
            ScopeArgument::New => Self::New,
            ScopeArgument::Added => Self::Added,
            ScopeArgument::Function => Self::Function,
            ScopeArgument::File => Self::File,
            ScopeArgument::All => Self::All,
        }
    }
}

impl From<PrecisionArgument> for Precision {
    fn from(precision: PrecisionArgument) -> Self {
        match precision {
            PrecisionArgument::High => Self::High,
            PrecisionArgument::Medium => Self::Medium,
            PrecisionArgument::Low => Self::Low,
        }
    }
}

impl From<FailOnArgument> for FailOn {
    fn from(fail_on: FailOnArgument) -> Self {
        match fail_on {
            FailOnArgument::Error => Self::Error,
            FailOnArgument::Warning => Self::Warning,
            FailOnArgument::Never => Self::Never,
        }
    }
}
