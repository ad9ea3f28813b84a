//! Bars side by side: where each stands in the picture, and the same in words. Pure; the template draws.

/// Width of the picture.
const WIDTH: u64 = 640;
/// Its height.
const HEIGHT: u64 = 220;
/// Room for the numbers at the left.
const LEFT: u64 = 44;
/// Room for the names below.
const BOTTOM: u64 = 34;
/// Room above the highest bar.
const TOP: u64 = 14;
/// Series that can be told apart without colour: solid, hatched, dotted.
const SERIES: usize = 3;

/// A picture of bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chart {
    /// Unique in its page.
    pub(super) id: &'static str,
    /// What it shows.
    pub(super) title: String,
    /// Every value, for those who cannot see it.
    pub(super) words: String,
    /// Names of the series.
    pub(super) series: Vec<&'static str>,
    /// Width of the picture.
    pub(super) width: u64,
    /// Its height.
    pub(super) height: u64,
    /// Where the first bar may stand.
    pub(super) left: u64,
    /// Lines of equal value.
    pub(super) marks: Vec<Mark>,
    /// The bars.
    pub(super) bars: Vec<Bar>,
    /// Names of groups of bars.
    pub(super) labels: Vec<Label>,
}

/// A line of equal value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Its height from above.
    pub(super) y: u64,
    /// The value.
    pub(super) value: u64,
}

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// Which series, from 0.
    pub(super) series: usize,
    /// Left end.
    pub(super) x: u64,
    /// Upper end.
    pub(super) y: u64,
    /// Width.
    pub(super) width: u64,
    /// Height.
    pub(super) height: u64,
}

/// The name of a group of bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    /// Its middle.
    pub(super) x: u64,
    /// The name.
    pub(super) text: String,
}

/// Draws groups of bars, a bar of each series in each group; more than three series are not drawn.
pub(super) fn bars(
    id: &'static str,
    title: &str,
    series: &[&'static str],
    groups: &[(String, Vec<u64>)],
) -> Chart {
    let series: Vec<&'static str> = series.iter().take(SERIES).copied().collect();
    let values = groups
        .iter()
        .flat_map(|(_, values)| values.iter().take(SERIES));
    let most = values.copied().max().unwrap_or(0).max(1);
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX).max(1);
    let slot = ((WIDTH - LEFT) / count(groups.len())).max(4);
    // A third of the room of a group parts it from the next.
    let width = (slot * 2 / 3 / count(series.len())).max(1);
    let (room, floor) = (HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM);
    let mut chart = Chart {
        id,
        title: title.to_owned(),
        words: String::new(),
        series,
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        marks: Vec::new(),
        bars: Vec::new(),
        labels: Vec::new(),
    };
    for share in 0..=2 {
        // Half of an odd number is not written: no finding is half.
        if (most * share).is_multiple_of(2) {
            chart.marks.push(Mark {
                y: floor - room * share / 2,
                value: most * share / 2,
            });
        }
    }
    // Names that would run into each other are left out; the words have all.
    let every = groups.len().div_ceil(8).max(1);
    let mut words = Vec::new();
    let mut left = LEFT;
    for (index, (label, values)) in groups.iter().enumerate() {
        let mut x = left;
        let mut parts = Vec::new();
        for (number, (name, value)) in chart.series.iter().zip(values).enumerate() {
            let height = room * value / most;
            chart.bars.push(Bar {
                series: number,
                x,
                y: floor - height,
                width,
                height,
            });
            x += width;
            parts.push(format!("{value} {name}"));
        }
        if index % every == 0 {
            chart.labels.push(Label {
                x: left + slot / 3,
                text: label.clone(),
            });
        }
        words.push(format!("{label}: {}", parts.join(", ")));
        left += slot;
    }
    chart.words = words.join("; ");
    chart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_room_and_none_leaves_the_picture() {
        let groups: Vec<(String, Vec<u64>)> = (0..12)
            .map(|month| (format!("m{month}"), vec![month, 2 * month, 1]))
            .collect();
        let chart = bars("t", "Trend", &["new", "fixed", "accepted"], &groups);
        assert_eq!(chart.bars.len(), 36);
        assert!(chart.words.contains("m3: 3 new, 6 fixed, 1 accepted; m4"));
        let highest = chart.bars.iter().map(|bar| bar.height).max();
        assert_eq!(highest, Some(HEIGHT - TOP - BOTTOM));
        for bar in &chart.bars {
            assert!(bar.x >= LEFT && bar.x + bar.width <= WIDTH, "{bar:?}");
            assert_eq!(bar.y + bar.height, HEIGHT - BOTTOM);
        }
        assert_eq!(chart.labels.len(), 6);
        let marks: Vec<u64> = chart.marks.iter().map(|mark| mark.value).collect();
        assert_eq!(marks, [0, 11, 22]);
    }

    #[test]
    fn nothing_and_very_much_can_be_drawn() {
        let none = bars("t", "Trend", &["new"], &[]);
        assert!(none.bars.is_empty() && none.words.is_empty());
        let zero = bars("t", "Trend", &["new"], &[("m".to_owned(), vec![0])]);
        assert_eq!(zero.bars.first().map(|bar| bar.height), Some(0));
    }
}
