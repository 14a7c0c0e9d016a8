//! Boots every emulated board, runs every int8 model on it, compares every output byte with the goldens, and counts.
//!
//! Models: the repository's own, and the third-party ones of `models/zoo.toml` where they are. What is above a bound is
//! listed after the table; only a wrong byte, or a board that does not answer, fails the command.

mod bounds;
pub mod emulate;
mod goldens;
mod images;
pub mod lines;
pub mod models;
mod peers;
mod table;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::toolchain;
use images::Images;
use models::Model;
use mote_target::Target;
use table::Row;

/// Emulators that run at the same time.
const EMULATORS: usize = 2;

/// The command.
pub fn run(options: &Options) -> Outcome {
    let wanted = |name: &str, only: &Option<String>| only.as_deref().is_none_or(|only| only == name);
    let boards: Vec<Target> = mote_target::all()
        .into_iter()
        .filter(|board| board.emulator.is_some() && wanted(&board.name, &options.board))
        .collect();
    if boards.is_empty() {
        return failed("no such emulated board; `mote boards` lists them");
    }
    let toolchain = toolchain::setup()?;
    emulate::set_up(&boards)?;
    let (mut models, skipped) = models::compile_all()?;
    models.retain(|model| wanted(&model.name, &options.model));
    if models.is_empty() {
        return failed("no such model");
    }
    let peers = peers::read()?;
    let mut rows = Vec::new();
    for board in &boards {
        images::set_up(toolchain, board)?;
        rows.extend(run_board(toolchain, board, &models)?);
    }
    let above = bounds::above(&rows, &peers);
    if options.json {
        println!("{:#}", table::json(&rows, &peers, &above, &skipped));
    } else {
        print!("{}", table::text(&rows, &peers));
        println!("\nabove a bound: {}", if above.is_empty() { "nothing" } else { "" });
        above.iter().for_each(|line| println!("  {line}"));
        skipped.iter().for_each(|line| println!("SKIPPED: {line}"));
    }
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| Some(format!("{} on {}: {}", row.model, row.board, row.fault.as_ref()?)))
        .collect();
    if wrong.is_empty() { Ok(()) } else { failed(wrong.join("\n")) }
}

/// All models on one board: images one after the other, emulators side by side.
fn run_board(toolchain: toolchain::Toolchain, board: &Target, models: &[Model]) -> Result<Vec<Row>, Problem> {
    let mut images: Vec<Images> = Vec::new();
    for model in models {
        if !images.iter().any(|images| images.operators == model.operators) {
            images.push(images::build(toolchain, board, &model.operators)?);
        }
    }
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..EMULATORS {
            scope.spawn(|| {
                while let Some((index, model)) = take(&next, models) {
                    let found = images.iter().find(|images| images.operators == model.operators);
                    let Some(image) = found else { continue };
                    let row = table::row(board, model, image, emulate::run(board, &image.bench, &model.file));
                    eprintln!("  {:16} {:24} {}", board.name, model.name, row.verdict());
                    if let Ok(mut rows) = rows.lock() {
                        rows.push((index, row));
                    }
                }
            });
        }
    });
    let mut rows = rows.into_inner().map_err(|_| Problem::Failed("a thread stopped".into()))?;
    rows.sort_by_key(|(index, _)| *index);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn take<'m>(next: &AtomicUsize, models: &'m [Model]) -> Option<(usize, &'m Model)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, models.get(index)?))
}
