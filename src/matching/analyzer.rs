//! `metavariable-analysis`: does a string look random; can a regular expression explode.

/// Whether a string looks like a secret rather than like words.
///
/// Measure: Shannon entropy over the characters plus the share of neighbouring characters of
/// different classes (letters, capitals, digits), both high only for random strings. Short strings
/// are never random.
pub(super) fn is_random(text: &str) -> bool {
    let length = text.chars().count();
    if length < 12 || text.chars().any(char::is_whitespace) {
        return false;
    }
    let entropy = entropy(text);
    let class = |c: char| match c {
        'a'..='z' => 0,
        'A'..='Z' => 1,
        '0'..='9' => 2,
        _ => 3,
    };
    let characters: Vec<char> = text.chars().collect();
    let changes = characters
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if class(*a) != class(*b)))
        .count();
    let digits = characters.iter().filter(|c| c.is_ascii_digit()).count();
    let signs = characters.iter().filter(|c| class(**c) == 3).count();
    let share = changes as f64 / (length - 1) as f64;
    let is_hex = characters.iter().all(char::is_ascii_hexdigit);
    if is_hex {
        return length >= 16 && digits > 2 && digits < length && entropy > 2.9;
    }
    digits > 0 && signs * 4 < length && entropy > 3.4 && share > 0.3
}

/// Bits per character.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    let mut total = 0_u32;
    for c in text.chars() {
        *counts.entry(c).or_insert(0_u32) += 1;
        total += 1;
    }
    counts
        .values()
        .map(|&count| {
            let share = f64::from(count) / f64::from(total);
            -share * share.log2()
        })
        .sum()
}

/// Whether a regular expression repeats a group that itself repeats or has overlapping
/// alternatives: `(a+)+`, `(a|a)*`.
pub(super) fn can_explode(regex: &str) -> bool {
    let mut open: Vec<bool> = Vec::new();
    let characters: Vec<char> = regex.chars().collect();
    let mut at = 0;
    let mut in_class = false;
    while let Some(&c) = characters.get(at) {
        let next = characters.get(at + 1).copied();
        match c {
            '\\' => at += 1,
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            '(' => open.push(false),
            ')' => {
                let inner_repeats = open.pop().unwrap_or(false);
                let repeated = matches!(next, Some('+' | '*' | '{'));
                if inner_repeats && repeated {
                    return true;
                }
                if (inner_repeats || repeated)
                    && let Some(outer) = open.last_mut()
                {
                    *outer = true;
                }
            }
            '+' | '*' => {
                if let Some(group) = open.last_mut() {
                    *group = true;
                }
            }
            '|' => {
                if let Some(group) = open.last_mut() {
                    *group = true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}
