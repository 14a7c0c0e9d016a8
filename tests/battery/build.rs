//! The rule by which `mote-kernels` has kernels for the DSP instructions of Armv7E-M: `cfg(cortex_m_dsp)`.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(cortex_m_dsp)");
    let target = env::var("TARGET").unwrap_or_default();
    let always = ["thumbv7em", "thumbv7neon"].iter().any(|prefix| target.starts_with(prefix));
    let optional = target.starts_with("thumbv8m.main") && env::var_os("CARGO_FEATURE_CORTEX_M_DSP").is_some();
    if always || optional {
        println!("cargo::rustc-cfg=cortex_m_dsp");
    }
}
