//! Which weaknesses are one: CWE ids of different tools, and checks that name none. Pure.

use serde_json::Value;

/// Adds the CWE ids of a tag as tools write it: `external/cwe/cwe-120`, `CWE-120: Buffer Copy`,
/// `CWE120`.
pub(super) fn add(cwe: &mut Vec<String>, tag: &str) {
    let lower = tag.to_ascii_lowercase();
    let mut rest = lower.as_str();
    while let Some(at) = rest.find("cwe") {
        rest = rest.get(at + 3..).unwrap_or_default();
        let digits = rest.trim_start_matches(['-', '_', '/', ' ', ':']);
        let number: String = digits.chars().take_while(char::is_ascii_digit).collect();
        push(cwe, &number);
    }
}

/// Adds the id of a taxon of the taxonomy CWE.
pub(super) fn add_taxon(cwe: &mut Vec<String>, taxon: &Value) {
    let component = taxon.get("toolComponent");
    let name = component
        .and_then(|one| one.get("name"))
        .and_then(Value::as_str);
    let id = match taxon.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return,
    };
    if name.is_some_and(|name| name.eq_ignore_ascii_case("cwe")) {
        let digits = id.trim_start_matches(|c: char| !c.is_ascii_digit());
        push(cwe, digits);
    } else {
        add(cwe, &id);
    }
}

fn push(cwe: &mut Vec<String>, number: &str) {
    let number = number.trim_start_matches('0');
    if number.is_empty() || number.len() > 5 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    let id = format!("CWE-{number}");
    if !cwe.contains(&id) {
        cwe.push(id);
    }
}

/// Families of CWE ids that analysers use for one and the same defect: one calls an overflow 787, the
/// next 119, 120 or 788.
const FAMILIES: [(&str, &[u32]); 14] = [
    (
        "bounds",
        &[
            118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 129, 130, 131, 170, 193, 242, 676,
            785, 786, 787, 788, 805, 806, 823,
        ],
    ),
    (
        "integer",
        &[128, 190, 191, 192, 194, 195, 196, 197, 680, 681, 1335],
    ),
    ("null", &[476, 690, 252, 754]),
    ("lifetime", &[415, 416, 562, 590, 672, 761, 763, 825]),
    ("uninitialised", &[456, 457, 665, 824, 908, 909]),
    ("leak", &[401, 404, 459, 771, 772, 775]),
    ("format", &[134, 628, 685, 686]),
    ("division", &[369]),
    ("operator", &[480, 481, 482, 561, 570, 571, 783, 1025]),
    ("size", &[467, 468, 469, 687, 688]),
    ("race", &[362, 364, 366, 367, 479, 662, 667, 764, 765, 833]),
    ("recursion", &[674, 776]),
    ("random", &[330, 331, 334, 335, 336, 337, 338]),
    ("secret", &[256, 259, 312, 319, 321, 522, 532, 798]),
];

/// Checks of tools that name no CWE, by the beginning of `TOOL/RULE`, and the CWE they are about.
/// The longest beginning counts.
const CHECKS: [(&str, u32); 58] = [
    ("clang-tidy/bugprone-assignment-in-if-condition", 481),
    ("clang-tidy/bugprone-bad-signal-to-kill-thread", 364),
    ("clang-tidy/bugprone-branch-clone", 561),
    (
        "clang-tidy/bugprone-implicit-widening-of-multiplication-result",
        190,
    ),
    ("clang-tidy/bugprone-infinite-loop", 835),
    ("clang-tidy/bugprone-misplaced-widening-cast", 190),
    (
        "clang-tidy/bugprone-misplaced-pointer-arithmetic-in-alloc",
        131,
    ),
    ("clang-tidy/bugprone-multiple-statement-macro", 483),
    ("clang-tidy/bugprone-macro-parentheses", 783),
    ("clang-tidy/bugprone-not-null-terminated-result", 170),
    ("clang-tidy/bugprone-redundant-branch-condition", 571),
    ("clang-tidy/bugprone-signal-handler", 479),
    ("clang-tidy/bugprone-signed-char-misuse", 194),
    ("clang-tidy/bugprone-sizeof-expression", 467),
    ("clang-tidy/bugprone-suspicious-memset-usage", 688),
    ("clang-tidy/bugprone-suspicious-realloc-usage", 401),
    ("clang-tidy/bugprone-too-small-loop-variable", 197),
    ("clang-tidy/bugprone-unsafe-functions", 120),
    ("clang-tidy/bugprone-unused-return-value", 252),
    ("clang-tidy/cert-err33-c", 252),
    ("clang-tidy/cert-err34-c", 252),
    ("clang-tidy/cert-msc30-c", 338),
    ("clang-tidy/cert-msc50-cpp", 338),
    ("clang-tidy/cert-sig30-c", 479),
    ("clang-tidy/clang-analyzer-core.BitwiseShift", 1335),
    ("clang-tidy/clang-analyzer-core.CallAndMessage", 457),
    ("clang-tidy/clang-analyzer-core.DivideZero", 369),
    ("clang-tidy/clang-analyzer-core.NonNullParamChecker", 476),
    ("clang-tidy/clang-analyzer-core.NullDereference", 476),
    ("clang-tidy/clang-analyzer-core.StackAddressEscape", 562),
    ("clang-tidy/clang-analyzer-core.Undefined", 457),
    ("clang-tidy/clang-analyzer-core.uninitialized", 457),
    ("clang-tidy/clang-analyzer-deadcode.DeadStores", 563),
    ("clang-tidy/clang-analyzer-security.ArrayBound", 787),
    ("clang-tidy/clang-analyzer-security.FloatLoopCounter", 681),
    ("clang-tidy/clang-analyzer-security.insecureAPI.rand", 338),
    ("clang-tidy/clang-analyzer-security.insecureAPI", 120),
    ("clang-tidy/clang-analyzer-unix.Malloc", 401),
    ("clang-tidy/clang-analyzer-unix.MallocSizeof", 467),
    ("clang-tidy/clang-analyzer-unix.Stream", 775),
    ("clang-tidy/clang-analyzer-unix.cstring.BadSizeArg", 120),
    ("clang-tidy/clang-analyzer-unix.cstring.OutOfBounds", 787),
    ("clang-tidy/clang-analyzer-unix.cstring.NullArg", 476),
    ("clippy/cast_possible_truncation", 197),
    ("clippy/cast_possible_wrap", 195),
    ("clippy/cast_sign_loss", 195),
    ("clippy/expect_used", 754),
    ("clippy/indexing_slicing", 129),
    ("clippy/arithmetic_side_effects", 190),
    ("clippy/unwrap_used", 754),
    ("gcc/-Wanalyzer-double-free", 415),
    ("gcc/-Wanalyzer-malloc-leak", 401),
    ("gcc/-Wanalyzer-null-dereference", 476),
    ("gcc/-Wanalyzer-use-after-free", 416),
    ("gcc/-Warray-bounds", 787),
    ("gcc/-Wformat", 134),
    ("gcc/-Wstringop-overflow", 787),
    ("gcc/-Wuninitialized", 457),
];

/// The CWE ids of a rule of another tool: its own, or what its name stands for.
pub fn weaknesses(rule: &str, cwe: &[String]) -> Vec<String> {
    if !cwe.is_empty() {
        return cwe.to_vec();
    }
    let known = CHECKS
        .iter()
        .filter(|(name, _)| rule.starts_with(name))
        .max_by_key(|(name, _)| name.len());
    known
        .map(|(_, number)| vec![format!("CWE-{number}")])
        .unwrap_or_default()
}

/// The family of a CWE id; the id itself where it is in none.
pub fn family(cwe: &str) -> &str {
    let number: Option<u32> = cwe.strip_prefix("CWE-").and_then(|text| text.parse().ok());
    let of = |number: u32| FAMILIES.iter().find(|(_, ids)| ids.contains(&number));
    number.and_then(of).map_or(cwe, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_tools_write_them() {
        let read = |tag: &str| {
            let mut cwe = Vec::new();
            add(&mut cwe, tag);
            cwe.join(" ")
        };
        assert_eq!(read("external/cwe/cwe-120"), "CWE-120");
        assert_eq!(read("CWE-089: SQL"), "CWE-89");
        assert_eq!(read("cwe:476 and CWE_690"), "CWE-476 CWE-690");
        assert_eq!(read("CWE-noinfo"), "");
        assert_eq!(read("CWE-1234567"), "");
    }

    #[test]
    fn the_longest_name_counts() {
        let of = |rule: &str| weaknesses(rule, &[]).join(" ");
        assert_eq!(
            of("clang-tidy/clang-analyzer-security.insecureAPI.rand"),
            "CWE-338"
        );
        assert_eq!(
            of("clang-tidy/clang-analyzer-security.insecureAPI.strcpy"),
            "CWE-120"
        );
        assert_eq!(of("clang-tidy/readability-else-after-return"), "");
        assert_eq!(weaknesses("gcc/-Wformat", &["CWE-1".to_owned()]), ["CWE-1"]);
        assert_eq!(family("CWE-787"), family("CWE-120"));
        assert_ne!(family("CWE-787"), family("CWE-476"));
        assert_eq!(family("CWE-99999"), "CWE-99999");
    }

    #[test]
    fn no_id_is_in_two_families() {
        let mut all: Vec<u32> = FAMILIES
            .iter()
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect();
        let number = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), number);
    }
}
