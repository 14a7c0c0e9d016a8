//! Checks and tests of the whole repository, started as `cargo xtask <command>`.
//!
//! Each command is one module; `test` runs them all and ends with one line of counts.

mod boards;
mod c_firmware;
mod command;
mod conformance;
mod deny;
mod faults;
mod firmware;
mod formatting;
mod fuzz;
mod header;
mod host_tests;
mod image;
mod jvm;
mod layer_table;
mod layers;
mod linux;
mod miri;
mod mlperf;
mod no_std;
mod options;
mod packages;
mod panic_free;
mod python_free;
mod report;
mod repository;
mod reproducible;
mod runner;
mod rustc_wrapper;
mod staticlib;
mod suite;
mod tier2;
mod toolchain;
mod watchdog;

use std::process::ExitCode;

use options::Options;

const HELP: &str = "\
cargo xtask <command>

  test         everything below, with one line of counts at the end
                 --seconds N   fuzz time per target (default 5)
                 --only A,B    these steps only
  setup        install what bare-metal builds need (idempotent)
  fmt          formatting of every crate, those outside the workspace too
                 --fix         rewrite the files
  layers       the layer law, over cargo metadata
  no-std       build the device crates alone for each bare-metal target
  panic-free   link images and prove that nothing in them can panic, format or allocate
                 --self-test   only show that the checker catches a panicking image
                 --target T    only this target
  fuzz-smoke   --seconds N | --executions N, for each fuzz target
                 --target T    only this fuzz target
  boards       boot every emulated board, run every int8 model on it, compare and count
                 --board NAME  only this board
                 --model NAME  only this model
                 --json        the table as JSON
                 --operators   a second table: what each operator costs
                 --fix         write the bounds that are not reached to firmware/budgets.toml
  emulate      IMAGE: boot one image of firmware/boards, with the terminal as its serial line and its verdict as
               exit code; MOTE_BOARD and MOTE_MODEL choose other than the image says and the digits model
  linux        the same application, models and kernel tests for Linux on aarch64, riscv64 and x86-64, counted
                 --target T    only aarch64, riscv64 or x86_64
                 --model NAME  only this model, without the kernel tests
                 --json        the table as JSON
  jvm          the Kotlin library on a Java virtual machine with the real native library; installs a JDK and a Kotlin
               compiler
  conformance  every kernel on seeded cases, and golden vectors, on every emulated board; hello's log through
               `mote monitor`
                 --board NAME  only this board
                 --model NAME  golden vectors of this model of models/ (default digits)
  tier2        build the images of real boards and examine them; nothing runs
                 --board NAME  only this board
  c            boot the C demonstration on every emulated board, compare with the host, examine the image
                 --board NAME  only this board
                 --model NAME  only this model
  header       generate mote.h from the sources of the C interface
                 --check       compare instead, and compile it by every compiler at hand
  staticlib    libmote.a for each bare-metal triple, with header and sizes, in target/dist/staticlib
                 --target T    only this triple
                 --model FILE  with this model's operators only
  packages     packages for Zephyr, ESP-IDF, CMSIS and Arduino in target/dist/packages, their samples booted
  faults       provoke faults on every emulated board and read the reports
                 --board NAME  only this board
  watchdog     a model beside a watchdog that is shorter than an inference, on every emulated board that has one
                 --board NAME  only this board
  mlperf       the scripts of MLPerf Tiny's runner against an emulated board, over a pseudo-terminal
                 --board NAME  this board (default mps2-an386)
  reproducible build one board's images at two paths and compare every byte that goes into flash
                 --board NAME  this board (default mps2-an386)
  miri         the engine's tests under Miri (needs a nightly toolchain with it)
  python-free  no build or test step starts Python
  deny         licences, advisories and bans (needs cargo-deny)
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if std::env::var_os(rustc_wrapper::VARIABLE).is_some() {
        return rustc_wrapper::run(arguments);
    }
    let name = arguments.next().unwrap_or_default();
    if name == "emulate" {
        return runner::run(arguments);
    }
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let outcome = match name.as_str() {
        "test" => return suite::run(&options),
        "setup" => toolchain::setup().map(drop),
        "fmt" => formatting::check(options.fix),
        "layers" => layers::check(),
        "no-std" => no_std::check(),
        "panic-free" => panic_free::check(&options),
        "fuzz-smoke" => fuzz::smoke(&options),
        "boards" => boards::run(&options, &mut host_tests::Counts::default()),
        "tier2" => tier2::run(&options),
        "jvm" => jvm::run(&mut host_tests::Counts::default()),
        "linux" => linux::run(&options, &mut host_tests::Counts::default()),
        "c" => c_firmware::run(&options),
        "conformance" => conformance::run(&options),
        "packages" => packages::run(&options),
        "staticlib" => staticlib::run(&options),
        "header" => header::run(&options),
        "faults" => faults::run(&options),
        "watchdog" => watchdog::run(&options),
        "mlperf" => mlperf::run(&options),
        "reproducible" => reproducible::check(&options),
        "miri" => miri::check(),
        "python-free" => python_free::check(),
        "deny" => deny::check(),
        "" | "help" | "--help" | "-h" => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("unknown command {other}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(report::Problem::Failed(message)) => {
            eprintln!("FAILED: {message}");
            ExitCode::FAILURE
        }
        Err(report::Problem::Skipped(reason)) => {
            println!("SKIPPED: {name} ({reason})");
            ExitCode::SUCCESS
        }
    }
}
