//! The stack an image needs, computed from its machine code.
//!
//! Frames are read from the instructions that move the stack pointer, calls from the branches. So nothing escapes it
//! that has no compiler's report: the core library, memory routines, C, assembly.

mod bound;
mod frame;
mod riscv;
mod step;
#[cfg(test)]
mod tests;
mod thumb;

use std::collections::{BTreeMap, BTreeSet};

pub use bound::Calls;

use super::elf::{Image, InstructionSetKind, Symbol};
use step::{Code, InstructionSet};

/// Data objects up to this size are one record: an operator's entry or a table of methods. In longer ones any function
/// may be meant by any offset.
const RECORD_BYTES: u64 = 32;

/// The name of the section that the processor reads by itself.
const VECTORS: &str = ".vectors";

/// Reads the frames of all functions and the calls between them.
pub fn calls(image: &Image) -> Calls {
    let set: &dyn InstructionSet = match image.instruction_set {
        InstructionSetKind::Thumb => &thumb::Thumb,
        InstructionSetKind::RiscV => &riscv::RiscV,
    };
    let mut calls = Calls::default();
    let mut made = BTreeSet::new();
    for (start, end, name) in functions(image) {
        let Some(bytes) = image.bytes(start, end - start) else { continue };
        let constants = constants(image, start, end);
        let code = Code { start, bytes, constants: &constants };
        calls.frames.insert(start, frame::read(set, &code));
        calls.names.insert(start, name);
        made.extend(set.addresses(&code));
    }
    let is_function = |address: &u64| calls.frames.contains_key(address);
    calls.elsewhere = made.into_iter().filter(is_function).collect();
    let (mut in_records, mut elsewhere) = (BTreeSet::new(), Vec::new());
    for (at, to) in stored_addresses(image) {
        if !is_function(&to) {
            continue;
        }
        match record_at(image, at) {
            Some(start) => drop(in_records.insert(((at - start) as u32, to))),
            None => elsewhere.push(to),
        }
    }
    calls.in_records = in_records;
    calls.elsewhere.extend(elsewhere);
    calls
}

/// Functions as first address, end and name. Where a symbol has no size, the function ends where the next begins.
fn functions(image: &Image) -> Vec<(u64, u64, String)> {
    let mut starts: BTreeMap<u64, (u64, &Symbol)> = BTreeMap::new();
    for symbol in image.symbols.iter().filter(|symbol| symbol.is_code) {
        let known = starts.entry(symbol.address).or_insert((symbol.size_bytes, symbol));
        known.0 = known.0.max(symbol.size_bytes);
    }
    let mut functions: Vec<(u64, u64, String)> = Vec::new();
    let mut iterator = starts.iter().peekable();
    while let Some((start, (size, symbol))) = iterator.next() {
        let inside_another = functions.last().is_some_and(|(_, end, _)| start < end);
        if *size == 0 && inside_another {
            continue;
        }
        let next = iterator.peek().map_or(*start, |(next, _)| **next);
        let end = if *size == 0 { next } else { start + size };
        functions.push((*start, end, symbol.name.clone()));
    }
    functions
}

/// Constants between the instructions of a function.
fn constants(image: &Image, start: u64, end: u64) -> Vec<(u64, u64)> {
    let inside = image.code_marks.range(start..end);
    let before = image.code_marks.range(..=start).next_back().filter(|(_, is_code)| !**is_code).map(|_| (start, false));
    let marks: Vec<(u64, bool)> = before.into_iter().chain(inside.map(|(at, is_code)| (*at, *is_code))).collect();
    let ends = marks.iter().skip(1).map(|(at, _)| *at).chain([end]);
    marks.iter().zip(ends).filter(|((_, is_code), _)| !is_code).map(|((at, _), to)| (*at, to)).collect()
}

/// Words in stored data that may be addresses of code, with where they stand.
fn stored_addresses(image: &Image) -> Vec<(u64, u64)> {
    let is_thumb = image.instruction_set == InstructionSetKind::Thumb;
    let mut found = Vec::new();
    for section in
        image.sections.iter().filter(|section| section.is_stored && !section.is_code && section.name != VECTORS)
    {
        let Some(bytes) = image.bytes(section.address, section.size_bytes) else { continue };
        for (index, word) in bytes.chunks_exact(4).enumerate() {
            let word = u64::from(u32::from_le_bytes(word.try_into().unwrap_or_default()));
            match (is_thumb, word & 1) {
                (true, 1) => found.push((section.address + 4 * index as u64, word - 1)),
                (false, 0) => found.push((section.address + 4 * index as u64, word)),
                _ => {}
            }
        }
    }
    found
}

/// The first address of the record that holds an address.
fn record_at(image: &Image, address: u64) -> Option<u64> {
    let is_record = |symbol: &&Symbol| {
        !symbol.is_code
            && (1..=RECORD_BYTES).contains(&symbol.size_bytes)
            && (symbol.address..symbol.address + symbol.size_bytes).contains(&address)
    };
    image.symbols.iter().filter(is_record).map(|symbol| symbol.address).next_back()
}
