//! `poa request`: a verifier's request with a fresh challenge, for a holder to answer.
//!
//! A verifier signs the request that it states at somebody else's service (`--sign-key`): then no holder has to take that
//! service's word for it.

use std::path::{Path, PathBuf};

use clap::Args;
use ed25519_dalek::Signer as _;
use poa_verifier::jws;
use poa_verifier::origin::{Origin, Party};
use poa_verifier::request::Request;
use poa_verifier::signed_request::{Claims, MAX_LIFETIME_S, SignedRequest, signing_input};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::exit::{Failure, OrFail as _, Outcome};
use crate::output::{Answer, pretty};
use crate::predicates::PredicateArgs;
use crate::{keyfile, parties, system};

/// What a verifier wants to be shown.
#[derive(Args)]
pub struct DemandArgs {
    /// Ask for the holder's pseudonym at this verifier, so that it is recognised next time
    #[arg(long)]
    pseudonym: bool,
    #[command(flatten)]
    predicates: PredicateArgs,
    /// Attributes to be shown outright
    #[arg(long, value_delimiter = ',')]
    disclose: Vec<String>,
}

impl DemandArgs {
    /// A request of a verifier with a fresh challenge.
    pub fn request(&self, domain: &Party) -> Outcome<Map<String, Value>> {
        // In the one spelling that is hashed and signed.
        let domain = domain.to_string();
        let mut request = Map::from_iter([
            ("classes".into(), json!(["presentation"])),
            ("challenge".into(), json!(system::random_hex())),
            ("domain".into(), json!(domain)),
        ]);
        if self.pseudonym {
            request.insert("audience".into(), json!(domain));
        }
        if !self.disclose.is_empty() {
            request.insert("disclose".into(), json!(self.disclose));
        }
        self.predicates.parse()?.add_to_request(&mut request);
        Ok(request)
    }
}

/// What a verifier asks for, and for how fresh a root.
#[derive(Args)]
pub struct RequestArgs {
    /// The verifier itself, an origin or DID; the presentation is bound to it
    #[arg(long, value_name = "ORIGIN", value_parser = parties::party)]
    domain: Party,
    #[command(flatten)]
    demand: DemandArgs,
    /// Greatest age of the root in seconds; this is also the delay of revocation
    #[arg(long, value_name = "SECONDS", default_value_t = 7200)]
    max_root_age_s: u64,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

/// How the verifier signs it, for a service that hosts it.
#[derive(Args)]
pub struct SigningArgs {
    /// Sign the request with this Ed25519 key file (JWK), for the service named with --at
    #[arg(long, value_name = "FILE", requires = "at", requires = "token_out")]
    sign_key: Option<PathBuf>,
    /// The key's name in the verifier's DID document, what follows the # in its id
    #[arg(long, value_name = "NAME", default_value = "key-1", requires = "sign_key")]
    key_name: String,
    /// The origin of the service where the request will be stated and answered
    #[arg(long, value_name = "ORIGIN", requires = "sign_key", value_parser = parties::origin)]
    at: Option<Origin>,
    /// File to make (mode 0600) with the token that fetches the outcome
    #[arg(long, value_name = "FILE", requires = "sign_key")]
    token_out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &RequestArgs) -> Outcome<Answer> {
    let mut request = args.demand.request(&args.domain)?;
    request.insert("max_root_age_s".into(), json!(args.max_root_age_s));
    let request = Value::Object(request);
    Request::from_json(&request).or_refuse("nobody could answer this request", "correct the demands")?;
    if let SigningArgs { sign_key: Some(key), at: Some(at), token_out: Some(token_out), key_name } = &args.signing {
        return signed(args, &Signing { key, key_name, at, token_out }, request);
    }
    let next = format!("the holder answers it: poa present --to {} --request FILE", args.domain);
    match &args.out {
        Some(out) => {
            system::write_out(out, pretty(&request).as_bytes())?;
            Ok(Answer::done(format!("request in {}", out.display()), next, request))
        }
        None => Ok(Answer::document(pretty(&request), "", request)),
    }
}

struct Signing<'a> {
    key: &'a Path,
    key_name: &'a str,
    at: &'a Origin,
    token_out: &'a Path,
}

/// The request as a signed one: the body of `POST /presentation-requests`.
fn signed(args: &RequestArgs, signing: &Signing<'_>, request: Value) -> Outcome<Answer> {
    let iss = args.domain.web_did().ok_or_else(|| {
        let what = format!("{} has no did:web, so nobody could check the signature", args.domain);
        Failure::error(what, "give --domain as https://HOST[:PORT] or did:web:HOST")
    })?;
    let key = keyfile::read(signing.key)?;
    let token = Zeroizing::new(format!("poa_pr_{}", system::random_hex()));
    let iat = system::now_unix_s();
    let claims = Claims {
        iss: iss.clone(),
        aud: signing.at.to_string(),
        iat,
        exp: iat + MAX_LIFETIME_S,
        token_sha256: hex::encode(Sha256::digest(token.as_bytes())),
        request,
    };
    let input = signing_input(&claims, signing.key_name);
    let jws = jws::attach_signature(&input, &key.sign(input.as_bytes()).to_bytes());
    SignedRequest::parse(&jws).or_refuse("no service would take this request", "correct the demands")?;
    system::write_new(signing.token_out, token.as_bytes())?;
    let body = json!({ "signed_request": jws });
    let public = keyfile::multikey(&key)?;
    let method = json!({
        "id": iss.key_id(signing.key_name), "type": "Multikey", "controller": iss, "publicKeyMultibase": public,
    });
    let next =
        format!("post it within ten minutes to {}/presentation-requests, and give the holder its URL", claims.aud);
    let lines = [
        format!("token for the outcome in {}", signing.token_out.display()),
        format!("the DID document of {iss} must have this key under authentication: {method}"),
    ];
    let value = json!({ "signed_request": body["signed_request"], "verification_method": method });
    match &args.out {
        Some(out) => {
            system::write_out(out, pretty(&body).as_bytes())?;
            Ok(Answer::done(format!("signed request in {}", out.display()), next, value).with_details(lines))
        }
        None => Ok(Answer::document(pretty(&body), next, value).with_details(lines)),
    }
}
