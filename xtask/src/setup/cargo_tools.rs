//! worker-build and wasm-bindgen, compiled once into the cache folder that all checkouts share.

use std::fs;
use std::path::PathBuf;

use crate::child;
use crate::failure::Result;
use crate::project;

pub struct Tool {
    package: &'static str,
    version: &'static str,
    program: &'static str,
}

/// wasm-bindgen's version must equal that of the library in Cargo.lock.
pub const TOOLS: [Tool; 2] = [
    Tool {
        package: "worker-build",
        version: "0.8.7",
        program: "worker-build",
    },
    Tool {
        package: "wasm-bindgen-cli",
        version: "0.2.129",
        program: "wasm-bindgen",
    },
];

/// Only `cargo xtask fuzz` needs it.
pub const FUZZER: Tool = Tool {
    package: "cargo-fuzz",
    version: "0.13.2",
    program: "cargo-fuzz",
};

/// Where a tool of these is.
pub fn program(name: &str) -> Result<PathBuf> {
    Ok(project::cache()?.join("bin").join(name))
}

pub fn title(tool: &Tool) -> Result<String> {
    let wait = if is_installed(tool)? {
        ""
    } else {
        ", compiled once, in some minutes"
    };
    Ok(format!("{} {}{wait}", tool.package, tool.version))
}

pub fn install(tool: &Tool) -> Result<String> {
    if is_installed(tool)? {
        return Ok("up to date".into());
    }
    let cache = project::cache()?;
    // Kept until the tool is there, so that an interrupted build goes on where it stopped.
    let scratch = cache.join("building");
    let mut cargo = project::command("cargo")?;
    cargo
        .args([
            "install",
            tool.package,
            "--version",
            tool.version,
            "--locked",
            "--debug",
            "--force",
            "--root",
        ])
        .arg(&cache)
        .env("CARGO_TARGET_DIR", &scratch)
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    child::run(tool.package, &mut cargo)?.successful()?;
    // Left-over files cost disk space only.
    let _ = fs::remove_dir_all(scratch);
    Ok("compiled".into())
}

/// cargo keeps a list of what it installed where.
fn is_installed(tool: &Tool) -> Result<bool> {
    let list = fs::read_to_string(project::cache()?.join(".crates.toml")).unwrap_or_default();
    let entry = format!("\"{} {} (", tool.package, tool.version);
    Ok(list.contains(&entry) && program(tool.program)?.is_file())
}
