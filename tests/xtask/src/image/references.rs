//! Who refers to whom, as a graph over the image's named ranges; ranges without a name
//! (constants, tables) are nodes too, so that chains through tables of functions are seen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::elf::Image;

/// The graph; a node is known by its first address.
pub struct References {
    edges: BTreeMap<u64, BTreeSet<u64>>,
    names: BTreeMap<u64, String>,
    entry: u64,
}

impl References {
    /// Builds the graph of an image.
    pub fn new(image: &Image) -> Self {
        let mut names = BTreeMap::new();
        let mut ends = BTreeMap::new();
        for symbol in image.symbols.iter().filter(|symbol| symbol.size_bytes > 0) {
            names.entry(symbol.address).or_insert_with(|| symbol.name.clone());
            let end = symbol.address.saturating_add(symbol.size_bytes);
            let known = ends.entry(symbol.address).or_insert(end);
            *known = end.max(*known);
        }
        let named = |address: u64| {
            let (start, end) = ends.range(..=address).next_back()?;
            (address < *end).then_some(*start)
        };
        // Places that are referred to but have no name start a node of their own.
        let targets = image.references.iter().map(|(_, to)| *to);
        let nameless: BTreeSet<u64> = targets.filter(|to| named(*to).is_none()).collect();
        let node = |address: u64| named(address).or_else(|| nameless.range(..=address).next_back().copied());
        let mut edges: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for (from, to) in &image.references {
            if let (Some(from), Some(to)) = (node(*from), node(*to)) {
                edges.entry(from).or_default().insert(to);
            }
        }
        Self { edges, names, entry: image.entry }
    }

    /// The shortest chain of names from the start of the image to `target`; without one,
    /// the chain from something that refers to it.
    pub fn chain(&self, target: u64) -> Vec<String> {
        let from_entry = self.path(self.entry, target);
        let path = from_entry.unwrap_or_else(|| {
            let referrer = self.edges.iter().find(|(from, to)| **from != target && to.contains(&target));
            referrer.map_or(vec![target], |(from, _)| vec![*from, target])
        });
        path.iter().map(|address| self.name(*address)).collect()
    }

    fn path(&self, from: u64, target: u64) -> Option<Vec<u64>> {
        let mut parents = BTreeMap::from([(from, from)]);
        let mut pending = VecDeque::from([from]);
        while let Some(node) = pending.pop_front() {
            if node == target {
                let mut path = vec![node];
                let mut node = node;
                while let Some(parent) = parents.get(&node).filter(|parent| **parent != node) {
                    path.push(*parent);
                    node = *parent;
                }
                path.reverse();
                return Some(path);
            }
            for next in self.edges.get(&node).into_iter().flatten() {
                parents.entry(*next).or_insert_with(|| {
                    pending.push_back(*next);
                    node
                });
            }
        }
        None
    }

    fn name(&self, address: u64) -> String {
        self.names.get(&address).cloned().unwrap_or_else(|| format!("(constant at {address:#x})"))
    }
}

#[cfg(test)]
mod tests {
    use super::References;
    use crate::image::elf::{Image, Symbol};

    fn symbol(name: &str, address: u64) -> Symbol {
        Symbol { name: name.to_owned(), address, size_bytes: 16, section: 1, is_code: true }
    }

    #[test]
    fn finds_the_chain_through_a_table_without_a_name() {
        let image = Image {
            symbols: vec![symbol("reset", 0), symbol("kernel", 16), symbol("panic", 32)],
            // reset -> table at 0x104 -> kernel -> panic, and a table word of another object.
            references: vec![(4, 0x104), (0x108, 16), (20, 32), (0x100, 32), (8, 0x100)],
            ..Image::default()
        };
        let references = References::new(&image);
        assert_eq!(references.chain(16), ["reset", "(constant at 0x104)", "kernel"]);
        assert_eq!(references.chain(32), ["reset", "(constant at 0x100)", "panic"]);
    }

    #[test]
    fn without_a_way_from_the_entry_names_a_referrer() {
        let image = Image {
            symbols: vec![symbol("reset", 0), symbol("lost", 16), symbol("panic", 32)],
            references: vec![(20, 32)],
            ..Image::default()
        };
        assert_eq!(References::new(&image).chain(32), ["lost", "panic"]);
    }
}
