//! The kernel battery and a model's golden vectors, on the target itself.
//!
//! Lines, with fields after single spaces; numbers are decimal:
//!
//! ```text
//! family <name> <cases> <failed> <comparisons> <ticks>
//! different <family> <implementation> <case> <whole|sliced> <problem> <at> <expected> <found> <group.name=value>...
//! golden, crc, layers, different as `bench` prints them
//! conformance <passed> <failed>      cases and golden vectors
//! end <verdict>
//! ```
//!
//! A case is made from its family's name and its number alone: `cargo run -p mote-battery --example replay -- <family>
//! <case>` runs it again on the host.

use crate::bench::golden;
use crate::{Board, Printer, Verdict};
use mote_battery::{AnyFamily, Difference, Listener, Parameters, Workspace};
use mote_engine::{Model, OperatorSet};

#[cfg(test)]
mod tests;

/// What passed and what did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u32,
    failed: u32,
}

/// Runs every family of kernels, then every golden vector of the model; prints the lines above and returns the verdict.
///
/// `memory` must hold the battery's workspace and the model's arena and state, one after the other in time.
pub fn conformance<B: Board>(board: &mut B, file: &[u8], memory: &mut [u8], operators: OperatorSet<'_>) -> Verdict {
    conformance_of(board, mote_battery::all(), file, memory, operators)
}

fn conformance_of<B: Board>(
    board: &mut B,
    families: &[&dyn AnyFamily],
    file: &[u8],
    memory: &mut [u8],
    operators: OperatorSet<'_>,
) -> Verdict {
    let mut count = Count::default();
    let kernels = battery(board, families, memory, &mut count);
    let vectors = golden_vectors(board, file, memory, operators, &mut count);
    Printer(board).text("conformance").decimal(count.passed).decimal(count.failed).end();
    let verdict = match (kernels, vectors) {
        _ if count.failed > 0 => Verdict::Differs,
        (Err(verdict), _) | (_, Err(verdict)) => verdict,
        _ => Verdict::Right,
    };
    Printer(board).text("end").decimal(u32::from(verdict.code())).end();
    verdict
}

fn battery<B: Board>(
    board: &mut B,
    families: &[&dyn AnyFamily],
    memory: &mut [u8],
    count: &mut Count,
) -> Result<(), Verdict> {
    let mut workspace = Workspace::new(memory).ok_or(Verdict::NoMemory)?;
    for family in families {
        let start = board.ticks();
        let tally = family.run(&mut workspace, 0..family.board_cases(), &mut Lines(board));
        let ticks = board.ticks().wrapping_sub(start);
        let mut line = Printer(board);
        line.text("family ").text(family.name()).decimal(tally.cases).decimal(tally.failed).decimal(tally.comparisons);
        line.text(" ").number(ticks).end();
        count.passed = count.passed.wrapping_add(tally.cases.wrapping_sub(tally.failed));
        count.failed = count.failed.wrapping_add(tally.failed);
    }
    Ok(())
}

/// Prints a line for a difference.
struct Lines<'b, B: Board>(&'b mut B);

impl<B: Board> Listener for Lines<'_, B> {
    fn difference(&mut self, difference: &Difference, parameters: Option<&dyn Parameters>) {
        let mut line = Printer(self.0);
        line.text("different ").text(difference.family).text(" ").text(difference.implementation);
        line.decimal(difference.case).text(if difference.in_slices { " sliced " } else { " whole " });
        line.text(difference.problem.word());
        difference.problem.numbers().iter().for_each(|&number| {
            line.decimal(number as u32);
        });
        if let Some(parameters) = parameters {
            parameters.each(&mut |group, name, value| {
                let point = if group.is_empty() || name.is_empty() { "" } else { "." };
                line.text(" ").text(group).text(point).text(name).text(if value < 0 { "=-" } else { "=" });
                line.number(value.unsigned_abs());
            });
        }
        line.end();
    }
}

fn golden_vectors<B: Board>(
    board: &mut B,
    file: &[u8],
    memory: &mut [u8],
    operators: OperatorSet<'_>,
    count: &mut Count,
) -> Result<(), Verdict> {
    let model = Model::parse(file, operators).map_err(|_| Verdict::Refused)?;
    let (passed, failed) = golden(board, &model, memory)?;
    count.passed = count.passed.wrapping_add(passed);
    count.failed = count.failed.wrapping_add(failed);
    // A model without vectors would leave the engine untried.
    if passed == 0 && failed == 0 { Err(Verdict::Refused) } else { Ok(()) }
}
