use super::check;

/// `body` in a function; its first line is line 2.
#[track_caller]
fn inside(pattern: &str, body: &str, expected: &[u32]) {
    check(
        "c",
        pattern,
        &format!("void f(int n, char *s, unsigned u) {{\n{body}\n}}\n"),
        expected,
    );
}

#[test]
fn calls() {
    inside("gets($X)", "gets(s);\nputs(s);\nx = gets(s);", &[2, 4]);
    inside("gets()", "gets(s);\ngets();", &[3]);
    inside("f(...)", "f();\nf(1);\nf(1, 2);\ng(1);", &[2, 3, 4]);
    inside("f($X, ...)", "f();\nf(1);\nf(1, 2);", &[3, 4]);
    inside(
        "f(..., 2, ...)",
        "f(1);\nf(1, 2);\nf(2);\nf(2, 1);",
        &[3, 4, 5],
    );
    inside("f(..., $X)", "f();\nf(1);\nf(1, 2);", &[3, 4]);
    inside("f($...A, 3)", "f(3);\nf(1, 2, 3);\nf(3, 1);", &[2, 3]);
    inside("$F(1)", "f(1);\ng(2);\na->h(1);", &[2, 4]);
    inside("f($A * $B)", "f(n * 2);\nf(n + 2);", &[2]);
}

#[test]
fn unification() {
    inside(
        "f($X, $X)",
        "f(a, a);\nf(a, b);\nf(a + 1, a +  1);\nf((a), a);\nf(a[1], a[2]);",
        &[2, 4, 5],
    );
    inside("$X == $X", "y = a->b == a->b;\ny = a->b == a->c;", &[2]);
    inside("f($_, $_)", "f(a, b);\nf(a);", &[2]);
    inside("$X = $X + 1", "a = a + 1;\na = b + 1;", &[2]);
}

#[test]
fn literals() {
    inside("f(10)", "f(10);\nf(0x0a);\nf(10u);\nf(11);", &[2, 3, 4]);
    inside("f(\"...\")", "f(\"a\");\nf(s);\nf(\"a\" \"b\");", &[2, 4]);
    inside("f(\"abc\")", "f(\"abc\");\nf(\"abcd\");", &[2]);
    inside("f('a')", "f('a');\nf('b');", &[2]);
    inside("f(NULL)", "f(NULL);\nf(0);", &[2]);
    inside("$P = NULL", "p = NULL;\np = q;\nchar *c = NULL;", &[2, 4]);
}

#[test]
fn constants() {
    inside("g(5)", "int a = 5;\ng(a);\nint b = 5;\nb = 6;\ng(b);", &[3]);
    inside("g(NULL)", "char *p = NULL;\nh(&p);\ng(p);", &[4]);
    inside("$X == $X", "char *p = NULL;\ny = p == NULL;", &[3]);
    inside(
        "g(\"...\")",
        "char b[] = \"ls\";\ng(b);\nchar c[] = \"ls\";\nc[0] = n;\ng(c);",
        &[3],
    );
    let off = "options: {constant_propagation: false}\npattern: g(5)";
    inside(off, "int a = 5;\ng(a);\ng(5);", &[4]);
}

#[test]
fn a_static_assertion_is_no_call() {
    inside(
        "$F($X == $Y, ...)",
        "static_assert(n == 1, \"\");\nf(n == 1);",
        &[3],
    );
}

#[test]
fn conditions_do_not_hide_what_stands_in_the_way() {
    // `f(g())` is the statement; that its name is not asked for does not make it `g()`.
    let body =
        "patterns:\n- pattern: $F(...);\n- metavariable-regex: {metavariable: $F, regex: ^g$}";
    inside(body, "g();\nx = g();\nf(g());", &[2, 3]);
}

#[test]
fn parentheses_make_no_difference() {
    inside("f($X + 1)", "f((n + 1));\nf(n + 1);", &[2, 3]);
    inside(
        "($X == $X)",
        "y = a == a;\nif (a == a) g();\nif (a == b) g();",
        &[2, 3],
    );
}

#[test]
fn arrow_is_field_of_dereferenced() {
    inside("$P->len", "x = p->len;\nx = (*p).len;\nx = p.len;", &[2, 3]);
    inside("$P.len", "x = p.len;\nx = p.cap;", &[2]);
    inside("f($P->a->b)", "f(p->a->b);\nf(p->b);", &[2]);
}

#[test]
fn operators_in_chains() {
    inside(
        "$A && $B",
        "x = n && u;\nx = n || u;\nx = n && u && s;",
        &[2, 4],
    );
    inside("n | $B", "x = u | n;\nx = n | u | 1;\nx = n & u;", &[2, 3]);
    inside("a && b", "x = b && a;\nx = a && b;", &[3]);
    check(
        "c",
        "pattern: a && b\noptions: {commutative_boolop: true}",
        "void f(void) {\nx = b && a;\n}",
        &[2],
    );
    check(
        "c",
        "pattern: n == 0\noptions: {symmetric_eq: true}",
        "void f(void) {\nx = 0 == n;\n}",
        &[2],
    );
    inside("n == 0", "x = 0 == n;\nx = n == 0;", &[3]);
    check(
        "c",
        "pattern: n | 1\noptions: {ac_matching: false}",
        "void f(void) {\nx = 1 | n;\nx = n | 1;\n}",
        &[3],
    );
}

#[test]
fn sizeof_is_a_call() {
    inside(
        "sizeof($X)",
        "x = sizeof s;\nx = sizeof(s);\nx = sizeof(int);",
        &[2, 3, 4],
    );
    inside("f(sizeof(s))", "f(sizeof s);\nf(sizeof(n));", &[2]);
}

#[test]
fn deep_expressions() {
    inside("f(<... n ...>)", "f(n);\nf(1 + g(n));\nf(u);", &[2, 3]);
    // Every sub-expression is tried; the name of a field is none.
    inside(
        "f($X, <... $X ...>)",
        "f(n, sizeof(n));\nf(n, p->n);\nf(n, u);",
        &[2],
    );
    inside(
        "if (<... $X = $Y ...>) ...",
        "if ((a = b) != 0) g();\nif (a == b) g();",
        &[2],
    );
}

#[test]
fn typed_metavariables() {
    inside("f((char *$X))", "f(s);\nf(n);\nf(u);", &[2]);
    inside("f((int $X))", "f(s);\nf(n);\nf(3);", &[3, 4]);
    inside("f((unsigned $X))", "f(u);\nf(n);", &[2]);
    inside("(int $X) = $Y", "int k = 1;\nn = 2;\ns = 0;", &[2, 3]);
    check(
        "c",
        "f((struct st *$X))",
        "void g(struct st *p, int q) {\nf(p);\nf(q);\n}",
        &[2],
    );
    inside("f((int $X))", "{ char n;\nf(n); }\nf(n);", &[4]);
}

#[test]
fn assignments_match_declarations() {
    inside(
        "$X = malloc(...)",
        "char *p = malloc(3);\np = malloc(4);\nfree(p);",
        &[2, 3],
    );
    check(
        "c",
        "pattern: $X = g()\noptions: {vardef_assign: false}",
        "void f(void) {\nint x = g();\nx = g();\n}",
        &[3],
    );
    check(
        "c",
        "patterns:\n- pattern: $X = $Y\n- pattern-not: $X = 0",
        "void f(void) {\nint a = 0;\nint b = 1;\nfor (int i = 0; ; ) g();\n}",
        &[3],
    );
}

#[test]
fn declarations() {
    inside("$T $X[$N];", "int a[4];\nchar b;\nchar c[n];", &[2, 4]);
    inside("int $X;", "int a;\nint b = 1;\nchar c;\nint d, e;", &[2, 5]);
    inside("char *$X = $Y;", "char *a = s;\nchar b = 1;", &[2]);
    inside("static int $X = $Y;", "static int a = 1;\nint b = 1;", &[2]);
}

#[test]
fn statements() {
    inside("return $X;", "return n;", &[2]);
    inside("return;", "if (n) return;\nreturn 1;", &[2]);
    inside("if ($X) ...", "if (n) g();\nwhile (n) g();", &[2]);
    inside(
        "if ($X) { g(); }",
        "if (n) g();\nif (n) { g(); }\nif (n) h();",
        &[2, 3],
    );
    inside(
        "if ($X) ... else ...",
        "if (n) g();\nif (n) g(); else h();",
        &[3],
    );
    inside(
        "while ($X) { ... }",
        "while (n) { g(); }\nif (n) g();",
        &[2],
    );
    inside(
        "for (...) { ... }",
        "for (;;) { g(); }\nwhile (n) g();",
        &[2],
    );
    inside("goto $L;", "goto out;\nout: g();", &[2]);
    inside("g();", "g();\nx = g();\nh(g());\nk();", &[2, 3, 4]);
}

#[test]
fn sequences() {
    inside(
        "free($P);\n...\nuse($P);",
        "free(p);\ng();\nuse(p);\nfree(q);",
        &[2],
    );
    inside(
        "free($P);\nuse($P);",
        "free(p);\ng();\nuse(p);\nfree(q);\nuse(q);",
        &[5],
    );
    // The ellipsis reaches into nested blocks.
    inside(
        "free($P);\n...\nuse($P);",
        "free(p);\nif (n) {\n  use(p);\n}",
        &[2],
    );
    inside(
        "lock();\n...\nreturn $X;",
        "lock();\nif (n) { if (u) return 1; }",
        &[2],
    );
    check(
        "c",
        "patterns:\n- pattern: use($P)\n- pattern-inside: |\n    free($P);\n    ...",
        "void f(void) {\nuse(p);\nfree(p);\nif (n) use(p);\nuse(q);\n}",
        &[4],
    );
}

#[test]
fn switches() {
    inside(
        "switch ($X) { case $A: ... default: ... }",
        "switch (n) {\ncase 1: g(); break;\ndefault: h();\n}",
        &[2],
    );
    inside(
        "switch ($X) { default: ... }",
        "switch (n) {\ncase 1: g();\n}",
        &[],
    );
}

#[test]
fn functions() {
    let code = "int f(int a)\n{\n  g(a);\n  return 1;\n}\nvoid h(void)\n{\n}\n";
    check("c", "$T $F(...) { ... }", code, &[1, 6]);
    check("c", "void $F(...) { ... }", code, &[6]);
    check(
        "c",
        "int $F(..., int $A, ...) { ... return $X; }",
        code,
        &[1],
    );
    check(
        "c",
        "patterns:\n- pattern: $T $F(...) { ... }\n- focus-metavariable: $F",
        "int\nf(void)\n{\n}\n",
        &[2],
    );
}

#[test]
fn parameters_that_are_none() {
    let code = "void a(void) { g(); }\nvoid b() { g(); }\nvoid c(int n) { g(); }\n";
    check("c", "void $F(void) { ... }", code, &[1, 2]);
    check("c", "void $F() { ... }", code, &[1, 2]);
}

#[test]
fn a_constant_under_another_name_is_mentioned_too() {
    inside(
        "g($X);\n...\nh($X);",
        "const int a = 5;\ng(a);\nf();\nh(5);",
        &[3],
    );
    inside(
        "g($X);\n...\nh($X);",
        "char *p = NULL;\ng(p);\nf();\nh(NULL);",
        &[3],
    );
    inside("g(7)", "{ int z = 7; }\ng(z);", &[]);
}

#[test]
fn a_deep_expression_alone_reaches_conditions() {
    inside(
        "<... g($A) ...>;",
        "if (g(n)) { h(); }\nwhile (g(n)) h();\ng(n);",
        &[2, 3, 4],
    );
}

#[test]
fn long_chains_and_many_ways_end() {
    let chain = format!("if ({}n) h();", "n && ".repeat(1_000));
    inside("$X && $X", &chain, &[2]);
    let call = format!("f({}n);", "n, ".repeat(400));
    let body = "f(..., $A, ..., $B, ..., $C, ...)";
    let found = super::findings("c", body, "src/a.c", &format!("void f(int n) {{ {call} }}"));
    assert!(found.len() < 100_000);
}
