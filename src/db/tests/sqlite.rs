//! A SQLite of the tests' own, with the real migrations: what D1 is, without its network.

use rusqlite::{Connection, config::DbConfig, params_from_iter, types::ValueRef};
use serde_json::{Map, Value as Json, json};

use crate::db::{Answer, Batch, Rows, Statement, statement::Value};

/// A database in memory.
pub struct Sqlite(pub Connection);

impl Sqlite {
    /// A database with every migration.
    pub fn migrated() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)
            .unwrap();
        // EXPLAIN QUERY PLAN then also shows what triggers and cascades do.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_TRIGGER_EQP, true)
            .unwrap();
        let folder = std::fs::read_dir("migrations").unwrap();
        let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let sql = std::fs::read_to_string(&file).unwrap();
            connection
                .execute_batch(&sql)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
        Self(connection)
    }

    /// Runs the statements in one transaction, as D1 does.
    pub fn run(&mut self, batch: &Batch) -> Result<Answer, rusqlite::Error> {
        let transaction = self.0.transaction()?;
        let mut answer = Vec::new();
        for statement in batch.statements() {
            let before = transaction.total_changes();
            let results = {
                let mut prepared = transaction.prepare(statement.sql())?;
                let names: Vec<String> = prepared.column_names().map(str::to_owned).collect();
                let mut rows = prepared.query(params_from_iter(statement.values().iter().map(to_sqlite)))?;
                let mut results = Vec::new();
                while let Some(row) = rows.next()? {
                    let column = |(index, name): (usize, &String)| (name.clone(), to_json(row.get_ref_unwrap(index)));
                    results.push(Json::Object(
                        names.iter().enumerate().map(column).collect::<Map<_, _>>(),
                    ));
                }
                results
            };
            let changes = transaction.total_changes() - before;
            answer.push(json!({ "results": results, "success": true, "meta": { "changes": changes } }));
        }
        transaction.commit()?;
        let rows = Rows::of_batch(&Json::Array(answer).to_string()).unwrap();
        Ok(Answer::new(batch, rows).unwrap())
    }

    /// The steps by which SQLite would run a statement, those of triggers and cascades included.
    pub fn plan(&self, statement: &Statement) -> Result<Vec<String>, rusqlite::Error> {
        let mut prepared = self.0.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql()))?;
        let values = params_from_iter(statement.values().iter().map(to_sqlite));
        let steps = prepared.query_map(values, |row| row.get::<_, Option<String>>(3))?;
        steps.filter_map(Result::transpose).collect()
    }
}

fn to_sqlite(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::Null => rusqlite::types::Value::Null,
        // As D1 binds numbers.
        Value::Integer(number) => rusqlite::types::Value::Real(*number as f64),
        Value::Text(text) => rusqlite::types::Value::Text(text.clone()),
    }
}

fn to_json(value: ValueRef<'_>) -> Json {
    match value {
        ValueRef::Null => Json::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned().into(),
    }
}
