//! Looking at words without storing them: eight arrive in one instruction, and saturation remembers what was too large.

/// Bytes that one pass of the unrolled loops takes.
const LONG_BYTES: usize = 128;
const SHORT_BYTES: usize = 32;

/// How many of the leading words to look at: whole passes of the short loop. None when the words do not stand at a
/// multiple of 4, as LDM wants them.
#[inline(always)]
fn passes(words: &[[u8; 4]]) -> usize {
    match words.as_ptr().addr() % 4 {
        0 => size_of_val(words) & !(SHORT_BYTES - 1),
        _ => 0,
    }
}

/// True when each of the little-endian int32 words in front of what is returned is in −2³⁰ ..= 2³⁰ − 1.
#[inline(always)]
#[expect(unsafe_code, reason = "SSAT leaves a sticky flag when a value is out of range: one instruction a word")]
pub(crate) fn leading_words_fit_31_bits(words: &[[u8; 4]]) -> (bool, &[[u8; 4]]) {
    let bytes = passes(words);
    let rest = words.get(bytes / 4..).unwrap_or(&[]);
    let start = words.as_ptr().cast::<u8>();
    let flags: u32;
    // SAFETY: reads from `start` as far as `bytes`, a multiple of 32 within `words`, by the long loop while a multiple of
    // 128 is left, then by the short one. The words stand at a multiple of 4, or `bytes` is 0.
    unsafe {
        dsp_asm!(
            // The sticky flag is set by nothing but saturation, and cleared by nothing but this.
            "movs r0, #0",
            "msr apsr_nzcvq, r0",
            "cmp {at}, {long}",
            "beq 3f",
            "2: ldm {at}!, {{r0, r1, r2, r3, r4, r5, r8, r12}}",
            "ssat r0, #31, r0", "ssat r1, #31, r1", "ssat r2, #31, r2", "ssat r3, #31, r3",
            "ssat r4, #31, r4", "ssat r5, #31, r5", "ssat r8, #31, r8", "ssat r12, #31, r12",
            "ldm {at}!, {{r0, r1, r2, r3, r4, r5, r8, r12}}",
            "ssat r0, #31, r0", "ssat r1, #31, r1", "ssat r2, #31, r2", "ssat r3, #31, r3",
            "ssat r4, #31, r4", "ssat r5, #31, r5", "ssat r8, #31, r8", "ssat r12, #31, r12",
            "ldm {at}!, {{r0, r1, r2, r3, r4, r5, r8, r12}}",
            "ssat r0, #31, r0", "ssat r1, #31, r1", "ssat r2, #31, r2", "ssat r3, #31, r3",
            "ssat r4, #31, r4", "ssat r5, #31, r5", "ssat r8, #31, r8", "ssat r12, #31, r12",
            "ldm {at}!, {{r0, r1, r2, r3, r4, r5, r8, r12}}",
            "ssat r0, #31, r0", "ssat r1, #31, r1", "ssat r2, #31, r2", "ssat r3, #31, r3",
            "ssat r4, #31, r4", "ssat r5, #31, r5", "ssat r8, #31, r8", "ssat r12, #31, r12",
            "cmp {at}, {long}",
            "bne 2b",
            "3: cmp {at}, {end}",
            "beq 5f",
            "4: ldm {at}!, {{r0, r1, r2, r3, r4, r5, r8, r12}}",
            "ssat r0, #31, r0", "ssat r1, #31, r1", "ssat r2, #31, r2", "ssat r3, #31, r3",
            "ssat r4, #31, r4", "ssat r5, #31, r5", "ssat r8, #31, r8", "ssat r12, #31, r12",
            "cmp {at}, {end}",
            "bne 4b",
            "5: mrs {at}, apsr",
            at = inout(reg) start => flags,
            long = in(reg) start.wrapping_add(bytes & !(LONG_BYTES - 1)),
            end = in(reg) start.wrapping_add(bytes),
            out("r0") _, out("r1") _, out("r2") _, out("r3") _,
            out("r4") _, out("r5") _, out("r8") _, out("r12") _,
            options(readonly, nostack),
        );
    }
    (flags & 1 << 27 == 0, rest)
}

/// True when each of the little-endian int32 words in front of what is returned is in 2³⁰ ..= 2³¹ − 1.
#[inline(always)]
#[expect(unsafe_code, reason = "PKHTB brings the high halves of two words together: three instructions for two words")]
pub(crate) fn leading_words_have_30_bits_below_the_highest(words: &[[u8; 4]]) -> (bool, &[[u8; 4]]) {
    let bytes = passes(words);
    let rest = words.get(bytes / 4..).unwrap_or(&[]);
    let start = words.as_ptr().cast::<u8>();
    // High halves of two words each: bits that all have, and bits that any has.
    let (all, any): (u32, u32);
    // SAFETY: reads from `start` as far as `bytes`, a multiple of 32 within `words`. They stand at a multiple of 4, or
    // `bytes` is 0.
    unsafe {
        dsp_asm!(
            "cmp {at}, {end}",
            "beq 3f",
            "2: ldm {at}!, {{r0, r1, r2, r3, r4, r5, r8, r12}}",
            "pkhtb r0, r0, r1, asr #16", "pkhtb r2, r2, r3, asr #16",
            "pkhtb r4, r4, r5, asr #16", "pkhtb r8, r8, r12, asr #16",
            "ands {all}, {all}, r0", "orrs {any}, {any}, r0", "ands {all}, {all}, r2", "orrs {any}, {any}, r2",
            "ands {all}, {all}, r4", "orrs {any}, {any}, r4", "and {all}, {all}, r8", "orr {any}, {any}, r8",
            "cmp {at}, {end}",
            "bne 2b",
            "3:",
            at = inout(reg) start => _,
            end = in(reg) start.wrapping_add(bytes),
            all = inout(reg) u32::MAX => all,
            any = inout(reg) 0 => any,
            out("r0") _, out("r1") _, out("r2") _, out("r3") _,
            out("r4") _, out("r5") _, out("r8") _, out("r12") _,
            options(readonly, nostack),
        );
    }
    (all & 0x4000_4000 == 0x4000_4000 && any & 0x8000_8000 == 0, rest)
}
