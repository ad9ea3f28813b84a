//! How strict the review of a device is.

use serde::Deserialize;

use super::model::{Asset, Impact, Links, Profile, SafetyClass};

/// How strict the review is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rules as they are.
    Baseline,
    /// Errors of medium precision block as well.
    Moderate,
    /// Besides, weaknesses of checks, interrupts, crypto and secrets are errors, and no comment
    /// excuses an error.
    High,
}

impl Level {
    /// Every level, laxest first.
    pub const ALL: [Self; 3] = [Self::Baseline, Self::Moderate, Self::High];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// The level of a profile, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leveled {
    /// The level that counts.
    pub level: Level,
    /// What the facts alone would give.
    pub computed: Level,
    /// Why the facts give it, in one sentence.
    pub because: String,
    /// Why a person chose another one; only where the level is another.
    pub chosen_because: Option<String>,
}

impl Leveled {
    /// Whether a person chose a laxer level than the facts give.
    pub fn is_lowered(&self) -> bool {
        self.level < self.computed
    }

    /// The level and its reason in one sentence.
    pub fn sentence(&self) -> String {
        let (level, computed) = (self.level.as_str(), self.computed.as_str());
        let because = &self.because;
        match self.level.cmp(&self.computed) {
            std::cmp::Ordering::Equal => format!("The level is {level} because {because}."),
            std::cmp::Ordering::Greater => format!(
                "The level is {level}, raised by choice; the facts ask for {computed} because {because}."
            ),
            std::cmp::Ordering::Less => format!(
                "The level is {level}, lowered by choice from {computed} ({because}): {}.",
                self.chosen_because
                    .as_deref()
                    .unwrap_or("no reason given")
                    .trim_end_matches('.')
            ),
        }
    }
}

impl Profile {
    /// The level of this profile.
    pub fn leveled(&self) -> Leveled {
        let (computed, because) = self.computed();
        let level = self.level.unwrap_or(computed);
        Leveled {
            level,
            computed,
            because,
            chosen_because: (level != computed)
                .then(|| self.level_reason.clone())
                .flatten()
                .filter(|reason| !reason.trim().is_empty()),
        }
    }

    /// Whether nobody said "don't know" to the question of that name.
    fn is_known(&self, question: &str) -> bool {
        let mut unknown = self.unknown.iter().flatten();
        !unknown.any(|name| name == question)
    }

    /// `high` with a therapy or keys whose integrity matters most, software of class C, or data of
    /// patients on a device with remote access or a cloud service; `moderate` with any way in or
    /// software of class B; else `baseline`.
    fn computed(&self) -> (Level, String) {
        let assumed = |is_stated: bool| {
            if is_stated {
                ""
            } else {
                " (nobody answered, which counts as yes)"
            }
        };
        for (asset, words) in [
            (Asset::Therapy, "a change of the therapy or an alarm"),
            (Asset::Keys, "a change of keys or credentials"),
        ] {
            if self.protects(asset) && self.integrity(asset) == Impact::High {
                let word = asset.as_str();
                let is_stated = self.assets.is_some()
                    && self.is_known(&format!("assets.{word}"))
                    && self.is_known(&format!("cia.{word}"))
                    && self
                        .cia
                        .get(&asset)
                        .is_some_and(|cia| cia.integrity.is_some());
                return (
                    Level::High,
                    format!("{words} would do severe harm{}", assumed(is_stated)),
                );
            }
        }
        let classes = self.classes();
        let has_classes = self
            .software
            .classes
            .as_ref()
            .is_some_and(|classes| !classes.is_empty());
        if classes.contains(&SafetyClass::C) {
            let words = if has_classes && self.is_known("software.classes") {
                "some software is of safety class C"
            } else {
                "no safety class is stated, which counts as class C"
            };
            return (Level::High, words.to_owned());
        }
        if self.protects(Asset::Phi) {
            for (link, words) in [("remote", "has remote access"), ("cloud", "uses a cloud")] {
                if self.has_link(link) {
                    let is_stated = self.assets.is_some()
                        && self.links.get(link).is_some()
                        && self.is_known("assets.phi")
                        && self.is_known(&format!("links.{link}"));
                    return (
                        Level::High,
                        format!(
                            "the device holds data of patients and {words}{}",
                            assumed(is_stated)
                        ),
                    );
                }
            }
        }
        let links: Vec<&str> = Links::NAMES
            .into_iter()
            .filter(|name| self.has_link(name))
            .collect();
        if let Some(first) = links.first() {
            let is_stated = links.iter().any(|name| {
                self.links.get(name) == Some(true) && self.is_known(&format!("links.{name}"))
            });
            let names = if links.len() == 1 {
                format!("`{first}`")
            } else {
                links
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            return (
                Level::Moderate,
                format!(
                    "the device can be reached from outside ({names}){}",
                    assumed(is_stated)
                ),
            );
        }
        if classes.contains(&SafetyClass::B) {
            return (
                Level::Moderate,
                "some software is of safety class B".to_owned(),
            );
        }
        (
            Level::Baseline,
            "nothing in the profile asks for more: no way in, all software of class A".to_owned(),
        )
    }
}
