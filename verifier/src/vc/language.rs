//! Texts for people: a text, a value object with language and direction, or several of them (VC Data Model 2.0 §11.1).

use serde_json::{Map, Value};

use super::active::Active;
use super::definition::{Keyword, Mapping};
use super::error::{DataModelError, Place, Reason};

type Checked = Result<(), DataModelError>;

/// The members of a language value object.
const MEMBERS: [&str; 3] = ["@value", "@language", "@direction"];

/// `name` and `description`.
pub(super) fn check(value: &Value, place: &Place<'_>) -> Checked {
    match value {
        Value::String(_) => Ok(()),
        Value::Object(members) => check_language_value(members, place),
        Value::Array(items) if !items.is_empty() => items.iter().enumerate().try_for_each(|(i, item)| match item {
            Value::Array(_) => wrong(&place.item(i)),
            item => check(item, &place.item(i)),
        }),
        _ => wrong(place),
    }
}

fn wrong(place: &Place<'_>) -> Checked {
    place.refuse(Reason::LanguageValue, "must be a text, or an object with @value, @language and @direction")
}

fn check_language_value(members: &Map<String, Value>, place: &Place<'_>) -> Checked {
    if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return place.member(name).refuse(Reason::LanguageValue, "does not belong into a language value object");
    }
    if !members.get("@value").is_some_and(Value::is_string) {
        return place.member("@value").refuse(Reason::LanguageValue, "must be a text");
    }
    check_language(members.get("@language"), place)?;
    check_direction(members.get("@direction"), place)
}

fn check_language(value: Option<&Value>, place: &Place<'_>) -> Checked {
    match value.map(Value::as_str) {
        None => Ok(()),
        Some(Some(tag)) if is_language_tag(tag) => Ok(()),
        Some(_) => place.member("@language").refuse(Reason::LanguageValue, "must be a language tag (BCP 47)"),
    }
}

fn check_direction(value: Option<&Value>, place: &Place<'_>) -> Checked {
    match value.map(Value::as_str) {
        None | Some(Some("ltr" | "rtl")) => Ok(()),
        Some(_) => place.member("@direction").refuse(Reason::LanguageValue, "must be ltr or rtl"),
    }
}

/// Subtags of 1 to 8 letters and digits, the first of letters alone (the form of BCP 47, not its registry).
fn is_language_tag(tag: &str) -> bool {
    let subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    tag.split('-').all(subtag) && tag.split('-').next().is_some_and(|first| !first.bytes().any(|b| b.is_ascii_digit()))
}

/// A value object anywhere in a document: `@value` with either a type, or language and direction (API §5.1.2 step 15).
pub(super) fn check_value_object(active: &Active<'_>, members: &Map<String, Value>, place: &Place<'_>) -> Checked {
    let mut plain = Map::new();
    for (name, value) in members {
        let here = place.member(name);
        let keyword = match active.expand(name) {
            Mapping::Keyword(Keyword::Value) => "@value",
            Mapping::Keyword(Keyword::Language) => "@language",
            Mapping::Keyword(Keyword::Direction) => "@direction",
            Mapping::Keyword(Keyword::Type) => "@type",
            _ => return here.refuse(Reason::LanguageValue, "does not belong into a value object"),
        };
        if plain.insert(keyword.to_owned(), value.clone()).is_some() {
            return here.refuse(Reason::Duplicate, "another member of the same object means the same");
        }
    }
    let Some(kind) = plain.get("@type") else {
        let text = plain.contains_key("@language") || plain.contains_key("@direction");
        return if text || plain["@value"].is_string() {
            check_language_value(&plain, place)
        } else {
            check_scalar(&plain["@value"], place)
        };
    };
    if plain.len() != 2 {
        return place.refuse(Reason::LanguageValue, "a value has a type, or a language and direction, not both");
    }
    match active.expand(kind.as_str().unwrap_or_default()) {
        Mapping::Keyword(Keyword::Json) => Ok(()),
        Mapping::Iri(_) => check_scalar(&plain["@value"], place),
        _ => place.member("@type").refuse(Reason::UnmappedType, "no context of the document says what it means"),
    }
}

fn check_scalar(value: &Value, place: &Place<'_>) -> Checked {
    match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok(()),
        _ => place.refuse(Reason::WrongValue, "@value must be a text, number or boolean"),
    }
}

/// The object of a term with `@container: @language`.
pub(super) fn check_map(active: &Active<'_>, map: &Map<String, Value>, place: &Place<'_>) -> Checked {
    map.iter().try_for_each(|(tag, value)| {
        let here = place.member(tag);
        if !is_language_tag(tag) && active.expand(tag) != Mapping::Keyword(Keyword::None) {
            return here.refuse(Reason::LanguageValue, "must be a language tag (BCP 47)");
        }
        let texts = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        if texts.iter().all(Value::is_string) {
            Ok(())
        } else {
            here.refuse(Reason::LanguageValue, "must be a text or a list of texts")
        }
    })
}
