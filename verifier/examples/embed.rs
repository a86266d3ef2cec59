//! Whether a presentation answers the request that this verifier stated: `embed TRUST REQUEST PRESENTATION`.

use std::error::Error;
use std::time::UNIX_EPOCH;

use poa_verifier::{Evidence, HeadMemory, Report, Request, Trust, Verifier};

/// The report on a presentation, under the trust document of its issuer and the request that was stated.
pub fn check(trust: &str, request: &str, presentation: &str, now: u64) -> Result<Report, Box<dyn Error>> {
    // Once: compare trust.fingerprint() with what the issuer's operator tells you, and keep the file.
    let trust = Trust::from_json(&std::fs::read(trust)?)?;
    let verifier = Verifier::new(trust);
    // Keep it between calls: it notices an issuer that shows two histories.
    let mut memory = HeadMemory::default();
    let request = Request::from_json(&serde_json::from_slice(&std::fs::read(request)?)?)?;
    let document = std::fs::read(presentation)?;
    Ok(verifier.verify(&document, Some(&request), &Evidence::default(), &mut memory, now))
}

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [trust, request, presentation] = files.as_slice() else { return Err("three files are needed".into()) };
    let report = check(trust, request, presentation, UNIX_EPOCH.elapsed()?.as_secs())?;
    match report.verified() {
        true => println!("verified: {:#?}", report.proved),
        false => println!("not verified: {:?}", report.failed()),
    }
    Ok(())
}
