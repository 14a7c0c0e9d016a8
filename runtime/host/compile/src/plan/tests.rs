use super::*;

fn buffer(bytes: usize, first_step: usize, last_step: usize) -> Buffer {
    Buffer { bytes, alignment: 1, first_step, last_step }
}

/// The sizes on which first fit by size needs 64,512 bytes: the head of a MobileNet with a 96 x 96 x 3 input.
#[test]
fn reaches_the_bound_where_greedy_does_not() {
    let sizes = [27_648, 18_432, 18_432, 36_864, 9_216, 18_432, 18_432, 18_432, 4_608, 9_216, 9_216];
    let chain: Vec<Buffer> = sizes.iter().enumerate().map(|(step, &bytes)| buffer(bytes, step, step + 1)).collect();
    let mut order: Vec<usize> = (0..chain.len()).collect();
    order.sort_by_key(|&index| (std::cmp::Reverse(chain[index].bytes), index));
    let greedy_bytes = extent(&chain, &greedy::place(&chain, &order));
    assert!(greedy_bytes > 55_296, "greedy by size: {greedy_bytes}");
    let packing = pack(&chain, &[]);
    assert_eq!((packing.bytes, packing.bound_bytes), (55_296, 55_296));
}

#[test]
fn sharing_halves_a_chain_of_elementwise_operators() {
    let chain = [buffer(1000, 0, 1), buffer(1000, 1, 2), buffer(1000, 2, 3)];
    assert_eq!(pack(&chain, &[]).bytes, 2000);
    let packing = pack(&chain, &[Sharing { input: 0, output: 1 }, Sharing { input: 1, output: 2 }]);
    assert_eq!(packing.bytes, 1000);
    assert_eq!(packing.offsets, [0, 0, 0]);
}

#[test]
fn sharing_is_refused_where_lives_overlap_longer_or_sizes_differ() {
    let buffers = [buffer(8, 0, 2), buffer(8, 1, 3), buffer(4, 3, 3)];
    let packing = pack(&buffers, &[Sharing { input: 0, output: 1 }, Sharing { input: 1, output: 2 }]);
    assert_eq!(packing.bytes, 16);
    assert_ne!(packing.offsets[0], packing.offsets[1]);
}

#[test]
fn keeps_the_least_alignment_and_takes_more_when_it_is_free() {
    let float = Buffer { alignment: 4, ..buffer(8, 0, 1) };
    let packing = pack(&[buffer(3, 0, 1), float], &[]);
    assert_eq!(packing.offsets[1] % 4, 0);
    assert_eq!(packing.bytes, 11);
    let packing = pack(&[buffer(32, 0, 1), buffer(5, 1, 2)], &[]);
    assert!(packing.offsets.iter().all(|offset| offset % 16 == 0));
    assert_eq!(packing.bytes, 37);
}

#[test]
fn nothing_to_pack() {
    assert_eq!(pack(&[], &[]).bytes, 0);
}
