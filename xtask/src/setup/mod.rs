//! Set-up: Node packages, the wasm target, the tools that build a Worker, and a browser for the tests.

pub mod cargo_tools;
mod chromium;
mod debian;
mod node;
mod wasm_target;

use std::path::PathBuf;

use crate::failure::{self, Result};
use crate::project;
use crate::step::step;

pub use cargo_tools::program as cargo_tool;
pub use debian::ensure as debian_packages;
pub use wasm_target::Toolchain;

pub const HELP: &str = "
Usage: cargo xtask setup

Installs what the other commands need; they all do this by themselves.

  - the Node packages of package-lock.json, a right Node among them
  - the wasm target of the Rust compiler
  - worker-build and wasm-bindgen, compiled into a cache folder (LIMEN_CACHE, default ~/.cache/limen)
  - a Chromium for the browser tests (CHROMIUM, default: whatever is installed)

What is already there stays as it is. Once all is there, no network is needed.
";

pub fn run(arguments: &[String]) -> Result<()> {
    failure::refuse_arguments(arguments, HELP)?;
    let _lock = project::lock()?;
    for_building()?;
    for_browsing().map(drop)
}

/// What building and serving the Worker needs.
pub fn for_building() -> Result<Toolchain> {
    step("Node packages", node::install)?;
    let mut toolchain = Toolchain::Default;
    step("Rust's wasm target", || {
        let (found, words) = wasm_target::install()?;
        toolchain = found;
        Ok(words)
    })?;
    for tool in &cargo_tools::TOOLS {
        step(&cargo_tools::title(tool)?, || cargo_tools::install(tool))?;
    }
    Ok(toolchain)
}

/// The browser that the browser tests drive.
pub fn for_browsing() -> Result<PathBuf> {
    let mut browser = PathBuf::new();
    step("A Chromium for the browser tests", || {
        browser = chromium::install()?;
        Ok(browser.display().to_string())
    })?;
    Ok(browser)
}
