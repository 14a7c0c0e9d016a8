//! Boots every emulated board, runs every int8 model on it, compares every output byte with the goldens, and counts.
//!
//! Models: the repository's own, and the third-party ones of `models/zoo.toml` where they are. The command fails on a
//! wrong byte, a board that does not answer, a symbol that may not be in an image, painted stack above the computed
//! bound, and a figure that breaks a bound of `firmware/budgets.toml`.

mod bounds;
pub mod emulate;
mod goldens;
pub mod images;
pub mod lines;
pub mod models;
mod peers;
mod stack;
pub mod table;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Instant;

use crate::host_tests::Counts;
use crate::linux;
use crate::options::Options;
use crate::report::{Outcome, Problem, failed};
use crate::toolchain::{self, Toolchain};
use bounds::{Budgets, Judged};
use images::Images;
use models::Model;
use mote_target::Target;
use peers::Peer;
use table::{Row, Unfit};

/// Emulators that run at the same time.
const EMULATORS: usize = 2;

/// The command. Each row is one test, each bound another, and so is each image that only has its symbols checked.
pub fn run(options: &Options, counts: &mut Counts) -> Outcome {
    let wanted = |name: &str, only: &Option<String>| only.as_deref().is_none_or(|only| only == name);
    let boards: Vec<Target> = mote_target::all()
        .into_iter()
        .filter(|board| board.emulator.is_some() && wanted(&board.name, &options.board))
        .collect();
    let linux = options.board.as_deref().is_none_or(|only| only.starts_with("linux-"));
    if boards.is_empty() && !linux {
        return failed("no such emulated board; `mote boards` lists them");
    }
    let start = Instant::now();
    let toolchain = toolchain::setup()?;
    emulate::set_up(&boards)?;
    let (mut models, mut skipped) = models::compile_all()?;
    models.retain(|model| wanted(&model.name, &options.model));
    if models.is_empty() {
        return failed("no such model");
    }
    let (budgets, peers) = (Budgets::read()?, peers::read()?);
    boards.iter().try_for_each(|board| images::set_up(toolchain, board))?;
    let (places, does_not_fit) = places(&boards, &models);
    let mut rows = run_all(toolchain, &places)?;
    if linux {
        rows.extend(linux::table_rows(options.board.as_deref(), &models, &mut skipped)?);
    }
    let model_index = |row: &Row| models.iter().position(|model| model.name == row.model);
    rows.sort_by_key(|row| (row.board.clone(), model_index(row)));
    // Images beside the two that were measured; a run of one model is in a hurry.
    let others = if options.model.is_none() { check_others(toolchain, &boards)? } else { 0 };
    let judged = budgets.judge(&rows, &peers);
    report(options, &rows, &peers, &judged, &does_not_fit, &skipped);
    let boards = rows.chunk_by(|a, b| a.board == b.board).count();
    eprintln!("{} models on {boards} boards in {:.0} s", models.len(), start.elapsed().as_secs_f32());
    if options.fix {
        budgets.write_known(&judged, &rows)?;
    }
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| Some(format!("{} on {}: {}", row.model, row.board, row.fault.as_ref()?)))
        .chain(judged.broken.iter().filter(|_| !options.fix).map(|text| format!("breaks its bound: {text}")))
        .collect();
    counts.failed += wrong.len() as u64;
    counts.passed += rows.iter().filter(|row| row.fault.is_none()).count() as u64 + judged.kept + others;
    for text in skipped {
        counts.skipped.push(format!("boards: {text}"));
    }
    if wrong.is_empty() { Ok(()) } else { failed(wrong.join("\n")) }
}

/// A model that runs on a board.
#[derive(Debug, Clone, Copy)]
struct Place<'p> {
    board: &'p Target,
    model: &'p Model,
}

/// Where models fit, board by board, those with the same operators together; and where they do not.
fn places<'p>(boards: &'p [Target], models: &'p [Model]) -> (Vec<Place<'p>>, Vec<Unfit>) {
    let mut sorted: Vec<&Model> = models.iter().collect();
    sorted.sort_by(|a, b| a.operators.cmp(&b.operators));
    let (mut places, mut unfit) = (Vec::new(), Vec::new());
    for board in boards {
        for model in &sorted {
            let fit = board.fit(model.memory_bytes, model.file_bytes);
            if fit.fits() {
                places.push(Place { board, model });
                continue;
            }
            let reason = format!(
                "RAM {} of {} bytes, flash {} of {} bytes",
                fit.ram_needed_bytes, fit.ram_available_bytes, fit.flash_needed_bytes, fit.flash_available_bytes
            );
            unfit.push(Unfit { board: board.name.clone(), model: model.name.clone(), reason });
        }
    }
    (places, unfit)
}

/// Links images one set after the other; emulators run side by side as soon as there is something to run.
fn run_all(toolchain: Toolchain, places: &[Place<'_>]) -> Result<Vec<Row>, Problem> {
    let (sender, receiver) = mpsc::channel::<(Place<'_>, Images)>();
    let (receiver, rows, done) = (Mutex::new(receiver), Mutex::new(Vec::new()), AtomicUsize::new(0));
    let next = || receiver.lock().ok()?.recv().ok();
    let built = std::thread::scope(|scope| {
        for _ in 0..EMULATORS {
            scope.spawn(|| {
                while let Some((Place { board, model }, images)) = next() {
                    let row = table::row(board, model, &images, emulate::run(board, &images.bench, &model.file));
                    let count = done.fetch_add(1, Ordering::Relaxed) + 1;
                    let progress = format!("{count}/{}", places.len());
                    eprintln!("  {progress:8} {:16} {:24} {}", board.name, model.name, row.verdict());
                    if let Ok(mut rows) = rows.lock() {
                        rows.push(row);
                    }
                }
            });
        }
        let built = build_all(toolchain, places, &sender);
        drop(sender);
        built
    });
    built?;
    rows.into_inner().map_err(|_| Problem::Failed("a thread stopped".into()))
}

fn build_all<'p>(toolchain: Toolchain, places: &[Place<'p>], sender: &mpsc::Sender<(Place<'p>, Images)>) -> Outcome {
    let mut last: Option<(&str, Images)> = None;
    for place in places {
        let known = last
            .take()
            .filter(|(board, images)| *board == place.board.name && images.operators == place.model.operators);
        let images = match known {
            Some((_, images)) => images,
            None => images::build(toolchain, place.board, &place.model.operators)?,
        };
        last = Some((&place.board.name, images.clone()));
        sender.send((*place, images)).map_err(|_| "no emulator is left to run images")?;
    }
    Ok(())
}

/// Symbols of every other image, on every board. Returns how many there are.
fn check_others(toolchain: Toolchain, boards: &[Target]) -> Result<u64, Problem> {
    let mut count = 0;
    for board in boards {
        let names = images::build_others(toolchain, board)?;
        eprintln!("  {:16} no panic, formatting, allocation or unwinding in {}", board.name, names.join(", "));
        count += names.len() as u64;
    }
    Ok(count)
}

fn report(
    options: &Options,
    rows: &[Row],
    peers: &[Peer],
    judged: &Judged,
    does_not_fit: &[Unfit],
    skipped: &[String],
) {
    if options.json {
        println!("{:#}", table::json(rows, peers, judged, does_not_fit, skipped));
        return;
    }
    print!("{}", table::text(rows, peers));
    if options.operators {
        print!("\n{}", table::operators(rows));
    }
    println!();
    does_not_fit.iter().for_each(|it| println!("does not fit: {} on {} ({})", it.model, it.board, it.reason));
    println!("bounds kept: {}", judged.kept);
    judged.above.iter().for_each(|line| println!("above a bound, known: {line}"));
    judged.broken.iter().for_each(|line| println!("BREAKS A BOUND: {line}"));
    judged.reached.iter().for_each(|line| println!("reached, no longer known to be above: {line}"));
    skipped.iter().for_each(|line| println!("SKIPPED: {line}"));
}
