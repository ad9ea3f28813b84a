//! SARIF uploads.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::call::Call;
use crate::render::repo_url;
use crate::reply::{Answer, Reply};
use crate::state::SarifUpload;

/// Most bytes of a packed SARIF file.
const PACKED_BYTES: usize = 10 * 1024 * 1024;
/// Most runs of a file.
const RUNS: usize = 20;
/// Most results of a run.
const RESULTS: usize = 25_000;

fn enabled(call: &Call<'_>) -> Result<(), Reply> {
    if call.repo()?.code_security {
        return Ok(());
    }
    Err(Reply::error(
        403,
        "Code Security must be enabled for this repository to use code scanning.",
    ))
}

pub(crate) fn upload(call: &mut Call<'_>) -> Answer {
    enabled(call)?;
    let commit = call.text("commit_sha").unwrap_or_default();
    if call.repo()?.git.commit_of(&commit).is_none() {
        return Err(Reply::error(404, "commit not found"));
    }
    let packed = STANDARD
        .decode(call.text("sarif").unwrap_or_default())
        .map_err(|_| Reply::error(400, "Invalid SARIF. The sarif field is not base64."))?;
    if packed.len() > PACKED_BYTES {
        return Err(Reply::error(413, "Payload too large"));
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .map_err(|_| Reply::error(400, "Invalid SARIF. The sarif field is not gzip."))?;
    let sarif: Value = serde_json::from_str(&text)
        .map_err(|_| Reply::error(400, "Invalid SARIF. JSON syntax error."))?;
    let runs = sarif["runs"].as_array().cloned().unwrap_or_default();
    let many = |run: &Value| {
        run["results"]
            .as_array()
            .is_some_and(|all| all.len() > RESULTS)
    };
    if sarif["version"] != "2.1.0" || runs.is_empty() || runs.len() > RUNS || runs.iter().any(many)
    {
        return Err(Reply::error(
            400,
            "Invalid SARIF. The file breaks a limit or is not version 2.1.0.",
        ));
    }
    // GitHub's ids have the form of a UUID.
    let id = format!("00000000-0000-4000-8000-{:012}", call.state.id());
    let reference = call.text("ref").unwrap_or_default();
    let repo = call.repo_mut()?;
    repo.sarifs.push(SarifUpload {
        id: id.clone(),
        commit,
        reference,
        sarif,
    });
    let url = format!(
        "{}/code-scanning/sarifs/{id}",
        repo_url(&call.links, call.repo()?)
    );
    Ok(Reply::json(202, json!({"id": id, "url": url})))
}

pub(crate) fn status(call: &mut Call<'_>) -> Answer {
    enabled(call)?;
    let id = call.param("sarif_id");
    let repo = call.repo()?;
    if !repo.sarifs.iter().any(|one| one.id == id) {
        return Err(Reply::not_found());
    }
    let analyses = format!(
        "{}/code-scanning/analyses?sarif_id={id}",
        repo_url(&call.links, repo)
    );
    Ok(Reply::ok(
        json!({"processing_status": "complete", "analyses_url": analyses, "errors": null}),
    ))
}
