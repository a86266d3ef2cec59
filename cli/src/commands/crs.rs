//! `poa crs`: the proving and verifying key in `crs/`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use poa_circuits::statement::circuit;
use poa_prover::crs::{self, MANIFEST, PROVING_KEY, VERIFYING_KEY};
use poa_verifier::key::VerifyingKey;
use serde_json::json;

use crate::exit::{Exit, OrFail, Outcome};
use crate::output::{Answer, pretty};
use crate::{snarkjs, system};

const PROVING_FILE: &str = "proving_key.bin";
const VERIFYING_FILE: &str = "verifying_key.bin";
const MANIFEST_FILE: &str = "manifest.json";
const R1CS_FILE: &str = "circuit.r1cs";
const WITNESS_FILE: &str = "sample.wtns";

/// Operations on the common reference string.
#[derive(Subcommand)]
pub enum CrsCommand {
    /// Check digests, circuit and every point, then prove and verify a sample
    Verify(VerifyArgs),
    /// Make a one-party development key: its maker could forge proofs
    GenerateDev(GenerateArgs),
    /// Write the verifying key for snarkjs, the circuit for a ceremony, or a witness for other provers
    Export(ExportArgs),
}

/// Which files.
#[derive(Args)]
pub struct VerifyArgs {
    /// Directory with the three files [default: those built into this program]
    directory: Option<PathBuf>,
}

/// Where new files go.
#[derive(Args)]
pub struct GenerateArgs {
    /// Directory to write the three files to; existing ones are not overwritten
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What to write where.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct ExportArgs {
    /// Write verification_key.json (snarkjs) into this directory
    #[arg(long, value_name = "DIR")]
    snarkjs: Option<PathBuf>,
    /// Write circuit.r1cs (iden3) into this directory
    #[arg(long, value_name = "DIR")]
    r1cs: Option<PathBuf>,
    /// Write sample.wtns (iden3), the witness of a made-up statement, into this directory
    #[arg(long, value_name = "DIR")]
    witness: Option<PathBuf>,
}

/// Runs the command.
pub fn run(command: &CrsCommand) -> Outcome<Answer> {
    match command {
        CrsCommand::Verify(args) => verify(args),
        CrsCommand::GenerateDev(args) => generate(args),
        CrsCommand::Export(args) => export(args),
    }
}

fn verify(args: &VerifyArgs) -> Outcome<Answer> {
    let read = |name: &str, embedded: &[u8]| match &args.directory {
        Some(directory) => read_key(&directory.join(name)),
        None => Ok(embedded.to_vec()),
    };
    let manifest = read(MANIFEST_FILE, MANIFEST)?;
    let proving = read(PROVING_FILE, PROVING_KEY)?;
    let verifying = read(VERIFYING_FILE, VERIFYING_KEY)?;
    let checked = crs::verify(&manifest, &proving, &verifying, &mut system::rng())
        .or_refuse("the key is refused", "do not use it; fetch the files again, or make new ones")?;
    let development = checked.manifest.setup.is_development();
    let value = json!({ "manifest": checked.manifest, "checks": checked.checks, "development_key": development });
    let next = if development { "for production a key from a ceremony is needed: crs/README.md" } else { "" };
    let mut answer =
        Answer::done(format!("the key holds; verifying key {}", checked.manifest.verifying_key_sha256), next, value)
            .with_details(checked.checks.iter().map(|check| format!("  pass  {check}")));
    if development {
        answer.details.push(format!("  warning: {}", checked.manifest.warning));
    }
    answer.exit = Exit::Done;
    Ok(answer)
}

/// Proving keys are larger than the documents other commands read.
fn read_key(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).or_fail(path.display(), "name the directory that holds the three files of crs/")
}

fn generate(args: &GenerateArgs) -> Outcome<Answer> {
    let files = crs::generate_development(&mut system::rng()).or_fail("no key could be made", "please report it")?;
    system::make_private_dir(&args.out)?;
    let manifest = serde_json::to_value(&files.manifest).or_fail("the manifest", "please report it")?;
    system::write_new(&args.out.join(PROVING_FILE), &files.proving_key)?;
    system::write_new(&args.out.join(VERIFYING_FILE), &files.verifying_key)?;
    system::write_new(&args.out.join(MANIFEST_FILE), pretty(&manifest).as_bytes())?;
    Ok(Answer::done(
        format!("made a development key in {}", args.out.display()),
        "check it: poa crs verify DIR; whoever made it could forge proofs, so never use it for real",
        manifest,
    ))
}

fn export(args: &ExportArgs) -> Outcome<Answer> {
    let mut written = Vec::new();
    if let Some(directory) = &args.snarkjs {
        let key = VerifyingKey::from_bytes(VERIFYING_KEY).or_refuse("the built-in key", "build the program anew")?;
        written.push(snarkjs::export_key(&key, directory)?);
    }
    if let Some(directory) = &args.r1cs {
        written.push(write_into(directory, R1CS_FILE, &circuit::shape().to_iden3())?);
    }
    if let Some(directory) = &args.witness {
        written.push(write_into(directory, WITNESS_FILE, &crs::sample_witness(&mut system::rng()))?);
    }
    let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    Ok(Answer::done(format!("wrote {}", names.join(" and ")), "", json!({ "written": names })))
}

fn write_into(directory: &Path, name: &str, bytes: &[u8]) -> Outcome<PathBuf> {
    system::make_private_dir(directory)?;
    let path = directory.join(name);
    system::write_atomically(&path, bytes)?;
    Ok(path)
}
