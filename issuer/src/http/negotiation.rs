//! Which of the forms a resource has the client prefers: `Accept` (RFC 9110, 12.5.1) with quality values, wildcards and
//! parameters.

use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::error::{ApiError, Problem};
use super::reply::with_header;

/// What a client accepts.
#[derive(Debug)]
pub struct Accept(Vec<Range>);

/// One media range.
#[derive(Debug)]
struct Range {
    kind: MediaType,
    /// Thousandths.
    quality: u16,
}

/// A media type or range, lower case but for the values of parameters.
#[derive(Debug, Eq, PartialEq)]
struct MediaType {
    kind: String,
    subtype: String,
    parameters: Vec<(String, String)>,
}

impl Accept {
    /// What the header fields say; no field, or an empty one, accepts everything. A member that cannot be read accepts
    /// nothing.
    pub fn of(headers: &HeaderMap) -> Self {
        let fields = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let members: Vec<String> =
            fields.flat_map(|field| split(field, ',')).filter(|member| !member.is_empty()).collect();
        if members.is_empty() && headers.get_all(header::ACCEPT).iter().all(|value| value.to_str().is_ok()) {
            return Self(vec![Range { kind: MediaType::any(), quality: 1000 }]);
        }
        Self(members.iter().filter_map(|member| Range::read(member)).collect())
    }

    /// The offered form that is preferred; among equals the one that stands first. None when none is accepted.
    pub fn choose<F: Copy>(&self, offers: &[(&str, F)]) -> Option<F> {
        let mut best: Option<(u16, F)> = None;
        for (text, form) in offers {
            let quality = MediaType::read(text).map_or(0, |offer| self.quality(&offer));
            if quality > 0 && best.is_none_or(|(known, _)| quality > known) {
                best = Some((quality, *form));
            }
        }
        best.map(|(_, form)| form)
    }

    /// [`Self::choose`], or the refusal that says what there is.
    pub fn choose_or_refuse<F: Copy>(&self, offers: &[(&str, F)]) -> Result<F, ApiError> {
        self.choose(offers).ok_or_else(|| {
            let there: Vec<_> = offers.iter().map(|(text, _)| *text).collect();
            ApiError::of_member(Problem::NotAcceptable, "accept", format!("This is served as {}.", there.join(", ")))
        })
    }

    /// The quality of the most specific range that the offer falls into.
    fn quality(&self, offer: &MediaType) -> u16 {
        let matching = self.0.iter().filter_map(|range| Some((range.kind.specificity(offer)?, range.quality)));
        matching.max_by_key(|(specificity, _)| *specificity).map_or(0, |(_, quality)| quality)
    }
}

/// A response whose form follows `Accept`.
pub fn varies(response: Response) -> Response {
    with_header(response, header::VARY, "accept")
}

impl Range {
    fn read(text: &str) -> Option<Self> {
        let mut kind = MediaType::read(text)?;
        let place = kind.parameters.iter().position(|(name, _)| name == "q");
        let quality = match place {
            // Whatever follows `q` is no parameter of the media type.
            Some(place) => thousandths(&kind.parameters.drain(place..).next()?.1)?,
            None => 1000,
        };
        Some(Self { kind, quality })
    }
}

impl MediaType {
    fn any() -> Self {
        Self { kind: "*".to_owned(), subtype: "*".to_owned(), parameters: Vec::new() }
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = split(text, ';').into_iter();
        let essence = parts.next()?.to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        let token =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"/;,\"".contains(&b));
        if !token(kind) || !token(subtype) || (kind == "*" && subtype != "*") {
            return None;
        }
        let parameters = parts.filter(|part| !part.is_empty()).map(|part| parameter(&part)).collect::<Option<_>>()?;
        Some(Self { kind: kind.to_owned(), subtype: subtype.to_owned(), parameters })
    }

    /// How closely this range describes the offer; none when it does not.
    fn specificity(&self, offer: &Self) -> Option<usize> {
        let wild = |range: &str, offered: &str| range == "*" || range == offered;
        let within = wild(&self.kind, &offer.kind)
            && wild(&self.subtype, &offer.subtype)
            && self.parameters().all(|parameter| offer.parameters.contains(parameter));
        let named = usize::from(self.kind != "*") + usize::from(self.subtype != "*");
        within.then(|| named + self.parameters().count())
    }

    /// The parameters that tell forms apart. All that is served is UTF-8, so asking for that asks for nothing.
    fn parameters(&self) -> impl Iterator<Item = &(String, String)> {
        self.parameters.iter().filter(|(name, value)| !(name == "charset" && value.eq_ignore_ascii_case("utf-8")))
    }
}

fn parameter(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => value.to_owned(),
    };
    Some((name.trim().to_ascii_lowercase(), value))
}

/// A quality value: `0` to `1` with up to three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value = format!("{whole}{decimals:0<3}").parse().ok()?;
    (value <= 1000).then_some(value)
}

/// The parts between separators that stand outside quotes, trimmed.
fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut part, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for letter in text.chars() {
        if letter == separator && !quoted {
            parts.push(std::mem::take(&mut part).trim().to_owned());
            continue;
        }
        match letter {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && letter == '\\' && !escaped;
        part.push(letter);
    }
    parts.push(part.trim().to_owned());
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OFFERS: [(&str, u8); 3] =
        [("application/json", 0), ("application/vc", 1), ("application/ld+json;profile=\"https://p.example\"", 2)];

    fn chosen(fields: &[&str]) -> Option<u8> {
        let headers = fields.iter().map(|field| (header::ACCEPT, field.parse().unwrap())).collect();
        Accept::of(&headers).choose(&OFFERS)
    }

    #[test]
    fn the_preferred_form_is_chosen() {
        for (fields, expected) in [
            (&[][..], Some(0)),
            (&[""], Some(0)),
            (&["*/*"], Some(0)),
            (&["application/*"], Some(0)),
            (&["application/vc"], Some(1)),
            (&["APPLICATION/VC"], Some(1)),
            (&["application/vc, application/json"], Some(0)),
            (&["application/json;q=0.5, application/vc"], Some(1)),
            (&["application/json;q=0.5", "application/vc;q=0.501"], Some(1)),
            (&["application/json;q=0, */*"], Some(1)),
            (&["application/json;q=0, application/vc;q=0, */*;q=0.1"], Some(2)),
            (&["text/html, application/xhtml+xml, */*;q=0.8"], Some(0)),
            (&["application/ld+json"], Some(2)),
            (&["application/ld+json;profile=\"https://p.example\""], Some(2)),
            (&["application/ld+json; profile=\"https://other.example\""], None),
            (&["application/vc;profile=\"a,b;c\", application/json;q=0.1"], Some(0)),
            (&["application/vc;q=1;ext=x"], Some(1)),
            (&["application/json; charset=utf-8"], Some(0)),
            (&["application/vc;charset=\"UTF-8\", application/json;q=0.5"], Some(1)),
            (&["application/json;charset=utf-8;q=0, */*"], Some(1)),
            (&["application/json; charset=utf-16"], None),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["*/*;q=0"], None),
            (&["*/json"], None),
            (&["json"], None),
            (&["application/json;q=2"], None),
            (&["application/json;q=0.0001"], None),
            (&["application/json;q=1.001"], None),
            (&["application/json;q"], None),
        ] {
            assert_eq!(chosen(fields), expected, "{fields:?}");
        }
        let unreadable =
            HeaderMap::from_iter([(header::ACCEPT, axum::http::HeaderValue::from_bytes(b"\xff").unwrap())]);
        assert_eq!(Accept::of(&unreadable).choose(&OFFERS), None);
    }

    proptest! {
        #[test]
        fn random_fields_never_panic(field in "[ -~]{0,60}") {
            let _ = chosen(&[&field]);
        }
    }
}
