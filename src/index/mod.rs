//! The repository index: what each C file of a repository says of its functions and of those it
//! calls, by blob, joined by name.
//!
//! One flat file in the git directory. `scrubin index` and reviews of commits and trees write it, a
//! hook only reads it, at offsets and no more than it asks for. Whatever is wrong with the file (cut
//! off, damaged, of another version, not readable) makes it as good as not there: a review says so
//! and goes on without.
//!
//! [`format`] and [`build`] are values and bytes; [`store`] is the shell around the file.

mod build;
mod format;
mod reader;
mod store;
#[cfg(test)]
mod tests;
mod view;

pub use build::{Built, Entry, build};
pub use format::BlobId;
pub use reader::{Index, Unusable};
pub use store::{Opened, folder_of, open, path_of, write};
pub use view::{FileView, Repository};

/// Raised with every change of what a file's summary holds or means, so that no older index is read
/// as if it were of this version.
const ENGINE: u32 = 1;

/// What an index must have been made with to be used: this version of the engine, and the same widths
/// of the target.
pub fn key(target: crate::flow::ir::Target) -> u64 {
    let mut sum = format::Sum::default();
    sum.add(env!("CARGO_PKG_VERSION").as_bytes());
    sum.add(&ENGINE.to_le_bytes());
    sum.add(&[
        target.int_bits,
        target.long_bits,
        target.pointer_bits,
        u8::from(target.char_is_signed),
    ]);
    sum.value()
}
