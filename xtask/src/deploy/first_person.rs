//! The first person of a deployment, made through the admin API of the Worker that was just deployed.

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

/// Somebody who can sign in for the first time.
pub struct Person {
    pub username: String,
    pub password: String,
}

/// Makes `username` where nobody has an account yet. `None` where somebody has.
pub fn ensure(issuer: &str, token: &str, username: &str) -> Result<Option<Person>> {
    let people = format!("{issuer}/admin/api/users");
    let (_, listed) = first_answer(|| send("GET", &people, token, Value::Null), &people)?;
    let listed: Value = serde_json::from_str(&listed).context(|| format!("{people} answered {listed}"))?;
    let is_empty = listed.get("users").and_then(Value::as_array).map(Vec::is_empty);
    if !is_empty.ok_or_else(|| Failure::new(format!("{people} answered {listed}")))? {
        return Ok(None);
    }
    let person = Person {
        username: username.to_owned(),
        password: random::secret(12)?,
    };
    let body = json!({ "username": person.username, "password": person.password });
    match send("POST", &people, token, body)? {
        (201, _) => Ok(Some(person)),
        (status, answer) => Err(Failure::new(format!(
            "POST {people} was answered with {status}: {answer}"
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
