//! The layer law, as data: which crate is on which layer and on which side.
//!
//! A crate may depend on crates of lower layers only, and device code never on host
//! code. A new crate of the workspace must be entered here first.

/// Where a crate runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// On boards (and everywhere else): `no_std`, no allocator.
    Device,
    /// On computers: the standard library.
    Host,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The package's name.
    pub package: &'static str,
    /// Height in the stack; dependencies point to smaller numbers.
    pub layer: u8,
    /// Where it runs.
    pub side: Side,
}

const fn device(package: &'static str, layer: u8) -> Place {
    Place { package, layer, side: Side::Device }
}

const fn host(package: &'static str, layer: u8) -> Place {
    Place { package, layer, side: Side::Host }
}

/// Every crate of the workspace. Layers are ten apart, so that a crate can be put between
/// two others without renumbering.
pub const PLACES: &[Place] = &[
    // Arithmetic that everything else shares.
    device("mote-numbers", 0),
    // The file and the kernels do not know of each other.
    device("mote-format", 10),
    device("mote-kernels", 10),
    // Cases for every kernel, on boards and hosts.
    device("mote-battery", 15),
    // Signed documents of releases and updates.
    device("mote-trust", 10),
    // What runs a file with kernels.
    device("mote-engine", 20),
    // Where models and update state lie, on flash or in a file.
    device("mote-slots", 20),
    // How a device takes an update; it knows flash and documents, not the engine.
    device("mote-node", 22),
    // What firmware does with it, on any board.
    device("mote-firmware", 25),
    // The engine for C.
    device("mote-ffi", 30),
    // Facts about boards; hosts read them, boards are built from them.
    host("mote-target", 30),
    // From other tools' files to ours.
    host("mote-graph", 40),
    host("mote-import", 45),
    // Their models as they are, in somebody else's engine.
    host("mote-reference", 46),
    host("mote-compile", 50),
    host("mote-quantise", 51),
    // Models signed for devices.
    host("mote-release", 52),
    // What a person starts, and what tests all of the above.
    host("mote-cli", 60),
    // The engine in applications.
    host("mote-jni", 60),
    // What firmware does, as a process.
    host("mote-linux", 60),
    host("mote-conformance", 70),
    host("mote-fuzz", 70),
    host("mote-power-cut", 70),
    host("xtask", 70),
];

/// External crates that device code may be built from, for bare metal. Build-time macro
/// crates count too: their output is device code.
pub const DEVICE_EXTERNAL_CRATES: &[&str] = &[
    "bitflags",
    "block-buffer",
    "cfg-if",
    "cobs",
    "crypto-common",
    "curve25519-dalek",
    "defmt",
    "defmt-macros",
    "defmt-parser",
    "digest",
    "ed25519",
    "ed25519-dalek",
    "embedded-hal",
    "embedded-io",
    "embedded-storage",
    "hybrid-array",
    "libm",
    "log",
    "minicbor",
    "minicbor-derive",
    "postcard",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "sha2",
    "signature",
    "subtle",
    "syn",
    "thiserror",
    "thiserror-impl",
    "typenum",
    "unicode-ident",
];
