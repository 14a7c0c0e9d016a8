//! Pooling over windows.

use super::window::{is_same, padding, place_window, step};
use crate::importer::{Importer, Outcome, Site};
use crate::operands::{activation, no_options};
use mote_graph::{ConvGeometry, Operator, PoolKind};

pub(super) fn average(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    pool(importer, site, PoolKind::Average)
}

pub(super) fn max(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    pool(importer, site, PoolKind::Max)
}

fn pool(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, kind: PoolKind) -> Outcome {
    let options = site.raw.builtin_options_as_pool_2_doptions().ok_or_else(no_options)?;
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.compute_type_or_int16(&[x, y])?;
    importer.same_quantization(&[x, y])?;
    let [batch, height, width, channels] = importer.shape(x)?;
    let same = is_same(options.padding())?;
    let (stride_height, stride_width) = (step(options.stride_h(), "stride")?, step(options.stride_w(), "stride")?);
    let window_height = step(options.filter_height(), "window height")?;
    let window_width = step(options.filter_width(), "window width")?;
    let rows = place_window(height, window_height, stride_height, 1, same)?;
    let columns = place_window(width, window_width, stride_width, 1, same)?;
    importer.expect_shape(y, &[batch, rows.output, columns.output, channels])?;
    let padding = padding(rows, columns);
    let geometry = ConvGeometry { stride_height, stride_width, dilation_height: 1, dilation_width: 1, padding };
    let activation = activation(options.fused_activation_function())?;
    let operator = Operator::Pool { kind, window_height, window_width, geometry, activation };
    importer.push(site, operator, vec![x], vec![y])
}
