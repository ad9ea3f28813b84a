//! The report for spreadsheets and programs.

use super::TeamReport;
use super::numbers::Numbers;

/// Names of the columns of the CSV file, which stay.
const COLUMNS: [&str; 14] = [
    "lesson",
    "title",
    "component",
    "period",
    "findings",
    "per_1000_changed_lines",
    "before_push",
    "in_review",
    "open",
    "again",
    "median_hours_to_fix",
    "trend",
    "since",
    "until",
];

/// All numbers as CSV (RFC 4180): a row for each lesson and group of components, `all` for both, and a row
/// for each period of a lesson.
pub fn csv(report: &TeamReport) -> String {
    let mut rows = csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| {
        // Into memory, and every row has as many cells as the first: this cannot fail.
        let _ = rows.write_record(row);
    };
    write(COLUMNS.map(str::to_owned).to_vec());
    let row = |lesson: &str, title: &str, component: &str, numbers: &Numbers| {
        let hours = numbers.median_seconds.map(|seconds| seconds / 3_600);
        vec![
            cell(lesson),
            cell(title),
            cell(component),
            "all".to_owned(),
            numbers.findings.to_string(),
            numbers
                .per_1000
                .map(|rate| format!("{rate:.2}"))
                .unwrap_or_default(),
            numbers.before_push.to_string(),
            numbers.in_review.to_string(),
            numbers.open.to_string(),
            numbers.again.to_string(),
            hours.map(|hours| hours.to_string()).unwrap_or_default(),
            numbers.trend.as_str().to_owned(),
            report.since.clone(),
            report.until.clone(),
        ]
    };
    if report.is_withheld {
        let bytes = rows.into_inner().unwrap_or_default();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    write(row("all", "all lessons", "all", &report.total));
    for weakness in &report.weaknesses {
        let (lesson, title, numbers) = (&weakness.lesson, &weakness.title, &weakness.numbers);
        write(row(lesson, title, "all", numbers));
        for ((period, count), rate) in report
            .periods
            .iter()
            .zip(&numbers.per_step)
            .zip(&numbers.rates)
        {
            let mut cells = vec![cell(lesson), cell(title), "all".to_owned(), period.clone()];
            cells.push(count.to_string());
            cells.push(rate.map(|rate| format!("{rate:.2}")).unwrap_or_default());
            cells.resize(COLUMNS.len() - 2, String::new());
            cells.extend([report.since.clone(), report.until.clone()]);
            write(cells);
        }
    }
    if !report.is_one_group {
        for group in &report.groups {
            write(row("all", "all lessons", &group.name, &group.numbers));
        }
        for one in &report.cells {
            let title = report.weaknesses.iter().find(|w| w.lesson == one.lesson);
            let title = title.map_or("", |weakness| weakness.title.as_str());
            write(row(&one.lesson, title, &one.group, &one.numbers));
        }
    }
    let bytes = rows.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text that no spreadsheet takes for a formula.
pub(in crate::training) fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The report as JSON; ends with a line feed.
pub fn json(report: &TeamReport) -> String {
    let mut document = serde_json::json!({"version": 1, "report": report});
    if report.is_one_group
        && let Some(report) = document
            .get_mut("report")
            .and_then(|one| one.as_object_mut())
    {
        // One group says what the whole says.
        report.remove("cells");
        report.remove("groups");
    }
    if report.is_withheld
        && let Some(report) = document
            .get_mut("report")
            .and_then(|one| one.as_object_mut())
    {
        for number in ["runs", "changed_lines", "total", "weaknesses", "periods"] {
            report.remove(number);
        }
    }
    format!("{document:#}\n")
}
