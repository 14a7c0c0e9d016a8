//! Where in the sources a log line stands, from the image's debug information.
//!
//! defmt makes a static called `DEFMT_LOG_STATEMENT` for each log line; its linkage name is the symbol's, and where it is
//! declared is where the line is.

use anyhow::Result;
use gimli::{AttributeValue, DwarfSections, EndianSlice, RunTimeEndian};
use object::{Object, ObjectSection};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A place in the sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// Path, from the current folder where it lies below.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
}

type Slice<'d> = EndianSlice<'d, RunTimeEndian>;

/// Places of log lines by number; `numbers` has the numbers by linkage name.
pub fn of_symbols(file: &object::File<'_>, numbers: &BTreeMap<String, u16>) -> Result<BTreeMap<u16, Location>> {
    let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let section = |id: gimli::SectionId| -> Result<Cow<'_, [u8]>> {
        let found = file.section_by_name(id.name()).and_then(|section| section.uncompressed_data().ok());
        Ok(found.unwrap_or_default())
    };
    let sections = DwarfSections::load(section)?;
    let dwarf = sections.borrow(|section| EndianSlice::new(section, endian));
    let mut places = BTreeMap::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        // A unit that cannot be read does not hide the others.
        let _ = of_unit(&dwarf, header, numbers, &mut places);
    }
    Ok(places)
}

fn of_unit(
    dwarf: &gimli::Dwarf<Slice<'_>>,
    header: gimli::UnitHeader<Slice<'_>>,
    numbers: &BTreeMap<String, u16>,
    places: &mut BTreeMap<u16, Location>,
) -> Result<()> {
    let unit = dwarf.unit(header)?;
    let text = |value: Option<AttributeValue<Slice<'_>>>| -> Option<String> {
        let text = dwarf.attr_string(&unit, value?).ok()?;
        Some(text.to_string_lossy().into_owned())
    };
    let mut entries = unit.entries();
    while let Some(entry) = entries.next_dfs()? {
        if entry.tag() != gimli::DW_TAG_variable {
            continue;
        }
        let Some(linkage_name) = text(entry.attr_value(gimli::DW_AT_linkage_name)) else { continue };
        let Some(&number) = numbers.get(&linkage_name) else { continue };
        let line = entry.attr_value(gimli::DW_AT_decl_line).and_then(|value| value.udata_value());
        let file = match entry.attr_value(gimli::DW_AT_decl_file) {
            Some(AttributeValue::FileIndex(index)) => path(dwarf, &unit, index),
            _ => None,
        };
        if let (Some(file), Some(line)) = (file, line) {
            places.insert(number, Location { file, line });
        }
    }
    Ok(())
}

/// Path of a file of the unit's line program: the folder of the compilation, the file's own folder and its name; below
/// the current folder, from there.
fn path(dwarf: &gimli::Dwarf<Slice<'_>>, unit: &gimli::Unit<Slice<'_>>, index: u64) -> Option<String> {
    let header = unit.line_program.as_ref()?.header();
    let file = header.file(index)?;
    let text = |value| Some(dwarf.attr_string(unit, value).ok()?.to_string_lossy().into_owned());
    let mut path = PathBuf::from(unit.comp_dir.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default());
    // Folder 0 is that of the compilation. An absolute path takes the place of what stands before it.
    path.extend(file.directory(header).filter(|_| file.directory_index() != 0).and_then(text));
    path.push(text(file.path_name())?);
    let here = std::env::current_dir().unwrap_or_default();
    // Reproducible images hold paths from the root of their sources, written `./…`.
    let below = path.strip_prefix(&here).or_else(|_| path.strip_prefix(".")).unwrap_or(&path);
    Some(below.display().to_string())
}
