//! Debian's own Rust compiler for the wasm build, where rustup's download server cannot be reached.
//!
//! Debian ships the standard library for wasm as source only. It is built once, with the compiler that it belongs
//! to, and put where that compiler looks for it; rustup then knows /usr as one more toolchain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child;
use crate::failure::{Context, Failure, Result};
use crate::project::{self, WASM_TARGET};

/// The name of /usr among rustup's toolchains.
pub const TOOLCHAIN: &str = "wasm32";

const PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "rust-web-clippy",
];
const LIBRARIES: &str = "/usr/lib/rustlib/wasm32-unknown-unknown/lib";
const LINKER: &str = "/usr/bin/rust-lld";

/// Whether the linked toolchain has its linker and a standard library that its present compiler built.
pub fn is_ready() -> Result<bool> {
    let linked = child::answer(project::command("rustup")?.args(["run", TOOLCHAIN, "rustc", "--version"]));
    Ok(Path::new(LINKER).exists() && linked.is_some() && linked == built_with())
}

pub fn install() -> Result<()> {
    install_packages()?;
    let version = child::answer(project::command("/usr/bin/rustc")?.arg("--version"))
        .ok_or_else(|| Failure::new("Debian's /usr/bin/rustc does not start."))?;
    if built_with().as_ref() != Some(&version) {
        let folder = project::cache()?.join("wasm-std");
        let libraries = build_std(&folder)?;
        put_in_place(&libraries, &folder, &version)?;
    }
    let mut rustup = project::command("rustup")?;
    child::run("rustup-link", rustup.args(["toolchain", "link", TOOLCHAIN, "/usr"]))?
        .successful()
        .map(drop)
}

/// Installs those of `packages` that are not there.
pub fn ensure(packages: &[&str]) -> Result<()> {
    let missing: Vec<_> = packages
        .iter()
        .copied()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        apt_install(&missing)
    }
}

/// Installs Debian packages as root, or by sudo where that asks no password.
pub fn apt_install(packages: &[&str]) -> Result<()> {
    let install = ["apt-get", "install", "--yes", "--no-install-recommends"];
    let by_hand = format!(
        "Run `sudo apt-get update && sudo {} {}`, then try again.",
        install.join(" "),
        packages.join(" ")
    );
    child::run("apt-update", &mut as_root(&["apt-get", "update"])?)?
        .successful()
        .and_then(|_| child::run("apt-install", as_root(&install)?.args(packages))?.successful())
        .map_err(|failure| failure.advice(by_hand))
        .map(drop)
}

fn install_packages() -> Result<()> {
    if !PACKAGES.iter().all(|package| is_installed(package)) {
        apt_install(&PACKAGES)?;
    }
    // rust-web-llvm links rust-lld to lld-<version>, and does not depend on the package of that name.
    let linker = fs::read_link(LINKER).context(|| format!("rust-web-llvm has no {LINKER}"))?;
    match linker.to_str() {
        Some(package) if package.starts_with("lld-") && !is_installed(package) => apt_install(&[package]),
        _ => Ok(()),
    }
}

fn is_installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    let status = child::answer(query.args(["--show", "--showformat=${db:Status-Status}", package]));
    status.is_some_and(|status| status == "installed")
}

/// Builds the standard library as the dependency of an empty crate; its files are found there afterwards.
fn build_std(folder: &Path) -> Result<Vec<PathBuf>> {
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
        [workspace]\n\n[profile.release]\npanic = \"abort\"\n";
    let target = folder.join("target");
    // What another compiler version left would be copied too.
    let _ = fs::remove_dir_all(&target);
    fs::create_dir_all(folder.join("src"))
        .and_then(|()| fs::write(folder.join("Cargo.toml"), manifest))
        .and_then(|()| fs::write(folder.join("src/lib.rs"), ""))
        .context(|| format!("Could not write to {}", folder.display()))?;

    let mut cargo = project::command("/usr/bin/cargo")?;
    cargo
        .current_dir(folder)
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", &target)
        .args([
            "build",
            "--release",
            "--target",
            WASM_TARGET,
            "-Zbuild-std=std,panic_abort",
        ]);
    child::run("wasm-std", &mut cargo)?.successful()?;

    let built = target.join(WASM_TARGET).join("release/deps");
    let entries = fs::read_dir(&built).context(|| format!("Could not read {}", built.display()))?;
    let is_library = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("lib") && name.ends_with(".rlib") && !name.starts_with("libempty-")
    };
    Ok(entries.flatten().map(|entry| entry.path()).filter(is_library).collect())
}

fn put_in_place(libraries: &[PathBuf], folder: &Path, version: &str) -> Result<()> {
    let note = folder.join("compiler");
    fs::write(&note, version).context(|| format!("Could not write {}", note.display()))?;
    child::run("wasm-std-remove", &mut as_root(&["rm", "-rf", LIBRARIES])?)?.successful()?;
    child::run("wasm-std-folder", &mut as_root(&["mkdir", "-p", LIBRARIES])?)?.successful()?;
    let mut copy = as_root(&["cp"])?;
    copy.args(libraries).arg(&note).arg(LIBRARIES);
    child::run("wasm-std-copy", &mut copy)?.successful().map(drop)
}

/// The version of the compiler that built the standard library in place.
fn built_with() -> Option<String> {
    fs::read_to_string(Path::new(LIBRARIES).join("compiler")).ok()
}

fn as_root(words: &[&str]) -> Result<Command> {
    let is_root = child::answer(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    let words = if is_root {
        words.to_vec()
    } else {
        [&["sudo", "-n"], words].concat()
    };
    let mut command = project::command(words[0])?;
    command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}
