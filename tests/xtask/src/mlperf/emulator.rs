//! A board whose serial line is a pseudo-terminal, as a board on a USB cable is for the benchmark's runner.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::firmware::{self, Time};
use crate::report::Problem;
use mote_target::Target;

/// A running emulator; it ends with this value.
pub struct Running {
    child: Child,
    /// The terminal's path.
    pub terminal: PathBuf,
}

impl Running {
    /// Boots `image` with `model` in its memory.
    ///
    /// # Errors
    /// The emulator does not start, or opens no terminal.
    pub fn boot(board: &Target, image: &Path, model: &Path, time: Time) -> Result<Self, Problem> {
        let emulator = board.emulator.as_ref().ok_or("no emulated board")?;
        let mut command = Command::new(&emulator.program);
        command.args(firmware::arguments(emulator, image, Some(model), "pty", time));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let terminal = BufReader::new(output).lines().map_while(Result::ok).find_map(|line| terminal(&line));
        let mut running = Self { child, terminal: PathBuf::new() };
        running.terminal = terminal.ok_or_else(|| format!("{} opens no terminal", emulator.program))?;
        Ok(running)
    }

    /// Opens the terminal for bytes as they are.
    ///
    /// # Errors
    /// The system's.
    pub fn open(&self) -> Result<File, Problem> {
        let file = OpenOptions::new().read(true).write(true).open(&self.terminal)?;
        let mut settings = rustix::termios::tcgetattr(&file)?;
        settings.make_raw();
        rustix::termios::tcsetattr(&file, rustix::termios::OptionalActions::Now, &settings)?;
        Ok(file)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The path in QEMU's line `char device redirected to /dev/pts/3 (label serial0)`.
fn terminal(line: &str) -> Option<PathBuf> {
    let (_, rest) = line.split_once("redirected to ")?;
    Some(PathBuf::from(rest.split(' ').next()?))
}

#[cfg(test)]
mod tests {
    use super::terminal;

    #[test]
    fn the_terminal_is_read_from_the_emulators_line() {
        let line = "char device redirected to /dev/pts/3 (label serial0)";
        assert_eq!(terminal(line).unwrap().to_str(), Some("/dev/pts/3"));
        assert_eq!(terminal("qemu: nothing of the kind"), None);
    }
}
