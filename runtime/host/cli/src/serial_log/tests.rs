//! Frames made here by hand, whole, garbled and between text.

use super::image::{Entry, LogTable};
use super::rzcobs;
use super::{Event, Stream};

/// A generator for hostile bytes.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.word() >> 16) as usize % limit
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.word() >> 16) as u8).collect()
    }
}

/// The encoder as boards have it: groups of seven bytes with a map of their zeros, and runs without one.
fn encode(message: &[u8]) -> Vec<u8> {
    let (mut coded, mut run, mut map, mut filled) = (Vec::new(), 0u8, 0u8, 0u8);
    for &byte in message {
        if filled < 7 {
            match byte {
                0 => map |= 1 << filled,
                byte => coded.push(byte),
            }
            filled += 1;
            if filled == 7 && map != 0 {
                coded.push(map);
                (map, filled) = (0, 0);
            }
            continue;
        }
        if byte == 0 {
            coded.push(run | 0x80);
            (run, map, filled) = (0, 0, 0);
            continue;
        }
        coded.push(byte);
        run += 1;
        if run == 127 {
            coded.push(0xFF);
            (run, map, filled) = (0, 0, 0);
        }
    }
    match filled {
        0 => {}
        7 => coded.push(run | 0x80),
        filled => coded.push((map | 0xFF << filled) & 0x7F),
    }
    coded
}

fn table() -> LogTable {
    let entry =
        |level, format: &str| Entry { level, format: format.into(), crate_name: "board".into(), location: None };
    let entries = [
        (1, entry(None, "{=u32}")),
        (2, entry(None, "{=str}")),
        (3, entry(None, "Off|On {=u8}|Wide({=?})")),
        (4, entry(None, "{=?}")),
        (10, entry(Some("info"), "started")),
        (11, entry(Some("error"), "{} of {=str}, {=u16:#x}, {=bool}")),
        (12, entry(Some("debug"), "{=[u8]:a} {=[u8;2]:x} {=[?]} {=char}")),
        (13, entry(Some("warn"), "{=i8} {=i64} {=f32} {0=i8:04}")),
        (14, entry(Some("trace"), "{0=0..4} {0=4..12:b} {1=?}")),
        (15, entry(Some("info"), "{=?} {=__internal_Display}")),
        (16, entry(Some("info"), "{=u64:tms} {=u64:ts} {=istr} {=usize:us}")),
        (97, entry(Some("info"), "deep {=?}")),
    ];
    LogTable { entries: entries.into(), timestamp: Some("{=u32:us}".into()) }
}

/// A frame of format `number` at 1.5 seconds.
fn frame(number: u16, arguments: &[u8]) -> Vec<u8> {
    let mut message = number.to_le_bytes().to_vec();
    message.extend(1_500_000u32.to_le_bytes());
    message.extend(arguments);
    encode(&message)
}

fn text(number: u16, arguments: &[u8]) -> String {
    let message = table().decode(&frame(number, arguments)).expect("a frame");
    assert_eq!(message.timestamp, "1.500000");
    message.message
}

/// `zero` between pieces as boards of this project write it.
fn paired(frame: &[u8]) -> Vec<u8> {
    [&[0], frame, &[0]].concat()
}

fn read(table: Option<LogTable>, bytes: &[u8], piece_bytes: usize) -> Vec<String> {
    let (mut stream, mut found) = (Stream::new(table), Vec::new());
    let mut hear = |event: Event| {
        found.push(match event {
            Event::Text { text } => format!("text {text}"),
            Event::Log(message) => format!("{} {}", message.level, message.message),
            Event::Garbled { bytes, .. } => format!("garbled {bytes}"),
        });
    };
    bytes.chunks(piece_bytes).for_each(|piece| stream.receive(piece, &mut hear));
    stream.end(&mut hear);
    found
}

#[test]
fn coding_and_back() {
    let mut random = Random(1);
    for length in 0..400 {
        let mut message = random.bytes(length);
        message.iter_mut().for_each(|byte| *byte = if random.below(12) == 0 { 0 } else { *byte });
        let coded = encode(&message);
        assert!(!coded.contains(&0));
        let back = rzcobs::decode(&coded).expect("what was coded");
        assert_eq!(&back[..length], &message[..], "{length}");
        assert!(back.len() - length < 8 && back[length..].iter().all(|&byte| byte == 0));
    }
    assert_eq!(rzcobs::decode(&[]), Some(vec![]));
    assert_eq!(rzcobs::decode(&[1, 0x40]), None, "six bytes are missing");
    assert_eq!(rzcobs::decode(&[0x7F, 0, 0x7F]), None);
}

#[test]
fn every_type_is_read() {
    assert_eq!(text(10, &[]), "started");
    assert_eq!(text(11, b"\x01\0\x07\0\0\0\x03\0\0\0abc\xFF\x01\x01"), "7 of abc, 0x1ff, true");
    assert_eq!(
        text(12, b"\x02\0\0\0a\n\x01\xAB\x02\0\0\0\x01\0\x05\0\0\0\x06\0\0\0\xE4\0\0\0"),
        "b\"a\\n\" [1, ab] [5, 6] ä"
    );
    let numbers = [&[0x80][..], &(-5i64).to_le_bytes(), &1.5f32.to_le_bytes()].concat();
    assert_eq!(text(13, &numbers), "-128 -5 1.5 -128");
    assert_eq!(text(14, b"\xA5\x0F\x03\0\x01\x09"), "5 11111010 On 9");
    assert_eq!(text(14, b"\xA5\x0F\x03\0\x02\x03\0\0"), "5 11111010 Wide(Off)");
    assert_eq!(text(15, b"\x02\0\x02\0\0\0hi12.5\xFF"), "hi 12.5");
    let times = [&90_061_001u64.to_le_bytes()[..], &61u64.to_le_bytes(), &[2, 0], &2_000_001u32.to_le_bytes()].concat();
    assert_eq!(text(16, &times), "1:01:01:01.001 00:01:01 {=str} 2.000001");
}

#[test]
fn frames_of_another_image_are_refused() {
    let table = table();
    assert_eq!(table.decode(&frame(1, &[0; 4])), None, "a part of others is no line");
    assert_eq!(table.decode(&frame(99, &[])), None);
    assert_eq!(table.decode(&frame(11, b"\x01\0\x07\0\0\0\x03\0\0\0ab")), None, "cut short");
    assert_eq!(table.decode(&frame(10, &[7; 9])), None, "bytes are left");
    assert_eq!(table.decode(&frame(11, b"\x01\0\x07\0\0\0\xFF\xFF\xFF\xFFabc")), None, "a length beyond the end");
    // Formats within formats without end, and a list of four thousand million.
    let deep: Vec<u8> = [4, 0].repeat(200);
    assert_eq!(table.decode(&frame(97, &deep)), None);
    assert_eq!(table.decode(&frame(12, b"\0\0\0\0\x01\xAB\xFF\xFF\xFF\xFF\x0A\0")), None);
}

#[test]
fn text_and_frames_come_apart_in_order() {
    let stream = [
        b"output 0 7f80\n".to_vec(),
        paired(&frame(10, &[])),
        paired(&frame(15, b"\x02\0\x02\0\0\0hi12.5\xFF")),
        b"ticks 12\nmore".to_vec(),
        paired(&frame(10, &[])),
        b" text\n".to_vec(),
        paired(&frame(10, &[])),
        b"the end".to_vec(),
    ]
    .concat();
    let wanted = ["text output 0 7f80", "info started", "info hi 12.5", "text ticks 12", "text more", "info started"];
    let wanted = [&wanted[..], &["text  text", "info started", "text the end"]].concat();
    for piece_bytes in [1, 2, 3, 7, 1000] {
        assert_eq!(read(Some(table()), &stream, piece_bytes), wanted, "{piece_bytes}");
    }
}

#[test]
fn text_is_shown_when_its_line_ends() {
    let (mut stream, mut count) = (Stream::new(Some(table())), 0);
    stream.receive(b"first\nsec", &mut |_| count += 1);
    assert_eq!(count, 1);
    stream.receive(b"ond\n", &mut |_| count += 1);
    assert_eq!(count, 2);
}

#[test]
fn one_delimiter_behind_each_frame_will_do() {
    let mut stream = Vec::new();
    for _ in 0..5 {
        stream.extend(frame(11, b"\x01\0\x07\0\0\0\x03\0\0\0abc\xFF\x01\x01"));
        stream.push(0);
    }
    assert_eq!(read(Some(table()), &stream, 5), ["error 7 of abc, 0x1ff, true"; 5]);
}

#[test]
fn without_an_image_text_is_shown_and_frames_are_counted() {
    let frame = frame(13, &[0x80; 13]);
    let stream = [b"a\n".to_vec(), paired(&frame), b"b\n".to_vec()].concat();
    assert_eq!(read(None, &stream, 4), ["text a", &format!("garbled {}", frame.len()), "text b"]);
}

#[test]
fn a_lost_byte_costs_a_piece_or_two() {
    let piece = |number: usize| {
        let number = (number as u32).to_le_bytes();
        let arguments = [&[1, 0][..], &number, b"\x03\0\0\0abc\xFF\x01\x01"].concat();
        [format!("line {}\n", number[0]).into_bytes(), paired(&frame(11, &arguments))].concat()
    };
    let pieces: Vec<Vec<u8>> = (0..40).map(piece).collect();
    let whole = pieces.concat();
    let wanted = read(Some(table()), &whole, 64);
    assert_eq!(wanted.len(), 80);
    let mut random = Random(77);
    for round in 0..2000 {
        let mut stream = whole.clone();
        let at = random.below(stream.len());
        match round % 3 {
            0 => drop(stream.remove(at)),
            1 => stream[at] ^= 1 << random.below(8),
            _ => stream.insert(at, random.below(256) as u8),
        }
        let found = read(Some(table()), &stream, 1 + random.below(64));
        let kept = wanted.iter().filter(|line| found.contains(line)).count();
        assert!(kept >= 77, "{kept} of 80 after a fault at {at}");
    }
}

#[test]
fn hostile_bytes_are_told_as_such() {
    let mut random = Random(5);
    for round in 0..3000 {
        let length = random.below(600);
        let mut bytes = random.bytes(length);
        if round % 2 == 0 {
            // Numbers that exist, so that arguments are read.
            let numbers = [10, 11, 12, 13, 14, 15, 16, 97];
            let number = numbers[random.below(numbers.len())];
            let arguments = random.bytes(length.min(40));
            bytes = paired(&frame(number, &arguments));
        }
        let table = if round % 5 == 0 { None } else { Some(table()) };
        read(table, &bytes, 1 + random.below(90));
    }
    assert_eq!(read(Some(table()), &[1; 20_000], 999), ["garbled 16385"]);
}

#[test]
fn what_is_no_image_is_refused_with_a_reason() {
    let refused = |bytes: &[u8]| format!("{:#}", LogTable::read(bytes).unwrap_err());
    assert!(refused(b"no image").contains("not a readable ELF image"));
    let program = std::env::current_exe().and_then(std::fs::read).expect("a test can read its program");
    assert!(refused(&program).contains("--features defmt"));
    let mut random = Random(9);
    for _ in 0..50 {
        let mut bytes = program[..64 + random.below(4096)].to_vec();
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        let _ = LogTable::read(&bytes);
    }
}
