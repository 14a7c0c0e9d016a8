//! The frame of one function: the deepest its own instructions take the stack, and how deep it is at each call.
//!
//! Every instruction is visited with the depth on entry to it, along all ways through the function. Where ways with
//! different depths meet, the deeper one counts. Code that only a table of jumps leads to is entered with the depth at
//! the jump.

use std::collections::BTreeMap;

use super::step::{Change, Code, Flow, InstructionSet, Register};

/// A frame deeper than this is taken for a loop that never stops growing.
const DEEPEST_BYTES: u32 = 1 << 20;

/// Whom a call reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callee {
    /// The function at this address.
    At(u64),
    /// A function whose address was loaded from this offset of a record; from an unknown place without an offset.
    Pointer(Option<u32>),
}

/// What one function does with the stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The deepest of its own instructions.
    pub bytes: u32,
    /// Its calls, each with the depth it is made at; the deepest of several calls of the same function.
    pub calls: BTreeMap<Callee, u32>,
}

/// Reads the frame of a function.
///
/// # Errors
/// A sentence, where the stack pointer gets a value that cannot be told from the code.
pub fn read(set: &dyn InstructionSet, code: &Code<'_>) -> Result<Frame, String> {
    let mut walk =
        Walk { set, code, depths: BTreeMap::new(), saved: BTreeMap::new(), table: None, frame: Frame::default() };
    walk.remember();
    walk.follow(code.start, 0)?;
    while let Some(address) = walk.unseen() {
        let depth = walk.table.unwrap_or(walk.frame.bytes);
        walk.follow(address, depth)?;
    }
    Ok(walk.frame)
}

struct Walk<'w> {
    set: &'w dyn InstructionSet,
    code: &'w Code<'w>,
    /// Depth on entry to each instruction that was visited.
    depths: BTreeMap<u64, u32>,
    /// Depth of what each register remembers; the deepest, so that bringing it back never frees too much.
    saved: BTreeMap<Register, i64>,
    /// The deepest jump through a table.
    table: Option<u32>,
    frame: Frame,
}

impl Walk<'_> {
    /// Registers are frame registers for all of a function: the first to remember is in its first block.
    fn remember(&mut self) {
        let (mut at, mut depth) = (self.code.start, 0i64);
        while let Some(step) = self.set.step(self.code, at) {
            match step.change {
                Change::Down(bytes) => depth += i64::from(bytes),
                Change::Remember(register, above) => {
                    self.saved.entry(register).or_insert(depth - i64::from(above));
                }
                _ => {}
            }
            if step.flow != Flow::Next {
                break;
            }
            at += step.length;
        }
    }

    /// Walks from an address on; further ways are kept and walked as well.
    fn follow(&mut self, address: u64, depth: u32) -> Result<(), String> {
        let mut pending = vec![(address, depth, 0u8)];
        while let Some((address, depth, conditional)) = pending.pop() {
            if !self.code.is_code(address) || self.depths.get(&address).is_some_and(|known| *known >= depth) {
                continue;
            }
            let Some(step) = self.set.step(self.code, address) else { continue };
            self.depths.insert(address, depth);
            let is_conditional = conditional > 0;
            let after = self.depth_after(step.change, depth, address)?;
            let after = if is_conditional { after.max(depth) } else { after };
            if after > DEEPEST_BYTES {
                return Err(format!("the stack grows without end at {address:#x}"));
            }
            self.frame.bytes = self.frame.bytes.max(after);
            let next = address + step.length;
            let conditional = conditional.saturating_sub(1).max(step.conditional_after);
            let mut go_on = is_conditional;
            match step.flow {
                Flow::Next => {
                    if !self.code.is_code(next) && next == self.code.end() {
                        // Falls into what stands behind it.
                        self.call(Callee::At(next), after);
                    }
                    go_on = true;
                }
                Flow::Branch(to) => {
                    self.jump(to, after, &mut pending);
                    go_on = true;
                }
                Flow::Jump(to) => self.jump(to, after, &mut pending),
                // Far jumps of Armv6-M are calls whose return address nobody wants.
                Flow::Call(to) if to > self.code.start && to < self.code.end() => {
                    self.jump(to, after, &mut pending);
                    go_on = true;
                }
                Flow::Call(to) => {
                    self.call(Callee::At(to), after);
                    go_on = true;
                }
                Flow::CallRegister(register) => {
                    self.call(Callee::Pointer(self.set.loaded_from(self.code, address, register)), after);
                    go_on = true;
                }
                Flow::JumpRegister(register) => {
                    // With something on the stack it cannot be the last call of the function.
                    if after == 0 {
                        self.call(Callee::Pointer(self.set.loaded_from(self.code, address, register)), after);
                    }
                    self.table = self.table.max(Some(after));
                }
                Flow::Table => self.table = self.table.max(Some(after)),
                Flow::Return | Flow::Stop => {}
            }
            if go_on {
                pending.push((next, after, conditional));
            }
        }
        Ok(())
    }

    fn jump(&mut self, to: u64, depth: u32, pending: &mut Vec<(u64, u32, u8)>) {
        if (self.code.start..self.code.end()).contains(&to) {
            pending.push((to, depth, 0));
        } else {
            self.call(Callee::At(to), depth);
        }
    }

    fn call(&mut self, callee: Callee, depth: u32) {
        let known = self.frame.calls.entry(callee).or_insert(depth);
        *known = depth.max(*known);
    }

    fn depth_after(&self, change: Change, depth: u32, address: u64) -> Result<u32, String> {
        Ok(match change {
            Change::None | Change::Remember(..) => depth,
            Change::Down(bytes) => depth.saturating_add(bytes),
            Change::Up(bytes) => depth.saturating_sub(bytes),
            Change::Align(bytes) => depth.saturating_add(bytes.saturating_sub(1)),
            Change::Recall(register, offset) => {
                let saved = self.saved.get(&register);
                let saved =
                    saved.ok_or(format!("the stack pointer is made from register {register} at {address:#x}"))?;
                u32::try_from(saved - i64::from(offset)).unwrap_or(0)
            }
            Change::Unknown => return Err(format!("the stack pointer is changed at {address:#x} in a way not known")),
        })
    }

    /// The first instruction no way has led to yet.
    fn unseen(&self) -> Option<u64> {
        let mut at = self.code.start;
        while at < self.code.end() {
            if !self.code.is_code(at) {
                at += 2;
                continue;
            }
            if !self.depths.contains_key(&at) {
                return Some(at);
            }
            at += self.set.step(self.code, at)?.length;
        }
        None
    }
}
