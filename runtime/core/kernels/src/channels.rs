//! Per-channel constants of a weighted kernel.

use crate::Fault;
use mote_numbers::Multiplier;

/// Bias and requantisation of output channels, as they stand in the constant section:
/// bias i32 × channels, then mantissa i32 × m, then shift i8 × m, with m = channels, or 1 when one multiplier serves
/// all. Little-endian, no alignment needed.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'a> {
    biases: &'a [u8],
    mantissas: &'a [u8],
    shifts: &'a [u8],
}

impl<'a> Channels<'a> {
    /// Bytes of the table for `channels` channels with `multipliers` (1 or `channels`) multipliers.
    pub const fn table_bytes(channels: usize, multipliers: usize) -> usize {
        channels * 4 + multipliers * 5
    }

    /// Reads the table. `multipliers` is 1 or `channels`; the length must be exact.
    pub fn new(table: &'a [u8], channels: usize, multipliers: usize) -> Result<Self, Fault> {
        if multipliers != 1 && multipliers != channels {
            return Err(Fault);
        }
        let (biases, rest) = table.split_at_checked(channels.checked_mul(4).ok_or(Fault)?).ok_or(Fault)?;
        let (mantissas, shifts) = rest.split_at_checked(multipliers.checked_mul(4).ok_or(Fault)?).ok_or(Fault)?;
        if shifts.len() != multipliers {
            return Err(Fault);
        }
        Ok(Self { biases, mantissas, shifts })
    }

    /// Bias of `channel`.
    #[inline(always)]
    pub fn bias(&self, channel: usize) -> Result<i32, Fault> {
        read_i32(self.biases, channel)
    }

    /// Multiplier of `channel`.
    #[inline(always)]
    pub fn multiplier(&self, channel: usize) -> Result<Multiplier, Fault> {
        let index = if self.shifts.len() == 1 { 0 } else { channel };
        let shift = *self.shifts.get(index).ok_or(Fault)? as i8;
        Ok(Multiplier { mantissa: read_i32(self.mantissas, index)?, shift })
    }
}

#[inline(always)]
fn read_i32(bytes: &[u8], index: usize) -> Result<i32, Fault> {
    let start = index.wrapping_mul(4);
    let chunk = bytes.get(start..).and_then(|rest| rest.first_chunk::<4>()).ok_or(Fault)?;
    Ok(i32::from_le_bytes(*chunk))
}
