//! All output channels of one or two pixels.

use super::dot::{CENTRED_ELEMENTS, Centred, Rows};
use super::negated_twice;
use super::output::{BLOCK, Constants};
use crate::Fault;
use crate::generic::dot::Filters;
use crate::generic::pixels::{OutputStage, PixelLoops};
use core::ops::Range;

/// Convolutions and fully connected layers in DSP instructions.
pub(super) struct Dsp;

/// Channels of one pixel whose sums run side by side, and of each of two pixels.
const ALONE: usize = 4;
const PAIRED: usize = 2;

impl PixelLoops for Dsp {
    const PIXELS: usize = 2;

    type Workspace = Centred;

    fn workspace() -> Centred {
        Centred::new()
    }

    #[inline(never)]
    fn outputs<const PIXELS: usize>(
        centred: &mut Centred,
        patches: [&[u8]; PIXELS],
        filters: Filters<'_>,
        stage: &OutputStage<'_>,
        made: Range<usize>,
        outputs: &mut [&mut [u8]; PIXELS],
    ) -> Result<(), Fault> {
        let zero_points = negated_twice(stage.weighted.input_zero_point);
        let part = CENTRED_ELEMENTS.checked_div(PIXELS).ok_or(Fault)?;
        let mut channel = made.start;
        let mut first_weight = filters.first;
        while channel < made.end {
            let count = made.end.wrapping_sub(channel).min(BLOCK);
            let constants = Constants::of(&stage.channels, channel, count)?;
            let mut sums = [constants.biases(); PIXELS];
            let mut start = 0usize;
            while start < filters.length {
                let taps = filters.length.wrapping_sub(start).min(part);
                // Inputs that fit whole stay for all channels.
                if taps < filters.length || channel == made.start {
                    for (pixel, patch) in patches.iter().enumerate() {
                        let inputs = patch.get(start..start.wrapping_add(taps)).ok_or(Fault)?;
                        centred.fill(pixel, PIXELS, inputs, zero_points)?;
                    }
                }
                let weights = filters.weights.get(first_weight.wrapping_add(start)..).ok_or(Fault)?;
                let rows = Rows { weights, pitch: filters.pitch };
                match sums.as_mut_slice() {
                    [one] => add_alone(centred, rows, taps, one, count)?,
                    [one, two] => add_paired(centred, rows, taps, one, two, count)?,
                    _ => return Err(Fault),
                }
                start = start.wrapping_add(taps);
            }
            for (sums, output) in sums.iter().zip(outputs.iter_mut()) {
                let output = output.get_mut(channel..channel.wrapping_add(count)).ok_or(Fault)?;
                constants.finish(sums, stage.weighted, output)?;
            }
            first_weight = first_weight.wrapping_add(count.wrapping_mul(filters.pitch));
            channel = channel.wrapping_add(count);
        }
        Ok(())
    }
}

/// Adds the products of one pixel to the sums of `count` channels.
#[inline(always)]
fn add_alone(
    centred: &Centred,
    mut rows: Rows<'_>,
    taps: usize,
    sums: &mut [i32; BLOCK],
    count: usize,
) -> Result<(), Fault> {
    let (groups, _) = sums.as_chunks_mut::<ALONE>();
    let mut left = count;
    for group in groups {
        if left >= ALONE {
            centred.add_one_by_four(rows, taps, group)?;
            rows.weights = rows.weights.get(rows.pitch.wrapping_mul(ALONE)..).unwrap_or(&[]);
            left = left.wrapping_sub(ALONE);
            continue;
        }
        for sum in group.iter_mut().take(left) {
            // Four times the same channel.
            let mut same = [*sum; ALONE];
            centred.add_one_by_four(Rows { pitch: 0, ..rows }, taps, &mut same)?;
            [*sum, ..] = same;
            rows.weights = rows.weights.get(rows.pitch..).unwrap_or(&[]);
        }
        break;
    }
    Ok(())
}

/// Adds the products of two pixels to the sums of `count` channels.
#[inline(always)]
fn add_paired(
    centred: &Centred,
    mut rows: Rows<'_>,
    taps: usize,
    one: &mut [i32; BLOCK],
    two: &mut [i32; BLOCK],
    count: usize,
) -> Result<(), Fault> {
    let (ones, _) = one.as_chunks_mut::<PAIRED>();
    let (twos, _) = two.as_chunks_mut::<PAIRED>();
    let mut left = count;
    for (one, two) in ones.iter_mut().zip(twos) {
        if left == 0 {
            break;
        }
        // A channel without a neighbour is taken twice; the second sum is of no use.
        let pitch = if left == 1 { 0 } else { rows.pitch };
        let mut sums = [*one, *two];
        centred.add_two_by_two(Rows { pitch, ..rows }, taps, &mut sums)?;
        [*one, *two] = sums;
        rows.weights = rows.weights.get(rows.pitch.wrapping_mul(PAIRED)..).unwrap_or(&[]);
        left = left.saturating_sub(PAIRED);
    }
    Ok(())
}
