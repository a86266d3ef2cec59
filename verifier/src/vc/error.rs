//! Why a document does not conform: the member, a stable word, a sentence.

use std::fmt;

/// What kind of defect it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// `@context` is missing, no list, or does not begin with the VC 2.0 context.
    ContextOrder,
    /// A context URL that is not compiled in.
    UnknownContext,
    /// A context that JSON-LD refuses.
    InvalidContext,
    /// A feature of JSON-LD that is refused here.
    Unsupported,
    /// A context changes the meaning of a protected term, or a member takes another name for a term of the data model.
    ProtectedTerm,
    /// No context says what a member means.
    UnmappedTerm,
    /// No context says what a type means.
    UnmappedType,
    /// An identifier that is no absolute URL.
    NotAUrl,
    /// A mandatory member is missing.
    Missing,
    /// A mandatory `type` is missing.
    MissingType,
    /// A value of the wrong kind.
    WrongValue,
    /// Not a date and time with a time zone.
    BadDate,
    /// `validFrom` is after `validUntil`.
    Period,
    /// A related resource without a digest.
    MissingDigest,
    /// A digest that cannot be one.
    BadDigest,
    /// A digest that is not the one of the resource, which is compiled in.
    WrongDigest,
    /// The same thing twice.
    Duplicate,
    /// Neither a text nor a language value object.
    LanguageValue,
    /// A credential that nothing secures, in a presentation whose holder did not issue it.
    Unsecured,
    /// Deeper or larger than is read.
    TooComplex,
}

impl Reason {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContextOrder => "context_order",
            Self::UnknownContext => "unknown_context",
            Self::InvalidContext => "invalid_context",
            Self::Unsupported => "unsupported",
            Self::ProtectedTerm => "protected_term",
            Self::UnmappedTerm => "unmapped_term",
            Self::UnmappedType => "unmapped_type",
            Self::NotAUrl => "not_a_url",
            Self::Missing => "missing",
            Self::MissingType => "missing_type",
            Self::WrongValue => "wrong_value",
            Self::BadDate => "bad_date",
            Self::Period => "period",
            Self::MissingDigest => "missing_digest",
            Self::BadDigest => "bad_digest",
            Self::WrongDigest => "wrong_digest",
            Self::Duplicate => "duplicate",
            Self::LanguageValue => "language_value",
            Self::Unsecured => "unsecured",
            Self::TooComplex => "too_complex",
        }
    }

    /// The problem type of VC Data Model 2.0 §7.2.
    pub fn problem_type(self) -> &'static str {
        match self {
            Self::Period => "https://www.w3.org/TR/vc-data-model#RANGE_ERROR",
            _ => "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a document does not conform to the data model.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}: {text}", if pointer.is_empty() { "the document" } else { pointer })]
pub struct DataModelError {
    /// The offending member as a JSON pointer (RFC 6901); empty for the document itself.
    pub pointer: String,
    /// The stable word.
    pub reason: Reason,
    /// For people: what is wrong.
    pub text: String,
}

/// Where a walk is in the document; becomes a JSON pointer only for an error.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Member(&'p str),
    Item(usize),
}

impl<'p> Place<'p> {
    pub(super) const ROOT: Self = Place { parent: None, step: Step::Root };

    pub(super) fn member<'q>(&'q self, name: &'q str) -> Place<'q> {
        Place { parent: Some(self), step: Step::Member(name) }
    }

    pub(super) fn item(&self, index: usize) -> Place<'_> {
        Place { parent: Some(self), step: Step::Item(index) }
    }

    pub(super) fn error(&self, reason: Reason, text: impl Into<String>) -> DataModelError {
        DataModelError { pointer: self.to_string(), reason, text: text.into() }
    }

    pub(super) fn refuse<T>(&self, reason: Reason, text: impl Into<String>) -> Result<T, DataModelError> {
        Err(self.error(reason, text))
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Member(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Item(index) => write!(f, "/{index}"),
        }
    }
}
