//! One file through lowering and the analyses that are wanted of it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::defect::Defect;
use super::guards::Guards;
use super::ir::{Function, Target, Unit};
use super::lower_c::{self, Headers};
use super::registry::{Part, find};
use super::select::Selection;
use super::summary::{Elsewhere, FileSummary};
use super::taint::{self, Leak, Query};
use super::{calls, interpret, lower_rust, rust_checks, rust_sites, stack_frame, wire};
use crate::finding::Span;
use crate::syntax::{Language, SourceFile};

/// What is wanted of a file, and what is known of its target.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'s> {
    /// Widths of the target.
    pub target: Target,
    /// Names of the analyses to run.
    pub wanted: &'s BTreeSet<&'static str>,
    /// What taint rules matched in the file.
    pub taint: &'s [Query],
    /// Names of interrupt handlers that the configuration adds; `*` stands for anything.
    pub isr_names: &'s [String],
    /// What the file includes.
    pub headers: &'s Headers<'s>,
    /// The functions that something is wanted of; `None`: all. C only.
    pub selection: Option<&'s Selection>,
    /// Whether the file's summary is wanted, too.
    pub summary: Summary,
    /// What other files know of the functions that this one calls.
    pub elsewhere: Option<&'s dyn Elsewhere>,
}

/// Whether other files' analyses will want to know of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Summary {
    /// No.
    #[default]
    No,
    /// Yes.
    OfSource,
    /// Yes; what it defines belongs to those that include it.
    OfHeader,
}

/// What the analyses say of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Analysis {
    /// What was found, by place.
    pub defects: Vec<Defect>,
    /// Functions that the engine gave up at a counted bound, and why. Nothing is said of them.
    pub gaps: Vec<FlowGap>,
    /// Functions of which a part was not understood: what is missing in them may stand there.
    pub doubtful: Vec<Span>,
    /// Values that got from a source to a sink, by query, sink and source.
    pub leaks: Vec<Leak>,
    /// What other files may know of it, if that was wanted.
    pub summary: Option<FileSummary>,
}

/// A function that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowGap {
    /// The function's bytes.
    pub span: Span,
    /// Its name.
    pub function: String,
    /// Which bound was reached, in one sentence.
    pub detail: &'static str,
}

/// Runs the wanted analyses. The same file and settings give the same answer.
pub fn analyse(file: &SourceFile<'_>, settings: &Settings<'_>) -> Analysis {
    let mut analysis = Analysis::default();
    // Some analyses of Rust are of implementations, some of C of declarations alone.
    if settings.wanted.is_empty() && settings.taint.is_empty() && settings.summary == Summary::No {
        return analysis;
    }
    let mut summary = None;
    let unit = lower(file, settings);
    let is_asked = |function: &Function| {
        let asked = settings.selection.map(|selection| &selection.asked);
        asked.is_none_or(|asked| asked.get(function.syntax as usize) == Some(&true))
    };
    let doubtful = |function: &&Function| function.has_gap && is_asked(function);
    analysis.doubtful = unit
        .functions
        .iter()
        .filter(doubtful)
        .map(|function| function.span)
        .collect();
    let wants = |part: Part| {
        let wanted = settings.wanted.iter();
        wanted
            .filter_map(|name| find(name))
            .any(|known| known.part == part)
    };
    let mut run = |part: Part, of: &dyn Fn(&mut Vec<Defect>)| {
        if wants(part) {
            let mut found = Vec::new();
            of(&mut found);
            let is_wanted = |defect: &Defect| {
                settings.wanted.contains(defect.analysis)
                    && find(defect.analysis).is_some_and(|known| {
                        known.part == part || part == Part::Guards && !defect.far.is_empty()
                    })
            };
            analysis.defects.extend(found.into_iter().filter(is_wanted));
        }
    };
    run(Part::Frames, &|out| stack_frame::check(&unit, out));
    run(Part::Wire, &|out| wire::check(&unit, out));
    run(Part::Calls, &|out| {
        calls::check(&unit, file, settings.isr_names, out)
    });
    let given_up = RefCell::new(Vec::new());
    run(Part::Interpreter, &|out| {
        let found = interpret::interpret(&unit, file.text, &|index| {
            unit.functions.get(index).is_some_and(is_asked)
        });
        out.extend(found.defects);
        given_up.replace(found.functions_given_up);
    });
    let guards = (settings.summary != Summary::No && file.language == Language::C
        || wants(Part::Guards))
    .then(|| Guards::new(&unit, file));
    if let Some(guards) = &guards {
        run(Part::Guards, &|out| guards.defects(settings.elsewhere, out));
        if settings.summary != Summary::No {
            let is_header = settings.summary == Summary::OfHeader;
            summary = Some(guards.summary(is_header));
        }
    }
    run(Part::Rust, &|out| out.extend(rust_checks::run(file, &unit)));
    run(Part::RustSites, &|out| out.extend(rust_sites::run(file)));
    let left_out = given_up.into_inner();
    let functions = left_out
        .iter()
        .filter_map(|&index| unit.functions.get(index));
    analysis.gaps.extend(functions.map(|function| FlowGap {
        span: function.span,
        function: unit.names.text(function.name).to_owned(),
        detail: "the counted limit of the interpreter was reached in this function",
    }));
    if settings.selection.is_some() {
        // Of the others not all is known that they hang on.
        let not_asked: Vec<Span> = unit
            .functions
            .iter()
            .filter(|function| !is_asked(function))
            .map(|function| function.span)
            .collect();
        let is_of_others = |span: Span| not_asked.iter().any(|other| other.contains(span));
        analysis.defects.retain(|defect| !is_of_others(defect.span));
    }
    analysis.summary = summary;
    analysis.leaks = taint::follow(&unit, file.text, settings.taint, &mut analysis.gaps);
    finish(&mut analysis);
    analysis
}

pub(super) fn lower(file: &SourceFile<'_>, settings: &Settings<'_>) -> Unit {
    match file.language {
        Language::C => {
            let seen = settings.selection.map(|selection| &selection.seen);
            lower_c::lower_some(file, settings.target, settings.headers, &|index| {
                seen.is_none_or(|seen| seen.get(index as usize) == Some(&true))
            })
        }
        Language::Rust => lower_rust::lower(file, settings.target),
    }
}

/// Sorted; one defect for each analysis and place.
fn finish(analysis: &mut Analysis) {
    analysis.defects.sort_by(|a, b| {
        (a.span, a.analysis, &a.names, a.trace.len()).cmp(&(
            b.span,
            b.analysis,
            &b.names,
            b.trace.len(),
        ))
    });
    analysis
        .defects
        .dedup_by(|a, b| a.span == b.span && a.analysis == b.analysis);
    analysis
        .gaps
        .sort_by(|a, b| (a.span, a.detail).cmp(&(b.span, b.detail)));
    analysis.gaps.dedup();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::syntax::{Limits, MacroTable, Parser};

    /// Every defect: analysis, text of its span, names, path.
    pub(crate) fn told(language: Language, code: &str, wanted: &[&'static str]) -> Vec<String> {
        let mut parser = Parser::new(Limits::default());
        let file = parser
            .parse(language, code.as_bytes(), &MacroTable::new())
            .unwrap();
        let settings = Settings {
            target: Target::default(),
            wanted: &wanted.iter().copied().collect(),
            taint: &[],
            isr_names: &[],
            headers: &Headers::default(),
            selection: None,
            summary: Summary::No,
            elsewhere: None,
        };
        let shown = |span: Span| String::from_utf8_lossy(span.of(code.as_bytes())).into_owned();
        analyse(&file, &settings)
            .defects
            .iter()
            .map(|defect| {
                let names: Vec<&str> = defect.names.iter().map(|(_, text)| text.as_str()).collect();
                let path: Vec<&str> = defect
                    .trace
                    .iter()
                    .map(|note| note.message.as_str())
                    .collect();
                format!(
                    "{} at `{}`: {}; {}",
                    defect.analysis,
                    shown(defect.span),
                    names.join(" "),
                    path.join(", ")
                )
            })
            .collect()
    }

    #[test]
    fn a_frame_is_summed_over_variables_and_parameters() {
        let code = "struct s { long a[1000]; };
                    void f(struct s by_value, int n) { char buf[100]; static char fixed[9000]; }
                    void g(struct s *there) { char small[4000]; }
";
        assert_eq!(
            told(Language::C, code, &["large-stack-frame"]),
            [
                "large-stack-frame at `by_value`: f 4104 4096; `by_value` takes 4000 bytes, `buf` takes 100 bytes"
            ]
        );
        assert!(told(Language::C, code, &[]).is_empty());
    }
}
