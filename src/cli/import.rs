//! `scrubin import` and `--import`: the reports of other tools, read from where they lie.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::args::{CheckArguments, ImportArguments};
use super::failure::Failure;
use super::{Outcome, check, output};
use crate::change::git::{Repository, path_in};
use crate::import::{self as reports, FILE_BYTES, Imported};
use crate::review::Imports;

/// Reviews a change as `check` does, with the reports that stand where `check` has paths.
pub(super) fn import(mut arguments: CheckArguments) -> Result<Outcome, Failure> {
    arguments.imports.import_files.append(&mut arguments.paths);
    check::check(&arguments)
}

/// Reads the reports that the arguments name.
pub(super) fn read(
    repository: Option<&Repository>,
    arguments: &ImportArguments,
) -> Result<Imports, Failure> {
    if arguments.import_files.is_empty() {
        if !arguments.import_base.is_empty() {
            return Err(Failure::message("`--import-base` compares with `--import`")
                .with_help("name the report on the change by `--import FILE`"));
        }
        return Ok(Imports::default());
    }
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(error).doing("read the current folder"))?;
    let root = match repository {
        Some(repository) => repository.root().unwrap_or(&here).to_path_buf(),
        None => here.clone(),
    };
    let mut roots = Vec::new();
    for place in [Some(root.clone()), root.canonicalize().ok()] {
        let text = place.as_deref().and_then(Path::to_str).map(str::to_owned);
        roots.extend(text.and_then(|text| reports::normal_path(&text)));
    }
    let mut folders = Vec::new();
    if let Some(given) = &arguments.import_root {
        let given = reports::normal_path(given).unwrap_or_else(|| given.clone());
        match reports::is_absolute(&given) {
            true => roots.insert(0, given),
            false => folders.push(given),
        }
    }
    folders.push(String::new());
    // A tool that ran where scrubin runs counts from there.
    let prefix = repository
        .and_then(|repository| path_in(repository, Path::new(".")))
        .map(|path| path.to_string())
        .filter(|path| !path.is_empty());
    folders.extend(prefix);
    roots.dedup();
    Ok(Imports {
        head: read_all(&arguments.import_files)?,
        base: match arguments.import_base.is_empty() {
            true => None,
            false => Some(read_all(&arguments.import_base)?),
        },
        roots,
        folders,
    })
}

fn read_all(files: &[PathBuf]) -> Result<Vec<Imported>, Failure> {
    let mut all = Vec::new();
    for file in files {
        let name = file.display().to_string();
        output::progress(&format!("reading {name} ..."));
        let bytes = bytes_of(file)
            .map_err(|error| Failure::new(error).doing(&format!("read the report `{name}`")))?;
        if bytes.len() as u64 > FILE_BYTES {
            return Err(Failure::message(format!(
                "the report `{name}` is larger than {FILE_BYTES} bytes"
            ))
            .with_help("let the tool read less at a time, and import several files"));
        }
        let read = reports::read(&name, &bytes).map_err(|error| {
            let help = error.help.clone();
            let failure = Failure::new(error);
            match help {
                Some(help) => failure.with_help(help),
                None => failure,
            }
        })?;
        all.extend(read);
    }
    Ok(all)
}

/// The bytes, one more than are taken at most where there are more.
fn bytes_of(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?
        .take(FILE_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
