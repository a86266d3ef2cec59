//! The conformance vectors, `test-vectors/conformance/`: what makes them, and that they hold.
//!
//! `UPDATE_VECTORS=1 cargo test --workspace --test vectors` rewrites every file and the table of their README; review
//! decides. Without the variable the same test compares. The family `circuit`, whose proofs are made by the real prover,
//! has its generator in `prover/tests/vectors`.

#[allow(dead_code, reason = "a whole world of documents, of which these tests use a part")]
#[path = "../agenthood/world.rs"]
mod agenthood_world;
#[allow(dead_code, reason = "a whole world of documents, of which these tests use a part")]
#[path = "../traps/world.rs"]
mod world;

mod agenthood;
mod coverage;
mod derivations;
mod files;
mod heads;
mod json;
mod keys;
mod kit;
mod lists;
mod presentation;
mod requests;
mod signatures;
mod signed;
mod standing;
mod statements;
mod texts;
mod trust;

/// Every family made here, as file name and text; each case comes out as it says.
fn families() -> Vec<(&'static str, String)> {
    let families = [
        agenthood::family(),
        derivations::family(),
        heads::family(),
        json::family(),
        keys::groth16(),
        keys::snarkjs(),
        lists::family(),
        presentation::family(),
        requests::family(),
        signatures::family(),
        signed::family(),
        standing::family(),
        statements::family(),
        texts::family(),
        trust::family(),
    ];
    let finished = families.map(kit::Family::finish);
    let wrong: Vec<&str> = finished.iter().flat_map(|(_, _, wrong)| wrong).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    finished.map(|(name, text, _)| (name, text)).into()
}
