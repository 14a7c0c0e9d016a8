//! The log table of an image.

use super::location::{self, Location};
use anyhow::{Context, Result, bail};
use object::{Object, ObjectSection, ObjectSymbol};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Wire formats that can be read.
const WIRE_FORMATS: [&str; 2] = ["3", "4"];

/// A format string with what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// `trace` to `error`, `println`; none for strings that are only part of others.
    pub level: Option<&'static str>,
    /// The format.
    pub format: String,
    /// Crate it was written in.
    pub crate_name: String,
    /// Where it was written, when the image has debug information.
    pub location: Option<Location>,
}

/// All format strings of an image, by number.
#[derive(Clone, Debug, Default)]
pub struct LogTable {
    pub(super) entries: BTreeMap<u16, Entry>,
    /// Format of what stands before each message.
    pub(super) timestamp: Option<String>,
}

/// The name of a symbol in `.defmt`, as JSON.
#[derive(Deserialize)]
struct Symbol {
    tag: String,
    data: String,
    #[serde(default)]
    crate_name: String,
}

const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "println"];

impl LogTable {
    /// Reads the table of a linked ELF image.
    ///
    /// # Errors
    /// The bytes are no ELF file, or one that does not log by defmt, or by a version that is not known here.
    pub fn read(elf: &[u8]) -> Result<Self> {
        let file = object::File::parse(elf).context("not a readable ELF image")?;
        let (mut version, mut encoding) = (None, None);
        for symbol in file.symbols() {
            let name = symbol.name().unwrap_or_default().trim_matches('"');
            version = name.strip_prefix("_defmt_version_ = ").map(str::to_owned).or(version);
            encoding = name.strip_prefix("_defmt_encoding_ = ").map(str::to_owned).or(encoding);
        }
        let section = file.sections().find(|section| section.name() == Ok(".defmt")).map(|section| section.index());
        let (Some(section), Some(version)) = (section, version) else {
            bail!("the image does not log by defmt: build it with `--features defmt`");
        };
        if !WIRE_FORMATS.contains(&version.as_str()) {
            bail!("the image logs in defmt's wire format {version}; known are {}", WIRE_FORMATS.join(" and "));
        }
        if let Some(encoding) = encoding.filter(|encoding| encoding != "rzcobs") {
            bail!(
                "the image logs in encoding {encoding}, which cannot find its frames again after a lost byte: use rzcobs"
            );
        }
        let mut table = Self::default();
        let mut numbers = BTreeMap::new();
        for symbol in file.symbols().filter(|symbol| symbol.section_index() == Some(section)) {
            let name = symbol.name().unwrap_or_default();
            // Markers of the linker script and of debuggers are no JSON.
            let Ok(Symbol { tag, data, crate_name }) = serde_json::from_str::<Symbol>(name) else { continue };
            let Some(kind) = tag.strip_prefix("defmt_") else { continue };
            if kind == "timestamp" {
                table.timestamp = Some(data);
                continue;
            }
            let Ok(number) = u16::try_from(symbol.address()) else { continue };
            let level = LEVELS.into_iter().find(|level| *level == kind);
            numbers.insert(name.to_owned(), number);
            table.entries.insert(number, Entry { level, format: data, crate_name, location: None });
        }
        // Debug information is a convenience: without it, or with one that cannot be read, places are not told.
        for (number, place) in location::of_symbols(&file, &numbers).unwrap_or_default() {
            if let Some(entry) = table.entries.get_mut(&number) {
                entry.location = Some(place);
            }
        }
        Ok(table)
    }

    /// Formats by number.
    pub(super) fn format(&self, number: u16) -> Option<&str> {
        self.entries.get(&number).map(|entry| entry.format.as_str())
    }
}
