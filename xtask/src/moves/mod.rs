//! A deployment moves into another one: `export` and `import`, also of what other providers wrote down.

mod deployment;
pub mod export;
mod formats;
pub mod import;
mod report;

pub use self::deployment::Deployment;
