//! Blobs: read in this process where that can be, else by one long-lived `git cat-file --batch`, started
//! when the first such object is asked for.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use super::command;
use super::objects::Objects;

/// Rather than reading and throwing away more than this many bytes of an object above the limit,
/// the process is started anew.
const DISCARD_MAX: u64 = 16 * 1024 * 1024;

/// How much of git's complaints is kept, in bytes.
const COMPLAINT_MAX: u64 = 16 * 1024;

/// Answer to a request for an object.
#[derive(Debug)]
pub(super) enum Object {
    /// A blob's bytes.
    Blob(Vec<u8>),
    /// A blob above the limit; its size in bytes.
    TooLarge(u64),
    /// A tree, commit or tag.
    NotABlob,
    /// git does not know the name.
    Missing,
}

/// Source of blobs for any number of threads: requests queue at one process.
pub(super) struct Blobs {
    folder: PathBuf,
    /// Where objects are read without a process: the store's folder, opened when it is asked.
    store: Option<PathBuf>,
    objects: OnceLock<Option<Objects>>,
    process: Mutex<Option<Process>>,
}

struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    complaints: Option<JoinHandle<Vec<u8>>>,
}

impl Blobs {
    /// Blobs of the repository around `folder`, with the folder of its objects where this process may
    /// read them itself.
    pub(super) fn new(folder: PathBuf, store: Option<PathBuf>) -> Self {
        Self {
            folder,
            store,
            objects: OnceLock::new(),
            process: Mutex::new(None),
        }
    }

    /// The objects that this process reads itself, if it does.
    pub(super) fn objects(&self) -> Option<&Objects> {
        let open = || Objects::open(self.store.as_deref()?);
        self.objects.get_or_init(open).as_ref()
    }

    /// The object called `name` (an object name, or `REVISION:PATH`) if it is a blob of at most
    /// `limit` bytes.
    ///
    /// # Errors
    /// git could not be started, ended, or said something unexpected: a sentence about it.
    pub(super) fn get(&self, name: &[u8], limit: u64) -> Result<Object, String> {
        if name.contains(&b'\n') {
            return Err("a name with a line break cannot be asked for".to_owned());
        }
        if let Some(object) = self.objects().and_then(|objects| objects.get(name, limit)) {
            return Ok(object);
        }
        // A thread that panicked while holding the lock left a process of unknown state.
        if self.process.is_poisoned() {
            *self.process.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.process.clear_poison();
        }
        let mut slot = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let mut process = match slot.take() {
            Some(process) => process,
            None => Process::start(&self.folder)
                .map_err(|error| format!("cannot run `git`: {error}"))?,
        };
        match process.ask(name, limit) {
            Ok((object, is_reusable)) => {
                if is_reusable {
                    *slot = Some(process);
                }
                Ok(object)
            }
            Err(error) => Err(process.complaint().unwrap_or_else(|| error.to_string())),
        }
    }
}

impl Process {
    fn start(folder: &std::path::Path) -> io::Result<Self> {
        let mut child = command::git(folder)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .spawn()?;
        let gone = || io::Error::other("git's pipes are gone");
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = BufReader::with_capacity(64 * 1024, child.stdout.take().ok_or_else(gone)?);
        let errors = child.stderr.take().ok_or_else(gone)?;
        // Read aside: a full pipe would make git wait for us while we wait for git.
        let complaints = std::thread::spawn(move || {
            let mut kept = Vec::new();
            let mut errors = errors;
            let _ = errors.by_ref().take(COMPLAINT_MAX).read_to_end(&mut kept);
            let _ = io::copy(&mut errors, &mut io::sink());
            kept
        });
        Ok(Self {
            child,
            input,
            output,
            complaints: Some(complaints),
        })
    }

    /// The answer, and whether the process may be asked again.
    fn ask(&mut self, name: &[u8], limit: u64) -> io::Result<(Object, bool)> {
        let mut line = name.to_vec();
        line.push(b'\n');
        self.input.write_all(&line)?;
        self.input.flush()?;
        let mut header = Vec::new();
        self.output.read_until(b'\n', &mut header)?;
        if header.pop() != Some(b'\n') {
            return Err(io::Error::other("git ended without an answer"));
        }
        if header.ends_with(b" missing") || header.ends_with(b" ambiguous") {
            return Ok((Object::Missing, true));
        }
        let unexpected = || {
            io::Error::other(format!(
                "unexpected answer `{}` of `git cat-file`",
                String::from_utf8_lossy(&header)
            ))
        };
        let text = str::from_utf8(&header).map_err(|_| unexpected())?;
        let mut words = text.split(' ');
        let (Some(_), Some(kind), Some(size)) = (words.next(), words.next(), words.next()) else {
            return Err(unexpected());
        };
        let size: u64 = size.parse().map_err(|_| unexpected())?;
        if kind == "blob" && size <= limit {
            let wanted = usize::try_from(size).map_err(|_| unexpected())?;
            let mut bytes = vec![0; wanted];
            self.output.read_exact(&mut bytes)?;
            self.discard(1)?;
            return Ok((Object::Blob(bytes), true));
        }
        let object = if kind == "blob" {
            Object::TooLarge(size)
        } else {
            Object::NotABlob
        };
        if size > DISCARD_MAX {
            return Ok((object, false));
        }
        self.discard(size + 1)?;
        Ok((object, true))
    }

    fn discard(&mut self, bytes: u64) -> io::Result<()> {
        let read = io::copy(&mut self.output.by_ref().take(bytes), &mut io::sink())?;
        if read == bytes {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// What git wrote to its standard error before it ended.
    fn complaint(mut self) -> Option<String> {
        // It is of no use any more, whether it has ended or not.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let text = self.complaints.take()?.join().ok()?;
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        Some(line.trim_start_matches("fatal: ").to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It only reads, so nothing is lost; without `wait` it would stay as a zombie.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
