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
pub mod lower_rust;
pub mod rust_checks;
pub mod summary;
pub mod taint;

mod analyse;
mod calls;
mod change;
mod checks;
mod models;

mod defect;
mod registry;
mod rust_sites;
mod select;
mod stack_frame;
mod test_code;
mod wire;

pub use analyse::{Analysis, FlowGap, Settings, Summary, analyse};
pub use change::compare;
pub use defect::{Defect, Note};
pub use models::is_library_function;
pub use registry::{ANALYSES, AnalysisInfo, find as find_analysis};
pub use select::{Selection, Touched, select};
pub use test_code::spans as test_spans;
