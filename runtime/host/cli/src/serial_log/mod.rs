//! What comes down a board's serial line: lines of text, and between zero bytes log frames of defmt.
//!
//! The frame format is defmt's wire format 4 (and 3, which differs in nothing read here): an rzCOBS-coded frame is the
//! number of a format string, the timestamp's arguments and the format's arguments, little-endian. Format strings are
//! the names of symbols in the image's section `.defmt`. Source: defmt's book, "Design & impl notes", and the sources of
//! defmt-decoder. That crate itself would bring 45 others, some under licences that this repository does not take;
//! hostile bytes could also make it recurse or allocate without bound.

pub mod image;
mod location;
mod message;
mod rzcobs;
mod stream;
mod value;

#[cfg(test)]
mod tests;

pub use image::LogTable;
pub use stream::{Event, Stream};
