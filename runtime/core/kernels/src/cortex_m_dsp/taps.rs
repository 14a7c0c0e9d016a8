//! Depthwise sums of four neighbouring channels.

use crate::Fault;

/// Channels summed together.
pub(super) const CHANNELS: usize = 4;

/// Taps below each other.
#[derive(Clone, Copy)]
pub(super) struct Column {
    /// Taps; at least 1.
    pub rows: usize,
    /// Bytes from an input to the one a row below.
    pub input_step: usize,
    /// Bytes from a weight to the one a row below; not 0.
    pub weight_step: usize,
}

/// What the loops read after each row.
#[repr(C)]
struct Next {
    input_step: usize,
    weight_step: usize,
    weight_end: *const u8,
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

/// To the next row, or out.
macro_rules! next_row {
    () => {
        "ldrd {x}, {w}, [{next}]
        ldr {t}, [{next}, #8]
        add {inputs}, {inputs}, {x}
        add {weights}, {weights}, {w}
        cmp {weights}, {t}
        bne 2b"
    };
}

/// `sums[c] += Σ (input c − zero point) × weight c` over the taps of a column, whose first tap's inputs and weights the
/// slices begin with.
#[inline(always)]
#[expect(unsafe_code, reason = "SXTAB16 widens and centres two inputs at once, SMLABB and SMLATT take one half each")]
pub(super) fn add_column(
    inputs: &[u8],
    weights: &[u8],
    column: Column,
    negated_zero_points: u32,
    sums: &mut [i32; CHANNELS],
) -> Result<(), Fault> {
    let next = column.check(inputs, weights, CHANNELS)?;
    let [a, b, c, d] = sums;
    // SAFETY: `check` proved that the four bytes at each of the taps are in both slices, which is what is read, beside
    // `next`.
    unsafe {
        dsp_asm!(
            "2:",
            tap!(""),
            next_row!(),
            inputs = inout(reg) inputs.as_ptr() => _,
            weights = inout(reg) weights.as_ptr() => _,
            zero = in(reg) negated_zero_points,
            next = in(reg) &raw const next,
            a = inout(reg) *a,
            b = inout(reg) *b,
            c = inout(reg) *c,
            d = inout(reg) *d,
            x = out(reg) _,
            w = out(reg) _,
            t = out(reg) _,
            u = out(reg) _,
            options(nostack, readonly),
        );
    }
    Ok(())
}

/// As [`add_column`], of three columns: inputs and weights of neighbouring columns are `apart` bytes apart.
#[inline(always)]
#[expect(unsafe_code, reason = "SXTAB16 widens and centres two inputs at once, SMLABB and SMLATT take one half each")]
pub(super) fn add_three_columns(
    inputs: &[u8],
    weights: &[u8],
    column: Column,
    apart: usize,
    negated_zero_points: u32,
    sums: &mut [i32; CHANNELS],
) -> Result<(), Fault> {
    let next = column.check(inputs, weights, apart.checked_mul(2).ok_or(Fault)?.checked_add(CHANNELS).ok_or(Fault)?)?;
    let [a, b, c, d] = sums;
    // SAFETY: as in `add_column`; the check was made for the last of the three columns, which ends last.
    unsafe {
        dsp_asm!(
            "2:",
            tap!(""),
            tap!(", {apart}"),
            tap!(", {apart}, lsl #1"),
            next_row!(),
            inputs = inout(reg) inputs.as_ptr() => _,
            weights = inout(reg) weights.as_ptr() => _,
            apart = in(reg) apart,
            zero = in(reg) negated_zero_points,
            next = in(reg) &raw const next,
            a = inout(reg) *a,
            b = inout(reg) *b,
            c = inout(reg) *c,
            d = inout(reg) *d,
            x = out(reg) _,
            w = out(reg) _,
            t = out(reg) _,
            u = out(reg) _,
            options(nostack, readonly),
        );
    }
    Ok(())
}

impl Column {
    /// A fault unless both slices have `bytes` bytes at the last tap.
    #[inline(always)]
    fn check(&self, inputs: &[u8], weights: &[u8], bytes: usize) -> Result<Next, Fault> {
        let &Self { rows, input_step, weight_step } = self;
        let steps = rows.checked_sub(1).ok_or(Fault)?;
        let reaches = |step: usize, length: usize| {
            steps.checked_mul(step).and_then(|last| last.checked_add(bytes)).is_some_and(|end| end <= length)
        };
        if weight_step == 0 || !reaches(input_step, inputs.len()) || !reaches(weight_step, weights.len()) {
            return Err(Fault);
        }
        let weight_end = weights.as_ptr().wrapping_add(rows.wrapping_mul(weight_step));
        Ok(Next { input_step, weight_step, weight_end })
    }
}
