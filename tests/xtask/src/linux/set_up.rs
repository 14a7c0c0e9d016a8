//! Compilers, emulators, the counting plugin, and the program itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::report::{Outcome, Problem, failed};
use crate::{command, repository, toolchain};
use mote_target::{Target, UserMode};

/// What runs a target's programs.
pub struct Programs {
    /// QEMU's program.
    pub emulator: String,
    /// The processor that it plays.
    pub cpu: String,
    /// The counting plugin.
    pub plugin: PathBuf,
    /// Whether the emulator takes it.
    pub counts: bool,
    /// Number of the system call that is a mark.
    pub mark_call: u32,
    /// `firmware/linux`, linked.
    pub program: PathBuf,
}

/// Whether this machine runs the target's programs itself.
pub fn is_host(target: &Target) -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64")) && target.triple == "x86_64-unknown-linux-gnu"
}

fn user_mode(target: &Target) -> Result<&UserMode, Problem> {
    target.user_mode.as_ref().ok_or_else(|| Problem::Failed(format!("{} has no user mode", target.name)))
}

/// GNU's name of the processor, in names of packages and of compilers.
fn gnu_name(target: &Target) -> &str {
    target.triple.split(['-', 'g']).next().unwrap_or_default()
}

/// GCC as linker, the C library it links statically, and its package; none for this machine's own.
fn linker(target: &Target) -> Option<(String, [String; 2])> {
    if is_host(target) {
        return None;
    }
    let name = gnu_name(target);
    let debian = if name == "aarch64" { "arm64" } else { name };
    Some((format!("{name}-linux-gnu-gcc"), [format!("gcc-{name}-linux-gnu"), format!("libc6-dev-{debian}-cross")]))
}

/// Standard libraries by rustup, linkers and emulators from Debian, each only where it is not there. Returns the targets
/// that can be built, and a sentence for each whose standard library rustup does not have here.
///
/// # Errors
/// A linker or an emulator that cannot be installed.
pub fn install(targets: Vec<Target>) -> Result<(Vec<Target>, Vec<String>), Problem> {
    install_packages(&targets)?;
    let installed = command::read(Command::new("rustup").args(["target", "list", "--installed"])).unwrap_or_default();
    let is_there = |target: &Target| {
        if is_host(target) || installed.lines().any(|line| line == target.triple) {
            return true;
        }
        eprintln!("installing by rustup: {}", target.triple);
        command::succeeds(Command::new("rustup").args(["target", "add", &target.triple]))
    };
    let (there, missing): (Vec<Target>, Vec<Target>) = targets.into_iter().partition(is_there);
    let sentence =
        |target: &Target| format!("{} (rustup has no standard library for {} here)", target.name, target.triple);
    Ok((there, missing.iter().map(sentence).collect()))
}

fn install_packages(targets: &[Target]) -> Outcome {
    let starts = |program: &str| command::succeeds(Command::new(program).arg("--version"));
    let mut packages: Vec<String> = Vec::new();
    for target in targets {
        if !starts(&user_mode(target)?.program) {
            packages.push("qemu-user".into());
        }
        if let Some((program, needed)) = linker(target)
            && !starts(&program)
        {
            packages.extend(needed);
        }
    }
    if !starts("cc") {
        packages.extend(["gcc", "libc6-dev"].map(String::from));
    }
    packages.sort();
    packages.dedup();
    if !packages.is_empty() {
        eprintln!("installing by apt-get: {}", packages.join(" "));
        toolchain::apt_get(&["update", "-qq"])?;
        let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
        arguments.extend(packages.iter().map(String::as_str));
        toolchain::apt_get(&arguments)?;
    }
    Ok(())
}

/// Compiles the counting plugin for this machine's emulators.
pub fn plugin() -> Result<PathBuf, Problem> {
    let folder = repository::target_dir().join("linux");
    std::fs::create_dir_all(&folder)?;
    let library = folder.join("libcount.so");
    let mut compile = command::program_at_root("cc");
    compile.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC", "-fvisibility=hidden"]);
    compile.arg(repository::root().join("tests/xtask/src/linux/count.c")).arg("-o").arg(&library);
    command::read(&mut compile)?;
    Ok(library)
}

/// `cargo VERB` for the target, statically linked, so that nothing of the target need be installed to run it.
pub fn cargo(verb: &str, target: &Target) -> Command {
    let mut cargo = command::cargo();
    cargo.args([verb, "--quiet", "--target", &target.triple]);
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    let variable = |what: &str| format!("CARGO_TARGET_{}_{what}", target.triple.to_uppercase().replace('-', "_"));
    if let Some((program, _)) = linker(target) {
        cargo.env(variable("LINKER"), program);
        // For the host's own triple the flags would be those of build scripts too.
        cargo.env(variable("RUSTFLAGS"), "-C target-feature=+crt-static");
    }
    if let Some(user_mode) = &target.user_mode {
        cargo.env(variable("RUNNER"), format!("{} -cpu {}", user_mode.program, user_mode.cpu));
    }
    cargo
}

/// Links the program and finds out whether its instructions can be counted.
pub fn build(target: &Target, plugin: &Path) -> Result<Programs, Problem> {
    command::run(cargo("build", target).args(["--release", "--package", "mote-linux"]))?;
    let user_mode = user_mode(target)?;
    let mut programs = Programs {
        emulator: user_mode.program.clone(),
        cpu: user_mode.cpu.clone(),
        plugin: plugin.to_path_buf(),
        counts: true,
        // Source: Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
        mark_call: if gnu_name(target) == "x86_64" { 140 } else { 141 },
        program: repository::target_dir().join(&target.triple).join("release").join("mote-linux"),
    };
    // Without arguments the program prints its usage and ends with the verdict "refused".
    let usage = programs.command().output()?;
    programs.counts = usage.status.code() == Some(2);
    let plain = programs.command().output()?;
    if plain.status.code() != Some(2) {
        return failed(format!("{} does not run its programs: {}", programs.emulator, plain.status));
    }
    Ok(programs)
}

impl Programs {
    /// The emulator with the program, to which arguments can be added.
    pub fn command(&self) -> Command {
        let mut command = command::program_at_root(&self.emulator);
        command.args(["-cpu", &self.cpu]);
        if self.counts {
            command.arg("-plugin").arg(format!("{},syscall={}", self.plugin.display(), self.mark_call));
        }
        command.arg(&self.program);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::{gnu_name, linker};

    #[test]
    fn packages_have_debians_names() {
        let target = |name: &str| mote_target::find(name).unwrap();
        assert_eq!(gnu_name(&target("linux-riscv64")), "riscv64");
        assert_eq!(gnu_name(&target("linux-x86_64")), "x86_64");
        let (program, packages) = linker(&target("linux-aarch64")).unwrap();
        assert_eq!(program, "aarch64-linux-gnu-gcc");
        assert_eq!(packages, ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"]);
    }
}
