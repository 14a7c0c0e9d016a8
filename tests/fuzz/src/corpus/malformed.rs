//! One input per class of malformed model that has broken other runtimes, made from valid
//! ones: starting points for the fuzzer, and a test that each is refused.

use mote_format::write::{ModelToWrite, write_model};
use mote_format::{Location, OpCode, Shape, TensorRecord};

use crate::seeds;

/// `model.mote` files, each wrong in one way.
pub fn model_files() -> Vec<Vec<u8>> {
    let good = write_model(&seeds::lookup_model());
    let mut files: Vec<_> = wrong_records().into_iter().map(|(_, file)| file).collect();
    files.extend(cut_and_broken(&good));
    files
}

/// TFLite files, each broken in one way.
pub fn tflite_files(valid: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let Some(good) = valid.first() else { return Vec::new() };
    let mut files = cut_and_broken(good);
    // Eight bytes that only look like a file of this kind.
    files.push(b"\0\0\0\0TFL3".to_vec());
    files.push(b"\x08\0\0\0TFL3".to_vec());
    files
}

/// Classes that need no knowledge of the format.
fn cut_and_broken(good: &[u8]) -> Vec<Vec<u8>> {
    let mut files = vec![Vec::new(), vec![0; 8], vec![0xff; 64]];
    files.extend((1..16).map(|part| good[..good.len() * part / 16].to_vec()));
    // The first offset or the version points far outside.
    files.extend([0, 4].map(|at| {
        let mut file = good.to_vec();
        file.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xff);
        file
    }));
    // Numbers in the other byte order.
    files.push(good.chunks(4).flat_map(|word| word.iter().rev().copied().collect::<Vec<_>>()).collect());
    files
}

/// Well-formed files with one record that may not be believed.
pub fn wrong_records() -> Vec<(&'static str, Vec<u8>)> {
    let file = |change: &dyn Fn(&mut ModelToWrite)| {
        let mut model = seeds::lookup_model();
        change(&mut model);
        write_model(&model)
    };
    let tensor = |change: &dyn Fn(&mut TensorRecord)| file(&|model| change(&mut model.tensors[1]));
    let shape = |extents: &[u32]| Shape::new(extents).unwrap_or_else(|| unreachable!("a valid shape"));
    vec![
        ("tensor beyond the arena", tensor(&|tensor| tensor.offset = 40)),
        ("tensor whose end wraps around", tensor(&|tensor| tensor.offset = u32::MAX - 3)),
        ("length and shape disagree", tensor(&|tensor| tensor.bytes = 15)),
        ("shape of more elements than memory", tensor(&|tensor| tensor.shape = shape(&[1 << 30]))),
        ("constant that is not there", tensor(&|tensor| tensor.location = Location::Constant)),
        ("state that is not there", tensor(&|tensor| (tensor.location, tensor.offset) = (Location::State, 8))),
        ("shared memory", tensor(&|tensor| tensor.offset = 8)),
        ("view of itself", tensor(&|tensor| tensor.view_of = 1)),
        ("view of nothing", tensor(&|tensor| tensor.view_of = 77)),
        ("ring of more rows than there are", tensor(&|tensor| tensor.ring_rows = 9)),
        ("lifetime that ends before it begins", tensor(&|tensor| tensor.last_step = 0)),
        ("lifetime beyond the last step", tensor(&|tensor| tensor.last_step = 99)),
        ("scale that is no number", tensor(&|tensor| tensor.scale = f32::NAN)),
        ("infinite scale", tensor(&|tensor| tensor.scale = f32::INFINITY)),
        ("negative scale", tensor(&|tensor| tensor.scale = -1.0)),
        ("zero point outside the type", tensor(&|tensor| tensor.zero_point = 300)),
        ("operand that is not there", file(&|model| model.operators[0].inputs = vec![3])),
        ("missing operand", file(&|model| model.operators[0].inputs.clear())),
        ("no output", file(&|model| model.operators[1].outputs.clear())),
        ("operators in a circle", file(&|model| model.operators[0].inputs = vec![2])),
        (
            "output that is a constant",
            file(&|model| {
                model.tensors[2].location = Location::Constant;
            }),
        ),
        ("written twice", file(&|model| model.operators[1].outputs = vec![1])),
        ("unknown operator", file(&|model| model.operators[0].code = OpCode(0x7ffe))),
        ("parameters cut off", file(&|model| model.operators[0].parameters.clear())),
        ("table outside the constants", file(&|model| model.constants.truncate(255))),
        ("input that is not there", file(&|model| model.inputs = vec![9])),
        ("output that is not there", file(&|model| model.outputs = vec![9])),
        ("input given twice", file(&|model| model.inputs = vec![0, 0])),
        ("arena too small", file(&|model| model.header.arena_bytes = 47)),
        ("scratch larger than the arena", file(&|model| model.header.scratch_bytes = 49)),
        ("arena beyond all bounds", file(&|model| model.header.arena_bytes = u32::MAX)),
        ("state that is not filled", file(&|model| model.state.clear())),
        ("state filled twice", file(&|model| model.state.push((16, vec![1])))),
    ]
}

#[cfg(test)]
mod tests {
    use super::{cut_and_broken, tflite_files, wrong_records};
    use mote_engine::{Model, operators};
    use mote_format::write::write_model;

    #[test]
    fn every_wrong_record_is_refused() {
        for (name, file) in wrong_records() {
            assert!(Model::parse(&file, operators::generic()).is_err(), "accepted: {name}");
        }
    }

    #[test]
    fn every_broken_file_is_refused() {
        for (index, file) in cut_and_broken(&write_model(&crate::seeds::lookup_model())).iter().enumerate() {
            assert!(Model::parse(file, operators::generic()).is_err(), "accepted: number {index}");
        }
        let valid = crate::seeds::tflite_files();
        assert!(valid.len() > 10, "the repository's own models are the seeds");
        for file in tflite_files(&valid) {
            assert!(mote_import::import_tflite(&file, &Default::default()).is_err());
        }
    }
}
