//! Replacing the holder key `k`, whose pseudonym secret stays, and the request key.

use ed25519_dalek::SigningKey;
use poa_circuits::native::holder::HolderSecret;
use serde_json::{Value, json};

use super::possession::{self, Challenge};
use super::prepared;
use super::store::HolderDir;
use crate::client::{AgentSigner, Auth, Client};
use crate::exit::Outcome;
use crate::{keyfile, system};

/// Makes a new `k`, has both keys sign the issuer's challenge and puts the new one in force.
///
/// The new key is saved before the request: when the answer is lost, the next run finds out from the
/// issuer which key is in force instead of losing it.
pub fn holder_key(dir: &mut HolderDir, signer: &AgentSigner, client: &Client) -> Outcome<Value> {
    let base = dir.contents.agent()?.path();
    let challenge = client.post(&format!("{base}/challenge"), &json!({}), Auth::Agent(signer))?;
    let challenge = Challenge::read(&challenge, system::now_unix_s())?;
    challenge.expect(Some(&dir.contents.agent()?.did), None)?;

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

/// Puts a new request key in force, at the service and here.
///
/// It is saved before the request, like a holder key: when the answer is lost, [`settle`] finds out which one counts.
pub fn request_key(
    dir: &mut HolderDir,
    signer: &mut AgentSigner,
    client: &Client,
    given: Option<SigningKey>,
    grace: bool,
) -> Outcome<Value> {
    let new = given.or_else(|| dir.contents.rotating_signing_key.take());
    let new = new.unwrap_or_else(|| keyfile::generate(&mut system::rng()));
    let mut body = json!({ "ed25519_public_key": keyfile::multikey(&new)? });
    if !grace {
        body["grace"] = false.into();
    }
    dir.contents.rotating_signing_key = Some(new);
    dir.save()?;
    let path = format!("{}/keys", dir.contents.agent()?.path());
    let answer = client.post(&path, &body, Auth::Agent(signer))?;
    adopt_request_key(dir)?;
    signer.key = dir.contents.signing_key.clone();
    Ok(answer)
}

/// Finishes a replacement of the request key whose answer was lost: the service says which key is in force. Where it
/// cannot be asked both keys stay, and the old one signs.
pub fn settle(dir: &mut HolderDir) -> Outcome<()> {
    let (Some(new), Some(agent)) = (&dir.contents.rotating_signing_key, &dir.contents.agent) else { return Ok(()) };
    let new = keyfile::multikey(new)?;
    let record =
        Client::new(&agent.service).and_then(|client| client.get(&agent.path(), Auth::Nobody)).unwrap_or_default();
    if record["ed25519_public_key"] == new { adopt_request_key(dir) } else { Ok(()) }
}

fn adopt_request_key(dir: &mut HolderDir) -> Outcome<()> {
    if let Some(new) = dir.contents.rotating_signing_key.take() {
        dir.contents.signing_key = new;
    }
    dir.save()
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
