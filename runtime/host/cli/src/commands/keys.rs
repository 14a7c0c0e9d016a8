//! `mote keys`: key files, and the root document that says who may sign what.

use super::release::{document, hex, key_id, now, seconds, write_new};
use crate::render::table::Table;
use crate::{Answer, Output};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use mote_release::trust::document::Root;
use mote_release::trust::{Envelope, KeySet, PUBLIC_KEY_BYTES, Role, Trusted};
use mote_release::{Keys, RootFacts, SecretKey, add_signatures, explain, public_from_text, public_to_text, root};
use serde_json::json;
use std::path::{Path, PathBuf};

const DAY: u64 = 86_400;

/// Arguments of `mote keys`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key: FILE with the secret, readable by you only, and FILE.pub for everybody.
    New {
        /// What the key will sign.
        #[arg(long)]
        role: RoleName,
        /// Where the secret goes. An existing file is never overwritten.
        file: PathBuf,
    },
    /// Make a root document: the first, or with --previous its successor.
    Root(RootArguments),
    /// Add signatures to a document: how several people sign one root.
    Sign {
        /// The document; the signed one takes its place.
        document: PathBuf,
        /// Secret keys.
        #[arg(long = "key", value_name = "FILE", required = true)]
        keys: Vec<PathBuf>,
    },
    /// Show a root document, and whether devices that trust another one would take it.
    Show {
        /// The root document.
        document: PathBuf,
        /// The root that devices trust now: exit with 1 when the document is not its successor.
        #[arg(long, value_name = "FILE")]
        previous: Option<PathBuf>,
    },
}

#[derive(Args)]
struct RootArguments {
    /// The root it succeeds: name, version and, where not given, keys and thresholds are taken from it.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Name of the fleet, at most 32 bytes.
    #[arg(long, required_unless_present = "previous")]
    fleet: Option<String>,
    /// Days until devices must have its successor before they install anything more.
    #[arg(long, value_name = "N", default_value_t = 365)]
    days: u64,
    /// Key files of the root role.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    root: Vec<PathBuf>,
    /// Key files of the release role.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    release: Vec<PathBuf>,
    /// Key files of the director role.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    director: Vec<PathBuf>,
    /// Key files of the timestamp role.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    timestamp: Vec<PathBuf>,
    /// Signatures that a root needs.
    #[arg(long, value_name = "N")]
    root_threshold: Option<u8>,
    /// Signatures that a release needs.
    #[arg(long, value_name = "N")]
    release_threshold: Option<u8>,
    /// Let generations of assignments start anew: after the director's key was stolen.
    #[arg(long)]
    reset_assignments: bool,
    /// Let timestamps start anew: after the timestamp's key was stolen.
    #[arg(long)]
    reset_time: bool,
    /// Set the lowest security epoch that may run, even to a lower one.
    #[arg(long, value_name = "EPOCH")]
    security_floor: Option<u32>,
    /// Secret root keys to sign with: enough of the previous root's and of its own. Others can sign later.
    #[arg(long = "sign", value_name = "FILE", num_args = 1..)]
    signers: Vec<PathBuf>,
    /// Where the document goes. An existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Root,
    Release,
    Director,
    Timestamp,
}

impl RoleName {
    fn role(self) -> Role {
        match self {
            Self::Root => Role::Root,
            Self::Release => Role::Release,
            Self::Director => Role::Director,
            Self::Timestamp => Role::Timestamp,
        }
    }
}

/// Does what the subcommand says.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    match &arguments.command {
        Command::New { role, file } => new(role.role(), file, output),
        Command::Root(arguments) => make_root(arguments, output),
        Command::Sign { document, keys } => sign(document, keys, output),
        Command::Show { document, previous } => show(document, previous.as_deref(), output),
    }
}

fn new(role: Role, file: &Path, output: Output) -> Result<Answer> {
    let key = SecretKey::generate(role)?;
    let mut public = file.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    if public.exists() {
        bail!("{} exists already: choose another name", public.display());
    }
    key.save(file)?;
    write_new(&public, public_to_text(role, &key.public()).as_bytes())?;
    let summary = json!({
        "role": role.name(), "id": key_id(key.id()), "public": hex(&key.public()),
        "secret_file": file, "public_file": public,
    });
    output.print(summary, || {
        let files = format!("secret  {}  (keep it offline)\npublic  {}", file.display(), public.display());
        format!("{} key {}\n{files}", role.name(), key_id(key.id()))
    })?;
    Ok(Answer::Yes)
}

/// Reads secret key files.
pub fn secrets(paths: &[PathBuf]) -> Result<Vec<SecretKey>> {
    paths.iter().map(|path| Ok(SecretKey::load(path)?)).collect()
}

fn public(paths: &[PathBuf], role: Role) -> Result<Vec<[u8; PUBLIC_KEY_BYTES]>> {
    let one = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        match public_from_text(&text) {
            Some((found, key)) if found == role => Ok(key),
            Some((found, _)) => bail!("{} is a {} key, not a {} key", path.display(), found.name(), role.name()),
            None => bail!("{} is no key file: make one with `mote keys new`", path.display()),
        }
    };
    paths.iter().map(one).collect()
}

fn make_root(arguments: &RootArguments, output: Output) -> Result<Answer> {
    let previous = arguments.previous.as_deref().map(trusted).transpose()?;
    let given = [&arguments.root, &arguments.release, &arguments.director, &arguments.timestamp];
    let thresholds = [arguments.root_threshold, arguments.release_threshold, None, None];
    let mut keys = Keys::default();
    for (index, role) in Role::ALL.into_iter().enumerate() {
        let old = previous.as_ref().map(|previous| previous.key_set(role));
        keys.keys[index] = public(given[index], role)?;
        if keys.keys[index].is_empty() {
            let old = old.with_context(|| format!("name the {0} role's keys with --{0}", role.name()))?;
            keys.keys[index] = old.keys().copied().collect();
        }
        let kept = old.map_or(1, KeySet::threshold);
        keys.thresholds[index] = thresholds[index].unwrap_or(kept);
        if let Err(error) = KeySet::read(keys.thresholds[index], &keys.keys[index].concat()) {
            bail!("the {} role: {}", role.name(), explain(error));
        }
    }
    let fleet = match (&arguments.fleet, &previous) {
        (_, Some(previous)) => previous.fleet().to_string(),
        (fleet, None) => fleet.clone().unwrap_or_default(),
    };
    if fleet.is_empty() || fleet.len() > 32 {
        bail!("the fleet's name must have 1 to 32 bytes");
    }
    let resets = u8::from(arguments.reset_assignments) | u8::from(arguments.reset_time) << 1;
    let issued = now()?;
    let facts = RootFacts {
        version: previous.as_ref().map_or(1, |previous| previous.root_version().saturating_add(1)),
        fleet: &fleet,
        issued,
        expires: issued.saturating_add(arguments.days.saturating_mul(DAY)),
        resets: (resets != 0).then_some(resets),
        security_floor: arguments.security_floor,
    };
    let signers = secrets(&arguments.signers)?;
    let bytes = root(&facts, &keys, &signers.iter().collect::<Vec<_>>())?;
    write_new(&arguments.out, &bytes)?;
    show(&arguments.out, arguments.previous.as_deref(), output)?;
    Ok(Answer::Yes)
}

/// Belief in a root that people vouch for by naming its file.
pub fn trusted(path: &Path) -> Result<Trusted> {
    let bytes = document(path)?;
    Trusted::new(&bytes).map_err(|error| anyhow::anyhow!("{} is refused: {}", path.display(), explain(error)))
}

fn sign(path: &Path, keys: &[PathBuf], output: Output) -> Result<Answer> {
    let bytes = document(path)?;
    let keys = secrets(keys)?;
    let role = keys.first().map_or(Role::Root, SecretKey::role);
    let signed = add_signatures(&bytes, role, &keys.iter().collect::<Vec<_>>())?;
    let new = path.with_extension("signing");
    write_new(&new, &signed)?;
    std::fs::rename(&new, path).with_context(|| format!("replacing {}", path.display()))?;
    let envelope = Envelope::read(&signed, role).map_err(|error| anyhow::anyhow!(explain(error)))?;
    let ids: Vec<_> = envelope.signatures().map(|signature| key_id(signature.key)).collect();
    output.print(json!({ "document": path, "signatures": ids }), || {
        format!("{} is signed by {}", path.display(), ids.join(" "))
    })?;
    Ok(Answer::Yes)
}

fn show(path: &Path, previous: Option<&Path>, output: Output) -> Result<Answer> {
    let bytes = document(path)?;
    let fail = |error| anyhow::anyhow!("{} is refused: {}", path.display(), explain(error));
    let envelope = Envelope::read(&bytes, Role::Root).map_err(fail)?;
    let body: Root<'_> = envelope.unverified().map_err(fail)?;
    let verdict = match previous {
        None => Trusted::new(&bytes),
        Some(previous) => trusted(previous)?.next_root(&bytes),
    };
    let signers: Vec<_> = envelope.signatures().map(|signature| signature.key).collect();
    let mut table = Table::new(&["<role", "needed", "<key", "<signed"]);
    let mut roles = Vec::new();
    for (role, keys) in Role::ALL.into_iter().zip([body.root, body.release, body.director, body.timestamp]) {
        let set = KeySet::read(keys.threshold, keys.keys).map_err(fail)?;
        for (index, key) in set.keys().enumerate() {
            let id = mote_release::trust::KeyId::of(key);
            let has_signed = signers.contains(&id);
            let first = |text: String| if index == 0 { text } else { String::new() };
            let signed = if has_signed { "yes" } else { "" };
            table.row([first(role.name().into()), first(set.threshold().to_string()), key_id(id), signed.into()]);
            roles.push(json!({ "role": role.name(), "threshold": set.threshold(), "id": key_id(id),
                "public": hex(key), "signed": has_signed }));
        }
    }
    let refusal = verdict.err().map(explain);
    let summary = json!({
        "fleet": body.fleet, "version": body.version, "issued": body.issued, "expires": body.expires,
        "resets": body.resets, "security_floor": body.security_floor, "digest": hex(&envelope.digest()),
        "keys": roles, "refused": refusal,
    });
    output.print(summary, || {
        let left = seconds(body.expires.saturating_sub(now().unwrap_or(0)));
        let head = format!("root {} of fleet {}, good for {left}", body.version, body.fleet);
        let verdict = match &refusal {
            None => "devices take it".to_string(),
            Some(reason) => format!("devices refuse it: {reason}"),
        };
        format!("{head}\n{}\n{verdict}", table.to_text())
    })?;
    Ok(if refusal.is_none() { Answer::Yes } else { Answer::No })
}
