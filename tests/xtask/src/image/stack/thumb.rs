//! Thumb instructions as compilers use them for frames and calls.
//!
//! Encodings: Armv7-M and Armv8-M Architecture Reference Manuals, "Alphabetical list of instructions". An instruction
//! that is not named here writes no stack pointer and leads to the next one.

use super::step::{Change, Code, Flow, InstructionSet, Register, Step, signed};

const SP: u32 = 13;
const LR: u32 = 14;
const PC: u32 = 15;

/// Instructions looked back over for the value of a register.
const LOOK_BACK: usize = 12;

/// Armv6-M, Armv7-M and Armv8-M.
pub struct Thumb;

impl InstructionSet for Thumb {
    fn step(&self, code: &Code<'_>, address: u64) -> Option<Step> {
        let first = code.half(address)?;
        if first >> 11 < 0b11101 { narrow(code, address, first) } else { wide(code, address, first) }
    }

    fn loaded_from(&self, code: &Code<'_>, call: u64, register: Register) -> Option<u32> {
        for address in before(code, call) {
            let first = code.half(address)?;
            let register = u32::from(register);
            if first >> 11 < 0b11101 {
                // LDR (immediate), T1.
                if first >> 11 == 0b01101 && first & 7 == register {
                    return Some((first >> 6 & 0x1f) * 4);
                }
                let moved = first >> 4 & 8 | first & 7;
                if moved == register || first & 7 == register || first >> 8 & 7 == register {
                    return None;
                }
            } else {
                let second = code.half(address + 2)?;
                // LDR (immediate), T3.
                if first & 0xfff0 == 0xf8d0 && second >> 12 == register {
                    return Some(second & 0xfff);
                }
                let fields = [second >> 12, second >> 8 & 15, first & 15];
                if fields.contains(&register) && !is_store(first) {
                    return None;
                }
            }
        }
        None
    }

    fn addresses(&self, code: &Code<'_>) -> Vec<u64> {
        let mut found = Vec::new();
        for (start, end) in code.constants {
            let words = (start.next_multiple_of(4)..*end).step_by(4);
            found.extend(words.filter_map(|at| code.word(at)).filter(|word| word & 1 == 1).map(|w| u64::from(w & !1)));
        }
        let mut low = [0u32; 16];
        let mut at = code.start;
        while at < code.end() {
            if !code.is_code(at) {
                at += 2;
                continue;
            }
            let Some(step) = self.step(code, at) else { break };
            if let (4, Some(first), Some(second)) = (step.length, code.half(at), code.half(at + 2)) {
                let half = (first & 15) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xff;
                let register = (second >> 8 & 15) as usize;
                match first & 0xfbf0 {
                    // MOVW, then MOVT.
                    0xf240 => low[register] = half,
                    0xf2c0 => found.push(u64::from((half << 16 | low[register]) & !1)),
                    _ => {}
                }
            }
            at += step.length;
        }
        found
    }
}

fn is_store(first: u32) -> bool {
    matches!(first & 0xfff0, 0xf8c0 | 0xf880 | 0xf8a0 | 0xf840)
}

fn narrow(code: &Code<'_>, address: u64, half: u32) -> Option<Step> {
    let step = Step::plain(2);
    let count = |list: u32| 4 * list.count_ones();
    let target = |offset: i32| (address + 4).wrapping_add_signed(i64::from(offset));
    let (destination, source) = (half >> 4 & 8 | half & 7, half >> 3 & 15);
    Some(match half {
        0xb400..=0xb5ff => step.changing(Change::Down(count(half & 0x1ff))),
        0xbc00..=0xbdff if half & 0x100 != 0 => step.changing(Change::Up(count(half & 0x1ff))).flowing(Flow::Return),
        0xbc00..=0xbdff => step.changing(Change::Up(count(half & 0x1ff))),
        0xb000..=0xb07f => step.changing(Change::Up((half & 0x7f) * 4)),
        0xb080..=0xb0ff => step.changing(Change::Down((half & 0x7f) * 4)),
        0xa800..=0xafff => step.changing(Change::Remember((half >> 8 & 7) as u8, (half & 0xff) * 4)),
        // MOV and ADD of high registers.
        0x4600..=0x46ff if destination == SP => step.changing(restored(code, address, source)),
        0x4600..=0x46ff if destination == PC && source == LR => step.flowing(Flow::Return),
        0x4400..=0x44ff if destination == SP => step.changing(added(code, address, source, 1)),
        0x4400..=0x44ff | 0x4600..=0x46ff if destination == PC => step.flowing(Flow::Table),
        0x4600..=0x46ff if source == SP => step.changing(Change::Remember(destination as u8, 0)),
        0x4700..=0x477f if source == LR => step.flowing(Flow::Return),
        0x4700..=0x477f => step.flowing(Flow::JumpRegister(source as u8)),
        0x4780..=0x47ff => step.flowing(Flow::CallRegister(source as u8)),
        0xd000..=0xddff => step.flowing(Flow::Branch(target(signed(half, 8) * 2))),
        0xde00..=0xdeff => step.flowing(Flow::Stop),
        0xe000..=0xe7ff => step.flowing(Flow::Jump(target(signed(half, 11) * 2))),
        // CBZ and CBNZ.
        _ if half & 0xf500 == 0xb100 => {
            step.flowing(Flow::Branch(target(((half >> 9 & 1) << 6 | (half >> 3 & 0x1f) << 1) as i32)))
        }
        0xbf00..=0xbfff if half & 15 != 0 => Step { conditional_after: 4 - (half & 15).trailing_zeros() as u8, ..step },
        _ => step,
    })
}

fn wide(code: &Code<'_>, address: u64, first: u32) -> Option<Step> {
    let second = code.half(address + 2)?;
    let step = Step::plain(4);
    let (base, destination) = (first & 15, second >> 8 & 15);
    if first & 0xf800 == 0xf000 && second & 0x8000 != 0 {
        return Some(branch(step, address, first, second));
    }
    let change = match first {
        0xe92d => Change::Down(4 * second.count_ones()),
        0xe8bd => Change::Up(4 * second.count_ones()),
        // VPUSH and VPOP.
        0xed2d | 0xed6d if second & 0x0e00 == 0x0a00 => Change::Down(4 * (second & 0xff)),
        0xecbd | 0xecfd if second & 0x0e00 == 0x0a00 => Change::Up(4 * (second & 0xff)),
        _ if first & 0xfe00 == 0xe800 || first & 0xfe00 == 0xec00 => indexed_block(first, second),
        // LDR, STR and their kin with an 8-bit offset that is written back.
        _ if first & 0xfe80 == 0xf800 && base == SP && second & 0x0900 == 0x0900 => {
            moved(second & 0xff, second >> 9 & 1 == 1)
        }
        _ if first & 0xff70 == 0xf850 && second >> 12 == SP => Change::Unknown,
        _ if first & 0xfa00 == 0xf000 => immediate(first >> 5 & 15, base, destination, expanded(first, second)),
        _ if first & 0xfa00 == 0xf200 => {
            let value = (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xff;
            match first >> 4 & 0x1f {
                0b00000 => immediate(ADD, base, destination, Some(value)),
                0b01010 => immediate(SUBTRACT, base, destination, Some(value)),
                _ if destination == SP => Change::Unknown,
                _ => Change::None,
            }
        }
        _ if first & 0xfe00 == 0xea00 && destination == SP => {
            let source = second & 15;
            match (first >> 5 & 15, base, second & 0x70f0) {
                (ADD, SP, 0) => added(code, address, source, 1),
                (SUBTRACT, SP, 0) => added(code, address, source, -1),
                (0b0010, PC, 0) => restored(code, address, source),
                _ => Change::Unknown,
            }
        }
        _ if first & 0xff00 == 0xfa00 && destination == SP => Change::Unknown,
        _ => Change::None,
    };
    // LDM, LDR and TBB or TBH that write the program counter.
    let flow = if first == 0xe8bd && second & 0x8000 != 0 {
        Flow::Return
    } else if first & 0xff70 == 0xf850 && second >> 12 == PC {
        if base == SP { Flow::Return } else { Flow::Table }
    } else if first & 0xfff0 == 0xe8d0 && second & 0xffe0 == 0xf000 {
        Flow::Table
    } else {
        Flow::Next
    };
    Some(step.changing(change).flowing(flow))
}

const ADD: u32 = 0b1000;
const SUBTRACT: u32 = 0b1101;

/// An operation with a constant.
fn immediate(operation: u32, base: u32, destination: u32, value: Option<u32>) -> Change {
    match (operation, destination == SP, base == SP, value) {
        (ADD, true, true, Some(value)) => Change::Up(value),
        (SUBTRACT, true, true, Some(value)) => Change::Down(value),
        (ADD, true, false, Some(value)) => Change::Recall(base as u8, value as i32),
        (SUBTRACT, true, false, Some(value)) => Change::Recall(base as u8, -(value as i32)),
        (ADD, false, true, Some(value)) if destination != PC => Change::Remember(destination as u8, value),
        (_, true, _, _) => Change::Unknown,
        _ => Change::None,
    }
}

/// ThumbExpandImm, of the manuals' chapter on constants in data-processing instructions.
fn expanded(first: u32, second: u32) -> Option<u32> {
    let selector = (first >> 10 & 1) << 3 | second >> 12 & 7;
    let byte = second & 0xff;
    let rotation = selector << 1 | byte >> 7;
    match (selector, rotation) {
        (0, _) => Some(byte),
        (1..=3, _) => None,
        (_, rotation) => Some((byte | 0x80).rotate_right(rotation)),
    }
}

/// Blocks of registers and pairs, whose base register may be written back.
fn indexed_block(first: u32, second: u32) -> Change {
    let (is_up, writes_back) = (first >> 7 & 1 == 1, first >> 5 & 1 == 1);
    if first & 15 != SP || !writes_back {
        return Change::None;
    }
    // LDRD and STRD; others do not occur in compiled code.
    if first & 0xfe40 == 0xe840 { moved((second & 0xff) * 4, is_up) } else { Change::Unknown }
}

fn moved(bytes: u32, is_up: bool) -> Change {
    if is_up { Change::Up(bytes) } else { Change::Down(bytes) }
}

fn branch(step: Step, address: u64, first: u32, second: u32) -> Step {
    let (sign, j1, j2) = (first >> 10 & 1, second >> 13 & 1, second >> 11 & 1);
    let target = |offset: i32| (address + 4).wrapping_add_signed(i64::from(offset));
    let (i1, i2) = (1 ^ j1 ^ sign, 1 ^ j2 ^ sign);
    let far = sign << 24 | i1 << 23 | i2 << 22 | (first & 0x3ff) << 12 | (second & 0x7ff) << 1;
    match second & 0xd000 {
        0xd000 => step.flowing(Flow::Call(target(signed(far, 25)))),
        0x9000 => step.flowing(Flow::Jump(target(signed(far, 25)))),
        0x8000 if first >> 6 & 0xe != 0xe => {
            let near = sign << 20 | j2 << 19 | j1 << 18 | (first & 0x3f) << 12 | (second & 0x7ff) << 1;
            step.flowing(Flow::Branch(target(signed(near, 21))))
        }
        // UDF.W, and MSR to one of the stack pointers.
        0x8000 if first & 0xfff0 == 0xf7f0 && second & 0xf000 == 0xa000 => step.flowing(Flow::Stop),
        0x8000 if first & 0xffe0 == 0xf380 && matches!(second & 0xff, 8 | 9) => step.changing(Change::Unknown),
        // Hints, barriers, system registers, and Armv8.1-M's loops, whose ends are in the straight line too.
        _ => step,
    }
}

/// Addresses of the instructions before `address`, nearest first. Where lengths are ambiguous the walk from the
/// function's start decides.
fn before(code: &Code<'_>, address: u64) -> Vec<u64> {
    let mut addresses = Vec::new();
    let mut at = code.start;
    while at < address {
        if !code.is_code(at) {
            addresses.clear();
            at += 2;
            continue;
        }
        addresses.push(at);
        let Some(half) = code.half(at) else { break };
        at += if half >> 11 < 0b11101 { 2 } else { 4 };
    }
    addresses.reverse();
    addresses.truncate(LOOK_BACK);
    addresses
}

/// `mov sp, rX`: a frame register itself, or what was made of one just before. Anything else would be memory of a length
/// that only the running program knows.
fn restored(code: &Code<'_>, address: u64, source: u32) -> Change {
    if matches!(source, 7 | 11) {
        return Change::Recall(source as u8, 0);
    }
    let mut bytes = 0;
    for at in before(code, address) {
        let Some(half) = code.half(at) else { break };
        if half >> 11 == 0b00111 && half >> 8 & 7 == source {
            // SUB (immediate), T2: subs rX, #n.
            bytes += half & 0xff;
        } else if half >> 9 == 0b000_1111 && half & 7 == source && half >> 3 & 7 == 7 {
            // SUB (immediate), T1: subs rX, r7, #n.
            return Change::Recall(7, -((bytes + (half >> 6 & 7)) as i32));
        } else if half & 0xff00 == 0x4600 && half >> 3 & 15 == 7 && half & 7 == source {
            return Change::Recall(7, -(bytes as i32));
        } else {
            break;
        }
    }
    Change::Unknown
}

/// `add sp, rX` or `sub sp, rX` with a constant in the register: a literal, or MOVW.
fn added(code: &Code<'_>, address: u64, source: u32, sign: i64) -> Change {
    for at in before(code, address) {
        let Some(first) = code.half(at) else { return Change::Unknown };
        let value = if first >> 11 == 0b01001 && first >> 8 & 7 == source {
            // LDR (literal), T1.
            code.word(((at + 4) & !3) + u64::from((first & 0xff) * 4))
        } else if first & 0xfbf0 == 0xf240 && code.half(at + 2).is_some_and(|second| second >> 8 & 15 == source) {
            let second = code.half(at + 2).unwrap_or_default();
            Some((first & 15) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xff)
        } else {
            continue;
        };
        let bytes = value.map(|value| i64::from(value as i32) * sign);
        return bytes.map_or(Change::Unknown, |bytes| moved(bytes.unsigned_abs() as u32, bytes > 0));
    }
    Change::Unknown
}
