//! Reads resolved addresses back out of words and Thumb instructions, for references that
//! the linker describes only as "somewhere in this section".

use object::elf::{R_ARM_ABS32, R_ARM_REL32, R_ARM_THM_MOVT_ABS, R_ARM_THM_MOVW_ABS_NC};

/// Decodes places of one section.
pub struct Decoder<'d> {
    base: u64,
    data: &'d [u8],
    /// Lower halves waiting for their upper ones, per register.
    low_halves: [Option<u64>; 16],
}

impl<'d> Decoder<'d> {
    /// For a section that starts at `base` and holds `data`.
    pub fn new(base: u64, data: &'d [u8]) -> Self {
        Self { base, data, low_halves: [None; 16] }
    }

    /// The address that the place at `address` refers to; `None` for the first half of a
    /// pair and for kinds that are not known.
    pub fn arm_target(&mut self, kind: u32, address: u64) -> Option<u64> {
        match kind {
            R_ARM_ABS32 => self.word(address),
            R_ARM_REL32 => Some(self.word(address)?.wrapping_add(address) & 0xffff_ffff),
            R_ARM_THM_MOVW_ABS_NC => {
                let (register, half) = self.move_half(address)?;
                *self.low_halves.get_mut(register)? = Some(half);
                None
            }
            R_ARM_THM_MOVT_ABS => {
                let (register, half) = self.move_half(address)?;
                let low = self.low_halves.get_mut(register)?.take()?;
                Some(half << 16 | low)
            }
            _ => None,
        }
    }

    /// Whether this kind of reference is one half of an address.
    pub fn is_half_of_pair(&self, kind: u32) -> bool {
        kind == R_ARM_THM_MOVW_ABS_NC
    }

    fn bytes<const COUNT: usize>(&self, address: u64) -> Option<[u8; COUNT]> {
        let start = usize::try_from(address.checked_sub(self.base)?).ok()?;
        self.data.get(start..start.checked_add(COUNT)?)?.try_into().ok()
    }

    fn word(&self, address: u64) -> Option<u64> {
        self.bytes(address).map(|bytes| u64::from(u32::from_le_bytes(bytes)))
    }

    /// Register and immediate of a 32-bit Thumb `movw` or `movt`: imm4:i:imm3:imm8, as the
    /// Armv7-M manual's encoding T3 (`movw`) and T1 (`movt`) have it.
    fn move_half(&self, address: u64) -> Option<(usize, u64)> {
        let first = u64::from(u16::from_le_bytes(self.bytes(address)?));
        let second = u64::from(u16::from_le_bytes(self.bytes(address.checked_add(2)?)?));
        let immediate = (first & 0xf) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xff;
        Some((usize::try_from(second >> 8 & 0xf).ok()?, immediate))
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoder, R_ARM_ABS32, R_ARM_THM_MOVT_ABS, R_ARM_THM_MOVW_ABS_NC};

    #[test]
    fn joins_both_halves_of_an_address() {
        // movw r3, #0x1234; movt r3, #0x2000
        let code = [0x41, 0xf2, 0x34, 0x23, 0xc2, 0xf2, 0x00, 0x03];
        let mut decoder = Decoder::new(0x100, &code);
        assert_eq!(decoder.arm_target(R_ARM_THM_MOVW_ABS_NC, 0x100), None);
        assert_eq!(decoder.arm_target(R_ARM_THM_MOVT_ABS, 0x104), Some(0x2000_1234));
    }

    #[test]
    fn reads_words_and_stays_inside() {
        let mut decoder = Decoder::new(0x10, &[1, 2, 3, 4]);
        assert_eq!(decoder.arm_target(R_ARM_ABS32, 0x10), Some(0x0403_0201));
        assert_eq!(decoder.arm_target(R_ARM_ABS32, 0x11), None);
        assert_eq!(decoder.arm_target(R_ARM_ABS32, 0x0f), None);
    }
}
