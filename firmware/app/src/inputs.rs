//! Inputs made by formula, so that no board needs to be fed.

use mote_engine::ElementType;

/// Fills `bytes` with input number `input` of golden vector `seed`: the rule in the file format's SPEC.md.
pub fn fill_seeded(element_type: ElementType, bytes: &mut [u8], input: u8, seed: u32) {
    let stream = 16u64.wrapping_mul(u64::from(seed)).wrapping_add(u64::from(input)).wrapping_mul(0xD1B5_4A32_D192_ED03);
    let mut element = 0u64;
    for slot in bytes.chunks_mut(element_type.bytes().max(1)) {
        element = element.wrapping_add(1);
        let mut u = element.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(stream);
        u = (u ^ (u >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        u = (u ^ (u >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u ^= u >> 31;
        let stored = match element_type {
            ElementType::I8 | ElementType::U8 => u >> 56,
            ElementType::Bool => u >> 63,
            ElementType::I16 => u >> 48,
            ElementType::I32 | ElementType::I64 => u % 256,
            ElementType::F32 => u64::from(((u >> 40) as f32 / 16_777_216.0 * 2.0 - 1.0).to_bits()),
        };
        slot.iter_mut().zip(stored.to_le_bytes()).for_each(|(byte, value)| *byte = value);
    }
}

/// Fills `bytes` with (i · 37 + 11) modulo 256: the input on which other runtimes' figures were measured.
pub fn fill_counting(bytes: &mut [u8]) {
    let mut value = 11u8;
    for byte in bytes {
        *byte = value;
        value = value.wrapping_add(37);
    }
}
