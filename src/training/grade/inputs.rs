//! The hidden inputs of this release: `rulesets/lessons/hidden/`.

/// Lesson, language and text.
const TEXTS: &[(&str, &str, &str)] = &[
    (
        "L-CRY-COMPARE",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-CRY-COMPARE.c"),
    ),
    (
        "L-CTL-OPERATOR",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-CTL-OPERATOR.c"),
    ),
    (
        "L-CTL-SWITCH",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-CTL-SWITCH.c"),
    ),
    (
        "L-INT-NARROW",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-INT-NARROW.c"),
    ),
    (
        "L-INT-WRAP",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-INT-WRAP.c"),
    ),
    (
        "L-ISR-SECTION",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-ISR-SECTION.c"),
    ),
    (
        "L-LEN-ASSERT",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-LEN-ASSERT.c"),
    ),
    (
        "L-LEN-BOUND",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-LEN-BOUND.c"),
    ),
    (
        "L-LEN-HEADER",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-LEN-HEADER.c"),
    ),
    (
        "L-LEN-OFFBYONE",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-LEN-OFFBYONE.c"),
    ),
    (
        "L-LEN-WIDTH",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-LEN-WIDTH.c"),
    ),
    (
        "L-MEM-CLEAR",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-MEM-CLEAR.c"),
    ),
    (
        "L-MEM-LIFETIME",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-MEM-LIFETIME.c"),
    ),
    (
        "L-RET-CHECK",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-RET-CHECK.c"),
    ),
    (
        "L-RET-FAILOPEN",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-RET-FAILOPEN.c"),
    ),
    (
        "L-STR-BOUND",
        "c",
        include_str!("../../../rulesets/lessons/hidden/L-STR-BOUND.c"),
    ),
];

/// The hidden inputs for the sample of a lesson in a language, where it has some.
pub fn hidden_inputs(lesson: &str, language: &str) -> Option<&'static str> {
    let mut texts = TEXTS.iter();
    texts
        .find(|(key, of, _)| *key == lesson && *of == language)
        .map(|(_, _, text)| *text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_file_is_there_and_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rulesets/lessons/hidden");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let listed: Vec<String> = TEXTS
            .iter()
            .map(|(key, language, _)| format!("{key}.{language}"))
            .collect();
        assert_eq!(files, listed);
    }
}
