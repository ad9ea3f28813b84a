//! The files of the local history, in the folder that all work trees of a repository share.

use std::fs::{File, TryLockError};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::change::git::Repository;
use crate::cli::failure::Failure;
use crate::cli::record::replace;
use crate::index;
use crate::training::history::{
    Dropped, Header, Key, Learned, Line, Log, Open, Run, Time, line_of, open_of,
};
use crate::training::learner::Learner;

/// Most findings that are watched for whether they vanish; older ones stay open.
const MOST_OPEN: usize = 2_000;

/// How often and how long another process is waited for: a second in all. A commit must not hang on
/// somebody's stopped export.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(25);

/// Bytes of the first line that are looked at before each append; it has about 90.
const FIRST_LINE: usize = 256;

/// A history larger than this is none, in bytes.
const LARGEST: u64 = 1 << 30;

/// How much of the history a hook reads that has something to say: some hundred runs.
const RECENT_BYTES: u64 = 256 << 10;

/// How much of the bound is kept when it is passed, so that not every run has to shorten the history.
const KEPT_PERCENT: usize = 80;

/// Days of runs that go at once, beyond what is too old.
const AT_ONCE: i64 = 30;

/// The variable that names a file with the key of pseudonyms.
pub(in crate::cli) const KEY_VARIABLE: &str = "SCRUBIN_TRAINING_KEY";

/// The history of a repository.
pub(in crate::cli) struct Store {
    folder: PathBuf,
}

/// Bounds of a history.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Bounds {
    /// What is older goes.
    pub(in crate::cli) since: Time,
    /// Most bytes.
    pub(in crate::cli) bytes: usize,
}

/// Holds others off until it is dropped.
pub(in crate::cli) struct Held {
    _lock: File,
}

impl Store {
    pub(in crate::cli) fn of(repository: &Repository) -> Self {
        Self {
            folder: index::folder_of(repository.git_dir()).join("training"),
        }
    }

    /// A file of the store.
    pub(in crate::cli) fn place(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn history(&self) -> PathBuf {
        self.place("history.jsonl")
    }

    /// Waits for other processes, and makes the folder where there is none.
    #[expect(
        clippy::disallowed_methods,
        reason = "a wait for another process with an end; no result depends on it"
    )]
    pub(in crate::cli) fn hold(&self) -> Result<Held, Failure> {
        let place = self.place("lock");
        let open = || {
            File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&place)
        };
        let lock = match open() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                std::fs::create_dir_all(&self.folder).map_err(Failure::new)?;
                open()
            }
            opened => opened,
        };
        let lock = lock
            .map_err(|error| Failure::new(error).doing(&format!("open `{}`", place.display())))?;
        for _ in 0..TRIES {
            match lock.try_lock() {
                Ok(()) => return Ok(Held { _lock: lock }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(Failure::new(error)),
            }
        }
        Err(
            Failure::message(format!("another process holds `{}`", place.display()))
                .with_help("wait until it has ended, and try again"),
        )
    }

    /// The key of pseudonyms: that of the file which `SCRUBIN_TRAINING_KEY` names, else the
    /// repository's own, which is made where there is none.
    pub(in crate::cli) fn key(&self, _held: &Held) -> Result<Key, Failure> {
        if let Some(key) = self.known_key()? {
            return Ok(key);
        }
        let mut bytes = [0_u8; 32];
        random(&mut bytes)?;
        let key = Key::new(bytes);
        self.set_key(&key)?;
        Ok(key)
    }

    /// The same, and none where none was made yet.
    pub(in crate::cli) fn known_key(&self) -> Result<Option<Key>, Failure> {
        let place = self.key_place();
        match std::fs::read_to_string(&place) {
            Ok(text) => key_of(&text, &place).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound && given_key().is_none() => Ok(None),
            Err(error) => {
                Err(Failure::new(error).doing(&format!("read the key `{}`", place.display())))
            }
        }
    }

    /// Where the key in use lies.
    pub(in crate::cli) fn key_place(&self) -> PathBuf {
        given_key().unwrap_or_else(|| self.place("key"))
    }

    /// Makes a key the repository's own.
    pub(in crate::cli) fn set_key(&self, key: &Key) -> Result<(), Failure> {
        write_private(&self.place("key"), &key.to_text())
    }

    /// Reads the whole history; none is an empty one.
    pub(in crate::cli) fn load(&self) -> Result<Log, Failure> {
        let place = self.history();
        match read_log(&place) {
            Err(failure) if place.exists() => Err(failure),
            Err(_) => Ok(Log::default()),
            Ok(log) => Ok(log),
        }
    }

    /// The newest part of the history, for what has to be quick: the runs of its last bytes.
    pub(in crate::cli) fn recent(&self) -> Result<Log, Failure> {
        let place = self.history();
        let doing = |error: std::io::Error| {
            Failure::new(error).doing(&format!("read `{}`", place.display()))
        };
        let mut file = match File::open(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Log::default()),
            opened => opened.map_err(doing)?,
        };
        let length = file.metadata().map_err(doing)?.len();
        let from = length.saturating_sub(RECENT_BYTES);
        file.seek(SeekFrom::Start(from)).map_err(doing)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(doing)?;
        let text = String::from_utf8_lossy(&bytes);
        // The first line is cut.
        let whole = match from {
            0 => text.as_ref(),
            _ => text.split_once('\n').map_or("", |(_, rest)| rest),
        };
        Ok(Log::parse(whole))
    }

    /// Puts a whole history in place of the one there.
    pub(in crate::cli) fn save(&self, log: &Log, _held: &Held) -> Result<(), Failure> {
        let place = self.history();
        replace(&place, &log.to_text())
            .map_err(|failure| failure.doing(&format!("write `{}`", place.display())))?;
        self.set_open(&open_of(&log.runs, MOST_OPEN))
    }

    /// What is kept of whoever works in this clone.
    pub(in crate::cli) fn learner(&self) -> Result<Learner, Failure> {
        let place = self.place("learning.json");
        match std::fs::read_to_string(&place) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| {
                Failure::new(error)
                    .doing(&format!("read `{}`", place.display()))
                    .with_help("`scrubin training delete --mine` begins anew")
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Learner::default()),
            Err(error) => Err(Failure::new(error).doing(&format!("read `{}`", place.display()))),
        }
    }

    /// Keeps it; nothing to keep leaves no file.
    pub(in crate::cli) fn set_learner(
        &self,
        learner: &Learner,
        _held: &Held,
    ) -> Result<(), Failure> {
        let place = self.place("learning.json");
        if *learner == Learner::default() {
            return match std::fs::remove_file(&place) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    Err(Failure::new(error).doing(&format!("remove `{}`", place.display())))
                }
                _ => Ok(()),
            };
        }
        let text = serde_json::to_string_pretty(learner).map_err(Failure::new)?;
        write_private(&place, &format!("{text}\n"))
    }

    /// Whether something may be open: no list, or one that is not empty.
    pub(in crate::cli) fn has_open(&self) -> bool {
        let list = std::fs::metadata(self.place("open.jsonl"));
        list.map_or_else(|_| self.history().exists(), |list| list.len() > 0)
    }

    /// What is open. Made anew from the history, and kept, where the list is lost or broken.
    pub(in crate::cli) fn open(&self, _held: &Held) -> Result<Vec<Open>, Failure> {
        let place = self.place("open.jsonl");
        let read = std::fs::read_to_string(&place).ok().and_then(|text| {
            text.lines()
                .map(|line| serde_json::from_str(line).ok())
                .collect::<Option<Vec<Open>>>()
        });
        match read {
            Some(open) => Ok(open),
            None => {
                let open = open_of(&self.load()?.runs, MOST_OPEN);
                if place.exists() || !open.is_empty() {
                    self.set_open(&open)?;
                }
                Ok(open)
            }
        }
    }

    fn set_open(&self, open: &[Open]) -> Result<(), Failure> {
        let mut text = String::new();
        for one in open.iter().skip(open.len().saturating_sub(MOST_OPEN)) {
            text.push_str(&serde_json::to_string(one).map_err(Failure::new)?);
            text.push('\n');
        }
        // Half of it, after a crash, is made anew: no need to wait for the disk.
        let place = self.place("open.jsonl");
        std::fs::write(&place, text)
            .map_err(|error| Failure::new(error).doing(&format!("write `{}`", place.display())))
    }

    /// Adds a run, and what is open after it where that changed.
    pub(in crate::cli) fn add(
        &self,
        run: Run,
        open: Option<&[Open]>,
        bounds: Bounds,
        held: &Held,
    ) -> Result<(), Failure> {
        let at = run.at;
        self.append(&Line::Run(run), at, bounds, held)?;
        match open {
            Some(open) => self.set_open(open),
            None if !self.place("open.jsonl").exists() => self.set_open(&[]),
            None => Ok(()),
        }
    }

    /// Adds a lesson that somebody passed.
    pub(in crate::cli) fn add_learned(
        &self,
        learned: Learned,
        bounds: Bounds,
        held: &Held,
    ) -> Result<(), Failure> {
        let at = learned.at;
        self.append(&Line::Learned(learned), at, bounds, held)
    }

    fn append(&self, line: &Line, at: Time, bounds: Bounds, held: &Held) -> Result<(), Failure> {
        let place = self.history();
        let doing = |error: std::io::Error| {
            Failure::new(error).doing(&format!("write `{}`", place.display()))
        };
        let mut file = File::options()
            .create(true)
            .read(true)
            .append(true)
            .open(&place)
            .map_err(doing)?;
        let length = file.metadata().map_err(doing)?.len();
        let mut text = String::new();
        if length == 0 {
            text.push_str(&line_of(&Line::History(Header {
                version: 1,
                since: at,
                dropped: Dropped::default(),
            })));
        } else if !ends_with_line_feed(&mut file).map_err(doing)? {
            // A disk that was full cut the last one.
            text.push('\n');
        }
        text.push_str(&line_of(line));
        file.write_all(text.as_bytes()).map_err(doing)?;
        let is_long = length > u64::try_from(bounds.bytes).unwrap_or(u64::MAX);
        let is_old = oldest(&mut file).map_err(doing)? < bounds.since;
        if is_long || is_old {
            let mut log = self.load()?;
            // More than has to go, each for its own reason: the next rewrite is far then.
            let since = match is_old {
                true => bounds.since.plus_days(AT_ONCE),
                false => bounds.since,
            };
            let bytes = match is_long {
                true => bounds.bytes / 100 * KEPT_PERCENT,
                false => usize::MAX,
            };
            log.bound(since, bytes);
            self.save(&log, held)?;
        }
        Ok(())
    }
}

/// The file that `SCRUBIN_TRAINING_KEY` names.
pub(in crate::cli) fn given_key() -> Option<PathBuf> {
    let name = std::env::var_os(KEY_VARIABLE).filter(|name| !name.is_empty());
    name.map(PathBuf::from)
}

fn ends_with_line_feed(file: &mut File) -> std::io::Result<bool> {
    let mut last = [0_u8];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// The time that the first line names; the newest of all where it is none of ours.
fn oldest(file: &mut File) -> std::io::Result<Time> {
    let mut head = Vec::with_capacity(FIRST_LINE);
    file.seek(SeekFrom::Start(0))?;
    file.take(FIRST_LINE as u64).read_to_end(&mut head)?;
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(match serde_json::from_slice(line) {
        Ok(Line::History(header)) => header.since,
        _ => Time(i64::MAX),
    })
}

/// Reads a history that was exported, or the repository's own.
pub(in crate::cli) fn read_log(place: &Path) -> Result<Log, Failure> {
    let doing = format!("read the history `{}`", place.display());
    let size = std::fs::metadata(place)
        .map_err(|error| Failure::new(error).doing(&doing))?
        .len();
    if size > LARGEST {
        return Err(
            Failure::message(format!("it has {size} bytes, at most {LARGEST} are read"))
                .doing(&doing),
        );
    }
    let file = File::open(place).map_err(|error| Failure::new(error).doing(&doing))?;
    // Line by line: the text of a long history is a third of its memory.
    let mut reader = BufReader::new(file);
    let (mut log, mut line) = (Log::default(), Vec::new());
    for number in 1.. {
        line.clear();
        let read = reader
            .read_until(b'\n', &mut line)
            .map_err(|error| Failure::new(error).doing(&doing))?;
        if read == 0 {
            break;
        }
        log.take(number, &String::from_utf8_lossy(&line));
    }
    log.settle();
    Ok(log)
}

/// The key in a file.
pub(in crate::cli) fn key_of(text: &str, place: &Path) -> Result<Key, Failure> {
    Key::parse(text).ok_or_else(|| {
        Failure::message(format!("`{}` holds no key", place.display()))
            .with_help("a key is 64 hex digits; `scrubin training key --write FILE` writes one")
    })
}

/// Fills the bytes with random ones.
pub(in crate::cli) fn random(bytes: &mut [u8]) -> Result<(), Failure> {
    getrandom::fill(bytes).map_err(|error| Failure::message(format!("no random numbers: {error}")))
}

/// Writes a file that only its owner can read, whole or not at all.
pub(in crate::cli) fn write_private(place: &Path, text: &str) -> Result<(), Failure> {
    let folder = match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Temporary files are for their owner alone, and stay so.
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(place).map_err(|error| error.error)
    };
    write()
        .map(|_| ())
        .map_err(|error| Failure::new(error).doing(&format!("write `{}`", place.display())))
}
