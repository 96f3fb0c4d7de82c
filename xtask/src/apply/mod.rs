//! `cargo xtask apply`: a deployment becomes what a file declares of its groups, apps and APIs.

mod declared;
mod diff;
mod plan;
mod state;
mod step;

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use serde_json::Value;

use crate::failure::{Context, Failure, Result};
use crate::moves::Deployment;
use crate::{private_file, terminal};
use declared::Declared;
use state::State;
use step::{Ids, Step};

pub const HELP: &str = "
Usage: cargo xtask apply FILE --to URL [--prune] [--yes]

Makes groups, apps and APIs of a deployment what FILE declares (docs/moving.md#a-declared-state; examples/limen.yaml is one). It
shows what it would do and asks first. What FILE does not name stays as it is. It takes the admin token, or an API key
with the scopes groups:write, apps:write and apis:write as the file needs them, in the environment variable ADMIN_TOKEN. Secrets of new apps go into FILE.secrets.

  --to URL   the origin of the deployment, such as https://id.acme.org
  --prune    delete groups, apps and APIs that FILE does not name, where it names any of their kind, and take such roles
  --yes      do not ask
";

pub fn run(arguments: &[String]) -> Result<()> {
    let (mut file, mut to, mut prune, mut yes) = (None, None, false, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--to" => to = rest.next().cloned(),
            "--prune" => prune = true,
            "--yes" => yes = true,
            option if option.starts_with('-') || file.is_some() => {
                return Err(Failure::new(format!("`{option}` is not known here.")).advice(HELP.trim()));
            }
            name => file = Some(name.to_owned()),
        }
    }
    let (Some(file), Some(to)) = (file, to) else {
        return Err(Failure::new("A file or --to is missing.").advice(HELP.trim()));
    };
    let text = std::fs::read_to_string(&file).context(|| format!("Could not read {file}"))?;
    let declared = Declared::parse(&text)
        .map_err(|problems| Failure::new(format!("{file} cannot be applied:\n  {}", problems.join("\n  "))))?;
    let deployment = Deployment::at(&to)?;
    let (steps, mut ids) = planned(&declared, &deployment, prune)?;
    if steps.is_empty() {
        println!("{} is as {file} declares it.", deployment.origin());
        return Ok(());
    }
    println!("{} would change so:\n", deployment.origin());
    for step in &steps {
        println!("{}", terminal::lines(&step.describe()));
    }
    println!("\n{}", step::count(&steps));
    if !yes && !is_wanted()? {
        println!("Nothing was done.");
        return Ok(());
    }
    for (done, step) in steps.iter().enumerate() {
        let told = act(step, &ids, &deployment).map_err(|failure| {
            Failure::new(format!("{failure}\n{done} of {} steps were done before.", steps.len()))
                .advice("Start it again when that is fixed: what was done is not done twice.")
        })?;
        println!("done: {}", terminal::line(&step.title()));
        ids.note(step, &told);
        if let Some(secret) = told.get("client_secret").and_then(Value::as_str) {
            let id = told.get("client_id").and_then(Value::as_str).unwrap_or_default();
            let secrets = format!("{file}.secrets");
            private_file::append(Path::new(&secrets), &format!("{}\t{id}\t{secret}\n", step.name))?;
            let id = terminal::line(id);
            println!("      its client id is {id}; its secret is in {secrets}, and nowhere else");
        }
    }
    let (left, _) = planned(&declared, &deployment, prune)?;
    if !left.is_empty() {
        println!("\nLimen keeps this otherwise than it is declared; write it into the file as Limen has it:");
        for step in &left {
            println!("{}", terminal::lines(&step.describe()));
        }
    }
    Ok(())
}

/// What is to be done, and the ids of what is there. Roles and groups of an app that is still to be made are not known yet: what they hang
/// on is done first.
fn planned(declared: &Declared, deployment: &Deployment, prune: bool) -> Result<(Vec<Step>, Ids)> {
    let state = State::read(declared, deployment)?;
    let steps = plan::plan(declared, &state, prune).map_err(Failure::new)?;
    Ok((steps, state.ids()))
}

/// Does a step, and gives what Limen answered.
fn act(step: &Step, ids: &Ids, deployment: &Deployment) -> Result<Value> {
    let (method, path, body) = (step.request)(ids).map_err(Failure::new)?;
    let answer = deployment.send_once(method, &path, body.as_ref())?;
    match answer.status {
        200..=299 if answer.body.is_empty() => Ok(Value::Null),
        200..=299 => answer.json(),
        _ => Err(Deployment::refused(&answer, &step.title())),
    }
}

fn is_wanted() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("Nobody is there to be asked.")
            .advice("Add --yes where a program starts it, once you have seen the plan."));
    }
    print!("\nDo it? (yes/no) ");
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context(|| "No answer".to_owned())?;
    Ok(matches!(line.trim(), "yes" | "y"))
}
