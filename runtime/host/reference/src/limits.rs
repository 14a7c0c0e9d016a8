//! Bounds on what a file may ask of the host.

use crate::error::Error;

/// Largest file in bytes.
pub const MAX_FILE_BYTES: usize = 1 << 30;

/// Most elements of one tensor, given or computed.
pub const MAX_TENSOR_ELEMENTS: usize = 1 << 28;

/// Most elements of all tensors of a model together.
pub const MAX_TOTAL_ELEMENTS: usize = 1 << 31;

/// Most nodes of a graph, bodies of its control flow included.
pub const MAX_NODES: usize = 1 << 17;

/// Deepest nesting of graphs in graphs.
pub const MAX_GRAPH_DEPTH: usize = 8;

/// Refuses files that are too long to look at.
pub(crate) fn check_file(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Error::TooLarge { what: "the file".into(), found: bytes.len(), limit: MAX_FILE_BYTES });
    }
    Ok(())
}

/// Product of `extents`, if it is within the limit of one tensor.
pub(crate) fn elements(name: &str, extents: impl IntoIterator<Item = usize>) -> Result<usize, Error> {
    let product = extents.into_iter().try_fold(1usize, |product, extent| product.checked_mul(extent));
    match product {
        Some(count) if count <= MAX_TENSOR_ELEMENTS => Ok(count),
        other => Err(Error::TooLarge {
            what: format!("tensor '{name}'"),
            found: other.unwrap_or(usize::MAX),
            limit: MAX_TENSOR_ELEMENTS,
        }),
    }
}
