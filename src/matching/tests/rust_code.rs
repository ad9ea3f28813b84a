use super::check;

#[track_caller]
fn inside(pattern: &str, body: &str, expected: &[u32]) {
    check(
        "rust",
        pattern,
        &format!("fn f(n: u32) {{\n{body}\n}}\n"),
        expected,
    );
}

#[test]
fn calls_and_methods() {
    inside("f($X)", "f(1);\ng(1);\nlet x = f(2);", &[2, 4]);
    inside(
        "$X.unwrap()",
        "a.unwrap();\nlet b = c().unwrap();\na.expect(\"x\");",
        &[2, 3],
    );
    inside(
        "$X.get($Y, ...)",
        "a.get(1);\na.get(1, 2);\na.get();",
        &[2, 3],
    );
}

#[test]
fn method_chains() {
    let code = "a::b(). ... .danger(true)";
    inside(
        code,
        "a::b().danger(true);\na::b().c(1).d().danger(true);\na::b().c(1);\nx().danger(true);",
        &[2, 3],
    );
}

#[test]
fn lets() {
    inside(
        "let $X = $Y;",
        "let a = 1;\nlet mut b = 2;\nb = 3;",
        &[2, 3],
    );
    inside("let mut $X = $Y;", "let a = 1;\nlet mut b = 2;", &[3]);
    inside("let $X: u8 = $Y;", "let a: u8 = 1;\nlet b: u16 = 2;", &[2]);
}

#[test]
fn macros() {
    inside(
        "panic!(...)",
        "panic!(\"a\");\nprintln!(\"a\");\npanic!();",
        &[2, 4],
    );
    inside(
        "assert_eq!($A, $A)",
        "assert_eq!(a, a);\nassert_eq!(a, b);",
        &[2],
    );
    inside(
        "info!($X, ...)",
        "info!(\"a\");\ndefmt::info!(\"a\", b);\nwarn!(\"a\");",
        &[2, 3],
    );
}

#[test]
fn paths_through_use() {
    let code = "use std::mem;\nuse std::mem::transmute as cast;\nfn f() {\nmem::transmute(1);\nstd::mem::transmute(1);\ncast(1);\nother::transmute(1);\n}\n";
    check("rust", "std::mem::transmute(...)", code, &[4, 5, 6]);
    check(
        "rust",
        "std::env::args()",
        "use std::env;\nfn f() {\nenv::args();\nargs();\n}",
        &[3],
    );
}

#[test]
fn blocks_and_control_flow() {
    inside("unsafe { ... }", "unsafe { g() };\n{ g() }", &[2]);
    inside("if $X { ... }", "if n == 1 { g(); }\nloop { g(); }", &[2]);
    inside("a();\n...\nb();", "a();\nc();\nb();\nb();", &[2]);
    inside("match $X { ... }", "match n { 1 => a(), _ => b() }", &[2]);
}

#[test]
fn an_ellipsis_that_takes_nothing_takes_its_comma_along() {
    let code = "#[derive(Debug)]\nstruct A;\n#[derive(Debug, Clone)]\nstruct B;\n#[derive(Clone, Debug)]\nstruct C;\n\
                #[derive(Clone, Debug, Copy)]\nstruct D;\n#[derive(Clone)]\nstruct E;\n";
    let pattern = "#[derive(..., Debug, ...)]\nstruct $NAME;";
    check("rust", pattern, code, &[2, 4, 6, 8]);
    inside(
        "f!(..., a, ..., b)",
        "f!(a, b);\nf!(x, a, y, b);\nf!(b, a);\nf!(a b);",
        &[2, 3],
    );
}

#[test]
fn functions_and_attributes() {
    let code = "#[no_mangle]\npub extern \"C\" fn a(x: u8) -> u8 { x }\nfn b() {}\n";
    check("rust", "fn $F(...) { ... }", code, &[2, 3]);
    check("rust", "fn $F(...) -> u8 { ... }", code, &[2]);
    check("rust", "#[no_mangle]\nfn $F(...) { ... }", code, &[2]);
}

#[test]
fn impl_blocks() {
    let code = "unsafe impl Send for A {}\nimpl Drop for B {\nfn drop(&mut self) { g(); }\n}\n";
    check("rust", "unsafe impl Send for $T { ... }", code, &[1]);
    check(
        "rust",
        "patterns:\n- pattern: g()\n- pattern-inside: impl Drop for $T { ... }",
        code,
        &[3],
    );
}

#[test]
fn inside_of_a_return() {
    let body = "patterns:\n- pattern: g(...)\n- pattern-inside: return $X";
    check(
        "rust",
        body,
        "fn f() -> u8 {\ng(1);\nreturn g(2);\n}\n",
        &[3],
    );
}
