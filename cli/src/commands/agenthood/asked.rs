//! A service's challenge, held against what the user asked for before anything is signed.

use poa_verifier::agenthood::binding::Details;
use poa_verifier::agenthood::hex32::Seed;
use poa_verifier::agenthood::message::Action;
use poa_verifier::agenthood::ss58::AccountId;
use poa_verifier::did::IssuerDid;
use serde_json::Value;

use crate::exit::{Failure, Outcome};

/// Hex digits of a nonce that is a hash of what it stands for.
const NONCE_DIGITS: usize = 64;
/// Hex digits of a nonce of the published form, which stands for nothing.
const PUBLISHED_NONCE_DIGITS: usize = 32;

/// What the user asked for.
pub struct Wanted<'a> {
    /// Whose service it is.
    pub issuer: IssuerDid,
    /// The agent's address.
    pub agent: &'a str,
    /// Who controls the agent, where the user said so.
    pub controller: Option<AccountId>,
    /// What the signature is for.
    pub action: Action,
    /// The user trusts the service without a binding.
    pub unbound: bool,
}

/// A challenge that asks for what was wanted, and nothing else.
pub struct Asked {
    /// As handed out.
    pub nonce: String,
    /// What is signed.
    pub message: String,
    /// What the nonce stands for; none where the service does not say it.
    pub details: Option<Details>,
}

impl Asked {
    /// Takes no challenge but one for this issuer, agent, controller and action, whose nonce stands for exactly that.
    pub fn read(challenge: &Value, wanted: &Wanted<'_>) -> Outcome<Self> {
        let nonce = challenge["nonce"].as_str().unwrap_or_default().to_owned();
        if !nonce.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(refused("has no nonce"));
        }
        // Made here: the published form shows the message of issuing whatever is asked for.
        let message = wanted.action.message(wanted.agent, &nonce);
        let details = match &challenge["binding"] {
            Value::Null if !wanted.unbound => return Err(unbound()),
            Value::Null => {
                expect_published(challenge, &nonce, wanted)?;
                None
            }
            binding => Some(read_details(binding, &message, wanted)?),
        };
        Ok(Self { nonce, message, details })
    }

    /// What is about to be signed, for people.
    pub fn lines(&self, action: Action) -> Vec<String> {
        let Some(details) = &self.details else {
            return vec!["the service does not say what this is for; it could be another service's".to_owned()];
        };
        vec![
            format!("action      {}", action.as_str()),
            format!("issuer      {}", details.issuer),
            format!("agent       {}", details.agent),
            format!("controller  {}", details.controller),
        ]
    }
}

/// A challenge of the published form commits to nothing, but what it says has to be what was asked for. Its nonce is 32
/// digits: 64 are those of a service that says what they stand for, whose challenge somebody passes on without that.
fn expect_published(challenge: &Value, nonce: &str, wanted: &Wanted<'_>) -> Outcome<()> {
    if nonce.len() == NONCE_DIGITS {
        return Err(refused("has the nonce of a service that says what it is for, and the binding was taken away"));
    }
    if nonce.len() != PUBLISHED_NONCE_DIGITS {
        return Err(refused("has no nonce"));
    }
    let said = |name: &str| challenge[name].as_str().map(str::to_owned).unwrap_or_else(|| challenge[name].to_string());
    let messages = [Action::Issue, wanted.action].map(|action| action.message(wanted.agent, nonce));
    // An agent is always named; the others are compared where the service says them.
    for (name, is_needed, same) in [
        ("agentId", true, challenge["agentId"] == wanted.agent),
        ("message", false, messages.contains(&said("message"))),
        ("action", false, challenge["action"] == wanted.action.as_str()),
        ("issuer", false, challenge["issuer"] == wanted.issuer.as_str()),
        ("iss", false, challenge["iss"] == wanted.issuer.as_str()),
    ] {
        if !same && (is_needed || !challenge[name].is_null()) {
            return Err(refused(&format!("is for another {name}: {}", said(name))));
        }
    }
    Ok(())
}

fn read_details(binding: &Value, message: &str, wanted: &Wanted<'_>) -> Outcome<Details> {
    let seed = serde_json::from_value::<Seed>(binding["seed"].clone()).ok();
    let details = serde_json::from_value::<Details>(binding["details"].clone()).ok();
    let (Some(seed), Some(details)) = (seed, details) else {
        return Err(refused("has a binding of another form"));
    };
    let controller = wanted.controller.as_ref().unwrap_or(details.controller.account());
    for (name, same, found) in [
        ("issuer", details.issuer == wanted.issuer.as_str(), details.issuer.clone()),
        ("agent", details.agent.to_string() == wanted.agent, details.agent.to_string()),
        ("controller", details.controller.account() == controller, details.controller.to_string()),
        ("action", details.action == wanted.action, details.action.as_str().to_owned()),
    ] {
        if !same {
            return Err(refused(&format!("is for the {name} {found}")));
        }
    }
    if details.message(&seed) == message {
        Ok(details)
    } else {
        Err(refused("has a nonce that stands for other things"))
    }
}

fn refused(why: &str) -> Failure {
    let next = "sign nothing: it may be another service's challenge; ask whoever operates the service";
    Failure::refused(format!("the service's challenge {why}"), next)
}

fn unbound() -> Failure {
    Failure::refused(
        "the service's challenge does not say what it is for, so it could be another service's",
        "if this service speaks the published form alone and you trust it, add --unbound with its origin",
    )
}

/// Checks what a service asks for, without a service.
#[cfg(test)]
mod tests {
    use poa_verifier::agenthood::ss58::Address;
    use serde_json::json;

    use super::*;

    const AGENT: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    const CONTROLLER: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

    /// A challenge whose nonce stands for these details, changed by `changes`.
    fn challenge(changes: Value) -> Value {
        let mut details = json!({
            "action": "issue", "issuer": "did:web:poa.example", "agent": AGENT, "controller": CONTROLLER,
            "genesis": format!("0x{}", "01".repeat(32)), "abgVersion": 3, "abgHash": format!("0x{}", "02".repeat(32)),
            "claims": "03".repeat(32), "issuedAt": 1_770_000_000_123_u64,
        });
        details.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let details: Details = serde_json::from_value(details).unwrap();
        let seed = Seed::new([7; 32]);
        json!({
            "nonce": details.nonce(&seed).to_string(), "agentId": AGENT,
            "binding": { "seed": seed.to_string(), "details": details.to_value() },
        })
    }

    fn wanted(action: Action) -> Wanted<'static> {
        let issuer = IssuerDid::from_url("https://poa.example").unwrap();
        let controller = *CONTROLLER.parse::<Address>().unwrap().account();
        Wanted { issuer, agent: AGENT, controller: Some(controller), action, unbound: false }
    }

    fn read(challenge: &Value, action: Action) -> Result<Asked, String> {
        Asked::read(challenge, &wanted(action)).map_err(|failure| failure.what)
    }

    #[test]
    fn a_challenge_for_what_was_asked_is_signed() {
        let good = challenge(json!({}));
        let asked = read(&good, Action::Issue).unwrap();
        assert_eq!(asked.message, format!("poa:{AGENT}:{}", good["nonce"].as_str().unwrap()));
        assert!(asked.lines(Action::Issue).iter().any(|line| line.contains("did:web:poa.example")));
    }

    /// Each of them is a whole challenge of another service, or of another question, that was passed on.
    #[test]
    fn a_challenge_that_was_passed_on_is_not_signed() {
        for (changes, name) in [
            (json!({ "issuer": "did:web:other.example" }), "issuer did:web:other.example"),
            (json!({ "agent": CONTROLLER }), "agent"),
            (json!({ "controller": AGENT }), "controller"),
            (json!({ "action": "revoke" }), "action revoke"),
        ] {
            let said = read(&challenge(changes), Action::Issue).err().unwrap();
            assert!(said.contains(name), "{said}");
        }
        assert!(read(&challenge(json!({})), Action::Revoke).err().unwrap().contains("action issue"));
    }

    #[test]
    fn a_nonce_that_stands_for_other_things_than_are_shown_is_not_signed() {
        for (pointer, value) in [
            ("/nonce", json!("00".repeat(32))),
            ("/nonce", json!("x")),
            ("/binding", json!({})),
            ("/binding/details/abgVersion", json!(4)),
            ("/binding/details/issuedAt", json!(1)),
            ("/binding/seed", json!("08".repeat(32))),
        ] {
            let mut bad = challenge(json!({}));
            *bad.pointer_mut(pointer).unwrap() = value;
            assert!(read(&bad, Action::Issue).is_err(), "{pointer}");
        }
    }

    #[test]
    fn a_challenge_without_binding_is_signed_for_a_service_that_is_named() {
        let nonce = "0f".repeat(16);
        let message = format!("poa:{AGENT}:{nonce}");
        let published = json!({ "nonce": nonce, "agentId": AGENT, "message": message, "expiresAt": 1 });
        assert!(read(&published, Action::Revoke).err().unwrap().contains("does not say what it is for"));
        let trusted = Wanted { unbound: true, ..wanted(Action::Revoke) };
        let asked = Asked::read(&published, &trusted).ok().unwrap();
        assert_eq!(asked.message, format!("poa-revoke:{AGENT}:{}", "0f".repeat(16)));
        // What it says must fit all the same, and its nonce must not be one that stands for something.
        for (name, value) in [
            ("agentId", json!(CONTROLLER)),
            ("agentId", Value::Null),
            ("message", json!(format!("poa:{CONTROLLER}:{nonce}"))),
            ("message", json!(7)),
            ("action", json!("issue")),
            ("issuer", json!("did:web:other.example")),
            ("nonce", json!("0f".repeat(32))),
            ("nonce", json!("0f".repeat(8))),
            ("nonce", json!("0F".repeat(16))),
        ] {
            let mut bad = published.clone();
            bad[name] = value.clone();
            assert!(Asked::read(&bad, &trusted).is_err(), "{name} {value}");
        }
        // Where there is a binding it counts all the same.
        let other = challenge(json!({ "action": "revoke", "issuer": "did:web:other.example" }));
        assert!(Asked::read(&other, &trusted).is_err());
    }
}
