//! Operators of the source: one table row and one function each.
//!
//! To add an operator: write a function that reads operands and attributes from the [`Site`], refuses by name what no
//! kernel does, and defines the node's outputs; then add its row to [`TABLE`].

mod activation;

use super::importer::Importer;
use super::node::Site;
use crate::importer::Outcome;
use crate::report::Blocker;

type Function = for<'m> fn(&mut Importer<'m>, &Site<'_, 'm>) -> Outcome;

/// What imports an operator.
struct Row {
    name: &'static str,
    import: Function,
}

const fn row(name: &'static str, import: Function) -> Row {
    Row { name, import }
}

/// All operators of the default domain that this importer knows, in alphabetical order.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row("Relu", activation::relu),
];

/// Names of all operators this importer knows.
pub fn supported_operators() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
}

pub(super) fn import<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let proto = site.proto;
    if !matches!(proto.domain.as_str(), "" | "ai.onnx") {
        let reason = format!("operator {} of domain {} is not supported", proto.op_type, proto.domain);
        return Err(Blocker::new(reason, "export the model with standard ONNX operators").into());
    }
    match TABLE.iter().find(|row| row.name == proto.op_type) {
        Some(row) => (row.import)(importer, site),
        None => Err(Blocker::new("operator is not supported", "replace it, or run the model on a host").into()),
    }
}
