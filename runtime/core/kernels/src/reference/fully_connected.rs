//! FULLY_CONNECTED, one output at a time.

use super::pixels::{float_at, int8_at};
use crate::arguments::{
    FULLY_CONNECTED_BLOCK, FullyConnectedF32, FullyConnectedI8, FullyConnectedLitertI8, FullyConnectedShape,
};
use crate::{Fault, Memory};
use core::ops::Range;
use mote_numbers::{RealMultiplier, requantize};

/// FULLY_CONNECTED on int8: blocks of outputs `blocks`.
pub fn fully_connected_i8(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedI8,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    let FullyConnectedI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.outputs)?;
    each_output(shape, blocks, |row, channel| {
        let input = memory.read(shape.input)?;
        let mut accumulator = channels.bias(channel)?;
        for k in 0..shape.depth {
            let value = int8_at(input, row * shape.depth + k)? - weighted.input_zero_point;
            accumulator = accumulator.wrapping_add(value * int8_at(weights, channel * shape.depth + k)?);
        }
        let scaled = requantize(accumulator, channels.multiplier(channel)?);
        let value = scaled
            .wrapping_add(weighted.output_zero_point)
            .max(weighted.activation_minimum)
            .min(weighted.activation_maximum);
        let output = memory.write(shape.output)?;
        *output.get_mut(row * shape.outputs + channel).ok_or(Fault)? = value as u8;
        Ok(())
    })
}

/// FULLY_CONNECTED on int8 as LiteRT computes it: blocks of outputs `blocks`.
pub fn fully_connected_litert_i8(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedLitertI8,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    let FullyConnectedLitertI8 { shape, .. } = arguments;
    let weights = memory.constant(arguments.weights)?;
    let (biases, _) = memory.constant(arguments.biases)?.as_chunks::<4>();
    let (factors, _) = memory.constant(arguments.factors)?.as_chunks::<8>();
    each_output(shape, blocks, |row, channel| {
        let input = memory.read(shape.input)?;
        let mut accumulator = i32::from_le_bytes(*biases.get(channel).ok_or(Fault)?);
        for k in 0..shape.depth {
            let value = int8_at(input, row * shape.depth + k)? - arguments.input_zero_point;
            accumulator = accumulator.wrapping_add(value * int8_at(weights, channel * shape.depth + k)?);
        }
        let factor = factors.get(if factors.len() == 1 { 0 } else { channel }).ok_or(Fault)?;
        let factor = RealMultiplier::from_bits(u64::from_le_bytes(*factor)).ok_or(Fault)?;
        let value = factor
            .apply(accumulator)
            .saturating_add(arguments.output_zero_point)
            .max(arguments.activation_minimum)
            .min(arguments.activation_maximum);
        *memory.write(shape.output)?.get_mut(row * shape.outputs + channel).ok_or(Fault)? = value as u8;
        Ok(())
    })
}

/// FULLY_CONNECTED on float32: blocks of outputs `blocks`.
pub fn fully_connected_f32(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedF32,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    let FullyConnectedF32 { shape, weighted } = arguments;
    let (weights, biases) = weighted.constants(memory, shape.outputs)?;
    each_output(shape, blocks, |row, channel| {
        let input = memory.read(shape.input)?;
        let mut total = 0.0;
        for k in 0..shape.depth {
            total += float_at(input, row * shape.depth + k)? * float_at(weights, channel * shape.depth + k)?;
        }
        let value = weighted.finish(total, float_at(biases, channel)?);
        let output = memory.write(shape.output)?;
        let start = (row * shape.outputs + channel) * 4;
        let slot = output.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<4>()).ok_or(Fault)?;
        *slot = value.to_le_bytes();
        Ok(())
    })
}

/// Calls `output` with (row, channel) for each output of the blocks.
pub(super) fn each_output(
    shape: &FullyConnectedShape,
    blocks: Range<usize>,
    mut output: impl FnMut(usize, usize) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if blocks.end > shape.units() {
        return Err(Fault);
    }
    for unit in blocks {
        let row = unit.checked_div(shape.blocks()).ok_or(Fault)?;
        let first = unit.checked_rem(shape.blocks()).ok_or(Fault)? * FULLY_CONNECTED_BLOCK;
        for channel in first..(first + FULLY_CONNECTED_BLOCK).min(shape.outputs) {
            output(row, channel)?;
        }
    }
    Ok(())
}
