//! Writes small TFLite files for tests, straight over the schema and without the importer's own code.

use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};
pub use tract_tflite::tflite::*;

/// What writes an operator's options.
pub type Options = fn(&mut FlatBufferBuilder<'static>) -> (BuiltinOptions, WIPOffset<UnionWIPOffset>);

/// A tensor to write.
#[derive(Clone)]
pub struct Entry {
    pub type_: TensorType,
    pub shape: Vec<i32>,
    pub signature: Vec<i32>,
    pub scale: Vec<f32>,
    pub zero_point: Vec<i64>,
    pub data: Vec<u8>,
}

/// A tensor computed at run time, without quantisation.
pub fn tensor(type_: TensorType, shape: &[i32]) -> Entry {
    let (shape, signature, scale, zero_point, data) = (shape.to_vec(), vec![], vec![], vec![], vec![]);
    Entry { type_, shape, signature, scale, zero_point, data }
}

impl Entry {
    pub fn quantized(mut self, scale: f32, zero_point: i64) -> Self {
        (self.scale, self.zero_point) = (vec![scale], vec![zero_point]);
        self
    }

    pub fn signature(mut self, signature: &[i32]) -> Self {
        self.signature = signature.to_vec();
        self
    }

    pub fn data(mut self, data: Vec<u8>) -> Self {
        self.data = data;
        self
    }
}

/// A one-dimensional int32 constant.
pub fn integers(values: &[i32]) -> Entry {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tensor(TensorType::INT32, &[values.len() as i32]).data(bytes)
}

/// An operator to write.
pub struct Step {
    pub code: BuiltinOperator,
    pub custom: Option<&'static str>,
    pub inputs: Vec<i32>,
    pub outputs: Vec<i32>,
    pub options: Option<Options>,
    pub custom_options: Vec<u8>,
}

/// An operator without options.
pub fn step(code: BuiltinOperator, inputs: &[i32], outputs: &[i32]) -> Step {
    let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
    Step { code, custom: None, inputs, outputs, options: None, custom_options: Vec::new() }
}

impl Step {
    pub fn options(mut self, options: Options) -> Self {
        self.options = Some(options);
        self
    }
}

/// One subgraph: tensors, operators, inputs, outputs.
pub type Part = (Vec<Entry>, Vec<Step>, Vec<i32>, Vec<i32>);

/// Bytes of a model of one or more subgraphs.
pub fn model(parts: &[Part]) -> Vec<u8> {
    let mut b = FlatBufferBuilder::new();
    let mut buffers = vec![Buffer::create(&mut b, &BufferArgs { data: None })];
    let (mut codes, mut subgraphs) = (Vec::new(), Vec::new());
    for (entries, steps, inputs, outputs) in parts {
        let mut tensors = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let mut buffer = 0;
            if !entry.data.is_empty() {
                let data = Some(b.create_vector(&entry.data));
                buffer = buffers.len() as u32;
                buffers.push(Buffer::create(&mut b, &BufferArgs { data }));
            }
            let (scale, zero_point) = (b.create_vector(&entry.scale), b.create_vector(&entry.zero_point));
            let arguments =
                QuantizationParametersArgs { scale: Some(scale), zero_point: Some(zero_point), ..Default::default() };
            let quantization = Some(QuantizationParameters::create(&mut b, &arguments));
            let name = Some(b.create_string(&format!("t{index}")));
            let shape = Some(b.create_vector(&entry.shape));
            let shape_signature = Some(b.create_vector(&entry.signature));
            let type_ = entry.type_;
            let arguments =
                TensorArgs { shape, type_, buffer, name, quantization, shape_signature, ..Default::default() };
            tensors.push(Tensor::create(&mut b, &arguments));
        }
        let mut operators = Vec::new();
        for step in steps {
            let custom_code = step.custom.map(|name| b.create_string(name));
            let deprecated_builtin_code = step.code.0.min(127) as i8;
            let arguments =
                OperatorCodeArgs { deprecated_builtin_code, custom_code, version: 1, builtin_code: step.code };
            codes.push(OperatorCode::create(&mut b, &arguments));
            let options = step.options.map(|options| options(&mut b));
            let custom_options = (!step.custom_options.is_empty()).then(|| b.create_vector(&step.custom_options));
            let (inputs, outputs) = (b.create_vector(&step.inputs), b.create_vector(&step.outputs));
            let arguments = OperatorArgs {
                opcode_index: codes.len() as u32 - 1,
                inputs: Some(inputs),
                outputs: Some(outputs),
                builtin_options_type: options.map_or(BuiltinOptions::NONE, |(kind, _)| kind),
                builtin_options: options.map(|(_, offset)| offset),
                custom_options,
                ..Default::default()
            };
            operators.push(Operator::create(&mut b, &arguments));
        }
        let (tensors, operators) = (b.create_vector(&tensors), b.create_vector(&operators));
        let (inputs, outputs) = (b.create_vector(inputs), b.create_vector(outputs));
        let arguments = SubGraphArgs {
            tensors: Some(tensors),
            inputs: Some(inputs),
            outputs: Some(outputs),
            operators: Some(operators),
            name: None,
        };
        subgraphs.push(SubGraph::create(&mut b, &arguments));
    }
    let (operator_codes, subgraphs) = (b.create_vector(&codes), b.create_vector(&subgraphs));
    let buffers = b.create_vector(&buffers);
    let arguments = ModelArgs {
        version: 3,
        operator_codes: Some(operator_codes),
        subgraphs: Some(subgraphs),
        buffers: Some(buffers),
        ..Default::default()
    };
    let root = Model::create(&mut b, &arguments);
    finish_model_buffer(&mut b, root);
    b.finished_data().to_vec()
}
