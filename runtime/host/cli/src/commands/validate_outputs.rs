//! A compiled model against its float source in tract: outputs alone, as tract's layers are not ours.

use super::validate::Arguments;
use crate::analysis::align::MatchedBy;
use crate::analysis::layers::{Comparison, layer};
use crate::answering::{Answering, Outcome};
use crate::arrays::{self, Array, Elements};
use crate::compare::Quantized;
use crate::inputs::{self, Feed};
use crate::ports::Ports;
use crate::runner::progress;
use anyhow::{Result, ensure};
use mote_engine::{Model, operators};
use mote_format::TensorRecord;

/// Runs both on the same data.
pub fn compare(source: &Answering, ours: &Model<'_>, arguments: &Arguments) -> Result<Comparison> {
    let set = operators::native();
    let (our_ports, source_ports) = (Ports::of_model(ours), source.ports(set, &arguments.source)?);
    let mut our_feed = inputs::read_for(&our_ports, &arguments.data)?;
    let mut source_feed = source_feed(&our_ports, &source_ports, arguments)?;
    let count = our_feed.inferences.len().min(arguments.limit.unwrap_or(usize::MAX));
    ensure!(count > 0 && source_feed.inferences.len() >= count, "no inferences to compare");
    our_feed.inferences.truncate(count);
    source_feed.inferences.truncate(count);

    let bytes = crate::runner::infer_all(ours, &our_feed, &progress("running", count))?;
    let records = (0..ours.output_count()).filter_map(|index| ours.output(index)).collect();
    let ours = Outcome { records, bytes };
    let theirs = source.infer_all(set, &arguments.source, &source_feed, &progress("in tract", count))?;
    ensure!(ours.records.len() == theirs.records.len(), "the two models have different numbers of outputs");
    let mut outputs: Vec<_> =
        our_ports.output_names.iter().map(|name| layer(name, "output", None, MatchedBy::Order)).collect();
    for (index, (a, b)) in ours.records.iter().zip(&theirs.records).enumerate() {
        let elements = (a.shape.elements(), b.shape.elements());
        ensure!(
            elements.0 == elements.1,
            "output {index} has {} elements, the source's has {}",
            elements.0,
            elements.1
        );
        let map = element_map(&extents(a), &extents(b));
        let each = |record: &TensorRecord, bytes: &[u8]| -> Vec<Array> {
            let one = |bytes: &[u8]| Array::from_bytes(record.element_type, extents(record), bytes);
            bytes.chunks_exact(record.bytes as usize).map(one).collect()
        };
        for (ours, theirs) in each(a, &ours.bytes[index]).iter().zip(&each(b, &theirs.bytes[index])) {
            let quantized = |array, record: &TensorRecord| Quantized {
                array,
                scale: record.scale,
                zero_point: record.zero_point,
                factors: None,
            };
            outputs[index].difference.add(&quantized(ours, a), &quantized(theirs, b), |at| map[at]);
        }
    }
    Ok(Comparison {
        inferences: count,
        source_engine: source.engine(),
        source_is_quantized: false,
        first_differing_layer: None,
        same: outputs.iter().all(|layer| layer.difference.differing == 0),
        layers: Vec::new(),
        outputs,
        unmatched: Vec::new(),
        unmatched_source: Vec::new(),
    })
}

/// The source's inputs; stored integers of the compiled model as the real values they stand for.
fn source_feed(ours: &Ports, source: &Ports, arguments: &Arguments) -> Result<Feed> {
    if !ours.inputs.iter().all(|record| record.scale > 0.0) || !arrays::holds_integers(&arguments.data)? {
        return inputs::read_for(source, &arguments.data);
    }
    let mut given = arrays::read(&arguments.data)?;
    for (name, array) in &mut given {
        let record = ours.input_names.iter().position(|input| input == name).unwrap_or(0);
        let (Elements::Integer(values, _), Some(record)) = (&array.elements, ours.inputs.get(record)) else { continue };
        let real = |&value: &i64| mote_engine::dequantize(value as i32, record.scale, record.zero_point);
        array.elements = Elements::F32(values.iter().map(real).collect());
    }
    inputs::from_arrays(&source.inputs, &source.input_names, given)
}

fn extents(record: &TensorRecord) -> Vec<usize> {
    record.shape.extents().iter().map(|&extent| extent as usize).collect()
}

/// Where each of our elements stands in the source's output: pictures whose channels stand elsewhere are turned.
fn element_map(ours: &[usize], source: &[usize]) -> Vec<usize> {
    let count = ours.iter().product();
    match (ours, source) {
        (&[1, h, w, c], &[1, c2, h2, w2]) if ours != source && (h, w, c) == (h2, w2, c2) => {
            (0..count).map(|at| (at % c) * h * w + at / c).collect()
        }
        _ => (0..count).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::element_map;

    #[test]
    fn channels_last_finds_channels_first() {
        assert_eq!(element_map(&[1, 1, 3, 2], &[1, 2, 1, 3]), [0, 3, 1, 4, 2, 5]);
        assert_eq!(element_map(&[1, 4], &[4]), [0, 1, 2, 3]);
    }
}
