//! The `scrubin` program.
fn main() {}
