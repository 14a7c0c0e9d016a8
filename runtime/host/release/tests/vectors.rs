//! The documents of SPEC.md, byte for byte: what was signed once must verify for ever.

use mote_release::trust::document::{Assignment, Packing, Packings, Release, Target, Texts, Timestamp};
use mote_release::trust::{Counters, Device, Envelope, Role, Trusted};
use mote_release::{Keys, RootFacts, SecretKey, assignment, root, sign, timestamp};
use std::collections::BTreeMap;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../link/trust/vectors.txt");

fn key(role: Role, byte: u8) -> SecretKey {
    SecretKey::from_seed(role, [byte; 32])
}

fn roots() -> (Vec<u8>, Vec<u8>) {
    let (a, b, c) = (key(Role::Root, 0x11), key(Role::Root, 0x21), key(Role::Root, 0x31));
    let others = [key(Role::Release, 0x12), key(Role::Director, 0x13), key(Role::Timestamp, 0x14)];
    let [release, director, timestamp] = others.map(|key| vec![key.public()]);
    let keys =
        |root| Keys { keys: [root, release.clone(), director.clone(), timestamp.clone()], thresholds: [2, 1, 1, 1] };
    let facts = RootFacts { version: 1, fleet: "example", issued: 1_000, expires: 2_000_000, ..RootFacts::default() };
    let first = root(&facts, &keys(vec![a.public(), b.public()]), &[&a, &b]).unwrap();
    let facts = RootFacts { version: 2, resets: Some(3), security_floor: Some(1), ..facts };
    let second = root(&facts, &keys(vec![b.public(), c.public()]), &[&a, &b, &c]).unwrap();
    (first, second)
}

fn documents() -> BTreeMap<&'static str, Vec<u8>> {
    let (root_1, root_2) = roots();
    let hardware = minicbor::to_vec(["example-board"]).unwrap();
    let packing = Packing {
        packing: 0,
        file_bytes: 10_000,
        file_sha256: [0xAA; 32],
        chunk_bytes: 4096,
        table_sha256: [0xBB; 32],
        arena_bytes: 20_000,
        state_bytes: 0,
        stack_bytes: 1_000,
    };
    let packings = minicbor::to_vec([packing]).unwrap();
    let release = Release {
        name: "example",
        version: "1.0",
        security_epoch: 1,
        created: 1_500,
        hardware: Texts::new(&hardware),
        format_major: 2,
        operators: &[1, 0, 5, 0],
        packings: Packings::new(&packings),
        golden_vectors: 2,
        golden_sha256: [0xCC; 32],
        histograms_sha256: None,
    };
    let release = sign(Role::Release, &release, &[&key(Role::Release, 0x12)]).unwrap();
    let body = Assignment {
        fleet: "example",
        generation: 7,
        target: Target::Group("north"),
        release: Envelope::read(&release, Role::Release).unwrap().digest(),
        not_after: 1_000_000,
        wave: Some(1),
        shadow_inferences: Some(100),
        probation_seconds: Some(600),
        shadow_disagreement_permille: Some(20),
        latency_permille: Some(1_500),
    };
    let offer = assignment(&body, &[&key(Role::Director, 0x13)]).unwrap();
    let body = Timestamp { version: 3, issued: 2_000, expires: 90_000, root_version: 1, assignments_from: 5 };
    let stamp = timestamp(&body, &[&key(Role::Timestamp, 0x14)]).unwrap();
    BTreeMap::from([
        ("root-1", root_1),
        ("root-2", root_2),
        ("release", release),
        ("assignment", offer),
        ("timestamp", stamp),
    ])
}

#[test]
fn documents_are_what_the_specification_says() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let lines: String = documents().into_iter().map(|(name, bytes)| format!("{name} {}\n", hex(&bytes))).collect();
    if std::env::var_os("MOTE_WRITE_VECTORS").is_some() {
        std::fs::write(FILE, &lines).unwrap();
    }
    assert_eq!(std::fs::read_to_string(FILE).unwrap(), lines);
}

#[test]
fn the_specification_s_documents_are_believed() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let find = |name: &str| -> Vec<u8> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
        (0..line.len()).step_by(2).map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap()).collect()
    };
    let trusted = Trusted::new(&find("root-1")).unwrap();
    let current = trusted.next_timestamp(&find("timestamp"), 0).unwrap();
    let device = Device {
        name: "any",
        groups: &["north"],
        hardware: "example-board",
        format_major: 2,
        operators: None,
        packings: &[0],
        arena_bytes: 20_000,
        slot_bytes: 16_384,
        erase_bytes: 4096,
        chunk_bytes: 4096,
    };
    let assigned = current.assignment(&find("assignment"), &device, &Counters::default(), 3_000).unwrap();
    assert_eq!((assigned.generation, assigned.shadow_inferences), (7, 100));
    let bytes = find("release");
    let (release, packing) = current.release(&bytes, &assigned.release, &device, &Counters::default()).unwrap();
    assert_eq!((release.name, packing.file_bytes, packing.chunk_count()), ("example", 10_000, Some(3)));
    assert_eq!(current.next_root(&find("root-2")).unwrap().root_version(), 2);
}
