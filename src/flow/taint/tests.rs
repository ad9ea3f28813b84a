//! Code in, the lines of sinks that a source gets to out. `source()`, `sink()`, `clean()` are what
//! their names say; `fill(x)` makes the object `x` a source, `check(x)` a clean one, and
//! `copy(to, from)` carries.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::flow::ir::Target;
use crate::flow::{Settings, analyse, lower_c::Headers};
use crate::syntax::{Language, Limits, MacroTable, Parser};

fn span(start: usize, end: usize) -> Span {
    Span::new(u32::try_from(start).unwrap(), u32::try_from(end).unwrap())
}

/// Spans of the calls of a function, and of their arguments.
fn calls(code: &str, name: &str) -> Vec<(Span, Vec<Span>)> {
    let mut found = Vec::new();
    for (at, word) in code.match_indices(&format!("{name}(")) {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        if before.is_alphanumeric() || before == '_' {
            continue;
        }
        let (mut depth, mut begin) = (1, at + word.len());
        let mut arguments = Vec::new();
        for (offset, c) in code[at + word.len()..].char_indices() {
            let here = at + word.len() + offset;
            depth += i32::from(c == '(') - i32::from(c == ')');
            if depth == 0 || depth == 1 && c == ',' {
                let text = &code[begin..here];
                let skipped = text.len() - text.trim_start().len();
                arguments.push(span(begin + skipped, begin + text.trim_end().len()));
                begin = here + 1;
            }
            if depth == 0 {
                found.push((span(at, here + 1), arguments));
                break;
            }
        }
    }
    found
}

fn query(code: &str, options: Options) -> Query {
    let whole = |name: &str| -> Vec<Match> {
        let all = calls(code, name);
        all.iter()
            .map(|(span, _)| Match {
                span: *span,
                exact: false,
                of: Subject::Value,
            })
            .collect()
    };
    let objects = |name: &str| -> Vec<Match> {
        let all = calls(code, name);
        all.iter()
            .map(|(_, arguments)| Match {
                span: arguments[0],
                exact: false,
                of: Subject::Both,
            })
            .collect()
    };
    Query {
        sources: [whole("source"), objects("fill")].concat(),
        sinks: whole("sink"),
        sanitizers: [whole("clean"), objects("check")].concat(),
        propagators: calls(code, "copy")
            .iter()
            .map(|(_, arguments)| Carry {
                from: arguments[1],
                to: arguments[0],
                by_side_effect: true,
            })
            .collect(),
        options,
    }
}

fn leaks(language: Language, code: &str, query: Query) -> Vec<Leak> {
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(language, code.as_bytes(), &MacroTable::new())
        .unwrap();
    let settings = Settings {
        target: Target::default(),
        wanted: &std::collections::BTreeSet::new(),
        taint: &[query],
        isr_names: &[],
        headers: &Headers::default(),
        selection: None,
        summary: crate::flow::Summary::No,
        elsewhere: None,
    };
    analyse(&file, &settings).leaks
}

/// The sinks that are reached, in words.
fn reached_with(language: Language, code: &str, options: Options) -> Vec<String> {
    let query = query(code, options);
    let sinks = query.sinks.clone();
    let mut told: Vec<String> = leaks(language, code, query)
        .iter()
        .map(|leak| {
            let span = sinks[leak.sink].span;
            code[span.start as usize..span.end as usize].to_owned()
        })
        .collect();
    told.dedup();
    told
}

fn c(body: &str) -> Vec<String> {
    let code = format!(
        "struct s {{ int f; int g; struct s *n; int arr[4]; }};\n\
         void f(struct s *p, int *q, int i, struct s v)\n{{\n{body}\n}}\n"
    );
    reached_with(Language::C, &code, Options::default())
}

fn rust(body: &str) -> Vec<String> {
    let code = format!("fn f(p: &mut S, i: usize) {{\n{body}\n}}\n");
    reached_with(Language::Rust, &code, Options::default())
}

#[test]
fn values_go_where_they_are_assigned() {
    assert_eq!(c("int x = source(); sink(x);"), ["sink(x)"]);
    assert_eq!(c("sink(source());"), ["sink(source())"]);
    assert_eq!(
        c("int x = source(); int y = g(1, x) + 3; sink(y);"),
        ["sink(y)"]
    );
    assert_eq!(
        c("int x = 0; x += source(); x++; sink((char)x);"),
        ["sink((char)x)"]
    );
    assert!(c("int x = source(); x = 1; sink(x);").is_empty());
    assert!(c("int x = source(); sink(sizeof(x));").is_empty());
    assert!(c("int x = source(); int y; if (x) y = 1; else y = 2; sink(y);").is_empty());
}

#[test]
fn ways_are_joined_and_loops_come_to_an_end() {
    assert_eq!(c("int x = 0; if (i) x = source(); sink(x);"), ["sink(x)"]);
    assert_eq!(c("int x = source(); if (i) x = 0; sink(x);"), ["sink(x)"]);
    assert_eq!(
        c("int x = 0; while (i--) { sink(x); x = source(); }"),
        ["sink(x)"]
    );
    assert_eq!(
        c("int x = source(); goto out; x = 1; out: sink(x);"),
        ["sink(x)"]
    );
    assert!(c("int x = source(); if (i) x = 0; else x = 1; sink(x);").is_empty());
}

#[test]
fn fields_and_elements_are_told_apart() {
    assert_eq!(
        c("p->f = source(); sink(p->g); sink(p->f); sink(p);"),
        ["sink(p->f)", "sink(p)"]
    );
    assert_eq!(
        c("p = source(); p->f = 0; sink(p->f); sink(p->g);"),
        ["sink(p->g)"]
    );
    assert_eq!(
        c("p->n->f = source(); sink(p->n->g); sink(p->n->f);"),
        ["sink(p->n->f)"]
    );
    assert_eq!(c("(*p).f = source(); sink(p->f);"), ["sink(p->f)"]);
    assert_eq!(
        c("v.arr[2] = source(); sink(v.f); sink(v.arr[1]); sink(v.arr);"),
        ["sink(v.arr)"]
    );
    assert_eq!(
        c("v.f = source(); struct s w = v; sink(w.g); sink(w.f);"),
        ["sink(w.f)"]
    );
    assert_eq!(
        c("struct s w = { .g = source() }; sink(w.f); sink(w.g);"),
        ["sink(w.g)"]
    );
    assert_eq!(
        c("int a[4]; a[i] = source(); a[1] = 0; sink(a[1]); sink(a[2]);"),
        ["sink(a[2])"]
    );
    assert_eq!(
        c("*q = source(); sink(q[0]); sink(*q); *q = 0; sink(*q); sink(q[0]);"),
        ["sink(q[0])", "sink(*q)"]
    );
    assert_eq!(c("*(q + i) = source(); sink(q);"), ["sink(q)"]);
    assert_eq!(c("int x = source(); sink(table[x]);"), ["sink(table[x])"]);
}

#[test]
fn an_object_is_tainted_and_cleaned_by_side_effect() {
    assert_eq!(c("char b[9]; fill(b); b[8] = 0; sink(b);"), ["sink(b)"]);
    assert_eq!(c("int x = 0; fill(&x); sink(x);"), ["sink(x)"]);
    assert_eq!(
        c("fill(p->arr); sink(p->f); sink(p->arr[2]);"),
        ["sink(p->arr[2])"]
    );
    assert!(c("int x = source(); check(x); sink(x);").is_empty());
    assert_eq!(
        c("int x = source(); if (i) check(x); sink(x);"),
        ["sink(x)"]
    );
}

#[test]
fn sanitizers_and_propagators() {
    assert!(c("int x = source(); sink(clean(x)); int y = clean(x); sink(y);").is_empty());
    assert_eq!(
        c("int x = source(); sink(clean(x) + x);"),
        ["sink(clean(x) + x)"]
    );
    assert_eq!(c("char b[9]; copy(b, source()); sink(b);"), ["sink(b)"]);
    assert_eq!(
        c("copy(&v, p); sink(v); fill(p); copy(&v.f, p); sink(v.g); sink(v.f);"),
        ["sink(v.f)"]
    );
}

#[test]
fn a_parameter_may_be_a_source() {
    let code = "void f(char *buf, int n) { sink(n); sink(buf[2]); }";
    let at = code.find("buf").unwrap();
    let mut query = query(code, Options::default());
    query.sources = vec![Match {
        span: span(at, at + 3),
        exact: false,
        of: Subject::Value,
    }];
    let found = leaks(Language::C, code, query);
    assert_eq!(found.iter().map(|leak| leak.sink).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_literal_and_the_first_part_of_a_place_may_be_sources() {
    let code =
        "void f(char **args) { int x = g(\"secret\", 1); sink(x); sink(args[1]); sink(SECRET); }";
    for (word, sink) in [("\"secret\"", 0), ("args", 1), ("SECRET", 2)] {
        let at = code.rfind(word).unwrap();
        let mut query = query(code, Options::default());
        query.sources = vec![Match {
            span: span(at, at + word.len()),
            exact: false,
            of: Subject::Value,
        }];
        let found = leaks(Language::C, code, query);
        assert_eq!(
            found.iter().map(|leak| leak.sink).collect::<Vec<_>>(),
            [sink],
            "{word}"
        );
    }
}

#[test]
fn options_say_what_carries() {
    let with = |body: &str, options: Options| {
        let code = format!("void f(int i)\n{{\n{body}\n}}\n");
        reached_with(Language::C, &code, options)
    };
    let safe_functions = Options {
        assume_safe_functions: true,
        ..Options::default()
    };
    assert_eq!(
        with("int x = source(); sink(g(x)); sink(x);", safe_functions),
        ["sink(x)"]
    );
    assert!(with("int x = g(source()); sink(x);", safe_functions).is_empty());
    let safe_indexes = Options {
        assume_safe_indexes: true,
        ..Options::default()
    };
    assert!(with("int x = source(); int y = t[x]; sink(y);", safe_indexes).is_empty());
    let safe_numbers = Options {
        assume_safe_numbers: true,
        ..Options::default()
    };
    assert!(with("int x = source(); sink(x);", safe_numbers).is_empty());
    assert_eq!(
        with("char *x = source(); sink(x);", safe_numbers),
        ["sink(x)"]
    );
    let assignments = Options {
        only_propagate_through_assignments: true,
        ..Options::default()
    };
    assert_eq!(
        with(
            "int x = source(); int y = x; sink(y); int z = y + 1; sink(z);",
            assignments
        ),
        ["sink(y)"]
    );
}

#[test]
fn a_sink_is_reached_by_its_own_parts() {
    let code = "int f(struct s *p, int i) { int x = source(); y = x; if (x > 3 && i) { return x + 1; } p = source(); p->f = 2; }";
    for (word, reaches) in [
        ("y = x", true),
        ("x > 3 && i", true),
        ("return x + 1", true),
        ("p->f = 2", true),
        ("i) {", false),
    ] {
        let at = code.find(word).unwrap();
        let mut query = query(code, Options::default());
        query.sinks = vec![Match {
            span: span(at, at + word.trim_end_matches(") {").len()),
            exact: false,
            of: Subject::Value,
        }];
        assert_eq!(
            !leaks(Language::C, code, query).is_empty(),
            reaches,
            "{word}"
        );
    }
}

#[test]
fn the_way_is_told() {
    let code = "void f(void) {\n    int x = source();\n    int y = x + 1;\n    while (i) { y = y + x; }\n    sink(y);\n}\n";
    let found = leaks(Language::C, code, query(code, Options::default()));
    let told: Vec<&str> = found[0]
        .trace
        .iter()
        .map(|note| note.message.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "the value comes from this source",
            "`x` takes it",
            "`y` takes it",
            "it gets to this sink"
        ]
    );
}

#[test]
fn rust_values_go_through_patterns_and_methods() {
    assert_eq!(rust("let x = source()?; sink(x);"), ["sink(x)"]);
    assert_eq!(
        rust("let x = source().unwrap(); let y = &x[1..3]; sink(y);"),
        ["sink(y)"]
    );
    assert_eq!(rust("if let Some(y) = source() { sink(y); }"), ["sink(y)"]);
    assert_eq!(
        rust("let Some(y) = source() else { return; }; sink(y);"),
        ["sink(y)"]
    );
    assert_eq!(
        rust("match source() { Some(y) => sink(y), None => {} }"),
        ["sink(y)"]
    );
    assert_eq!(rust("for y in source().iter() { sink(y); }"), ["sink(y)"]);
    assert_eq!(
        rust("let (a, b) = (source(), 1); sink(b); sink(a);"),
        ["sink(a)"]
    );
    assert_eq!(rust("p.f = source(); sink(p.g); sink(p.f);"), ["sink(p.f)"]);
    assert_eq!(
        rust("let mut b = [0u8; 4]; fill(&mut b); sink(b);"),
        ["sink(b)"]
    );
    assert_eq!(
        rust("let x = if i > 1 { 2 } else { source() }; sink(x);"),
        ["sink(x)"]
    );
    assert!(rust("let mut x = source(); x = 1; sink(x);").is_empty());
    assert!(rust("let x = source(); sink(clean(x));").is_empty());
}
