//! The word somebody probably meant.

/// The candidate nearest to `word`, if one is near enough to be worth proposing: at most one edit
/// per three letters (and one more). Ties go to the first in order.
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    // Nobody misspells a name this long; the bound keeps hostile input cheap.
    if word.len() > 64 {
        return None;
    }
    let limit = word.chars().count() / 3 + 1;
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance without regard to case, `-` and `_` being the same.
fn distance(left: &str, right: &str) -> usize {
    let letters = |text: &str| -> Vec<char> {
        text.chars()
            .map(|letter| match letter {
                '_' => '-',
                other => other.to_ascii_lowercase(),
            })
            .collect()
    };
    let (left, right) = (letters(left), letters(right));
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.iter().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&right) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_insertions_deletions_and_replacements() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("fail_on", "fail-on"), 0);
        assert_eq!(distance("scope", "Scope"), 0);
    }

    #[test]
    fn proposes_only_what_is_near() {
        let keys = ["precision", "scope", "jobs"];
        assert_eq!(nearest("presicion", keys), Some("precision"));
        assert_eq!(nearest("scop", keys), Some("scope"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest(&"s".repeat(5_000), keys), None);
    }
}
