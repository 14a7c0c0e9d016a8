//! Looking at every entry of a channel table, at load: most of what a load costs.
//!
//! Each scan first folds the most telling byte of every entry into one number, a few instructions an entry, and lets
//! the table pass when that number says that all entries are in range. Where it does not say so, an exact scan decides.

/// Entries of a table whose fold cannot leave 32 bits.
const FOLD_LIMIT: usize = 1 << 16;

/// True when no partial sum of a channel can leave 32 bits, whatever inputs and weights are:
/// |bias| + max |input − zero point| × 128 × weights < 2³¹ for each of the little-endian int32 `biases`. The weights are
/// not looked at: set-up cost matters, and so does a bound on it that no file can stretch.
pub(super) fn sums_fit(weights: usize, biases: &[u8], zero_point: i32) -> bool {
    let largest_input = (127 - zero_point).max(zero_point + 128) as usize;
    let products = weights.checked_mul(largest_input.wrapping_mul(128));
    let Some(room) = products.and_then(|products| (i32::MAX as usize).checked_sub(products)) else { return false };
    let room = room as u32;
    // A bias with the highest byte h (signed) is at least h × 2²⁴ and less than (h + 1) × 2²⁴.
    if let Some(highest) = (room >> 24).checked_sub(1)
        && biases.len() <= 4 * FOLD_LIMIT
        && high_byte_squares(biases) <= highest.wrapping_mul(highest)
    {
        return true;
    }
    biases.as_chunks::<4>().0.iter().all(|&bias| i32::from_le_bytes(bias).unsigned_abs() <= room)
}

/// Sum of the squares of the highest bytes: not below the square of any of them.
fn high_byte_squares(words: &[u8]) -> u32 {
    let square = |byte: u8| (byte as i8 as i32).wrapping_mul(byte as i8 as i32) as u32;
    let (blocks, rest) = words.as_chunks::<32>();
    let mut squares = 0u32;
    for block in blocks {
        let [_, _, _, a, _, _, _, b, _, _, _, c, _, _, _, d, _, _, _, e, _, _, _, f, _, _, _, g, _, _, _, h] = *block;
        squares = squares.wrapping_add(square(a)).wrapping_add(square(b)).wrapping_add(square(c));
        squares = squares.wrapping_add(square(d)).wrapping_add(square(e)).wrapping_add(square(f));
        squares = squares.wrapping_add(square(g)).wrapping_add(square(h));
    }
    rest.as_chunks::<4>().0.iter().fold(squares, |squares, &[.., high]| squares.wrapping_add(square(high)))
}

/// True when each of the little-endian int32 `mantissas` is 0 or in 2³⁰ ..= 2³¹ − 1: what
/// [`mote_numbers::Multiplier::is_valid`] asks of a mantissa.
pub(super) fn mantissas_are_valid(mantissas: &[u8]) -> bool {
    let (blocks, rest) = mantissas.as_chunks::<16>();
    // The highest bytes of those from 2³⁰ on are 0x40 ..= 0x7F.
    let mut others = 0u8;
    for block in blocks {
        let [_, _, _, a, _, _, _, b, _, _, _, c, _, _, _, d] = *block;
        others |= (a ^ 0x40) | (b ^ 0x40) | (c ^ 0x40) | (d ^ 0x40);
    }
    let (rest, _) = rest.as_chunks::<4>();
    others = rest.iter().fold(others, |others, &[.., high]| others | (high ^ 0x40));
    others < 0x40
        || mantissas.as_chunks::<4>().0.iter().all(|&mantissa| {
            let mantissa = i32::from_le_bytes(mantissa);
            mantissa == 0 || mantissa >= 1 << 30
        })
}

/// True when each of the int8 `shifts` is in −31 ..= 30: what [`mote_numbers::Multiplier::is_valid`] asks of a shift.
pub(super) fn shifts_are_valid(shifts: &[u8]) -> bool {
    let (words, rest) = shifts.as_chunks::<4>();
    let mut others = 0u32;
    for word in words {
        let word = u32::from_le_bytes(*word);
        // In −16 ..= 15 the four highest bits are equal.
        others |= word ^ (word << 1);
    }
    let valid = |&shift: &u8| (-31..=30).contains(&(shift as i8));
    if others & 0xE0E0_E0E0 == 0 { rest.iter().all(valid) } else { shifts.iter().all(valid) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mote_numbers::Multiplier;
    use std::vec::Vec;

    fn table(values: &[i32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// `filler` everywhere but for `value` at each place in turn.
    fn at_each_place<T: Copy>(length: usize, filler: T, value: T) -> impl Iterator<Item = Vec<T>> {
        (0..length).map(move |place| (0..length).map(|index| if index == place { value } else { filler }).collect())
    }

    #[test]
    fn sums_fit_exactly_up_to_31_bits() {
        for (weights, zero_point, largest_input) in [(1, -128, 255), (640, 0, 128), (65_793, -128, 255), (9, 127, 255)]
        {
            let room = (1i64 << 31) - 1 - weights as i64 * 128 * largest_input;
            for length in [1, 7, 8, 21] {
                for filler in [0, -1, 1 << 20] {
                    if i64::from(filler).abs() > room {
                        continue;
                    }
                    for bias in [room, -room, room + 1, -room - 1, 0, 1 << 24, -(1 << 24)] {
                        let Ok(bias) = i32::try_from(bias) else { continue };
                        let fits = i64::from(bias).abs() <= room;
                        for biases in at_each_place(length, filler, bias) {
                            assert_eq!(sums_fit(weights, &table(&biases), zero_point), fits, "{biases:?}");
                        }
                    }
                }
            }
        }
        assert!(!sums_fit(65_794, &table(&[0]), -128), "the products alone leave 31 bits");
        assert!(!sums_fit(usize::MAX, &table(&[0]), 0));
    }

    #[test]
    fn long_tables_are_looked_at_exactly() {
        if cfg!(miri) {
            return;
        }
        // As many squares as wrap around 32 bits to 0, were they added up.
        let mut biases = table(&[i32::MIN; 1 << 18]);
        assert!(!sums_fit(1, &biases, 0));
        biases.iter_mut().for_each(|byte| *byte = 0);
        assert!(sums_fit(1, &biases, 0));
    }

    #[test]
    fn multipliers_are_valid_as_documented() {
        let mantissas = [0, 1, (1 << 30) - 1, 1 << 30, i32::MAX, -1, i32::MIN, 0x00FF_FFFF, 0x3FFF_FFFF, 1 << 29];
        for mantissa in mantissas {
            let valid = Multiplier { mantissa, shift: 0 }.is_valid();
            for length in [1, 4, 6] {
                for values in at_each_place(length, 1 << 30, mantissa) {
                    assert_eq!(mantissas_are_valid(&table(&values)), valid, "{values:?}");
                }
            }
        }
        for shift in i8::MIN..=i8::MAX {
            let valid = Multiplier { mantissa: 1 << 30, shift }.is_valid();
            for length in [1, 4, 9] {
                for values in at_each_place(length, 0xF6, shift as u8) {
                    assert_eq!(shifts_are_valid(&values), valid, "{values:?}");
                }
            }
        }
    }
}
