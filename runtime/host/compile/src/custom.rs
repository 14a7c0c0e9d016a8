//! Custom operators on the host: code that the caller has, and stand-ins for what only the device has.
//!
//! A model can be checked, planned and slimmed without the code of its custom operators. A stand-in accepts whatever
//! operands and options the source has, and makes outputs that depend on every input byte. It takes part in slimming's
//! self-check (whatever function stands there, equal inputs must give equal outputs), and never in results.

use crate::seed::seeded_input;
use mote_engine::operators::{CustomWork, custom_options, planned};
use mote_engine::{Fault, Memory, OpCode, Operation, OperatorEntry, OperatorSet, Refusal, Work};
use mote_format::ModelFile;
use mote_graph::{Graph, Operator};
use mote_numbers::Crc32;
use std::collections::BTreeMap;
use std::ops::Range;

/// What the caller knows of a model's custom operators.
#[derive(Clone, Default)]
pub struct CustomOptions {
    /// Entries of those whose code is here, made by [`OperatorEntry::custom`]. With code for all of a model's custom
    /// operators its golden vectors are computed; else it has none.
    pub code: Vec<&'static OperatorEntry>,
    /// Scratch bytes of those whose code is not here, by name; 0 for names that are absent.
    pub scratch_bytes: BTreeMap<String, usize>,
}

impl std::fmt::Debug for CustomOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let codes: Vec<OpCode> = self.code.iter().map(|entry| entry.code).collect();
        f.debug_struct("CustomOptions").field("code", &codes).field("scratch_bytes", &self.scratch_bytes).finish()
    }
}

/// An operator set with an entry for every custom operator of a model.
pub struct HostOperators {
    known: Vec<&'static OperatorEntry>,
    stand_ins: Vec<OperatorEntry>,
    without_code: Vec<String>,
}

impl HostOperators {
    /// `base` and `code`, with stand-ins for the custom operators of a compiled model that have no code there. A file
    /// that cannot be read gets none: the engine says what is wrong with it.
    pub fn for_file(file: &[u8], base: OperatorSet<'static>, code: &[&'static OperatorEntry]) -> Self {
        let mut names = Vec::new();
        if let Ok(file) = ModelFile::read(file) {
            let mut records = file.operators();
            while let Some(Ok(record)) = records.next_record() {
                if let Some(name) = record.custom_name() {
                    names.push(name.to_string());
                }
            }
        }
        Self::for_names(names, base, code)
    }

    /// As [`HostOperators::for_file`], for the custom operators of a graph.
    pub fn for_graph(graph: &Graph, base: OperatorSet<'static>, code: &[&'static OperatorEntry]) -> Self {
        let names = graph.nodes.iter().filter_map(|node| match &node.operator {
            Operator::Custom { name, .. } => Some(name.clone()),
            _ => None,
        });
        Self::for_names(names.collect(), base, code)
    }

    fn for_names(mut names: Vec<String>, base: OperatorSet<'static>, code: &[&'static OperatorEntry]) -> Self {
        let known: Vec<&'static OperatorEntry> = base.iter().chain(code).copied().collect();
        names.sort();
        names.dedup();
        names.retain(|name| known.iter().all(|entry| entry.code != OpCode::custom(name)));
        let stand_in = |name: &String| OperatorEntry {
            code: OpCode::custom(name),
            check: stand_in_work,
            work: stand_in_work,
            run: stand_in_run,
        };
        let stand_ins = names.iter().map(stand_in).collect();
        Self { known, stand_ins, without_code: names }
    }

    /// The set, for the engine.
    pub fn set(&self) -> Vec<&OperatorEntry> {
        self.known.iter().copied().chain(&self.stand_ins).collect()
    }

    /// Entries of custom operators whose code is here.
    pub(crate) fn custom_code(&self) -> Vec<&'static OperatorEntry> {
        self.known.iter().filter(|entry| entry.code.is_custom()).copied().collect()
    }

    /// Names of the custom operators that have stand-ins, sorted.
    pub fn without_code(&self) -> &[String] {
        &self.without_code
    }
}

fn stand_in_work(operation: &Operation<'_>) -> Result<Work, Refusal> {
    custom_options(operation, operation.custom_name().ok_or(Refusal::Parameter)?.as_bytes())?;
    planned(operation, CustomWork::default())
}

fn stand_in_run(operation: &Operation<'_>, memory: &mut Memory<'_>, _: Range<usize>) -> Result<(), Fault> {
    let mut crc = Crc32::new();
    for index in 0..operation.input_count() {
        crc.update(memory.read(operation.input(index).map_err(|_| Fault)?.span())?);
    }
    for index in 0..operation.output_count() {
        let output = operation.output(index).map_err(|_| Fault)?;
        let element_type = crate::golden::graph_type(output.element_type());
        let bytes = seeded_input(element_type, output.elements(), index, crc.value());
        memory.write(output.span())?.copy_from_slice(&bytes);
    }
    Ok(())
}
