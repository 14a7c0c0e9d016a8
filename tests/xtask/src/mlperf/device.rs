//! A device under test at the other end of a serial line, spoken to as the benchmark's runner does. Source:
//! mlcommons/tiny, `benchmark/runner/serial_device.py`, `device_under_test.py` and `script.py`.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::report::{Problem, failed};

/// What every answer ends with.
const READY: &str = "m-ready";

/// Bytes of a sample in one command.
const BYTES_PER_COMMAND: usize = 31;

/// How long an answer may take, where the runner itself waits 5 s: the machine that emulates may be busy.
const PATIENCE: Duration = Duration::from_secs(300);

/// A device.
pub struct Device {
    port: File,
    lines: Receiver<String>,
}

/// What an inference gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Inference {
    /// The result vector.
    pub results: Vec<f64>,
    /// Microseconds between the two timestamps.
    pub elapsed_microseconds: u64,
}

impl Device {
    /// A device at this port. Lines are read by a thread of their own until the port closes.
    ///
    /// # Errors
    /// The system's.
    pub fn new(port: File) -> Result<Self, Problem> {
        let reader = BufReader::new(port.try_clone()?);
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            // As the runner: a line ends with a line feed, carriage returns and zeros are dropped.
            for line in reader.split(b'\n').map_while(Result::ok) {
                let text: String =
                    String::from_utf8_lossy(&line).chars().filter(|letter| !matches!(letter, '\r' | '\0')).collect();
                if sender.send(text).is_err() {
                    return;
                }
            }
        });
        Ok(Self { port, lines })
    }

    /// Waits until the device answers, and returns its name. Lines of its start are skipped, should they be seen.
    ///
    /// # Errors
    /// No answer.
    pub fn name(&mut self) -> Result<String, Problem> {
        self.port.write_all(b"name%")?;
        loop {
            if let Some(name) = bracketed(&self.line("name")?, "m-name-dut-") {
                let name = name.to_owned();
                self.answer("name")?;
                return Ok(name);
            }
        }
    }

    /// Profile and model.
    ///
    /// # Errors
    /// No such answer.
    pub fn profile(&mut self) -> Result<(String, String), Problem> {
        let answer = self.command("profile")?;
        let find = |start: &str| answer.iter().find_map(|line| bracketed(line, start)).map(str::to_owned);
        match (find("m-profile-"), find("m-model-")) {
            (Some(profile), Some(model)) => Ok((profile, model)),
            _ => failed(format!("profile: {answer:?}")),
        }
    }

    /// The device's clock, in microseconds.
    ///
    /// # Errors
    /// No such answer.
    pub fn timestamp(&mut self) -> Result<u64, Problem> {
        let answer = self.command("timestamp")?;
        Ok(answer.iter().find_map(|line| timestamp(line)).ok_or(format!("timestamp: {answer:?}"))?)
    }

    /// Sends a sample.
    ///
    /// # Errors
    /// The device did not take it.
    pub fn load(&mut self, sample: &[u8]) -> Result<(), Problem> {
        let answer = self.command(&format!("db load {}", sample.len()))?;
        if answer.first().is_none_or(|line| !line.starts_with("m-[Expecting ")) {
            return failed(format!("db load: {answer:?}"));
        }
        let mut last = Vec::new();
        for bytes in sample.chunks(BYTES_PER_COMMAND) {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            last = self.command(&format!("db {digits}"))?;
        }
        if last.first().is_some_and(|line| line == "m-load-done") { Ok(()) } else { failed(format!("db: {last:?}")) }
    }

    /// Runs inferences on the sample.
    ///
    /// # Errors
    /// The device tells an error, or its answer lacks something.
    pub fn infer(&mut self, count: u32, warm_ups: u32) -> Result<Inference, Problem> {
        let answer = self.command(&format!("infer {count} {warm_ups}"))?;
        Ok(inference(&answer).ok_or(format!("infer {count} {warm_ups}: {answer:?}"))?)
    }

    /// Sends a command and gathers the lines of its answer, without the empty ones and the last.
    fn command(&mut self, command: &str) -> Result<Vec<String>, Problem> {
        self.port.write_all(format!("{command}%").as_bytes())?;
        self.answer(command)
    }

    fn answer(&mut self, command: &str) -> Result<Vec<String>, Problem> {
        let mut lines = Vec::new();
        loop {
            let line = self.line(command)?;
            if line.contains(READY) {
                return Ok(lines);
            }
            if !line.is_empty() {
                lines.push(line);
            }
        }
    }

    fn line(&mut self, command: &str) -> Result<String, Problem> {
        let start = Instant::now();
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => {
                failed(format!("{command}: no answer in {} s", start.elapsed().as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => failed(format!("{command}: the board has ended")),
        }
    }
}

/// The text in `<start>[text]`.
fn bracketed<'l>(line: &'l str, start: &str) -> Option<&'l str> {
    line.strip_prefix(start)?.strip_prefix('[')?.strip_suffix(']')
}

fn timestamp(line: &str) -> Option<u64> {
    line.strip_prefix("m-lap-us-")?.parse().ok()
}

fn inference(answer: &[String]) -> Option<Inference> {
    let times: Vec<u64> = answer.iter().filter_map(|line| timestamp(line)).collect();
    let [start, end] = times.as_slice() else { return None };
    let list = answer.iter().find_map(|line| bracketed(line, "m-results-"))?;
    let results: Option<Vec<f64>> = list.split(',').map(|number| number.parse().ok()).collect();
    Some(Inference { results: results?, elapsed_microseconds: end.checked_sub(*start)? })
}

#[cfg(test)]
mod tests {
    use super::{Inference, bracketed, inference};

    #[test]
    fn answers_are_read_as_the_runner_reads_them() {
        assert_eq!(bracketed("m-name-dut-[mps2-an386]", "m-name-dut-"), Some("mps2-an386"));
        let answer =
            ["m-warmup-start-0", "m-warmup-done", "m-infer-start-1", "m-lap-us-10", "m-lap-us-25", "m-infer-done"];
        let mut answer: Vec<String> = answer.into_iter().map(String::from).collect();
        assert_eq!(inference(&answer), None, "no results");
        answer.push("m-results-[0.004,0.996]".into());
        let expected = Inference { results: vec![0.004, 0.996], elapsed_microseconds: 15 };
        assert_eq!(inference(&answer), Some(expected));
        answer.push("m-lap-us-30".into());
        assert_eq!(inference(&answer), None, "a third timestamp");
    }
}
