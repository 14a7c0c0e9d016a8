//! Plans at random: what the check says of them is what going through all memory at every step says.

#[allow(dead_code, reason = "other tests use other parts")]
mod support;

use mote_engine::{Model, Reason, operators};
use mote_format::parameters::{ExtremumParameters, PoolI8Parameters, WindowParameters};
use mote_format::write::{ModelToWrite, OperatorToWrite, parameters, write_model};
use mote_format::{Location, NOT_A_VIEW, OpCode, Shape, TensorRecord};
use support::{complement, model, tensor};

/// Xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }
}

/// The larger of two; may stand on either.
fn larger(a: u16, b: u16, output: u16) -> OperatorToWrite {
    let parameters = parameters(&ExtremumParameters { maximum: true });
    OperatorToWrite { code: OpCode::EXTREMUM_I8, inputs: vec![a, b], outputs: vec![output], parameters }
}

/// Pooling of single pixels; may stand on nothing.
fn pool(input: u16, output: u16) -> OperatorToWrite {
    let window = WindowParameters {
        height: 1,
        width: 1,
        stride_height: 1,
        stride_width: 1,
        dilation_height: 1,
        dilation_width: 1,
        pad_top: 0,
        pad_left: 0,
    };
    let parameters = parameters(&PoolI8Parameters { window, activation_min: -128, activation_max: 127 });
    OperatorToWrite { code: OpCode::MAX_POOL_I8, inputs: vec![input], outputs: vec![output], parameters }
}

/// Some operators on what inputs and operators before them made, each tensor wherever it happens to stand.
fn anything(random: &mut Random) -> ModelToWrite {
    let inputs = 1 + random.below(2);
    let operators = 1 + random.below(5);
    // Tensors of four axes are checked the short way, those of three are not.
    let extents: &[u32] = if random.below(2) == 0 { &[1, 4, 4, 1] } else { &[1, 4, 4] };
    let shape = Shape::new(extents).expect("16 elements");
    let tensors: Vec<TensorRecord> = (0..inputs + operators)
        .map(|index| {
            let step = index.saturating_sub(inputs - 1) as u16;
            let mut tensor = tensor(Location::Arena, 8 * random.below(9) as u32, step, step);
            tensor.shape = shape;
            tensor
        })
        .collect();
    let mut model = model(tensors, Vec::new(), 0);
    model.inputs = (0..inputs as u16).collect();
    for index in 0..operators {
        let output = (inputs + index) as u16;
        let step = index as u16 + 1;
        let mut operand = || {
            let id = random.below(inputs + index);
            let read = &mut model.tensors[id];
            read.last_step = read.last_step.max(step);
            if read.view_of == NOT_A_VIEW && random.below(6) == 0 {
                let mut view = *read;
                view.view_of = id as u16;
                model.tensors.push(view);
                return model.tensors.len() as u16 - 1;
            }
            id as u16
        };
        let (a, b) = (operand(), operand());
        model.operators.push(match random.below(3) {
            0 => complement(a, output),
            1 => larger(a, b, output),
            _ => pool(a, output),
        });
    }
    let last = (inputs + operators - 1) as u16;
    model.outputs = vec![last];
    model.tensors[last as usize].last_step = operators as u16 + 1;
    if random.below(4) == 0 {
        let longer = &mut model.tensors[random.below(inputs + operators)];
        longer.last_step = operators as u16 + 1;
    }
    model
}

/// Puts the records in another order.
fn shuffle(model: &mut ModelToWrite, random: &mut Random) {
    for place in (1..model.tensors.len()).rev() {
        let other = random.below(place + 1);
        model.tensors.swap(place, other);
        let renamed = |id: &mut u16| match *id as usize {
            at if at == place => *id = other as u16,
            at if at == other => *id = place as u16,
            _ => {}
        };
        model.operators.iter_mut().flat_map(|o| o.inputs.iter_mut().chain(&mut o.outputs)).for_each(renamed);
        model.inputs.iter_mut().chain(&mut model.outputs).for_each(renamed);
        model.tensors.iter_mut().map(|tensor| &mut tensor.view_of).for_each(renamed);
    }
}

/// True when an operator writes on a tensor that is live, other than an input that ends there in the same place, or when
/// two graph inputs share bytes.
fn overlaps(model: &ModelToWrite) -> bool {
    let own = |tensor: &&TensorRecord| tensor.view_of == NOT_A_VIEW;
    let share = |a: &TensorRecord, b: &TensorRecord| a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
    let written = model.operators.iter().zip(1u16..).any(|(operator, step)| {
        let output = &model.tensors[operator.outputs[0] as usize];
        model.tensors.iter().zip(0u16..).filter(|(other, _)| own(other)).any(|(other, id)| {
            let live = other.first_step <= step && step <= other.last_step;
            let shows = |&input: &u16| input == id || model.tensors[input as usize].view_of == id;
            let handed_over = operator.code != OpCode::MAX_POOL_I8
                && operator.inputs.iter().any(shows)
                && other.last_step == step
                && other.offset == output.offset;
            live && id != operator.outputs[0] && share(output, other) && !handed_over
        })
    });
    let port = |index: usize| model.inputs.get(index).map(|&id| &model.tensors[id as usize]);
    written || port(0).zip(port(1)).is_some_and(|(a, b)| share(a, b))
}

#[test]
fn overlaps_are_found_and_nothing_else() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut sound, mut broken, mut in_place) = (0, 0, 0);
    let rounds = if cfg!(miri) { 200 } else { 60_000 };
    for round in 0..rounds {
        let mut model = anything(&mut random);
        if round % 3 == 0 {
            shuffle(&mut model, &mut random);
        }
        // A view ends no later than what it shows.
        let ends: Vec<u16> = model.tensors.iter().map(|tensor| tensor.last_step).collect();
        for view in model.tensors.iter_mut().filter(|tensor| tensor.view_of != NOT_A_VIEW) {
            view.last_step = ends[view.view_of as usize];
        }
        let expected = if overlaps(&model) { Err(Reason::Overlap) } else { Ok(()) };
        let found = Model::parse(&write_model(&model), operators::generic()).map(drop).map_err(|error| error.reason);
        assert_eq!(found, expected, "round {round}: {:?} {:?}", model.tensors, model.operators);
        match found {
            Ok(()) => {
                sound += 1;
                let place = |id: &u16| model.tensors[*id as usize].offset;
                in_place += model.operators.iter().filter(|o| place(&o.inputs[0]) == place(&o.outputs[0])).count();
            }
            Err(_) => broken += 1,
        }
    }
    let enough = rounds / 40;
    assert!(sound > enough && broken > enough && in_place > enough, "{sound} sound, {broken} broken, {in_place}");
}
