//! `scrubin training matrix` and `training people`.

use std::collections::BTreeMap;
use std::path::Path;

use super::Place;
use super::keep::now;
use super::report::joined;
use crate::cli::args::{MatrixArguments, TeamFormat};
use crate::cli::failure::Failure;
use crate::cli::record::{replace, signers, signing_key};
use crate::cli::{Outcome, output};
use crate::evidence;
use crate::training::history::Log;
use crate::training::lesson;
use crate::training::matrix::{self, Matrix};

/// Largest map of names or signed matrix that is read, in bytes.
const LARGEST: u64 = 64 << 20;

pub(super) fn matrix(arguments: &MatrixArguments) -> Result<Outcome, Failure> {
    let (matrix, seal) = match &arguments.verify {
        Some(file) => verified(file, arguments.signers.as_deref())?,
        None => (made(arguments)?, None),
    };
    if let Some(key) = &arguments.sign_key {
        sign(&matrix, key, arguments.output.as_deref())?;
        return Ok(Outcome::Passed);
    }
    let text = match arguments.format {
        TeamFormat::Terminal => {
            let head = seal
                .as_deref()
                .map_or(String::new(), |seal| format!("{seal}\n"));
            head + &matrix::terminal(&matrix)
        }
        TeamFormat::Html => matrix::html(&matrix, seal.as_deref()),
        TeamFormat::Csv => matrix::csv(&matrix),
        TeamFormat::Json => matrix::json(&matrix),
    };
    output::report(&text, arguments.output.as_deref())?;
    Ok(Outcome::Passed)
}

fn made(arguments: &MatrixArguments) -> Result<Matrix, Failure> {
    let place = Place::maybe()?;
    if let Some(place) = &place
        && !place.is_individual()
    {
        return Err(Failure::message(
            "there is no competence matrix: people are not told apart (training.individual = \"off\")",
        )
        .with_help("keep records of training elsewhere, or agree on pseudonyms and switch it on"));
    }
    let log = joined(&arguments.files, place.as_ref())?;
    let names = match &arguments.people {
        Some(file) => names(file)?,
        None => BTreeMap::new(),
    };
    let owner = arguments
        .owner
        .clone()
        .or_else(|| place.and_then(|place| place.settings.owner))
        .filter(|owner| !owner.trim().is_empty());
    let lessons = lesson::builtin().map_err(Failure::new)?;
    Ok(matrix::matrix(
        &log,
        &lessons,
        &names,
        (owner.as_deref(), now()),
    ))
}

/// Signs the matrix as its named owner.
fn sign(matrix: &Matrix, key: &Path, output: Option<&Path>) -> Result<(), Failure> {
    let Some(owner) = &matrix.owner else {
        return Err(
            Failure::message("nobody is named who answers for the matrix").with_help(
                "name the training owner with --owner, or `owner` in [training] of scrubin.toml",
            ),
        );
    };
    let key = signing_key(key)?;
    let line = evidence::seal_matrix(&matrix::json(matrix), &key);
    match output {
        Some(file) => replace(file, &line)
            .map_err(|failure| failure.doing(&format!("write `{}`", file.display())))?,
        None => output::text(&line)?,
    }
    output::message(&format!(
        "signed off by {owner} with the key {}",
        key.verifying().id()
    ));
    Ok(())
}

/// A signed matrix, and who signed it.
fn verified(file: &Path, given: Option<&Path>) -> Result<(Matrix, Option<String>), Failure> {
    let keys = signers(given)?;
    let doing = format!("verify `{}`", file.display());
    let text = read(file)?;
    let (json, key) =
        evidence::open_matrix(&text, &keys).map_err(|error| Failure::new(error).doing(&doing))?;
    let matrix = Matrix::parse(&json).map_err(|error| Failure::new(error).doing(&doing))?;
    let owner = matrix.owner.as_deref().unwrap_or("nobody named");
    let seal = format!("Signed off by {owner}, key {key}: verified.");
    Ok((matrix, Some(seal)))
}

fn read(file: &Path) -> Result<String, Failure> {
    let doing = format!("read `{}`", file.display());
    let size = std::fs::metadata(file)
        .map_err(|error| Failure::new(error).doing(&doing))?
        .len();
    if size > LARGEST {
        return Err(
            Failure::message(format!("it has {size} bytes, at most {LARGEST} are read"))
                .doing(&doing),
        );
    }
    std::fs::read_to_string(file).map_err(|error| Failure::new(error).doing(&doing))
}

/// The owner's map: pseudonym to name.
fn names(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = read(file)?;
    toml::from_str(&text).map_err(|error| {
        Failure::message(error.to_string().trim_end().to_owned())
            .doing(&format!("read the names in `{}`", file.display()))
            .with_help(
                "each line is PSEUDONYM = \"NAME\"; `scrubin training people FILE` writes them",
            )
    })
}

/// Writes the map of names for the authors of the repository. Names that stand there stay.
pub(super) fn people(place: &Place, file: &Path) -> Result<Outcome, Failure> {
    let mut known = if file.exists() {
        names(file)?
    } else {
        BTreeMap::new()
    };
    // Git is asked before others are held off.
    let authors = place.repository.authors()?;
    let held = place.store.hold()?;
    let key = place.store.key(&held)?;
    drop(held);
    let mut new = 0;
    for author in authors {
        let Some((_, address)) = author.rsplit_once('<') else {
            continue;
        };
        let pseudonym = key.person(address.trim_end_matches('>'));
        if let std::collections::btree_map::Entry::Vacant(entry) = known.entry(pseudonym) {
            entry.insert(author);
            new += 1;
        }
    }
    let log = place.store.load()?;
    let seen = seen(&log);
    let strangers = seen.iter().filter(|who| !known.contains_key(**who)).count();
    let mut text = String::from(
        "# Names behind the pseudonyms of the training history. Stays with the training owner: whoever has it\n\
         # can read who found what.\n",
    );
    for (pseudonym, name) in &known {
        text.push_str(&format!(
            "{pseudonym} = {}\n",
            toml::Value::String(output::harmless(name))
        ));
    }
    crate::cli::training::store::write_private(file, &text)?;
    output::text(&format!(
        "{}: {} names, {new} of them new; {strangers} pseudonyms of the history belong to nobody here\n",
        file.display(),
        known.len()
    ))?;
    if strangers > 0 {
        output::message(
            "help: pseudonyms made with another key stay unknown; `scrubin training key` shares one",
        );
    }
    Ok(Outcome::Passed)
}

/// All pseudonyms of a history.
fn seen(log: &Log) -> std::collections::BTreeSet<&str> {
    let runs = log.runs.iter().filter_map(|run| run.who.as_deref());
    runs.chain(log.learned.iter().map(|one| one.who.as_str()))
        .collect()
}
