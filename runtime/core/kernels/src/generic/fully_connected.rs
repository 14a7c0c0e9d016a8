//! FULLY_CONNECTED.

use super::dot::{DotProducts, Filters, Portable, add_block_products};
use super::float::{add_products, float_at, store_float};
use super::output::{finish_block, store_block};
use super::tuning::OUTPUT_CHANNELS;
use crate::arguments::{FULLY_CONNECTED_BLOCK, FullyConnectedF32, FullyConnectedI8, FullyConnectedShape};
use crate::{Fault, Memory};
use core::ops::Range;

/// FULLY_CONNECTED on int8: blocks of outputs `blocks`.
pub fn fully_connected_i8(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedI8,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    fully_connected_i8_blocks::<Portable>(memory, arguments, blocks)
}

/// The source of every instance of the int8 kernel.
#[inline(always)]
pub(crate) fn fully_connected_i8_blocks<Dot: DotProducts>(
    memory: &mut Memory<'_>,
    arguments: &FullyConnectedI8,
    blocks: Range<usize>,
) -> Result<(), Fault> {
    let FullyConnectedI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.outputs)?;
    if blocks.end > shape.units() {
        return Err(Fault);
    }
    for unit in blocks {
        let (row, first) = position(shape, unit)?;
        let end = first.wrapping_add(FULLY_CONNECTED_BLOCK).min(shape.outputs);
        let vector = shape.input.part(row.wrapping_mul(shape.depth), shape.depth)?;
        let output = shape.output.part(row.wrapping_mul(shape.outputs), shape.outputs)?;
        let mut channel = first;
        while channel < end {
            let count = end.wrapping_sub(channel).min(OUTPUT_CHANNELS);
            let block = channels.block::<OUTPUT_CHANNELS>(channel, count)?;
            let filters = Filters {
                weights,
                first: channel.wrapping_mul(shape.depth),
                pitch: shape.depth,
                length: shape.depth,
                readable: shape.depth,
            };
            let mut sums = [block.biases];
            let zero_point = weighted.input_zero_point as i16;
            add_block_products::<Dot, _>([memory.read(vector)?], filters, count, zero_point, &mut sums)?;
            let [sums] = sums;
            let values = finish_block(&sums, &block, weighted);
            store_block(memory.write(output)?, channel, &values, count)?;
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
