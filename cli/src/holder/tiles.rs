//! A leaf's path from the log's public tiles (`docs/protocol.md` §3).
//!
//! Tile `(t, n)` of a publication holds the nodes `256·n …` of tree level `8·t`, 32 bytes big-endian
//! each, trailing empty ones left out. Four tiles hold the whole path, and fetching them names one
//! leaf among 256 at most; the answer is checked against the signed root, so the server cannot lie.

use poa_circuits::native::field::{self, F};
use poa_circuits::native::tree::{self, DEPTH, Path};

use crate::exit::{Failure, OrFail, Outcome};

/// Levels of tiles: 32 tree levels, eight each.
const TILE_LEVELS: usize = 4;
/// Tree levels inside one tile.
const LEVELS_PER_TILE: usize = 8;
/// Nodes in a full tile.
const TILE_WIDTH: usize = 1 << LEVELS_PER_TILE;

/// Collects the path of leaf `index`, taking each tile's bytes from `fetch(tile level, tile number)`.
pub fn path(index: u32, mut fetch: impl FnMut(usize, u32) -> Outcome<Vec<u8>>) -> Outcome<Path> {
    let mut siblings = [F::from(0u64); DEPTH];
    for tile_level in 0..TILE_LEVELS {
        let base = tile_level * LEVELS_PER_TILE;
        let position = (u64::from(index) >> base) as usize;
        let number = (position / TILE_WIDTH) as u32;
        let mut row = decode(&fetch(tile_level, number)?, base)?;
        let mut at = position % TILE_WIDTH;
        for sibling in &mut siblings[base..base + LEVELS_PER_TILE] {
            *sibling = row[at ^ 1];
            row = row.chunks_exact(2).map(|pair| tree::node(&pair[0], &pair[1])).collect();
            at /= 2;
        }
    }
    Ok(Path { index, siblings })
}

/// The 256 nodes of a tile whose nodes are at tree level `base`.
fn decode(bytes: &[u8], base: usize) -> Outcome<Vec<F>> {
    let next = "try again; if it stays so, the service's log is damaged";
    let (nodes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || nodes.len() > TILE_WIDTH {
        let what = format!("a tile of {} bytes is no row of nodes", bytes.len());
        return Err(Failure::error(what, next));
    }
    let mut row = Vec::with_capacity(TILE_WIDTH);
    for node in nodes {
        row.push(field::from_bytes_be(node).or_fail("a tile holds no field element", next)?);
    }
    row.resize(TILE_WIDTH, tree::zero(base));
    Ok(row)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use poa_circuits::native::tree::Frontier;

    /// Tiles of a tree with the leaves 1, 2, …, and its root.
    fn tree_of(size: u64) -> (F, HashMap<(usize, u32), Vec<u8>>) {
        let leaves: Vec<F> = (1..=size).map(F::from).collect();
        let mut frontier = Frontier::default();
        let mut nodes = HashMap::new();
        for update in frontier.append(&leaves).unwrap() {
            nodes.insert((update.level as usize, update.index), update.value);
        }
        let mut tiles: HashMap<(usize, u32), Vec<u8>> = HashMap::new();
        for tile_level in 0..TILE_LEVELS {
            let level = tile_level * LEVELS_PER_TILE;
            for index in 0.. {
                let Some(value) = nodes.get(&(level, index)) else { break };
                let tile = tiles.entry((tile_level, index >> 8)).or_default();
                tile.extend(field::to_bytes_be(value));
            }
        }
        (frontier.root(), tiles)
    }

    #[test]
    fn every_leafs_path_from_tiles_leads_to_the_root() {
        for size in [1, 2, 3, 255, 256, 257, 600] {
            let (root, tiles) = tree_of(size);
            for index in [0, 1, size / 2, size - 1] {
                let index = index.min(size - 1) as u32;
                let path = path(index, |level, number| Ok(tiles[&(level, number)].clone())).unwrap();
                let leaf = F::from(u64::from(index) + 1);
                assert_eq!(path.root(&leaf), root, "leaf {index} of {size}");
            }
        }
    }

    #[test]
    fn a_tile_that_is_no_row_of_field_elements_is_refused() {
        for tile in [vec![0; 31], vec![0; 33], vec![0xff; 32], vec![0; 32 * 257]] {
            assert!(path(0, |_, _| Ok(tile.clone())).is_err(), "{} bytes", tile.len());
        }
    }
}
