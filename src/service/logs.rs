//! The log: one JSON object a line, without anything that looks like a token.
//!
//! What a line is about (delivery, installation, repository, pull request, head) is said once, by the span of the
//! job, and stands in every line within it, beside the line's own fields.

use std::io::Write;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
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
        .fmt_fields(JsonFields::new())
        .event_format(Flat)
        .with_writer(Redacted);
    let lines = registry().with(lines.with_filter(targets));
    let _ = tracing::subscriber::set_global_default(lines);
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

/// A line: the fields of the spans it stands in, the inner ones before the outer ones, and its own before both.
#[derive(Debug, Clone, Copy)]
struct Flat;

/// The fields of an event.
#[derive(Debug, Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl<S> FormatEvent<S, JsonFields> for Flat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let mut own = Fields::default();
        event.record(&mut own);
        let mut fields = Map::new();
        if let Some(scope) = context.event_scope() {
            for span in scope.from_root() {
                let extensions = span.extensions();
                let known = extensions.get::<FormattedFields<JsonFields>>();
                let read = known.and_then(|known| serde_json::from_str(&known.fields).ok());
                fields.extend(read.unwrap_or_else(Map::new));
            }
        }
        let message = own.0.remove("message").unwrap_or_default();
        fields.extend(own.0);
        let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let metadata = event.metadata();
        // Those that every line has come first; no field may take their names.
        write!(
            writer,
            "{{\"timestamp\":{},\"level\":{},\"message\":{message}",
            Value::from(now),
            Value::from(metadata.level().as_str())
        )?;
        for (name, value) in fields {
            if !["timestamp", "level", "target"].contains(&name.as_str()) {
                write!(writer, ",{}:{value}", Value::from(name))?;
            }
        }
        writeln!(writer, ",\"target\":{}}}", Value::from(metadata.target()))
    }
}

/// The last line of defence: whatever a message quotes, a token in it is masked.
#[derive(Debug, Clone, Copy)]
struct Redacted;

/// One event, written whole when it ends.
#[derive(Debug, Default)]
struct Line(Vec<u8>);

impl<'w> MakeWriter<'w> for Redacted {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line::default()
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let text = redact(&String::from_utf8_lossy(&self.0));
        // A stderr that is gone cannot be told so.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(work: impl FnOnce()) -> Vec<Value> {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(JsonFields::new())
            .event_format(Flat)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    #[test]
    fn every_line_of_a_job_says_what_it_is_about() {
        let lines = logged(|| {
            let span = tracing::error_span!(
                "job",
                delivery = "d-1",
                pull = 7,
                head = tracing::field::Empty
            );
            span.in_scope(|| {
                tracing::info!("begun");
                tracing::Span::current().record("head", "ab12");
                tracing::warn!(error = %"no \"answer\"\n", pull = 8, "it failed");
            });
            tracing::info!(ratio = 0.5, fine = true, level = "mine", "beside it");
        });
        let [first, second, third] = lines.as_slice() else {
            panic!("{lines:#?}");
        };
        assert_eq!(first["delivery"], "d-1");
        assert_eq!(
            (&first["message"], &first["pull"]),
            (&"begun".into(), &7.into())
        );
        assert!(first.get("head").is_none(), "{first}");
        assert_eq!(second["head"], "ab12");
        // What the line itself says counts.
        assert_eq!(
            (&second["pull"], &second["level"]),
            (&8.into(), &"WARN".into())
        );
        assert_eq!(second["error"], "no \"answer\"\n");
        assert!(third.get("delivery").is_none(), "{third}");
        assert_eq!(
            (&third["ratio"], &third["fine"]),
            (&0.5.into(), &true.into())
        );
        assert_eq!(third["level"], "INFO");
        assert!(third["timestamp"].as_str().unwrap().ends_with('Z'));
        assert!(third["target"].as_str().unwrap().contains("logs"));
    }
}
