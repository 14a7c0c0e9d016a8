//! Outputs of other implementations, stored beside the third-party models.

use std::path::{Path, PathBuf};

use crate::boards::lines::Measured;
use crate::boards::peers;
use crate::report::Problem;
use serde_json::Value;

/// What a model must give.
#[derive(Debug, Clone, Default)]
pub struct Goldens {
    /// Seed or step, output, bytes: four inferences in a row on the reference interpreter.
    pub steps: Vec<(u32, u32, Vec<u8>)>,
    /// The first output on the counting input, as microcontrollers gave it.
    pub counting: Option<Vec<u8>>,
}

impl Goldens {
    /// Every comparison that fails, as sentences; and how many were made.
    pub fn compare(&self, measured: &Measured) -> (Vec<String>, usize) {
        let mut wrong = Vec::new();
        let mut made = 0;
        for (seed, expected, found) in &measured.crcs {
            made += 1;
            if expected != found {
                wrong.push(format!("golden vector {seed}: CRC {found:08x} instead of {expected:08x}"));
            }
        }
        if let Some((equal, all)) = measured.layers {
            made += 1;
            if equal != all {
                wrong.push(format!("{equal} of {all} operators give the host's bytes"));
            }
        }
        // Without state an inference is the same whatever ran before it.
        let word = if measured.state_bytes > 0 { "step" } else { "golden" };
        let mut same = |word: &str, number: u32, output: u32, expected: &[u8]| {
            made += 1;
            let found = measured.outputs.get(&(word.to_owned(), number, output));
            if found.is_none_or(|found| found != expected) {
                wrong.push(format!("{word} {number} output {output} differs from the stored golden"));
            }
        };
        for (number, output, expected) in &self.steps {
            same(word, *number, *output, expected);
        }
        if let Some(expected) = &self.counting {
            same("counting", 0, 0, expected);
        }
        (wrong, made)
    }
}

/// The zoo's folder of goldens with its two indexes.
pub struct Stored {
    folder: PathBuf,
    index: Vec<Value>,
    counting: Value,
}

impl Stored {
    /// Reads the indexes.
    pub fn read(zoo: &Path) -> Result<Self, Problem> {
        let folder = zoo.join("golden");
        let text = |name: &str| std::fs::read_to_string(folder.join(name));
        let index = serde_json::from_str(&text("index.json")?)?;
        let counting = serde_json::from_str(&text("tflm_cortex_m_outputs.json")?)?;
        Ok(Self { folder, index, counting })
    }

    /// Goldens of the model at `path` (within the zoo) that is called `name`.
    pub fn of(&self, name: &str, path: &str) -> Result<Goldens, Problem> {
        let mut goldens = Goldens::default();
        let within = path.trim_start_matches("models/");
        let entry = self.index.iter().find(|entry| entry["model"].as_str() == Some(within));
        for output in entry.and_then(|entry| entry["outputs"].as_array()).into_iter().flatten() {
            let number = |key: &str| output[key].as_u64().map_or(u32::MAX, |value| value as u32);
            let file = self.folder.join(output["file"].as_str().unwrap_or_default());
            goldens.steps.push((number("step"), number("output"), std::fs::read(&file)?));
        }
        let upstream_name = peers::read()?.into_iter().find(|row| row.model == name).map(|row| row.upstream_name);
        let answers = upstream_name.and_then(|upstream| self.counting["outputs"][upstream].as_array().cloned());
        // All processors gave the same bytes, so there is one answer.
        let answer = answers.and_then(|answers| answers.first()?["int8"].as_array().cloned());
        goldens.counting =
            answer.map(|values| values.iter().filter_map(Value::as_i64).map(|value| value as u8).collect());
        Ok(goldens)
    }
}
