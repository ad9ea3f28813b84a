#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::super::entry::{Said, sign_off};
use super::super::keys::SigningKey;
use super::super::log::append;
use super::super::samples::{about, opened, record};
use super::*;

fn key() -> SigningKey {
    SigningKey::from_seed([3; 32])
}

fn review(head: &str) -> Entry {
    Entry::Review(Box::new(record(head)))
}

fn with(text: &str, entry: Entry, key: &SigningKey) -> String {
    let appended = append(text, entry, key).unwrap();
    format!("{}{}", &text[..appended.kept], appended.added)
}

fn added(text: &str, record: ReviewRecord) -> String {
    with(text, Entry::Review(Box::new(record)), &key())
}

fn log(number: usize) -> String {
    let mut text = String::new();
    for at in 0..number {
        text = added(&text, record(&format!("{at:040x}")));
    }
    text
}

fn problems(text: &str) -> Vec<String> {
    verify(text, &[key().verifying()], &Expected::default())
        .problems
        .into_iter()
        .map(|problem| format!("{}: {}", problem.line, problem.text))
        .collect()
}

#[test]
fn a_log_as_it_was_written_has_no_problem() {
    let text = log(3);
    assert_eq!(problems(&text), Vec::<String>::new());
    let verified = verify(&text, &[key().verifying()], &Expected::default());
    assert_eq!(verified.records.len(), 3);
    assert_eq!(verified.records[2].record.sequence, 3);
    assert_eq!(
        verified.records[2].record.previous.as_ref(),
        Some(&verified.records[1].digest)
    );
    assert!(problems("")[0].contains("the log is empty"));
}

#[test]
fn removed_moved_repeated_and_foreign_records_are_found() {
    let text = log(4);
    let lines: Vec<&str> = text.lines().collect();
    let of = |order: &[usize]| {
        order
            .iter()
            .map(|at| format!("{}\n", lines[*at]))
            .collect::<String>()
    };
    for order in [
        &[1, 2, 3, 4][..],
        &[0, 2, 3, 4],
        &[0, 1, 2, 4],
        &[0, 1, 2, 3],
        &[0, 1, 2],
        &[1, 0, 2, 3, 4],
        &[0, 1, 1, 2, 3, 4],
        &[0, 1, 2, 3, 4, 4],
        &[0, 1, 2, 3, 4, 3],
        &[4],
    ] {
        assert!(!problems(&of(order)).is_empty(), "{order:?}");
    }
    let foreign = with("", review("aa"), &SigningKey::from_seed([9; 32]));
    assert!(problems(&foreign)[0].contains("none of the given ones"));
    assert!(!problems(text.trim_end()).is_empty());
}

#[test]
fn an_end_that_was_kept_elsewhere_shows_a_log_that_was_cut_and_closed_again() {
    let (short, long) = (log(2), log(3));
    let keys = [key().verifying()];
    let last = verify(&long, &keys, &Expected::default()).records[2]
        .digest
        .clone();
    let expected = Expected {
        last: Some(last),
        ..Expected::default()
    };
    assert!(verify(&long, &keys, &expected).problems.is_empty());
    assert_eq!(verify(&short, &keys, &expected).problems.len(), 1);
}

#[test]
fn rules_are_held_against_their_digest_and_the_program() {
    let keys = [key().verifying()];
    let mut wrong = record("aa");
    let mut rules = wrong.ruleset.rules.to_vec();
    rules.push("C-LEN-999 1.0.0 error high".to_owned());
    wrong.ruleset.rules = rules.into();
    let text = added("", wrong);
    assert!(problems(&text)[0].contains("digest of its rules"));
    let text = added("", record("aa"));
    let expected = |digest: &str| Expected {
        ruleset: Some(("1.2.3".to_owned(), digest.to_owned())),
        ..Expected::default()
    };
    assert!(verify(&text, &keys, &expected("feed")).problems.is_empty());
    assert_eq!(verify(&text, &keys, &expected("beef")).problems.len(), 1);
    // Rules of the project may be called as they like; the built-in ones are those of the program still.
    let mut own = record("aa");
    own.ruleset.own = vec!["C-PUMP-001".to_owned()];
    own.ruleset.digest = "other".to_owned();
    let text = added("", own.clone());
    assert!(verify(&text, &keys, &expected("feed")).problems.is_empty());
    assert_eq!(verify(&text, &keys, &expected("beef")).problems.len(), 1);
    own.ruleset.own.clear();
    assert_eq!(
        verify(&added("", own), &keys, &expected("feed"))
            .problems
            .len(),
        1
    );
}

#[test]
fn a_key_signs_in_its_time_and_for_its_uses_only() {
    let text = log(2);
    let line = key().verifying().to_openssh().unwrap();
    let told = |options: &str| -> Vec<String> {
        let keys =
            super::super::signers::verifying_keys(&format!("ada {options}{line}\n")).unwrap();
        let verified = verify(&text, &keys, &Expected::default());
        verified
            .problems
            .into_iter()
            .map(|problem| problem.text)
            .collect()
    };
    assert_eq!(told(""), [""; 0]);
    assert_eq!(told("valid-before=\"20261201Z\" "), [""; 0]);
    // The records of the samples were made on 2026-11-30.
    assert!(told("valid-before=\"20261129Z\" ")[0].contains("held until 2026-11-29"));
    assert!(told("valid-after=\"20261201Z\" ")[0].contains("holds from 2026-12-01"));
    assert!(told("namespaces=\"git\" ")[0].contains("not for records"));
    let keys = super::super::signers::verifying_keys(&format!("ada {line}\n")).unwrap();
    let verified = verify(&text, &keys, &Expected::default());
    assert!(verified.records[0].signed_by().ends_with(" (ada)"));
}

#[test]
fn a_log_that_lost_its_end_takes_no_record() {
    let text = log(2);
    let lines: Vec<&str> = text.lines().collect();
    let cut = format!("{}\n{}\n", lines[0], lines[1]);
    assert!(append(&cut, review("aa"), &key()).is_err());
    let other_end = format!("{}\n{}\n", lines[0], lines[2]);
    assert!(append(&other_end, review("aa"), &key()).is_err());
    assert!(append(text.trim_end(), review("aa"), &key()).is_err());
}

/// A log of two reviews, the sign-off of the first and the override of the second.
fn mixed() -> String {
    let mut text = log(2);
    let verified = verify(&text, &[key().verifying()], &Expected::default());
    let of = |at: usize| verified.records[at].about();
    let said = Said {
        all: true,
        reviewer: "M. Huber".to_owned(),
        signed: "2026-11-30T09:00:00Z".to_owned(),
        ..Said::default()
    };
    let answered = sign_off(&verified.records[0].record, of(0), said).unwrap();
    for entry in [
        Entry::SignOff(Box::new(answered)),
        Entry::Override(Box::new(opened(of(1)))),
    ] {
        text = with(&text, entry, &key());
    }
    text
}

#[test]
fn what_people_add_stands_in_the_same_chain_and_knows_its_review() {
    let text = mixed();
    assert_eq!(problems(&text), [""; 0]);
    let verified = verify(&text, &[key().verifying()], &Expected::default());
    assert_eq!(verified.entries(), 4);
    assert_eq!(verified.sign_offs_of(&verified.records[0]).len(), 1);
    assert_eq!(verified.sign_offs_of(&verified.records[1]).len(), 0);
    assert_eq!(verified.overrides_of(&verified.records[1]).len(), 1);
    let last = text.lines().nth(3).unwrap();
    assert_eq!(verified.last, Some(envelope::sha256(last.as_bytes())));
    let foreign = Entry::Override(Box::new(opened(about())));
    let text = with(&text, foreign, &key());
    assert!(
        problems(&text)[0].contains("which is not before it"),
        "{text}"
    );
}

#[test]
fn a_line_alone_is_read_where_its_signature_holds() {
    let text = log(1);
    let line = text.lines().next().unwrap();
    let one = verify_line(line, &[key().verifying()]).unwrap();
    assert_eq!(one.record.id(), "000000000000-1");
    assert!(verify_line(line, &[SigningKey::from_seed([9; 32]).verifying()]).is_err());
    assert!(verify_line(text.lines().nth(1).unwrap(), &[key().verifying()]).is_err());
}

/// xorshift64*, so that the thousand are the same thousand every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap() % end
    }
}

/// All values of a document that are no lists or tables, by the way to them.
fn leaves(value: &serde_json::Value, at: String, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                leaves(value, format!("{at}/{name}"), into);
            }
        }
        serde_json::Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                leaves(value, format!("{at}/{number}"), into);
            }
        }
        _ => into.push(at),
    }
}

/// The line with one field of its payload changed, and the signature it had.
fn with_other_field(line: &str, dice: &mut Dice) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let mut envelope: serde_json::Value = serde_json::from_str(line).unwrap();
    let payload = STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap();
    let mut payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    let mut places = Vec::new();
    leaves(&payload, String::new(), &mut places);
    let place = &places[dice.below(places.len())];
    let value = payload.pointer_mut(place).unwrap();
    *value = match value {
        serde_json::Value::String(text) if text == "pass" => "fail".into(),
        serde_json::Value::String(text) => format!("{text}x").into(),
        serde_json::Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
        serde_json::Value::Bool(is) => (!*is).into(),
        _ => "x".into(),
    };
    envelope["payload"] = STANDARD
        .encode(serde_json::to_vec(&payload).unwrap())
        .into();
    serde_json::to_string(&envelope).unwrap()
}

#[test]
fn of_a_thousand_tampered_logs_none_passes() {
    let text = mixed();
    let original: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut dice = Dice(0x5EED);
    let mut tampered = 0;
    while tampered < 1_000 {
        let mut lines = original.clone();
        let (at, other) = (dice.below(lines.len()), dice.below(lines.len()));
        let changed = match dice.below(9) {
            0 => {
                let mut bytes = text.clone().into_bytes();
                let place = dice.below(bytes.len());
                bytes[place] ^= 1 << dice.below(7);
                String::from_utf8_lossy(&bytes).into_owned()
            }
            1 => {
                lines[at] = with_other_field(&original[at], &mut dice);
                joined(&lines)
            }
            2 => {
                lines.swap(at, other);
                joined(&lines)
            }
            3 => {
                lines.remove(at);
                joined(&lines)
            }
            4 => {
                let again = lines[at].clone();
                lines.insert(other, again);
                joined(&lines)
            }
            5 => {
                // A log has no entries at all as well; that nothing is there is no tampering it can show.
                let end = 1 + dice.below(text.len() - 1);
                text[..end].to_owned()
            }
            6 => {
                let place = dice.below(lines[at].len());
                lines[at].remove(place);
                joined(&lines)
            }
            7 => {
                let place = dice.below(lines[at].len());
                let letter = char::from(b' ' + u8::try_from(dice.below(95)).unwrap());
                lines[at].insert(place, letter);
                joined(&lines)
            }
            _ => {
                // The signature of another line.
                let (_, sig) = original[other].split_once("\"signatures\"").unwrap();
                let (head, _) = original[at].split_once("\"signatures\"").unwrap();
                lines[at] = format!("{head}\"signatures\"{sig}");
                joined(&lines)
            }
        };
        if changed == text {
            continue;
        }
        tampered += 1;
        assert!(!problems(&changed).is_empty(), "{tampered}: {changed}");
    }
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_log_that_another_program_wrote_holds() {
    // Signed with the pair of RFC 8410, section 10.3, which every reader of the schemas can repeat.
    let signers = include_str!("../../../fuzz/seeds/record_log/signers");
    let text = include_str!("../../../fuzz/seeds/record_log/log.jsonl");
    let keys = crate::evidence::verifying_keys(signers).unwrap();
    let verified = verify(text, &keys, &Expected::default());
    assert_eq!(verified.problems, []);
    assert_eq!((verified.records.len(), verified.overrides.len()), (1, 1));
}
