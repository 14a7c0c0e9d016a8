//! Where things are in the checkout.

use std::path::{Path, PathBuf};

/// The root folder of the repository.
pub fn root() -> PathBuf {
    // Cargo sets this for `cargo run` too, so a moved checkout needs no rebuild.
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.ancestors().nth(2).map_or(manifest.clone(), Path::to_path_buf)
}

/// Build folder of the bare-metal compilers, apart from the host's so that neither
/// compiler throws away what the other has built.
pub fn bare_target_dir() -> PathBuf {
    target_dir().join("bare")
}

/// Build folder of the host.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Manifests of the crates that the workspace leaves out: each is its own workspace.
pub const OUTSIDE_CRATES: [&str; 4] = ["firmware/boards", "tests/no_std", "tests/panic_free", "tests/fuzz/libfuzzer"];

/// The manifest of one of them.
pub fn manifest(folder: &str) -> PathBuf {
    root().join(folder).join("Cargo.toml")
}
