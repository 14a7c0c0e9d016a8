//! The scans of channel tables, against their definitions element by element.

use crate::{AnyFamily, Difference, Listener, Problem, Random, Workspace};
use mote_kernels::scan::{magnitudes_within, mantissas_are_valid, shifts_are_valid};
use mote_numbers::Multiplier;

/// Most entries of a table: several rounds of every unrolled loop.
const ENTRIES: usize = 150;

/// Limits of magnitudes: beside a power of two from which a faster way is taken, and far from it.
const LIMITS: [u32; 6] = [i32::MAX as u32 - 20_000_000, 1 << 30, (1 << 30) + 1, (1 << 30) - 1, 1000, i32::MAX as u32];

/// Mantissas next to the ends of what is valid.
const MANTISSAS: [i32; 8] = [0, 1, (1 << 30) - 1, 1 << 30, i32::MAX, -1, i32::MIN, -(1 << 30)];

/// Tables of biases, of mantissas and of shifts, wherever they stand, mostly with at most one entry at or beyond a limit.
pub struct ChannelScan;

/// See [`ChannelScan`].
pub static CHANNEL_SCAN: ChannelScan = ChannelScan;

impl AnyFamily for ChannelScan {
    fn name(&self) -> &'static str {
        "channel_scan"
    }

    fn board_cases(&self) -> u32 {
        600
    }

    fn run_case(
        &self,
        workspace: &mut Workspace<'_>,
        case: u32,
        listener: &mut dyn Listener,
    ) -> Result<u32, Difference> {
        compare(workspace, &mut Random::new(self.name(), case)).map_err(|(implementation, problem)| {
            let difference = Difference { family: self.name(), implementation, case, in_slices: false, problem };
            listener.difference(&difference, None);
            difference
        })
    }

    fn describe(&self, _: &mut Workspace<'_>, case: u32, see: &mut dyn FnMut(&str, &str, i64)) {
        let place = Place::draw(&mut Random::new(self.name(), case));
        see("table", "entries", place.entries as i64);
        see("table", "offset", place.offset as i64);
        see("table", "special", place.special as i64);
    }
}

/// Where the tables of a case stand.
struct Place {
    entries: usize,
    offset: usize,
    /// Index of the one entry that is drawn otherwise; beyond the table for none.
    special: usize,
}

impl Place {
    fn draw(random: &mut Random) -> Self {
        let entries = 1 + random.below(ENTRIES);
        Self { entries, offset: random.below(4), special: random.below(2 * entries) }
    }
}

type Wrong = (&'static str, Problem);

fn compare(workspace: &mut Workspace<'_>, random: &mut Random) -> Result<u32, Wrong> {
    let Place { entries, offset, special: place } = Place::draw(random);
    let room = workspace.constants.get_mut(offset..).ok_or(("table", Problem::NoCase))?;

    let limit = LIMITS.get(random.below(LIMITS.len())).copied().unwrap_or(0);
    let beside = (limit as i32).wrapping_add(random.below(3) as i32 - 1);
    let special = if random.below(2) == 0 { beside } else { beside.wrapping_neg() };
    let ordinary = (limit / 2).max(1);
    let words = table(room, entries, |index| {
        let value = (random.word() % ordinary) as i32;
        if index == place { special } else { value.wrapping_sub((ordinary / 2) as i32) }
    })?;
    let expected = words.iter().all(|&word| i32::from_le_bytes(word).unsigned_abs() <= limit);
    equal("magnitudes", expected, magnitudes_within(words, limit))?;

    let special = MANTISSAS.get(random.below(MANTISSAS.len())).copied().unwrap_or(0);
    let words =
        table(room, entries, |index| if index == place { special } else { (random.word() >> 2 | 1 << 30) as i32 })?;
    let valid = |&word: &[u8; 4]| Multiplier { mantissa: i32::from_le_bytes(word), shift: 0 }.is_valid();
    equal("mantissas", words.iter().all(valid), mantissas_are_valid(words))?;

    let special = random.word() as u8;
    let spread = if random.below(4) == 0 { 62 } else { 32 };
    let shifts = room.get_mut(..entries).ok_or(("table", Problem::NoCase))?;
    for (index, shift) in shifts.iter_mut().enumerate() {
        let value = random.below(spread) as i32 - (spread / 2) as i32;
        *shift = if index == place { special } else { value as u8 };
    }
    let valid = |&shift: &u8| Multiplier { mantissa: 1 << 30, shift: shift as i8 }.is_valid();
    equal("shifts", shifts.iter().all(valid), shifts_are_valid(shifts))?;
    Ok(3)
}

/// A table of as many words at the front of `room`.
fn table(room: &mut [u8], entries: usize, mut value: impl FnMut(usize) -> i32) -> Result<&[[u8; 4]], Wrong> {
    let words = room.as_chunks_mut::<4>().0.get_mut(..entries).ok_or(("table", Problem::NoCase))?;
    for (index, word) in words.iter_mut().enumerate() {
        *word = value(index).to_le_bytes();
    }
    Ok(words)
}

fn equal(scan: &'static str, expected: bool, found: bool) -> Result<(), Wrong> {
    let problem = Problem::Byte { at: 0, expected: expected.into(), found: found.into() };
    if expected == found { Ok(()) } else { Err((scan, problem)) }
}
