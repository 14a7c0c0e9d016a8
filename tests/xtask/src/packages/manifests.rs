//! What the packages say of themselves is true: files are there, versions agree, formats are kept.

use std::path::Path;

use crate::command;
use crate::report::{Outcome, Problem, failed};

/// What was checked, and how it went.
pub type Check = (String, Outcome);

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks the manifests of a package that stands in `folder`.
pub fn check(name: &str, folder: &Path) -> Vec<Check> {
    let mut checks =
        vec![("licences, header".to_owned(), exist(folder, &["LICENSE-MIT", "LICENSE-APACHE", "README.md"]))];
    match name {
        "zephyr" => checks.push(("module.yml".to_owned(), zephyr(folder))),
        "esp-idf" => checks.push(("idf_component.yml".to_owned(), esp_idf(folder))),
        "cmsis" => {
            checks.push(("pack description".to_owned(), cmsis(folder)));
            checks.push(("pack description against its schema".to_owned(), schema(folder)));
        }
        _ => checks.push(("library.properties".to_owned(), arduino(folder))),
    }
    checks
}

fn exist(folder: &Path, names: &[&str]) -> Outcome {
    match names.iter().find(|name| !folder.join(name).exists()) {
        Some(missing) => failed(format!("{missing} is not there")),
        None => Ok(()),
    }
}

/// Values of `key: value` lines, whatever their depth: all that these manifests need of YAML.
fn values<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let start = format!("{key}:");
    text.lines()
        .filter_map(|line| line.trim().strip_prefix(&start))
        .map(|value| value.trim().trim_matches('"'))
        .collect()
}

fn zephyr(folder: &Path) -> Outcome {
    let text = std::fs::read_to_string(folder.join("zephyr/module.yml"))?;
    let [cmake] = values(&text, "cmake")[..] else { return failed("module.yml: no cmake") };
    let [kconfig] = values(&text, "kconfig")[..] else { return failed("module.yml: no kconfig") };
    if values(&text, "name") != ["mote"] {
        return failed("module.yml: the module is not called mote");
    }
    exist(folder, &[&format!("{cmake}/CMakeLists.txt"), kconfig, "samples/digits/sample.yaml", "include/mote.h"])?;
    // Options that samples set must be declared.
    let declared = std::fs::read_to_string(folder.join(kconfig))?;
    if declared.contains("config MOTE\n") { Ok(()) } else { failed("Kconfig does not declare MOTE") }
}

fn esp_idf(folder: &Path) -> Outcome {
    let text = std::fs::read_to_string(folder.join("idf_component.yml"))?;
    if values(&text, "version") != [VERSION] {
        return failed(format!("idf_component.yml: the version is not {VERSION}"));
    }
    let [example] = values(&text, "- path")[..] else { return failed("idf_component.yml: no example") };
    exist(folder, &["CMakeLists.txt", "include/mote.h", &format!("{example}/CMakeLists.txt")])?;
    // Every chip of the manifest is known to the build file.
    let build = std::fs::read_to_string(folder.join("CMakeLists.txt"))?;
    let chips: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("- esp32")).collect();
    match chips.iter().find(|chip| !build.contains(&format!("({chip}|")) && !build.contains(&format!("|{chip})"))) {
        Some(chip) => failed(format!("CMakeLists.txt does not know esp32{chip}")),
        None if chips.is_empty() => failed("idf_component.yml names no chips"),
        None => Ok(()),
    }
}

fn cmsis(folder: &Path) -> Outcome {
    let path = folder.join("Mote.Mote.pdsc");
    xmllint(&["--noout"], &path)?;
    let text = std::fs::read_to_string(&path)?;
    let element = |name: &str| text.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once('<'));
    for name in ["vendor", "name", "description", "license"] {
        if element(name).is_none_or(|(value, _)| value.is_empty()) {
            return failed(format!("the pack description has no {name}"));
        }
    }
    for part in
        [&format!("<release version=\"{VERSION}\""), &format!("Cversion=\"{VERSION}\""), "schemaVersion=\"1.", "<url>"]
    {
        if !text.contains(part) {
            return failed(format!("the pack description lacks {part}"));
        }
    }
    let attributes = |start: &str| -> Vec<&str> {
        text.split(start).skip(1).filter_map(|rest| rest.split_once('"')).map(|(value, _)| value).collect()
    };
    let names: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("<file "))
        .filter_map(|line| line.split_once(" name=\"")?.1.split_once('"'))
        .map(|(name, _)| name)
        .collect();
    if names.len() < 6 {
        return failed("the pack description names no libraries");
    }
    exist(folder, &names)?;
    exist(folder, &[element("license").map_or("", |(value, _)| value)])?;
    let declared = attributes("condition id=\"");
    match attributes(" condition=\"").into_iter().find(|used| !declared.contains(used)) {
        Some(unknown) => failed(format!("the pack description has no condition {unknown}")),
        None => Ok(()),
    }
}

/// By the schema of Open-CMSIS-Pack, where the variable MOTE_PACK_SCHEMA says it is: it is not ours to carry along.
fn schema(folder: &Path) -> Outcome {
    let Some(schema) = std::env::var_os("MOTE_PACK_SCHEMA") else {
        return Err(Problem::Skipped("MOTE_PACK_SCHEMA does not name a PACK.xsd".to_owned()));
    };
    xmllint(&["--noout", "--schema", &schema.to_string_lossy()], &folder.join("Mote.Mote.pdsc"))
}

fn xmllint(arguments: &[&str], file: &Path) -> Outcome {
    let mut lint = command::program_at_root("xmllint");
    command::read(lint.args(arguments).arg(file)).map(drop)
}

/// Fields that Arduino's library specification requires, and the values it allows where it lists them.
fn arduino(folder: &Path) -> Outcome {
    let text = std::fs::read_to_string(folder.join("library.properties"))?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
    let required =
        ["name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"];
    if let Some(missing) = required.into_iter().find(|name| field(name).is_none_or(str::is_empty)) {
        return failed(format!("library.properties has no {missing}"));
    }
    let expected =
        [("version", VERSION), ("precompiled", "full"), ("ldflags", "-lmote"), ("category", "Data Processing")];
    if let Some((name, value)) = expected.into_iter().find(|(name, value)| field(name) != Some(*value)) {
        return failed(format!("library.properties: {name} is not {value}"));
    }
    let include = format!("src/{}", field("includes").unwrap_or_default());
    // A sketch stands in a folder of its own name.
    exist(folder, &[&include, "examples/Digits/Digits.ino", "src/cortex-m4/fpv4-sp-d16-hard/libmote.a"])
}
