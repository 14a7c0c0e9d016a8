//! Names that may not be in a firmware image.

use super::elf::Image;
use super::locations;
use super::references::References;
use crate::report::{Outcome, failed};

/// A symbol that may not be there, and who pulled it in.
#[derive(Debug)]
pub struct Offence {
    /// What kind of thing it is: panic, formatting, allocation or unwinding.
    pub kind: &'static str,
    /// The symbol.
    pub name: String,
    /// From the start of the image to the symbol.
    pub chain: Vec<String>,
    /// Places in the sources whose panics end in this symbol.
    pub places: Vec<String>,
}

/// Every offence in the image.
pub fn find(image: &Image) -> Vec<Offence> {
    let references = References::new(image);
    let mut offences: Vec<Offence> = Vec::new();
    for symbol in &image.symbols {
        let Some(kind) = kind(&symbol.name) else { continue };
        if offences.iter().any(|known| known.name == symbol.name) {
            continue;
        }
        let chain = references.chain(symbol.address);
        // From the last function that may be there: the ones below it can hold its places,
        // where they have no other caller.
        let culprit = chain.iter().rposition(|name| self::kind(name).is_none()).unwrap_or(0);
        let places = chain.iter().skip(culprit).flat_map(|name| locations::of_function(image, name)).collect();
        offences.push(Offence { kind, name: symbol.name.clone(), chain, places });
    }
    offences
}

/// Fails with the chain that pulled a symbol in which may not be in the image.
///
/// # Errors
/// Every such symbol, with its chain.
pub fn refuse(name: &str, image: &Image) -> Outcome {
    let offences = find(image);
    let lines: Vec<String> = offences
        .iter()
        .map(|it| format!("{}: {} in image {name}: {}", it.kind, it.name, it.chain.join(" -> ")))
        .collect();
    if lines.is_empty() { Ok(()) } else { failed(lines.join("\n")) }
}

/// What is wrong with a demangled name, if anything.
fn kind(name: &str) -> Option<&'static str> {
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let in_crate = |crate_name: &str| {
        ["", "<", "&", " "].iter().any(|before| {
            let path = format!("{before}{crate_name}::");
            if before.is_empty() { name.starts_with(&path) } else { name.contains(&path) }
        })
    };
    // Small functions that only panic, whatever module they are in: `unwrap_failed`,
    // `slice_start_index_len_fail`, `len_mismatch_fail`, `expect_failed`.
    let last = name.rsplit("::").find(|part| !part.is_empty()).unwrap_or(name);
    let only_panics = in_crate("core") && (last.ends_with("_failed") || last.ends_with("_fail"));
    if has(&["panic", "rust_begin_unwind", "MOTE_PANIC_HANDLER_MARK"]) || only_panics {
        Some("panic")
    } else if has(&["core::fmt::", "core[", "fmt::Formatter"]) && name.contains("fmt") {
        Some("formatting")
    } else if in_crate("alloc")
        || has(&["__rust_alloc", "__rust_dealloc", "__rust_realloc", "__rg_", "__rdl_"])
        || ["malloc", "free", "calloc", "realloc"].contains(&name)
    {
        Some("allocation")
    } else if has(&["_Unwind_", "rust_eh_personality", "__aeabi_unwind", "__gxx_personality"]) {
        Some("unwinding")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn names_what_may_not_be_there() {
        for name in [
            "core::panicking::panic_fmt",
            "core::panicking::panic_bounds_check",
            "core::option::unwrap_failed",
            "core::slice::index::slice_end_index_len_fail",
            "core::slice::copy_from_slice_impl::len_mismatch_fail",
            "_RNvCsabc_7___rustc17rust_begin_unwind",
            "MOTE_PANIC_HANDLER_MARK",
        ] {
            assert_eq!(kind(name), Some("panic"), "{name}");
        }
        for name in ["core::fmt::write", "<u32 as core::fmt::Display>::fmt", "<str as core::fmt::Debug>::fmt"] {
            assert_eq!(kind(name), Some("formatting"), "{name}");
        }
        for name in
            ["__rust_alloc", "alloc::raw_vec::finish_grow", "<alloc::vec::Vec<u8> as core::clone::Clone>::clone"]
        {
            assert_eq!(kind(name), Some("allocation"), "{name}");
        }
        assert_eq!(kind("_Unwind_Resume"), Some("unwinding"));
    }

    #[test]
    fn lets_ordinary_names_be() {
        for name in [
            "reset",
            "mote_kernels::generic::conv2d::run",
            "core::slice::memchr::memchr_aligned",
            "mote_format::allocate::place",
            "<mote_engine::Model as core::clone::Clone>::clone",
            "__aeabi_memcpy",
            "compiler_builtins::float::add::__addsf3",
        ] {
            assert_eq!(kind(name), None, "{name}");
        }
    }
}
