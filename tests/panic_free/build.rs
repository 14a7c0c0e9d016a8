//! Link arguments of the image.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rerun-if-changed=image.x");
    println!("cargo:rustc-link-arg=-T{folder}/image.x");
    // The checker walks these to tell who calls what.
    println!("cargo:rustc-link-arg=--emit-relocs");
}
