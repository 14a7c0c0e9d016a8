//! Activations.

use crate::importer::Outcome;
use crate::onnx::importer::Importer;
use crate::onnx::node::Site;
use mote_graph::{Operator, UnaryKind};

pub(super) fn relu<'m>(importer: &mut Importer<'m>, site: &Site<'_, 'm>) -> Outcome {
    let x = importer.view(site, 0)?;
    let shape = importer.get(x.tensor).shape.clone();
    let y = importer.emit(site, Operator::Unary(UnaryKind::Relu), vec![x.tensor], shape)?;
    importer.define_view(site, x.with_tensor(y))
}
