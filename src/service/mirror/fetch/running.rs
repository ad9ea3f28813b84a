//! A git that writes into a cached repository: watched, and ended with all of its children.

use std::io;
use std::process::{Child, ChildStdin, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::super::{LONGEST, Mirror, MirrorError, size_of};
use super::{GIVEN_UP, too_long};
use crate::github::Token;

/// How often a running fetch is looked at, at first and at last.
const LOOK: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(25));

/// How often the size of a growing repository is looked at.
const LOOK_SIZE: Duration = Duration::from_secs(1);

/// How long its children are waited for after it was ended: longer than git waits for a server that is silent
/// (`http.lowSpeedTime`).
const CHILDREN: Duration = Duration::from_secs(40);

/// A git that writes into a repository. It and what it started are ended when this is dropped.
pub(super) struct Running {
    child: Child,
    has_ended: bool,
    /// Read beside it: a full pipe would stop git. Its end is that of the last process that has the pipe.
    said: Option<JoinHandle<Vec<u8>>>,
    /// How many there are in this process.
    count: Arc<AtomicUsize>,
}

impl Running {
    /// Starts it, in a group of its own: `git fetch` leaves the connection and the pack to children.
    pub(super) fn start(mirror: &Mirror, command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut child = command.spawn()?;
        let said = child.stderr.take().map(|mut pipe| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                let _ = io::copy(&mut io::Read::take(&mut pipe, 64 << 10), &mut text);
                let _ = io::copy(&mut pipe, &mut io::sink());
                text
            })
        });
        let count = Arc::clone(&mirror.running);
        count.fetch_add(1, Ordering::AcqRel);
        Ok(Self {
            child,
            has_ended: false,
            said,
            count,
        })
    }

    /// What it reads, where it was given a pipe; once.
    pub(super) fn input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits for its end, and stops it where it takes too long, fills the disk, or nobody waits for it any more.
    pub(super) fn wait(mut self, mirror: &Mirror, token: &Token) -> Result<(), MirrorError> {
        let began = Instant::now();
        let mut looked = began;
        let mut pause = LOOK.0;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                self.has_ended = true;
                break status;
            }
            if began.elapsed() > LONGEST {
                drop(self);
                return Err(mirror.stopped(too_long()));
            }
            if mirror.is_given_up() {
                drop(self);
                return Err(mirror.stopped(GIVEN_UP.to_owned()));
            }
            // The whole of what is here counts: what is new comes on top of it.
            if looked.elapsed() > LOOK_SIZE {
                looked = Instant::now();
                if size_of(&mirror.path) > mirror.most_bytes {
                    drop(self);
                    return Err(mirror.overfull());
                }
            }
            nap(pause);
            pause = (pause * 2).min(LOOK.1);
        };
        if status.success() {
            return Ok(());
        }
        let text = self
            .said
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().take(3).map(str::trim).collect();
        let message = token.redact(&lines.join("; "));
        // Another try sends the same again.
        let is_malformed = [
            "fsck error",
            "malformed",
            "is corrupt",
            "fatal: pack ",
            "over limit",
        ]
        .iter()
        .any(|words| text.contains(words));
        Err(match is_malformed {
            true => MirrorError::Malformed { message },
            false => MirrorError::Fetch { message },
        })
    }

    /// Waits until nothing that it started has its pipe any more.
    fn wait_for_children(&self) {
        let until = Instant::now() + CHILDREN;
        let Some(said) = &self.said else {
            return;
        };
        while !said.is_finished() && Instant::now() < until {
            nap(LOOK.1);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended {
            // While it is here: the number of its group is nobody else's.
            end_group(self.child.id());
            let _ = self.child.kill();
            let _ = self.child.wait();
            self.wait_for_children();
        }
        self.count.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Ends all processes of a group.
#[cfg(unix)]
fn end_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) else {
        return;
    };
    if let Err(error) = kill_process_group(group, Signal::KILL) {
        tracing::warn!(error = %error, "git's children cannot be ended at once");
    }
}

/// Children find their pipes closed, or the server silent, and end by themselves.
#[cfg(not(unix))]
fn end_group(_leader: u32) {}

#[expect(
    clippy::disallowed_methods,
    reason = "waits for a process; the result does not depend on how long"
)]
fn nap(pause: Duration) {
    std::thread::sleep(pause);
}
