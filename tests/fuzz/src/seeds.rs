//! Valid inputs to start from: the repository's own models.

use std::path::Path;

use crate::corpus;
use mote_compile::{CompileOptions, compile};
use mote_engine::{Model, operators};
use mote_format::parameters::LookupParameters;
use mote_format::write::{ModelToWrite, OperatorToWrite, parameters, write_model};
use mote_format::{
    ConstantRef, ElementType, Header, Location, MINOR, NOT_A_VIEW, Numerics, OpCode, Packing, Shape, TensorRecord,
};
use mote_import::{ImportOptions, import_tflite};

/// Files longer than this slow the fuzzer more than they help.
const MAX_SEED_BYTES: u64 = 16 * 1024;

/// TFLite files of the repository: one small model per operator and case, and the trained ones.
pub fn tflite_files() -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    for folder in ["tests/golden/operators", "models"] {
        collect(&corpus::repository().join(folder), 2, &mut paths);
    }
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

fn collect(folder: &Path, depth: u32, paths: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, paths);
        } else if path.extension().is_some_and(|extension| extension == "tflite")
            && entry.metadata().is_ok_and(|metadata| metadata.len() <= MAX_SEED_BYTES)
        {
            paths.push(path);
        }
    }
}

/// Small valid `model.mote` files: one made by hand, and what the compiler makes of the
/// repository's small TFLite files.
pub fn models() -> Vec<Vec<u8>> {
    let files = tflite_files();
    let tflm = files.iter().filter_map(|file| compiled(file, Numerics::Tflm));
    // LiteRT's rounding has an operator of its own; the other operators are the same.
    let litert = files.iter().filter_map(|file| compiled(file, Numerics::Litert)).filter(|file| rounds_once(file));
    let runnable = |file: &Vec<u8>| Model::parse(file, operators::generic()).is_ok();
    std::iter::once(write_model(&lookup_model())).chain(tflm.chain(litert).filter(runnable)).collect()
}

fn rounds_once(file: &[u8]) -> bool {
    Model::parse(file, operators::generic()).is_ok_and(|model| {
        model.operations().any(|(operation, _)| operation.code() == OpCode::FULLY_CONNECTED_LITERT_I8)
    })
}

/// The model file of a TFLite file; none where it is not supported.
fn compiled(tflite: &[u8], numerics: Numerics) -> Option<Vec<u8>> {
    let options =
        CompileOptions { numerics, slim: false, keep_names: false, golden_vectors: 0, ..CompileOptions::default() };
    let imported = import_tflite(tflite, &ImportOptions::default()).ok()?;
    let compiled = compile(&imported.graph, &options).ok()?;
    (compiled.bytes.len() as u64 <= MAX_SEED_BYTES).then_some(compiled.bytes)
}

/// Two table lookups one after the other, with a state tensor that nothing uses.
pub fn lookup_model() -> ModelToWrite {
    let tensor = |offset, first_step, last_step| TensorRecord {
        offset,
        bytes: 16,
        first_step,
        last_step,
        location: Location::Arena,
        element_type: ElementType::I8,
        ring_rows: 0,
        view_of: NOT_A_VIEW,
        scale: 0.5,
        zero_point: -3,
        shape: Shape::new(&[1, 4, 4]).unwrap_or_else(|| unreachable!("16 elements")),
    };
    let lookup = |input, output| OperatorToWrite {
        code: OpCode::LOOKUP_8,
        inputs: vec![input],
        outputs: vec![output],
        parameters: parameters(&LookupParameters { table: ConstantRef { offset: 0, bytes: 256 } }),
    };
    ModelToWrite {
        header: Header {
            minor: MINOR,
            file_bytes: 0,
            arena_bytes: 48,
            scratch_bytes: 0,
            state_bytes: 16,
            tensor_count: 0,
            operator_count: 0,
            packing: Packing::Portable,
            numerics: Numerics::Tflm,
            input_count: 0,
            output_count: 0,
            section_count: 0,
        },
        tensors: vec![tensor(0, 0, 1), tensor(16, 1, 2), tensor(32, 2, 3)],
        inputs: vec![0],
        outputs: vec![2],
        operators: vec![lookup(0, 1), lookup(1, 2)],
        constants: (0..=255_u8).rev().collect(),
        state: vec![(16, vec![7])],
        passport: Vec::new(),
        names: None,
    }
}

#[cfg(test)]
mod tests {
    use super::models;
    use crate::parts::Parts;
    use mote_engine::operators;
    use mote_format::OpCode;
    use std::collections::BTreeSet;

    /// An operator that no seed has is an operator that is hardly fuzzed.
    #[test]
    fn every_operator_of_the_engine_has_a_seed() {
        let seeds = models();
        let parts = seeds.iter().map(|seed| Parts::read(seed).expect("seeds are well-formed"));
        let seen: BTreeSet<OpCode> = parts.flat_map(|model| model.operators).map(|operator| operator.code).collect();
        let linked = operators::generic().iter().map(|entry| entry.code);
        let missing: Vec<_> = linked.filter(|code| !seen.contains(code)).map(OpCode::name).collect();
        assert!(missing.is_empty(), "no seed has {}", missing.join(", "));
    }
}
