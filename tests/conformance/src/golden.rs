//! Stored outputs of the reference engines, and the formula of their inputs.

use mote_graph::ElementType;
use serde::Deserialize;
use std::path::PathBuf;

/// Shape and element type of an input or output.
#[derive(Clone, Debug, Deserialize)]
pub struct Port {
    /// Extents.
    pub shape: Vec<usize>,
    /// numpy's name of the element type.
    pub dtype: String,
}

/// What a reference engine answered: its outputs, or why it refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Base64 of every output's bytes, per step.
    Outputs(Vec<Vec<String>>),
    /// Its reason.
    Refused(String),
}

impl Answer {
    /// Bytes per step and output; none for a refusal.
    pub fn bytes(&self) -> Option<Vec<Vec<Vec<u8>>>> {
        match self {
            Self::Outputs(steps) => {
                Some(steps.iter().map(|outputs| outputs.iter().map(|text| from_base64(text)).collect()).collect())
            }
            Self::Refused(_) => None,
        }
    }
}

/// One small model with both engines' answers.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Name, unique.
    pub name: String,
    /// File in the folder.
    pub file: String,
    /// Operator in the source's words.
    pub operator: String,
    /// Model inputs.
    pub inputs: Vec<Port>,
    /// Model outputs.
    pub outputs: Vec<Port>,
    /// TensorFlow Lite Micro.
    pub tflm: Answer,
    /// LiteRT's reference kernels.
    pub litert: Answer,
}

/// All cases.
#[derive(Debug, Deserialize)]
pub struct Cases {
    /// Inferences per case, in order on one interpreter.
    pub steps: usize,
    /// The cases.
    pub cases: Vec<Case>,
}

/// Repository folder.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Folder of the single-operator models.
pub fn operators_folder() -> PathBuf {
    repository().join("tests/golden/operators")
}

/// Cases whose LiteRT answer is no target, with the reason.
pub fn litert_exempt(case: &Case) -> Option<&'static str> {
    let input = case.inputs.first().map_or("", |port| &port.dtype);
    match (case.operator.as_str(), input) {
        ("SUM", "int8") => Some("LiteRT's reference kernel for int8 SUM is broken"),
        ("CONV_2D", "int16") if case.name.ends_with("narrow_bias") => {
            Some("LiteRT's reference kernel reads the int32 bias of an int16 convolution as int64")
        }
        ("FULLY_CONNECTED", "int16") => Some("no kernel rounds int16 FULLY_CONNECTED as LiteRT does"),
        _ => None,
    }
}

/// Reads the index of the single-operator models.
///
/// # Panics
/// When it is not there or not readable: it is part of the repository.
pub fn cases() -> Cases {
    let path = operators_folder().join("cases.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Folder of third-party models: `MOTE_ZOO`, else beside the repository; none when absent.
pub fn zoo() -> Option<PathBuf> {
    let folder = std::env::var_os("MOTE_ZOO").map_or_else(|| repository().join("../shared/zoo"), PathBuf::from);
    folder.join("golden/index.json").exists().then_some(folder)
}

/// Element type of a numpy name.
pub fn element_type(dtype: &str) -> ElementType {
    match dtype {
        "int8" => ElementType::I8,
        "uint8" => ElementType::U8,
        "int16" => ElementType::I16,
        "int32" => ElementType::I32,
        "int64" => ElementType::I64,
        "float32" => ElementType::F32,
        "bool" => ElementType::Bool,
        other => panic!("unknown element type {other}"),
    }
}

/// Bytes of input number `index` at inference `step`: a hash of the element's number and both, in the element's type.
pub fn formula_input(element_type: ElementType, elements: usize, step: usize, index: usize) -> Vec<u8> {
    let seed = (16 * step + index) as u64;
    let element = |number: u64| {
        let mut u =
            (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(seed.wrapping_mul(0xD1B5_4A32_D192_ED03));
        u ^= u >> 30;
        u = u.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        u ^= u >> 27;
        u = u.wrapping_mul(0x94D0_49BB_1331_11EB);
        u ^ (u >> 31)
    };
    let bytes = |u: u64| match element_type {
        ElementType::F32 => ((u >> 40) as f32 / 16_777_216.0 * 2.0 - 1.0).to_le_bytes().to_vec(),
        ElementType::I8 | ElementType::U8 => vec![(u >> 56) as u8],
        ElementType::I16 => ((u >> 48) as u16).to_le_bytes().to_vec(),
        ElementType::I32 => ((u % 256) as u32).to_le_bytes().to_vec(),
        ElementType::I64 => (u % 256).to_le_bytes().to_vec(),
        ElementType::Bool => panic!("the formula has no rule for bool"),
    };
    (0..elements as u64).map(element).flat_map(bytes).collect()
}

fn from_base64(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("not base64: {other}"),
    };
    let letters: Vec<u8> = text.bytes().filter(|&letter| letter != b'=').map(value).collect();
    let group = |group: &[u8]| {
        let bits = group.iter().fold(0u32, |bits, &six| bits << 6 | u32::from(six)) << (6 * (4 - group.len()));
        bits.to_be_bytes()[1..group.len()].to_vec()
    };
    letters.chunks(4).flat_map(group).collect()
}
