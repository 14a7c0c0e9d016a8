//! What the tests share: where models are, and a repeatable source of random numbers.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

/// Root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// Folder of third-party models: `MOTE_ZOO`, else `../shared/zoo` beside the repository.
pub fn zoo() -> PathBuf {
    std::env::var_os("MOTE_ZOO").map_or_else(|| repository().join("../shared/zoo"), PathBuf::from)
}

/// Bytes of a zoo model; prints that `test` is skipped when the model is absent.
pub fn zoo_model(test: &str, name: &str) -> Option<Vec<u8>> {
    let path = zoo().join("models").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            println!("SKIPPED: {test} {name} ({}: {error})", path.display());
            None
        }
    }
}

/// All `.tflite` files below `folder`, sorted; empty when it is absent.
pub fn tflite_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "tflite") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is above 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}
