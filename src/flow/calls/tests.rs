//! Code in, defects with their lines and names out.

use super::check;
use crate::flow::lower_c;
use crate::syntax::{Language, Limits, MacroTable, Parser};

fn told(text: &str) -> Vec<String> {
    told_with(text, &[])
}

fn told_with(text: &str, isr_names: &[String]) -> Vec<String> {
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(Language::C, text.as_bytes(), &MacroTable::new())
        .unwrap();
    let unit = lower_c::lower(&file, Default::default(), &Default::default());
    let mut out = Vec::new();
    check(&unit, &file, isr_names, &mut out);
    out.sort_by_key(|defect| (defect.span, defect.analysis));
    out.iter()
        .map(|defect| {
            let start = defect.span.start as usize;
            let line = text.as_bytes()[..start]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count()
                + 1;
            let names: Vec<&str> = defect.names.iter().map(|(_, text)| text.as_str()).collect();
            format!("{line} {}: {}", defect.analysis, names.join(", "))
        })
        .collect()
}

#[test]
fn rings_are_told_once_each() {
    let code = "int fact(int n) { return n < 2 ? 1 : n * fact(n - 1); }
static int b(int n);
static int a(int n) { return n ? b(n - 1) : 0; }
static int b(int n) { return a(n); }
int plain(int n) { return a(n) + fact(n); }
";
    assert_eq!(
        told(code),
        ["1 recursion: fact, directly", "3 recursion: a, through `b`"]
    );
}

#[test]
fn a_depth_that_a_constant_limits_is_no_recursion() {
    for code in [
        "void put(const char *a); void show(const char *a) { if (!*a) { return; } put(a); show(\"\"); }",
        "int one(void); int f(int k) { switch (k) { case 0: return f(1) || f(2); case 1: return one(); default: return 0; } }",
        "static int load(int d); static int inc(int d) { return load(d); }
static int load(int d) { if (d >= 16) return -1; d++; return inc(d); }",
        "struct n { struct n *in; }; void w(struct n *n, int level) { for (; n; n = n->in) { if (level == MOST_LEVELS) continue; w(n->in, level + 1); } }",
        "struct n { struct n *in; }; int w(struct n *n, int depth) { return depth > 0 && n ? w(n->in, depth - 1) : 0; }",
        "void put(int c); void digits(unsigned n) { if (n > 9) digits(n / 10); put(n % 10); }",
        "static int t(int n) { return n <= 0 ? 0 : t(n - 1); } int u(void) { return t(4); }",
    ] {
        assert_eq!(told(code), [""; 0], "{code}");
    }
    for code in [
        // The test leaves on the wrong side, on none, or is not met on the way round.
        "int f(int d) { if (d < 16) return -1; return f(d + 1); }",
        "int g(int d); int f(int d) { if (d >= 16) g(d); return f(d + 1); }",
        "int f(int d, int e) { if (e && d >= 16) return -1; return f(d + 1, e); }",
        "int f(int d) { if (d >= 16) return -1; return f(d); }",
        "int f(int d, int n) { if (d >= n) return -1; return f(d + 1, n); }",
        "int f(int k) { if (k == 2) return 0; return f(1); }",
        "void put(const char *a); void show(const char *a) { if (!*a) { return; } put(a); show(\"x\"); }",
    ] {
        assert_eq!(told(code).len(), 1, "{code}");
    }
}

#[test]
fn two_functions_of_one_name_are_nobodys_call() {
    let code =
        "#if A\nvoid f(void) { g(); }\n#else\nvoid f(void) { }\n#endif\nvoid g(void) { f(); }\n";
    let found = told(code);
    assert!(found.len() <= 1, "{found:?}");
}

const SHARED: &str = "static int ready;
static unsigned events;
void USART1_IRQHandler(void) { ready = 1; events |= 2u; }
void task(void) { if (ready) { events &= ~2u; } }
";

#[test]
fn what_an_interrupt_sets_is_shared() {
    assert_eq!(
        told(SHARED),
        [
            "1 isr-shared-not-volatile: ready, USART1_IRQHandler",
            "2 isr-shared-not-volatile: events, USART1_IRQHandler",
            "4 isr-shared-unprotected: events, read, changed and written back, USART1_IRQHandler, changes it, too",
        ]
    );
    let volatile = SHARED.replace("static ", "static volatile ");
    assert_eq!(told(&volatile).len(), 1);
    let guarded = volatile.replace(
        "events &= ~2u;",
        "__disable_irq(); events &= ~2u; __enable_irq();",
    );
    assert_eq!(told(&guarded), [""; 0]);
    let late = volatile.replace(
        "events &= ~2u;",
        "__disable_irq(); __enable_irq(); events &= ~2u;",
    );
    assert_eq!(told(&late).len(), 1);
}

#[test]
fn handlers_are_known_by_attribute_registration_table_and_configuration() {
    let with = |head: &str, more: &str| {
        SHARED
            .replace("void USART1_IRQHandler(void)", head)
            .replace("static int ready;", &format!("static int ready; {more}"))
    };
    let quiet = with("void on_byte(void)", "");
    assert_eq!(told(&quiet), [""; 0]);
    assert_eq!(told_with(&quiet, &["on_*".to_owned()]).len(), 3);
    let attribute = with("__attribute__((interrupt)) void on_byte(void)", "");
    assert_eq!(told(&attribute).len(), 3);
    let table = with(
        "void on_byte(void)",
        "void on_byte(void); void (*const vectors[])(void) = { on_byte };",
    );
    assert_eq!(told(&table).len(), 3);
    let registered =
        format!("{quiet}void start(void) {{ irq_connect_dynamic(3, 0, on_byte, 0, 0); }}\n");
    assert_eq!(told(&registered).len(), 3);
}

#[test]
fn a_helper_that_is_always_called_in_a_section_is_guarded() {
    let code = "static volatile unsigned n;
void tick_isr(void) { n++; }
static void take(void) { n--; }
void task(void) { unsigned s = irq_disable(); take(); irq_restore(s); }
";
    assert_eq!(told(code), [""; 0]);
    let open = format!("{code}void other(void) {{ take(); }}\n");
    assert_eq!(told(&open).len(), 1);
}

#[test]
fn a_wide_value_is_read_in_two_halves() {
    let code = "static volatile unsigned long long now;
void tick_isr(void) { now++; }
unsigned long long time(void) { return now; }
";
    assert_eq!(
        told(code),
        ["3 isr-shared-unprotected: now, read in two halves, tick_isr, changes it"]
    );
}

#[test]
fn waiting_and_allocating_below_a_handler() {
    let code = "static void report(void) { vTaskDelay(3); free(0); }
static void both(void) { if (xPortIsInsideInterrupt()) return; vTaskDelay(3); }
void adc_isr(void) { report(); both(); }
void task(void) { vTaskDelay(1); }
";
    assert_eq!(
        told(code),
        [
            "1 blocking-below-isr: vTaskDelay, adc_isr",
            "1 alloc-below-isr: free, adc_isr"
        ]
    );
}

#[test]
fn a_record_is_copied_in_more_than_one_step() {
    let code = "typedef struct { short x, y, z; } acc_t;
        static volatile acc_t acc;
        void TIM2_IRQHandler(void) { acc.x = 1; acc.y = 2; acc.z = 3; }
        void read(acc_t *to) { *to = acc; }
        void safe(acc_t *to) { __disable_irq(); *to = acc; __enable_irq(); }
        int one(void) { return acc.x; }";
    assert_eq!(
        told(code),
        ["4 isr-shared-unprotected: acc, copied member by member, TIM2_IRQHandler, changes it"]
    );
}
