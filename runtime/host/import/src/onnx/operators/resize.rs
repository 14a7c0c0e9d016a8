//! Resize and Upsample.

use super::conv::{Image, image_view};
use crate::importer::Outcome;
use crate::onnx::constant::Constant;
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::report::Blocker;
use mote_graph::Operator;

/// What the source says about one spatial axis.
#[derive(Clone, Copy)]
struct Axis {
    input: usize,
    output: usize,
    scale: f64,
}

pub(super) fn resize<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.view(site, 0)?;
    let upsample = site.proto.op_type == "Upsample" || site.version < 11;
    let rank = x.shape.len();
    if !(3..=4).contains(&rank) {
        return Err(Blocker::new(format!("resizing of {rank} axes"), "resize images").into());
    }
    let (scales, sizes) = match upsample {
        true => {
            let listed = site.floats("scales")?.map(|list| Constant::floats(vec![list.len()], list.to_vec()));
            (listed.map_or_else(|| importer.optional_constant(site, 1, "scales"), |list| Ok(Some(list)))?, None)
        }
        false => (importer.optional_constant(site, 2, "scales")?, importer.optional_ints(site, 3, "sizes")?),
    };
    let axes: Vec<usize> = match site.ints("axes")? {
        Some(list) => list.iter().map(|&axis| site.axis(axis, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let policy = site.text("keep_aspect_ratio_policy")?.unwrap_or("stretch");
    let plan = plan(&x.shape, &axes, scales.filter(|scales| scales.len() > 0), sizes, policy)?;
    if plan.iter().take(2).any(|axis| axis.input != axis.output) {
        return Err(Blocker::new("resizes batch or channels", "resize height and width only").into());
    }
    if site.flag("antialias", false)? && plan.iter().any(|axis| axis.scale < 1.0) {
        return Err(Blocker::new("antialiased resizing", "resize without antialias, or before the model").into());
    }
    let mode = site.text("mode")?.unwrap_or("nearest");
    let default = if upsample { "asymmetric" } else { "half_pixel" };
    let coordinates = site.text("coordinate_transformation_mode")?.unwrap_or(default);
    match mode {
        "nearest" => {
            let rounding = site.text("nearest_mode")?.unwrap_or(if upsample { "floor" } else { "round_prefer_floor" });
            nearest(importer, site, Value::Computed(x), &plan, coordinates, rounding)
        }
        "linear" | "bilinear" => linear(importer, site, &x, &plan, coordinates),
        other => Err(Blocker::new(format!("resizing mode {other}"), "use nearest or linear").into()),
    }
}

fn plan(
    shape: &[usize],
    axes: &[usize],
    scales: Option<Constant>,
    sizes: Option<Vec<i64>>,
    policy: &str,
) -> Result<Vec<Axis>, Blocker> {
    let mut plan: Vec<Axis> = shape.iter().map(|&input| Axis { input, output: input, scale: 1.0 }).collect();
    let unfit = || Blocker::malformed(format!("scales or sizes that do not fit {} axes", axes.len()));
    let most = f64::from(u16::MAX);
    match (scales, sizes) {
        (Some(scales), None) => {
            let list = scales.elements.to_f64();
            if list.len() != axes.len() {
                return Err(unfit());
            }
            for (&axis, scale) in axes.iter().zip(list) {
                let output = (shape[axis] as f64 * scale).floor();
                if !(1.0..=most).contains(&output) {
                    return Err(Blocker::malformed(format!("axis of {} scaled by {scale}", shape[axis])));
                }
                plan[axis] = Axis { input: shape[axis], output: output as usize, scale };
            }
        }
        (None, Some(sizes)) if !sizes.is_empty() => {
            if sizes.len() != axes.len() || sizes.iter().any(|&size| size < 1 || size > i64::from(u16::MAX)) {
                return Err(unfit());
            }
            let ratios: Vec<f64> =
                axes.iter().zip(&sizes).map(|(&axis, &size)| size as f64 / shape[axis] as f64).collect();
            let common = match policy {
                "stretch" => None,
                "not_larger" => ratios.iter().copied().reduce(f64::min),
                "not_smaller" => ratios.iter().copied().reduce(f64::max),
                other => return Err(Blocker::malformed(format!("keep_aspect_ratio_policy {other}"))),
            };
            for ((&axis, &size), ratio) in axes.iter().zip(&sizes).zip(ratios) {
                let input = shape[axis];
                plan[axis] = match common {
                    None => Axis { input, output: size as usize, scale: ratio },
                    Some(scale) => {
                        let output = (scale * input as f64 + 0.5).floor().clamp(1.0, most) as usize;
                        Axis { input, output, scale }
                    }
                };
            }
        }
        _ => return Err(unfit()),
    }
    Ok(plan)
}

/// Where output position `index` lies on the input's axis.
fn position(axis: &Axis, index: usize, coordinates: &str) -> Result<f64, Blocker> {
    let at = index as f64;
    Ok(match coordinates {
        "asymmetric" => at / axis.scale,
        "half_pixel" => (at + 0.5) / axis.scale - 0.5,
        "pytorch_half_pixel" if axis.output > 1 => (at + 0.5) / axis.scale - 0.5,
        "pytorch_half_pixel" => 0.0,
        "align_corners" if axis.output > 1 => at * (axis.input as f64 - 1.0) / (axis.output as f64 - 1.0),
        "align_corners" => 0.0,
        "half_pixel_symmetric" => {
            let adjustment = axis.output as f64 / (axis.scale * axis.input as f64);
            let offset = axis.input as f64 / 2.0 * (1.0 - adjustment);
            offset + (at + 0.5) / axis.scale - 0.5
        }
        other => {
            return Err(Blocker::new(format!("coordinates {other}"), "use half_pixel, asymmetric or align_corners"));
        }
    })
}

/// Nearest neighbours are picked with indices known here, whatever the coordinates and rounding.
fn nearest<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    x: Value,
    plan: &[Axis],
    coordinates: &str,
    rounding: &str,
) -> Outcome {
    let rounded = |value: f64| -> Result<f64, Blocker> {
        Ok(match rounding {
            "floor" => value.floor(),
            "ceil" => value.ceil(),
            "round_prefer_floor" => (value - 0.5).ceil(),
            "round_prefer_ceil" => (value + 0.5).floor(),
            other => return Err(Blocker::malformed(format!("nearest_mode {other}"))),
        })
    };
    let mut indices = Vec::with_capacity(2);
    for axis in &plan[2..] {
        let of = |index: usize| -> Result<usize, Blocker> {
            let place = rounded(position(axis, index, coordinates)?)?;
            Ok(place.clamp(0.0, axis.input as f64 - 1.0) as usize)
        };
        indices.push((0..axis.output).map(of).collect::<Result<Vec<_>, _>>()?);
    }
    // The kernel's own rule: the floor of index × input / output.
    let plainly = |(list, axis): (&Vec<usize>, &Axis)| {
        list.iter().enumerate().all(|(index, &place)| place == index * axis.input / axis.output)
    };
    if let Value::Computed(view) = &x
        && indices.iter().zip(&plan[2..]).all(plainly)
    {
        let operator = Operator::ResizeNearest { align_corners: false, half_pixel_centers: false };
        return emit(importer, site, view, plan, operator);
    }
    let mut y = x;
    for (axis, list) in indices.iter().enumerate() {
        if list.len() != plan[2 + axis].input || !list.iter().copied().eq(0..list.len()) {
            y = importer.picked(site, &y, 2 + axis, list)?;
        }
    }
    importer.define(site, 0, y)
}

fn linear<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    x: &crate::onnx::view::View,
    plan: &[Axis],
    coordinates: &str,
) -> Outcome {
    let exact = plan[2..].iter().all(|axis| (axis.output as f64 / axis.input as f64 - axis.scale).abs() < 1e-6);
    let operator = match coordinates {
        "half_pixel" if exact => Operator::ResizeBilinear { align_corners: false, half_pixel_centers: true },
        "half_pixel_symmetric" if exact => Operator::ResizeBilinear { align_corners: false, half_pixel_centers: true },
        "pytorch_half_pixel" if exact && plan[2..].iter().all(|axis| axis.output > 1) => {
            Operator::ResizeBilinear { align_corners: false, half_pixel_centers: true }
        }
        "asymmetric" if exact => Operator::ResizeBilinear { align_corners: false, half_pixel_centers: false },
        "align_corners" => Operator::ResizeBilinear { align_corners: true, half_pixel_centers: false },
        _ => return interpolated(importer, site, x, plan, coordinates),
    };
    emit(importer, site, x, plan, operator)
}

/// Any linear interpolation, as a product with a constant matrix along each axis.
fn interpolated<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    x: &crate::onnx::view::View,
    plan: &[Axis],
    coordinates: &str,
) -> Outcome {
    let rank = x.shape.len();
    let mut y = Value::Computed(x.clone());
    for (at, axis) in plan.iter().enumerate().skip(2) {
        if axis.input == axis.output && axis.scale == 1.0 {
            continue;
        }
        let cells = axis.input.saturating_mul(axis.output);
        importer.reserve(cells.saturating_mul(8))?;
        let mut matrix = vec![0.0f32; cells];
        for index in 0..axis.output {
            let place = position(axis, index, coordinates)?.clamp(0.0, axis.input as f64 - 1.0);
            let (low, share) = (place.floor() as usize, place - place.floor());
            matrix[low * axis.output + index] += (1.0 - share) as f32;
            matrix[(low + 1).min(axis.input - 1) * axis.output + index] += share as f32;
        }
        let matrix = Value::Constant(Constant::floats(vec![axis.input, axis.output], matrix));
        let mut turn: Vec<usize> = (0..rank).collect();
        turn.swap(at, rank - 1);
        let turned = |value: &Value| match value {
            Value::Computed(view) => Value::Computed(view.transposed(&turn)),
            Value::Constant(constant) => Value::Constant(constant.transposed(&turn)),
        };
        let product = super::gemm::product(importer, site, &turned(&y), &matrix, None)?;
        y = turned(&product);
    }
    importer.define(site, 0, y)
}

fn emit<'m>(
    importer: &mut Importer<'m>,
    site: &Site<'_, 'm>,
    x: &crate::onnx::view::View,
    plan: &[Axis],
    operator: Operator,
) -> Outcome {
    let image = Image::of(importer, site, x)?;
    let columns = plan.get(3).map_or(1, |axis| axis.output);
    let stored = [image.batch, plan[2].output, columns, image.channels];
    let y = importer.emit(site, operator, vec![image.tensor], stored.to_vec())?;
    importer.define_view(site, image_view(y, stored, image.axes))
}
