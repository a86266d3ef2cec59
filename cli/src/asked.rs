//! What a verifier asks for, and what the holder agrees to.

use clap::Args;
use poa_circuits::native::attributes::{Mask, Slot};
use poa_prover::holder::Audience;
use poa_prover::{Disclosure, Material};
use poa_verifier::json;
use poa_verifier::origin::Party;
use poa_verifier::request::Request;
use poa_verifier::schema::{DisclosureSchema, Predicate};
use poa_verifier::zk_proof::Binding;
use serde_json::{Value, json as object};

use crate::exit::{Failure, OrFail, Outcome};
use crate::holder::prover::Prover;
use crate::parties;
use crate::pinned::Pinned;
use crate::predicates::Predicates;

/// To whom, and what the holder agrees to.
#[derive(Args, Clone)]
pub struct ConsentArgs {
    /// The verifier you are in contact with, an origin or DID; a request bound to another is refused
    #[arg(long, value_name = "VERIFIER", value_parser = parties::party)]
    pub to: Party,
    /// Disclosure schema, NAME/VERSION [default: the one that shows least]
    #[arg(long, value_name = "SCHEMA")]
    pub schema: Option<String>,
    /// Name the agent instead of staying anonymous
    #[arg(long)]
    pub show_subject: bool,
    /// Agree to link the agent's name with its pseudonym at this verifier
    #[arg(long, requires = "show_subject")]
    pub link_pseudonym: bool,
    /// Agree to the newest root when the leaf is newer than the hour's anchor; few others present under it
    #[arg(long)]
    pub newest_root: bool,
}

/// A request for this verifier that the holder agrees to answer.
pub struct Asked<'a> {
    /// What the holder agrees to.
    pub consent: &'a ConsentArgs,
    /// The request as it came.
    pub value: Value,
    /// The same, read.
    pub request: Request,
    /// Its challenge and domain.
    pub binding: Binding,
}

impl<'a> Asked<'a> {
    /// Reads a request.
    pub fn new(consent: &'a ConsentArgs, value: Value) -> Outcome<Self> {
        let next = "ask the verifier for a request of its own with a fresh challenge";
        let request = Request::from_json(&value).or_refuse("the request is not acceptable", next)?;
        let Some(binding) = request.binding.clone() else {
            return Err(Failure::refused("the request has no challenge, so the answer could be replayed", next));
        };
        if !consent.to.is(&binding.domain) {
            let what = format!("the request is bound to {}, not to {}", binding.domain, consent.to);
            return Err(Failure::refused(what, "somebody may be relaying it: do not answer it"));
        }
        if request.subject.is_some() && !consent.show_subject {
            let what = "the verifier wants to know which agent this is";
            return Err(Failure::refused(what, "agree with --show-subject"));
        }
        if request.audience.is_some() && consent.show_subject && !consent.link_pseudonym {
            let what = "the verifier asks for a pseudonym, and the agent's name would be linked to it";
            return Err(Failure::refused(what, "agree with --link-pseudonym, or leave --show-subject out"));
        }
        Ok(Self { consent, value, request, binding })
    }

    /// For whom the proof is.
    pub fn audience(&self) -> Audience {
        Audience {
            domain: self.binding.domain.clone(),
            pseudonym: self.request.audience.is_some(),
            show_subject: self.consent.show_subject,
        }
    }

    /// Everything that what is shown depends on but the agent's record and the challenge, in one spelling: two requests
    /// with the same kind are answered by the same prepared presentation.
    pub fn kind(&self) -> Outcome<Vec<u8>> {
        let mut disclose: Vec<_> = self.request.disclose.iter().map(|slot| slot.name()).collect();
        disclose.sort_unstable();
        let mut predicates = Predicates::of_request(&self.value)?;
        predicates.contains_all.sort_unstable();
        Ok(json::canonical(&object!({
            "domain": self.binding.domain,
            "pseudonym": self.request.audience.is_some(),
            "show_subject": self.consent.show_subject,
            "schema": self.consent.schema,
            "disclose": disclose,
            "predicates": predicates.to_issue(),
            "valid_at_least": self.request.valid_at_least,
        })))
    }

    /// The schema named, or the one that discloses fewest attributes among those that answer. Without a name nothing is
    /// disclosed that the request did not ask to be: a bound that cannot be proved must not end in showing everything.
    pub fn choose<'p>(
        &self,
        prover: &Prover<'p>,
        pinned: &'p Pinned,
        material: &Material,
    ) -> Outcome<(&'p DisclosureSchema, Disclosure)> {
        if let Some(name) = &self.consent.schema {
            let schema = prover.schema(name)?;
            return Ok((schema, prover.disclosure(schema, &self.bounds(schema)?, material)?));
        }
        let mut fitting: Vec<_> = pinned
            .trust
            .disclosure_schemas()
            .iter()
            .filter(|schema| schema.mask() == Mask::of(self.request.disclose.iter().copied()))
            .filter_map(|schema| {
                let disclosure = prover.disclosure(schema, &self.bounds(schema).ok()?, material).ok()?;
                Some((schema, disclosure))
            })
            .collect();
        fitting.sort_by_key(|(schema, _)| schema.mask().bits().count_ones());
        fitting.into_iter().next().ok_or_else(|| {
            Failure::refused(
                "no disclosure schema lets this agent answer the request and show no more than it asks",
                "name one with --schema to see what is missing (bounds must be on the grid), or to show more",
            )
        })
    }

    /// The request's bounds that a schema has to prove: those on attributes it does not show outright.
    fn bounds(&self, schema: &DisclosureSchema) -> Outcome<Value> {
        let mut predicates = Predicates::of_request(&self.value)?;
        let hidden = |slot: &Slot| !schema.mask().contains(*slot);
        predicates.at_least.retain(|slot, _| hidden(slot));
        predicates.at_most.retain(|slot, _| hidden(slot));
        if !schema.allows(Slot::Capabilities, Predicate::ContainsAll) && !hidden(&Slot::Capabilities) {
            predicates.contains_all.clear();
        }
        Ok(predicates.to_issue())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent() -> ConsentArgs {
        ConsentArgs {
            to: "https://v.example".parse().unwrap(),
            schema: None,
            show_subject: false,
            link_pseudonym: false,
            newest_root: false,
        }
    }

    fn kind(consent: &ConsentArgs, changes: Value) -> Vec<u8> {
        let mut request = object!({
            "challenge": "a challenge", "domain": "https://v.example", "at_least": { "tasks_completed": "100" },
        });
        for (name, value) in changes.as_object().unwrap() {
            request[name] = value.clone();
        }
        Asked::new(consent, request).unwrap().kind().unwrap()
    }

    #[test]
    fn the_kind_is_everything_that_is_shown_and_not_the_challenge() {
        let plain = kind(&consent(), object!({}));
        for same in [object!({ "challenge": "another" }), object!({ "max_root_age_s": 60 })] {
            assert_eq!(kind(&consent(), same), plain);
        }
        for other in [
            object!({ "audience": "https://v.example" }),
            object!({ "at_least": { "tasks_completed": "200" } }),
            object!({ "at_most": { "reputation": 9000 } }),
            object!({ "disclose": ["reputation"] }),
            object!({ "contains_all": ["open-source"] }),
            object!({ "valid_at_least": "2027-01-15T08:00:00Z" }),
        ] {
            assert_ne!(kind(&consent(), other.clone()), plain, "{other}");
        }
        let named = ConsentArgs { show_subject: true, ..consent() };
        assert_ne!(kind(&named, object!({})), plain);
        let schema = ConsentArgs { schema: Some("task_completion/1".into()), ..consent() };
        assert_ne!(kind(&schema, object!({})), plain);
    }

    #[test]
    fn a_request_that_is_relayed_or_wants_more_than_was_agreed_is_refused() {
        let request = |more: Value| {
            let mut request = object!({ "challenge": "a challenge", "domain": "https://v.example" });
            request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            request
        };
        let refused = |consent: &ConsentArgs, value| Asked::new(consent, value).err().map(|failure| failure.next);
        assert_eq!(refused(&consent(), request(object!({}))), None);
        let elsewhere = ConsentArgs { to: "https://elsewhere.example".parse().unwrap(), ..consent() };
        assert!(refused(&elsewhere, request(object!({}))).unwrap().contains("relaying"));
        assert!(refused(&consent(), object!({})).is_some());
        let named = ConsentArgs { show_subject: true, ..consent() };
        let pseudonym = request(object!({ "audience": "https://v.example" }));
        assert!(refused(&named, pseudonym.clone()).unwrap().contains("--link-pseudonym"));
        assert_eq!(refused(&ConsentArgs { link_pseudonym: true, ..named }, pseudonym), None);
    }
}
