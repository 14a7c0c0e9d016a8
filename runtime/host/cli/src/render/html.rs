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
:root { color-scheme: light dark; --ink: #1b2330; --soft: #5c6675; --paper: #fbfbf9; --line: #dcdfe4; --card: #ffffff; --accent: #0f7b6c; --bad: #c8372d; --soft-fill: #e9edf2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa4b2; --paper: #14181f; --line: #2c333e; --card: #1b212a; --accent: #4cc3b0; --bad: #ff7a6e; --soft-fill: #262d38; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 10px; } p { color: var(--soft); margin: 4px 0 12px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
.figure b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; } .figure span { color: var(--soft); font-size: 13px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; } th { color: var(--soft); font-weight: 600; }
.left { text-align: left; } td.hit { background: color-mix(in srgb, var(--accent) 26%, transparent); font-weight: 600; } td.miss { background: color-mix(in srgb, #d0483e 24%, transparent); }
svg { width: 100%; height: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; } .grid { stroke: var(--line); stroke-width: 1; } .axis { fill: var(--soft); font-size: 12px; }
svg.digit { width: 72px; fill: var(--ink); } .digits { display: flex; flex-wrap: wrap; gap: 16px; } figure { margin: 0; } figcaption { color: var(--soft); font-size: 13px; }
svg.wide { min-width: 720px; } tr.worst td { background: color-mix(in srgb, var(--bad) 11%, transparent); } tr:target td { background: color-mix(in srgb, var(--accent) 22%, transparent); }
.line { fill: none; stroke: var(--accent); stroke-width: 1.8; stroke-linejoin: round; } .dot { fill: var(--accent); stroke: var(--card); stroke-width: 1.5; } .dot.bad { fill: var(--bad); } .note { fill: var(--bad); font-size: 12px; font-weight: 600; }
a { color: var(--accent); } svg a { cursor: pointer; } details { margin: 12px 0; } summary { cursor: pointer; color: var(--soft); } code { font-family: ui-monospace, monospace; font-size: 13px; overflow-wrap: anywhere; } li { margin: 2px 0; }
.graph { text-align: center; background: var(--card); border: 1px solid var(--line); border-radius: 10px; } .graph svg { max-width: none; border: 0; background: none; }
.edge { fill: none; stroke: var(--soft); stroke-width: 1.3; opacity: 0.75; } .tip { fill: var(--soft); } .box { fill: var(--paper); stroke: var(--line); } .node .name { fill: var(--ink); font-size: 12.5px; font-weight: 600; } .node .size { fill: var(--soft); font-size: 11.5px; white-space: pre; } .load { fill: var(--accent); }
.node:hover .box { stroke: var(--accent); } .node.bad .box { stroke: var(--bad); stroke-width: 1.8; } .port .stripe { fill: var(--soft); } .k0 .stripe { fill: #0f8b7a; } .k1 .stripe { fill: #c7762b; } .k2 .stripe { fill: #4a6fb5; } .k3 .stripe { fill: #a34f7d; } .k5 .stripe { fill: #7d64b8; } .k6 .stripe { fill: #6f8f2f; } .k7 .stripe { fill: #8a93a0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 12px; } .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 12px 4px; min-width: 0; } .card.bad { border-color: var(--bad); } .card b { display: block; font-size: 13.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .card figcaption { font-size: 12.5px; margin-bottom: 4px; }
svg.small { border: 0; background: none; display: block; } .beyond { fill: var(--bad); opacity: 0.16; } .clip { stroke: var(--bad); stroke-width: 1.4; stroke-dasharray: 4 3; } tr.taken td { font-weight: 600; background: color-mix(in srgb, var(--accent) 14%, transparent); }
img.heat { max-width: 100%; border: 1px solid var(--line); border-radius: 10px; background: #fff; } rect.for { fill: #d8472f; } rect.against { fill: #3f74d6; } .label { fill: var(--ink); font-size: 13px; }
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
