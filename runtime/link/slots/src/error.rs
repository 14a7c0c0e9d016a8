//! Why flash did not do what was asked.

/// Why flash did not do what was asked. No state is changed by a call that fails, except bytes of the spare slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageError {
    /// A region is misaligned, too small, outside the flash, or overlaps another.
    Layout,
    /// The flash cannot be used: its write or read unit does not divide the records.
    Unit,
    /// The flash refused to read at this offset; on flash with error correction that is what a torn word does.
    Read(u32),
    /// The flash refused to write at this offset, or holds something else afterwards.
    Write(u32),
    /// The flash refused to erase at this offset.
    Erase(u32),
    /// Bytes outside the slot or region.
    OutOfRange,
    /// An offset or length that is not a multiple of the flash's units.
    Unaligned,
    /// The slot holds the confirmed model and must not be touched.
    Protected,
    /// More bytes than a record holds.
    RecordTooLong,
    /// No record can be written any more: every place of two sectors failed.
    WornOut,
}
