//! The statuses of other languages are those of the library.

use mote_ffi::status;
use std::path::PathBuf;

#[test]
fn kotlin_has_the_same_statuses() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../android/mote/src/main/kotlin/io/mote/Status.kt");
    let text = std::fs::read_to_string(&path).expect("Status.kt is in the repository");
    let found: Vec<(String, i32)> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("const val "))
        .map(|line| {
            let (name, value) = line.split_once(": Int = ").expect("every constant is an Int");
            (name.to_owned(), value.parse().expect("every constant is a number"))
        })
        .collect();
    let expected: Vec<(String, i32)> = status::ALL.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(found, expected, "make {} anew from status.rs", path.display());
}
