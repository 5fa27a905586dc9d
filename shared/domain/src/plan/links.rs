//! Which identifiers of a file belong together so far, and the last wave of each group.
//!
//! Rows that name an identifier in common are about one customer, or may come to be. A row may also change whom an
//! identifier leads to without naming it: where a customer's email is replaced, the old one is free for a later row. So
//! the order is kept within a whole group of identifiers that rows have linked, and not only for each identifier.
//!
//! Groups are exact up to a budget of memory. Identifiers that are first seen after that are kept as fingerprints
//! ([`Fingerprints`]): a row that names one of them again is in the tail, where everything is in file order.

use serde::{Deserialize, Serialize};

use super::fingerprints::Fingerprints;
use super::wave::Wave;

/// Bytes of a file for each identifier that is expected in it. Where there are more, a further table is begun.
const BYTES_AN_IDENTIFIER: u64 = 32;
/// Most bytes of the groups: room for thirty million identifiers of ten million rows.
const GROUPS_BUDGET: u64 = 320 * 1024 * 1024;
/// Most bytes of the fingerprints. With the groups and the pass itself, they fit into the splitter's memory
/// (infra/template.yaml).
const FINGERPRINTS_BUDGET: u64 = 600 * 1024 * 1024;
/// Smallest table, in bytes.
const SMALLEST: u64 = 64 * 1024;
/// Share of a table's places that are filled, in percent.
const FULL_PERCENT: u64 = 80;
/// Words that are saved at a time: 1 MiB.
const PIECE_WORDS: usize = 128 * 1024;

/// Marks a node as the root of its group; the low bits are the group's last wave.
const ROOT: u32 = 1 << 31;

/// The identifiers of a file so far, in groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// A node for each row that began a group: the root of its group, or a node nearer to it.
    nodes: Vec<u32>,
    /// Tables from identifiers to nodes. The last one takes new identifiers.
    tables: Vec<Table>,
    fingerprints: Fingerprints,
    budget: u64,
}

/// A table of fixed size from identifiers' hashes to nodes. A word is 32 bits of the hash and the node; 0 is a free place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Table {
    words: Vec<u64>,
    kept: u64,
}

impl Table {
    fn of_bytes(bytes: u64) -> Self {
        Self { words: vec![0; usize::try_from(bytes / 8).unwrap_or(1).max(1)], kept: 0 }
    }

    const fn is_full(&self) -> bool {
        self.kept * 100 >= self.words.len() as u64 * FULL_PERCENT
    }

    /// The place of an identifier: where it is, or the free one where it would be.
    fn place(&self, hash: u64) -> usize {
        // One half of the hash says where to look, the other one is compared.
        let mut at = (((hash & 0xffff_ffff) * self.words.len() as u64) >> 32) as usize;
        while self.words[at] != 0 && self.words[at] >> 32 != check(hash) {
            at = if at + 1 == self.words.len() { 0 } else { at + 1 };
        }
        at
    }

    fn node(&self, hash: u64) -> Option<u32> {
        match self.words[self.place(hash)] {
            0 => None,
            word => Some(word as u32),
        }
    }

    fn add(&mut self, hash: u64, node: u32) {
        let at = self.place(hash);
        self.words[at] = check(hash) << 32 | u64::from(node);
        self.kept += 1;
    }
}

/// The half of a hash that is compared, which is never 0.
const fn check(hash: u64) -> u64 {
    (hash >> 32) | 1
}

impl Links {
    /// None so far, of a file of this length in bytes.
    pub(super) fn for_file(bytes: u64) -> Self {
        Self::within(bytes, GROUPS_BUDGET, FINGERPRINTS_BUDGET)
    }

    fn within(file_bytes: u64, groups_budget: u64, fingerprints_budget: u64) -> Self {
        let expected = file_bytes / BYTES_AN_IDENTIFIER;
        let wanted = expected * 100 / FULL_PERCENT * 8;
        let table = Table::of_bytes(wanted.clamp(SMALLEST, (groups_budget * 3 / 4).max(SMALLEST)));
        let beyond = expected.saturating_sub(table.words.len() as u64 * FULL_PERCENT / 100);
        Self {
            nodes: Vec::new(),
            tables: vec![table],
            fingerprints: Fingerprints::expecting(beyond, fingerprints_budget),
            budget: groups_budget,
        }
    }

    /// The wave of a row with these identifiers' hashes: the first one after every wave of a group that it belongs to.
    pub(super) fn wave_of(&mut self, identifiers: &[u64]) -> Wave {
        let mut group: Option<u32> = None;
        let mut wave = Wave::FIRST;
        let mut is_new = false;
        for hash in identifiers {
            if let Some(node) = self.node(*hash) {
                let root = self.root(node);
                wave = wave.max(self.last_wave(root).next());
                group = Some(group.map_or(root, |group| self.join(group, root)));
            } else if self.fingerprints.contains(*hash) {
                wave = Wave::TAIL;
            } else {
                is_new = true;
            }
        }
        // What else the row links to an identifier of which only the fingerprint is kept is in file order from here on.
        let mut last = wave;
        if is_new {
            for hash in identifiers {
                if self.node(*hash).is_some() || wave == Wave::TAIL && self.fingerprints.contains(*hash) {
                    continue;
                }
                match self.room_for(group) {
                    Some(node) => {
                        group = Some(node);
                        self.add(*hash, node);
                    }
                    None => {
                        self.fingerprints.add(*hash);
                        last = Wave::TAIL;
                    }
                }
            }
        }
        if let Some(group) = group {
            let root = self.root(group);
            self.nodes[root as usize] = ROOT | u32::from(u8::from(last));
        }
        wave
    }

    fn node(&self, hash: u64) -> Option<u32> {
        self.tables.iter().rev().find_map(|table| table.node(hash))
    }

    fn root(&mut self, mut node: u32) -> u32 {
        loop {
            let parent = self.nodes[node as usize];
            if parent & ROOT != 0 {
                return node;
            }
            // Shorten the way for the next time.
            let grandparent = self.nodes[parent as usize];
            if grandparent & ROOT == 0 {
                self.nodes[node as usize] = grandparent;
            }
            node = parent;
        }
    }

    fn last_wave(&self, root: u32) -> Wave {
        Wave::try_from((self.nodes[root as usize] & 15) as u8).unwrap_or(Wave::TAIL)
    }

    /// Makes two groups one; gives its root.
    fn join(&mut self, first: u32, second: u32) -> u32 {
        if first != second {
            self.nodes[second as usize] = first;
        }
        first
    }

    /// The node for a new identifier of a row of this group: one of its own, if the row has no group yet. None if the
    /// budget is spent.
    fn room_for(&mut self, group: Option<u32>) -> Option<u32> {
        if self.tables.last().is_none_or(Table::is_full) && !self.grow() {
            return None;
        }
        if group.is_some() {
            return group;
        }
        let node = u32::try_from(self.nodes.len()).ok().filter(|node| node & ROOT == 0)?;
        if self.nodes.len() == self.nodes.capacity() {
            // Not doubled, so that the budget is not left behind.
            let more = (self.nodes.len() / 8).max(4_096);
            if self.bytes() + more as u64 * 4 > self.budget {
                return None;
            }
            self.nodes.reserve_exact(more);
        }
        self.nodes.push(ROOT);
        Some(node)
    }

    /// Begins a further table, unless the budget is spent.
    fn grow(&mut self) -> bool {
        let tables: u64 = self.tables.iter().map(|table| table.words.len() as u64 * 8).sum();
        let bytes = tables.min(self.budget.saturating_sub(self.bytes()));
        if bytes < SMALLEST {
            return false;
        }
        self.tables.push(Table::of_bytes(bytes));
        true
    }

    fn add(&mut self, hash: u64, node: u32) {
        if let Some(table) = self.tables.last_mut() {
            table.add(hash, node);
        }
    }

    fn bytes(&self) -> u64 {
        let words: usize = self.tables.iter().map(|table| table.words.len()).sum();
        words as u64 * 8 + self.nodes.capacity() as u64 * 4
    }

    /// Bytes that it has in memory, and in a snapshot.
    pub(super) fn total_bytes(&self) -> u64 {
        self.bytes() + self.fingerprints.bytes()
    }

    /// The lengths of what [`Links::save`] gives, in words of 8 bytes; [`Restored`] takes them.
    pub(super) fn shape(&self) -> Shape {
        Shape {
            nodes: self.nodes.len() as u64,
            tables: self.tables.iter().map(|table| table.words.len() as u64).collect(),
            fingerprints: self.fingerprints.shape(),
        }
    }

    /// The bytes of a piece, for pieces of 1 MiB or less counted from 0; none after the last one.
    pub(super) fn save(&self, piece: usize) -> Option<Vec<u8>> {
        let mut skip = piece;
        let mut nodes = self.nodes.chunks(2 * PIECE_WORDS);
        if skip < nodes.len() {
            let nodes = nodes.nth(skip)?;
            let mut bytes = Vec::with_capacity(nodes.len().next_multiple_of(2) * 4);
            for node in nodes {
                bytes.extend_from_slice(&node.to_le_bytes());
            }
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            return Some(bytes);
        }
        skip -= nodes.len();
        for table in &self.tables {
            let mut words = table.words.chunks(PIECE_WORDS);
            if skip < words.len() {
                let words = words.nth(skip)?;
                let mut bytes = Vec::with_capacity(words.len() * 8);
                for word in words {
                    bytes.extend_from_slice(&word.to_le_bytes());
                }
                return Some(bytes);
            }
            skip -= words.len();
        }
        self.fingerprints.save(skip)
    }
}

/// The lengths of saved links.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    nodes: u64,
    /// Words of 8 bytes of each table.
    tables: Vec<u64>,
    /// Buckets of each table of fingerprints.
    fingerprints: Vec<u64>,
}

impl Shape {
    /// Whether they fit into the budget.
    fn fits(&self) -> bool {
        let sum = |lengths: &[u64], first: u64| lengths.iter().try_fold(first, |sum, length| sum.checked_add(*length));
        sum(&self.tables, self.nodes.div_ceil(2)).is_some_and(|words| words <= (GROUPS_BUDGET + SMALLEST) / 8)
            && sum(&self.fingerprints, 0).is_some_and(|buckets| buckets <= (FINGERPRINTS_BUDGET + SMALLEST) / 64)
    }
}

/// Links that are read back.
#[derive(Debug, Default)]
pub(super) struct Restored {
    shape: Shape,
    links: Links,
}

impl Restored {
    /// Links of this shape, to be filled; none if they do not fit into the budget.
    pub(super) fn of_shape(shape: Shape) -> Option<Self> {
        if !shape.fits() {
            return None;
        }
        let fingerprints = Fingerprints::to_restore(FINGERPRINTS_BUDGET);
        let tables = shape
            .tables
            .iter()
            .map(|words| Table { words: Vec::with_capacity(usize::try_from(*words).unwrap_or(0)), kept: 0 });
        let links = Links {
            nodes: Vec::with_capacity(usize::try_from(shape.nodes).ok()?),
            tables: tables.collect(),
            fingerprints,
            budget: GROUPS_BUDGET,
        };
        Some(Self { shape, links })
    }

    /// Takes saved bytes, whole words only; gives how many bytes that were. Bytes past the last word are not taken.
    pub(super) fn push(&mut self, bytes: &[u8]) -> usize {
        let words = bytes.as_chunks::<8>().0;
        let mut left = words;
        while !self.has_all_nodes() {
            let Some((word, rest)) = left.split_first() else { break };
            self.take_nodes(u64::from_le_bytes(*word));
            left = rest;
        }
        for (table, length) in self.links.tables.iter_mut().zip(&self.shape.tables) {
            let missing = usize::try_from(*length).unwrap_or(usize::MAX) - table.words.len();
            let (taken, rest) = left.split_at(missing.min(left.len()));
            for word in taken {
                let word = u64::from_le_bytes(*word);
                table.kept += u64::from(word != 0);
                table.words.push(word);
            }
            left = rest;
        }
        while let Some((word, rest)) = left.split_first() {
            if !self.links.fingerprints.take(*word, &self.shape.fingerprints) {
                break;
            }
            left = rest;
        }
        (words.len() - left.len()) * 8
    }

    fn has_all_nodes(&self) -> bool {
        self.links.nodes.len() as u64 == self.shape.nodes
    }

    /// Takes two nodes, or the last one.
    fn take_nodes(&mut self, pair: u64) {
        self.links.nodes.push(pair as u32);
        if !self.has_all_nodes() {
            self.links.nodes.push((pair >> 32) as u32);
        }
    }

    /// The links, if all of their bytes were pushed and they lead nowhere else.
    pub(super) fn finish(self) -> Option<Links> {
        let nodes = self.links.nodes.len() as u32;
        let is_whole = self.links.shape() == self.shape
            && self.links.nodes.iter().all(|node| node & ROOT != 0 || *node < nodes)
            && self.links.tables.iter().flat_map(|table| &table.words).all(|word| *word == 0 || (*word as u32) < nodes);
        is_whole.then_some(self.links)
    }
}

/// The share of rows, from 0 to 1, that are in the tail by mistake, in a file of this length in bytes where no row shares
/// an identifier with another. The fingerprints fill up on the way, so this is the mean over the file.
pub fn mistaken_rows(bytes: u64, rows: u64, identifiers_a_row: u32) -> f64 {
    let links = Links::for_file(bytes);
    let places: u64 = links.tables.iter().map(|table| table.words.len() as u64 * FULL_PERCENT / 100).sum();
    // An identifier takes a word, and its row's node half of one.
    let exact = (GROUPS_BUDGET as f64 / (8.0 / 0.8 + 4.0 / f64::from(identifiers_a_row))).max(places as f64);
    let identifiers = rows as f64 * f64::from(identifiers_a_row);
    let beyond = (identifiers - exact).max(0.0);
    if beyond == 0.0 {
        return 0.0;
    }
    links.fingerprints.mistaken_rows(beyond, identifiers_a_row) * beyond / identifiers
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn hash(n: u64) -> u64 {
        xxh3_64(&n.to_le_bytes())
    }

    fn wave(number: u8) -> Wave {
        Wave::try_from(number).unwrap()
    }

    #[test]
    fn a_row_is_in_the_first_wave_after_all_rows_of_its_group() {
        let mut links = Links::for_file(0);
        assert_eq!(links.wave_of(&[1, 2].map(hash)), wave(0));
        assert_eq!(links.wave_of(&[3].map(hash)), wave(0));
        assert_eq!(links.wave_of(&[2, 4].map(hash)), wave(1));
        assert_eq!(links.wave_of(&[1].map(hash)), wave(2), "1 is linked to 4 by 2");
        assert_eq!(links.wave_of(&[3, 4].map(hash)), wave(3), "the groups become one");
        assert_eq!(links.wave_of(&[3].map(hash)), wave(4));
        assert_eq!(links.wave_of(&[5, 5].map(hash)), wave(0), "a row may name an identifier twice");
        for _ in 0..20 {
            links.wave_of(&[9].map(hash));
        }
        assert_eq!(links.wave_of(&[9, 8].map(hash)), Wave::TAIL);
        assert_eq!(links.wave_of(&[8].map(hash)), Wave::TAIL);
        assert_eq!(links.wave_of(&[]), wave(0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn rows_of_a_group_are_in_the_order_of_the_file(
            rows in prop::collection::vec(prop::collection::vec(0u64..12_000, 1..4), 0..300),
            small in any::<bool>(),
        ) {
            // With a small budget, most identifiers are kept as fingerprints only.
            let mut links = if small { Links::within(0, 0, SMALLEST) } else { Links::for_file(0) };
            if small {
                (0..7_000).for_each(|n| { links.wave_of(&[hash(n)]); });
            }
            let mut groups: Vec<(BTreeSet<u64>, Vec<Wave>)> = if small {
                (0..7_000).map(|n| ([n].into(), vec![wave(0)])).collect()
            } else {
                Vec::new()
            };
            for row in rows {
                let wave = links.wave_of(&row.iter().map(|n| hash(*n)).collect::<Vec<_>>());
                let mut joined: (BTreeSet<u64>, Vec<Wave>) = (row.iter().copied().collect(), Vec::new());
                let named = joined.0.clone();
                for (identifiers, waves) in groups.extract_if(.., |(group, _)| !group.is_disjoint(&named)) {
                    joined.0.extend(identifiers);
                    joined.1.extend(waves);
                }
                prop_assert!(joined.1.iter().all(|before| *before < wave || *before == Wave::TAIL && wave == Wave::TAIL));
                joined.1.push(wave);
                groups.push(joined);
            }
        }
    }

    #[test]
    fn an_identifier_is_never_missed_even_when_the_budget_is_spent() {
        let mut links = Links::within(0, 0, SMALLEST);
        let count = 100_000;
        for n in 0..count {
            links.wave_of(&[hash(n)]);
        }
        assert!(links.total_bytes() <= 2 * SMALLEST, "{} bytes", links.total_bytes());
        let mut again = (0..count).map(|n| links.wave_of(&[hash(n)]));
        assert!(again.all(|wave| wave > Wave::FIRST));
    }

    #[test]
    fn within_the_budget_no_row_is_in_a_later_wave_by_mistake() {
        for bytes in [0, 20_000_000] {
            let mut links = Links::for_file(bytes);
            let mut row = |n: u64| links.wave_of(&[0, 1, 2].map(|i| hash(n * 3 + i)));
            assert_eq!((0..100_000).filter(|n| row(*n) > Wave::FIRST).count(), 0);
        }
        assert_eq!(mistaken_rows(100_000_000, 1_000_000, 3), 0.0);
    }

    #[test]
    fn links_are_read_back_as_they_were_saved() {
        for mut links in [Links::for_file(3_000_000), Links::within(0, SMALLEST, 4 * SMALLEST)] {
            for n in 0..60_000 {
                links.wave_of(&[hash(n % 50_000), hash(n / 3)]);
            }
            let bytes: Vec<u8> = (0..).map_while(|piece| links.save(piece)).flatten().collect();
            let mut restored = Restored::of_shape(links.shape()).unwrap();
            let (first, second) = bytes.split_at(8 * 1_001);
            assert_eq!((restored.push(first), restored.push(second)), (first.len(), second.len()));
            let again = restored.finish().unwrap();
            assert_eq!((&again.nodes, &again.tables), (&links.nodes, &links.tables));
            assert_eq!(again.fingerprints.contains(hash(49_999)), links.fingerprints.contains(hash(49_999)));
            assert_eq!(again.shape(), links.shape());
            let mut cut_off = Restored::of_shape(links.shape()).unwrap();
            cut_off.push(&bytes[..bytes.len() - 8]);
            assert!(cut_off.finish().is_none());
        }
        assert!(Restored::of_shape(Shape { nodes: 0, tables: vec![1 << 40], fingerprints: Vec::new() }).is_none());
    }
}
