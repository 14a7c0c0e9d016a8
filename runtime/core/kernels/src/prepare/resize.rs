//! Source positions of RESIZE_NEAREST_NEIGHBOR.

use crate::arguments::ResizeParameters;

/// The input position that output position `at` takes, of `input` and `output` positions along an axis.
///
/// Single precision: (at + 1/2 with half-pixel centres) × scale, rounded half away from zero with aligned corners, else
/// cut down; never past the last position.
pub fn nearest_source(at: usize, input: usize, output: usize, parameters: ResizeParameters) -> usize {
    let scale = if parameters.align_corners && output > 1 {
        input.saturating_sub(1) as f32 / (output - 1) as f32
    } else {
        input as f32 / output as f32
    };
    let center = if parameters.half_pixel_centers { 0.5 } else { 0.0 };
    let position = (at as f32 + center) * scale;
    let source = if parameters.align_corners { libm::roundf(position) } else { libm::floorf(position) };
    (source as usize).min(input.saturating_sub(1))
}
