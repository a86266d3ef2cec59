//! The service's log lines, on standard error.
//!
//! Causes and names in them come from others. A line is one line, and what would steer a terminal or cannot be seen is
//! written out, as in everything else that is printed ([`Visible`]). The library does it for escape characters alone.

use std::fmt;

use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{FormatFields, Writer, debug_fn};

use crate::output::{self, Visible};

/// Writes warnings and errors of the service, unless `RUST_LOG` says otherwise. The demo asks for the first root before
/// there is one; that the service answers 503 until then is no news there.
pub fn to_stderr(is_demo: bool) {
    let quiet = if is_demo { "warn,poa_issuer::http::failures=error" } else { "warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quiet));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(output::may_style(&std::io::stderr()))
        // It would panic when standard error cannot be written.
        .log_internal_errors(false)
        .fmt_fields(visible_fields())
        .with_writer(std::io::stderr)
        .init();
}

/// Writes the fields of lines and spans.
fn visible_fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    debug_fn(|writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| {
        let text = format!("{value:?}");
        match field.name() {
            "message" => write!(writer, "{}", Visible(&text)),
            name => write!(writer, "{name}={}", Visible(&text)),
        }
    })
    .delimited(" ")
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{202e}b\nERROR forged: c\u{9b}31m\u{2066}";

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_others_wrote_steers_no_terminal_and_makes_no_line_of_its_own() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .fmt_fields(visible_fields())
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::error_span!("request", name = %HOSTILE, shown = HOSTILE).entered();
            tracing::error!(error = %HOSTILE, debugged = ?HOSTILE, text = HOSTILE, "it says {HOSTILE}");
            drop(span);
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let line = text.strip_suffix('\n').unwrap();
        assert!(line.chars().all(poa_verifier::text::is_visible), "{line:?}");
        assert_eq!(line.matches("ERROR forged").count(), 6, "{line}");
        assert!(
            line.contains("it says a\\u{1b}[2J\\u{202e}b\\u{a}ERROR forged: c\\u{9b}31m\\u{2066} error=a"),
            "{line}"
        );
    }
}
