//! `poa crs verify-proof`: the pairing of a proof without a document.

use std::path::{Path, PathBuf};

use clap::Args;
use poa_circuits::native::field::{F, encode_hex};
use poa_circuits::statement::{INPUT_NAMES, INPUTS};
use poa_verifier::{Proof, evm};
use serde_json::{Map, Value, json};

use crate::exit::{OrFail, Outcome};
use crate::output::Answer;
use crate::{snarkjs, system};

/// A proof that somebody else's tools made or are to check.
#[derive(Args)]
pub struct VerifyProofArgs {
    /// Directory with proof.json and public.json (snarkjs), or a file with a contract's calldata in hex
    #[arg(value_name = "DIR|FILE")]
    proof: PathBuf,
    /// When it holds, also write it as calldata for the contract of `crs export --solidity`, in hex
    #[arg(long, value_name = "FILE")]
    calldata: Option<PathBuf>,
}

/// Runs the command.
pub fn verify(args: &VerifyProofArgs) -> Outcome<Answer> {
    let (inputs, proof) = if args.proof.is_dir() { snarkjs::read(&args.proof)? } else { read_calldata(&args.proof)? };
    let key = super::built_in_key()?;
    let named = hex::encode(key.sha256());
    key.verify(&inputs, &proof).or_refuse(
        format!("no proof for these inputs under verifying key {named}"),
        "compare the key it was made under: poa crs export --snarkjs DIR",
    )?;
    if let Some(file) = &args.calldata {
        super::write_to(file, format!("0x{}\n", hex::encode(evm::calldata(&inputs, &proof))).as_bytes())?;
    }
    let inputs = INPUT_NAMES.iter().zip(&inputs).map(|(name, input)| (*name, encode_hex(input)));
    let lines: Vec<String> = inputs.clone().map(|(name, input)| format!("  {name:<11}  {input}")).collect();
    let inputs: Map<String, Value> = inputs.map(|(name, input)| (name.to_owned(), json!(input))).collect();
    Ok(Answer::done(
        format!("the proof holds for these inputs under verifying key {named}"),
        "look at the inputs: whose root it is, how recent, for whom and for the how manyth time was not checked (docs/evm.md)",
        json!({ "holds": true, "verifying_key_sha256": named, "inputs": inputs }),
    )
    .with_details(lines))
}

fn read_calldata(file: &Path) -> Outcome<([F; INPUTS], Proof)> {
    let next = "give calldata as `--calldata` writes it: 0x and 1992 hex digits";
    let text = system::read(file)?;
    let digits =
        text.trim_ascii().strip_prefix(b"0x").ok_or("no 0x at the beginning").or_refuse(file.display(), next)?;
    let bytes = hex::decode(digits).or_refuse(file.display(), next)?;
    evm::read_calldata(&bytes).or_refuse(file.display(), next)
}
