//! Between Cargo and the compiler: crates for bare metal get an identity that does not depend on where they are.
//!
//! Cargo hashes the path of a crate outside the workspace into `-C metadata`, and the compiler orders functions by names
//! that hold this hash. So the same sources in another folder gave images with another order. A crate's name and version
//! identify it as well: no image links two of the same.

use std::process::{Command, ExitCode};

/// Set for the compiler when this program stands before it.
pub const VARIABLE: &str = "MOTE_RUSTC_WRAPPER";

/// Runs the compiler, whose name and arguments these are.
pub fn run(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let Some(compiler) = arguments.next() else { return ExitCode::from(2) };
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let arguments = identified(arguments.collect(), &version);
    match Command::new(&compiler).args(arguments).status() {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("{compiler}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The arguments with name and version as identity, where they compile for a target; else as they are.
fn identified(arguments: Vec<String>, version: &str) -> Vec<String> {
    let name = arguments.iter().skip_while(|argument| *argument != "--crate-name").nth(1).cloned();
    let Some(name) = name.filter(|_| arguments.iter().any(|argument| argument == "--target")) else { return arguments };
    let rename = |argument: String| match argument.starts_with("metadata=") {
        true => format!("metadata={name}-{version}"),
        false => argument,
    };
    arguments.into_iter().map(rename).collect()
}

#[cfg(test)]
mod tests {
    use super::identified;

    #[test]
    fn only_crates_for_a_target_are_renamed() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let host = words("--crate-name a -C metadata=1234 -C extra-filename=-5");
        assert_eq!(identified(host.clone(), "1.0.0"), host);
        let device = words("--crate-name a --target t -C metadata=1234 -C extra-filename=-5");
        let expected = words("--crate-name a --target t -C metadata=a-1.0.0 -C extra-filename=-5");
        assert_eq!(identified(device, "1.0.0"), expected);
    }
}
