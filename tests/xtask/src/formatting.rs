//! Formatting of every crate, those outside the workspace too.

use crate::report::{Outcome, failed};
use crate::{command, repository};

/// Checks, or with `fix` rewrites, all sources.
pub fn check(fix: bool) -> Outcome {
    let mut manifests = vec![repository::root().join("Cargo.toml")];
    manifests.extend(repository::OUTSIDE_CRATES.map(repository::manifest));
    let mut bad = Vec::new();
    for manifest in &manifests {
        let mut command = command::cargo();
        command.args(["fmt", "--manifest-path"]).arg(manifest);
        // `--all` would format path dependencies of the outside crates again.
        if manifest.parent() == Some(&repository::root()) {
            command.arg("--all");
        }
        if !fix {
            command.args(["--", "--check", "-l"]);
        }
        if command::run(&mut command).is_err() {
            bad.push(manifest.strip_prefix(repository::root())?.display().to_string());
        }
    }
    if bad.is_empty() {
        return Ok(());
    }
    failed(format!("not formatted: crates of {} (cargo xtask fmt --fix)", bad.join(", ")))
}
