//! Questions on stderr, answers from stdin.

use std::io::BufRead as _;

use super::Answer;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::config::profile::{Evidence, Form, Guess, Profile, QUESTIONS, Question, Reply};
use crate::report::visible;

/// A talk with a person.
pub(super) struct Interview;

impl Interview {
    /// Says what comes.
    pub(super) fn begin((read, all): (usize, usize)) -> Self {
        output::message(&format!(
            "scrubin asks {} questions about the device; {read} of {all} files of interest were read for guesses.\n\
             Enter takes what stands in brackets, `?` explains, `d` = don't know (counts as yes), `-` = none.\n\
             Nothing is written before the last answer.",
            QUESTIONS.len()
        ));
        Self
    }

    /// Asks until an answer fits.
    pub(super) fn ask(
        &mut self,
        number: usize,
        question: &'static Question,
        known: Option<&Reply>,
        guess: Option<&Guess>,
        profile: &mut Profile,
    ) -> Result<Answer, Failure> {
        let default = match (known, guess) {
            (Some(reply), _) => reply.clone(),
            (None, Some(guess)) => guess.reply.clone(),
            (None, None) if super::is_plain(question) => Reply::Text(String::new()),
            (None, None) => Reply::Unknown,
        };
        let title = format!(
            "\n[{:>2}/{}] {}",
            number + 1,
            QUESTIONS.len(),
            question.text
        );
        output::message(&title);
        if question.name == "level" {
            output::message(&format!("        {}", profile.leveled().sentence()));
        }
        if let (None, Some(guess)) = (known, guess) {
            output::message(&format!("        guess: {}", guess_words(guess)));
        }
        loop {
            output::prompt(&format!("        [{}] ", visible::line(&default.words())));
            let line = self.line()?;
            let reply = match line.trim() {
                "" => default.clone(),
                "?" => {
                    output::message(&format!("        {}", question.help));
                    continue;
                }
                "d" | "don't know" | "dont know" | "unknown" => Reply::Unknown,
                "-" => Reply::Text(String::new()),
                "y" | "Y" | "yes" if question.form == Form::YesNo => Reply::Yes,
                "n" | "N" | "no" if question.form == Form::YesNo => Reply::No,
                text => Reply::Text(text.to_owned()),
            };
            // Tried on a copy: an answer that does not fit leaves no trace.
            match question.put(&mut profile.clone(), &reply) {
                Ok(()) => {
                    return Ok(Answer {
                        question,
                        reply,
                        how: "interview",
                    });
                }
                Err(why) => {
                    output::message(&format!("        {}; `?` explains", visible::line(&why)))
                }
            }
        }
    }

    /// Asks for a reason until there is one.
    pub(super) fn reason(&mut self, problem: &str) -> Result<String, Failure> {
        output::message(&format!("\n{problem}."));
        loop {
            output::prompt("        Why is it safe? ");
            let line = self.line()?;
            if !line.trim().is_empty() {
                return Ok(line.trim().to_owned());
            }
        }
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        let read = std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| Failure::new(error).doing("read an answer"))?;
        if read == 0 {
            return Err(Failure::message(
                "the interview ended before the last answer; nothing was written",
            )
            .with_help("`--yes` accepts the guesses, `--answers FILE` takes answers from a file"));
        }
        Ok(line)
    }
}

/// `yes, from src/ble.c:3 (host/ble_hs.h), 12 more`.
fn guess_words(guess: &Guess) -> String {
    let words = visible::line(&guess.reply.words()).into_owned();
    if guess.evidence.is_empty() {
        return match guess.reply {
            Reply::No => format!("{words}, nothing in {} files points to it", guess.count),
            _ => words,
        };
    }
    let places: Vec<String> = guess
        .evidence
        .iter()
        .map(|one: &Evidence| visible::line(&one.words()).into_owned())
        .collect();
    let more = guess.count.saturating_sub(places.len());
    let more = if more > 0 {
        format!(", {more} more")
    } else {
        String::new()
    };
    format!("{words}, from {}{more}", places.join(", "))
}
