//! `scrubin selftest --verify`: a report against its signature, and against the page beside it.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::args::ListFormat;
use super::super::failure::Failure;
use super::super::record::{program, read_text, signers};
use super::super::{Outcome, output};
use crate::evidence;
use crate::evidence::validation::{self, Attached, Unsealed};

/// The end of the name of a signature.
const END: &str = ".dsse";

/// Where the signature of a report lies.
pub(super) fn seal_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(END);
    PathBuf::from(name)
}

/// Verifies a signed report. Exit code 1 if it is not what was signed, or says that a case does not hold.
pub(super) fn verify(file: &Path, keys: &Path, format: ListFormat) -> Result<Outcome, Failure> {
    let keys = signers(Some(keys))?;
    let is_seal = file.as_os_str().to_string_lossy().ends_with(END);
    let seal = if is_seal {
        file.to_owned()
    } else {
        seal_of(file)
    };
    let text = read_text(&seal).map_err(|failure| {
        failure
            .doing(&format!("read the signature `{}`", seal.display()))
            .with_help(
                "`scrubin selftest --report FILE --sign-key KEY` writes it beside the report",
            )
    })?;
    let (opened, mut problems) = match validation::unseal(&text, &keys) {
        Ok(opened) => (Some(opened), Vec::new()),
        Err(error) => (None, vec![error.to_string()]),
    };
    if let Some(opened) = &opened {
        problems.extend(pages(&seal, opened));
        let given = file.file_name().map(|name| name.to_string_lossy());
        let is_signed = |name: &str| opened.attached.iter().any(|page| page.name == name);
        if !is_seal && !given.as_deref().is_some_and(is_signed) {
            problems.push(format!("`{}` is not among what was signed", file.display()));
        }
        if !opened.report.passes() {
            let failed = opened.report.failures().count();
            problems.push(format!("{failed} cases of it do not hold"));
        }
    }
    let here = evidence::file_digest(&program()?).unwrap_or_default();
    output::text(&match format {
        ListFormat::Json => as_json(opened.as_ref(), &problems, &here),
        ListFormat::Terminal => as_text(&seal, opened.as_ref(), &problems, &here),
    })?;
    Ok(match problems.is_empty() {
        true => Outcome::Passed,
        false => Outcome::Findings,
    })
}

/// What is wrong with the pages that were signed with the report; they lie in the folder of the signature.
fn pages(seal: &Path, opened: &Unsealed) -> Vec<String> {
    let wrong = |page: &Attached| {
        // The name is signed, and no part of a path.
        let Some(name) = Path::new(&page.name).file_name() else {
            return Some(format!("`{}` is no name of a file", page.name));
        };
        let place = seal.with_file_name(name);
        match std::fs::read(&place) {
            Err(error) => Some(format!("`{}` cannot be read: {error}", place.display())),
            Ok(bytes) if Attached::new(&page.name, &bytes) != *page => {
                Some(format!("`{}` is not what was signed", place.display()))
            }
            Ok(_) => None,
        }
    };
    opened.attached.iter().filter_map(wrong).collect()
}

fn as_text(seal: &Path, opened: Option<&Unsealed>, problems: &[String], here: &str) -> String {
    let mut out = String::new();
    for problem in problems {
        out.push_str(&format!("{}: {problem}\n", seal.display()));
    }
    let Some(Unsealed { report, key, .. }) = opened else {
        return out;
    };
    let same = match report.tool.binary_sha256 == here {
        true => "this very program",
        false => "another program than this one",
    };
    out.push_str(&format!(
        "signed by {key}\nscrubin {} on {} {}, {}; {same}\n{} cases, {} do not hold\n",
        report.tool.version,
        report.platform.system,
        report.platform.processor,
        report.ended,
        report.cases.len(),
        report.failures().count()
    ));
    out
}

fn as_json(opened: Option<&Unsealed>, problems: &[String], here: &str) -> String {
    let value = json!({
        "version": 1,
        "problems": problems,
        "key": opened.map(|opened| &opened.key),
        "is-this-program": opened.map(|opened| opened.report.tool.binary_sha256 == here),
        "report": opened.map(|opened| &opened.report),
    });
    format!("{value}\n")
}
