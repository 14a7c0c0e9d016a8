//! Pooling.

use super::conv::{Image, geometry, image_view};
use super::window::{Window, window_with};
use crate::importer::Outcome;
use crate::onnx::constant::Constant;
use crate::onnx::importer::Importer;
use crate::onnx::node::Site;
use crate::onnx::view::View;
use crate::report::Blocker;
use mote_graph::{Activation, Operator, PoolKind, ReduceKind};

/// Operands shared by both poolings.
struct Pooling {
    image: Image,
    windows: Vec<Window>,
}

fn pooling<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, x: &View) -> Outcome<Pooling> {
    let image = Image::of(importer, site, x)?;
    let kernel = site.ints("kernel_shape")?.ok_or_else(|| Blocker::malformed("kernel_shape is missing"))?;
    let kernel: Vec<usize> = kernel.iter().map(|&extent| usize::try_from(extent).unwrap_or(0)).collect();
    if kernel.len() != image.axes {
        return Err(Blocker::malformed(format!("kernel_shape {kernel:?} over {} axes", image.axes)).into());
    }
    let windows = window_with(site, &image.spatial(), &kernel, site.flag("ceil_mode", false)?)?;
    Ok(Pooling { image, windows })
}

impl Pooling {
    fn output(&self, channels: usize) -> [usize; 4] {
        let columns = self.windows.get(1).map_or(self.image.width, |columns| columns.output);
        [self.image.batch, self.windows[0].output, columns, channels]
    }

    fn is_dilated(&self) -> bool {
        self.windows.iter().any(|window| window.dilation > 1 && window.size > 1)
    }

    fn is_padded(&self) -> bool {
        self.windows.iter().any(|window| window.before + window.after > 0)
    }

    /// Every window must hold an element of the input.
    fn expect_filled(&self) -> Result<(), Blocker> {
        let spatial = self.image.spatial();
        let empty = |(window, &extent): (&Window, &usize)| {
            window.before >= window.reach() || (window.output - 1) * window.stride >= extent + window.before
        };
        match self.windows.iter().zip(&spatial).any(empty) {
            true => Err(Blocker::new("windows that hold padding only", "use padding smaller than the window")),
            false => Ok(()),
        }
    }

    fn emit<'m>(&self, importer: &mut Importer<'m>, site: &Site<'_, 'm>, kind: PoolKind) -> Outcome {
        let stored = self.output(self.image.channels);
        let operator = Operator::Pool {
            kind,
            window_height: self.windows[0].size,
            window_width: self.windows.get(1).map_or(1, |columns| columns.size),
            geometry: geometry(&self.windows),
            activation: Activation::None,
        };
        let y = importer.emit(site, operator, vec![self.image.tensor], stored.to_vec())?;
        importer.define_view(site, image_view(y, stored, self.image.axes))
    }
}

pub(super) fn max<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    if site.output_name(1).is_some_and(|name| importer.uses(name) > 0) {
        return Err(Blocker::new("indices of the largest elements", "use the pooled values only").into());
    }
    let x = importer.view(site, 0)?;
    let pooling = pooling(importer, site, &x)?;
    pooling.expect_filled()?;
    if pooling.is_dilated() {
        return Err(Blocker::new("pooling with dilation", "use dilation 1").into());
    }
    pooling.emit(importer, site, PoolKind::Max)
}

/// Average pooling. Where padding counts as elements it becomes elements; dilation makes it a depthwise convolution.
pub(super) fn average<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.view(site, 0)?;
    let mut pooling = pooling(importer, site, &x)?;
    let padding_counts = site.flag("count_include_pad", false)? && pooling.is_padded();
    if padding_counts {
        pad_declared(importer, site, &mut pooling)?;
    }
    pooling.expect_filled()?;
    if !pooling.is_dilated() {
        return pooling.emit(importer, site, PoolKind::Average);
    }
    if pooling.is_padded() {
        let fix = "use dilation 1, or count_include_pad";
        return Err(Blocker::new("average pooling with dilation and padding that does not count", fix).into());
    }
    let taps: usize = pooling.windows.iter().map(|window| window.size).product();
    let channels = pooling.image.channels;
    let [height, width] = [pooling.windows[0].size, pooling.windows.get(1).map_or(1, |columns| columns.size)];
    let weights = Constant::floats(vec![1, height, width, channels], vec![1.0 / taps as f32; taps * channels]);
    let weights = importer.add_tensor(weights.to_tensor("window")?);
    let stored = pooling.output(channels);
    let geometry = geometry(&pooling.windows);
    let operator = Operator::DepthwiseConv2d { geometry, multiplier: 1, activation: Activation::None };
    let y = importer.emit(site, operator, vec![pooling.image.tensor, weights], stored.to_vec())?;
    importer.define_view(site, image_view(y, stored, pooling.image.axes))
}

/// Turns the padding the source declares into zeros of the input; what rounding up adds stays padding.
fn pad_declared<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, pooling: &mut Pooling) -> Outcome {
    let axes = pooling.image.axes;
    let automatic = site.text("auto_pad")?.is_some_and(|auto| auto != "NOTSET");
    let declared = site.ints("pads")?.filter(|_| !automatic);
    let mut paddings = vec![(0, 0); 4];
    for (axis, window) in pooling.windows.iter_mut().enumerate() {
        let behind = declared.and_then(|pads| pads.get(axes + axis)).and_then(|&pad| usize::try_from(pad).ok());
        let after = if automatic { window.after } else { behind.unwrap_or(0) };
        paddings[1 + axis] = (window.before, after);
        window.after = window.after.saturating_sub(after);
        window.before = 0;
    }
    let image = &mut pooling.image;
    image.height += paddings[1].0 + paddings[1].1;
    image.width += paddings[2].0 + paddings[2].1;
    let shape = vec![image.batch, image.height, image.width, image.channels];
    let operator = Operator::Pad { paddings, value: None };
    image.tensor = importer.emit(site, operator, vec![image.tensor], shape)?;
    Ok(())
}

pub(super) fn global_average<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.view(site, 0)?;
    let axes: Vec<usize> = (2..x.shape.len()).collect();
    let y = importer.reduce(site, ReduceKind::Mean, &x, &axes, true)?;
    importer.define_view(site, y)
}

pub(super) fn global_max<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.view(site, 0)?;
    let axes: Vec<usize> = (2..x.shape.len()).collect();
    let y = importer.reduce_max(site, &x, &axes, true)?;
    importer.define_view(site, y)
}
