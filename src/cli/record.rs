//! `scrubin record`, and the records that `check` leaves.

mod verify;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::args::{RecordArguments, RecordCommand, RecordFormat};
use super::failure::Failure;
use super::{Outcome, output};
use crate::change::git::Repository;
use crate::evidence::{
    self, Context, Expected, PeoplePart, SigningKey, VerifiedRecord, VerifyingKey,
};
use crate::report::Report;

/// A key or log larger than this is none, in bytes.
const LARGEST: u64 = 1 << 31;

pub(super) fn record(command: RecordCommand) -> Result<Outcome, Failure> {
    match command {
        RecordCommand::Key { file } => key(&file),
        RecordCommand::Show {
            file,
            id,
            all,
            signers,
            format,
        } => show(&file, id.as_deref(), all, signers.as_deref(), format),
        RecordCommand::Verify {
            files,
            signers,
            range,
            last,
            format,
        } => verify::verify(&verify::Request {
            files: &files,
            signers: signers.as_deref(),
            range: range.as_deref(),
            last,
            format,
        }),
        RecordCommand::Schema => {
            output::text(evidence::SCHEMA)?;
            Ok(Outcome::Passed)
        }
    }
}

/// Will write the record of the review that is about to run.
pub(super) struct Recorder {
    file: PathBuf,
    key: SigningKey,
    started: String,
}

impl Recorder {
    /// Reads the key before the review runs, so that a wrong one costs no time. `None` where no record
    /// is wanted.
    pub(super) fn new(arguments: &RecordArguments) -> Result<Option<Self>, Failure> {
        let Some(file) = &arguments.file else {
            return Ok(None);
        };
        let Some(key) = &arguments.key else {
            return Err(Failure::message("a record needs a key to sign it").with_help(
                "`scrubin record key FILE` makes one; name it with --record-key or SCRUBIN_RECORD_KEY",
            ));
        };
        Ok(Some(Self {
            file: file.clone(),
            key: signing_key(key)?,
            started: now(),
        }))
    }

    /// Adds the record of a review to the log. The review counts as not done where that fails.
    pub(super) fn write(
        self,
        report: &Report,
        repository: Option<&Repository>,
        rules: Vec<String>,
    ) -> Result<(), Failure> {
        let (Some(repository), Some(head)) = (repository, &report.change.head) else {
            return Err(Failure::message("a record is about a commit, and this change has none yet")
                .with_help("record where the gate is: `scrubin check --base REV --record FILE`, or with --range or --all in a repository"));
        };
        let facts = repository
            .commit_facts(head)
            .map_err(|error| Failure::new(error).doing("read the commit for the record"))?;
        let patch_id = match &report.change.base {
            Some(base) => repository.patch_id(base, head)?,
            None => None,
        };
        let context = Context {
            repository: repository.address(),
            tree: Some(facts.tree),
            patch_id,
            branch: repository.branch(),
            people: PeoplePart {
                author: Some(facts.author),
                committer: Some(facts.committer),
                ..PeoplePart::default()
            },
            started: self.started,
            ended: now(),
            binary_sha256: evidence::file_digest(&program()?),
            grammars: evidence::GRAMMARS
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            rules,
            ..Context::default()
        };
        let record = evidence::build(report, context);
        let doing =
            |failure: Failure| failure.doing(&format!("add a record to `{}`", self.file.display()));
        let _lock = lock(&self.file).map_err(doing)?;
        let text = match read_text(&self.file) {
            Ok(text) => text,
            Err(_) if !self.file.exists() => String::new(),
            Err(failure) => return Err(doing(failure)),
        };
        let text = evidence::append(&text, record, &self.key).map_err(|error| {
            doing(Failure::new(error)).with_help(
                "the log was cut or edited; keep it for those who ask why, and begin a new one",
            )
        })?;
        replace(&self.file, &text).map_err(doing)
    }
}

/// This program's own file, as bytes.
pub(super) fn program() -> Result<Vec<u8>, Failure> {
    std::env::current_exe()
        .and_then(std::fs::read)
        .map_err(|error| Failure::new(error).doing("read this program for its digest"))
}

/// The time in UTC as RFC 3339, to the second.
pub(super) fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Holds others off while a log is read and written; let go when dropped.
fn lock(file: &Path) -> Result<std::fs::File, Failure> {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    let lock = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(PathBuf::from(name))
        .map_err(Failure::new)?;
    lock.lock().map_err(Failure::new)?;
    Ok(lock)
}

/// Puts a new text in place of a file at once: nobody sees half of it, and a full disk leaves the old
/// one.
fn replace(file: &Path, text: &str) -> Result<(), Failure> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(Failure::new)?;
    new.write_all(text.as_bytes()).map_err(Failure::new)?;
    new.as_file().sync_all().map_err(Failure::new)?;
    // A log is read by others than its writer.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(file).map_or(0o644, |old| old.permissions().mode());
        new.as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))
            .map_err(Failure::new)?;
    }
    new.persist(file)
        .map(|_| ())
        .map_err(|error| Failure::new(error.error))
}

pub(super) fn read_text(file: &Path) -> Result<String, Failure> {
    let size = std::fs::metadata(file).map_err(Failure::new)?.len();
    if size > LARGEST {
        return Err(Failure::message(format!(
            "it has {size} bytes, at most {LARGEST} are read"
        )));
    }
    std::fs::read_to_string(file).map_err(Failure::new)
}

pub(super) fn signing_key(file: &Path) -> Result<SigningKey, Failure> {
    let doing = format!("read the key `{}`", file.display());
    let text = read_text(file).map_err(|failure| failure.doing(&doing))?;
    SigningKey::read(&text).map_err(|error| {
        Failure::new(error).doing(&doing).with_help(
            "`scrubin record key FILE` or `ssh-keygen -t ed25519 -N ''` makes a fitting one",
        )
    })
}

/// The keys of those who may sign: the file given, else the public half beside the key that the
/// environment names.
pub(super) fn signers(given: Option<&Path>) -> Result<Vec<VerifyingKey>, Failure> {
    let file = match given {
        Some(file) => file.to_owned(),
        None => match std::env::var_os("SCRUBIN_RECORD_KEY").filter(|name| !name.is_empty()) {
            Some(key) => {
                let mut name = key;
                name.push(".pub");
                PathBuf::from(name)
            }
            None => {
                return Err(Failure::message("whose signatures count is not stated").with_help(
                    "name the file of their public keys with --signers; `scrubin record key` writes one as FILE.pub",
                ));
            }
        },
    };
    let doing = format!("read the public keys in `{}`", file.display());
    let text = read_text(&file).map_err(|failure| failure.doing(&doing))?;
    evidence::verifying_keys(&text).map_err(|error| Failure::new(error).doing(&doing))
}

/// Writes a new key that only its owner can read, and its public half.
fn key(file: &Path) -> Result<Outcome, Failure> {
    let mut public = file.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::message(format!("no random numbers: {error}")))?;
    let key = SigningKey::from_seed(seed);
    let secret = key.to_openssh().map_err(Failure::new)?;
    let line = key.verifying().to_openssh().map_err(Failure::new)?;
    create(file, &secret, 0o600)?;
    create(&public, &format!("{line}\n"), 0o644)?;
    output::text(&format!(
        "{} signs records: give it to the gate alone (SCRUBIN_RECORD_KEY)\n{} verifies them: {}\n",
        file.display(),
        public.display(),
        key.verifying().id()
    ))?;
    Ok(Outcome::Passed)
}

/// Writes a file that must not be there yet.
fn create(file: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let doing = format!("write `{}`", file.display());
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    options
        .open(file)
        .and_then(|mut new| new.write_all(text.as_bytes()))
        .map_err(|error| Failure::new(error).doing(&doing))
}

fn show(
    file: &Path,
    id: Option<&str>,
    all: bool,
    given: Option<&Path>,
    format: RecordFormat,
) -> Result<Outcome, Failure> {
    let keys = signers(given)?;
    let text =
        read_text(file).map_err(|failure| failure.doing(&format!("read `{}`", file.display())))?;
    let verified = evidence::verify(&text, &keys, &Expected::default());
    for problem in &verified.problems {
        output::message(&format!(
            "warning: {}:{}: {}",
            file.display(),
            problem.line,
            problem.text
        ));
    }
    let chosen: Vec<&VerifiedRecord> = match id {
        _ if all => verified.records.iter().collect(),
        Some(id) => vec![one(&verified.records, id)?],
        None => verified.records.last().into_iter().collect(),
    };
    if chosen.is_empty() {
        return Err(Failure::message(format!(
            "there is no record in `{}`",
            file.display()
        )));
    }
    let text: String = match format {
        RecordFormat::Markdown => chosen.iter().map(|one| evidence::markdown(one)).collect(),
        RecordFormat::Html if chosen.len() > 1 => {
            return Err(
                Failure::message("a page shows one record").with_help("choose it with --id")
            );
        }
        RecordFormat::Html => chosen.iter().map(|one| evidence::html(one)).collect(),
        RecordFormat::Json => {
            let records: Vec<_> = chosen.iter().map(|one| &one.record).collect();
            let text = serde_json::to_string_pretty(&serde_json::json!({"records": records}))
                .map_err(Failure::new)?;
            format!("{text}\n")
        }
    };
    output::text(&text)?;
    Ok(if verified.problems.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

/// The record of that id, number or commit.
fn one<'a>(records: &'a [VerifiedRecord], id: &str) -> Result<&'a VerifiedRecord, Failure> {
    let is_it = |one: &&VerifiedRecord| {
        let record = &one.record;
        record.id == id
            || record.sequence.to_string() == id
            || (id.len() >= 4
                && (record.id.starts_with(id)
                    || record
                        .change
                        .head
                        .as_deref()
                        .is_some_and(|head| head.starts_with(id))))
    };
    let mut found = records.iter().filter(is_it);
    match (found.next(), found.count()) {
        (Some(record), 0) => Ok(record),
        (Some(_), more) => Err(
            Failure::message(format!("`{id}` stands for {} records", more + 1))
                .with_help("give the whole id or the number"),
        ),
        (None, _) => Err(Failure::message(format!("no record is called `{id}`"))
            .with_help("`scrubin record show FILE --all --format json` lists them")),
    }
}
