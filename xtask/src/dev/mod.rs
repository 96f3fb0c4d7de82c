//! Serves Limen on this machine, with a first user, an example client and an example app to sign in to.

mod seed;
mod servers;
mod vars;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::build::{self, Effort};
use crate::child;
use crate::failure::{Context, Failure, Result};
use crate::fingerprint::{self, Fingerprint};
use crate::http;
use crate::project;
use crate::step::step;
use seed::Seed;
use servers::Servers;
use vars::Vars;

pub const HELP: &str = "
Usage: cargo xtask dev [--port N] [--reset] [--no-user]

Sets everything up, builds the Worker, migrates a local D1, and serves Limen on http://localhost:8787 and an example
app on the next port. The first start makes random secrets (.dev.vars), a first user, who owns the console at /admin,
and an example client, and prints how to sign in. A change under src/ rebuilds and reloads, a change of .dev.vars starts Limen again. Ctrl-C
stops it.

  --port N   serve on this port instead, with data of its own
  --reset    forget the data of an earlier start: users, clients, keys, sessions
  --no-user  make no user, but print a link to make the first account with, as after a deployment
";

const DEFAULT_PORT: u16 = 8787;
const START_UP: Duration = Duration::from_secs(300);

/// Where this start serves and keeps its data.
struct Place {
    port: u16,
    state: PathBuf,
}

impl Place {
    fn new(port: u16) -> Self {
        // Keys and tokens belong to an issuer, so a port has data of its own. The default port's is where plain
        // `wrangler dev` looks.
        let folder = if port == DEFAULT_PORT {
            ".wrangler/state".into()
        } else {
            format!(".wrangler/state-{port}")
        };
        Self {
            port,
            state: project::root().join(folder),
        }
    }

    fn issuer(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    fn app_port(&self) -> u16 {
        self.port + 1
    }

    fn app(&self) -> String {
        format!("http://localhost:{}", self.app_port())
    }

    /// The names of the servers, and of their logs: each port has its own.
    fn limen(&self) -> String {
        format!("limen-{}", self.port)
    }

    fn example_app(&self) -> String {
        format!("example-app-{}", self.app_port())
    }

    fn discovery(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer())
    }

    /// Where the example app has people sent when they have signed out.
    fn signed_out(&self) -> String {
        format!("{}/signed-out", self.app())
    }
}

pub fn run(arguments: &[String]) -> Result<()> {
    let Wish { port, reset, no_user } = parse(arguments)?;
    let place = Place::new(port);
    servers::check_free(&[("Limen", place.port), ("the example app", place.app_port())])?;

    build::set_up_and_build(Effort::Quick)?;
    if reset {
        step("Forgetting earlier data", || forget(&place.state))?;
    }
    let mut vars = Vars::default();
    step("Local secrets in .dev.vars", || {
        let (found, words) = vars::ensure()?;
        vars = found;
        Ok(words)
    })?;
    step("The local database", || migrate(&place.state))?;

    let mut servers = Servers::new()?;
    step("Limen", || start_limen(&place, &mut servers))?;
    let mut seed = Seed::default();
    step("A first user and an example client", || {
        let (found, words) = seed::ensure(&place, &vars, no_user)?;
        seed = found;
        Ok(words)
    })?;
    let mut example_request = String::new();
    step("The example app", || {
        example_request = start_app(&place, &seed, &mut servers)?;
        Ok("started".into())
    })?;
    step("The periodic run", || run_periodically(&place))?;
    let how = match no_user {
        true => seed::first_account(&place, &vars)?,
        false => format!(
            "  Sign in as      {username}\n  Password        {}\n  Console         {}/admin (sign in as {username}; it asks you to set up a second factor)",
            seed.password,
            place.issuer(),
            username = seed.username,
        ),
    };
    print_how_to_sign_in(&place, &how, &example_request);
    servers.follow_until_stopped(&place.limen(), &project::root().join(vars::FILE), &place.discovery())
}

#[derive(Debug, PartialEq, Eq)]
struct Wish {
    port: u16,
    reset: bool,
    no_user: bool,
}

fn parse(arguments: &[String]) -> Result<Wish> {
    let (mut port, mut reset, mut no_user) = (DEFAULT_PORT, false, false);
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        match argument {
            "--reset" => reset = true,
            "--no-user" => no_user = true,
            "--port" => port = port_of(rest.next())?,
            other if other.starts_with("--port=") => port = port_of(other.split_once('=').map(|(_, number)| number))?,
            other => return Err(Failure::new(format!("`{other}` is not known here.")).advice(HELP.trim())),
        }
    }
    Ok(Wish { port, reset, no_user })
}

/// The example app has the port behind it.
fn port_of(text: Option<&str>) -> Result<u16> {
    let number = text.and_then(|text| text.parse().ok());
    number.filter(|port| (1..u16::MAX).contains(port)).ok_or_else(|| {
        let came = text.map_or("nothing".to_owned(), |text| format!("`{text}`"));
        Failure::new(format!(
            "--port needs a number from 1 to 65534, such as 9000; {came} came."
        ))
    })
}

fn forget(state: &Path) -> Result<String> {
    if state.exists() {
        fs::remove_dir_all(state).context(|| format!("Could not remove {}", state.display()))?;
    }
    Ok("done".into())
}

fn migrate(state: &Path) -> Result<String> {
    let mut migrations = Fingerprint::default();
    migrations.add_folder(&project::root().join("migrations"));
    let wanted = migrations.finish();
    // Among the database's files, so that it goes when they go.
    let stamp = state.join("v3/d1/limen-migrations.stamp");
    if fingerprint::is_current(&stamp, &wanted) {
        return Ok("up to date".into());
    }
    let mut wrangler = project::command(project::npm_program("wrangler"))?;
    wrangler
        .args(["d1", "migrations", "apply", "DB", "--local", "--persist-to"])
        .arg(state);
    child::run("migrations", &mut wrangler)?.successful()?;
    fingerprint::remember(&stamp, &wanted)?;
    Ok("migrated".into())
}

fn start_limen(place: &Place, servers: &mut Servers) -> Result<String> {
    let command = {
        let (port, issuer, state) = (place.port, place.issuer(), place.state.clone());
        move || limen(port, &issuer, &state)
    };
    servers.start(&place.limen(), Box::new(command))?;
    servers.wait_for(&place.discovery(), START_UP)?;
    Ok("started".into())
}

fn limen(port: u16, issuer: &str, state: &Path) -> Result<Command> {
    let mut wrangler = project::command(project::npm_program("wrangler"))?;
    wrangler
        .args([
            "dev",
            "--ip",
            "localhost",
            "--port",
            &port.to_string(),
            "--inspector-port",
            "0",
        ])
        .args([
            "--var",
            &format!("ISSUER:{issuer}"),
            "--show-interactive-dev-session=false",
            "--persist-to",
        ])
        .arg(state)
        // Offline, the request's `cf` object cannot be fetched; Limen needs none.
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
    Ok(wrangler)
}

/// No trigger runs the chores here, so they are done once: the console warns where they never were.
fn run_periodically(place: &Place) -> Result<String> {
    let answer = http::get(&format!("{}/cdn-cgi/handler/scheduled", place.issuer()), None)?;
    Ok(match answer.status {
        200 => "done once".into(),
        status => format!("not done: wrangler answered {status}"),
    })
}

/// Starts the example app and answers with a complete authorization URL of its making.
fn start_app(place: &Place, seed: &Seed, servers: &mut Servers) -> Result<String> {
    let settings = [
        ("PORT", place.app_port().to_string()),
        ("ISSUER", place.issuer()),
        ("CLIENT_ID", seed.client_id.clone()),
        ("CLIENT_SECRET", seed.client_secret.clone()),
    ];
    let command = move || {
        let mut app = project::command("node")?;
        app.arg(project::root().join("examples/relying-party/app.mjs"))
            .envs(settings.clone());
        Ok(app)
    };
    servers.start(&place.example_app(), Box::new(command))?;
    servers.wait_for(&format!("{}/example-request", place.app()), START_UP)
}

fn print_how_to_sign_in(place: &Place, how: &str, example_request: &str) {
    println!(
        "
Limen serves {issuer}

{how}
  Example app     {app}
  Admin token     ADMIN_TOKEN in .dev.vars
  Mails           {issuer}/dev/mail
  Discovery       {issuer}/.well-known/openid-configuration

An authorization request of the example app, to click:

{example_request}

Logs follow; Ctrl-C stops everything. A change of .dev.vars starts Limen again.
",
        issuer = place.issuer(),
        app = place.app(),
    );
}
