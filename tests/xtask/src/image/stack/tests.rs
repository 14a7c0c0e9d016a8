//! Frames and bounds of hand-encoded code.

use std::collections::BTreeMap;

use super::frame::{self, Callee, Frame};
use super::riscv::RiscV;
use super::step::{Change, Code, Flow, InstructionSet, Step};
use super::thumb::Thumb;
use super::{Calls, calls};
use crate::image::elf::{Image, InstructionSetKind, Section, Symbol};

fn halves(halves: &[u16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_le_bytes()).collect()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn step(set: &dyn InstructionSet, bytes: &[u8]) -> Step {
    let code = Code { start: 0x1000, bytes, constants: &[] };
    set.step(&code, 0x1000).unwrap()
}

fn read(set: &dyn InstructionSet, bytes: &[u8]) -> Result<Frame, String> {
    frame::read(set, &Code { start: 0x1000, bytes, constants: &[] })
}

#[test]
fn thumb_stack_changes() {
    let cases: [(&[u16], Change); 14] = [
        (&[0xb5f0], Change::Down(20)),               // push {r4-r7, lr}
        (&[0xbcf0], Change::Up(16)),                 // pop {r4-r7}
        (&[0xb08b], Change::Down(44)),               // sub sp, #44
        (&[0xb00b], Change::Up(44)),                 // add sp, #44
        (&[0xaf03], Change::Remember(7, 12)),        // add r7, sp, #12
        (&[0x46bd], Change::Recall(7, 0)),           // mov sp, r7
        (&[0xe92d, 0x4ff0], Change::Down(36)),       // push.w {r4-r11, lr}
        (&[0xe8bd, 0x8ff0], Change::Up(36)),         // pop.w {r4-r11, pc}
        (&[0xf84d, 0x8d04], Change::Down(4)),        // str r8, [sp, #-4]!
        (&[0xf85d, 0x8b04], Change::Up(4)),          // ldr r8, [sp], #4
        (&[0xed2d, 0x8b10], Change::Down(64)),       // vpush {d8-d15}
        (&[0xf5ad, 0x7d20], Change::Down(640)),      // sub.w sp, sp, #640
        (&[0xf1a7, 0x0d10], Change::Recall(7, -16)), // sub.w sp, r7, #16
        (&[0x468d], Change::Unknown),                // mov sp, r1
    ];
    for (code, change) in cases {
        assert_eq!(step(&Thumb, &halves(code)).change, change, "{code:04x?}");
    }
}

#[test]
fn thumb_flow() {
    let cases: [(&[u16], Flow); 11] = [
        (&[0x4770], Flow::Return),                 // bx lr
        (&[0x4718], Flow::JumpRegister(3)),        // bx r3
        (&[0x4798], Flow::CallRegister(3)),        // blx r3
        (&[0xe7fe], Flow::Jump(0x1000)),           // b .
        (&[0xd0fe], Flow::Branch(0x1000)),         // beq .
        (&[0xb118], Flow::Branch(0x100a)),         // cbz r0, .+10
        (&[0xf000, 0xf80e], Flow::Call(0x1020)),   // bl .+32
        (&[0xf7ff, 0xfffe], Flow::Call(0x1000)),   // bl .
        (&[0xf000, 0xb80e], Flow::Jump(0x1020)),   // b.w .+32
        (&[0xf43f, 0xaffe], Flow::Branch(0x1000)), // beq.w .
        (&[0xe8df, 0xf000], Flow::Table),          // tbb [pc, r0]
    ];
    for (code, flow) in cases {
        assert_eq!(step(&Thumb, &halves(code)).flow, flow, "{code:04x?}");
    }
}

#[test]
fn riscv_stack_changes_and_flow() {
    let cases: [(&[u8], Change, Flow); 11] = [
        (&words(&[0xfd01_0113]), Change::Down(48), Flow::Next), // addi sp, sp, -48
        (&words(&[0xff04_0113]), Change::Recall(8, -16), Flow::Next), // addi sp, s0, -16
        (&words(&[0xff01_7113]), Change::Align(16), Flow::Next), // andi sp, sp, -16
        (&halves(&[0x7139]), Change::Down(64), Flow::Next),     // c.addi16sp sp, -64
        (&halves(&[0x1141]), Change::Down(16), Flow::Next),     // c.addi sp, -16
        (&halves(&[0x0080]), Change::Remember(8, 64), Flow::Next), // c.addi4spn s0, sp, 64
        (&halves(&[0x8082]), Change::None, Flow::Return),       // c.jr ra
        (&halves(&[0x9602]), Change::None, Flow::CallRegister(12)), // c.jalr a2
        (&halves(&[0x8602]), Change::None, Flow::JumpRegister(12)), // c.jr a2
        (&words(&[0x0000_006f]), Change::None, Flow::Jump(0x1000)), // j .
        (&words(&[0x0081_2103]), Change::Unknown, Flow::Next),  // lw sp, 8(sp)
    ];
    for (code, change, flow) in cases {
        let step = step(&RiscV, code);
        assert_eq!((step.change, step.flow), (change, flow), "{code:02x?}");
    }
    // auipc ra, 0; jalr 32(ra)
    let call = words(&[0x0000_0097, 0x0200_80e7]);
    assert_eq!(read(&RiscV, &call).unwrap().calls, BTreeMap::from([(Callee::At(0x1020), 0)]));
    // lui t0, 1; addi t0, t0, -96; sub sp, sp, t0; ret
    let large = words(&[0x0000_12b7, 0xfa02_8293, 0x4051_0133, 0x0000_8067]);
    assert_eq!(read(&RiscV, &large).unwrap().bytes, 4000);
}

#[test]
fn a_frame_is_as_deep_as_its_deepest_way() {
    // cbz r0, end; push {r4, lr}; sub sp, #40; bl; add sp, #40; pop {r4, lr}; end: b.w
    let code = halves(&[0xb130, 0xb510, 0xb08a, 0xf000, 0xf880, 0xb00a, 0xe8bd, 0x4010, 0xf000, 0xb800 | 0x40]);
    let frame = read(&Thumb, &code).unwrap();
    assert_eq!(frame.bytes, 48);
    assert_eq!(frame.calls, BTreeMap::from([(Callee::At(0x110a), 48), (Callee::At(0x1094), 0)]));
}

#[test]
fn memory_whose_length_is_not_known_is_refused() {
    // push {r4, r6, r7, lr}; add r7, sp, #8; mov r1, sp; subs r0, r1, r0; mov sp, r0
    let code = halves(&[0xb5d0, 0xaf02, 0x4669, 0x1a08, 0x4685, 0x4770]);
    assert!(read(&Thumb, &code).unwrap_err().contains("0x1008"));
    // The large frame of Armv6-M: ldr r4, [pc, #0]; add sp, r4; bx lr; with -1040 behind it.
    let mut code = halves(&[0x4c00, 0x44a5, 0x4770]);
    code.splice(0..2, halves(&[0x4c01]));
    code.extend(halves(&[0xbf00]));
    code.extend((-1040i32).to_le_bytes());
    let constants = [(0x1008, 0x100c)];
    let code = Code { start: 0x1000, bytes: &code, constants: &constants };
    assert_eq!(frame::read(&Thumb, &code).unwrap().bytes, 1040);
}

/// An image of functions, each 16 bytes from 0x1000 on, and a record of two function addresses at 0x2000.
fn image(functions: &[(&str, &[u16])], record: &[u32]) -> Image {
    let mut image = Image { instruction_set: InstructionSetKind::Thumb, ..Image::default() };
    let mut code = Vec::new();
    for (name, instructions) in functions {
        let address = 0x1000 + code.len() as u64;
        let size_bytes = 2 * instructions.len() as u64;
        code.extend(halves(instructions));
        code.resize(code.len().next_multiple_of(16), 0);
        image.symbols.push(Symbol { name: (*name).to_owned(), address, size_bytes, section: 1, is_code: true });
    }
    let section = |index, address, bytes: &Vec<u8>, is_code| Section {
        name: String::new(),
        index,
        address,
        is_code,
        size_bytes: bytes.len() as u64,
        is_stored: true,
    };
    let data = words(record);
    image.sections = vec![section(1, 0x1000, &code, true), section(2, 0x2000, &data, false)];
    let size_bytes = data.len() as u64;
    image.symbols.push(Symbol { name: "ENTRY".into(), address: 0x2000, size_bytes, section: 2, is_code: false });
    image.stored = vec![(0x1000, code), (0x2000, data)];
    image
}

fn bound(calls: &Calls, name: &str) -> u32 {
    calls.bound_of(name).unwrap().bytes
}

#[test]
fn calls_through_a_record_go_where_its_offset_says() {
    let image = image(
        &[
            // push {r4, lr}; ldr r2, [r0, #4]; blx r2; pop {r4, pc}
            ("first", &[0xb510, 0x6842, 0x4790, 0xbd10]),
            // sub sp, #80; add sp, #80; bx lr
            ("shallow", &[0xb094, 0xb014, 0x4770]),
            // sub sp, #400; add sp, #400; bx lr
            ("deep", &[0xb0e4, 0xb064, 0x4770]),
            // push {r4, lr}; blx r2 with r2 from elsewhere; pop {r4, pc}
            ("anywhere", &[0xb510, 0x4790, 0xbd10]),
        ],
        &[0x1021, 0x1011],
    );
    let calls = calls(&image);
    assert_eq!(bound(&calls, "first"), 8 + 80);
    assert_eq!(bound(&calls, "anywhere"), 8 + 400);
    let chain = calls.bound_of("anywhere").unwrap().chain;
    assert_eq!(chain, [(0, "anywhere".to_owned()), (8, "deep".to_owned())]);
}

#[test]
fn recursion_names_its_cycle() {
    // Each: push {r4, lr}; bl to the other; pop {r4, pc}
    let image = image(&[("even", &[0xb510, 0xf000, 0xf805, 0xbd10]), ("odd", &[0xb510, 0xf7ff, 0xfff5, 0xbd10])], &[]);
    let error = calls(&image).bound_of("even").unwrap_err();
    assert_eq!(error, "recursion: even -> odd -> even");
}

#[test]
fn an_operator_does_not_run_operators() {
    // runs: push {r4, lr}; blx r2; pop {r4, pc}, standing in the record itself beside a function of a user.
    let image = image(&[("runs", &[0xb510, 0x4790, 0xbd10]), ("users", &[0xb094, 0xb014, 0x4770])], &[0x1001, 0x1011]);
    assert_eq!(bound(&calls(&image), "runs"), 8 + 80);
}
