//! The protocol on a board in memory: what a runner sends and gets, and what a hostile one sends.

use super::benchmark::Benchmark;
use super::command::{Command, Complaint};
use super::mlperf;
use crate::Verdict;
use crate::tests::{MemoryBoard, model};
use mote_engine::operators;
use std::borrow::ToOwned;
use std::format;
use std::string::String;
use std::vec::Vec;

const START: &str = "m-timestamp-mode-performance\r\nm-lap-us-1\r\nm-init-done\r\nm-ready\r\n";

/// All that a device answers to `sent` in pieces of `piece_bytes`, after its introduction; and the pin's changes.
fn conversation(sent: &[u8], piece_bytes: usize) -> (String, Vec<bool>) {
    let mut board = MemoryBoard::default();
    board.serial.received.extend(sent);
    board.serial.piece_bytes = piece_bytes;
    let mut memory = [0u8; 3 * model::ELEMENTS + 64];
    assert_eq!(mlperf(&mut board, &model::file(), &mut memory, operators::generic()), Verdict::Right);
    let all = String::from_utf8(board.serial.sent).unwrap();
    (all.strip_prefix(START).unwrap_or_else(|| panic!("{all}")).to_owned(), board.pin.0)
}

fn answer(sent: &str) -> String {
    let answers = conversation(sent.as_bytes(), usize::MAX).0;
    answers.strip_suffix("m-ready\r\n").unwrap_or_else(|| panic!("{answers}")).to_owned()
}

/// The last command's answer.
fn last_answer(sent: &str) -> String {
    let all = answer(sent);
    all.rsplit_once("m-ready\r\n").map_or(all.clone(), |(_, last)| last.to_owned())
}

const SAMPLE: &str = "db load 16%db 800102030405067F%db ff80ff00ff00FF00%";

#[test]
fn answers_as_the_reference_does() {
    assert_eq!(answer("name%"), "m-name-dut-[memory]\r\n");
    assert_eq!(answer("timestamp%"), "m-lap-us-2\r\n");
    assert_eq!(answer("profile%"), "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[unnamed]\r\n");
    assert!(answer("help%").starts_with("ULPMark for tinyML Firmware V0.0.1\r\n\r\nhelp         : "));
    assert_eq!(answer("db load 16%"), "m-[Expecting 16 bytes]\r\n");
    assert_eq!(last_answer(SAMPLE), "m-load-done\r\n");
    let printed = "m-buffer-80-01-02-03-04-05-06-7f\r\nm-buffer-ff-80-ff-00-ff-00-ff-00\r\n";
    assert_eq!(last_answer(&format!("{SAMPLE}db print%")), printed);
}

#[test]
fn infers_between_two_timestamps_with_the_pin_high() {
    let results = "m-results-[0.000,0.504,0.508,0.512,0.516,0.520,0.523,0.996,\
                   0.496,0.000,0.496,0.500,0.496,0.500,0.496,0.500]\r\n";
    let expected = |count: u32, warm_ups: u32| {
        format!(
            "m-warmup-start-{warm_ups}\r\nm-warmup-done\r\nm-infer-start-{count}\r\nm-lap-us-2\r\nm-lap-us-3\r\n\
             m-infer-done\r\n{results}"
        )
    };
    assert_eq!(last_answer(&format!("{SAMPLE}infer 3 2%")), expected(3, 2));
    assert_eq!(last_answer(&format!("{SAMPLE}infer%")), expected(1, 10));
    assert_eq!(last_answer(&format!("{SAMPLE}infer 1 0%results%")), results);
    let (_, pin) = conversation(format!("{SAMPLE}infer 3 2%").as_bytes(), usize::MAX);
    assert_eq!(pin, [true, false]);
}

#[test]
fn pieces_make_no_difference() {
    let sent = format!("name%{SAMPLE}infer 1 0%\r\nresults%\r\n");
    let whole = conversation(sent.as_bytes(), usize::MAX);
    for piece_bytes in [1, 2, 3, 7, 31] {
        assert_eq!(conversation(sent.as_bytes(), piece_bytes), whole, "pieces of {piece_bytes}");
    }
}

#[test]
fn nothing_is_answered_before_the_end_of_a_command() {
    assert_eq!(conversation(b"name", usize::MAX).0, "");
    assert_eq!(conversation(&[0; 10_000], usize::MAX).0, "");
}

#[test]
fn commands_that_are_too_long_are_refused_whole() {
    let longest = "x".repeat(80);
    assert_eq!(answer(&format!("{longest}%")), format!("e-[Unknown command: {longest}]\r\n"));
    for characters in [81, 200, 100_000] {
        let refused = "e-[Command longer than 80 characters]\r\n";
        let sent = format!("{}%", "x".repeat(characters));
        assert_eq!(answer(&sent), refused);
        assert_eq!(last_answer(&format!("{sent}name%")), "m-name-dut-[memory]\r\n", "the next command is whole again");
        let digits = format!("db load 16%db {}%infer 1 0%", "00".repeat(characters));
        assert_eq!(last_answer(&digits), "e-[No complete input: 'db load N', then 'db HEX']\r\n");
    }
}

#[test]
fn wrong_digits_append_nothing() {
    let after = |text: &str| last_answer(&format!("db load 4%db 0102%db {text}%"));
    assert_eq!(after("123"), "e-[Insufficent number of hex digits]\r\n");
    assert_eq!(after("03g4"), "e-[Invalid hex digit g4]\r\n");
    assert_eq!(after("03]["), "e-[Invalid hex digit ??]\r\n");
    assert_eq!(last_answer("db load 4%db 0102%db 03 4%db 03x4%db print%"), "m-buffer-01-02-03\r\n");
    assert_eq!(last_answer("db load 4%db 0102%db 030405060708%db print%"), "m-buffer-01-02-03-04\r\n");
}

#[test]
fn commands_in_the_wrong_order_are_refused() {
    let incomplete = "e-[No complete input: 'db load N', then 'db HEX']\r\n";
    assert_eq!(answer("infer 1 0%"), incomplete);
    assert_eq!(last_answer("db load 16%db 00%infer 1 0%"), incomplete);
    assert_eq!(last_answer(&format!("{SAMPLE}db load 16%infer 1 0%")), incomplete);
    assert_eq!(
        last_answer("db load 4%db 00000000%infer 1 0%"),
        "e-[The input has another length than the model's]\r\n"
    );
    assert_eq!(answer("db 00%"), "e-[Command 'db load' must come first]\r\n");
    assert_eq!(last_answer("db load 2%db 0000%db 00%"), "e-[Command 'db load' must come first]\r\n");
    assert_eq!(answer("db print%"), "");
}

#[test]
fn sizes_and_counts_that_cannot_be_are_refused() {
    assert_eq!(answer("db load 65%"), "e-[Supplied buffer size 65 exceeds maximum of 64]\r\n");
    assert_eq!(answer("db load 4294967295%"), "e-[Supplied buffer size 4294967295 exceeds maximum of 64]\r\n");
    assert_eq!(last_answer("db load 4%db load 4000000000%db 00%"), "e-[Command 'db load' must come first]\r\n");
    for size in ["0", "-1", "4294967296", "1x", "99999999999999999999"] {
        assert_eq!(answer(&format!("db load {size}%")), "e-[Command 'db load' must be >0 bytes]\r\n", "{size}");
    }
    assert_eq!(answer("db%"), "e-[Command 'db' requires a subcommand]\r\n");
    assert_eq!(answer("db load%"), "e-[Command 'db load' requires the # of bytes]\r\n");
    for count in ["0", "-5", "x", "4294967296"] {
        assert_eq!(answer(&format!("infer {count} 0%")), "e-[Inference iterations must be >0]\r\n", "{count}");
    }
    assert_eq!(answer("infer 1 -1%"), "e-[Inference warmup must be >=0]\r\n");
}

#[test]
fn what_is_no_command_is_told_without_its_control_characters() {
    assert_eq!(answer("%"), "e-[Unknown command: ]\r\n");
    assert_eq!(answer("names%"), "e-[Unknown command: names]\r\n");
    let (forged, _) = conversation(b"x]\r\nm-ready\x1b\xff%", usize::MAX);
    assert_eq!(forged, "e-[Unknown command: x???m-ready??]\r\nm-ready\r\n");
}

#[test]
fn results_before_any_inference_are_what_the_memory_holds() {
    // The engine gives outputs whenever no run is under way; the reference prints its tensor as it is too.
    assert!(answer("results%").starts_with("m-results-["));
}

#[test]
fn commands_are_read_word_by_word() {
    assert_eq!(Command::parse(b"infer  7   1 junk"), Command::Infer { count: 7, warm_ups: 1 });
    assert_eq!(Command::parse(b"db load 490"), Command::Load(490));
    let unknown = Command::Wrong(Complaint { text: "Unknown command: ", word: b"Name" });
    assert_eq!(Command::parse(b"Name"), unknown);
}

#[test]
fn benchmarks_are_told_by_the_models_name() {
    for (model, name) in [
        ("kws01_dscnn_int8", "kws01"),
        ("vww01_mobilenetv1_int8", "vww01"),
        ("ic01_resnet_int8", "ic01"),
        ("ad01_autoencoder_int8", "ad01"),
        ("digits", "digits"),
    ] {
        assert_eq!(Benchmark::of(model).name, name);
    }
    assert_eq!(Benchmark::of("ad01").sample_bytes(640, 640), 2560);
    assert_eq!(Benchmark::of("vww01").sample_bytes(27648, 27648), 27648);
}
