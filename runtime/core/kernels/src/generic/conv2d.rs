//! CONV_2D.
//!
//! Each pixel's window is copied once into scratch as one patch (padding columns as zero points, padding rows left
//! out), so that an output is one sum over contiguous bytes. A pointwise convolution reads its pixels in place.

use super::dot::{Filters, Portable};
use super::float::{add_products, float_at, store_float};
use super::output::copy_to_start;
use super::pixels::{OutputStage, PixelLoops};
use crate::arguments::{Conv2dF32, Conv2dI8, Conv2dShape, group_patch_bytes, reads_in_place};
use crate::{Fault, Memory};
use core::ops::Range;

/// CONV_2D on int8: output rows `rows`, counted in the order of the walk. Scratch: [`Conv2dI8::scratch_bytes`].
// Never part of its caller, which is built for size.
#[inline(never)]
pub fn conv2d_i8(memory: &mut Memory<'_>, arguments: &Conv2dI8, rows: Range<usize>) -> Result<(), Fault> {
    conv2d_i8_rows::<Portable>(memory, arguments, rows)
}

/// The source of every instance of the int8 kernel.
#[inline(always)]
pub(crate) fn conv2d_i8_rows<Loops: PixelLoops>(
    memory: &mut Memory<'_>,
    arguments: &Conv2dI8,
    rows: Range<usize>,
) -> Result<(), Fault> {
    let Conv2dI8 { shape, weighted } = arguments;
    let (weights, channels) = weighted.constants(memory, shape.output.channels)?;
    let layer = Layer {
        shape,
        stage: OutputStage { channels, weighted },
        weights,
        group_outputs: shape.output.channels.checked_div(shape.groups).ok_or(Fault)?,
        in_place: reads_in_place(shape) || (Loops::ANY_LENGTH && shape.is_pointwise() && !shape.overlapping),
    };
    if rows.end > shape.units() {
        return Err(Fault);
    }
    let mut workspace = Loops::workspace(&layer.stage);
    for step in rows {
        let line = Line::new(shape, shape.walk.at(step, shape.units()))?;
        let width = shape.output.width;
        let mut column = 0usize;
        while column < width {
            let count = width.wrapping_sub(column).min(Loops::PIXELS);
            let last = column.wrapping_add(count).wrapping_sub(1);
            let left = shape.walk.at(column, width).min(shape.walk.at(last, width));
            layer.pixels::<Loops>(memory, &mut workspace, &line, left, count)?;
            column = column.wrapping_add(count);
        }
    }
    Ok(())
}

/// One output row and what it reads.
pub(super) struct Line {
    /// Output row of all images.
    pub output_row: usize,
    /// Input row of all images under window row 0 (beyond the ends where that is padding: wraps).
    input_row: usize,
    /// First window row inside the image.
    pub first_tap: usize,
    /// One past the last window row inside the image.
    pub end_tap: usize,
}

impl Line {
    #[inline(always)]
    pub fn new(shape: &Conv2dShape, output_row: usize) -> Result<Self, Fault> {
        let image = output_row.checked_div(shape.output.height).ok_or(Fault)?;
        let y = output_row.wrapping_sub(image.wrapping_mul(shape.output.height));
        let (first_tap, end_tap) = shape.window.rows_inside(y, shape.input.height);
        let origin = y.wrapping_mul(shape.window.stride_height).wrapping_sub(shape.window.pad_top);
        let input_row = image.wrapping_mul(shape.input.height).wrapping_add(origin);
        Ok(Self { output_row, input_row, first_tap, end_tap })
    }

    /// Input row of all images under window row `tap`, which must be inside.
    #[inline(always)]
    pub fn row_under(&self, shape: &Conv2dShape, tap: usize) -> usize {
        self.input_row.wrapping_add(tap.wrapping_mul(shape.window.dilation_height))
    }
}

struct Layer<'a> {
    shape: &'a Conv2dShape,
    stage: OutputStage<'a>,
    weights: &'a [u8],
    group_outputs: usize,
    in_place: bool,
}

impl Layer<'_> {
    /// Makes all channels of `count` (1 or 2) neighbouring pixels of one row, the leftmost at `x`.
    #[inline(always)]
    fn pixels<Loops: PixelLoops>(
        &self,
        memory: &mut Memory<'_>,
        workspace: &mut Loops::Workspace<'_>,
        line: &Line,
        x: usize,
        count: usize,
    ) -> Result<(), Fault> {
        let shape = self.shape;
        let row_elements = shape.window.width.wrapping_mul(shape.group_channels());
        let length = line.end_tap.wrapping_sub(line.first_tap).wrapping_mul(row_elements);
        let patch_bytes = if self.in_place { length } else { group_patch_bytes(length) };
        let pixel_patches = patch_bytes.wrapping_mul(shape.groups);
        if !self.in_place {
            for pixel in 0..count {
                let start = pixel.wrapping_mul(pixel_patches);
                self.gather(memory, line, x.wrapping_add(pixel), start, patch_bytes)?;
            }
        }
        let output = shape.output.pixels(line.output_row, x, count)?;
        let (inputs, target, input_step) = if self.in_place {
            let stride = shape.window.stride_width;
            let covered = stride.wrapping_mul(count.wrapping_sub(1)).wrapping_add(1);
            let input = shape.input.pixels(line.input_row, x.wrapping_mul(stride), covered)?;
            let (inputs, target) = memory.read_write(input, output)?;
            (inputs, target, stride.wrapping_mul(shape.input.pixel_bytes()))
        } else {
            let (inputs, target) = memory.scratch_and_write(pixel_patches.wrapping_mul(count), output)?;
            (inputs, target, pixel_patches)
        };
        let (one, two) = target.split_at_mut_checked(shape.output.channels).ok_or(Fault)?;
        let pitch = shape.filter_elements();
        let skipped = line.first_tap.wrapping_mul(row_elements);
        for group in 0..shape.groups {
            let patch = |first: usize| inputs.get(first..first.wrapping_add(patch_bytes)).ok_or(Fault);
            let start = group.wrapping_mul(patch_bytes);
            let channel = group.wrapping_mul(self.group_outputs);
            let first = channel.wrapping_mul(pitch).wrapping_add(skipped);
            let filters = Filters { weights: self.weights, first, pitch, length, readable: patch_bytes };
            let made = channel..channel.wrapping_add(self.group_outputs);
            if Loops::PIXELS > 1 && count > 1 {
                let patches = [patch(start)?, patch(start.wrapping_add(input_step))?];
                Loops::outputs(workspace, patches, filters, &self.stage, made, &mut [&mut *one, &mut *two])?;
            } else {
                Loops::outputs(workspace, [patch(start)?], filters, &self.stage, made, &mut [&mut *one])?;
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
        let zero = self.stage.weighted.input_zero_point as u8;
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
