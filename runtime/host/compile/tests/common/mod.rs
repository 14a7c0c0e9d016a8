//! What several tests share: the zoo, and an arena check that knows nothing of the planner.
#![allow(dead_code, reason = "each test uses a part")]

use mote_format::{Location, ModelFile, NOT_A_VIEW, OpCode, TensorRecord};
use mote_graph::Graph;
use mote_import::{ImportOptions, import_tflite};
use std::path::PathBuf;

/// Folder of the third-party models; none, with the test's name printed, where there is none.
pub fn zoo(test: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/zoo");
    let folder = std::env::var_os("MOTE_ZOO").map_or(beside, PathBuf::from);
    if folder.join("golden/index.json").is_file() {
        return Some(folder);
    }
    println!("skipped: {test}: no models at {} (set MOTE_ZOO)", folder.display());
    None
}

/// Imports a model of the zoo, named as in its index (`mlperf/kws01_dscnn_int8.tflite`).
pub fn import(zoo: &std::path::Path, model: &str) -> Result<Graph, String> {
    let bytes = std::fs::read(zoo.join("models").join(model)).map_err(|error| error.to_string())?;
    let options = ImportOptions { name: model.into(), ..ImportOptions::default() };
    import_tflite(&bytes, &options).map(|imported| imported.graph).map_err(|report| format!("{report:?}"))
}

/// The int8 models of the zoo that the operators cover, with the most arena bytes they may take (none: no bound).
pub const INT8_MODELS: &[(&str, Option<usize>)] = &[
    ("mlperf/ad01_autoencoder_int8.tflite", Some(768)),
    ("mlperf/kws01_dscnn_int8.tflite", Some(16_000)),
    ("mlperf/ic01_resnet_int8.tflite", Some(49_152)),
    ("mlperf/vww01_mobilenetv1_int8.tflite", Some(55_296)),
    ("mlperf/sww01_int8.tflite", Some(6_656)),
    ("tflm/person_detect_int8.tflite", Some(55_296)),
    ("tflm/micro_speech_int8.tflite", Some(5_960)),
    ("tflm/hello_world_int8.tflite", None),
    ("tflm/simple_add_int8.tflite", None),
    ("wakeword/alexa.tflite", None),
    ("wakeword/hey_jarvis.tflite", None),
];

/// The float models of the zoo that the operators cover.
pub const FLOAT_MODELS: &[&str] = &[
    "mlperf/ad01_autoencoder_float.tflite",
    "mlperf/kws01_dscnn_float.tflite",
    "mlperf/ic01_resnet_float.tflite",
    "mlperf/vww01_mobilenetv1_float.tflite",
    "tflm/hello_world_float.tflite",
];

/// Operators that may write their output exactly over an input.
const MAY_OVERWRITE: &[OpCode] = &[
    OpCode::ADD_I8,
    OpCode::MULTIPLY_I8,
    OpCode::EXTREMUM_I8,
    OpCode::LOOKUP_8,
    OpCode::SOFTMAX_I8,
    OpCode::SOFTMAX_F32,
    OpCode::BINARY_F32,
    OpCode::UNARY_F32,
    OpCode::CAST,
];

/// Follows a model file's operators byte by byte over the arena and the state: each byte remembers the tensor last
/// written to it, and whatever is read must still be there. Lifetimes in the records are not looked at.
///
/// # Errors
/// The first operator that reads what another has overwritten, or overlaps where it must not.
pub fn verify_plan(file: &[u8]) -> Result<(), String> {
    let file = ModelFile::read(file).map_err(|error| error.to_string())?;
    let tensor = |id: u16| file.tensor(id).expect("tensor exists");
    let tensors_end = (file.header.arena_bytes - file.header.scratch_bytes) as usize;
    let mut owners: Vec<Option<u16>> = vec![None; tensors_end];
    let base = |id: u16, record: &TensorRecord| if record.view_of == NOT_A_VIEW { id } else { record.view_of };
    let span = |record: &TensorRecord| record.offset as usize..(record.offset + record.bytes) as usize;
    let intact = |owners: &[Option<u16>], id: u16| {
        let record = tensor(id);
        record.location != Location::Arena
            || owners
                .get(span(&record))
                .is_some_and(|bytes| bytes.iter().all(|&owner| owner == Some(base(id, &record))))
    };
    for input in (0..).map_while(|index| file.input(index)) {
        owners[span(&tensor(input))].fill(Some(input));
    }
    let mut records = file.operators();
    let mut index = 0;
    while let Some(record) = records.next_record() {
        let record = record.map_err(|error| error.to_string())?;
        let inputs: Vec<u16> = (0..record.input_count as usize).filter_map(|at| record.operand(at)).collect();
        let outputs: Vec<u16> =
            (record.input_count as usize..record.operand_count()).filter_map(|at| record.operand(at)).collect();
        let name = OpCode(record.code).name();
        if let Some(lost) = inputs.iter().find(|&&input| !intact(&owners, input)) {
            return Err(format!("operator {index} {name} reads tensor {lost}, which is overwritten"));
        }
        for &output in &outputs {
            let to = tensor(output);
            for &input in inputs.iter().filter(|&&input| input != output) {
                let from = tensor(input);
                let apart = from.location != to.location
                    || span(&from).end <= span(&to).start
                    || span(&to).end <= span(&from).start;
                let exact = span(&from) == span(&to) && MAY_OVERWRITE.contains(&OpCode(record.code));
                if !apart && !exact {
                    return Err(format!("operator {index} {name} writes tensor {output} over its input {input}"));
                }
            }
            if to.location == Location::Arena {
                if span(&to).end > tensors_end {
                    return Err(format!("tensor {output} reaches into the scratch bytes"));
                }
                owners[span(&to)].fill(Some(output));
            }
        }
        index += 1;
    }
    let lost = (0..).map_while(|index| file.output(index)).find(|&output| !intact(&owners, output));
    lost.map_or(Ok(()), |output| Err(format!("graph output {output} is overwritten at the end")))
}

/// Numbers that look random (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }
}
