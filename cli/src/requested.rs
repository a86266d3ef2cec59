//! A verifier's request that waits at a service: fetched, and answered there.
//!
//! The URL came from somebody, and the answer goes where it points. So it is exactly that of a presentation request, at
//! the verifier named by the user, or at the service that the user says receives the verifier's answers: else a stranger
//! could have the holder answer another verifier's challenge and take the answer there. Nothing is followed from there.

use serde_json::{Value, json as object};
use uuid::Uuid;

use crate::client::{Auth, Client};
use crate::exit::{Failure, OrFail as _, Outcome};
use crate::verdict::Verdict;

const RESOURCE: &str = "/presentation-requests/";

/// A request at a service.
pub struct Requested {
    client: Client,
    path: String,
    /// The verifier's request as it was fetched.
    pub request: Value,
}

impl Requested {
    /// Fetches the request at `url` of the verifier `to`, or of the service `via` in its name.
    pub fn fetch(url: &str, to: &str, via: Option<&str>) -> Outcome<Self> {
        let (origin, id) = parts(url)?;
        let expected = via.unwrap_or(to).trim_end_matches('/');
        if origin != expected {
            return Err(Failure::refused(
                format!("the request is at {origin}, not at {expected}, and so would the answer be"),
                "somebody may be relaying it: name with --via the service that the verifier says it uses",
            ));
        }
        let client = Client::new(origin)?;
        let path = format!("{RESOURCE}{id}");
        let mut answer = client.get(&path, Auth::Nobody)?;
        if answer["id"] != id {
            return Err(Failure::refused(format!("{url} gives another request"), "ask the verifier for its URL again"));
        }
        Ok(Self { client, path, request: answer["request"].take() })
    }

    /// Sends the presentation, and gives the verdict on it.
    pub fn respond(&self, presentation: &Value) -> Outcome<Verdict> {
        let body = object!({ "presentation": presentation });
        let mut answer = self.client.post(&format!("{}/response", self.path), &body, Auth::Nobody)?;
        Verdict::read(answer["report"].take())
    }

    /// Whom the answer is sent to.
    pub fn origin(&self) -> &str {
        self.client.base()
    }
}

/// Origin and id of a presentation request's URL, and nothing else in it.
fn parts(url: &str) -> Outcome<(&str, &str)> {
    let usage = "give the URL of a presentation request, as the verifier got it";
    let what = || format!("`{url}` is no URL of a presentation request");
    let (origin, id) = url.split_once(RESOURCE).ok_or_else(|| Failure::error(what(), usage))?;
    let canonical = Uuid::try_parse(id).or_fail(what(), usage)?.hyphenated().to_string() == id;
    let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
    let plain = !authority.is_empty() && !authority.contains(['/', '?', '#', '@', '\\']);
    if canonical && plain { Ok((origin, id)) } else { Err(Failure::error(what(), usage)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

    #[test]
    fn only_the_url_of_a_presentation_request_is_taken() {
        let good = format!("https://poa.example:8443/presentation-requests/{ID}");
        assert_eq!(parts(&good).ok(), Some(("https://poa.example:8443", ID)));
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
        let refusal = Requested::fetch(&url, "https://shop.example", None).err().unwrap();
        assert!(refusal.what.contains("https://relay.example"), "{}", refusal.what);
        assert!(refusal.next.contains("--via"));
        let other = Requested::fetch(&url, "https://shop.example", Some("https://poa.example"));
        assert!(other.err().unwrap().what.contains("https://poa.example"));
    }

    #[test]
    fn nothing_travels_in_the_clear_but_on_this_machine() {
        let url = format!("http://shop.example/presentation-requests/{ID}");
        let refusal = Requested::fetch(&url, "http://shop.example", None).err().unwrap();
        assert!(refusal.what.contains("in the clear"), "{}", refusal.what);
    }
}
