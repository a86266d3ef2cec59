//! The file with the capability registry: a JSON array of names, or one name a line.

use poa_verifier::schema::{MAX_CAPABILITIES, is_name};

/// Why a list cannot be a registry.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CapabilitiesError {
    /// Neither form.
    #[error("is neither a JSON array of names nor one name a line: {0}")]
    Form(String),
    /// A name that attestation schemas do not take.
    #[error("entry {entry}, {name:?}, is no name: 1 to 64 of a-z 0-9 - _ .")]
    Name {
        /// From 1.
        entry: usize,
        /// As found, shortened.
        name: String,
    },
    /// One name for two entries.
    #[error("{0:?} stands twice")]
    Twice(String),
    /// More names than the attribute has bits.
    #[error("has {0} names, and a registry has at most {MAX_CAPABILITIES}")]
    TooMany(usize),
}

/// Reads the file's text. Empty lines and those that begin with `#` do not count.
pub fn parse(text: &str) -> Result<Vec<String>, CapabilitiesError> {
    let names: Vec<String> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|error| CapabilitiesError::Form(error.to_string()))?
    } else {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    check(&names)?;
    Ok(names)
}

/// Checks what attestation schemas demand of a registry.
pub(super) fn check(names: &[String]) -> Result<(), CapabilitiesError> {
    if names.len() > MAX_CAPABILITIES {
        return Err(CapabilitiesError::TooMany(names.len()));
    }
    for (name, entry) in names.iter().zip(1..) {
        if !is_name(name) {
            return Err(CapabilitiesError::Name { entry, name: name.chars().take(64).collect() });
        }
        if names[..entry - 1].contains(name) {
            return Err(CapabilitiesError::Twice(name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for text in ["[\"a\", \"b-1\"]", "a\nb-1\n", " \n# ours\na\r\n\n  b-1", "\n [\"a\",\n\"b-1\"]\n"] {
            assert_eq!(parse(text).unwrap(), ["a", "b-1"], "{text:?}");
        }
        assert_eq!(parse("# none yet\n").unwrap(), [""; 0]);
        assert_eq!(parse("[]").unwrap(), [""; 0]);
    }

    #[test]
    fn what_no_schema_takes_is_named() {
        let many: Vec<String> = (0..65).map(|i| format!("c{i}")).collect();
        assert_eq!(parse(&many.join("\n")), Err(CapabilitiesError::TooMany(65)));
        assert_eq!(parse(&many[1..].join("\n")).unwrap().len(), 64);
        assert_eq!(parse("a\nB"), Err(CapabilitiesError::Name { entry: 2, name: "B".into() }));
        assert_eq!(parse("a\nb\na"), Err(CapabilitiesError::Twice("a".into())));
        assert!(matches!(parse("[1]"), Err(CapabilitiesError::Form(_))));
        assert!(matches!(parse("{\"a\": 1}"), Err(CapabilitiesError::Name { entry: 1, .. })));
    }
}
