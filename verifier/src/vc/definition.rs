//! One term of an active context (JSON-LD 1.1 API §4.2).

use std::borrow::Cow;

use serde_json::Value;

/// What a name stands for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Mapping<'a> {
    /// Nothing: no context says, or one says it means nothing.
    Nothing,
    /// A keyword of JSON-LD.
    Keyword(Keyword),
    /// An absolute IRI.
    Iri(Cow<'a, str>),
}

/// The keywords of JSON-LD 1.1 that may stand in a document or a context.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Keyword {
    Context,
    Direction,
    Graph,
    Id,
    Included,
    Index,
    Json,
    Language,
    List,
    Nest,
    None,
    Reverse,
    Set,
    Type,
    Value,
    Vocab,
    /// `@base`, `@container`, `@import`, `@prefix`, `@propagate`, `@protected`, `@version`.
    ContextOnly,
}

impl Keyword {
    pub(super) fn from_text(text: &str) -> Option<Self> {
        Some(match text {
            "@context" => Self::Context,
            "@direction" => Self::Direction,
            "@graph" => Self::Graph,
            "@id" => Self::Id,
            "@included" => Self::Included,
            "@index" => Self::Index,
            "@json" => Self::Json,
            "@language" => Self::Language,
            "@list" => Self::List,
            "@nest" => Self::Nest,
            "@none" => Self::None,
            "@reverse" => Self::Reverse,
            "@set" => Self::Set,
            "@type" => Self::Type,
            "@value" => Self::Value,
            "@vocab" => Self::Vocab,
            "@base" | "@container" | "@import" | "@prefix" | "@propagate" | "@protected" | "@version" => {
                Self::ContextOnly
            }
            _ => return None,
        })
    }
}

/// `@` and letters: reserved, and ignored by JSON-LD where it is no keyword.
pub(super) fn has_keyword_form(text: &str) -> bool {
    text.strip_prefix('@').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// What `@type` of a term says about its values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Coercion<'a> {
    /// Nothing.
    None,
    /// A text is an identifier.
    Id,
    /// A text is a term or an identifier.
    Vocab,
    /// The value is JSON and says nothing in terms of contexts.
    Json,
    /// A typed literal.
    Datatype(Cow<'a, str>),
}

/// How the values of a term are held.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Container {
    pub(super) graph: bool,
    pub(super) index: bool,
    pub(super) language: bool,
    pub(super) list: bool,
    pub(super) set: bool,
}

/// One term.
#[derive(Clone, Debug)]
pub(super) struct Definition<'a> {
    pub(super) mapping: Mapping<'a>,
    pub(super) protected: bool,
    /// Whether it may be the prefix of a compact IRI.
    pub(super) prefix: bool,
    pub(super) coercion: Coercion<'a>,
    pub(super) container: Container,
    /// `@language` and `@direction` as written; they matter for telling two definitions apart, no more.
    pub(super) language: Option<&'a Value>,
    pub(super) direction: Option<&'a Value>,
    /// The property- or type-scoped context.
    pub(super) context: Option<&'a Value>,
}

impl Definition<'_> {
    /// Whether both say the same, protection apart.
    pub(super) fn says_the_same(&self, other: &Definition<'_>) -> bool {
        self.mapping == other.mapping
            && self.prefix == other.prefix
            && self.coercion == other.coercion
            && self.container == other.container
            && self.language == other.language
            && self.direction == other.direction
            && self.context == other.context
    }
}
