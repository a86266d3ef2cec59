//! Every member and type of a document is one that its contexts define (JSON-LD 1.1 API §5.1, names alone).

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::active::{Active, ContextError, How, Processor, Weight};
use super::definition::{Coercion, Definition, Keyword, Mapping};
use super::error::{DataModelError, Place, Reason};
use super::iri::is_absolute_url;
use super::pinned::{Contexts, PUBLISHED_BASE};
use super::{digest, language};
use crate::json::MAX_DEPTH;
use crate::steps::{Steps, of_text};

type Checked = Result<(), DataModelError>;

/// A literal in a graph is about nothing, and is lost.
const GRAPH: &str = "must be an object, or a list of objects";

/// Members of the data model by their IRI, as the VC 2.0 context names them inside credentials, presentations and
/// proofs. Another name, from a context or the IRI itself, would hide one from readers that look for the name; where the
/// graph is signed and not the text, as by `eddsa-rdfc-2022`, anybody could hide the end of a proof so.
static DATA_MODEL: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let types = ["VerifiableCredential", "VerifiablePresentation", "DataIntegrityProof"];
    let scoped = types.map(|kind| &PUBLISHED_BASE[kind]["@context"]);
    let terms = scoped.into_iter().filter_map(Value::as_object).flatten();
    let iri = |value: &'static Value| value.as_str().or_else(|| value["@id"].as_str());
    let terms = terms.filter_map(|(term, value)| Some((iri(value)?, term.as_str())));
    terms.filter(|(iri, _)| iri.starts_with(CREDENTIALS) || iri.starts_with(SECURITY)).collect()
});

const CREDENTIALS: &str = "https://www.w3.org/2018/credentials#";
const SECURITY: &str = "https://w3id.org/security#";
pub(super) const NAME: &str = "https://schema.org/name";
pub(super) const DESCRIPTION: &str = "https://schema.org/description";
pub(super) const DIGEST_SRI: &str = "https://www.w3.org/2018/credentials#digestSRI";
pub(super) const DIGEST_MULTIBASE: &str = "https://w3id.org/security#digestMultibase";

/// Judges all names of a document, within the steps that are left.
pub(super) fn check(contexts: &Contexts, steps: &Steps, document: &Map<String, Value>, place: &Place<'_>) -> Checked {
    let mut walk = Walk { processor: Processor::new(contexts), contexts, steps, expands: false, depth: 0 };
    walk.node(&Arc::new(Active::default()), None, document, place, false)
}

/// The same, and counts what it takes to expand the document by JSON-LD: there each context that applies copies the one
/// before it, and tries every scoped context within it.
#[cfg(feature = "rdfc")]
pub(super) fn check_expansion(
    contexts: &Contexts,
    steps: &Steps,
    document: &Map<String, Value>,
    place: &Place<'_>,
) -> Checked {
    let mut walk = Walk { processor: Processor::new(contexts), contexts, steps, expands: true, depth: 0 };
    walk.node(&Arc::new(Active::default()), None, document, place, false)
}

/// The IRIs of a document's own types.
pub(super) fn type_iris(contexts: &Contexts, document: &Map<String, Value>) -> Result<Vec<String>, DataModelError> {
    let place = Place::ROOT;
    let mut walk =
        Walk { processor: Processor::new(contexts), contexts, steps: &Steps::default(), expands: false, depth: 0 };
    let mut active = Arc::new(Active::default());
    if let Some(local) = document.get("@context") {
        active = walk.apply(&active, local, How::EMBEDDED, &place.member("@context"))?;
    }
    let iri = |name: &str| match active.expand(name) {
        Mapping::Iri(iri) => Some(iri.into_owned()),
        _ => None,
    };
    Ok(types(&active, document, &place)?.into_iter().filter_map(iri).collect())
}

struct Walk<'a> {
    processor: Processor<'a>,
    contexts: &'a Contexts,
    steps: &'a Steps,
    expands: bool,
    depth: usize,
}

/// A place and the context there.
type Here<'a> = Arc<Active<'a>>;
/// The term by which a value is reached.
type Term<'d, 'a> = Option<&'d Arc<Definition<'a>>>;

impl<'a> Walk<'a> {
    fn apply(
        &mut self,
        active: &Here<'a>,
        local: &'a Value,
        how: How,
        place: &Place<'_>,
    ) -> Result<Here<'a>, DataModelError> {
        self.count_context(active, local, place)?;
        let refused = |ContextError { reason, text }| place.error(reason, text);
        self.processor.apply(active, local, how).map_err(refused)
    }

    fn count_context(&self, active: &Here<'a>, local: &Value, place: &Place<'_>) -> Checked {
        if !self.expands {
            return Ok(());
        }
        let items = match local {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut known = active.definitions();
        for item in items {
            let Weight { definitions, scoped } = Weight::of(self.contexts, item);
            known = known.saturating_add(definitions);
            self.take(known.saturating_mul(scoped + 1), place)?;
        }
        Ok(())
    }

    /// What it takes to look a name up in every layer, and to copy what it means.
    fn count_name(&self, active: &Active<'_>, meaning: &Mapping<'_>, place: &Place<'_>) -> Checked {
        let bytes = if let Mapping::Iri(iri) = meaning { iri.len() } else { 0 };
        self.take(of_text(bytes) + active.layers() as u64, place)
    }

    fn take(&self, steps: u64, place: &Place<'_>) -> Checked {
        self.steps.take(steps).map_err(|error| place.error(Reason::TooComplex, error.to_string()))
    }

    /// An object that stands for a thing (API §5.1.2 steps 7–14).
    fn node(
        &mut self,
        active: &Here<'a>,
        term: Term<'_, 'a>,
        members: &'a Map<String, Value>,
        place: &Place<'_>,
        from_map: bool,
    ) -> Checked {
        if self.depth >= MAX_DEPTH {
            return place.refuse(Reason::TooComplex, "nested too deep");
        }
        self.depth += 1;
        let checked = self.entered_node(active, term, members, place, from_map);
        self.depth -= 1;
        checked
    }

    fn entered_node(
        &mut self,
        active: &Here<'a>,
        term: Term<'_, 'a>,
        members: &'a Map<String, Value>,
        place: &Place<'_>,
        from_map: bool,
    ) -> Checked {
        let mut active = match active.previous() {
            Some(previous) if !from_map && !keeps_context(active, members) => Arc::clone(previous),
            _ => Arc::clone(active),
        };
        if let Some(local) = term.and_then(|definition| definition.context) {
            active = self.apply(&active, local, How::PROPERTY_SCOPED, place)?;
        }
        if let Some(local) = members.get("@context") {
            active = self.apply(&active, local, How::EMBEDDED, &place.member("@context"))?;
        }
        if has(&active, members, Keyword::Value) {
            if term.is_some_and(|definition| definition.container.graph) {
                return place.refuse(Reason::WrongValue, GRAPH);
            }
            return language::check_value_object(&active, members, place);
        }
        let types = types(&active, members, place)?;
        let before_types = Arc::clone(&active);
        for name in &types {
            if let Some(local) = before_types.term(name).and_then(|definition| definition.context) {
                active = self.apply(&active, local, How::TYPE_SCOPED, place)?;
            }
        }
        self.members(&active, &before_types, members, place)
    }

    fn members(
        &mut self,
        active: &Here<'a>,
        before_types: &Here<'a>,
        members: &'a Map<String, Value>,
        place: &Place<'_>,
    ) -> Checked {
        let mut meanings = HashSet::with_capacity(members.len());
        for (name, value) in members.iter().filter(|(name, _)| *name != "@context") {
            let here = place.member(name);
            let meaning = active.expand(name);
            self.count_name(active, &meaning, &here)?;
            match &meaning {
                Mapping::Nothing => {
                    return here.refuse(Reason::UnmappedTerm, "no context of the document says what this member means");
                }
                Mapping::Keyword(Keyword::Id) => check_id(value, &here)?,
                Mapping::Keyword(Keyword::Type) => self.check_types(before_types, value, &here)?,
                Mapping::Keyword(_) => {
                    return here.refuse(Reason::Unsupported, "this keyword of JSON-LD is not supported in a document");
                }
                Mapping::Iri(iri) => {
                    check_name(name, iri, &here)?;
                    self.property(active, active.term(name), iri, value, &here)?;
                }
            }
            if !meanings.insert(meaning) {
                return here.refuse(Reason::Duplicate, "another member of the same object means the same");
            }
        }
        digest::check_node(self.contexts, members, place)
    }

    fn check_types(&self, active: &Active<'_>, value: &Value, place: &Place<'_>) -> Checked {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        if items.is_empty() {
            return place.refuse(Reason::MissingType, "must name at least one type");
        }
        let mut seen = HashSet::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            let kind = item.as_str().unwrap_or_default();
            let meaning = active.expand(kind);
            self.count_name(active, &meaning, place)?;
            if !matches!(meaning, Mapping::Iri(_)) {
                let text = format!("no context of the document says what the type {kind:?} means");
                let item = place.item(i);
                return if value.is_array() { &item } else { place }.refuse(Reason::UnmappedType, text);
            }
            if !seen.insert(kind) {
                return place.item(i).refuse(Reason::Duplicate, "the same type twice");
            }
        }
        Ok(())
    }

    fn property(
        &mut self,
        active: &Here<'a>,
        term: Term<'_, 'a>,
        iri: &str,
        value: &'a Value,
        place: &Place<'_>,
    ) -> Checked {
        match iri {
            NAME | DESCRIPTION => language::check(value, place)?,
            DIGEST_SRI => digest::check_sri(value, place)?,
            DIGEST_MULTIBASE => digest::check_multibase(value, place)?,
            _ => {}
        }
        let Some(definition) = term else { return self.value(active, None, value, place, false) };
        match value {
            _ if definition.coercion == Coercion::Json => Ok(()),
            Value::Object(map) if definition.container.language => language::check_map(active, map, place),
            Value::Object(map) if definition.container.index => {
                map.iter().try_for_each(|(key, value)| self.value(active, term, value, &place.member(key), true))
            }
            _ => self.value(active, term, value, place, false),
        }
    }

    fn value(
        &mut self,
        active: &Here<'a>,
        term: Term<'_, 'a>,
        value: &'a Value,
        place: &Place<'_>,
        from_map: bool,
    ) -> Checked {
        match value {
            Value::Null => place.refuse(Reason::WrongValue, "null says nothing; leave the member out"),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(i, item)| self.value(active, term, item, &place.item(i), from_map)),
            Value::Object(members) => self.node(active, term, members, place, from_map),
            _ if term.is_some_and(|definition| definition.container.graph) => place.refuse(Reason::WrongValue, GRAPH),
            Value::String(text) => self.text(active, term, text, place),
            Value::Bool(_) | Value::Number(_) => match term.map(|definition| &definition.coercion) {
                Some(Coercion::Id | Coercion::Vocab) => place.refuse(Reason::NotAUrl, "must be a URL"),
                _ => Ok(()),
            },
        }
    }

    /// A text where a term says that texts are identifiers (API §5.3.2).
    fn text(&mut self, active: &Here<'a>, term: Term<'_, 'a>, text: &'a str, place: &Place<'_>) -> Checked {
        let Some(definition) = term else { return Ok(()) };
        match definition.coercion {
            Coercion::Id if is_absolute_url(text) => Ok(()),
            Coercion::Id => place.refuse(Reason::NotAUrl, "must be an absolute URL"),
            Coercion::Vocab => {
                let scoped = match definition.context {
                    Some(local) => self.apply(active, local, How::PROPERTY_SCOPED, place)?,
                    None => Arc::clone(active),
                };
                let meaning = scoped.expand(text);
                self.count_name(&scoped, &meaning, place)?;
                match meaning {
                    Mapping::Iri(_) => Ok(()),
                    _ => place.refuse(Reason::UnmappedTerm, "no context of the document says what this value means"),
                }
            }
            Coercion::None | Coercion::Json | Coercion::Datatype(_) => Ok(()),
        }
    }
}

/// Whether an object keeps a context that is not inherited: a value object, or a bare reference.
fn keeps_context(active: &Active<'_>, members: &Map<String, Value>) -> bool {
    has(active, members, Keyword::Value)
        || (members.len() == 1 && members.keys().all(|name| active.expand(name) == Mapping::Keyword(Keyword::Id)))
}

pub(super) fn has(active: &Active<'_>, members: &Map<String, Value>, keyword: Keyword) -> bool {
    members.keys().any(|name| active.expand(name) == Mapping::Keyword(keyword))
}

/// The values of `type`, in the order in which their contexts apply.
fn types<'a>(
    active: &Active<'_>,
    members: &'a Map<String, Value>,
    place: &Place<'_>,
) -> Result<Vec<&'a str>, DataModelError> {
    let mut types = Vec::new();
    for (name, value) in members {
        if active.expand(name) != Mapping::Keyword(Keyword::Type) {
            continue;
        }
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            let wrong = || place.member(name).error(Reason::WrongValue, "must be a text or a list of texts");
            types.push(item.as_str().ok_or_else(wrong)?);
        }
    }
    types.sort_unstable();
    Ok(types)
}

pub(super) fn check_id(value: &Value, place: &Place<'_>) -> Checked {
    match value.as_str() {
        Some(url) if is_absolute_url(url) => Ok(()),
        _ => place.refuse(Reason::NotAUrl, "must be one absolute URL"),
    }
}

/// The names of the data model are the only ones for what they mean.
fn check_name(name: &str, iri: &str, place: &Place<'_>) -> Checked {
    match DATA_MODEL.get(iri) {
        Some(proper) if *proper != name => {
            place.refuse(Reason::ProtectedTerm, format!("is another name for {proper:?}; use that"))
        }
        _ => Ok(()),
    }
}
