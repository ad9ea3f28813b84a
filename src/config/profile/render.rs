//! A profile as the text of `[profile]`. Same profile, same bytes.

use super::model::{Asset, Links, Profile};
use super::questions::Question;
use crate::config::glob::Globs;

/// The comment that begins a written profile.
pub const HEADLINE: &str =
    "The device profile: what the device protects, how it is reached, what its software is.";

/// Columns of a comment.
const WIDTH: usize = 96;

/// The tables of `[profile]` with comments; ends with a line feed.
pub fn toml(profile: &Profile) -> String {
    let mut out = Text::default();
    let leveled = profile.leveled();
    out.comment(HEADLINE);
    out.comment("Written by `scrubin init`; run it again to change an answer. docs/profile.md of scrubin says what follows from what; `scrubin rules list --profile` shows it.");
    out.comment(&leveled.sentence());
    out.line("[profile]");
    out.text("device", "device", profile.device.as_deref());
    if let Some(assets) = &profile.assets {
        out.comment("What is to be protected: phi (data of patients), therapy (or alarm), keys, firmware, calibration, audit-log.");
        let all: Vec<&str> = assets.iter().copied().map(Asset::as_str).collect();
        out.list("assets", &all);
    }
    out.yes_no(
        "physical-attacker",
        "physical-attacker",
        profile.physical_attacker,
    );
    out.yes_no("field-update", "field-update", profile.field_update);
    if let Some(level) = profile.level {
        out.comment("Chosen, not computed.");
        out.pair("level", &string(level.as_str()));
    }
    if let Some(reason) = &profile.level_reason {
        out.pair("level-reason", &string(reason));
    }
    if let Some(unknown) = profile.unknown.as_ref().filter(|all| !all.is_empty()) {
        out.comment("Answered with \"don't know\", which counts as yes.");
        out.list(
            "unknown",
            &unknown.iter().map(String::as_str).collect::<Vec<_>>(),
        );
    }
    if let Some(data) = &profile.data {
        out.about("data");
        if data.is_empty() {
            out.line("data = []");
        } else {
            out.line("data = [");
            for item in data {
                let ops: Vec<String> = item.ops.iter().map(|op| string(op)).collect();
                out.line(&format!(
                    "    {{ kind = {}, ops = [{}], store = {}, link = {} }},",
                    string(&item.kind),
                    ops.join(", "),
                    string(item.store.as_str()),
                    string(&item.link)
                ));
            }
            out.line("]");
        }
    }
    links(&mut out, &profile.links);
    software(&mut out, profile);
    for (asset, cia) in &profile.cia {
        out.line("");
        out.comment(&format!(
            "Harm if `{}` is read, changed, lost.",
            asset.as_str()
        ));
        out.line(&format!("[profile.cia.{}]", asset.as_str()));
        for (key, impact) in [
            ("confidentiality", cia.confidentiality),
            ("integrity", cia.integrity),
            ("availability", cia.availability),
        ] {
            if let Some(impact) = impact {
                out.pair(key, &string(impact.as_str()));
            }
        }
        if let Some(harm) = &cia.harm {
            out.pair("harm", &string(harm));
        }
    }
    if !profile.answered.is_empty() {
        out.line("");
        out.comment("Who answered what, and when.");
        out.line("[profile.answered]");
        for (name, stamp) in &profile.answered {
            out.line(&format!(
                "{} = {{ by = {}, on = {}, how = {} }}",
                string(name),
                string(&stamp.by),
                string(&stamp.on),
                string(&stamp.how)
            ));
        }
    }
    out.out
}

fn links(out: &mut Text, links: &Links) {
    if *links == Links::default() {
        return;
    }
    out.line("");
    out.comment("Ways into the device. What is not stated counts as yes.");
    out.line("[profile.links]");
    for name in Links::NAMES {
        let question = format!("links.{name}");
        if let Some(answer) = links.get(name) {
            let text = Question::named(&question).map_or("", |question| question.text);
            out.line(&format!("{name} = {answer} # {text}"));
        }
    }
}

fn software(out: &mut Text, profile: &Profile) {
    let software = &profile.software;
    if *software == Default::default() {
        return;
    }
    out.line("");
    out.line("[profile.software]");
    out.text("software.os", "os", software.os.as_deref());
    let texts = |out: &mut Text, question: &str, key: &str, list: &Option<Vec<String>>| {
        if let Some(list) = list {
            out.about(question);
            out.list(key, &list.iter().map(String::as_str).collect::<Vec<_>>());
        }
    };
    texts(out, "software.languages", "languages", &software.languages);
    out.yes_no("software.no-std", "no-std", software.no_std);
    out.yes_no(
        "software.overflow-checks",
        "overflow-checks",
        software.overflow_checks,
    );
    out.text(
        "software.bootloader",
        "bootloader",
        software.bootloader.as_deref(),
    );
    let globs = |out: &mut Text, question: &str, key: &str, list: &Option<Globs>| {
        if let Some(globs) = list {
            out.about(question);
            let all: Vec<&str> = globs.patterns().iter().map(|glob| glob.as_str()).collect();
            out.list(key, &all);
        }
    };
    globs(out, "software.soup", "soup", &software.soup);
    globs(out, "software.test", "test", &software.test);
    globs(
        out,
        "software.host-tools",
        "host-tools",
        &software.host_tools,
    );
    globs(out, "software.factory", "factory", &software.factory);
    texts(
        out,
        "software.isr-patterns",
        "isr-patterns",
        &software.isr_patterns,
    );
    texts(out, "software.crypto", "crypto", &software.crypto);
    if let Some(classes) = &software.classes {
        out.line("");
        out.about("software.classes");
        out.line("[profile.software.classes]");
        for (pattern, class) in classes {
            out.pair(&string(pattern), &string(class.as_str()));
        }
    }
}

/// The text as it grows.
#[derive(Default)]
struct Text {
    out: String,
}

impl Text {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn pair(&mut self, key: &str, value: &str) {
        self.line(&format!("{key} = {value}"));
    }

    fn comment(&mut self, text: &str) {
        let mut line = "#".to_owned();
        for word in text.split_whitespace() {
            if line.chars().count() + word.chars().count() >= WIDTH {
                self.line(&line);
                line = "#".to_owned();
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    /// The question as a comment.
    fn about(&mut self, question: &str) {
        if let Some(question) = Question::named(question) {
            self.comment(&format!("{} {}", question.text, question.help));
        }
    }

    fn text(&mut self, question: &str, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.about(question);
            self.pair(key, &string(value));
        }
    }

    fn yes_no(&mut self, question: &str, key: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.about(question);
            self.pair(key, if value { "true" } else { "false" });
        }
    }

    fn list(&mut self, key: &str, all: &[&str]) {
        let all: Vec<String> = all.iter().map(|one| string(one)).collect();
        let line = format!("{key} = [{}]", all.join(", "));
        if line.chars().count() <= WIDTH {
            self.line(&line);
            return;
        }
        self.line(&format!("{key} = ["));
        for one in all {
            self.line(&format!("    {one},"));
        }
        self.line("]");
    }
}

/// A basic string of TOML.
fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() => {
                out.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::config::Config;
    use crate::config::profile::{Form, QUESTIONS, Reply, Stamp};

    #[test]
    fn what_is_written_is_read_again() {
        let mut profile = Profile::default();
        for question in &QUESTIONS {
            let reply = match question.form {
                Form::YesNo => Reply::Yes,
                Form::Text if question.name == "level" => Reply::Text("high".to_owned()),
                Form::Text => Reply::Text("a \"pump\"\\ \u{1}\tß".to_owned()),
                Form::List | Form::Paths => Reply::Text("first/long/path/, second/".repeat(4)),
                Form::Classes => Reply::Text("** = B, ui/ = A".to_owned()),
                Form::Harm => Reply::Unknown,
                Form::Data => Reply::Text("x: created sent: none: ble; y".to_owned()),
            };
            question.put(&mut profile, &reply).unwrap();
            let stamp = Stamp {
                by: "Ada <ada@example.org>".to_owned(),
                on: "2026-11-29".to_owned(),
                how: "interview".to_owned(),
            };
            profile.answered.insert(question.name.to_owned(), stamp);
        }
        profile.level_reason = Some("two\nlines".to_owned());
        let text = toml(&profile);
        let read = Config::parse(&text, "scrubin.toml").unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(read.profile.as_ref(), Some(&profile), "{text}");
        assert_eq!(toml(&read.profile.unwrap()), text);
        assert!(
            text.lines()
                .all(|line| !line.starts_with('#') || line.len() <= WIDTH + 4)
        );
    }

    #[test]
    fn an_empty_profile_is_one_too() {
        let text = toml(&Profile::default());
        let read = Config::parse(&text, "scrubin.toml").unwrap();
        assert_eq!(read.profile, Some(Profile::default()));
    }
}
