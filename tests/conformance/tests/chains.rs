//! Generated graphs of several operators, slimmed and with shared memory, against the oracle on the source graph.

use mote_conformance::compare::difference;
use mote_conformance::generate::{chain, random_inputs};
use mote_conformance::oracle::{Dialect, Oracle};
use mote_conformance::runner::{Tensors, case_count, compiled, kernel_sets, run};
use mote_format::Numerics;

#[test]
fn slimmed_chains_equal_the_oracle() {
    let mut wrong = Vec::new();
    let (mut operators, mut bytes, cases) = (0, [0, 0], case_count(300));
    for seed in 0..cases {
        let graph = chain(seed);
        operators += graph.nodes.len();
        let (numerics, dialect) = match seed % 4 {
            0 => (Numerics::Litert, Dialect::Litert),
            _ => (Numerics::Tflm, Dialect::Tflm),
        };
        let steps: Vec<Tensors> = (0..3).map(|step| random_inputs(&graph, seed * 3 + step)).collect();
        let mut oracle = Oracle::new(&graph, dialect);
        let expected: Vec<Tensors> = steps.iter().map(|inputs| oracle.run(inputs)).collect();
        for slim in [false, true] {
            let file = match compiled(&graph, numerics, slim) {
                Ok(file) => file,
                Err(error) => {
                    wrong.push(format!("seed {seed} slim {slim}: not compiled: {error}"));
                    continue;
                }
            };
            bytes[usize::from(slim)] += file.len();
            for (set, budgets) in kernel_sets().into_iter().flat_map(|set| [(set, None), (set, Some(seed))]) {
                let place = format!("seed {seed} slim {slim} {} polled {}", set.name, budgets.is_some());
                let found = match run(&file, set, &steps, budgets) {
                    Ok(found) => found,
                    Err(error) => {
                        wrong.push(format!("{place}: {error}"));
                        continue;
                    }
                };
                for (step, (expected, found)) in expected.iter().zip(&found).enumerate() {
                    for (index, &output) in graph.outputs.iter().enumerate() {
                        let element_type = graph.tensors[output].element_type;
                        if let Some(what) = difference(element_type, &expected[index], &found[index], 0.0) {
                            wrong.push(format!("{place} step {step} output {index}: {what}"));
                        }
                    }
                }
            }
        }
    }
    println!("{cases} chains of {operators} operators, {} bytes, {} slimmed", bytes[0], bytes[1]);
    assert!(bytes[1] < bytes[0], "slimming removed nothing of any chain");
    let shown = wrong.len().min(12);
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong[..shown].join("\n"));
}
