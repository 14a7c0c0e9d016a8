//! `mote.h` says what the library is: same functions with as many parameters, same constants, same layouts; and C99 and
//! C++11 compilers take it.

use mote_ffi::{MODEL_WORDS, ModelStorage, Place, SESSION_WORDS, SessionStorage, operators, status, tensor::Tensor};
use mote_format::{ElementType, OpCode};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCES: [&str; 6] = ["lib.rs", "model.rs", "operators.rs", "quantize.rs", "session.rs", "status.rs"];

fn crate_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn header() -> String {
    std::fs::read_to_string(crate_folder().join("include/mote.h")).expect("mote.h is there")
}

/// Name and number of parameters of what follows each `marker` in `text`.
fn functions(text: &str, names: impl Fn(&str) -> Vec<usize>) -> BTreeMap<String, usize> {
    let starts = names(text);
    let function = |start: usize| {
        let rest = &text[start..];
        let open = rest.find('(')?;
        let name = rest[..open].to_owned();
        let close = rest.find(')')?;
        let list = rest[open + 1..close].trim().trim_end_matches(',');
        let count = if list.is_empty() || list == "void" { 0 } else { list.matches(',').count() + 1 };
        Some((name, count))
    };
    starts.into_iter().filter_map(function).collect()
}

#[test]
fn header_and_library_have_the_same_functions() {
    let marker = "extern \"C\" fn ";
    let after = |text: &str| text.match_indices(marker).map(|(at, _)| at + marker.len()).collect();
    let mut exported = BTreeMap::new();
    for source in SOURCES {
        let text = std::fs::read_to_string(crate_folder().join("src").join(source)).expect("sources are there");
        exported.extend(functions(&text, after));
    }
    // A declaration starts a line; comments and pre-processor lines do not end in a name and a bracket.
    let declared = functions(&header(), |text| {
        let lines = text.match_indices('\n').map(|(at, _)| at + 1);
        lines
            .filter_map(|start| {
                let line = text[start..].lines().next()?;
                let declaration = !line.starts_with([' ', '#', '/', '*']) && !line.starts_with("typedef");
                let open = line.find('(').filter(|_| declaration)?;
                let name = line[..open].rfind([' ', '*'])? + 1;
                line[name..].starts_with("mote_").then_some(start + name)
            })
            .collect()
    });
    assert!(exported.len() >= 20, "{exported:?}");
    assert_eq!(exported, declared);
}

#[test]
fn every_operator_is_an_object() {
    let header = header();
    for (name, entry) in operators::ALL {
        assert!(header.contains(&format!("extern const mote_operator_t {name};")), "{name}");
        assert_eq!(*name, format!("mote_operator_{}", entry.code.name()));
    }
    let linked: Vec<OpCode> = operators::ALL.iter().map(|(_, entry)| entry.code).collect();
    for entry in mote_engine::operators::generic() {
        assert!(linked.contains(&entry.code), "{} has no object", entry.code.name());
    }
    assert_eq!(header.matches("extern const mote_operator_t").count(), operators::ALL.len());
}

/// A C file that compiles only if constants and layouts are those of the library.
fn assertions() -> String {
    let mut text = String::from("#include \"mote.h\"\n");
    let mut claim = |claim: String| {
        let number = text.lines().count();
        writeln!(text, "typedef char claim_{number}[({claim}) ? 1 : -1];").expect("strings take all");
    };
    for (name, value) in status::ALL {
        claim(format!("MOTE_{name} == {value}"));
    }
    let types = [
        ("I8", ElementType::I8),
        ("U8", ElementType::U8),
        ("I16", ElementType::I16),
        ("I32", ElementType::I32),
        ("I64", ElementType::I64),
        ("F32", ElementType::F32),
        ("BOOL", ElementType::Bool),
    ];
    for (name, element_type) in types {
        claim(format!("MOTE_TYPE_{name} == {}", element_type as i32));
    }
    claim(format!("MOTE_API_VERSION == {}", mote_ffi::API_VERSION));
    claim(format!("MOTE_ARENA_ALIGNMENT == {}", mote_ffi::session::ARENA_ALIGNMENT));
    claim(format!("MOTE_MAX_RANK == {}", mote_format::MAX_RANK));
    claim(format!("MOTE_MODEL_WORDS == {MODEL_WORDS} && MOTE_SESSION_WORDS == {SESSION_WORDS}"));
    claim(format!("MOTE_MODEL_BYTES == {}", size_of::<ModelStorage>()));
    claim(format!("MOTE_SESSION_BYTES == {}", size_of::<SessionStorage>()));
    claim(format!("sizeof(mote_model_t) == {}", size_of::<ModelStorage>()));
    claim(format!("sizeof(mote_session_t) == {}", size_of::<SessionStorage>()));
    claim(format!("sizeof(mote_place_t) == {}", size_of::<Place>()));
    claim(format!("sizeof(mote_tensor_t) == {}", size_of::<Tensor>()));
    for (field, offset) in [
        ("rank", offset_of!(Tensor, rank)),
        ("shape", offset_of!(Tensor, shape)),
        ("elements", offset_of!(Tensor, elements)),
        ("bytes", offset_of!(Tensor, bytes)),
        ("scale", offset_of!(Tensor, scale)),
        ("zero_point", offset_of!(Tensor, zero_point)),
    ] {
        claim(format!("offsetof(mote_tensor_t, {field}) == {offset}"));
    }
    claim(format!("offsetof(mote_place_t, tensor_index) == {}", offset_of!(Place, tensor_index)));
    claim(format!("offsetof(mote_place_t, detail) == {}", offset_of!(Place, detail)));
    text
}

fn accepts(compiler: &str, arguments: &[&str], file: &Path) -> Result<(), String> {
    let mut command = Command::new(compiler);
    command.args(arguments).args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]);
    command.arg("-I").arg(crate_folder().join("include")).arg(file);
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn compilers_accept_the_header_and_agree_with_the_library() {
    let folder = std::env::temp_dir().join(format!("mote-header-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let standards: [(&str, &str, &[&str]); 3] = [
        ("gcc", "c", &["-std=c99", "-Wc++-compat"]),
        ("gcc", "c", &["-std=c99", "-fshort-enums"]),
        ("g++", "cpp", &["-std=c++11"]),
    ];
    for (compiler, extension, arguments) in standards {
        if Command::new(compiler).arg("--version").output().is_err() {
            println!("SKIPPED: mote.h under {compiler} (there is no such compiler)");
            continue;
        }
        let file = folder.join("claims").with_extension(extension);
        std::fs::write(&file, assertions()).expect("the temporary folder is writable");
        accepts(compiler, arguments, &file).unwrap_or_else(|problem| panic!("{compiler}: {problem}"));
        // The claims are no empty words: a false one is noticed.
        std::fs::write(&file, format!("{}typedef char claim[MOTE_OK == 1 ? 1 : -1];\n", assertions())).expect("saved");
        assert!(accepts(compiler, arguments, &file).is_err(), "{compiler} takes a false claim");
    }
    let _ = std::fs::remove_dir_all(&folder);
}
