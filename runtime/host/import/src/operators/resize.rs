//! Image resizing.

use crate::importer::{Importer, Outcome, Site};
use crate::operands::no_options;
use crate::report::Blocker;
use mote_graph::{Operator, TensorId};

pub(super) fn bilinear(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_resize_bilinear_options().ok_or_else(no_options)?;
    let (align_corners, half_pixel_centers) = (options.align_corners(), options.half_pixel_centers());
    let (x, y) = operands(importer, site, align_corners && half_pixel_centers)?;
    importer.push(site, Operator::ResizeBilinear { align_corners, half_pixel_centers }, vec![x], vec![y])
}

pub(super) fn nearest(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>) -> Outcome {
    let options = site.raw.builtin_options_as_resize_nearest_neighbor_options().ok_or_else(no_options)?;
    let (align_corners, half_pixel_centers) = (options.align_corners(), options.half_pixel_centers());
    let (x, y) = operands(importer, site, align_corners && half_pixel_centers)?;
    importer.push(site, Operator::ResizeNearest { align_corners, half_pixel_centers }, vec![x], vec![y])
}

fn operands(importer: &mut Importer<'_, '_>, site: &Site<'_, '_>, both: bool) -> Outcome<(TensorId, TensorId)> {
    if both {
        return Err(Blocker::malformed("align_corners and half_pixel_centers exclude each other").into());
    }
    let size = importer.argument(site, 1, "size")?;
    let (x, y) = (importer.input(site, 0)?, importer.output(site, 0)?);
    importer.compute_type(&[x, y])?;
    importer.same_quantization(&[x, y])?;
    let [batch, _, _, channels] = importer.shape(x)?;
    let extents: Vec<usize> = size.iter().filter_map(|&extent| usize::try_from(extent).ok()).collect();
    match (extents.as_slice(), size.len()) {
        (&[height, width], 2) => importer.expect_shape(y, &[batch, height, width, channels])?,
        _ => {
            return Err(Blocker::malformed(format!("size {size:?}, expected height and width")).into());
        }
    }
    Ok((x, y))
}
