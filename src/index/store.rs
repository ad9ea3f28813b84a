//! The file in the git directory.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::reader::{Index, Unusable};

/// Folder of the index in the git directory, and its name there.
const FOLDER: &str = "scrubin";
const NAME: &str = "index";

/// What was found where the index should be.
#[derive(Debug)]
pub enum Opened {
    /// Nothing.
    Absent,
    /// Something that cannot be used.
    Unusable(Unusable),
    /// The index.
    Index(Index),
}

/// Where the index of a repository is.
pub fn path_of(git_dir: &Path) -> PathBuf {
    folder_of(git_dir).join(NAME)
}

/// The folder for what scrubin keeps of a repository. All work trees of a repository share it, so it
/// lies in the common directory, which `commondir` names in that of a linked work tree
/// (gitrepository-layout(5)).
pub fn folder_of(git_dir: &Path) -> PathBuf {
    let common = fs::read_to_string(git_dir.join("commondir")).ok();
    let common = match common.as_deref().map(str::trim_end) {
        Some(named) if !named.is_empty() => git_dir.join(named),
        _ => git_dir.to_owned(),
    };
    common.join(FOLDER)
}

/// Opens an index that was made with `key`. Reads its head and no more.
pub fn open(path: &Path, key: u64) -> Opened {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
    match opened {
        Ok((metadata, _)) if !metadata.is_file() => {
            Opened::Unusable(Unusable::new("it is no file"))
        }
        Ok((metadata, file)) => match Index::open(Box::new(file), metadata.len(), key) {
            Ok(index) => Opened::Index(index),
            Err(reason) => Opened::Unusable(reason),
        },
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Opened::Absent
        }
        Err(error) => Opened::Unusable(Unusable::new(error.to_string())),
    }
}

/// A file that whoever may read the repository may read.
fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The process's mask takes away what it does not want.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

/// Puts an index in place of the one there. Whoever reads meanwhile sees the old one or the new one.
///
/// # Errors
/// The folder cannot be made or written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = temporary().tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
