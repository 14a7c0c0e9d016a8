//! One operator's cases and implementations, and how a case is run.

use crate::workspace::{GUARD_BYTES, Sizes, WORK_BYTES, first_difference, run};
use crate::{Difference, Layout, Listener, Parameters, Problem, Random, Tally, Workspace};
use core::ops::Range;
use mote_kernels::{Fault, Memory, Region, Span};

/// A kernel: memory, arguments, units.
pub type Kernel<A> = fn(&mut Memory<'_>, &A, Range<usize>) -> Result<(), Fault>;

/// A kernel to compare with the reference.
#[derive(Debug)]
pub struct Implementation<A> {
    /// `generic`, or the instruction set's name.
    pub name: &'static str,
    /// The kernel.
    pub kernel: Kernel<A>,
}

/// One case of a family, ready to run.
#[derive(Clone, Copy, Debug)]
pub struct Case<A> {
    /// What the kernels are told.
    pub arguments: A,
    /// Independent slices of work.
    pub units: usize,
    /// Bytes of scratch the kernel asks for.
    pub scratch_bytes: usize,
    /// Everything the kernel may write.
    pub output: Span,
    /// For outputs that lie over their input: the same work with the output elsewhere, which is what the reference runs.
    pub elsewhere: Option<(A, Span)>,
}

/// An operator with its generator and its kernels.
#[derive(Debug)]
pub struct Family<A: 'static> {
    /// The kernel's name, also the name of the stream of cases.
    pub name: &'static str,
    /// Cases that a board runs.
    pub board_cases: u32,
    /// Makes a case; none when the draw came out too large too often.
    pub generate: fn(&mut Random, &mut Layout<'_>) -> Option<Case<A>>,
    /// What is right by definition.
    pub reference: Kernel<A>,
    /// What must be equal to it.
    pub implementations: &'static [Implementation<A>],
    /// True when a unit past the last must be refused.
    pub refuses_beyond: bool,
}

/// A family, whatever its arguments.
pub trait AnyFamily: Sync {
    /// The kernel's name.
    fn name(&self) -> &'static str;

    /// Cases that a board runs.
    fn board_cases(&self) -> u32;

    /// Runs one case on all implementations and returns the number of comparisons, all of which were right; else tells
    /// the listener of the first that was not.
    ///
    /// # Errors
    /// What was wrong, as the listener heard it.
    fn run_case(
        &self,
        workspace: &mut Workspace<'_>,
        case: u32,
        listener: &mut dyn Listener,
    ) -> Result<u32, Difference>;

    /// Gives the parameters of a case to `see`, without running it.
    fn describe(&self, workspace: &mut Workspace<'_>, case: u32, see: &mut dyn FnMut(&str, &str, i64));

    /// Runs `cases`; the listener hears of the first difference only.
    fn run(&self, workspace: &mut Workspace<'_>, cases: Range<u32>, listener: &mut dyn Listener) -> Tally {
        let mut tally = Tally::default();
        for case in cases {
            tally.cases += 1;
            let result = match tally.failed {
                0 => self.run_case(workspace, case, listener),
                _ => self.run_case(workspace, case, &mut Silent),
            };
            match result {
                Ok(comparisons) => tally.comparisons += comparisons,
                Err(_) => tally.failed += 1,
            }
        }
        tally
    }
}

struct Silent;

impl Listener for Silent {
    fn difference(&mut self, _: &Difference, _: Option<&dyn Parameters>) {}
}

impl<A: Parameters + Sync + 'static> AnyFamily for Family<A> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn board_cases(&self) -> u32 {
        self.board_cases
    }

    fn run_case(
        &self,
        workspace: &mut Workspace<'_>,
        case: u32,
        listener: &mut dyn Listener,
    ) -> Result<u32, Difference> {
        let mut difference = Difference {
            family: self.name,
            implementation: "reference",
            case,
            in_slices: false,
            problem: Problem::NoCase,
        };
        let Some((made, sizes, mut random)) = self.make(workspace, case) else {
            listener.difference(&difference, None);
            return Err(difference);
        };
        self.compare(workspace, &made, &sizes, &mut random, &mut difference).map_err(|problem| {
            difference.problem = problem;
            listener.difference(&difference, Some(&made.arguments));
            difference
        })
    }

    fn describe(&self, workspace: &mut Workspace<'_>, case: u32, see: &mut dyn FnMut(&str, &str, i64)) {
        if let Some((made, ..)) = self.make(workspace, case) {
            made.arguments.each(see);
        }
    }
}

impl<A: Parameters> Family<A> {
    /// The case with its constants in the workspace, and the generator behind it.
    fn make(&self, workspace: &mut Workspace<'_>, case: u32) -> Option<(Case<A>, Sizes, Random)> {
        let mut random = Random::new(self.name, case);
        let mut layout = Layout::new(workspace.constants, WORK_BYTES.saturating_sub(GUARD_BYTES));
        let made = (self.generate)(&mut random, &mut layout)?;
        let (constant_bytes, state_bytes, arena_bytes) = layout.finish()?;
        let scratch_bytes = made.scratch_bytes;
        Some((made, Sizes { constant_bytes, state_bytes, arena_bytes, scratch_bytes }, random))
    }

    /// All implementations against the reference; the number of comparisons. Where it stops, `difference` names the
    /// implementation.
    fn compare(
        &self,
        workspace: &mut Workspace<'_>,
        case: &Case<A>,
        sizes: &Sizes,
        random: &mut Random,
        difference: &mut Difference,
    ) -> Result<u32, Problem> {
        let Workspace { pristine, expected, found, constants, scratch } = workspace;
        let bytes = sizes.work_bytes();
        let pristine = pristine.get_mut(..bytes).ok_or(Problem::NoCase)?;
        let expected = expected.get_mut(..bytes).ok_or(Problem::NoCase)?;
        let found = found.get_mut(..bytes).ok_or(Problem::NoCase)?;
        random.fill(pristine);
        let mut once = |work: &mut [u8], kernel: Kernel<A>, arguments: &A, units: [usize; 3]| {
            run(sizes, work, constants, scratch, &mut |memory| {
                let [start, cut, end] = units;
                if cut > start {
                    kernel(memory, arguments, start..cut)?;
                }
                kernel(memory, arguments, cut..end)
            })
        };
        let written = |span: Span| match span.region {
            Region::State => span.offset..span.offset + span.bytes,
            _ => sizes.state_bytes + span.offset..sizes.state_bytes + span.offset + span.bytes,
        };
        copy(expected, pristine);
        if let Some((arguments, output)) = &case.elsewhere {
            copy(found, pristine);
            once(found, self.reference, arguments, [0, 0, case.units])?;
            let made = found.get(written(*output)).ok_or(Problem::NoCase)?;
            copy(expected.get_mut(written(case.output)).ok_or(Problem::NoCase)?, made);
        } else {
            once(expected, self.reference, &case.arguments, [0, 0, case.units])?;
        }
        if let Some(at) = changed_outside(pristine, expected, written(case.output)) {
            return Err(Problem::Outside(at));
        }
        let mut comparisons = 0;
        for Implementation { name, kernel } in self.implementations {
            difference.implementation = name;
            for cut in [0, 1 + random.below(case.units)] {
                difference.in_slices = cut > 0;
                copy(found, pristine);
                once(found, *kernel, &case.arguments, [0, cut, case.units])?;
                if let Some(problem) = first_difference(expected, found) {
                    return Err(problem);
                }
                comparisons += 1;
            }
            if self.refuses_beyond {
                let beyond = [case.units, case.units, case.units + 1];
                if once(found, *kernel, &case.arguments, beyond) != Err(Problem::Fault) {
                    return Err(Problem::NotRefused);
                }
            }
        }
        Ok(comparisons)
    }
}

/// As many bytes as both have.
fn copy(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

/// The first byte outside `output` that changed.
fn changed_outside(before: &[u8], after: &[u8], output: Range<usize>) -> Option<usize> {
    let pairs = before.iter().zip(after).enumerate();
    pairs.filter(|(at, _)| !output.contains(at)).find(|(_, (before, after))| before != after).map(|(at, _)| at)
}
