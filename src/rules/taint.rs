//! `mode: taint`: YAML → [`Taint`]. Sources, sinks, sanitizers and propagators are formulas like those
//! of a search rule, with a few settings of their own.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use super::error::RuleError;
use super::format::{Block, Operator, OptionsYaml, RuleYaml};
use super::load::{Reader, place, text};
use super::rule::{At, Formula, Text};

/// What a taint rule looks for: values that come from a source and reach a sink unsanitized.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taint {
    /// Where untrusted values come from.
    pub sources: Vec<TaintPart>,
    /// Where they must not get to.
    pub sinks: Vec<TaintPart>,
    /// What makes them trusted.
    pub sanitizers: Vec<TaintPart>,
    /// What carries them along beside assignments and calls.
    pub propagators: Vec<Propagator>,
    /// What carries them at all.
    pub options: TaintOptions,
}

/// A source, sink or sanitizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaintPart {
    /// What it matches.
    pub formula: Formula,
    /// Whether the match itself is meant, and not what stands in it too.
    pub exact: bool,
    /// Whether the object that it matches is changed, from there on.
    pub effect: SideEffect,
}

/// `by-side-effect`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SideEffect {
    /// Only the value of the match.
    No,
    /// The object that is matched as well.
    Also,
    /// Only the object, from there on.
    Only,
}

/// Code that carries taint from one of its parts to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagator {
    /// What it matches.
    pub formula: Formula,
    /// The metavariable whose taint is carried.
    pub from: Text,
    /// The metavariable that takes it.
    pub to: Text,
    /// Whether the object bound to `to` takes it, from there on; otherwise its value there alone.
    pub by_side_effect: bool,
}

/// Options of taint rules, as Semgrep names them without `taint_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TaintOptions {
    /// The result of a call does not depend on its arguments.
    pub assume_safe_functions: bool,
    /// An element selected by a tainted index is as clean as its array.
    pub assume_safe_indexes: bool,
    /// The result of a comparison is clean.
    pub assume_safe_comparisons: bool,
    /// Values of type `bool` are clean.
    pub assume_safe_booleans: bool,
    /// Numbers are clean.
    pub assume_safe_numbers: bool,
    /// Only assignments carry taint; operators and calls do not.
    pub only_propagate_through_assignments: bool,
    /// A metavariable of both source and sink stands for the same code in both.
    pub unify_mvars: bool,
}

/// One entry of `pattern-sources`, `pattern-sinks` or `pattern-sanitizers`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PartYaml {
    #[serde(default)]
    pattern: Option<Spanned<String>>,
    #[serde(default)]
    patterns: Option<Vec<Spanned<Operator>>>,
    #[serde(default)]
    pattern_either: Option<Vec<Spanned<Operator>>>,
    #[serde(default)]
    pattern_regex: Option<Spanned<String>>,
    #[serde(default)]
    exact: Option<bool>,
    #[serde(default)]
    by_side_effect: Option<Spanned<EffectYaml>>,
    #[serde(default)]
    label: Option<Spanned<de::IgnoredAny>>,
    #[serde(default)]
    requires: Option<Spanned<de::IgnoredAny>>,
    #[serde(default)]
    control: Option<Spanned<de::IgnoredAny>>,
    #[serde(default)]
    at_exit: Option<Spanned<de::IgnoredAny>>,
    #[serde(default)]
    not_conflicting: Option<Spanned<de::IgnoredAny>>,
}

/// One entry of `pattern-propagators`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PropagatorYaml {
    #[serde(default)]
    pattern: Option<Spanned<String>>,
    #[serde(default)]
    patterns: Option<Vec<Spanned<Operator>>>,
    #[serde(default)]
    pattern_either: Option<Vec<Spanned<Operator>>>,
    #[serde(default)]
    pattern_regex: Option<Spanned<String>>,
    from: Spanned<String>,
    to: Spanned<String>,
    #[serde(default)]
    by_side_effect: Option<Spanned<EffectYaml>>,
    #[serde(default)]
    label: Option<Spanned<de::IgnoredAny>>,
    #[serde(default)]
    requires: Option<Spanned<de::IgnoredAny>>,
    #[serde(default)]
    replace_labels: Option<Spanned<de::IgnoredAny>>,
}

/// `true`, `false` or `only`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EffectYaml {
    Bool(bool),
    Word(String),
}

impl<'de> Deserialize<'de> for EffectYaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EffectVisitor;
        impl Visitor<'_> for EffectVisitor {
            type Value = EffectYaml;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("`true`, `false` or `only`")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<EffectYaml, E> {
                Ok(EffectYaml::Bool(value))
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<EffectYaml, E> {
                Ok(EffectYaml::Word(word.to_owned()))
            }
        }
        deserializer.deserialize_any(EffectVisitor)
    }
}

/// The keys that only a taint rule may have, in the order in which a stray one is named.
fn first_taint_key(rule: &RuleYaml) -> Option<(&'static str, At)> {
    let sources = rule.pattern_sources.as_ref().map(place);
    let sinks = rule.pattern_sinks.as_ref().map(place);
    let sanitizers = rule.pattern_sanitizers.as_ref().map(place);
    let propagators = rule.pattern_propagators.as_ref().map(place);
    [
        ("pattern-sources", sources),
        ("pattern-sinks", sinks),
        ("pattern-sanitizers", sanitizers),
        ("pattern-propagators", propagators),
    ]
    .into_iter()
    .find_map(|(key, at)| Some((key, at?)))
}

/// The keys that no taint rule may have.
fn first_search_key(rule: &RuleYaml) -> Option<(&'static str, At)> {
    let pattern = rule.pattern.as_ref().map(place);
    let patterns = rule.patterns.as_ref().map(place);
    let either = rule.pattern_either.as_ref().map(place);
    let regex = rule.pattern_regex.as_ref().map(place);
    let analysis = rule.analysis.as_ref().map(place);
    [
        ("pattern", pattern),
        ("patterns", patterns),
        ("pattern-either", either),
        ("pattern-regex", regex),
        ("analysis", analysis),
    ]
    .into_iter()
    .find_map(|(key, at)| Some((key, at?)))
}

impl Reader<'_> {
    /// Whether the rule has `mode: taint`.
    pub(super) fn is_taint(&self, rule: &RuleYaml) -> Result<bool, RuleError> {
        match &rule.mode {
            Some(mode) if mode.value == "taint" => Ok(true),
            Some(mode) if mode.value != "search" => {
                let message = format!("`mode: {}` is not supported", mode.value);
                Err(self
                    .error(place(mode), message)
                    .with_help("use `mode: search` or `mode: taint`, or leave the rule out"))
            }
            _ => match first_taint_key(rule) {
                Some((key, at)) => Err(self
                    .error(at, format!("`{key}` needs `mode: taint`"))
                    .with_help("add `mode: taint`, or use pattern operators")),
                None => Ok(false),
            },
        }
    }

    /// What a taint rule looks for.
    pub(super) fn taint(&self, rule: &mut RuleYaml, at: At) -> Result<Taint, RuleError> {
        if let Some((key, at)) = first_search_key(rule) {
            return Err(self
                .error(at, format!("a taint rule has no `{key}` of its own"))
                .with_help("put it under `pattern-sources` or `pattern-sinks`"));
        }
        let taint = Taint {
            sources: self.parts(rule.pattern_sources.take(), "pattern-sources")?,
            sinks: self.parts(rule.pattern_sinks.take(), "pattern-sinks")?,
            sanitizers: self.parts(rule.pattern_sanitizers.take(), "pattern-sanitizers")?,
            propagators: self.propagators(rule.pattern_propagators.take())?,
            options: taint_options(rule.options.as_ref().map(|options| &options.value)),
        };
        for (key, parts) in [
            ("pattern-sources", &taint.sources),
            ("pattern-sinks", &taint.sinks),
        ] {
            if parts.is_empty() {
                return Err(self
                    .error(at, format!("a taint rule needs `{key}`"))
                    .with_help("a finding is a value that gets from a source to a sink"));
            }
        }
        Ok(taint)
    }

    fn parts(
        &self,
        yaml: Option<Spanned<Vec<Spanned<PartYaml>>>>,
        key: &str,
    ) -> Result<Vec<TaintPart>, RuleError> {
        let entries = yaml.map(|list| list.value).unwrap_or_default();
        let mut parts = Vec::with_capacity(entries.len());
        for entry in entries {
            let at = place(&entry);
            let part = entry.value;
            let labels = [("label", &part.label), ("requires", &part.requires)];
            self.no_labels(&labels)?;
            for (name, value) in [
                ("control", &part.control),
                ("at-exit", &part.at_exit),
                ("not_conflicting", &part.not_conflicting),
            ] {
                if let Some(value) = value {
                    return Err(self
                        .error(place(value), format!("`{name}` is not supported"))
                        .with_help(
                            "docs/semgrep.md lists the settings of sources, sinks and sanitizers",
                        ));
                }
            }
            if key == "pattern-sinks"
                && let Some(effect) = &part.by_side_effect
            {
                return Err(self.error(place(effect), "a sink has no `by-side-effect`"));
            }
            let effect = self.effect(part.by_side_effect.as_ref(), SideEffect::No)?;
            let block = Block {
                pattern: part.pattern,
                patterns: part.patterns,
                pattern_either: part.pattern_either,
                pattern_regex: part.pattern_regex,
            };
            parts.push(TaintPart {
                formula: self.block(&block, at, 1)?,
                exact: part.exact.unwrap_or(false),
                effect,
            });
        }
        Ok(parts)
    }

    fn propagators(
        &self,
        yaml: Option<Spanned<Vec<Spanned<PropagatorYaml>>>>,
    ) -> Result<Vec<Propagator>, RuleError> {
        let entries = yaml.map(|list| list.value).unwrap_or_default();
        let mut propagators = Vec::with_capacity(entries.len());
        for entry in entries {
            let at = place(&entry);
            let part = entry.value;
            self.no_labels(&[
                ("label", &part.label),
                ("requires", &part.requires),
                ("replace-labels", &part.replace_labels),
            ])?;
            for name in [&part.from, &part.to] {
                if !name.value.starts_with('$') {
                    return Err(self.error(place(name), "a metavariable begins with `$`"));
                }
            }
            let effect = self.effect(part.by_side_effect.as_ref(), SideEffect::Also)?;
            let block = Block {
                pattern: part.pattern,
                patterns: part.patterns,
                pattern_either: part.pattern_either,
                pattern_regex: part.pattern_regex,
            };
            propagators.push(Propagator {
                formula: self.block(&block, at, 1)?,
                from: text(&part.from),
                to: text(&part.to),
                by_side_effect: effect != SideEffect::No,
            });
        }
        Ok(propagators)
    }

    fn no_labels(
        &self,
        given: &[(&str, &Option<Spanned<de::IgnoredAny>>)],
    ) -> Result<(), RuleError> {
        let found = given
            .iter()
            .find_map(|(name, value)| Some((name, value.as_ref()?)));
        match found {
            Some((name, value)) => Err(self
                .error(place(value), format!("`{name}` is not supported"))
                .with_help("scrubin has no taint labels; write one rule for each label")),
            None => Ok(()),
        }
    }

    fn effect(
        &self,
        yaml: Option<&Spanned<EffectYaml>>,
        default: SideEffect,
    ) -> Result<SideEffect, RuleError> {
        let Some(yaml) = yaml else {
            return Ok(default);
        };
        match &yaml.value {
            EffectYaml::Bool(false) => Ok(SideEffect::No),
            EffectYaml::Bool(true) => Ok(SideEffect::Also),
            EffectYaml::Word(word) => match word.as_str() {
                "false" => Ok(SideEffect::No),
                "true" => Ok(SideEffect::Also),
                "only" => Ok(SideEffect::Only),
                other => Err(self
                    .error(place(yaml), format!("`{other}` is no `by-side-effect`"))
                    .with_help("use true, false or only")),
            },
        }
    }
}

fn taint_options(yaml: Option<&OptionsYaml>) -> TaintOptions {
    let Some(yaml) = yaml else {
        return TaintOptions::default();
    };
    let is = |option: Option<bool>| option.unwrap_or(false);
    TaintOptions {
        assume_safe_functions: is(yaml.taint_assume_safe_functions),
        assume_safe_indexes: is(yaml.taint_assume_safe_indexes),
        assume_safe_comparisons: is(yaml.taint_assume_safe_comparisons),
        assume_safe_booleans: is(yaml.taint_assume_safe_booleans),
        assume_safe_numbers: is(yaml.taint_assume_safe_numbers),
        only_propagate_through_assignments: is(yaml.taint_only_propagate_through_assignments),
        unify_mvars: is(yaml.taint_unify_mvars),
    }
}
