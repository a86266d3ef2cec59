//! RDFC-1.0 over JSON-LD: the canonical N-Quads of a document, for the cryptosuite `eddsa-rdfc-2022`.
//!
//! JSON-LD is read by `oxjsonld` with contexts that the caller pins; nothing is fetched. What its reading would drop
//! without a word, so that nobody would have signed it, is refused here ([`RdfcError::Relative`],
//! [`RdfcError::Direction`]); members that no context maps are dropped too, and [`EddsaRdfc2022`] has [`crate::vc`] refuse
//! them first, which also bounds what contexts may ask for.
//!
//! The canonicalisation is ours (`canonical`): that of `oxrdf` 0.3.5 has no bound (a document of 500 bytes costs a
//! second, and seven times as much with each member more), and labels blank nodes otherwise than `rdf-canonize` where two of them
//! differ by the graph alone that they stand in, as equal proofs in two credentials of one presentation do.
//!
//! Source: W3C RDF Dataset Canonicalization 1.0 (21 May 2024); JSON-LD 1.1 API, section 8.

use std::collections::{BTreeSet, HashMap};

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::{GraphName, NamedOrBlankNode, Quad, Term};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::json;
use crate::steps::{self, Steps, TooMuchWork};
use crate::vc::foreign::{Cryptosuite, ProofError, Secured};
use crate::vc::{Contexts, DataModelError, Reason, check_names};

mod canonical;

/// Most quads of a document. One of 64 KiB that is worth verifying has some hundreds.
const MAX_QUADS: usize = 4096;

/// What a relative reference resolves against. No document may name it, so whatever begins with it was relative.
const NOWHERE: &str = "https://relative.invalid/";

/// Why a document has no canonical form here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RdfcError {
    /// No JSON-LD 1.1, or a context that is not pinned.
    #[error("not JSON-LD: {0}")]
    JsonLd(String),
    /// An identifier or type that is no absolute IRI would not be signed.
    #[error("{0:?} is relative, so it would not be signed; write an absolute IRI")]
    Relative(String),
    /// RDF has no place for a text's direction, so it would not be signed.
    #[error("\"@direction\" would not be signed; leave it out")]
    Direction,
    /// Blank nodes that only a search through their permutations could tell apart.
    #[error("its blank nodes are too alike to be put in order; give the objects that look the same an id")]
    TooAlike,
    /// More than `MAX_QUADS` statements.
    #[error("more than {MAX_QUADS} statements")]
    TooManyQuads,
    /// More work than one call may take.
    #[error(transparent)]
    TooMuchWork(#[from] TooMuchWork),
}

/// The canonical N-Quads of a JSON-LD document.
///
/// # Errors
/// [`RdfcError`].
pub fn canonicalize(document: &Value, contexts: &Contexts) -> Result<String, RdfcError> {
    canonicalize_within(document, contexts, &Steps::default())
}

fn canonicalize_within(document: &Value, contexts: &Contexts, steps: &Steps) -> Result<String, RdfcError> {
    if has_direction(document) {
        return Err(RdfcError::Direction);
    }
    canonical::order(&quads(document, contexts, steps)?, steps)
}

/// `eddsa-rdfc-2022` (W3C Data Integrity EdDSA Cryptosuites v1.0 §3.2).
#[derive(Clone, Copy, Debug)]
pub struct EddsaRdfc2022<'a> {
    /// The contexts by which documents are read.
    pub contexts: &'a Contexts,
}

impl Cryptosuite for EddsaRdfc2022<'_> {
    fn name(&self) -> &'static str {
        "eddsa-rdfc-2022"
    }

    /// The options are read in the document's own `@context`. One of their own is not signed, and members that it alone
    /// explains would not be either.
    fn hash_data(&self, secured: &Secured, options: &Value, steps: &Steps) -> Result<[u8; 64], ProofError> {
        let document = secured.value();
        if options.get("@context").is_some_and(|context| Some(context) != document.get("@context")) {
            return Err(ProofError::Context);
        }
        let mut options = options.clone();
        options["@context"] = document["@context"].clone();
        let mut input = [0; 64];
        input[..32].copy_from_slice(&self.hash(&options, steps)?);
        input[32..].copy_from_slice(&secured.digest(self.name(), |document| self.hash(document, steps))?);
        Ok(input)
    }
}

impl EddsaRdfc2022<'_> {
    fn hash(&self, value: &Value, steps: &Steps) -> Result<[u8; 32], ProofError> {
        let refused = |error: DataModelError| match error.reason {
            Reason::TooComplex => ProofError::TooComplex(error.to_string()),
            _ => ProofError::Transformation(error.to_string()),
        };
        check_names(self.contexts, steps, value).map_err(refused)?;
        let text = canonicalize_within(value, self.contexts, steps).map_err(|error| match error {
            RdfcError::TooAlike | RdfcError::TooManyQuads | RdfcError::TooMuchWork(_) => {
                ProofError::TooComplex(error.to_string())
            }
            error => ProofError::Transformation(error.to_string()),
        })?;
        Ok(Sha256::digest(text).into())
    }
}

/// One statement: subject, predicate, object, graph.
type Statement = [Node; 4];

/// A term of a statement.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Node {
    /// In its canonical N-Quads form; empty for the default graph.
    Text(String),
    /// The number of a blank node.
    Blank(usize),
}

/// The steps it takes to copy or hash a statement.
fn cost(statement: &Statement) -> u64 {
    let bytes = |node: &Node| match node {
        Node::Text(text) => text.len(),
        Node::Blank(_) => 0,
    };
    steps::of_text(statement.iter().map(bytes).sum())
}

fn quads(document: &Value, contexts: &Contexts, steps: &Steps) -> Result<Vec<Statement>, RdfcError> {
    // As JCS writes it: a number is the double that every reader takes it for.
    let bytes = json::canonical(document);
    let parser = JsonLdParser::new().with_base_iri(NOWHERE).expect("the base is an IRI").for_slice(&bytes);
    let contexts = contexts.clone();
    let parser = parser.with_load_document_callback(move |url, _| match contexts.bytes(url) {
        Some(bytes) => Ok(JsonLdRemoteDocument { document: bytes.to_vec(), document_url: url.to_owned() }),
        None => Err(format!("the context {url} is not pinned").into()),
    });
    let mut blanks = Blanks::default();
    // A dataset is a set: what a document says twice counts once.
    let mut statements = BTreeSet::new();
    for quad in parser {
        let quad = quad.map_err(|error| RdfcError::JsonLd(error.to_string()))?;
        if statements.len() == MAX_QUADS {
            return Err(RdfcError::TooManyQuads);
        }
        let statement = blanks.statement(quad)?;
        steps.take(cost(&statement))?;
        statements.insert(statement);
    }
    Ok(statements.into_iter().collect())
}

/// The numbers of blank nodes, in the order in which they came.
#[derive(Default)]
struct Blanks(HashMap<String, usize>);

impl Blanks {
    fn statement(&mut self, quad: Quad) -> Result<Statement, RdfcError> {
        let subject = match quad.subject {
            NamedOrBlankNode::NamedNode(iri) => named(iri.as_str())?,
            NamedOrBlankNode::BlankNode(blank) => self.number(blank.as_str()),
        };
        let object = match quad.object {
            Term::NamedNode(iri) => named(iri.as_str())?,
            Term::BlankNode(blank) => self.number(blank.as_str()),
            Term::Literal(literal) => {
                named(literal.datatype().as_str())?;
                Node::Text(canonical::literal(&literal))
            }
        };
        let graph = match quad.graph_name {
            GraphName::DefaultGraph => Node::Text(String::new()),
            GraphName::NamedNode(iri) => named(iri.as_str())?,
            GraphName::BlankNode(blank) => self.number(blank.as_str()),
        };
        Ok([subject, named(quad.predicate.as_str())?, object, graph])
    }

    fn number(&mut self, label: &str) -> Node {
        let next = self.0.len();
        Node::Blank(*self.0.entry(label.to_owned()).or_insert(next))
    }
}

fn named(iri: &str) -> Result<Node, RdfcError> {
    match iri.strip_prefix(NOWHERE) {
        Some(relative) => Err(RdfcError::Relative(relative.to_owned())),
        None => Ok(Node::Text(format!("<{iri}>"))),
    }
}

fn has_direction(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| name == "@direction" || has_direction(value)),
        Value::Array(items) => items.iter().any(has_direction),
        _ => false,
    }
}
