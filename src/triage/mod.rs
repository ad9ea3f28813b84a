//! A verdict for every finding; the gate. Marks, never drops.

mod verdict;

pub use verdict::{BaselineState, Fingerprint, Triaged, Verdict};
