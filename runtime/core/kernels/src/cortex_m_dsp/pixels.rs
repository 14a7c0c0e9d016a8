//! All output channels of one or two pixels.

use super::dot::{CENTRED_ELEMENTS, Centred};
use super::negated_twice;
use super::output::{BLOCK, Finish};
use crate::Fault;
use crate::generic::dot::Filters;
use crate::generic::pixels::{OutputStage, PixelLoops};
use core::ops::Range;

/// Convolutions and fully connected layers in DSP instructions.
pub(super) struct Dsp;

/// Working memory of a kernel, and its output stage made ready.
pub(super) struct Workspace<'a> {
    centred: Centred,
    finish: Finish<'a>,
}

impl PixelLoops for Dsp {
    const PIXELS: usize = 2;

    const ANY_LENGTH: bool = true;

    type Workspace<'a> = Workspace<'a>;

    #[inline(always)]
    fn workspace<'a>(stage: &OutputStage<'a>) -> Workspace<'a> {
        Workspace { centred: Centred::new(), finish: Finish::new(&stage.channels, stage.weighted) }
    }

    #[inline(never)]
    fn outputs<const PIXELS: usize>(
        workspace: &mut Workspace<'_>,
        patches: [&[u8]; PIXELS],
        filters: Filters<'_>,
        stage: &OutputStage<'_>,
        made: Range<usize>,
        outputs: &mut [&mut [u8]; PIXELS],
    ) -> Result<(), Fault> {
        let Workspace { centred, finish } = workspace;
        let zero_points = negated_twice(stage.weighted.input_zero_point);
        let part = const { CENTRED_ELEMENTS / PIXELS };
        let mut channel = made.start;
        let mut first_weight = filters.first;
        while channel < made.end {
            let count = made.end.wrapping_sub(channel).min(BLOCK);
            let mut sums = [[0; BLOCK]; PIXELS];
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
                centred.add(weights, filters.pitch, taps, &mut sums, count)?;
                start = start.wrapping_add(taps);
            }
            for (sums, output) in sums.iter().zip(outputs.iter_mut()) {
                let output = output.get_mut(channel..channel.wrapping_add(count)).ok_or(Fault)?;
                finish.finish(sums, channel, output)?;
            }
            first_weight = first_weight.wrapping_add(count.wrapping_mul(filters.pitch));
            channel = channel.wrapping_add(count);
        }
        Ok(())
    }
}
