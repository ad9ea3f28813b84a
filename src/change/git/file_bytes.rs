//! The bytes of a file, mapped where the system can do that.

use std::ops::Deref;
use std::path::Path;

/// Below this many bytes a copy costs less than a mapping.
const SMALL: u64 = 64 << 10;

/// A file's bytes. Copying the index of a large repository would be a tenth of what a hook takes that has
/// nothing to review.
#[derive(Debug)]
pub(super) enum FileBytes {
    /// A copy.
    Read(Vec<u8>),
    /// Pages of the file.
    Mapped(memmap2::Mmap),
}

impl FileBytes {
    /// The bytes of the file at `path`, which its writers replace and never change in place.
    ///
    /// # Errors
    /// The file cannot be read.
    #[expect(
        unsafe_code,
        reason = "the file of an index: git writes a new one and renames it, so the pages stay what they \
                  were; git maps it as well"
    )]
    pub(super) fn of_replaced(path: &Path) -> std::io::Result<Self> {
        let file = std::fs::File::open(path)?;
        let about = file.metadata()?;
        // Windows lets nobody replace a file that is mapped.
        if cfg!(unix) && about.is_file() && about.len() >= SMALL {
            // SAFETY: see the reason above.
            if let Ok(map) = unsafe { memmap2::Mmap::map(&file) } {
                return Ok(Self::Mapped(map));
            }
        }
        std::fs::read(path).map(Self::Read)
    }

    /// Gives the memory of the pages back until they are looked at again.
    #[cfg_attr(
        unix,
        expect(
            unsafe_code,
            reason = "pages of a shared mapping of a file come back with the same bytes"
        )
    )]
    pub(super) fn release(&self) {
        #[cfg(unix)]
        if let Self::Mapped(map) = self {
            // SAFETY: see the reason above; a refusal changes nothing.
            let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
        }
    }
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}
