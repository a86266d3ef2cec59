//! Migrations: forward only, never changed once landed, every column described.

use poa_issuer::store::{MIGRATIONS, Store, StoreError};

use super::rig::Rig;

/// SHA-384 of each landed file, as sqlx computes it. A landed file never changes: add a new one instead.
const LANDED: [(i64, &str); 21] = [
    (1, "618621b3934ea2cfead92f964cd2c7ad1636438babdea6e70b05253efd5f38d51bd3c5f93755748bc99cd8b7b18ec4c7"),
    (2, "b0ec3d1e8c85c6b07e758bcff620538172e20b24ec88ea4f1c00501d99572d60826ff188fc6f14b21d1383a7a17b0456"),
    (3, "09bb7e5f8547948f20d72f3b6fb230309d74b6e4beaef9977398a34e03a4f9aa06813c822bba8ba448df424b9dd2cbd9"),
    (4, "b329b781cf5996bf86d3cb8120a2b5678e802e684ac84052a1172e4c2d7e89569a04de8f5496c6d0190e45d5ed1439ba"),
    (5, "8b42189c7150670e3c9e1b2fcf9afad57480883918c8b6fc2efa5b1e7c22fd5f57704198fdcde2aa1aaf113dc22f2d8c"),
    (6, "e02032d24fac6b0cd8836584657882b4d73a8a3cc0016ec2df8c6b42b206ca5760e7f5bc538bf7b062476d3a37f2f428"),
    (8, "3e928385b8c98569690c618c2ecc78fd1abaf91536b4373a09c220b20b6e0393643ae69ee631720dbef38e5fd84d81b9"),
    (9, "7448ab307555777f250c022d3ba55367e7850b33b1d2b69106a721e05c9a67c8f39b96def3efdcee3faf840b0326dd31"),
    (10, "c6ebd9a057d9ad507eb9683ef852b0490a3246caaa16024f7e2d1309117d11e283826602b305f65773ec3fab19894a1f"),
    (11, "f64ce2cdfe5cbdd681a5a66ed16a48e38ebd09d32a7d93c1faeac7f9090c6198aac897b8281f303c27d0036d506d271a"),
    (12, "b0cd99214d193bee548a194c1089b7b001adf22f90c91a2cf32c19dcff9f166923f4259b440208cedc71c88338b8e25e"),
    (13, "937e4edb0025888689ad137ab6af810aea71a438f9e0ba98df1da062cd10b04fa382683e26aecfb66b1b6547433ae34a"),
    (14, "5d99bc0d98001d87ed4f115a1f8827fcc3750b5147ed95abd62026bac1f034772e2d123bb09eea3a46663a22f7395279"),
    (16, "526d9a48a0958819f14dbf4586c17fd3acdeccc290404ed5f52eb83e6b3125956389eb5e517f97f3bee8adcf07a41a3b"),
    (17, "5090628316aa9acd4ae9d508207226a6cc264a9af69cabf1cdab885d07372855649b601bba860dfbcf0f18bc68115bb5"),
    (18, "21197ac94b41d7dbbfcb25f0bd4ba8aac06f5bbfd775c986e89ef851bd3fdb77640d7bd92c4493a8f03c258902db1c4a"),
    (20, "f85ff2eeed2718e6ce67620dc19040c11f5309a0942139104a2926f073d493b9396bd5170c86b07cb96b56790aebd0e1"),
    (21, "f35752c86feeed6fcc1e4b20c4f7666c0c84f7174519267eb4145337261bb3e3c7e56f4d4b306105a6e62ecc3d6b4155"),
    (23, "d9854902f7a5cd9aa609673a69093a5b69d8cf19c09a3b79a8dc821782e319142c668231f04015658c7c6e7bc0f2e683"),
    (26, "54d498e6c90328d44c5fd941bd56bb30326a3f78189529dcc9cf581b1b7407a4c58adb987264a7e6512453a637c3ac75"),
    (28, "506b19c387c6bab3928873f5e360117d72e3220daad3eff4addb19dd68a495525c771f340dadd7f4932d66ad95dcfe34"),
];

#[test]
fn landed_migrations_are_unchanged() {
    let found: Vec<_> = MIGRATIONS.iter().map(|m| (m.version, hex::encode(&m.checksum))).collect();
    let found: Vec<_> = found.iter().map(|(version, digest)| (*version, digest.as_str())).collect();
    assert_eq!(found, LANDED);
}

#[test]
fn migrations_only_go_forward() {
    assert!(MIGRATIONS.iter().all(|m| !m.migration_type.is_down_migration()));
}

/// A column's line ends in a comment that says what it is, whose it is and whether it changes.
#[test]
fn every_column_is_described() {
    let mut columns = 0;
    for migration in MIGRATIONS.iter() {
        for line in migration.sql.as_str().lines().filter(|line| line.starts_with("    ")) {
            let word = line.trim_start().split(' ').next().unwrap_or_default();
            if ["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"].iter().any(|keyword| word.starts_with(keyword)) {
                continue;
            }
            let comment = line.split_once("-- ").unwrap_or_else(|| panic!("no comment: {line}")).1;
            assert!(comment.contains("fixed") || comment.contains("mutable"), "{line}");
            assert_eq!(word.starts_with("sealed_"), comment.contains("sealed"), "{line}");
            columns += 1;
        }
    }
    assert!(columns > 90, "{columns} columns were looked at");
}

#[tokio::test]
async fn the_database_is_opened_as_documented() {
    let rig = Rig::new().await;
    let pragma = async |name: &str| {
        let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        let mut values = Vec::new();
        for pool in [rig.domain.store().writer_pool(), rig.domain.store().pool()] {
            values.push(
                sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(sql.as_str())).fetch_one(pool).await.unwrap(),
            );
        }
        values
    };
    assert_eq!(pragma("journal_mode").await, ["wal", "wal"]);
    assert_eq!(pragma("foreign_keys").await, ["1", "1"]);
    // 2 is FULL: a commit waits until it is on the disk.
    assert_eq!(pragma("synchronous").await, ["2", "2"]);
}

#[tokio::test]
async fn readers_cannot_write() {
    let rig = Rig::new().await;
    let refused = sqlx::query("DELETE FROM agents").execute(rig.domain.store().pool()).await;
    assert!(refused.unwrap_err().to_string().contains("readonly"));
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let rig = Rig::new().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    )
    .execute(rig.domain.store().writer_pool())
    .await
    .unwrap();
    rig.domain.store().close().await;
    let error = Store::open(&rig.dir.path().join("poa.sqlite")).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error}");
}
