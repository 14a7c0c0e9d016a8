//! From accumulators to int8 outputs.

use crate::arguments::WeightedI8;
use crate::{Channels, Fault};

/// Channels finished together.
pub(super) const BLOCK: usize = 16;

/// From sums to outputs of a layer.
pub(super) struct Finish<'a> {
    biases: &'a [[u8; 4]],
    mantissas: &'a [[u8; 4]],
    shifts: &'a [u8],
    /// When one multiplier serves all channels: a block of it.
    shared: Option<([[u8; 4]; BLOCK], [u8; BLOCK])>,
    /// Twice the output's zero point, and the half that rounds.
    offset: i32,
    /// Least and greatest value, unless those of int8.
    limits: Option<[i32; 2]>,
}

impl<'a> Finish<'a> {
    /// That of a layer.
    #[inline(always)]
    pub(super) fn new(channels: &Channels<'a>, weighted: &WeightedI8) -> Self {
        let (biases, mantissas, shifts) = channels.parts();
        let shared = match (mantissas, shifts) {
            ([mantissa], [shift]) => Some(([*mantissa; BLOCK], [*shift; BLOCK])),
            _ => None,
        };
        let limits = [weighted.activation_minimum, weighted.activation_maximum];
        Self {
            biases,
            mantissas,
            shifts,
            shared,
            offset: weighted.output_zero_point.wrapping_mul(2).wrapping_add(1),
            limits: if limits == [-128, 127] { None } else { Some(limits) },
        }
    }

    /// Adds the biases of the channels from `first` to the first sums, requantises them and clamps them to the
    /// activation range: one for each byte of `outputs`.
    ///
    /// Mantissas are not negative, which a checked model promises.
    #[inline(never)]
    #[expect(unsafe_code, reason = "SMMULR rounds and keeps the high half of a product; SSAT saturates to int8")]
    pub(super) fn finish(&self, sums: &[i32; BLOCK], first: usize, outputs: &mut [u8]) -> Result<(), Fault> {
        let biases = self.biases.get(first..).ok_or(Fault)?;
        let (mantissas, shifts) = match &self.shared {
            Some((mantissas, shifts)) => (mantissas.as_slice(), shifts.as_slice()),
            None => (self.mantissas.get(first..).ok_or(Fault)?, self.shifts.get(first..).ok_or(Fault)?),
        };
        let count = outputs.len();
        if count == 0 || count > BLOCK || biases.len() < count || mantissas.len() < count || shifts.len() < count {
            return Err(Fault);
        }
        let limits = self.limits.as_ref().map_or(core::ptr::null(), |limits| limits.as_ptr());
        // SAFETY: reads the first `count` sums, biases, mantissas and shifts and writes as many outputs: all are there, as just
        // checked. Reads two limits, unless there is no pointer to them.
        unsafe {
            dsp_asm!(
                "2: ldr {value}, [{sums}], #4",
                "ldr {mantissa}, [{mantissas}], #4",
                "ldr {low}, [{biases}], #4",
                "ldrsb {shift}, [{shifts}], #1",
                "add {low}, {low}, {value}",
                "adds {value}, {low}, {low}",
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
                "6: mov {value}, {low}",
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
                biases = inout(reg) biases.as_ptr() => _,
                mantissas = inout(reg) mantissas.as_ptr() => _,
                shifts = inout(reg) shifts.as_ptr() => _,
                outputs = inout(reg) outputs.as_mut_ptr() => _,
                count = inout(reg) count => _,
                limits = in(reg) limits,
                offset = in(reg) self.offset,
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
