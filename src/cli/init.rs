//! `scrubin init`: the device interview → `[profile]` in `scrubin.toml`, and the page that says why.

mod ask;
mod scan;
mod write;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{InitArguments, ListFormat};
use super::failure::Failure;
use super::{Outcome, output};
use crate::change::git::{self, Repository};
use crate::config::profile::{
    self, Context, Form, Guess, Guesses, Profile, QUESTIONS, Question, Reply, Stamp, Switch,
};
use crate::config::{Config, FILE_NAME, Policy, PolicyOptions};
use crate::report::visible;
use crate::review;

/// Where the page goes if nobody says.
const RATIONALE: &str = "docs/scrubin-profile.md";

/// An answer with where it came from.
struct Answer {
    question: &'static Question,
    reply: Reply,
    how: &'static str,
}

/// Asks, and writes the profile.
pub(super) fn init(arguments: &InitArguments) -> Result<Outcome, Failure> {
    let place = Place::find()?;
    let existing = place.existing(arguments.force)?;
    let before = existing
        .as_ref()
        .and_then(|(_, config)| config.profile.clone())
        .unwrap_or_default();
    let given = match &arguments.answers {
        Some(file) => Some(answers(file)?),
        None => None,
    };
    let scanned = scan::scan(place.repository.as_ref(), &place.root)?;
    let mut guesses = scanned.guesses;
    if let Some(name) = place.root.file_name() {
        guesses.insert("device", Guess::of_text(&name.to_string_lossy()));
    }
    let is_asking = !arguments.yes && given.is_none();
    let mut profile = before.clone();
    profile.answered.clear();
    let mut all = Vec::new();
    let mut interview = is_asking.then(|| ask::Interview::begin(scanned.files));
    for (number, question) in QUESTIONS.iter().enumerate() {
        if question.is_needless(&profile) {
            continue;
        }
        let guess = guesses.get(question.name);
        let known = question.reply(&before);
        let answer = match &mut interview {
            Some(interview) => {
                interview.ask(number, question, known.as_ref(), guess, &mut profile)?
            }
            None => {
                let given = given.as_ref().and_then(|given| question.reply(given));
                unattended(question, given, known, guess)
            }
        };
        question.put(&mut profile, &answer.reply).map_err(|why| {
            Failure::message(format!(
                "the answer to `{}` does not fit: {why}",
                question.name
            ))
        })?;
        all.push(answer);
    }
    if let Some(given) = &given {
        for (asset, cia) in &given.cia {
            if let (Some(harm), Some(own)) = (&cia.harm, profile.cia.get_mut(asset)) {
                own.harm = Some(harm.clone());
            }
        }
        profile.level_reason = given.level_reason.clone().or(profile.level_reason);
    }
    settle_level(&mut profile, interview.as_mut())?;
    stamp(&mut profile, &before, &all, &place.person()?);
    let old = existing.as_ref().map(|(text, _)| text.as_str());
    let text = write::with_profile(old, &profile::render(&profile))?;
    let result = Made::new(&profile, &text, &place, arguments)?;
    let page = profile::rationale(
        &profile,
        &Context {
            guesses: &guesses,
            switches: &result.switches,
            lowered: &result.policy.lowered(),
            unshipped: &result.unshipped,
            files: scanned.files,
            tool: concat!("scrubin ", env!("CARGO_PKG_VERSION")),
        },
    );
    let mut files = [
        Planned::new(result.rationale.clone(), page),
        Planned::new(place.root.join(FILE_NAME), text),
    ];
    if !arguments.dry_run {
        for file in &mut files {
            file.done = Some(write::write(&file.path, &file.text)?);
        }
    }
    result.show(arguments, &profile, &all, &guesses, &files)?;
    Ok(Outcome::Passed)
}

/// The repository, or the current folder.
struct Place {
    repository: Option<Repository>,
    root: PathBuf,
}

impl Place {
    fn find() -> Result<Self, Failure> {
        let here = std::env::current_dir()
            .map_err(|error| Failure::new(error).doing("read the current folder"))?;
        let repository = match Repository::discover(&here) {
            Ok(repository) => Some(repository),
            Err(git::Error::NotARepository { .. } | git::Error::GitMissing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let root = match &repository {
            Some(repository) => repository.work_tree()?.to_path_buf(),
            None => here,
        };
        Ok(Self { repository, root })
    }

    /// The configuration there is, unless it is to be overwritten.
    fn existing(&self, force: bool) -> Result<Option<(String, Config)>, Failure> {
        let path = self.root.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::new(error).doing(&format!("read `{}`", path.display())));
            }
        };
        if force {
            return Ok(None);
        }
        let config = Config::parse(&text, FILE_NAME).map_err(|error| {
            Failure::from(error).with_help("repair it, or overwrite it with `--force`")
        })?;
        Ok(Some((text, config)))
    }

    /// Who answers: as git knows the person.
    fn person(&self) -> Result<String, Failure> {
        let Some(repository) = &self.repository else {
            return Ok(user());
        };
        let name = repository.config("user.name")?.unwrap_or_default();
        let address = repository.config("user.email")?.unwrap_or_default();
        Ok(match (name.is_empty(), address.is_empty()) {
            (true, true) => user(),
            (false, true) => name,
            (true, false) => format!("<{address}>"),
            (false, false) => format!("{name} <{address}>"),
        })
    }
}

fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    named("USER")
        .or_else(|| named("USERNAME"))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn answers(file: &Path) -> Result<Profile, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(error).doing(&format!("read the answers `{}`", file.display()))
    })?;
    Ok(Config::parse_answers(&text, &file.display().to_string())?)
}

/// The answer where nobody is asked: the given one, the one there was, the guess; else nobody knows.
fn unattended(
    question: &'static Question,
    given: Option<Reply>,
    known: Option<Reply>,
    guess: Option<&Guess>,
) -> Answer {
    let (reply, how) = match (given, known, guess) {
        (Some(reply), _, _) => (reply, "answers file"),
        (None, Some(reply), _) => match reply {
            // Nothing was written there.
            Reply::Text(text) if text.is_empty() => (Reply::Text(text), "accepted guess"),
            reply => (reply, "as it was in scrubin.toml"),
        },
        (None, None, Some(guess)) => (guess.reply.clone(), "accepted guess"),
        // Nothing to leave out, nothing to add: no guess is one.
        (None, None, None) if is_plain(question) => (Reply::Text(String::new()), "accepted guess"),
        (None, None, None) => (Reply::Unknown, "assumed"),
    };
    Answer {
        question,
        reply,
        how,
    }
}

/// Whether no answer means none.
fn is_plain(question: &Question) -> bool {
    matches!(question.form, Form::Paths | Form::List) && question.name != "software.languages"
        || question.name == "level"
}

/// Makes sure that a lowered level has a reason.
fn settle_level(
    profile: &mut Profile,
    interview: Option<&mut ask::Interview>,
) -> Result<(), Failure> {
    let leveled = profile.leveled();
    if !leveled.is_lowered() {
        if profile.level == Some(leveled.computed) {
            profile.level = None;
        }
        profile.level_reason = None;
        return Ok(());
    }
    if leveled.chosen_because.is_some() {
        return Ok(());
    }
    let problem = format!(
        "the level is lowered from {} ({}) to {} without a reason",
        leveled.computed.as_str(),
        leveled.because,
        leveled.level.as_str()
    );
    match interview {
        Some(interview) => {
            profile.level_reason = Some(interview.reason(&problem)?);
            Ok(())
        }
        None => Err(Failure::message(problem)
            .with_help("add `level-reason = \"...\"` to the answers, or leave `level` out")),
    }
}

/// Says who answered what; an answer that did not change keeps its name and date.
fn stamp(profile: &mut Profile, before: &Profile, all: &[Answer], person: &str) {
    let today = chrono::Utc::now().date_naive().to_string();
    for answer in all {
        let name = answer.question.name;
        let is_same = answer.question.reply(before) == answer.question.reply(profile);
        let stamp = match before.answered.get(name) {
            Some(stamp) if is_same => stamp.clone(),
            _ => Stamp {
                by: person.to_owned(),
                on: today.clone(),
                how: answer.how.to_owned(),
            },
        };
        profile.answered.insert(name.to_owned(), stamp);
    }
}

/// What the new profile does.
struct Made {
    policy: Policy,
    switches: Vec<(Switch, Vec<String>)>,
    unshipped: Vec<&'static str>,
    rationale: PathBuf,
}

impl Made {
    fn new(
        profile: &Profile,
        text: &str,
        place: &Place,
        arguments: &InitArguments,
    ) -> Result<Self, Failure> {
        let config = Config::parse(text, FILE_NAME)?;
        debug_assert_eq!(config.profile.as_ref(), Some(profile));
        let mut ruleset = review::builtin()?;
        let folders = config.rule_folders.iter();
        let own: Vec<PathBuf> = folders.map(|folder| place.root.join(folder)).collect();
        if !own.is_empty() {
            ruleset.add(&own, false)?;
        }
        let (names, facts) = review::known_rules(&ruleset);
        let policy = Policy::new(&config, &[], &names, &facts, PolicyOptions::default())
            .map_err(|error| {
                Failure::from(error).with_help(
                    "nothing was written: say why in scrubin.toml first, or leave the severity to the profile",
                )
            })?;
        let mut switches = Vec::new();
        for rule in &facts {
            let explained = policy.explain(None, rule);
            if explained.severity != Some(rule.severity) {
                let switch = Switch {
                    rule: rule.id.clone(),
                    folder: String::new(),
                    from: Some(rule.severity),
                    to: explained.severity,
                };
                switches.push((switch, explained.because));
            }
        }
        switches.sort_by(|left, right| left.0.rule.cmp(&right.0.rule));
        Ok(Self {
            policy,
            switches,
            unshipped: profile::unshipped_names(&facts),
            rationale: match &arguments.rationale {
                Some(file) => file.clone(),
                None => place.root.join(RATIONALE),
            },
        })
    }

    /// Tells the result.
    fn show(
        &self,
        arguments: &InitArguments,
        profile: &Profile,
        all: &[Answer],
        guesses: &Guesses,
        files: &[Planned; 2],
    ) -> Result<(), Failure> {
        let leveled = profile.leveled();
        let raised = self
            .switches
            .iter()
            .filter(|(one, _)| one.to > one.from)
            .count();
        let lowered = self.policy.lowered();
        if arguments.format == ListFormat::Json {
            let document = Document {
                level: leveled.level.as_str(),
                reason: leveled.sentence(),
                answers: all
                    .iter()
                    .map(|answer| part(answer, profile, guesses))
                    .collect(),
                raised: raised as u64,
                lowered: lowered.len() as u64,
                files: files
                    .iter()
                    .map(|file| FilePart {
                        path: file.path.display().to_string(),
                        state: file.done.map_or("not written", write::Done::word),
                        text: arguments.dry_run.then_some(&file.text),
                    })
                    .collect(),
            };
            let text = serde_json::to_string_pretty(&document).unwrap_or_default();
            return output::text(&format!("{}\n", visible::json(text)));
        }
        if arguments.dry_run {
            // The configuration alone, so that it can be piped into a file.
            output::message(&format!("scrubin: {}", leveled.sentence()));
            let [_, configuration] = files;
            return output::text(&configuration.text);
        }
        let mut out = format!("{}\n", visible::line(&leveled.sentence()));
        out.push_str(&format!(
            "{raised} rules raised, {} lowered; `scrubin rules list --profile` shows them\n",
            lowered.len()
        ));
        for file in files {
            let path = file.path.display().to_string();
            let word = file.done.map_or("not written", write::Done::word);
            out.push_str(&format!("{word} {}\n", visible::line(&path)));
        }
        out.push_str("Read both, have them approved, and commit them.\n");
        output::text(&out)
    }
}

/// A file to be written.
struct Planned {
    path: PathBuf,
    text: String,
    done: Option<write::Done>,
}

impl Planned {
    fn new(path: PathBuf, text: String) -> Self {
        Self {
            path,
            text,
            done: None,
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    level: &'static str,
    reason: String,
    answers: Vec<AnswerPart>,
    raised: u64,
    lowered: u64,
    files: Vec<FilePart<'a>>,
}

#[derive(Serialize)]
struct AnswerPart {
    question: &'static str,
    answer: String,
    how: String,
    evidence: Vec<String>,
    #[serde(rename = "evidence-count")]
    evidence_count: usize,
}

#[derive(Serialize)]
struct FilePart<'a> {
    path: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a String>,
}

fn part(answer: &Answer, profile: &Profile, guesses: &Guesses) -> AnswerPart {
    let name = answer.question.name;
    let guess = guesses.get(name);
    AnswerPart {
        question: name,
        answer: answer.reply.words(),
        how: profile
            .answered
            .get(name)
            .map_or(answer.how.to_owned(), |stamp| stamp.how.clone()),
        evidence: guess.map_or(Vec::new(), |guess| {
            guess
                .evidence
                .iter()
                .map(profile::Evidence::words)
                .collect()
        }),
        evidence_count: guess.map_or(0, |guess| guess.count),
    }
}
