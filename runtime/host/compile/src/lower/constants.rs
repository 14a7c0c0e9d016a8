//! The constant section: every distinct constant once, 16-byte aligned.

use mote_format::ConstantRef;
use std::collections::HashMap;

/// Alignment of each constant within the section.
const ALIGNMENT: usize = 16;

/// Constants under construction, in the order of first use.
#[derive(Clone, Debug, Default)]
pub struct ConstantPool {
    bytes: Vec<u8>,
    seen: HashMap<Vec<u8>, usize>,
}

impl ConstantPool {
    /// Where `constant` stands; added when no equal one is there yet.
    pub fn add(&mut self, constant: &[u8]) -> ConstantRef {
        let offset = self.seen.get(constant).copied().unwrap_or_else(|| {
            let offset = self.bytes.len().next_multiple_of(ALIGNMENT);
            self.bytes.resize(offset, 0);
            self.bytes.extend_from_slice(constant);
            self.seen.insert(constant.to_vec(), offset);
            offset
        });
        ConstantRef { offset: offset as u32, bytes: constant.len() as u32 }
    }

    /// The section.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::ConstantPool;

    #[test]
    fn equal_constants_stand_once_and_aligned() {
        let mut pool = ConstantPool::default();
        let first = pool.add(&[1, 2, 3]);
        let second = pool.add(&[4; 20]);
        assert_eq!(pool.add(&[1, 2, 3]), first);
        assert_eq!((first.offset, second.offset), (0, 16));
        assert_eq!(pool.bytes().len(), 36);
    }
}
