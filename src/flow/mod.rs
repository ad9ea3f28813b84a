//! Lowers C and Rust functions to one IR, interprets them abstractly, and runs the analyses that
//! rules name with `analysis:`.
//!
//! The way of the data: flat tree → `ir` (by `lower_c`, `lower_rust`) → states at every point →
//! reports with the path from source to sink. Deterministic: work is bounded by counts, never by
//! time.

pub mod guards;
pub mod interpret;
pub mod ir;
pub mod lower_c;

mod checks;
mod models;

mod defect;

pub use defect::{Defect, Note};
