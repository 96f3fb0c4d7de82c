//! The compiler's wasm32-unknown-unknown target: rustup's where it can be had, else Debian's compiler.

use std::path::Path;
use std::process::Command;

use super::debian;
use crate::child;
use crate::failure::Result;
use crate::project::{self, WASM_TARGET};

/// The toolchain that compiles for wasm. Native builds always use the default one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Toolchain {
    /// The one that rust-toolchain.toml names.
    Default,
    /// Debian's compiler in /usr, linked into rustup under a name of its own.
    Debian,
}

impl Toolchain {
    pub fn apply(self, command: &mut Command) {
        if self == Self::Debian {
            command.env("RUSTUP_TOOLCHAIN", debian::TOOLCHAIN);
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "the default toolchain",
            Self::Debian => "Debian's compiler",
        }
    }
}

/// The toolchain to use, and a few words on how it was come by.
pub fn install() -> Result<(Toolchain, String)> {
    if default_has_target()? {
        return Ok((Toolchain::Default, "up to date".into()));
    }
    if debian::is_ready()? {
        return Ok((Toolchain::Debian, "up to date, with Debian's compiler".into()));
    }
    let mut rustup = project::command("rustup")?;
    let refusal = match child::run("rustup-target", rustup.args(["target", "add", WASM_TARGET])) {
        Ok(finished) if finished.status.success() && default_has_target()? => {
            return Ok((Toolchain::Default, "added by rustup".into()));
        }
        Ok(finished) => finished.failure(),
        Err(failure) => failure,
    };
    if project::find_on_path("apt-get").is_none() {
        return Err(refusal.advice(format!(
            "Make `rustup target add {WASM_TARGET}` work: it needs rustup (https://rustup.rs) and the network, once."
        )));
    }
    debian::install()?;
    Ok((
        Toolchain::Debian,
        "rustup could not add it; installed Debian's compiler".into(),
    ))
}

fn default_has_target() -> Result<bool> {
    let mut rustc = project::command("rustc")?;
    let folder = child::answer(rustc.args(["--print", "target-libdir", "--target", WASM_TARGET]));
    Ok(folder.is_some_and(|folder| Path::new(&folder).is_dir()))
}
