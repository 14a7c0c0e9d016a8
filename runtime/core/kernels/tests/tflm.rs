//! Operators against what TensorFlow Lite Micro computed for them: `tflm/vectors.txt`, made by `tflm/make.py`.

use mote_kernels::arguments::{
    AddI8, AddParameters, Broadcast, MultiplyI8, MultiplyParameters, PoolI8, Quantize, ReduceI8, ResizeBilinear,
    ResizeNearest, ResizeParameters, SoftmaxI8, SoftmaxParameters,
};
use mote_kernels::prepare::{
    Activation, HardSwishParameters, LeakyReluParameters, Quantization, ReluParameters, SaturatingParameters,
    activation_range_i8, mean_finish, nearest_source, reduce_axes, sum_finish, weighted_multiplier,
};
use mote_kernels::{Fault, Memory, Region, Rows, Span, Walk, Window, generic, pixel_scratch_bytes, reference, tables};
use mote_numbers::requantize;
use std::ops::Range;

/// Fields of one line, taken in order.
struct Case<'a>(std::str::SplitWhitespace<'a>);

impl<'a> Case<'a> {
    fn word(&mut self) -> &'a str {
        self.0.next().expect("a field more")
    }

    fn number<T: std::str::FromStr>(&mut self) -> T {
        self.word().parse().ok().expect("a number")
    }

    fn numbers(&mut self) -> Vec<usize> {
        self.word().split(',').map(|word| word.parse().expect("a number")).collect()
    }

    fn bytes(&mut self) -> Vec<u8> {
        let word = self.word().as_bytes();
        word.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn float(&mut self) -> f32 {
        f32::from_le_bytes(self.bytes().try_into().expect("four bytes"))
    }

    fn quantization(&mut self) -> Quantization {
        Quantization { scale: self.float(), zero_point: self.number() }
    }

    fn wide_quantization(&mut self) -> (f32, i32) {
        (self.float(), self.number())
    }

    fn activation(&mut self) -> Activation {
        match self.word() {
            "none" => Activation::None,
            "relu" => Activation::Relu,
            "relu6" => Activation::Relu6,
            other => panic!("activation {other}"),
        }
    }
}

/// Runs `check` on every line of one of `operators`; says how many there were.
fn each(operators: &[&str], mut check: impl FnMut(&str, Case<'_>)) {
    let text = include_str!("tflm/vectors.txt");
    let mut count = 0;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let operator = words.next().expect("an operator");
        if operators.contains(&operator) {
            check(operator, Case(words));
            count += 1;
        }
    }
    assert!(count > 0, "no vectors for {operators:?}");
}

type Kernel<A> = fn(&mut Memory<'_>, &A, Range<usize>) -> Result<(), Fault>;

/// Runs every kernel on `inputs`, laid one behind the other, with the output behind them; `units` in two slices.
fn check<A>(kernels: &[Kernel<A>], arguments: &A, inputs: &[&[u8]], wanted: &[u8], units: usize, constants: &[u8]) {
    for kernel in kernels {
        let mut arena = inputs.concat();
        let start = arena.len();
        arena.resize(start + wanted.len(), 0x55);
        let (mut scratch, mut state) = (vec![0; 4096], vec![]);
        let mut memory = Memory { arena: &mut arena, scratch: &mut scratch, state: &mut state, constants };
        kernel(&mut memory, arguments, 0..units / 3).expect("no fault");
        kernel(&mut memory, arguments, units / 3..units).expect("no fault");
        assert_eq!(&arena[start..], wanted);
    }
}

fn span(offset: usize, bytes: usize) -> Span {
    Span { region: Region::Arena, offset, bytes }
}

fn rows(offset: usize, height: usize, width: usize, channels: usize) -> Rows {
    Rows { region: Region::Arena, offset, ring_rows: height, batch: 1, height, width, channels, element_bytes: 1 }
}

#[test]
fn tables() {
    let of = |function: &dyn Fn(i8) -> i8| tables::table_of_i8(function);
    each(&["LOGISTIC", "TANH"], |operator, mut case| {
        let parameters = SaturatingParameters::from_quantization(case.quantization());
        case.quantization();
        let function = if operator == "TANH" { tables::tanh_i8 } else { tables::logistic_i8 };
        assert_eq!(of(&|x| function(x, &parameters)).to_vec(), case.bytes(), "{operator}");
    });
    each(&["RELU", "QUANTIZE"], |operator, mut case| {
        let activation = if operator == "RELU" { Activation::Relu } else { Activation::None };
        let parameters = ReluParameters::from_quantization(case.quantization(), case.quantization(), activation);
        assert_eq!(of(&|x| tables::relu_i8(x, &parameters)).to_vec(), case.bytes(), "{operator}");
    });
    each(&["RELU6"], |operator, mut case| {
        let input = case.quantization();
        case.quantization();
        assert_eq!(of(&|x| tables::relu6_i8(x, input)).to_vec(), case.bytes(), "{operator}");
    });
    each(&["LEAKY_RELU"], |operator, mut case| {
        let parameters = LeakyReluParameters::from_quantization(case.quantization(), case.quantization(), case.float());
        assert_eq!(of(&|x| tables::leaky_relu_i8(x, &parameters)).to_vec(), case.bytes(), "{operator}");
    });
    each(&["HARD_SWISH"], |operator, mut case| {
        let parameters = HardSwishParameters::from_quantization(case.quantization(), case.quantization()).unwrap();
        assert_eq!(of(&|x| tables::hard_swish_i8(x, &parameters)).to_vec(), case.bytes(), "{operator}");
    });
    each(&["QUANTIZE_int8_uint8", "QUANTIZE_uint8_int8"], |operator, mut case| {
        let to_unsigned = operator.ends_with("_uint8");
        let parameters = ReluParameters::requantize(case.wide_quantization(), case.wide_quantization(), to_unsigned);
        let table: Vec<u8> = (0..=255u8)
            .map(|byte| match to_unsigned {
                true => tables::requantize_i8_u8(byte as i8, &parameters),
                false => tables::requantize_u8_i8(byte, &parameters) as u8,
            })
            .collect();
        assert_eq!(table, case.bytes(), "{operator}");
    });
}

#[test]
fn arithmetic() {
    each(&["ADD", "SUB", "MUL"], |operator, mut case| {
        let (a, b, output) = (case.quantization(), case.quantization(), case.quantization());
        let activation = case.activation();
        let (x, y, wanted) = (case.bytes(), case.bytes(), case.bytes());
        let count = x.len();
        let (a_span, b_span, output_span) = (span(0, count), span(count, count), span(2 * count, count));
        let broadcast = Broadcast::same(count);
        if operator == "MUL" {
            let parameters = MultiplyParameters::from_quantization(a, b, output, activation);
            let arguments = MultiplyI8 { a: a_span, b: b_span, output: output_span, broadcast, parameters };
            check(&[generic::multiply_i8, reference::multiply_i8], &arguments, &[&x, &y], &wanted, count, &[]);
        } else {
            let parameters =
                AddParameters::from_quantization(a, b, output, activation, operator == "SUB").expect("in range");
            let arguments = AddI8 { a: a_span, b: b_span, output: output_span, broadcast, parameters };
            check(&[generic::add_i8, reference::add_i8], &arguments, &[&x, &y], &wanted, count, &[]);
        }
    });
}

#[test]
fn softmax() {
    each(&["SOFTMAX"], |_, mut case| {
        let parameters = SoftmaxParameters::from_scale(case.float(), case.float()).expect("in range");
        let depth: usize = case.number();
        let (x, wanted) = (case.bytes(), case.bytes());
        let arguments = SoftmaxI8 { input: span(0, x.len()), output: span(x.len(), x.len()), depth, parameters };
        check(&[generic::softmax_i8, reference::softmax_i8], &arguments, &[&x], &wanted, x.len() / depth, &[]);
    });
}

#[test]
fn reductions() {
    each(&["MEAN", "SUM"], |operator, mut case| {
        let (input, output) = (case.quantization(), case.quantization());
        let shape = case.numbers();
        let reduced: Vec<bool> = case.word().chars().map(|flag| flag == '1').collect();
        let (x, wanted) = (case.bytes(), case.bytes());
        let axes = reduce_axes(&shape, &reduced).expect("in range");
        let count = axes.reduced_extents.iter().product();
        let finish = match operator {
            "MEAN" => mean_finish(input, output, count).expect("in range"),
            _ => sum_finish(input, output, count),
        };
        let arguments = ReduceI8 { input: span(0, x.len()), output: span(x.len(), wanted.len()), axes, finish };
        check(&[generic::reduce_i8, reference::reduce_i8], &arguments, &[&x], &wanted, wanted.len(), &[]);
    });
}

#[test]
fn pooling() {
    each(&["AVERAGE_POOL_2D", "MAX_POOL_2D"], |operator, mut case| {
        let quantization = case.quantization();
        let activation = case.activation();
        let geometry: [usize; 11] = case.numbers().try_into().expect("eleven numbers");
        let [h, w, c, oh, ow, kh, kw, sh, sw, top, left] = geometry;
        let (x, wanted) = (case.bytes(), case.bytes());
        let (activation_min, activation_max) =
            activation_range_i8(activation, quantization.scale, quantization.zero_point as i32);
        let window = Window {
            height: kh,
            width: kw,
            stride_height: sh,
            stride_width: sw,
            dilation_height: 1,
            dilation_width: 1,
            pad_top: top,
            pad_left: left,
        };
        for walk in [Walk::Forward, Walk::Backward] {
            let (input, output) = (rows(0, h, w, c), rows(x.len(), oh, ow, c));
            let arguments = PoolI8 { input, output, window, walk, activation_min, activation_max };
            let kernels: &[Kernel<PoolI8>] = match operator {
                "MAX_POOL_2D" => &[generic::max_pool_i8, reference::max_pool_i8],
                _ => &[generic::average_pool_i8, reference::average_pool_i8],
            };
            assert!(pixel_scratch_bytes(c) <= 4096);
            check(kernels, &arguments, &[&x], &wanted, oh, &[]);
        }
    });
}

#[test]
fn resizing() {
    each(&["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"], |operator, mut case| {
        let parameters = ResizeParameters { align_corners: case.word() == "1", half_pixel_centers: case.word() == "1" };
        let [h, w, c, oh, ow] = case.numbers().try_into().expect("five numbers");
        let (x, wanted) = (case.bytes(), case.bytes());
        let (input, output) = (rows(0, h, w, c), rows(x.len(), oh, ow, c));
        let walk = Walk::Backward;
        if operator == "RESIZE_BILINEAR" {
            let arguments = ResizeBilinear { input, output, parameters, walk };
            check(&[generic::resize_bilinear_i8, reference::resize_bilinear_i8], &arguments, &[&x], &wanted, oh, &[]);
            return;
        }
        let sources = |input, output| {
            (0..output).flat_map(move |at| (nearest_source(at, input, output, parameters) as u16).to_le_bytes())
        };
        let constants: Vec<u8> = sources(h, oh).chain(sources(w, ow)).collect();
        let table = |offset, bytes| Span { region: Region::Constant, offset, bytes };
        let (row_sources, column_sources) = (table(0, 2 * oh), table(2 * oh, 2 * ow));
        let arguments = ResizeNearest { input, output, row_sources, column_sources, walk };
        check(&[generic::resize_nearest], &arguments, &[&x], &wanted, oh, &constants);
    });
}

#[test]
fn float_ends() {
    each(&["QUANTIZE_F32", "DEQUANTIZE"], |operator, mut case| {
        let (scale, zero_point) = case.wide_quantization();
        let (x, wanted) = (case.bytes(), case.bytes());
        let (input, output) = (span(0, x.len()), span(x.len(), wanted.len()));
        let arguments = Quantize { input, output, scale, zero_point, unsigned: false };
        let (kernel, units): (Kernel<Quantize>, _) = match operator {
            "DEQUANTIZE" => (generic::dequantize_8, x.len()),
            _ => (generic::quantize_f32, wanted.len()),
        };
        check(&[kernel], &arguments, &[&x], &wanted, units, &[]);
    });
}

#[test]
fn weighted_multipliers() {
    each(&["FULLY_CONNECTED", "CONV_2D"], |operator, mut case| {
        let (input, filter, output) = (case.float(), case.float(), case.float());
        let biases = case.bytes();
        let multiplier = weighted_multiplier(input, filter, output);
        let outputs: Vec<u8> = biases
            .chunks(4)
            .map(|bias| i32::from_le_bytes(bias.try_into().unwrap()))
            .map(|bias| requantize(bias, multiplier).clamp(-128, 127) as u8)
            .collect();
        assert_eq!(outputs, case.bytes(), "{operator}");
    });
}
