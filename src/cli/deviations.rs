//! `scrubin deviations list`.

use std::path::PathBuf;

use serde_json::json;

use super::args::{CheckArguments, ListFormat};
use super::failure::Failure;
use super::{Outcome, check, output, source};

pub(super) fn list(format: ListFormat, paths: &[PathBuf]) -> Result<Outcome, Failure> {
    let arguments = CheckArguments {
        all: true,
        paths: paths.to_vec(),
        ..CheckArguments::default()
    };
    let open = source::open(&arguments)?;
    let configs = open.configs(None)?;
    let (report, _) = check::review(&open, &configs, &arguments)?;
    let uses = &report.deviations;
    let text = match format {
        ListFormat::Json => {
            let rows: Vec<_> = uses
                .iter()
                .map(|one| {
                    json!({
                        "path": one.location.path.to_string(),
                        "line": one.location.start.line,
                        "rules": one.deviation.rules.iter().map(ToString::to_string).collect::<Vec<_>>(),
                        "reason": one.deviation.reason,
                        "until": one.deviation.until.map(|day| day.to_string()),
                        "ticket": one.deviation.ticket,
                        "state": one.state.as_str(),
                    })
                })
                .collect();
            format!("{}\n", json!({ "version": 1, "deviations": rows }))
        }
        ListFormat::Terminal => {
            let mut text = String::new();
            for one in uses {
                let until = one
                    .deviation
                    .until
                    .map_or(String::new(), |day| format!(" until {day}"));
                let ticket = one
                    .deviation
                    .ticket
                    .as_ref()
                    .map_or(String::new(), |id| format!(" [{id}]"));
                let rules: Vec<String> = one
                    .deviation
                    .rules
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                text.push_str(&format!(
                    "{}:{} {} ({}){until}{ticket}: {}\n",
                    one.location.path,
                    one.location.start.line,
                    rules.join(", "),
                    one.state.as_str(),
                    one.deviation.reason.as_deref().unwrap_or("no reason"),
                ));
            }
            text.push_str(&format!("{} deviations\n", uses.len()));
            text
        }
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}
