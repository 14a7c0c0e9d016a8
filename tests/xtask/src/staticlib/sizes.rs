//! What a library costs: the interface alone, each operator beside it, and all together.

use std::fmt::Write as _;
use std::path::Path;

use super::{Library, OPERATOR, PARSE_WITH_ALL, link};
use crate::report::Problem;
use object::{Object, ObjectSection, SectionFlags};

/// A table in Markdown. Operators share code, so rows do not add up to the last.
pub fn table(library: &Library) -> Result<String, Problem> {
    let object = library.folder.join("part.o");
    let interface: Vec<String> = library
        .exported
        .iter()
        .filter(|symbol| !symbol.starts_with(OPERATOR) && *symbol != PARSE_WITH_ALL)
        .cloned()
        .collect();
    let measure = |symbols: &[String]| -> Result<Bytes, Problem> {
        link(library, symbols, &object)?;
        Bytes::of(&object)
    };
    let alone = measure(&interface)?;
    let mut text = format!("# libmote.a for {}\n\n", library.triple);
    let _ = writeln!(text, "| linked | flash bytes | static RAM bytes |\n|---|---:|---:|");
    let _ = writeln!(text, "| the interface without operators | {} | {} |", alone.flash, alone.ram);
    for symbol in library.exported.iter().filter(|symbol| symbol.starts_with(OPERATOR)) {
        let with: Vec<String> = interface.iter().chain([symbol]).cloned().collect();
        let bytes = measure(&with)?;
        let name = symbol.trim_start_matches(OPERATOR);
        let _ = writeln!(text, "| and {name} | + {} | {} |", bytes.flash.saturating_sub(alone.flash), bytes.ram);
    }
    let all = measure(&library.exported)?;
    let _ = writeln!(text, "| everything in the library | {} | {} |", all.flash, all.ram);
    let _ = writeln!(
        text,
        "\nOperators share code: two together take less than the sum of both. A program that calls only some functions \
         of the interface takes less than its row."
    );
    std::fs::remove_file(&object)?;
    Ok(text)
}

/// What takes memory on the device.
struct Bytes {
    flash: u64,
    ram: u64,
}

impl Bytes {
    fn of(object: &Path) -> Result<Self, Problem> {
        let bytes = std::fs::read(object)?;
        let file = object::File::parse(&*bytes)?;
        let mut sum = Self { flash: 0, ram: 0 };
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
            let is = |flag: u32| sh_flags & u64::from(flag) != 0;
            // Unwind tables do not come into the library.
            if is(object::elf::SHF_ALLOC) && section.name()? != ".eh_frame" {
                sum.flash += if section.file_range().is_some() { section.size() } else { 0 };
                sum.ram += if is(object::elf::SHF_WRITE) { section.size() } else { 0 };
            }
        }
        Ok(sum)
    }
}
