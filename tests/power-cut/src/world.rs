//! Everything around a node: a fleet with keys, releases with their files, and somebody who does what the node asks for.

use embedded_storage::nor_flash::NorFlash;
use mote_node::{Action, Context, Event, Limits, Node, NodeError, Outcome, ResetCause};
use mote_release::trust::document::{Assignment, Packing, Packings, Release, Target, Texts, Timestamp};
use mote_release::trust::{Device, Digest, Envelope, Role, Trusted, sha256};
use mote_release::{Keys, RootFacts, SecretKey, assignment, chunk_table, root, sign, timestamp};
use mote_slots::Layout;

/// The time in this world, in seconds since 1970.
pub const NOW: u64 = 1_800_000_000;
/// Bytes of a chunk.
pub const CHUNK_BYTES: u32 = 512;

/// A model as it is offered, and what happens when it is tried.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The signed release.
    pub release: Vec<u8>,
    /// The table of chunks.
    pub table: Vec<u8>,
    /// The file.
    pub file: Vec<u8>,
    /// The signed assignment.
    pub assignment: Vec<u8>,
    /// Whether its golden vectors come out right on the device.
    pub passes: bool,
}

/// What an assignment and its release say, beyond the usual.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Generation.
    pub generation: u64,
    /// Bytes of the file.
    pub file_bytes: usize,
    /// Security epoch.
    pub security_epoch: u32,
    /// Whether the self-test will pass.
    pub passes: bool,
    /// Inferences of the shadow run.
    pub shadow_inferences: u32,
    /// Seconds of probation.
    pub probation_seconds: u32,
}

impl Wish {
    /// A small model that passes.
    pub fn new(generation: u64) -> Self {
        let (shadow_inferences, probation_seconds) = (10, 60);
        Self { generation, file_bytes: 1_700, security_epoch: 1, passes: true, shadow_inferences, probation_seconds }
    }
}

/// A fleet of one device.
#[derive(Clone, Debug)]
pub struct World {
    /// What the device believes.
    pub trusted: Trusted,
    /// Assignments in order of their generations.
    pub offers: Vec<Offered>,
}

fn key(role: Role) -> SecretKey {
    SecretKey::from_seed(role, [role as u8; 32])
}

/// The device of this world; its flash decides what fits.
pub fn device() -> Device<'static> {
    Device {
        name: "unit",
        groups: &[],
        hardware: "board",
        format_major: 2,
        operators: None,
        packings: &[0],
        arena_bytes: 10_000,
        slot_bytes: u32::MAX,
        erase_bytes: CHUNK_BYTES,
        chunk_bytes: CHUNK_BYTES,
    }
}

/// The release of a file, signed.
pub fn release_of(file: &[u8], security_epoch: u32, keys: &[&SecretKey]) -> Vec<u8> {
    let hardware = minicbor::to_vec(["board"]).unwrap();
    let packing = Packing {
        packing: 0,
        file_bytes: file.len() as u32,
        file_sha256: sha256(&[file]),
        chunk_bytes: CHUNK_BYTES,
        table_sha256: sha256(&[&chunk_table(file, CHUNK_BYTES)]),
        arena_bytes: 5_000,
        state_bytes: 0,
        stack_bytes: 0,
    };
    let packings = minicbor::to_vec([packing]).unwrap();
    let body = Release {
        name: "model",
        version: "1",
        security_epoch,
        created: NOW,
        hardware: Texts::new(&hardware),
        format_major: 2,
        operators: &[],
        packings: Packings::new(&packings),
        golden_vectors: 1,
        golden_sha256: [0; 32],
        histograms_sha256: None,
    };
    sign(Role::Release, &body, keys).unwrap()
}

impl World {
    /// A fleet that wishes these models on its device, one after the other.
    pub fn new(wishes: &[Wish]) -> Self {
        let public = |role| vec![key(role).public()];
        let keys = Keys { keys: Role::ALL.map(public), thresholds: [1; 4] };
        let facts = RootFacts { version: 1, fleet: "fleet", issued: NOW, expires: NOW * 2, ..RootFacts::default() };
        let first = root(&facts, &keys, &[&key(Role::Root)]).unwrap();
        let body = Timestamp { version: 1, issued: NOW, expires: NOW * 2, root_version: 1, assignments_from: 1 };
        let stamp = timestamp(&body, &[&key(Role::Timestamp)]).unwrap();
        let trusted = Trusted::new(&first).unwrap().next_timestamp(&stamp, NOW).unwrap();
        Self { trusted, offers: wishes.iter().map(offer).collect() }
    }

    /// The newest generation on offer that the device has not taken.
    fn next_offer(&self, generation: u64) -> Option<&Offered> {
        self.offers.get(generation as usize)
    }

    fn with_digest(&self, digest: &Digest) -> &Offered {
        let is_it = |offer: &&Offered| Envelope::read(&offer.release, Role::Release).unwrap().digest() == *digest;
        self.offers.iter().find(is_it).expect("only offered releases are asked for")
    }

    /// The offer of a generation; they count from 1 without gaps.
    pub fn offer(&self, generation: u64) -> &Offered {
        &self.offers[generation as usize - 1]
    }

    /// What the node needs to know, at a time of its life.
    pub fn context<'a>(&'a self, device: &'a Device<'a>, uptime_milliseconds: u64) -> Context<'a> {
        Context { trusted: &self.trusted, device, now_seconds: NOW, uptime_milliseconds }
    }

    /// Starts the device and does what it asks for, until nothing is left to do or power goes.
    ///
    /// # Errors
    /// Power went, or flash failed.
    pub fn run<F: NorFlash>(
        &self,
        flash: &mut F,
        layout: Layout,
        cause: ResetCause,
        mut hear: impl FnMut(&mut F, Outcome),
    ) -> Result<Node, NodeError> {
        let mut node = Node::open(flash, layout, cause, Limits::default())?;
        let device = device();
        let mut uptime = 0;
        loop {
            let action = node.action();
            let generation = node.counters().generation;
            let current = || self.offer(generation);
            let event = match &action {
                Action::Nothing => match self.next_offer(generation) {
                    Some(offer) => Event::Assignment(&offer.assignment),
                    None => return Ok(node),
                },
                Action::Tell(outcome) => {
                    hear(flash, *outcome);
                    Event::Delivered(outcome.generation)
                }
                Action::FetchRelease(digest, _) => Event::Release(&self.with_digest(digest).release),
                Action::FetchTable { offset, bytes, not_before } => {
                    uptime = uptime.max(*not_before);
                    Event::Table(*offset, &current().table[*offset as usize..][..*bytes as usize])
                }
                Action::FetchChunk { index, bytes, not_before } => {
                    uptime = uptime.max(*not_before);
                    Event::Chunk(*index, &current().file[(*index * CHUNK_BYTES) as usize..][..*bytes as usize])
                }
                Action::AskPermission => Event::Permitted,
                Action::BeginTrial => Event::Begin,
                Action::RunSelfTest(_) => Event::SelfTest { passed: current().passes },
                Action::RunShadow { inferences, .. } => {
                    Event::Shadow { compared: *inferences, differing: 0, latency_permille: 900 }
                }
                Action::Probation { until, .. } => {
                    uptime = *until;
                    Event::Tick
                }
            };
            node.handle(flash, event, &self.context(&device, uptime))?;
        }
    }
}

fn offer(wish: &Wish) -> Offered {
    let salt = wish.generation as usize;
    let file: Vec<u8> = (0..wish.file_bytes).map(|at| (at * at * salt + at / 7 + salt) as u8).collect();
    let release = release_of(&file, wish.security_epoch, &[&key(Role::Release)]);
    let body = Assignment {
        fleet: "fleet",
        generation: wish.generation,
        target: Target::Device("unit"),
        release: Envelope::read(&release, Role::Release).unwrap().digest(),
        not_after: NOW * 2,
        wave: None,
        shadow_inferences: Some(wish.shadow_inferences),
        probation_seconds: Some(wish.probation_seconds),
        shadow_disagreement_permille: Some(50),
        latency_permille: Some(1_500),
    };
    let assignment = assignment(&body, &[&key(Role::Director)]).unwrap();
    Offered { table: chunk_table(&file, CHUNK_BYTES), release, file, assignment, passes: wish.passes }
}
