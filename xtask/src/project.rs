//! Where things are, and the environment that every child process gets.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::failure::{Context, Failure, Result};

/// What Workers are compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The repository's root folder. Cargo says at run time where it is: a copied checkout brings along a program that was compiled
/// elsewhere.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let compiled_in = || PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let xtask = env::var_os("CARGO_MANIFEST_DIR").map_or_else(compiled_in, PathBuf::from);
        xtask.parent().unwrap_or(&xtask).to_owned()
    })
}

/// Logs, stamps and the lock of this tool.
pub fn scratch() -> Result<PathBuf> {
    let folder = root().join("target/xtask");
    fs::create_dir_all(&folder).context(|| format!("Could not create {}", folder.display()))?;
    Ok(folder)
}

/// A cache that this user's checkouts share: `LIMEN_CACHE`, else `$XDG_CACHE_HOME/limen`, else `~/.cache/limen`.
pub fn cache() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("LIMEN_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("limen")))
        .or_else(|| env::home_dir().map(|home| home.join(".cache/limen")))
        .ok_or_else(|| Failure::new("No home folder was found.").advice("Set LIMEN_CACHE to a folder for build tools."))
}

/// A program that npm installed into the project.
pub fn npm_program(name: &str) -> PathBuf {
    root().join("node_modules/.bin").join(name)
}

/// The program in the first folder of PATH that has it.
pub fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// A command in the project's root that cannot ask questions and finds the project's Node first.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Result<Command> {
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .stdin(Stdio::null())
        .env("PATH", path_with_node_modules()?)
        .env("WRANGLER_SEND_METRICS", "false")
        .env("NO_COLOR", "1")
        .env("CARGO_TERM_COLOR", "never");
    Ok(command)
}

fn path_with_node_modules() -> Result<OsString> {
    let own = root().join("node_modules/.bin");
    let inherited = env::var_os("PATH").unwrap_or_default();
    let others = env::split_paths(&inherited).filter(|folder| *folder != own);
    env::join_paths(std::iter::once(own.clone()).chain(others))
        .context(|| format!("{} cannot stand in PATH", own.display()))
}

/// Held while set-up and builds change files, so that two commands at once do not disturb each other.
pub fn lock() -> Result<File> {
    let path = scratch()?.join("lock");
    let file = File::create(&path).context(|| format!("Could not create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            println!("Another `cargo xtask` is at work here; waiting for it.");
            file.lock().context(|| format!("Could not lock {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => {
            return Err(Failure::new(format!("Could not lock {}: {error}", path.display())));
        }
    }
    Ok(file)
}
