//! Code in, reports out: callees, unseen macros and types, numbers of several paths.

use super::tests::reports;

const NOTHING: [&str; 0] = [];

#[test]
fn what_a_callee_tests_says_nothing_of_its_caller() {
    let code = "static int base[8]; static int x; static int tab[8];\n\
                static int rd(int n) { if (n >= 8) return 0; return tab[n]; }\n\
                void upd(int n) { x = rd(n); base[n] = x; }";
    assert_eq!(reports(code), NOTHING);
    let bad = "static int base[8]; static int x; void upd(int n) { if (n >= 8) x = 0;\nelse return; base[n] = x; }";
    assert_ne!(reports(bad), NOTHING);
}
