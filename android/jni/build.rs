//! Link arguments of the library.

fn main() {
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if os == "linux" || os == "android" {
        // Only what this crate itself exports is seen from outside: the names Java looks for.
        println!("cargo:rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL");
    }
    if os == "android" {
        // Pages of 16 KiB, which Google Play asks of 64-bit libraries.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,max-page-size=16384");
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libmote_jni.so");
    }
}
