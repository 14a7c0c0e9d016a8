//! Operators of the file: one table row and one function each.
//!
//! To add an operator: write a function that reads operands and options from the [`Site`], refuses by name what no
//! kernel does, and pushes a node; then add its row to [`TABLE`].

mod conv;
mod custom;
mod elementwise;
mod join;
mod movement;
mod pool;
mod quantize;
mod reduce;
mod refused;
mod resize;
mod shape;
mod slice;
mod variable;
mod weighted;
mod window;

use crate::importer::{Importer, Outcome, Site};
use crate::report::Blocker;
use crate::schema::{BuiltinOperator, Code};

/// What imports an operator.
struct Row {
    code: BuiltinOperator,
    /// Fewest and most inputs.
    inputs: (usize, usize),
    /// Fewest and most outputs.
    outputs: (usize, usize),
    import: fn(&mut Importer<'_, '_>, &Site<'_, '_>) -> Outcome,
}

/// Most operands of operators that take a list.
const MANY: usize = 1024;

const fn row(
    code: BuiltinOperator,
    inputs: (usize, usize),
    outputs: (usize, usize),
    import: fn(&mut Importer<'_, '_>, &Site<'_, '_>) -> Outcome,
) -> Row {
    Row { code, inputs, outputs, import }
}

/// All operators this importer knows, in alphabetical order.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row(BuiltinOperator::ADD, (2, 2), (1, 1), elementwise::add),
    row(BuiltinOperator::ARG_MAX, (2, 2), (1, 1), reduce::arg_max),
    row(BuiltinOperator::ASSIGN_VARIABLE, (2, 2), (0, 0), variable::assign),
    row(BuiltinOperator::AVERAGE_POOL_2D, (1, 1), (1, 1), pool::average),
    row(BuiltinOperator::CALL_ONCE, (0, 0), (0, 0), variable::call_once),
    row(BuiltinOperator::CAST, (1, 1), (1, 1), quantize::cast),
    row(BuiltinOperator::CONCATENATION, (1, MANY), (1, 1), join::concatenation),
    row(BuiltinOperator::CONV_2D, (2, 3), (1, 1), conv::conv_2d),
    row(BuiltinOperator::DEPTHWISE_CONV_2D, (2, 3), (1, 1), conv::depthwise_conv_2d),
    row(BuiltinOperator::DEQUANTIZE, (1, 1), (1, 1), quantize::dequantize),
    row(BuiltinOperator::EXPAND_DIMS, (2, 2), (1, 1), movement::expand_dims),
    row(BuiltinOperator::FULLY_CONNECTED, (2, 3), (1, 1), conv::fully_connected),
    row(BuiltinOperator::GATHER, (2, 2), (1, 1), movement::gather),
    row(BuiltinOperator::HARD_SWISH, (1, 1), (1, 1), elementwise::hard_swish),
    row(BuiltinOperator::LEAKY_RELU, (1, 1), (1, 1), elementwise::leaky_relu),
    row(BuiltinOperator::LOGISTIC, (1, 1), (1, 1), elementwise::logistic),
    row(BuiltinOperator::MAXIMUM, (2, 2), (1, 1), elementwise::maximum),
    row(BuiltinOperator::MAX_POOL_2D, (1, 1), (1, 1), pool::max),
    row(BuiltinOperator::MEAN, (2, 2), (1, 1), reduce::mean),
    row(BuiltinOperator::MINIMUM, (2, 2), (1, 1), elementwise::minimum),
    row(BuiltinOperator::MUL, (2, 2), (1, 1), elementwise::multiply),
    row(BuiltinOperator::PACK, (1, MANY), (1, 1), join::pack),
    row(BuiltinOperator::PAD, (2, 2), (1, 1), movement::pad),
    row(BuiltinOperator::PADV2, (3, 3), (1, 1), movement::pad_with_value),
    row(BuiltinOperator::QUANTIZE, (1, 1), (1, 1), quantize::quantize),
    row(BuiltinOperator::READ_VARIABLE, (1, 1), (1, 1), variable::read),
    row(BuiltinOperator::RELU, (1, 1), (1, 1), elementwise::relu),
    row(BuiltinOperator::RELU6, (1, 1), (1, 1), elementwise::relu6),
    row(BuiltinOperator::RESHAPE, (1, 2), (1, 1), movement::reshape),
    row(BuiltinOperator::RESIZE_BILINEAR, (2, 2), (1, 1), resize::bilinear),
    row(BuiltinOperator::RESIZE_NEAREST_NEIGHBOR, (2, 2), (1, 1), resize::nearest),
    row(BuiltinOperator::SHAPE, (1, 1), (1, 1), shape::shape),
    row(BuiltinOperator::SLICE, (3, 3), (1, 1), slice::slice),
    row(BuiltinOperator::SOFTMAX, (1, 1), (1, 1), elementwise::softmax),
    row(BuiltinOperator::SPLIT, (2, 2), (1, MANY), join::split),
    row(BuiltinOperator::SPLIT_V, (3, 3), (1, MANY), join::split_v),
    row(BuiltinOperator::SQUEEZE, (1, 1), (1, 1), movement::squeeze),
    row(BuiltinOperator::STRIDED_SLICE, (4, 4), (1, 1), slice::strided_slice),
    row(BuiltinOperator::SUB, (2, 2), (1, 1), elementwise::subtract),
    row(BuiltinOperator::SUM, (2, 2), (1, 1), reduce::sum),
    row(BuiltinOperator::TANH, (1, 1), (1, 1), elementwise::tanh),
    row(BuiltinOperator::TRANSPOSE, (2, 2), (1, 1), movement::transpose),
    row(BuiltinOperator::TRANSPOSE_CONV, (3, 4), (1, 1), conv::transpose_conv),
    row(BuiltinOperator::UNPACK, (1, 1), (1, MANY), join::unpack),
    row(BuiltinOperator::VAR_HANDLE, (0, 0), (1, 1), variable::var_handle),
];

/// Names of the operators that [`crate::import_tflite`] knows, in alphabetical order.
pub fn supported_operators() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter_map(|row| row.code.variant_name())
}

fn within(count: usize, (least, most): (usize, usize), what: &str) -> Outcome {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let expected = match most {
        _ if least == most => least.to_string(),
        _ => format!("{least} to {most}"),
    };
    Err(Blocker::malformed(format!("{count} {what}, expected {expected}")).into())
}

/// Imports one operator.
pub(crate) fn import(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, code: &Code) -> Outcome {
    if code.builtin == BuiltinOperator::CUSTOM && importer.options.custom_operators.contains(&code.name()) {
        return custom::custom(importer, site, code);
    }
    let Some(row) = TABLE.iter().find(|row| row.code == code.builtin) else {
        return Err(refused::reason(code).into());
    };
    within(site.inputs.len(), row.inputs, "inputs")?;
    within(site.outputs.len(), row.outputs, "outputs")?;
    (row.import)(importer, site)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_row_has_a_name() {
        let names: Vec<_> = supported_operators().collect();
        assert_eq!(names.len(), TABLE.len());
        assert!(names.is_sorted());
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
