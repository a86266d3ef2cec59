//! Every way to a proof, judged by verifiers that are not ours: arkworks here, snarkjs on the files written here
//! (`scripts/snarkjs/paths.sh`).

use ark_bn254::Bn254;
use ark_groth16::{Groth16, PreparedVerifyingKey, prepare_verifying_key};
use ark_serialize::CanonicalDeserialize;
use poa_circuits::statement::{Public, Witness};
use poa_prover::engine::Prepared;
use poa_prover::{Engine, ProvingKey, Settings, oracle};
use poa_verifier::groth16::Proof;
use poa_verifier::key::VerifyingKey;

mod common;
mod compiled;
mod export;
use common::{os_rng, statement};

/// Names the directory that the proofs are written to.
const EXPORT: &str = "POA_EXPORT";
/// Names a key made by snarkjs.
const ZKEY: &str = "POA_ZKEY";

struct Paths<'a> {
    key: &'a ProvingKey,
    full: &'a Engine,
    small: &'a Engine,
}

impl Paths<'_> {
    fn proofs(&self, public: &Public, witness: &Witness) -> [(&'static str, Proof); 6] {
        let rng = &mut os_rng();
        let prepared = self.full.prepare(public, witness, rng).unwrap();
        let key = self.full.verifying_key();
        let stored = Prepared::restore(key, &prepared.to_bytes(), rng).unwrap();
        [
            ("stock", oracle::prove(self.key, public, witness, rng).unwrap()),
            ("stock-synthesis", oracle::prove_stock(self.key, public, witness, rng).unwrap()),
            ("full", self.full.prove(public, witness, rng).unwrap()),
            ("small", self.small.prove(public, witness, rng).unwrap()),
            ("prepared", prepared.finish(key, public.context, rng).unwrap()),
            ("restored", stored.finish(key, public.context, rng).unwrap()),
        ]
    }

    fn check(&self) {
        let export = std::env::var_os(EXPORT);
        let stock = stock_key(self.key.verifying_key());
        for mask in [0, 0b101101] {
            let (public, witness) = statement(mask);
            for (path, proof) in self.proofs(&public, &witness) {
                let decoded = ark_groth16::Proof::deserialize_compressed(&proof.to_bytes()[..]).unwrap();
                assert!(Groth16::<Bn254>::verify_proof(&stock, &decoded, &public.to_inputs()).unwrap(), "{path}");
                if let Some(directory) = &export {
                    let name = format!("{path}-{mask}");
                    export::write(directory.as_ref(), &name, self.key.verifying_key(), &public, &proof);
                }
            }
        }
    }
}

fn stock_key(key: &VerifyingKey) -> PreparedVerifyingKey<Bn254> {
    prepare_verifying_key(&ark_groth16::VerifyingKey::deserialize_uncompressed(&key.to_bytes()[..]).unwrap())
}

#[test]
fn arkworks_accepts_the_proofs_of_every_path() {
    let key = ProvingKey::development();
    Paths { key, full: &compiled::ENGINE, small: &compiled::load(Settings::SMALL) }.check();
}

/// `scripts/ceremony/run.sh` makes such a key, `scripts/snarkjs/paths.sh` runs this.
#[test]
#[ignore = "needs POA_ZKEY, a file made by snarkjs"]
fn arkworks_accepts_the_proofs_of_every_path_under_a_key_made_by_snarkjs() {
    let file = std::fs::read(std::env::var_os(ZKEY).expect("POA_ZKEY names a file")).unwrap();
    let key = ProvingKey::from_zkey(&file).unwrap();
    key.check_b_queries(&mut os_rng()).unwrap();
    assert_eq!(ProvingKey::from_bytes(&key.to_bytes()).unwrap().to_bytes(), key.to_bytes());
    let [full, small] = [Settings::FULL, Settings::SMALL].map(|settings| Engine::compile(&key, settings));
    for engine in [&full, &small] {
        poa_prover::crs::self_test(engine, &mut os_rng()).unwrap();
    }
    Paths { key: &key, full: &full, small: &small }.check();
}
