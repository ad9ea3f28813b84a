//! How long each test took, for whoever wants to make them faster: `SCRUBIN_TEST_TIMES=1`.

use std::sync::Mutex;
use std::time::Duration;

static TIMES: Mutex<Vec<(Duration, String)>> = Mutex::new(Vec::new());

/// Notes the time of a test.
pub(crate) fn note(title: &str, took: Duration) {
    TIMES.lock().unwrap().push((took, title.to_owned()));
}

/// Prints all of them, slowest first.
pub(crate) fn print() {
    if std::env::var_os("SCRUBIN_TEST_TIMES").is_none_or(|value| value != "1") {
        return;
    }
    let mut all = std::mem::take(&mut *TIMES.lock().unwrap());
    all.sort();
    let total: Duration = all.iter().map(|(took, _)| *took).sum();
    for (took, title) in all.iter().rev() {
        println!("{:8.2} s  {title}", took.as_secs_f64());
    }
    println!("{:8.2} s  all {} of them", total.as_secs_f64(), all.len());
}
