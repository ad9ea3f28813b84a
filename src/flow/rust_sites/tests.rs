//! What the analyses say of small files.

#![allow(clippy::unwrap_used, reason = "tests")]

use crate::syntax::{Language, Limits, MacroTable, Parser};

/// Lines on which the analysis reports, of a function with this body.
fn lines_in(body: &str, analysis: &str) -> Vec<u32> {
    lines(&format!("fn f(p: Parts) {{\n{body}\n}}\n"), analysis)
        .into_iter()
        .map(|line| line - 1)
        .collect()
}

/// Lines on which the analysis reports.
fn lines(code: &str, analysis: &str) -> Vec<u32> {
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(Language::Rust, code.as_bytes(), &MacroTable::new())
        .unwrap();
    super::run(&file)
        .iter()
        .filter(|defect| defect.analysis == analysis)
        .map(|defect| file.lines.line(defect.span.start))
        .collect()
}

#[test]
fn a_cast_is_judged_by_the_types_that_the_file_tells() {
    let code = "struct Frame { length: u32, kind: u8 }\n\
                impl Frame {\n\
                fn f(&self, data: &[u8], rest: Option<i64>) {\n\
                self.length as u16;\n\
                self.kind as u16;\n\
                data.len() as u8;\n\
                data[0] as u32;\n\
                rest.unwrap() as usize;\n\
                data.iter().enumerate().map(|_| 0);\n\
                for (at, byte) in data.iter().enumerate() { at as u8; byte.count_ones() as u64; }\n\
                }\n}\n";
    assert_eq!(lines(code, "rust-cast-truncates"), [4, 6, 8, 10]);
    assert_eq!(lines(code, "rust-cast-loses-sign"), [8]);
}

#[test]
fn a_cast_that_bounds_itself_is_none() {
    let body = "let x: u64 = p.x;\nlet s: i32 = p.s;\n(x & 0xff) as u8;\n(x % 200) as u8;\n(x >> 56) as u8;\n\
                x.min(200) as u8;\nx.clamp(0, 256) as u8;\ns.max(0) as u32;\ns.rem_euclid(7) as u32;\n\
                (x >> 40) as u8;\ns as u32;\n(s * s) as u32;\nu32::from(p.b) as u64;";
    assert_eq!(lines_in(body, "rust-cast-truncates"), [7, 10]);
    assert_eq!(lines_in(body, "rust-cast-loses-sign"), [11, 12]);
}

#[test]
fn a_literal_takes_the_type_that_its_variable_is_used_with() {
    let body = "let mut i = 0;\nlet mut n = 1;\nlet t: &[u8] = p.t;\nt[i];\ni += 1;\n(i + 4) % 8;\n\
                n = p.n;\nn % 3;\nlet m = -1;\nm % 5;";
    // `i` is an index, of `n` nothing is known, `m` is a plain number.
    assert_eq!(lines_in(body, "rust-signed-remainder"), [10]);
}

#[test]
fn arithmetic_that_fits_is_none() {
    let body = "let a: u8 = p.a;\nlet b: u32 = p.b;\nlet w: Wrapping<u32> = p.w;\nlet f: f32 = p.f;\n\
                u32::from(a) + 1;\nu16::from(a) * 257;\nw + w;\nf * 2.0;\nb / 3;\nb + 0;\n1 << 3;\n\
                a + 1;\nb - 1;\nb / u32::from(a);\nb << a;\nb * LIMIT;\nb % LIMIT;\n-f;";
    assert_eq!(
        lines_in(body, "rust-arithmetic-may-overflow"),
        [12, 13, 14, 15, 16]
    );
}

#[test]
fn what_the_compiler_computes_is_none() {
    let code = "const N: usize = 4 * SIZE + 1;\nstatic T: [u8; N + 1] = [0; N + 1];\n\
                const FIRST: u8 = T[SIZE];\nconst OK: u32 = PARSED.unwrap();\n\
                fn f(n: usize) {\nlet t = [0u8; N + 1];\nlet c = const { N + SIZE };\nn + SIZE;\n}\n";
    assert_eq!(lines(code, "rust-arithmetic-may-overflow"), [8]);
    assert!(lines(code, "rust-index-may-panic").is_empty());
    assert!(lines(code, "rust-unwrap").is_empty());
}

#[test]
fn an_index_that_the_expression_bounds_is_none() {
    let body = "let t: [u8; 16] = p.t;\nlet s: &[u8] = p.s;\nt[3];\nt[p.i as usize & 15];\nt[p.i % 16];\n\
                t[..4];\ns[..];\ns[0..];\nt[p.i];\ns[3];\ns[1..];\nt[p.a..p.b];";
    assert_eq!(lines_in(body, "rust-index-may-panic"), [5, 9, 10, 11, 12]);
}

#[test]
fn code_for_tests_is_left_out() {
    let code = "#[cfg(test)]\nmod tests {\nfn f() { x.unwrap(); }\n}\n#[test]\nfn g() { y.unwrap(); }\n\
                fn h() { z.unwrap(); }\n";
    assert_eq!(lines(code, "rust-unwrap"), [7]);
}

#[test]
fn a_call_inside_a_macro_is_seen() {
    let body = "info!(\"{}\", p.next().unwrap());\nlog(dbg!(p));\nassert!(p.last().expect(\"one\") > 0);\n\
                info!(\"unwrap\");\ninfo!(\"{}\", unwrap(p));";
    assert_eq!(lines_in(body, "rust-unwrap"), [1]);
    assert_eq!(lines_in(body, "rust-expect"), [3]);
    assert_eq!(lines_in(body, "rust-debug-macro"), [2]);
}

#[test]
fn what_cannot_fail_is_no_unwrap() {
    let code = "fn f(a: Result<u8, Infallible>, b: Result<u8, !>, m: &Mutex<u8>, o: Own) {\n\
                a.unwrap();\nb.unwrap();\nm.lock().unwrap();\n\"1.2.3.4\".parse().unwrap();\no.unwrap();\n\
                o.inner.unwrap();\n}\nstruct Own { inner: Option<u8> }\nimpl Own { fn unwrap(self) -> u8 { 0 } }\n";
    assert_eq!(lines(code, "rust-unwrap"), [7]);
}

#[test]
fn a_loop_is_endless_if_nothing_leaves_it() {
    let code = "fn a() { loop { step(); } }\nfn b() -> ! { loop { step(); } }\n\
                fn c() { loop { if done() { break; } } }\nfn d() -> u8 { loop { return 1; } }\n\
                fn e() { 'o: loop { loop { break 'o; } } }\nfn g() { loop { while x() { break; } } }\n\
                #[entry]\nfn start() { loop {} }\nfn h() { loop { try_it()?; } }\n";
    assert_eq!(lines(code, "rust-endless-loop"), [1, 6]);
}

#[test]
fn unsafe_operations_are_counted_one_by_one() {
    let code = "static mut S: u32 = 0;\nunion U { a: u32 }\nunsafe fn g() {}\n\
                fn f(p: *const u32, q: *mut u32, u: U) {\nunsafe { g(); g() };\nunsafe { *p };\nunsafe { *p + S };\n\
                unsafe { let a = &raw const *p; g(); };\nunsafe { q.write(u.a) };\nunsafe { asm!(\"nop\") };\n\
                unsafe { safe(1); g() };\n}\n";
    assert_eq!(lines(code, "rust-several-unsafe-operations"), [5, 7, 9]);
}

#[test]
fn a_transmute_is_told_by_what_is_made_of_what() {
    let code = "fn f(p: *const u8, v: Vec<u8>) -> &'static u8 {\nlet a: *const u32 = transmute(p);\n\
                let b: *const u8 = transmute(p);\nlet c: Vec<u32> = transmute(v);\nlet d: u32 = transmute(1.0f32);\n\
                let e: fn() = transmute(0 as *const ());\nunsafe { transmute(p) }\n}\n";
    assert_eq!(lines(code, "rust-transmute-between-pointers"), [2]);
    assert_eq!(lines(code, "rust-transmute-collection"), [4]);
    assert_eq!(lines(code, "rust-transmute-null-to-function"), [6]);
    assert_eq!(lines(code, "rust-transmute-pointer-to-reference"), [7]);
}

/// Nothing that a file says makes it slow: variables that are set from each other.
#[test]
fn types_that_hang_on_each_other_are_found_in_bounded_work() {
    let mut body = String::from("let mut a0 = 0;\n");
    for index in 1..300 {
        body += &format!(
            "let mut a{index} = a{} + a{};\n",
            index - 1,
            index.max(2) - 2
        );
    }
    for index in 0..300 {
        body += &format!("a{index} = a{} % a{};\n", 299 - index, index / 2);
    }
    assert!(lines_in(&body, "rust-unwrap").is_empty());
    let nested = "(".repeat(3_000) + "1" + &")".repeat(3_000);
    assert!(lines_in(&format!("let x = {nested} as u8;"), "rust-unwrap").is_empty());
}

#[test]
fn a_variable_holds_what_its_one_let_and_the_tests_before_leave() {
    let body = "let x: u32 = p.x;\nlet low = x & 0xff;\nlow as u8;\nlet mut open = x & 0xff;\nopen = x;\n\
                open as u8;\nif x > 200 { return; }\nx as u8;\nlet y: u32 = p.y;\n\
                if y < 100 && y > 3 { y as u8; } else { y as u8; }\nlet z: u32 = p.z;\nif z > 200 { log(z); }\n\
                z as u8;\nlet w: u32 = p.w;\nif w > LIMIT { panic!() }\nw as u8;\nconst LIMIT: u32 = 90;";
    assert_eq!(lines_in(body, "rust-cast-truncates"), [6, 10, 13]);
}

#[test]
fn what_shadows_a_tested_variable_is_not_tested() {
    let body = "let x: u32 = p.x;\nif x > 9 { return; }\nlet x: u32 = p.y;\nx as u8;\n\
                while x < 7 { x as u8; }\nlet mut n: u32 = p.n;\nif n > 9 { return; }\nn += p.m;\nn as u8;";
    assert_eq!(lines_in(body, "rust-cast-truncates"), [4, 9]);
}

#[test]
fn lengths_of_arrays_and_counters_of_ranges_are_known() {
    let body = "let a: [u16; 40] = p.a;\na.len() as u8;\nlet b: &[u16] = p.b;\nb.len() as u8;\n\
                for i in 0..a.len() { i as u8; a[i]; }\nfor i in 0..b.len() { i as u8; }\n\
                for i in 0..=40 { a[i]; }";
    assert_eq!(lines_in(body, "rust-cast-truncates"), [4, 6]);
    assert_eq!(lines_in(body, "rust-index-may-panic"), [7]);
}

#[test]
fn a_float_does_not_become_huge_below_zero() {
    let body = "let f: f32 = p.f;\nf as u32;\nlet s: i32 = p.s;\ns as u32;";
    assert_eq!(lines_in(body, "rust-cast-loses-sign"), [4]);
    assert_eq!(lines_in(body, "rust-cast-truncates"), [2]);
}

#[test]
fn a_macro_of_the_same_name_only_hands_on() {
    let code = "macro_rules! panic {\n($($x:tt)*) => { ::core::panic!($($x)*) };\n}\n\
                macro_rules! check {\n($x:expr) => { if !$x { panic!() } };\n}\n\
                fn f() { panic!(); }\n";
    assert_eq!(lines(code, "rust-panic-call"), [5, 7]);
}

#[test]
fn a_macro_of_a_logger_prints_where_the_logger_does() {
    let code = "fn f(x: u8) { dbg!(x); }\n";
    assert_eq!(lines(code, "rust-debug-macro"), [1]);
    assert!(
        lines(
            &format!("use defmt::{{info, *}};\n{code}"),
            "rust-debug-macro"
        )
        .is_empty()
    );
    let other = format!("use defmt::info;\n{code}");
    assert_eq!(lines(&other, "rust-debug-macro"), [2]);
}

#[test]
fn a_register_that_is_read_gives_no_result() {
    let code = "impl Store { fn read(&self) -> Result<u8, E> { Ok(1) } }\n\
                fn f(store: &Store, regs: Regs) {\nlet _ = regs.status().read();\nlet _ = store.read();\n\
                // Nobody waits for it any more.\nlet _ = store.read();\n}\n";
    assert_eq!(lines(code, "rust-result-discarded"), [4]);
}

#[test]
fn a_types_own_method_is_called_before_that_of_a_trait() {
    let code = "use embedded_io::Write;\nimpl Port {\nfn write(&mut self, b: &[u8]) -> Result<(), E> { self.all(b) }\n\
                fn text(&mut self, b: &[u8]) -> Result<(), E> { self.write(b)?; Ok(()) }\n}\n\
                impl Write for Port {\nfn write(&mut self, b: &[u8]) -> Result<usize, E> { Ok(1) }\n}\n\
                fn f<W: Write>(out: &mut W, b: &[u8]) -> Result<(), E> {\nout.write(b)?;\nout.write(&[1])?;\nOk(())\n}\n";
    assert_eq!(lines(code, "rust-partial-transfer-ignored"), [10]);
}

#[test]
fn a_pointer_that_is_only_read_unaligned_may_stand_anywhere() {
    let text = |read: &str| {
        format!(
            "fn f(b: &[u8]) -> u32 {{\nlet words = b.as_ptr() as *const u32;\nunsafe {{ {read}(words.add(1)) }}\n}}\n"
        )
    };
    let analysis = "rust-cast-raises-alignment";
    assert!(lines(&text("core::ptr::read_unaligned"), analysis).is_empty());
    assert_eq!(lines(&text("core::ptr::read"), analysis), [2]);
}

#[test]
fn a_transparent_record_has_the_layout_of_what_it_holds() {
    let text = |attribute: &str| {
        format!(
            "struct Inner {{ a: u8, b: u32 }}\n{attribute}\nstruct Outer {{ inner: Inner, _no: PhantomData<*mut ()> }}\n\
             fn f(x: &Inner) -> &Outer {{ unsafe {{ core::mem::transmute::<&Inner, &Outer>(x) }} }}\n"
        )
    };
    let analysis = "rust-transmute-unspecified-layout";
    assert!(lines(&text("#[repr(transparent)]"), analysis).is_empty());
    let two = text("").replace("_no: PhantomData<*mut ()>", "more: u16");
    assert_eq!(lines(&two, analysis), [4]);
}

#[test]
fn a_program_may_end_where_nobody_waits() {
    let code = "fn stop(code: u8) { if code > 3 { std::process::exit(1); } }\n\
                #[panic_handler]\nfn panic(_: &PanicInfo) -> ! { semihosting::process::exit(1) }\n";
    assert_eq!(lines(code, "rust-process-exit"), [1]);
}
