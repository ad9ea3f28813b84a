//! Lengths, offsets and pointers that come from outside the function, whatever they are called
//! there: found where nothing looks at them, silent where something does.

use super::with_types;

/// The bad text is found at the line; with the replacement it is silent.
fn differs(bad: &str, found: &[&str], from: &str, to: &str) {
    assert_eq!(with_types(bad), found, "{bad}");
    let good = bad.replacen(from, to, 1);
    assert_ne!(good, bad);
    assert_eq!(with_types(&good), [""; 0], "{good}");
}

#[test]
fn a_product_of_parameters_is_a_size_that_wraps() {
    differs(
        "void *malloc(size_t n);
void *queue(size_t count, size_t size) {
    size_t bytes = count * size;
    return malloc(sizeof(int) + bytes);
}",
        &["4 alloc-size-wrap"],
        "return malloc",
        "if (size && count > 4000u / size) return 0;\n    return malloc",
    );
}

#[test]
fn a_number_that_was_divided_is_not_multiplied_beyond_its_type() {
    for good in ["count / 32", "count / 4 + 1"] {
        differs(
            "void *malloc(size_t n);
void *bits(size_t count) {
    size_t words = count / 2;
    return malloc(words * 4);
}",
            &["5 alloc-size-wrap"],
            "count / 2",
            good,
        );
    }
}

#[test]
fn a_size_of_a_small_number_and_one_of_bytes_do_not_wrap() {
    let head = "void *malloc(size_t n);\n";
    for good in [
        "void *table(uint16_t most) { return malloc(sizeof(struct head) + most * sizeof(struct entry)); }",
        "void *bytes(int count) { return malloc(count * sizeof(uint8_t)); }",
        "void *bits(int count) { count = count > 0 ? (count + 31) / 32 : 0; return malloc(count * 4); }",
    ] {
        assert_eq!(with_types(&format!("{head}{good}")), [""; 0], "{good}");
    }
    for bad in [
        "void *table(uint32_t most) { return malloc(sizeof(struct head) + most * sizeof(struct entry)); }",
        // Narrowed, which is where it wraps.
        "void *table(uint16_t most) { uint16_t all = 8 + most * sizeof(struct entry); return malloc(all); }",
        "void *bytes(uint32_t count) { return malloc((uint16_t)(count * sizeof(uint8_t))); }",
        "void *words(size_t n) { size_t w = n ? n / 4 : 0x40000000; return malloc(w * 4); }",
    ] {
        assert_eq!(
            with_types(&format!("{head}{bad}")),
            ["3 alloc-size-wrap"],
            "{bad}"
        );
    }
}

#[test]
fn a_length_that_is_tested_in_a_sum_is_compared() {
    differs(
        "static unsigned char frame[64];
int send(const struct iolist *list) {
    unsigned filled = 2;
    if (filled > sizeof(frame)) return -1;
    memcpy(frame + filled, list->base, list->iol_len);
    return 0;
}",
        &["6 given-copy-length"],
        "filled > sizeof(frame)",
        "filled + list->iol_len > sizeof(frame)",
    );
}

#[test]
fn a_claim_about_the_quotient_limits_a_product() {
    let good = "void *malloc(size_t n);
void *queue(size_t count, size_t size) {
    size_t bytes = count * size;
    assert(size == 0 || count == bytes / size);
    return malloc(bytes);
}";
    assert_eq!(with_types(good), [""; 0]);
}

#[test]
fn what_a_variable_gets_later_is_tested_as_what_it_got_first() {
    differs(
        "struct n { int mode; }; struct n *again(int id);
int f(struct n *n, int id) {
    if (n == 0) return 0;
    n = again(id);
    return n->mode;
}",
        &["6 unchecked-lookup"],
        "return n->mode",
        "return n ? n->mode : 0",
    );
}

#[test]
fn a_result_that_half_of_the_calls_test() {
    let bad = "struct t { int s; }; struct t *of(int id);
int a(int id) { struct t *t = of(id); if (t == 0) return 0; return t->s; }
int b(int id) { struct t *t = of(id); if (!t) return 0; return t->s; }
int c(int id) { struct t *t = of(id); return t->s; }";
    assert_eq!(with_types(bad), ["5 unchecked-lookup"]);
    assert_eq!(
        with_types(&bad.replace(
            "struct t *t = of(id); return t->s; }",
            "return of(id) != 0 && of(id)->s; }"
        )),
        [""; 0]
    );
}

#[test]
fn a_helper_that_goes_through_its_parameter_uses_it() {
    differs(
        "struct m { int a; };
static int sum(struct m *m) { return m->a + 1; }
int f(struct m *m) {
    int s = sum(m);
    if (m == 0) return 0;
    return s;
}",
        &["5 null-test-after-use"],
        "int s = sum(m);\n    if (m == 0) return 0;",
        "if (m == 0) return 0;\n    int s = sum(m);",
    );
}

#[test]
fn a_field_that_the_others_test() {
    let head = "struct d { int f; }; struct p { struct d *d; };
int a(struct p *p) { return p->d ? p->d->f : 0; }
int b(struct p *p) { if (p->d == 0) return 0; return p->d->f; }
int c(struct p *p) { if (!p->d) return 0; return p->d->f; }
";
    let bad = format!("{head}int e(struct p *p) {{ return p->d->f; }}");
    assert_eq!(with_types(&bad), ["6 unchecked-field"]);
    let good = format!("{head}int e(struct p *p) {{ assert(p->d); return p->d->f; }}");
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn a_length_that_is_reduced_and_never_compared() {
    differs(
        "struct q { size_t size; uint8_t *data; }; void show(uint8_t *from, size_t n);
void f(struct q *q) {
    show(q->data, q->size - 8);
}",
        &["4 unsigned-underflow-length"],
        "    show(",
        "    if (q->size >= 8) show(",
    );
    // Capacity and fill level of one object belong together.
    let good = "struct r { size_t size; size_t used_len; uint8_t *data; }; void show(uint8_t *from, size_t n);
void f(struct r *r) { show(r->data, r->size - r->used_len); }";
    assert_eq!(with_types(good), [""; 0]);
}

#[test]
fn a_sent_number_taken_from_a_capacity() {
    differs(
        "static uint8_t buf[64];
void on_rx(const uint8_t *f, size_t len) {
    if (len < 4) return;
    uint8_t n = f[1];
    memset(buf, 0, 64u - n);
}",
        &["6 unsigned-underflow-length"],
        "memset(",
        "if (n <= 64) memset(",
    );
}

#[test]
fn a_search_may_end_at_once() {
    differs(
        "char *strchr(const char *s, int c);
size_t f(const char *s) {
    char *end = strchr(s, '?');
    if (!end) return 0;
    size_t n = (size_t)(end - s - 1);
    return n;
}",
        &["6 search-result-minus"],
        "if (!end)",
        "if (!end || end == s)",
    );
}

#[test]
fn place_and_length_of_a_caller_can_wrap() {
    differs(
        "int get(uint32_t pos, size_t len) {
    if (pos + len > 4096u) return -1;
    return 0;
}",
        &["3 add-wrap-in-bound"],
        "pos + len > 4096u",
        "pos > 4096u || len > 4096u - pos",
    );
    // The test of the wrap is no bound.
    let good = "int get(uint32_t pos, uint32_t len) {
    if (pos + len < pos) return -1;
    return pos + len > 4096u;
}";
    assert_eq!(with_types(good), [""; 0]);
}

#[test]
fn a_copy_of_a_length_that_nothing_compares() {
    differs(
        "struct c { uint8_t id[16]; };
void f(struct c *c, const uint8_t *id, struct c *o, uint32_t n) {
    memcpy(c->id, o->id, n);
}",
        &["4 given-copy-length"],
        "memcpy(",
        "if (n <= sizeof c->id) memcpy(",
    );
}

#[test]
fn an_offset_of_the_packet_is_compared_with_its_length() {
    differs(
        "uint8_t on_rx(const uint8_t *f, size_t len) {
    if (len < 4) return 0;
    uint8_t at = f[3];
    return f[at];
}",
        &["5 sent-offset-unchecked"],
        "return f[at]",
        "if (at >= len) return 0;\n    return f[at]",
    );
}

#[test]
fn an_option_is_as_long_as_its_kind() {
    differs(
        "struct o { uint16_t type; uint16_t len; }; struct big { uint16_t type; uint16_t len; uint32_t v; };
uint32_t parse(const uint8_t *m, size_t len) {
    const uint8_t *end = m + len;
    const struct o *o = (const struct o *)m;
    uint32_t sum = 0;
    while ((const uint8_t *)o + sizeof(*o) <= end) {
        if (o->type == 1) sum += ((const struct big *)o)->v;
        o = o + 1;
    }
    return sum;
}",
        &["8 option-cast-before-length"],
        "if (o->type == 1)",
        "if (o->type == 1 && o->len >= sizeof(struct big))",
    );
}

#[test]
fn an_index_may_not_be_the_number_of_elements() {
    differs(
        "int put(uint8_t *buf, size_t *len, size_t at, uint8_t v) {
    if (at > *len) return -1;
    buf[at] = v;
    return 0;
}",
        &["3 inclusive-bound-exit"],
        "at > *len",
        "at >= *len",
    );
}

#[test]
fn one_way_out_forgets_the_packet() {
    differs(
        "struct p { int kind; }; void p_free(struct p *p); extern int last;
void on_rx(struct p *p) {
    if (p->kind != 2) {
        return;
    }
    last = p->kind;
    p_free(p);
}",
        &["5 not-released-on-exit"],
        "        return;",
        "        p_free(p);\n        return;",
    );
    // A bus is released and taken again.
    let good = "struct d { int bus; }; void take(struct d *d); void spi_release(struct d *d);
void f(struct d *d, int n) {
    if (n == 0) {
        return;
    }
    take(d);
    spi_release(d);
}";
    assert_eq!(with_types(good), [""; 0]);
}

#[test]
fn a_capacity_nobody_looks_at() {
    differs(
        "int serial(uint8_t *out, size_t out_len) {
    out[0] = 1;
    return 1;
}",
        &["3 capacity-ignored"],
        "out[0] = 1",
        "if (out_len < 1) return -1;\n    out[0] = 1",
    );
}

#[test]
fn a_factor_takes_a_counter_past_its_type() {
    differs(
        "int digits(uint32_t v) {
    int n = 1;
    for (uint32_t t = 10; t <= v; n++) {
        t *= 10;
    }
    return n;
}",
        &["4 counter-wraps"],
        "int n = 1;",
        "int n = 1;\n    if (v >= 1000000000u) return 10;",
    );
}

#[test]
fn a_length_kept_for_others_is_compared_with_what_is_left() {
    differs(
        "struct ad { uint8_t *buf; size_t pos; }; struct out { uint8_t *data; size_t len; };
int find(struct ad *ad, uint8_t type, struct out *out) {
    unsigned pos = 0;
    while (pos + 2 < ad->pos) {
        uint8_t len = ad->buf[pos];
        if (ad->buf[pos + 1] == type) {
            out->data = ad->buf + pos + 2;
            out->len = len;
            return 0;
        }
        pos += len + 1;
    }
    return -1;
}",
        &["9 tlv-walk-unchecked"],
        "        if (ad->buf[pos + 1]",
        "        if (pos + len >= ad->pos) return -1;\n        if (ad->buf[pos + 1]",
    );
}

#[test]
fn a_walk_that_starts_behind_the_end_never_meets_it() {
    differs(
        "int parse(uint8_t *buf, size_t len) {
    uint8_t *p = buf + 4;
    uint8_t *end = buf + len;
    if (len < 4) return -1;
    p += buf[0] & 15;
    int n = 0;
    while (p != end) {
        unsigned step = *p++;
        p += step;
        if (p > buf + len) return -1;
        n++;
    }
    return n;
}",
        &["8 tlv-walk-unchecked"],
        "p != end",
        "p < end",
    );
}

#[test]
fn a_sum_in_a_wider_type_cannot_wrap() {
    for (wide, is_reported) in [
        ("(uint64_t)at + size", false),
        ("at + (uint64_t)size", false),
        ("0ull + at + size", false),
        ("at + size", true),
        ("at > 0x10000u || size > 0x10000u || at + size", false),
        ("size > 0x10000u || at + size", true),
        // Widened after it wrapped.
        ("(uint64_t)(at + size)", true),
    ] {
        let code = format!(
            "uint32_t get_le32(const uint8_t *from);
int on_write(const uint8_t *message, size_t len) {{
    if (len < 8u) return -1;
    uint32_t at = get_le32(message);
    uint32_t size = get_le32(message + 4);
    if ({wide} > 0x10000u) return -1;
    return 0;
}}"
        );
        let expected: &[&str] = if is_reported {
            &["7 add-wrap-in-bound"]
        } else {
            &[]
        };
        assert_eq!(with_types(&code), expected, "{wide}");
    }
}
