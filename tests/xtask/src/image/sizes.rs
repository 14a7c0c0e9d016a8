//! What each section and each crate costs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::elf::Image;

/// A table of bytes: sections, then code and named constants by crate, largest first.
pub fn table(image: &Image) -> String {
    let mut text = String::new();
    let mut flash_bytes = 0;
    for section in &image.sections {
        let _ = writeln!(text, "    {:24} {:>9}", section.name, section.size_bytes);
        flash_bytes += if section.is_stored { section.size_bytes } else { 0 };
    }
    let _ = writeln!(text, "    {:24} {flash_bytes:>9}", "flash in all");
    let _ = writeln!(text, "    {:24} {:>9} {:>9}", "by crate", "code", "constants");
    for (name, (code, constants)) in by_crate(image) {
        let _ = writeln!(text, "      {name:22} {code:>9} {constants:>9}");
    }
    text
}

/// Code and constant bytes per crate, most code first. Constants without a symbol are
/// `(unnamed)`: what stored sections hold beyond the symbols in them.
fn by_crate(image: &Image) -> Vec<(String, (u64, u64))> {
    let mut crates: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut constant_bytes_left: BTreeMap<usize, u64> = BTreeMap::new();
    for section in image.sections.iter().filter(|section| section.is_stored && section.name != ".text") {
        constant_bytes_left.insert(section.index, section.size_bytes);
    }
    let mut end = 0;
    for symbol in image.symbols.iter().filter(|symbol| symbol.size_bytes > 0) {
        // Names that share a range (merged functions, aliases) count once.
        if symbol.address < end {
            continue;
        }
        end = symbol.address.saturating_add(symbol.size_bytes);
        let entry = crates.entry(crate_of(&symbol.name)).or_default();
        if symbol.is_code {
            entry.0 += symbol.size_bytes;
        } else if let Some(left) = constant_bytes_left.get_mut(&symbol.section) {
            entry.1 += symbol.size_bytes;
            *left = left.saturating_sub(symbol.size_bytes);
        }
    }
    crates.entry("(unnamed)".to_owned()).or_default().1 += constant_bytes_left.values().sum::<u64>();
    let mut sorted: Vec<_> = crates.into_iter().filter(|(_, (code, constants))| code + constants > 0).collect();
    sorted.sort_by_key(|(_, (code, constants))| std::cmp::Reverse(code + constants));
    sorted
}

/// The crate that a demangled name belongs to: the first path in it.
fn crate_of(name: &str) -> String {
    let start = name.trim_start_matches(['<', '&', '[', '(', '*']).trim_start_matches("mut ");
    match start.split_once("::") {
        Some((first, _)) if first.chars().all(|letter| letter.is_alphanumeric() || letter == '_') => first.to_owned(),
        _ if name.starts_with("__") || ["memcpy", "memmove", "memset", "memcmp", "bcmp"].contains(&name) => {
            "compiler_builtins".to_owned()
        }
        _ => "(start code)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::crate_of;

    #[test]
    fn tells_the_crate_of_a_name() {
        assert_eq!(crate_of("mote_kernels::generic::add"), "mote_kernels");
        assert_eq!(crate_of("<mote_engine::Model as core::ops::Drop>::drop"), "mote_engine");
        assert_eq!(crate_of("<&mut postcard::de::Deserializer<F> as serde::Deserializer>::x"), "postcard");
        assert_eq!(crate_of("__aeabi_memcpy"), "compiler_builtins");
        assert_eq!(crate_of("reset"), "(start code)");
    }
}
