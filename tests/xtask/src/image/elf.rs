//! Reads a linked ELF image that was made with `--emit-relocs`.

use std::collections::BTreeMap;
use std::path::Path;

use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionFlags, SymbolKind};

use super::decode::Decoder;
use crate::report::Problem;

/// A named range of the image.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// Demangled, without the hash.
    pub name: String,
    /// First address; without the Thumb bit.
    pub address: u64,
    /// Length in bytes; 0 where the linker does not know it.
    pub size_bytes: u64,
    /// The output section it is in.
    pub section: usize,
    /// Code, as opposed to data.
    pub is_code: bool,
}

/// An output section that takes memory on the device.
#[derive(Debug, Clone)]
pub struct Section {
    /// Name as in the linker script.
    pub name: String,
    /// Index in the file, as symbols give it.
    pub index: usize,
    /// First address.
    pub address: u64,
    /// Holds instructions.
    pub is_code: bool,
    /// Length in bytes.
    pub size_bytes: u64,
    /// Holds bytes in flash (as opposed to zeroed memory).
    pub is_stored: bool,
}

/// Instruction sets of 32-bit processors that images are made for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum InstructionSetKind {
    /// Arm's Thumb, in all its versions for microcontrollers.
    #[default]
    Thumb,
    /// RV32.
    RiscV,
}

/// What the checks need of an image.
#[derive(Debug, Default)]
pub struct Image {
    /// Named ranges and labels, by address.
    pub symbols: Vec<Symbol>,
    /// Sections that are loaded or reserved, in file order.
    pub sections: Vec<Section>,
    /// References as (address of the referring word or instruction, address referred to).
    pub references: Vec<(u64, u64)>,
    /// References whose target could not be told.
    pub unresolved: usize,
    /// Where the processor starts.
    pub entry: u64,
    /// Content of the stored sections, with their addresses.
    pub stored: Vec<(u64, Vec<u8>)>,
    /// What its code is made of.
    pub instruction_set: InstructionSetKind,
    /// Where instructions (true) and constants (false) begin inside code.
    pub code_marks: BTreeMap<u64, bool>,
}

const ALLOCATED: u64 = object::elf::SHF_ALLOC as u64;
const EXECUTABLE: u64 = object::elf::SHF_EXECINSTR as u64;

impl Image {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let bytes = std::fs::read(path).map_err(|error| Problem::Failed(format!("{}: {error}", path.display())))?;
        Self::parse(&bytes)
    }

    /// Reads the bytes of an ELF file of a 32-bit processor.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let file = object::File::parse(bytes)?;
        let is_arm = file.architecture() == object::Architecture::Arm;
        let instruction_set = if is_arm { InstructionSetKind::Thumb } else { InstructionSetKind::RiscV };
        let mut image = Self { entry: code_address(file.entry(), is_arm), instruction_set, ..Self::default() };
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
            if sh_flags & ALLOCATED == 0 || section.size() == 0 {
                continue;
            }
            image.sections.push(Section {
                name: section.name()?.to_owned(),
                index: section.index().0,
                address: section.address(),
                is_code: sh_flags & EXECUTABLE != 0,
                size_bytes: section.size(),
                is_stored: section.file_range().is_some(),
            });
            if section.file_range().is_some() {
                image.stored.push((section.address(), section.data()?.to_vec()));
            }
            image.read_references(&file, &section, is_arm)?;
        }
        for symbol in file.symbols() {
            let is_code = symbol.kind() == SymbolKind::Text;
            let Some(section) = symbol.section_index() else { continue };
            let in_code = image.sections.iter().any(|known| known.index == section.0 && known.is_code);
            if let Some(is_code) = code_mark(symbol.name()?).filter(|_| in_code) {
                image.code_marks.insert(symbol.address(), is_code);
            }
            if !matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data | SymbolKind::Unknown)
                || is_mapping_symbol(symbol.name()?)
            {
                continue;
            }
            image.symbols.push(Symbol {
                name: format!("{:#}", rustc_demangle::demangle(symbol.name()?)),
                address: code_address(symbol.address(), is_arm && is_code),
                size_bytes: symbol.size(),
                section: section.0,
                is_code,
            });
        }
        image.symbols.sort_by_key(|symbol| symbol.address);
        Ok(image)
    }

    /// The bytes at an address of a stored section.
    pub fn bytes(&self, address: u64, length: u64) -> Option<&[u8]> {
        self.stored.iter().find_map(|(base, data)| {
            let start = usize::try_from(address.checked_sub(*base)?).ok()?;
            data.get(start..start.checked_add(usize::try_from(length).ok()?)?)
        })
    }

    fn read_references<'d>(
        &mut self,
        file: &object::File<'d>,
        section: &object::Section<'d, '_>,
        is_arm: bool,
    ) -> Result<(), Problem> {
        let mut decoder = Decoder::new(section.address(), section.data()?);
        for (address, relocation) in section.relocations() {
            let RelocationTarget::Symbol(index) = relocation.target() else { continue };
            let symbol = file.symbol_by_index(index)?;
            let object::RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
            let target = if symbol.kind() != SymbolKind::Section {
                Some(symbol.address().wrapping_add_signed(explicit_addend(&relocation)))
            } else if is_arm {
                // The place itself holds the answer, as the linker has resolved it.
                decoder.arm_target(r_type, address)
            } else {
                Some(symbol.address().wrapping_add_signed(relocation.addend()))
            };
            match target {
                // Code addresses on Arm carry the Thumb bit; data can be at odd addresses,
                // where rounding down still falls into the same object or its padding.
                Some(target) => self.references.push((address, code_address(target, is_arm))),
                None if decoder.is_half_of_pair(r_type) => {}
                None => self.unresolved += 1,
            }
        }
        Ok(())
    }
}

/// Arm's addends are inside the instruction, and those of calls say nothing about the
/// target (they undo the pipeline's offset), so only explicit ones count.
fn explicit_addend(relocation: &object::Relocation) -> i64 {
    if relocation.has_implicit_addend() { 0 } else { relocation.addend() }
}

fn code_address(address: u64, is_thumb: bool) -> u64 {
    if is_thumb { address & !1 } else { address }
}

/// What a mapping symbol says of the code from its address on: instructions, or constants.
fn code_mark(name: &str) -> Option<bool> {
    let kind = name.strip_prefix('$')?;
    match kind.split('.').next()? {
        "t" | "x" => Some(true),
        "d" => Some(false),
        // RISC-V's may carry the instruction set behind the letter.
        other => other.starts_with("xrv").then_some(true),
    }
}

/// `$t`, `$d` and the like only tell disassemblers where code ends.
fn is_mapping_symbol(name: &str) -> bool {
    name.is_empty() || name.starts_with('$') || name.starts_with(".L")
}
