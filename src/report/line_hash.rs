//! The hash GitHub's code scanning matches alerts by.
//!
//! `primaryLocationLineHash` is a rolling hash over the first 100 characters from the start of a
//! line on, white space left out, followed by a count among equal hashes of the file. GitHub's own
//! upload action computes it when a SARIF file has none, and warns when a file has another value;
//! uploads through the API have to bring it. So it is computed here exactly as GitHub does
//! (checked against the examples of github/codeql-action, `src/fingerprints.test.ts`).

use rustc_hash::FxHashMap;

/// Characters one hash covers.
const BLOCK: usize = 100;
/// Multiplier of the rolling hash.
const BASE: u64 = 37;
/// Stands for the end of the file.
const END_OF_FILE: u16 = 0xffff;

/// The hash of every line of a file, the first line's first: `HEX:COUNT`, COUNT from 1.
///
/// Line ends are `\n`, `\r\n` and `\r`; a final line end starts one more line. The text is read as
/// UTF-8, an invalid sequence as U+FFFD, and counted in UTF-16 code units.
pub fn line_hashes(text: &[u8]) -> Vec<String> {
    let (units, starts) = significant_units(text);
    let highest = BASE.wrapping_pow(BLOCK as u32 - 1);
    let unit = |at: usize| units.get(at).copied().map_or(0, u64::from);
    let mut hash = (0..BLOCK).fold(0_u64, |hash, at| {
        hash.wrapping_mul(BASE).wrapping_add(unit(at))
    });
    let mut at = 0;
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    let mut hashes = Vec::with_capacity(starts.len());
    for start in starts {
        while at < start {
            hash = hash
                .wrapping_sub(unit(at).wrapping_mul(highest))
                .wrapping_mul(BASE)
                .wrapping_add(unit(at + BLOCK));
            at += 1;
        }
        let ordinal = seen.entry(hash).or_default();
        *ordinal += 1;
        hashes.push(format!("{hash:x}:{ordinal}"));
    }
    hashes
}

/// The UTF-16 code units that count (no space, no tab, line ends as one `\n`, an end mark), and the
/// index of the first unit of each line.
fn significant_units(text: &[u8]) -> (Vec<u16>, Vec<usize>) {
    let text = String::from_utf8_lossy(text);
    let mut units = Vec::with_capacity(text.len() + 1);
    let mut starts = Vec::new();
    let mut at_start = true;
    let mut after_return = false;
    for unit in text.encode_utf16() {
        let is_second_half = after_return && unit == u16::from(b'\n');
        after_return = false;
        if is_second_half || unit == u16::from(b' ') || unit == u16::from(b'\t') {
            continue;
        }
        let mut unit = unit;
        if unit == u16::from(b'\r') {
            unit = u16::from(b'\n');
            after_return = true;
        }
        if at_start {
            starts.push(units.len());
        }
        at_start = unit == u16::from(b'\n');
        units.push(unit);
    }
    if at_start {
        starts.push(units.len());
    }
    units.push(END_OF_FILE);
    (units, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        assert_eq!(line_hashes(text.as_bytes()), expect, "{text:?}");
    }

    #[test]
    fn empty_file_has_one_line() {
        check("", &["c129715d7a2bc9a3:1"]);
    }

    #[test]
    fn white_space_does_not_count() {
        check(
            " a\nb\n  \t\tc\n d",
            &[
                "271789c17abda88f:1",
                "54703d4cd895b18:1",
                "180aee12dab6264:1",
                "a23a3dc5e078b07b:1",
            ],
        );
    }

    #[test]
    fn all_line_ends_are_equal() {
        let expect = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        check(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", &expect);
        check(" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", &expect);
        check(
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
            &expect,
        );
    }

    #[test]
    fn equal_lines_are_counted() {
        check(
            &"Lorem ipsum dolor sit amet.\n".repeat(10),
            &[
                "a7f2ff13bc495cf2:1",
                "a7f2ff13bc495cf2:2",
                "a7f2ff13bc495cf2:3",
                "a7f2ff13bc495cf2:4",
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ],
        );
    }
}
