#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use super::{Headers, lower};
use crate::flow::ir::{Target, Unit, print_unit};
use crate::syntax::{Language, Limits, MacroTable, Parser};

fn unit(text: &str) -> Unit {
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(Language::C, text.as_bytes(), &MacroTable::new())
        .unwrap();
    lower(&file, Target::default(), &Headers::default())
}

fn ir(text: &str) -> String {
    print_unit(&unit(text))
}

#[test]
fn first() {
    println!(
        "{}",
        ir("struct h { uint8_t len; uint16_t v[4]; };\n\
            int f(struct h *p, uint8_t *d, size_t n) {\n\
              int i; char buf[16];\n\
              if (!p || n > sizeof(buf) - 1) return -1;\n\
              for (i = 0; i < p->len && d[i]; i++) { buf[i] = d[i] + 1; if (buf[i] == '\\n') continue; }\n\
              switch (p->v[1]) { case 1: case 2: n--; break; case FOO: goto out; default: memcpy(buf, d, n); }\n\
              while ((d = next(d)) != NULL) { int k = n ? *d++ : 3; g(k); }\n\
            out:\n\
              p->len += n;\n\
              return p->len; }")
    );
}
