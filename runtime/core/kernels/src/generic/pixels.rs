//! All output channels of a pixel: what a convolution or a fully connected layer does once its inputs lie side by side.

use super::dot::{Filters, InnerLoops, add_block_products};
use super::output::store_block;
use super::tuning::{CONV_PIXELS, OUTPUT_CHANNELS};
use crate::arguments::WeightedI8;
use crate::{Channels, Fault};
use core::ops::Range;

/// What turns accumulators into outputs.
#[derive(Clone, Copy)]
pub(crate) struct OutputStage<'a> {
    /// Bias and multiplier of every output channel.
    pub channels: Channels<'a>,
    /// Zero points and clamps.
    pub weighted: &'a WeightedI8,
}

/// Outputs of pixels whose inputs lie side by side.
pub(crate) trait PixelLoops {
    /// Pixels a convolution makes together. 1 or 2: scratch holds two patches.
    const PIXELS: usize;

    /// Patches need not go on beyond the elements that count, so that a pointwise convolution of any depth reads its
    /// pixels in place.
    const ANY_LENGTH: bool;

    /// Memory used within one call of a kernel.
    type Workspace<'a>;

    /// Such memory for a layer.
    fn workspace<'a>(stage: &OutputStage<'a>) -> Self::Workspace<'a>;

    /// `outputs[p][c] = output of (bias c + Σ (patches[p][k] − input zero point) × filter c [k])` for the channels c in
    /// `made`. `filters` begins with the first of them and says how many k count; patches have at least as many bytes,
    /// and hold the zero point beyond (see [`Self::ANY_LENGTH`]).
    fn outputs<const PIXELS: usize>(
        workspace: &mut Self::Workspace<'_>,
        patches: [&[u8]; PIXELS],
        filters: Filters<'_>,
        stage: &OutputStage<'_>,
        made: Range<usize>,
        outputs: &mut [&mut [u8]; PIXELS],
    ) -> Result<(), Fault>;
}

/// A block of channels after the other: sums, then outputs.
impl<Loops: InnerLoops> PixelLoops for Loops {
    const PIXELS: usize = CONV_PIXELS;

    const ANY_LENGTH: bool = false;

    type Workspace<'a> = ();

    #[inline(always)]
    fn workspace(_: &OutputStage<'_>) {}

    #[inline(always)]
    fn outputs<const PIXELS: usize>(
        _: &mut (),
        patches: [&[u8]; PIXELS],
        mut filters: Filters<'_>,
        stage: &OutputStage<'_>,
        made: Range<usize>,
        outputs: &mut [&mut [u8]; PIXELS],
    ) -> Result<(), Fault> {
        let zero_point = stage.weighted.input_zero_point as i16;
        let mut channel = made.start;
        while channel < made.end {
            let count = made.end.wrapping_sub(channel).min(OUTPUT_CHANNELS);
            let block = stage.channels.block::<OUTPUT_CHANNELS>(channel, count)?;
            let mut sums = [block.biases; PIXELS];
            add_block_products::<Loops, _>(patches, filters, count, zero_point, &mut sums)?;
            for (sums, output) in sums.iter().zip(outputs.iter_mut()) {
                store_block(output, channel, &Loops::finish(sums, &block, stage.weighted), count)?;
            }
            filters.first = filters.first.wrapping_add(count.wrapping_mul(filters.pitch));
            channel = channel.wrapping_add(count);
        }
        Ok(())
    }
}
