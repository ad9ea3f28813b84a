//! The shell around git: which files changed, and their bytes. Reads only, writes nothing.
//!
//! The truth is git's own plumbing: right for every storage format git has (reftable, SHA-256, sparse
//! and split index, partial clones). A process of git costs milliseconds, so what is ordinary is read in
//! this process: the index file and its difference to a commit (`index_file`, `index_diff`), objects
//! by libgit2 (`objects`), headers whose file in the work tree is what is staged (`checked_out`), and all
//! that the service asks of its cache (`plain`). Each of these says where it does not know, and git is
//! asked. Commit ranges go through libgit2 the same way. Everything git sets for its hooks (`GIT_DIR`,
//! `GIT_INDEX_FILE`, ...) reaches the child processes unchanged.

mod blobs;
mod checked_out;
mod command;
mod error;
mod file_bytes;
mod history;
mod index_diff;
mod index_file;
mod libgit;
mod listing;
mod merges;
mod notes;
mod objects;
mod place;
mod plain;
mod range;
mod raw;
mod reader;
mod repository;
mod staged;
mod tree;

#[cfg(test)]
mod tests;

pub use command::program;
pub use error::Error;
pub use history::{CommitFacts, Taken};
pub use listing::Headers;
pub use merges::Merge;
pub use place::{path_from_root, path_in};
pub use plain::PlainDiff;
pub use range::{Head, base, commit, differing, range};
pub use reader::{ReadError, Reader};
pub use repository::Repository;
pub use staged::staged;
pub use tree::tree;

use std::path::PathBuf;

/// Bytes of a path as git gives them → a path of this system.
pub fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// A path of this system → bytes with `/` between the components.
pub fn path_to_bytes(path: &std::path::Path) -> Vec<u8> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        path.as_os_str().as_bytes().to_vec()
    }
    #[cfg(not(unix))]
    {
        path.to_string_lossy().replace('\\', "/").into_bytes()
    }
}
