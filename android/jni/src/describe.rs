//! What Kotlin is told of a model, as `java.io.DataInputStream` reads it: big-endian numbers, and strings as a length
//! (int) and UTF-8.

use mote_ffi::host::{HostModel, LayerTime, TensorInfo};

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn int(&mut self, value: i32) {
        self.0.extend(value.to_be_bytes());
    }

    fn long(&mut self, value: u64) {
        self.0.extend(value.to_be_bytes());
    }

    fn count(&mut self, value: usize) {
        self.int(i32::try_from(value).unwrap_or(i32::MAX));
    }

    fn text(&mut self, value: &str) {
        self.count(value.len());
        self.0.extend(value.as_bytes());
    }

    fn tensors(&mut self, tensors: &[TensorInfo]) {
        self.count(tensors.len());
        for tensor in tensors {
            self.text(&tensor.name);
            self.int(tensor.element_type);
            self.count(tensor.shape.len());
            tensor.shape.iter().for_each(|&extent| self.int(extent as i32));
            self.count(tensor.bytes);
            self.0.extend(tensor.scale.to_be_bytes());
            self.int(tensor.zero_point);
            self.count(tensor.labels.len());
            tensor.labels.iter().for_each(|label| self.text(label));
        }
    }
}

/// Name, version, producer, costs, inputs, outputs.
pub fn model(model: &HostModel) -> Vec<u8> {
    let mut out = Writer::default();
    let header = model.model().header();
    let passport = model.model().passport();
    let words = passport.map(|found| [found.name, found.version, found.producer]).unwrap_or_default();
    words.iter().for_each(|word| out.text(word));
    out.long(passport.map_or(0, |found| found.macs));
    out.long(passport.map_or(0, |found| found.weight_bytes));
    out.long(u64::from(header.arena_bytes));
    out.long(u64::from(header.state_bytes));
    out.tensors(&model.inputs());
    out.tensors(&model.outputs());
    let metrics: Vec<_> = passport.map(|found| found.metrics.iter().collect()).unwrap_or_default();
    out.count(metrics.len());
    for metric in metrics {
        out.text(metric.name);
        out.0.extend(metric.value.to_be_bytes());
        out.int(metric.samples as i32);
    }
    out.0
}

/// Each operator's name and nanoseconds.
pub fn layers(layers: &[LayerTime]) -> Vec<u8> {
    let mut out = Writer::default();
    out.count(layers.len());
    for layer in layers {
        out.text(layer.code.name());
        out.long(u64::try_from(layer.time.as_nanos()).unwrap_or(u64::MAX));
    }
    out.0
}
