//! The models that boards run, compiled by the `mote` program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::boards::goldens;
use crate::report::Problem;
use crate::{command, repository};
use serde_json::Value;

/// A compiled model with what is known of it.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// The compiled file.
    pub file: PathBuf,
    /// Its length.
    pub file_bytes: u64,
    /// Operators by name, sorted, each once; with `:reference` behind those linked with reference kernels.
    pub operators: Vec<String>,
    /// Names of all operators in execution order.
    pub steps: Vec<String>,
    /// Bytes of arena and state.
    pub memory_bytes: u64,
    /// Multiply-accumulates of one inference.
    pub macs: u64,
    /// The same before slimming.
    pub source_macs: u64,
    /// Outputs that others' implementations gave.
    pub goldens: goldens::Goldens,
}

/// The repository's own int8 models.
const OWN: [&str; 4] = ["digits", "fraud", "linear", "sine"];

/// Multiply-accumulates below which a model is linked with reference kernels of its weighted operators: the same bits, a
/// third of the code, and still a small part of a millisecond.
const SMALL_MACS: u64 = 1000;

/// Operators whose fast kernels are much larger than their reference kernels.
const LARGE_KERNELS: [&str; 3] = ["conv2d_i8", "depthwise_conv2d_i8", "fully_connected_i8"];

/// Compiles all int8 models there are. The second list names what was skipped, with the reason.
pub fn compile_all() -> Result<(Vec<Model>, Vec<String>), Problem> {
    command::run(command::cargo().args(["build", "--quiet", "--release", "-p", "mote-cli"]))?;
    let mote = repository::target_dir().join("release").join("mote");
    let folder = repository::target_dir().join("boards").join("models");
    std::fs::create_dir_all(&folder)?;
    let (mut models, mut skipped) = (Vec::new(), Vec::new());
    for name in OWN {
        let source = repository::root().join("models").join(name).join(format!("{name}_int8.tflite"));
        models.push(compile(&mote, &folder, name, &source)?);
    }
    let Some(zoo) = zoo() else {
        skipped.push("third-party models (no zoo: set MOTE_ZOO)".to_owned());
        return Ok((models, skipped));
    };
    let stored = goldens::Stored::read(&zoo)?;
    for (name, path) in listed()? {
        let source = zoo.join(&path);
        if !source.exists() {
            skipped.push(format!("{name} (not in {})", zoo.display()));
            continue;
        }
        match compile(&mote, &folder, &name, &source) {
            Ok(mut model) => {
                model.goldens = stored.of(&name, &path)?;
                models.push(model);
            }
            Err(Problem::Failed(reason) | Problem::Skipped(reason)) => {
                let words = reason.lines().find(|line| line.contains("blocker  ")).or(reason.lines().nth(1));
                skipped.push(format!("{name} (refused by the importer: {})", words.unwrap_or_default().trim()));
            }
        }
    }
    Ok((models, skipped))
}

fn compile(mote: &Path, folder: &Path, name: &str, source: &Path) -> Result<Model, Problem> {
    let file = folder.join(format!("{name}.mote"));
    let mut compile = command::program_at_root(mote);
    compile.args(["compile", "--json"]).arg(source).arg("--output").arg(&file);
    let value: Value = serde_json::from_str(&command::read(&mut compile)?)?;
    let report = &value["report"];
    let number = |key: &str| report[key].as_u64().ok_or(format!("mote compile --json: no {key}"));
    let listed = report["operators"].as_array().ok_or("mote compile --json: no operators")?;
    let steps: Vec<String> =
        listed.iter().filter_map(|operator| operator["operator"].as_str().map(str::to_owned)).collect();
    let macs = number("macs")?;
    let linked = |name: &String| match macs < SMALL_MACS && LARGE_KERNELS.contains(&name.as_str()) {
        true => format!("{name}:reference"),
        false => name.clone(),
    };
    let operators: BTreeSet<String> = steps.iter().map(linked).collect();
    Ok(Model {
        name: name.to_owned(),
        file,
        file_bytes: number("file_bytes")?,
        operators: operators.into_iter().collect(),
        steps,
        memory_bytes: number("arena_bytes")? + number("state_bytes")?,
        macs,
        source_macs: number("source_macs")?,
        goldens: goldens::Goldens::default(),
    })
}

/// Folder of the third-party models: `MOTE_ZOO`, else beside the repository.
pub fn zoo() -> Option<PathBuf> {
    let folder = std::env::var_os("MOTE_ZOO").map_or_else(|| repository::root().join("../shared/zoo"), PathBuf::from);
    folder.join("models").is_dir().then_some(folder)
}

/// Names and paths of the int8 models in `models/zoo.toml`.
fn listed() -> Result<Vec<(String, String)>, Problem> {
    let text = std::fs::read_to_string(repository::root().join("models/zoo.toml"))?;
    let list: toml::Table = text.parse()?;
    let models = list.get("model").and_then(|models| models.as_array()).ok_or("models/zoo.toml: no models")?;
    let text = |model: &toml::Value, key: &str| model.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    let int8 = models.iter().filter(|model| text(model, "arithmetic").as_deref() == Some("int8"));
    Ok(int8.filter_map(|model| Some((text(model, "name")?, text(model, "path")?))).collect())
}
