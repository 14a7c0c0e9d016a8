//! Samples of the packages, built with stand-ins for the build systems (`stubs/README.md`) and booted on emulated boards.

use std::path::{Path, PathBuf};

use super::manifests::Check;
use crate::boards::emulate;
use crate::c_firmware::{boot, options, start_file, write_memory_map};
use crate::report::{Outcome, Problem, failed};
use crate::staticlib::Tools;
use crate::{command, repository, toolchain};
use mote_target::Target;

/// What every sample prints.
const EXPECTED: &str = "golden vectors: ok\n";

/// A way to build a sample for a board: which board, and what the build system would say of it.
type Case = (&'static str, &'static str);

/// Boards for Zephyr, with the options its Kconfig would set for them. Without floating point in calls first.
const ZEPHYR: [Case; 6] = [
    ("mps2-an385-m0", "CONFIG_CPU_CORTEX_M;CONFIG_ARMV6_M_ARMV8_M_BASELINE"),
    ("mps2-an385", "CONFIG_CPU_CORTEX_M;CONFIG_ARMV7_M_ARMV8_M_MAINLINE"),
    ("mps2-an386", "CONFIG_CPU_CORTEX_M;CONFIG_ARMV7_M_ARMV8_M_MAINLINE;CONFIG_FP_HARDABI"),
    ("mps2-an505", "CONFIG_CPU_CORTEX_M;CONFIG_ARMV7_M_ARMV8_M_MAINLINE;CONFIG_ARMV8_M_MAINLINE;CONFIG_FP_HARDABI"),
    ("riscv32-imc", "CONFIG_RISCV"),
    ("riscv32-imac", "CONFIG_RISCV;CONFIG_RISCV_ISA_EXT_A"),
];

const ESP_IDF: [Case; 2] = [("riscv32-imc", "esp32c3"), ("riscv32-imac", "esp32c6")];

/// Boards for Arduino, with the folder its builder would look for the library in.
const ARDUINO: [Case; 3] =
    [("mps2-an385-m0", "cortex-m0plus"), ("mps2-an386", "cortex-m4/fpv4-sp-d16-hard"), ("riscv32-imc", "esp32c3")];

/// Builds and boots the samples of the package in `folder`.
pub fn check(name: &str, folder: &Path) -> Vec<Check> {
    let run = |cases: &[Case], build: fn(&Place<'_>, &str) -> Result<PathBuf, Problem>| {
        cases
            .iter()
            .map(|(board, said)| (format!("sample on {board} ({said})"), one(name, folder, board, said, build)))
            .collect()
    };
    match name {
        "zephyr" => run(&ZEPHYR, zephyr),
        "esp-idf" => {
            let mut checks: Vec<Check> = run(&ESP_IDF, esp_idf);
            checks.push(("refuses a chip without library".to_owned(), refuses_unknown_chip(folder)));
            checks
        }
        "arduino" => run(&ARDUINO, arduino),
        _ => Vec::new(),
    }
}

/// Where a sample is built, and for which board.
struct Place<'p> {
    package: &'p Path,
    build: PathBuf,
    board: &'p Target,
    uart_address: u64,
}

fn one(
    name: &str,
    package: &Path,
    board: &str,
    said: &str,
    build: fn(&Place<'_>, &str) -> Result<PathBuf, Problem>,
) -> Outcome {
    let all = mote_target::all();
    let board = all.iter().find(|target| target.name == board).ok_or(format!("no board {board}"))?;
    let emulator = board.emulator.as_ref().ok_or("no emulated board")?;
    emulate::set_up(std::slice::from_ref(board))?;
    let folder = repository::target_dir().join("dist").join("samples").join(name).join(&board.name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    write_memory_map(board, &folder)?;
    let place = Place { package, build: folder, board, uart_address: emulator.uart_address };
    let image = build(&place, said)?;
    let output = boot(emulator, &image)?;
    let printed = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    if output.status.success() && printed == EXPECTED {
        return Ok(());
    }
    failed(format!("{}; printed {printed:?}, not {EXPECTED:?}", output.status))
}

fn stubs() -> PathBuf {
    repository::root().join("tests/xtask/src/packages/stubs")
}

impl Place<'_> {
    fn compile_options(&self) -> String {
        let root = repository::root();
        let mut words = options(self.board);
        words.extend(
            ["-Os", "-ffreestanding", "-fno-builtin", "-ffunction-sections", "-fdata-sections"].map(String::from),
        );
        words.extend(["-Wall", "-Wextra", "-Werror"].map(String::from));
        words.push(format!("-DUART_ADDRESS={:#x}u -I{}", self.uart_address, root.join("firmware/c").display()));
        words.join(" ")
    }

    fn link_options(&self) -> String {
        let script = repository::root().join("firmware/boards/image.x");
        format!("-nostdlib -Wl,--gc-sections -L{} -T{}", self.build.display(), script.display())
    }

    /// Start code of the board and what joins it to the sample.
    fn start(&self) -> [PathBuf; 2] {
        [start_file(self.board), stubs().join("harness.c")]
    }

    /// Configures and builds with CMake; `image` is what it makes.
    fn cmake(
        &self,
        source: &Path,
        environment: (&str, &Path),
        own: &[String],
        image: &str,
    ) -> Result<PathBuf, Problem> {
        let gcc = Tools::of(&self.board.triple).command("gcc").get_program().to_owned();
        let folder = self.build.join("cmake");
        let mut configure = command::program_at_root("cmake");
        configure.env(environment.0, environment.1).arg("-S").arg(source).arg("-B").arg(&folder);
        configure.args(["-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY"]);
        configure.arg(format!("-DCMAKE_C_COMPILER={}", gcc.to_string_lossy()));
        configure.arg(format!("-DCMAKE_C_FLAGS={}", self.compile_options()));
        configure.arg(format!("-DCMAKE_EXE_LINKER_FLAGS={}", self.link_options())).args(own);
        command::read(&mut configure)?;
        command::read(command::program_at_root("cmake").arg("--build").arg(&folder))?;
        Ok(folder.join(image))
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(";")
}

fn zephyr(place: &Place<'_>, board: &str) -> Result<PathBuf, Problem> {
    let own = [
        format!("-DZEPHYR_EXTRA_MODULES={}", place.package.display()),
        format!("-DSTUB_BOARD={board}"),
        format!("-DSTUB_SOURCES={}", list(&place.start())),
    ];
    place.cmake(&place.package.join("samples/digits"), ("ZEPHYR_BASE", &stubs().join("zephyr")), &own, "zephyr")
}

fn esp_idf_options(package: &Path, start: &[PathBuf], chip: &str) -> [String; 3] {
    let sources = [start, &[stubs().join("esp-idf/main.c")]].concat();
    [
        format!("-DIDF_TARGET={chip}"),
        format!("-DSTUB_COMPONENT={}", package.display()),
        format!("-DSTUB_SOURCES={}", list(&sources)),
    ]
}

fn esp_idf(place: &Place<'_>, chip: &str) -> Result<PathBuf, Problem> {
    let own = esp_idf_options(place.package, &place.start(), chip);
    let source = place.package.join("examples/digits");
    place.cmake(&source, ("IDF_PATH", &stubs().join("esp-idf")), &own, "mote_digits_image")
}

/// A chip that no library is for ends the configuration, with a sentence that names it.
fn refuses_unknown_chip(package: &Path) -> Outcome {
    let mut configure = command::program_at_root("cmake");
    configure.env("IDF_PATH", stubs().join("esp-idf")).arg("-S").arg(package.join("examples/digits"));
    configure.arg("-B").arg(repository::target_dir().join("dist").join("samples").join("esp-idf").join("esp32s3"));
    match command::read(configure.args(esp_idf_options(package, &[], "esp32s3"))) {
        Err(Problem::Failed(reason)) if reason.contains("no library for esp32s3") => Ok(()),
        Err(other) => Err(other),
        Ok(_) => failed("esp32s3 is taken, though there is no library for it"),
    }
}

/// As Arduino's builder: the sketch as C++11 with Arduino.h before it, the other files of its folder, the library.
fn arduino(place: &Place<'_>, library: &str) -> Result<PathBuf, Problem> {
    let sketch = place.package.join("examples/Digits");
    let tools = Tools::of(&place.board.triple);
    let compile = |compiler: &str, language: &[&str], file: &Path, object: &str| -> Result<PathBuf, Problem> {
        let mut gcc = tools.command(compiler);
        gcc.args(place.compile_options().split(' ')).args(language).arg("-I").arg(stubs().join("arduino"));
        gcc.arg("-I").arg(place.package.join("src")).arg("-I").arg(&sketch).args(["-DSAMPLE=stub_main", "-c"]);
        let object = place.build.join(object);
        command::read(gcc.arg(file).arg("-o").arg(&object))?;
        Ok(object)
    };
    let plus = ["-std=c++11", "-fno-exceptions", "-fno-rtti", "-include", "Arduino.h", "-xc++"];
    let mut objects = vec![
        compile("g++", &plus, &sketch.join("Digits.ino"), "Digits.o")?,
        compile("g++", &plus, &stubs().join("arduino/main.cpp"), "main.o")?,
    ];
    for (index, file) in
        place.start().iter().chain(&["digits.c", "digits_golden.c"].map(|name| sketch.join(name))).enumerate()
    {
        objects.push(compile("gcc", &["-std=c99"], file, &format!("{index}.o"))?);
    }
    let image = place.build.join("sketch.elf");
    let mut link = tools.command("gcc");
    link.args(options(place.board)).args(place.link_options().split(' ')).args(objects);
    link.arg("-L").arg(place.package.join("src").join(library)).args(["-lmote", "-lgcc", "-o"]).arg(&image);
    command::read(&mut link)?;
    Ok(image)
}

/// CMake and xmllint, from Debian where they are not there.
pub fn install() -> Outcome {
    for (program, package) in [("cmake", "cmake"), ("make", "make"), ("xmllint", "libxml2-utils")] {
        if !command::succeeds(command::program_at_root(program).arg("--version")) {
            println!("installing by apt-get: {package}");
            toolchain::apt_get(&["update", "-qq"])?;
            toolchain::apt_get(&["install", "-y", "-qq", "--no-install-recommends", package])?;
        }
    }
    Ok(())
}
