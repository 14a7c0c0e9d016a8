//! Windows over spatial axes: attributes to geometry.

use crate::importer::Outcome;
use crate::onnx::node::Site;
use crate::report::Blocker;

/// Largest window, stride, dilation or padding; what records can hold.
const MOST: i64 = u16::MAX as i64;

/// A window over one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::onnx) struct Window {
    pub size: usize,
    pub stride: usize,
    pub dilation: usize,
    pub before: usize,
    pub after: usize,
    /// Positions of the window.
    pub output: usize,
}

impl Window {
    /// The window over an axis of extent 1 that the source does not have.
    pub const POINT: Self = Self { size: 1, stride: 1, dilation: 1, before: 0, after: 0, output: 1 };

    /// Elements from the window's first to its last.
    pub fn reach(&self) -> usize {
        (self.size - 1) * self.dilation + 1
    }
}

/// A list attribute over the spatial axes, each of its numbers at least `least`.
fn list(site: &Site<'_, '_>, name: &str, count: usize, least: i64, default: usize) -> Result<Vec<usize>, Blocker> {
    let Some(ints) = site.ints(name)? else { return Ok(vec![default; count]) };
    let numbers = ints.iter().map(|&v| usize::try_from(v).ok().filter(|_| (least..=MOST).contains(&v)));
    let numbers: Option<Vec<usize>> = numbers.collect();
    let negative = name == "pads" && ints.iter().any(|&pad| pad < 0);
    match numbers {
        Some(numbers) if numbers.len() == count => Ok(numbers),
        _ if negative => Err(Blocker::new(format!("negative padding {ints:?}"), "crop with Slice")),
        _ => Err(Blocker::malformed(format!("{name} {ints:?} for {count} numbers from {least} to {MOST}"))),
    }
}

/// The window of a convolution or pooling over axes of `extents`, without rounding its positions up.
pub(in crate::onnx) fn window(site: &Site<'_, '_>, extents: &[usize], kernel: &[usize]) -> Outcome<Vec<Window>> {
    window_with(site, extents, kernel, false)
}

/// As [`window`]; `ceil` rounds the number of positions up.
pub(in crate::onnx) fn window_with(
    site: &Site<'_, '_>,
    extents: &[usize],
    kernel: &[usize],
    ceil: bool,
) -> Outcome<Vec<Window>> {
    let axes = extents.len();
    let strides = list(site, "strides", axes, 1, 1)?;
    let dilations = list(site, "dilations", axes, 1, 1)?;
    let pads = list(site, "pads", 2 * axes, 0, 0)?;
    let auto = site.text("auto_pad")?.unwrap_or("NOTSET");
    let mut windows = Vec::with_capacity(axes);
    for axis in 0..axes {
        let (size, stride, dilation, extent) = (kernel[axis], strides[axis], dilations[axis], extents[axis]);
        if size == 0 || size > MOST as usize {
            return Err(Blocker::malformed(format!("window of {size}")).into());
        }
        let reach = (size - 1) * dilation + 1;
        let (before, after, same) = match auto {
            "SAME_UPPER" | "SAME_LOWER" => {
                let output = extent.div_ceil(stride);
                let total = ((output - 1) * stride + reach).saturating_sub(extent);
                let (small, large) = (total / 2, total - total / 2);
                if auto == "SAME_UPPER" { (small, large, true) } else { (large, small, true) }
            }
            "VALID" => (0, 0, false),
            "NOTSET" => (pads[axis], pads[axes + axis], false),
            other => return Err(Blocker::malformed(format!("auto_pad {other}")).into()),
        };
        let padded = extent + before + after;
        if padded < reach {
            let reason = format!("window over {reach} of {padded} padded elements");
            return Err(Blocker::malformed(reason).into());
        }
        let steps = padded - reach;
        let mut output = steps / stride + 1;
        // Rounded up, but no window starts in the padding behind.
        if ceil && !same && steps % stride != 0 && output * stride < extent + before {
            output += 1;
        }
        // What the last window reaches beyond the input.
        let end = (output - 1) * stride + reach;
        let after = end.saturating_sub(extent + before);
        windows.push(Window { size, stride, dilation, before, after, output });
    }
    Ok(windows)
}

/// The window of a transposed convolution: `before` and `after` are cut from its output.
pub(in crate::onnx) fn transposed_window(
    site: &Site<'_, '_>,
    extents: &[usize],
    kernel: &[usize],
) -> Outcome<Vec<Window>> {
    let axes = extents.len();
    let strides = list(site, "strides", axes, 1, 1)?;
    let dilations = list(site, "dilations", axes, 1, 1)?;
    let pads = list(site, "pads", 2 * axes, 0, 0)?;
    let extra = list(site, "output_padding", axes, 0, 0)?;
    let wanted = match site.ints("output_shape")? {
        Some(_) => Some(list(site, "output_shape", axes, 1, 1)?),
        None => None,
    };
    let auto = site.text("auto_pad")?.unwrap_or("NOTSET");
    let mut windows = Vec::with_capacity(axes);
    for axis in 0..axes {
        let (size, stride, dilation) = (kernel[axis], strides[axis], dilations[axis]);
        let reach = (size.max(1) - 1) * dilation + 1;
        let full = (extents[axis] - 1) * stride + reach + extra[axis];
        let target = match (&wanted, auto) {
            (Some(wanted), _) => Some(wanted[axis]),
            (None, "SAME_UPPER" | "SAME_LOWER") => Some(extents[axis] * stride),
            _ => None,
        };
        let (before, after) = match target {
            Some(target) => {
                let total = full.checked_sub(target).ok_or_else(|| {
                    Blocker::new(format!("output of {target} beyond the {full} there are"), "pad the output with Pad")
                })?;
                if auto == "SAME_UPPER" { (total / 2, total - total / 2) } else { (total - total / 2, total / 2) }
            }
            None => (pads[axis], pads[axes + axis]),
        };
        let output = full.checked_sub(before + after).filter(|&output| output > 0 && output <= MOST as usize);
        let output = output.ok_or_else(|| Blocker::malformed(format!("pads {before} and {after} of {full}")))?;
        windows.push(Window { size, stride, dilation, before, after, output });
    }
    Ok(windows)
}
