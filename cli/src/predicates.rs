//! Bounds on attributes, from the command line or a verifier's request, as the API writes them.

use std::collections::BTreeMap;

use clap::Args;
use poa_circuits::native::attributes::Slot;
use poa_verifier::percent;
use poa_verifier::schema::is_on_grid;
use poa_verifier::time::parse_utc;
use serde_json::{Map, Value, json};

use crate::exit::{Failure, Outcome};

/// Bounds given on the command line.
#[derive(Args, Default)]
pub struct PredicateArgs {
    /// Attribute at least this much, for example tasks_completed=100 or reputation=80%
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
        Slot::Reputation => Ok(json!(reputation(text)?)),
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

/// A bound on reputation in hundredths of a percent: a percentage, or the hundredths themselves where they can be a bound.
/// A bare `80` is read by people as 80 %, and would be 0.80 %.
fn reputation(text: &str) -> Outcome<u64> {
    let usage = "write a percentage like 80%, or hundredths of a percent like 8000";
    let what = |why: String| format!("reputation={text} {why}");
    let percent_sign = text.ends_with('%');
    let value = match percent_sign {
        true => percent::read(text),
        false => text.parse::<u64>().ok().filter(|value| value.to_string() == text),
    };
    let value = value.ok_or_else(|| Failure::error(what("is no percentage and no whole number".into()), usage))?;
    let most = Slot::Reputation.max().unwrap_or_default();
    if value <= most && is_on_grid(Slot::Reputation, value) {
        return Ok(value);
    }
    let nearest = percent::write(nearest(value.min(most)));
    let meant = value.checked_mul(100).filter(|meant| !percent_sign && *meant <= most);
    Err(match meant {
        Some(meant) => Failure::error(
            what(format!("is {} in hundredths of a percent; {text}% would be {meant}", percent::write(value))),
            if is_on_grid(Slot::Reputation, meant) {
                format!("write {text}% or {meant}; nearest to {} is {nearest}", percent::write(value))
            } else {
                let near = percent::write(self::nearest(meant));
                format!(
                    "bounds lie on steps of 5 %: nearest to {text}% is {near}, nearest to {} is {nearest}",
                    percent::write(value)
                )
            },
        ),
        None if value > most => Failure::error(what(format!("is {}, more than 100 %", percent::write(value))), usage),
        None => Failure::error(
            what(format!("is {}, which is not on steps of 5 %", percent::write(value))),
            format!("the nearest bound is {nearest}"),
        ),
    })
}

/// The bound on the grid that is nearest.
fn nearest(value: u64) -> u64 {
    let step = |value: u64| is_on_grid(Slot::Reputation, value);
    let most = Slot::Reputation.max().unwrap_or_default();
    let (below, above) = ((0..=value).rev().find(|v| step(*v)), (value..=most).find(|v| step(*v)));
    match (below, above) {
        (Some(below), Some(above)) if above - value < value - below => above,
        (below, above) => below.or(above).unwrap_or_default(),
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
    fn reputation_is_a_percentage_or_hundredths_on_the_grid() {
        for (text, value) in [("80%", 8_000), ("8000", 8_000), ("0", 0), ("0%", 0), ("100%", 10_000), ("10000", 10_000)]
        {
            assert_eq!(reputation(text).unwrap(), value, "{text}");
        }
        let refused = |text: &str| {
            let failure = reputation(text).unwrap_err();
            format!("{}; {}", failure.what, failure.next)
        };
        for (text, parts) in [
            ("80", &["0.80 %", "80% would be 8000", "write 80% or 8000", "is 0 %"][..]),
            ("83", &["0.83 %", "nearest to 83% is 85 %"]),
            ("82%", &["82 %", "nearest bound is 80 %"]),
            ("8001", &["80.01 %", "nearest bound is 80 %"]),
            ("20000", &["200 %", "more than 100 %"]),
            ("101%", &["more than 100 %"]),
            ("80.5%", &["80.50 %", "80 %"]),
            ("080%", &["no percentage"]),
            ("-5", &["no percentage"]),
            ("", &["no percentage"]),
            ("%", &["no percentage"]),
        ] {
            let said = refused(text);
            for part in parts {
                assert!(said.contains(part), "{text}: {part} in {said}");
            }
        }
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
        assert!(parse(&["reputation=5%", "reputation=1000"], &[]).is_err());
    }
}
