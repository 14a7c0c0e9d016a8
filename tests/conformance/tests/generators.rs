//! The generators themselves: every family makes graphs the oracle can run, and the same seed the same graph.

use mote_conformance::generate::{chain, families, generate, random_inputs};
use mote_conformance::oracle::{Dialect, Oracle};

#[test]
fn every_family_makes_graphs_the_oracle_runs() {
    for family in families() {
        for seed in 0..200 {
            let graph = generate(family, seed);
            let inputs = random_inputs(&graph, seed);
            let outputs = Oracle::new(&graph, Dialect::Tflm).run(&inputs);
            assert_eq!(outputs.len(), graph.outputs.len(), "{family:?} {seed}");
            let again = format!("{:?}", generate(family, seed));
            assert_eq!(again, format!("{graph:?}"), "{family:?} {seed}");
        }
    }
}

#[test]
fn outputs_are_not_all_saturated() {
    for family in families().into_iter().filter(|family| !family.float && family.operator != "CAST") {
        let mut seen = [false; 256];
        for seed in 0..200 {
            let graph = generate(family, seed);
            let outputs = Oracle::new(&graph, Dialect::Tflm).run(&random_inputs(&graph, seed));
            outputs.iter().flatten().for_each(|&byte| seen[byte as usize] = true);
        }
        let distinct = seen.iter().filter(|&&seen| seen).count();
        let needed = if family.operator == "ARG_MAX" { 5 } else { 60 };
        assert!(distinct >= needed, "{}: only {distinct} distinct output bytes", family.operator);
    }
}

#[test]
fn chains_run_in_the_oracle() {
    for seed in 0..150 {
        let graph = chain(seed);
        Oracle::new(&graph, Dialect::Tflm).run(&random_inputs(&graph, seed));
    }
}
