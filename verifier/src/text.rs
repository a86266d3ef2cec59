//! Which characters may be shown as they are.

/// Characters without a look of their own, in order.
///
/// The property `Default_Ignorable_Code_Point` of Unicode 17.0.0 (`DerivedCoreProperties.txt`), unchanged since 16.0.0.
/// Besides: line and paragraph separators (`Zl`, `Zp`), interlinear annotations (U+FFF9 to FFFB) and Egyptian hieroglyph
/// format controls (U+13430 to 1343F), which are format characters too; and the Braille pattern without dots.
const INVISIBLE: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a character shows as itself: it moves no cursor, reorders nothing, changes no neighbour, and can be seen. Not so
/// control characters, invisible ones and code points that are no characters (Unicode TR36 §3.1, TR9 §2).
pub fn is_visible(c: char) -> bool {
    let code = u32::from(c);
    let is_noncharacter = (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe;
    !c.is_control() && !is_noncharacter && !is_invisible(c)
}

fn is_invisible(c: char) -> bool {
    let after = INVISIBLE.partition_point(|(first, _)| *first <= c);
    after.checked_sub(1).is_some_and(|at| c <= INVISIBLE[at].1)
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Class, HirKind};

    use super::*;

    /// Every character of Unicode properties, by tables that are not ours.
    fn characters(properties: &str) -> Vec<char> {
        let parsed = regex_syntax::parse(properties).unwrap();
        match parsed.kind() {
            HirKind::Class(Class::Unicode(class)) => class.ranges().iter().flat_map(|r| r.start()..=r.end()).collect(),
            other => panic!("{properties}: {other:?}"),
        }
    }

    #[test]
    fn no_character_of_an_invisible_property_is_shown_as_it_is() {
        for properties in [
            r"\p{Default_Ignorable_Code_Point}",
            r"\p{Bidi_Control}",
            r"\p{Variation_Selector}",
            r"\p{Cc}",
            r"[\p{Zl}\p{Zp}]",
            r"\p{Noncharacter_Code_Point}",
        ] {
            let all = characters(properties);
            assert!(!all.is_empty(), "{properties}");
            for c in all {
                assert!(!is_visible(c), "{properties}: {}", c.escape_unicode());
            }
        }
    }

    /// What is written out that has none of those properties: nothing is hidden from the reader by being added here.
    #[test]
    fn nothing_else_is_written_out_but_what_the_table_names() {
        let ignorable = characters(r"\p{Default_Ignorable_Code_Point}");
        let others = ['\u{2028}', '\u{2029}', '\u{2800}', '\u{fff9}', '\u{fffa}', '\u{fffb}'];
        for c in '\0'..=char::MAX {
            let named =
                ignorable.binary_search(&c).is_ok() || others.contains(&c) || ('\u{13430}'..='\u{1343f}').contains(&c);
            assert_eq!(is_invisible(c), named, "{}", c.escape_unicode());
        }
        for shown in "Zoë 李 – 5 € \u{a0}\u{3000}नमस्ते שלום مرحبا 👍\u{600}\u{fffd}\u{e000}".chars()
        {
            assert!(is_visible(shown), "{}", shown.escape_unicode());
        }
        for hidden in ['\u{fffe}', '\u{10ffff}', '\u{fdd0}', '\u{e0041}', '\u{1b}', '\u{7f}', '\u{9b}'] {
            assert!(!is_visible(hidden), "{}", hidden.escape_unicode());
        }
    }
}
