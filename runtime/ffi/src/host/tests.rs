use super::*;
use std::thread;
use std::vec;
use std::vec::Vec;

/// A model without operators whose output is its input: enough for handles.
fn file() -> Vec<u8> {
    include_bytes!("../../../../tests/golden/malformed/README").to_vec()
}

#[test]
fn handles_are_never_given_twice() {
    let table: Table<u32> = Table::new();
    let first = table.insert(1).unwrap();
    assert!(table.remove(first));
    assert!(!table.remove(first), "closing again is no error and does nothing");
    let second = table.insert(2).unwrap();
    assert_ne!(first, second);
    assert!(table.get(first).is_none());
    assert_eq!(table.get(second).as_deref(), Some(&2));
    for number in [0, 1, u64::MAX, first.number() ^ (1 << 40)] {
        assert!(table.get(Handle::from_number(number)).is_none());
    }
}
