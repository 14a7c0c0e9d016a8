//! Kernels on int16 activations. Float conversions are left to hosts, as all float kernels are.

mod elementwise;
mod rows;
mod weighted;

pub use elementwise::{ADD_I16, CURVE_I16, EXTREMUM_I16, MULTIPLY_I16, RESCALE};
pub use rows::{AVERAGE_POOL_I16, MAX_POOL_I16, SOFTMAX_I16};
pub use weighted::{CONV2D_I16, DEPTHWISE_I16, FULLY_CONNECTED_I16};

use crate::shapes::Extents;
use crate::{Layout, Random};
use mote_kernels::Rows;

/// An int16, at an end of its range once in four times.
fn int16(random: &mut Random) -> i16 {
    if random.chance(4) { random.choose(&[i16::MIN, i16::MAX, 0]) } else { random.word() as i16 }
}

/// Least and greatest output: the whole range twice in three times.
fn activation(random: &mut Random) -> (i16, i16) {
    let (a, b) = (int16(random), int16(random));
    if random.chance(3) { (a.min(b), a.max(b)) } else { (i16::MIN, i16::MAX) }
}

/// Places an image of 2-byte elements, as [`Extents::place`] does one of bytes.
fn place(extents: &Extents, random: &mut Random, layout: &mut Layout<'_>) -> Rows {
    let twice = Extents { channels: 2 * extents.channels, ..*extents };
    Rows { channels: extents.channels, element_bytes: 2, ..twice.place(random, layout) }
}
