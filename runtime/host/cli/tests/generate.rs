//! `mote generate`, used as firmware developers use it: sources compiled by their compilers, linked, run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn mote(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mote")).args(arguments).output().expect("mote starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

fn exists(compiler: &str) -> bool {
    Command::new(compiler).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mote-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The compiled digits model in `folder`, and its sources in `language` under the name `model`.
fn generated(folder: &Folder, language: &str) {
    let source = repository().join("models/digits/digits_int8.tflite");
    let labels = folder.0.join("labels.txt");
    std::fs::write(&labels, "zero\none \"1\"\n*/ two\nthree\nfour\nfive\nsix\nseven\neight\\\nnine\n").expect("saved");
    let file = folder.0.join("digits.mote");
    let compiled = mote(&["compile", text(&source), "-o", text(&file), "--labels", text(&labels)]);
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let generated = mote(&["generate", text(&file), "--lang", language, "--name", "model", "-o", text(&folder.0)]);
    assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stderr));
}

/// Cargo, on a folder of its own below the build folder: what runs the tests may be building as well.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("generated");
    command.current_dir(repository()).env("CARGO_TARGET_DIR", target).args(["--quiet", "--offline"]);
    command
}

#[test]
fn c_sources_run_and_refuse_misuse() {
    if !exists("gcc") || !exists("g++") {
        println!("SKIPPED: c_sources_run_and_refuse_misuse (no gcc and g++)");
        return;
    }
    let folder = Folder::new("generate-c");
    generated(&folder, "c");
    let mut library = cargo();
    library.args(["rustc", "-p", "mote-ffi", "--lib", "--crate-type", "staticlib", "--features", "std", "--release"]);
    succeed(&mut library);
    let library = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("generated/release/libmote_ffi.a");
    let program = folder.0.join("demo");
    let build = |standard: &str| {
        let mut gcc = Command::new("gcc");
        gcc.args([standard, "-O1", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wconversion", "-Wno-sign-conversion"]);
        gcc.arg("-I").arg(repository().join("runtime/ffi/include")).arg("-I").arg(&folder.0);
        gcc.args(["demo.c", "misuse.c", "host.c"].map(|file| repository().join("firmware/c").join(file)));
        gcc.args(["model.c", "model_golden.c"].map(|file| folder.0.join(file)));
        gcc.arg(&library).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program);
        gcc
    };
    succeed(&mut build("-std=c99"));
    let printed = succeed(&mut Command::new(&program));
    // The same inference by the command itself.
    let (input, output) = (folder.0.join("input.bin"), folder.0.join("output.bin"));
    std::fs::write(&input, (0..64u32).map(|i| (i * 37 + 11) as u8).collect::<Vec<u8>>()).expect("saved");
    let file = folder.0.join("digits.mote");
    assert!(mote(&["run", text(&file), "--input", text(&input), "--output", text(&output)]).status.success());
    let numbers: Vec<String> = std::fs::read(&output).expect("written").iter().map(u8::to_string).collect();
    assert_eq!(printed, format!("golden vectors 4\noutput {}\nmisuse refused\n", numbers.join(" ")));

    // The report has a row for each layer, with costs that are the header's totals.
    let read = |name: &str| std::fs::read_to_string(folder.0.join(name)).expect("written");
    let (header, report) = (read("model.h"), read("model_report.md"));
    let rows: Vec<Vec<&str>> = report
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells.len() == 10 && cells[1].parse::<usize>().is_ok())
        .collect();
    assert!(header.contains(&format!("#define MODEL_LAYERS {}u\n", rows.len())), "{report}");
    let macs: u64 = rows.iter().map(|cells| cells[5].replace(',', "").parse::<u64>().expect("a number")).sum();
    assert!(header.contains(&format!("#define MODEL_MACS {macs}u\n")), "{report}");

    // The header is C++ as well.
    let mut plus = Command::new("g++");
    plus.args(["-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-x", "c++-header"]);
    plus.arg("-I").arg(repository().join("runtime/ffi/include")).arg(folder.0.join("model.h"));
    succeed(&mut plus);

    // A self-test that cannot fail would be none: another expectation makes it fail.
    let golden = folder.0.join("model_golden.c");
    let source = std::fs::read_to_string(&golden).expect("written");
    std::fs::write(&golden, source.replacen("{0, 1u, 0x", "{0, 9u, 0x", 1)).expect("saved");
    succeed(&mut build("-std=c99"));
    let broken = Command::new(&program).output().expect("the program starts");
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stdout).contains("an output differs from the golden one"));
}

#[test]
fn rust_module_runs_with_its_own_operators_only() {
    let folder = Folder::new("generate-rust");
    generated(&folder, "rust");
    let engine = repository().join("runtime/core").canonicalize().expect("the engine is there");
    let manifest = format!(
        "[package]\nname = \"embedded\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [[bin]]\nname = \"embedded\"\npath = \"main.rs\"\n\n[dependencies]\n\
         mote-engine = {{ path = \"{0}/engine\" }}\nmote-numbers = {{ path = \"{0}/numbers\" }}\n",
        engine.display()
    );
    let program = r#"
mod model;
use mote_engine::{Model, Session};
fn main() {
    let file = Model::parse(model::MODEL, model::OPERATORS).expect("its operators are enough");
    assert_eq!(model::MODEL.as_ptr().addr() % 16, 0);
    let (mut arena, mut state) = (vec![0; model::ARENA_BYTES], vec![0; model::STATE_BYTES]);
    let mut session = Session::new(&file, &mut arena, &mut state).expect("the sizes are right");
    assert_eq!(model::INPUT_0_SHAPE, [1, 8, 8, 1]);
    assert_eq!(model::OUTPUT_0_LABELS.len(), 10);
    session.input(0).expect("an input").bytes.iter_mut().enumerate().for_each(|(i, b)| *b = (i * 37 + 11) as u8);
    session.run().expect("it runs");
    println!("{} {} {:?}", model::MACS, model::OPERATORS.len(), session.output(0).expect("an output").bytes);
}
"#;
    std::fs::write(folder.0.join("Cargo.toml"), manifest).expect("saved");
    std::fs::write(folder.0.join("main.rs"), program).expect("saved");
    // The versions that the repository is built with: they are here already.
    std::fs::copy(repository().join("Cargo.lock"), folder.0.join("Cargo.lock")).expect("copied");
    let printed = succeed(cargo().args(["run", "--manifest-path"]).arg(folder.0.join("Cargo.toml")));

    let (input, output) = (folder.0.join("input.bin"), folder.0.join("output.bin"));
    std::fs::write(&input, (0..64u32).map(|i| (i * 37 + 11) as u8).collect::<Vec<u8>>()).expect("saved");
    let file = folder.0.join("digits.mote");
    assert!(mote(&["run", text(&file), "--input", text(&input), "--output", text(&output)]).status.success());
    assert_eq!(printed, format!("63872 5 {:?}\n", std::fs::read(&output).expect("written")));
}

#[test]
fn names_that_are_no_identifiers_are_refused() {
    let source = repository().join("models/digits/digits_int8.tflite");
    for name in ["2x", "a-b", "mote", "A"] {
        let folder = Folder::new("generate-names");
        let output = mote(&["generate", text(&source), "--name", name, "-o", text(&folder.0)]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert_eq!(std::fs::read_dir(&folder.0).expect("the folder is there").count(), 0);
    }
}
