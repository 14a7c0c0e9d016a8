//! Custom operators: hostile records, operands that no custom operator may have, several outputs, scratch and slices.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use core::ops::Range;
use mote_engine::operators::{self, CustomMemory, CustomOperator, CustomWork};
use mote_engine::{Fault, Model, Operation, OperatorEntry, OperatorSet, Reason, Refusal, Session};
use mote_format::parameters::CustomParameters;
use mote_format::write::{ModelToWrite, OperatorToWrite, write_model};
use mote_format::{Location, OpCode};
use support::{ELEMENTS, complement, model, tensor};

/// Two inputs, two outputs (sum and difference, wrapping); a unit is four elements; the sum is made in scratch.
struct SumAndDifference;

static ENTRY: OperatorEntry = OperatorEntry::custom::<SumAndDifference>();
static SET: OperatorSet<'static> = &[&operators::LOOKUP_8, &ENTRY];

impl CustomOperator for SumAndDifference {
    const NAME: &'static str = "SUM_AND_DIFFERENCE";

    fn check(operation: &Operation<'_>, options: &[u8]) -> Result<CustomWork, Refusal> {
        operation.expect_operands(2, 2)?;
        if options != b"options" {
            return Err(Refusal::Parameter);
        }
        let units = operation.output(0)?.elements() / 4;
        Ok(CustomWork { units, work_per_unit: 4, scratch_bytes: ELEMENTS as usize })
    }

    fn run(_: &Operation<'_>, _: &[u8], memory: &mut CustomMemory<'_, '_>, units: Range<usize>) -> Result<(), Fault> {
        assert!(memory.bytes(2).is_err());
        let elements = units.start * 4..units.end * 4;
        let bytes = memory.bytes(0)?;
        assert!(bytes.input(2).is_err());
        let (a, b) = (bytes.input(0)?, bytes.input(1)?);
        for at in elements.clone() {
            bytes.scratch[at] = a[at].wrapping_add(b[at]);
        }
        bytes.output[elements.clone()].copy_from_slice(&bytes.scratch[elements.clone()]);
        let bytes = memory.bytes(1)?;
        let (a, b) = (bytes.input(0)?, bytes.input(1)?);
        for at in elements {
            bytes.output[at] = a[at].wrapping_sub(b[at]);
        }
        Ok(())
    }
}

fn parameters(name: &str) -> Vec<u8> {
    CustomParameters { name, options: b"options" }.to_bytes()
}

/// Input 0; its complement; sum and difference of both; the difference's complement is the output beside the sum.
fn example() -> ModelToWrite {
    let arena = Location::Arena;
    // The second output stands between the inputs, the first behind them.
    let tensors = vec![
        tensor(arena, 0, 0, 2),
        tensor(arena, 32, 1, 2),
        tensor(arena, 48, 2, 4),
        tensor(arena, 16, 2, 3),
        tensor(arena, 0, 3, 4),
    ];
    let code = OpCode::custom(SumAndDifference::NAME);
    let custom = OperatorToWrite {
        code,
        inputs: vec![0, 1],
        outputs: vec![2, 3],
        parameters: parameters(SumAndDifference::NAME),
    };
    let mut example = model(tensors, vec![complement(0, 1), custom, complement(3, 4)], 0);
    example.outputs = vec![2, 4];
    example.header.scratch_bytes = ELEMENTS;
    example.header.arena_bytes += ELEMENTS;
    example
}

fn refusal(change: impl FnOnce(&mut ModelToWrite)) -> (Reason, String, String) {
    let mut model = example();
    change(&mut model);
    let error = Model::parse(&write_model(&model), SET).map(drop).expect_err("must be refused");
    (error.reason, error.custom_operator.as_str().into(), error.to_string())
}

#[test]
fn outputs_inputs_and_scratch_are_apart() {
    let file = write_model(&example());
    let model = Model::parse(&file, SET).expect("valid");
    for budget in [1, 5, u32::MAX] {
        let mut arena = [0xAA; 80];
        let mut session = Session::new(&model, &mut arena, &mut []).expect("enough");
        let input: Vec<u8> = (0..16u8).map(|i| i.wrapping_mul(29).wrapping_add(7)).collect();
        session.input(0).unwrap().copy_from(&input).unwrap();
        let mut slices = 1;
        while session.poll(budget).expect("runs").is_pending() {
            slices += 1;
        }
        assert!(budget != 1 || slices >= 4 + 2, "{slices}");
        // x + !x = 255, and !(x − !x) = !(2 x + 1).
        assert_eq!(session.output(0).unwrap().bytes, [255; 16]);
        let expected: Vec<u8> = input.iter().map(|&x| !x.wrapping_mul(2).wrapping_add(1)).collect();
        assert_eq!(session.output(1).unwrap().bytes, expected);
    }
}

#[test]
fn hostile_records_are_refused() {
    let with = |parameters: Vec<u8>| refusal(|m| m.operators[1].parameters = parameters).0;
    assert_eq!(with(vec![]), Reason::Refused(Refusal::Parameter));
    assert_eq!(with(vec![1]), Reason::Refused(Refusal::Parameter));
    assert_eq!(with(b"\xffSUM".to_vec()), Reason::Refused(Refusal::Parameter));
    assert_eq!(with(parameters("SUM_AND_DIFFERENC")), Reason::Refused(Refusal::Name));
    assert_eq!(with(parameters("")), Reason::Refused(Refusal::Name));
    let mut other_options = parameters(SumAndDifference::NAME);
    other_options.pop();
    assert_eq!(with(other_options), Reason::Refused(Refusal::Parameter));
    assert_eq!(refusal(|m| m.header.scratch_bytes = 15).0, Reason::Refused(Refusal::Scratch));
}

#[test]
fn a_missing_operator_is_named_whatever_the_name() {
    let missing = |parameters: Vec<u8>| {
        let (reason, name, text) = refusal(|m| {
            m.operators[1].code = OpCode(0xFFFF);
            m.operators[1].parameters = parameters;
        });
        assert_eq!(reason, Reason::MissingOperator(OpCode(0xFFFF)));
        (name, text)
    };
    let (name, text) = missing(parameters("NOT_HERE"));
    assert_eq!(name, "NOT_HERE");
    assert!(text.starts_with("operator 1: custom operator 'NOT_HERE' is not in this operator set"), "{text}");
    let longest = "N".repeat(63);
    assert_eq!(missing(parameters(&longest)).0, longest);
    // No name that a terminal would take for something else.
    for hostile in [parameters(&"N".repeat(64)), b"\x02\xff\xfe".to_vec(), b"\x04\x1b[2J".to_vec(), vec![], vec![9, 65]]
    {
        let (name, text) = missing(hostile);
        assert_eq!(name, "");
        assert!(text.contains("without a readable name") && text.chars().all(|c| !c.is_control()), "{text}");
    }
    // The engine's own operators have no such name, whatever stands in their parameters.
    let (_, name, text) = refusal(|m| {
        m.operators[1].code = OpCode(999);
        m.operators[1].parameters = parameters("NOT_HERE");
    });
    assert!(name.is_empty() && text.contains("(code 999)"), "{text}");
}

#[test]
fn operands_no_custom_operator_may_have_are_refused() {
    let placement = Reason::Refused(Refusal::Placement);
    assert_eq!(refusal(|m| m.operators[1].outputs[1] = 0).0, placement);
    assert_eq!(refusal(|m| m.operators[1].inputs = vec![0; 33]).0, Reason::Refused(Refusal::OperandCount));
    assert_eq!(refusal(|m| m.operators[1].outputs.clear()).0, Reason::Refused(Refusal::OperandCount));
    assert_eq!(refusal(|m| m.operators[1].inputs[0] = 99).0, Reason::Refused(Refusal::OperandCount));
    // Elements of four bytes on an odd address.
    let unaligned = refusal(|m| {
        for (tensor, offset) in m.tensors.iter_mut().zip([1, 33, 49, 17, 1]) {
            tensor.offset = offset;
            tensor.element_type = mote_format::ElementType::I32;
            tensor.zero_point = 0;
            tensor.shape = mote_format::Shape::new(&[4]).unwrap();
        }
        m.header.arena_bytes += 1;
        m.operators.remove(0);
        m.operators.truncate(1);
        m.tensors.truncate(4);
        m.tensors[1].first_step = 0;
        m.inputs = vec![0, 1];
        m.outputs = vec![2, 3];
        for tensor in &mut m.tensors[..2] {
            tensor.last_step = 1;
        }
        for tensor in &mut m.tensors[2..] {
            (tensor.first_step, tensor.last_step) = (1, 2);
        }
    });
    assert_eq!(unaligned.0, placement);
    // An output on an input that is still live, as everywhere.
    assert_eq!(refusal(|m| m.tensors[3].offset = 32).0, Reason::Overlap);
}

#[test]
fn random_changes_never_panic() {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let file = write_model(&example());
    for _ in 0..if cfg!(miri) { 50 } else { 50_000 } {
        let mut bytes = file.clone();
        for _ in 0..1 + random() % 3 {
            let at = random() % bytes.len().min(450);
            bytes[at] = random() as u8;
        }
        let Ok(model) = Model::parse(&bytes, SET) else { continue };
        let header = model.header();
        if header.arena_bytes > 1 << 16 || header.state_bytes > 1 << 16 {
            continue;
        }
        let mut arena = vec![0; header.arena_bytes as usize];
        let mut memory = vec![0; header.state_bytes as usize];
        let mut session = Session::new(&model, &mut arena, &mut memory).expect("as much as the header says");
        let _ = session.run();
    }
}
