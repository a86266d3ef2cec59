//! What a route answers when it does not refuse.

use utoipa::openapi::content::Content;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

use super::schemas;

/// The form of a body.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A schema of `schemas/` by its name in the document.
    Schema(&'static str),
    /// A text of this pattern.
    Pattern(&'static str),
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

impl Shape {
    /// A compact JWS.
    pub const JWS: Self = Self::Pattern("^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$");

    /// As a media type's content. Bytes have no schema (OpenAPI 3.1, 4.8.14.1).
    pub fn content(self) -> Content {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let schema: Option<RefOr<Schema>> = match self {
            Self::Schema(name) => return referring([name]),
            Self::Pattern(pattern) => Some(text().pattern(Some(pattern)).into()),
            Self::Text => Some(text().into()),
            Self::Bytes => None,
        };
        Content::new(schema)
    }
}

/// Content under one of these schemas, with their examples.
pub(super) fn referring<'a>(names: impl IntoIterator<Item = &'a str>) -> Content {
    let names: Vec<_> = names.into_iter().collect();
    let refs = names.iter().map(|name| Ref::new(schemas::pointer(name)));
    let schema: RefOr<Schema> = match refs.clone().next() {
        Some(only) if names.len() == 1 => only.into(),
        _ => refs.fold(OneOfBuilder::new(), OneOfBuilder::item).into(),
    };
    let examples = names.iter().filter_map(|name| Some(((*name).to_owned(), RefOr::Ref(schemas::example(name)?))));
    let mut content = Content::new(Some(schema));
    content.examples = examples.collect();
    content
}

/// An answer: status, bodies by media type, header fields.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) conditional: bool,
    pub(super) negotiated: bool,
    description: &'static str,
    contents: Vec<(&'static str, Shape)>,
    headers: Vec<(&'static str, &'static str)>,
}

impl Answer {
    /// One without a body.
    pub fn empty(status: u16, description: &'static str) -> Self {
        Self { status, conditional: false, negotiated: false, description, contents: Vec::new(), headers: Vec::new() }
    }

    /// JSON under a schema, for this caller alone.
    pub fn json(status: u16, schema: &'static str, description: &'static str) -> Self {
        Self::of(status, "application/json", Shape::Schema(schema), description).private()
    }

    /// A body of some media type.
    pub fn of(status: u16, media_type: &'static str, shape: Shape, description: &'static str) -> Self {
        Self::empty(status, description).or(media_type, shape)
    }

    /// The same answer in another form.
    pub fn or(mut self, media_type: &'static str, shape: Shape) -> Self {
        self.contents.push((media_type, shape));
        self
    }

    /// A header field that is always there.
    pub fn with(mut self, header: &'static str, description: &'static str) -> Self {
        self.headers.retain(|(name, _)| *name != header);
        self.headers.push((header, description));
        self
    }

    /// For this caller alone, in no cache.
    pub fn private(self) -> Self {
        self.with("Cache-Control", "`no-store`")
    }

    /// The same for everybody; the header says for how long.
    pub fn cached(self) -> Self {
        self.with("Cache-Control", "`public` with `max-age`, seconds")
    }

    /// With a tag: 304 to whoever has this version.
    pub fn conditional(mut self) -> Self {
        self.conditional = true;
        self.with("Cache-Control", "`public` with `max-age`, or with `no-cache`: to be kept and asked about each time")
            .with("ETag", "Changes exactly when the document does")
    }

    /// Chosen by `Accept`; 406 to whoever accepts none of its forms.
    pub fn negotiated(mut self) -> Self {
        self.negotiated = true;
        self.with("Vary", "`accept`")
    }

    /// Says where the new resource is.
    pub fn located(self) -> Self {
        self.with("Location", "URL of the new resource")
    }

    /// What 304 says in its place.
    pub(super) fn not_modified(&self) -> Self {
        let headers = self.headers.clone();
        let description = "This version is known: `If-None-Match` names it.";
        Self { status: 304, conditional: false, negotiated: false, description, contents: Vec::new(), headers }
    }

    pub(super) fn into_response(self) -> Response {
        let contents = self.contents.into_iter();
        let response = ResponseBuilder::new().description(self.description);
        let response = contents.fold(response, |response, (kind, shape)| response.content(kind, shape.content()));
        let headers = self.headers.into_iter();
        headers.fold(response, |response, (name, text)| response.header(name, always(text))).build()
    }
}

/// Name of the extension that stands for `required`, which the model of header fields has not.
pub(super) const REQUIRED: &str = "x-required";

/// A header field that is always there.
pub(super) fn always(description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
        .extensions(Some(ExtensionsBuilder::new().add(REQUIRED, true).build()))
        .build()
}
