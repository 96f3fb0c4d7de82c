//! `cargo xtask export`: all that can move of a deployment, as lines of JSON.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Deployment;
use crate::failure::{Context, Failure, Result};
use crate::http::encoded;
use crate::{private_file, terminal};

pub const HELP: &str = "
Usage: cargo xtask export --from URL --out FILE

Writes groups, apps, people, how they sign in, roles, operators and consents of a deployment into FILE, a line of JSON
each. Password hashes are in it, so it takes the admin token, or an API key with every scope, in the environment variable
ADMIN_TOKEN. Interrupted, it goes on where it stopped when it is started again. docs/moving.md says what is in it.

  --from URL   the origin of the deployment, such as https://id.acme.org
  --out FILE   where to write to; only you can read it
";

pub fn run(arguments: &[String]) -> Result<()> {
    let (mut from, mut out) = (None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let place = match argument.as_str() {
            "--from" => &mut from,
            "--out" => &mut out,
            other => return Err(Failure::new(format!("`{other}` is not known here.")).advice(HELP.trim())),
        };
        *place = rest.next().cloned();
    }
    let (Some(from), Some(out)) = (from, out) else {
        return Err(Failure::new("--from or --out is missing.").advice(HELP.trim()));
    };
    let deployment = Deployment::at(&from)?;
    let written = to_file(&deployment, Path::new(&out), &mut |kind, lines| {
        print!("\r{lines} lines, at {} ...        ", terminal::line(kind));
        // A closed terminal must not stop the work.
        let _ = std::io::stdout().flush();
    })?;
    let (from, out) = (deployment.origin(), terminal::line(&out));
    println!("\r{written} lines of {from} are in {out}.        ");
    println!("It has password hashes: keep it as you keep a backup, and remove it when it has done its work.");
    Ok(())
}

/// Where an export goes on: it stands beside its file until that is whole.
struct Progress {
    file: PathBuf,
    /// The deployment whose keys `after` is of.
    origin: String,
    /// The bytes of the file that count: what is behind them was being written when the export broke off.
    length: u64,
    after: String,
    lines: u64,
}

/// Writes an export into a file, and says how many lines it has. `tell` is told of each page.
pub fn to_file(deployment: &Deployment, out: &Path, tell: &mut dyn FnMut(&str, u64)) -> Result<u64> {
    let mut progress = Progress::of(out, deployment.origin())?;
    let has_begun = progress.length > 0;
    if !has_begun && out.exists() {
        return Err(Failure::new(format!("{} is there already.", out.display()))
            .advice("Remove it, or write to another file: what is in it may be all that you have."));
    }
    let mut file = private_file::open_at(out, progress.length)?;
    loop {
        let path = match progress.after.as_str() {
            "" => "/admin/api/export".to_owned(),
            after => format!("/admin/api/export?after={}", encoded(after)),
        };
        let answer = deployment.get(&path)?;
        if answer.status != 200 {
            return Err(Deployment::refused(&answer, "A page of the export"));
        }
        let (lines, next) = page(&answer.body)?;
        let mut text = lines.join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        if next.is_none() {
            text.push_str("{\"kind\":\"end\"}\n");
        }
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_data())
            .context(|| format!("Could not write {}", out.display()))?;
        progress.length += text.len() as u64;
        progress.lines += lines.len() as u64;
        match next {
            Some(next) => {
                tell(next.split(':').next().unwrap_or_default(), progress.lines);
                progress.after = next;
                progress.keep()?;
            }
            None => {
                progress.remove()?;
                return Ok(progress.lines);
            }
        }
    }
}

/// The lines of a page, and where the next one begins.
fn page(body: &str) -> Result<(Vec<&str>, Option<String>)> {
    let odd = || Failure::new("The deployment's answer is no page of an export.");
    let mut lines: Vec<_> = body.lines().filter(|line| !line.is_empty()).collect();
    let end: Value = lines
        .pop()
        .and_then(|end| serde_json::from_str(end).ok())
        .ok_or_else(odd)?;
    let text = |name: &str| end.get(name).and_then(Value::as_str).map(str::to_owned);
    match text("kind").as_deref() {
        Some("end") => Ok((lines, None)),
        Some("next") => Ok((lines, Some(text("after").ok_or_else(odd)?))),
        _ => Err(odd()),
    }
}

impl Progress {
    /// As it was kept beside `out`, or at the beginning.
    fn of(out: &Path, origin: &str) -> Result<Self> {
        let mut name = out.as_os_str().to_owned();
        name.push(".cursor");
        let file = PathBuf::from(name);
        let mut progress = Self {
            file,
            origin: origin.to_owned(),
            length: 0,
            after: String::new(),
            lines: 0,
        };
        let Ok(kept) = fs::File::open(&progress.file) else {
            return Ok(progress);
        };
        let mut kept = BufReader::new(kept).lines();
        let mut line = || kept.next().and_then(|line| line.ok());
        let (from, read) = (line(), (line(), line(), line()));
        if let Some(from) = from.filter(|from| from.contains("://") && from != origin) {
            return Err(Failure::new(format!(
                "{} is of an export of {from}, and this is {origin}.",
                progress.file.display()
            ))
            .advice("Write to another file, or remove both, and export anew."));
        }
        if let (Some(length), Some(lines), Some(after)) = read
            && let (Ok(length), Ok(lines)) = (length.parse(), lines.parse())
            && fs::metadata(out).is_ok_and(|held| held.len() >= length)
        {
            progress = Self {
                length,
                lines,
                after,
                ..progress
            };
            return Ok(progress);
        }
        Err(Failure::new(format!(
            "{} does not belong to {}.",
            progress.file.display(),
            out.display()
        ))
        .advice("Remove both, and export anew."))
    }

    fn keep(&self) -> Result<()> {
        private_file::write(
            &self.file,
            &format!("{}\n{}\n{}\n{}\n", self.origin, self.length, self.lines, self.after),
        )
    }

    fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::new(format!(
                "Could not remove {}: {error}",
                self.file.display()
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_of_another_deployment_is_not_gone_on_with() {
        let out = std::env::temp_dir().join(format!("limen-export-{}.jsonl", std::process::id()));
        let of = |origin: &str| Progress::of(&out, origin);
        fs::write(&out, "{}\n").unwrap();
        let mut progress = of("https://a.org").unwrap();
        (progress.length, progress.lines, progress.after) = (3, 1, "app:x".to_owned());
        progress.keep().unwrap();
        let kept = of("https://a.org").unwrap();
        assert_eq!((kept.length, kept.lines, kept.after.as_str()), (3, 1, "app:x"));
        assert!(of("https://b.org").err().unwrap().to_string().contains("https://a.org"));
        progress.remove().unwrap();
        fs::remove_file(&out).unwrap();
    }

    #[test]
    fn a_page_ends_with_where_the_next_one_begins() {
        let (lines, next) = page("{\"kind\":\"group\"}\n{\"kind\":\"next\",\"after\":\"app:\"}\n").unwrap();
        assert_eq!(lines, ["{\"kind\":\"group\"}"]);
        assert_eq!(next.as_deref(), Some("app:"));
        assert_eq!(page("{\"kind\":\"end\"}\n").unwrap(), (Vec::new(), None));
        for odd in ["", "<html>", "{\"kind\":\"group\"}", "{\"kind\":\"next\"}"] {
            assert!(page(odd).is_err(), "{odd}");
        }
    }
}
