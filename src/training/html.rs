//! Pieces of HTML that pages of the site share.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::highlight::{self, Kind};
pub(crate) use crate::report::quote::html as escape;
use crate::report::visible;

/// A text of a rule: paragraphs, `code` in backquotes.
pub(super) fn prose(text: &str) -> String {
    markdown(text)
}

/// Markdown as HTML. Raw HTML in it is shown, not obeyed; blocks of code are coloured.
pub(super) fn markdown(text: &str) -> String {
    let mut events = Vec::new();
    let mut block: Option<(String, String)> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TASKLISTS) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    pulldown_cmark::CodeBlockKind::Fenced(info) => {
                        info.split(' ').next().unwrap_or_default().to_owned()
                    }
                    pulldown_cmark::CodeBlockKind::Indented => String::new(),
                };
                block = Some((language, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((language, code)) = block.take() {
                    let lines: Vec<(&str, &str)> = code.lines().map(|line| ("", line)).collect();
                    events.push(Event::Html(listing(&lines, &language).into()));
                }
            }
            Event::Text(text) if block.is_some() => {
                if let Some((_, code)) = &mut block {
                    code.push_str(&text);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => events.push(Event::Text(html)),
            Event::TaskListMarker(_) => {}
            other => events.push(other),
        }
    }
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events.into_iter());
    out
}

/// A block of code. Each line has a class (`bad`, `good` or none) that marks it, also in words for those
/// who see no colour.
pub(super) fn listing(lines: &[(&str, &str)], language: &str) -> String {
    let code: String = lines
        .iter()
        .map(|(_, line)| format!("{}\n", visible::line(line)))
        .collect();
    let mut out = String::from("<pre tabindex=\"0\"><code>");
    for ((class, _), parts) in lines.iter().zip(highlight::lines(&code, language)) {
        let words = match *class {
            "bad" => "reported",
            "good" => "differs",
            _ => "",
        };
        if !class.is_empty() {
            out.push_str(&format!("<mark class=\"{class}\" title=\"{words}\">"));
        }
        for (kind, text) in parts {
            let text = escape(text);
            match kind {
                Kind::Plain => out.push_str(&text),
                Kind::Comment => out.push_str(&format!("<i>{text}</i>")),
                Kind::Text => out.push_str(&format!("<q>{text}</q>")),
                Kind::Number => out.push_str(&format!("<s>{text}</s>")),
                Kind::Keyword => out.push_str(&format!("<b>{text}</b>")),
            }
        }
        if !class.is_empty() {
            out.push_str("</mark>");
        }
        out.push('\n');
    }
    out.push_str("</code></pre>\n");
    out
}

/// A whole page. `up` leads to the folder of the site (`` or `../`).
pub(super) fn page(title: &str, up: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"{up}style.css\">\n</head>\n<body>\n\
         <header><nav aria-label=\"Site\"><a href=\"{up}index.html\">All rules</a> · <a href=\"{up}lessons.html\">Lessons</a></nav></header>\n\
         <main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// A page that needs no other file.
pub(crate) fn page_alone(title: &str, body: &str) -> String {
    page_alone_with("", title, body)
}

/// A page that needs no other file, with further rules of style.
pub(crate) fn page_alone_with(style: &str, title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n\
         <main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// The style of all pages: contrast of at least 4.5 to 1 on either ground, and paper.
pub(crate) const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--line:#767676;--soft:#f1f1f1;--bad:#ffe1e1;--good:#dff5e1;--word:#00508a;--text:#7a3e00;--number:#6b2a86;--note:#4f5b52;--link:#0b57a4}
@media (prefers-color-scheme:dark){:root{--ink:#ececec;--paper:#161616;--line:#8a8a8a;--soft:#242424;--bad:#5a2020;--good:#1d4a27;--word:#8cc8ff;--text:#ffc58a;--number:#e0b0ff;--note:#b5c4b9;--link:#8cc8ff}}
*{box-sizing:border-box}
body{font:1rem/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:0 auto;padding:1rem}
a{color:var(--link)}a:focus-visible,pre:focus-visible,input:focus-visible{outline:3px solid var(--link);outline-offset:2px}
h1{line-height:1.2}h2{margin-top:2rem;border-bottom:1px solid var(--line)}
pre{background:var(--soft);border:1px solid var(--line);padding:.8rem;overflow-x:auto;font:.9rem/1.45 ui-monospace,monospace}
pre mark{display:inline-block;min-width:100%;color:inherit}
mark.bad{background:var(--bad);border-left:4px solid #c62828;padding-left:4px;margin-left:-8px}
mark.good{background:var(--good);border-left:4px solid #2e7d32;padding-left:4px;margin-left:-8px}
code b{color:var(--word);font-weight:600}code q{color:var(--text);quotes:none}code s{color:var(--number);text-decoration:none}code i{color:var(--note)}
table{border-collapse:collapse;width:100%}th,td{border:1px solid var(--line);padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead th{background:var(--soft)}
dl{display:grid;grid-template-columns:fit-content(40%) minmax(0,1fr);gap:.2rem 1rem}dt{font-weight:600}dd{margin:0}p,li,dt,dd,h1,h2,summary{overflow-wrap:anywhere}
input[type=search]{font:inherit;width:100%;padding:.5rem;border:1px solid var(--line);background:var(--paper);color:var(--ink)}
.right::before{content:\"\\2713  \"}.wrong::before{content:\"\\2717  \"}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}svg line{stroke:var(--line);stroke-width:.5}svg .lower,svg .upper{fill:var(--link)}svg .soft{fill:var(--soft)}svg .edge{stroke:var(--link)}
.wide{overflow-x:auto}.wide td,.wide thead th{overflow-wrap:normal}.wide:focus-visible{outline:3px solid var(--link);outline-offset:2px}.legend svg{vertical-align:middle;margin-left:.8rem}
@media print{.new-page{break-before:page}.wide{overflow:visible}svg{break-inside:avoid}header,.search{display:none}body{max-width:none;font-size:10pt;padding:0}pre{white-space:pre-wrap;overflow:visible}h2,h3{break-after:avoid}pre,tr{break-inside:avoid}a{color:inherit;text-decoration:none}}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_obeys_no_html_and_colours_code() {
        let html = markdown("a `b` <script>x</script>\n\n```c\nint a; // <b>\n```\n");
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("<b>int</b> a; <i>// &lt;b&gt;</i>"), "{html}");
        assert!(html.contains("<code>b</code>"), "{html}");
    }

    #[test]
    fn marked_lines_say_so_in_words() {
        let html = listing(&[("", "a"), ("bad", "b(\"x\");")], "c");
        assert!(
            html.contains("<mark class=\"bad\" title=\"reported\">b(<q>&quot;x&quot;</q>);</mark>"),
            "{html}"
        );
    }
}
