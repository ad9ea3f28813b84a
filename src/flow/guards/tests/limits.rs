//! Limits in forms that are easily overlooked: found without them, silent with them.

use super::with_types;

/// The bad text is found at the line; with the replacement it is silent.
fn differs(bad: &str, found: &[&str], from: &str, to: &str) {
    assert_eq!(with_types(bad), found, "{bad}");
    let good = bad.replacen(from, to, 1);
    assert_ne!(good, bad);
    assert_eq!(with_types(&good), [""; 0], "{good}");
}

#[test]
fn a_count_up_to_a_limit_is_limited() {
    differs(
        "struct w { char name[32]; size_t name_len; }; size_t text_fill(const char *name);
void set(struct w *w, const char *name) {
    w->name_len = text_fill(name);
    memcpy(w->name, name, w->name_len);
}",
        &["5 given-copy-length"],
        "text_fill(name);\n    memcpy",
        "strnlen(name, NAME_MAX);\n    memcpy",
    );
}

#[test]
fn a_test_that_also_asks_for_the_pointer_is_a_test() {
    differs(
        "static char out[64];
int put(const char *topic) {
    if (topic) out[0] = 1;
    memcpy(out + 2, topic, strlen(topic));
    return 0;
}",
        &["5 given-copy-length"],
        "if (topic) out[0] = 1;",
        "if (topic && strlen(topic) > TOPIC_MAX) return -1;",
    );
}

#[test]
fn a_sum_with_a_choice_is_a_sum() {
    differs(
        "struct s { char q[64]; };
int add(struct s *s, const char *key, size_t key_len, const uint8_t *val, size_t val_len) {
    size_t all = key_len;
    if (all > sizeof s->q) return -1;
    memcpy(s->q + 1, val, val_len);
    return 0;
}",
        &["6 given-copy-length"],
        "size_t all = key_len;",
        "size_t all = key_len + (val ? val_len + 1 : 0);",
    );
}

#[test]
fn a_length_of_an_array_counts_what_is_in_that_array() {
    differs(
        "struct from { uint8_t id[16]; unsigned id_len; };
struct to { uint8_t id[8]; };
void keep(struct to *to, const struct from *from_msg) {
    memcpy(to->id, from_msg->id, from_msg->id_len);
}",
        &["5 given-copy-length"],
        "id[16]",
        "id[8]",
    );
}

#[test]
fn memory_that_was_made_with_the_length_holds_so_much() {
    differs(
        "struct cmd { uint8_t reason; uint8_t data[1]; };
struct cmd *frame_get(int op, size_t n);
int reject(const uint8_t *data, size_t len) {
    struct cmd *cmd = frame_get(3, 40);
    if (!cmd) return -1;
    memcpy(cmd->data, data, len);
    return 0;
}",
        &["7 given-copy-length"],
        "frame_get(3, 40)",
        "frame_get(3, sizeof(*cmd) + len)",
    );
}

#[test]
fn what_callers_test_is_tested() {
    differs(
        "static int head(const uint8_t *buf, size_t len, int *out) {
    if (buf[0] != 1) { *out = buf[0]; return 1; }
    if (len < 3) return -1;
    *out = buf[2];
    return 3;
}
int on_rx(const uint8_t *frame, size_t size) {
    int out;
    return head(frame, size, &out);
}",
        &["3 fixed-offset-before-length"],
        "    int out;\n",
        "    int out;\n    if (size < 4) return -1;\n",
    );
}

#[test]
fn a_handle_is_no_bytes() {
    differs(
        "struct h { int keep; int rest; };
int on_rx(void *data, size_t len) {
    struct h *h = (struct h *)data;
    if (h->keep) return 1;
    if (len < sizeof(*h)) return 0;
    return h->rest;
}",
        &["5 header-cast-before-length"],
        "void *data, size_t len) {\n    struct h *h = (struct h *)data;",
        "void *connection, size_t len) {\n    struct h *h = (struct h *)connection;",
    );
}

#[test]
fn what_a_container_was_asked_answers_for_its_look_up() {
    let bad = "struct q { struct q *next; int len; }; struct q *queue_peek(struct q *q);
struct q *find_last(struct q *q) { if (q->next == q) return 0; return q->next; }
int other(struct q *q) { struct q *e = find_last(q); if (!e) return 0; return e->len; }
int take(struct q *q) {
    struct q *e = find_last(q);
    return e->len;
}";
    differs(
        bad,
        &["7 unchecked-lookup"],
        "    struct q *e = find_last(q);\n    return",
        "    if (queue_peek(q) == 0) return 0;\n    struct q *e = find_last(q);\n    return",
    );
    // Of another queue.
    let near = bad.replacen(
        "    struct q *e = find_last(q);\n    return",
        "    if (queue_peek(q->next) == 0) return 0;\n    struct q *e = find_last(q);\n    return",
        1,
    );
    assert_eq!(with_types(&near), ["8 unchecked-lookup"]);
}

#[test]
fn a_test_before_a_loop_holds_in_it() {
    differs(
        "struct n { int v; struct n *next; }; static struct n pool[4];
static struct n *item_find(int id) { if (id < 0) return 0; return &pool[id & 3]; }
int walk(int id) {
    struct n *n = item_find(id);
    int sum = 0;
    do {
        sum += n->v;
        id--;
    } while (id > 0);
    return sum;
}",
        &["8 unchecked-null-result"],
        "    do {\n        sum += n->v;\n        id--;\n    } while (id > 0);\n",
        "    if (n != 0) { do {\n        sum += n->v;\n        id--;\n    } while (id > 0); }\n",
    );
}

#[test]
fn a_difference_that_cannot_wrap_is_silent() {
    differs(
        "int check(const uint8_t *p, int mode, size_t *skip);
void put(uint8_t *to, const uint8_t *p, size_t n);
int on_rx(const uint8_t *data, size_t data_len, uint8_t *to) {
    size_t skip = 0;
    check(data, 7, &skip);
    put(to, data, data_len - 8);
    return 0;
}",
        &["7 unsigned-underflow-length"],
        "check(data, 7, &skip);\n    put(to, data, data_len - 8);",
        "check(data, (int)data_len, &skip);\n    put(to, data, data_len - skip);",
    );
    differs(
        "void put(void *to, const void *p, size_t n);
void keep(void *to, const void *p, size_t pkt_size) {
    put(to, p, pkt_size - sizeof(int));
}",
        &["4 unsigned-underflow-length"],
        "pkt_size) {\n    put(to, p, pkt_size",
        "node_size) {\n    put(to, p, node_size",
    );
}

#[test]
fn the_end_of_an_object_does_not_wrap() {
    differs(
        "int inside(uint32_t stack, uint32_t size, uint32_t limit) {
    if (stack + size > limit) return 0;
    return 1;
}",
        &["3 add-wrap-in-bound"],
        "uint32_t stack, uint32_t size, uint32_t limit) {\n    if (stack + size",
        "const char *stack, uint32_t size, uint32_t limit) {\n    if ((uint32_t)stack + size",
    );
}

#[test]
fn what_one_function_starts_and_counts_once_is_no_append() {
    differs(
        "struct a { unsigned data[4]; unsigned n; };
void fill(struct a *a, unsigned key) {
    a->data[a->n++] = key;
}",
        &["4 append-without-bound"],
        "    a->data[a->n++]",
        "    a->n = 0;\n    a->data[a->n++]",
    );
}

#[test]
fn a_status_that_is_added_to_is_looked_at() {
    let bad = "int reg_read(int r); int reg_write(int r);
int mode(int m) {
    int res = 0;
    switch (m) {
    case 1:
        res = reg_read(1);
        break;
    }
    return m;
}";
    assert_eq!(with_types(bad), ["7 status-never-tested"]);
    let good = bad
        .replace(
            "        break;",
            "        res += reg_write(2);\n        break;",
        )
        .replace("return m;", "return res < 0 ? -1 : m;");
    assert_eq!(with_types(&good), [""; 0]);
}

#[test]
fn a_text_with_a_number_beside_it_is_a_text() {
    differs(
        "void show(const uint8_t *data, size_t data_len) {
    if (strlen(data) > 4) return;
}",
        &["3 string-call-on-wire-buffer"],
        "const uint8_t *data, size_t data_len",
        "const char *data, size_t num",
    );
}

#[test]
fn a_record_that_its_reader_measures_needs_no_test_before() {
    differs(
        "struct o { uint16_t type; uint16_t len; }; struct big { uint16_t type; uint16_t len; uint32_t v; };
static uint32_t take(const struct big *big) {
    if (big->type != 8) return 0;
    return big->v;
}
uint32_t parse(const uint8_t *m, size_t len) {
    const uint8_t *end = m + len;
    const struct o *o = (const struct o *)m;
    uint32_t sum = 0;
    while ((const uint8_t *)o + sizeof(*o) <= end) {
        if (o->type == 1) sum += take((const struct big *)o);
        o = o + 1;
    }
    return sum;
}",
        &["12 option-cast-before-length"],
        "big->type != 8",
        "big->len != 8",
    );
}

#[test]
fn a_sum_that_is_compared_with_what_was_received_limits_no_destination() {
    let walk = |test: &str| {
        with_types(&format!(
            "struct s {{ uint8_t id[8]; }};
void on_rx(struct s *s, const uint8_t *f, size_t len) {{
    size_t i = 0;
    while (i + 2 <= len) {{
        uint8_t n = f[i + 1];
        {test}
        memcpy(s->id, &f[i + 2], n);
        i += 2 + n;
    }}
}}"
        ))
    };
    for test in [
        "if (i + 2 + n > len) return;",
        "if (n > len - i - 2) return;",
        "if (len < i + 2u + n) break;",
    ] {
        assert_eq!(walk(test), ["8 unbounded-copy-length"], "{test}");
    }
    for test in [
        "if (i + 2 + n > len || n > sizeof s->id) return;",
        "if (i + 2 + n > len || 2 + n > 10) return;",
    ] {
        assert_eq!(walk(test), [""; 0], "{test}");
    }
}

#[test]
fn a_sum_counts_where_what_was_received_is_small_or_room_is_asked_for() {
    let unbounded = |text: &str| {
        with_types(text)
            .iter()
            .filter(|told| told.ends_with("unbounded-copy-length"))
            .count()
    };
    let small = "struct s { uint8_t id[8]; };
void on_rx(struct s *s, const uint8_t *f, size_t len) {
    if (len > 8 || len < 2) return;
    uint8_t n = f[1];
    if (2 + n > len) return;
    memcpy(s->id, f + 2, n);
}";
    assert_eq!(unbounded(small), 0);
    let chunk = "struct s { uint8_t id[8]; };
void on_rx(struct s *s, const uint8_t *f, size_t len) {
    size_t at = 0;
    do {
        size_t n = len - at;
        n = n < 8 ? n : 8;
        memcpy(s->id, f + at, n);
        at += n;
    } while (at < len);
}";
    assert_eq!(unbounded(chunk), 0);
    let end = "struct s { uint8_t id[8]; };
void on_rx(struct s *s, const uint8_t *f, size_t len) {
    uint8_t *out = s->id;
    if (len < 2 || out + len > s->id + sizeof s->id) return;
    uint8_t n = f[1];
    if (2 + n > len) return;
    memcpy(out, f + 2, n);
}";
    assert_eq!(unbounded(end), 0);
    let both = "struct s { char q[32]; };
int query(struct s *s, const char *key, size_t key_len, const char *val, size_t val_len) {
    size_t all = key_len + (val ? val_len + 1 : 0);
    if (all > 32) return -1;
    memcpy(s->q, key, key_len);
    if (val) memcpy(&s->q[key_len], val, val_len);
    return 0;
}";
    assert_eq!(unbounded(both), 0);
    let kept = "struct s { uint8_t id[8]; };
void on_rx(struct s *s, const uint8_t *f, size_t len) {
    size_t i = 0; size_t kept = 0; const uint8_t *at = 0;
    while (i + 2 <= len) {
        uint8_t n = f[i + 1];
        if (i + 2 + n > len) return;
        if (f[i] == 3) {
            if (n > 8) return;
            at = f + i + 2;
            kept = n;
        }
        i += 2 + n;
    }
    if (at) memcpy(s->id, at, kept);
}";
    assert_eq!(unbounded(kept), 0);
}

#[test]
fn what_is_volatile_is_read_once() {
    let head = "typedef struct { volatile uint32_t len; uint8_t d[64]; } box_t;
typedef struct { uint32_t len; uint8_t d[64]; } desc_t;
extern box_t one; extern box_t *two; extern volatile desc_t *three; static uint8_t o[64];\n";
    let told = |body: &str| with_types(&[head, body].concat());
    for place in [
        "one.len",
        "two->len",
        "three->len",
        "((volatile desc_t *)0x20004000u)->len",
        "d->len",
    ] {
        let bad = format!(
            "void f(volatile desc_t *d) {{ if ({place} <= 64)\nmemcpy(o, \"x\", {place}); }}"
        );
        assert_eq!(told(&bad), ["6 double-fetch"], "{place}");
        let good = format!(
            "void f(volatile desc_t *d) {{ uint32_t n = {place}; if (n <= 64) memcpy(o, \"x\", n); }}"
        );
        assert_eq!(told(&good), [""; 0], "{place}");
    }
    let plain = "void f(desc_t *d) { if (d->len <= 64) memcpy(o, \"x\", d->len); }";
    assert_eq!(told(plain), [""; 0]);
    let round = "void f(volatile desc_t *d, uint8_t *to) { uint32_t i; if (d->len > 64) return;
for (i = 0; i < d->len; i++) { to[i] = o[i]; } }";
    assert_eq!(told(round), ["6 double-fetch"]);
}
