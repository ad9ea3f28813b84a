#![allow(clippy::unwrap_used, reason = "tests")]
use super::*;

#[test]
fn what_is_put_in_is_answered() {
    for question in &QUESTIONS {
        let replies: Vec<Reply> = match question.form {
            Form::YesNo => vec![Reply::Yes, Reply::No, Reply::Unknown],
            Form::Text if question.name == "level" => vec![Reply::Text("high".to_owned())],
            Form::Text => vec![Reply::Text("pump".to_owned()), Reply::Unknown],
            Form::List | Form::Paths => {
                vec![Reply::Text("a, b".to_owned()), Reply::Text(String::new())]
                    .into_iter()
                    .filter(|reply| {
                        question.name != "software.languages"
                            || *reply != Reply::Text(String::new())
                    })
                    .collect()
            }
            Form::Classes => vec![Reply::Text("** = B, ui/ = A".to_owned()), Reply::Unknown],
            Form::Harm => vec![Reply::Text("low/moderate/high".to_owned()), Reply::Unknown],
            Form::Data => vec![Reply::Text(
                "glucose: created sent: permanent: ble; log: created".to_owned(),
            )],
        };
        for reply in replies {
            let mut profile = Profile::default();
            question.put(&mut profile, &reply).unwrap();
            let expected = match &reply {
                Reply::Text(text) if question.form == Form::Data => {
                    Reply::Text(text.replace("log: created", "log: created: unknown"))
                }
                other => other.clone(),
            };
            assert_eq!(
                question.reply(&profile),
                Some(expected),
                "{}",
                question.name
            );
        }
        let empty = Profile::default();
        assert_eq!(question.reply(&empty), None, "{}", question.name);
    }
}

#[test]
fn what_is_no_answer_is_refused() {
    let refused = |name: &str, text: &str| {
        let mut profile = Profile::default();
        let reply = Reply::Text(text.to_owned());
        Question::named(name).unwrap().put(&mut profile, &reply)
    };
    for (name, text) in [
        ("links.ble", "perhaps"),
        ("software.classes", "** = D"),
        ("software.soup", "!a"),
        ("cia.phi", "high/low"),
        ("cia.phi", "high/low/none"),
        ("data", "x: eaten"),
        ("data", "x: sent: forever"),
        ("data", "x: sent: none: fax"),
        ("level", "top"),
    ] {
        assert!(refused(name, text).is_err(), "{name} {text}");
    }
}

#[test]
fn names_are_told_apart() {
    let mut names: Vec<&str> = QUESTIONS.iter().map(|question| question.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), QUESTIONS.len());
}
