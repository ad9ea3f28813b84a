//! C text in, IR out, one construct at a time.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use super::{HeaderSet, Headers, lower};
use crate::flow::ir::{Init, Operand, Target, Type, Unit, print_unit, validate};
use crate::syntax::{Language, Limits, MacroTable, Parser};

fn unit_of(text: &str, target: Target, headers: &[(&str, &str)]) -> Unit {
    let set = HeaderSet::new(
        headers
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())),
    );
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(Language::C, text.as_bytes(), &MacroTable::new())
        .unwrap();
    let seen = match headers {
        [] => Headers::default(),
        _ => set.visible("main.c", text.as_bytes()),
    };
    let unit = lower(&file, target, &seen);
    assert_eq!(validate::violations(&unit), Vec::<String>::new(), "{text}");
    unit
}

fn unit(text: &str) -> Unit {
    unit_of(text, Target::default(), &[])
}

/// The IR of one function, its head line and block names' colons left out.
fn ir(text: &str) -> String {
    print_unit(&unit(text))
}

/// Asserts that the statements stand in the IR in this order, other lines between.
fn has(text: &str, lines: &[&str]) {
    let printed = ir(text);
    let mut rest = printed.lines();
    for line in lines {
        assert!(
            rest.any(|found| found.trim() == *line),
            "`{line}` missing in\n{printed}"
        );
    }
}

#[test]
fn arithmetic_is_promoted_and_wraps_where_it_is_stored() {
    has(
        "int f(unsigned char a, int b) { a += b; a++; return a << 2; }",
        &[
            "t2 = a as i32",
            "t3 = t2 + b",
            "a = t3 as u8",
            "t4 = a as i32",
            "t5 = t4 + 1",
            "a = t5 as u8",
            "t6 = a as i32",
            "t7 = t6 << 2",
            "return t7",
        ],
    );
    has(
        "long f(unsigned u, int i) { return u * i + 1L; }",
        &[
            "t2 = i as u32",
            "t3 = u * t2",
            "t4 = t3 + 1",
            "t5 = t4 as i32",
        ],
    );
}

#[test]
fn the_data_model_is_the_targets() {
    let target = Target {
        int_bits: 32,
        long_bits: 64,
        pointer_bits: 64,
        char_is_signed: false,
    };
    let text = "struct s { char c; long l; void *p; };\n\
        int f(long l, unsigned u, char c) { return l + u + c + sizeof(struct s) == 3; }";
    let printed = print_unit(&unit_of(text, target, &[]));
    for part in ["u as i64", "c as i64", "24`sizeof`", "as u64"] {
        assert!(printed.contains(part), "{part} missing in\n{printed}");
    }
}

#[test]
fn conditions_are_control_flow() {
    assert_eq!(
        ir("int f(int *p, int n) { if (!p || (n > 3 && *p)) return 1; return 0; }"),
        "fn f(p, n)\nb0:\n  if p then b1 else b4\nb1:\n  t2 = n > 3\n  if t2 then b2 else b3\n\
         b2:\n  if (*p) then b4 else b3\nb3:\n  return 0\nb4:\n  return 1\n"
    );
    has(
        "int f(char *p) { while ((p = next(p)) != NULL) { if (!n--) break; } return 0; }\nint n;",
        &[
            "p = call next(p)",
            "t1 = p != 0",
            "if t1 then b2 else b3",
            "t2 = n",
            "t3 = !t2",
        ],
    );
}

#[test]
fn values_of_conditions_are_assigned_in_both_arms() {
    has(
        "int f(int a) { int r = a > 3 ? a : 4; return r && a; }",
        &[
            "t3 = a",
            "t3 = 4",
            "r = t3",
            "t4 = 1",
            "t4 = 0",
            "return t4",
        ],
    );
}

#[test]
fn loops_switches_and_jumps() {
    has(
        "void f(int n) { do { n--; if (n == 3) continue; g(); } while (n > 0); }",
        &["n = n - 1", "t1 = n == 3", "call g()", "t2 = n > 0"],
    );
    has(
        "int f(int c) { switch (c) { case 0: return 1; case 'a': c++; case B: break; default: \
         abort(); } again: if (c) goto again; return c; }\n#define B (16 + 4)",
        &[
            "switch c [0 -> b1, 97 -> b2, 20 -> b3] else b5",
            "c = c + 1",
            "if c then b3 else b4",
            "call abort()",
            "unreachable",
        ],
    );
    has(
        "int f(int c) { switch (c) { case UNSEEN: return 1; } return 0; }",
        &["t1 = c == ?`UNSEEN`", "switch c [] else b3"],
    );
    has(
        "void f(int n) { for (int i = 0; i < n; i++) { int k = i; if (k) continue; g(&k); } }",
        &["enter i", "enter k", "leave k", "leave i"],
    );
}

#[test]
fn places_are_paths() {
    has(
        "struct h { uint8_t len; uint16_t v[4]; struct h *next; };\n\
         int f(struct h *p, uint8_t (*rows)[16], int i) { *(p->v + 1) = i; (&p->next->v[i])[1] = 2;\n\
         return rows[i][2] + (uint32_t)(p)->len + *p->v; }",
        &[
            "(*p).v[1] = i as u16",
            "t4 = ptr rows + i",
            "t6 = (*t4)[2] as u32",
            "t8 = (*p).v[0] as u32",
        ],
    );
    has(
        "int f(const uint8_t *p, const uint8_t *e) { if (*p++ == 3) return e - p; return p[-1]; }",
        &[
            "t2 = p",
            "p = ptr t2 + 1",
            "t3 = (*t2) as i32",
            "t5 = ptr e - p",
            "t6 = (*p)[-1] as i32",
        ],
    );
}

#[test]
fn records_are_laid_out() {
    let unit = unit(
        "struct a { uint8_t x; uint32_t y; uint16_t z; };\n\
         struct b { uint8_t x; uint32_t y; } __attribute__((packed));\n\
         struct c { uint8_t a : 4, b : 4; uint16_t n; uint8_t data[]; };\n\
         struct d { int k; union { uint8_t bytes[8]; uint32_t word; }; };\n\
         #pragma pack(push, 1)\nstruct e { uint8_t x; uint32_t y; };\n#pragma pack(pop)\n\
         typedef struct { char name[N * 2]; enum { ONE, N = 6 } kind; } g;\n\
         struct a va; struct b vb; struct c vc; struct d vd; struct e ve; g vg;\nvoid f(void) {}",
    );
    let sizes: Vec<Option<u64>> = unit
        .globals
        .iter()
        .map(|global| unit.types.size(global.ty))
        .collect();
    assert_eq!(sizes[..5], [Some(12), Some(5), Some(4), Some(12), Some(5)]);
    let record = unit.types.as_record(unit.globals[3].ty).unwrap();
    let offsets: Vec<_> = record.fields.iter().map(|field| field.offset).collect();
    assert_eq!(offsets, [Some(0), Some(4), Some(4)]);
}

#[test]
fn sizes_say_what_they_are_of() {
    has(
        "int f(int n) { char b[16]; struct { int x; } s; if (n > sizeof(b) - 1) return 1;\n\
         return sizeof(b) / sizeof(b[0]) + sizeof(int) + offsetof(struct q, y); }\n\
         struct q { int x; char y; };",
        &[
            "t3 = 16`sizeof b` - 1",
            "t6 = 16 + 4`sizeof`",
            "t7 = t6 + 4",
        ],
    );
}

#[test]
fn globals_have_their_first_values() {
    let unit = unit(
        "static const uint8_t table[] = { 1, [3] = 4 };\nconst char name[] = \"abc\";\n\
         static int zero;\nextern volatile int flag;\nint f(void);\nint (*hook)(void) = f;\n\
         struct p { int a, b; } point = { .b = sizeof(int) };\n\
         int f(void) { static int calls = 7; return calls++ + flag; }",
    );
    let by_name = |name: &str| {
        unit.globals
            .iter()
            .find(|global| unit.names.text(global.name) == name)
            .unwrap()
    };
    let table = by_name("table");
    assert!(table.is_const && table.is_private);
    assert!(matches!(
        unit.types.get(table.ty),
        Type::Array { len: Some(4), .. }
    ));
    assert!(matches!(&table.init, Init::List(items) if items[1].0 == 3));
    assert_eq!(unit.types.size(by_name("name").ty), Some(4));
    assert_eq!(by_name("zero").init, Init::Zero);
    assert!(by_name("flag").is_volatile && by_name("flag").is_extern);
    assert!(matches!(
        by_name("hook").init,
        Init::Value(Operand::Function(_))
    ));
    assert!(matches!(&by_name("point").init, Init::List(items) if items[0].0 == 1));
    assert!(by_name("calls").function.is_some());
}

#[test]
fn local_aggregates_are_filled() {
    has(
        "struct n { struct n *next; int v; };\n\
         void f(void) { char b[8] = \"hi\"; int a[2][2] = {1, 2, 3, 4}; struct n x = {.v = 3};\n\
         use(b, a, x, &(struct n){0, 2}); }",
        &[
            "b = \"hi\"",
            "t2 = {0: 1, 1: 2}",
            "t3 = {0: 3, 1: 4}",
            "a = {0: t2, 1: t3}",
            "x = {1: 3}",
            "t7 = {0: 0, 1: 2}",
        ],
    );
}

#[test]
fn calls_go_by_name_or_pointer() {
    has(
        "struct ops { int (*read)(void *dst, uint8_t n); }; extern int plain(long);\n\
         void f(struct ops *o, char *d, int n) { int r = o->read(d, n); (void)plain(n); (*o->read)(d, 1);\n\
         memcpy(d, \"x\", n); r = (int)strlen(d); (uint8_t)(n); }",
        &[
            "t4 = n as u8",
            "r = call (*(*o).read)(d, t4)",
            "call plain(n)",
            "call (*(*o).read)(d, 1)",
            "call memcpy(d, \"x\", t5)",
        ],
    );
}

#[test]
fn macros_are_expanded() {
    has(
        "#define CHECK(x) do { if (!(x)) return -1; } while (0)\n\
         #define BUF ((struct hdr *)&pkt[off])\n#define SQ(x) ((x) * (x))\n#define LIMIT (SIZE - 1)\n\
         #define SIZE 16u\n#define LOG(format, ...) printf(format, ##__VA_ARGS__)\n#define NOTHING(x)\n\
         struct hdr { uint8_t a; uint16_t len; };\nstatic uint8_t pkt[128]; static int off;\n\
         int f(int a) { CHECK(a > 2); NOTHING(a); LOG(\"%d\", a); BUF->len = LIMIT; return SQ(a + 1); }",
        &[
            "t1 = a > 2",
            "call printf(\"%d\", a)",
            "t2 = &pkt[off]",
            "t3 = t2 as ptr",
            "(*t3).len = 15`LIMIT`",
            "t4 = a + 1",
            "t5 = a + 1",
            "t6 = t4 * t5",
            "return -1",
        ],
    );
    has(
        "#define FOREACH(v, l) for ((v) = (l); (v); (v) = (v)->next)\n\
         struct n { struct n *next; };\nvoid f(struct n *l) { struct n *n; FOREACH(n, l) { g(n); } }",
        &[
            "n = l",
            "if n then b2 else b3",
            "call g(n)",
            "n = (*n).next",
        ],
    );
    has(
        "#define A(x) B(x)\n#define B(x) A(x)\nint f(int x) { return A(x); }",
        &["t1 = call A(x)"],
    );
    has(
        "#define COMMON(type) type *next; int count\n#define EXTRA uint8_t flags; uint8_t more\n\
         struct s { COMMON(struct s); EXTRA; };\nint f(struct s *s) { return s->next->more; }",
        &["t1 = (*(*s).next).more as i32"],
    );
}

#[test]
fn loops_of_unknown_macros_change_what_they_name() {
    has(
        "void f(struct l *l) { int *x; SLIST_FOREACH(x, l, next) { g(x); } }",
        &["clobber x, l", "if ? then b2 else b3", "call g(x)"],
    );
}

#[test]
fn assertions_are_no_guards_and_checks_are() {
    has(
        "void f(int *p) { assert(p && *p); LWIP_ASSERT(\"text\", p != NULL); g(); }",
        &[
            "assert t1 (assert)",
            "t2 = p != 0",
            "assert t2 (LWIP_ASSERT)",
            "call g()",
        ],
    );
    has(
        "int f(int *p) { LWIP_ERROR(\"text\", (p != NULL), return -2;); return *p; }",
        &[
            "t1 = p != 0",
            "if t1 then b1 else b2",
            "return (*p)",
            "return -2",
        ],
    );
}

#[test]
fn assembly_and_statement_expressions() {
    has(
        "int f(int n, int *p) { int v = ({ int t = n + 1; t * 2; });\n\
         __asm__ volatile(\"x\" : \"=r\"(n) : \"r\"(p) : \"memory\"); return v; }",
        &[
            "enter t",
            "t = n + 1",
            "t4 = t * 2",
            "leave t",
            "v = t4",
            "clobber n, (*p)",
        ],
    );
}

#[test]
fn headers_are_read_when_used() {
    let headers = [
        (
            "include/net.h",
            "#ifndef NET_H\n#define NET_H\n#include \"types.h\"\n#define NET_MAX 64\n\
             struct packet { len_t len; uint8_t data[NET_MAX]; };\nenum { NET_UDP = 17 };\n\
             extern struct packet *current;\nint net_send(const struct packet *p, len_t n);\n\
             static inline int net_ok(int x) { return x; }\n#endif",
        ),
        ("include/types.h", "typedef uint16_t len_t;\n"),
    ];
    let text = "#include <net.h>\nint f(struct packet *p, int n) { if (p->len > NET_MAX) return NET_UDP;\n\
        current = p; return net_send(p, n) + net_ok(p->data[n]) + sizeof(p->data); }";
    let unit = unit_of(text, Target::default(), &headers);
    let printed = print_unit(&unit);
    for part in [
        "(*p).len as i32",
        "> 64`NET_MAX`",
        "return 17`NET_UDP`",
        "current = p",
        "n as u16",
        "call net_ok(",
        "64`sizeof`",
    ] {
        assert!(printed.contains(part), "{part} missing in\n{printed}");
    }
    let send = unit.names.find("net_send").unwrap();
    assert!(unit.prototypes[&send].span.is_none());
}

#[test]
fn one_arm_of_an_if_group_is_lowered() {
    has(
        "void f(void) {\n#ifdef A\na();\n#else\nb();\n#endif\n#ifndef A\nc();\n#endif\n#if !A\nd();\n#elif B == 2\ne();\n#endif\n}",
        &["call a()", "call e()", "return"],
    );
}

#[test]
fn code_that_is_not_understood_is_a_gap() {
    let unit = unit("int f(int a) { a = 1; @ $% a b c; return a; }");
    assert!(unit.functions[0].has_gap);
    let deep = format!(
        "int f(int a) {{ return {}a{}; }}",
        "-(".repeat(900),
        ")".repeat(900)
    );
    assert!(self::unit(&deep).functions[0].has_gap);
}

#[test]
fn a_macro_chooses_the_macro_that_tests() {
    let text = "#define THIRD(a, b, c, ...) c\n\
        #define TEST(c, r) do { if (!(c)) { return r; } } while (0)\n\
        #define TEST_1(c) TEST(c, 0)\n#define TEST_2(c, r) TEST(c, r)\n\
        #define MY_ASSERT(...) THIRD(__VA_ARGS__, TEST_2, TEST_1, none)(__VA_ARGS__)\n";
    has(
        &format!("{text}int f(int *p) {{ MY_ASSERT(p, 7); return *p; }}"),
        &["return 7"],
    );
    has(
        &format!("{text}int f(int *p) {{ MY_ASSERT(p); return *p; }}"),
        &["return 0"],
    );
}

#[test]
fn a_call_whose_value_is_used_is_no_assertion() {
    let printed = ir("int line_assert_to(int a); int f(int a) { return line_assert_to(a); }");
    assert!(printed.contains("call line_assert_to(a)"), "{printed}");
    assert!(!printed.contains("assert a"), "{printed}");
}

#[test]
fn a_length_that_nobody_knows_is_not_that_of_the_first_value() {
    let unit = unit(
        "unsigned char open[] = { 1, 2 }; unsigned char named[UNSEEN] = { 1, 2 };\n\
         struct s { int n; int list[UNSEEN]; } one; struct t { int n; int list[]; } two;\n\
         void f(void) { use(open, named, &one, &two); }",
    );
    let sizes: Vec<_> = unit
        .globals
        .iter()
        .map(|global| unit.types.size(global.ty))
        .collect();
    assert_eq!(sizes, [Some(2), None, None, Some(4)]);
}

#[test]
fn a_macro_on_a_line_of_its_own_makes_no_variable() {
    has(
        "int f(int c) { int status = 0; if (c) { UNLOCK_ALL\n status = 3; } return status; }",
        &["status = 3", "return status"],
    );
    let locals = |text: &str| unit(text).functions[0].locals.len();
    assert_eq!(
        locals("int f(int c) { int s = 0; UNLOCK_ALL\n s = 3; return s; }"),
        locals("int f(int c) { int s = 0; s = 3; return s; }"),
    );
}

#[test]
fn what_no_compiler_for_firmware_reads_is_left_out_of_headers() {
    let header = "#ifdef _MSC_VER\ntypedef unsigned __int64 wide_t;\n#else\n\
        typedef unsigned long long wide_t;\n#endif\n\
        #if !defined(SMALL)\n#define COUNT 8\n#else\n#define COUNT 2\n#endif\n#define ONE 1\n\
        LIB_NORETURN void stop(const char *why);\n";
    let unit = unit_of(
        "#include \"a.h\"\nwide_t w; char many[COUNT]; char one[ONE];\n\
         int f(int *p) { if (!p) stop(\"no\"); return *p; }",
        Target::default(),
        &[("a.h", header)],
    );
    let sizes: Vec<_> = unit
        .globals
        .iter()
        .map(|global| unit.types.size(global.ty))
        .collect();
    // Which of the two counts holds, the configuration decides.
    assert_eq!(sizes, [Some(8), None, Some(1)]);
    assert!(
        print_unit(&unit).contains("unreachable"),
        "{}",
        print_unit(&unit)
    );
}

#[test]
fn the_size_of_a_name_that_nobody_defined_is_not_that_of_a_number() {
    let printed = ir("unsigned f(void) { return sizeof(UNSEEN_TEXT) - 1; }");
    assert!(!printed.contains('4'), "{printed}");
}

#[test]
fn a_macro_may_be_a_loop_with_the_head_of_another() {
    let text = "struct e { struct e *next; int key; };
#define EACH(head, el) for (el = head; el; el = (el)->next)
#define SEARCH(head, out, val) do { EACH(head, out) { if ((out)->key == (val)) break; } } while (0)
int find(struct e *list, int k) {
    struct e *it = 0;
    SEARCH(list, it, k);
    return it != 0;
}";
    let found = ir(text);
    assert!(found.contains("it = list"), "{found}");
    assert!(found.contains("if it then"), "{found}");
    assert!(found.contains("it = (*it).next"), "{found}");
}

#[test]
fn a_return_reaches_a_macro_by_way_of_another() {
    let text = "void *get(int n);
#define GET_OR(name, otherwise) do { name = get(3); if (name == 0) { otherwise; } } while (0)
#define GET(name, code) GET_OR(name, return code)
int use(void) {
    int *p;
    GET(p, -1);
    return *p;
}";
    let found = ir(text);
    assert!(found.contains("return -1"), "{found}");
}

#[test]
fn a_body_tells_that_a_call_does_not_come_back() {
    let stops = |file: &str, header: &str| {
        let text = format!(
            "#include \"h.h\"\n#define ERR() halt(\"x\")\n{file}\n\
             void f(int *p) {{ if (!p) {{ ERR(); }} *p = 1; }}"
        );
        let printed = print_unit(&unit_of(&text, Target::default(), &[("h.h", header)]));
        // Behind the call in `f`.
        let behind = printed.rsplit("halt(").next();
        behind.is_some_and(|behind| behind.contains("unreachable"))
    };
    let inline = "static inline void halt(const char *r) { stop_all(r); }";
    let noreturn = "void stop_all(const char *r) __attribute__((noreturn));";
    assert!(stops("", &format!("{noreturn}\n{inline}")));
    assert!(stops("void stop_all(const char *r) { for (;;); }", inline));
    assert!(stops(
        "void halt(const char *r) { log(r); NVIC_SystemReset(); }",
        ""
    ));
    assert!(!stops("void stop_all(const char *r) { log(r); }", inline));
    assert!(!stops("void halt(const char *r) { halt(r); }", ""));
    // What is handed on does not come back either.
    assert!(stops(
        "int halt(const char *r) { return luaL_error(r); }",
        ""
    ));
    assert!(!stops("int halt(const char *r) { return log(r); }", ""));
    let two = "int halt(const char *r) { if (r) return 1; return luaL_error(r); }";
    assert!(!stops(two, ""));
    assert!(!stops(
        "int halt(const char *r) { luaL_error(r); return 0; }",
        ""
    ));
}

#[test]
fn a_name_that_headers_of_one_name_tell_differently_is_unknown() {
    let text = "#include \"lld.h\"\nint run(D *d) { return st(d) + rx(); }\n\
        int two(D *d) { return same(d) + 1; }";
    let printed = |first: &str, second: &str| {
        let headers = [("p1/lld.h", first), ("p2/lld.h", second)];
        print_unit(&unit_of(text, Target::default(), &headers))
    };
    let one = "typedef struct D D;\nvoid st(D *d);\nint rx(void);\nchar same(D *d);\n";
    let two = "typedef struct D D;\nint st(D *it);\n#define rx() (7)\nchar same(D *it);\n";
    for (first, second) in [(one, two), (two, one)] {
        let found = printed(first, second);
        assert!(found.contains("st(d)"), "{found}");
        assert!(!found.contains('7'), "{found}");
        assert!(found.contains("as i32"), "{found}");
    }
    assert!(printed(two, two).contains('7'));
}

#[test]
fn a_result_is_returned_whatever_its_type() {
    let found = ir("void st(int d);\nint run(int d) { return st(d); }");
    assert!(found.contains("return ?"), "{found}");
}
