//! Self-contained HTML pages: nothing is loaded from the network; light and dark follow the reader's setting.

/// Text safe inside HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A whole page around `body`.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{STYLE}</style></head>\n<body><main>\n{body}</main></body></html>\n",
        escape(title)
    )
}

/// A row of figures, each with what it is.
pub fn figures(figures: &[(&str, String)]) -> String {
    let figure = |(what, value): &(&str, String)| {
        format!("<div class=\"figure\"><b>{}</b><span>{}</span></div>", escape(value), escape(what))
    };
    format!("<div class=\"figures\">{}</div>\n", figures.iter().map(figure).collect::<String>())
}

/// Style of pages and pictures.
pub const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b2330; --soft: #5c6675; --paper: #fbfbf9; --line: #dcdfe4; --card: #ffffff; --accent: #0f7b6c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa4b2; --paper: #14181f; --line: #2c333e; --card: #1b212a; --accent: #4cc3b0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 980px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 10px; } p { color: var(--soft); margin: 4px 0 12px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
.figure b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; } .figure span { color: var(--soft); font-size: 13px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; } th { color: var(--soft); font-weight: 600; }
.left { text-align: left; } td.hit { background: color-mix(in srgb, var(--accent) 26%, transparent); font-weight: 600; } td.miss { background: color-mix(in srgb, #d0483e 24%, transparent); }
svg { width: 100%; height: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; } .grid { stroke: var(--line); stroke-width: 1; } .axis { fill: var(--soft); font-size: 12px; }
svg.digit { width: 72px; fill: var(--ink); } .digits { display: flex; flex-wrap: wrap; gap: 16px; } figure { margin: 0; } figcaption { color: var(--soft); font-size: 13px; }
.block { stroke: var(--card); stroke-width: 1; } .bar { fill: var(--accent); }
.c0 { fill: #0f7b6c; } .c1 { fill: #c7762b; } .c2 { fill: #4a6fb5; } .c3 { fill: #a34f7d; } .c4 { fill: #6f8f2f; } .c5 { fill: #7d64b8; } .c6 { fill: #b5493f; } .c7 { fill: #3f93a8; }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_escape_and_load_nothing() {
        let page = page("a <b>", "<p>x</p>");
        assert!(page.contains("<title>a &lt;b&gt;</title>"));
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="));
    }
}
