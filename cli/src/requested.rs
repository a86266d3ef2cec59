//! A verifier's request that waits at a service: fetched, and answered there.
//!
//! The URL came from somebody, and the answer goes where it points. So it is exactly that of a presentation request, at
//! the verifier named by the user, or at the service that the user says receives the verifier's answers: else a stranger
//! could have the holder answer another verifier's challenge and take the answer there. Nothing is followed from there.
//!
//! Anybody can ask in another's name, and whoever stated a request gets what is shown. So somebody has to vouch for the
//! verifier ([`Voucher`]): the service that it is itself, the operator of the service that the user named, or the
//! verifier's own signature, which is checked here.

use poa_verifier::origin::{Origin, Party};
use poa_verifier::signed_request::SignedRequest;
use serde_json::{Value, json as object};
use uuid::Uuid;

use crate::client::{Auth, Client};
use crate::did_web::AuthenticationKeys;
use crate::exit::{Failure, OrFail as _, Outcome};
use crate::system;
use crate::verdict::Verdict;

const RESOURCE: &str = "/presentation-requests/";

/// A request at a service.
pub struct Requested {
    client: Client,
    path: String,
    /// The verifier's request as it was fetched, or as the verifier signed it.
    pub request: Value,
    /// Who says that the request is the verifier's.
    pub voucher: Voucher,
}

/// Who says that a request is the verifier's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Voucher {
    /// The verifier is the service: its URL says so.
    Itself,
    /// The operator of this service, who registered the verifier.
    Operator(String),
    /// The verifier's key of this id, by its signature.
    Signature(String),
}

impl Voucher {
    /// In words, after "vouched for by".
    pub fn words(&self) -> String {
        match self {
            Self::Itself => "the verifier's own service".to_owned(),
            Self::Operator(origin) => format!("the operator of {origin}"),
            Self::Signature(kid) => format!("the verifier's signature with {kid}"),
        }
    }

    /// For programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Itself => "service",
            Self::Operator(_) => "operator",
            Self::Signature(_) => "signature",
        }
    }
}

impl Requested {
    /// Fetches the request at `url` of the verifier `to`, or of the service `via` in its name.
    pub fn fetch(url: &str, to: &Party, via: Option<&Origin>) -> Outcome<Self> {
        let (origin, base, id) = parts(url)?;
        if via.or(to.origin()) != Some(&origin) {
            let expected = via.map_or_else(|| to.to_string(), Origin::to_string);
            return Err(Failure::refused(
                format!("the request is at {origin}, not at {expected}, and so would the answer be"),
                "somebody may be relaying it: name with --via the service that the verifier says it uses",
            ));
        }
        let client = Client::new(base)?;
        let path = format!("{RESOURCE}{id}");
        let answer = client.get(&path, Auth::Nobody)?;
        if answer["id"] != id {
            return Err(Failure::refused(format!("{url} gives another request"), "ask the verifier for its URL again"));
        }
        let (request, voucher) = vouched(&answer, to, &origin, AuthenticationKeys::fetch)?;
        Ok(Self { client, path, request, voucher })
    }

    /// Sends the presentation, and gives the verdict on it.
    pub fn respond(&self, presentation: &Value) -> Outcome<Verdict> {
        let body = object!({ "presentation": presentation });
        let mut answer = self.client.post(&format!("{}/response", self.path), &body, Auth::Nobody)?;
        Verdict::read(answer["report"].take())
    }

    /// Whom the answer is sent to.
    pub fn service(&self) -> &str {
        self.client.base()
    }
}

/// The request to answer, and who vouches for it. `keys` fetches those of a `did:web`.
fn vouched(
    answer: &Value,
    to: &Party,
    origin: &Origin,
    keys: impl FnOnce(&poa_verifier::did::IssuerDid) -> Outcome<AuthenticationKeys>,
) -> Outcome<(Value, Voucher)> {
    if let Some(jws) = answer["signed_request"].as_str() {
        return signed(jws, to, origin, keys);
    }
    let voucher = match answer["vouched_by"].as_str() {
        _ if to.origin() == Some(origin) => Voucher::Itself,
        Some("operator") => Voucher::Operator(origin.to_string()),
        _ => {
            return Err(Failure::refused(
                format!("nobody vouches that the request at {origin} is that of {to}"),
                "do not answer: the verifier has to sign it, or be registered by that service's operator",
            ));
        }
    };
    Ok((answer["request"].clone(), voucher))
}

/// A request that the verifier signed. What the service says beside it does not count.
fn signed(
    jws: &str,
    to: &Party,
    origin: &Origin,
    keys: impl FnOnce(&poa_verifier::did::IssuerDid) -> Outcome<AuthenticationKeys>,
) -> Outcome<(Value, Voucher)> {
    let next = "somebody may be asking in the verifier's name: do not answer";
    let signed = SignedRequest::parse(jws).or_refuse("the signed request is not acceptable", next)?;
    signed.expect(origin, system::now_unix_s()).or_refuse("the signed request is not for here and now", next)?;
    let did = &signed.claims().iss;
    // Before anything is fetched: a stranger's text names no place to fetch from.
    if to.web_did().as_ref() != Some(did) {
        return Err(Failure::refused(format!("the request is signed by {did}, not by {to}"), next));
    }
    let keys = keys(did)?;
    signed.verify(keys.key(signed.kid())?).or_refuse(format!("{} has not signed the request", signed.kid()), next)?;
    Ok((signed.claims().request.clone(), Voucher::Signature(signed.kid().to_owned())))
}

/// Origin (read, and as written) and id of a presentation request's URL, and nothing else in it.
fn parts(url: &str) -> Outcome<(Origin, &str, &str)> {
    let usage = "give the URL of a presentation request, as the verifier got it";
    let what = || format!("`{url}` is no URL of a presentation request");
    let (origin, path) = Origin::split(url).or_fail(what(), usage)?;
    let id = path.strip_prefix(RESOURCE).ok_or_else(|| Failure::error(what(), usage))?;
    let canonical = Uuid::try_parse(id).or_fail(what(), usage)?.hyphenated().to_string() == id;
    let base = &url[..url.len() - path.len()];
    if canonical { Ok((origin, base, id)) } else { Err(Failure::error(what(), usage)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

    #[test]
    fn only_the_url_of_a_presentation_request_is_taken() {
        let good = format!("https://poa.example:8443/presentation-requests/{ID}");
        let base = "https://poa.example:8443";
        assert_eq!(parts(&good).ok(), Some((origin(base), base, ID)));
        let spelled = format!("https://POA.example:443/presentation-requests/{ID}");
        assert_eq!(parts(&spelled).ok(), Some((origin("https://poa.example"), "https://POA.example:443", ID)));
        for bad in [
            format!("https://poa.example/presentation-requests/{ID}/outcome"),
            format!("https://poa.example/presentation-requests/{ID}?x=1"),
            format!("https://poa.example/presentation-requests/{ID}#x"),
            format!("https://poa.example/a/presentation-requests/{ID}"),
            format!("https://user@poa.example/presentation-requests/{ID}"),
            format!("https://poa.example/presentation-requests/{}", ID.to_uppercase()),
            format!("https:///presentation-requests/{ID}"),
            format!("/presentation-requests/{ID}"),
            "https://poa.example/".to_owned(),
        ] {
            assert!(parts(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_request_elsewhere_than_at_the_verifier_is_not_fetched() {
        let url = format!("https://relay.example/presentation-requests/{ID}");
        let refusal = Requested::fetch(&url, &party("https://shop.example"), None).err().unwrap();
        assert!(refusal.what.contains("https://relay.example"), "{}", refusal.what);
        assert!(refusal.next.contains("--via"));
        let other = Requested::fetch(&url, &party("https://shop.example"), Some(&origin("https://poa.example")));
        assert!(other.err().unwrap().what.contains("https://poa.example"));
    }

    fn party(text: &str) -> Party {
        text.parse().unwrap()
    }

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    fn refuse_to_fetch(did: &poa_verifier::did::IssuerDid) -> Outcome<AuthenticationKeys> {
        panic!("the keys of {did} are not to be fetched")
    }

    #[test]
    fn a_request_that_nobody_vouches_for_is_not_answered() {
        let (shop, service) = ("https://shop.example", "https://poa.example");
        let answer = |vouched_by: Value| object!({ "request": { "domain": shop }, "vouched_by": vouched_by });
        for nobody in [object!("service"), object!("signature"), Value::Null, object!(1)] {
            let refusal = vouched(&answer(nobody), &party(shop), &origin(service), refuse_to_fetch).unwrap_err();
            assert!(refusal.what.contains("nobody vouches"), "{}", refusal.what);
        }
        let by = |answer: &Value, at: &str| vouched(answer, &party(shop), &origin(at), refuse_to_fetch).unwrap().1;
        assert_eq!(by(&answer(object!("operator")), service), Voucher::Operator(service.to_owned()));
        assert_eq!(by(&answer(object!("service")), shop), Voucher::Itself);
        assert_eq!(by(&answer(object!("service")), "https://SHOP.example:443/"), Voucher::Itself);
    }

    #[test]
    fn a_signature_is_looked_at_before_what_the_service_says() {
        let (shop, service) = ("https://shop.example", "https://poa.example");
        let mut answer =
            object!({ "request": { "domain": shop }, "vouched_by": "operator", "signed_request": "a.b.c" });
        let (shop, service) = (party(shop), origin(service));
        assert!(vouched(&answer, &shop, &service, refuse_to_fetch).is_err());
        // Signed by another verifier, whose keys are not even asked for.
        let bank = "did:web:bank.example".parse().unwrap();
        let now = system::now_unix_s();
        let claims = poa_verifier::signed_request::Claims {
            iss: bank,
            aud: service.to_string(),
            iat: now,
            exp: now + 300,
            token_sha256: "ab".repeat(32),
            request: object!({ "classes": ["presentation"], "challenge": "c", "domain": "https://bank.example" }),
        };
        let input = poa_verifier::signed_request::signing_input(&claims, "key-1");
        answer["signed_request"] = poa_verifier::jws::attach_signature(&input, &[0; 64]).into();
        let refusal = vouched(&answer, &shop, &service, refuse_to_fetch).unwrap_err();
        assert!(refusal.what.contains("did:web:bank.example"), "{}", refusal.what);
        // For another service, to which somebody would have the answer sent.
        let (bank, relay) = (party("https://bank.example"), origin("https://relay.example"));
        let refusal = vouched(&answer, &bank, &relay, refuse_to_fetch).unwrap_err();
        assert!(refusal.what.contains("not for here and now"), "{}", refusal.what);
    }

    #[test]
    fn nothing_travels_in_the_clear_but_on_this_machine() {
        let url = format!("http://shop.example/presentation-requests/{ID}");
        let refusal = Requested::fetch(&url, &party("http://shop.example"), None).err().unwrap();
        assert!(refusal.what.contains("in the clear"), "{}", refusal.what);
    }
}
