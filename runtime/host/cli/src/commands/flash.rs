//! `mote flash`: image and model onto a real board, by the `probe-rs` program.
//!
//! Only the command lines are made here; the probe, the flash algorithms and the transfer are probe-rs's own. Its options
//! are those of probe-rs-tools 0.31: `download --binary-format bin --base-address`, `run`, `reset`, `list`.

use crate::render::table::{bytes, thousands};
use crate::{Answer, Output, load};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use mote_engine::{Model, operators};
use mote_target::{Physical, Target};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROGRAM: &str = "probe-rs";
const INSTALL: &str =
    "install it: cargo install probe-rs-tools --locked, or see https://probe.rs/docs/getting-started/installation";

/// Arguments of `mote flash`.
#[derive(Args)]
pub struct Arguments {
    /// The firmware image, an ELF file.
    #[arg(required_unless_present = "model")]
    pub image: Option<PathBuf>,
    /// The board; `mote boards` tells which can be flashed.
    #[arg(long, value_name = "NAME")]
    pub board: String,
    /// A compiled model, written to the place where the board's images look for it.
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// After flashing, stay and print what the image says until it ends; its exit code is this command's.
    #[arg(long, requires = "image")]
    pub run: bool,
    /// The probe, as VID:PID or VID:PID:SERIAL, when there are several.
    #[arg(long, value_name = "PROBE")]
    pub probe: Option<String>,
    /// Print the commands; start nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Flashes model and image, then starts the board.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    let board = mote_target::find(&arguments.board)?;
    let physical = physical(&board)?;
    if let Some(image) = &arguments.image {
        check_image(&board, image)?;
    }
    if let Some(model) = &arguments.model
        && let Some(reason) = model_does_not_fit(&board, model)?
    {
        output.print(json!({ "flashed": false, "reason": reason }), || format!("not flashed: {reason}"))?;
        return Ok(Answer::No);
    }
    let lines = command_lines(arguments, physical);
    let text = || lines.iter().map(|line| format!("{PROGRAM} {}", line.join(" "))).collect::<Vec<_>>();
    if arguments.dry_run {
        output.print(json!({ "flashed": false, "commands": text() }), || text().join("\n"))?;
        return Ok(Answer::Yes);
    }
    find_probe(arguments.probe.as_deref())?;
    for line in &lines {
        // Its output is for people; standard output stays one JSON document where that is asked for.
        let mut program = Command::new(PROGRAM);
        program.args(line);
        if output.json {
            program.stdout(Stdio::null());
        }
        let status = program.status().with_context(|| format!("starting {PROGRAM}"))?;
        if !status.success() && arguments.run && line.first().is_some_and(|verb| verb == "run") {
            output
                .print(json!({ "flashed": true, "verdict": status.code() }), || format!("the image ended: {status}"))?;
            return Ok(Answer::No);
        }
        ensure!(status.success(), "`{PROGRAM} {}` ended with {status}", line.join(" "));
    }
    let (image, model) = (&arguments.image, &arguments.model);
    output.print(json!({ "flashed": true, "board": board.name, "image": image, "model": model }), || {
        format!("{} is flashed and started", board.title)
    })?;
    Ok(Answer::Yes)
}

fn physical(board: &Target) -> Result<&Physical> {
    let able = || {
        let names = mote_target::all().into_iter().filter(|board| board.physical.is_some()).map(|board| board.name);
        names.collect::<Vec<_>>().join(", ")
    };
    match (&board.physical, &board.emulator) {
        (Some(physical), _) => Ok(physical),
        (None, Some(_)) => bail!(
            "{} is emulated: `cargo xtask emulate` starts its images. Boards with a probe: {}",
            board.name,
            able()
        ),
        (None, None) => bail!("{} cannot be flashed through a probe. Boards that can: {}", board.name, able()),
    }
}

/// An image of another processor is refused before the chip is erased for it.
fn check_image(board: &Target, path: &Path) -> Result<()> {
    let image = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    ensure!(image.starts_with(b"\x7fELF\x01\x01"), "{} is not a 32-bit little-endian ELF image", path.display());
    // Source: ELF header, e_machine at 18: 40 is Arm, 243 RISC-V.
    let machine = image.get(18..20).map_or(0, |field| u16::from_le_bytes([field[0], field[1]]));
    let wanted = if board.triple.starts_with("thumb") { 40 } else { 243 };
    ensure!(
        machine == wanted,
        "{} is for another processor (ELF machine {machine}); {} needs --target {}",
        path.display(),
        board.name,
        board.triple
    );
    Ok(())
}

/// A sentence when the model is too long for its place or too large for the memory.
fn model_does_not_fit(board: &Target, path: &Path) -> Result<Option<String>> {
    let file = load::bytes(path)?;
    let model = Model::parse(&file, operators::generic()).with_context(|| format!("{} is refused", path.display()))?;
    let (header, room) = (model.header(), board.model_room_bytes().unwrap_or(0));
    let over = u64::from(header.file_bytes).saturating_sub(room);
    if over > 0 {
        return Ok(Some(format!("the model is {} B longer than its place of {}", thousands(over), bytes(room))));
    }
    let fit = board.fit(u64::from(header.arena_bytes) + u64::from(header.state_bytes), 0);
    let missing = fit.ram_missing_bytes();
    Ok((missing > 0).then(|| {
        format!(
            "{} B of RAM too few on {} ({} for models)",
            thousands(missing),
            board.name,
            bytes(fit.ram_available_bytes)
        )
    }))
}

/// The model first: an image that starts finds it.
fn command_lines(arguments: &Arguments, physical: &Physical) -> Vec<Vec<String>> {
    let with_chip = |verb: &str, more: &[&str], file: Option<&Path>| {
        let mut line: Vec<String> =
            [verb, "--non-interactive", "--chip", &physical.probe_chip].map(String::from).into();
        line.extend(arguments.probe.iter().flat_map(|probe| ["--probe".to_owned(), probe.clone()]));
        line.extend(more.iter().map(|&word| word.to_owned()));
        line.extend(file.map(|file| file.display().to_string()));
        line
    };
    let mut lines = Vec::new();
    if let Some(model) = &arguments.model {
        let address = format!("{:#x}", physical.model_address);
        let place = ["--verify", "--binary-format", "bin", "--base-address", &address];
        lines.push(with_chip("download", &place, Some(model)));
    }
    match &arguments.image {
        Some(image) if arguments.run => lines.push(with_chip("run", &["--verify"], Some(image))),
        Some(image) => {
            lines.push(with_chip("download", &["--verify"], Some(image)));
            lines.push(with_chip("reset", &[], None));
        }
        None => lines.push(with_chip("reset", &[], None)),
    }
    lines
}

/// Says what is missing, the program or the probe, before anything is erased.
fn find_probe(wanted: Option<&str>) -> Result<()> {
    let listing = match Command::new(PROGRAM).arg("list").stdin(Stdio::null()).output() {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("no `{PROGRAM}` on this computer; {INSTALL}")
        }
        Err(error) => return Err(error).with_context(|| format!("starting {PROGRAM}")),
    };
    let text = String::from_utf8_lossy(&listing.stdout);
    ensure!(
        listing.status.success(),
        "`{PROGRAM} list` ended with {}: {}",
        listing.status,
        String::from_utf8_lossy(&listing.stderr).trim()
    );
    let probes: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with('[')).collect();
    ensure!(!probes.is_empty(), "no debug probe is connected: plug one in and see `{PROGRAM} list`");
    ensure!(
        wanted.is_some() || probes.len() == 1,
        "several probes are connected; choose one with --probe:\n  {}",
        probes.join("\n  ")
    );
    Ok(())
}
