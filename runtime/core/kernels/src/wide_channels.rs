//! Per-channel constants of a kernel with weights on int16.

use crate::Fault;
use mote_numbers::{Multiplier, requantize, requantize_wide};

/// Bias and requantisation of output channels, as they stand in the constant section: bias i64 × channels, then
/// mantissa i32 × m, then shift i8 × m, with m = channels, or 1 when one multiplier serves all. Little-endian, no
/// alignment needed.
#[derive(Clone, Copy, Debug)]
pub struct WideChannels<'a> {
    biases: &'a [[u8; 8]],
    mantissas: &'a [[u8; 4]],
    shifts: &'a [u8],
}

impl<'a> WideChannels<'a> {
    /// Bytes of the table for `channels` channels with `multipliers` (1 or `channels`) multipliers.
    pub const fn table_bytes(channels: usize, multipliers: usize) -> usize {
        channels * 8 + multipliers * 5
    }

    /// Reads the table. `multipliers` is 1 or `channels`; the length must be exact.
    pub fn new(table: &'a [u8], channels: usize, multipliers: usize) -> Result<Self, Fault> {
        if multipliers != 1 && multipliers != channels {
            return Err(Fault);
        }
        let (biases, rest) = table.split_at_checked(channels.checked_mul(8).ok_or(Fault)?).ok_or(Fault)?;
        let (mantissas, shifts) = rest.split_at_checked(multipliers.checked_mul(4).ok_or(Fault)?).ok_or(Fault)?;
        if shifts.len() != multipliers {
            return Err(Fault);
        }
        Ok(Self { biases: biases.as_chunks().0, mantissas: mantissas.as_chunks().0, shifts })
    }

    /// Bias of `channel`.
    #[inline(always)]
    pub fn bias(&self, channel: usize) -> Result<i64, Fault> {
        self.biases.get(channel).map(|bias| i64::from_le_bytes(*bias)).ok_or(Fault)
    }

    /// All biases.
    pub fn biases(&self) -> impl Iterator<Item = i64> + use<'a> {
        self.biases.iter().map(|bias| i64::from_le_bytes(*bias))
    }

    /// All multipliers.
    pub fn multipliers(&self) -> impl Iterator<Item = Multiplier> + use<'a> {
        let pairs = self.mantissas.iter().zip(self.shifts);
        pairs.map(|(mantissa, &shift)| Multiplier { mantissa: i32::from_le_bytes(*mantissa), shift: shift as i8 })
    }

    /// A sum of `channel`, requantised: in one rounding when `wide`, else cut to 32 bits and rounded as for int8.
    #[inline(always)]
    pub fn requantized(&self, channel: usize, sum: i64, wide: bool) -> Result<i32, Fault> {
        let index = if self.shifts.len() == 1 { 0 } else { channel };
        let mantissa = i32::from_le_bytes(*self.mantissas.get(index).ok_or(Fault)?);
        let multiplier = Multiplier { mantissa, shift: *self.shifts.get(index).ok_or(Fault)? as i8 };
        Ok(if wide { requantize_wide(sum, multiplier) } else { requantize(sum as i32, multiplier) })
    }
}
