//! The application on a board made of a buffer: what is printed, and what is answered to bytes that are no model.

use crate::{Board, Printer, Verdict, bench, fill_counting, fill_seeded, first_result, hello};
use mote_engine::{ElementType, operators};
use std::string::String;
use std::vec::Vec;

/// A board in memory: its clock counts readings, its serial line is a buffer.
#[derive(Default)]
struct Bench {
    ticks: u64,
    serial: Vec<u8>,
}

impl Board for Bench {
    fn ticks(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    fn write(&mut self, bytes: &[u8]) {
        self.serial.extend_from_slice(bytes);
    }

    fn paint_stack(&mut self) {}

    fn stack_used_bytes(&mut self) -> u32 {
        0
    }

    fn known_loop(&mut self, rounds: u32) -> u64 {
        self.ticks += u64::from(rounds) * 2;
        u64::from(rounds) * 2
    }

    fn exit(&mut self, verdict: Verdict) -> ! {
        panic!("{verdict:?}")
    }
}

fn printed(print: impl Fn(&mut Printer<'_, Bench>)) -> String {
    let mut board = Bench::default();
    print(&mut Printer(&mut board));
    String::from_utf8(board.serial).unwrap()
}

#[test]
fn numbers_are_printed_as_they_are_written() {
    for value in [0, 7, 10, 1_000_000, u32::MAX - 1, u32::MAX] {
        assert_eq!(printed(|p| p.decimal(value).end()), std::format!(" {value}\n"));
    }
    for value in [0, 0xABCD_EF01_2345_6789, u64::MAX] {
        assert_eq!(printed(|p| p.hexadecimal(value).end()), std::format!(" {value:016x}\n"));
    }
    assert_eq!(printed(|p| p.text("x ").bytes(&[0, 0x9A, 0xFF]).end()), "x 009aff\n");
}

#[test]
fn seeded_inputs_follow_the_formula() {
    // Computed by hand from the rule in SPEC.md for the first element of input 0 under seed 0.
    let mut u = 0x9E37_79B9_7F4A_7C15u64;
    u = (u ^ (u >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    u = (u ^ (u >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    u ^= u >> 31;
    let mut bytes = [0; 4];
    fill_seeded(ElementType::I8, &mut bytes, 0, 0);
    assert_eq!(bytes[0], (u >> 56) as u8);
    fill_seeded(ElementType::F32, &mut bytes, 0, 0);
    assert_eq!(f32::from_le_bytes(bytes), (u >> 40) as f32 / 16_777_216.0 * 2.0 - 1.0);
    fill_counting(&mut bytes);
    assert_eq!(bytes, [11, 48, 85, 122]);
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    let (mut board, mut memory) = (Bench::default(), [0; 64]);
    assert_eq!(bench(&mut board, b"MOTE", &mut memory, operators::generic()), Verdict::Refused);
    let lines = String::from_utf8(board.serial).unwrap();
    assert!(lines.starts_with("empty 0000000000000001 0000000000000002\nloop 2 "), "{lines}");
    assert!(lines.ends_with("end 2\n"), "{lines}");
    assert_eq!(hello(&mut Bench::default(), &[], &mut memory, operators::generic()), Verdict::Refused);
    assert_eq!(first_result(&[], &mut memory, operators::generic()), Err(Verdict::Refused));
}
