//! `poa crs`: the proving and verifying key in `crs/`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use poa_circuits::statement::circuit;
use poa_prover::ProvingKey;
use poa_prover::crs::generate::CrsFiles;
use poa_prover::crs::verify::Checked;
use poa_prover::crs::{self, Attestations, MANIFEST, Manifest, PROVING_KEY, VERIFYING_KEY};
use poa_verifier::evm;
use poa_verifier::key::VerifyingKey;
use serde_json::{Value, json};

use crate::exit::{Exit, Failure, OrFail, Outcome};
use crate::output::{Answer, pretty};
use crate::{snarkjs, system};

mod proof;

const PROVING_FILE: &str = "proving_key.bin";
const VERIFYING_FILE: &str = "verifying_key.bin";
const MANIFEST_FILE: &str = "manifest.json";
const R1CS_FILE: &str = "circuit.r1cs";
const WITNESS_FILE: &str = "sample.wtns";

/// Operations on the common reference string.
#[derive(Subcommand)]
pub enum CrsCommand {
    /// Check digests, circuit, every point and the ceremony, then prove and verify samples
    Verify(VerifyArgs),
    /// Make a one-party development key: its maker could forge proofs
    GenerateDev(GenerateArgs),
    /// Write the key for snarkjs, or as a contract for an EVM chain
    Export(ExportArgs),
    /// Write the circuit for a ceremony, and a witness for other provers
    ExportR1cs(ExportR1csArgs),
    /// Check the pairing of a proof by snarkjs, or of a contract's calldata; nothing else of what it says
    VerifyProof(proof::VerifyProofArgs),
    /// Check a snarkjs key against the circuit and its phase-1 file, and write the three files of crs/
    ImportZkey(ImportArgs),
}

/// Which files.
#[derive(Args)]
pub struct VerifyArgs {
    /// Directory with the three files [default: those built into this program]
    directory: Option<PathBuf>,
    /// The phase-1 file of the ceremony, byte for byte; without it the setup is not checked, and the exit status is 2
    #[arg(long, value_name = "FILE")]
    ptau: Option<PathBuf>,
}

/// Where new files go.
#[derive(Args)]
pub struct GenerateArgs {
    /// Directory to write the three files to; existing ones are not overwritten
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Where the key goes, and in which forms.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct ExportArgs {
    /// Write verification_key.json (snarkjs) into this directory
    #[arg(long, value_name = "DIR")]
    snarkjs: Option<PathBuf>,
    /// Write the proving key for snarkjs to this file
    #[arg(long, value_name = "FILE.zkey")]
    zkey: Option<PathBuf>,
    /// Write a contract that verifies proofs under this key to this file (docs/evm.md)
    #[arg(long, value_name = "FILE.sol")]
    solidity: Option<PathBuf>,
}

/// Where the circuit goes.
#[derive(Args)]
pub struct ExportR1csArgs {
    /// Write circuit.r1cs (iden3) into this directory
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Also write sample.wtns (iden3), the witness of a made-up statement
    #[arg(long)]
    witness: bool,
}

/// What a ceremony ended with.
#[derive(Args)]
pub struct ImportArgs {
    /// The last key of the ceremony
    #[arg(value_name = "KEY.zkey")]
    key: PathBuf,
    /// The phase-1 file that the ceremony began with, prepared for phase 2 or not
    #[arg(long, value_name = "FILE")]
    ptau: PathBuf,
    /// Who attested to which contribution (docs/ceremony.md); without it the key is one party's, for development
    #[arg(long, value_name = "FILE.json")]
    attested: Option<PathBuf>,
    /// Directory to write the three files to; existing ones are not overwritten
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(command: &CrsCommand) -> Outcome<Answer> {
    match command {
        CrsCommand::Verify(args) => verify(args),
        CrsCommand::GenerateDev(args) => generate(args),
        CrsCommand::Export(args) => export(args),
        CrsCommand::ExportR1cs(args) => export_r1cs(args),
        CrsCommand::VerifyProof(args) => proof::verify(args),
        CrsCommand::ImportZkey(args) => import(args),
    }
}

fn verify(args: &VerifyArgs) -> Outcome<Answer> {
    let read = |name: &str, embedded: &[u8]| match &args.directory {
        Some(directory) => system::read_large(&directory.join(name)),
        None => Ok(embedded.to_vec()),
    };
    let manifest = read(MANIFEST_FILE, MANIFEST)?;
    let proving = read(PROVING_FILE, PROVING_KEY)?;
    let verifying = read(VERIFYING_FILE, VERIFYING_KEY)?;
    let phase1 = args.ptau.as_deref().map(system::read_large).transpose()?;
    let checked = crs::verify(&manifest, &proving, &verifying, phase1.as_deref(), &mut system::rng())
        .or_refuse("the key is refused", "do not use it; fetch the files again, or make new ones")?;
    Ok(told(&checked))
}

fn told(checked: &Checked) -> Answer {
    let Checked { manifest, checks, unchecked, assumed } = checked;
    let development = manifest.setup.is_development();
    let value = json!({
        "manifest": manifest,
        "checks": checks,
        "unchecked": unchecked,
        "assumed": assumed,
        "development_key": development,
    });
    let complete = unchecked.is_empty();
    let held = if complete { "the key holds" } else { "the key holds as far as it was checked" };
    let next = match (&manifest.ceremony, complete, development) {
        (None, ..) => "only a key from a ceremony can be checked further: docs/ceremony.md",
        (Some(_), false, _) => "give the phase-1 file with --ptau: crs/phase1.ptau for the key of this repository",
        (Some(_), true, true) => {
            "for production a key with contributions of several parties is needed: docs/ceremony.md"
        }
        (Some(_), true, false) => "compare each hash with what its contributor published",
    };
    let details = [("pass", checks), ("not checked", unchecked), ("assumed", assumed)]
        .into_iter()
        .flat_map(|(verdict, lines)| lines.iter().map(move |line| format!("  {verdict}  {line}")));
    let mut answer = Answer::done(format!("{held}; verifying key {}", manifest.verifying_key_sha256), next, value)
        .with_details(details.chain(ceremony(manifest)));
    answer.exit = if complete { Exit::Done } else { Exit::Error };
    answer
}

/// What people compare with what contributors published, and what to think of the key.
fn ceremony(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(ceremony) = &manifest.ceremony {
        // Without the file nothing was compared with it.
        lines.push(format!("  phase 1  power {}  {}", ceremony.phase1_power, ceremony.phase1_blake2b_512));
        for (number, made) in (1..).zip(&ceremony.contributions) {
            let kind = if made.beacon.is_some() { "beacon" } else { "contribution" };
            lines.push(format!("  {kind} {number}  {}  {}", made.hash, made.name.as_deref().unwrap_or("")));
        }
        for attested in ceremony.attestations.iter().flat_map(|stated| &stated.contributions) {
            lines.push(format!("  attested  {}  {}, {}", attested.hash, attested.by, attested.at));
        }
    }
    let sort = if manifest.setup.is_development() { "warning" } else { "note" };
    lines.push(format!("  {sort}  {}", manifest.warning));
    lines
}

fn generate(args: &GenerateArgs) -> Outcome<Answer> {
    check_vacant(&args.out)?;
    let files = crs::generate_development(&mut system::rng()).or_fail("no key could be made", "please report it")?;
    let manifest = write_files(&files, &args.out)?;
    Ok(Answer::done(
        format!("made a development key in {}", args.out.display()),
        "check it: poa crs verify DIR; whoever made it could forge proofs, so never use it for real",
        manifest,
    ))
}

/// Old and new files never mix: where one stands, none is written. The manifest comes last, and without it nothing holds.
fn check_vacant(out: &Path) -> Outcome<()> {
    match [PROVING_FILE, VERIFYING_FILE, MANIFEST_FILE].iter().map(|name| out.join(name)).find(|path| path.exists()) {
        Some(path) => Err(Failure::error(format!("{} is there already", path.display()), "name another directory")),
        None => Ok(()),
    }
}

fn write_files(files: &CrsFiles, out: &Path) -> Outcome<Value> {
    check_vacant(out)?;
    system::make_private_dir(out)?;
    let manifest = serde_json::to_value(&files.manifest).or_fail("the manifest", "please report it")?;
    system::write_new(&out.join(PROVING_FILE), &files.proving_key)?;
    system::write_new(&out.join(VERIFYING_FILE), &files.verifying_key)?;
    system::write_new(&out.join(MANIFEST_FILE), pretty(&manifest).as_bytes())?;
    Ok(manifest)
}

fn import(args: &ImportArgs) -> Outcome<Answer> {
    check_vacant(&args.out)?;
    let (key, phase1) = (system::read_large(&args.key)?, system::read_large(&args.ptau)?);
    let attestations = args.attested.as_deref().map(read_attestations).transpose()?;
    let files = crs::import_zkey(&key, &phase1, attestations, &mut system::rng()).or_refuse(
        "the key is refused",
        "do not use it; `snarkjs zkey verify` with the same files gives a second opinion",
    )?;
    let manifest = write_files(&files, &args.out)?;
    Ok(Answer::done(
        format!("imported the key into {}", args.out.display()),
        "compare each hash with what its contributor published, then build with the three files in crs/",
        manifest,
    )
    .with_details(ceremony(&files.manifest)))
}

fn read_attestations(path: &Path) -> Outcome<Attestations> {
    serde_json::from_slice(&system::read(path)?).or_refuse(path.display(), "docs/ceremony.md has the form of this file")
}

fn export(args: &ExportArgs) -> Outcome<Answer> {
    let next = "build the program anew";
    let key = built_in_key()?;
    let manifest = crs::built_in().or_refuse("the built-in manifest", next)?;
    let mut written = Vec::new();
    if let Some(directory) = &args.snarkjs {
        written.push(snarkjs::export_key(&key, directory)?);
    }
    if let Some(file) = &args.zkey {
        let zkey = crs::export_zkey(ProvingKey::development(), manifest).or_refuse("the built-in transcript", next)?;
        written.push(write_to(file, &zkey)?);
    }
    if let Some(file) = &args.solidity {
        written.push(write_to(file, evm::contract(&key, &manifest.warning).as_bytes())?);
    }
    Ok(wrote(&written))
}

fn built_in_key() -> Outcome<VerifyingKey> {
    VerifyingKey::from_bytes(VERIFYING_KEY).or_refuse("the built-in key", "build the program anew")
}

fn export_r1cs(args: &ExportR1csArgs) -> Outcome<Answer> {
    let mut written = vec![write_into(&args.out, R1CS_FILE, &circuit::shape().to_iden3())?];
    if args.witness {
        written.push(write_into(&args.out, WITNESS_FILE, &crs::sample_witness(&mut system::rng()))?);
    }
    Ok(wrote(&written))
}

fn wrote(paths: &[PathBuf]) -> Answer {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Answer::done(format!("wrote {}", names.join(" and ")), "", json!({ "written": names }))
}

fn write_into(directory: &Path, name: &str, bytes: &[u8]) -> Outcome<PathBuf> {
    system::make_private_dir(directory)?;
    write_to(&directory.join(name), bytes)
}

fn write_to(path: &Path, bytes: &[u8]) -> Outcome<PathBuf> {
    system::write_out(path, bytes)?;
    Ok(path.to_owned())
}
