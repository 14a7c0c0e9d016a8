//! `mote monitor`: what a board says on its serial line, text and log.

use crate::serial_log::{Event, LogTable, Stream};
use crate::{Answer, Output};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments of `mote monitor`.
#[derive(Args)]
pub struct Arguments {
    /// Serial device (/dev/ttyACM0, COM3), pseudo-terminal, pipe or file; - reads standard input.
    line: PathBuf,
    /// Image that runs on the board: decodes what it logs by defmt.
    #[arg(long, value_name = "IMAGE")]
    elf: Option<PathBuf>,
    /// Bits per second of a serial device.
    #[arg(long, default_value_t = 115_200)]
    baud: u32,
    /// Log lines below this level are left out.
    #[arg(long, default_value = "trace", value_parser = ["trace", "debug", "info", "warn", "error"])]
    level: String,
}

/// Prints lines until the other end closes.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let table = match &arguments.elf {
        Some(path) => {
            let elf = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
            Some(LogTable::read(&elf).with_context(|| format!("{}", path.display()))?)
        }
        None => None,
    };
    let mut line = open(&arguments.line, arguments.baud)?;
    let (mut stream, mut buffer) = (Stream::new(table), [0; 4096]);
    let mut printer = Printer { output, least: rank(&arguments.level), closed: false };
    while !printer.closed {
        match line.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => stream.receive(&buffer[..count], &mut |event| printer.print(&event)),
            // A quiet board.
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            // How a pseudo-terminal or an unplugged board says that nobody is there any more (EIO, ENXIO).
            Err(error) if matches!(error.raw_os_error(), Some(5 | 6)) => break,
            Err(error) => return Err(error).with_context(|| format!("{}", arguments.line.display())),
        }
    }
    stream.end(&mut |event| printer.print(&event));
    Ok(Answer::Yes)
}

/// Opens whatever `path` is.
fn open(path: &Path, baud: u32) -> Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    if path.is_file() || is_pipe(path) {
        return Ok(Box::new(File::open(path).with_context(|| format!("{}", path.display()))?));
    }
    if path.is_dir() {
        bail!("{} is a folder", path.display());
    }
    match serial2::SerialPort::open(path, baud) {
        Ok(mut port) => {
            // Short, so that an end of the program is not waited for.
            port.set_read_timeout(Duration::from_millis(200)).with_context(|| format!("{}", path.display()))?;
            Ok(Box::new(port))
        }
        Err(error) => bail!("{}: {}", path.display(), explain(&error)),
    }
}

/// A sentence on why a serial device cannot be opened, and what to do.
fn explain(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => {
            let ports = serial2::SerialPort::available_ports().unwrap_or_default();
            let names: Vec<String> = ports.iter().map(|port| port.display().to_string()).collect();
            match names.is_empty() {
                true => "no such device, and no serial device is plugged in".into(),
                false => format!("no such device; there are {}", names.join(" ")),
            }
        }
        ErrorKind::PermissionDenied => "no permission; on Linux serial devices belong to a group, most often dialout: \
             `sudo usermod -a -G dialout $USER`, then log in again"
            .into(),
        ErrorKind::ResourceBusy => "in use by another program".into(),
        // Not a terminal (ENOTTY).
        _ if error.raw_os_error() == Some(25) => "not a serial device".into(),
        _ => error.to_string(),
    }
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> bool {
    false
}

/// Height of a level; what is printed without one is never left out.
fn rank(level: &str) -> usize {
    ["trace", "debug", "info", "warn", "error"].iter().position(|known| *known == level).unwrap_or(usize::MAX)
}

struct Printer {
    output: Output,
    least: usize,
    /// Whoever reads the output has gone.
    closed: bool,
}

impl Printer {
    fn print(&mut self, event: &Event) {
        if let Event::Log(message) = event
            && rank(message.level) < self.least
        {
            return;
        }
        let line = if self.output.json { serde_json::to_string(event).unwrap_or_default() } else { text(event) };
        let mut out = std::io::stdout().lock();
        // A line at a time, at once: this is looked at while it happens.
        self.closed |= writeln!(out, "{line}").and_then(|()| out.flush()).is_err();
    }
}

fn text(event: &Event) -> String {
    match event {
        Event::Text { text } => text.clone(),
        Event::Garbled { bytes, reason } => format!("[{bytes} bytes: {reason}]"),
        Event::Log(message) => {
            let place = match &message.location {
                Some(place) => format!("{}:{}", place.file, place.line),
                None => message.crate_name.clone(),
            };
            let time = if message.timestamp.is_empty() { String::new() } else { format!("{} ", message.timestamp) };
            format!("{time}{:5} {} ({place})", message.level.to_uppercase(), message.message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{explain, open, rank};
    use std::io::{Error, ErrorKind};
    use std::path::Path;

    #[test]
    fn a_line_that_cannot_be_opened_says_why_and_what_to_do() {
        let missing = open(Path::new("/dev/no-such-serial-line"), 115_200).err().unwrap().to_string();
        assert!(missing.starts_with("/dev/no-such-serial-line: no such device"), "{missing}");
        assert!(explain(&Error::from(ErrorKind::PermissionDenied)).contains("dialout"));
        assert!(open(Path::new("/dev/null"), 115_200).err().unwrap().to_string().contains("not a serial device"));
        assert!(open(Path::new("/"), 115_200).err().unwrap().to_string().contains("folder"));
    }

    #[test]
    fn levels_rise() {
        assert!(rank("trace") < rank("info") && rank("info") < rank("error") && rank("error") < rank("println"));
    }
}
