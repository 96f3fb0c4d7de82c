//! What a client's app is written in, and how its libraries are installed and built. All of it lands in target/clients, which
//! the tests know, or in node_modules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child;
use crate::failure::{Context, Result};
use crate::fingerprint::{self, Fingerprint};
use crate::project;
use crate::setup;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// The packages of tests/clients/package.json, or those of a package.json of its own.
    Node,
    /// The packages of tests/clients/requirements.txt, in one virtual environment for all.
    Python,
    Go,
    Java,
    Rust,
    /// The packages of Debian that debian.txt lists.
    Debian,
}

impl Runtime {
    /// Found by the file that says what an app needs.
    pub fn of(folder: &Path) -> Self {
        let has = |file: &str| folder.join(file).exists();
        if has("go.mod") {
            Self::Go
        } else if has("pom.xml") {
            Self::Java
        } else if has("Cargo.toml") {
            Self::Rust
        } else if has("debian.txt") {
            Self::Debian
        } else if has("app.py") || has("manage.py") {
            Self::Python
        } else {
            Self::Node
        }
    }

    /// The program without which the app cannot run, if it is not there.
    pub fn missing(self) -> Option<&'static str> {
        let needed: &[&str] = match self {
            Self::Node | Self::Rust => &[],
            Self::Python => &["python3"],
            Self::Go => &["go"],
            Self::Java => &["java", "mvn"],
            Self::Debian => &["apt-get"],
        };
        needed
            .iter()
            .copied()
            .find(|program| project::find_on_path(program).is_none())
    }

    /// Installs and builds what the app needs, unless that is done.
    pub fn prepare(self, name: &str, folder: &Path) -> Result<()> {
        match self {
            Self::Node if folder.join("package.json").exists() => install_node_packages(folder).map(drop),
            Self::Node => Ok(()),
            Self::Python => install_python_packages(),
            Self::Go => {
                let mut go = command_in("go", folder)?;
                go.args(["build", "-mod=readonly", "-o"]).arg(built("bin/")?);
                // A newer Go than the one here, where go.mod names one.
                go.env("GOTOOLCHAIN", "auto");
                // What go.mod names as a tool is an app that is run as it is.
                let tools = fs::read_to_string(folder.join("go.mod")).is_ok_and(|text| text.contains("\ntool "));
                go.arg(if tools { "tool" } else { "." });
                child::run(&format!("clients-{name}-go"), &mut go)?
                    .successful()
                    .map(drop)
            }
            Self::Java => {
                let mut mvn = command_in("mvn", folder)?;
                mvn.args(["--batch-mode", "--quiet", "package"]);
                mvn.arg(format!("-Dbuild.folder={}", built(name)?.display()));
                child::run(&format!("clients-{name}-mvn"), &mut mvn)?
                    .successful()
                    .map(drop)
            }
            Self::Rust => {
                let mut cargo = command_in("cargo", folder)?;
                cargo
                    .args(["build", "--locked"])
                    .env("CARGO_TARGET_DIR", built("rust")?);
                child::run(&format!("clients-{name}-cargo"), &mut cargo)?
                    .successful()
                    .map(drop)
            }
            Self::Debian => {
                let list = folder.join("debian.txt");
                let text = fs::read_to_string(&list).context(|| format!("Could not read {}", list.display()))?;
                setup::debian_packages(&text.lines().collect::<Vec<_>>())
            }
        }
    }
}

/// The packages of the lock file in `folder`.
pub fn install_node_packages(folder: &Path) -> Result<String> {
    let wanted = fingerprint_of(folder, &["package.json", "package-lock.json"]);
    // npm replaces node_modules as a whole, so the stamp goes when the packages go.
    let stamp = folder.join("node_modules/.limen-stamp");
    if fingerprint::is_current(&stamp, &wanted) {
        return Ok("up to date".into());
    }
    let mut npm = command_in("npm", folder)?;
    child::run(
        "clients-npm-ci",
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]),
    )?
    .successful()?;
    fingerprint::remember(&stamp, &wanted)?;
    Ok("installed".into())
}

fn install_python_packages() -> Result<()> {
    let folder = project::root().join("tests/clients");
    let environment = built("python")?;
    let wanted = fingerprint_of(&folder, &["requirements.txt"]);
    let stamp = environment.join("limen-stamp");
    if fingerprint::is_current(&stamp, &wanted) {
        return Ok(());
    }
    let mut venv = command_in("python3", &folder)?;
    venv.args(["-m", "venv", "--clear"]).arg(&environment);
    child::run("clients-venv", &mut venv)?.successful()?;
    let mut pip = command_in(environment.join("bin/python"), &folder)?;
    pip.args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
    child::run("clients-pip", pip.args(["--requirement", "requirements.txt"]))?.successful()?;
    fingerprint::remember(&stamp, &wanted)
}

fn fingerprint_of(folder: &Path, files: &[&str]) -> String {
    let mut inputs = Fingerprint::default();
    for file in files {
        inputs.add_file(&folder.join(file));
    }
    inputs.finish()
}

fn command_in(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Result<Command> {
    let mut command = project::command(program)?;
    command.current_dir(folder);
    Ok(command)
}

/// A place in target/clients, whose folder is made.
fn built(name: &str) -> Result<PathBuf> {
    let folder = project::root().join("target/clients");
    fs::create_dir_all(&folder).context(|| format!("Could not create {}", folder.display()))?;
    Ok(folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::Runtime;
    use crate::project;

    #[test]
    fn an_app_is_known_by_the_file_that_says_what_it_needs() {
        let of = |name: &str| Runtime::of(&project::root().join("tests/clients").join(name));
        for (name, runtime) in [
            ("openid-client", Runtime::Node),
            ("authlib", Runtime::Python),
            ("django-allauth", Runtime::Python),
            ("go-oidc", Runtime::Go),
            ("spring-boot", Runtime::Java),
            ("openidconnect-rs", Runtime::Rust),
            ("mod-auth-openidc", Runtime::Debian),
        ] {
            assert_eq!(of(name), runtime, "{name}");
        }
    }
}
