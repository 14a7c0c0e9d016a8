//! FULLY_CONNECTED.

use super::dot::{Filters, Portable, add_block_products};
use super::float::{add_products, float_at, store_float};
use super::pixels::{OutputStage, PixelLoops};
use super::tuning::OUTPUT_CHANNELS;
use crate::arguments::{
    FULLY_CONNECTED_BLOCK, FullyConnectedF32, FullyConnectedI8, FullyConnectedLitertI8, FullyConnectedShape,
};
use crate::{Fault, Memory};
use core::ops::Range;
use mote_numbers::RealMultiplier;

/// FULLY_CONNECTED on int8: blocks of outputs `blocks`.
// Never part of its caller, which is built for size.
#[inline(never)]
pub fn fully_connected_i8(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedI8,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    fully_connected_i8_blocks::<Portable>(memory, arguments, blocks)
}

/// The source of every instance of the int8 kernel.
#[inline(always)]
pub(crate) fn fully_connected_i8_blocks<Loops: PixelLoops>(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedI8,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    let FullyConnectedI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.outputs)?;
    if blocks.end > shape.units() {
        return Err(Fault);
    }
    let stage = OutputStage { channels, weighted };
    let mut workspace = Loops::workspace(&stage);
    for unit in blocks {
        let (row, first) = position(shape, unit)?;
        let end = first.wrapping_add(FULLY_CONNECTED_BLOCK).min(shape.outputs);
        let vector = shape.input.part(row.wrapping_mul(shape.depth), shape.depth)?;
        let output = shape.output.part(row.wrapping_mul(shape.outputs), shape.outputs)?;
        let (input, output) = memory.read_write(vector, output)?;
        let filters = Filters {
            weights,
            first: first.wrapping_mul(shape.depth),
            pitch: shape.depth,
            length: shape.depth,
            readable: shape.depth,
        };
        Loops::outputs(&mut workspace, [input], filters, &stage, first..end, &mut [output])?;
    }
    Ok(())
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
    if blocks.end > shape.units() {
        return Err(Fault);
    }
    for unit in blocks {
        let (row, first) = position(shape, unit)?;
        let vector = shape.input.part(row.wrapping_mul(shape.depth), shape.depth)?;
        let end = first.wrapping_add(FULLY_CONNECTED_BLOCK).min(shape.outputs);
        let mut channel = first;
        while channel < end {
            let count = end.wrapping_sub(channel).min(OUTPUT_CHANNELS);
            let filters = Filters {
                weights,
                first: channel.wrapping_mul(shape.depth),
                pitch: shape.depth,
                length: shape.depth,
                readable: shape.depth,
            };
            let mut sums = [[0; OUTPUT_CHANNELS]];
            let zero_point = arguments.input_zero_point as i16;
            add_block_products::<Portable, _>([memory.read(vector)?], filters, count, zero_point, &mut sums)?;
            let [sums] = sums;
            for (offset, &sum) in sums.iter().enumerate().take(count) {
                let output = channel.wrapping_add(offset);
                let bias = i32::from_le_bytes(*biases.get(output).ok_or(Fault)?);
                let factor = factors.get(if factors.len() == 1 { 0 } else { output }).ok_or(Fault)?;
                let factor = RealMultiplier::from_bits(u64::from_le_bytes(*factor)).ok_or(Fault)?;
                let value = factor
                    .apply(sum.wrapping_add(bias))
                    .saturating_add(arguments.output_zero_point)
                    .max(arguments.activation_minimum)
                    .min(arguments.activation_maximum);
                let index = row.wrapping_mul(shape.outputs).wrapping_add(output);
                *memory.write(shape.output)?.get_mut(index).ok_or(Fault)? = value as u8;
            }
            channel = channel.wrapping_add(count);
        }
    }
    Ok(())
}

/// Row and first output of a unit of work.
#[inline(always)]
fn position(shape: &FullyConnectedShape, unit: usize) -> Result<(usize, usize), Fault> {
    let row = unit.checked_div(shape.blocks()).ok_or(Fault)?;
    let block = unit.wrapping_sub(row.wrapping_mul(shape.blocks()));
    Ok((row, block.wrapping_mul(FULLY_CONNECTED_BLOCK)))
}

/// FULLY_CONNECTED on float32: blocks of outputs `blocks`.
pub fn fully_connected_f32(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedF32,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    let FullyConnectedF32 { shape, weighted } = arguments;
    let (weights, biases) = weighted.constants(memory, shape.outputs)?;
    if blocks.end > shape.units() {
        return Err(Fault);
    }
    for unit in blocks {
        let (row, first) = position(shape, unit)?;
        for channel in first..first.wrapping_add(FULLY_CONNECTED_BLOCK).min(shape.outputs) {
            let input = memory.read(shape.input)?;
            let input_first = row.wrapping_mul(shape.depth);
            let weight_first = channel.wrapping_mul(shape.depth);
            let total = add_products(0.0, input, input_first, weights, weight_first, shape.depth)?;
            let value = weighted.finish(total, float_at(biases, channel)?);
            let index = row.wrapping_mul(shape.outputs).wrapping_add(channel);
            store_float(memory.write(shape.output)?, index, value)?;
        }
    }
    Ok(())
}
