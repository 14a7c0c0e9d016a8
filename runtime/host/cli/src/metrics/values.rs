//! Regression and reconstruction.

use super::Figure;

/// Mean squared and absolute error, and R²; over several outputs, the plain mean of each output's.
pub fn figures(predicted: &[Vec<f64>], truth: &[Vec<f64>]) -> Vec<Figure> {
    let outputs = truth.first().map_or(0, Vec::len);
    let mean = |of: &dyn Fn(usize) -> f64| (0..outputs).map(of).sum::<f64>() / outputs.max(1) as f64;
    let samples = truth.len().max(1) as f64;
    let error = |output: usize, power: i32| {
        let one = |(p, t): (&Vec<f64>, &Vec<f64>)| (p[output] - t[output]).abs().powi(power);
        predicted.iter().zip(truth).map(one).sum::<f64>() / samples
    };
    vec![
        Figure { name: "mse", value: mean(&|output| error(output, 2)), larger_is_better: false },
        Figure { name: "mae", value: mean(&|output| error(output, 1)), larger_is_better: false },
        Figure { name: "r2", value: mean(&|output| r2(output, error(output, 2), truth)), larger_is_better: true },
    ]
}

/// 1 − error / variance; where the truth does not vary, 1 for no error and 0 for any. Not defined for one sample.
fn r2(output: usize, mean_square_error: f64, truth: &[Vec<f64>]) -> f64 {
    let samples = truth.len() as f64;
    if truth.len() < 2 {
        return f64::NAN;
    }
    let mean = truth.iter().map(|row| row[output]).sum::<f64>() / samples;
    let variance = truth.iter().map(|row| (row[output] - mean).powi(2)).sum::<f64>() / samples;
    match (variance == 0.0, mean_square_error == 0.0) {
        (false, _) => 1.0 - mean_square_error / variance,
        (true, true) => 1.0,
        (true, false) => 0.0,
    }
}
