//! The scripts of MLPerf Tiny's runner against the image `mlperf` on an emulated board: performance and accuracy of the
//! keyword benchmark, over a pseudo-terminal as over a serial cable.
//!
//! Every class the device answers must be the one the host's engine answers, and every result the same number.

mod device;
mod emulator;
mod samples;

use std::path::Path;
use std::time::Instant;

use crate::firmware::{self, Time};
use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::toolchain;
use device::Device;
use emulator::Running;
use mote_target::Target;
use samples::Samples;

/// The board when the options name none.
const BOARD: &str = "mps2-an386";

/// What the device must call the model, for the runner chooses its script by it.
const MODEL: &str = "kws01";

/// Windows of the performance script, and the time that each must take. Source: the runner's `tests_performance.yaml`
/// and `script.py`.
const WINDOWS: usize = 5;
const WINDOW_MICROSECONDS: u64 = 10_000_000;

/// Largest difference of a result of three decimals from the value it stands for.
const ROUNDING: f64 = 0.0005 + 1e-9;

/// The command.
pub fn run(options: &Options) -> Outcome {
    let Some(zoo) = samples::zoo() else {
        return Err(Problem::Skipped("no samples of the keyword benchmark: set MOTE_ZOO".into()));
    };
    let name = options.board.clone().unwrap_or_else(|| BOARD.to_owned());
    let boards = firmware::boards(&Options { board: Some(name), ..options.clone() })?;
    let toolchain = toolchain::setup()?;
    let mote = firmware::mote()?;
    let model = firmware::compile(&mote, "kws01", &zoo.join("models/mlperf/kws01_dscnn_int8.tflite"))?;
    let samples = Samples::read(&zoo, &mote, &model.file)?;
    for board in &boards {
        let image = firmware::build(toolchain, board, &model.operators, "mlperf")?;
        performance(board, &image, &model.file, &samples)?;
        accuracy(board, &image, &model.file, &samples)?;
    }
    Ok(())
}

/// A device that has told who it is.
fn connect(running: &Running) -> Result<Device, Problem> {
    let mut device = Device::new(running.open()?)?;
    let name = device.name()?;
    let (profile, model) = device.profile()?;
    println!("  {name}: {profile}, model {model}");
    if model == MODEL { Ok(device) } else { failed(format!("the model is {model}, not {MODEL}")) }
}

/// Five windows of a sample and inferences that fill the time the runner asks for. Emulated time is instructions.
fn performance(board: &Target, image: &Path, model: &Path, samples: &Samples) -> Outcome {
    let start = Instant::now();
    let running = Running::boot(board, image, model, Time::Instructions)?;
    let mut device = connect(&running)?;
    let before = device.timestamp()?;
    device.load(&samples.bytes[0])?;
    let one = device.infer(1, 1)?.elapsed_microseconds.max(1);
    let count = u32::try_from(WINDOW_MICROSECONDS.div_ceil(one))?;
    let mut rates = Vec::new();
    for sample in samples.bytes.iter().take(WINDOWS) {
        device.load(sample)?;
        let inference = device.infer(count, 1)?;
        rates.push(f64::from(count) * 1e6 / inference.elapsed_microseconds.max(1) as f64);
    }
    if device.timestamp()? <= before {
        return failed("the device's clock stands");
    }
    rates.sort_by(f64::total_cmp);
    println!(
        "  performance: {:.3} inferences a second of emulated time (median of {WINDOWS} windows of {count}; {one} us \
         for one; {:.0} s here)",
        rates[WINDOWS / 2],
        start.elapsed().as_secs_f32()
    );
    Ok(())
}

/// Every sample once. Emulated time is the host's, which is faster to emulate.
fn accuracy(board: &Target, image: &Path, model: &Path, samples: &Samples) -> Outcome {
    let start = Instant::now();
    let running = Running::boot(board, image, model, Time::Host)?;
    let mut device = connect(&running)?;
    let mut answers = Vec::new();
    for sample in &samples.bytes {
        device.load(sample)?;
        answers.push(device.infer(1, 0)?.results);
    }
    let found = Accuracy::of(&answers, samples);
    let all = samples.bytes.len();
    let percent = |right: usize| 100.0 * right as f64 / all as f64;
    println!(
        "  accuracy: device {:.1} % ({} of {all}), host {:.1} %, reference {:.1} %; {} classes and {} result vectors equal \
         the host's ({:.0} s here)",
        percent(found.device_right),
        found.device_right,
        percent(found.host_right),
        percent(found.reference_right),
        found.equal_classes,
        found.equal_results,
        start.elapsed().as_secs_f32()
    );
    if found.equal_classes == all && found.equal_results == all && found.device_right == found.host_right {
        return Ok(());
    }
    failed("the device's answers are not the host's")
}

/// Counts over all samples.
#[derive(Debug, Default, PartialEq, Eq)]
struct Accuracy {
    device_right: usize,
    host_right: usize,
    reference_right: usize,
    /// Samples whose class is the host's.
    equal_classes: usize,
    /// Samples all of whose results are the host's, as far as their decimals tell.
    equal_results: usize,
}

impl Accuracy {
    fn of(answers: &[Vec<f64>], samples: &Samples) -> Self {
        let mut counts = Self::default();
        for (index, results) in answers.iter().enumerate() {
            let (host, reference) = (samples::reals(&samples.host[index]), samples::reals(&samples.reference[index]));
            let label = samples.labels[index];
            let is_same = |(one, other): (&f64, &f64)| (one - other).abs() <= ROUNDING;
            counts.device_right += usize::from(samples::class(results) == label);
            counts.host_right += usize::from(samples::class(&host) == label);
            counts.reference_right += usize::from(samples::class(&reference) == label);
            counts.equal_classes += usize::from(samples::class(results) == samples::class(&host));
            counts.equal_results += usize::from(results.len() == host.len() && results.iter().zip(&host).all(is_same));
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::{Accuracy, Samples};

    #[test]
    fn a_difference_of_one_step_is_counted() {
        let output = |first: u8| [vec![first], vec![0x80; 11]].concat();
        let outputs = vec![output(0x7F), output(0x7F)];
        let samples = Samples { bytes: vec![vec![]; 2], labels: vec![0, 1], host: outputs.clone(), reference: outputs };
        let results = |first: f64| [vec![first], vec![0.0; 11]].concat();
        let counts = Accuracy::of(&[results(0.996), results(0.992)], &samples);
        let (device_right, host_right, reference_right) = (1, 1, 1);
        let expected = Accuracy { device_right, host_right, reference_right, equal_classes: 2, equal_results: 1 };
        assert_eq!(counts, expected);
        let short = Accuracy::of(&[vec![0.996], results(0.996)], &samples);
        assert_eq!(short.equal_results, 1);
    }
}
