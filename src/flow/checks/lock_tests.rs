//! Locks: code in, reports out.

use crate::flow::analyse::{Settings, analyse};
use crate::flow::ir::Target;
use crate::flow::lower_c::Headers;
use crate::syntax::{Language, Limits, MacroTable, Parser};

const WANTED: [&str; 7] = [
    "double-lock",
    "double-unlock",
    "lock-not-released",
    "lock-order",
    "long-sleep-under-lock",
    "unlock-without-lock",
    "unsynchronised-access",
];

/// Line and analysis of each report.
fn reports(text: &str) -> Vec<String> {
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(Language::C, text.as_bytes(), &MacroTable::new())
        .unwrap();
    let settings = Settings {
        taint: &[],
        isr_names: &[],
        target: Target::default(),
        wanted: &WANTED.iter().copied().collect(),
        headers: &Headers::default(),
        selection: None,
        summary: crate::flow::Summary::No,
        elsewhere: None,
    };
    analyse(&file, &settings)
        .defects
        .iter()
        .map(|defect| {
            let line = text[..defect.span.start as usize].matches('\n').count() + 1;
            format!("{line} {}", defect.analysis)
        })
        .collect()
}

#[test]
fn a_way_out_that_keeps_the_lock_is_told_where_it_leaves() {
    let code = "static mutex_t m; int g(void);\nint f(void) {\nmutex_lock(&m);\nif (g()) {\n\
                return -1;\n}\nmutex_unlock(&m);\nreturn 0; }";
    assert_eq!(reports(code), ["5 lock-not-released"]);
}

#[test]
fn halves_of_a_pair_may_end_with_the_lock_held() {
    let code = "static mutex_t m; static int n;
        int open_it(void) { mutex_lock(&m); if (n) { mutex_unlock(&m); return -1; } return 0; }
        void close_it(void) { mutex_unlock(&m); }";
    assert_eq!(reports(code), [""; 0]);
    let wait = "void wait(struct c *c, mutex_t *m) { enqueue(c); mutex_unlock(m); rest(); mutex_lock(m); }";
    assert_eq!(reports(wait), [""; 0]);
    let named = "struct bus { mutex_t lock; int ok; };
        int bus_acquire(struct bus *b) { mutex_lock(&b->lock); if (!b->ok) { mutex_unlock(&b->lock); return -1; } return 0; }";
    assert_eq!(reports(named), [""; 0]);
}

#[test]
fn a_lock_under_a_condition_is_released_under_the_same_one() {
    let code = "static mutex_t m; extern int shared; void work(void);
        void f(void) { if (shared) { mutex_lock(&m); } work(); if (shared) { mutex_unlock(&m); } }";
    assert_eq!(reports(code), [""; 0]);
}

#[test]
fn a_release_by_another_name_counts() {
    let code = "struct s { struct s *master; mutex_t lock; int n; }; int set_up(struct s *s);
        int f(struct s *s) { mutex_lock(&s->master->lock); set_up(s->master); if (s->n) { s = s->master; \
        mutex_unlock(&s->lock); return 1; } mutex_unlock(&s->master->lock); return 0; }";
    assert_eq!(reports(code), [""; 0]);
    let elsewhere = "static mutex_t m; int g(void); void finish_and_unlock(void);
        int f(void) { mutex_lock(&m); if (g()) { finish_and_unlock(); return -1; } mutex_unlock(&m); return 0; }";
    assert_eq!(reports(elsewhere), [""; 0]);
}

#[test]
fn code_that_needs_a_name_to_be_missing_is_analysed() {
    let code = "static pthread_mutex_t m;\nvoid f(void) {\n#if !defined(SIMULATION)\npthread_mutex_lock(&m);\n\
                pthread_mutex_lock(&m);\npthread_mutex_unlock(&m);\n#endif\n}\n";
    assert_eq!(reports(code), ["5 double-lock"]);
    let two = "static pthread_mutex_t m; int n;\nvoid f(void) {\n#ifdef BIG\npthread_mutex_lock(&m); n++; n += 2; n += 3;\n\
               #endif\n#ifndef BIG\nn--;\n#endif\n#ifdef BIG\npthread_mutex_unlock(&m);\n#endif\n}\n";
    assert_eq!(reports(two), [""; 0]);
}

#[test]
fn locks_in_a_circle() {
    let pair = |name: &str, one: &str, two: &str| {
        format!(
            "void {name}(void) {{ mutex_lock(&{one}); mutex_lock(&{two}); mutex_unlock(&{two}); mutex_unlock(&{one}); }}\n"
        )
    };
    let head = "static mutex_t a, b, c, gate;\n";
    let three = [
        head,
        &pair("f", "a", "b"),
        &pair("g", "b", "c"),
        &pair("h", "c", "a"),
    ]
    .concat();
    assert_eq!(reports(&three), ["4 lock-order"]);
    let sorted = [
        head,
        &pair("f", "a", "b"),
        &pair("g", "b", "c"),
        &pair("h", "a", "c"),
    ]
    .concat();
    assert_eq!(reports(&sorted), [""; 0]);
    let gated = "static mutex_t a, b, gate;
        void f(void) { mutex_lock(&gate); mutex_lock(&a); mutex_lock(&b); mutex_unlock(&b); mutex_unlock(&a); mutex_unlock(&gate); }
        void g(void) { mutex_lock(&gate); mutex_lock(&b); mutex_lock(&a); mutex_unlock(&a); mutex_unlock(&b); mutex_unlock(&gate); }";
    assert_eq!(reports(gated), [""; 0]);
}

#[test]
fn a_lock_that_may_time_out_counts_where_nobody_asks() {
    let taken = "static struct k_mutex m; int g(void);\nint f(void) { k_mutex_lock(&m, K_FOREVER);\nif (g()) {\n\
                 return -1; }\nk_mutex_unlock(&m); return 0; }";
    assert_eq!(reports(taken), ["4 lock-not-released"]);
    let tested = "static struct k_mutex m; int g(void);
        int f(void) { if (k_mutex_lock(&m, K_MSEC(5)) != 0) { return -1; } g(); k_mutex_unlock(&m); return 0; }";
    assert_eq!(reports(tested), [""; 0]);
}

#[test]
fn both_outcomes_of_a_take_are_followed() {
    let declared =
        "typedef void *SemaphoreHandle_t; static SemaphoreHandle_t bus_mutex; int g(void);
        int xSemaphoreTake(SemaphoreHandle_t, unsigned); int xSemaphoreGive(SemaphoreHandle_t);
        int pthread_mutex_lock(int *m); int pthread_mutex_unlock(int *m); static int m;\n";
    let with = |body: &str| reports(&[declared, body].concat());
    let leaves = |take: &str| {
        format!(
            "int f(void) {{ {take}\nif (g()) {{\nreturn -2; }}\nxSemaphoreGive(bus_mutex); return 0; }}"
        )
    };
    for take in [
        "if (xSemaphoreTake(bus_mutex, 9) != pdTRUE) return -1;",
        "if (!xSemaphoreTake(bus_mutex, 9)) return -1;",
        "int ok = xSemaphoreTake(bus_mutex, 9); if (ok == pdFALSE) { return -1; }",
    ] {
        assert_eq!(with(&leaves(take)), ["6 lock-not-released"], "{take}");
    }
    let inside = "int f(void) { if (xSemaphoreTake(bus_mutex, 9) == pdTRUE) {\nif (g())\nreturn -1;\n\
                  xSemaphoreGive(bus_mutex); } return 0; }";
    assert_eq!(with(inside), ["6 lock-not-released"]);
    for refused in [
        "if (pthread_mutex_lock(&m) != 0) { return -1; }",
        "int rc = pthread_mutex_lock(&m); if (rc) return rc;",
        "int rc; rc = pthread_mutex_lock(&m); if (0 != rc) goto out;",
    ] {
        let code =
            format!("int f(void) {{ {refused} g(); pthread_mutex_unlock(&m);\nout: return 0; }}");
        assert_eq!(with(&code), [""; 0], "{refused}");
    }
}

#[test]
fn a_result_that_is_not_compared_with_a_number_tells_nothing() {
    let declared =
        "int k_mutex_lock(int *m, int t); int k_mutex_unlock(int *m); static int m; int g(int);
        struct s { int rc; };\n";
    for body in [
        "int f(void) { if (k_mutex_lock(&m, 9) != RTOS_OK) { return -1; } g(1); k_mutex_unlock(&m); return 0; }",
        "int f(void) { if (g(k_mutex_lock(&m, 9))) { return -1; } k_mutex_unlock(&m); return 0; }",
        "int f(struct s *s) { s->rc = k_mutex_lock(&m, 9); if (s->rc) { return -1; } k_mutex_unlock(&m); return 0; }",
        "int f(void) { int rc = g(1); rc |= k_mutex_lock(&m, 9); if (rc) { return -1; } k_mutex_unlock(&m); return 0; }",
    ] {
        assert_eq!(reports(&[declared, body].concat()), [""; 0], "{body}");
    }
}

#[test]
fn recursive_locks_count_and_semaphores_are_told_apart() {
    let code = |body: &str| {
        format!("static struct k_mutex m; static SemaphoreHandle_t done, bus; int g(void);
            void init(void) {{ bus = xSemaphoreCreateMutex(); done = xSemaphoreCreateCounting(4, 0); }}
            void f(void) {{\n{body}\n}}")
    };
    let twice = "k_mutex_lock(&m, K_FOREVER); k_mutex_lock(&m, K_FOREVER); k_mutex_unlock(&m); k_mutex_unlock(&m);";
    assert_eq!(reports(&code(twice)), [""; 0]);
    let again = "k_mutex_lock(&m, K_FOREVER); k_mutex_unlock(&m);\nk_mutex_unlock(&m);";
    assert_eq!(reports(&code(again)), ["5 double-unlock"]);
    let mutex = "xSemaphoreTake(bus, 9); g();\nxSemaphoreTake(bus, 9); xSemaphoreGive(bus);";
    assert_eq!(reports(&code(mutex)), ["5 double-lock"]);
    let count = "xSemaphoreTake(done, 9); xSemaphoreTake(done, 9); g();";
    assert_eq!(reports(&code(count)), [""; 0]);
    let signal = "xSemaphoreGive(done); xSemaphoreGive(done);";
    assert_eq!(reports(&code(signal)), [""; 0]);
    let section = "taskENTER_CRITICAL(); if (g()) { taskEXIT_CRITICAL(); }\ntaskEXIT_CRITICAL();";
    assert_eq!(reports(&code(section)), ["5 double-unlock"]);
    let nested =
        "taskENTER_CRITICAL(); taskENTER_CRITICAL(); taskEXIT_CRITICAL(); taskEXIT_CRITICAL();";
    assert_eq!(reports(&code(nested)), [""; 0]);
}

#[test]
fn a_mutex_that_others_release_may_be_waited_for() {
    let own =
        "static mutex_t m;\nvoid f(void) { mutex_lock(&m);\nmutex_lock(&m); mutex_unlock(&m); }";
    assert_eq!(reports(own), ["3 double-lock"]);
    let woken = "static mutex_t m; void isr(void) { mutex_unlock(&m); }
        void f(void) { mutex_lock(&m); start(); mutex_lock(&m); }";
    assert_eq!(reports(woken), [""; 0]);
    let lent = "static mutex_t m; void init(void) { on_done(&m); }
        void f(void) { mutex_lock(&m); start(); mutex_lock(&m); mutex_unlock(&m); }";
    assert_eq!(reports(lent), [""; 0]);
}

#[test]
fn only_long_sleeps_count() {
    let code = |sleep: &str| {
        format!(
            "static mutex_t m;\nvoid f(void) {{ mutex_lock(&m);\n{sleep};\nmutex_unlock(&m); }}"
        )
    };
    assert_eq!(
        reports(&code("xtimer_sleep(2)")),
        ["3 long-sleep-under-lock"]
    );
    assert_eq!(
        reports(&code("HAL_Delay(1500)")),
        ["3 long-sleep-under-lock"]
    );
    assert_eq!(reports(&code("HAL_Delay(10)")), [""; 0]);
    assert_eq!(reports("void f(void) { xtimer_sleep(2); }"), [""; 0]);
    let message = "static SemaphoreHandle_t ready; int xSemaphoreTake(void *s, unsigned t);
        void f(void) { if (xSemaphoreTake(ready, 9) == pdTRUE) { HAL_Delay(2000); } }";
    assert_eq!(reports(message), [""; 0]);
}

#[test]
fn threads_that_change_one_variable() {
    let code = |type_: &str, body: &str| {
        format!(
            "static {type_} n;\nvoid *one(void *p) {{\n{body}\nreturn p; }}\nvoid *two(void *p) {{ use(n); return p; }}\n\
             void start(void) {{ pthread_t a, b; pthread_create(&a, 0, one, 0); pthread_create(&b, 0, two, 0); }}"
        )
    };
    assert_eq!(reports(&code("int", "n++;")), ["3 unsynchronised-access"]);
    assert_eq!(reports(&code("int", "n = 1;")), [""; 0]);
    assert_eq!(reports(&code("volatile int", "n++;")), [""; 0]);
    let guarded = "taskENTER_CRITICAL(); n++; taskEXIT_CRITICAL();";
    assert_eq!(reports(&code("int", guarded)), [""; 0]);
    let one_after_the_other = "static int n; void *f(void *p) { n++; return p; }
        void start(void) { pthread_t a; pthread_create(&a, 0, f, 0); pthread_join(a, 0); pthread_create(&a, 0, f, 0); }";
    assert_eq!(reports(one_after_the_other), [""; 0]);
}
