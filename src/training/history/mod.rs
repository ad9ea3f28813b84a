//! The local history of what reviews found and what vanished since: its form, how histories of several
//! clones are joined, and what follows from them. No code, no message, no name of a file or person; the
//! shell in `cli` reads and writes the file.

mod components;
mod episodes;
mod familiar;
mod log;
mod pseudonym;
mod record;
mod run;

pub use components::Components;
pub use episodes::{Episode, Open, changed_lines, episodes, open_of};
pub use familiar::familiar;
pub use log::{Dropped, Header, Line, Log, line_of};
pub use pseudonym::{Key, short_hash};
pub use record::{Occasion, Recorded, record};
pub use run::{Forgotten, Found, Learned, LearnedState, Run, Stage, Time};
