//! The device profile: what a device protects, how it is reached, what its software is; and what
//! follows for the severities of rules. Pure.
//!
//! A fact that nobody answered counts as given: an unknown radio is a radio. `level` computes how
//! strict the review is, `mapping` is the table from facts to effects, `effects` applies it.

mod checklist;
mod describe;
mod effects;
mod facts;
mod level;
mod mapping;
mod model;
mod questions;
mod rationale;
mod render;
mod scout;
mod select;
mod signs;

pub use checklist::{CHECKS, Check, checklist, class_c_texts};
pub use describe::{Switch, unshipped_names};
pub(crate) use effects::fits_any;
pub use effects::{Effects, Raised, RuleFacts, effects};
pub use facts::Fact;
pub use level::{Level, Leveled};
pub use mapping::{Act, ROWS, Row};
pub use model::{
    Asset, Cia, DataItem, Impact, Links, Profile, SafetyClass, Software, Stamp, Store,
};
pub use questions::{Form, QUESTIONS, Question, Reply};
pub use rationale::{Context, markdown as rationale};
pub use render::{HEADLINE, toml as render};
pub use scout::{Evidence, Guess, Guesses, Scout};
