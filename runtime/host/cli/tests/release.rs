//! `mote keys` and `mote release` as people use them: keys, a root, a release, a second root.

use std::path::PathBuf;
use std::process::{Command, Output};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mote-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }

    /// Runs `mote` in the folder.
    fn mote(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mote"));
        command.current_dir(&self.0).args(line.split_whitespace()).output().expect("mote starts")
    }

    /// The same with `--json`, for a command that must end with `code`.
    fn json(&self, line: &str, code: i32) -> serde_json::Value {
        let output = self.mote(&format!("{line} --json"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}: {errors}");
        serde_json::from_slice(&output.stdout).expect("--json prints one document")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn from_keys_to_a_release_that_devices_believe() {
    let folder = Folder::new("release");
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../models/digits/digits_int8.tflite");
    std::fs::copy(source, folder.0.join("digits.tflite")).unwrap();
    assert!(folder.mote("compile digits.tflite -o digits.mote").status.success());
    for (role, name) in [
        ("root", "alice"),
        ("root", "bob"),
        ("root", "carol"),
        ("release", "builder"),
        ("director", "online"),
        ("timestamp", "clock"),
    ] {
        folder.json(&format!("keys new --role {role} {name}"), 0);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.0.join("alice")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // No key is overwritten.
    assert_eq!(folder.mote("keys new --role root alice").status.code(), Some(2));

    let roles = "--root alice.pub bob.pub --root-threshold 2 --release builder.pub --director online.pub \
                 --timestamp clock.pub";
    let root = folder.json(&format!("keys root --fleet greenhouse {roles} --sign alice --out root.1"), 0);
    assert!(root["refused"].as_str().unwrap().contains("only 1 of the needed signatures"), "{root}");
    folder.json("keys show root.1", 1);
    folder.json("keys sign root.1 --key bob", 0);
    let root = folder.json("keys show root.1", 0);
    assert_eq!((root["fleet"].as_str(), root["version"].as_u64()), (Some("greenhouse"), Some(1)));

    let made = folder.json("release make digits.mote --hardware nano33 --key builder --out digits.release", 0);
    let file_bytes = std::fs::metadata(folder.0.join("digits.mote")).unwrap().len();
    assert_eq!(made["packings"][0]["file_bytes"].as_u64(), Some(file_bytes));
    assert!(made["golden_vectors"].as_u64().unwrap() > 0);
    let verified = folder.json("release verify digits.release --root root.1 digits.mote", 0);
    assert_eq!(verified["verified"], true);
    let text = String::from_utf8(folder.mote("release show digits.release").stdout).unwrap();
    assert!(text.contains("digits") && text.contains("nano33"), "{text}");

    // A changed model, a release by a key without the role, a changed release.
    let mut model = std::fs::read(folder.0.join("digits.mote")).unwrap();
    *model.last_mut().unwrap() ^= 1;
    std::fs::write(folder.0.join("changed.mote"), model).unwrap();
    folder.json("release verify digits.release --root root.1 changed.mote", 1);
    folder.json("keys new --role release thief", 0);
    folder.json("release make digits.mote --hardware nano33 --key thief --out forged.release", 0);
    folder.json("release verify forged.release --root root.1 digits.mote", 1);
    assert_eq!(
        folder.mote("release make digits.mote --hardware nano33 --key alice --out wrong.release").status.code(),
        Some(2)
    );

    // The next root replaces a key; both roots' keys must sign.
    let next = "keys root --previous root.1 --root bob.pub carol.pub --sign bob carol --out root.2";
    folder.json(next, 0);
    folder.json("keys show root.2 --previous root.1", 1);
    folder.json("keys sign root.2 --key alice", 0);
    let second = folder.json("keys show root.2 --previous root.1", 0);
    assert_eq!(second["version"], 2);
    folder.json("release verify digits.release --root root.2 digits.mote", 0);
}
