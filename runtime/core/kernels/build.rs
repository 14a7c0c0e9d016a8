//! Says whether the target's processors have the DSP instructions of Armv7E-M: `cfg(cortex_m_dsp)`.
//!
//! Every processor of the `thumbv7em` targets has them, and of `thumbv7neon`, where user-mode emulation runs this
//! crate's tests. On Armv8-M they are optional, and neither the target's name nor the stable compiler tells: there the
//! feature `cortex-m-dsp` does, and the assembler is told as well: `cfg(cortex_m_dsp_optional)`.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(cortex_m_dsp, cortex_m_dsp_optional)");
    let target = env::var("TARGET").unwrap_or_default();
    let optional = target.starts_with("thumbv8m.main");
    let always = ["thumbv7em", "thumbv7neon"].iter().any(|prefix| target.starts_with(prefix));
    if optional {
        println!("cargo::rustc-cfg=cortex_m_dsp_optional");
    }
    if always || (optional && env::var_os("CARGO_FEATURE_CORTEX_M_DSP").is_some()) {
        println!("cargo::rustc-cfg=cortex_m_dsp");
    }
}
