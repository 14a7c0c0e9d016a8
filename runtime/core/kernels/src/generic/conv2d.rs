//! CONV_2D.
//!
//! Each pixel's window is copied once into scratch as one patch (padding columns as zero points, padding rows left
//! out), so that an output is one sum over contiguous bytes. A pointwise convolution reads its pixels in place.

use super::dot::{Filters, InnerLoops, Portable, add_block_products};
use super::float::{add_products, float_at, store_float};
use super::output::{copy_to_start, store_block};
use super::tuning::{CONV_PIXELS, OUTPUT_CHANNELS};
use crate::arguments::{Conv2dF32, Conv2dI8, Conv2dShape, WeightedI8, group_patch_bytes, reads_in_place};
use crate::{Channels, Fault, Memory};
use core::ops::Range;

/// CONV_2D on int8: output rows `rows`, counted in the order of the walk. Scratch: [`Conv2dI8::scratch_bytes`].
// Never part of its caller, which is built for size.
#[inline(never)]
pub fn conv2d_i8(memory: &mut Memory<'_>, arguments: &Conv2dI8, rows: Range<usize>) -> Result<(), Fault> {
    conv2d_i8_rows::<Portable>(memory, arguments, rows)
}

/// The source of every instance of the int8 kernel.
#[inline(always)]
pub(crate) fn conv2d_i8_rows<Loops: InnerLoops>(
    memory: &mut Memory<'_>,
    arguments: &Conv2dI8,
    rows: Range<usize>,
) -> Result<(), Fault> {
    let Conv2dI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.output.channels)?;
    let layer = Layer {
        shape,
        weighted,
        weights,
        channels,
        group_outputs: shape.output.channels.checked_div(shape.groups).ok_or(Fault)?,
        in_place: reads_in_place(shape),
    };
    if rows.end > shape.units() {
        return Err(Fault);
    }
    for step in rows {
        let line = Line::new(shape, shape.walk.at(step, shape.units()))?;
        let width = shape.output.width;
        let mut column = 0;
        while column < width {
            let x = shape.walk.at(column, width);
            if CONV_PIXELS > 1 && column.wrapping_add(1) < width {
                layer.pixels::<Loops, _>(memory, &line, [x, shape.walk.at(column.wrapping_add(1), width)])?;
                column = column.wrapping_add(2);
            } else {
                layer.pixels::<Loops, _>(memory, &line, [x])?;
                column = column.wrapping_add(1);
            }
        }
    }
    Ok(())
}

/// One output row and what it reads.
struct Line {
    /// Output row of all images.
    output_row: usize,
    /// Input row of all images under window row 0 (beyond the ends where that is padding: wraps).
    input_row: usize,
    /// First window row inside the image.
    first_tap: usize,
    /// One past the last window row inside the image.
    end_tap: usize,
}

impl Line {
    #[inline(always)]
    fn new(shape: &Conv2dShape, output_row: usize) -> Result<Self, Fault> {
        let image = output_row.checked_div(shape.output.height).ok_or(Fault)?;
        let y = output_row.wrapping_sub(image.wrapping_mul(shape.output.height));
        let (first_tap, end_tap) = shape.window.rows_inside(y, shape.input.height);
        let origin = y.wrapping_mul(shape.window.stride_height).wrapping_sub(shape.window.pad_top);
        let input_row = image.wrapping_mul(shape.input.height).wrapping_add(origin);
        Ok(Self { output_row, input_row, first_tap, end_tap })
    }

    /// Input row of all images under window row `tap`, which must be inside.
    #[inline(always)]
    fn row_under(&self, shape: &Conv2dShape, tap: usize) -> usize {
        self.input_row.wrapping_add(tap.wrapping_mul(shape.window.dilation_height))
    }
}

struct Layer<'a, 'm> {
    shape: &'a Conv2dShape,
    weighted: &'a WeightedI8,
    weights: &'m [u8],
    channels: Channels<'m>,
    group_outputs: usize,
    in_place: bool,
}

impl Layer<'_, '_> {
    /// Makes all channels of the pixels at `columns` of one row.
    #[inline(always)]
    fn pixels<Loops: InnerLoops, const PIXELS: usize>(
        &self,
        memory: &mut Memory<'_>,
        line: &Line,
        columns: [usize; PIXELS],
    ) -> Result<(), Fault> {
        let shape = self.shape;
        let row_elements = shape.window.width.wrapping_mul(shape.group_channels());
        let length = line.end_tap.wrapping_sub(line.first_tap).wrapping_mul(row_elements);
        let patch_bytes = group_patch_bytes(length);
        let pixel_patches = patch_bytes.wrapping_mul(shape.groups);
        if !self.in_place {
            let mut start = 0usize;
            for &x in &columns {
                self.gather(memory, line, x, start, patch_bytes)?;
                start = start.wrapping_add(pixel_patches);
            }
        }
        for group in 0..shape.groups {
            let first = group.wrapping_mul(self.group_outputs);
            let end = first.wrapping_add(self.group_outputs);
            let mut channel = first;
            while channel < end {
                let count = end.wrapping_sub(channel).min(OUTPUT_CHANNELS);
                let block = self.channels.block::<OUTPUT_CHANNELS>(channel, count)?;
                let mut patches = [&[][..]; PIXELS];
                let mut start = group.wrapping_mul(patch_bytes);
                for (patch, &x) in patches.iter_mut().zip(&columns) {
                    *patch = if self.in_place {
                        let input_x = x.wrapping_mul(shape.window.stride_width);
                        memory.read(shape.input.pixels(line.input_row, input_x, 1)?)?
                    } else {
                        memory.scratch.get(start..start.wrapping_add(patch_bytes)).ok_or(Fault)?
                    };
                    start = start.wrapping_add(pixel_patches);
                }
                let pitch = shape.filter_elements();
                let skipped = line.first_tap.wrapping_mul(row_elements);
                let filters = Filters {
                    weights: self.weights,
                    first: channel.wrapping_mul(pitch).wrapping_add(skipped),
                    pitch,
                    length,
                    readable: patch_bytes,
                };
                let mut sums = [block.biases; PIXELS];
                let zero_point = self.weighted.input_zero_point as i16;
                add_block_products::<Loops, _>(patches, filters, count, zero_point, &mut sums)?;
                for (sums, &x) in sums.iter().zip(&columns) {
                    let values = Loops::finish(sums, &block, self.weighted);
                    let pixel = memory.write(shape.output.pixels(line.output_row, x, 1)?)?;
                    store_block(pixel, channel, &values, count)?;
                }
                channel = channel.wrapping_add(count);
            }
        }
        Ok(())
    }

    /// Copies the window of the pixel at `x` to scratch from `start`: one patch per group, each `patch_bytes`, in the
    /// order of the weights; padding columns and the rest of each patch hold the zero point.
    #[inline(always)]
    fn gather(
        &self,
        memory: &mut Memory<'_>,
        line: &Line,
        x: usize,
        start: usize,
        patch_bytes: usize,
    ) -> Result<(), Fault> {
        let shape = self.shape;
        let window = &shape.window;
        let zero = self.weighted.input_zero_point as u8;
        let (first, end) = window.columns_inside(x, shape.input.width);
        let origin = x.wrapping_mul(window.stride_width).wrapping_sub(window.pad_left);
        let group_channels = shape.group_channels();
        let runs = shape.groups == 1 && window.dilation_width == 1 && first < end;
        let mut at = start;
        for group in 0..shape.groups {
            let patch_end = at.wrapping_add(patch_bytes);
            for tap in line.first_tap..line.end_tap {
                let input_row = line.row_under(shape, tap);
                if runs {
                    let columns = end.wrapping_sub(first);
                    let span = shape.input.pixels(input_row, origin.wrapping_add(first), columns)?;
                    let (source, scratch) = memory.read_with_scratch(span)?;
                    let next = at.wrapping_add(window.width.wrapping_mul(group_channels));
                    let target = scratch.get_mut(at..next).ok_or(Fault)?;
                    if columns == window.width {
                        copy_to_start(target, source)?;
                    } else {
                        target.fill(zero);
                        let inside = target.get_mut(first.wrapping_mul(group_channels)..).ok_or(Fault)?;
                        copy_to_start(inside, source)?;
                    }
                    at = next;
                    continue;
                }
                for column in 0..window.width {
                    let next = at.wrapping_add(group_channels);
                    if (first..end).contains(&column) {
                        let input_x = origin.wrapping_add(column.wrapping_mul(window.dilation_width));
                        let pixel = shape.input.pixels(input_row, input_x, 1)?;
                        let channels = pixel.part(group.wrapping_mul(group_channels), group_channels)?;
                        let (source, scratch) = memory.read_with_scratch(channels)?;
                        copy_to_start(scratch.get_mut(at..next).ok_or(Fault)?, source)?;
                    } else {
                        memory.scratch.get_mut(at..next).ok_or(Fault)?.fill(zero);
                    }
                    at = next;
                }
            }
            memory.scratch.get_mut(at..patch_end).ok_or(Fault)?.fill(zero);
            at = patch_end;
        }
        Ok(())
    }
}

/// CONV_2D on float32: output rows `rows`, counted in the order of the walk.
pub fn conv2d_f32(memory: &mut Memory<'_>, arguments: &Conv2dF32, rows: Range<usize>) -> Result<(), Fault> {
    let Conv2dF32 { shape, weighted } = arguments;
    let (weights, biases) = weighted.constants(memory, shape.output.channels)?;
    let group_outputs = shape.output.channels.checked_div(shape.groups).ok_or(Fault)?;
    let group_channels = shape.group_channels();
    let window = &shape.window;
    if rows.end > shape.units() {
        return Err(Fault);
    }
    for step in rows {
        let line = Line::new(shape, shape.walk.at(step, shape.units()))?;
        for column in 0..shape.output.width {
            let x = shape.walk.at(column, shape.output.width);
            let (first, end) = window.columns_inside(x, shape.input.width);
            let origin = x.wrapping_mul(window.stride_width).wrapping_sub(window.pad_left);
            for channel in 0..shape.output.channels {
                let group = channel.checked_div(group_outputs).ok_or(Fault)?;
                let mut total = 0.0;
                for tap in line.first_tap..line.end_tap {
                    let input_row = line.row_under(shape, tap);
                    for kx in first..end {
                        let input_x = origin.wrapping_add(kx.wrapping_mul(window.dilation_width));
                        let pixel = memory.read(shape.input.pixels(input_row, input_x, 1)?)?;
                        let channel_row = channel.wrapping_mul(window.height).wrapping_add(tap);
                        let position = channel_row.wrapping_mul(window.width).wrapping_add(kx);
                        let weight = position.wrapping_mul(group_channels);
                        let input = group.wrapping_mul(group_channels);
                        total = add_products(total, pixel, input, weights, weight, group_channels)?;
                    }
                }
                let value = weighted.finish(total, float_at(biases, channel)?);
                let pixel = memory.write(shape.output.pixels(line.output_row, x, 1)?)?;
                store_float(pixel, channel, value)?;
            }
        }
    }
    Ok(())
}
