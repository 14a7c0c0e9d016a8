//! Changes to inputs that know nothing of their structure.

use crate::random::Random;

/// Longest input made by mutation.
pub const MAX_INPUT_BYTES: usize = 1 << 16;

/// Values at which arithmetic tends to go wrong.
pub const INTERESTING: [u32; 20] = [
    0,
    1,
    2,
    3,
    7,
    8,
    15,
    16,
    127,
    128,
    255,
    256,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
];

/// Applies one to eight random changes; most often one.
pub fn bytes(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    loop {
        change(input, other, random);
        if random.one_in(2) {
            break;
        }
    }
    input.truncate(MAX_INPUT_BYTES);
}

fn change(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    if input.is_empty() {
        input.push(random.bits() as u8);
        return;
    }
    let at = random.below(input.len());
    match random.below(11) {
        0 => input[at] ^= 1 << random.below(8),
        1 => input[at] = random.bits() as u8,
        2 => input[at] = input[at].wrapping_add(random.below(9) as u8).wrapping_sub(4),
        3 => delete_block(input, at, random),
        4 => insert_block(input, at, random),
        5 => duplicate_block(input, at, random),
        6 => input.truncate(at),
        7 => splice(input, other, at, random),
        8 => copy_over(input, other, at, random),
        _ => tweak_number(input, random),
    }
}

/// Block lengths are mostly short.
fn block_length(limit: usize, random: &mut Random) -> usize {
    let most = *random.pick(&[4, 16, 64, 512]);
    random.below(limit.min(most)) + 1
}

fn delete_block(input: &mut Vec<u8>, at: usize, random: &mut Random) {
    let length = block_length(input.len() - at, random).min(input.len() - at);
    input.drain(at..at + length);
}

fn insert_block(input: &mut Vec<u8>, at: usize, random: &mut Random) {
    let length = block_length(64, random);
    let fill = random.bits();
    let block = (0..length).map(|index| if fill & 1 == 0 { fill as u8 } else { (fill >> (index % 8 * 8)) as u8 });
    input.splice(at..at, block.collect::<Vec<_>>());
}

fn duplicate_block(input: &mut Vec<u8>, at: usize, random: &mut Random) {
    let length = block_length(input.len() - at, random).min(input.len() - at);
    let block = input[at..at + length].to_vec();
    let to = random.below(input.len() + 1);
    input.splice(to..to, block);
}

/// The start of this input and the end of another.
fn splice(input: &mut Vec<u8>, other: &[u8], at: usize, random: &mut Random) {
    let from = random.below(other.len() + 1);
    input.truncate(at);
    input.extend_from_slice(&other[from..]);
}

/// A block of another input over the same length of this one.
fn copy_over(input: &mut [u8], other: &[u8], at: usize, random: &mut Random) {
    let from = random.below(other.len() + 1);
    let length = block_length(64, random);
    input[at..].iter_mut().zip(&other[from..]).take(length).for_each(|(to, from)| *to = *from);
}

/// Changes a little-endian number of one, two, four or eight bytes, mostly at an aligned
/// place: a length, an offset, a count.
pub fn tweak_number(input: &mut [u8], random: &mut Random) {
    let width = *random.pick(&[1_usize, 2, 4, 4, 4, 8]);
    if input.len() < width {
        return;
    }
    let mut at = random.below(input.len() - width + 1);
    if !random.one_in(4) {
        at -= at % width;
    }
    let mut old = [0; 8];
    old[..width].copy_from_slice(&input[at..at + width]);
    let old = u64::from_le_bytes(old);
    let interesting = u64::from(*random.pick(&INTERESTING));
    let new = match random.below(6) {
        0 => interesting,
        1 => old.wrapping_add(random.below(33) as u64).wrapping_sub(16),
        2 => old.wrapping_mul(2),
        3 => old / 2,
        4 => old ^ interesting,
        _ => (input.len() as u64 + random.below(9) as u64).wrapping_sub(4),
    };
    input[at..at + width].copy_from_slice(&new.to_le_bytes()[..width]);
}

#[cfg(test)]
mod tests {
    use super::{MAX_INPUT_BYTES, bytes};
    use crate::random::Random;

    #[test]
    fn changes_whatever_it_is_given_and_never_fails() {
        let mut random = Random::new(7);
        let mut changed = 0;
        for round in 0..20_000 {
            let before: Vec<u8> = (0..round % 40).map(|index| index as u8).collect();
            let mut input = before.clone();
            bytes(&mut input, &before[..before.len() / 2], &mut random);
            changed += usize::from(input != before);
            assert!(input.len() <= MAX_INPUT_BYTES);
        }
        assert!(changed > 18_000, "{changed}");
    }
}
