//! Sums of products of int16 activations and int8 weights.

/// Products whose sum surely fits 32 bits: each is at most 2²² in magnitude.
const BLOCK: usize = 256;

/// Σ input × weight over as many elements as both have; inputs are little-endian int16, weights int8.
///
/// Blocks are summed in 32 bits, which processors without 64-bit registers do in half the instructions.
#[inline(always)]
pub(super) fn dot(inputs: &[[u8; 2]], weights: &[u8]) -> i64 {
    let mut total = 0i64;
    for (inputs, weights) in inputs.chunks(BLOCK).zip(weights.chunks(BLOCK)) {
        let products = inputs.iter().zip(weights);
        let sum = products.fold(0i32, |sum, (input, &weight)| {
            sum.wrapping_add((i16::from_le_bytes(*input) as i32).wrapping_mul(weight as i8 as i32))
        });
        total = total.wrapping_add(sum as i64);
    }
    total
}
