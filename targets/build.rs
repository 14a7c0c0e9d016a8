//! Collects every `<name>/target.toml` into one list, so that adding a board is adding a folder.

use std::fmt::Write;
use std::{env, fs, path::Path};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    println!("cargo::rerun-if-changed={root}");
    let mut files: Vec<_> = fs::read_dir(&root)
        .expect("the crate's folder is readable")
        .filter_map(|entry| Some(entry.ok()?.path().join("target.toml")))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        writeln!(list, "    include_str!({:?}),", file.display().to_string()).expect("a string takes all text");
    }
    list.push(']');
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("targets.rs"), list).expect("OUT_DIR is writable");
}
