//! Starting QEMU.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::boards::lines::Measured;
use crate::report::{Outcome, failed};
use crate::{command, toolchain};
use mote_target::{Emulator, Load, Target};

/// Seconds after which a board counts as hung.
const PATIENCE_SECONDS: &str = "900";

/// Checks that the emulators are there, and installs Debian's where it can.
pub fn set_up(boards: &[Target]) -> Outcome {
    let programs: Vec<&str> =
        boards.iter().filter_map(|board| board.emulator.as_ref()).map(|emulator| emulator.program.as_str()).collect();
    let missing = |programs: &[&str]| programs.iter().any(|program| !starts(program));
    if !missing(&programs) {
        return Ok(());
    }
    eprintln!("installing QEMU by apt-get");
    let attempts: [&[&str]; 3] = [
        &["qemu-system-arm", "qemu-system-misc"],
        // A newer qemu-utils than the release's own keeps the two from being installed: then all of one age.
        &["-t", "bookworm-backports", "qemu-system-arm", "qemu-system-riscv"],
        &["--allow-downgrades", "qemu-system-arm", "qemu-system-misc", "qemu-utils/stable"],
    ];
    let _ = toolchain::apt_get(&["update", "-qq"]);
    for packages in attempts {
        let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
        arguments.extend(packages);
        if toolchain::apt_get(&arguments).is_ok() && !missing(&programs) {
            return Ok(());
        }
    }
    failed(format!("no QEMU: install {}", programs.join(" and ")))
}

fn starts(program: &str) -> bool {
    command::succeeds(Command::new(program).arg("--version"))
}

/// Boots `image` with `model` in its memory and reads what it prints.
pub fn run(board: &Target, image: &Path, model: &Path) -> Result<Measured, String> {
    let emulator = board.emulator.as_ref().ok_or("no emulated board")?;
    let mut command = command_line(emulator, image, model);
    let output = command.output().map_err(|error| format!("{}: {error}", emulator.program))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Measured::read(board, emulator, &text).map_err(|reason| {
        let noise = String::from_utf8_lossy(&output.stderr);
        format!("{reason} ({}) {}", output.status, noise.lines().next().unwrap_or_default())
    })
}

fn command_line(emulator: &Emulator, image: &Path, model: &Path) -> Command {
    let mut command = command::program_at_root("timeout");
    command.args([PATIENCE_SECONDS, &emulator.program]).args(machine(emulator, image, model));
    command
}

/// Arguments of the emulator: machine, serial line on standard input and output, exit codes out, every instruction the
/// same time, `image` and, at its address, `model`.
pub fn machine(emulator: &Emulator, image: &Path, model: &Path) -> Vec<OsString> {
    let shift = format!("shift={}", emulator.icount_shift);
    let mut arguments: Vec<OsString> = ["-M", &emulator.machine].map(Into::into).into();
    arguments.extend(["-nographic", "-monitor", "none", "-serial", "stdio"].map(Into::into));
    arguments.extend(["-semihosting-config", "enable=on,target=native", "-icount", &shift].map(Into::into));
    let load = match emulator.load {
        Load::Kernel => "-kernel",
        Load::Bios => "-bios",
    };
    arguments.extend([load.into(), image.into()]);
    let place = format!("loader,file={},addr={:#x},force-raw=on", model.display(), emulator.model_address);
    arguments.extend(["-device".into(), place.into()]);
    arguments
}
