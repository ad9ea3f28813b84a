//! What each fuzz target does with its bytes. No body may panic unless an invariant it checks is
//! broken; `fuzz/fuzz_targets` and `tests/mutations.rs` run the same functions.

use crate::change::diff::{LineDiff, parse_unified};
use crate::evidence;
use crate::finding::RepoPath;
use crate::flow;
use crate::import;
use crate::matching::{self, ActiveRule, Compiler, Engine};
use crate::rules;
#[cfg(feature = "service")]
use crate::service::{
    command::{self, Command},
    event,
};
#[cfg(feature = "service")]
use crate::store::Effect;
use crate::syntax::{Language, Limits, MacroTable, Parser, SourceFile};
use crate::triage::{DeviationFile, parse_deviation_comment};

/// Parses the bytes as C.
pub fn syntax_c(bytes: &[u8]) {
    syntax(Language::C, bytes);
}

/// Parses the bytes as Rust.
pub fn syntax_rust(bytes: &[u8]) {
    syntax(Language::Rust, bytes);
}

/// Lowers the bytes as C and runs every analysis.
pub fn flow_c(bytes: &[u8]) {
    flow(Language::C, bytes);
}

/// Lowers the bytes as Rust and runs every analysis.
pub fn flow_rust(bytes: &[u8]) {
    flow(Language::Rust, bytes);
}

/// Reads the bytes as a rule file.
pub fn rule_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(loaded) = rules::load("fuzz.yaml", text, false) else {
        return;
    };
    let mut compiler = Compiler::default();
    let mut active = Vec::new();
    for rule in loaded.rules {
        if let Ok(program) = matching::compile(&mut compiler, &rule) {
            active.push(ActiveRule::new(rule.info, program));
        }
    }
    let engine = Engine::new(active);
    let path = RepoPath::from("fuzz.c");
    let code =
        b"int f(char *p, int n) { int i; for (i = 0; i < n; i++) { p[i] = g(i); } return n; }";
    let mut parser = Parser::new(Limits::default());
    if let Ok(file) = parser.parse(Language::C, code, &MacroTable::new()) {
        let scan = engine.scan(&path, &file);
        for finding in scan.findings {
            assert!(finding.location.span.end as usize <= code.len());
        }
    }
}

/// Reads the bytes as the report of another tool.
pub fn report_of_a_tool(bytes: &[u8]) {
    for imported in import::read("fuzz.sarif", bytes).unwrap_or_default() {
        for result in imported.results {
            assert!(result.described < imported.rules.len());
            assert!(result.place.is_none_or(|place| !place.paths.is_empty()));
        }
    }
}

/// Reads the bytes as a unified diff.
pub fn unified_diff(bytes: &[u8]) {
    let _ = parse_unified(bytes);
    let (base, head) = bytes.split_at(bytes.len() / 2);
    let diff = LineDiff::between(base, head);
    for line in diff.added_lines() {
        assert!((1..=diff.head_lines()).contains(&line));
    }
}

/// Reads the bytes as a comment that may hold a deviation.
pub fn deviation_comment(bytes: &[u8]) {
    let _ = parse_deviation_comment(&String::from_utf8_lossy(bytes));
}

/// Reads the bytes as a `deviations.toml`.
pub fn deviation_file(bytes: &[u8]) {
    let path = RepoPath::from("deviations.toml");
    if let Ok(file) = DeviationFile::parse(&String::from_utf8_lossy(bytes), &path) {
        for entry in file.entries {
            let register = entry.deviation.register;
            let is_complete = register.risk.is_some() && register.approved.is_some();
            assert!(register.id.is_none() || is_complete);
        }
    }
}

/// Reads the bytes as a log of records, as public keys, and as a private key.
pub fn record_log(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = evidence::SigningKey::read(&text);
    let mut keys = evidence::verifying_keys(&text).unwrap_or_default();
    // The pair of RFC 8410, section 10.3, which signed the seeds.
    let seed = [
        0xd4, 0xee, 0x72, 0xdb, 0xf9, 0x13, 0x58, 0x4a, 0xd5, 0xb6, 0xd8, 0xf1, 0xf7, 0x69, 0xf8,
        0xad, 0x3a, 0xfe, 0x7c, 0x28, 0xcb, 0xf1, 0xd4, 0xfb, 0xe0, 0x97, 0xa8, 0x8f, 0x44, 0x75,
        0x58, 0x42,
    ];
    keys.push(evidence::SigningKey::from_seed(seed).verifying());
    let verified = evidence::verify(&text, &keys, &evidence::Expected::default());
    assert!(verified.entries() <= text.split('\n').count());
    let _ = evidence::review_before(&text, None, Some("main"));
}

/// Reads the first line as the name of an event, and the rest as the body of its delivery.
#[cfg(feature = "service")]
pub fn webhook_event(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (name, body) = bytes.split_at(end.unwrap_or(bytes.len()));
    let name = String::from_utf8_lossy(name);
    let headers = event::Headers {
        event: &name,
        delivery: "fuzz",
    };
    let Ok((delivery, effects)) = event::effects(headers, body, 7) else {
        return;
    };
    assert!(delivery.event == name && delivery.id == "fuzz");
    let is_job = |effect: &Effect| matches!(effect, Effect::Job(_));
    for effect in &effects {
        match effect {
            // Whatever somebody asks is answered by a job.
            Effect::Request(_) => assert!(effects.iter().any(is_job)),
            Effect::Job(job) => assert!(delivery.installation == Some(job.installation)),
            Effect::Installation { .. } | Effect::Repository { .. } | Effect::Dissolved { .. } => {}
        }
    }
}

/// Reads the bytes as a comment that may hold a command.
#[cfg(feature = "service")]
pub fn comment_command(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 30).unwrap_or_default();
    let parsed = command::parse(&text, today);
    assert!(parsed.is_some() == command::speaks(&text));
    if let Some(Ok(Command::Accept {
        reason,
        until,
        ticket,
    })) = parsed
    {
        assert!(reason.chars().count() <= 1_000);
        assert!(until.is_none_or(|day| day >= today));
        assert!(ticket.is_none_or(|ticket| !ticket.contains(char::is_whitespace)));
    }
}

fn syntax(language: Language, bytes: &[u8]) {
    let mut parser = Parser::new(Limits::default());
    if let Ok(file) = parser.parse(language, bytes, &MacroTable::new()) {
        check_tree(&file);
        parser.recycle(file);
    }
}

fn flow(language: Language, bytes: &[u8]) {
    let mut parser = Parser::new(Limits::default());
    let Ok(file) = parser.parse(language, bytes, &MacroTable::new()) else {
        return;
    };
    let wanted = flow::ANALYSES
        .iter()
        .map(|analysis| analysis.name)
        .collect();
    let headers = flow::lower_c::HeaderSet::new([("fuzz.h".to_owned(), bytes.to_vec())]);
    // The first half of the text is a source, the second a sink.
    let (half, end) = (bytes.len() / 2, bytes.len());
    let part = |from: usize, to: usize| {
        let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        flow::taint::Match {
            span: crate::finding::Span::new(small(from), small(to)),
            exact: false,
            of: flow::taint::Subject::Both,
        }
    };
    let query = flow::taint::Query {
        sources: vec![part(0, half)],
        sinks: vec![part(half, end)],
        ..flow::taint::Query::default()
    };
    let settings = flow::Settings {
        taint: &[query],
        isr_names: &[],
        target: flow::ir::Target::default(),
        wanted: &wanted,
        headers: &headers.visible("fuzz.c", bytes),
        selection: None,
        summary: crate::flow::Summary::No,
        elsewhere: None,
    };
    let analysis = flow::analyse(&file, &settings);
    for defect in &analysis.defects {
        let notes = defect.trace.iter().chain(&defect.related);
        for span in notes.map(|note| note.span).chain([defect.span]) {
            assert!(span.start <= span.end && span.end as usize <= bytes.len());
        }
    }
    parser.recycle(file);
}

/// What every rule relies on: nodes in preorder, children inside their parents, spans inside the
/// text, lines that exist.
fn check_tree(file: &SourceFile<'_>) {
    let tree = &file.tree;
    let lines = file.lines.count(file.text);
    if tree.is_empty() {
        return;
    }
    for node in tree.subtree(tree.root()) {
        let span = tree.span(node);
        assert!(span.start <= span.end && span.end as usize <= file.text.len());
        assert!(tree.size(node) >= 1 && tree.end(node).0 as usize <= tree.len());
        // A token the parser only missed may stand behind the last line feed, on no line at all.
        let on_a_line = (1..=lines).contains(&file.lines.line(span.start));
        assert!(on_a_line || span.start as usize == file.text.len());
        if let Some(parent) = tree.parent(node) {
            let outer = tree.span(parent);
            assert!(parent < node && outer.start <= span.start && span.end <= outer.end);
        }
    }
}
