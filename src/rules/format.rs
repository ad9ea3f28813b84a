//! The YAML of a rule file, as serde types. Semgrep's syntax; what is ours lives under `metadata`.
//!
//! Operators are externally tagged enums, because untagged and flattened ones lose the positions
//! and the check for unknown keys.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

use super::taint::{PartYaml, PropagatorYaml};

/// A whole rule file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) rules: Vec<Spanned<RuleYaml>>,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RuleYaml {
    pub(super) id: Spanned<String>,
    pub(super) languages: Spanned<Vec<String>>,
    pub(super) severity: Spanned<String>,
    pub(super) message: Spanned<String>,
    #[serde(default)]
    pub(super) mode: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) pattern: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) patterns: Option<Spanned<Vec<Spanned<Operator>>>>,
    #[serde(default)]
    pub(super) pattern_either: Option<Spanned<Vec<Spanned<Operator>>>>,
    #[serde(default)]
    pub(super) pattern_regex: Option<Spanned<String>>,
    /// Ours: an analysis in place of patterns.
    #[serde(default)]
    pub(super) analysis: Option<Spanned<AnalysisYaml>>,
    #[serde(default)]
    pub(super) pattern_sources: Option<Spanned<Vec<Spanned<PartYaml>>>>,
    #[serde(default)]
    pub(super) pattern_sinks: Option<Spanned<Vec<Spanned<PartYaml>>>>,
    #[serde(default)]
    pub(super) pattern_sanitizers: Option<Spanned<Vec<Spanned<PartYaml>>>>,
    #[serde(default)]
    pub(super) pattern_propagators: Option<Spanned<Vec<Spanned<PropagatorYaml>>>>,
    #[serde(default)]
    pub(super) paths: Option<PathsYaml>,
    #[serde(default)]
    pub(super) options: Option<Spanned<OptionsYaml>>,
    #[serde(default)]
    pub(super) fix: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) fix_regex: Option<Spanned<FixRegexYaml>>,
    #[serde(default)]
    pub(super) metadata: Option<Spanned<MetadataYaml>>,
    /// Oldest Semgrep that understands the rule; of no interest here.
    #[serde(default)]
    #[allow(
        dead_code,
        reason = "accepted because Semgrep accepts it; without effect"
    )]
    pub(super) min_version: Option<de::IgnoredAny>,
    /// Newest Semgrep that understands the rule; of no interest here.
    #[serde(default)]
    #[allow(
        dead_code,
        reason = "accepted because Semgrep accepts it; without effect"
    )]
    pub(super) max_version: Option<de::IgnoredAny>,
}

/// `analysis: {name: NAME}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnalysisYaml {
    pub(super) name: Spanned<String>,
}

/// One entry under `patterns` or `pattern-either`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Operator {
    Pattern(Spanned<String>),
    Patterns(Vec<Spanned<Operator>>),
    PatternEither(Vec<Spanned<Operator>>),
    PatternNot(Spanned<Body>),
    PatternInside(Spanned<Body>),
    PatternNotInside(Spanned<Body>),
    PatternRegex(Spanned<String>),
    PatternNotRegex(Spanned<String>),
    FocusMetavariable(Spanned<OneOrMany>),
    MetavariableRegex(MetavariableRegexYaml),
    MetavariablePattern(MetavariablePatternYaml),
    MetavariableComparison(MetavariableComparisonYaml),
    MetavariableAnalysis(MetavariableAnalysisYaml),
}

/// What `pattern-not`, `pattern-inside` and `pattern-not-inside` hold: a pattern, or operators.
#[derive(Debug)]
pub(super) enum Body {
    Text(String),
    Block(Box<Block>),
}

/// Operators as keys of one mapping.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Block {
    #[serde(default)]
    pub(super) pattern: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) patterns: Option<Vec<Spanned<Operator>>>,
    #[serde(default)]
    pub(super) pattern_either: Option<Vec<Spanned<Operator>>>,
    #[serde(default)]
    pub(super) pattern_regex: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BodyVisitor;
        impl<'de> Visitor<'de> for BodyVisitor {
            type Value = Body;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a pattern, or a mapping with `patterns`, `pattern-either`, `pattern` or `pattern-regex`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Body, E> {
                Ok(Body::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Body, A::Error> {
                Block::deserialize(de::value::MapAccessDeserializer::new(map))
                    .map(|block| Body::Block(Box::new(block)))
            }
        }
        deserializer.deserialize_any(BodyVisitor)
    }
}

/// A text or a list of texts.
#[derive(Debug, Clone, Default)]
pub(super) struct OneOrMany(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Loose::deserialize(deserializer)?;
        Ok(Self(value.into_texts()))
    }
}

/// Any YAML value; what is no text becomes one.
#[derive(Debug, Clone)]
pub(super) enum Loose {
    Text(String),
    List(Vec<Loose>),
    Other,
}

impl Loose {
    /// The texts it holds.
    pub(super) fn into_texts(self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(values) => values.into_iter().flat_map(Self::into_texts).collect(),
            Self::Other => Vec::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LooseVisitor;
        impl<'de> Visitor<'de> for LooseVisitor {
            type Value = Loose;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("any value")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose::Text(text.to_owned()))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Loose, E> {
                Ok(Loose::Text(value.to_string()))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Loose, E> {
                Ok(Loose::Text(value.to_string()))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Loose, E> {
                Ok(Loose::Text(value.to_string()))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Loose, E> {
                Ok(Loose::Text(value.to_string()))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Loose, E> {
                Ok(Loose::Other)
            }
            fn visit_none<E: de::Error>(self) -> Result<Loose, E> {
                Ok(Loose::Other)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Loose::List(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map
                    .next_entry::<de::IgnoredAny, de::IgnoredAny>()?
                    .is_some()
                {}
                Ok(Loose::Other)
            }
        }
        deserializer.deserialize_any(LooseVisitor)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MetavariableRegexYaml {
    pub(super) metavariable: Spanned<String>,
    pub(super) regex: Spanned<String>,
    /// Constants are never propagated here.
    #[serde(default)]
    #[allow(
        dead_code,
        reason = "accepted because Semgrep accepts it; without effect"
    )]
    pub(super) constant_propagation: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MetavariablePatternYaml {
    pub(super) metavariable: Spanned<String>,
    #[serde(default)]
    pub(super) language: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) pattern: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) patterns: Option<Vec<Spanned<Operator>>>,
    #[serde(default)]
    pub(super) pattern_either: Option<Vec<Spanned<Operator>>>,
    #[serde(default)]
    pub(super) pattern_regex: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MetavariableComparisonYaml {
    #[serde(default)]
    pub(super) metavariable: Option<Spanned<String>>,
    pub(super) comparison: Spanned<String>,
    #[serde(default)]
    pub(super) base: Option<u32>,
    #[serde(default)]
    pub(super) strip: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MetavariableAnalysisYaml {
    pub(super) metavariable: Spanned<String>,
    pub(super) analyzer: Spanned<String>,
    #[serde(default)]
    #[allow(
        dead_code,
        reason = "accepted because Semgrep accepts it; without effect"
    )]
    pub(super) options: Option<de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PathsYaml {
    #[serde(default)]
    pub(super) include: Vec<String>,
    #[serde(default)]
    pub(super) exclude: Vec<String>,
}

/// Semgrep's options. Those without effect here are accepted; unknown ones are errors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionsYaml {
    pub(super) ac_matching: Option<bool>,
    pub(super) commutative_boolop: Option<bool>,
    pub(super) symmetric_eq: Option<bool>,
    pub(super) vardef_assign: Option<bool>,
    pub(super) go_deeper_stmt: Option<bool>,
    pub(super) go_deeper_expr: Option<bool>,
    pub(super) implicit_deep_exprstmt: Option<bool>,
    pub(super) generic_ellipsis_max_span: Option<u32>,
    pub(super) constant_propagation: Option<bool>,
    #[allow(
        dead_code,
        reason = "symbols are never propagated; accepted without effect"
    )]
    pub(super) symbolic_propagation: Option<bool>,
    pub(super) taint_assume_safe_functions: Option<bool>,
    pub(super) taint_assume_safe_indexes: Option<bool>,
    pub(super) taint_assume_safe_comparisons: Option<bool>,
    pub(super) taint_assume_safe_booleans: Option<bool>,
    pub(super) taint_assume_safe_numbers: Option<bool>,
    pub(super) taint_only_propagate_through_assignments: Option<bool>,
    pub(super) taint_unify_mvars: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FixRegexYaml {
    pub(super) regex: Spanned<String>,
    pub(super) replacement: String,
    #[serde(default)]
    pub(super) count: Option<u32>,
}

/// Keys under `metadata` that mean something to scrubin; users may have any others.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct MetadataYaml {
    #[serde(default)]
    pub(super) slug: Option<String>,
    #[serde(default)]
    pub(super) aliases: Option<OneOrMany>,
    #[serde(default)]
    pub(super) version: Option<Loose>,
    #[serde(default)]
    pub(super) status: Option<Loose>,
    #[serde(default)]
    pub(super) precision: Option<Loose>,
    #[serde(default)]
    pub(super) confidence: Option<Loose>,
    #[serde(default)]
    pub(super) fix_safety: Option<Loose>,
    #[serde(default)]
    pub(super) cwe: Option<OneOrMany>,
    #[serde(default)]
    pub(super) cert_c: Option<OneOrMany>,
    #[serde(default)]
    pub(super) misra_c_2012: Option<OneOrMany>,
    #[serde(default)]
    pub(super) argues_from_absence: Option<Loose>,
    #[serde(default)]
    pub(super) once_per_function: Option<Loose>,
    #[serde(default)]
    pub(super) supersedes: Option<OneOrMany>,
    #[serde(default)]
    pub(super) lesson: Option<Loose>,
    #[serde(default)]
    pub(super) why: Option<Loose>,
    #[serde(default)]
    pub(super) how_to_fix: Option<Loose>,
    #[serde(default)]
    pub(super) false_positive: Option<Loose>,
    #[serde(default)]
    pub(super) incident: Option<OneOrMany>,
    #[serde(default)]
    pub(super) references: Option<OneOrMany>,
    #[serde(default)]
    pub(super) examples: Option<Vec<ExampleYaml>>,
}

/// `- bad: code` or `- good: code`, with an optional file name.
#[derive(Debug, Deserialize)]
pub(super) struct ExampleYaml {
    #[serde(default)]
    pub(super) bad: Option<String>,
    #[serde(default)]
    pub(super) good: Option<String>,
    #[serde(default)]
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) base: Option<String>,
    #[serde(default)]
    pub(super) fixed: Option<String>,
}
