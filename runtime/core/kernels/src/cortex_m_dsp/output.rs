//! From accumulators to int8 outputs.

use crate::arguments::WeightedI8;
use crate::{Channels, Fault};

/// Channels finished together.
pub(super) const BLOCK: usize = 16;

/// Biases and multipliers of up to [`BLOCK`] neighbouring channels, where they stand in the model.
pub(super) struct Constants<'a> {
    biases: &'a [[u8; 4]],
    mantissas: &'a [[u8; 4]],
    shifts: &'a [u8],
    /// When one multiplier serves all channels.
    shared: Option<([[u8; 4]; BLOCK], [u8; BLOCK])>,
}

impl<'a> Constants<'a> {
    /// Those of channels `first` .. `first + count`.
    pub(super) fn of(channels: &Channels<'a>, first: usize, count: usize) -> Result<Self, Fault> {
        let (biases, mantissas, shifts) = channels.parts();
        let of_block = first..first.wrapping_add(count);
        let biases = biases.get(of_block.clone()).ok_or(Fault)?;
        if let ([mantissa], [shift]) = (mantissas, shifts) {
            return Ok(Self { biases, mantissas, shifts, shared: Some(([*mantissa; BLOCK], [*shift; BLOCK])) });
        }
        let mantissas = mantissas.get(of_block.clone()).ok_or(Fault)?;
        let shifts = shifts.get(of_block).ok_or(Fault)?;
        Ok(Self { biases, mantissas, shifts, shared: None })
    }

    /// The biases; 0 beyond the count.
    #[inline(always)]
    pub(super) fn biases(&self) -> [i32; BLOCK] {
        let mut values = [0; BLOCK];
        values.iter_mut().zip(self.biases).for_each(|(value, &bias)| *value = i32::from_le_bytes(bias));
        values
    }

    /// Requantises the first sums (biases already in) and clamps them to the activation range, one for each byte of
    /// `outputs`.
    ///
    /// Mantissas are not negative, which a checked model promises.
    #[inline(never)]
    #[expect(unsafe_code, reason = "SMMULR rounds and keeps the high half of a product; SSAT saturates to int8")]
    pub(super) fn finish(&self, sums: &[i32; BLOCK], weighted: &WeightedI8, outputs: &mut [u8]) -> Result<(), Fault> {
        let (mantissas, shifts) = match &self.shared {
            Some((mantissas, shifts)) => (mantissas.as_slice(), shifts.as_slice()),
            None => (self.mantissas, self.shifts),
        };
        let count = outputs.len();
        if count == 0 || count > BLOCK || mantissas.len() < count || shifts.len() < count {
            return Err(Fault);
        }
        let limits = [weighted.activation_minimum, weighted.activation_maximum];
        let narrow = if limits == [-128, 127] { core::ptr::null() } else { limits.as_ptr() };
        // SAFETY: reads the first `count` sums, mantissas and shifts and writes as many outputs: all are there, as just
        // checked. Reads two limits, unless there is no pointer to them.
        unsafe {
            dsp_asm!(
                "2: ldr {value}, [{sums}], #4",
                "ldr {mantissa}, [{mantissas}], #4",
                "ldrsb {shift}, [{shifts}], #1",
                "adds {value}, {value}, {value}",
                "bvs 6f",
                // The right shift minus 1; the ordinary one is at least 1.
                "mvns {shift}, {shift}",
                "ble 6f",
                // High half of 2 × sum × mantissa, rounded: the doubled high product.
                "smmulr {value}, {value}, {mantissa}",
                // Half away from zero: negative values one less, one bit kept, half added.
                "add {value}, {value}, {value}, asr #31",
                "asr {value}, {value}, {shift}",
                "add {value}, {value}, {offset}",
                "asr {value}, {value}, #1",
                "3: ssat {value}, #8, {value}",
                "cmp {limits}, #0",
                "bne 7f",
                "4: strb {value}, [{outputs}], #1",
                "subs {count}, {count}, #1",
                "bne 2b",
                "b 8f",
                // Anything: gemmlowp's way step by step.
                "6: ldr {value}, [{sums}, #-4]",
                "ldrsb {shift}, [{shifts}, #-1]",
                "cmp {shift}, #0",
                "it gt",
                "lslgt {value}, {value}, {shift}",
                "rsb {shift}, {shift}, #0",
                "cmp {shift}, #0",
                "it lt",
                "movlt {shift}, #0",
                "smull {low}, {value}, {value}, {mantissa}",
                "adds {low}, {low}, #0x40000000",
                "adc {value}, {value}, #0",
                "lsls {low}, {low}, #1",
                "adc {value}, {value}, {value}",
                "mov {low}, #1",
                "lsl {low}, {low}, {shift}",
                "sub {low}, {low}, #1",
                "and {mantissa}, {value}, {low}",
                "asr {low}, {low}, #1",
                "add {low}, {low}, {value}, lsr #31",
                "asr {value}, {value}, {shift}",
                "cmp {mantissa}, {low}",
                "it gt",
                "addgt {value}, {value}, #1",
                "add {value}, {value}, {offset}, asr #1",
                "b 3b",
                "7: ldr {low}, [{limits}]",
                "cmp {value}, {low}",
                "it lt",
                "movlt {value}, {low}",
                "ldr {low}, [{limits}, #4]",
                "cmp {value}, {low}",
                "it gt",
                "movgt {value}, {low}",
                "b 4b",
                "8:",
                sums = inout(reg) sums.as_ptr() => _,
                mantissas = inout(reg) mantissas.as_ptr() => _,
                shifts = inout(reg) shifts.as_ptr() => _,
                outputs = inout(reg) outputs.as_mut_ptr() => _,
                count = inout(reg) count => _,
                limits = in(reg) narrow,
                // Twice the zero point, and the half that rounds.
                offset = in(reg) weighted.output_zero_point.wrapping_mul(2).wrapping_add(1),
                value = out(reg) _,
                mantissa = out(reg) _,
                shift = out(reg) _,
                low = out(reg) _,
                options(nostack),
            );
        }
        Ok(())
    }
}
