//! Looking at every entry of a channel table, at load: much of what a load costs.
//!
//! Each scan first folds many entries into one number, a few instructions an entry, and lets the table pass when that
//! number says that all are in range, as it does for tables of trained models. Where it does not, an exact scan decides.

#[cfg(cortex_m_dsp)]
use crate::cortex_m_dsp::scan as fold;
#[cfg(not(cortex_m_dsp))]
use portable as fold;

/// True when none of the little-endian int32 `words` is greater than `limit` in magnitude.
pub fn magnitudes_within(words: &[[u8; 4]], limit: u32) -> bool {
    if limit >= 1 << 30 {
        let (fit, rest) = fold::leading_words_fit_31_bits(words);
        if fit && within(rest, limit) {
            return true;
        }
    }
    within(words, limit)
}

fn within(words: &[[u8; 4]], limit: u32) -> bool {
    words.iter().all(|&word| i32::from_le_bytes(word).unsigned_abs() <= limit)
}

/// True when none of the little-endian int32 `mantissas` is negative: what [`mote_numbers::Multiplier::is_valid`] asks of
/// a mantissa.
// Loops in assembly want all registers.
#[inline(never)]
pub fn mantissas_are_valid(mantissas: &[[u8; 4]]) -> bool {
    let valid = |mantissa: &[u8; 4]| i32::from_le_bytes(*mantissa) >= 0;
    let (fit, rest) = fold::leading_words_have_30_bits_below_the_highest(mantissas);
    (fit && rest.iter().all(valid)) || mantissas.iter().all(valid)
}

/// True when each of the int8 `shifts` is in −31 ..= 30: what [`mote_numbers::Multiplier::is_valid`] asks of a shift.
pub fn shifts_are_valid(shifts: &[u8]) -> bool {
    let valid = |&shift: &u8| (-31..=30).contains(&(shift as i8));
    let (blocks, rest) = shifts.as_chunks::<16>();
    let mut others = 0u32;
    for block in blocks {
        for word in block.as_chunks::<4>().0 {
            let word = u32::from_le_bytes(*word);
            // In −16 ..= 15 the four highest bits are equal.
            others |= word ^ (word << 1);
        }
    }
    (others & 0xE0E0_E0E0 == 0 && rest.iter().all(valid)) || shifts.iter().all(valid)
}

/// The folds in ordinary code.
#[cfg_attr(cortex_m_dsp, allow(dead_code))]
mod portable {
    /// True when each of the words in front of what is returned is in −2³⁰ ..= 2³⁰ − 1.
    #[inline(always)]
    pub(super) fn leading_words_fit_31_bits(words: &[[u8; 4]]) -> (bool, &[[u8; 4]]) {
        let (blocks, rest) = words.as_chunks::<8>();
        let mut others = 0u32;
        for block in blocks {
            // The highest bytes of those in range are 0 ..= 0x3F and 0xC0 ..= 0xFF.
            others = block.iter().fold(others, |others, &[.., high]| others | (u32::from(high).wrapping_add(0x40)));
        }
        (others & 0x80 == 0, rest)
    }

    /// True when each of the words in front of what is returned is in 2³⁰ ..= 2³¹ − 1.
    #[inline(always)]
    pub(super) fn leading_words_have_30_bits_below_the_highest(words: &[[u8; 4]]) -> (bool, &[[u8; 4]]) {
        let (blocks, rest) = words.as_chunks::<8>();
        let mut others = 0u8;
        for block in blocks {
            // The highest bytes of those in range are 0x40 ..= 0x7F.
            others = block.iter().fold(others, |others, &[.., high]| others | (high ^ 0x40));
        }
        (others < 0x40, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mote_numbers::Multiplier;
    use std::vec::Vec;

    /// `filler` everywhere but for `value` at each place in turn.
    fn at_each_place<T: Copy>(length: usize, filler: T, value: T) -> impl Iterator<Item = Vec<T>> {
        (0..length).map(move |place| (0..length).map(|index| if index == place { value } else { filler }).collect())
    }

    fn words(values: &[i32]) -> Vec<[u8; 4]> {
        values.iter().map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn magnitudes_are_compared_exactly() {
        let most = 1i64 << 31;
        for limit in [0, 5, (1 << 30) - 1, 1 << 30, (1 << 30) + 1, most - 1, most] {
            for value in [limit, -limit, limit + 1, -limit - 1, 0, 1 << 30, -(1 << 30), -(1 << 30) - 1, -most] {
                let Ok(value) = i32::try_from(value) else { continue };
                for (length, filler) in [(1, 0), (7, -1), (8, 0), (21, 1), (45, -1)] {
                    if limit < i64::from(filler).abs() {
                        continue;
                    }
                    for values in at_each_place(length, filler, value) {
                        let expected = i64::from(value).abs() <= limit;
                        assert_eq!(magnitudes_within(&words(&values), limit as u32), expected, "{values:?}, {limit}");
                    }
                }
            }
        }
    }

    #[test]
    fn multipliers_are_valid_as_documented() {
        let mantissas = [0, 1, (1 << 30) - 1, 1 << 30, i32::MAX, -1, i32::MIN, 0x00FF_FFFF, 0x3FFF_FFFF, 1 << 29];
        for mantissa in mantissas {
            let valid = Multiplier { mantissa, shift: 0 }.is_valid();
            for length in [1, 4, 8, 19] {
                for values in at_each_place(length, 1 << 30, mantissa) {
                    assert_eq!(mantissas_are_valid(&words(&values)), valid, "{values:?}");
                }
            }
        }
        for shift in i8::MIN..=i8::MAX {
            let valid = Multiplier { mantissa: 1 << 30, shift }.is_valid();
            for length in [1, 4, 16, 35] {
                for values in at_each_place(length, 0xF6, shift as u8) {
                    assert_eq!(shifts_are_valid(&values), valid, "{values:?}");
                }
            }
        }
    }
}
