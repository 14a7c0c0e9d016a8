//! The Kotlin library on a Java virtual machine: compiled with explicit visibility, run with the real native library on
//! every model there is, misused by many threads.

mod kotlin;

use std::path::{Path, PathBuf};

use crate::boards::models::zoo;
use crate::host_tests::Counts;
use crate::report::{Outcome, Problem, failed};
use crate::{command, repository};
use kotlin::{Kotlin, class_path};
use object::{Object, ObjectSymbol};
use serde_json::Value;

const SOURCES: &str = "android/mote/src";
/// Own models, by name; `sine` is small, so that the cost of a call shows.
const OWN: [&str; 2] = ["digits", "sine"];

/// Builds and runs; adds what the tests count.
pub fn run(counts: &mut Counts) -> Outcome {
    let kotlin = Kotlin::set_up()?;
    let work = repository::target_dir().join("jvm");
    exports(&build(&[])?)?;
    let library = work.join("libmote_jni.so");
    let models = models(&work.join("models"), counts)?;
    std::fs::copy(build(&["--features", "testing"])?, &library)?;
    let (classes, tests) = (work.join("classes"), work.join("test-classes"));
    for folder in [&classes, &tests] {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
    }
    let sources = |part: &str, extension: &str| sources(&repository::root().join(SOURCES).join(part), extension);
    kotlin.compile(&sources("main/kotlin", "kt")?, &[], &classes, &["-Xexplicit-api=strict", "-Werror"])?;
    let java = sources("test/java", "java")?;
    let test_sources: Vec<PathBuf> = sources("test/kotlin", "kt")?.into_iter().chain(java.iter().cloned()).collect();
    let friends = format!("-Xfriend-paths={}", classes.display());
    kotlin.compile(&test_sources, std::slice::from_ref(&classes), &tests, &[&friends])?;
    let class_path = class_path(&[kotlin.library(), classes, tests.clone()])?;
    command::read(command::program_at_root("javac").arg("-cp").arg(&class_path).arg("-d").arg(&tests).args(&java))?;
    let mut virtual_machine = command::program_at_root("java");
    // A heap of one size, touched, so that what grows is not the heap.
    virtual_machine.args(["-Xms96m", "-Xmx96m", "-XX:+AlwaysPreTouch", "-Xcheck:jni"]);
    virtual_machine.arg(format!("-Dio.mote.library={}", library.display()));
    virtual_machine.arg("-cp").arg(class_path).arg("io.mote.MainKt").arg(models);
    count(virtual_machine, counts)
}

/// Runs the tests and passes their lines on.
fn count(mut tests: std::process::Command, counts: &mut Counts) -> Outcome {
    let output = tests.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().for_each(|line| println!("{line}"));
    let closing = text.lines().last().unwrap_or_default();
    let number = |words: &str| closing.split(words).next()?.rsplit(' ').next()?.parse::<u64>().ok();
    let (Some(passed), Some(failures)) = (number(" passed"), number(" failed")) else {
        return failed(format!("the tests did not come to their end: {}", String::from_utf8_lossy(&output.stderr)));
    };
    counts.passed += passed;
    counts.failed += failures;
    if text.contains("WARNING in native method") || text.contains("FATAL ERROR") {
        return failed("the virtual machine found fault with the use of JNI");
    }
    if output.status.success() { Ok(()) } else { failed(format!("{failures} tests failed")) }
}

/// The native library, built with `features`.
fn build(features: &[&str]) -> Result<PathBuf, Problem> {
    command::run(command::cargo().args(["build", "--quiet", "--release", "-p", "mote-jni"]).args(features))?;
    Ok(repository::target_dir().join("release").join("libmote_jni.so"))
}

/// Only what Java looks for is seen from outside.
fn exports(library: &Path) -> Outcome {
    let bytes = std::fs::read(library)?;
    let file =
        object::File::parse(&*bytes).map_err(|error| Problem::Failed(format!("{}: {error}", library.display())))?;
    let names: Vec<&str> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition())
        .filter_map(|symbol| symbol.name().ok())
        .collect();
    let stray: Vec<&&str> =
        names.iter().filter(|name| !name.starts_with("Java_io_mote_Native_") && **name != "JNI_OnLoad").collect();
    if names.is_empty() || !stray.is_empty() {
        return failed(format!("{} exports {stray:?} beside {} methods", library.display(), names.len()));
    }
    println!("          {} bytes, {} exported names, all of them native methods", bytes.len(), names.len());
    Ok(())
}

fn sources(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Problem> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path, extension)?);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Compiles all models with stored outputs, and writes which they are.
fn models(folder: &Path, counts: &mut Counts) -> Result<PathBuf, Problem> {
    std::fs::create_dir_all(folder)?;
    command::run(command::cargo().args(["build", "--quiet", "--release", "-p", "mote-cli"]))?;
    let mote = repository::target_dir().join("release").join("mote");
    let compile = |source: &Path, name: &str| {
        let mut compile = command::program_at_root(&mote);
        command::read(compile.arg("compile").arg(source).arg("--output").arg(folder.join(name)))
    };
    for name in OWN {
        let source = repository::root().join("models").join(name).join(format!("{name}_int8.tflite"));
        compile(&source, &format!("{name}.mote"))?;
    }
    let mut cases = String::new();
    match zoo() {
        None => counts.skipped.push("jvm: outputs of third-party models (no zoo: set MOTE_ZOO)".to_owned()),
        Some(zoo) => {
            let index: Value = serde_json::from_slice(&std::fs::read(zoo.join("golden/index.json"))?)?;
            for entry in index.as_array().into_iter().flatten() {
                let Some(path) = entry["model"].as_str().filter(|path| path.ends_with(".tflite")) else { continue };
                let name = format!("{}.mote", path.rsplit('/').next().unwrap_or(path).trim_end_matches(".tflite"));
                if entry["engine"].is_null() {
                    continue;
                }
                if let Err(Problem::Failed(reason) | Problem::Skipped(reason)) =
                    compile(&zoo.join("models").join(path), &name)
                {
                    let words =
                        reason.lines().find(|line| line.contains("blocker  ")).unwrap_or_default().trim().to_owned();
                    counts.skipped.push(format!("jvm: {name} (refused by the importer: {words})"));
                    continue;
                }
                let steps =
                    entry["outputs"].as_array().into_iter().flatten().filter_map(|it| it["step"].as_u64()).max();
                let golden = zoo.join("golden");
                let steps = steps.map_or(0, |last| last + 1);
                // LiteRT rounds the activations of dynamic-range models to 8 bits while it runs; Mote does not.
                let tolerance = if path.contains("hybrid") { "4e-3" } else { "1e-4" };
                let prefix = path.replace('/', "__");
                cases += &format!("{name}\t{steps}\t{}\t{prefix}\t{tolerance}\n", golden.display());
            }
        }
    }
    std::fs::write(folder.join("cases.tsv"), cases)?;
    Ok(folder.to_owned())
}
