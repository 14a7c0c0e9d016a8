//! A whole update, cut at every word of every operation on flash, and the invariants of the node.

use embedded_storage::nor_flash::NorFlash;
use mote_node::{Limits, Node, Outcome, OutcomeKind, Phase, Reason, ResetCause, Serving};
use mote_power_cut::world::{Wish, World};
use mote_power_cut::{Figures, Nor, Scenario, Thoroughness, explore};
use mote_slots::{Layout, SlotIndex};

/// Cut points that a run must reach.
const LEAST_CUTS: u64 = 100_000;

fn layout(flash: &Nor) -> Layout {
    Layout::over(flash, 0).unwrap()
}

/// Version 1 is confirmed; version 2 comes.
struct Update {
    world: World,
    /// How version 2 must end.
    end: (OutcomeKind, Reason),
}

/// What a starting device shows.
#[derive(Debug, Clone)]
struct Seen {
    generation: u64,
    floor: u32,
    fills: [u32; 2],
    sequence: u32,
    phase: Phase,
    outcome: Option<Outcome>,
    /// Generation of the model that is confirmed.
    confirmed: u64,
    heard: Vec<u64>,
}

impl Update {
    fn new(passes: bool, end: (OutcomeKind, Reason)) -> Self {
        let wishes = [Wish::new(1), Wish { passes, security_epoch: 2, ..Wish::new(2) }];
        Self { world: World::new(&wishes), end }
    }

    fn run_offers(&self, flash: &mut Nor, world: &World) {
        let layout = layout(flash);
        let hear = |flash: &mut Nor, outcome: Outcome| {
            flash.heard.push(outcome.generation << 16 | (outcome.kind as u64) << 8 | outcome.reason as u64);
        };
        let end = world.run(flash, layout, ResetCause::Power, hear);
        assert!(end.is_ok() || flash.is_off(), "stopped while power was on: {:?}", end.err());
    }

    /// Whether `slot` holds the file of a generation.
    fn holds(&self, node: &Node, flash: &mut Nor, slot: SlotIndex, generation: u64) -> bool {
        let wanted = &self.world.offer(generation).file;
        let mut bytes = vec![0; wanted.len()];
        node.store().read(flash, slot, 0, &mut bytes).is_ok() && bytes == *wanted
    }
}

impl Scenario for Update {
    type Seen = Seen;

    fn flash(&self, seed: u64) -> Nor {
        // Two units of journal, five for each slot: four for the file, one for its table.
        let mut flash = Nor::new(12 * Nor::ERASE_SIZE, seed);
        let first = World { offers: self.world.offers[..1].to_vec(), ..self.world.clone() };
        self.run_offers(&mut flash, &first);
        flash
    }

    fn run(&self, flash: &mut Nor) {
        self.run_offers(flash, &self.world);
    }

    fn look(&self, flash: &mut Nor) -> Result<Seen, String> {
        // Opening counts the reset, so it is done on a copy.
        let mut flash = flash.clone();
        let layout = layout(&flash);
        let node = Node::open(&mut flash, layout, ResetCause::Power, Limits::default())
            .map_err(|error| format!("does not start: {error:?}"))?;
        let active = node.store().snapshot().active.ok_or("I1: no model is confirmed any more")?;
        let (Serving::Slot(serving, bytes), Some(_)) = (node.serving(), node.installed()) else {
            return Err("I1: the confirmed model is not sound".into());
        };
        let confirmed = (1..=2).find(|generation| self.holds(&node, &mut flash, active, *generation));
        let confirmed = confirmed.ok_or("I2, I8: the confirmed slot holds neither model")?;
        if serving != active || bytes as usize != self.world.offer(confirmed).file.len() {
            return Err("I4: a model is served that is not confirmed".into());
        }
        if node.phase() >= Phase::Verified && !self.holds(&node, &mut flash, active.other(), 2) {
            return Err("I2: the model to be tried is not the release's".into());
        }
        let counters = node.counters();
        Ok(Seen {
            generation: counters.generation,
            floor: counters.floor,
            fills: node.store().snapshot().fills,
            sequence: node.store().journal().sequence(),
            phase: node.phase(),
            outcome: node.outcome(),
            confirmed,
            heard: flash.heard,
        })
    }

    fn may_follow(&self, earlier: &Seen, later: &Seen) -> Result<(), String> {
        let sinks = later.generation < earlier.generation
            || later.floor < earlier.floor
            || later.confirmed < earlier.confirmed
            || later.fills.iter().zip(earlier.fills).any(|(later, earlier)| *later < earlier);
        if sinks {
            return Err(format!("I3: {later:?} after {earlier:?}"));
        }
        if later.confirmed > earlier.confirmed && self.end.0 != OutcomeKind::Confirmed {
            return Err("I5: the confirmed model changed".into());
        }
        // Each reset and each transition is one record; an update has eight, and resets are few here.
        if later.sequence > earlier.sequence + 20 || later.fills.iter().sum::<u32>() > 4 {
            return Err(format!("I7: too many records: {later:?} after {earlier:?}"));
        }
        Ok(())
    }

    fn is_end(&self, seen: &Seen) -> Result<(), String> {
        let (kind, reason) = self.end;
        let wanted = Outcome { generation: 2, kind, reason };
        if seen.outcome != Some(wanted) || seen.phase != Phase::Idle {
            return Err(format!("ended with {seen:?}"));
        }
        let mut heard = seen.heard.clone();
        heard.dedup();
        let about_second: Vec<_> = heard.iter().filter(|heard| **heard >> 16 == 2).collect();
        if about_second != [&(2 << 16 | (kind as u64) << 8 | reason as u64)] {
            return Err(format!("I6: heard {heard:x?}"));
        }
        let confirmed = if kind == OutcomeKind::Confirmed { 2 } else { 1 };
        if (seen.confirmed, u64::from(seen.floor)) != (confirmed, confirmed) {
            return Err(format!("I5: ended with {seen:?}"));
        }
        Ok(())
    }
}

#[test]
fn an_update_survives_a_cut_at_every_word() {
    let good = || Update::new(true, (OutcomeKind::Confirmed, Reason::Passed));
    let bad = || Update::new(false, (OutcomeKind::RolledBack, Reason::SelfTest));
    let run = |update: Update| {
        let thoroughness = Thoroughness { rounds: 6, second_cut_every: 3, second_cuts: 5 };
        explore(&update, thoroughness).unwrap_or_else(|reason| panic!("{reason}"))
    };
    let figures: [Figures; 2] = std::thread::scope(|scope| {
        let threads = [scope.spawn(move || run(good())), scope.spawn(move || run(bad()))];
        threads.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    for (name, figures) in ["confirmed", "rolled back"].iter().zip(&figures) {
        println!(
            "update that is {name}: {} operations, {} cuts, {} second cuts: all invariants hold",
            figures.operations, figures.cuts, figures.second_cuts
        );
    }
    let total: u64 = figures.iter().map(Figures::total).sum();
    println!("{total} cut points");
    assert!(total >= LEAST_CUTS, "{total} cut points, {LEAST_CUTS} are wanted");
}
