//! Builds the Worker: Rust to wasm, optimised and bundled into build/, unless nothing changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use toml::{Table, Value};

use crate::child;
use crate::failure::{self, Context, Failure, Result};
use crate::fingerprint::{self, Fingerprint};
use crate::project;
use crate::setup::{self, Toolchain};
use crate::step::step;

pub const HELP: &str = "
Usage: cargo xtask build

Sets up what building needs and builds the Worker into build/index.js and build/index_bg.wasm. Wrangler calls
this by itself. When no input changed since the last build, nothing is done. For `wrangler dev` it builds quickly: what
it makes is larger, and slower at its first requests.
";

/// What the step is called.
pub const STEP: &str = "The Worker";

/// How wrangler says which of its commands calls.
const WRANGLER_COMMAND: &str = "WRANGLER_COMMAND";

const OUTPUTS: [&str; 2] = ["build/index.js", "build/index_bg.wasm"];

/// The wasm with the names of its functions. Its name keeps it from being taken for a module of the Worker.
const NAMED: &str = "index_bg.wasm.named";

/// The features of wasm that rustc and wasm-bindgen make use of, as worker-build names them.
const FEATURES: [&str; 7] = [
    "mutable-globals",
    "sign-ext",
    "nontrapping-float-to-int",
    "bulk-memory",
    "multivalue",
    "reference-types",
    "exception-handling",
];

/// How much the compiler may take its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// For what is deployed, tested and measured: small and fast.
    Full,
    /// For a Worker that runs on this machine and is soon built anew: 5 to 20 seconds instead of 60 to 90.
    Quick,
}

impl Effort {
    /// Nothing but `wrangler dev` gets a quick build, so that none is ever uploaded.
    fn for_caller(wrangler_command: Option<&str>) -> Self {
        match wrangler_command {
            Some("dev") => Self::Quick,
            _ => Self::Full,
        }
    }

    /// What the release profile is then, for the crates that Cargo.toml says nothing about: hashes stay fast.
    fn profile(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Full => &[],
            Self::Quick => &[
                ("CARGO_PROFILE_RELEASE_LTO", "off"),
                ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
                ("CARGO_PROFILE_RELEASE_INCREMENTAL", "true"),
                ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
            ],
        }
    }
}

pub fn run(arguments: &[String]) -> Result<()> {
    failure::refuse_arguments(arguments, HELP)?;
    let caller = std::env::var(WRANGLER_COMMAND).ok();
    set_up_and_build(Effort::for_caller(caller.as_deref()))
}

/// Leaves a Worker in build/ that is up to date.
pub fn set_up_and_build(effort: Effort) -> Result<()> {
    let _lock = project::lock()?;
    build_with(setup::for_building()?, effort)
}

/// The same, and the Worker of the crate in `folder`.
pub fn set_up_and_build_for_benchmarks(folder: &Path) -> Result<()> {
    let _lock = project::lock()?;
    let toolchain = setup::for_building()?;
    step("The Worker that does nothing", || build_other(folder, toolchain))?;
    build_with(toolchain, Effort::Full)
}

/// The same when set-up is done. The caller holds the lock.
pub fn build_with(toolchain: Toolchain, effort: Effort) -> Result<()> {
    step(STEP, || build(toolchain, effort))
}

/// The same without a line on the terminal: says how it went.
pub fn build(toolchain: Toolchain, effort: Effort) -> Result<String> {
    let stamp = project::scratch()?.join("build.stamp");
    let is_built = OUTPUTS.iter().all(|output| project::root().join(output).is_file());
    if is_built && fingerprint::is_current(&stamp, &fingerprint_of(&inputs(), toolchain, effort)) {
        return Ok("unchanged".into());
    }
    let started = SystemTime::now();
    // Whatever becomes of this build, build/ is no longer what the stamp says.
    fingerprint::forget(&stamp)?;
    worker_build(project::root(), toolchain, effort)?;

    // What was saved while the compiler ran may have come too late for it: then the next build looks again.
    let inputs = inputs();
    if inputs
        .iter()
        .all(|input| modified(input).is_none_or(|time| time < started))
    {
        fingerprint::remember(&stamp, &fingerprint_of(&inputs, toolchain, effort))?;
    }
    let bytes = fs::metadata(project::root().join(OUTPUTS[1])).map_or(0, |file| file.len());
    let how = match effort {
        Effort::Full => "built",
        Effort::Quick => "built quickly, not for deployment",
    };
    Ok(format!("{how}, {} kB of wasm", bytes / 1000))
}

/// Builds the Worker of a crate that stands in one folder, unless nothing changed there.
fn build_other(folder: &Path, toolchain: Toolchain) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add_text(toolchain.name());
    fingerprint.add_folder(folder);
    fingerprint.add_folder(&folder.join("src"));
    let (stamp, fingerprint) = (project::scratch()?.join("other.stamp"), fingerprint.finish());
    if folder.join("build/index.js").is_file() && fingerprint::is_current(&stamp, &fingerprint) {
        return Ok("unchanged".into());
    }
    worker_build(folder, toolchain, Effort::Full)?;
    fingerprint::remember(&stamp, &fingerprint)?;
    Ok("built".into())
}

/// Builds the Worker of the crate in `folder` into its build/.
pub fn worker_build(folder: &Path, toolchain: Toolchain, effort: Effort) -> Result<()> {
    let mut worker_build = project::command(setup::cargo_tool("worker-build")?)?;
    worker_build
        .current_dir(folder)
        .arg("--release")
        .env("CARGO_TARGET_DIR", target_folder())
        .envs(effort.profile().iter().copied())
        .env("WASM_BINDGEN_BIN", setup::cargo_tool("wasm-bindgen")?)
        .env("WASM_OPT_BIN", project::npm_program("wasm-opt"))
        .env("ESBUILD_BIN", project::npm_program("esbuild"))
        .env("RUST_BACKTRACE", "0");
    if effort == Effort::Quick {
        worker_build.arg("--no-opt");
    }
    toolchain.apply(&mut worker_build);
    child::run("worker-build", &mut worker_build)?.successful()?;
    match effort {
        Effort::Full => drop_names(&folder.join("build")),
        Effort::Quick => Ok(()),
    }
}

/// What worker-build gives to wasm-opt, by Cargo.toml.
fn optimisation() -> Result<Vec<String>> {
    let file = project::root().join("Cargo.toml");
    let wrong = || format!("Could not read what wasm-opt is given from {}", file.display());
    let text = fs::read_to_string(&file).context(wrong)?;
    let manifest: Table = text.parse().context(wrong)?;
    let place = ["metadata", "wasm-pack", "profile", "release", "wasm-opt"];
    let words = manifest
        .get("package")
        .and_then(|package| place.iter().try_fold(package, |at, name| at.get(name)))
        .and_then(Value::as_array);
    let words = words.ok_or_else(|| Failure::new(wrong()))?.iter();
    Ok(words.filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Takes the names of functions off, which worker-build keeps and nothing reads. They stay in [`NAMED`], for profilers. Without them another round
/// of what worker-build did makes the wasm smaller, by 5 kB of gzip.
fn drop_names(build: &Path) -> Result<()> {
    let (wasm, named) = (build.join("index_bg.wasm"), build.join(NAMED));
    fs::copy(&wasm, &named).context(|| format!("Could not write {}", named.display()))?;
    let mut wasm_opt = project::command(project::npm_program("wasm-opt"))?;
    wasm_opt
        .arg(&named)
        .arg("--strip-debug")
        .arg("--strip-producers")
        .args(optimisation()?);
    wasm_opt.args(FEATURES.map(|feature| format!("--enable-{feature}")));
    wasm_opt.arg("--output").arg(wasm);
    child::run("wasm-opt", &mut wasm_opt)?.successful()?;
    Ok(())
}

/// Everything that the build reads: what decides how it compiles, and what the compiler noted of the last build, less what
/// the build itself makes.
fn inputs() -> Vec<PathBuf> {
    let settings = [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        "rust-toolchain.toml",
        "package-lock.json",
        "xtask/src/build.rs",
    ];
    let target = target_folder();
    let noted = fs::read_to_string(target.join("wasm32-unknown-unknown/release/limen.d")).unwrap_or_default();
    let noted = noted_files(&noted)
        .into_iter()
        .filter(|file| !file.starts_with(&target));
    settings
        .map(|file| project::root().join(file))
        .into_iter()
        .chain(noted)
        .collect()
}

fn fingerprint_of(inputs: &[PathBuf], toolchain: Toolchain, effort: Effort) -> String {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add_text(toolchain.name());
    fingerprint.add_text(&format!("{effort:?}"));
    inputs.iter().for_each(|input| fingerprint.add_file(input));
    fingerprint.finish()
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|file| file.modified()).ok()
}

fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project::root().join("target"), PathBuf::from)
}

/// The files in the compiler's dependency list, `output: input input ...`, where a space in a name is `\ `.
fn noted_files(list: &str) -> Vec<PathBuf> {
    let inputs = list
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(_, inputs)| inputs);
    let unescaped = inputs
        .map(|inputs| inputs.replace("\\ ", "\0"))
        .collect::<Vec<_>>()
        .join(" ");
    unescaped
        .split_whitespace()
        .map(|file| file.replace('\0', " ").into())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Effort, noted_files};

    #[test]
    fn nothing_but_a_server_on_this_machine_gets_a_quick_build() {
        assert_eq!(Effort::for_caller(Some("dev")), Effort::Quick);
        for caller in [Some("deploy"), Some("versions upload"), Some(""), None] {
            assert_eq!(Effort::for_caller(caller), Effort::Full, "{caller:?}");
        }
    }

    #[test]
    fn a_dependency_list_names_every_input_even_with_spaces() {
        let list = "/a/limen.wasm: /a/src/lib.rs /a/my\\ page.html\n";
        assert_eq!(
            noted_files(list),
            [Path::new("/a/src/lib.rs"), Path::new("/a/my page.html")]
        );
    }
}
