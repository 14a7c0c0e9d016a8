//! The compiler for bare-metal targets: rustup's prebuilt core library where rustup can
//! add it, else the core library built from Debian's packaged source.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::report::{Problem, failed};
use crate::{command, repository, rustc_wrapper};

/// Bare-metal triples that every device crate must build for. The first and the last
/// have no compare-and-swap.
pub const TARGETS: [&str; 4] =
    ["thumbv6m-none-eabi", "thumbv7em-none-eabihf", "thumbv8m.main-none-eabihf", "riscv32imc-unknown-none-elf"];

/// Debian's packages for the second way; LLVM tools of the same age as the compiler.
const DEBIAN_PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22", "llvm-22"];

/// A way that works on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toolchain {
    /// `rustup target add` has what is needed.
    Rustup,
    /// Debian's compiler builds the core library from source.
    Debian,
}

/// Finds a way that works, installing what is missing and saying so. Quick when all is
/// there.
pub fn setup() -> Result<Toolchain, Problem> {
    let start = Instant::now();
    let forced = std::env::var("MOTE_BARE_TOOLCHAIN").unwrap_or_default();
    let chosen = match forced.as_str() {
        "rustup" => rustup(),
        "debian" => debian(),
        "" => rustup().or_else(|first| debian().map_err(|second| format!("{first}; {second}"))),
        other => Err(format!("MOTE_BARE_TOOLCHAIN is {other}; it may be rustup or debian")),
    };
    match chosen {
        Ok(toolchain) => {
            let seconds = start.elapsed().as_secs_f32();
            eprintln!("bare-metal targets by {} ({seconds:.1} s)", toolchain.name());
            Ok(toolchain)
        }
        Err(reason) => failed(format!("no compiler for bare-metal targets: {reason}")),
    }
}

fn rustup() -> Result<Toolchain, String> {
    let installed = command::read(Command::new("rustup").args(["target", "list", "--installed"]))
        .map_err(|_| "rustup is not here".to_owned())?;
    let missing: Vec<_> = TARGETS.into_iter().filter(|target| !installed.lines().any(|line| line == *target)).collect();
    if missing.is_empty() {
        return Ok(Toolchain::Rustup);
    }
    eprintln!("installing by rustup: {}", missing.join(" "));
    match command::read(Command::new("rustup").args(["target", "add"]).args(&missing)) {
        Ok(_) => Ok(Toolchain::Rustup),
        Err(Problem::Failed(reason) | Problem::Skipped(reason)) => {
            let last = reason.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
            eprintln!("rustup cannot add them ({last})");
            Err(format!("rustup cannot add the targets ({last})"))
        }
    }
}

fn debian() -> Result<Toolchain, String> {
    let missing: Vec<_> = DEBIAN_PACKAGES.into_iter().filter(|name| !package_installed(name)).collect();
    if missing.is_empty() {
        return Ok(Toolchain::Debian);
    }
    if !Path::new("/usr/bin/apt-get").exists() {
        return Err("this is no Debian, so its packaged compiler is not to be had".to_owned());
    }
    eprintln!("installing by apt-get: {}", missing.join(" "));
    apt_get(&["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(&missing);
    apt_get(&install)?;
    Ok(Toolchain::Debian)
}

fn package_installed(name: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f=${Status}", name]);
    command::read(&mut query).is_ok_and(|status| status.contains("install ok installed"))
}

/// Runs apt-get as root, or through sudo where that asks for no password.
pub fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let is_root = command::read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if is_root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    match command::read(&mut command) {
        Ok(_) => Ok(()),
        Err(Problem::Failed(reason) | Problem::Skipped(reason)) => Err(reason),
    }
}

impl Toolchain {
    fn name(self) -> &'static str {
        match self {
            Self::Rustup => "rustup",
            Self::Debian => "Debian's rustc-web with the core library from source",
        }
    }

    /// `cargo build` for a bare-metal target, to which arguments can be added.
    pub fn cargo_build(self, target: &str) -> Command {
        self.cargo("build", target)
    }

    /// As [`Self::cargo_build`] with another command of cargo's that compiles.
    pub fn cargo(self, verb: &str, target: &str) -> Command {
        self.cargo_for(verb, target, &repository::root(), &self.target_dir())
    }

    /// As [`Self::cargo`] for the sources in another folder, with a build folder of their own.
    pub fn cargo_for(self, verb: &str, target: &str, root: &Path, target_dir: &Path) -> Command {
        let mut command = match self {
            Self::Rustup => command::cargo(),
            Self::Debian => command::program_at_root("/usr/bin/cargo"),
        };
        command.args([verb, "--target", target]);
        command.arg("--target-dir").arg(target_dir);
        if self == Self::Debian {
            command.args(["-Z", "build-std=core", "-Z", "build-std-features=compiler-builtins-mem"]);
            for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTDOC"] {
                command.env_remove(name);
            }
            command.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
            let variable = target.to_uppercase().replace(['-', '.'], "_");
            command.env(format!("CARGO_TARGET_{variable}_LINKER"), "ld.lld-22");
        }
        // Flags meant for the host's processor would break these builds.
        command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", self.flags(root));
        // Not where this program was replaced while it runs.
        if let Ok(program) = std::env::current_exe().and_then(std::fs::canonicalize) {
            command.env("RUSTC_WRAPPER", program).env(rustc_wrapper::VARIABLE, "1");
        }
        command
    }

    /// Compiler flags that keep this machine's paths out of images: the same sources give the same bytes anywhere.
    fn flags(self, root: &Path) -> String {
        let program = if self == Self::Debian { "/usr/bin/rustc" } else { "rustc" };
        let library = command::read(Command::new(program).args(["--print", "sysroot"])).unwrap_or_default();
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let packages = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
        let names = [
            (root.display().to_string(), "."),
            (packages.display().to_string(), "cargo"),
            (format!("{}/lib/rustlib/src/rust", library.trim()), "rust"),
        ];
        // Flags are separated by this character, as blanks may stand in paths.
        names.map(|(path, name)| format!("--remap-path-prefix={path}={name}")).join("\u{1f}")
    }

    /// Where this compiler's output goes: one folder per compiler, so that neither throws
    /// away what another has built.
    pub fn target_dir(self) -> PathBuf {
        repository::bare_target_dir().join(match self {
            Self::Rustup => "rustup",
            Self::Debian => "debian",
        })
    }
}
