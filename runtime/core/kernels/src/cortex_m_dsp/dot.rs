//! Sums of products of inputs, widened and centred once, with the weights of neighbouring channels.

use crate::Fault;

/// Words that hold centred inputs: [`CENTRED_ELEMENTS`] of 16 bits.
const CENTRED_WORDS: usize = 128;

/// Elements that fit, of all pixels together.
pub(super) const CENTRED_ELEMENTS: usize = 2 * CENTRED_WORDS;

/// Inputs minus their zero point, 16 bits each. Of four neighbouring inputs 0 1 2 3 of a pixel, one word holds 0 and 2,
/// as SXTB16 leaves them, and another 1 and 3. The words of one kind of all pixels stand together.
pub(super) struct Centred {
    words: [u32; CENTRED_WORDS],
}

/// Weights of neighbouring channels: `pitch` bytes from one to the next.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub weights: &'a [u8],
    pub pitch: usize,
}

impl Centred {
    /// Zeros.
    pub(super) fn new() -> Self {
        Self { words: [0; CENTRED_WORDS] }
    }

    /// Takes in `inputs` (int8) for `pixel` of `pixels`, filled up with zeros to a multiple of four.
    pub(super) fn fill(
        &mut self,
        pixel: usize,
        pixels: usize,
        inputs: &[u8],
        negated_zero_points: u32,
    ) -> Result<(), Fault> {
        let (whole, rest) = inputs.as_chunks::<4>();
        self.widen(pixel, pixels, whole, negated_zero_points)?;
        if !rest.is_empty() {
            // The zero point itself becomes zero.
            let mut last = [negated_zero_points.wrapping_neg() as u8; 4];
            last.iter_mut().zip(rest).for_each(|(to, &from)| *to = from);
            let at = whole.len().wrapping_mul(2).wrapping_mul(pixels).wrapping_add(pixel);
            self.widen(at, pixels, &[last], negated_zero_points)?;
        }
        Ok(())
    }

    /// Writes two words, `pixels` apart, for each four inputs, from word `at`.
    #[inline(never)]
    #[expect(unsafe_code, reason = "SXTAB16 widens two bytes and subtracts the zero point at once")]
    fn widen(&mut self, at: usize, pixels: usize, inputs: &[[u8; 4]], negated_zero_points: u32) -> Result<(), Fault> {
        if inputs.is_empty() {
            return Ok(());
        }
        let apart = inputs.len().checked_mul(2).ok_or(Fault)?.wrapping_sub(1).checked_mul(pixels).ok_or(Fault)?;
        let target = self.words.get_mut(at..).ok_or(Fault)?;
        if target.len() <= apart {
            return Err(Fault);
        }
        // SAFETY: reads `inputs` from start to end and writes words 0, pixels, 2 pixels, .. of `target`, the last of
        // which is word (2 × inputs − 1) × pixels: inside, as just checked.
        unsafe {
            dsp_asm!(
                "2: ldr {word}, [{input}], #4",
                "sxtab16 {even}, {zero}, {word}",
                "sxtab16 {word}, {zero}, {word}, ror #8",
                "str {even}, [{target}]",
                "str {word}, [{target}, {step}]",
                "add {target}, {target}, {step}, lsl #1",
                "cmp {input}, {end}",
                "bne 2b",
                input = inout(reg) inputs.as_ptr() => _,
                end = in(reg) inputs.as_ptr_range().end,
                target = inout(reg) target.as_mut_ptr() => _,
                step = in(reg) pixels.wrapping_mul(4),
                zero = in(reg) negated_zero_points,
                word = out(reg) _,
                even = out(reg) _,
                options(nostack),
            );
        }
        Ok(())
    }

    /// Adds to the sums of two pixels and two channels: `sums[pixel][channel] += Σ input k × weight k` over `taps`.
    pub(super) fn add_two_by_two(&self, rows: Rows<'_>, taps: usize, sums: &mut [[i32; 2]; 2]) -> Result<(), Fault> {
        self.each_part::<2, 2>(rows, taps, |words, rows, count| two_by_two(words, rows, count, sums))
    }

    /// Adds to the sums of one pixel and four channels.
    pub(super) fn add_one_by_four(&self, rows: Rows<'_>, taps: usize, sums: &mut [i32; 4]) -> Result<(), Fault> {
        self.each_part::<1, 4>(rows, taps, |words, rows, count| one_by_four(words, rows, count, sums))
    }

    /// Calls `add` with centred words, weights, and the number of fours in both: once as a rule. Where the weights end
    /// within the last four, those come from a copy that goes on with zeros.
    #[inline(always)]
    fn each_part<const PIXELS: usize, const CHANNELS: usize>(
        &self,
        rows: Rows<'_>,
        taps: usize,
        mut add: impl FnMut(&[u32], Rows<'_>, usize) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let fours = taps.div_ceil(4);
        let last_row = rows.pitch.wrapping_mul(CHANNELS - 1);
        if last_row.wrapping_add(fours.wrapping_mul(4)) <= rows.weights.len() {
            return add(&self.words, rows, fours);
        }
        let whole = taps >> 2;
        add(&self.words, rows, whole)?;
        let mut ends = [[0; 4]; CHANNELS];
        for (channel, end) in ends.iter_mut().enumerate() {
            let start = rows.pitch.wrapping_mul(channel);
            let weights = rows.weights.get(start..start.wrapping_add(taps)).ok_or(Fault)?;
            let rest = weights.get(whole.wrapping_mul(4)..).ok_or(Fault)?;
            end.iter_mut().zip(rest).for_each(|(to, &from)| *to = from);
        }
        let words = self.words.get(whole.wrapping_mul(2 * PIXELS)..).ok_or(Fault)?;
        add(words, Rows { weights: ends.as_flattened(), pitch: 4 }, 1)
    }
}

/// A fault unless `words` and all `channels` rows of `rows` hold `fours` fours, of `pixels` pixels.
#[inline(always)]
fn check(words: &[u32], rows: Rows<'_>, fours: usize, pixels: usize, channels: usize) -> Result<(), Fault> {
    let last_row = rows.pitch.checked_mul(channels.wrapping_sub(1)).ok_or(Fault)?;
    // At most an eighth of the address space, so that no product below wraps.
    let enough = fours <= CENTRED_WORDS && fours.wrapping_mul(2).wrapping_mul(pixels) <= words.len();
    let end = last_row.checked_add(fours.wrapping_mul(4)).ok_or(Fault)?;
    if enough && end <= rows.weights.len() { Ok(()) } else { Err(Fault) }
}

/// Two pixels, two channels: 17 instructions for 16 products.
#[inline(always)]
#[expect(unsafe_code, reason = "SMLAD adds two 16-bit products at once")]
fn two_by_two(words: &[u32], rows: Rows<'_>, fours: usize, sums: &mut [[i32; 2]; 2]) -> Result<(), Fault> {
    check(words, rows, fours, 2, 2)?;
    if fours == 0 {
        return Ok(());
    }
    let [[a, b], [c, d]] = sums;
    // SAFETY: `check` proved that 4 × fours words of `words` and 4 × fours bytes from the start of both rows of weights
    // are there, which is what is read. Words are aligned, as LDRD needs; LDR needs no alignment.
    unsafe {
        dsp_asm!(
            // An odd count enters at the second of the two steps.
            "tst {fours}, #1",
            "bne 3f",
            "2:",
            "ldrd {x}, {y}, [{words}], #8",
            "ldr {v}, [{row0}], #4",
            "ldr {w}, [{row1}], #4",
            "sxtb16 {t}, {v}",
            "smlad {a}, {x}, {t}, {a}",
            "smlad {c}, {y}, {t}, {c}",
            "sxtb16 {t}, {w}",
            "smlad {b}, {x}, {t}, {b}",
            "smlad {d}, {y}, {t}, {d}",
            "ldrd {x}, {y}, [{words}], #8",
            "sxtb16 {t}, {v}, ror #8",
            "smlad {a}, {x}, {t}, {a}",
            "smlad {c}, {y}, {t}, {c}",
            "sxtb16 {t}, {w}, ror #8",
            "smlad {b}, {x}, {t}, {b}",
            "smlad {d}, {y}, {t}, {d}",
            "3:",
            "ldrd {x}, {y}, [{words}], #8",
            "ldr {v}, [{row0}], #4",
            "ldr {w}, [{row1}], #4",
            "sxtb16 {t}, {v}",
            "smlad {a}, {x}, {t}, {a}",
            "smlad {c}, {y}, {t}, {c}",
            "sxtb16 {t}, {w}",
            "smlad {b}, {x}, {t}, {b}",
            "smlad {d}, {y}, {t}, {d}",
            "ldrd {x}, {y}, [{words}], #8",
            "sxtb16 {t}, {v}, ror #8",
            "smlad {a}, {x}, {t}, {a}",
            "smlad {c}, {y}, {t}, {c}",
            "sxtb16 {t}, {w}, ror #8",
            "smlad {b}, {x}, {t}, {b}",
            "smlad {d}, {y}, {t}, {d}",
            "subs {fours}, {fours}, #2",
            "bhi 2b",
            words = inout(reg) words.as_ptr() => _,
            row0 = inout(reg) rows.weights.as_ptr() => _,
            row1 = inout(reg) rows.weights.as_ptr().wrapping_add(rows.pitch) => _,
            fours = inout(reg) fours => _,
            a = inout(reg) *a,
            b = inout(reg) *b,
            c = inout(reg) *c,
            d = inout(reg) *d,
            x = out(reg) _,
            y = out(reg) _,
            v = out(reg) _,
            w = out(reg) _,
            t = out(reg) _,
            options(nostack, readonly),
        );
    }
    Ok(())
}

/// One pixel, four channels: 22 instructions for 16 products.
#[inline(always)]
#[expect(unsafe_code, reason = "SMLAD adds two 16-bit products at once")]
fn one_by_four(words: &[u32], rows: Rows<'_>, fours: usize, sums: &mut [i32; 4]) -> Result<(), Fault> {
    check(words, rows, fours, 1, 4)?;
    if fours == 0 {
        return Ok(());
    }
    let [a, b, c, d] = sums;
    // SAFETY: `check` proved that 2 × fours words of `words` and 4 × fours bytes from the start of all four rows of
    // weights are there, which is what is read. Words are aligned, as LDRD needs; LDR needs no alignment.
    unsafe {
        dsp_asm!(
            "tst {fours}, #1",
            "bne 3f",
            "2:",
            "ldrd {x}, {y}, [{words}], #8",
            "ldr {v}, [{row0}, {pitch}]",
            "sxtb16 {t}, {v}",
            "sxtb16 {v}, {v}, ror #8",
            "smlad {b}, {x}, {t}, {b}",
            "smlad {b}, {y}, {v}, {b}",
            "ldr {v}, [{row0}, {pitch}, lsl #1]",
            "sxtb16 {t}, {v}",
            "sxtb16 {v}, {v}, ror #8",
            "smlad {c}, {x}, {t}, {c}",
            "smlad {c}, {y}, {v}, {c}",
            "ldr {v}, [{row3}], #4",
            "sxtb16 {t}, {v}",
            "sxtb16 {v}, {v}, ror #8",
            "smlad {d}, {x}, {t}, {d}",
            "smlad {d}, {y}, {v}, {d}",
            "ldr {v}, [{row0}], #4",
            "sxtb16 {t}, {v}",
            "sxtb16 {v}, {v}, ror #8",
            "smlad {a}, {x}, {t}, {a}",
            "smlad {a}, {y}, {v}, {a}",
            "3:",
            "ldrd {x}, {y}, [{words}], #8",
            "ldr {v}, [{row0}, {pitch}]",
            "sxtb16 {t}, {v}",
            "sxtb16 {v}, {v}, ror #8",
            "smlad {b}, {x}, {t}, {b}",
            "smlad {b}, {y}, {v}, {b}",
            "ldr {v}, [{row0}, {pitch}, lsl #1]",
            "sxtb16 {t}, {v}",
            "sxtb16 {v}, {v}, ror #8",
            "smlad {c}, {x}, {t}, {c}",
            "smlad {c}, {y}, {v}, {c}",
            "ldr {v}, [{row3}], #4",
            "sxtb16 {t}, {v}",
            "sxtb16 {v}, {v}, ror #8",
            "smlad {d}, {x}, {t}, {d}",
            "smlad {d}, {y}, {v}, {d}",
            "ldr {v}, [{row0}], #4",
            "sxtb16 {t}, {v}",
            "sxtb16 {v}, {v}, ror #8",
            "smlad {a}, {x}, {t}, {a}",
            "smlad {a}, {y}, {v}, {a}",
            "subs {fours}, {fours}, #2",
            "bhi 2b",
            words = inout(reg) words.as_ptr() => _,
            row0 = inout(reg) rows.weights.as_ptr() => _,
            row3 = inout(reg) rows.weights.as_ptr().wrapping_add(rows.pitch.wrapping_mul(3)) => _,
            pitch = in(reg) rows.pitch,
            fours = inout(reg) fours => _,
            a = inout(reg) *a,
            b = inout(reg) *b,
            c = inout(reg) *c,
            d = inout(reg) *d,
            x = out(reg) _,
            y = out(reg) _,
            v = out(reg) _,
            t = out(reg) _,
            options(nostack, readonly),
        );
    }
    Ok(())
}
