//! The order of blank nodes, and with it the canonical text, by RDFC-1.0 with SHA-256.
//!
//! Section numbers are those of the specification. Work is counted: a step is a permutation that is looked at.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use oxrdf::{Literal, vocab::xsd};
use sha2::{Digest as _, Sha256};

use super::{Node, RdfcError, Statement};
use crate::steps::Steps;

/// Most steps of one document. A presentation of two credentials whose proofs look alike takes four.
const MAX_STEPS: u32 = 1000;

/// The canonical N-Quads of some statements, sorted.
pub(super) fn order(statements: &[Statement], work: &Steps) -> Result<String, RdfcError> {
    let issued = Canonicalizer::new(statements, work)?.run()?;
    let label = |blank: usize| format!("_:{}", issued.label(blank).expect("every blank node got a label"));
    let mut lines: Vec<String> = statements.iter().map(|statement| line(statement, label)).collect();
    lines.sort_unstable();
    Ok(lines.concat())
}

/// A literal in canonical N-Quads (§A.1): only these characters are escaped, and a plain text has no datatype.
pub(super) fn literal(literal: &Literal) -> String {
    let mut text = String::from('"');
    for c in literal.value().chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\0'..='\u{1f}' | '\u{7f}' => write!(text, "\\u{:04X}", u32::from(c)).expect("a String takes all"),
            _ => text.push(c),
        }
    }
    text.push('"');
    if let Some(language) = literal.language() {
        text.push('@');
        text.push_str(language);
    } else if literal.datatype() != xsd::STRING {
        write!(text, "^^{}", literal.datatype()).expect("a String takes all");
    }
    text
}

fn line(statement: &Statement, label: impl Fn(usize) -> String) -> String {
    let mut line = String::new();
    for node in statement {
        let text = match node {
            Node::Text(text) => text.clone(),
            Node::Blank(blank) => label(*blank),
        };
        if !text.is_empty() {
            line.push_str(&text);
            line.push(' ');
        }
    }
    line.push_str(".\n");
    line
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// An identifier issuer (§4.5): labels by order of asking.
#[derive(Clone)]
struct Issuer {
    prefix: &'static str,
    order: Vec<usize>,
    numbers: HashMap<usize, usize>,
}

impl Issuer {
    fn new(prefix: &'static str) -> Self {
        Self { prefix, order: Vec::new(), numbers: HashMap::new() }
    }

    fn label(&self, blank: usize) -> Option<String> {
        self.numbers.get(&blank).map(|number| format!("{}{number}", self.prefix))
    }

    fn issue(&mut self, blank: usize) -> String {
        let next = self.order.len();
        let number = *self.numbers.entry(blank).or_insert(next);
        if number == next {
            self.order.push(blank);
        }
        format!("{}{number}", self.prefix)
    }
}

struct Canonicalizer<'a> {
    /// The statements of each blank node.
    statements: Vec<Vec<&'a Statement>>,
    /// Their first-degree hashes.
    hashes: Vec<String>,
    /// The steps it takes to hash their statements.
    costs: Vec<u64>,
    issued: Issuer,
    steps: u32,
    work: &'a Steps,
}

impl<'a> Canonicalizer<'a> {
    fn new(statements: &'a [Statement], work: &'a Steps) -> Result<Self, RdfcError> {
        let mut of_blank: Vec<Vec<&Statement>> = Vec::new();
        for statement in statements {
            for (at, node) in statement.iter().enumerate() {
                if let Node::Blank(blank) = *node
                    && !statement[..at].contains(node)
                {
                    of_blank.resize(of_blank.len().max(blank + 1), Vec::new());
                    of_blank[blank].push(statement);
                }
            }
        }
        let cost = |of: &Vec<&Statement>| of.iter().map(|statement| super::cost(statement)).sum();
        let costs: Vec<u64> = of_blank.iter().map(cost).collect();
        work.take(costs.iter().sum())?;
        let hashes = of_blank.iter().enumerate().map(|(blank, of)| first_degree(blank, of)).collect();
        Ok(Self { statements: of_blank, hashes, costs, issued: Issuer::new("c14n"), steps: 0, work })
    }

    /// §4.4.3, steps 3 to 5.
    fn run(mut self) -> Result<Issuer, RdfcError> {
        let mut groups: BTreeMap<&String, Vec<usize>> = BTreeMap::new();
        for (blank, hash) in self.hashes.iter().enumerate() {
            groups.entry(hash).or_default().push(blank);
        }
        let groups: Vec<Vec<usize>> = groups.into_values().collect();
        for blank in groups.iter().filter_map(|group| if let [one] = group[..] { Some(one) } else { None }) {
            self.issued.issue(blank);
        }
        for group in groups.into_iter().filter(|group| group.len() > 1) {
            let mut paths = Vec::new();
            for blank in group {
                if self.issued.label(blank).is_none() {
                    let mut issuer = Issuer::new("b");
                    issuer.issue(blank);
                    paths.push(self.n_degree(blank, &issuer)?);
                }
            }
            paths.sort_by(|(left, _), (right, _)| left.cmp(right));
            for blank in paths.into_iter().flat_map(|(_, issuer)| issuer.order) {
                self.issued.issue(blank);
            }
        }
        Ok(self.issued)
    }

    /// Hash N-Degree Quads (§4.8.3).
    fn n_degree(&mut self, blank: usize, issuer: &Issuer) -> Result<(String, Issuer), RdfcError> {
        let mut issuer = issuer.clone();
        let mut data = String::new();
        self.work.take(self.costs[blank])?;
        for (how, mut related) in self.related(blank, &issuer) {
            data.push_str(&how);
            related.sort_unstable();
            let mut chosen: Option<(String, Issuer)> = None;
            loop {
                self.steps += 1;
                if self.steps > MAX_STEPS {
                    return Err(RdfcError::TooAlike);
                }
                // The labels given so far are copied.
                self.work.take((related.len() + issuer.order.len()) as u64)?;
                let (path, issued) = self.path(&related, issuer.clone())?;
                if chosen.as_ref().is_none_or(|(best, _)| path < *best) {
                    chosen = Some((path, issued));
                }
                if !next_permutation(&mut related) {
                    break;
                }
            }
            let (path, issued) = chosen.expect("there is one permutation at least");
            data.push_str(&path);
            issuer = issued;
        }
        Ok((hash(&data), issuer))
    }

    /// §4.8.3, step 3: the related blank nodes by the hash of how they are related. A node related by several
    /// statements is listed as often: two statements of one blank graph have the same hash.
    fn related(&self, blank: usize, issuer: &Issuer) -> BTreeMap<String, Vec<usize>> {
        let mut related: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for statement in &self.statements[blank] {
            let Node::Text(predicate) = &statement[1] else { unreachable!("predicates are IRIs") };
            for (position, node) in [("s", &statement[0]), ("o", &statement[2]), ("g", &statement[3])] {
                let Node::Blank(other) = *node else { continue };
                if other == blank {
                    continue;
                }
                let known = self.issued.label(other).or_else(|| issuer.label(other));
                let known = known.map_or_else(|| self.hashes[other].clone(), |label| format!("_:{label}"));
                let predicate = if position == "g" { "" } else { predicate };
                related.entry(hash(&format!("{position}{predicate}{known}"))).or_default().push(other);
            }
        }
        related
    }

    /// §4.8.3, steps 5.4.1 to 5.4.5: the path of one permutation, and the labels it gave.
    fn path(&mut self, permutation: &[usize], mut issuer: Issuer) -> Result<(String, Issuer), RdfcError> {
        let mut path = String::new();
        let mut recursion = Vec::new();
        for &related in permutation {
            let label = self.issued.label(related).unwrap_or_else(|| {
                if issuer.label(related).is_none() {
                    recursion.push(related);
                }
                issuer.issue(related)
            });
            path.push_str("_:");
            path.push_str(&label);
        }
        for related in recursion {
            let (hash, issued) = self.n_degree(related, &issuer)?;
            let label = issuer.issue(related);
            write!(path, "_:{label}<{hash}>").expect("a String takes all");
            issuer = issued;
        }
        Ok((path, issuer))
    }
}

/// Hash First Degree Quads (§4.6).
fn first_degree(blank: usize, statements: &[&Statement]) -> String {
    let label = |other| if other == blank { "_:a".to_owned() } else { "_:z".to_owned() };
    let mut lines: Vec<String> = statements.iter().map(|statement| line(statement, label)).collect();
    lines.sort_unstable();
    hash(&lines.concat())
}

/// The next permutation in lexicographic order; equal items are never exchanged, since their paths are the same.
fn next_permutation(items: &mut [usize]) -> bool {
    let Some(at) = items.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
    let with = items.iter().rposition(|item| *item > items[at]).expect("the next one is larger");
    items.swap(at, with);
    items[at + 1..].reverse();
    true
}
