//! Checks and tests of the whole repository, started as `cargo xtask <command>`.
fn main() {}
