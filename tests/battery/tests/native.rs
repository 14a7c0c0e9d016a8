//! The battery on the host: every kernel passes, every wrong kernel is caught, and a case is the same each time.

use core::ops::Range;
use mote_battery::families::{CONV2D, DEPTHWISE, GATHER};
use mote_battery::{
    AnyFamily, Difference, Family, Implementation, Kernel, Listener, Parameters, Problem, WORKSPACE_BYTES, Workspace,
};
use mote_kernels::arguments::{Conv2dI8, DepthwiseI8, Gather};
use mote_kernels::{Fault, Memory, generic, reference};

/// How many times a board's cases are run here.
const MORE_THAN_BOARDS: u32 = 5;

/// Keeps what it hears, with parameters as text.
#[derive(Default)]
struct Heard(Vec<(Difference, String)>);

impl Listener for Heard {
    fn difference(&mut self, difference: &Difference, parameters: Option<&dyn Parameters>) {
        let mut text = String::new();
        if let Some(parameters) = parameters {
            parameters.each(&mut |group, name, value| text += &format!(" {group}.{name}={value}"));
        }
        self.0.push((*difference, text));
    }
}

fn run(family: &dyn AnyFamily, cases: Range<u32>) -> (mote_battery::Tally, Heard) {
    let (mut memory, mut heard) = (vec![0; WORKSPACE_BYTES], Heard::default());
    let mut workspace = Workspace::new(&mut memory).expect("large enough");
    let tally = family.run(&mut workspace, cases, &mut heard);
    (tally, heard)
}

#[test]
fn every_kernel_equals_its_reference() {
    for family in mote_battery::all() {
        let cases = family.board_cases() * MORE_THAN_BOARDS;
        let (tally, heard) = run(*family, 0..cases);
        assert_eq!(tally.failed, 0, "{}: {:?}", family.name(), heard.0);
        assert_eq!(tally.cases, cases);
        assert!(tally.comparisons >= 2 * cases, "{}: {tally:?}", family.name());
        println!("{:26} {:6} cases {:6} comparisons", family.name(), tally.cases, tally.comparisons);
    }
}

#[test]
fn every_family_draws_many_different_cases() {
    let mut memory = vec![0; WORKSPACE_BYTES];
    let mut workspace = Workspace::new(&mut memory).expect("large enough");
    for family in mote_battery::all() {
        let mut seen = std::collections::BTreeSet::new();
        for case in 0..family.board_cases() {
            let mut text = String::new();
            family.describe(&mut workspace, case, &mut |group, name, value| text += &format!("{group}{name}{value} "));
            let mut again = String::new();
            family.describe(&mut workspace, case, &mut |group, name, value| again += &format!("{group}{name}{value} "));
            assert_eq!(text, again, "a case is made from its number alone");
            seen.insert(text);
        }
        // What fills and looks up has few parameters to vary.
        assert!(seen.len() as u32 >= family.board_cases() * 8 / 10, "{}: {}", family.name(), seen.len());
    }
}

/// The family with one kernel in place of its own.
fn with<A>(family: &Family<A>, kernel: Kernel<A>, implementations: &'static [Implementation<A>]) -> Family<A> {
    assert!(implementations.iter().all(|one| one.kernel as usize == kernel as usize));
    Family { implementations, reference: family.reference, generate: family.generate, ..*family }
}

/// Wrong in one channel of one kind of layer only: where the channels are no multiple of four.
fn forgets_the_last_channel(memory: &mut Memory<'_>, a: &Conv2dI8, rows: Range<usize>) -> Result<(), Fault> {
    generic::conv2d_i8(memory, a, rows.clone())?;
    if a.shape.output.channels % 4 != 3 || a.shape.overlapping {
        return Ok(());
    }
    let output = &a.shape.output;
    for row in rows {
        let row = output.row(a.shape.walk.at(row, output.total_rows()))?;
        if let Some(last) = memory.write(row)?.last_mut() {
            *last = last.wrapping_add(1);
        }
    }
    Ok(())
}

#[test]
fn a_wrong_kernel_is_caught_and_its_case_runs_again() {
    static WRONG: [Implementation<Conv2dI8>; 1] = [Implementation { name: "wrong", kernel: forgets_the_last_channel }];
    let family = with(&CONV2D, forgets_the_last_channel, &WRONG);
    let (tally, heard) = run(&family, 0..CONV2D.board_cases);
    assert!(tally.failed > 10 && tally.failed < tally.cases, "{tally:?}");
    let [(difference, parameters)] = &heard.0[..] else { panic!("the first difference alone is told") };
    assert_eq!((difference.family, difference.implementation), ("conv2d_i8", "wrong"));
    let Problem::Byte { expected, found, .. } = difference.problem else { panic!("{difference:?}") };
    assert_ne!(found, expected);
    assert!(parameters.contains(" output.channels="), "{parameters}");
    let (_, again) = run(&family, difference.case..difference.case + 1);
    assert_eq!(again.0[0].0, *difference);
    assert_eq!(again.0[0].1, *parameters);
}

fn writes_beyond(memory: &mut Memory<'_>, a: &DepthwiseI8, rows: Range<usize>) -> Result<(), Fault> {
    generic::depthwise_i8(memory, a, rows)?;
    if let Some(last) = memory.arena.last_mut() {
        *last ^= 1;
    }
    Ok(())
}

fn accepts_anything(memory: &mut Memory<'_>, a: &DepthwiseI8, rows: Range<usize>) -> Result<(), Fault> {
    generic::depthwise_i8(memory, a, rows.start.min(a.shape.units())..rows.end.min(a.shape.units()))
}

fn faults(_: &mut Memory<'_>, _: &DepthwiseI8, _: Range<usize>) -> Result<(), Fault> {
    Err(Fault)
}

#[test]
fn what_a_kernel_must_not_do_is_caught() {
    static BEYOND: [Implementation<DepthwiseI8>; 1] = [Implementation { name: "beyond", kernel: writes_beyond }];
    static ANYTHING: [Implementation<DepthwiseI8>; 1] = [Implementation { name: "any", kernel: accepts_anything }];
    static FAULTS: [Implementation<DepthwiseI8>; 1] = [Implementation { name: "faults", kernel: faults }];
    let first = |family: &dyn AnyFamily| run(family, 0..50).1.0[0].0.problem;
    assert!(matches!(first(&with(&DEPTHWISE, writes_beyond, &BEYOND)), Problem::Byte { .. }));
    assert_eq!(first(&with(&DEPTHWISE, accepts_anything, &ANYTHING)), Problem::NotRefused);
    assert_eq!(first(&with(&DEPTHWISE, faults, &FAULTS)), Problem::Fault);
    // The reference itself is watched too.
    let stray = Family { reference: writes_beyond, implementations: &[], ..with(&DEPTHWISE, faults, &FAULTS) };
    assert!(matches!(first(&stray), Problem::Outside(_)));
}

/// Indices that point outside are data, not arguments: the kernel stops and nothing is written.
#[test]
fn gathering_from_outside_is_a_fault() {
    fn outside(memory: &mut Memory<'_>, a: &Gather, units: Range<usize>) -> Result<(), Fault> {
        let axis = a.axis.saturating_sub(1);
        // An axis one shorter than the indices were made for.
        let result = generic::gather(memory, &Gather { axis, ..*a }, units.clone());
        if axis == 0 { result } else { result.and_then(|()| reference::gather(memory, a, units)) }
    }
    static OUTSIDE: [Implementation<Gather>; 1] = [Implementation { name: "outside", kernel: outside }];
    let (tally, heard) = run(&with(&GATHER, outside, &OUTSIDE), 0..150);
    assert!(tally.failed > 20, "{tally:?}");
    assert_eq!(heard.0[0].0.problem, Problem::Fault);
}

#[test]
fn a_workspace_that_is_too_small_is_refused() {
    assert!(Workspace::new(&mut vec![0; WORKSPACE_BYTES - 1]).is_none());
}
