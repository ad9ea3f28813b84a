//! `scrubin rules`: list, show, test, export.

use std::path::{Path, PathBuf};

use super::args::{PageFormat, RulesCommand};
use super::failure::Failure;
use super::{Outcome, controls, output, pages, selftest, source};
use crate::config::{Explained, Policy, PolicyOptions};
use crate::review::{self, Ruleset};
use crate::rules::RuleInfo;
use crate::training::measured::Measured;
use crate::training::profiled::Profiled;
use crate::training::{catalogue, lesson, listing, profiled, site};

pub(super) fn rules(command: RulesCommand) -> Result<Outcome, Failure> {
    match command {
        RulesCommand::List {
            format,
            rules,
            profile,
            at,
            config,
        } => {
            if profile {
                list_profiled(format, &rules, at.as_deref(), config.as_deref())
            } else {
                list(format, &rules)
            }
        }
        RulesCommand::Show { rule, format } => pages::explain(&rule, format),
        RulesCommand::Test { paths } => test(&paths),
        RulesCommand::Site { out } => export_site(&out),
        RulesCommand::Export { semgrep, pages } => {
            if let Some(folder) = semgrep {
                export_semgrep(&folder)?;
            }
            if let Some(folder) = pages {
                export_pages(&folder)?;
            }
            Ok(Outcome::Passed)
        }
    }
}

fn list(format: PageFormat, further: &[PathBuf]) -> Result<Outcome, Failure> {
    let mut ruleset = review::builtin()?;
    if !further.is_empty() {
        ruleset.add(further, false)?;
    }
    let infos = ruleset.told();
    let shown: Vec<&RuleInfo> = infos.iter().collect();
    let text = match format {
        PageFormat::Terminal => listing::terminal(&shown, output::page_options()),
        PageFormat::Json => listing::json(&shown),
        PageFormat::Markdown => listing::markdown(&shown),
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

/// Every rule, and what the configuration of the work tree and its profile make of it.
pub(super) struct ProjectRules {
    infos: Vec<RuleInfo>,
    explained: Vec<Option<Explained>>,
    /// The level of the profile in one sentence.
    pub(super) heading: String,
}

impl ProjectRules {
    /// Reads the configuration, and the rules of the project among the others.
    pub(super) fn read(
        further: &[PathBuf],
        at: Option<&Path>,
        config: Option<&Path>,
    ) -> Result<Self, Failure> {
        let configured = source::work_tree(config, at)?;
        let root = &configured.configs.root;
        let mut ruleset = review::builtin()?;
        let folders = root.rule_folders.iter();
        let own: Vec<PathBuf> = folders.map(|folder| configured.root.join(folder)).collect();
        if !own.is_empty() {
            ruleset.add(&own, false)?;
        }
        if !further.is_empty() {
            ruleset.add(further, false)?;
        }
        let (names, facts) = review::known_rules(&ruleset);
        let options = PolicyOptions::default();
        let policy = Policy::new(root, &configured.configs.nested, &names, &facts, options)?;
        let at = configured.at.clone();
        let infos = ruleset.told();
        let explained = infos
            .iter()
            .map(|info| {
                let rule = facts.iter().find(|rule| rule.id == info.id)?;
                Some(policy.explain(at.as_ref(), rule))
            })
            .collect();
        let heading = match policy.level_at(at.as_ref()) {
            Some(leveled) => leveled.sentence(),
            None => "There is no device profile; `scrubin init` makes one.".to_owned(),
        };
        Ok(Self {
            infos,
            explained,
            heading,
        })
    }

    /// The rules, by code.
    pub(super) fn rows(&self) -> Vec<Profiled<'_>> {
        self.infos
            .iter()
            .zip(&self.explained)
            .filter_map(|(rule, explained)| {
                let explained = explained.as_ref()?;
                Some(Profiled {
                    rule,
                    effective: explained.severity,
                    because: explained.because.clone(),
                    is_shown: explained.is_shown,
                })
            })
            .collect()
    }
}

/// The list with what the configuration of the work tree and its profile make of each rule.
fn list_profiled(
    format: PageFormat,
    further: &[PathBuf],
    at: Option<&Path>,
    config: Option<&Path>,
) -> Result<Outcome, Failure> {
    let project = ProjectRules::read(further, at, config)?;
    let (heading, rows) = (&project.heading, project.rows());
    let text = match format {
        PageFormat::Terminal => profiled::terminal(heading, &rows, output::page_options()),
        PageFormat::Json => profiled::json(&rows),
        PageFormat::Markdown => profiled::markdown(heading, &rows),
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

/// Runs the examples. A file that is no rule is an error (exit code 2).
fn test(paths: &[PathBuf]) -> Result<Outcome, Failure> {
    let ruleset = if paths.is_empty() {
        review::builtin()?
    } else {
        let mut ruleset = Ruleset::default();
        ruleset.add(paths, false)?;
        ruleset
    };
    let (count, failures) = review::check_examples(&ruleset);
    for failure in &failures {
        output::message(&selftest::line(failure));
    }
    output::text(&format!(
        "{} rules, {count} examples, {} do not hold\n",
        ruleset.rules.len(),
        failures.len()
    ))?;
    Ok(if failures.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

/// Writes the files of the built-in pattern rules: they are Semgrep's syntax as they are.
fn export_semgrep(folder: &Path) -> Result<(), Failure> {
    let sources = review::builtin_sources()?;
    for (path, text) in &sources {
        write(folder, path.strip_prefix("rulesets/").unwrap_or(path), text)?;
    }
    output::text(&format!(
        "{} rules written to {}\n",
        sources.len(),
        folder.display()
    ))
}

/// Writes the catalogue of all rules as markdown.
fn export_pages(folder: &Path) -> Result<(), Failure> {
    let infos = review::builtin()?.told();
    let shown: Vec<&RuleInfo> = infos.iter().collect();
    let pages = catalogue::pages(&shown, &Measured::embedded());
    for page in &pages {
        write(folder, &page.name, &page.text)?;
    }
    output::text(&format!(
        "{} pages written to {}\n",
        pages.len(),
        folder.display()
    ))
}

/// Writes the site of all rules and lessons.
fn export_site(folder: &Path) -> Result<Outcome, Failure> {
    let infos = review::builtin()?.told();
    let rules: Vec<&RuleInfo> = infos.iter().collect();
    let lessons = lesson::builtin().map_err(Failure::new)?;
    let files = site::site(site::Source {
        rules: &rules,
        lessons: &lessons,
        measured: &Measured::embedded(),
        clauses: &controls::clauses(&infos)?,
    });
    for file in &files {
        write(folder, &file.path, &file.text)?;
    }
    output::text(&format!(
        "{} rules and {} lessons written to {}\n",
        rules.len(),
        lessons.len(),
        folder.join("index.html").display()
    ))?;
    Ok(Outcome::Passed)
}

/// Writes a file below the folder, and the folders on the way to it.
fn write(folder: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let place = folder.join(name);
    let failed =
        |error: std::io::Error| Failure::new(error).doing(&format!("write `{}`", place.display()));
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(&place, text).map_err(failed)
}
