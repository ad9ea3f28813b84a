//! `scrubin record`, and the records that `check` and `review` leave.

mod log_file;
mod recorder;
mod show;
mod sign_off;
mod taken;
mod verify;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::args::{EntryArgument, RecordCommand};
use super::failure::Failure;
use super::{Outcome, output, source};
use crate::evidence::{self, Expected, Line, SigningKey, Verified, VerifiedRecord, VerifyingKey};

#[cfg(feature = "github")]
pub(super) use recorder::Request;
pub(super) use recorder::{Change, Recorder, program, replace, request};
pub(super) use taken::taken_in;

/// A key or log larger than this is none, in bytes.
const LARGEST: u64 = 1 << 31;

pub(super) fn record(command: RecordCommand) -> Result<Outcome, Failure> {
    match command {
        RecordCommand::Key { file } => key(&file),
        RecordCommand::Show {
            note: Some(revision),
            signers,
            format,
            ..
        } => show::note(&revision, &signers, format),
        RecordCommand::Show {
            file,
            id,
            all,
            signers,
            format,
            ..
        } => show::show(file.as_deref(), id.as_deref(), all, &signers, format),
        RecordCommand::Verify {
            files,
            signers,
            range,
            last,
            format,
        } => verify::verify(&verify::Request {
            files: &files,
            signers: &signers,
            range: range.as_deref(),
            last,
            format,
        }),
        RecordCommand::Checklist { class, format } => sign_off::checklist(class, format),
        RecordCommand::SignOff {
            file,
            id,
            reviewer,
            items,
            not_applicable,
            remark,
            signing,
        } => sign_off::sign_off(
            file.as_deref(),
            id.as_deref(),
            sign_off::Answers {
                reviewer,
                items,
                not_applicable,
                remark,
            },
            &signing,
        ),
        RecordCommand::Override {
            file,
            id,
            reason,
            approver,
            ticket,
            signing,
        } => sign_off::open_gate(
            file.as_deref(),
            id.as_deref(),
            sign_off::Decision {
                reason,
                approver,
                ticket,
            },
            &signing,
        ),
        RecordCommand::Schema { of } => {
            output::text(match of {
                EntryArgument::Review => evidence::SCHEMA,
                EntryArgument::SignOff => evidence::SIGN_OFF_SCHEMA,
                EntryArgument::Override => evidence::OVERRIDE_SCHEMA,
            })?;
            Ok(Outcome::Passed)
        }
    }
}

/// The time in UTC as RFC 3339, to the second.
pub(super) fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
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

/// The log that is meant: the one given, else that of the configuration.
pub(super) fn log_named(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(file) = given {
        return Ok(file.to_owned());
    }
    let configured = source::work_tree(None, None)?;
    let log = configured.configs.root.record.log;
    log.map(|log| configured.root.join(log)).ok_or_else(|| {
        Failure::message("which log is meant is not stated")
            .with_help("name the file, or state `record.log` in scrubin.toml")
    })
}

/// The keys of those who may sign: the file given, else that of the configuration, else the public half
/// beside the key that the environment names.
pub(super) fn signers(given: Option<&Path>) -> Result<Vec<VerifyingKey>, Failure> {
    let file = match given {
        Some(file) => file.to_owned(),
        None => usual_signers()?,
    };
    verifying_keys(&file)
}

fn verifying_keys(file: &Path) -> Result<Vec<VerifyingKey>, Failure> {
    let doing = format!("read the public keys in `{}`", file.display());
    let text = read_text(file).map_err(|failure| failure.doing(&doing))?;
    evidence::verifying_keys(&text).map_err(|error| Failure::new(error).doing(&doing))
}

/// The file of `record.signers`, where there is one.
fn configured_signers() -> Result<Option<PathBuf>, Failure> {
    let configured = source::work_tree(None, None)?;
    let file = configured.configs.root.record.signers;
    Ok(file.map(|file| configured.root.join(file)))
}

fn usual_signers() -> Result<PathBuf, Failure> {
    if let Some(file) = configured_signers()? {
        return Ok(file);
    }
    if let Some(mut name) = std::env::var_os("SCRUBIN_RECORD_KEY").filter(|name| !name.is_empty()) {
        name.push(".pub");
        return Ok(PathBuf::from(name));
    }
    Err(
        Failure::message("whose signatures count is not stated").with_help(
            "name the file of their public keys with --signers or `record.signers` in scrubin.toml; \
             `scrubin record key` writes one as FILE.pub",
        ),
    )
}

/// Lines of a log that are read before they are put together: so many that threads are worth it, so few
/// that a long log does not lie in memory twice.
const BATCH: usize = 512;

/// Verifies a log, its lines on all cores.
fn verify_at_once(text: &str, keys: &[VerifyingKey], expected: &Expected) -> Verified {
    let lines = evidence::lines_of(text);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |part: &[&str]| -> Vec<Line> {
        part.iter()
            .map(|line| evidence::read_line(line, keys))
            .collect()
    };
    let batches = lines.chunks(BATCH).flat_map(|batch| {
        if batch.len() < 2 * threads {
            return read(batch);
        }
        let part = batch.len().div_ceil(threads);
        let read = &read;
        std::thread::scope(|scope| {
            let parts: Vec<_> = batch
                .chunks(part)
                .map(|part| (part, scope.spawn(move || read(part))))
                .collect();
            parts
                .into_iter()
                // A thread that died must not make lines vanish.
                .flat_map(|(part, handle)| handle.join().unwrap_or_else(|_| read(part)))
                .collect()
        })
    });
    evidence::verify_lines(text, batches, expected)
}

/// Reads a log whole.
fn read_log(file: &Path) -> Result<String, Failure> {
    if log_file::is_unfinished(file) {
        output::message(&format!(
            "notice: a write to `{}` was cut short, or is going on; the next record that is added puts it right",
            file.display()
        ));
    }
    read_text(file).map_err(|failure| failure.doing(&format!("read `{}`", file.display())))
}

/// Reads and verifies a log; what is wrong with it is said on stderr.
pub(super) fn verified(file: &Path, keys: &[VerifyingKey]) -> Result<Verified, Failure> {
    let text = read_log(file)?;
    let verified = verify_at_once(&text, keys, &Expected::default());
    for problem in &verified.problems {
        output::message(&format!(
            "warning: {}:{}: {}",
            file.display(),
            problem.line,
            problem.text
        ));
    }
    Ok(verified)
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
pub(super) fn create(file: &Path, text: &str, mode: u32) -> Result<(), Failure> {
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
