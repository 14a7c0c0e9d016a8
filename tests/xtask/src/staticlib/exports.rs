//! What a library shows to others, read from its symbols.

use std::collections::BTreeSet;
use std::path::Path;

use crate::image::{Image, find_offences};
use crate::report::{Outcome, Problem, failed};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};

/// Names of the C interface that an archive defines, sorted.
pub fn of_archive(archive: &Path) -> Result<Vec<String>, Problem> {
    let bytes = std::fs::read(archive)?;
    let mut names = BTreeSet::new();
    for member in ArchiveFile::parse(&*bytes)?.members() {
        // The core library's members may be bitcode or empty: none of them is of the interface.
        // A copy, as members of an archive are aligned to two bytes only.
        let content = member?.data(&*bytes)?.to_vec();
        let Ok(file) = object::File::parse(&*content) else { continue };
        let defined = file.symbols().filter(|symbol| symbol.is_definition() && symbol.is_global());
        names.extend(defined.filter_map(|symbol| symbol.name().ok().map(str::to_owned)));
    }
    let exported: Vec<String> = names.into_iter().filter(|name| name.starts_with("mote_")).collect();
    if exported.is_empty() { failed(format!("{}: no mote_ symbols", archive.display())) } else { Ok(exported) }
}

/// The object exports exactly `expected`, needs nothing of anybody, and holds nothing that panics, formats, allocates or
/// unwinds.
pub fn check(object: &Path, expected: &[String]) -> Outcome {
    let bytes = std::fs::read(object)?;
    let file = object::File::parse(&*bytes)?;
    let mut exported = Vec::new();
    for symbol in file.symbols() {
        let name = symbol.name()?;
        if symbol.is_undefined() && !name.is_empty() {
            return failed(format!("the library needs {name}, which it does not bring along"));
        }
        if symbol.is_global() && symbol.is_definition() {
            exported.push(name.to_owned());
        }
    }
    exported.sort();
    if exported != expected {
        let foreign = exported.iter().find(|name| !expected.contains(name));
        let missing = expected.iter().find(|name| !exported.contains(name));
        return failed(format!("the library exports {foreign:?} beyond what it should, or lacks {missing:?}"));
    }
    match find_offences(&Image::parse(&bytes)?).first() {
        Some(offence) => failed(format!("{} in the library: {}", offence.kind, offence.name)),
        None => Ok(()),
    }
}
