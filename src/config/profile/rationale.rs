//! The rationale of a profile, one page of markdown for the design history file.

use super::describe::Switch;
use super::mapping::{ROWS, Row};
use super::model::{Profile, SafetyClass};
use super::questions::QUESTIONS;
use super::scout::{Evidence, Guess, Guesses};
use crate::config::Lowered;

/// What the page tells beside the profile.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// What the repository suggested.
    pub guesses: &'c Guesses,
    /// Rules whose severity is not their own, with the facts that cause it.
    pub switches: &'c [(Switch, Vec<String>)],
    /// What weighs less than it would.
    pub lowered: &'c [Lowered],
    /// Rules that the table names and that do not exist.
    pub unshipped: &'c [&'static str],
    /// Files read, and files there are of interest.
    pub files: (usize, usize),
    /// Name and version of the tool.
    pub tool: &'c str,
}

/// Renders the page; ends with a line feed. Same answers and repository, same bytes.
pub fn markdown(profile: &Profile, context: &Context<'_>) -> String {
    let device = profile.device.as_deref().unwrap_or("this device");
    let mut out = format!(
        "# Security profile of {}\n\nWhy the code of this device is reviewed as it is: a record for the design history file, \
         written by `scrubin init` ({}) together with `[profile]` in `scrubin.toml`. It is evidence for a decision, not a \
         proof that it was right: somebody has to read and approve it.\n\n## Level\n\n{}\n\n",
        plain(device),
        context.tool,
        plain(&profile.leveled().sentence())
    );
    let (read, all) = context.files;
    out.push_str(&format!(
        "## Questions and answers\n\nWhat nobody knew counts as yes. Guesses come from {read} of {all} files of interest.\n\n\
         | question | answer | by | on | how | evidence in the repository |\n| --- | --- | --- | --- | --- | --- |\n"
    ));
    for question in &QUESTIONS {
        if question.is_needless(profile) {
            continue;
        }
        let reply = question.reply(profile);
        let answer = match &reply {
            Some(reply) => reply.words(),
            None => "not answered".to_owned(),
        };
        let stamp = profile
            .answered
            .get(question.name)
            .cloned()
            .unwrap_or_default();
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            plain(question.text),
            plain(&answer),
            plain(&stamp.by),
            plain(&stamp.on),
            plain(&stamp.how),
            plain(&evidence(context.guesses, question.name, &answer))
        ));
    }
    out.push_str("\n## What follows\n\n| fact | effect |\n| --- | --- |\n");
    for row in holding(profile) {
        let acts: Vec<String> = row.acts.iter().map(|act| act.words()).collect();
        out.push_str(&format!("| {} | {} |\n", row.facts(), acts.join("; ")));
    }
    out.push_str("\n### Rules whose severity changes\n\n");
    if context.switches.is_empty() {
        out.push_str("None.\n");
    } else {
        out.push_str("| rule | default | here | because |\n| --- | --- | --- | --- |\n");
        for (switch, because) in context.switches {
            let word = |severity: Option<crate::finding::Severity>| {
                severity.map_or("off", crate::finding::Severity::as_str)
            };
            out.push_str(&format!(
                "| `{}` | {} | {} | {} |\n",
                switch.rule,
                word(switch.from),
                word(switch.to),
                plain(&because.join("; "))
            ));
        }
    }
    out.push_str("\n### Lowered\n\n");
    if context.lowered.is_empty() {
        out.push_str("Nothing weighs less than the rules themselves and the profile ask for.\n");
    }
    for one in context.lowered {
        let what = if one.rule.is_empty() {
            "the level"
        } else {
            one.rule.as_str()
        };
        out.push_str(&format!(
            "- `{what}` from {} to {}: {}\n",
            one.from,
            one.to,
            plain(if one.reason.is_empty() {
                "no reason given"
            } else {
                &one.reason
            })
        ));
    }
    out.push_str("\n## What is left out\n\n");
    let software = &profile.software;
    for (name, globs, what) in [
        (
            "SOUP",
            &software.soup,
            "findings go to the SOUP risk list and do not block",
        ),
        ("tests", &software.test, "rules about secrets alone"),
        (
            "host tools",
            &software.host_tools,
            "rules about secrets alone",
        ),
        (
            "production line",
            &software.factory,
            "rules about secrets alone",
        ),
    ] {
        let patterns: Vec<String> = globs
            .iter()
            .flat_map(|globs| globs.patterns())
            .map(|glob| format!("`{}`", glob.as_str()))
            .collect();
        if !patterns.is_empty() {
            out.push_str(&format!("- {name} ({what}): {}\n", patterns.join(", ")));
        }
    }
    if !context.unshipped.is_empty() {
        let names: Vec<String> = context
            .unshipped
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        out.push_str(&format!(
            "- rules that the table of profiles names and that this version does not have: {}\n",
            names.join(", ")
        ));
    }
    out.push_str(
        "- MISRA as a whole, timing, and everything a rule cannot see: the reports list what was not analysed.\n",
    );
    out
}

/// The rows that hold for some class of the profile's software, those about kinds of folders where
/// there are any.
fn holding(profile: &Profile) -> impl Iterator<Item = &'static Row> + use<'_> {
    let classes = profile.classes();
    ROWS.iter().filter(move |row| {
        classes.iter().any(|class: &SafetyClass| {
            row.when.iter().all(|fact| fact.holds(profile, *class)) && !row.acts.is_empty()
        })
    })
}

/// What the repository says of a question, with the guess where it is not the answer that counts.
fn evidence(guesses: &Guesses, question: &str, answer: &str) -> String {
    let Some(guess) = guesses.get(question) else {
        return String::new();
    };
    let guessed = guess.reply.words();
    let found = found(guess);
    if guessed == answer || found.is_empty() {
        return found;
    }
    format!("speaks for {guessed}: {found}")
}

fn found(guess: &Guess) -> String {
    if guess.evidence.is_empty() {
        return match guess.reply {
            super::Reply::No => format!("none in {} files", guess.count),
            _ => String::new(),
        };
    }
    let words: Vec<String> = guess.evidence.iter().map(Evidence::words).collect();
    let more = guess.count.saturating_sub(words.len());
    let more = if more > 0 {
        format!(", {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", words.join(", "))
}

/// Text of others in a cell of a table: on one line, without markup.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => out.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '<' | '[' | ']' => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}
