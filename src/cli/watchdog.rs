//! The wall-clock watchdog: no result depends on time, but a run that does not end is ended.
//!
//! One thread that sleeps until the time is over or the run is. A hook must not hold a commit for
//! ever, whatever hangs: git fetching for a partial clone, a file system, a defect of ours.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::output;
use crate::review::Watch;

/// Seconds a hook may take unless the configuration says otherwise.
pub(super) const HOOK_SECONDS: u32 = 30;

/// Stack of the thread in bytes: it formats one message.
const STACK: usize = 128 * 1024;

/// Runs until it is dropped.
pub(super) struct Watchdog {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    watch: Watch,
    start: Instant,
}

#[derive(Default)]
struct State {
    /// Seconds from the start; `None` = never.
    seconds: Option<u32>,
    /// Whether the command goes through when it could not do its work (`hook.fail = "open"`).
    is_open: bool,
    is_over: bool,
    has_thread: bool,
}

impl Watchdog {
    /// Gives up after so many seconds; 0 or `None` = never.
    pub(super) fn start(seconds: Option<u32>) -> Self {
        let watchdog = Self {
            shared: Arc::new(Shared {
                state: Mutex::default(),
                changed: Condvar::new(),
                watch: Watch::default(),
                start: Instant::now(),
            }),
        };
        watchdog.set(seconds, false);
        watchdog
    }

    /// Changes the time, which still counts from the start, and what its end means.
    pub(super) fn set(&self, seconds: Option<u32>, is_open: bool) {
        let mut state = self.shared.lock();
        state.seconds = seconds.filter(|seconds| *seconds > 0);
        state.is_open = is_open;
        if state.seconds.is_some() && !state.has_thread {
            let shared = Arc::clone(&self.shared);
            // Where the system gives no thread the run goes on without a watchdog.
            let thread = std::thread::Builder::new()
                .stack_size(STACK)
                .spawn(move || {
                    if let Some((text, code)) = shared.wait() {
                        give_up(&text, code);
                    }
                });
            state.has_thread = thread.is_ok();
        }
        self.shared.changed.notify_all();
    }

    /// What the review tells about the files it is at.
    pub(super) fn watch(&self) -> Watch {
        self.shared.watch.clone()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end of the run (`None`) or of the time: message and exit code.
    fn wait(&self) -> Option<(String, i32)> {
        let mut state = self.lock();
        loop {
            if state.is_over {
                return None;
            }
            // Without a limit: as good as for ever.
            let seconds = state.seconds.unwrap_or(u32::MAX);
            let limit = Duration::from_secs(u64::from(seconds));
            let left = limit.saturating_sub(self.start.elapsed());
            if left.is_zero() {
                return Some((
                    self.message(seconds, state.is_open),
                    if state.is_open { 0 } else { 2 },
                ));
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn message(&self, seconds: u32, is_open: bool) -> String {
        let files: Vec<String> = self
            .watch
            .files()
            .iter()
            .map(|path| format!("`{path}`"))
            .collect();
        let place = if files.is_empty() {
            "reading the change".to_owned()
        } else {
            format!("analysing {}", files.join(", "))
        };
        let end = if is_open {
            "scrubin: warning: the change was NOT reviewed; it goes on because hook.fail = \"open\""
        } else {
            "help: `limits.watchdog-seconds` in scrubin.toml or `--watchdog` sets the time; \
             `paths.exclude` leaves a file out"
        };
        format!("error: the review did not end within {seconds} s; it was {place}\n{end}")
    }
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the main thread hangs, so nobody is left to return an exit code to"
)]
fn give_up(text: &str, code: i32) {
    output::message(text);
    std::process::exit(code);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::RepoPath;

    fn shared(seconds: Option<u32>, age: Duration) -> Shared {
        Shared {
            state: Mutex::new(State {
                seconds,
                ..State::default()
            }),
            changed: Condvar::new(),
            watch: Watch::default(),
            start: Instant::now().checked_sub(age).expect("a clock that ran"),
        }
    }

    #[test]
    fn the_end_of_the_time_names_the_file() {
        let shared = shared(Some(2), Duration::from_secs(2));
        let path = RepoPath::from("src/slow.c");
        let turn = shared.watch.enter(&path);
        let (text, code) = shared.wait().expect("the time is over");
        assert_eq!(code, 2);
        assert!(
            text.contains("within 2 s") && text.contains("`src/slow.c`"),
            "{text}"
        );
        drop(turn);
        shared.lock().is_open = true;
        let (text, code) = shared.wait().expect("the time is over");
        assert_eq!(code, 0);
        assert!(
            text.contains("reading the change") && text.contains("NOT reviewed"),
            "{text}"
        );
    }

    #[test]
    fn a_run_that_is_over_says_nothing() {
        let shared = shared(None, Duration::from_secs(2));
        shared.lock().is_over = true;
        assert_eq!(shared.wait(), None);
        drop(Watchdog::start(Some(60)));
    }
}
