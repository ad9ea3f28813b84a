//! What people may say to scrubin in a discussion. Pure.
//!
//! ```text
//! scrubin accept REASON [until DATE] [ticket ID]
//! scrubin false-positive REASON
//! scrubin withdraw
//! scrubin explain
//! scrubin recheck
//! ```
//! The command is the first line that starts with the word; `@scrubin` and `/scrubin` do as well. Lines
//! that quote somebody else are never commands.

use chrono::NaiveDate;

use crate::triage;

/// Longest reason, in characters.
const REASON_LIMIT: usize = 1_000;

/// Longest ticket, in characters.
const TICKET_LIMIT: usize = 100;

/// Something asked of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Take the risk of a finding. Without a reason: agree with what another person proposed.
    Accept {
        /// Why it is safe; empty to agree.
        reason: String,
        /// Last day it holds (UTC).
        until: Option<NaiveDate>,
        /// Ticket or risk-file id.
        ticket: Option<String>,
    },
    /// Call a finding wrong. Without a reason: agree with what another person proposed.
    FalsePositive {
        /// Why; empty to agree.
        reason: String,
    },
    /// Take back what was decided.
    Withdraw,
    /// Say more about the rule.
    Explain,
    /// Review again.
    Recheck,
}

/// A command that cannot be done as it is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Not one of ours.
    #[error("`{word}` is no command of mine")]
    Unknown {
        /// As written.
        word: String,
    },
    /// Too short for another person to judge.
    #[error("a reason has to be a sentence that another person can judge")]
    Reason,
    /// Too long.
    #[error("the {what} is longer than {limit} characters")]
    TooLong {
        /// Which part.
        what: &'static str,
        /// How long it may be.
        limit: usize,
    },
    /// No day, or one that is over.
    #[error("`{text}` is no day to come: write `until YYYY-MM-DD`")]
    Day {
        /// As written.
        text: String,
    },
}

/// Whether a comment may hold a command, so that it is worth a job.
pub fn speaks(body: &str) -> bool {
    line(body).is_some()
}

/// The words of the first line that speaks to us, without our name.
fn line(body: &str) -> Option<&str> {
    body.lines().find_map(|line| {
        // Four blanks are code in markdown, `>` a quotation.
        if line.starts_with("    ") || line.starts_with('\t') {
            return None;
        }
        let line = line.trim();
        let line = line.strip_prefix(['@', '/']).unwrap_or(line);
        let name = line.get(.."scrubin".len())?;
        let rest = line.get("scrubin".len()..)?;
        let is_name = name.eq_ignore_ascii_case("scrubin");
        let ends = rest.is_empty() || rest.starts_with([' ', '\t', ':', ',']);
        (is_name && ends).then(|| rest.trim_start_matches([' ', '\t', ':', ',']))
    })
}

/// The command in a comment; `None` if nothing in it speaks to us. `today` is in UTC.
pub fn parse(body: &str, today: NaiveDate) -> Option<Result<Command, CommandError>> {
    let line = line(body)?;
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    Some(match word.to_ascii_lowercase().as_str() {
        "accept" => accept(rest.trim(), today),
        "false-positive" | "false_positive" | "fp" => {
            reason(rest.trim()).map(|reason| Command::FalsePositive { reason })
        }
        "withdraw" => Ok(Command::Withdraw),
        "explain" => Ok(Command::Explain),
        "recheck" => Ok(Command::Recheck),
        _ => Err(CommandError::Unknown {
            word: word.chars().take(40).collect(),
        }),
    })
}

/// A reason is empty, which agrees, or a sentence.
fn reason(text: &str) -> Result<String, CommandError> {
    if text.chars().count() > REASON_LIMIT {
        return Err(CommandError::TooLong {
            what: "reason",
            limit: REASON_LIMIT,
        });
    }
    if text.is_empty() || triage::is_sentence(text) {
        return Ok(text.to_owned());
    }
    Err(CommandError::Reason)
}

/// `REASON [until DATE] [ticket ID]`: the two stand at the end, in either order.
fn accept(text: &str, today: NaiveDate) -> Result<Command, CommandError> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let (mut until, mut ticket) = (None, None);
    loop {
        match words.as_slice() {
            [.., key, value] if key.eq_ignore_ascii_case("until") && until.is_none() => {
                let day = NaiveDate::parse_from_str(value, "%Y-%m-%d").ok();
                let day = day.filter(|day| *day >= today && value.len() == 10);
                until = Some(day.ok_or_else(|| CommandError::Day {
                    text: value.chars().take(40).collect(),
                })?);
            }
            [.., key, value] if key.eq_ignore_ascii_case("ticket") && ticket.is_none() => {
                if value.chars().count() > TICKET_LIMIT {
                    return Err(CommandError::TooLong {
                        what: "ticket",
                        limit: TICKET_LIMIT,
                    });
                }
                ticket = Some((*value).to_owned());
            }
            _ => break,
        }
        words.truncate(words.len().saturating_sub(2));
    }
    Ok(Command::Accept {
        reason: reason(&words.join(" "))?,
        until,
        ticket,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 30).unwrap()
    }

    fn read(body: &str) -> Option<Result<Command, CommandError>> {
        parse(body, today())
    }

    #[test]
    fn an_acceptance_has_reason_day_and_ticket() {
        let wanted = Command::Accept {
            reason: "the length was checked in parse_header".to_owned(),
            until: NaiveDate::from_ymd_opt(2027, 6, 30),
            ticket: Some("RISK-41".to_owned()),
        };
        for body in [
            "scrubin accept the length was checked in parse_header until 2027-06-30 ticket RISK-41",
            "Thanks!\n\n@scrubin accept the length was checked in parse_header ticket RISK-41 until 2027-06-30\r\n",
            "/Scrubin: ACCEPT the length  was checked in parse_header until 2027-06-30 ticket RISK-41",
        ] {
            assert_eq!(read(body), Some(Ok(wanted.clone())), "{body}");
        }
    }

    #[test]
    fn quotations_code_and_other_words_do_not_speak() {
        for body in [
            "> scrubin recheck",
            "    scrubin recheck",
            "scrubins",
            "I like scrubin",
            "",
            "`scrubin recheck`",
        ] {
            assert_eq!(read(body), None, "{body:?}");
        }
        assert_eq!(read("scrubin recheck"), Some(Ok(Command::Recheck)));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let error = |body: &str| read(body).unwrap().unwrap_err();
        assert_eq!(error("scrubin accept fine"), CommandError::Reason);
        assert_eq!(
            error("scrubin"),
            CommandError::Unknown {
                word: String::new()
            }
        );
        for day in ["2026-11-29", "tomorrow", "2027-2-3", "2027-02-30"] {
            let body = format!("scrubin accept the length was checked before until {day}");
            assert_eq!(
                error(&body),
                CommandError::Day {
                    text: day.to_owned()
                }
            );
        }
        let long = format!("scrubin false-positive {}", "really ".repeat(200));
        assert!(matches!(error(&long), CommandError::TooLong { .. }));
        assert_eq!(
            read("scrubin accept"),
            Some(Ok(Command::Accept {
                reason: String::new(),
                until: None,
                ticket: None
            }))
        );
    }
}
