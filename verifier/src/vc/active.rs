//! Active contexts: which names mean what at a place in a document (JSON-LD 1.1 API §4.1, §4.2).
//!
//! A context is a stack of layers, one for each context object that was processed, the newest on top; a layer is shared
//! by all contexts above it. Definitions borrow from the contexts they were read from.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::definition::{Coercion, Container, Definition, Keyword, Mapping, has_keyword_form};
use super::error::Reason;
use super::iri::is_absolute_url;
use super::pinned::Contexts;

/// Most definitions that are read for one document. A scoped context is read again wherever it applies, so a small
/// document could otherwise ask for a lot of work.
const MAX_DEFINITIONS: usize = 20_000;

/// Deepest nesting of contexts within contexts.
const MAX_NESTING: usize = 8;

/// Most layers of one context: a name is looked up in each of them, and they are dropped one within the other.
const MAX_LAYERS: usize = 64;

/// What names mean.
#[derive(Debug, Default)]
pub(super) struct Active<'a> {
    below: Option<Arc<Active<'a>>>,
    layers: usize,
    /// Definitions of all layers, those of scoped contexts within them included.
    definitions: u64,
    terms: HashMap<&'a str, Arc<Definition<'a>>>,
    vocab: Option<Cow<'a, str>>,
    /// The context to return to in nested nodes, when this one is not to be inherited.
    previous: Option<Arc<Active<'a>>>,
    any_protected: bool,
}

/// Why a context was refused; the place is the caller's.
#[derive(Debug)]
pub(super) struct ContextError {
    pub(super) reason: Reason,
    pub(super) text: String,
}

fn refuse<T>(reason: Reason, text: impl Into<String>) -> Result<T, ContextError> {
    Err(ContextError { reason, text: text.into() })
}

fn invalid<T>(text: impl Into<String>) -> Result<T, ContextError> {
    refuse(Reason::InvalidContext, text)
}

/// How a context is applied.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// A property-scoped context may redefine protected terms.
    pub(super) override_protected: bool,
    /// Whether nested nodes inherit it; a type-scoped one is not inherited.
    pub(super) propagate: bool,
}

impl How {
    pub(super) const EMBEDDED: Self = Self { override_protected: false, propagate: true };
    pub(super) const PROPERTY_SCOPED: Self = Self { override_protected: true, propagate: true };
    pub(super) const TYPE_SCOPED: Self = Self { override_protected: false, propagate: false };

    pub(super) fn is_embedded(self) -> bool {
        !self.override_protected && self.propagate
    }
}

impl<'a> Active<'a> {
    pub(super) fn term(&self, name: &str) -> Option<&Arc<Definition<'a>>> {
        let mut layer = Some(self);
        while let Some(here) = layer {
            if let Some(definition) = here.terms.get(name) {
                return Some(definition);
            }
            layer = here.below.as_deref();
        }
        None
    }

    /// Whether no context was read yet.
    pub(super) fn is_initial(&self) -> bool {
        self.below.is_none() && self.terms.is_empty() && self.vocab.is_none() && self.previous.is_none()
    }

    #[cfg(test)]
    pub(super) fn is_all_protected(&self) -> bool {
        self.terms.values().all(|definition| definition.protected)
            && self.below.as_ref().is_none_or(|below| below.is_all_protected())
    }

    /// How many contexts a name is looked up in.
    pub(super) fn layers(&self) -> usize {
        self.layers
    }

    /// How many definitions a copy of this context has.
    pub(super) fn definitions(&self) -> u64 {
        self.definitions
    }

    pub(super) fn previous(&self) -> Option<&Arc<Active<'a>>> {
        self.previous.as_ref()
    }

    /// What a name means as a member, a type or a value of a `@vocab` term (API §5.2, with no context being read).
    pub(super) fn expand<'v>(&self, name: &'v str) -> Mapping<'v>
    where
        'a: 'v,
    {
        if let Some(known) = self.lookup(name) {
            return known;
        }
        match compact_iri(name) {
            Compact::Prefixed { prefix, suffix } => {
                if let Some(Mapping::Iri(base)) = self.prefix(prefix) {
                    return absolute(Cow::Owned(format!("{base}{suffix}")));
                }
                absolute(Cow::Borrowed(name))
            }
            Compact::Absolute => absolute(Cow::Borrowed(name)),
            Compact::No => match &self.vocab {
                Some(vocab) => absolute(Cow::Owned(format!("{vocab}{name}"))),
                None => Mapping::Nothing,
            },
        }
    }

    /// A keyword, or a term of this context; `None` when the name is neither.
    fn lookup<'v>(&self, name: &str) -> Option<Mapping<'v>>
    where
        'a: 'v,
    {
        if let Some(keyword) = Keyword::from_text(name) {
            return Some(Mapping::Keyword(keyword));
        }
        if has_keyword_form(name) {
            return Some(Mapping::Nothing);
        }
        self.term(name).map(|definition| definition.mapping.clone())
    }

    fn prefix(&self, name: &str) -> Option<Mapping<'a>> {
        self.term(name).filter(|definition| definition.prefix).map(|definition| definition.mapping.clone())
    }
}

fn absolute(iri: Cow<'_, str>) -> Mapping<'_> {
    if is_absolute_url(&iri) { Mapping::Iri(iri) } else { Mapping::Nothing }
}

/// How a name reads as an IRI.
enum Compact<'n> {
    /// No colon after the first character.
    No,
    /// `prefix:suffix`, where the prefix may be a term.
    Prefixed { prefix: &'n str, suffix: &'n str },
    /// With `//` after the colon: never compact.
    Absolute,
}

fn compact_iri(name: &str) -> Compact<'_> {
    match name.char_indices().skip(1).find(|(_, c)| *c == ':') {
        None => Compact::No,
        Some((at, _)) if name[at + 1..].starts_with("//") => Compact::Absolute,
        Some((at, _)) => Compact::Prefixed { prefix: &name[..at], suffix: &name[at + 1..] },
    }
}

/// How much a local context defines.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// Its definitions, those of scoped contexts within it included.
    pub(super) definitions: u64,
    /// The scoped contexts within it.
    pub(super) scoped: u64,
}

impl Weight {
    /// Of one context, as a URL or an object.
    pub(super) fn of(contexts: &Contexts, local: &Value) -> Self {
        match local {
            Value::String(url) => contexts.weight(url),
            Value::Object(members) => Self::of_members(members),
            _ => Self::default(),
        }
    }

    /// Of the members of a context.
    pub(super) fn of_members(members: &Map<String, Value>) -> Self {
        members.values().fold(Self::default(), |weight, definition| {
            let scoped = definition.get("@context").map(|scoped| match scoped {
                Value::Array(items) => items.iter().filter_map(Value::as_object).map(Self::of_members).collect(),
                Value::Object(members) => vec![Self::of_members(members)],
                _ => vec![Self::default()],
            });
            scoped.into_iter().flatten().fold(weight.and(1, 0), |all, one| all.and(one.definitions, one.scoped + 1))
        })
    }

    fn and(self, definitions: u64, scoped: u64) -> Self {
        Self { definitions: self.definitions + definitions, scoped: self.scoped + scoped }
    }
}

/// Reads contexts for one document.
pub(super) struct Processor<'a> {
    contexts: &'a Contexts,
    definitions: usize,
    nesting: usize,
    /// Whether scoped contexts are applied as soon as they are read, to see that they can be. Only a document's own
    /// contexts need it: those compiled in are tested, and what is applied later was read before.
    trying: bool,
}

impl<'a> Processor<'a> {
    pub(super) fn new(contexts: &'a Contexts) -> Self {
        Self { contexts, definitions: 0, nesting: 0, trying: false }
    }

    /// Applies the members of a context that is compiled in.
    pub(super) fn read_pinned(
        &mut self,
        active: &Arc<Active<'a>>,
        members: &'a Map<String, Value>,
    ) -> Result<Arc<Active<'a>>, ContextError> {
        self.layer(active, None, members, How::EMBEDDED)
    }

    /// Applies a local context, the value of an `@context`.
    pub(super) fn apply(
        &mut self,
        active: &Arc<Active<'a>>,
        local: &'a Value,
        how: How,
    ) -> Result<Arc<Active<'a>>, ContextError> {
        if let Some(known) = self.contexts.known(active, local, how) {
            return Ok(known);
        }
        let propagate = propagates(local)?.unwrap_or(how.propagate);
        let mut result = Arc::clone(active);
        let previous = match (propagate, active.previous()) {
            (false, None) => Some(Arc::clone(active)),
            (_, previous) => previous.map(Arc::clone),
        };
        let items = match local {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            result = self.apply_one(&result, previous.as_ref(), item, how)?;
        }
        Ok(result)
    }

    fn apply_one(
        &mut self,
        active: &Arc<Active<'a>>,
        previous: Option<&Arc<Active<'a>>>,
        local: &'a Value,
        how: How,
    ) -> Result<Arc<Active<'a>>, ContextError> {
        match local {
            Value::Null if active.any_protected && !how.override_protected => {
                refuse(Reason::ProtectedTerm, "null would take away protected terms")
            }
            Value::Null => {
                let previous = (!how.propagate).then(|| Arc::clone(active));
                Ok(Arc::new(Active { previous, ..Active::default() }))
            }
            Value::String(url) => {
                let pinned = self.contexts.find(url).ok_or_else(|| unknown(url))?;
                let trying = std::mem::replace(&mut self.trying, false);
                let layer = self.layer(active, previous, pinned, how);
                self.trying = trying;
                layer
            }
            Value::Object(members) => {
                let trying = self.trying;
                self.trying |= how.is_embedded();
                let layer = self.layer(active, previous, members, how);
                self.trying = trying;
                layer
            }
            _ => invalid("a context is a URL, an object or null"),
        }
    }

    fn layer(
        &mut self,
        active: &Arc<Active<'a>>,
        previous: Option<&Arc<Active<'a>>>,
        members: &'a Map<String, Value>,
        how: How,
    ) -> Result<Arc<Active<'a>>, ContextError> {
        // A context without definitions is work too.
        self.definitions += 1;
        if active.layers >= MAX_LAYERS {
            return refuse(Reason::TooComplex, "more contexts apply at one place than are read");
        }
        check_keywords(members)?;
        let protected = boolean(members, "@protected")?.unwrap_or(false);
        let mut layer = Layer {
            processor: self,
            members,
            protected,
            how,
            state: HashMap::with_capacity(members.len()),
            active: Active {
                below: Some(Arc::clone(active)),
                layers: active.layers + 1,
                definitions: active.definitions + Weight::of_members(members).definitions,
                terms: HashMap::with_capacity(members.len()),
                vocab: active.vocab.clone(),
                previous: previous.cloned(),
                any_protected: active.any_protected,
            },
        };
        layer.vocab()?;
        for term in members.keys() {
            if Keyword::from_text(term).is_none_or(|keyword| keyword == Keyword::Type) {
                layer.define(term)?;
            }
        }
        let active = Arc::new(layer.active);
        if self.trying {
            self.try_scoped(&active)?;
        }
        Ok(active)
    }

    /// The scoped contexts of the newest layer can be applied.
    fn try_scoped(&mut self, active: &Arc<Active<'a>>) -> Result<(), ContextError> {
        if self.nesting >= MAX_NESTING {
            return refuse(Reason::TooComplex, "contexts nested too deep");
        }
        self.nesting += 1;
        for local in active.terms.values().filter_map(|definition| definition.context) {
            self.apply(active, local, How::PROPERTY_SCOPED)?;
        }
        self.nesting -= 1;
        Ok(())
    }
}

fn unknown(url: &str) -> ContextError {
    let (reason, text) = if is_absolute_url(url) {
        (Reason::UnknownContext, format!("context {url:?} is not one of those compiled in, and nothing is fetched"))
    } else {
        (Reason::InvalidContext, format!("context {url:?} is no absolute URL"))
    };
    ContextError { reason, text }
}

fn boolean(members: &Map<String, Value>, name: &str) -> Result<Option<bool>, ContextError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => invalid(format!("{name} is no boolean")),
    }
}

fn propagates(local: &Value) -> Result<Option<bool>, ContextError> {
    local.as_object().map_or(Ok(None), |members| boolean(members, "@propagate"))
}

/// The keywords of a context object, apart from `@vocab` and the terms.
fn check_keywords(members: &Map<String, Value>) -> Result<(), ContextError> {
    for (name, value) in members {
        match name.as_str() {
            "@version" if value.as_f64() == Some(1.1) => {}
            "@version" => return invalid("@version is not 1.1"),
            "@language" if value.is_null() || value.is_string() => {}
            "@direction" if value.is_null() || matches!(value.as_str(), Some("ltr" | "rtl")) => {}
            "@language" | "@direction" => return invalid(format!("{name} has a wrong value")),
            "@protected" | "@propagate" => drop(boolean(members, name)?),
            "@vocab" | "@type" => {}
            "@import" | "@base" => return refuse(Reason::Unsupported, format!("{name} in a context is not supported")),
            name if has_keyword_form(name) => return invalid(format!("{name} cannot be defined")),
            _ => {}
        }
    }
    Ok(())
}

/// A layer while its definitions are read.
struct Layer<'p, 'a> {
    processor: &'p mut Processor<'a>,
    members: &'a Map<String, Value>,
    protected: bool,
    how: How,
    /// Terms that are being read (`false`) or were read (`true`).
    state: HashMap<&'a str, bool>,
    active: Active<'a>,
}

/// The members of a term's definition.
const DEFINITION_MEMBERS: [&str; 11] = [
    "@id",
    "@type",
    "@container",
    "@context",
    "@language",
    "@direction",
    "@protected",
    "@prefix",
    "@index",
    "@nest",
    "@reverse",
];

impl<'a> Layer<'_, 'a> {
    fn vocab(&mut self) -> Result<(), ContextError> {
        match self.members.get("@vocab") {
            None => {}
            Some(Value::Null) => self.active.vocab = None,
            Some(Value::String(vocab)) => match self.active.expand(vocab) {
                Mapping::Iri(iri) => self.active.vocab = Some(iri),
                _ => return invalid("@vocab is no absolute IRI"),
            },
            Some(_) => return invalid("@vocab is neither a text nor null"),
        }
        Ok(())
    }

    /// Reads one term's definition, after those it depends on (API §4.2.2).
    fn define(&mut self, term: &'a str) -> Result<(), ContextError> {
        match self.state.get(term) {
            Some(true) => return Ok(()),
            Some(false) => return invalid(format!("the definition of {term:?} depends on itself")),
            None => {}
        }
        self.processor.definitions += 1;
        if self.processor.definitions > MAX_DEFINITIONS {
            return refuse(Reason::TooComplex, "the contexts of this document define too much");
        }
        if term.is_empty() {
            return invalid("a term is empty");
        }
        self.state.insert(term, false);
        let value = &self.members[term];
        if term == "@type" {
            check_type_redefinition(value)?;
        } else {
            let definition = self.definition(term, value)?;
            let definition = self.respect_protection(term, definition)?;
            self.active.any_protected |= definition.protected;
            self.active.terms.insert(term, definition);
        }
        self.state.insert(term, true);
        Ok(())
    }

    fn respect_protection(&self, term: &str, definition: Definition<'a>) -> Result<Arc<Definition<'a>>, ContextError> {
        match self.active.term(term) {
            Some(known) if known.protected && !self.how.override_protected => {
                if known.says_the_same(&definition) {
                    Ok(Arc::clone(known))
                } else {
                    refuse(Reason::ProtectedTerm, format!("the term {term:?} is protected and is defined anew"))
                }
            }
            _ => Ok(Arc::new(definition)),
        }
    }

    fn definition(&mut self, term: &'a str, value: &'a Value) -> Result<Definition<'a>, ContextError> {
        let mut definition = Definition {
            mapping: Mapping::Nothing,
            protected: self.protected,
            prefix: false,
            coercion: Coercion::None,
            container: Container::default(),
            language: None,
            direction: None,
            context: None,
        };
        match value {
            Value::Null => {}
            Value::String(id) => {
                definition.mapping = self.mapping(term, Some(id))?;
                definition.prefix = is_prefix(term, &definition.mapping);
            }
            Value::Object(members) => {
                self.read_members(term, members, &mut definition)?;
                definition.mapping = match members.get("@id") {
                    None => self.mapping(term, None)?,
                    Some(Value::Null) => Mapping::Nothing,
                    Some(Value::String(id)) => self.mapping(term, Some(id))?,
                    Some(_) => return invalid(format!("@id of {term:?} is no text")),
                };
                if members.contains_key("@prefix") && matches!(definition.mapping, Mapping::Keyword(_)) {
                    return invalid(format!("{term:?} stands for a keyword and cannot be a prefix"));
                }
            }
            _ => return invalid(format!("the definition of {term:?} is neither a text nor an object")),
        }
        Ok(definition)
    }

    fn read_members(
        &mut self,
        term: &'a str,
        members: &'a Map<String, Value>,
        definition: &mut Definition<'a>,
    ) -> Result<(), ContextError> {
        if let Some(name) = members.keys().find(|name| !DEFINITION_MEMBERS.contains(&name.as_str())) {
            return invalid(format!("the definition of {term:?} has an unknown member {name:?}"));
        }
        if let Some(name) = ["@index", "@nest", "@reverse"].into_iter().find(|name| members.contains_key(*name)) {
            return refuse(Reason::Unsupported, format!("{name} in the definition of {term:?} is not supported"));
        }
        definition.protected = boolean(members, "@protected")?.unwrap_or(definition.protected);
        definition.prefix = boolean(members, "@prefix")?.unwrap_or(false);
        if members.contains_key("@prefix") && term.contains([':', '/']) {
            return invalid(format!("{term:?} cannot be a prefix"));
        }
        if let Some(coercion) = members.get("@type") {
            definition.coercion = self.coercion(term, coercion)?;
        }
        if let Some(container) = members.get("@container") {
            definition.container = read_container(term, container)?;
        }
        definition.language = members.get("@language");
        definition.direction = members.get("@direction");
        let direction = definition.direction.is_none_or(|d| d.is_null() || matches!(d.as_str(), Some("ltr" | "rtl")));
        if !direction || !definition.language.is_none_or(|l| l.is_null() || l.is_string()) {
            return invalid(format!("@language or @direction of {term:?} has a wrong value"));
        }
        definition.context = members.get("@context");
        Ok(())
    }

    fn coercion(&mut self, term: &str, value: &'a Value) -> Result<Coercion<'a>, ContextError> {
        let Some(name) = value.as_str() else { return invalid(format!("@type of {term:?} is no text")) };
        match self.expand(name)? {
            Mapping::Keyword(Keyword::Id) => Ok(Coercion::Id),
            Mapping::Keyword(Keyword::Vocab) => Ok(Coercion::Vocab),
            Mapping::Keyword(Keyword::Json) => Ok(Coercion::Json),
            Mapping::Keyword(Keyword::None) => Ok(Coercion::None),
            Mapping::Iri(iri) => Ok(Coercion::Datatype(iri)),
            _ => invalid(format!("@type of {term:?} is no absolute IRI")),
        }
    }

    /// What a term maps to: `@id`, or what the term itself reads as.
    fn mapping(&mut self, term: &'a str, id: Option<&'a str>) -> Result<Mapping<'a>, ContextError> {
        let mapping = match id {
            Some(id) if id != term => self.expand(id)?,
            _ => self.own_mapping(term)?,
        };
        if reads_as_iri(term) && self.own_mapping(term)? != mapping {
            return invalid(format!("{term:?} reads as an IRI and is mapped to something else"));
        }
        match mapping {
            Mapping::Keyword(Keyword::Context | Keyword::ContextOnly) => {
                invalid(format!("{term:?} cannot be another name of that keyword"))
            }
            Mapping::Keyword(Keyword::Id | Keyword::Type | Keyword::Value | Keyword::Language | Keyword::Direction) => {
                Ok(mapping)
            }
            Mapping::Keyword(_) => {
                refuse(Reason::Unsupported, format!("{term:?} as another name of a keyword is not supported"))
            }
            Mapping::Iri(_) => Ok(mapping),
            Mapping::Nothing => invalid(format!("{term:?} is mapped to no absolute IRI")),
        }
    }

    fn own_mapping(&mut self, term: &'a str) -> Result<Mapping<'a>, ContextError> {
        match compact_iri(term) {
            Compact::Prefixed { prefix, suffix } => {
                if let Some((prefix, _)) = self.members.get_key_value(prefix) {
                    self.define(prefix)?;
                }
                match self.active.term(prefix).map(|definition| &definition.mapping) {
                    Some(Mapping::Iri(base)) => Ok(absolute(Cow::Owned(format!("{base}{suffix}")))),
                    _ => Ok(absolute(Cow::Borrowed(term))),
                }
            }
            Compact::Absolute => Ok(absolute(Cow::Borrowed(term))),
            Compact::No => Ok(match &self.active.vocab {
                Some(vocab) if !term.contains('/') => absolute(Cow::Owned(format!("{vocab}{term}"))),
                _ => Mapping::Nothing,
            }),
        }
    }

    /// [`Active::expand`] while this layer is read: what the name depends on is read first.
    fn expand(&mut self, name: &'a str) -> Result<Mapping<'a>, ContextError> {
        if Keyword::from_text(name).is_none() {
            let prefix = match compact_iri(name) {
                Compact::Prefixed { prefix, .. } => Some(prefix),
                Compact::No | Compact::Absolute => None,
            };
            for dependency in [Some(name), prefix].into_iter().flatten() {
                if let Some((term, _)) = self.members.get_key_value(dependency)
                    && Keyword::from_text(term).is_none()
                    && self.state.get(term.as_str()) != Some(&true)
                {
                    self.define(term)?;
                }
            }
        }
        Ok(self.active.expand(name))
    }
}

fn reads_as_iri(term: &str) -> bool {
    !matches!(compact_iri(term), Compact::No) || term.contains('/')
}

/// A simple term is a prefix when its IRI ends in a delimiter (API §4.2.2 step 14.2.5).
fn is_prefix(term: &str, mapping: &Mapping<'_>) -> bool {
    let Mapping::Iri(iri) = mapping else { return false };
    !term.contains([':', '/']) && iri.ends_with([':', '/', '?', '#', '[', ']', '@'])
}

/// `@type` may be said to be a set, and be protected; neither changes what it means.
fn check_type_redefinition(value: &Value) -> Result<(), ContextError> {
    let fine = value.as_object().is_some_and(|members| {
        !members.is_empty()
            && members.iter().all(|(name, value)| match name.as_str() {
                "@container" => value == "@set",
                "@protected" => value.is_boolean(),
                _ => false,
            })
    });
    if fine { Ok(()) } else { invalid("@type cannot be defined anew") }
}

fn read_container(term: &str, value: &Value) -> Result<Container, ContextError> {
    let names = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut container = Container::default();
    for name in names {
        let part = match name.as_str() {
            Some("@graph") => &mut container.graph,
            Some("@index") => &mut container.index,
            Some("@language") => &mut container.language,
            Some("@list") => &mut container.list,
            Some("@set") => &mut container.set,
            Some("@id" | "@type") => {
                return refuse(Reason::Unsupported, format!("that @container of {term:?} is not supported"));
            }
            _ => return invalid(format!("@container of {term:?} is unknown")),
        };
        *part = true;
    }
    let Container { graph, index, language, list, .. } = container;
    if (list && names.len() > 1) || (language && (graph || index)) || names.is_empty() {
        return invalid(format!("@container of {term:?} is no combination that JSON-LD knows"));
    }
    Ok(container)
}
