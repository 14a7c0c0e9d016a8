//! Layout of the image: image.x and memory.x come from mote-boards, made from the board's target.toml.

fn main() {
    println!("cargo::rustc-link-arg-bins=-Timage.x");
}
