//! What the command line says of boards, and how it flashes them. A script stands in for `probe-rs`: it shows which
//! commands are given in which order, nothing of what a probe does.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn mote(arguments: &[&str], path: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mote"));
    if let Some(path) = path {
        command.env("PATH", path);
    }
    command.args(arguments).output().expect("mote starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("--json prints one document")
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mote-boards-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }

    /// A `probe-rs` that lists `probes`, writes its arguments down and ends `run` with `run_code`.
    fn tool(&self, probes: &str, run_code: u8) -> PathBuf {
        let folder = self.0.join("bin");
        std::fs::create_dir_all(&folder).expect("writable");
        let program = folder.join("probe-rs");
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = list ]; then echo '{probes}'; exit 0; fi\necho \"$@\" >> '{}'\n\
             if [ \"$1\" = run ]; then echo said by the image; exit {run_code}; fi\n",
            self.0.join("commands").display()
        );
        std::fs::write(&program, script).expect("writable");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("mode");
        folder
    }

    fn commands(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.0.join("commands")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The smallest file that says of itself that it is an image for `machine`.
    fn image(&self, machine: u8) -> PathBuf {
        let mut bytes = vec![0; 52];
        bytes[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        bytes[18] = machine;
        let path = self.0.join(format!("image{machine}"));
        std::fs::write(&path, bytes).expect("writable");
        path
    }

    fn model(&self) -> PathBuf {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models/digits/digits_int8.tflite");
        let path = self.0.join("digits.mote");
        let output = mote(&["compile", text(&source), "-o", text(&path)], None);
        assert!(output.status.success(), "{}", said(&output));
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const ONE_PROBE: &str = "[0]: J-Link -- 1366:1015:0 (J-Link)";

#[test]
fn model_then_image_then_reset() {
    let folder = Folder::new("order");
    let (tool, image, model) = (folder.tool(ONE_PROBE, 0), folder.image(40), folder.model());
    let arguments = ["flash", text(&image), "--board", "nrf52840", "--model", text(&model)];
    let output = mote(&arguments, Some(&tool));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let common = "--non-interactive --chip nRF52840_xxAA";
    let expected = [
        format!("download {common} --verify --binary-format bin --base-address 0x40000 {}", model.display()),
        format!("download {common} --verify {}", image.display()),
        format!("reset {common}"),
    ];
    assert_eq!(folder.commands(), expected);
    let dry = json(&mote(&[&arguments[..], &["--dry-run", "--json"]].concat(), Some(Path::new("/nonexistent"))));
    let commands: Vec<String> = expected.iter().map(|line| format!("probe-rs {line}")).collect();
    assert_eq!(dry["commands"], serde_json::json!(commands));
}

#[test]
fn run_stays_and_its_verdict_is_the_answer() {
    let folder = Folder::new("run");
    let (tool, image) = (folder.tool(ONE_PROBE, 3), folder.image(243));
    let arguments = ["flash", text(&image), "--board", "rp2350-riscv", "--run", "--probe", "1366:1015"];
    let output = mote(&arguments, Some(&tool));
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("said by the image"));
    let line = format!("run --non-interactive --chip RP235x_riscv --probe 1366:1015 --verify {}", image.display());
    assert_eq!(folder.commands(), [line]);
}

#[test]
fn what_is_missing_is_said_before_anything_is_erased() {
    let folder = Folder::new("missing");
    let image = folder.image(40);
    let flash = |more: &[&str], path: &Path| {
        let arguments = [&["flash", text(&image)], more].concat();
        let output = mote(&arguments, Some(path));
        (output.status.code(), said(&output))
    };
    let (code, message) = flash(&["--board", "nrf52840"], Path::new("/nonexistent"));
    assert!(code == Some(2) && message.contains("cargo install probe-rs-tools"), "{message}");
    let none = folder.tool("No debug probes were found.", 0);
    let (code, message) = flash(&["--board", "nrf52840"], &none);
    assert!(code == Some(2) && message.contains("no debug probe is connected"), "{message}");
    let two = folder.tool("[0]: one\n[1]: two", 0);
    let (code, message) = flash(&["--board", "nrf52840"], &two);
    assert!(code == Some(2) && message.contains("--probe") && message.contains("[1]: two"), "{message}");
    let (code, message) = flash(&["--board", "mps2-an386"], &two);
    assert!(code == Some(2) && message.contains("emulated") && message.contains("rp2040"), "{message}");
    let (code, message) = flash(&["--board", "rp2350-riscv"], &two);
    assert!(code == Some(2) && message.contains("riscv32imac-unknown-none-elf"), "{message}");
    assert!(folder.commands().is_empty(), "{:?}", folder.commands());
}

#[test]
fn bytes_that_are_no_model_are_not_flashed() {
    let folder = Folder::new("bytes");
    let (tool, image) = (folder.tool(ONE_PROBE, 0), folder.image(40));
    let output = mote(&["flash", "--board", "nrf52840", "--model", text(&image)], Some(&tool));
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(folder.commands().is_empty());
}

#[test]
fn boards_are_listed_by_tier_and_shown_in_full() {
    let all = json(&mote(&["boards", "--json"], None));
    let all = all.as_array().expect("a list");
    let tier = |board: &serde_json::Value| board["tier"].as_u64().expect("a tier");
    assert!(all.len() >= 20 && all.windows(2).all(|pair| tier(&pair[0]) <= tier(&pair[1])));
    let second = json(&mote(&["boards", "--tier", "2", "--json"], None));
    assert!(second.as_array().expect("a list").iter().all(|board| board["physical"]["probe_chip"].is_string()));
    let output = mote(&["boards", "nrf52840"], None);
    let page = said(&output);
    for word in ["thumbv7em-none-eabihf", "1024.0 KiB", "256.0 KiB", "nRF52840_xxAA", "0x00040000", "erase 4096"] {
        assert!(page.contains(word), "no {word} in\n{page}");
    }
    let lines = String::from_utf8(mote(&["boards"], None).stdout).expect("text");
    let column = |line: &str| line.find("QEMU, ");
    let places: Vec<usize> = lines.lines().filter_map(column).collect();
    assert!(places.len() >= 8 && places.iter().all(|place| place.abs_diff(places[0]) < 4), "{lines}");
    assert_eq!(mote(&["boards", "nonesuch"], None).status.code(), Some(2));
}

#[test]
fn a_model_that_does_not_fit_is_named_with_the_bytes() {
    let folder = Folder::new("fit");
    let model = folder.model();
    let bytes = std::fs::read(&model).expect("the model is there");
    let output = mote(&["check", text(&model), "--board", "microbit", "--json"], None);
    let fit = &json(&output)["boards"][0]["fit"];
    let number = |key: &str| fit[key].as_u64().expect("a number");
    assert_eq!(number("flash_needed_bytes"), bytes.len() as u64);
    let missing = number("ram_needed_bytes").saturating_sub(number("ram_available_bytes"));
    assert_eq!(output.status.code(), Some(if missing == 0 { 0 } else { 1 }));

    // A file as long as it says, too long for the smallest flash.
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models/digits/digits_int8.tflite");
    let written = folder.0.join("not-written.mote");
    let compiled = mote(&["compile", text(&source), "--board", "microbit", "-o", text(&written), "--json"], None);
    let value = json(&compiled);
    assert_eq!(compiled.status.code(), Some(if value["fits"] == true { 0 } else { 1 }));
    assert_eq!(written.exists(), value["fits"] == true);
}
