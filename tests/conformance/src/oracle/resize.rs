//! Image resizing.

use super::fixed::round_away;
use super::{Step, Value};

pub(crate) fn nearest(step: &Step<'_>, align_corners: bool, half_pixel: bool) -> Value {
    let [_, height, width, channels] = step.input_tensor(0).shape4().expect("an image");
    let [batch, rows, columns, _] = step.output_tensor(0).shape4().expect("an image");
    // Single precision is part of the definition: it decides which side of a pixel's border a position falls on.
    let source = |at: usize, input: usize, output: usize| {
        let scale = match align_corners && output > 1 {
            true => (input - 1) as f32 / (output - 1) as f32,
            false => input as f32 / output as f32,
        };
        let position = (at as f32 + if half_pixel { 0.5 } else { 0.0 }) * scale;
        let chosen = if align_corners { round_away(position) } else { position.floor() as i64 };
        chosen.clamp(0, input as i64 - 1) as usize
    };
    let mut picked = Vec::new();
    for n in 0..batch {
        for y in 0..rows {
            for x in 0..columns {
                for c in 0..channels {
                    let (from_y, from_x) = (source(y, height, rows), source(x, width, columns));
                    picked.push(((n * height + from_y) * width + from_x) * channels + c);
                }
            }
        }
    }
    step.input(0).pick(picked.into_iter())
}

/// Position in 1/1024 pixels, lower pixel and upper pixel.
fn integer_position(at: usize, input: usize, output: usize, align_corners: bool, half_pixel: bool) -> [i64; 3] {
    let (at, input, output) = (at as i64, input as i64, output as i64);
    let scale = match align_corners && output > 1 {
        true => (1024 * (input - 1) + (output - 1) / 2) / (output - 1),
        false => (1024 * input + output / 2) / output,
    };
    let position = if half_pixel { at * scale + scale / 2 - 512 } else { at * scale };
    let lower = (position / 1024).max(0);
    let upper = ((position + 1023) / 1024).min(input - 1);
    [position, lower, upper]
}

/// Position, lower pixel and upper pixel, in single precision.
fn real_position(at: usize, input: usize, output: usize, align_corners: bool, half_pixel: bool) -> (f32, usize, usize) {
    let scale = match align_corners && output > 1 {
        true => (input - 1) as f32 / (output - 1) as f32,
        false => input as f32 / output as f32,
    };
    let position = if half_pixel { (at as f32 + 0.5) * scale - 0.5 } else { at as f32 * scale };
    let lower = (position.floor() as i64).max(0) as usize;
    let upper = (position.ceil() as i64).clamp(0, input as i64 - 1) as usize;
    (position, lower, upper)
}

pub(crate) fn bilinear(step: &Step<'_>, align_corners: bool, half_pixel: bool) -> Value {
    let [_, height, width, channels] = step.input_tensor(0).shape4().expect("an image");
    let [batch, rows, columns, _] = step.output_tensor(0).shape4().expect("an image");
    let (mut integers, mut reals) = (Vec::new(), Vec::new());
    for n in 0..batch {
        for oy in 0..rows {
            for ox in 0..columns {
                for c in 0..channels {
                    let at = |y: usize, x: usize| ((n * height + y) * width + x) * channels + c;
                    match step.input(0) {
                        Value::Integers(input) => {
                            let [y, y0, y1] = integer_position(oy, height, rows, align_corners, half_pixel);
                            let [x, x0, x1] = integer_position(ox, width, columns, align_corners, half_pixel);
                            let (dy, dx) = (y - 1024 * y0, x - 1024 * x0);
                            let pixel = |y: i64, x: i64| input[at(y as usize, x as usize)];
                            let sum = pixel(y0, x0) * (1024 - dy) * (1024 - dx)
                                + pixel(y0, x1) * (1024 - dy) * dx
                                + pixel(y1, x0) * dy * (1024 - dx)
                                + pixel(y1, x1) * dy * dx;
                            let half = if sum > 0 { 1 << 19 } else { -(1 << 19) };
                            integers.push((sum + half) / (1 << 20));
                        }
                        Value::Reals(input) => {
                            let (y, y0, y1) = real_position(oy, height, rows, align_corners, half_pixel);
                            let (x, x0, x1) = real_position(ox, width, columns, align_corners, half_pixel);
                            let (dy, dx) = (f64::from(y) - y0 as f64, f64::from(x) - x0 as f64);
                            reals.push(
                                input[at(y0, x0)] * (1.0 - dy) * (1.0 - dx)
                                    + input[at(y0, x1)] * (1.0 - dy) * dx
                                    + input[at(y1, x0)] * dy * (1.0 - dx)
                                    + input[at(y1, x1)] * dy * dx,
                            );
                        }
                    }
                }
            }
        }
    }
    if step.is_integer() { Value::Integers(integers) } else { Value::Reals(reals) }
}
