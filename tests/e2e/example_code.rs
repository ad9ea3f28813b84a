//! The examples of rules are code that a compiler takes: whoever copies the good one gets something
//! that builds.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::json;
use super::repository::scrubin_in;

/// What examples may use without saying so, as device code does.
const HEADERS: &str = "#include <stdint.h>\n#include <stddef.h>\n#include <stdbool.h>\n#include <string.h>\n\
    #include <stdlib.h>\n#include <stdio.h>\n#include <limits.h>\n#include <errno.h>\n#include <ctype.h>\n";

/// For examples that use it without declaring it themselves.
const THREADS: &str = "#include <pthread.h>\n";

/// What the compiler says of a piece of C, if it does not take it. What an example calls and does not
/// declare is only warned of.
fn refusal(code: &str) -> Option<String> {
    let mut compiler = Command::new("cc")
        .args([
            "-std=gnu11",
            "-fsyntax-only",
            "-w",
            "-fpermissive",
            "-x",
            "c",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a C compiler, `cc`");
    let threads = match code.contains("PTHREAD_MUTEX_INITIALIZER") {
        true => THREADS,
        false => "",
    };
    // Settings of a build, which a header made by it defines.
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let settings: BTreeSet<&str> = code
        .split(|c| !is_word(c))
        .filter(|word| word.starts_with("CONFIG_"))
        .collect();
    let settings: String = settings
        .iter()
        .map(|name| format!("#define {name} 64\n"))
        .collect();
    let text = format!("{HEADERS}{threads}{settings}#line 1\n{code}");
    let mut input = compiler.stdin.take().expect("its input");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = compiler.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then_some(told)
}

#[test]
fn a_c_compiler_takes_the_examples() {
    let folder = tempfile::tempdir().expect("a folder");
    let listed = scrubin_in(folder.path(), &["rules", "list", "--format", "json"]);
    let list = json(&listed.stdout);
    let mut pieces: Vec<(String, String)> = Vec::new();
    for rule in list["rules"].as_array().expect("rules") {
        if rule["languages"] != serde_json::json!(["c"]) {
            continue;
        }
        for (number, example) in rule["examples"]
            .as_array()
            .expect("examples")
            .iter()
            .enumerate()
        {
            for kind in ["bad", "good", "base", "fixed"] {
                if let Some(code) = example[kind].as_str() {
                    let name = format!("{} example {} {kind}", rule["id"], number + 1);
                    pieces.push((name, code.to_owned()));
                }
            }
        }
    }
    assert!(pieces.len() > 800, "{} pieces", pieces.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut refused = Vec::new();
        while let Some((name, code)) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            refused.extend(refusal(code).map(|told| format!("{name}:\n{told}")));
        }
        refused
    };
    let refused: Vec<String> = std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads
            .map(|thread| thread.join().expect("no panic"))
            .concat()
    });
    assert!(
        refused.is_empty(),
        "{} of {}:\n{}",
        refused.len(),
        pieces.len(),
        refused.join("\n")
    );
}
