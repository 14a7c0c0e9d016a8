//! Where a model's working memory lies in what a board has left.

use mote_engine::Model;

/// A model's memory.
pub struct Place<'m> {
    /// At least the header's `arena_bytes`.
    pub arena: &'m mut [u8],
    /// At least the header's `state_bytes`.
    pub state: &'m mut [u8],
}

/// Divides `memory` (aligned to 16 bytes by the board) into state and arena, the latter aligned as well; none when it is
/// too small.
pub fn place<'m>(model: &Model<'_>, memory: &'m mut [u8]) -> Option<Place<'m>> {
    let header = model.header();
    let state_bytes = (header.state_bytes as usize).checked_next_multiple_of(16)?;
    let (state, rest) = memory.split_at_mut_checked(state_bytes)?;
    let arena = rest.get_mut(..header.arena_bytes as usize)?;
    Some(Place { arena, state })
}
