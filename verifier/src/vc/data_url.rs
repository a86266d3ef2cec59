//! `data:` URLs that carry a secured credential or presentation (RFC 2397, VC Data Model 2.0 §4.13.2).

/// Media type and data of a URL; the data as written, nothing decoded.
pub(super) fn read(url: &str) -> Option<(&str, &str)> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(',')?;
    let fine = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    (fine(media_type) && fine(data)).then_some((media_type, data))
}
