//! Two versions of a file: what the change took away.

use super::analyse::lower;
use super::defect::Defect;
use super::ir::{Function, Terminator};
use super::{Settings, guards};
use crate::syntax::{Language, SourceFile};

/// Runs the analyses that compare two versions of a file (those with
/// [`compares`](super::AnalysisInfo::compares)). Places are in the head.
pub fn compare(
    base: &SourceFile<'_>,
    head: &SourceFile<'_>,
    settings: &Settings<'_>,
) -> Vec<Defect> {
    if base.language != Language::C || head.language != Language::C {
        return Vec::new();
    }
    let before = lower(base, settings);
    let after = lower(head, settings);
    let mut defects = guards::removed(
        &guards::guarded_sinks(&before, base.text),
        &guards::guarded_sinks(&after, head.text),
    );
    defects.retain(|defect| {
        let around = |function: &&Function| function.span.contains(defect.span);
        let guard = defect.names.iter().find(|(name, _)| *name == "$GUARD");
        match (after.functions.iter().find(around), guard) {
            // The comparison may stand in what was not understood.
            (Some(function), Some((_, guard))) => {
                !function.has_gap && !compares_still(function, guard, head.text)
            }
            _ => false,
        }
    });
    defects
}

/// Whether the function compares, anywhere, a variable that the guard compared: the guard was
/// changed then (to a clamp, say), not taken away.
fn compares_still(function: &Function, guard: &str, text: &[u8]) -> bool {
    let variables: Vec<&str> = words(guard).filter(|word| is_variable(word)).collect();
    function.blocks.iter().any(|block| {
        let condition = String::from_utf8_lossy(block.span.of(text));
        matches!(block.terminator, Terminator::Branch { .. })
            && condition.replace("->", ".").contains(['<', '>'])
            && words(&condition).any(|word| variables.contains(&word))
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

/// Whether a word names a variable, not a constant, number or operator.
fn is_variable(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word != "sizeof"
        && word.contains(|c: char| c.is_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::flow::ir::Target;
    use crate::flow::lower_c::Headers;
    use crate::syntax::{Limits, MacroTable, Parser};

    fn removed(base: &str, head: &str) -> Vec<String> {
        let mut parser = Parser::new(Limits::default());
        let mut parse = |text| parser.parse(Language::C, text, &MacroTable::new()).unwrap();
        let (base, head) = (parse(base.as_bytes()), parse(head.as_bytes()));
        let settings = Settings {
            target: Target::default(),
            wanted: &std::collections::BTreeSet::new(),
            taint: &[],
            isr_names: &[],
            headers: &Headers::default(),
            selection: None,
            summary: crate::flow::Summary::No,
            elsewhere: None,
        };
        let found = compare(&base, &head, &settings);
        let names = found.into_iter().flat_map(|defect| defect.names);
        let guards = names.filter(|(name, _)| *name == "$GUARD");
        guards.map(|(_, text)| text).collect()
    }

    fn store(guard: &str) -> String {
        format!(
            "static uint8_t dose_log[64];\nvoid store(const uint8_t *record, size_t size)\n{{\n    {guard}\n    \
             memcpy(dose_log, record, size);\n}}\n"
        )
    }

    #[test]
    fn a_guard_that_is_gone_is_told_and_one_that_changed_is_not() {
        let base = store("if (size > sizeof dose_log) { return; }");
        assert_eq!(removed(&base, &store("")), ["size > sizeof dose_log"]);
        assert_eq!(removed(&base, &store("log_it(\"store\");")).len(), 1);
        let clamp = "if (size >= sizeof dose_log) { size = sizeof dose_log; }";
        assert!(removed(&base, &store(clamp)).is_empty());
        assert!(removed(&base, &store("if (64 < size) { return; }")).is_empty());
        assert!(removed(&store(""), &store("")).is_empty());
        assert!(removed(&store(""), &base).is_empty());
    }

    #[test]
    fn an_index_counts_too_and_only_the_same_access() {
        let of = |guard: &str, index: &str| {
            format!(
                "static uint16_t limits[12];\nuint16_t limit_of(unsigned channel)\n{{\n    {guard}\n    return \
                 limits[{index}];\n}}\n"
            )
        };
        let base = of("if (channel >= 12u) { return 0; }", "channel");
        assert_eq!(removed(&base, &of("", "channel")).len(), 1);
        assert!(removed(&base, &of("", "0")).is_empty());
    }
}
