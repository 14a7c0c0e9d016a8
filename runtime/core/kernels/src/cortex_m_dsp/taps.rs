//! Depthwise sums, four channels after the other four.

use super::output::BLOCK;
use crate::Fault;

/// Channels summed together.
pub(super) const CHANNELS: usize = 4;

/// Taps in columns below each other, and the channels they are taken for.
#[derive(Clone, Copy)]
pub(super) struct Column {
    /// Taps; at least 1.
    pub rows: usize,
    /// Bytes from an input to the one a row below.
    pub input_step: usize,
    /// Bytes from a weight to the one a row below; not 0.
    pub weight_step: usize,
    /// Bytes from a group of four inputs to the next: 4, or 0 where all channels read the same.
    pub group_step: usize,
    /// Groups of four channels.
    pub groups: usize,
}

/// What the loops keep in memory, registers being short.
#[repr(C)]
struct Loop {
    input_step: usize,
    weight_step: usize,
    weight_end: *const u8,
    weight_span: usize,
    inputs: *const u8,
    weights: *const u8,
    sums: *mut i32,
    group_step: usize,
    left: usize,
}

/// Four products in ten instructions: inputs and weights at a place behind their pointers.
macro_rules! tap {
    ($place:literal) => {
        concat!(
            "ldr {x}, [{inputs}",
            $place,
            "]\n ldr {w}, [{weights}",
            $place,
            "]\n sxtab16 {t}, {zero}, {x}
            sxtb16 {u}, {w}
            smlabb {a}, {t}, {u}, {a}
            smlatt {c}, {t}, {u}, {c}
            sxtab16 {t}, {zero}, {x}, ror #8
            sxtb16 {u}, {w}, ror #8
            smlabb {b}, {t}, {u}, {b}
            smlatt {d}, {t}, {u}, {d}"
        )
    };
}

/// The loops around the taps of one row: over rows, and over groups of channels.
macro_rules! each_group {
    ($state:ident, $zero:ident, [$($tap:expr),+], $($operand:tt)*) => {
        dsp_asm!(
            "2: ldrd {inputs}, {weights}, [{state}, #16]",
            "ldrd {t}, {u}, [{state}, #24]",
            "ldrd {a}, {b}, [{t}]",
            "ldrd {c}, {d}, [{t}, #8]",
            "add {x}, {inputs}, {u}",
            "add {w}, {weights}, #4",
            "strd {x}, {w}, [{state}, #16]",
            "ldr {t}, [{state}, #12]",
            "add {t}, {t}, {weights}",
            "str {t}, [{state}, #8]",
            "3:",
            $($tap,)+
            "ldrd {x}, {w}, [{state}]",
            "ldr {t}, [{state}, #8]",
            "add {inputs}, {inputs}, {x}",
            "add {weights}, {weights}, {w}",
            "cmp {weights}, {t}",
            "bne 3b",
            "ldr {t}, [{state}, #24]",
            "strd {a}, {b}, [{t}], #8",
            "strd {c}, {d}, [{t}], #8",
            "str {t}, [{state}, #24]",
            "ldr {t}, [{state}, #32]",
            "subs {t}, {t}, #1",
            "str {t}, [{state}, #32]",
            "bne 2b",
            state = in(reg) &raw mut $state,
            zero = in(reg) $zero,
            inputs = out(reg) _,
            weights = out(reg) _,
            a = out(reg) _,
            b = out(reg) _,
            c = out(reg) _,
            d = out(reg) _,
            x = out(reg) _,
            w = out(reg) _,
            t = out(reg) _,
            u = out(reg) _,
            $($operand)*
            options(nostack),
        )
    };
}

/// `sums[c] += Σ (input c − zero point) × weight c` over the taps of a column, whose first tap's inputs and weights the
/// slices begin with.
#[inline(never)]
#[expect(unsafe_code, reason = "SXTAB16 widens and centres two inputs at once, SMLABB and SMLATT take one half each")]
pub(super) fn add_column(
    inputs: &[u8],
    weights: &[u8],
    column: &Column,
    zero_points: u32,
    sums: &mut [i32; BLOCK],
) -> Result<(), Fault> {
    let mut state = column.check(inputs, weights, 0, sums)?;
    // SAFETY: `check` proved that the four bytes of every group at each of the taps are in both slices, and a sum for
    // every channel: what is read and written, beside `state`. Sums and state are aligned for LDRD.
    unsafe { each_group!(state, zero_points, [tap!("")],) };
    Ok(())
}

/// As [`add_column`], of three columns: inputs and weights of neighbouring columns are `apart` bytes apart.
#[inline(never)]
#[expect(unsafe_code, reason = "SXTAB16 widens and centres two inputs at once, SMLABB and SMLATT take one half each")]
pub(super) fn add_three_columns(
    inputs: &[u8],
    weights: &[u8],
    column: &Column,
    apart: usize,
    zero_points: u32,
    sums: &mut [i32; BLOCK],
) -> Result<(), Fault> {
    let mut state = column.check(inputs, weights, apart.checked_mul(2).ok_or(Fault)?, sums)?;
    // SAFETY: as in `add_column`; the check was made for the last of the three columns, which ends last.
    unsafe {
        each_group!(
            state, zero_points, [tap!(""), tap!(", {apart}"), tap!(", {apart}, lsl #1")], apart = in(reg) apart,
        )
    };
    Ok(())
}

impl Column {
    /// A fault unless both slices have the bytes of all groups `beyond` the last tap.
    #[inline(always)]
    fn check(&self, inputs: &[u8], weights: &[u8], beyond: usize, sums: &mut [i32; BLOCK]) -> Result<Loop, Fault> {
        let &Self { rows, input_step, weight_step, group_step, groups } = self;
        let steps = rows.checked_sub(1).ok_or(Fault)?;
        let more = groups.checked_sub(1).ok_or(Fault)?;
        if weight_step == 0 || group_step > CHANNELS || groups > BLOCK / CHANNELS {
            return Err(Fault);
        }
        let reaches = |step: usize, group: usize, length: usize| {
            let group = more.wrapping_mul(group).wrapping_add(CHANNELS);
            let end = steps.checked_mul(step).and_then(|last| last.checked_add(beyond)?.checked_add(group));
            end.is_some_and(|end| end <= length)
        };
        if !reaches(input_step, group_step, inputs.len()) || !reaches(weight_step, CHANNELS, weights.len()) {
            return Err(Fault);
        }
        Ok(Loop {
            input_step,
            weight_step,
            weight_end: weights.as_ptr(),
            weight_span: rows.wrapping_mul(weight_step),
            inputs: inputs.as_ptr(),
            weights: weights.as_ptr(),
            sums: sums.as_mut_ptr(),
            group_step,
            left: groups,
        })
    }
}
