//! What the cache has of some repositories, deleted.

use std::io;
use std::path::Path;

/// Deletes the cached repositories with these numbers; gives how many there were. Those of other replicas, on
/// other machines, go with the next tidying there.
///
/// # Errors
/// One cannot be deleted.
pub fn erase_cached(folder: &Path, repositories: &[i64]) -> io::Result<usize> {
    let mut gone = 0;
    for number in repositories {
        match std::fs::remove_dir_all(folder.join(format!("{number}.git"))) {
            Ok(()) => gone += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["7.git/objects", "8.git/objects"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        assert_eq!(erase_cached(folder.path(), &[7, 9]).unwrap(), 1);
        assert!(!folder.path().join("7.git").exists());
        assert!(folder.path().join("8.git").exists());
        let nowhere = folder.path().join("no");
        assert_eq!(erase_cached(&nowhere, &[7]).unwrap(), 0);
    }
}
