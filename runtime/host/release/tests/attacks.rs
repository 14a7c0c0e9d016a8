//! What an attacker may try, one test each, against the rules a device believes by.

use mote_release::trust::document::{Assignment, Packing, Packings, Release, Target, Texts, Timestamp};
use mote_release::trust::{Counters, Device, Digest, Envelope, Role, TrustError, Trusted};
use mote_release::{Keys, RootFacts, SecretKey, add_signatures, assignment, root, sign, timestamp};

const DAY: u64 = 86_400;
const NOW: u64 = 1_800_000_000;

/// The keys of a fleet: root 2 of 3, releases 2 of 2, one online key each for the director and the timestamp.
struct Fleet {
    root: Vec<SecretKey>,
    release: Vec<SecretKey>,
    director: SecretKey,
    timestamp: SecretKey,
}

fn key(role: Role, number: u8) -> SecretKey {
    SecretKey::from_seed(role, [number.wrapping_mul(16) + role as u8; 32])
}

impl Fleet {
    fn new(generation: u8) -> Self {
        let keys = |role, count: u8| (0..count).map(|number| key(role, 5 * generation + number)).collect();
        Self {
            root: keys(Role::Root, 3),
            release: keys(Role::Release, 2),
            director: key(Role::Director, generation),
            timestamp: key(Role::Timestamp, generation),
        }
    }

    fn keys(&self) -> Keys {
        let public = |keys: &[SecretKey]| keys.iter().map(SecretKey::public).collect();
        Keys {
            keys: [
                public(&self.root),
                public(&self.release),
                vec![self.director.public()],
                vec![self.timestamp.public()],
            ],
            thresholds: [2, 2, 1, 1],
        }
    }

    fn root_document(&self, facts: RootFacts<'_>, signers: &[&SecretKey]) -> Vec<u8> {
        root(&RootFacts { fleet: "greenhouse", ..facts }, &self.keys(), signers).unwrap()
    }

    fn first_root(&self) -> Vec<u8> {
        let facts = RootFacts { version: 1, issued: NOW - DAY, expires: NOW + 365 * DAY, ..RootFacts::default() };
        self.root_document(facts, &[&self.root[0], &self.root[2]])
    }

    fn timestamp(&self, version: u64, change: impl FnOnce(&mut Timestamp)) -> Vec<u8> {
        let mut body = Timestamp { version, issued: NOW, expires: NOW + DAY, root_version: 1, assignments_from: 1 };
        change(&mut body);
        timestamp(&body, &[&self.timestamp]).unwrap()
    }

    fn assignment(&self, generation: u64, release: Digest, change: impl FnOnce(&mut Assignment<'_>)) -> Vec<u8> {
        let mut body = Assignment {
            fleet: "greenhouse",
            generation,
            target: Target::Device("sensor-7"),
            release,
            not_after: NOW + DAY,
            wave: None,
            shadow_inferences: None,
            probation_seconds: None,
            shadow_disagreement_permille: None,
            latency_permille: None,
        };
        change(&mut body);
        assignment(&body, &[&self.director]).unwrap()
    }

    fn release(&self, change: impl FnOnce(&mut Release<'_>)) -> Vec<u8> {
        release_signed_by(&[&self.release[0], &self.release[1]], change)
    }
}

fn release_signed_by(keys: &[&SecretKey], change: impl FnOnce(&mut Release<'_>)) -> Vec<u8> {
    let hardware = minicbor::to_vec(["board-x", "board-y"]).unwrap();
    let packings = minicbor::to_vec([packing(10_000)]).unwrap();
    let mut body = Release {
        name: "kws",
        version: "2.0",
        security_epoch: 3,
        created: NOW,
        hardware: Texts::new(&hardware),
        format_major: 2,
        operators: &[1, 0, 7, 0],
        packings: Packings::new(&packings),
        golden_vectors: 4,
        golden_sha256: [7; 32],
        histograms_sha256: None,
    };
    change(&mut body);
    sign(Role::Release, &body, keys).unwrap()
}

fn packing(file_bytes: u32) -> Packing {
    Packing {
        packing: 0,
        file_bytes,
        file_sha256: [1; 32],
        chunk_bytes: 4096,
        table_sha256: [2; 32],
        arena_bytes: 30_000,
        state_bytes: 0,
        stack_bytes: 0,
    }
}

fn device() -> Device<'static> {
    Device {
        name: "sensor-7",
        groups: &["north"],
        hardware: "board-x",
        format_major: 2,
        operators: Some(&[1, 2, 7]),
        packings: &[3, 0],
        arena_bytes: 64 * 1024,
        slot_bytes: 256 * 1024,
        erase_bytes: 4096,
        chunk_bytes: 4096,
    }
}

/// A device that has seen the first root and a timestamp.
fn trusting(fleet: &Fleet) -> Trusted {
    let trusted = Trusted::new(&fleet.first_root()).unwrap();
    trusted.next_timestamp(&fleet.timestamp(1, |_| ()), NOW).unwrap()
}

fn digest(document: &[u8], role: Role) -> Digest {
    Envelope::read(document, role).unwrap().digest()
}

/// Takes an assignment and its release.
fn accept(trusted: &Trusted, counters: &Counters, assignment: &[u8], release: &[u8]) -> Result<Counters, TrustError> {
    let assigned = trusted.assignment(assignment, &device(), counters, NOW + 1)?;
    trusted.release(release, &assigned.release, &device(), counters)?;
    Ok(counters.with_generation(trusted, assigned.generation))
}

#[test]
fn what_is_genuine_is_taken() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let release = fleet.release(|_| ());
    let offer = fleet.assignment(5, digest(&release, Role::Release), |_| ());
    let counters = accept(&trusted, &Counters::default(), &offer, &release).unwrap();
    assert_eq!((counters.generation, counters.era), (5, 1));
    let group = fleet.assignment(6, digest(&release, Role::Release), |body| body.target = Target::Group("north"));
    accept(&trusted, &counters, &group, &release).unwrap();
    // What is stored is what was believed.
    assert_eq!(Trusted::from_bytes(&trusted.to_bytes()), Some(trusted));
}

#[test]
fn replay_of_an_assignment() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let release = fleet.release(|_| ());
    let old = fleet.assignment(5, digest(&release, Role::Release), |_| ());
    let counters = accept(&trusted, &Counters::default(), &old, &release).unwrap();
    assert_eq!(accept(&trusted, &counters, &old, &release), Err(TrustError::Replayed));
    let older = fleet.assignment(4, digest(&release, Role::Release), |_| ());
    assert_eq!(accept(&trusted, &counters, &older, &release), Err(TrustError::Replayed));
}

#[test]
fn rollback_below_the_floor_of_security() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let counters = Counters::default().with_confirmed(&trusted, 3);
    let vulnerable = fleet.release(|body| body.security_epoch = 2);
    let offer = fleet.assignment(9, digest(&vulnerable, Role::Release), |_| ());
    assert_eq!(accept(&trusted, &counters, &offer, &vulnerable), Err(TrustError::BelowFloor(3)));
    // An older release of the same epoch may come back: that is how a bad model is withdrawn.
    let older = fleet.release(|body| body.version = "1.0");
    let offer = fleet.assignment(9, digest(&older, Role::Release), |_| ());
    accept(&trusted, &counters, &offer, &older).unwrap();
    // A lower epoch never lowers the floor, and a new root may.
    assert_eq!(counters.with_confirmed(&trusted, 1).floor, 3);
    let facts = RootFacts { version: 2, expires: NOW + DAY, security_floor: Some(2), ..RootFacts::default() };
    let next = trusted.next_root(&fleet.root_document(facts, &[&fleet.root[0], &fleet.root[1]])).unwrap();
    assert_eq!(counters.floor(&next), 2);
}

#[test]
fn rollback_of_timestamps_and_roots() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let newer = trusted.next_timestamp(&fleet.timestamp(8, |body| body.assignments_from = 4), NOW).unwrap();
    let again = |document: Vec<u8>| newer.next_timestamp(&document, NOW);
    assert_eq!(again(fleet.timestamp(7, |_| ())), Err(TrustError::Replayed));
    assert_eq!(again(fleet.timestamp(8, |body| body.assignments_from = 4)), Err(TrustError::Replayed));
    assert_eq!(again(fleet.timestamp(9, |body| body.assignments_from = 3)), Err(TrustError::Replayed));
    assert_eq!(newer.next_root(&fleet.first_root()), Err(TrustError::Replayed));
}

#[test]
fn freeze_by_withholding_timestamps() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let release = fleet.release(|_| ());
    let offer = fleet.assignment(5, digest(&release, Role::Release), |body| body.not_after = NOW + 9 * DAY);
    let at = |now| trusted.assignment(&offer, &device(), &Counters::default(), now).map(|_| ());
    assert_eq!(at(NOW + DAY - 1), Ok(()));
    assert_eq!(at(NOW + DAY), Err(TrustError::Stale));
    // The latest signed time counts where there is no clock, and it never runs backwards.
    assert_eq!(trusted.time(60, None), NOW + 60);
    assert_eq!(trusted.time(0, Some(5)), NOW);
    let expired = fleet.timestamp(2, |body| body.expires = NOW + 2);
    assert_eq!(trusted.next_timestamp(&expired, NOW + 2), Err(TrustError::Expired));
    // A device that never saw a timestamp installs nothing.
    let new = Trusted::new(&fleet.first_root()).unwrap();
    assert_eq!(new.assignment(&offer, &device(), &Counters::default(), NOW).map(|_| ()), Err(TrustError::Stale));
}

#[test]
fn fast_forward_is_undone_by_a_new_root() {
    let fleet = Fleet::new(0);
    let stolen_director = fleet.assignment(u64::MAX, [9; 32], |_| ());
    let stolen_timestamp = fleet.timestamp(u64::MAX, |body| (body.issued, body.expires) = (u64::MAX - 1, u64::MAX));
    let trusted = trusting(&fleet);
    let assigned = trusted.assignment(&stolen_director, &device(), &Counters::default(), NOW).unwrap();
    let counters = Counters::default().with_generation(&trusted, assigned.generation);
    let trusted = trusted.next_timestamp(&stolen_timestamp, NOW).unwrap();
    // The owners replace both online keys and let the counters start anew.
    let next = Fleet { root: Fleet::new(0).root, release: Fleet::new(0).release, ..Fleet::new(1) };
    let facts = RootFacts { version: 2, issued: NOW, expires: NOW + DAY, resets: Some(3), ..RootFacts::default() };
    let trusted = trusted.next_root(&next.root_document(facts, &[&fleet.root[0], &fleet.root[1]])).unwrap();
    let trusted = trusted.next_timestamp(&next.timestamp(1, |body| body.root_version = 2), NOW).unwrap();
    let release = next.release(|_| ());
    let offer = next.assignment(1, digest(&release, Role::Release), |_| ());
    let counters = accept(&trusted, &counters, &offer, &release).unwrap();
    assert_eq!((counters.era, counters.generation), (2, 1));
    assert_eq!(
        trusted.assignment(&stolen_director, &device(), &counters, NOW).map(|_| ()),
        Err(TrustError::TooFewSignatures(0))
    );
}

#[test]
fn mix_and_match_of_documents() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let (first, second) = (fleet.release(|_| ()), fleet.release(|body| body.version = "2.1"));
    let offer = fleet.assignment(5, digest(&first, Role::Release), |_| ());
    assert_eq!(accept(&trusted, &Counters::default(), &offer, &second), Err(TrustError::WrongRelease));
    // An assignment that a later timestamp has withdrawn, on a device that never saw it.
    let later = trusted.next_timestamp(&fleet.timestamp(2, |body| body.assignments_from = 6), NOW).unwrap();
    assert_eq!(accept(&later, &Counters::default(), &offer, &first), Err(TrustError::Withdrawn));
    // A timestamp of another root.
    let other = fleet.timestamp(3, |body| body.root_version = 2);
    assert_eq!(trusted.next_timestamp(&other, NOW), Err(TrustError::OtherRoot(2)));
    // A document of one role as another's: the role is signed.
    let mut disguised = offer.clone();
    disguised[8] = Role::Timestamp as u8;
    assert_eq!(trusted.next_timestamp(&disguised, NOW), Err(TrustError::TooFewSignatures(0)));
    assert_eq!(trusted.next_timestamp(&offer, NOW), Err(TrustError::WrongRole(3)));
    // Another fleet with the same keys.
    let foreign = fleet.assignment(5, digest(&first, Role::Release), |body| body.fleet = "brewery");
    assert_eq!(accept(&trusted, &Counters::default(), &foreign, &first), Err(TrustError::WrongFleet));
}

#[test]
fn endless_data() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let endless = vec![b'M'; 1 << 20];
    assert_eq!(trusted.next_timestamp(&endless, NOW), Err(TrustError::TooLong(Role::Timestamp)));
    let mut long = fleet.timestamp(2, |_| ());
    long.push(0);
    assert_eq!(trusted.next_timestamp(&long, NOW), Err(TrustError::Malformed));
    // A genuine release whose file does not fit is refused before its first byte.
    let packings = minicbor::to_vec([packing(300_000)]).unwrap();
    let release = release_signed_by(&[&fleet.release[0], &fleet.release[1]], |body| {
        // The body may borrow from anywhere, so this lives for ever.
        body.packings = Packings::new(packings.clone().leak());
    });
    let offer = fleet.assignment(5, digest(&release, Role::Release), |_| ());
    let refused = accept(&trusted, &Counters::default(), &offer, &release);
    assert_eq!(refused, Err(TrustError::SlotTooSmall(303_104 + 4096)));
}

#[test]
fn wrong_device() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let release = fleet.release(|_| ());
    for target in [Target::Device("sensor-8"), Target::Device("north"), Target::Group("sensor-7"), Target::Group("")] {
        let offer = fleet.assignment(5, digest(&release, Role::Release), |body| body.target = target);
        assert_eq!(accept(&trusted, &Counters::default(), &offer, &release), Err(TrustError::WrongDevice));
    }
}

#[test]
fn wrong_hardware_engine_operators_and_memory() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let release = fleet.release(|_| ());
    let wanted = digest(&release, Role::Release);
    let refused = |device: Device<'_>| trusted.release(&release, &wanted, &device, &Counters::default()).unwrap_err();
    assert_eq!(refused(Device { hardware: "board-z", ..device() }), TrustError::WrongHardware);
    assert_eq!(refused(Device { format_major: 3, ..device() }), TrustError::Engine(2));
    assert_eq!(refused(Device { operators: Some(&[1]), ..device() }), TrustError::Operator(7));
    assert_eq!(refused(Device { packings: &[3], ..device() }), TrustError::NoPacking);
    assert_eq!(refused(Device { arena_bytes: 29_999, ..device() }), TrustError::ArenaTooSmall(30_000));
    assert_eq!(refused(Device { erase_bytes: 6144, ..device() }), TrustError::ChunkBytes(4096));
    assert_eq!(refused(Device { chunk_bytes: 1024, ..device() }), TrustError::ChunkBytes(4096));
}

#[test]
fn one_stolen_key() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    // One of two release keys signs a release, alone, and twice over.
    let thief = &fleet.release[0];
    for keys in [vec![thief], vec![thief, thief]] {
        let forged = release_signed_by(&keys, |_| ());
        let offer = fleet.assignment(5, digest(&forged, Role::Release), |_| ());
        assert_eq!(accept(&trusted, &Counters::default(), &offer, &forged), Err(TrustError::TooFewSignatures(1)));
    }
    // The same signature twice in the frame, made by hand.
    let forged = release_signed_by(&[thief], |_| ());
    let (body, signature) = forged.split_at(forged.len() - 73);
    let doubled = [body, &[2], &signature[1..], &signature[1..]].concat();
    assert_eq!(Envelope::read(&doubled, Role::Release), Err(TrustError::Malformed));
    // One of three root keys makes a root with keys of the thief's own.
    let own = Fleet::new(2);
    let facts = RootFacts { version: 2, issued: NOW, expires: NOW + DAY, ..RootFacts::default() };
    let takeover = own.root_document(facts, &[&fleet.root[1], &own.root[0], &own.root[1]]);
    assert_eq!(trusted.next_root(&takeover), Err(TrustError::TooFewSignatures(1)));
    // A director's key signs no release: keys are for one role.
    let by_director = SecretKey::from_seed(Role::Release, [3; 32]);
    assert_eq!(by_director.public(), fleet.director.public());
    let forged = release_signed_by(&[&by_director], |_| ());
    let offer = fleet.assignment(5, digest(&forged, Role::Release), |_| ());
    assert_eq!(accept(&trusted, &Counters::default(), &offer, &forged), Err(TrustError::TooFewSignatures(0)));
}

#[test]
fn expired_root() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let release = fleet.release(|_| ());
    let facts = RootFacts { version: 2, issued: NOW, expires: NOW + 1, ..RootFacts::default() };
    let expiring = trusted.next_root(&fleet.root_document(facts, &[&fleet.root[0], &fleet.root[1]])).unwrap();
    let stamped = expiring.next_timestamp(&fleet.timestamp(2, |body| body.root_version = 2), NOW).unwrap();
    let offer = fleet.assignment(5, digest(&release, Role::Release), |_| ());
    assert_eq!(accept(&stamped, &Counters::default(), &offer, &release), Err(TrustError::RootExpired));
    // Its successor is taken all the same.
    let facts = RootFacts { version: 3, expires: NOW + DAY, ..facts };
    let next = stamped.next_root(&fleet.root_document(facts, &[&fleet.root[0], &fleet.root[1]])).unwrap();
    // What the old timestamp says does not carry over.
    assert_eq!(accept(&next, &Counters::default(), &offer, &release), Err(TrustError::Stale));
    let stamped = next.next_timestamp(&fleet.timestamp(3, |body| body.root_version = 3), NOW).unwrap();
    accept(&stamped, &Counters::default(), &offer, &release).unwrap();
}

#[test]
fn skipped_root_version() {
    let fleet = Fleet::new(0);
    let next = Fleet { root: Fleet::new(1).root, ..Fleet::new(0) };
    let trusted = trusting(&fleet);
    let facts = |version| RootFacts { version, issued: NOW, expires: NOW + DAY, ..RootFacts::default() };
    let second = next.root_document(facts(2), &[&fleet.root[0], &fleet.root[1]]);
    // Signed by the old keys only, the new ones have not shown that they are in use.
    assert_eq!(trusted.next_root(&second), Err(TrustError::TooFewSignatures(0)));
    let second = add_signatures(&second, Role::Root, &[&next.root[0], &next.root[2]]).unwrap();
    let third = next.root_document(facts(3), &[&next.root[0], &next.root[1], &fleet.root[0], &fleet.root[1]]);
    assert_eq!(trusted.next_root(&third), Err(TrustError::NotTheNextRoot(2)));
    let trusted = trusted.next_root(&second).unwrap().next_root(&third).unwrap();
    assert_eq!(trusted.root_version(), 3);
    // The keys of the first root have no say any more.
    let fourth = fleet.root_document(facts(4), &[&fleet.root[0], &fleet.root[1]]);
    assert_eq!(trusted.next_root(&fourth), Err(TrustError::TooFewSignatures(0)));
}

#[test]
fn a_changed_bit_anywhere_is_noticed() {
    let fleet = Fleet::new(0);
    let trusted = trusting(&fleet);
    let genuine = fleet.timestamp(2, |_| ());
    trusted.next_timestamp(&genuine, NOW).unwrap();
    for bit in 0..genuine.len() * 8 {
        let mut changed = genuine.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(trusted.next_timestamp(&changed, NOW).is_err(), "bit {bit}");
    }
    for length in 0..genuine.len() {
        assert!(trusted.next_timestamp(&genuine[..length], NOW).is_err(), "{length} bytes");
    }
}
