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

    /// Biases, mantissas and shifts as they stand there; one or as many mantissas and shifts as biases.
    #[cfg(cortex_m_dsp)]
    #[inline(always)]
    pub(crate) fn parts(&self) -> (&'a [[u8; 4]], &'a [[u8; 4]], &'a [u8]) {
        (self.biases.as_chunks().0, self.mantissas.as_chunks().0, self.shifts)
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

/// The constants of up to `CHANNELS` neighbouring output channels, as kernels use them.
#[derive(Clone, Copy, Debug)]
pub struct ChannelBlock<const CHANNELS: usize> {
    /// Bias of each channel; 0 beyond the block's count.
    pub biases: [i32; CHANNELS],
    /// Mantissa of each channel's multiplier.
    pub mantissas: [i32; CHANNELS],
    /// Power of two of each channel's multiplier.
    pub shifts: [i8; CHANNELS],
}

impl Channels<'_> {
    /// The constants of channels `first` .. `first + count`; `count` at most `CHANNELS`.
    #[inline(always)]
    pub fn block<const CHANNELS: usize>(&self, first: usize, count: usize) -> Result<ChannelBlock<CHANNELS>, Fault> {
        let mut block = ChannelBlock { biases: [0; CHANNELS], mantissas: [0; CHANNELS], shifts: [0; CHANNELS] };
        read_block(self.biases, first, count, &mut block.biases)?;
        if self.shifts.len() == 1 {
            block.mantissas = [read_i32(self.mantissas, 0)?; CHANNELS];
            block.shifts = [*self.shifts.first().ok_or(Fault)? as i8; CHANNELS];
            return Ok(block);
        }
        read_block(self.mantissas, first, count, &mut block.mantissas)?;
        let shifts = self.shifts.get(first..).ok_or(Fault)?;
        if count == CHANNELS {
            block.shifts = shifts.first_chunk::<CHANNELS>().ok_or(Fault)?.map(|shift| shift as i8);
        } else {
            let shifts = shifts.get(..count).ok_or(Fault)?;
            for (slot, &shift) in block.shifts.iter_mut().zip(shifts) {
                *slot = shift as i8;
            }
        }
        Ok(block)
    }
}

/// Reads `count` values from element `first`.
#[inline(always)]
fn read_block<const CHANNELS: usize>(
    bytes: &[u8],
    first: usize,
    count: usize,
    values: &mut [i32; CHANNELS],
) -> Result<(), Fault> {
    let (chunks, _) = bytes.as_chunks::<4>();
    let chunks = chunks.get(first..).ok_or(Fault)?;
    if count == CHANNELS {
        *values = chunks.first_chunk::<CHANNELS>().ok_or(Fault)?.map(i32::from_le_bytes);
        return Ok(());
    }
    let chunks = chunks.get(..count).ok_or(Fault)?;
    for (value, chunk) in values.iter_mut().zip(chunks) {
        *value = i32::from_le_bytes(*chunk);
    }
    Ok(())
}

#[inline(always)]
fn read_i32(bytes: &[u8], index: usize) -> Result<i32, Fault> {
    let start = index.wrapping_mul(4);
    let chunk = bytes.get(start..).and_then(|rest| rest.first_chunk::<4>()).ok_or(Fault)?;
    Ok(i32::from_le_bytes(*chunk))
}
