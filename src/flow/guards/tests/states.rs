//! Pointers, values and packets whose state differs by the way that was taken.

use super::with_types;

/// The bad text is found at the line; with the replacement it is silent.
fn differs(bad: &str, found: &[&str], from: &str, to: &str) {
    assert_eq!(with_types(bad), found, "{bad}");
    let good = bad.replacen(from, to, 1);
    assert_ne!(good, bad);
    assert_eq!(with_types(&good), [""; 0], "{good}");
}

#[test]
fn a_pointer_that_a_call_cannot_set() {
    let bad = "int take(int slot, uint16_t *count);
int drain(int slot) {
    uint16_t *count = 0;
    if (take(slot, count)) return -1;
    return *count;
}";
    differs(
        bad,
        &["6 null-only-pointer"],
        "take(slot, count)",
        "take(slot, count) || !count",
    );
    differs(
        bad,
        &["6 null-only-pointer"],
        "if (take",
        "count = next(slot); if (take",
    );
    // What was not declared may be a macro.
    differs(
        bad,
        &["6 null-only-pointer"],
        "if (take(slot, count))",
        "FIRST(slot, count); if (slot)",
    );
}

#[test]
fn a_variable_that_only_a_loop_sets() {
    let bad = "int write(size_t at);
int fill(size_t size) {
    int err;
    while (size) { err = write(size); if (err) break; size--; }
    return err;
}";
    differs(bad, &["6 unset-on-one-way"], "int err;", "int err = 0;");
    differs(
        bad,
        &["6 unset-on-one-way"],
        "while (size)",
        "if (size == 0) return 0; while (size)",
    );
    differs(bad, &["6 unset-on-one-way"], "while (size)", "while (1)");
}

#[test]
fn a_variable_that_one_of_the_ways_that_meet_does_not_set() {
    let bad = "int load(int n); void show(int n);
int f(int n) {
    int key;
    if (n > 8) goto out;
    key = load(n);
out:
    show(key);
    return n;
}";
    differs(bad, &["8 unset-on-one-way"], "int key;", "int key = 0;");
    differs(bad, &["8 unset-on-one-way"], "goto out", "return 0");
    // Behind another question the ways may be told apart.
    differs(
        bad,
        &["8 unset-on-one-way"],
        "    show",
        "    if (n <= 8) show",
    );
    // A claim that the way is not taken.
    differs(
        bad,
        &["8 unset-on-one-way"],
        "goto out;",
        "{ assert(0); goto out; }",
    );
}

#[test]
fn a_pointer_that_is_still_null_on_one_way() {
    let bad = "struct j { int *buf; int done; }; struct j *take(int n); void give(int *buf);
int f(int n) {
    struct j *job = NULL;
    if (n > 8) goto out;
    job = take(n);
    if (!job) return -1;
out:
    give(job->buf);
    return 0;
}";
    differs(
        &bad.replace("NULL", "0"),
        &["9 null-on-one-way"],
        "goto out",
        "return 0",
    );
    differs(
        &bad.replace("NULL", "0"),
        &["9 null-on-one-way"],
        "give(job->buf)",
        "if (job) give(job->buf)",
    );
}

#[test]
fn a_result_that_is_null_where_memory_ran_out() {
    let bad = "struct s { int id; int mode; }; void *malloc(size_t n);
static struct s *make(int id) {
    struct s *s = malloc(sizeof(*s));
    if (s) s->id = id;
    return s;
}
static struct s *make_safe(int id) {
    struct s *s = make(id);
    s->mode = 1;
    return s;
}";
    differs(
        bad,
        &["10 unchecked-null-result"],
        "s->mode = 1",
        "if (s) s->mode = 1",
    );
    // Its answer goes on in another variable.
    differs(
        bad,
        &["10 unchecked-null-result"],
        "    s->mode = 1",
        "    int err = 0; if (!s) err = 1; if (!err) s->mode = 1",
    );
}

#[test]
fn what_the_documentation_says_to_be_null() {
    differs(
        "struct netif { int mtu; }; struct netif *netif_find(const char *name);
int room(const char *name) {
    struct netif *netif = netif_find(name);
    return netif->mtu - 40;
}",
        &["5 unchecked-null-result"],
        "return netif->mtu",
        "return netif && netif->mtu",
    );
}

#[test]
fn what_is_looked_for_by_the_number_of_any_caller() {
    let bad = "struct d { int state; }; static struct d all[4];
static struct d *by_number(int n) { if (n > 3) return 0; return &all[n & 3]; }
void close(int n) {
    by_number(n)->state = 0;
}";
    assert_eq!(with_types(bad), ["5 unchecked-null-result"]);
    // Compared before, or the callers are all here: only a look-up that may fail.
    for near in [
        bad.replacen("    by", "    if (n < 4) by", 1),
        bad.replacen("void close", "static void close", 1),
    ] {
        assert_eq!(with_types(&near), ["5 unchecked-lookup"], "{near}");
    }
}

#[test]
fn an_assertion_behind_the_use() {
    differs(
        "struct e { struct e *next; int left; };
int first(struct e **list) {
    struct e *e = *list;
    assert(list != 0);
    return e ? e->left : 0;
}",
        &["4 null-test-after-use"],
        "    struct e *e = *list;\n    assert(list != 0);",
        "    assert(list != 0);\n    struct e *e = *list;",
    );
}

#[test]
fn a_packet_behind_its_release() {
    let bad =
        "struct pbuf { int len; }; int pbuf_free(struct pbuf *p); void deliver(struct pbuf *p);
void rx(struct pbuf *p) {
    if (p->len < 4) { pbuf_free(p); } else { deliver(p); }
    pbuf_free(p);
}";
    differs(
        bad,
        &["5 packet-used-after-release"],
        "pbuf_free(p); }",
        "pbuf_free(p); return; }",
    );
    differs(
        bad,
        &["5 packet-used-after-release"],
        "deliver(p)",
        "pbuf_ref(p)",
    );
}

#[test]
fn a_packet_that_one_way_out_keeps() {
    differs(
        "struct pbuf { int len; }; int pbuf_free(struct pbuf *p); int kind(int n); void note(int n);
void rx(void *arg, struct pbuf *p) {
    int n = kind(p->len);
    if (n == 0) return;
    note(n);
    pbuf_free(p);
}",
        &["5 packet-not-released"],
        "if (n == 0) return;",
        "if (n == 0) { pbuf_free(p); return; }",
    );
}

#[test]
fn a_secret_that_one_way_out_keeps() {
    let bad =
        "void explicit_bzero(void *p, size_t n); int derive(uint8_t *k); int unlock(uint8_t *k);
int open(void) {
    uint8_t key[32];
    if (derive(key)) return -1;
    if (unlock(key)) return -2;
    explicit_bzero(key, 32);
    return 0;
}";
    differs(
        bad,
        &["6 wipe-skipped-on-exit"],
        "if (unlock(key)) return -2;\n    explicit_bzero(key, 32);",
        "int err = unlock(key);\n    explicit_bzero(key, 32); if (err) return -2;",
    );
}

#[test]
fn an_output_that_only_a_call_sets() {
    let bad = "int rd(int at, int *to); void show(int n);
int probe(void) { int id; if (rd(1, &id)) return -1; return id; }
void start(void) {
    int mode;
    rd(2, &mode);
    show(mode);
}";
    differs(
        bad,
        &["6 unset-output-of-unchecked-call"],
        "rd(2, &mode);",
        "if (rd(2, &mode)) return;",
    );
}

#[test]
fn an_entry_that_waits_for_ever_gives_something() {
    differs(
        "struct net_buf { int len; }; struct net_buf *net_buf_alloc(void *pool, int timeout);
void start(void *pool) {
    struct net_buf *buf = net_buf_alloc(pool, K_NO_WAIT);
    buf->len = 0;
}",
        &["5 unchecked-null-result"],
        "K_NO_WAIT",
        "K_FOREVER",
    );
}
