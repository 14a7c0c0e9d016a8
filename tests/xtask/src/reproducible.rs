//! The same sources give the same images, wherever they are and wherever they are built.
//!
//! The sources are copied to two folders with paths of different length, built there from nothing, and compared: every
//! byte that goes into flash. No path of this machine may be in the files at all, debugging information included.
//! Names of symbols are not compared: they hold a hash of where Cargo found a crate, and stay on the computer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::boards::images;
use crate::image::Image;
use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::toolchain::{self, Toolchain};
use crate::{command, repository};

/// The board whose images are built where no other is named.
const BOARD: &str = "mps2-an386";

/// What the images link: those of a small network.
const OPERATORS: &str = "average_pool_i8,conv2d_i8,depthwise_conv2d_i8,fully_connected_i8,softmax_i8";

/// What a build of firmware reads.
const SOURCES: [&str; 5] = ["Cargo.toml", "firmware", "runtime", "targets", "tests/battery"];

/// Folders, below the build folder, of unlike length.
const PLACES: [&str; 2] = ["a", "another-place/with a longer path"];

/// The check.
pub fn check(options: &Options) -> Outcome {
    let name = options.board.as_deref().unwrap_or(BOARD);
    let board = mote_target::find(name).map_err(|error| Problem::Failed(error.to_string()))?;
    let toolchain = toolchain::setup()?;
    images::set_up(toolchain, &board)?;
    let folder = repository::target_dir().join("reproducible");
    let _ = std::fs::remove_dir_all(&folder);
    let trees = PLACES.map(|place| folder.join(place));
    let [first, second] = &trees;
    for source in SOURCES {
        let from = repository::root().join(source);
        copy(&from, &first.join(source)).map_err(|error| format!("{source}: {error}"))?;
        // From the first copy, as the sources may be edited meanwhile.
        copy(&first.join(source), &second.join(source)).map_err(|error| format!("{source}: {error}"))?;
    }
    let built: Vec<Result<BTreeMap<String, PathBuf>, String>> = std::thread::scope(|scope| {
        let threads = trees.each_ref().map(|tree| scope.spawn(|| build(toolchain, &board, tree)));
        threads.into_iter().map(|thread| thread.join().unwrap_or(Err("a build stopped".into()))).collect()
    });
    let built = built.into_iter().collect::<Result<Vec<_>, String>>()?;
    let [first, second] = built.as_slice() else { return failed("not two builds") };
    for (name, path) in first {
        let other = second.get(name).ok_or(format!("{name} was built only once"))?;
        compare(name, path, other)?;
        for (path, tree) in [path, other].into_iter().zip(&trees) {
            refuse_paths(name, path, tree)?;
        }
    }
    println!("  {} images of {} are the same bytes from two folders, without a path in them", first.len(), board.name);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Links all images from the sources in `tree`. Returns them by name.
fn build(toolchain: Toolchain, board: &mote_target::Target, tree: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let text = |problem: Problem| match problem {
        Problem::Failed(reason) | Problem::Skipped(reason) => reason,
    };
    let target_dir = tree.join("target");
    let names = images::names().map_err(text)?;
    let mut build = toolchain.cargo_for("build", &board.triple, tree, &target_dir);
    build.current_dir(tree).args(["--quiet", "--locked", "--profile", "firmware", "--manifest-path"]);
    build.arg(tree.join("firmware/boards/Cargo.toml")).args(names.iter().flat_map(|name| ["--bin", name]));
    build.env("MOTE_BOARD", &board.name).env("MOTE_OPERATORS", OPERATORS);
    command::run(&mut build).map_err(text)?;
    let built = target_dir.join(&board.triple).join("firmware");
    Ok(names.into_iter().map(|name| (name.clone(), built.join(name))).collect())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        return std::fs::copy(from, to).map(drop);
    }
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name() != "target" {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Compares what goes into flash.
fn compare(name: &str, first: &Path, second: &Path) -> Outcome {
    let (first, second) = (Image::read(first)?, Image::read(second)?);
    if first.stored == second.stored && first.entry == second.entry {
        return Ok(());
    }
    let pairs = first.stored.iter().zip(&second.stored);
    let different = pairs.flat_map(|((at, a), (_, b))| {
        let index = a.iter().zip(b).position(|(a, b)| a != b).or((a.len() != b.len()).then_some(a.len().min(b.len())));
        index.map(|index| at + index as u64)
    });
    let places: Vec<String> = different.map(|address| format!("{address:#x}")).collect();
    failed(format!("image {name} differs between two builds, first at {}", places.join(" and ")))
}

/// Fails when the file names a folder of this machine.
fn refuse_paths(name: &str, path: &Path, tree: &Path) -> Outcome {
    let bytes = std::fs::read(path)?;
    let home = std::env::var("HOME").unwrap_or_default();
    let paths = [tree.display().to_string(), repository::root().display().to_string(), home, "/home/".to_owned()];
    for path in paths.iter().filter(|path| path.len() > 1) {
        if bytes.windows(path.len()).any(|window| window == path.as_bytes()) {
            return failed(format!("image {name} holds the path {path}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::refuse_paths;
    use std::path::Path;

    #[test]
    fn a_path_in_an_image_is_found() {
        let folder = std::env::temp_dir().join(format!("mote-paths-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let image = folder.join("image");
        std::fs::write(&image, b"\x7fELF ./runtime/core/engine/src/lib.rs").unwrap();
        assert!(refuse_paths("image", &image, Path::new("/somewhere/else")).is_ok());
        std::fs::write(&image, b"\x7fELF /somewhere/else/runtime/core/engine/src/lib.rs").unwrap();
        assert!(refuse_paths("image", &image, Path::new("/somewhere/else")).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
