//! The first person of a deployment, its owner, by the admin API of the Worker that was just deployed: a link with which they make
//! their account, or an account with a password.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::failure::{Context, Failure, Result};
use crate::project;
use crate::random;

/// Sends one request over https, with the project's Node.
const SEND: &str = r#"
const { method, url, token, body } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
fetch(url, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(20_000) }).then(
  async (answer) => console.log(JSON.stringify({ status: answer.status, body: await answer.text() })),
  (error) => console.log(JSON.stringify({ status: 0, body: String(error.cause ?? error) })),
);
"#;

/// A new address takes a moment until it answers everywhere.
const TRIES: usize = 12;
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// How somebody signs in for the first time.
pub enum First {
    /// By this link they make their account.
    Link(String),
    /// With this account.
    Person { username: String, password: String },
}

/// Makes a link, or the account `username`, where nobody has an account yet. `None` where somebody has.
pub fn ensure(issuer: &str, token: &str, username: Option<&str>) -> Result<Option<First>> {
    let people = format!("{issuer}/admin/api/users");
    let (_, listed) = first_answer(|| send("GET", &people, token, Value::Null), &people)?;
    let listed: Value = serde_json::from_str(&listed).context(|| format!("{people} answered {listed}"))?;
    let is_empty = listed.get("users").and_then(Value::as_array).map(Vec::is_empty);
    if !is_empty.ok_or_else(|| Failure::new(format!("{people} answered {listed}")))? {
        return Ok(None);
    }
    let Some(username) = username else {
        return make_link(issuer, token).map(Some);
    };
    let password = random::secret(12)?;
    match send(
        "POST",
        &people,
        token,
        json!({ "username": username, "password": password }),
    )? {
        (201, answer) => {
            make_owner(issuer, token, &answer)?;
            Ok(Some(First::Person {
                username: username.to_owned(),
                password,
            }))
        }
        (status, answer) => Err(Failure::new(format!(
            "POST {people} was answered with {status}: {answer}"
        ))),
    }
}

/// Makes the person of that answer an operator who may do everything.
fn make_owner(issuer: &str, token: &str, person: &str) -> Result<()> {
    let person: Value = serde_json::from_str(person).context(|| "The account is not to be read".into())?;
    let id = person.get("id").and_then(Value::as_str).unwrap_or_default();
    let operator = format!("{issuer}/admin/api/operators/{id}");
    match send("PUT", &operator, token, json!({ "roles": ["owner"] }))? {
        (204, _) => Ok(()),
        (status, answer) => Err(Failure::new(format!(
            "PUT {operator} was answered with {status}: {answer}"
        ))),
    }
}

fn make_link(issuer: &str, token: &str) -> Result<First> {
    let invitations = format!("{issuer}/admin/api/invitations");
    match send(
        "POST",
        &invitations,
        token,
        json!({ "first": true, "expires_in": 86_400 }),
    )? {
        (201, answer) => {
            let answer: Value = serde_json::from_str(&answer).context(|| "The link is not to be read".into())?;
            let url = answer.get("url").and_then(Value::as_str).map(str::to_owned);
            url.map(First::Link)
                .ok_or_else(|| Failure::new("The answer has no link."))
        }
        (status, answer) => Err(Failure::new(format!(
            "POST {invitations} was answered with {status}: {answer}"
        ))),
    }
}

/// The first answer that is a success.
fn first_answer(ask: impl Fn() -> Result<(u64, String)>, url: &str) -> Result<(u64, String)> {
    let mut last = String::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            sleep(BETWEEN_TRIES);
        }
        match ask()? {
            (200, body) => return Ok((200, body)),
            (401, _) => {
                return Err(Failure::new(format!(
                    "{url} does not take the ADMIN_TOKEN that is in .limen/secrets.json."
                ))
                .advice("Make the first person as README.md says, with the token that the Worker has."));
            }
            (status, body) => last = format!("{status} {body}"),
        }
    }
    Err(Failure::new(format!("{url} does not answer as it should: {last}"))
        .advice("A new domain takes a while. Run `cargo xtask deploy` again later: it makes the first person then."))
}

fn send(method: &str, url: &str, token: &str, body: Value) -> Result<(u64, String)> {
    let mut node = project::command("node")?;
    node.args(["-e", SEND]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let request = json!({ "method": method, "url": url, "token": token, "body": body });
    let mut running = node.spawn().context(|| "Could not start node".into())?;
    // The token goes by standard input: arguments can be seen by other users of the machine.
    if let Some(mut stdin) = running.stdin.take() {
        stdin
            .write_all(request.to_string().as_bytes())
            .context(|| "Could not ask node".into())?;
    }
    let output = running.wait_with_output().context(|| "Node did not end".into())?;
    let answer: Value = serde_json::from_slice(&output.stdout).context(|| "Node did not answer".into())?;
    let status = answer.get("status").and_then(Value::as_u64).unwrap_or_default();
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    Ok((status, body.to_owned()))
}

/// The ADMIN_TOKEN that a deployment from this machine made, while it is kept here.
pub fn admin_token() -> Option<String> {
    let text = fs::read_to_string(project::root().join(".limen/secrets.json")).ok()?;
    let kept: Value = serde_json::from_str(&text).ok()?;
    Some(kept.get("ADMIN_TOKEN")?.as_str()?.to_owned())
}
