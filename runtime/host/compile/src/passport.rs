//! The passport: what the model is, costs and promises.

use crate::CompileOptions;
use crate::lower::Program;
use crate::options::PortOptions;
use mote_format::write::encode;
use mote_format::{Metric, Passport, PortInfo, Records};
use mote_graph::Graph;

/// The encoded passport. `golden` holds encoded golden vectors.
pub fn passport(
    source: &Graph,
    slimmed: &Graph,
    program: &Program,
    options: &CompileOptions,
    golden: &[u8],
) -> Vec<u8> {
    let name = if options.name.is_empty() { &source.name } else { &options.name };
    let inputs = ports(program, &program.inputs, &options.inputs);
    let outputs = ports(program, &program.outputs, &options.outputs);
    let mut metrics = Vec::new();
    for metric in &options.metrics {
        metrics.extend(encode(&Metric { name: &metric.name, value: metric.value, samples: metric.samples }));
    }
    encode(&Passport {
        name,
        version: &options.version,
        producer: concat!("mote ", env!("CARGO_PKG_VERSION")),
        source_sha256: &options.source_sha256,
        macs: slimmed.macs(),
        source_macs: source.macs(),
        weight_bytes: slimmed.weight_bytes(),
        source_weight_bytes: source.weight_bytes(),
        // Depends on the target's code, which the compiler does not see.
        stack_bytes: 0,
        quantizer: &options.quantizer,
        inputs: Records::new(&inputs),
        outputs: Records::new(&outputs),
        metrics: Records::new(&metrics),
        golden: Records::new(golden),
        histograms: Records::new(&[]),
    })
}

fn ports(program: &Program, records: &[usize], options: &[PortOptions]) -> Vec<u8> {
    let none = PortOptions::default();
    let mut encoded = Vec::new();
    for (index, &record) in records.iter().enumerate() {
        let PortOptions { labels, preprocessing } = options.get(index).unwrap_or(&none);
        let (name, labels) = (&program.records[record].name, labels.join("\n"));
        encoded.extend(encode(&PortInfo { name, labels: &labels, preprocessing }));
    }
    encoded
}
