//! Code in, reports out: callees, unseen macros and types, numbers of several paths.

use super::tests::reports;

const NOTHING: [&str; 0] = [];

#[test]
fn ways_out_of_a_callee_stay_apart_by_their_result() {
    let maker = |get: &str| {
        format!(
            "#include <stdlib.h>\nstatic char *mk(int n) {{ char *c = {get}(n); if (c == NULL) return NULL;\n\
             if (fill(c) <= 0) {{ free(c); return NULL; }} return c; }}\n\
             void t(void) {{ char *c = mk(1); if (c == NULL) return;\nfree(c); }}"
        )
    };
    assert_eq!(reports(&maker("get")), NOTHING);
    assert_eq!(reports(&maker("malloc")), NOTHING);
    let twice = maker("get").replace("free(c); }", "free(c); free(c); }");
    assert_ne!(reports(&twice), NOTHING);
}

#[test]
fn a_member_that_is_an_array_in_some_builds_has_no_known_type() {
    let code = "#include <stdlib.h>\nstruct sub {\n#ifdef FIXED\nchar id[8];\n#else\nchar *id;\n#endif\nstruct sub *next; };\n\
                void drop(struct sub *sp) { free(sp->id); free(sp); }";
    assert_eq!(reports(code), NOTHING);
}

#[test]
fn a_variable_of_a_type_nobody_sees_may_be_an_array() {
    let code =
        "#include <string.h>\nvoid k(void) { key_t key; memset(key, 0, sizeof(key)); fill(key); }";
    assert_eq!(reports(code), NOTHING);
    let tagged = "int use(struct data); int k(void) { struct data d;\nreturn use(d); }";
    assert_eq!(reports(tagged), ["2 uninitialised-read"]);
    let bad = "key_t k(void) { key_t key;\nreturn key; }";
    assert_eq!(reports(bad), ["2 uninitialised-read"]);
}

#[test]
fn addresses_in_lists_get_out_with_them() {
    for list in [
        "const struct cmd c[] = { { .count = &n }, { 0 } }; rd(c);",
        "struct cmd c = { .count = &n }; rd(&c);",
        "struct cmd c[2] = { { &n, 3 } }; rd(&c[0]);",
        "const cmd_t c[] = { { \"a\", &n, 0 }, { 0 } }; rd(c);",
        "rd((const cmd_t []){ { \"a\", &n, 0 }, { 0 } });",
    ] {
        let code = format!(
            "struct cmd {{ int *count; int m; }}; int rd(const void *);\nint f(void) {{ int n; {list} return n; }}"
        );
        assert_eq!(reports(&code), NOTHING, "{list}");
    }
    let bad = "struct cmd { int *count; int m; }; int rd(const void *);\n\
               int f(void) { int n; int k; struct cmd c[] = { { .count = &k }, { 0 } }; rd(c);\nreturn n; }";
    assert_eq!(reports(bad).len(), 1);
}

#[test]
fn floating_point_numbers_are_dense_and_divide_by_zero() {
    let code = "#include <stdbool.h>\nbool f(float d) { return d > 0.0f && d < 1.0f; }\n\
                static const float zero = 0; static const float one = 1; float g(void) { return one / zero; }";
    assert_eq!(reports(code), NOTHING);
    let bad = "int f(int d) { return d > 0 && d < 1; }";
    assert_eq!(reports(bad), ["1 contradicting-conditions"]);
}

#[test]
fn callers_of_a_private_function_are_asked_for_shifts() {
    let code = |most: u32| {
        format!(
            "#include <stdint.h>\nstatic int get(uint8_t n) {{ uint32_t v = 0; for (uint8_t i = 0; i < n; i++) v = v << 8 | rdb(i);\n\
             return v & (1u << (8 * n - 1)); }}\nint u(void) {{ return get(2) + get({most}); }}"
        )
    };
    assert_eq!(reports(&code(3)), NOTHING);
    assert_eq!(reports(&code(0)), ["3 shift-out-of-range"]);
    let unknown = "#include <stdint.h>\nstatic uint32_t reg; static void off(uint32_t b, uint8_t n) { reg &= ~(b << (n * 8)); }\n\
                   void ev(uint32_t b) { off(b, SETTING(X)); }";
    assert_eq!(reports(unknown), NOTHING);
}

#[test]
fn an_end_of_a_joined_range_is_no_shift() {
    let found = "unsigned f(const int *v, int n) { unsigned r = 0; int found = 0, at = -1;\n\
                 for (int i = 0; i < n; i++) if (v[i]) { found++; at = i; }\n\
                 if (found == 1) r = 1u << at; return r; }";
    assert_eq!(reports(found), NOTHING);
    let bits = "#include <stdint.h>\nvoid f(uint32_t ev) { my_id id = 0; while (ev != 0) {\n\
                if (ev & ((bits_t)1 << (bits_t)id)) { ev &= ~((bits_t)1 << (bits_t)id); } id++; } }";
    assert_eq!(reports(bits), NOTHING);
    let counted = "unsigned f(void) { unsigned r = 0; for (int i = 0; i <= 32; i++)\nr |= 1u << i; return r; }";
    assert_eq!(reports(counted), ["2 shift-out-of-range"]);
}

#[test]
fn a_string_is_shorter_than_what_it_stands_in() {
    let code = "#include <string.h>\nchar b[40];\nstatic void put(const char *s) { int n = strlen(s); if (n >= 30) n = 30;\nmemcpy(b + 4, s, n); }\n\
                void p(char c) { char t[2] = { c, 0 }; put(t); }";
    assert_eq!(reports(code), NOTHING);
}

#[test]
fn a_part_that_guards_the_next_one_is_needed() {
    let code = "int f(const char *s, int n) { return n >= 2 && s[1] == '.' && n > 2; }";
    assert_eq!(reports(code), NOTHING);
    let bad = "int f(const char *s, int n) { return n > 2 && s[1] == '.' && n >= 2; }";
    assert_eq!(reports(bad), ["1 redundant-condition"]);
}

#[test]
fn a_macro_that_walks_a_list_sets_its_variable() {
    for head in [
        "list_for_each(&head, p, struct n, link)",
        "list_for_each(p, &head, link)",
    ] {
        let code = format!(
            "struct n {{ int v; struct n *link; }}; struct n head;\n\
             static struct n *find(int v) {{ struct n *p; {head} {{ if (p->v == v) {{ return p; }} }} return 0; }}\n\
             int use(int v) {{ struct n *q = find(v); if (!q) return 0; return q->v; }}"
        );
        assert_eq!(reports(&code), NOTHING, "{head}");
    }
}

#[test]
fn what_a_callee_tests_says_nothing_of_its_caller() {
    let code = "static int base[8]; static int x; static int tab[8];\n\
                static int rd(int n) { if (n >= 8) return 0; return tab[n]; }\n\
                void upd(int n) { x = rd(n); base[n] = x; }";
    assert_eq!(reports(code), NOTHING);
    let bad = "static int base[8]; static int x; void upd(int n) { if (n >= 8) x = 0;\nelse return; base[n] = x; }";
    assert_ne!(reports(bad), NOTHING);
}
