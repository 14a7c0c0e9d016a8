//! Every cut of a scenario.

use crate::nor::Operation;
use crate::{Fault, Nor, Random, Tear};
use std::fmt::Debug;

/// Something that changes flash, can be started anew from any flash it left behind, and then goes on to its end.
pub trait Scenario {
    /// What can be seen of a flash: the state that invariants speak of.
    type Seen: Debug + Clone;

    /// The flash it starts from.
    fn flash(&self, seed: u64) -> Nor;

    /// Starts the device on this flash and lets it run to its end, or until power goes.
    fn run(&self, flash: &mut Nor);

    /// Looks at a flash the way a starting device does. Says what is wrong if an invariant does not hold in it.
    fn look(&self, flash: &mut Nor) -> Result<Self::Seen, String>;

    /// Whether `later` may follow `earlier`, with a cut between.
    fn may_follow(&self, earlier: &Self::Seen, later: &Self::Seen) -> Result<(), String>;

    /// Whether this is how it must end.
    fn is_end(&self, seen: &Self::Seen) -> Result<(), String>;
}

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Thoroughness {
    /// Runs of everything, each with random bits of its own.
    pub rounds: u64,
    /// One cut of so many gets a second cut while the device recovers.
    pub second_cut_every: usize,
    /// Second cuts for each such cut.
    pub second_cuts: usize,
}

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Changes of the flash in one undisturbed run.
    pub operations: usize,
    /// First cuts.
    pub cuts: u64,
    /// Second cuts.
    pub second_cuts: u64,
}

impl Figures {
    /// All cuts.
    pub fn total(&self) -> u64 {
        self.cuts + self.second_cuts
    }
}

/// Tries every cut.
///
/// # Errors
/// The first thing that is wrong, with the place of the cut.
pub fn explore<S: Scenario>(scenario: &S, thoroughness: Thoroughness) -> Result<Figures, String> {
    let mut figures = Figures::default();
    for seed in 0..thoroughness.rounds {
        let mut flash = scenario.flash(seed);
        flash.power_on();
        flash.keep_history();
        scenario.run(&mut flash);
        let history = flash.take_history();
        let end = scenario.look(&mut flash)?;
        scenario.is_end(&end).map_err(|reason| format!("undisturbed: {reason}"))?;
        figures.operations = history.len();
        let mut random = Random::new(seed ^ 0x5EED);
        for (index, (before, operation)) in history.iter().enumerate() {
            let seen = scenario.look(&mut before.clone())?;
            for fault in faults(operation) {
                let place = |reason: String| format!("round {seed}, operation {index}, {fault:?}: {reason}");
                let mut cut = before.clone();
                cut.cut(operation, fault);
                cut.power_on_after_cut();
                figures.cuts += 1;
                follow(scenario, &seen, cut.clone(), true).map_err(place)?;
                if figures.cuts.is_multiple_of(thoroughness.second_cut_every as u64) {
                    for _ in 0..thoroughness.second_cuts {
                        figures.second_cuts += second(scenario, &seen, cut.clone(), &mut random).map_err(place)?;
                    }
                }
            }
        }
    }
    Ok(figures)
}

/// Starts the device after a cut, lets it come to its end, and looks.
fn follow<S: Scenario>(scenario: &S, seen: &S::Seen, mut flash: Nor, look_first: bool) -> Result<(), String> {
    let mut earlier = seen.clone();
    if look_first {
        let now = scenario.look(&mut flash)?;
        scenario.may_follow(&earlier, &now)?;
        earlier = now;
    }
    scenario.run(&mut flash);
    // What was unstable shows itself at last: nothing may rest on it.
    flash.power_on();
    scenario.run(&mut flash);
    let end = scenario.look(&mut flash)?;
    scenario.may_follow(&earlier, &end)?;
    scenario.is_end(&end)
}

/// A second cut while the device recovers from the first; how many cuts were made.
fn second<S: Scenario>(scenario: &S, seen: &S::Seen, flash: Nor, random: &mut Random) -> Result<u64, String> {
    let mut recovered = flash.clone();
    scenario.run(&mut recovered);
    let operations = recovered.operations();
    if operations == 0 {
        return Ok(0);
    }
    let mut flash = flash;
    let (operation, words) = (random.below(operations), random.below(64));
    let fault = match random.below(8) {
        0 => Fault::Before,
        1 => Fault::After,
        2 => Fault::Fading { share: random.bits() as u8 },
        _ => Fault::Inside { words, tear: Tear::ALL[random.below(Tear::ALL.len())] },
    };
    flash.plan_cut(operation, fault);
    scenario.run(&mut flash);
    flash.power_on();
    let place = |reason| format!("then at operation {operation}, {fault:?}: {reason}");
    follow(scenario, seen, flash, true).map_err(place)?;
    Ok(1)
}

/// Every way in which power can go at this operation.
fn faults(operation: &Operation) -> Vec<Fault> {
    let mut faults = vec![Fault::Before, Fault::After];
    for words in 0..operation.words() {
        faults.extend(Tear::ALL.map(|tear| Fault::Inside { words, tear }));
    }
    if matches!(operation, Operation::Erase(..)) {
        faults.extend((0..=255).step_by(15).map(|share| Fault::Fading { share }));
    }
    faults
}
