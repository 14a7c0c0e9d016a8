//! Valid inputs to start from: the repository's own models.

use std::path::Path;

use mote_format::parameters::LookupParameters;
use mote_format::write::{ModelToWrite, OperatorToWrite, encode, write_model};
use mote_format::{
    ConstantRef, ElementType, Header, Location, MINOR, NOT_A_VIEW, Numerics, OpCode, Packing,
    Shape, TensorRecord,
};

/// Files longer than this slow the fuzzer more than they help.
const MAX_SEED_BYTES: u64 = 16 * 1024;

/// TFLite files of the repository: one small model per operator and case, and the trained ones.
pub fn tflite_files() -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    for folder in ["tests/golden/operators", "models"] {
        collect(Path::new(folder), 2, &mut paths);
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

/// Small valid `model.mote` files.
pub fn models() -> Vec<Vec<u8>> {
    vec![write_model(&lookup_model())]
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
        parameters: encode(&LookupParameters { table: ConstantRef { offset: 0, bytes: 256 } }),
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
    use mote_engine::{Model, operators};

    #[test]
    fn every_seed_is_a_model() {
        for seed in models() {
            Model::parse(&seed, operators::generic()).unwrap();
        }
    }
}
