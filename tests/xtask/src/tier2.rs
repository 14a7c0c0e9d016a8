//! `cargo xtask tier2`: builds the images of every board of tier 2 and examines what can be examined without the board:
//! memory map, vectors, what the chip's boot code looks for, and that nothing in them can panic.
//!
//! None of these images has ever run on hardware.

use std::path::{Path, PathBuf};

use crate::image::{Image, find_offences};
use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::toolchain::{self, Toolchain};
use crate::{command, repository};
use mote_target::{Boot, Region, RegionKind, Target};

const CRATE: &str = "firmware/boards";
const IMAGES: [&str; 3] = ["hello", "bench", "engine"];

/// Bytes in which the RP2350's boot code looks for an image definition. Source: RP2350 datasheet, bootrom chapter.
const DEFINITION_WITHIN_BYTES: u64 = 4096;

/// The command.
pub fn run(options: &Options) -> Outcome {
    let wanted = |board: &Target| options.board.as_deref().is_none_or(|only| only == board.name);
    let boards: Vec<Target> = mote_target::all().into_iter().filter(|board| board.tier == 2 && wanted(board)).collect();
    if boards.is_empty() {
        return failed("no such board of tier 2; `mote boards --tier 2` lists them");
    }
    let toolchain = toolchain::setup()?;
    let mut faults = Vec::new();
    for board in &boards {
        match build(toolchain, board).and_then(|images| examine(board, &images)) {
            Ok(line) => println!("  {:14} {line}", board.name),
            Err(Problem::Failed(reason) | Problem::Skipped(reason)) => {
                println!("  {:14} FAILED: {reason}", board.name);
                faults.push(format!("{}: {reason}", board.name));
            }
        }
    }
    println!("built, never run on hardware: `mote flash --board NAME IMAGE --model FILE --run`");
    if faults.is_empty() { Ok(()) } else { failed(faults.join("\n")) }
}

/// What MLPerf Tiny's models need: all operators there are would not fit the smallest board.
const OPERATORS: &str = "conv2d_i8,depthwise_conv2d_i8,fully_connected_i8,add_i8,average_pool_i8,max_pool_i8,reduce_i8,\
    softmax_i8,lookup_8,strided_copy,fill";

/// Links the images and puts them where the next board's do not overwrite them.
fn build(toolchain: Toolchain, board: &Target) -> Result<Vec<PathBuf>, Problem> {
    let mut build = toolchain.cargo_build(&board.triple);
    build.args(["--quiet", "--locked", "--profile", "firmware", "--manifest-path"]);
    build.arg(repository::manifest(CRATE)).env("MOTE_BOARD", &board.name).env("MOTE_OPERATORS", OPERATORS);
    build.args(IMAGES.iter().flat_map(|name| ["--bin", name]));
    command::run(&mut build)?;
    let built = toolchain.target_dir().join(&board.triple).join("firmware");
    let folder = repository::target_dir().join("boards").join(&board.name);
    std::fs::create_dir_all(&folder)?;
    let copy = |name: &&str| -> Result<PathBuf, Problem> {
        let image = folder.join(name);
        std::fs::copy(built.join(name), &image)?;
        Ok(image)
    };
    IMAGES.iter().map(copy).collect()
}

fn examine(board: &Target, images: &[PathBuf]) -> Result<String, Problem> {
    let mut sizes = Vec::new();
    for path in images {
        let image = Image::read(path)?;
        if let Some(first) = find_offences(&image).first() {
            return failed(format!("{}: {} by {}", path.display(), first.kind, first.chain.join(" -> ")));
        }
        let bytes = Stored(&image);
        start(board, &bytes)?;
        boot(board, &bytes)?;
        let length: usize = image.stored.iter().map(|(_, bytes)| bytes.len()).sum();
        sizes.push(format!("{} {length} B", path.file_name().map_or(Path::new("?"), Path::new).display()));
    }
    Ok(sizes.join(", "))
}

/// What the image puts into memory.
struct Stored<'i>(&'i Image);

impl Stored<'_> {
    fn word(&self, address: u64) -> Result<u32, Problem> {
        let bytes = self.bytes(address, 4)?;
        Ok(u32::from_le_bytes(bytes.try_into()?))
    }

    fn bytes(&self, address: u64, count: usize) -> Result<&[u8], Problem> {
        let found = self.0.stored.iter().find_map(|(origin, bytes)| {
            let from = usize::try_from(address.checked_sub(*origin)?).ok()?;
            bytes.get(from..from.checked_add(count)?)
        });
        found.ok_or_else(|| Problem::Failed(format!("the image has nothing at {address:#x}")))
    }
}

fn region(board: &Target, kind: RegionKind) -> Result<&Region, Problem> {
    board.region(kind).ok_or_else(|| Problem::Failed(format!("{} has no {kind:?}", board.name)))
}

/// A stack in memory and code in flash, where the processor looks for them.
fn start(board: &Target, stored: &Stored<'_>) -> Outcome {
    let (flash, ram) = (region(board, RegionKind::Flash)?, region(board, RegionKind::Ram)?);
    let end = board.model_address().unwrap_or(flash.end());
    if !board.triple.starts_with("thumb") {
        let entry = stored.0.entry;
        return if entry == flash.origin { Ok(()) } else { failed(format!("the image starts at {entry:#x}")) };
    }
    let vectors = flash.origin + if has_loader(board) { 256 } else { 0 };
    let (stack, reset) = (u64::from(stored.word(vectors)?), u64::from(stored.word(vectors + 4)?));
    if stack != ram.end() {
        return failed(format!("the stack begins at {stack:#x}, not at the end of memory"));
    }
    // Bit 0 tells Thumb code.
    if reset % 2 == 0 || !(flash.origin..end).contains(&reset) {
        return failed(format!("reset is at {reset:#x}"));
    }
    Ok(())
}

fn has_loader(board: &Target) -> bool {
    board.physical.as_ref().is_some_and(|physical| physical.boot == Boot::Rp2040Boot2)
}

fn boot(board: &Target, stored: &Stored<'_>) -> Outcome {
    let Some(physical) = &board.physical else { return failed("no physical board") };
    let flash = region(board, RegionKind::Flash)?;
    match physical.boot {
        Boot::Direct => Ok(()),
        Boot::Rp2040Boot2 => {
            let loader = stored.bytes(flash.origin, 256)?;
            let (code, sum) = loader.split_at(252);
            if crc(code).to_le_bytes() == sum { Ok(()) } else { failed("the boot loader's checksum is wrong") }
        }
        Boot::Rp2350ImageDefinition => {
            let executable = if board.triple.starts_with("thumb") { 0x1021_0142 } else { 0x1101_0142 };
            let definition = [0xFFFF_DED3, executable, 0x0000_01FF, 0, 0xAB12_3579];
            let at = |from: u64| {
                definition
                    .iter()
                    .zip(0..)
                    .all(|(word, index)| stored.word(from + 4 * index).is_ok_and(|it| it == *word))
            };
            let found = (flash.origin..flash.origin + DEFINITION_WITHIN_BYTES).step_by(4).any(at);
            if found { Ok(()) } else { failed("no image definition where the boot code looks for one") }
        }
    }
}

/// The checksum of the RP2040's boot code. Source: RP2040 datasheet, bootrom chapter: CRC-32, most significant bit first,
/// no final exclusive or.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| sum << 1 ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::crc;

    #[test]
    fn checksum_is_mpeg_2s() {
        // The check value of CRC-32/MPEG-2 in the catalogue of parametrised CRC algorithms.
        assert_eq!(crc(b"123456789"), 0x0376_E6E7);
    }
}
