//! Shape arithmetic: SHAPE of a fixed shape, and the slices and packs that converters build new shapes from.
//!
//! A model exported with an open batch computes the argument of RESHAPE from the input's shape at run time. With the
//! batch fixed all of it is constant, and is computed here.

use crate::importer::{Importer, Outcome, Site};
use crate::operands::integers;
use crate::report::Blocker;
use crate::tensors::convert;
use mote_graph::{ElementType, Tensor};
use std::sync::Arc;

pub(super) fn shape(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let x = importer.input(site, 0)?;
    let extents: Vec<i64> = importer.get(x).shape.iter().map(|&extent| extent as i64).collect();
    fold(importer, site, &extents)
}

/// Values of an operand that shape arithmetic produced; none for every other operand.
pub(super) fn folded(importer: &Importer<'_, '_>, index: Option<usize>) -> Option<Vec<i64>> {
    importer.folded_tensor(index?).and_then(integers)
}

/// PACK of such values, when every operand is one.
pub(super) fn folded_pack(importer: &Importer<'_, '_>, site: &Site<'_, '_>) -> Option<Vec<i64>> {
    let mut any = false;
    let values = site.inputs.iter().map(|&index| {
        let computed = folded(importer, index);
        any |= computed.is_some();
        let values = match computed {
            Some(values) => values,
            None => integers(&importer.constant(index?).ok()??)?,
        };
        <[i64; 1]>::try_from(values).ok().map(|[value]| value)
    });
    let values = values.collect::<Option<Vec<i64>>>()?;
    any.then_some(values)
}

/// Records the values as the operator's output.
pub(super) fn fold(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, values: &[i64]) -> Outcome {
    let to = importer.output_index(site, 0)?;
    let output = convert(importer.source, &importer.subgraph.tensors[to], to, &importer.options.limits)?;
    let bytes: Option<Vec<u8>> = match output.element_type {
        ElementType::I64 => Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        ElementType::I32 => {
            let narrow: Option<Vec<i32>> = values.iter().map(|&value| i32::try_from(value).ok()).collect();
            narrow.map(|values| values.iter().flat_map(|value| value.to_le_bytes()).collect())
        }
        _ => None,
    };
    match bytes {
        Some(bytes) if output.elements() == values.len() && output.data.is_none() => {
            importer.fold(to, Tensor { data: Some(Arc::new(bytes)), ..output });
            Ok(())
        }
        _ => {
            let reason = format!("{values:?} as {} {:?}", output.element_type.name(), output.shape);
            Err(Blocker::malformed(reason).of(output.name).into())
        }
    }
}
