//! Code that looks like a defect and is none, each beside one that is.

use super::with_types;

fn silent(code: &str) {
    assert_eq!(with_types(code), [""; 0], "{code}");
}

fn found(code: &str, expected: &[&str]) {
    assert_eq!(with_types(code), expected, "{code}");
}

#[test]
fn a_size_behind_destination_and_source_is_that_of_the_destination() {
    silent(
        "size_t norm(uint8_t *dst, const uint8_t *src, size_t size) {
    size_t n = 0;
    if (*src++ != '/') return 0;
    while (*src) { *dst++ = *src++; if (++n >= size) return 0; }
    return n;
}",
    );
    found(
        "size_t norm(uint8_t *sum, const uint8_t *data, size_t len) {
    if (*data++ != '/') return 0;
    if (len < 2) return 0;
    *sum = *data;
    return 2;
}",
        &["3 fixed-offset-before-length"],
    );
}

#[test]
fn what_is_counted_may_be_elements() {
    silent(
        "int ask(void *p);
void g(size_t n_args, const void *args) { if (n_args == 1 && ask(*(void *const *)args)) ask(0); }",
    );
    silent(
        "int set(uint8_t *mac, const uint8_t *opts, size_t len) {
    if (len != 1) return 0;
    memcpy(mac, opts, 6);
    return 1;
}",
    );
    found(
        "int get(const uint8_t *opts, size_t len) { if (len != 2) return 0; return opts[4]; }",
        &["2 fixed-offset-before-length"],
    );
    silent("int get(const uint8_t *b, size_t len) { if (len / 8) return b[7]; return 0; }");
    found(
        "int get(const uint8_t *b, size_t len) { if (len / 4) return b[7]; return 0; }",
        &["2 fixed-offset-before-length"],
    );
}

#[test]
fn a_buffer_that_was_just_filled_is_no_input() {
    let good = "int rd(void *c, uint8_t *rx, size_t n);
int on_rx(void *c, uint8_t *rx, size_t rx_len) {
    if (rd(c, rx, 2) != 2) return -1;
    if (rx[0] == 1 && rx_len > 4) return 1;
    return 0;
}";
    silent(good);
    found(
        &good.replace("    if (rd(c, rx, 2) != 2) return -1;\n", ""),
        &["4 fixed-offset-before-length"],
    );
}

#[test]
fn the_end_of_a_buffer_is_a_look_at_its_size() {
    let good = "int w(uint8_t **c, uint8_t *b);
int shift(uint8_t *buf, size_t size) {
    uint8_t *c = buf + size;
    int n = w(&c, buf);
    memmove(buf, c, n);
    return n;
}
int fill(uint8_t *b, size_t *size);
int hand(uint8_t *buf, size_t size) { int n = fill(buf, &size); buf[0] = 1; return n; }";
    silent(good);
    found(
        &good.replace("fill(buf, &size)", "fill(buf, 0)"),
        &["10 capacity-ignored"],
    );
}

#[test]
fn a_length_of_few_values_is_limited() {
    let good = "struct w { uint32_t a; uint32_t b; }; static struct w inj[4]; struct o { int a; };
static uint8_t plan(struct o *o) { if (o->a) return 0; return 3; }
void use(struct o *o, const struct w *p) {
    uint8_t n = plan(o);
    memcpy(inj, p, n * sizeof *p);
}";
    silent(good);
    found(
        &good.replace("return 3", "return 200"),
        &["6 given-copy-length"],
    );
}

#[test]
fn a_field_that_is_only_set_to_what_was_compared_is_limited() {
    let good = "struct c { uint8_t key[64]; uint32_t key_len; };
void init(struct c *c, const uint8_t *key, uint32_t key_len) {
    if (key_len > 64u) { c->key_len = 16; } else { c->key_len = key_len; }
}
void final(struct c *c, const uint8_t *key) {
    uint8_t pad[64];
    memcpy(pad, key, c->key_len);
    init(c, pad, 64);
}";
    silent(good);
    found(
        &good.replace("c->key_len = 16; } else { ", "c->key_len = 16; } { "),
        &["8 given-copy-length"],
    );
}

#[test]
fn a_number_of_few_bits_and_a_constant_do_not_wrap() {
    let good = "int f(const uint8_t *m, size_t len) {
    if (len < 8) return -1;
    size_t n = GET_UINT24_BE(m, 1);
    if (n + 12 > 16384) return -1;
    return 0;
}";
    silent(good);
    found(&good.replace("UINT24", "UINT32"), &["5 add-wrap-in-bound"]);
    silent(
        "void bits(uint8_t *dest, uint32_t idx, uint32_t nb) {
    for (uint32_t i = idx; i < idx + nb; i++) dest[i] = 1;
}",
    );
}

#[test]
fn a_global_that_a_call_sets_is_null_no_more() {
    let good = "struct env { void (*f)(void); };
static struct env *env; int mk(struct env **e); void stop(void);
static void create(void) { if (env) return; if (mk(&env) < 0 || !env) stop(); }
void e(void) {
    if (!env) { create(); }
    env->f();
}";
    silent(good);
    found(
        &good.replace("{ create(); }", "{ stop(); }"),
        &["7 null-on-one-way"],
    );
}

#[test]
fn the_returns_of_all_arms_count() {
    let code = "int mode(int a) {
    if (a) return -1;
#ifdef AUTO
    return 2;
#else
    return 0;
#endif
}
int use(int a) {
    if (mode(a) == 0) return 3;
    return 4;
}";
    silent(code);
    found(
        &code.replace("return 0", "return 1"),
        &["11 wrong-sentinel"],
    );
}

#[test]
fn a_macro_that_tests_all_it_gets_doubts_nothing() {
    let good = "struct m { int k; }; struct t { struct m m; int x; };
#define HEAP(t) ((t) ? &(t)->m : 0)
void use(struct m *m);
int h(struct t **args) {
    int k = args[1]->x;
    use(HEAP(args[1]));
    return k;
}
int g(struct t *a, int n) { int k = a->x; use(HEAP((a))); return k + n; }";
    silent(good);
    found(
        &good.replace("use(HEAP(args[1]))", "if (args[1]) use(0)"),
        &["6 null-test-after-use"],
    );
}
