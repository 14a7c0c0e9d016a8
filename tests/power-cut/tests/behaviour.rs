//! The node on virtual time: every way an update ends, and random events in any order.

use embedded_storage::nor_flash::NorFlash;
use mote_node::{Action, Event, Limits, Node, NodeError, Outcome, OutcomeKind, Phase, Reason, ResetCause, Serving};
use mote_power_cut::world::{CHUNK_BYTES, Wish, World, device};
use mote_power_cut::{Nor, Random};
use mote_release::trust::{Device, TrustError};
use mote_slots::Layout;

fn flash(seed: u64) -> Nor {
    Nor::new(12 * Nor::ERASE_SIZE, seed)
}

fn layout(flash: &Nor) -> Layout {
    Layout::over(flash, 0).unwrap()
}

fn open(flash: &mut Nor, cause: ResetCause) -> Node {
    let layout = layout(flash);
    Node::open(flash, layout, cause, Limits::default()).unwrap()
}

/// Flash with version 1 confirmed.
fn with_first(world: &World) -> Nor {
    let mut flash = flash(1);
    let first = World { offers: world.offers[..1].to_vec(), ..world.clone() };
    let layout = layout(&flash);
    first.run(&mut flash, layout, ResetCause::Power, |_, _| ()).unwrap();
    flash
}

/// Hands the node what it asks for until it is in `phase`.
fn advance(world: &World, node: &mut Node, flash: &mut Nor, phase: Phase) {
    let device = device();
    let context = world.context(&device, 0);
    let offer = world.offer(2);
    while node.phase() != phase {
        let event = match node.action() {
            Action::Nothing => Event::Assignment(&offer.assignment),
            Action::FetchRelease(..) => Event::Release(&offer.release),
            Action::FetchTable { offset, bytes, .. } => {
                Event::Table(offset, &offer.table[offset as usize..][..bytes as usize])
            }
            Action::FetchChunk { index, bytes, .. } => {
                Event::Chunk(index, &offer.file[(index * CHUNK_BYTES) as usize..][..bytes as usize])
            }
            Action::AskPermission => Event::Permitted,
            Action::BeginTrial => Event::Begin,
            other => panic!("{other:?} on the way to {phase:?}"),
        };
        node.handle(flash, event, &context).unwrap();
    }
}

fn two() -> World {
    World::new(&[Wish::new(1), Wish::new(2)])
}

fn expect(node: &Node, kind: OutcomeKind, reason: Reason) {
    assert_eq!(node.outcome(), Some(Outcome { generation: 2, kind, reason }));
    assert_eq!(node.phase(), Phase::Idle);
    let is_first = node.installed().is_some_and(|installed| installed.file_sha256 == first_sha256());
    assert_eq!(is_first, kind != OutcomeKind::Confirmed);
    assert!(matches!(node.serving(), Serving::Slot(..)), "something is served");
}

fn first_sha256() -> [u8; 32] {
    mote_release::trust::sha256(&[&two().offer(1).file])
}

#[test]
fn trial_ends_by_shadow_run_latency_fault_and_owner() {
    let world = two();
    let compared = |differing, latency_permille| Event::Shadow { compared: 100, differing, latency_permille };
    let cases = [
        (compared(6, 1000), OutcomeKind::RolledBack, Reason::Disagreement),
        (compared(5, 1501), OutcomeKind::RolledBack, Reason::Latency),
        (Event::Fault, OutcomeKind::RolledBack, Reason::Fault),
        (Event::Abort, OutcomeKind::RolledBack, Reason::Owner),
    ];
    for (event, kind, reason) in cases {
        let mut flash = with_first(&world);
        let mut node = open(&mut flash, ResetCause::Power);
        advance(&world, &mut node, &mut flash, Phase::Trial);
        let device = device();
        let context = world.context(&device, 0);
        assert!(matches!(node.action(), Action::RunSelfTest(_)));
        // Nothing but the self-test's answer brings the trial on.
        assert_eq!(node.handle(&mut flash, Event::Tick, &context), Err(NodeError::Unexpected));
        node.handle(&mut flash, Event::SelfTest { passed: true }, &context).unwrap();
        let few = Event::Shadow { compared: 9, differing: 0, latency_permille: 1 };
        assert_eq!(node.handle(&mut flash, few, &context), Err(NodeError::Unexpected));
        node.handle(&mut flash, event, &context).unwrap();
        expect(&node, kind, reason);
    }
}

#[test]
fn probation_takes_its_time_and_serves_the_new_model() {
    let world = two();
    let mut flash = with_first(&world);
    let mut node = open(&mut flash, ResetCause::Power);
    let before = node.serving();
    advance(&world, &mut node, &mut flash, Phase::Trial);
    assert_eq!(node.serving(), before);
    let device = device();
    node.handle(&mut flash, Event::SelfTest { passed: true }, &world.context(&device, 0)).unwrap();
    let shadow = Event::Shadow { compared: 100, differing: 5, latency_permille: 1500 };
    node.handle(&mut flash, shadow, &world.context(&device, 1_000)).unwrap();
    assert!(matches!(node.action(), Action::Probation { until: 61_000, .. }));
    assert_ne!(node.serving(), before);
    node.handle(&mut flash, Event::Tick, &world.context(&device, 60_999)).unwrap();
    assert_eq!(node.phase(), Phase::Trial);
    node.handle(&mut flash, Event::Tick, &world.context(&device, 61_000)).unwrap();
    expect(&node, OutcomeKind::Confirmed, Reason::Passed);
}

#[test]
fn resets_in_trial_are_counted_by_cause_and_nowhere_else() {
    for (cause, reason, allowed) in
        [(ResetCause::Fault, Reason::TrialFaults, 3), (ResetCause::Power, Reason::TrialPower, 10)]
    {
        let world = two();
        let mut flash = with_first(&world);
        let mut node = open(&mut flash, cause);
        advance(&world, &mut node, &mut flash, Phase::Armed);
        let sequence = node.store().journal().sequence();
        for _ in 0..50 {
            node = open(&mut flash, cause);
        }
        // Being reset while it waits costs nothing, not even a record.
        assert_eq!((node.phase(), node.store().journal().sequence()), (Phase::Armed, sequence));
        advance(&world, &mut node, &mut flash, Phase::Trial);
        for _ in 0..allowed {
            node = open(&mut flash, cause);
            assert_eq!(node.phase(), Phase::Trial);
        }
        node = open(&mut flash, cause);
        expect(&node, OutcomeKind::RolledBack, reason);
        for _ in 0..50 {
            node = open(&mut flash, cause);
        }
        expect(&node, OutcomeKind::RolledBack, reason);
    }
}

#[test]
fn fetching_is_bounded_in_retries_bytes_and_resets() {
    let world = two();
    let device = device();
    let context = world.context(&device, 0);
    let start = || {
        let mut flash = with_first(&world);
        let mut node = open(&mut flash, ResetCause::Power);
        advance(&world, &mut node, &mut flash, Phase::Fetching);
        (flash, node)
    };
    // No answer: pauses double up to five minutes, then it ends.
    let (mut flash, mut node) = start();
    let mut pauses = Vec::new();
    while node.phase() == Phase::Fetching {
        node.handle(&mut flash, Event::Timeout, &context).unwrap();
        if let Action::FetchTable { not_before, .. } = node.action() {
            pauses.push(not_before / 1000);
        }
    }
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300, 300]);
    expect(&node, OutcomeKind::Failed, Reason::Retries);
    // Nobody has it any more.
    let (mut flash, mut node) = start();
    node.handle(&mut flash, Event::Gone, &context).unwrap();
    expect(&node, OutcomeKind::Failed, Reason::Gone);
    // Bytes that nobody asked for, without end.
    let (mut flash, mut node) = start();
    let mut sent = 0usize;
    while node.phase() == Phase::Fetching {
        assert!(node.handle(&mut flash, Event::Chunk(3, &[0; 512]), &context).is_err());
        sent += 512;
    }
    assert!(sent < 300_000, "{sent} bytes");
    expect(&node, OutcomeKind::Failed, Reason::Budget);
    // Reset again and again before anything came.
    let (mut flash, mut node) = start();
    let mut resets = 0;
    while node.phase() == Phase::Fetching {
        node = open(&mut flash, ResetCause::Power);
        resets += 1;
    }
    assert_eq!(resets, 9);
    expect(&node, OutcomeKind::Failed, Reason::Loop);
}

#[test]
fn tampered_bytes_never_reach_the_slot() {
    let world = two();
    let device = device();
    let context = world.context(&device, 0);
    let mut flash = with_first(&world);
    let mut node = open(&mut flash, ResetCause::Power);
    advance(&world, &mut node, &mut flash, Phase::Fetching);
    let offer = world.offer(2);
    let mut table = offer.table.clone();
    table[40] ^= 1;
    assert_eq!(node.handle(&mut flash, Event::Table(0, &table), &context), Err(NodeError::Damaged));
    node.handle(&mut flash, Event::Table(0, &offer.table), &context).unwrap();
    let Action::FetchChunk { index: 0, bytes, .. } = node.action() else { panic!("{:?}", node.action()) };
    let mut chunk = offer.file[..bytes as usize].to_vec();
    chunk[7] ^= 0x80;
    let erases = flash.unit_erases.clone();
    assert_eq!(node.handle(&mut flash, Event::Chunk(0, &chunk), &context), Err(NodeError::Damaged));
    assert_eq!(flash.unit_erases, erases, "a wrong chunk costs no wear");
    assert!(matches!(node.action(), Action::FetchChunk { index: 0, not_before: 5_000, .. }));
    let all = World { offers: world.offers.clone(), ..world.clone() };
    let layout = layout(&flash);
    let node = all.run(&mut flash, layout, ResetCause::Power, |_, _| ()).unwrap();
    expect(&node, OutcomeKind::Confirmed, Reason::Passed);
}

#[test]
fn what_does_not_fit_is_rejected_before_its_first_byte() {
    let world = World::new(&[Wish::new(1), Wish { file_bytes: 3_000, ..Wish::new(2) }]);
    let cases = [
        (device(), TrustError::SlotTooSmall(3_072 + 512)),
        (Device { hardware: "other", ..device() }, TrustError::WrongHardware),
        (Device { arena_bytes: 10, ..device() }, TrustError::ArenaTooSmall(5_000)),
    ];
    for (device, error) in cases {
        let mut flash = with_first(&world);
        let mut node = open(&mut flash, ResetCause::Power);
        let erases = flash.unit_erases.clone();
        let context = world.context(&device, 0);
        let offer = world.offer(2);
        node.handle(&mut flash, Event::Assignment(&offer.assignment), &context).unwrap();
        let refused = node.handle(&mut flash, Event::Release(&offer.release), &context);
        assert_eq!(refused, Err(NodeError::Refused(error)));
        expect(&node, OutcomeKind::Rejected, Reason::Release);
        let slots = layout(&flash).slots[0].offset as usize / Nor::ERASE_SIZE;
        assert_eq!(flash.unit_erases[slots..], erases[slots..], "no slot was touched");
    }
}

#[test]
fn a_newer_assignment_takes_over_and_each_generation_ends_once() {
    let world = World::new(&[Wish::new(1), Wish::new(2), Wish::new(3)]);
    let device = device();
    let context = world.context(&device, 0);
    let mut flash = with_first(&world);
    let mut node = open(&mut flash, ResetCause::Power);
    advance(&world, &mut node, &mut flash, Phase::Fetching);
    let newer = Event::Assignment(&world.offer(3).assignment);
    assert_eq!(node.handle(&mut flash, newer, &context), Err(NodeError::Busy));
    expect(&node, OutcomeKind::Aborted, Reason::Superseded);
    // It waits until the first one's end is told.
    assert_eq!(node.handle(&mut flash, newer, &context), Err(NodeError::Busy));
    assert_eq!(node.handle(&mut flash, Event::Delivered(1), &context), Err(NodeError::Unexpected));
    node.handle(&mut flash, Event::Delivered(2), &context).unwrap();
    node.handle(&mut flash, newer, &context).unwrap();
    assert_eq!((node.phase(), node.counters().generation), (Phase::Offered, 3));
    // The old one comes once more.
    let old = Event::Assignment(&world.offer(2).assignment);
    assert_eq!(node.handle(&mut flash, old, &context), Err(NodeError::Refused(TrustError::Replayed)));
    // During a trial nothing takes over.
    let mut flash = with_first(&world);
    let mut node = open(&mut flash, ResetCause::Power);
    advance(&world, &mut node, &mut flash, Phase::Trial);
    assert_eq!(node.handle(&mut flash, newer, &context), Err(NodeError::Busy));
    assert_eq!(node.phase(), Phase::Trial);
}

#[test]
fn a_download_goes_on_where_it_was() {
    let world = two();
    let mut flash = with_first(&world);
    let mut node = open(&mut flash, ResetCause::Power);
    advance(&world, &mut node, &mut flash, Phase::Fetching);
    let offer = world.offer(2);
    let device = device();
    let context = world.context(&device, 0);
    node.handle(&mut flash, Event::Table(0, &offer.table), &context).unwrap();
    for index in 0..3 {
        let start = (index * CHUNK_BYTES) as usize;
        let chunk = &offer.file[start..start + CHUNK_BYTES as usize];
        node.handle(&mut flash, Event::Chunk(index, chunk), &context).unwrap();
    }
    let node = open(&mut flash, ResetCause::Power);
    // The last chunk once more, as it may have been cut.
    assert!(matches!(node.action(), Action::FetchChunk { index: 2, .. }), "{:?}", node.action());
}

/// Any events in any order, resets of any kind, and flash whose power goes: whatever comes, the invariants hold.
#[test]
fn random_events_never_break_an_invariant() {
    let world = World::new(&[
        Wish::new(1),
        Wish { security_epoch: 2, ..Wish::new(2) },
        Wish { passes: false, security_epoch: 5, ..Wish::new(3) },
        Wish { file_bytes: 2_048, security_epoch: 2, ..Wish::new(4) },
        Wish { security_epoch: 1, ..Wish::new(5) },
    ]);
    let device = device();
    let mut ends = std::collections::BTreeMap::new();
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let mut flash = with_first(&world);
        let mut node = open(&mut flash, ResetCause::Power);
        let mut uptime = 0;
        let mut told: std::collections::BTreeMap<u64, Outcome> = Default::default();
        let (mut counters, mut confirmed, mut self_tested) = (node.counters(), first_sha256(), false);
        for _ in 0..300 {
            uptime += random.below(20_000) as u64;
            let any = world.offer(random.below(5) as u64 + 1);
            let current = world.offer(node.counters().generation.clamp(1, 5));
            let source = if random.below(8) == 0 { any } else { current };
            let event = if random.below(3) > 0 {
                match node.action() {
                    Action::Nothing => Event::Assignment(&any.assignment),
                    Action::Tell(outcome) => Event::Delivered(outcome.generation),
                    Action::FetchRelease(..) => Event::Release(&source.release),
                    Action::FetchTable { offset, bytes, .. } => {
                        let end = (offset + bytes) as usize;
                        Event::Table(offset, source.table.get(offset as usize..end).unwrap_or(&[]))
                    }
                    Action::FetchChunk { index, bytes, .. } => {
                        let start = (index * CHUNK_BYTES) as usize;
                        Event::Chunk(index, source.file.get(start..start + bytes as usize).unwrap_or(&[1]))
                    }
                    Action::AskPermission => Event::Permitted,
                    Action::BeginTrial => Event::Begin,
                    Action::RunSelfTest(_) => Event::SelfTest { passed: current.passes },
                    Action::RunShadow { inferences, .. } => {
                        Event::Shadow { compared: inferences, differing: 0, latency_permille: 1000 }
                    }
                    Action::Probation { until, .. } => {
                        uptime = uptime.max(until);
                        Event::Tick
                    }
                }
            } else {
                match random.below(24) {
                    0 => Event::Assignment(&any.assignment),
                    1 => Event::Release(&any.release),
                    2 => Event::Table(random.below(200) as u32, &any.table),
                    3 => Event::Chunk(random.below(6) as u32, &any.file[..CHUNK_BYTES as usize]),
                    4..=6 => Event::Timeout,
                    7 if random.below(4) == 0 => Event::Gone,
                    8 => Event::Permitted,
                    9 => Event::Begin,
                    10 if random.below(4) == 0 => Event::Abort,
                    11 => Event::Shadow { compared: 50, differing: random.below(4) as u32, latency_permille: 1400 },
                    12 => Event::Tick,
                    13 if random.below(4) == 0 => Event::Fault,
                    14 => Event::Delivered(random.below(6) as u64),
                    _ => {
                        let cause = if random.below(3) == 0 { ResetCause::Fault } else { ResetCause::Power };
                        node = open(&mut flash, cause);
                        (uptime, self_tested) = (0, false);
                        continue;
                    }
                }
            };
            let was_on_trial = node.phase() == Phase::Trial;
            let _ = node.handle(&mut flash, event, &world.context(&device, uptime));
            self_tested |= was_on_trial && matches!(event, Event::SelfTest { passed: true });
            // I3.
            let now = node.counters();
            assert!(now.generation >= counters.generation && now.floor >= counters.floor, "seed {seed}");
            counters = now;
            // I1, I2, I4, I8: what is served is an offered file, whole, and not one that fails its self-test.
            let Serving::Slot(slot, bytes) = node.serving() else { panic!("seed {seed}: nothing to serve") };
            let mut served = vec![0; bytes as usize];
            node.store().read(&mut flash, slot, 0, &mut served).unwrap();
            let offer = world.offers.iter().find(|offer| offer.file == served).expect("an offered file");
            assert!(offer.passes, "seed {seed}");
            let installed = node.installed().expect("the confirmed model is sound").file_sha256;
            if installed != confirmed {
                assert!(self_tested, "seed {seed}: confirmed without a self-test");
                confirmed = installed;
            }
            if node.phase() != Phase::Trial {
                self_tested = false;
            }
            // I6.
            if let Action::Tell(outcome) = node.action() {
                let first = *told.entry(outcome.generation).or_insert(outcome);
                assert_eq!(first, outcome, "seed {seed}: two ends");
                *ends.entry((outcome.kind as u8, outcome.reason as u8)).or_insert(0u32) += 1;
            }
        }
    }
    println!("ends seen (kind, reason): {ends:?}");
    // The walk is worth something only if it gets everywhere.
    for wanted in [OutcomeKind::Confirmed, OutcomeKind::RolledBack, OutcomeKind::Aborted, OutcomeKind::Failed] {
        assert!(ends.keys().any(|(kind, _)| *kind == wanted as u8), "{wanted:?} was never reached: {ends:?}");
    }
    assert!(ends.contains_key(&(OutcomeKind::Rejected as u8, Reason::Release as u8)), "{ends:?}");
}
