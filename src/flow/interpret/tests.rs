//! Code in, reports out.

use super::interpret;
use crate::flow::ir::Target;
use crate::flow::lower_c::{HeaderSet, lower};
use crate::syntax::{Language, Limits, MacroTable, Parser};

/// The reports on a C file: line and analysis.
pub(super) fn reports(text: &str) -> Vec<String> {
    let mut parser = Parser::new(Limits::default());
    let mut macros = MacroTable::new();
    macros.scan(text.as_bytes());
    let file = parser.parse(Language::C, text.as_bytes(), &macros).unwrap();
    let headers = HeaderSet::default();
    let unit = lower(
        &file,
        Target::default(),
        &headers.visible("a.c", text.as_bytes()),
    );
    interpret(&unit, text.as_bytes(), &|_| true)
        .defects
        .iter()
        .map(|defect| {
            let line = text[..defect.span.start as usize].matches('\n').count() + 1;
            format!("{line} {}", defect.analysis)
        })
        .collect()
}

#[test]
fn constant_index_outside() {
    assert_eq!(
        reports("void f(void) { int a[5]; a[5] = 1; }"),
        ["1 out-of-bounds-write"]
    );
    assert_eq!(reports("void f(void) { int a[5]; a[4] = 1; }"), [""; 0]);
}

#[test]
fn loop_that_runs_once_too_often() {
    let bad = "void f(void) { int a[300]; for (int i = 0; i <= 300; i++) a[i] = i; }";
    assert_eq!(reports(bad).len(), 1, "{:?}", reports(bad));
    let good = "void f(void) { int a[300]; for (int i = 0; i < 300; i++) a[i] = i; }";
    assert_eq!(reports(good), [""; 0]);
}

#[test]
fn a_guard_on_another_name_of_the_value_counts() {
    let good = "void f(unsigned n) { char a[8]; unsigned m = n; unsigned k = m + 1; \
                if (n < 8 && k < 8) { a[m] = 1; a[k] = 2; } }";
    assert_eq!(reports(good), [""; 0]);
    let bad = "void f(unsigned n) { char a[8]; unsigned m = n; if (n <= 8) { a[m] = 1; } }";
    assert_eq!(reports(bad), ["1 index-off-by-one-guard"]);
}

#[test]
fn flags_that_belong_together_stay_together() {
    let good = "int g(void); void f(int c) { int x; int have = 0; \
                if (c) { x = g(); have = 1; } g(); if (have) { g(); x++; } }";
    assert_eq!(reports(good), [""; 0]);
}

#[test]
fn released_memory() {
    let twice = "#include <stdlib.h>\nvoid f(void) { char *p = malloc(4); free(p);\nfree(p); }";
    assert_eq!(reports(twice), ["3 double-free"]);
    let after = "#include <stdlib.h>\nint f(void) { char *p = malloc(4); if (!p) return 0; free(p);\nreturn *p; }";
    assert_eq!(reports(after), ["3 use-after-free"]);
    let lost = "#include <stdlib.h>\nvoid f(void) { char *p = malloc(4); if (p) *p = 1; }";
    assert_eq!(reports(lost), ["2 memory-leak"]);
    let fine =
        "#include <stdlib.h>\nvoid f(void) { char *p = malloc(4); if (p) { *p = 1; free(p); } }";
    assert_eq!(reports(fine), [""; 0]);
}

#[test]
fn calls_are_followed() {
    let code = "static void set(int *p) {\n*p = 1; }\nvoid f(void) { set(0); }";
    // What one caller passes is weaker evidence than what the function does itself.
    assert_eq!(reports(code), ["2 possible-null-dereference"]);
    let size = "static void put(char *p, int n) {\nfor (int i = 0; i < n; i++) p[i] = 0; }\n\
                void f(void) { char a[4]; put(a, 5); }";
    assert_eq!(reports(size).len(), 1, "{:?}", reports(size));
}

#[test]
fn caution_of_a_macro_or_callee_is_no_evidence() {
    let code = "struct s { int x; struct s *next; };\n\
                static int get(struct s *p) { return p ? p->x : 0; }\n\
                int f(struct s *p) { int a = get(p); return a + p->x; }";
    assert_eq!(reports(code), [""; 0]);
}

#[test]
fn locks() {
    let twice = "#include <pthread.h>\nstatic pthread_mutex_t m;\n\
                 void f(void) { pthread_mutex_lock(&m);\npthread_mutex_lock(&m);\npthread_mutex_unlock(&m); }";
    assert_eq!(reports(twice), ["4 double-lock"]);
    let kept = "#include <pthread.h>\nstatic pthread_mutex_t m;\n\
                int f(int c) {\npthread_mutex_lock(&m); if (c) return 1; pthread_mutex_unlock(&m); return 0; }";
    assert_eq!(reports(kept), ["4 lock-not-released"]);
}

#[test]
fn numbers() {
    assert_eq!(
        reports("int f(int a) { int z = 0; return a / z; }"),
        ["1 division-by-zero"]
    );
    assert_eq!(
        reports("int f(int a) { return a << 32; }"),
        ["1 shift-out-of-range"]
    );
    assert_eq!(
        reports("int f(void) { int m = 0x7fffffff; return m + 1; }"),
        ["1 signed-overflow"]
    );
}

#[test]
fn conditions() {
    let code =
        "int g(void); int f(void) { int a = g(); if (a < 5 && 10 < a) { return 1; } return 0; }";
    assert!(reports(code).contains(&"1 contradicting-conditions".to_owned()));
    let code =
        "int g(void); int f(void) { int a = g(); if (a > 5 && a > 10) { return 1; } return 0; }";
    assert_eq!(reports(code), ["1 redundant-condition"]);
}

#[test]
fn a_first_value_that_depends_on_the_build_is_not_known() {
    let code = "struct d { int n; }; static struct d one;\n#ifdef A\nstatic struct d *p = 0;\n#else\n\
                static struct d *p = &one;\n#endif\nint f(void) { return p->n; }";
    assert_eq!(reports(code), [""; 0]);
    let table = "#if A\nstatic const unsigned t[] = { 1, 9 };\n#else\nstatic const unsigned t[] = { 1, 2, 3, 9 };\n#endif\n\
                 int f(void) { const unsigned *p = t; while (*p != 9) { p++; } return 0; }";
    assert_eq!(reports(table), [""; 0]);
    let same = "struct d { int n; };\nstatic struct d *p = 0;\nint f(void) { return p->n; }";
    // Whoever builds it may link another one.
    assert_eq!(reports(same), ["3 possible-null-dereference"]);
}

#[test]
fn a_part_of_a_whole_that_was_set_is_set() {
    let code = "struct u { long a, b; }; struct e { struct u v; long extra; }; struct e g(void); int use(long);
                void f(void) { struct u z; struct e x; x = g(); z = x.v; use(z.b); }";
    assert_eq!(reports(code), [""; 0]);
    let bad = "struct u { long a, b; }; struct e { struct u v; long extra; }; int use(long);
               void f(void) { struct u z; struct e x; x.extra = 1; z = x.v; use(z.b); }";
    assert_eq!(reports(bad).len(), 1, "{:?}", reports(bad));
}

#[test]
fn what_assembly_and_macros_set_is_set() {
    let assembly =
        "unsigned f(void) { unsigned level; __asm(\"MRS level, PRIMASK\"); return level & 1; }";
    assert_eq!(reports(assembly), [""; 0]);
    let field = "struct s; int f(struct s *p) { int life = p->PRIVATE(life); return life; }";
    assert_eq!(reports(field), [""; 0]);
    let own = "typedef unsigned long addr_t; int f(void) { int b = (int)((unsigned)(addr_t)&b & 0xFF); return b; }";
    assert_eq!(reports(own), [""; 0]);
    let off = "#define PORTS 0\n#if PORTS\nstruct port { int n; }; static struct port ports[4]; int g(int);
               int f(int n) { struct port *p; int i; for (i = 0; i < PORTS; i++) { p = &ports[i]; if (p->n == n) break; }
               if (i == PORTS) { return 0; } return p->n; }\n#endif\n";
    assert_eq!(reports(off), ["5 maybe-uninitialised"]);
    let proof = "void __CPROVER_assume(int); int use(int); void f(void) { int any; __CPROVER_assume(any > 2); use(any); }";
    assert_eq!(reports(proof), [""; 0]);
}

#[test]
fn a_thread_sets_what_it_is_given() {
    let code = "struct ctx { int result; int ready; }; static mutex_t m;
                int f(void) { struct ctx c; c.ready = 0; thread_create(0, 0, 0, 0, run, &c, \"n\"); mutex_lock(&m); return c.result; }";
    assert_eq!(reports(code), [""; 0]);
}

#[test]
fn what_is_printed_or_copied_in_part_is_known() {
    let told = |body: &str, condition: &str| {
        let text = format!(
            "int snprintf(char *to, unsigned long n, const char *format, ...);\n\
             char *strncpy(char *to, const char *from, unsigned long n);\n\
             unsigned long strlen(const char *s);\n\
             int put(char *to, const char *from) {{ {body} }}\n\
             void f(void) {{ char a[8]; int n = put(a, \"abcdef\");\n\
             if ({condition}) {{ int held[1];\n held[3] = n; }} else {{ int missed[1];\n missed[3] = n; }} }}\n"
        );
        let lines: Vec<String> = reports(&text)
            .iter()
            .filter(|one| one.ends_with("out-of-bounds-write"))
            .map(|one| one.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        lines
    };
    for (body, condition) in [
        (
            "return snprintf(to, 8, \"%s\", from);",
            "n == 6 && strlen(a) == 6",
        ),
        (
            "return snprintf(to, 4, \"%s\", from);",
            "n == 6 && strlen(a) == 3",
        ),
        (
            "return snprintf(to, 8, \"<%s>\", from);",
            "n == 8 && strlen(a) == 7",
        ),
        (
            "strncpy(to, from, 8); return 0;",
            "strlen(a) == 6 && a[0] == 'a'",
        ),
        (
            "strncpy(to, from, 4); to[4] = 0; return 0;",
            "strlen(a) == 4 && a[3] == 'd'",
        ),
    ] {
        assert_eq!(told(body, condition), ["7"], "{body} {condition}");
    }
    // A number in the format: not worked out.
    let either = told("return snprintf(to, 8, \"%d\", 5);", "n == 1");
    assert_eq!(either, ["7", "8"]);
}

#[test]
fn null_is_told_where_the_function_itself_shows_it() {
    let own = "int f(int *p) { if (p == 0) {\nreturn *p; } return 0; }";
    assert_eq!(reports(own), ["2 null-dereference"]);
    let global = "static int *table = 0;\nint f(void) { return table[1]; }";
    assert_eq!(reports(global), ["2 possible-null-dereference"]);
    let of_macro = "#define DATA(m) ((char *)0)\nint f(int m) { return DATA(m)[1]; }";
    assert_eq!(reports(of_macro), ["2 possible-null-dereference"]);
    let given = "static int one; static int *find(int n) { if (n > 3) return 0; return &one; }\n\
                 int f(int n) { int *p = find(n); if (n < 2) { return *p; } return 0; }";
    assert!(!reports(given).contains(&"2 null-dereference".to_owned()));
}

#[test]
fn a_macro_without_its_semicolon_declares_and_multiplies_nothing() {
    let code = "void f(void **p, int n) { CHECK(p != 0)\n\n*p = 0;\nif (n) { *p = &n; } }";
    assert_eq!(reports(code), [""; 0]);
}

#[test]
fn an_access_before_the_start_rests_on_the_function_itself() {
    let tested = "static int a[4]; void f(int at) { if (at == -1) {\na[at] = 1; } }";
    assert_eq!(reports(tested), ["2 buffer-underrun"]);
    let shifted = "static int a[4]; void f(int id) { if (id < 9) { return; } if (id < 12) {\na[id - 12] = 1; } }";
    assert_eq!(reports(shifted), ["2 possible-out-of-bounds"]);
    let called = "static int a[4]; int slot(void); void f(void) { int at = slot(); if (at < 0 && at > -4) {\na[at] = 1; } }";
    assert_eq!(reports(called), ["2 possible-out-of-bounds"]);
    let named = "extern char stack_top;\nchar *p; void f(void) { p = &stack_top - 6; p[2] = 1; }";
    assert_eq!(reports(named), [""; 0]);
}

#[test]
fn a_release_of_null_is_told_where_every_path_has_it() {
    let one =
        "#include <stdlib.h>\nvoid f(int n) { char *p = 0; if (n) { p = malloc(4); }\nfree(p); }";
    assert!(!reports(one).contains(&"3 free-of-null".to_owned()));
    let every = "#include <stdlib.h>\nvoid f(void) { char *p = 0;\nfree(p); }";
    assert_eq!(reports(every), ["3 free-of-null"]);
    let callee =
        "#include <stdlib.h>\nstatic void drop(char *p) {\nfree(p); }\nvoid f(void) { drop(0); }";
    assert_eq!(reports(callee), [""; 0]);
}

#[test]
fn an_address_kept_as_a_number_is_not_lost() {
    let code = "#include <stdlib.h>\nstruct d { unsigned long at; };\n\
                void f(struct d *d) { char *p = malloc(4); d->at = (unsigned long)p; }";
    assert_eq!(reports(code), [""; 0]);
    let masked = "#include <stdlib.h>\nstruct d { unsigned long at; };\n\
                  void f(struct d *d) { char *p = malloc(4); d->at = (unsigned long)p & ~3ul; }";
    assert_eq!(reports(masked), [""; 0]);
}

#[test]
fn a_register_named_by_assembly_has_a_value() {
    let code = "int f(void) { register int *top asm(\"sp\"); return *top; }";
    assert_eq!(reports(code), [""; 0]);
}

#[test]
fn a_function_of_assembly_may_return_a_value() {
    let code = "int f(void) { asm(\"svc 1\"); }";
    assert_eq!(reports(code), [""; 0]);
}

#[test]
fn exact_widths_are_those_of_the_language() {
    let code = "typedef unsigned __int64 uint64_t; uint64_t f(unsigned char b) { return (uint64_t)b << 48; }";
    assert_eq!(reports(code), [""; 0]);
}

#[test]
fn an_assertion_without_a_condition_ends_the_path() {
    let code = "#define MY_ASSERT_NEVER() do { } while (1)\nint f(int x) { switch (x) { case 1: return 2; } MY_ASSERT_NEVER(); }";
    assert_eq!(reports(code), [""; 0]);
    let null = "int g(int x, int *o) { int *p = 0; if (x) p = o; if (!p) { SHOULD_NOT_BE_REACHED(); ASSERT(\"never\"); } return *p; }";
    assert_eq!(reports(null), [""; 0]);
}

#[test]
fn what_the_assembler_reads_is_no_c() {
    let code = "typedef unsigned u32;\n#if defined(__ASSEMBLER__)\n#define REG(a) (a)\n#else\n#define REG(a) (*(volatile u32 *)(a))\n#endif\n\
                void w(void) { u32 r; while ((r = (REG(0x40002804U) & 8)) == 0); }";
    assert_eq!(reports(code), [""; 0]);
}

#[test]
fn what_a_sentinel_leaves_of_a_type_is_no_shift() {
    let code = "struct l { unsigned char pin; }; unsigned f(struct l *l) { if (l->pin == 0xff) return 0; return 1u << l->pin; }";
    assert_eq!(reports(code), [""; 0]);
}
