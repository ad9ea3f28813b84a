//! What is wrong whatever the callers do: found in the bad text, silent with the repair.

use super::with_types;

fn differs(bad: &str, found: &[&str], from: &str, to: &str) {
    assert_eq!(with_types(bad), found, "{bad}");
    let good = bad.replacen(from, to, 1);
    assert_ne!(good, bad);
    assert_eq!(with_types(&good), [""; 0], "{good}");
}

#[test]
fn a_step_that_a_call_worked_out_from_what_is_left_is_checked() {
    differs(
        "int eat(const uint8_t *p, uint8_t *used);
void walk(const uint8_t *p, uint8_t left) {
    while (left > 0) {
        uint8_t used = p[0];
        p += used;
        left -= used;
    }
}",
        &["7 tlv-walk-unchecked"],
        "uint8_t used = p[0];",
        "uint8_t used; if (take(p, left, &used)) return;",
    );
}

#[test]
fn a_call_that_gets_the_record_does_not_make_its_length_another() {
    let good = "typedef struct { uint8_t length; uint8_t kind; } field_t;
int walk(const uint8_t *data, uint8_t left, int (*f)(const field_t *field)) {
    const field_t *field;
    while (left > 1) {
        field = (const void *)data;
        if (field->length >= left) return -1;
        if (f(field) == 0) return 0;
        left -= 1 + field->length;
        data += 1 + field->length;
    }
    return 0;
}";
    assert_eq!(with_types(good), [""; 0]);
}

#[test]
fn what_is_left_loses_its_sign_beside_a_size() {
    differs(
        "struct desc { uint8_t len; uint8_t type; };
int find(const uint8_t *p, int left) {
    while (left >= sizeof(struct desc)) {
        const struct desc *d = (const struct desc *)p;
        if (d->type == 4) return 1;
        p += d->len;
        left -= d->len;
    }
    return 0;
}",
        &["8 tlv-walk-unchecked"],
        "if (d->type == 4)",
        "if (d->len > left || d->len == 0) return -1; if (d->type == 4)",
    );
}

#[test]
fn a_limit_that_adds_limits_nothing() {
    differs(
        "static char name[20];
int keep(const char *from, uint32_t used, uint32_t len) {
    if (used > len) return -1;
    if (used >= len + sizeof name) return -1;
    memcpy(name, from + used, len - used);
    return 0;
}",
        &["5 guard-made-vain"],
        "used >= len + sizeof name",
        "len - used >= sizeof name",
    );
}

#[test]
fn a_capacity_is_read_before_it_is_overwritten() {
    differs(
        "struct s { uint8_t tag[16]; uint32_t n; };
int get(const struct s *s, uint8_t *tag, uint32_t *tag_len) {
    *tag_len = s->n;
    if (*tag_len < s->n) return -1;
    return 0;
}",
        &["5 guard-made-vain"],
        "*tag_len = s->n;\n    if (*tag_len < s->n) return -1;",
        "if (*tag_len < s->n) return -1;\n    *tag_len = s->n;",
    );
}

#[test]
fn the_last_group_of_a_length_that_is_rounded_up() {
    differs(
        "extern volatile uint16_t port;
void send(const uint8_t *bytes, uint32_t size) {
    uint32_t n = (size + 1) / 2;
    while (n--) {
        uint16_t word = bytes[0];
        word |= bytes[1] << 8;
        port = word;
        bytes += 2;
    }
}",
        &["7 rounded-up-walk"],
        "(size + 1) / 2",
        "size / 2",
    );
}

#[test]
fn what_a_walk_puts_into_an_array_is_counted() {
    differs(
        "struct t { const uint8_t *jack[4]; uint8_t n; };
const uint8_t *next_of(const uint8_t *p);
void report(struct t *t);
void open(const uint8_t *p, const uint8_t *end) {
    struct t t;
    t.n = 0;
    while (p < end) {
        if (p[1] == 2) t.jack[t.n++] = p;
        p = next_of(p);
    }
    report(&t);
}",
        &["9 append-in-walk"],
        "if (p[1] == 2)",
        "if (p[1] == 2 && t.n < 4)",
    );
}

#[test]
fn a_test_behind_the_write_comes_one_round_late() {
    differs(
        "int next(void); int put(uint8_t *at, int byte);
int recv(void *buf, size_t len) {
    uint8_t *p = buf; int got = 0; int byte;
    do {
        byte = next();
        int n = put(p, byte);
        p += n; got += n;
        if ((uint32_t)got > len) return -1;
    } while (byte != 192);
    return got;
}",
        &["9 inclusive-bound-exit"],
        "        int n = put(p, byte);
        p += n; got += n;
        if ((uint32_t)got > len) return -1;",
        "        if ((uint32_t)got >= len) return -1;
        int n = put(p, byte);
        p += n; got += n;",
    );
}

#[test]
fn a_limit_that_is_a_difference_without_sign() {
    differs(
        "static uint8_t kept[64];
int put(const uint8_t *record, uint32_t len, uint32_t count) {
    if (count > len - 8u) return -1;
    hash(record + 8, count);
    return 0;
}",
        &["4 limit-wraps"],
        "count > len - 8u",
        "len < 8u || count > len - 8u",
    );
}

#[test]
fn one_more_is_there_where_the_end_was_not_met() {
    let good = "int find(const uint8_t *p, const uint8_t *end) {
    while (p < end) {
        if (*p == 61) {
            p++;
            if (p == end) return -1;
            return *p;
        }
        p += *p;
    }
    return 0;
}";
    assert!(
        !with_types(good)
            .iter()
            .any(|told| told.contains("read-past-tested-end"))
    );
}

#[test]
fn each_option_that_is_taken_for_more_is_told() {
    let bad = "typedef struct { uint8_t type; uint8_t len; } opt_t;
typedef struct { uint8_t type; uint8_t len; uint8_t value[4]; } mtu_t;
typedef struct { uint8_t type; uint8_t len; uint8_t prefix[16]; } pfx_t;
void on_mtu(const mtu_t *mtu); void on_prefix(const pfx_t *prefix);
opt_t *next_opt(opt_t *opt); size_t all_of(opt_t *opt);
void on_options(uint8_t *data, size_t len) {
    for (opt_t *opt = (opt_t *)data; len > 0; len -= all_of(opt), opt = next_opt(opt)) {
        if (opt->type == 1) on_mtu((mtu_t *)opt);
        if (opt->type == 2) on_prefix((pfx_t *)opt);
    }
}";
    let told: Vec<String> = with_types(bad)
        .into_iter()
        .filter(|told| told.ends_with("option-cast-before-length"))
        .collect();
    assert_eq!(
        told,
        [
            "9 option-cast-before-length",
            "10 option-cast-before-length"
        ]
    );
}

/// The lines at which one analysis tells something.
fn lines_of(text: &str, analysis: &str) -> Vec<String> {
    with_types(text)
        .iter()
        .filter_map(|told| told.strip_suffix(analysis))
        .map(|line| line.trim().to_owned())
        .collect()
}

#[test]
fn one_more_is_not_there_where_another_mark_was_not_met() {
    let bad = "int sum(const uint8_t *data, size_t size, size_t mark) {
    int all = 0;
    size_t i = 0;
    while (i < size) {
        if (i + 1 == mark) return all;
        all += data[i + 1];
        i += 1;
    }
    return all;
}";
    assert_eq!(lines_of(bad, "read-past-tested-end"), ["7"]);
    let good = bad.replace("== mark", "== size");
    assert_eq!(lines_of(&good, "read-past-tested-end"), [""; 0]);
}

#[test]
fn ends_that_were_not_met_one_after_the_other_are_counted() {
    let good = "int sum(const uint8_t *data, size_t size) {
    int all = 0;
    for (size_t i = 0; i < size; i++) {
        if (i + 2 == size) return all;
        if (i + 1 == size) return all;
        all += data[i + 2];
    }
    return all;
}";
    assert_eq!(lines_of(good, "read-past-tested-end"), [""; 0]);
    let bad = good.replace("        if (i + 1 == size) return all;\n", "");
    assert_eq!(lines_of(&bad, "read-past-tested-end"), ["6"]);
}

#[test]
fn a_least_length_is_no_limit() {
    differs(
        "struct s { uint8_t name[16]; };
void on_rx(struct s *s, const uint8_t *f, size_t len) {
    if (len < 2) return;
    uint8_t n = f[1];
    if (n > len - 2) return;
    if (n < 2u) return;
    memcpy(s->name, f + 2, n);
}",
        &["8 unbounded-copy-length"],
        "n < 2u",
        "n > 16u",
    );
}

#[test]
fn a_zero_that_is_no_pointer_asks_for_no_size() {
    let bad = "int adc_read(int at, uint8_t *to); int bus_put(uint8_t b);
int probe(void) { uint8_t id; if (adc_read(1, &id)) return -1; return id; }
int start(void) {
    uint8_t b;
    adc_read(0, &b);
    return bus_put(b);
}";
    assert_eq!(lines_of(bad, "unset-output-of-unchecked-call"), ["6"]);
    let good = bad.replace(
        "    adc_read(0, &b);",
        "    if (adc_read(0, &b)) return -1;",
    );
    assert_eq!(lines_of(&good, "unset-output-of-unchecked-call"), [""; 0]);
}

#[test]
fn a_name_with_time_in_it_sets_nothing_in_any_case() {
    let bad = "int rd_time(int at, int *to); void show(int n);
int probe(void) { int id; if (rd_time(1, &id)) return -1; return id; }
void start(void) {
    int mode;
    rd_time(2, &mode);
    show(mode);
}";
    assert_eq!(lines_of(bad, "unset-output-of-unchecked-call"), ["6"]);
    let good = bad.replace("rd_time", "clock_gettime");
    assert_eq!(lines_of(&good, "unset-output-of-unchecked-call"), [""; 0]);
}

#[test]
fn an_output_that_one_arm_sets_is_not_always_set() {
    let bad = "int rd(int at, int *to) {
    switch (at) { case 1: case 2: *to = at; return 0; default: return -1; }
}
void show(int n);
int probe(void) { int id; if (rd(1, &id)) return -1; return id; }
void start(void) {
    int mode;
    rd(2, &mode);
    show(mode);
}";
    assert_eq!(lines_of(bad, "unset-output-of-unchecked-call"), ["9"]);
    let good = bad.replace("    switch", "    *to = 0;\n    switch");
    assert_eq!(lines_of(&good, "unset-output-of-unchecked-call"), [""; 0]);
}

#[test]
fn a_checksum_says_nothing_of_the_lengths_of_options() {
    let bad = "struct o { uint16_t type; uint16_t len; }; struct big { uint16_t type; uint16_t len; uint32_t v; };
int crc_check(const uint8_t *m, size_t n);
uint32_t parse(const uint8_t *m, size_t len) {
    const uint8_t *end = m + len;
    if (crc_check(m, len)) return 0;
    const struct o *o = (const struct o *)m;
    uint32_t sum = 0;
    while ((const uint8_t *)o + sizeof(*o) <= end) {
        if (o->type == 1) sum += ((const struct big *)o)->v;
        o = o + 1;
    }
    return sum;
}";
    assert_eq!(lines_of(bad, "option-cast-before-length"), ["10"]);
    let good = bad.replace("crc_check", "options_check");
    assert_eq!(lines_of(&good, "option-cast-before-length"), [""; 0]);
}

#[test]
fn a_factor_that_is_a_power_of_two_takes_a_counter_past_its_type() {
    differs(
        "int digits(uint32_t v) {
    int n = 1;
    for (uint32_t t = 16; t <= v; n++) {
        t *= 16;
    }
    return n;
}",
        &["4 counter-wraps"],
        "t *= 16",
        "t *= 2",
    );
}
