//! A Chromium for the browser tests: the one that is there, else Debian's, else Playwright's.

use std::env;
use std::path::PathBuf;

use super::debian;
use crate::child;
use crate::failure::{Failure, Result};
use crate::project;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

pub fn install() -> Result<PathBuf> {
    if let Some(chosen) = env::var_os("CHROMIUM").map(PathBuf::from) {
        return if chosen.is_file() {
            Ok(chosen)
        } else {
            Err(Failure::new(format!(
                "CHROMIUM names {}, and there is no such file.",
                chosen.display()
            ))
            .advice("Set CHROMIUM to the path of a Chromium or Chrome, or unset it."))
        };
    }
    if let Some(found) = on_path().or_else(playwrights) {
        return Ok(found);
    }
    if project::find_on_path("apt-get").is_some()
        && debian::apt_install(&["chromium"]).is_ok()
        && let Some(installed) = on_path()
    {
        return Ok(installed);
    }
    let mut playwright = project::command(project::npm_program("playwright-core"))?;
    child::run("playwright-install", playwright.args(["install", "chromium"]))?
        .successful()
        .map_err(|failure| failure.advice("Install Chromium or Chrome by hand and set CHROMIUM to its path."))?;
    playwrights().ok_or_else(|| Failure::new("Playwright installed no Chromium."))
}

fn on_path() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| project::find_on_path(name))
}

/// The browser that `playwright-core install` puts into the user's cache, if it is there.
fn playwrights() -> Option<PathBuf> {
    let script = "import { chromium } from 'playwright-core'; console.log(chromium.executablePath())";
    let mut node = project::command("node").ok()?;
    let path = child::answer(node.args(["--input-type=module", "--eval", script]))?;
    Some(PathBuf::from(path)).filter(|path| path.is_file())
}
