//! What the included files say.

/// Texts of the files that a file includes, directly or not.
#[derive(Debug, Default)]
pub struct Headers {}
