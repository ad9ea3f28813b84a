//! Walks over options, tests that come too late, and tests that say nothing.

use super::with_types;

const OPTION: &str =
    "typedef struct { uint8_t kind; uint8_t length; uint8_t value[]; } option_t;\n";

#[test]
fn a_walk_reads_the_length_of_an_option_where_one_byte_is_left() {
    let bad = format!(
        "{OPTION}int parse(uint8_t *p, uint8_t left) {{
    while (left > 0) {{
        option_t *option = (option_t *)p;
        if (option->kind == 0) return 0;
        if (option->kind == 1) {{ p += 1; left -= 1; continue; }}
        if (option->length > left || option->length < 2) return -1;
        p += option->length;
        left -= option->length;
    }}
    return 0;
}}"
    );
    assert_eq!(with_types(&bad), ["8 read-past-tested-end"]);
    let good = bad.replace(
        "if (option->length > left",
        "if (left < 2 || option->length > left",
    );
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn a_call_that_was_asked_may_have_walked_before() {
    let good = format!(
        "{OPTION}int is_valid(const uint8_t *p, size_t n);
int parse(uint8_t *start, uint8_t left) {{
    if (!is_valid(start, left)) return -1;
    uint8_t *p = start;
    while (left > 0) {{
        option_t *option = (option_t *)p;
        if (option->length > left || option->length < 2) return -1;
        p += option->length;
        left -= option->length;
    }}
    return 0;
}}"
    );
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn a_limit_of_the_round_before_is_no_limit_of_this_one() {
    let bad = "static int slots[SLOTS];
unsigned find(int wanted) {
    unsigned i = 0;
    while ((slots[i] != wanted) && (i < SLOTS)) {
        i++;
    }
    return i;
}";
    assert_eq!(with_types(bad), ["5 check-after-use"]);
    let good = bad.replace(
        "(slots[i] != wanted) && (i < SLOTS)",
        "(i < SLOTS) && (slots[i] != wanted)",
    );
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn a_distance_stands_behind_the_pointer_of_a_decoder() {
    let bad = "int on_event(const uint8_t *packet, uint16_t size) {
    if (size < 2) return -1;
    return little_endian_read_16(packet, 2);
}";
    assert_eq!(with_types(bad), ["4 fixed-offset-before-length"]);
    let good = bad.replace("size < 2", "size < 4");
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn a_macro_that_tests_what_it_is_given_says_nothing_of_this_pointer() {
    let good = "#define COPY_OR_CLEAR(to, from) ((to)->x = (from) == 0 ? 0 : (from)->x)
struct address { int x; };
int keep(struct address *own, struct address *given) {
    int old = given->x;
    COPY_OR_CLEAR(own, given);
    return old;
}";
    assert_eq!(with_types(good), [""; 0]);
    let bad = good.replace("COPY_OR_CLEAR(own, given);", "if (given == 0) return -1;");
    assert_eq!(with_types(&bad), ["5 null-test-after-use"]);
}

#[test]
fn a_switch_over_an_address_asks_which_one_it_is() {
    let good = "struct port { int x; };
void on(struct port *port) {
    port->x = 7;
    switch ((unsigned)port) { case 0x40000000u: start(1); break; }
}";
    assert_eq!(with_types(good), [""; 0]);
    let bad = good.replace(
        "switch ((unsigned)port) { case 0x40000000u: start(1); break; }",
        "if (port) start(1);",
    );
    assert_eq!(with_types(&bad), ["4 null-test-after-use"]);
}

#[test]
fn a_name_within_another_is_not_tested() {
    let good = "struct b { int n; };
struct b *p_now;
int in(struct b *p) {
    p_now = p;
    int n = p->n;
    take();
    if (p_now != 0) give();
    return n;
}";
    assert_eq!(with_types(good), [""; 0]);
    assert_eq!(
        with_types(&good.replace("p_now != 0", "p != 0")),
        ["6 null-test-after-use"]
    );
}

#[test]
fn a_test_may_be_any_argument_of_a_macro() {
    let good = "struct state { int x; };
int fail(int line, int n);
#define CHECK(line, what) ((void)((what) || fail(line, 1)))
int start(struct state *state) {
    CHECK(3, state != 0);
    return state->x;
}";
    assert_eq!(with_types(good), [""; 0]);
    let bad = good.replace("CHECK(3, state != 0);", "if (state == 0) fail(3, 1);");
    assert_eq!(with_types(&bad), ["7 null-on-one-way"]);
}

#[test]
fn both_sides_of_an_argument_of_something_unseen_may_have_to_hold() {
    let good = "struct conf { int format; };
int make(const struct conf *c, int *out) {
    LIB_RETURN_ON_FALSE(c && out, -1, TAG);
    return c->format;
}";
    assert_eq!(with_types(good), [""; 0]);
    let bad = good.replace(
        "LIB_RETURN_ON_FALSE(c && out, -1, TAG);",
        "if (c && out) *out = 1;",
    );
    assert_eq!(with_types(&bad), ["5 null-on-one-way"]);
}

#[test]
fn a_handler_of_a_macro_that_was_not_seen_may_not_come_back() {
    let good = "struct state { int x; };
void stop(const char *what, int line);
#define ARGUMENT(what) do { if (!(what)) { stop(\"argument\", 3); } } while (0)
int start(struct state *state) {
    ARGUMENT(state != 0);
    return state->x;
}";
    assert_eq!(with_types(good), [""; 0]);
    let bad = good.replace(
        "ARGUMENT(state != 0);",
        "if (state == 0) { stop(\"state\", 3); }",
    );
    assert_eq!(with_types(&bad), ["7 null-on-one-way"]);
}

#[test]
fn place_in_an_object_and_length_of_a_caller_wrap() {
    let bad = "int read_part(struct file *file, void *data, size_t len) {
    if (file->offs + len > file->ta->size) return -1;
    file->offs += len;
    return 0;
}";
    assert_eq!(with_types(bad), ["3 add-wrap-in-bound"]);
    let good = bad.replace(
        "file->offs + len > file->ta->size",
        "len > file->ta->size - file->offs",
    );
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn who_asks_reckons_with_null_whatever_was_asserted() {
    let bad = "struct c { int x; int y; };
int poll(struct c *c) {
    assert(c != 0);
    if (c->x == 3) { return 1; }
    if (c) { c->y = 1; }
    return 0;
}";
    assert_eq!(with_types(bad), ["5 null-test-after-use"]);
    let good = bad.replace("if (c) { c->y = 1; }", "assert(c != 0); c->y = 1;");
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn the_member_of_null_that_is_returned_is_no_null() {
    let bad = "struct pipe { int b; };
struct holder { int a; struct pipe pipe; };
struct pipe *make(struct holder *m) {
    if (m) {
        m->a = 1;
    }
    return &m->pipe;
}";
    assert_eq!(with_types(bad), ["8 null-on-one-way"]);
    let good = bad
        .replace(
            "        m->a = 1;",
            "        m->a = 1;\n        return &m->pipe;",
        )
        .replace("    return &m->pipe;\n}", "    return 0;\n}");
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn there_is_no_last_byte_of_nothing() {
    let bad = "int last(const uint8_t *data, size_t len) {
    return data[len - 1];
}";
    assert_eq!(with_types(bad), ["3 unsigned-underflow-length"]);
    let good = bad.replace("    return", "    if (len == 0) return -1;\n    return");
    assert_eq!(with_types(&good), [""; 0]);
}
