//! Window arguments that convolutions and pooling share.

use crate::geometry::{Placement, place};
use crate::importer::Outcome;
use crate::report::Blocker;
use crate::schema::Padding as SourcePadding;
use mote_graph::Padding;

/// Largest stride, dilation or window a model may ask for.
const LARGEST_STEP: usize = 32_767;

/// A stride, dilation or window extent of the options.
pub(super) fn step(value: i32, what: &str) -> Outcome<usize> {
    match usize::try_from(value) {
        Ok(value) if (1..=LARGEST_STEP).contains(&value) => Ok(value),
        _ => Err(Blocker::malformed(format!("{what} {value} is outside 1 to {LARGEST_STEP}")).into()),
    }
}

/// True for SAME.
pub(super) fn is_same(padding: SourcePadding) -> Outcome<bool> {
    match padding {
        SourcePadding::SAME => Ok(true),
        SourcePadding::VALID => Ok(false),
        other => Err(Blocker::malformed(format!("padding code {}", other.0)).into()),
    }
}

/// Places a window over rows or columns, or says why it does not fit.
pub(super) fn place_window(
    input: usize,
    window: usize,
    stride: usize,
    dilation: usize,
    same: bool,
) -> Outcome<Placement> {
    place(input, window, stride, dilation, same).ok_or_else(|| {
        let reason = format!("window of {window} (dilation {dilation}) does not fit an extent of {input}");
        Blocker::malformed(reason).into()
    })
}

/// Padding of both axes.
pub(super) fn padding(rows: Placement, columns: Placement) -> Padding {
    Padding { top: rows.before, bottom: rows.after, left: columns.before, right: columns.after }
}
