//! `cargo xtask import`: lines of an export, or what another provider wrote down, go into a deployment.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Deployment;
use super::dry_run;
use super::formats::{self, Converted, Format};
use super::report::Report;
use crate::failure::{Context, Failure, Result};
use crate::{private_file, terminal};

pub const HELP: &str = "
Usage: cargo xtask import --into URL [--format NAME] [--dry-run] FILE...

Takes the lines of `cargo xtask export` into a deployment. It adds what is not there, and changes nothing that is, so it
can be started again at any time. It takes the admin token, or an API key with the scopes of what the lines are about, in
the environment variable ADMIN_TOKEN. What could not be taken is in FILE.report, with the reason.

  --into URL      the origin of the deployment, such as https://id.acme.org
  --format NAME   the files are of another provider: auth0, authelia, cognito, csv, firebase, keycloak, pocket-id
  --dry-run       send nothing: count the lines that the files become, and show what of them cannot be taken, what becomes
                  otherwise, and what would be refused, as far as the files say it; asks no deployment
";

/// The most lines of a request, the most bytes (Limen takes 128 KiB), and the most apps whose `sector_identifier_uri` Limen fetches.
const MOST_LINES: usize = 100;
const MOST_BYTES: usize = 100_000;
const MOST_FETCHED: usize = 10;

/// The most bytes of a line with a logo: one that Limen does not take would leave the whole app behind.
const LONGEST_LINE: usize = 120_000;

struct Wanted {
    into: Option<String>,
    format: Option<Format>,
    dry_run: bool,
    files: Vec<PathBuf>,
}

pub fn run(arguments: &[String]) -> Result<()> {
    let wanted = Wanted::read(arguments)?;
    let files = wanted.files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?;
    let converted = match wanted.format {
        Some(format) => formats::convert(format, &files).map_err(Failure::new)?,
        None => own_lines(&files),
    };
    if wanted.dry_run {
        dry_run::show(&converted, wanted.into.as_deref());
        return Ok(());
    }
    let first = wanted.files.first().cloned().unwrap_or_default();
    let Some(into) = wanted.into else {
        return Err(Failure::new("--into is missing.").advice(HELP.trim()));
    };
    let deployment = Deployment::at(&into)?;
    warn_of_another_place(&converted, &deployment)?;
    let mut report = Report::default();
    let (progress, file) = (beside(&first, "imported"), beside(&first, "report"));
    let outcome = send(&deployment, &converted, [&progress, &file], &mut report);
    finish(&report, &file, outcome.is_ok());
    outcome
}

impl Wanted {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut wanted = Self {
            into: None,
            format: None,
            dry_run: false,
            files: Vec::new(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || {
                rest.next()
                    .ok_or_else(|| Failure::new(format!("{argument} needs a value.")).advice(HELP.trim()))
            };
            match argument.as_str() {
                "--into" => wanted.into = Some(value()?.clone()),
                "--format" => {
                    let name = value()?;
                    let format = Format::parse(name);
                    wanted.format = Some(format.ok_or_else(|| {
                        Failure::new(format!("`{name}` is no format that is known here.")).advice(HELP.trim())
                    })?);
                }
                "--dry-run" => wanted.dry_run = true,
                option if option.starts_with('-') => {
                    return Err(Failure::new(format!("`{option}` is not known here.")).advice(HELP.trim()));
                }
                file => wanted.files.push(file.into()),
            }
        }
        match wanted.files.is_empty() {
            true => Err(Failure::new("A file is missing.").advice(HELP.trim())),
            false => Ok(wanted),
        }
    }
}

fn read(file: &Path) -> Result<String> {
    let bytes = fs::read(file).context(|| format!("Could not read {}", file.display()))?;
    let text = String::from_utf8(bytes).context(|| format!("{} is not UTF-8", file.display()))?;
    // Some tools begin a file with a mark of its encoding.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The lines of exports of Limen itself.
pub(super) fn own_lines(files: &[String]) -> Converted {
    let mut converted = Converted::default();
    for (number, line) in files.iter().flat_map(|file| file.lines().enumerate()) {
        let place = format!("line {}", number + 1);
        match serde_json::from_str::<Value>(line) {
            _ if line.trim().is_empty() => {}
            Ok(mut value) => {
                let logo = value.as_object_mut().filter(|_| line.len() > LONGEST_LINE);
                if logo.and_then(|members| members.remove("logo")).is_some() {
                    converted.leave(
                        &place,
                        "its logo",
                        "the line is too long with it: give the app its logo again",
                    );
                }
                converted.add(place, value);
            }
            Err(error) => converted.leave(place, "a line", format!("it is no JSON: {error}")),
        }
    }
    converted
}

/// Says what does not work at another address.
fn warn_of_another_place(converted: &Converted, deployment: &Deployment) -> Result<()> {
    let there = deployment.issuer()?;
    let from = converted
        .lines
        .first()
        .and_then(|(_, line)| line.get("issuer")?.as_str());
    if let Some(from) = from
        && from != there
    {
        println!(
            "The export is of {}, and this is {}. Apps have to be told the new issuer. Passkeys are bound to the",
            terminal::line(from),
            terminal::line(&there)
        );
        println!("host: they work on if it is the same, or if PASSKEY_RP_ID is that of before (docs/moving.md).");
    }
    if from.is_some() && !converted.lines.iter().any(|(_, line)| line["kind"] == "end") {
        println!(
            "The file has no last line: the export is not whole. Start `cargo xtask export` again, with the same --out."
        );
    }
    Ok(())
}

/// Sends the lines, from where an earlier run stopped.
fn send(
    deployment: &Deployment,
    converted: &Converted,
    [progress, file]: [&Path; 2],
    report: &mut Report,
) -> Result<()> {
    let roots = converted.lines.iter().find_map(|(_, line)| line.get("roots")).cloned();
    let mut done = done_before(progress, deployment, converted.lines.len());
    if done > 0 {
        println!(
            "{done} lines were taken before; {} goes with the last of them.",
            progress.display()
        );
    } else {
        for left in converted.left.iter().chain(&converted.changed) {
            report.leave_out(&left.place, &left.what, &left.why);
        }
        keep(report, file)?;
    }
    while done < converted.lines.len() {
        let (mut lines, mut bytes, mut fetched) = (Vec::new(), 0, 0);
        for (place, line) in &converted.lines[done..] {
            let length = line.to_string().len();
            fetched += usize::from(line.pointer("/metadata/sector_identifier_uri").is_some());
            let is_full = lines.len() == MOST_LINES || bytes + length > MOST_BYTES || fetched > MOST_FETCHED;
            if is_full && !lines.is_empty() {
                break;
            }
            bytes += length;
            lines.push((place, line));
        }
        let body = json!({ "roots": roots, "lines": lines.iter().map(|(_, line)| line).collect::<Vec<_>>() });
        let answer = deployment.send("POST", "/admin/api/import", Some(&body))?;
        match answer.status {
            200 => {
                let answer = answer.json()?;
                let results = answer.get("results").and_then(Value::as_array);
                let results = results.filter(|results| results.len() == lines.len());
                let results = results.ok_or_else(|| Failure::new("The deployment's answer says too little."))?;
                for ((place, line), result) in lines.iter().zip(results) {
                    report.add(place, line, result);
                }
            }
            413 if lines.len() == 1 => {
                let (place, line) = lines[0];
                report.add(
                    place,
                    line,
                    &json!({ "outcome": "refused", "why": "the line is too long" }),
                );
            }
            _ => return Err(Deployment::refused(&answer, "Taking in lines")),
        }
        done += lines.len();
        keep(report, file)?;
        private_file::write(
            progress,
            &format!("{}\n{}\n{done}\n", deployment.origin(), converted.lines.len()),
        )?;
        print!("\r{done} of {} lines ...  ", converted.lines.len());
        // A closed terminal must not stop the work.
        let _ = std::io::stdout().flush();
    }
    println!();
    match fs::remove_file(progress) {
        // Nothing was sent, so nothing was written down.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.context(|| format!("Could not remove {}", progress.display())),
    }
}

/// How many lines an earlier run has sent of the same to the same.
fn done_before(progress: &Path, deployment: &Deployment, lines: usize) -> usize {
    let kept = fs::read_to_string(progress).unwrap_or_default();
    let mut kept = kept.lines();
    let is_same = kept.next() == Some(deployment.origin()) && kept.next() == Some(lines.to_string().as_str());
    let done = kept
        .next()
        .and_then(|done| done.parse().ok())
        .filter(|done| *done <= lines);
    done.filter(|_| is_same).unwrap_or_default()
}

/// Adds what has been noted since the last time to the report: an import that breaks off loses none of it.
fn keep(report: &mut Report, file: &Path) -> Result<()> {
    let notes: String = report
        .notes
        .iter()
        .skip(report.kept)
        .map(|note| format!("{note}\n"))
        .collect();
    if !notes.is_empty() {
        private_file::append(file, &notes)?;
        report.kept = report.notes.len();
    }
    Ok(())
}

fn finish(report: &Report, file: &Path, is_whole: bool) {
    println!("\n{}", report.table());
    if !report.needs_secret.is_empty() {
        println!(
            "{} apps and webhooks need a new secret: their old one was made under another root key.",
            report.needs_secret.len()
        );
        println!("  {}", report.needs_secret.join(" "));
    }
    if report.switched_off > 0 {
        println!(
            "{} webhooks came in switched off: switch each on when the old deployment sends no more.",
            report.switched_off
        );
    }
    let people = report.people_to_tell();
    if !people.is_empty() {
        println!(
            "{} people have to set up one-time codes or recovery codes again; they are in the report.",
            people.len()
        );
    }
    match report.notes.len() {
        0 if file.exists() => println!(
            "Nothing more is left over; what runs before noted is in {}.",
            file.display()
        ),
        0 if is_whole => println!("Nothing is left over."),
        0 => {}
        notes => println!("{notes} notes are in {}, behind those of runs before.", file.display()),
    }
}

/// The file beside another.
fn beside(file: &Path, what: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{what}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_is_misspelt_does_not_look_as_if_it_had_worked() {
        let read = |line: &str| Wanted::read(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let wanted = read("--into https://id.acme.org --format keycloak --dry-run realm.json").unwrap();
        assert!(wanted.dry_run && wanted.format == Some(Format::Keycloak));
        for wrong in [
            "--into https://id.acme.org",
            "x --formt csv",
            "x --format okta",
            "x --into",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_that_is_no_json_is_named_and_left_out() {
        let text = "{\"kind\":\"group\"}\n\n{\"kind\":\n{\"kind\":\"end\"}\n".to_owned();
        let converted = own_lines(&[text]);
        assert_eq!(converted.lines.len(), 2);
        assert_eq!(converted.lines[1].0, "line 4");
        assert_eq!(converted.left[0].place, "line 3");
    }

    #[test]
    fn an_app_whose_line_is_too_long_for_a_request_comes_without_its_logo() {
        let line = |long: usize| format!("{{\"kind\":\"app\",\"logo\":\"{}\"}}", "A".repeat(long));
        let converted = own_lines(&[line(90_000), line(LONGEST_LINE)]);
        let has_logo: Vec<_> = converted
            .lines
            .iter()
            .map(|(_, line)| line.get("logo").is_some())
            .collect();
        assert_eq!(has_logo, [true, false]);
        assert_eq!((converted.left.len(), converted.left[0].what.as_str()), (1, "its logo"));
    }
}
