use super::check;

#[test]
fn generic_mode() {
    check("generic", "password = $X", "user = a\npassword = b\n", &[2]);
    check("generic", "begin ... end", "begin\na\nend\nbegin\n", &[1]);
    check(
        "generic",
        "FROM $IMAGE:latest",
        "FROM debian:12\nFROM alpine:latest\n",
        &[2],
    );
}

#[test]
fn regex_language() {
    check(
        "regex",
        "pattern-regex: '^AKIA[0-9A-Z]{4}'",
        "x\nAKIA1234\n",
        &[2],
    );
    check(
        "regex",
        "patterns:\n- pattern-regex: 'a\\d'\n- pattern-not-regex: 'a2'",
        "a1\na2\n",
        &[1],
    );
}
