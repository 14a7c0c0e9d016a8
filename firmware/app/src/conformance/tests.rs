//! The application on a board made of a buffer, with right and with wrong kernels.

use super::conformance_of;
use crate::tests::{MemoryBoard, model};
use crate::{Verdict, conformance};
use core::ops::Range;
use mote_battery::families::{MAX_POOL, SOFTMAX};
use mote_battery::{AnyFamily, Family, Implementation, WORKSPACE_BYTES};
use mote_engine::operators;
use mote_kernels::arguments::SoftmaxI8;
use mote_kernels::{Fault, Memory, generic};
use std::string::String;
use std::vec;

fn printed(families: &[&dyn AnyFamily], memory_bytes: usize) -> (Verdict, String) {
    let (mut board, mut memory) = (MemoryBoard::default(), vec![0; memory_bytes]);
    let verdict = conformance_of(&mut board, families, &model::file(), &mut memory, operators::generic());
    (verdict, String::from_utf8(board.serial.sent).unwrap())
}

#[test]
fn every_kernel_passes_and_a_model_without_golden_vectors_is_refused() {
    let (mut board, mut memory) = (MemoryBoard::default(), vec![0; WORKSPACE_BYTES]);
    let verdict = conformance(&mut board, &model::file(), &mut memory, operators::generic());
    let text = String::from_utf8(board.serial.sent).unwrap();
    let cases: u32 = mote_battery::all().iter().map(|family| family.board_cases()).sum();
    assert!(text.starts_with("family conv2d_i8 1200 0 "), "{text}");
    assert!(text.ends_with(&std::format!("conformance {cases} 0\nend 2\n")), "{text}");
    assert_eq!(text.lines().count(), mote_battery::all().len() + 2);
    assert_eq!(verdict, Verdict::Refused);
}

/// Rounds one value the other way.
fn off_by_one(memory: &mut Memory<'_>, arguments: &SoftmaxI8, units: Range<usize>) -> Result<(), Fault> {
    generic::softmax_i8(memory, arguments, units)?;
    let bytes = memory.write(arguments.output)?;
    bytes.iter_mut().filter(|byte| **byte == 127).for_each(|byte| *byte = 126);
    Ok(())
}

#[test]
fn a_wrong_kernel_is_named_with_its_case_and_parameters() {
    static WRONG: [Implementation<SoftmaxI8>; 1] = [Implementation { name: "wrong", kernel: off_by_one }];
    let wrong = Family { implementations: &WRONG, ..SOFTMAX_COPY };
    let (verdict, text) = printed(&[&MAX_POOL, &wrong], WORKSPACE_BYTES);
    assert_eq!(verdict, Verdict::Differs);
    let different: std::vec::Vec<&str> = text.lines().filter(|line| line.starts_with("different")).collect();
    let [line] = &different[..] else { panic!("{text}") };
    assert!(line.starts_with("different softmax_i8 wrong "), "{line}");
    assert!(line.contains(" 127 126 input.region="), "{line}");
    assert!(line.contains(" difference_min=-") || line.contains(" difference_min=0"), "{line}");
    assert!(text.ends_with("end 1\n"), "{text}");
}

const SOFTMAX_COPY: Family<SoftmaxI8> = Family {
    name: "softmax_i8",
    board_cases: SOFTMAX.board_cases,
    generate: SOFTMAX.generate,
    reference: SOFTMAX.reference,
    implementations: SOFTMAX.implementations,
    refuses_beyond: SOFTMAX.refuses_beyond,
};

#[test]
fn too_little_memory_is_said() {
    let (verdict, text) = printed(&[&MAX_POOL], WORKSPACE_BYTES - 1);
    assert_eq!(verdict, Verdict::NoMemory);
    assert!(text.starts_with("conformance 0 0\n"), "{text}");
}
