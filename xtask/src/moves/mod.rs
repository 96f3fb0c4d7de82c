//! A deployment moves into another one: `export` and `import`, also of what other providers wrote down.

mod deployment;
mod dry_run;
pub mod export;
mod formats;
pub mod import;
mod judge;
mod report;

pub use self::deployment::Deployment;
