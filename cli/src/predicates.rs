//! Bounds on attributes, from the command line or a verifier's request, as the API writes them.

use std::collections::BTreeMap;

use clap::Args;
use poa_circuits::native::attributes::Slot;
use poa_verifier::time::parse_utc;
use serde_json::{Map, Value, json};

use crate::exit::{Failure, Outcome};

/// Bounds given on the command line.
#[derive(Args, Default)]
pub struct PredicateArgs {
    /// Attribute at least this much, for example tasks_completed=100
    #[arg(long, value_name = "ATTRIBUTE=VALUE")]
    pub at_least: Vec<String>,
    /// Attribute at most this much, for example member_since=2024-12-01
    #[arg(long, value_name = "ATTRIBUTE=VALUE")]
    pub at_most: Vec<String>,
    /// Capabilities all held, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub contains_all: Vec<String>,
}

/// Bounds by attribute, values as the API writes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predicates {
    /// Inclusive lower bounds.
    pub at_least: BTreeMap<Slot, Value>,
    /// Inclusive upper bounds.
    pub at_most: BTreeMap<Slot, Value>,
    /// Capabilities that must all be held.
    pub contains_all: Vec<String>,
}

impl PredicateArgs {
    /// Reads the bounds.
    pub fn parse(&self) -> Outcome<Predicates> {
        Ok(Predicates {
            at_least: bounds(&self.at_least)?,
            at_most: bounds(&self.at_most)?,
            contains_all: self.contains_all.clone(),
        })
    }
}

impl Predicates {
    /// The bounds of a verifier's request.
    pub fn of_request(request: &Value) -> Outcome<Self> {
        let member = |name: &str| -> Outcome<BTreeMap<Slot, Value>> {
            let members = request[name].as_object().cloned().unwrap_or_default();
            members.into_iter().map(|(attribute, value)| Ok((slot(&attribute)?, value))).collect()
        };
        let names = request["contains_all"].as_array().cloned().unwrap_or_default();
        Ok(Self {
            at_least: member("at_least")?,
            at_most: member("at_most")?,
            contains_all: names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        })
    }

    /// `{"tasks_completed": {"atLeast": "100"}, …}`, as issuing takes it.
    pub fn to_issue(&self) -> Value {
        let mut predicates = Map::new();
        let mut put = |slot: Slot, name: &str, value: Value| {
            let entry = predicates.entry(slot.name()).or_insert_with(|| json!({}));
            entry[name] = value;
        };
        for (slot, value) in &self.at_least {
            put(*slot, "atLeast", value.clone());
        }
        for (slot, value) in &self.at_most {
            put(*slot, "atMost", value.clone());
        }
        if !self.contains_all.is_empty() {
            put(Slot::Capabilities, "containsAll", json!(self.contains_all));
        }
        Value::Object(predicates)
    }

    /// Adds the bounds to a verifier's request.
    pub fn add_to_request(&self, request: &mut Map<String, Value>) {
        let object = |bounds: &BTreeMap<Slot, Value>| -> Value {
            let members = bounds.iter().map(|(slot, value)| (slot.name().to_owned(), value.clone()));
            Value::Object(members.collect())
        };
        if !self.at_least.is_empty() {
            request.insert("at_least".into(), object(&self.at_least));
        }
        if !self.at_most.is_empty() {
            request.insert("at_most".into(), object(&self.at_most));
        }
        if !self.contains_all.is_empty() {
            request.insert("contains_all".into(), json!(self.contains_all));
        }
    }
}

fn bounds(texts: &[String]) -> Outcome<BTreeMap<Slot, Value>> {
    let mut bounds = BTreeMap::new();
    for text in texts {
        let Some((name, value)) = text.split_once('=') else {
            let what = format!("`{text}` is not ATTRIBUTE=VALUE");
            return Err(Failure::error(what, "write it like tasks_completed=100"));
        };
        let slot = slot(name)?;
        if bounds.insert(slot, value_of(slot, value)?).is_some() {
            let what = format!("{name} is bounded twice on the same side");
            return Err(Failure::error(what, "keep the stricter bound"));
        }
    }
    Ok(bounds)
}

fn slot(name: &str) -> Outcome<Slot> {
    Slot::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Slot::ALL.iter().map(|slot| slot.name()).collect();
        Failure::error(format!("there is no attribute `{name}`"), format!("use one of {}", names.join(", ")))
    })
}

/// A bound in the form of its attribute: integer, decimal string or RFC 3339 time.
fn value_of(slot: Slot, text: &str) -> Outcome<Value> {
    let wrong = |form: &str| {
        let what = format!("`{text}` is no bound for {}", slot.name());
        Failure::error(what, format!("give {form}"))
    };
    let number = || text.parse::<u64>().map_err(|_| wrong("a whole number"));
    match slot {
        Slot::Reputation => Ok(json!(number()?)),
        Slot::TasksCompleted | Slot::EarningsSats => Ok(json!(number()?.to_string())),
        Slot::MemberSince => {
            let time = match text.len() {
                10 => format!("{text}T00:00:00Z"),
                _ => text.to_owned(),
            };
            parse_utc(&time).map_err(|_| wrong("a date like 2024-12-01"))?;
            Ok(json!(time))
        }
        Slot::Capabilities | Slot::BuildHash => Err(Failure::error(
            format!("{} has no order", slot.name()),
            "use --contains-all for capabilities; a build hash can only be shown",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(at_least: &[&str], at_most: &[&str]) -> Outcome<Predicates> {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        PredicateArgs { at_least: own(at_least), at_most: own(at_most), contains_all: vec!["open-source".into()] }
            .parse()
    }

    #[test]
    fn bounds_take_their_attributes_form_and_both_directions_agree() {
        let given = parse(&["tasks_completed=100", "reputation=5000"], &["member_since=2024-12-01"]).unwrap();
        assert_eq!(
            given.to_issue(),
            json!({ "tasks_completed": { "atLeast": "100" }, "reputation": { "atLeast": 5000 },
                "member_since": { "atMost": "2024-12-01T00:00:00Z" },
                "capabilities": { "containsAll": ["open-source"] } })
        );
        let mut request = Map::new();
        given.add_to_request(&mut request);
        assert_eq!(Predicates::of_request(&Value::Object(request)).unwrap(), given);
    }

    #[test]
    fn a_bound_that_cannot_be_is_refused() {
        for text in [
            "tasks_completed",
            "tasks=1",
            "tasks_completed=-1",
            "tasks_completed=18446744073709551616",
            "member_since=yesterday",
            "capabilities=1",
            "build_hash=00",
        ] {
            assert!(parse(&[text], &[]).is_err(), "{text}");
        }
        assert!(parse(&["reputation=1", "reputation=2"], &[]).is_err());
    }
}
