//! Which characters may be shown as they are.

/// Whether a character shows as itself: it moves no cursor, reorders nothing, and can be seen. Not so bidirectional
/// controls, zero-width characters, line and paragraph separators (Unicode TR36 §3.1, TR9 §2).
pub fn is_visible(c: char) -> bool {
    let invisible = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    !c.is_control() && !invisible
}
