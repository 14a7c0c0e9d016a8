//! The benchmark's samples with their labels, and what the host's engine and the reference interpreter answer.

use std::path::{Path, PathBuf};

use crate::report::{Problem, failed};
use crate::{command, repository};

/// Samples of the keyword benchmark: 49 × 10 int8 features each.
const SHAPE: [usize; 3] = [49, 10, 1];
const SAMPLE_BYTES: usize = 490;

/// Words that the model tells apart.
pub const CLASSES: usize = 12;

/// Scale and zero point of the model's output, a softmax's.
const SCALE: f64 = 1.0 / 256.0;
const ZERO_POINT: f64 = -128.0;

/// What is known of the samples.
pub struct Samples {
    /// Their bytes.
    pub bytes: Vec<Vec<u8>>,
    /// Right classes.
    pub labels: Vec<usize>,
    /// Output bytes of the host's engine.
    pub host: Vec<Vec<u8>>,
    /// Output bytes of TensorFlow Lite Micro, stored beside the samples.
    pub reference: Vec<Vec<u8>>,
}

/// Folder of the third-party models and samples: `MOTE_ZOO`, else beside the repository.
pub fn zoo() -> Option<PathBuf> {
    let folder = std::env::var_os("MOTE_ZOO").map_or_else(|| repository::root().join("../shared/zoo"), PathBuf::from);
    folder.join("data/kws01/x.bin").is_file().then_some(folder)
}

impl Samples {
    /// Reads the samples and runs them through `model` on the host.
    ///
    /// # Errors
    /// A file is missing or has another length; the host's run.
    pub fn read(zoo: &Path, mote: &Path, model: &Path) -> Result<Self, Problem> {
        let folder = zoo.join("data/kws01");
        let all = std::fs::read(folder.join("x.bin"))?;
        let bytes: Vec<Vec<u8>> = all.chunks(SAMPLE_BYTES).map(<[u8]>::to_vec).collect();
        let table = std::fs::read_to_string(folder.join("labels.csv"))?;
        let label = |row: &str| row.rsplit(',').next().and_then(|label| label.trim().parse().ok());
        let labels: Vec<usize> = table.lines().skip(1).filter_map(label).collect();
        let outputs = |bytes: &[u8]| -> Vec<Vec<u8>> { bytes.chunks(CLASSES).map(<[u8]>::to_vec).collect() };
        let reference = outputs(&std::fs::read(folder.join("golden_tflm_int8.bin"))?);
        let host = outputs(&run_on_host(mote, model, &all)?);
        if [labels.len(), reference.len(), host.len()] != [bytes.len(); 3] {
            return failed(format!("{}: samples, labels and outputs are not of one number", folder.display()));
        }
        Ok(Self { bytes, labels, host, reference })
    }
}

fn run_on_host(mote: &Path, model: &Path, samples: &[u8]) -> Result<Vec<u8>, Problem> {
    let folder = repository::target_dir().join("firmware");
    let (input, output) = (folder.join("kws_input.npy"), folder.join("kws_output.npy"));
    let count = samples.len() / SAMPLE_BYTES;
    std::fs::write(&input, [npy_header(count), samples.to_vec()].concat())?;
    let mut run = command::program_at_root(mote);
    run.arg("run").arg(model).arg("--input").arg(&input).arg("--output").arg(&output);
    command::read(&mut run)?;
    let array = std::fs::read(&output)?;
    // Whatever the header says of the shape, the data stand at the end.
    let start = array.len().checked_sub(count * CLASSES).ok_or("mote run: too few outputs")?;
    Ok(array[start..].to_vec())
}

/// Header of an int8 array in NumPy's format, version 1.0, whose data start at a multiple of 64.
fn npy_header(count: usize) -> Vec<u8> {
    let [rows, columns, channels] = SHAPE;
    let mut text =
        format!("{{'descr': '|i1', 'fortran_order': False, 'shape': ({count}, 1, {rows}, {columns}, {channels}), }}");
    let unpadded = 10 + text.len() + 1;
    text.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    text.push('\n');
    [b"\x93NUMPY\x01\x00".as_slice(), &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat()
}

/// Real values of output bytes.
pub fn reals(output: &[u8]) -> Vec<f64> {
    output.iter().map(|byte| (f64::from(*byte as i8) - ZERO_POINT) * SCALE).collect()
}

/// Index of the first largest value.
pub fn class(results: &[f64]) -> usize {
    let first_largest = |best: usize, index: usize| if results[index] > results[best] { index } else { best };
    (0..results.len()).fold(0, first_largest)
}

#[cfg(test)]
mod tests {
    use super::{class, npy_header, reals};

    #[test]
    fn the_first_of_equal_classes_counts() {
        assert_eq!(class(&[0.1, 0.7, 0.7, 0.2]), 1);
        assert_eq!(reals(&[0x80, 0x7F, 0]), [0.0, 255.0 / 256.0, 0.5]);
    }

    #[test]
    fn arrays_are_as_numpy_writes_them() {
        let header = npy_header(500);
        assert_eq!(header.len() % 64, 0);
        assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])) + 10, header.len());
        assert!(header.ends_with(b"\n"));
    }
}
