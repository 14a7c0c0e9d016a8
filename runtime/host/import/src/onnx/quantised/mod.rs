//! The quantised half: QuantizeLinear and DequantizeLinear, operators between them, and operators on stored numbers.
//!
//! 1. [`expand`], before the walk: operators of the QOperator form (QLinearConv and its kin) are written out as
//!    DequantizeLinear, the float operator, QuantizeLinear. From here on there is one form.
//! 2. [`import`], during the walk: the conversions. A dequantised constant becomes a float constant that remembers what
//!    was stored ([`super::constant::Constant::stored_as`]), so that layout and constant folding treat it as any other.
//! 3. [`fuse`], after the walk, on the graph: float operators between Dequantize and Quantize become integer operators.

mod convert;
mod expand;
mod fuse;
mod parameters;

use super::importer::Importer;
use super::node::Site;
use crate::importer::Outcome;
use crate::report::{Blocker, Finding, Severity};
pub(super) use expand::expand;

/// Imports a node that belongs here; none leaves it to the float operators.
pub(super) fn import<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Option<Outcome> {
    let own = matches!(site.proto.domain.as_str(), "" | "ai.onnx" | expand::MICROSOFT);
    match site.proto.op_type.as_str() {
        _ if !own => None,
        "Relu" => convert::stored_relu(importer, site),
        "QuantizeLinear" => Some(convert::quantize(importer, site)),
        "DequantizeLinear" => Some(convert::dequantize(importer, site)),
        "DynamicQuantizeLinear" | "DynamicQuantizeMatMul" | "DynamicQuantizeLSTM" | "MatMulIntegerToFloat" => {
            let reason = "quantises with ranges found at run time, which integer kernels cannot";
            let fix =
                "quantise statically with calibration data (in onnxruntime: quantize_static), or give the float model";
            Some(Err(Blocker::new(reason, fix).into()))
        }
        name if expand::is_stored_operator(name) => {
            // What could be written out was; the reason it could not is in the place of its documentation.
            let fix = "give scales, zero points and weights as initialisers, or quantise in QDQ form";
            Some(Err(Blocker::new(site.proto.doc_string.clone(), fix).into()))
        }
        _ => None,
    }
}

/// Makes integer operators of the finished graph, and tells what stays float between quantised tensors.
pub(super) fn finish(importer: &mut Importer<'_>) {
    for left in fuse::fuse(&mut importer.graph) {
        importer.findings.push(Finding {
            severity: Severity::Warning,
            operator: Some(left.origin),
            tensor: None,
            reason: format!("runs in float32: {}", left.reason),
            fix: left.fix,
        });
    }
}
