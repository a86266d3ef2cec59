//! `name/version`, the short name of a disclosure schema in requests.

use serde::de::{Deserialize, Deserializer, Error};

/// A disclosure schema by its short name, such as `task_completion/1`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SchemaName {
    /// Lower-case letters, digits and underscores, at most 64.
    pub name: String,
    /// From 1.
    pub version: u32,
}

impl<'de> Deserialize<'de> for SchemaName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| D::Error::custom("not a schema name such as task_completion/1"))
    }
}

fn parse(text: &str) -> Option<SchemaName> {
    let (name, version) = text.split_once('/')?;
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !(1..=64).contains(&name.len()) || !name.bytes().all(letter) {
        return None;
    }
    // One spelling per version: no sign, no leading zero.
    let number: u32 = version.parse().ok().filter(|n: &u32| *n > 0 && n.to_string() == version)?;
    Some(SchemaName { name: name.to_owned(), version: number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_have_one_spelling() {
        let name = SchemaName { name: "task_completion".to_owned(), version: 1 };
        assert_eq!(parse("task_completion/1"), Some(name));
        for text in ["", "/", "a", "a/", "/1", "a/0", "a/01", "a/+1", "a/1/2", "A/1", "a-b/1", "../x/1", "a/4294967296"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
