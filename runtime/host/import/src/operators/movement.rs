//! Operators that move elements without computing: reshaping, transposing, padding, gathering.

use crate::importer::{Importer, Outcome, Site};
use crate::operands::{axis, integers, no_options};
use crate::report::Blocker;
use mote_graph::{ElementType, Operator, Tensor};
use std::sync::Arc;

/// The new shape is the output tensor's; the argument, where there is one, must be a constant that agrees or leaves
/// an extent open (−1, or 0 in files of some converters).
pub(super) fn reshape(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    if site.inputs.get(1).copied().flatten().is_some() {
        let stored = importer.argument(site, 1, "new shape")?;
        let y = importer.output(site, 0)?;
        let shape = &importer.get(y).shape;
        let open = stored.iter().any(|&extent| extent < 1);
        if !open && !shape.iter().map(|&extent| extent as i64).eq(stored.iter().copied()) {
            let elements = stored.iter().try_fold(1i64, |product, &extent| product.checked_mul(extent));
            if elements != Some(importer.get(y).elements() as i64) {
                let reason = format!("argument {stored:?} against output shape {shape:?}");
                return Err(Blocker::malformed(reason).of(importer.get(y).name.clone()).into());
            }
        }
    }
    same_elements(importer, site)
}

pub(super) fn squeeze(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let x = importer.input(site, 0)?;
    let shape = &importer.get(x).shape;
    let options = site.raw.builtin_options_as_squeeze_options();
    let listed = options.and_then(|options| options.squeeze_dims());
    let listed: Vec<i64> = listed.iter().flatten().take(64).map(i64::from).collect();
    let axes = listed.iter().map(|&value| axis(value, shape.len())).collect::<Outcome<Vec<_>>>()?;
    if let Some(&wide) = axes.iter().find(|&&axis| shape.get(axis) != Some(&1)) {
        return Err(Blocker::malformed(format!("axis {wide} of shape {shape:?} has an extent other than 1")).into());
    }
    let squeezed = |at: usize, extent: usize| if axes.is_empty() { extent == 1 } else { axes.contains(&at) };
    let kept = shape.iter().enumerate().filter(|&(at, &extent)| !squeezed(at, extent));
    let expected: Vec<usize> = kept.map(|(_, &extent)| extent).collect();
    let y = importer.output(site, 0)?;
    importer.expect_shape(y, &expected)?;
    same_elements(importer, site)
}

pub(super) fn expand_dims(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let stored = importer.argument_scalar(site, 1, "axis")?;
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    let mut expected = importer.get(x).shape.clone();
    let axis = axis(stored, expected.len() + 1)?;
    expected.insert(axis, 1);
    importer.expect_shape(y, &expected)?;
    same_elements(importer, site)
}

fn same_elements(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.moved_type(&[x, y])?;
    importer.same_elements(x, y)?;
    importer.push(site, Operator::Reshape, vec![x], vec![y])
}

pub(super) fn transpose(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let stored = importer.argument(site, 1, "permutation")?;
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.moved_type(&[x, y])?;
    let shape = importer.get(x).shape.clone();
    let permutation = stored.iter().map(|&value| axis(value, shape.len())).collect::<Outcome<Vec<_>>>()?;
    let mut sorted = permutation.clone();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..shape.len()) {
        let reason = format!("{stored:?} is no permutation of {} axes", shape.len());
        return Err(Blocker::malformed(reason).into());
    }
    let expected: Vec<usize> = permutation.iter().filter_map(|&axis| shape.get(axis).copied()).collect();
    importer.expect_shape(y, &expected)?;
    importer.push(site, Operator::Transpose { permutation }, vec![x], vec![y])
}

pub(super) fn pad(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    pad_by(importer, site, None)
}

pub(super) fn pad_with_value(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let index = importer.input_index(site, 2)?;
    let value = importer.constant(index)?.ok_or_else(|| {
        Blocker::new("padding value computed at run time", "make the padding value a constant").of(importer.name(index))
    })?;
    pad_by(importer, site, Some(&value))
}

fn pad_by(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, value: Option<&Tensor>) -> Outcome {
    let stored = importer.argument(site, 1, "paddings")?;
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.moved_type(&[x, y])?;
    let shape = importer.get(x).shape.clone();
    let malformed = || Blocker::malformed(format!("paddings {stored:?} of shape {shape:?}"));
    let amounts = stored.iter().map(|&amount| u32::try_from(amount).ok().map(|amount| amount as usize));
    let amounts: Vec<usize> = amounts.collect::<Option<_>>().ok_or_else(malformed)?;
    let paddings: Vec<(usize, usize)> = amounts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    if amounts.len() != 2 * shape.len() {
        return Err(malformed().into());
    }
    let expected: Vec<usize> = shape.iter().zip(&paddings).map(|(&extent, pad)| pad.0 + extent + pad.1).collect();
    importer.expect_shape(y, &expected)?;
    let value = value.map(|value| padding_value(value, importer.get(y))).transpose()?;
    importer.push(site, Operator::Pad { paddings, value }, vec![x], vec![y])
}

/// Stored bytes of a padding value, which is copied and so must be in the data's own units.
fn padding_value(value: &Tensor, data: &Tensor) -> Result<Vec<u8>, Blocker> {
    let refuse = |reason: &str| Err(Blocker::malformed(reason).of(value.name.clone()));
    if value.element_type != data.element_type || value.elements() != 1 {
        return refuse("padding value is not one element of the data's type");
    }
    if value.quantization.is_some() && value.quantization != data.quantization {
        return refuse("padding value is quantised differently from the data");
    }
    Ok(value.data.as_ref().map(|data| data.to_vec()).unwrap_or_default())
}

pub(super) fn gather(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_gather_options().ok_or_else(no_options)?;
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.moved_type(&[x, y])?;
    let mut indices = importer.input(site, 1)?;
    let shape = importer.get(x).shape.clone();
    let axis_ = axis(i64::from(options.axis()), shape.len())?;
    let tensor = importer.get(indices);
    let places = tensor.shape.clone();
    let batch_axes = match options.batch_dims() {
        0 => 0,
        negative @ ..0 => axis(i64::from(negative), places.len())?,
        // All axes of the indices may be batch axes.
        positive => axis(i64::from(positive), places.len() + 1)?,
    };
    if batch_axes > axis_ || shape.get(..batch_axes) != places.get(..batch_axes) {
        let reason = format!("{batch_axes} batch axes of {shape:?} at axis {axis_} with indices {places:?}");
        return Err(Blocker::malformed(reason).into());
    }
    match tensor.element_type {
        ElementType::I32 => {}
        ElementType::I64 if tensor.data.is_some() => indices = narrow(importer, indices)?,
        other => {
            let reason = format!("indices computed as {}", other.name());
            return Err(Blocker::new(reason, "use int32 indices").of(tensor.name.clone()).into());
        }
    }
    let extent = shape.get(axis_).copied().unwrap_or(0) as i64;
    let outside = |values: Vec<i32>| values.into_iter().find(|&value| !(0..extent).contains(&i64::from(value)));
    if let Some(value) = importer.get(indices).i32_data().and_then(outside) {
        let reason = format!("index {value} of an axis of extent {extent}");
        return Err(Blocker::malformed(reason).of(importer.get(indices).name.clone()).into());
    }
    let before = shape.iter().take(axis_);
    let expected: Vec<usize> =
        before.chain(places.iter().skip(batch_axes)).chain(shape.iter().skip(axis_ + 1)).copied().collect();
    importer.expect_shape(y, &expected)?;
    importer.push(site, Operator::Gather { axis: axis_, batch_axes }, vec![x, indices], vec![y])
}

/// Constant int64 indices as int32.
fn narrow(importer: &mut Importer<'_, '_>, id: usize) -> Outcome<usize> {
    let tensor = importer.get(id).clone();
    let wide = integers(&tensor)
        .ok_or_else(|| Blocker::new("too many int64 indices", "use int32 indices").of(tensor.name.clone()))?;
    let mut bytes = Vec::with_capacity(wide.len() * 4);
    for value in wide {
        let narrow =
            i32::try_from(value).map_err(|_| Blocker::malformed(format!("index {value}")).of(tensor.name.clone()))?;
        bytes.extend(narrow.to_le_bytes());
    }
    let data = Some(Arc::new(bytes));
    Ok(importer.add_constant(Tensor { element_type: ElementType::I32, data, quantization: None, ..tensor }))
}
