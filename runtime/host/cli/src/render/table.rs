//! Tables that line up.

/// A table of text cells; columns are as wide as their widest cell.
#[derive(Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Row>,
    left: Vec<bool>,
}

#[derive(Default)]
struct Row {
    cells: Vec<String>,
    class: &'static str,
    anchor: String,
    hint: String,
}

impl Table {
    /// A table with these column titles; a title that begins with `<` makes a left-aligned column.
    pub fn new(titles: &[&str]) -> Self {
        let left = titles.iter().map(|title| title.starts_with('<')).collect();
        let header = titles.iter().map(|title| title.trim_start_matches('<').to_string()).collect();
        Self { header, rows: Vec::new(), left }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(Row { cells: cells.into_iter().collect(), ..Row::default() });
    }

    /// Gives the last row a class of the page's style.
    pub fn mark(&mut self, class: &'static str) {
        self.rows.iter_mut().next_back().into_iter().for_each(|row| row.class = class);
    }

    /// Gives the last row a name that links lead to.
    pub fn anchor(&mut self, name: String) {
        self.rows.iter_mut().next_back().into_iter().for_each(|row| row.anchor.clone_from(&name));
    }

    /// Words a page shows when one hovers over the last row.
    pub fn hint(&mut self, words: &str) {
        self.rows.iter_mut().next_back().into_iter().for_each(|row| row.hint = words.into());
    }

    /// The table as lines for a terminal, indented by two.
    pub fn to_text(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(column));
            cells.chain(self.header.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let line = |row: &[String]| {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let pad = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
                if self.left[column] { format!("{cell}{pad}") } else { format!("{pad}{cell}") }
            });
            format!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        let rule = widths.iter().map(|&w| "─".repeat(w)).collect::<Vec<_>>().join("──");
        let mut lines = vec![line(&self.header), format!("  {rule}")];
        lines.extend(self.rows.iter().map(|row| line(&row.cells)));
        lines.join("\n")
    }

    /// The table as HTML.
    pub fn to_html(&self) -> String {
        let class = |column: usize| if self.left[column] { " class=\"left\"" } else { "" };
        let cells = |tag: &str, row: &[String]| {
            let cell = |(column, text): (usize, &String)| {
                format!("<{tag}{}>{}</{tag}>", class(column), super::html::escape(text))
            };
            row.iter().enumerate().map(cell).collect::<String>()
        };
        let attribute = |name: &str, value: &str| match value {
            "" => String::new(),
            value => format!(" {name}=\"{}\"", super::html::escape(value)),
        };
        let row = |row: &Row| {
            let (class, anchor) = (attribute("class", row.class), attribute("id", &row.anchor));
            let hint = attribute("title", &row.hint);
            format!("<tr{class}{anchor}{hint}>{}</tr>\n", cells("td", &row.cells))
        };
        let rows: String = self.rows.iter().map(row).collect();
        format!(
            "<div class=\"scroll\"><table><thead><tr>{}</tr></thead><tbody>\n{rows}</tbody></table></div>\n",
            cells("th", &self.header)
        )
    }
}

/// `12345678` as `12,345,678`.
pub fn thousands(number: impl Into<u128>) -> String {
    let digits = number.into().to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes with a unit people read: `768 B`, `54.0 KiB`.
pub fn bytes(count: u64) -> String {
    match count {
        0..=9_999 => format!("{} B", thousands(count)),
        10_000..=9_999_999 => format!("{:.1} KiB", count as f64 / 1024.0),
        _ => format!("{:.1} MiB", count as f64 / (1024.0 * 1024.0)),
    }
}

/// Extents as `49×10×64`.
pub fn shape(extents: &[usize]) -> String {
    if extents.is_empty() {
        return "scalar".into();
    }
    extents.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(7u32), "7");
        assert_eq!(thousands(7_489_664u32), "7,489,664");
        assert_eq!(thousands(100_000u32), "100,000");
        assert_eq!(bytes(768), "768 B");
        assert_eq!(bytes(55_296), "54.0 KiB");
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["<operator", "bytes"]);
        table.row(["conv".into(), "1".into()]);
        table.row(["fully connected".into(), "1,000".into()]);
        let text = table.to_text();
        let widths: Vec<usize> = text.lines().map(|l| l.chars().count()).collect();
        assert!(widths.iter().all(|&w| w == widths[0]), "{text}");
    }
}
