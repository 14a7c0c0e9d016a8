//! Inputs generated from a seed, so that a golden vector costs four bytes and any device can make its input.
//!
//! Element i (from 0) of input k under seed s, in wrapping 64-bit arithmetic with t = 16·s + k:
//!
//! ```text
//! u = (i + 1) · 0x9E3779B97F4A7C15 + t · 0xD1B54A32D192ED03
//! u ^= u >> 30;  u *= 0xBF58476D1CE4E5B9;  u ^= u >> 27;  u *= 0x94D049BB133111EB;  u ^= u >> 31
//! int8, uint8: u >> 56    int16: u >> 48    int32, int64: u mod 256    float32: (u >> 40) / 2^24 · 2 − 1
//! bool: u >> 63
//! ```
//!
//! The finishing steps are those of the splitmix64 generator.

use mote_graph::ElementType;

/// The bytes of input `input` under `seed`: `elements` elements, little-endian.
pub fn seeded_input(element_type: ElementType, elements: usize, input: usize, seed: u32) -> Vec<u8> {
    let stream = 16 * seed as u64 + input as u64;
    let mut bytes = Vec::with_capacity(elements * element_type.bytes());
    for element in 0..elements as u64 {
        let u = mix(element, stream);
        match element_type {
            ElementType::I8 | ElementType::U8 => bytes.push((u >> 56) as u8),
            ElementType::Bool => bytes.push((u >> 63) as u8),
            ElementType::I16 => bytes.extend(((u >> 48) as u16).to_le_bytes()),
            ElementType::I32 => bytes.extend(((u % 256) as i32).to_le_bytes()),
            ElementType::I64 => bytes.extend(((u % 256) as i64).to_le_bytes()),
            ElementType::F32 => {
                let unit = (u >> 40) as f32 / (1u32 << 24) as f32;
                bytes.extend((unit * 2.0 - 1.0).to_le_bytes());
            }
        }
    }
    bytes
}

fn mix(element: u64, stream: u64) -> u64 {
    let mut u =
        (element + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(stream.wrapping_mul(0xD1B5_4A32_D192_ED03));
    u = (u ^ (u >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    u = (u ^ (u >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    u ^ (u >> 31)
}
