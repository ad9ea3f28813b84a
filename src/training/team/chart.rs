//! Charts as inline SVG: bars with their values in words for those who see none.

use super::html::escape;

/// A bar of two parts, one on the other.
pub(super) struct Bar {
    /// Below the bar.
    pub(super) label: String,
    /// The lower part.
    pub(super) lower: u64,
    /// The upper part, hatched.
    pub(super) upper: u64,
}

const WIDTH: u64 = 640;
const HEIGHT: u64 = 190;
const LEFT: u64 = 44;
const BOTTOM: u64 = 34;
const TOP: u64 = 14;

/// Bars with a legend. `id` is unique in the page.
pub(super) fn bars(id: &str, title: &str, parts: [&str; 2], bars: &[Bar]) -> String {
    let most = bars
        .iter()
        .map(|bar| bar.lower + bar.upper)
        .max()
        .unwrap_or(0)
        .max(1);
    let slot = ((WIDTH - LEFT) / u64::try_from(bars.len()).unwrap_or(1).max(1)).max(2);
    let room = HEIGHT - TOP - BOTTOM;
    let words: Vec<String> = bars
        .iter()
        .map(|bar| match parts[1] {
            "" => format!("{}: {}", bar.label, bar.lower),
            upper => format!(
                "{}: {} {}, {} {upper}",
                bar.label, bar.lower, parts[0], bar.upper
            ),
        })
        .collect();
    let mut out = format!(
        "<svg role=\"img\" aria-labelledby=\"{id}-t {id}-d\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"100%\">\n\
         <title id=\"{id}-t\">{}</title>\n<desc id=\"{id}-d\">{}</desc>\n\
         <defs><pattern id=\"{id}-p\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect class=\"soft\" width=\"6\" height=\"6\"/><rect class=\"upper\" width=\"3\" height=\"6\"/></pattern></defs>\n",
        escape(title),
        escape(&words.join("; ")),
    );
    for share in [0_u64, 1, 2] {
        let at = HEIGHT - BOTTOM - room * share / 2;
        // Half of an odd number is not written: no finding is half.
        if (most * share).is_multiple_of(2) {
            out.push_str(&format!(
                "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at}\" y2=\"{at}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                LEFT - 6,
                at + 4,
                most * share / 2,
            ));
        }
    }
    // Names that would run into each other are left out; the text has all.
    let every = bars.len().div_ceil(8).max(1);
    for (index, (bar, at)) in bars
        .iter()
        .zip((LEFT..).step_by(usize::try_from(slot).unwrap_or(1)))
        .enumerate()
    {
        let (lower, upper) = (room * bar.lower / most, room * bar.upper / most);
        let floor = HEIGHT - BOTTOM;
        let width = (slot * 7 / 10).max(1);
        out.push_str(&format!(
            "<rect class=\"lower\" x=\"{at}\" y=\"{}\" width=\"{width}\" height=\"{lower}\"/>",
            floor - lower,
        ));
        if upper > 0 {
            out.push_str(&format!(
                "<rect fill=\"url(#{id}-p)\" class=\"edge\" x=\"{at}\" y=\"{}\" width=\"{width}\" height=\"{upper}\"/>",
                floor - lower - upper,
            ));
        }
        if index % every == 0 {
            out.push_str(&format!(
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                at + width / 2,
                floor + 18,
                escape(&bar.label),
            ));
        }
        out.push('\n');
    }
    out.push_str("</svg>\n");
    if !parts[1].is_empty() {
        out.push_str(&format!(
            "<p class=\"legend\"><svg width=\"14\" height=\"14\" aria-hidden=\"true\"><rect class=\"lower\" width=\"14\" height=\"14\"/></svg> {} \
             <svg width=\"14\" height=\"14\" aria-hidden=\"true\"><rect fill=\"url(#{id}-p)\" class=\"edge\" width=\"14\" height=\"14\"/></svg> {}</p>\n",
            escape(parts[0]),
            escape(parts[1]),
        ));
    }
    out
}
