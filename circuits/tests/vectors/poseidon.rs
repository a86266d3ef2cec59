//! Poseidon against circomlibjs.

use poa_circuits::native::field::F;
use poa_circuits::native::poseidon::{self, MAX_INPUTS};
use serde::Deserialize;

use crate::file::{self, Element};

#[derive(Deserialize)]
struct Set {
    inputs: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    inputs: Vec<Element>,
    output: Element,
}

/// `H_N` of inputs whose number is known when running only.
fn hash(inputs: &[F]) -> F {
    macro_rules! by_arity {
        ($($n:literal)*) => {
            match inputs.len() {
                $($n => poseidon::hash::<$n>(inputs.try_into().expect("the length was matched")),)*
                other => panic!("no Poseidon of {other} inputs"),
            }
        };
    }
    by_arity!(1 2 3 4 5 6 7 8 9 10 11 12)
}

#[test]
fn every_arity_agrees_with_circomlibjs() {
    for arity in 1..=MAX_INPUTS {
        let set: Set = file::read(&format!("poseidon/h_{arity:02}.json"));
        assert_eq!(set.inputs, arity);
        for case in &set.cases {
            let inputs: Vec<F> = case.inputs.iter().map(|input| input.0).collect();
            assert_eq!(inputs.len(), arity, "{}", case.name);
            assert_eq!(case.output, hash(&inputs), "H_{arity}: {}", case.name);
        }
    }
}
