//! Says which processor's own kernels there are: `cfg(own_kernels)`, and `cfg(cortex_m_dsp)` as for `mote-kernels`,
//! whose build script tells why.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(own_kernels, cortex_m_dsp)");
    let target = env::var("TARGET").unwrap_or_default();
    let has = |feature: &str| env::var_os(feature).is_some();
    let always = ["thumbv7em", "thumbv7neon"].iter().any(|prefix| target.starts_with(prefix));
    let dsp = always || (target.starts_with("thumbv8m.main") && has("CARGO_FEATURE_CORTEX_M_DSP"));
    if dsp {
        println!("cargo::rustc-cfg=cortex_m_dsp");
    }
    if dsp || (target.starts_with("x86_64") && has("CARGO_FEATURE_STD")) {
        println!("cargo::rustc-cfg=own_kernels");
    }
}
