//! What takes long to make and is the same until something is added: kept for the next one who looks.

use std::sync::{Arc, Mutex, PoisonError};

/// Things that are kept; the one that was made first goes first.
const MOST: usize = 16;

/// Things by what they were made from.
pub(super) struct Kept<T>(Mutex<Vec<(String, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    /// The thing of this key.
    pub(super) fn get(&self, key: &str) -> Option<Arc<T>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().find(|(known, _)| known == key);
        found.map(|(_, thing)| Arc::clone(thing))
    }

    /// Keeps a thing.
    pub(super) fn put(&self, key: String, thing: T) -> Arc<T> {
        let thing = Arc::new(thing);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(known, _)| *known != key);
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push((key, Arc::clone(&thing)));
        thing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let kept = Kept::default();
        for number in 0..=MOST {
            kept.put(number.to_string(), number);
        }
        assert_eq!(kept.get("0"), None);
        assert_eq!(kept.get("1").as_deref(), Some(&1));
        kept.put("1".to_owned(), 100);
        kept.put("new".to_owned(), 101);
        assert_eq!(kept.get("2"), None, "the same key takes no room twice");
        assert_eq!(kept.get("1").as_deref(), Some(&100));
    }
}
