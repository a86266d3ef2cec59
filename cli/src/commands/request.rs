//! `poa request`: a verifier's request with a fresh challenge, for a holder to answer.
//!
//! A verifier signs the request that it states at somebody else's service (`--sign-key`): then no holder has to take that
//! service's word for it.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use ed25519_dalek::Signer as _;
use poa_verifier::agenthood::ss58::Address;
use poa_verifier::did::{AgentDid, IssuerDid};
use poa_verifier::jws;
use poa_verifier::origin::{Origin, Party};
use poa_verifier::request::Request;
use poa_verifier::signed_request::{Claims, MAX_LIFETIME_S, SignedRequest, signing_input};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::args::Global;
use crate::exit::{Failure, OrFail as _, Outcome};
use crate::output::{Answer, pretty};
use crate::pinned::PinnedSet;
use crate::predicates::PredicateArgs;
use crate::{answerable, keyfile, parties, system};

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
        let mut request = self.demands()?;
        request.insert("classes".into(), json!(["presentation"]));
        request.insert("challenge".into(), json!(system::random_hex()));
        if self.pseudonym {
            request.insert("audience".into(), json!(domain));
        }
        request.insert("domain".into(), json!(domain));
        Ok(request)
    }

    /// A request that no challenge goes with, for documents that answer none.
    fn unbound(&self) -> Outcome<Map<String, Value>> {
        if self.pseudonym {
            let what = "only a presentation has a pseudonym";
            return Err(Failure::error(
                what,
                "ask for one with --domain and --class presentation, or leave --pseudonym out",
            ));
        }
        self.demands()
    }

    fn demands(&self) -> Outcome<Map<String, Value>> {
        let mut request = Map::new();
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
    #[arg(long, value_name = "ORIGIN", value_parser = parties::party, required_unless_present = "class")]
    domain: Option<Party>,
    /// Documents that are accepted: standing, presentation, signed, agenthood [default: presentation]
    #[arg(long, value_delimiter = ',')]
    class: Vec<ClassName>,
    /// Issuers that are accepted (did:web:…) [default: the verifier's pinned one]
    #[arg(long, value_name = "DID", value_delimiter = ',')]
    issuer: Vec<IssuerDid>,
    /// Attestation schemas that are accepted, by their ids [default: those of the pinned trust document]
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    schema: Vec<String>,
    /// The agent it must be about: its DID (member `subject`), or its address for a Proof of Agenthood (member `agent`)
    #[arg(long, value_name = "AGENT")]
    agent: Option<AskedAgent>,
    /// Trust document whose schemas have to be able to answer, instead of the pinned one
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
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

/// A class by its name in the JSON form.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum ClassName {
    Standing,
    Presentation,
    Signed,
    Agenthood,
}

/// The agent that is asked for, in the form that fits the documents about it.
#[derive(Clone, Debug)]
enum AskedAgent {
    Did(AgentDid),
    Address(Address),
}

impl FromStr for AskedAgent {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let did = text.parse().map(Self::Did).ok();
        let found = did.or_else(|| text.parse().map(Self::Address).ok());
        found.ok_or("expected an agent's DID (did:poa:HOST:UUID) or its address (SS58)")
    }
}

impl RequestArgs {
    /// The demands in their JSON form. Only a presentation answers a challenge.
    fn to_json(&self) -> Outcome<Map<String, Value>> {
        let names: Vec<_> = self.class.iter().filter_map(ClassName::to_possible_value).collect();
        let mut request = match &self.domain {
            Some(domain) if self.class.is_empty() || self.class.contains(&ClassName::Presentation) => {
                self.demand.request(domain)?
            }
            None if self.class.contains(&ClassName::Presentation) => {
                let what = "a presentation answers somebody, and nobody is named";
                return Err(Failure::error(what, "name yourself with --domain, an origin or DID"));
            }
            _ => self.demand.unbound()?,
        };
        if !names.is_empty() {
            request.insert("classes".into(), names.iter().map(|name| name.get_name()).collect());
        }
        if !self.issuer.is_empty() {
            request.insert("issuers".into(), json!(self.issuer));
        }
        if !self.schema.is_empty() {
            request.insert("schemas".into(), json!(self.schema));
        }
        match &self.agent {
            Some(AskedAgent::Did(did)) => drop(request.insert("subject".into(), json!(did))),
            Some(AskedAgent::Address(address)) => drop(request.insert("agent".into(), json!(address))),
            None => {}
        }
        request.insert("max_root_age_s".into(), json!(self.max_root_age_s));
        Ok(request)
    }
}

/// Runs the command.
pub fn run(args: &RequestArgs, global: &Global) -> Outcome<Answer> {
    let request = Value::Object(args.to_json()?);
    let read = Request::from_json(&request).or_refuse("nobody could answer this request", "correct the demands")?;
    let set = PinnedSet::of_verifier(global, args.trust.as_deref())?;
    // Of several pinned issuers the request has to name the one whose schemas shall answer it.
    let pinned = match read.issuers.as_deref() {
        Some([issuer]) => set.of(issuer.as_str()),
        _ => set.only(),
    };
    let checked = match pinned {
        Some(pinned) => answerable::check(&read, &pinned.trust)?,
        None => "names and ranges are checked; whether a schema can answer is not, as no trust is pinned (poa trust \
                 add URL), or several issuers and none of them named (--issuer)"
            .to_owned(),
    };
    if let SigningArgs { sign_key: Some(key), at: Some(at), token_out: Some(token_out), key_name } = &args.signing {
        return signed(args, &Signing { key, key_name, at, token_out }, request);
    }
    let next = match &read.binding {
        Some(binding) => format!("the holder answers it: poa present --to {} --request FILE", binding.domain),
        None => "verify what is shown with it: poa verify DOCUMENT --request FILE".to_owned(),
    };
    match &args.out {
        Some(out) => {
            system::write_out(out, pretty(&request).as_bytes())?;
            Ok(Answer::done(format!("request in {}", out.display()), next, request).with_details([checked]))
        }
        // The document alone, so that it can be piped on.
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
    let iss = args.domain.as_ref().and_then(Party::web_did).ok_or_else(|| {
        let named = args.domain.as_ref().map_or_else(|| "nobody".to_owned(), Party::to_string);
        let what = format!("{named} has no did:web, so nobody could check the signature");
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
