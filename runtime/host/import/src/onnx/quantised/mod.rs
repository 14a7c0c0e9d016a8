//! The quantised half: QLinear operators, and operators between DequantizeLinear and QuantizeLinear.

use super::importer::Importer;
use super::node::Site;
use crate::importer::Outcome;

/// Imports a node that belongs here; none leaves it to the float operators.
pub(super) fn import<'m>(_importer: &mut Importer<'m>, _site: &Site<'_, 'm>) -> Option<Outcome> {
    None
}
