//! Layouts and constants as a C compiler sees them are those of the library. That the header is what the sources say is
//! `cargo xtask header --check`.

use mote_ffi::{ModelStorage, Place, SessionStorage, operators, status, tensor::Tensor};
use mote_format::OpCode;
use std::fmt::Write;
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::Command;

fn crate_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_operator_is_an_object() {
    for (name, entry) in operators::ALL {
        assert_eq!(*name, format!("mote_operator_{}", entry.code.name()));
    }
    let linked: Vec<OpCode> = operators::ALL.iter().map(|(_, entry)| entry.code).collect();
    for entry in mote_engine::operators::generic() {
        assert!(linked.contains(&entry.code), "{} has no object", entry.code.name());
    }
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
