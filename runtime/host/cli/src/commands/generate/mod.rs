//! `mote generate`: a compiled model as source code of a firmware project.

mod c;
mod facts;
mod golden;
mod report;
mod rust;

use crate::load;
use crate::{Answer, Output};
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use facts::Facts;
use mote_compile::HostOperators;
use mote_engine::{Model, operators};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `mote generate`.
#[derive(Args)]
pub struct Arguments {
    /// A model.mote file, or a source model to compile on the spot.
    pub model: PathBuf,
    /// Language of the sources.
    #[arg(long, value_enum, default_value_t)]
    pub lang: Language,
    /// Prefix of names and files: lower-case letters, digits and underscores.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Folder the files go to; made when it is not there.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub output: PathBuf,
}

/// Language of generated sources.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Language {
    /// Header, data, golden self-test; for programs that include mote.h.
    #[default]
    C,
    /// A module with data, sizes and the list of needed operators; for programs that use mote-engine.
    Rust,
}

/// A generated file: its name and content.
type File = (String, Vec<u8>);

/// Writes the sources and says what was written.
pub fn execute(arguments: &Arguments, output: Output) -> Result<Answer> {
    check_name(&arguments.name, arguments.lang)?;
    let bytes = load::compiled(&arguments.model, &load::FixedInputs::default())?;
    let operators = HostOperators::for_file(&bytes, operators::generic(), &[]);
    let set = operators.set();
    let model = Model::parse(&bytes, &set).with_context(|| format!("loading {}", arguments.model.display()))?;
    let facts = Facts::new(&arguments.name, &model, &bytes);
    let files = match arguments.lang {
        Language::C => c::files(&facts),
        Language::Rust => rust::files(&facts),
    };
    std::fs::create_dir_all(&arguments.output).with_context(|| format!("making {}", arguments.output.display()))?;
    for (name, content) in &files {
        let path = arguments.output.join(name);
        std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let value = json!({
        "name": facts.name,
        "files": names,
        "model_bytes": facts.file.len(),
        "arena_bytes": facts.arena_bytes,
        "state_bytes": facts.state_bytes,
        "macs": facts.macs,
        "operators": facts.operators,
        "custom_operators": facts.custom_operators,
        "golden_vectors": facts.golden.len(),
    });
    output.print(value, || {
        format!("{}\nwritten to {}: {}", report::summary(&facts), arguments.output.display(), names.join(" "))
    })?;
    Ok(Answer::Yes)
}

/// Headers of C99, C11 and of boards' libraries that a model's header would hide from programs.
const SYSTEM_HEADERS: [&str; 29] = [
    "assert",
    "complex",
    "ctype",
    "errno",
    "fenv",
    "float",
    "inttypes",
    "iso646",
    "limits",
    "locale",
    "math",
    "memory",
    "sched",
    "setjmp",
    "signal",
    "stdalign",
    "stdarg",
    "stdatomic",
    "stdbool",
    "stddef",
    "stdint",
    "stdio",
    "stdlib",
    "stdnoreturn",
    "string",
    "threads",
    "time",
    "unistd",
    "wchar",
];

/// Words of Rust that no module can be called by.
const RUST_WORDS: [&str; 42] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "pub", "ref", "return", "self", "static", "struct", "super", "true", "try", "type", "use", "while",
];

/// A name has to be a part of identifiers in C and Rust and a file's name, and may not take those of the library.
fn check_name(name: &str, language: Language) -> Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    ensure!(
        name.chars().all(fits) && name.starts_with(|c: char| c.is_ascii_lowercase()),
        "--name {name}: use lower-case letters, digits and underscores, a letter first"
    );
    ensure!(!name.starts_with("mote"), "--name {name}: names that begin with mote are the library's");
    ensure!(!name.contains("__"), "--name {name}: C++ keeps names with two underscores together to itself");
    match language {
        Language::C => ensure!(!SYSTEM_HEADERS.contains(&name), "--name {name}: {name}.h is a header of the C library"),
        Language::Rust => ensure!(!RUST_WORDS.contains(&name), "--name {name}: a word of Rust cannot name a module"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Language, check_name};

    #[test]
    fn names_are_parts_of_identifiers() {
        for good in ["kws", "a", "person_detect2"] {
            assert!(check_name(good, Language::C).is_ok() && check_name(good, Language::Rust).is_ok(), "{good}");
        }
        for bad in ["", "2a", "_a", "Kws", "a-b", "a b", "mote", "mote_kws", "é", "a__b"] {
            assert!(check_name(bad, Language::C).is_err() && check_name(bad, Language::Rust).is_err(), "{bad}");
        }
        assert!(check_name("stdio", Language::C).is_err() && check_name("stdio", Language::Rust).is_ok());
        assert!(check_name("match", Language::Rust).is_err() && check_name("match", Language::C).is_ok());
    }
}
