//! RV32 instructions, compressed ones too, as compilers use them for frames and calls.
//!
//! Encodings: The RISC-V Instruction Set Manual, volume I, "RV32/64G Instruction Set Listings" and "RVC Instruction Set
//! Listings".

use super::step::{Change, Code, Flow, InstructionSet, Register, Step, signed};

const RA: u32 = 1;
const SP: u32 = 2;
/// The second link register, which calls of outlined pieces of functions use.
const T0: u32 = 5;
const FRAME: u32 = 8;

/// Instructions looked back over for the value of a register.
const LOOK_BACK: usize = 12;

/// RV32I with M, A and C.
pub struct RiscV;

impl InstructionSet for RiscV {
    fn step(&self, code: &Code<'_>, address: u64) -> Option<Step> {
        let half = code.half(address)?;
        if half & 3 == 3 { wide(code, address, code.word(address)?) } else { compressed(code, address, half) }
    }

    fn loaded_from(&self, code: &Code<'_>, call: u64, register: Register) -> Option<u32> {
        for address in before(code, call) {
            let (half, register) = (code.half(address)?, u32::from(register));
            if half & 3 == 3 {
                let word = code.word(address)?;
                if word & 0x7f == 0x03 && word >> 12 & 7 == 2 && word >> 7 & 31 == register {
                    return u32::try_from(signed(word >> 20, 12)).ok();
                }
                let writes = !matches!(word & 0x7f, 0x23 | 0x63);
                if writes && word >> 7 & 31 == register {
                    return None;
                }
            } else {
                // C.LW.
                if half & 0xe003 == 0x4000 && (half >> 2 & 7) + 8 == register {
                    return Some((half >> 10 & 7) << 3 | (half >> 6 & 1) << 2 | (half >> 5 & 1) << 6);
                }
                let fields = [half >> 7 & 31, (half >> 2 & 7) + 8, (half >> 7 & 7) + 8];
                let is_store = matches!(half & 0xe003, 0xc000 | 0xc002);
                if !is_store && fields.contains(&register) {
                    return None;
                }
            }
        }
        None
    }

    fn addresses(&self, code: &Code<'_>) -> Vec<u64> {
        let (mut found, mut high) = (Vec::new(), [None; 32]);
        let mut at = code.start;
        while let Some(half) = code.half(at) {
            if half & 3 != 3 {
                // C.LUI and C.ADDI.
                let register = (half >> 7 & 31) as usize;
                let value = signed((half >> 12 & 1) << 5 | half >> 2 & 31, 6);
                match half & 0xe003 {
                    0x6001 => high[register] = Some((value << 12) as u32),
                    0x0001 => found.extend(high[register].map(|high: u32| u64::from(high.wrapping_add_signed(value)))),
                    _ => {}
                }
                at += 2;
                continue;
            }
            let Some(word) = code.word(at) else { break };
            let (register, base) = ((word >> 7 & 31) as usize, (word >> 15 & 31) as usize);
            match word & 0x7f {
                0x37 => high[register] = Some(word & 0xffff_f000),
                0x17 => high[register] = Some((at as u32).wrapping_add(word & 0xffff_f000)),
                0x13 if word >> 12 & 7 == 0 => {
                    let low = signed(word >> 20, 12);
                    found.extend(high[base].map(|high: u32| u64::from(high.wrapping_add_signed(low))));
                }
                _ => {}
            }
            at += 4;
        }
        found
    }
}

fn moved(bytes: i32) -> Change {
    if bytes < 0 { Change::Down(bytes.unsigned_abs()) } else { Change::Up(bytes.unsigned_abs()) }
}

fn target(address: u64, offset: i32) -> u64 {
    u64::from((address as u32).wrapping_add_signed(offset))
}

fn wide(code: &Code<'_>, address: u64, word: u32) -> Option<Step> {
    let step = Step::plain(4);
    let (destination, base, function) = (word >> 7 & 31, word >> 15 & 31, word >> 12 & 7);
    let immediate = signed(word >> 20, 12);
    Some(match word & 0x7f {
        // ADDI and ANDI.
        0x13 if destination == SP && function == 0 && base == SP => step.changing(moved(immediate)),
        0x13 if destination == SP && function == 0 && base == FRAME => {
            step.changing(Change::Recall(FRAME as u8, immediate))
        }
        0x13 if destination == SP && function == 7 && base == SP && (-immediate as u32).is_power_of_two() => {
            step.changing(Change::Align(-immediate as u32))
        }
        0x13 if function == 0 && base == SP && immediate >= 0 && destination != SP => {
            step.changing(Change::Remember(destination as u8, immediate as u32))
        }
        // ADD and SUB.
        0x33 if destination == SP && base == SP && word & 0xbe00_7000 == 0 => {
            let sign = if word >> 30 & 1 == 1 { -1 } else { 1 };
            step.changing(added(code, address, word >> 20 & 31, sign))
        }
        0x6f => {
            let offset =
                (word >> 31) << 20 | (word >> 12 & 0xff) << 12 | (word >> 20 & 1) << 11 | (word >> 21 & 0x3ff) << 1;
            let to = target(address, signed(offset, 21));
            step.flowing(if destination == 0 { Flow::Jump(to) } else { Flow::Call(to) })
        }
        0x67 => {
            let to = absolute(code, address, base).map(|high| u64::from(high.wrapping_add_signed(immediate)));
            step.flowing(match (destination, to) {
                (0, _) if matches!(base, RA | T0) && to.is_none() => Flow::Return,
                (0, Some(to)) => Flow::Jump(to),
                (0, None) => Flow::JumpRegister(base as u8),
                (_, Some(to)) => Flow::Call(to),
                (_, None) => Flow::CallRegister(base as u8),
            })
        }
        0x63 => {
            let offset = (word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 0x3f) << 5 | (word >> 8 & 15) << 1;
            step.flowing(Flow::Branch(target(address, signed(offset, 13))))
        }
        // MRET.
        0x73 if word == 0x3020_0073 => step.flowing(Flow::Return),
        0x03 | 0x13 | 0x17 | 0x2f | 0x33 | 0x37 | 0x73 if destination == SP => step.changing(Change::Unknown),
        _ => step,
    })
}

fn compressed(code: &Code<'_>, address: u64, half: u32) -> Option<Step> {
    let step = Step::plain(2);
    let (register, second) = (half >> 7 & 31, half >> 2 & 31);
    let small = signed((half >> 12 & 1) << 5 | second, 6);
    let jump = || {
        let offset = (half >> 12 & 1) << 11
            | (half >> 8 & 1) << 10
            | (half >> 9 & 3) << 8
            | (half >> 6 & 1) << 7
            | (half >> 7 & 1) << 6
            | (half >> 2 & 1) << 5
            | (half >> 11 & 1) << 4
            | (half >> 3 & 7) << 1;
        target(address, signed(offset, 12))
    };
    Some(match (half & 3, half >> 13) {
        (0, 0) if half == 0 => step.flowing(Flow::Stop),
        // C.ADDI4SPN.
        (0, 0) => {
            let bytes = (half >> 11 & 3) << 4 | (half >> 7 & 15) << 6 | (half >> 6 & 1) << 2 | (half >> 5 & 1) << 3;
            step.changing(Change::Remember((second & 7) as u8 + 8, bytes))
        }
        (1, 0) if register == SP => step.changing(moved(small)),
        (1, 1) => step.flowing(Flow::Call(jump())),
        (1, 5) => step.flowing(Flow::Jump(jump())),
        // C.ADDI16SP.
        (1, 3) if register == SP => {
            let bytes = (half >> 12 & 1) << 9
                | (half >> 3 & 3) << 7
                | (half >> 5 & 1) << 6
                | (half >> 2 & 1) << 5
                | (half >> 6 & 1) << 4;
            step.changing(moved(signed(bytes, 10)))
        }
        (1, 6 | 7) => {
            let offset = (half >> 12 & 1) << 8
                | (half >> 5 & 3) << 6
                | (half >> 2 & 1) << 5
                | (half >> 10 & 3) << 3
                | (half >> 3 & 3) << 1;
            step.flowing(Flow::Branch(target(address, signed(offset, 9))))
        }
        (2, 4) if second == 0 && half >> 12 & 1 == 0 => {
            step.flowing(if matches!(register, RA | T0) { Flow::Return } else { Flow::JumpRegister(register as u8) })
        }
        (2, 4) if second == 0 && register != 0 => step.flowing(match absolute(code, address, register) {
            Some(to) => Flow::Call(u64::from(to)),
            None => Flow::CallRegister(register as u8),
        }),
        (2, 4) if second == 0 => step,
        (2, 4) if half >> 12 & 1 == 0 && register == SP => {
            step.changing(if second == FRAME { Change::Recall(FRAME as u8, 0) } else { Change::Unknown })
        }
        (2, 4) if half >> 12 & 1 == 0 && second == SP => step.changing(Change::Remember(register as u8, 0)),
        (2, 4) if half >> 12 & 1 == 1 && register == SP => step.changing(added(code, address, second, 1)),
        (1, 2) | (2, 0 | 2) if register == SP => step.changing(Change::Unknown),
        _ => step,
    })
}

/// Addresses of the instructions before `address`, nearest first.
fn before(code: &Code<'_>, address: u64) -> Vec<u64> {
    let mut addresses = Vec::new();
    let mut at = code.start;
    while at < address {
        addresses.push(at);
        let Some(half) = code.half(at) else { break };
        at += if half & 3 == 3 { 4 } else { 2 };
    }
    addresses.reverse();
    addresses.truncate(LOOK_BACK);
    addresses
}

/// The upper part that AUIPC has put into the register with the instruction before.
fn absolute(code: &Code<'_>, address: u64, register: u32) -> Option<u32> {
    let at = *before(code, address).first()?;
    let word = code.word(at).filter(|word| word & 0x7f == 0x17 && word >> 7 & 31 == register)?;
    Some((at as u32).wrapping_add(word & 0xffff_f000))
}

/// `add sp, sp, rX` or `sub sp, sp, rX` with a constant that LUI and ADDI, or one of them, have made.
fn added(code: &Code<'_>, address: u64, source: u32, sign: i32) -> Change {
    let mut low = 0i32;
    for at in before(code, address) {
        let Some(half) = code.half(at) else { return Change::Unknown };
        let total = |value: i32| moved(value.wrapping_add(low).wrapping_mul(sign));
        if half & 3 == 3 {
            let Some(word) = code.word(at) else { return Change::Unknown };
            let (destination, base) = (word >> 7 & 31, word >> 15 & 31);
            match word & 0x7f {
                0x37 if destination == source => return total((word & 0xffff_f000) as i32),
                0x13 if destination == source && word >> 12 & 7 == 0 && base == 0 => {
                    return total(signed(word >> 20, 12));
                }
                0x13 if destination == source && word >> 12 & 7 == 0 && base == source => low += signed(word >> 20, 12),
                0x23 | 0x63 => {}
                _ if destination == source => return Change::Unknown,
                _ => {}
            }
        } else if half >> 7 & 31 == source {
            let small = signed((half >> 12 & 1) << 5 | half >> 2 & 31, 6);
            match half & 0xe003 {
                0x0001 => low += small,
                0x4001 => return total(small),
                0x6001 => return total(small << 12),
                _ => return Change::Unknown,
            }
        }
    }
    Change::Unknown
}
