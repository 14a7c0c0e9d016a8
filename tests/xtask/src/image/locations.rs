//! Source places that the compiler stores for panic messages.

use std::collections::BTreeSet;

use super::elf::Image;

/// `file:line` of every place whose panic the function of that name can report.
pub fn of_function(image: &Image, name: &str) -> Vec<String> {
    let is_inside = |address: u64| {
        let mut same_name = image.symbols.iter().filter(|symbol| symbol.name == name);
        same_name.any(|symbol| (symbol.address..symbol.address + symbol.size_bytes).contains(&address))
    };
    let referring = image.references.iter().filter(|(from, _)| is_inside(*from));
    let places: BTreeSet<String> = referring.filter_map(|(_, to)| at(image, *to)).collect();
    places.into_iter().collect()
}

/// Reads a `core::panic::Location` as 32-bit targets store it: pointer and length of the
/// file's name, line, column. Anything else at that address is told by its absurd values.
fn at(image: &Image, address: u64) -> Option<String> {
    let fields = image.bytes(address, 16)?;
    let field =
        |index: usize| fields.get(index * 4..)?.first_chunk().map(|bytes| u64::from(u32::from_le_bytes(*bytes)));
    let (pointer, length, line, column) = (field(0)?, field(1)?, field(2)?, field(3)?);
    if !(4..512).contains(&length) || !(1..1_000_000).contains(&line) || !(1..10_000).contains(&column) {
        return None;
    }
    let file = std::str::from_utf8(image.bytes(pointer, length)?).ok()?.trim_end_matches('\0');
    file.ends_with(".rs").then(|| format!("{file}:{line}"))
}

#[cfg(test)]
mod tests {
    use super::of_function;
    use crate::image::elf::{Image, Symbol};

    #[test]
    fn reads_a_stored_place_and_nothing_else() {
        let mut data = b"src/a.rs".to_vec();
        for field in [0x100_u32, 8, 42, 7, 0x100, 8, 0, 7] {
            data.extend(field.to_le_bytes());
        }
        let image = Image {
            symbols: vec![Symbol { name: "f".to_owned(), address: 0, size_bytes: 16, section: 1, is_code: true }],
            references: vec![(4, 0x108), (8, 0x118), (20, 0x108)],
            stored: vec![(0x100, data)],
            ..Image::default()
        };
        assert_eq!(of_function(&image, "f"), ["src/a.rs:42"]);
        assert!(of_function(&image, "g").is_empty());
    }
}
