//! The file of those who may sign: keys, and what each of them may be used for.
//!
//! The form of `allowed_signers` is that of ssh-keygen(1), "ALLOWED SIGNERS": principals, options, key.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::keys::{KeyError, VerifyingKey};

/// What signatures of records are called where a key is for some uses only (`namespaces="scrubin"`).
const NAMESPACE: &str = "scrubin";

/// Kinds of keys; what stands before one in a line are principals and options.
const KINDS: [&str; 4] = ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"];

/// What a file says of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Grant {
    /// Whose key it is, as written; empty where nobody says.
    pub(super) principals: String,
    /// Patterns of what it may sign; none: anything.
    namespaces: Option<String>,
    /// First moment it holds.
    after: Option<DateTime<Utc>>,
    /// Last moment it holds.
    before: Option<DateTime<Utc>>,
}

impl Grant {
    /// Whether the key may sign records at a time (RFC 3339; none where the signed thing has no time).
    ///
    /// # Errors
    /// A clause that says why not.
    pub(super) fn allows(&self, time: Option<&str>) -> Result<(), String> {
        if let Some(namespaces) = &self.namespaces
            && !is_listed(NAMESPACE, namespaces)
        {
            return Err(format!(
                "is for the namespaces \"{namespaces}\" and not for records (\"{NAMESPACE}\")"
            ));
        }
        if self.after.is_none() && self.before.is_none() {
            return Ok(());
        }
        let Some(time) = time else {
            return Ok(());
        };
        let Ok(at) = DateTime::parse_from_rfc3339(time) else {
            return Err(format!("holds for a time only, and `{time}` is none"));
        };
        match (self.after, self.before) {
            (Some(after), _) if at < after => Err(format!("holds from {after}, not at {time}")),
            (_, Some(before)) if at > before => Err(format!("held until {before}, not at {time}")),
            _ => Ok(()),
        }
    }
}

/// Why none of what a file says of a key lets it sign at a time; none where one does.
pub(super) fn refusal(key: &str, grants: &[Grant], time: Option<&str>) -> Option<String> {
    let mut why = None;
    for grant in grants {
        match grant.allows(time) {
            Ok(()) => return None,
            Err(refused) => why = Some(format!("the key {key} {refused}")),
        }
    }
    why
}

/// Reads public keys: a PEM file, or lines as in `authorized_keys` (`ssh-ed25519 AAAA... comment`) or
/// in `allowed_signers`. Blank lines and `#` comments are passed over.
///
/// # Errors
/// A line that is no ed25519 key or limits its key in a way that is not understood, by its number; a file
/// without a key.
pub fn verifying_keys(text: &str) -> Result<Vec<VerifyingKey>, KeyError> {
    if text.contains("BEGIN PUBLIC KEY") {
        return Ok(vec![VerifyingKey::from_pem(text)?]);
    }
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        keys.push(of_line(line).map_err(|source| KeyError::Line {
            line: index + 1,
            source: Box::new(source),
        })?);
    }
    if keys.is_empty() {
        return Err(KeyError::None);
    }
    Ok(keys)
}

fn of_line(line: &str) -> Result<VerifyingKey, KeyError> {
    let is_key = |text: &str| KINDS.iter().any(|kind| text.starts_with(kind));
    let mut grant = Grant::default();
    let mut rest = line;
    if !is_key(rest) {
        let (principals, after) = field(rest)?;
        grant.principals = principals.trim_matches('"').to_owned();
        rest = after;
    }
    if !is_key(rest) && !rest.is_empty() {
        let (options, after) = field(rest)?;
        for option in split_outside_quotes(options) {
            read_option(option, &mut grant)?;
        }
        rest = after;
    }
    if !is_key(rest) {
        let what =
            "a line is `NAME OPTIONS ssh-ed25519 AAAA...`, names and options may be left out";
        return Err(KeyError::Broken(what.to_owned()));
    }
    let kind = rest.split_whitespace().next().unwrap_or_default();
    if kind != "ssh-ed25519" {
        return Err(KeyError::Kind(kind.to_owned()));
    }
    VerifyingKey::from_openssh(rest, grant)
}

/// The text up to the first blank outside of quotes, and what follows.
fn field(text: &str) -> Result<(&str, &str), KeyError> {
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => {
                let (field, rest) = text.split_at(at);
                return Ok((field, rest.trim_start()));
            }
            _ => {}
        }
    }
    match quoted {
        true => Err(KeyError::Option(
            "a quotation mark is not closed".to_owned(),
        )),
        false => Ok((text, "")),
    }
}

fn split_outside_quotes(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character| {
        if character == '"' {
            quoted = !quoted;
        }
        character == ',' && !quoted
    })
}

fn read_option(option: &str, grant: &mut Grant) -> Result<(), KeyError> {
    let (name, value) = match option.split_once('=') {
        Some((name, value)) => (name, Some(value.trim_matches('"'))),
        None => (option, None),
    };
    let refused = |text: String| Err(KeyError::Option(text));
    match (name.to_ascii_lowercase().as_str(), value) {
        ("namespaces", Some(value)) => grant.namespaces = Some(value.to_owned()),
        ("valid-after", Some(value)) => grant.after = Some(moment(name, value)?),
        ("valid-before", Some(value)) => grant.before = Some(moment(name, value)?),
        ("cert-authority", _) => {
            return refused(
                "certificates are not read: write the key itself in place of `cert-authority`"
                    .to_owned(),
            );
        }
        _ => {
            return refused(format!(
                "`{option}` is no option of a signer: there are namespaces=\"...\", valid-after=\"...\" and \
                 valid-before=\"...\""
            ));
        }
    }
    Ok(())
}

/// `20270131Z`, `202701311200Z` or `20270131120000Z`. Without `Z` it is the time of whichever machine reads it,
/// so that the same log would hold on one and not on another.
fn moment(name: &str, value: &str) -> Result<DateTime<Utc>, KeyError> {
    let odd = || {
        let text = format!("`{name}={value}`: write the day in UTC, such as {name}=\"20270131Z\"");
        KeyError::Option(text)
    };
    let digits = value.strip_suffix('Z').ok_or_else(odd)?;
    let full = match digits.len() {
        8 => format!("{digits}000000"),
        12 => format!("{digits}00"),
        _ => digits.to_owned(),
    };
    NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%S")
        .map(|time| time.and_utc())
        .map_err(|_| odd())
}

/// Whether a name fits a list of patterns (`*`, `?`, `!` for "not") as OpenSSH reads it: one has to fit, and none
/// that begins with `!` may.
fn is_listed(name: &str, patterns: &str) -> bool {
    let mut found = false;
    for pattern in patterns.split(',').map(str::trim) {
        match pattern.strip_prefix('!') {
            Some(not) if fits(name.as_bytes(), not.as_bytes()) => return false,
            Some(_) => {}
            None => found |= fits(name.as_bytes(), pattern.as_bytes()),
        }
    }
    found
}

fn fits(name: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut of) = (0, 0);
    // Where the last `*` stands, and up to where it reaches.
    let mut star = None;
    while let Some(byte) = name.get(at) {
        match pattern.get(of) {
            Some(b'*') => {
                star = Some((of, at));
                of += 1;
            }
            Some(one) if *one == b'?' || one == byte => (at, of) = (at + 1, of + 1),
            _ => {
                let Some((place, reached)) = star else {
                    return false;
                };
                star = Some((place, reached + 1));
                (at, of) = (reached + 1, place + 1);
            }
        }
    }
    pattern.iter().skip(of).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::super::keys::SigningKey;
    use super::*;

    fn line(before: &str) -> String {
        let key = SigningKey::from_seed([7; 32]).verifying();
        format!("{before}{} a comment\n", key.to_openssh().unwrap())
    }

    fn grant(before: &str) -> Grant {
        verifying_keys(&line(before)).unwrap()[0].grant().clone()
    }

    #[test]
    fn keys_are_read_with_and_without_a_name() {
        let text = format!("# signers\n\n{}{}", line("ada@example.org "), line(""));
        let keys = verifying_keys(&text).unwrap();
        let own = SigningKey::from_seed([7; 32]).verifying();
        assert_eq!([keys[0].id(), keys[1].id()], [own.id(), own.id()]);
        assert_eq!(keys[0].grant().principals, "ada@example.org");
        assert_eq!(keys[1].grant().principals, "");
        assert_eq!(
            grant("\"ada lovelace,*@x\" ").principals,
            "ada lovelace,*@x"
        );
    }

    #[test]
    fn a_key_holds_for_its_time_and_its_uses() {
        let limited = grant("ada valid-after=\"20260101Z\",valid-before=\"202606301200Z\" ");
        assert_eq!(limited.allows(Some("2026-03-01T00:00:00Z")), Ok(()));
        let early = limited.allows(Some("2025-12-31T23:59:59Z")).unwrap_err();
        assert!(early.contains("holds from 2026-01-01"), "{early}");
        let late = limited.allows(Some("2026-06-30T12:00:01Z")).unwrap_err();
        assert!(late.contains("held until 2026-06-30"), "{late}");
        assert!(limited.allows(Some("yesterday")).is_err());
        assert_eq!(limited.allows(None), Ok(()));
        for (namespaces, is_for_records) in [
            ("scrubin", true),
            ("git,scrubin", true),
            ("*", true),
            ("scr?bi*", true),
            ("git", false),
            ("*,!scrubin", false),
            ("", false),
        ] {
            let of_file = grant(&format!("ada namespaces=\"{namespaces}\" "));
            assert_eq!(of_file.allows(None).is_ok(), is_for_records, "{namespaces}");
        }
    }

    #[test]
    fn one_line_of_several_for_a_key_is_enough() {
        let grants = [grant("ada namespaces=\"git\" "), grant("ada ")];
        assert_eq!(refusal("K", &grants, None), None);
        let why = refusal("K", &grants[..1], None).unwrap();
        assert!(
            why.starts_with("the key K is for the namespaces \"git\""),
            "{why}"
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line() {
        let error = |text: &str| verifying_keys(text).unwrap_err().to_string();
        assert_eq!(error("# nothing\n"), "there is no public key in it");
        assert!(error("\nssh-rsa AAAA bob\n").starts_with("line 2: this is a key of kind ssh-rsa"));
        assert!(error("ada sk-ssh-ed25519@openssh.com AAAA\n").contains("kind sk-ssh-ed25519"));
        assert!(error("hello\n").starts_with("line 1: this is no key"));
        for (option, part) in [
            ("cert-authority", "certificates"),
            ("valid-after=20260101", "UTC"),
            ("valid-before=\"2026Z\"", "UTC"),
            ("touch-required", "no option of a signer"),
            ("namespaces", "no option of a signer"),
            ("namespaces=\"git", "not closed"),
        ] {
            let said = error(&format!("\n{}", line(&format!("ada {option} "))));
            assert!(
                said.starts_with("line 2: ") && said.contains(part),
                "{said}"
            );
        }
    }
}
