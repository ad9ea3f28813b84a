//! The log: one JSON object a line, without anything that looks like a token.

use std::io::Write;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use crate::github::redact;

/// What is logged where nobody says more.
const USUAL: &str = "info,sqlx=warn,hyper=warn,octocrab=off,tower=warn";

/// Starts logging to stderr; `filter` as `RUST_LOG` has it: levels, alone or as `TARGET=LEVEL`, separated
/// by commas. One that cannot be read is told in the log and not used. A second call changes nothing. Defects of the
/// program are logged by their place; their words could quote the code that is reviewed.
pub fn start(filter: Option<&str>) {
    // Targets alone: filters of spans and fields would bring an engine of automata into the program,
    // and every regular expression of a hook would pay for it.
    let asked = filter.map(str::parse::<Targets>);
    let refused = asked.as_ref().and_then(|asked| asked.as_ref().err());
    let refused = refused.map(ToString::to_string);
    let usual = || USUAL.parse().unwrap_or_default();
    let targets = asked.and_then(Result::ok).unwrap_or_else(usual);
    let lines = fmt::layer()
        .json()
        .flatten_event(true)
        .with_writer(Redacted);
    let _ = registry().with(lines.with_filter(targets)).try_init();
    if let Some(reason) = refused {
        tracing::warn!(
            reason,
            "RUST_LOG is not a list of levels and targets: not used"
        );
    }
    std::panic::set_hook(Box::new(|defect| {
        let place = defect.location().map(ToString::to_string);
        tracing::error!(place = place.unwrap_or_default(), "a defect");
    }));
}

/// The last line of defence: whatever a message quotes, a token in it is masked.
#[derive(Debug, Clone, Copy)]
struct Redacted;

/// One event, written whole when it ends.
#[derive(Debug, Default)]
struct Event(Vec<u8>);

impl<'w> MakeWriter<'w> for Redacted {
    type Writer = Event;

    fn make_writer(&'w self) -> Event {
        Event::default()
    }
}

impl Write for Event {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let text = redact(&String::from_utf8_lossy(&self.0));
        // A stderr that is gone cannot be told so.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}
