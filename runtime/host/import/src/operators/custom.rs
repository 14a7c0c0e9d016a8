//! Custom operators that the caller has allowed by name: taken as they are, since only the application knows them.

use crate::importer::{Importer, Outcome, Site};
use crate::report::Blocker;
use crate::schema::Code;
use mote_format::parameters::{MAX_CUSTOM_NAME_BYTES, MAX_CUSTOM_OPERANDS, MAX_CUSTOM_OPTION_BYTES, is_custom_name};
use mote_graph::{Operator, TensorId};

pub(super) fn custom(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, code: &Code) -> Outcome {
    let name = code.name();
    if !is_custom_name(&name) {
        let reason =
            format!("custom operator name of {} bytes, or with other characters than printable ASCII", name.len());
        let fix = format!("give the operator a name of 1 to {MAX_CUSTOM_NAME_BYTES} printable ASCII characters");
        return Err(Blocker::new(reason, fix).into());
    }
    let operands = site.inputs.len() + site.outputs.len();
    if operands > MAX_CUSTOM_OPERANDS || site.outputs.is_empty() {
        let reason = format!("{} inputs and {} outputs", site.inputs.len(), site.outputs.len());
        let fix = format!("give the operator at least one output, and at most {MAX_CUSTOM_OPERANDS} operands together");
        return Err(Blocker::new(reason, fix).into());
    }
    let options = options(site)?;
    let inputs = importer.all_inputs(site)?;
    let outputs = importer.all_outputs(site)?;
    for &id in inputs.iter().chain(&outputs) {
        check_quantization(importer, id)?;
    }
    importer.push(site, Operator::Custom { name, options }, inputs, outputs)
}

fn options(site: &Site<'_, '_>) -> Outcome<Vec<u8>> {
    let options = site.raw.custom_options().map(|options| options.bytes().to_vec()).unwrap_or_default();
    if options.len() > MAX_CUSTOM_OPTION_BYTES {
        let reason = format!("{} bytes of options, at most {MAX_CUSTOM_OPTION_BYTES} are taken", options.len());
        return Err(Blocker::new(reason, "give large data to the operator as a constant input").into());
    }
    Ok(options)
}

/// A model file records one scale and zero point for each operand.
fn check_quantization(importer: &Importer<'_, '_>, id: TensorId) -> Outcome {
    let tensor = importer.get(id);
    if tensor.quantization.as_ref().is_none_or(|quantization| quantization.is_per_tensor()) {
        return Ok(());
    }
    let fix = "quantise it per tensor, or give its scales to the operator as a constant input or in its options";
    Err(Blocker::new("operand of a custom operator quantised per channel", fix).of(tensor.name.clone()).into())
}
