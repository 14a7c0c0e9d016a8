//! What the `bench` image prints (see `firmware/app/src/bench.rs`), turned into instructions.

use std::collections::BTreeMap;

use mote_target::{Counter, Emulator, Target};

/// Instructions of the handler that counts the system timer's periods, in `firmware/boards/src/cortex_m.rs`.
const PERIOD_HANDLER_INSTRUCTIONS: u64 = 5;

/// Instructions by which the difference of two counts may be off: the timer's ticks are no whole number of instructions,
/// so each count may be off by one.
const COUNT_TOLERANCE: u64 = 2;

/// One operator's cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorCost {
    /// Index in execution order.
    pub index: u32,
    /// Its code in model files.
    pub code: u32,
    /// Instructions executed.
    pub instructions: u64,
}

/// What one model did on one board.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Bytes of arena.
    pub arena_bytes: u64,
    /// Bytes of state.
    pub state_bytes: u64,
    /// Instructions of parse, check and bind.
    pub setup_instructions: u64,
    /// Instructions of one inference.
    pub instructions: u64,
    /// Painted stack of set-up and inference.
    pub stack_bytes: (u64, u64),
    /// Operators of an inference.
    pub operators: Vec<OperatorCost>,
    /// Output bytes by word, number (0 for `counting`) and output.
    pub outputs: BTreeMap<(String, u32, u32), Vec<u8>>,
    /// Golden vectors of the passport: seed, CRC expected, CRC found.
    pub crcs: Vec<(u32, u32, u32)>,
    /// Operators whose outputs had the passport's CRC, and all operators; none when the passport has no CRCs.
    pub layers: Option<(u32, u32)>,
    /// How the image ended.
    pub verdict: u32,
}

impl Measured {
    /// Reads all lines.
    ///
    /// # Errors
    /// A sentence: a line is missing or not readable, or the clock did not count a known loop right.
    pub fn read(board: &Target, emulator: &Emulator, text: &str) -> Result<Self, String> {
        Self::read_by(&Clock::new(board, emulator), text)
    }

    /// As [`Self::read`] for a clock that counts instructions themselves.
    pub fn read_counts(text: &str) -> Result<Self, String> {
        Self::read_by(&Clock { ticks_per_second: 1_000_000_000, instruction_nanoseconds: 1, has_periods: false }, text)
    }

    fn read_by(clock: &Clock, text: &str) -> Result<Self, String> {
        let mut measured = Self::default();
        let (mut reading, mut loops, mut ended) = (0, Vec::new(), false);
        for line in text.lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            let wrong = || format!("not understood: {line}");
            let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u32>().ok()).ok_or_else(wrong);
            let hexadecimal = |at: usize| u64::from_str_radix(fields.get(at).unwrap_or(&""), 16).map_err(|_| wrong());
            let count = |at: usize| Ok::<u64, String>(clock.instructions(hexadecimal(at)?, hexadecimal(at + 1)?));
            match *fields.first().unwrap_or(&"") {
                "empty" => reading = count(1)?,
                "loop" => loops.push((u64::from(number(1)?), count(2)?)),
                "model" => (measured.arena_bytes, measured.state_bytes) = (number(1)?.into(), number(2)?.into()),
                "setup" => measured.setup_instructions = count(1)?.saturating_sub(reading),
                "stack" => measured.stack_bytes = (number(1)?.into(), number(2)?.into()),
                "run" => measured.instructions = count(1)?.saturating_sub(reading),
                "operator" => measured.operators.push(OperatorCost {
                    index: number(1)?,
                    code: number(2)?,
                    instructions: count(3)?.saturating_sub(reading),
                }),
                "counting" => {
                    measured
                        .outputs
                        .insert(("counting".into(), 0, number(1)?), bytes(fields.get(2)).ok_or_else(wrong)?);
                }
                word @ ("golden" | "step") => {
                    let key = (word.to_owned(), number(1)?, number(2)?);
                    measured.outputs.insert(key, bytes(fields.get(3)).ok_or_else(wrong)?);
                }
                "crc" => measured.crcs.push((number(1)?, hexadecimal(2)? as u32, hexadecimal(3)? as u32)),
                "layers" => measured.layers = Some((number(1)?, number(2)?)),
                "different" => {}
                "end" => (measured.verdict, ended) = (number(1)?, true),
                _ => return Err(wrong()),
            }
        }
        if !ended {
            return Err("the board did not come to an end".into());
        }
        check_loops(&loops)?;
        Ok(measured)
    }
}

/// Every loop against the first: what leads in and out is the same for all of them.
fn check_loops(loops: &[(u64, u64)]) -> Result<(), String> {
    let [(first_known, first_counted), rest @ ..] = loops else { return Err("no loop of known length".into()) };
    if rest.len() < 3 {
        return Err("too few loops of known length".into());
    }
    for (known, counted) in rest {
        let (known, counted) = (known - first_known, counted.saturating_sub(*first_counted));
        if known.abs_diff(counted) > COUNT_TOLERANCE {
            return Err(format!("the clock counted {counted} instructions where {known} ran"));
        }
    }
    Ok(())
}

fn bytes(text: Option<&&str>) -> Option<Vec<u8>> {
    let text = text?;
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

/// From readings to instructions.
struct Clock {
    ticks_per_second: u64,
    instruction_nanoseconds: u64,
    has_periods: bool,
}

impl Clock {
    fn new(board: &Target, emulator: &Emulator) -> Self {
        Self {
            ticks_per_second: board.clock_hz,
            instruction_nanoseconds: 1 << emulator.icount_shift,
            has_periods: emulator.counter == Counter::Systick,
        }
    }

    /// Instructions between two readings, without those of the timer's handler.
    fn instructions(&self, start: u64, end: u64) -> u64 {
        let divisor = u128::from(self.ticks_per_second) * u128::from(self.instruction_nanoseconds);
        let nanoseconds = u128::from(end.saturating_sub(start)) * 1_000_000_000;
        let all = ((nanoseconds + divisor / 2) / divisor) as u64;
        let periods = if self.has_periods { (end >> 24) - (start >> 24).min(end >> 24) } else { 0 };
        all.saturating_sub(periods * PERIOD_HANDLER_INSTRUCTIONS)
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Measured, check_loops};

    #[test]
    fn ticks_become_instructions_without_the_handlers() {
        let clock = Clock { ticks_per_second: 25_000_000, instruction_nanoseconds: 64, has_periods: true };
        assert_eq!(clock.instructions(0, 1600), 1000);
        assert_eq!(clock.instructions((1 << 24) - 800, (1 << 24) + 800), 995);
        let counter = Clock { ticks_per_second: 1_000_000_000, instruction_nanoseconds: 1, has_periods: false };
        assert_eq!(counter.instructions(1 << 24, (1 << 25) + 7), (1 << 24) + 7);
    }

    #[test]
    fn a_clock_that_counts_wrong_is_noticed() {
        assert!(check_loops(&[(2, 30), (2000, 2028), (4000, 4029), (6000, 6027)]).is_ok());
        assert!(check_loops(&[(2, 30), (2000, 2028), (4000, 4031), (6000, 6028)]).is_err());
        assert!(check_loops(&[(2, 30)]).is_err());
    }

    #[test]
    fn lines_that_stop_early_are_noticed() {
        let board = mote_target::find("mps2-an386").unwrap();
        let emulator = board.emulator.clone().unwrap();
        assert!(Measured::read(&board, &emulator, "empty 0000000000000000 0000000000000010\n").is_err());
        assert!(Measured::read(&board, &emulator, "nonsense\nend 0\n").is_err());
    }
}
