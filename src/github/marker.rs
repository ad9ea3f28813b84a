//! The hidden first line by which we know our own texts again.
//!
//! An HTML comment: GitHub stores it and shows nothing. It holds names and hashes only, and counts
//! only at the very start of a text, so that a quoted comment is not taken for one of ours. Who
//! wrote the text is checked apart: a marker alone proves nothing.

use crate::finding::RuleId;
use crate::triage::Fingerprint;

/// Every marker starts so.
const OPEN: &str = "<!-- scrubin:";
const CLOSE: &str = " -->";

/// Hex digits of a fingerprint that the memory of the summary keeps.
const SHORT: usize = 16;

/// How much a comment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The first comment of a rule in a pull request: with the reason.
    Long,
    /// Later ones: effect and fix.
    Short,
}

/// What a text of ours is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// A comment on a finding.
    Finding {
        /// Its identity.
        fingerprint: Fingerprint,
        /// The rule that found it.
        rule: RuleId,
        /// How much it says.
        form: Form,
    },
    /// The reply that retires a comment.
    Retired {
        /// The head that was reviewed then.
        head: String,
    },
    /// The one summary of a pull request.
    Summary {
        /// The head it describes.
        head: String,
        /// Short forms of the fingerprints that have or had a comment.
        posted: Vec<String>,
    },
    /// The answer to something that a person asked of us.
    Answer {
        /// Number of the comment it answers.
        to: u64,
    },
    /// The body of a review.
    Review {
        /// The head that was reviewed.
        head: String,
    },
}

/// The first digits of a key with the ordinal: enough to tell the findings of one pull request
/// apart.
pub fn short(fingerprint: &Fingerprint) -> String {
    let key = fingerprint.key.get(..SHORT).unwrap_or(&fingerprint.key);
    format!("{key}:{}", fingerprint.ordinal)
}

impl Marker {
    /// The marker as the first line of a text, line feed included.
    pub fn line(&self) -> String {
        match self {
            Self::Finding {
                fingerprint,
                rule,
                form,
            } => {
                let form = match form {
                    Form::Long => "long",
                    Form::Short => "short",
                };
                format!(
                    "{OPEN}finding v1 fp={} moved={} rule={rule} form={form}{CLOSE}\n",
                    fingerprint.value(),
                    fingerprint.moved_key
                )
            }
            Self::Retired { head } => format!("{OPEN}retired v1 head={head}{CLOSE}\n"),
            Self::Summary { head, posted } => format!(
                "{OPEN}summary v1 head={head} posted={}{CLOSE}\n",
                posted.join(",")
            ),
            Self::Answer { to } => format!("{OPEN}answer v1 to={to}{CLOSE}\n"),
            Self::Review { head } => format!("{OPEN}review v1 head={head}{CLOSE}\n"),
        }
    }

    /// Reads the marker at the start of a text. Anything else is no text of ours.
    pub fn parse(body: &str) -> Option<Self> {
        let rest = body.strip_prefix(OPEN)?;
        let (inside, _) = rest.split_once(CLOSE)?;
        let mut words = inside.split(' ');
        let (kind, version) = (words.next()?, words.next()?);
        if version != "v1" {
            return None;
        }
        let pairs: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| *value)
        };
        let head = || value("head").filter(|head| is_hex(head)).map(str::to_owned);
        match kind {
            "finding" => {
                let fingerprint = fingerprint(value("fp")?, value("moved")?)?;
                Some(Self::Finding {
                    fingerprint,
                    rule: RuleId::parse(value("rule")?).ok()?,
                    form: match value("form")? {
                        "long" => Form::Long,
                        _ => Form::Short,
                    },
                })
            }
            "retired" => Some(Self::Retired { head: head()? }),
            "summary" => Some(Self::Summary {
                head: head()?,
                posted: value("posted")?
                    .split(',')
                    .filter(|one| !one.is_empty())
                    .map(str::to_owned)
                    .collect(),
            }),
            "answer" => Some(Self::Answer {
                to: value("to")?.parse().ok()?,
            }),
            "review" => Some(Self::Review { head: head()? }),
            _ => None,
        }
    }
}

/// A fingerprint from `KEY:ORDINAL` and the key without the path.
pub fn fingerprint(value: &str, moved_key: &str) -> Option<Fingerprint> {
    let (key, ordinal) = value.split_once(':')?;
    let full = |text: &str| text.len() == 64 && is_hex(text);
    (full(key) && full(moved_key)).then_some(())?;
    Some(Fingerprint {
        key: key.to_owned(),
        ordinal: ordinal.parse().ok()?,
        moved_key: moved_key.to_owned(),
    })
}

/// Whether the text is a hex number of at most 64 digits, as object names and hashes are.
pub fn is_hex(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print() -> Fingerprint {
        Fingerprint {
            key: "a1".repeat(32),
            ordinal: 2,
            moved_key: "b2".repeat(32),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let head = "c3".repeat(20);
        for marker in [
            Marker::Finding {
                fingerprint: print(),
                rule: RuleId::parse("acme/no-printf.2").unwrap(),
                form: Form::Short,
            },
            Marker::Retired { head: head.clone() },
            Marker::Summary {
                head: head.clone(),
                posted: vec![short(&print())],
            },
            Marker::Summary {
                head: head.clone(),
                posted: Vec::new(),
            },
            Marker::Review { head },
        ] {
            let body = format!("{}text", marker.line());
            assert_eq!(Marker::parse(&body), Some(marker));
        }
    }

    #[test]
    fn quoted_and_foreign_markers_are_not_ours() {
        let line = Marker::Review {
            head: "abc1234".to_owned(),
        }
        .line();
        assert_eq!(Marker::parse(&format!("> {line}")), None);
        assert_eq!(Marker::parse(&format!(" {line}")), None);
        assert_eq!(Marker::parse("<!-- other:finding v1 -->"), None);
        assert_eq!(
            Marker::parse("<!-- scrubin:finding v1 fp=zz moved= -->"),
            None
        );
        assert_eq!(Marker::parse("<!-- scrubin:review v2 head=ab -->"), None);
        assert_eq!(Marker::parse(""), None);
    }
}
