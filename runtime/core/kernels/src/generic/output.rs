//! From accumulators to int8 outputs, a block of channels at a time.

use crate::arguments::WeightedI8;
use crate::{ChannelBlock, Fault};
use mote_numbers::{Multiplier, requantize};

/// Requantises a block of accumulators (bias already in) and clamps them to the activation range.
#[inline(always)]
pub(crate) fn finish_block<const CHANNELS: usize>(
    accumulators: &[i32; CHANNELS],
    block: &ChannelBlock<CHANNELS>,
    weighted: &WeightedI8,
) -> [u8; CHANNELS] {
    let mut values = [0u8; CHANNELS];
    let scales = block.mantissas.iter().zip(block.shifts.iter());
    for ((value, &accumulator), (&mantissa, &shift)) in values.iter_mut().zip(accumulators).zip(scales) {
        let scaled = requantize(accumulator, Multiplier { mantissa, shift });
        let moved = scaled.wrapping_add(weighted.output_zero_point);
        *value = moved.max(weighted.activation_minimum).min(weighted.activation_maximum) as u8;
    }
    values
}

/// Writes the first `count` values (at most the block) to `output` from `start`.
#[inline(always)]
pub(crate) fn store_block<const CHANNELS: usize>(
    output: &mut [u8],
    start: usize,
    values: &[u8; CHANNELS],
    count: usize,
) -> Result<(), Fault> {
    let rest = output.get_mut(start..).ok_or(Fault)?;
    if count == CHANNELS {
        *rest.first_chunk_mut().ok_or(Fault)? = *values;
        return Ok(());
    }
    let slots = rest.get_mut(..count).ok_or(Fault)?;
    for (slot, &value) in slots.iter_mut().zip(values) {
        *slot = value;
    }
    Ok(())
}

/// Copies `source` to the start of `target`; a fault when it does not fit.
#[inline(always)]
pub(crate) fn copy_to_start(target: &mut [u8], source: &[u8]) -> Result<(), Fault> {
    let slots = target.get_mut(..source.len()).ok_or(Fault)?;
    for (slot, &value) in slots.iter_mut().zip(source) {
        *slot = value;
    }
    Ok(())
}
