//! The whole of `syntax`: text in, tree, functions and gaps out.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

use proptest::prelude::*;

use super::*;
use crate::finding::GapKind;

/// Parses, checks the laws of the tree, and hands the file to `see`.
fn with<T>(language: Language, text: &[u8], see: impl FnOnce(&SourceFile<'_>) -> T) -> T {
    let mut parser = Parser::new(Limits::default());
    let file = parser.parse(language, text, &MacroTable::new()).unwrap();
    check_laws(&file);
    see(&file)
}

fn check_laws(file: &SourceFile<'_>) {
    let (tree, length) = (&file.tree, u32::try_from(file.text.len()).unwrap());
    for index in 0..u32::try_from(tree.len()).unwrap() {
        let node = NodeId(index);
        let span = tree.span(node);
        assert!(span.start <= span.end && span.end <= length);
        assert!(tree.end(node).0 as usize <= tree.len());
        let mut before = span.start;
        let mut size = 1;
        for child in tree.children(node) {
            assert_eq!(tree.parent(child), Some(node));
            assert!(span.contains(tree.span(child)), "child outside its parent");
            assert!(before <= tree.span(child).start, "children out of order");
            before = tree.span(child).end;
            size += tree.size(child);
        }
        assert_eq!(size, tree.size(node));
    }
    let lines = file.lines.count(file.text).max(1);
    for gap in &file.gaps {
        assert!(gap.span.end <= length && gap.lines.0 <= gap.lines.1);
        assert!(gap.lines.1 <= lines + 1);
    }
    for function in &file.functions {
        assert!(tree.is_within(function.body, function.node));
        assert_eq!(function.span, tree.span(function.node));
    }
    for found in &file.macro_loops {
        assert_eq!(file.macro_loop(found.node), Some(*found));
    }
}

/// Names of the functions; `!` before those with an error.
fn names(language: Language, text: &str) -> Vec<String> {
    with(language, text.as_bytes(), |file| {
        let mark = |f: &Function| format!("{}{}", if f.has_error { "!" } else { "" }, f.name);
        file.functions.iter().map(mark).collect()
    })
}

/// Asserts that the text of C leaves no syntax gap.
fn clean(text: &str) {
    with(Language::C, text.as_bytes(), |file| {
        let gaps: Vec<_> = file
            .gaps
            .iter()
            .filter(|gap| gap.kind == GapKind::Syntax)
            .collect();
        assert!(gaps.is_empty(), "{text}\n{gaps:?}");
    });
}

#[test]
fn names_behind_declarators_and_macros() {
    let text = "int *a(void) { } static void (*b(int x))(int) { } void (c)(int d) { }
        ISR(TIMER0_vect, ISR_NOBLOCK) { e(); }
        FOO(name)(int x) { } int broken(void) { int x = @; }";
    let expected = ["a", "b", "c", "ISR(TIMER0_vect)"];
    let found = names(Language::C, text);
    assert_eq!(found[..4], expected);
    assert_eq!(found.last().unwrap(), "!broken");
}

#[test]
fn rust_functions_nest() {
    let text = b"impl A { fn a() { fn b() { } c(); } }\nfn d();\nfn e() { }";
    with(Language::Rust, text, |file| {
        let at = |needle: &str| {
            let text = std::str::from_utf8(text).unwrap();
            let offset = u32::try_from(text.find(needle).unwrap()).unwrap();
            file.function_at(offset).map(|f| f.name.as_str())
        };
        assert_eq!(file.functions.len(), 3);
        assert_eq!(at("c()"), Some("a"));
        assert_eq!(at("b()"), Some("b"));
        assert_eq!(at("fn d"), None);
        assert_eq!(file.functions[2].first_line, 3);
    });
}

#[test]
fn macro_uses_the_grammar_cannot_read() {
    for text in [
        "__STATIC_INLINE void f(void) { }",
        "#define HOT __attribute__((hot))\nstatic HOT int f(void) { return 0; }",
        "static UNKNOWN_ATTR int f(void) { return 0; }",
        "void f(void) UNKNOWN_ATTR;\nvoid UNKNOWN_ATTR g(void) { }",
        "struct p { PACK_STRUCT_FIELD(u16_t port); };",
        "struct p { BITFIELD(bits, 32); uint32_t : 4; };",
        "DECLARE_POOL(a, 1)\nint a;",
        "void f(void) { CHECK(a)\n CHECK(b)\n }",
        "PROCESS_THREAD(p, ev, data) { a(); }",
        "void f(void) { LIST_FOREACH(i, l, next) { use(i); } }",
        "void f(void) { __ASM volatile (\"nop\"); }",
        "void f(void) { LWIP_ERROR(\"m\", p != 0, return ERR_ARG;); }",
        "void f(void) { LWIP_ERROR(\"m\", p != 0, r = 1; goto out); out: return; }",
        "void f(void) { printf(\"a\" STR(X) \"b\", 1); printf(\"%\" PRIu32 \"\\n\", 1); }",
        "#include CONFIG_FILE(x)\nFETCH(add, +, 1, )\nint a;",
        "void f(void) { p = container_of(q, struct foo, member); n = va_arg(a, unsigned long); }",
        "static TESTS(fixtures) { new_test(a), new_test(b), };",
        "uint8_t a __attribute__((section(\".x\")));",
        "int a[] = { 1,\n#if X\n 2,\n#else\n 3,\n#endif\n 4 };",
        "void f(void) {\n#if X\n if (a) {\n#else\n if (b) {\n#endif\n c(); }\n}",
        "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint a;\n#ifdef __cplusplus\n}\n#endif",
    ] {
        clean(text);
    }
}

#[test]
fn clean_text_is_left_alone() {
    let text = b"#if X\nint a;\n#else\nint b;\n#endif\nstatic HOT f(void) { }";
    with(Language::C, text, |file| {
        assert!(file.gaps.is_empty());
        let arms = file
            .tree
            .subtree(NodeId(0))
            .filter(|&node| file.tree.kind(node) == Kind::PREPROC_ELSE);
        assert_eq!(arms.count(), 1);
    });
}

#[test]
fn values_stay_where_types_become_names() {
    let text = b"void f(void) { p = container_of(q, struct foo, m); a(sizeof *p); b(x * y); c(n, char *); }";
    with(Language::C, text, |file| {
        assert!(file.gaps.is_empty());
        let count = |kind| {
            let nodes = file.tree.subtree(NodeId(0));
            nodes.filter(|&node| file.tree.kind(node) == kind).count()
        };
        assert_eq!(count(Kind::SIZEOF_EXPRESSION), 1);
        assert_eq!(count(Kind::BINARY_EXPRESSION), 1);
    });
}

#[test]
fn arms_left_out_are_gaps_and_text_stays_original() {
    let text = b"int f(void) {\n  int a[] = { 1,\n#if X\n  2,\n#else\n  3,\n#endif\n  4 };\n}";
    with(Language::C, text, |file| {
        let [gap] = &file.gaps[..] else {
            panic!("{:?}", file.gaps)
        };
        assert_eq!(gap.kind, GapKind::InactiveArm);
        assert_eq!(gap.span.of(text).trim_ascii(), b"3,");
        assert_eq!(gap.function.as_deref(), Some("f"));
        assert_eq!(file.text, text);
        assert_eq!(
            (file.functions[0].first_line, file.functions[0].last_line),
            (1, 9)
        );
    });
}

#[test]
fn macro_loops_are_marked() {
    let text = b"void f(void) { while (a) { } LIST_FOREACH(i, l) { use(i); } @ }";
    with(Language::C, text, |file| {
        let [found] = file.macro_loops[..] else {
            panic!("{:?}", file.macro_loops)
        };
        assert_eq!(file.tree.kind(found.node), Kind::WHILE_STATEMENT);
        assert_eq!(found.name.of(text), b"LIST_FOREACH");
        assert!(
            file.tree
                .text(found.node, text)
                .starts_with(b"LIST_FOREACH(")
        );
    });
}

#[test]
fn settings_of_the_project_are_used() {
    let text = b"weird int f(void) { each(a) b(); }";
    let lists = [
        (MacroClass::Empty, ["weird".to_owned()]),
        (MacroClass::Loop, ["each".to_owned()]),
    ];
    let table = MacroTable::with_settings(lists.iter().map(|(class, names)| (*class, &names[..])));
    let mut parser = Parser::new(Limits::default());
    let file = parser.parse(Language::C, text, &table).unwrap();
    assert!(file.gaps.is_empty(), "{:?}", file.gaps);
    assert_eq!(file.macro_loops.len(), 1);
}

#[test]
fn size_and_steps_are_bounded() {
    let limits = Limits {
        file_bytes: 100_000,
        parser_steps: 50,
        ..Limits::default()
    };
    let mut parser = Parser::new(limits);
    let table = MacroTable::new();
    let long = vec![b'a'; 100_001];
    let result = parser.parse(Language::C, &long, &table);
    assert_eq!(result.unwrap_err(), ParseError::Size(100_001));
    let slow = "(a)*".repeat(20_000);
    let result = parser.parse(Language::C, slow.as_bytes(), &table);
    assert_eq!(result.unwrap_err(), ParseError::Bound(50));
    // The parser is usable afterwards.
    assert!(
        parser
            .parse(Language::C, b"int a;", &table)
            .unwrap()
            .gaps
            .is_empty()
    );
}

#[test]
fn deep_nesting_is_cut_and_said() {
    let depth = 20_000;
    let body = |open: &str, close: &str| {
        let (open, close) = (open.repeat(depth), close.repeat(depth));
        format!("int f(void) {{ {open} a {close}; }}\nint g(void) {{ return 1; }}")
    };
    for text in [
        body("(", ")"),
        body("{", "}"),
        body("if(a) ", ""),
        body("a(", ")"),
        body("x = ", ""),
        body("- ", ""),
    ] {
        with(Language::C, text.as_bytes(), |file| {
            assert!(file.gaps.iter().any(|gap| gap.kind == GapKind::Depth));
            let [f, g] = &file.functions[..] else {
                panic!("{} functions", file.functions.len())
            };
            assert!(f.has_error && !g.has_error);
        });
    }
    for text in [
        "(".repeat(depth),
        "{".repeat(depth),
        "}".repeat(depth),
        "#if A\n".repeat(depth),
        "#if 0\n".repeat(depth),
        "#if A\nint x = {\n#else\n".repeat(1_000),
        "\0".repeat(depth),
        "\u{e9}\\\n".repeat(depth),
    ] {
        with(Language::C, text.as_bytes(), |_| ());
        with(Language::Rust, text.as_bytes(), |_| ());
    }
}

const SEED_C: &str = "#ifdef __cplusplus\nextern \"C\" {\n#endif\n#define FOO(x) x\n\
    #if A\nstatic __STATIC_INLINE int f(FOO(int) a) {\n#else\nint f(void) {\n#endif\n\
    LIST_FOREACH(i, l) { g(\"s\" STR(x) \"t\", struct a *, ); }\n  CHECK(x)\n return a ? b : 'c'; }\n\
    ISR(v) { int a[] = {\n#if 0\n 1,\n#endif\n 2 }; }\nTESTS(x) { a, b };\n/* c */ // d\n";
const SEED_RUST: &str = "fn a<'x>(b: &'x [u8]) -> u32 { let c = |d| d + 1; vec![1, 2]; \
    match b { [1, ..] => unsafe { *b.as_ptr() as u32 }, _ => r#\"x\"#.len() as u32 } }";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_bytes_give_a_lawful_tree(text in proptest::collection::vec(any::<u8>(), 0..400)) {
        with(Language::C, &text, |_| ());
        with(Language::Rust, &text, |_| ());
    }

    #[test]
    fn any_change_of_code_gives_a_lawful_tree(
        rust in any::<bool>(),
        edits in proptest::collection::vec((any::<u16>(), 0_u8..24, "[(){};,#*\"/\\\\ \nA-Ca-c0-9]{0,6}"), 1..8),
    ) {
        let (language, seed) = if rust { (Language::Rust, SEED_RUST) } else { (Language::C, SEED_C) };
        let mut text = seed.as_bytes().to_vec();
        for (at, removed, inserted) in edits {
            let at = usize::from(at) % (text.len() + 1);
            let end = (at + usize::from(removed)).min(text.len());
            text.splice(at..end, inserted.bytes());
        }
        with(language, &text, |_| ());
    }
}

#[test]
fn a_function_that_is_a_macro_elsewhere_stays_a_function() {
    let mut table = MacroTable::new();
    table.scan(b"#define sys_unlock(x)\n#define IDLE\n");
    let text = b"void sys_unlock(int x)\n{\n    int k = x IDLE;\n    sys_unlock(k);\n}\n";
    let mut parser = Parser::new(Limits::default());
    let file = parser.parse(Language::C, text, &table).unwrap();
    let found: Vec<(&str, bool)> = file
        .functions
        .iter()
        .map(|function| (function.name.as_str(), function.has_error))
        .collect();
    assert_eq!(found, [("sys_unlock", false)]);
}

#[test]
fn a_pointer_qualifier_of_a_port_may_stand_anywhere_in_a_type() {
    let text = b"int can_read(FAR struct file *filep, FAR char *buffer)
{
  FAR struct inode *inode = filep->f_inode;
  FAR const uint8_t *p = (FAR const uint8_t *)buffer;
  return inode->x + (int)sizeof(FAR void *) + p[0];
}
";
    with(Language::C, text, |file| assert!(file.gaps.is_empty()));
}
