//! The store by itself, on SQLite. `tests/service/` runs the same on PostgreSQL.

use super::*;

async fn store(folder: &tempfile::TempDir) -> Store {
    let url = Url::parse(&format!("sqlite:{}", folder.path().join("s.db").display())).unwrap();
    Store::open(&url).await.unwrap()
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(&folder).await;
    let error = Store::open(&first.url).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(&folder).await;
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, x'00', 0)")
        .execute(&first.write)
        .await
        .unwrap();
    let url = first.url.clone();
    first.close().await;
    drop(first);
    let error = Store::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Schema { .. }), "{error}");
    assert!(error.help().contains("newer"));
}
