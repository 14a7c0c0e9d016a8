//! The proof that sums fit 32 bits.

use mote_kernels::scan::magnitudes_within;

/// The greatest magnitude of a bias with which no partial sum of a channel can leave 32 bits, whatever inputs and
/// weights are: |bias| + max |input − zero point| × 128 × weights < 2³¹. None when no bias will do. The weights are not
/// looked at: set-up cost matters, and so does a bound on it that no file can stretch.
#[inline(always)]
pub(super) fn room_for_bias(weights: usize, zero_point: i32) -> Option<u32> {
    let largest_input = (127 - zero_point).max(zero_point + 128) as usize;
    let products = weights.checked_mul(largest_input.wrapping_mul(128))?;
    (i32::MAX as usize).checked_sub(products).map(|room| room as u32)
}

/// True when no partial sum of a channel with one of the little-endian int32 `biases` can leave 32 bits.
pub(super) fn sums_fit(weights: usize, biases: &[[u8; 4]], zero_point: i32) -> bool {
    room_for_bias(weights, zero_point).is_some_and(|room| magnitudes_within(biases, room))
}

#[cfg(test)]
mod tests {
    use super::sums_fit;

    #[test]
    fn sums_fit_exactly_up_to_31_bits() {
        for (weights, zero_point, largest_input) in [(1, -128, 255), (640, 0, 128), (65_793, -128, 255), (9, 127, 255)]
        {
            let room = (1i64 << 31) - 1 - weights as i64 * 128 * largest_input;
            for bias in [room, -room, room + 1, -room - 1, 0, 1 << 24, -(1 << 24)] {
                let Ok(bias) = i32::try_from(bias) else { continue };
                let fits = i64::from(bias).abs() <= room;
                for at in 0..21 {
                    let mut biases = [[0; 4]; 21];
                    biases[at] = bias.to_le_bytes();
                    assert_eq!(sums_fit(weights, &biases, zero_point), fits, "{bias} at {at}");
                }
            }
        }
        assert!(!sums_fit(65_794, &[[0; 4]], -128), "the products alone leave 31 bits");
        assert!(!sums_fit(usize::MAX, &[[0; 4]], 0));
    }
}
