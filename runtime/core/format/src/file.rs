//! Sections of a model file, borrowed from its bytes.

use crate::header::{HEADER_BYTES, SECTION_ALIGNMENT, SECTION_ENTRY_BYTES, SECTION_KINDS, SectionEntry, u16_le};
use crate::{
    FormatError, Header, OperatorRecords, Passport, SectionKind, StateRuns, TENSOR_RECORD_BYTES, TensorRecord,
    TensorView, TensorViews,
};

/// A model file split into sections. Borrows the bytes; copies nothing.
#[derive(Clone, Copy, Debug)]
pub struct ModelFile<'a> {
    /// The header.
    pub header: Header,
    ports: &'a [u8],
    tensors: &'a [[u8; TENSOR_RECORD_BYTES]],
    operators: &'a [u8],
    constants: &'a [u8],
    state: &'a [u8],
    passport: &'a [u8],
    names: &'a [u8],
}

impl<'a> ModelFile<'a> {
    /// Splits `bytes` (which may go on after the file's end) into its sections.
    ///
    /// # Errors
    /// What is wrong with the header or a section's place. Records are checked when they are read.
    #[inline(always)]
    pub fn read(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let header = Header::read(bytes)?;
        let bytes = bytes.get(..header.file_bytes as usize).ok_or(FormatError::Truncated)?;
        let (table, _) = bytes.get(HEADER_BYTES..).ok_or(FormatError::Truncated)?.as_chunks::<SECTION_ENTRY_BYTES>();
        let table = table.get(..header.section_count as usize).ok_or(FormatError::Truncated)?;
        let body_start = HEADER_BYTES + table.len() * SECTION_ENTRY_BYTES;
        // By kind, from 1 on; absent sections are empty.
        let mut sections: [Option<&[u8]>; SECTION_KINDS] = [None; SECTION_KINDS];
        for raw in table {
            let entry = SectionEntry::read(raw);
            let misplaced = FormatError::Section(entry.kind);
            let start = entry.offset as usize;
            if start < body_start || start & (SECTION_ALIGNMENT - 1) != 0 {
                return Err(misplaced);
            }
            let end = start.checked_add(entry.bytes as usize).ok_or(misplaced)?;
            let section = bytes.get(start..end).ok_or(misplaced)?;
            match sections.get_mut((entry.kind as usize).wrapping_sub(1)) {
                Some(slot @ None) => *slot = Some(section),
                Some(Some(_)) => return Err(misplaced),
                None if entry.flags & 1 != 0 => return Err(FormatError::UnknownSection(entry.kind)),
                None => {}
            }
        }
        let [tensors, operators, constants, state, passport, names] = sections.map(Option::unwrap_or_default);
        let port_bytes = 2 * (header.input_count as usize + header.output_count as usize);
        let missing = FormatError::Section(SectionKind::Tensors as u16);
        let (ports, records) = tensors.split_at_checked(port_bytes).ok_or(missing)?;
        let (tensors, rest) = records.as_chunks::<TENSOR_RECORD_BYTES>();
        if tensors.len() != header.tensor_count as usize || !rest.is_empty() {
            return Err(missing);
        }
        Ok(Self { header, ports, tensors, operators, constants, state, passport, names })
    }

    /// Record of tensor `index`.
    #[inline]
    pub fn tensor(&self, index: u16) -> Result<TensorRecord, FormatError> {
        self.tensor_view(index).and_then(|view| view.record()).ok_or(FormatError::Tensor(index))
    }

    /// Record of tensor `index`, to read single fields of; none when there is no such record.
    #[inline]
    pub fn tensor_view(&self, index: u16) -> Option<TensorView<'a>> {
        self.tensors.get(index as usize).map(TensorView::new)
    }

    /// All tensor records in order.
    #[inline]
    pub fn tensor_views(&self) -> TensorViews<'a> {
        TensorViews::new(self.tensors)
    }

    /// Tensor index of graph input `index`.
    pub fn input(&self, index: usize) -> Option<u16> {
        (index < self.header.input_count as usize).then(|| u16_le(self.ports, index * 2))
    }

    /// Tensor index of graph output `index`.
    pub fn output(&self, index: usize) -> Option<u16> {
        let at = index + self.header.input_count as usize;
        (index < self.header.output_count as usize).then(|| u16_le(self.ports, at * 2))
    }

    /// Operator records in execution order.
    pub fn operators(&self) -> OperatorRecords<'a> {
        OperatorRecords::new(self.operators)
    }

    /// The constant section.
    pub fn constants(&self) -> &'a [u8] {
        self.constants
    }

    /// Initial values of the state buffer.
    pub fn initial_state(&self) -> StateRuns<'a> {
        StateRuns::new(self.state)
    }

    /// The passport; none when the file carries none.
    pub fn passport(&self) -> Result<Option<Passport<'a>>, FormatError> {
        if self.passport.is_empty() {
            return Ok(None);
        }
        postcard::take_from_bytes(self.passport).map(|(p, _)| Some(p)).map_err(|_| FormatError::Passport)
    }

    /// The raw names section (postcard [`crate::write::Names`]); empty when stripped.
    pub fn names(&self) -> &'a [u8] {
        self.names
    }
}
