//! No build or test step starts Python: what users and CI need is Rust alone. Scripts that
//! train models or regenerate stored results are by-hand tools and live in known folders.

use std::path::Path;

use crate::report::{Outcome, failed};
use crate::{command, repository};

/// Whether a script for by-hand use may be here: beside models, or with stored test results.
fn may_hold_scripts(path: &str) -> bool {
    path.starts_with("models/") || path.starts_with("tests/") || path.contains("/tests/")
}

/// The check, over the files git knows.
pub fn check() -> Outcome {
    let mut git = command::program_at_root("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = command::read(&mut git)?;
    let mut faults = Vec::new();
    let mut examined = 0_u32;
    for path in listed.lines() {
        let text = std::fs::read_to_string(repository::root().join(path)).unwrap_or_default();
        examined += 1;
        faults.extend(fault(path, &text));
    }
    if faults.is_empty() {
        println!("{examined} files, none starts Python");
        return Ok(());
    }
    failed(faults.join("\n"))
}

/// The sentence about one file, if something is wrong with it.
fn fault(path: &str, text: &str) -> Option<String> {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    match extension {
        Some("py" | "ipynb") if !may_hold_scripts(path) => {
            Some(format!("{path}: a Python script outside models and tests"))
        }
        Some("rs") => {
            let started = ["python\")", "python3\")"].iter().any(|end| text.contains(&format!("new(\"{end}")));
            started.then(|| format!("{path}: starts Python"))
        }
        Some("sh") => calls_python(text).then(|| format!("{path}: calls Python")),
        _ => (path == ".ci/run" && calls_python(text)).then(|| format!("{path}: calls Python")),
    }
}

fn calls_python(script: &str) -> bool {
    let code = script.lines().filter(|line| !line.trim_start().starts_with('#'));
    code.flat_map(str::split_whitespace).any(|word| ["python", "python3", "pip", "pip3"].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn finds_what_starts_python() {
        let call = ["Command::new(\"", "python3\")"].concat();
        assert!(fault("a/src/b.rs", &call).is_some());
        assert!(fault(".ci/run", "set -e\npython3 x.py\n").is_some());
        assert!(fault("runtime/x.py", "").is_some());
    }

    #[test]
    fn leaves_by_hand_scripts_alone() {
        assert!(fault("models/digits/train.py", "import numpy").is_none());
        assert!(fault("tests/golden/make.py", "").is_none());
        assert!(fault(".ci/run", "# no python here\ncargo xtask test\n").is_none());
    }
}
