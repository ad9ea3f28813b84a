//! Documents for a quality system as pages that stand alone and print.

use crate::report::sheet::{Paper, Sheet};
use crate::training::html::{escape, page_alone_with};

/// Every document: tables that scroll on a narrow screen, room to sign.
const TABLES: &str = "\
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{overflow-wrap:break-word}
.signatures td{min-width:6rem;height:2rem}
";

/// A page across holds many columns; a code or name of a row stays on one line.
const ACROSS: &str = "\
body{max-width:none}table{font-size:.85rem}tbody th{white-space:nowrap}
@page{size:A4 landscape;margin:12mm}
@media print{table{font-size:7.5pt}th,td{padding:1.5pt 3pt}}
";

/// One sheet of paper.
const ONE_SHEET: &str = "\
@page{size:A4;margin:12mm}
@media print{body{font-size:8.5pt;line-height:1.3}h1{font-size:14pt;margin:0}h2{font-size:10.5pt;margin:6pt 0 3pt}p{margin:3pt 0}caption{display:none}th,td{padding:1.5pt 4pt}td:empty{height:16pt}.signatures td{height:16pt}}
";

/// Renders a document as a page; ends with a line feed.
pub fn sheet_page(sheet: &Sheet) -> String {
    let paper = match sheet.paper {
        Paper::Upright => "",
        Paper::Across => ACROSS,
        Paper::OneSheet => ONE_SHEET,
    };
    let style = format!("{TABLES}{paper}");
    page_alone_with(&style, &escape(&sheet.title), &sheet.body_html())
}
