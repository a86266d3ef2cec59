//! Replacing the holder key `k`; the pseudonym secret stays.

use poa_circuits::native::holder::HolderSecret;
use serde_json::{Value, json};

use super::possession::{self, Challenge};
use super::prepared;
use super::store::HolderDir;
use crate::client::{AgentSigner, Auth, Client};
use crate::exit::Outcome;
use crate::system;

/// Makes a new `k`, has both keys sign the issuer's challenge and puts the new one in force.
///
/// The new key is saved before the request: when the answer is lost, the next run finds out from the
/// issuer which key is in force instead of losing it.
pub fn holder_key(dir: &mut HolderDir, signer: &AgentSigner, client: &Client) -> Outcome<Value> {
    let base = format!("/agents/{}", dir.contents.agent()?.uuid());
    let challenge = client.post(&format!("{base}/challenge"), &json!({}), Auth::Agent(signer))?;
    let challenge = Challenge::read(&challenge, system::now_unix_s())?;
    challenge.expect(Some(&signer.did), None)?;

    let mut rng = system::rng();
    dir.contents.proving()?;
    let new = dir.contents.rotating.take().unwrap_or_else(|| HolderSecret::random(&mut rng));
    let body = json!({
        "holder": possession::rotation(&challenge, dir.contents.proving()?, &new, &mut rng)
    });
    dir.contents.rotating = Some(new);
    dir.save()?;
    let answer = client.post(&format!("{base}/keys"), &body, Auth::Agent(signer))?;
    adopt(dir)?;
    Ok(answer)
}

/// Puts the key of a rotation in force here; the openings of the old one are of no more use.
pub fn adopt(dir: &mut HolderDir) -> Outcome<()> {
    if let (Some(new), Some(proving)) = (dir.contents.rotating.take(), &mut dir.contents.proving) {
        proving.holder = new;
        dir.contents.openings.clear();
        prepared::remove_all(dir)?;
    }
    dir.save()
}
