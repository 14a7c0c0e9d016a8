//! Sums of products of inputs, widened and centred once, with the weights of neighbouring channels.

use super::output::BLOCK;
use crate::Fault;
use core::ops::Range;

/// Words that hold centred inputs.
const CENTRED_WORDS: usize = 128;

/// Inputs that fit, of all pixels together.
pub(super) const CENTRED_ELEMENTS: usize = 2 * CENTRED_WORDS;

/// Channels of one pixel whose sums run side by side, and of each of two pixels.
const ALONE: usize = 4;
const PAIRED: usize = 2;

/// Inputs minus their zero point, 16 bits each. Of four neighbouring inputs 0 1 2 3 of a pixel, one word holds 0 and 2,
/// as SXTB16 leaves them, and another 1 and 3. The words of one kind of all pixels stand together.
pub(super) struct Centred {
    words: [u32; CENTRED_WORDS],
}

/// What the loops over groups of channels keep in memory, registers being short.
#[repr(C)]
struct Groups {
    words: *const u32,
    fours: usize,
    /// Of the next group.
    weights: *const u8,
    pitch: usize,
    /// Of the next group, and the same of the second pixel.
    sums: *mut i32,
    second: *mut i32,
    /// Groups.
    left: usize,
}

impl Centred {
    /// Zeros.
    #[inline(always)]
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
        let apart = inputs.len().wrapping_mul(2).wrapping_sub(1).wrapping_mul(pixels);
        let target = self.words.get_mut(at..).ok_or(Fault)?;
        if inputs.len() > CENTRED_WORDS || pixels > 2 || target.len() <= apart {
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

    /// `sums[pixel][channel] += Σ input k × weight k` over `taps` for the first `count` channels, whose weights begin
    /// `pitch` bytes apart.
    #[inline(always)]
    pub(super) fn add<const PIXELS: usize>(
        &self,
        weights: &[u8],
        pitch: usize,
        taps: usize,
        sums: &mut [[i32; BLOCK]; PIXELS],
        count: usize,
    ) -> Result<(), Fault> {
        let group = if PIXELS == 1 { ALONE } else { PAIRED };
        let grouped = count & !group.wrapping_sub(1);
        let fours = taps.div_ceil(4);
        // Four bytes at a time stay inside the weights but for the tensor's last channels.
        let mut whole = grouped;
        while whole > 0 && !is_inside(weights, pitch, whole, fours) {
            whole = whole.wrapping_sub(group);
        }
        self.add_groups(weights, pitch, fours, sums, 0..whole)?;
        if whole == count {
            return Ok(());
        }
        let rest = taps & !3;
        self.add_groups(weights, pitch, taps >> 2, sums, whole..grouped)?;
        self.add_each(weights, pitch, rest..taps, sums, whole..grouped)?;
        self.add_each(weights, pitch, 0..taps, sums, grouped..count)
    }

    /// As [`Self::add`] for some channels, one product at a time.
    #[inline(never)]
    fn add_each<const PIXELS: usize>(
        &self,
        weights: &[u8],
        pitch: usize,
        taps: Range<usize>,
        sums: &mut [[i32; BLOCK]; PIXELS],
        channels: Range<usize>,
    ) -> Result<(), Fault> {
        for channel in channels {
            for tap in taps.clone() {
                let weight = *weights.get(channel.wrapping_mul(pitch).wrapping_add(tap)).ok_or(Fault)? as i8;
                let kind = (tap >> 2).wrapping_mul(2).wrapping_add(tap & 1).wrapping_mul(PIXELS);
                for (pixel, sums) in sums.iter_mut().enumerate() {
                    let word = *self.words.get(kind.wrapping_add(pixel)).ok_or(Fault)?;
                    let input = if tap & 2 == 0 { word as i16 } else { (word >> 16) as i16 };
                    let sum = sums.get_mut(channel).ok_or(Fault)?;
                    *sum = sum.wrapping_add((input as i32).wrapping_mul(weight as i32));
                }
            }
        }
        Ok(())
    }

    /// As [`Self::add`] for whole groups of channels and whole fours of taps.
    #[inline(never)]
    #[expect(unsafe_code, reason = "SMLAD adds two 16-bit products at once")]
    fn add_groups<const PIXELS: usize>(
        &self,
        weights: &[u8],
        pitch: usize,
        fours: usize,
        sums: &mut [[i32; BLOCK]; PIXELS],
        channels: Range<usize>,
    ) -> Result<(), Fault> {
        let Range { start, end } = channels;
        if start >= end || fours == 0 {
            return Ok(());
        }
        let group = if PIXELS == 1 { ALONE } else { PAIRED };
        let left = end.wrapping_sub(start).checked_div(group).ok_or(Fault)?;
        let fits = fours <= CENTRED_WORDS && fours.wrapping_mul(2 * PIXELS) <= CENTRED_WORDS;
        if !fits || end > BLOCK || left == 0 || !is_inside(weights, pitch, end, fours) {
            return Err(Fault);
        }
        let [sums, second] = match sums.as_mut_slice() {
            [one] => [one.as_mut_ptr().wrapping_add(start), core::ptr::null_mut()],
            [one, two] => [one.as_mut_ptr().wrapping_add(start), two.as_mut_ptr().wrapping_add(start)],
            _ => return Err(Fault),
        };
        let weights = weights.as_ptr().wrapping_add(start.wrapping_mul(pitch));
        let mut groups = Groups { words: self.words.as_ptr(), fours, weights, pitch, sums, second, left };
        // SAFETY: the checks above proved what both need: words for `fours` fours of all pixels, as many bytes of
        // weights for every channel of the groups, and sums for those channels. Words and sums are aligned for LDRD.
        unsafe {
            if PIXELS == 1 {
                one_by_four(&mut groups);
            } else {
                two_by_two(&mut groups);
            }
        }
        Ok(())
    }
}

/// True when the first `channels` channels have `fours` × 4 bytes of weights.
#[inline(always)]
fn is_inside(weights: &[u8], pitch: usize, channels: usize, fours: usize) -> bool {
    let last = channels.wrapping_sub(1).checked_mul(pitch);
    last.and_then(|last| last.checked_add(fours.wrapping_mul(4))).is_some_and(|end| end <= weights.len())
}

/// Two pixels, two channels: 16 instructions for 16 products.
macro_rules! step_two_by_two {
    () => {
        "ldrd {x}, {y}, [{words}], #8
        ldr {v}, [{row0}], #4
        ldr {w}, [{row1}], #4
        sxtb16 {t}, {v}
        smlad {a}, {x}, {t}, {a}
        smlad {c}, {y}, {t}, {c}
        sxtb16 {t}, {w}
        smlad {b}, {x}, {t}, {b}
        smlad {d}, {y}, {t}, {d}
        ldrd {x}, {y}, [{words}], #8
        sxtb16 {t}, {v}, ror #8
        smlad {a}, {x}, {t}, {a}
        smlad {c}, {y}, {t}, {c}
        sxtb16 {t}, {w}, ror #8
        smlad {b}, {x}, {t}, {b}
        smlad {d}, {y}, {t}, {d}"
    };
}

/// Groups of two channels of two pixels.
///
/// # Safety
/// `groups` points to 4 × fours words, to pitch × (2 × left − 1) + 4 × fours bytes of weights, and to 2 × left sums
/// twice; fours and left are not 0.
#[inline(always)]
#[expect(unsafe_code, reason = "a loop in assembly that follows pointers")]
unsafe fn two_by_two(groups: &mut Groups) {
    // SAFETY: reads and writes what the caller promises; the stack gives back what it takes.
    unsafe {
        dsp_asm!(
            "2: ldrd {row0}, {t}, [{groups}, #8]",
            "add {row1}, {row0}, {t}",
            "add {t}, {row1}, {t}",
            "str {t}, [{groups}, #8]",
            "ldrd {x}, {y}, [{groups}, #16]",
            "ldrd {a}, {b}, [{x}]",
            "ldrd {c}, {d}, [{y}]",
            "ldr {words}, [{groups}]",
            // Its register counts until the group is done.
            "str {groups}, [sp, #-4]!",
            "ldr {groups}, [{groups}, #4]",
            // An odd count enters at the second of two steps.
            "tst {groups}, #1",
            "bne 4f",
            "3:",
            step_two_by_two!(),
            "4:",
            step_two_by_two!(),
            "subs {groups}, {groups}, #2",
            "bhi 3b",
            "ldr {groups}, [sp], #4",
            "ldrd {x}, {y}, [{groups}, #16]",
            "strd {a}, {b}, [{x}], #8",
            "strd {c}, {d}, [{y}], #8",
            "strd {x}, {y}, [{groups}, #16]",
            "ldr {t}, [{groups}, #24]",
            "subs {t}, {t}, #1",
            "str {t}, [{groups}, #24]",
            "bne 2b",
            groups = inout(reg) groups => _,
            words = out(reg) _,
            row0 = out(reg) _,
            row1 = out(reg) _,
            a = out(reg) _,
            b = out(reg) _,
            c = out(reg) _,
            d = out(reg) _,
            x = out(reg) _,
            y = out(reg) _,
            v = out(reg) _,
            w = out(reg) _,
            t = out(reg) _,
        );
    }
}

/// One pixel, four channels: 21 instructions for 16 products.
macro_rules! step_one_by_four {
    () => {
        "ldrd {x}, {y}, [{words}], #8
        ldr {v}, [{row0}, {pitch}]
        sxtb16 {t}, {v}
        sxtb16 {v}, {v}, ror #8
        smlad {b}, {x}, {t}, {b}
        smlad {b}, {y}, {v}, {b}
        ldr {v}, [{row0}, {pitch}, lsl #1]
        sxtb16 {t}, {v}
        sxtb16 {v}, {v}, ror #8
        smlad {c}, {x}, {t}, {c}
        smlad {c}, {y}, {v}, {c}
        ldr {v}, [{row3}], #4
        sxtb16 {t}, {v}
        sxtb16 {v}, {v}, ror #8
        smlad {d}, {x}, {t}, {d}
        smlad {d}, {y}, {v}, {d}
        ldr {v}, [{row0}], #4
        sxtb16 {t}, {v}
        sxtb16 {v}, {v}, ror #8
        smlad {a}, {x}, {t}, {a}
        smlad {a}, {y}, {v}, {a}"
    };
}

/// Groups of four channels of one pixel.
///
/// # Safety
/// `groups` points to 2 × fours words, to pitch × (4 × left − 1) + 4 × fours bytes of weights, and to 4 × left sums;
/// fours and left are not 0.
#[inline(always)]
#[expect(unsafe_code, reason = "a loop in assembly that follows pointers")]
unsafe fn one_by_four(groups: &mut Groups) {
    // SAFETY: reads and writes what the caller promises; the stack gives back what it takes.
    unsafe {
        dsp_asm!(
            "2: ldrd {row0}, {pitch}, [{groups}, #8]",
            "add {row3}, {row0}, {pitch}",
            "add {row3}, {row3}, {pitch}, lsl #1",
            "add {t}, {row3}, {pitch}",
            "str {t}, [{groups}, #8]",
            "ldr {t}, [{groups}, #16]",
            "ldrd {a}, {b}, [{t}]",
            "ldrd {c}, {d}, [{t}, #8]",
            "ldr {words}, [{groups}]",
            // Its register counts until the group is done.
            "str {groups}, [sp, #-4]!",
            "ldr {groups}, [{groups}, #4]",
            "3:",
            step_one_by_four!(),
            "subs {groups}, {groups}, #1",
            "bne 3b",
            "ldr {groups}, [sp], #4",
            "ldr {t}, [{groups}, #16]",
            "strd {a}, {b}, [{t}], #8",
            "strd {c}, {d}, [{t}], #8",
            "str {t}, [{groups}, #16]",
            "ldr {t}, [{groups}, #24]",
            "subs {t}, {t}, #1",
            "str {t}, [{groups}, #24]",
            "bne 2b",
            groups = inout(reg) groups => _,
            words = out(reg) _,
            row0 = out(reg) _,
            row3 = out(reg) _,
            pitch = out(reg) _,
            a = out(reg) _,
            b = out(reg) _,
            c = out(reg) _,
            d = out(reg) _,
            x = out(reg) _,
            y = out(reg) _,
            v = out(reg) _,
            t = out(reg) _,
        );
    }
}
