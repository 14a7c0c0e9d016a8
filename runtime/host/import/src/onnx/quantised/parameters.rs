//! Scales and zero points of the conversions.

use crate::importer::Outcome;
use crate::onnx::constant::{Constant, Elements};
use crate::onnx::importer::{Importer, Value};
use crate::onnx::node::Site;
use crate::report::Blocker;
use mote_graph::Quantization;

/// Scales, zero points and the kind of stored number a conversion names.
pub(super) struct Parameters {
    pub quantization: Quantization,
    /// The zero point's own elements; none when it is left out.
    pub zero_point: Option<Constant>,
}

/// Reads inputs 1 and 2 of a conversion of a tensor of shape `shape`.
///
/// # Errors
/// Parameters computed at run time, scales that are no positive numbers, parameters whose count or axis does not fit.
pub(super) fn parameters<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>, shape: &[usize]) -> Outcome<Parameters> {
    let block = site.int_or("block_size", 0)?;
    if block != 0 {
        let fix = "quantise per tensor or per channel";
        return Err(Blocker::new(format!("quantised in blocks of {block}"), fix).into());
    }
    let scale = known(importer, site, 1, "scale")?;
    let scales = scale.f32s().ok_or_else(|| Blocker::malformed("its scale is no float"))?;
    let name = site.input_name(1).unwrap_or_default();
    if let Some((channel, wrong)) = scales.iter().enumerate().find(|(_, scale)| !(scale.is_finite() && **scale > 0.0)) {
        let reason = format!("scale {wrong} of channel {channel} is not a finite number above 0");
        return Err(Blocker::malformed(reason).of(name).into());
    }
    let zero_point = match site.input_name(2) {
        None => None,
        Some(_) => Some(known(importer, site, 2, "zero point")?),
    };
    let zero_points = match &zero_point {
        None => vec![0; scales.len()],
        Some(zero_point) => {
            let wrong = || {
                let reason = format!("zero point of type {}", zero_point.elements.type_name());
                Blocker::new(reason, "quantise to int8 or uint8").of(site.input_name(2).unwrap_or_default())
            };
            let points = zero_point.elements.to_i64().ok_or_else(wrong)?;
            points.iter().map(|&point| i32::try_from(point).ok()).collect::<Option<Vec<_>>>().ok_or_else(wrong)?
        }
    };
    if zero_points.len() != scales.len() {
        let reason = format!("{} scales but {} zero points", scales.len(), zero_points.len());
        return Err(Blocker::malformed(reason).of(name).into());
    }
    let axis = match scales.len() {
        1 => 0,
        count => {
            let axis = site.axis(site.int_or("axis", 1)?, shape.len())?;
            if scale.shape.len() != 1 || shape[axis] != count {
                let reason = format!("{count} scales for axis {axis} of shape {shape:?}");
                return Err(Blocker::malformed(reason).of(name).into());
            }
            axis
        }
    };
    Ok(Parameters { quantization: Quantization { scales, zero_points, axis }, zero_point })
}

fn known<'m>(importer: &Importer<'m>, site: &Site<'_, 'm>, position: usize, role: &str) -> Outcome<Constant> {
    match importer.optional(site, position)? {
        Some(Value::Constant(constant)) if constant.len() > 0 => Ok(constant),
        Some(Value::Constant(_)) | None => Err(Blocker::malformed(format!("its {role} is missing")).into()),
        Some(Value::Computed(_)) => {
            let fix = "quantise statically with calibration data, so that it is a constant";
            let blocker = Blocker::new(format!("its {role} is computed at run time"), fix);
            Err(blocker.of(site.input_name(position).unwrap_or_default()).into())
        }
    }
}

/// True when two kinds of stored number are the same.
pub(super) fn same_kind(a: &Elements, b: &Elements) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}
