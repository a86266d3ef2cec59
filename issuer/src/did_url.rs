//! DIDs and DID URLs of any method, by the syntax of DID Core §3.1 and §3.2. What a method makes of its identifiers is
//! decided elsewhere.

use std::fmt;
use std::str::FromStr;

/// Longest DID URL that is read, in bytes.
const MAX_BYTES: usize = 4_096;

/// The text is no DID URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a DID URL (did:<method, a-z 0-9>:<identifier>, then perhaps path, query and fragment)")]
pub struct DidUrlError;

/// A DID with what follows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DidUrl {
    did: String,
    method_end: usize,
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

impl DidUrl {
    /// The DID.
    pub fn did(&self) -> &str {
        &self.did
    }

    /// The name of its method.
    pub fn method(&self) -> &str {
        &self.did["did:".len()..self.method_end]
    }

    /// What the method makes of it.
    pub fn method_id(&self) -> &str {
        &self.did[self.method_end + 1..]
    }

    /// Empty, or beginning with a slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What follows the question mark.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// What follows the number sign.
    pub fn fragment(&self) -> Option<&str> {
        self.fragment.as_deref()
    }

    /// Whether nothing follows the DID.
    pub fn is_did(&self) -> bool {
        self.path.is_empty() && self.query.is_none() && self.fragment.is_none()
    }
}

impl FromStr for DidUrl {
    type Err = DidUrlError;

    fn from_str(text: &str) -> Result<Self, DidUrlError> {
        if text.len() > MAX_BYTES {
            return Err(DidUrlError);
        }
        let (rest, fragment) = cut(text, '#');
        let (rest, query) = cut(rest, '?');
        let (did, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (method, id) = did.strip_prefix("did:").and_then(|rest| rest.split_once(':')).ok_or(DidUrlError)?;
        let method_ok = !method.is_empty() && method.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        // `*( *idchar ":" ) 1*idchar`: it may hold colons anywhere but at its end.
        let id_ok = !id.is_empty() && !id.ends_with(':') && consists_of(id, b".-_:");
        let tail = |part: Option<&str>| part.is_none_or(|part| consists_of(part, b"-._~!$&'()*+,;=:@/?"));
        if !method_ok || !id_ok || !tail(Some(path)) || !tail(query) || !tail(fragment) || path.contains('?') {
            return Err(DidUrlError);
        }
        Ok(Self {
            did: did.to_owned(),
            method_end: "did:".len() + method.len(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            fragment: fragment.map(str::to_owned),
        })
    }
}

impl fmt::Display for DidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.did)?;
        f.write_str(&self.path)?;
        self.query.iter().try_for_each(|query| write!(f, "?{query}"))?;
        self.fragment.iter().try_for_each(|fragment| write!(f, "#{fragment}"))
    }
}

fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Letters, digits, these bytes, and percent-encoded octets.
fn consists_of(text: &str, others: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'%' => [bytes.next(), bytes.next()].iter().all(|digit| digit.is_some_and(|d| d.is_ascii_hexdigit())),
            _ => byte.is_ascii_alphanumeric() || others.contains(&byte),
        };
        if !good {
            return false;
        }
    }
    true
}

/// The octets of a text once percent-decoded; none when they are no UTF-8 or an escape is cut short.
pub fn percent_decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|d| d.is_ascii_hexdigit()))?;
            decoded.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_parts_are_told_apart() {
        let url: DidUrl = "did:poa:127.0.0.1%3A8080:6f1e7a7e/a/b?service=x&y=?/z#key/?1".parse().unwrap();
        assert_eq!((url.did(), url.method()), ("did:poa:127.0.0.1%3A8080:6f1e7a7e", "poa"));
        assert_eq!((url.method_id(), url.path()), ("127.0.0.1%3A8080:6f1e7a7e", "/a/b"));
        assert_eq!((url.query(), url.fragment()), (Some("service=x&y=?/z"), Some("key/?1")));
        assert!(!url.is_did());
        assert!("did:example:123".parse::<DidUrl>().unwrap().is_did());
        for odd in ["did:a::b", "did:a:::b", "did:0:-", "did:a:b?", "did:a:b#", "did:a:b/", "did:a:B%aF"] {
            assert_eq!(odd.parse::<DidUrl>().map(|url| url.to_string()), Ok(odd.to_owned()));
        }
    }

    #[test]
    fn other_texts_are_no_did_urls() {
        for text in [
            "",
            "not-a-did",
            "did",
            "did:",
            "did:example",
            "did:example:",
            "did:a:b:",
            "did::a",
            "did:A:b",
            "DID:a:b",
            "did:a_b:c",
            "did:a:b c",
            "did:a:b%",
            "did:a:b%4",
            "did:a:b%zz",
            "did:a:é",
            "did:a:b~",
            "did:a:b/\\",
            "did:a:b?a b",
            "did:a:b#a#b",
            " did:a:b",
        ] {
            assert_eq!(text.parse::<DidUrl>(), Err(DidUrlError), "{text}");
        }
        assert!(format!("did:a:{}", "b".repeat(MAX_BYTES)).parse::<DidUrl>().is_err());
    }

    #[test]
    fn percent_decoding_is_strict() {
        for (text, decoded) in [("a%3Ab", Some("a:b")), ("%25%32", Some("%2")), ("", Some("")), ("%c3%a9", Some("é"))]
        {
            assert_eq!(percent_decode(text).as_deref(), decoded);
        }
        for text in ["%", "%4", "%zz", "%+1", "%ff", "a%é"] {
            assert_eq!(percent_decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(text in "did:[a-z]{0,3}:\\PC{0,40}") {
            if let Ok(url) = text.parse::<DidUrl>() { prop_assert_eq!(url.to_string(), text.clone()); }
            let _ = percent_decode(&text);
        }
    }
}
