//! Slots and journal alone: a model is replaced again and again, and power goes at every instant.

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use mote_power_cut::{Nor, Scenario, SyncedFile, Thoroughness, explore};
use mote_slots::{FileFlash, Layout, MAX_STATE_BYTES, Region, SlotIndex, Store};

/// Bytes of a model and of one write.
const MODEL_BYTES: usize = 1200;
const CHUNK_BYTES: usize = 512;
/// The version the device comes to.
const LAST_VERSION: u8 = 4;

fn model(version: u8) -> Vec<u8> {
    (0..MODEL_BYTES).map(|at| (at as u8).wrapping_mul(version).wrapping_add(version)).collect()
}

/// What a starting device knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    version: u8,
    is_on_trial: bool,
    sequence: u32,
}

fn layout(unit: u32) -> Layout {
    let region = |offset, bytes| Region { offset: offset * unit, bytes: bytes * unit };
    Layout { journal: region(0, 2), slots: [region(2, 3), region(5, 3)] }
}

/// The confirmed version, whether a trial is under way, and the slot of the confirmed model.
fn open<F: NorFlash>(flash: &mut F, layout: Layout) -> (Store, Seen) {
    let mut state = [0; MAX_STATE_BYTES];
    let (store, found) = Store::open(flash, layout, &mut state).unwrap();
    let (version, is_on_trial) = match found.payload_bytes {
        Some(2) => (state[0], state[1] != 0),
        Some(other) => panic!("a record of {other} bytes was never written"),
        None => (0, false),
    };
    (store, Seen { version, is_on_trial, sequence: store.journal().sequence() })
}

fn holds<F: NorFlash>(store: &Store, flash: &mut F, slot: SlotIndex, version: u8) -> bool {
    let mut bytes = [0; MODEL_BYTES];
    store.read(flash, slot, 0, &mut bytes).is_ok() && bytes[..] == *model(version)
}

/// Replaces models until the last version is confirmed; stops when the flash stops.
fn run<F: NorFlash + ReadNorFlash>(flash: &mut F, layout: Layout) -> Option<()> {
    loop {
        let (mut store, seen) = open(flash, layout);
        if seen.version == LAST_VERSION {
            return Some(());
        }
        let spare = store.snapshot().active.map_or(SlotIndex::A, SlotIndex::other);
        let next = seen.version + 1;
        let bytes = model(next);
        if seen.is_on_trial && holds(&store, flash, spare, next) {
            store.commit(flash, Some(spare), &[next, 0]).ok()?;
            continue;
        }
        store.commit_fill(flash, spare, &[seen.version, 0]).ok()?;
        for (index, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
            let at = (index * CHUNK_BYTES) as u32;
            if (at as usize).is_multiple_of(F::ERASE_SIZE) {
                store.erase_unit(flash, spare, at).ok()?;
            }
            store.write(flash, spare, at, chunk).ok()?;
        }
        let active = store.snapshot().active;
        store.commit(flash, active, &[seen.version, 1]).ok()?;
    }
}

fn look<F: NorFlash>(flash: &mut F, layout: Layout) -> Result<Seen, String> {
    let (store, seen) = open(flash, layout);
    match store.snapshot().active {
        None if seen.version == 0 => Ok(seen),
        None => Err(format!("version {} is confirmed, but in no slot", seen.version)),
        Some(slot) if holds(&store, flash, slot, seen.version) => Ok(seen),
        Some(slot) => Err(format!("slot {slot:?} does not hold version {}", seen.version)),
    }
}

fn may_follow(earlier: &Seen, later: &Seen) -> Result<(), String> {
    if later.version < earlier.version || later.sequence < earlier.sequence {
        return Err(format!("{later:?} after {earlier:?}"));
    }
    Ok(())
}

struct Replacing;

impl Scenario for Replacing {
    type Seen = Seen;

    fn flash(&self, seed: u64) -> Nor {
        Nor::new(8 * Nor::ERASE_SIZE, seed)
    }

    fn run(&self, flash: &mut Nor) {
        let end = run(flash, layout(Nor::ERASE_SIZE as u32));
        assert!(end.is_some() || flash.is_off(), "the flash failed while its power was on");
    }

    fn look(&self, flash: &mut Nor) -> Result<Seen, String> {
        look(flash, layout(Nor::ERASE_SIZE as u32))
    }

    fn may_follow(&self, earlier: &Seen, later: &Seen) -> Result<(), String> {
        may_follow(earlier, later)
    }

    fn is_end(&self, seen: &Seen) -> Result<(), String> {
        if seen.version == LAST_VERSION { Ok(()) } else { Err(format!("ended with {seen:?}")) }
    }
}

#[test]
fn nor_flash_survives_a_cut_at_every_word() {
    let thoroughness = Thoroughness { rounds: 3, second_cut_every: 4, second_cuts: 2 };
    let figures = explore(&Replacing, thoroughness).unwrap_or_else(|reason| panic!("{reason}"));
    println!(
        "slots on flash: {} operations, {} cuts, {} second cuts: all well",
        figures.operations, figures.cuts, figures.second_cuts
    );
    assert!(figures.cuts > 10_000);
}

#[test]
fn files_survive_lost_and_reordered_blocks() {
    const BYTES: usize = 8 * FileFlash::<SyncedFile>::ERASE_SIZE;
    let layout = layout(FileFlash::<SyncedFile>::ERASE_SIZE as u32);
    let start = |file| FileFlash::new(file, BYTES);
    let mut whole = start(SyncedFile::new(BYTES, 0));
    run(&mut whole, layout).unwrap();
    let calls = whole.into_inner().calls();
    let mut cuts = 0;
    for seed in 0..24 {
        for call in 0..calls {
            let mut file = SyncedFile::new(BYTES, seed << 32 | call as u64);
            let mut earlier = Seen { version: 0, is_on_trial: false, sequence: 0 };
            // The first cut anywhere in the run, two more while it recovers.
            for cut in [call, call % 7, call % 5] {
                file.plan_cut(cut);
                let mut flash = start(file);
                let _ = run(&mut flash, layout);
                file = flash.into_inner();
                file.power_on();
                cuts += 1;
                let mut flash = start(file);
                let now = look(&mut flash, layout).unwrap_or_else(|reason| panic!("cut at {call}: {reason}"));
                may_follow(&earlier, &now).unwrap();
                earlier = now;
                file = flash.into_inner();
            }
            let mut flash = start(file);
            run(&mut flash, layout).unwrap();
            assert_eq!(look(&mut flash, layout).unwrap().version, LAST_VERSION);
        }
    }
    println!("slots in a file: {calls} writes and syncs, {cuts} cuts: all well");
}
