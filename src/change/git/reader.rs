//! Bytes of a [`Content`], with a size limit, from any number of threads.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use super::blobs::{Blobs, Object};
use super::listing::{Headers, Listing};
use crate::change::Content;
use crate::finding::{GapKind, RepoPath};

/// Why a content could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Larger than the limit.
    #[error("{bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The object is not in the repository.
    #[error("object {object} is missing from the repository")]
    MissingObject {
        /// Its name.
        object: String,
    },
    /// git could not read the object.
    #[error("object {object} could not be read: {message}")]
    Object {
        /// Its name.
        object: String,
        /// git's message.
        message: String,
    },
    /// The file could not be read.
    #[error("the file could not be read")]
    File {
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl ReadError {
    /// The kind of gap it is.
    pub fn gap(&self) -> GapKind {
        match self {
            Self::TooLarge { .. } => GapKind::Size,
            Self::MissingObject { .. } | Self::Object { .. } | Self::File { .. } => {
                GapKind::Unreadable
            }
        }
    }
}

/// Reads contents. Cheap to share by reference between threads.
pub struct Reader {
    limit: u64,
    blobs: Option<Arc<Blobs>>,
    listing: Option<Listing>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reader")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader of plain files alone, for changes outside git. `limit` is the largest content it
    /// returns, in bytes. Blobs are missing objects to it.
    pub fn of_files(limit: u64) -> Self {
        Self {
            limit,
            blobs: None,
            listing: None,
        }
    }

    pub(super) fn with_blobs(limit: u64, blobs: Arc<Blobs>, listing: Listing) -> Self {
        Self {
            limit,
            blobs: Some(blobs),
            listing: Some(listing),
        }
    }

    /// The same reader with a lower limit.
    #[must_use]
    pub fn limited(&self, limit: u64) -> Self {
        Self {
            limit: limit.min(self.limit),
            blobs: self.blobs.clone(),
            listing: self.listing.clone(),
        }
    }

    /// The C headers of the commit `head`, or of the index, changed or not; none where there is no
    /// repository or it cannot be listed. They only help to understand other files, so nothing depends
    /// on having them.
    pub fn headers(&self, head: Option<&str>) -> Headers {
        self.listing
            .as_ref()
            .and_then(|listing| listing.headers(head).ok())
            .unwrap_or_else(|| Headers::of(Vec::new()))
    }

    /// The bytes of a header; `None` where it cannot be read or is too large.
    pub fn read_header(&self, headers: &Headers, at: usize) -> Option<Vec<u8>> {
        headers
            .checked_out(at, self.limit)
            .or_else(|| self.read(&headers.content(at)?).ok())
    }

    /// The texts of the commit `head`, or of the index, with their blobs, sorted by path; none where
    /// there is no repository or it cannot be listed.
    pub fn texts(&self, head: Option<&str>) -> Vec<(RepoPath, Content)> {
        self.listing
            .as_ref()
            .and_then(|listing| listing.texts(head, None).ok())
            .unwrap_or_default()
    }

    /// The bytes of the file at `path` in the commit `head`, or in the index; `None` where there is no
    /// repository, or no such file of that size.
    pub fn read_at(&self, head: Option<&str>, path: &RepoPath) -> Option<Vec<u8>> {
        let blobs = self.blobs.as_ref()?;
        // `:0:PATH` is what is staged.
        let front = head.unwrap_or(":0");
        let name = [front.as_bytes(), b":", path.as_bytes()].concat();
        match blobs.get(&name, self.limit) {
            Ok(Object::Blob(bytes)) => Some(bytes),
            Ok(Object::TooLarge(_) | Object::Missing | Object::NotABlob) | Err(_) => None,
        }
    }

    /// The largest content it returns, in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The bytes.
    ///
    /// # Errors
    /// Too large, missing, unreadable.
    pub fn read(&self, content: &Content) -> Result<Vec<u8>, ReadError> {
        match content {
            Content::Blob(object) => self.read_blob(object),
            Content::File(path) => self.read_file(path),
        }
    }

    fn read_blob(&self, object: &str) -> Result<Vec<u8>, ReadError> {
        let missing = || ReadError::MissingObject {
            object: object.to_owned(),
        };
        let blobs = self.blobs.as_ref().ok_or_else(missing)?;
        match blobs.get(object.as_bytes(), self.limit) {
            Ok(Object::Blob(bytes)) => Ok(bytes),
            Ok(Object::TooLarge(bytes)) => Err(ReadError::TooLarge {
                bytes,
                limit: self.limit,
            }),
            Ok(Object::Missing) => Err(missing()),
            Ok(Object::NotABlob) => Err(ReadError::Object {
                object: object.to_owned(),
                message: "it is not a blob".to_owned(),
            }),
            Err(message) => Err(ReadError::Object {
                object: object.to_owned(),
                message,
            }),
        }
    }

    fn read_file(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        let file_error = |source| ReadError::File { source };
        // Asked before opening: opening a pipe would wait for its other end.
        let metadata = std::fs::metadata(path).map_err(file_error)?;
        if !metadata.is_file() {
            return Err(file_error(io::Error::other("it is not a regular file")));
        }
        let too_large = |bytes| ReadError::TooLarge {
            bytes,
            limit: self.limit,
        };
        if metadata.len() > self.limit {
            return Err(too_large(metadata.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
        let file = File::open(path).map_err(file_error)?;
        // The file may have grown since, or be of the kind that has no size (`/proc`).
        file.take(self.limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(file_error)?;
        let read = bytes.len() as u64;
        if read > self.limit {
            return Err(too_large(read));
        }
        Ok(bytes)
    }
}
