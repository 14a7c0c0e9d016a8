//! Runs graphs and model files on every kernel set of the engine.

use crate::random::Random;
use mote_compile::{CompileError, CompileOptions, compile};
use mote_engine::{Model, OperatorSet, Session, operators};
use mote_format::Numerics;
use mote_graph::Graph;

/// A kernel set by name.
#[derive(Clone, Copy)]
pub struct KernelSet {
    /// Name.
    pub name: &'static str,
    /// Its operators.
    pub operators: OperatorSet<'static>,
}

/// Every kernel set that runs on this machine. A new set is added here, and every test of this crate runs it.
pub fn kernel_sets() -> [KernelSet; 3] {
    [
        KernelSet { name: "reference", operators: operators::reference() },
        KernelSet { name: "generic", operators: operators::generic() },
        KernelSet { name: "native", operators: operators::native() },
    ]
}

/// Raw bytes per graph input or output.
pub type Tensors = Vec<Vec<u8>>;

/// Compiles a graph; `slim` removes what cannot change results. The arena is shared as the planner likes.
///
/// # Errors
/// As of [`mote_compile::compile`].
pub fn compiled(graph: &Graph, numerics: Numerics, slim: bool) -> Result<Vec<u8>, CompileError> {
    let options = CompileOptions { numerics, slim, golden_vectors: 0, keep_names: false, ..CompileOptions::default() };
    Ok(compile(graph, &options)?.bytes)
}

/// Runs inferences in order on one session; `budgets` polls with random budgets instead of running through.
///
/// The arena starts as rubbish, so that nothing can rely on zeros.
///
/// # Errors
/// What the engine says.
pub fn run(file: &[u8], set: KernelSet, steps: &[Tensors], budgets: Option<u64>) -> Result<Vec<Tensors>, String> {
    let model = Model::parse(file, set.operators).map_err(|error| format!("refused at load: {error}"))?;
    let mut arena = vec![0xA5; model.header().arena_bytes as usize];
    let mut state = vec![0xA5; model.header().state_bytes as usize];
    let mut session = Session::new(&model, &mut arena, &mut state).map_err(|error| error.to_string())?;
    let mut random = budgets.map(Random::new);
    let mut all = Vec::new();
    for inputs in steps {
        for (index, bytes) in inputs.iter().enumerate() {
            let copied = session.input(index).and_then(|mut port| port.copy_from(bytes));
            copied.map_err(|error| format!("input {index}: {error}"))?;
        }
        match &mut random {
            None => session.run().map_err(|error| error.to_string())?,
            Some(random) => {
                let largest = random.pick(&[1, 10, 1000, 1_000_000]);
                while session.poll(random.between(0, largest) as u32).map_err(|e| e.to_string())?.is_pending() {}
            }
        }
        let output = |index| session.output(index).map(|port| port.bytes.to_vec()).map_err(|error| error.to_string());
        all.push((0..model.output_count()).map(output).collect::<Result<Tensors, String>>()?);
    }
    Ok(all)
}

/// Cases per operator: `MOTE_CONFORMANCE_CASES`, else `usual`.
pub fn case_count(usual: u64) -> u64 {
    std::env::var("MOTE_CONFORMANCE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
