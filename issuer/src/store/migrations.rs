//! The migrations of this version, embedded. Forward only; landed files never change (`tests/domain/migrations.rs`).
//!
//! They are listed by hand: sqlx's macro would have its core and SQLite built a second time, for the compiler.

use std::borrow::Cow;
use std::sync::LazyLock;

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// A file of `migrations/sqlite` by its number and name.
macro_rules! file {
    ($version:literal, $name:literal) => {
        ($version, $name, include_str!(concat!("../../../migrations/sqlite/", $version, "_", $name, ".sql")))
    };
}

/// Every file, in order.
const FILES: [(&str, &str, &str); 21] = [
    file!("0001", "agents"),
    file!("0002", "attestations"),
    file!("0003", "schemas"),
    file!("0004", "log"),
    file!("0005", "credentials"),
    file!("0006", "operation"),
    file!("0008", "prepared"),
    file!("0009", "chain_registry"),
    file!("0010", "agenthood"),
    file!("0011", "issuer_keys"),
    file!("0012", "presentation_requests"),
    file!("0013", "vc_api"),
    file!("0014", "status_reservations"),
    file!("0016", "used_challenges"),
    file!("0017", "verifiers"),
    file!("0018", "faults"),
    file!("0020", "clock"),
    file!("0021", "given_up"),
    file!("0023", "former_logs"),
    file!("0026", "standby_keys"),
    file!("0028", "begun_by"),
];

/// What brings any older database to this version.
pub static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| Migrator::with_migrations(FILES.into_iter().map(migration).collect()));

fn migration((version, name, sql): (&'static str, &'static str, &'static str)) -> Migration {
    // Cannot fail: the versions above are numbers.
    let version = version.parse().expect("a number");
    Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, SqlStr::from_static(sql), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_in_order() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/sqlite");
        let mut found: Vec<_> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        let listed = FILES.map(|(version, name, _)| format!("{version}_{name}.sql"));
        assert_eq!(found, listed);
    }
}
