//! Sums of products of int8 activations and weights: where nearly all time goes.

use super::output::finish_block;
use super::tuning::{DOT_CHANNELS, DOT_IN_REGISTERS, DOT_TAPS, OUTPUT_CHANNELS};
use crate::arguments::WeightedI8;
use crate::{ChannelBlock, Fault};

/// The innermost loops, which instruction sets may do in their own way: sums of products, and what makes outputs of
/// them.
pub(crate) trait InnerLoops {
    /// `[p][c] = Σ (patches[p][k] − zero_point) × weights[c][k]` over k below the shortest slice's length; bytes are
    /// int8. `zero_point` in −128 ..= 127; sums wrap.
    fn products<const PIXELS: usize, const CHANNELS: usize>(
        patches: [&[u8]; PIXELS],
        weights: [&[u8]; CHANNELS],
        zero_point: i16,
    ) -> Result<[[i32; CHANNELS]; PIXELS], Fault>;

    /// Requantises a block of accumulators (bias already in) and clamps them to the activation range.
    #[inline(always)]
    fn finish<const CHANNELS: usize>(
        accumulators: &[i32; CHANNELS],
        block: &ChannelBlock<CHANNELS>,
        weighted: &WeightedI8,
    ) -> [u8; CHANNELS] {
        finish_block(accumulators, block, weighted)
    }
}

/// Plain loops, which compilers turn into what the target has.
pub(crate) struct Portable;

impl InnerLoops for Portable {
    #[inline(always)]
    fn products<const PIXELS: usize, const CHANNELS: usize>(
        patches: [&[u8]; PIXELS],
        weights: [&[u8]; CHANNELS],
        zero_point: i16,
    ) -> Result<[[i32; CHANNELS]; PIXELS], Fault> {
        let length = shortest(&patches).min(shortest(&weights));
        // One length, known to be that of every slice, lets the compiler drop every check in the loop.
        let patches = cut(patches, length)?;
        let weights = cut(weights, length)?;
        let mut totals = [[0i32; CHANNELS]; PIXELS];
        if DOT_IN_REGISTERS {
            for (patch, totals) in patches.into_iter().zip(totals.iter_mut()) {
                match *weights.as_slice() {
                    [a, b, c, d] => copy_sums(totals, &four_sums(patch, [a, b, c, d], zero_point.into())),
                    _ => {
                        weights.iter().zip(totals).for_each(|(w, total)| *total = one_sum(patch, w, zero_point.into()))
                    }
                }
            }
            return Ok(totals);
        }
        for k in 0..length {
            for (patch, totals) in patches.iter().zip(totals.iter_mut()) {
                // 16 bits hold the difference, so that hosts use their 16-bit multiply-add.
                let input = *patch.get(k).ok_or(Fault)?;
                let centred = (input as i8 as i16).wrapping_sub(zero_point) as i32;
                for (total, weights) in totals.iter_mut().zip(weights) {
                    let weight = *weights.get(k).ok_or(Fault)? as i8 as i32;
                    *total = total.wrapping_add(centred.wrapping_mul(weight));
                }
            }
        }
        Ok(totals)
    }
}

fn copy_sums(totals: &mut [i32], sums: &[i32]) {
    totals.iter_mut().zip(sums).for_each(|(total, &sum)| *total = sum);
}

/// Sums of four channels over slices of one length. A function of its own, and never part of another, so that its
/// values are all that competes for registers.
#[inline(never)]
fn four_sums(patch: &[u8], weights: [&[u8]; 4], zero_point: i32) -> [i32; 4] {
    let (inputs, input_rest) = patch.as_chunks::<DOT_TAPS>();
    let [(a, a_rest), (b, b_rest), (c, c_rest), (d, d_rest)] = weights.map(|w| w.as_chunks::<DOT_TAPS>());
    let mut sums = [0i32; 4];
    for ((((input, a), b), c), d) in inputs.iter().zip(a).zip(b).zip(c).zip(d) {
        for ((((&input, &a), &b), &c), &d) in input.iter().zip(a).zip(b).zip(c).zip(d) {
            add_four(&mut sums, (input as i8 as i32).wrapping_sub(zero_point), [a, b, c, d]);
        }
    }
    if input_rest.is_empty() {
        return sums;
    }
    for ((((&input, &a), &b), &c), &d) in input_rest.iter().zip(a_rest).zip(b_rest).zip(c_rest).zip(d_rest) {
        add_four(&mut sums, (input as i8 as i32).wrapping_sub(zero_point), [a, b, c, d]);
    }
    sums
}

#[inline(always)]
fn add_four(sums: &mut [i32; 4], centred: i32, weights: [u8; 4]) {
    for (sum, weight) in sums.iter_mut().zip(weights) {
        *sum = sum.wrapping_add(centred.wrapping_mul(weight as i8 as i32));
    }
}

/// The sum of one channel.
#[inline(never)]
fn one_sum(patch: &[u8], weights: &[u8], zero_point: i32) -> i32 {
    let products = patch.iter().zip(weights);
    products.fold(0i32, |sum, (&input, &weight)| {
        let centred = (input as i8 as i32).wrapping_sub(zero_point);
        sum.wrapping_add(centred.wrapping_mul(weight as i8 as i32))
    })
}

/// Length of the shortest slice.
#[inline(always)]
pub(crate) fn shortest(slices: &[&[u8]]) -> usize {
    slices.iter().map(|slice| slice.len()).min().unwrap_or(0)
}

/// The first `length` bytes of each slice.
#[inline(always)]
pub(crate) fn cut<const COUNT: usize>(slices: [&[u8]; COUNT], length: usize) -> Result<[&[u8]; COUNT], Fault> {
    let mut parts = [&[][..]; COUNT];
    for (part, slice) in parts.iter_mut().zip(slices) {
        *part = slice.get(..length).ok_or(Fault)?;
    }
    Ok(parts)
}

/// Where the weights of neighbouring output channels stand in a weight tensor.
#[derive(Clone, Copy)]
pub(crate) struct Filters<'a> {
    /// The whole weight tensor.
    pub weights: &'a [u8],
    /// First weight of the block's first channel.
    pub first: usize,
    /// Weights from one channel to the next.
    pub pitch: usize,
    /// Weights of each channel that count.
    pub length: usize,
    /// Weights that may be read when the tensor has them, at least `length`: the patches hold zero points there.
    pub readable: usize,
}

impl<'a> Filters<'a> {
    #[inline(always)]
    fn channel(&self, index: usize) -> Result<&'a [u8], Fault> {
        let start = self.first.wrapping_add(index.wrapping_mul(self.pitch));
        let rest = self.weights.get(start..).ok_or(Fault)?;
        rest.get(..self.readable).or_else(|| rest.get(..self.length)).ok_or(Fault)
    }
}

/// `sums[p][c] += Σ (patches[p][k] − zero_point) × filter c [k]` for the first `count` channels of a block.
#[inline(always)]
pub(crate) fn add_block_products<Loops: InnerLoops, const PIXELS: usize>(
    patches: [&[u8]; PIXELS],
    filters: Filters<'_>,
    count: usize,
    zero_point: i16,
    sums: &mut [[i32; OUTPUT_CHANNELS]; PIXELS],
) -> Result<(), Fault> {
    let mut tile = 0;
    while tile < count {
        if count.wrapping_sub(tile) >= DOT_CHANNELS {
            let mut weights = [&[][..]; DOT_CHANNELS];
            for (index, slot) in weights.iter_mut().enumerate() {
                *slot = filters.channel(tile.wrapping_add(index))?;
            }
            add_tile::<Loops, _, _>(patches, weights, zero_point, tile, sums)?;
            tile = tile.wrapping_add(DOT_CHANNELS);
        } else {
            add_tile::<Loops, _, _>(patches, [filters.channel(tile)?], zero_point, tile, sums)?;
            tile = tile.wrapping_add(1);
        }
    }
    Ok(())
}

#[inline(always)]
fn add_tile<Loops: InnerLoops, const PIXELS: usize, const CHANNELS: usize>(
    patches: [&[u8]; PIXELS],
    weights: [&[u8]; CHANNELS],
    zero_point: i16,
    first: usize,
    sums: &mut [[i32; OUTPUT_CHANNELS]; PIXELS],
) -> Result<(), Fault> {
    let totals = Loops::products(patches, weights, zero_point)?;
    for (sums, totals) in sums.iter_mut().zip(totals) {
        for (sum, total) in sums.iter_mut().skip(first).zip(totals) {
            *sum = sum.wrapping_add(total);
        }
    }
    Ok(())
}
