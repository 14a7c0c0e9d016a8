//! The deepest stack of a function with all that it calls.
//!
//! Calls of a function's address in a register go to every function whose address is stored or made anywhere in the
//! image. Where the register was loaded from a record (an operator's entry, a table of methods) at a known offset, only
//! functions that stand at that offset of a record count, and those that stand in no record.

use std::collections::{BTreeMap, BTreeSet};

use super::frame::{Callee, Frame};

/// Functions by address, and what their pointers may lead to.
#[derive(Debug, Default)]
pub struct Calls {
    /// Frames, or why there is none.
    pub frames: BTreeMap<u64, Result<Frame, String>>,
    /// Names.
    pub names: BTreeMap<u64, String>,
    /// Functions in records, with their offsets.
    pub in_records: BTreeSet<(u32, u64)>,
    /// Functions whose address stands elsewhere or is made by instructions.
    pub elsewhere: BTreeSet<u64>,
}

/// A bound and the calls that reach it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bound {
    /// Bytes.
    pub bytes: u32,
    /// The deepest chain: the depth on entry to each function, and its name.
    pub chain: Vec<(u32, String)>,
}

impl Calls {
    /// The bound of the function called `name`.
    ///
    /// # Errors
    /// A sentence: no such function, a recursion with the cycle's names, or a frame that cannot be read.
    pub fn bound_of(&self, name: &str) -> Result<Bound, String> {
        self.bound(self.function(name).ok_or(format!("no function {name} in the image"))?)
    }

    /// The function of that name.
    pub fn function(&self, name: &str) -> Option<u64> {
        self.names.iter().find(|(_, known)| *known == name).map(|(address, _)| *address)
    }

    /// The bound of the function at an address.
    ///
    /// # Errors
    /// As [`Self::bound_of`].
    pub fn bound(&self, function: u64) -> Result<Bound, String> {
        let mut search = Search { calls: self, edges: self.edges(), known: BTreeMap::new(), path: Vec::new() };
        let bytes = search.visit(function)?;
        let (mut chain, mut at, mut depth) = (Vec::new(), Some(function), 0);
        while let Some(address) = at {
            chain.push((depth, self.name(address)));
            let (_, next) = search.known.get(&address).copied().unwrap_or_default();
            at = next.map(|(callee, call_depth)| {
                depth += call_depth;
                callee
            });
        }
        Ok(Bound { bytes, chain })
    }

    fn name(&self, address: u64) -> String {
        self.names.get(&address).cloned().unwrap_or_else(|| format!("(code at {address:#x})"))
    }

    /// The function that contains an address: calls may lead into the middle of a piece of assembly.
    fn containing(&self, address: u64) -> Option<u64> {
        self.frames.range(..=address).next_back().map(|(start, _)| *start)
    }

    fn targets(&self, callee: Callee) -> Vec<u64> {
        match callee {
            Callee::At(address) => self.containing(address).into_iter().collect(),
            Callee::Pointer(offset) => {
                let at = |offset: u32| self.in_records.range((offset, 0)..=(offset, u64::MAX)).map(|(_, to)| *to);
                let records: BTreeSet<u64> = match offset {
                    Some(offset) if at(offset).next().is_some() => at(offset).collect(),
                    _ => self.in_records.iter().map(|(_, to)| *to).collect(),
                };
                records.union(&self.elsewhere).copied().collect()
            }
        }
    }
}

/// A function's bound, and the call that makes it deepest with the depth it is made at.
type Known = (u32, Option<(u64, u32)>);

/// Calls of one function: whom, and how deep the stack is then.
type Edges = BTreeMap<u64, Vec<(u64, u32)>>;

impl Calls {
    /// Who calls whom. A function in a record that leads back to the one that calls through the record is left out: an
    /// operator does not run operators. A way back through anything else is a recursion.
    fn edges(&self) -> Edges {
        let (mut edges, mut through_records) = (Edges::new(), Vec::new());
        for (function, frame) in &self.frames {
            for (callee, depth) in frame.iter().flat_map(|frame| &frame.calls) {
                for target in self.targets(*callee) {
                    let in_record = matches!(callee, Callee::Pointer(_)) && !self.elsewhere.contains(&target);
                    if in_record {
                        through_records.push((*function, target));
                    }
                    edges.entry(*function).or_default().push((target, *depth));
                }
            }
        }
        let leads_back: BTreeSet<(u64, u64)> =
            through_records.into_iter().filter(|(caller, target)| reaches(&edges, *target, *caller)).collect();
        for (caller, calls) in &mut edges {
            calls.retain(|(target, _)| !leads_back.contains(&(*caller, *target)));
        }
        edges
    }
}

fn reaches(edges: &Edges, from: u64, to: u64) -> bool {
    let (mut seen, mut pending) = (BTreeSet::from([from]), vec![from]);
    while let Some(function) = pending.pop() {
        if function == to {
            return true;
        }
        let calls = edges.get(&function).into_iter().flatten().map(|(target, _)| *target);
        pending.extend(calls.filter(|target| seen.insert(*target)).collect::<Vec<_>>());
    }
    false
}

struct Search<'c> {
    calls: &'c Calls,
    edges: Edges,
    known: BTreeMap<u64, Known>,
    path: Vec<u64>,
}

impl Search<'_> {
    fn visit(&mut self, function: u64) -> Result<u32, String> {
        if let Some((bytes, _)) = self.known.get(&function) {
            return Ok(*bytes);
        }
        if let Some(start) = self.path.iter().position(|known| *known == function) {
            let cycle = self.path.iter().skip(start).chain([&function]);
            let names: Vec<String> = cycle.map(|address| self.calls.name(*address)).collect();
            return Err(format!("recursion: {}", names.join(" -> ")));
        }
        let frame = match self.calls.frames.get(&function) {
            Some(Ok(frame)) => frame,
            Some(Err(reason)) => return Err(format!("{}: {reason}", self.calls.name(function))),
            None => return Err(format!("no code at {function:#x}")),
        };
        self.path.push(function);
        let (mut bytes, mut deepest) = (frame.bytes, None);
        for (target, depth) in self.edges.get(&function).cloned().unwrap_or_default() {
            let total = depth.saturating_add(self.visit(target)?);
            if total > bytes {
                (bytes, deepest) = (total, Some((target, depth)));
            }
        }
        self.path.pop();
        self.known.insert(function, (bytes, deepest));
        Ok(bytes)
    }
}
