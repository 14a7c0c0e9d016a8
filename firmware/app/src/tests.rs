//! The application on a board made of a buffer: what is printed, and what is answered to bytes that are no model.

mod memory_board;
pub mod model;

use crate::{Board, Printer, ResetCause, Verdict, bench, fill_counting, fill_seeded, first_result, hello, watchdog};
use embedded_storage::nor_flash::{NorFlash, NorFlashErrorKind, ReadNorFlash};
pub use memory_board::{MemoryBoard, Watchdog};
use mote_engine::{ElementType, operators};
use std::string::String;

fn printed(print: impl Fn(&mut Printer<'_, MemoryBoard>)) -> String {
    let mut board = MemoryBoard::default();
    print(&mut Printer(&mut board));
    String::from_utf8(board.serial.sent).unwrap()
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
    let (mut board, mut memory) = (MemoryBoard::default(), [0; 64]);
    assert_eq!(bench(&mut board, b"MOTE", &mut memory, operators::generic()), Verdict::Refused);
    let lines = String::from_utf8(board.serial.sent).unwrap();
    assert!(lines.starts_with("empty 0000000000000001 0000000000000002\nloop 2 "), "{lines}");
    assert!(lines.ends_with("end 2\n"), "{lines}");
    assert_eq!(hello(&mut MemoryBoard::default(), &[], &mut memory, operators::generic()), Verdict::Refused);
    assert_eq!(first_result(&[], &mut memory, operators::generic()), Err(Verdict::Refused));
}

#[test]
fn fixed_decimals() {
    for (value, decimals, text) in
        [(0, 0, "0"), (0, 3, "0.000"), (4, 3, "0.004"), (996, 3, "0.996"), (12_345, 3, "12.345"), (10, 1, "1.0")]
    {
        assert_eq!(printed(|p| p.fixed(value, decimals).end()), std::format!("{text}\n"));
    }
    assert_eq!(printed(|p| p.number(u64::MAX).end()), std::format!("{}\n", u64::MAX));
    assert_eq!(printed(|p| p.fixed(u64::MAX, 6).end()), "18446744073709.551615\n");
}

#[test]
fn microseconds_come_from_ticks() {
    let mut board = MemoryBoard { ticks: u64::from(u32::MAX) * 1_000_000, ..MemoryBoard::default() };
    assert_eq!(board.microseconds(), u64::from(u32::MAX) * 1_000_000 + 1);
}

#[test]
fn flash_made_of_memory_clears_bits_until_it_is_erased() {
    let mut board = MemoryBoard::default();
    let flash = board.flash();
    assert_eq!(flash.capacity(), 8192, "whole sectors only");
    assert_eq!(flash.erase(4096, 8192), Ok(()));
    assert_eq!(flash.write(4096, &[0xF0; 4]), Ok(()));
    assert_eq!(flash.write(4096, &[0x3C; 4]), Ok(()));
    let mut bytes = [0; 5];
    assert_eq!(flash.read(4096, &mut bytes), Ok(()));
    assert_eq!(bytes, [0x30, 0x30, 0x30, 0x30, 0xFF]);
    assert_eq!(flash.write(2, &[0; 4]), Err(NorFlashErrorKind::NotAligned));
    assert_eq!(flash.write(8192, &[0; 4]), Err(NorFlashErrorKind::OutOfBounds));
    assert_eq!(flash.erase(0, 100), Err(NorFlashErrorKind::NotAligned));
    assert_eq!(flash.read(8190, &mut bytes), Err(NorFlashErrorKind::OutOfBounds));
}

#[test]
fn a_watchdog_is_fed_in_slices_of_an_inference() {
    let file = model::file();
    let mut memory = [0u8; 64];
    let mut board = MemoryBoard { watchdog: Some(Watchdog::default()), ..MemoryBoard::default() };
    // This board's watchdog bites nobody, which the application notices.
    assert_eq!(watchdog(&mut board, &file, &mut memory, operators::generic()), Verdict::Stopped);
    let lines = String::from_utf8(board.serial.sent).unwrap();
    assert!(lines.starts_with("reset power-on\nwhole 1 timeout 1\nfed 32 longest "), "{lines}");
    assert!(lines.ends_with("unfed\n"), "{lines}");
    assert!(board.watchdog.unwrap().feeds >= 32, "{:?}", board.watchdog);
    let mut board = MemoryBoard::default();
    assert_eq!(watchdog(&mut board, &file, &mut memory, operators::generic()), Verdict::Right);
    assert!(String::from_utf8(board.serial.sent).unwrap().ends_with("watchdog none\n"));
    let mut board = MemoryBoard { reset_cause: ResetCause::Watchdog, ..MemoryBoard::default() };
    assert_eq!(watchdog(&mut board, &file, &mut memory, operators::generic()), Verdict::Right);
    assert_eq!(String::from_utf8(board.serial.sent).unwrap(), "reset watchdog\n");
}
