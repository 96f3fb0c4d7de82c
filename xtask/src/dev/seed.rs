//! A first user and an example client, made once through Limen's own APIs.
//!
//! What was made is kept beside the local database, so that it can be printed again and goes when the data goes.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Place, Vars};
use crate::failure::{Failure, Result};
use crate::http;
use crate::private_file;
use crate::random;

#[derive(Default)]
pub struct Seed {
    pub username: String,
    pub password: String,
    pub client_id: String,
    pub client_secret: String,
}

/// Leaves a user who is an operator, but for `no_user`, and a client that exist, and says whether they are new.
pub fn ensure(place: &Place, vars: &Vars, no_user: bool) -> Result<(Seed, String)> {
    let file = place.state.join("limen-dev.json");
    let mut seed = read(&file).unwrap_or_default();
    let has_user = no_user || !seed.password.is_empty();
    if has_user && !seed.client_id.is_empty() && refresh_client(place, vars, &seed.client_id)? {
        if !no_user {
            ensure_operator(place, vars, &seed.username)?;
        }
        return Ok((seed, "as before".into()));
    }
    let keeps_password = !seed.password.is_empty();
    if !keeps_password && !no_user {
        seed.username = "alice".into();
        seed.password = random::secret(12)?;
        // Before the user exists, so that no interruption can leave one whose password nobody knows.
        write(&file, &seed)?;
    }
    if !no_user {
        create_user(place, vars, &seed, keeps_password)?;
        ensure_operator(place, vars, &seed.username)?;
    }
    register_client(place, vars, &mut seed)?;
    write(&file, &seed)?;
    Ok((seed, "made".into()))
}

/// How the first account is made, or that somebody has one.
pub fn first_account(place: &Place, vars: &Vars) -> Result<String> {
    let address = format!("{}/admin/api/invitations", place.issuer());
    let answer = http::post(&address, &vars.admin_token, &json!({ "first": true }))?;
    match answer.status {
        201 => Ok(format!("  First account   {}", answer.text("url")?)),
        409 => Ok("  First account   somebody has one; --reset forgets it".into()),
        _ => Err(answer.failure("Making a link for the first account")),
    }
}

/// Tells a client of an earlier start what the example app has learned since. `false` when there is no such client.
fn refresh_client(place: &Place, vars: &Vars, client_id: &str) -> Result<bool> {
    let address = format!("{}/register/{client_id}", place.issuer());
    let held = http::get(&address, Some(&vars.admin_token))?;
    if held.status != 200 {
        return Ok(false);
    }
    if !held.body.contains("post_logout_redirect_uris") {
        let change = json!({ "post_logout_redirect_uris": [place.signed_out()] });
        let answer = http::patch(&address, &vars.admin_token, &change)?;
        if answer.status != 200 {
            return Err(answer.failure("Changing the example client"));
        }
    }
    Ok(true)
}

fn create_user(place: &Place, vars: &Vars, seed: &Seed, keeps_password: bool) -> Result<()> {
    let user = json!({
        "username": seed.username,
        "email": "alice@example.com",
        "email_verified": true,
        "name": "Alice Example",
        "given_name": "Alice",
        "family_name": "Example",
        "password": seed.password,
    });
    let answer = http::post(&format!("{}/admin/api/users", place.issuer()), &vars.admin_token, &user)?;
    match answer.status {
        201 => Ok(()),
        409 if keeps_password => Ok(()),
        409 => Err(Failure::new(format!(
            "A user {} exists, and the password is not known any more.",
            seed.username
        ))
        .advice("Start over with `cargo xtask dev --reset`.")),
        _ => Err(answer.failure("Creating the first user")),
    }
}

/// Makes the user an owner, who can open the console, where there is no operator. Whom somebody gave a role since keeps it.
fn ensure_operator(place: &Place, vars: &Vars, username: &str) -> Result<()> {
    let list = |path: &str, name: &str| -> Result<Vec<Value>> {
        let answer = http::get(&format!("{}{path}", place.issuer()), Some(&vars.admin_token))?;
        match answer.status {
            200 => Ok(answer.json()?[name].as_array().cloned().unwrap_or_default()),
            _ => Err(answer.failure("Looking for an operator")),
        }
    };
    if !list("/admin/api/operators?limit=1", "operators")?.is_empty() {
        return Ok(());
    }
    let people = list(&format!("/admin/api/users?search={username}"), "users")?;
    let person = people.iter().find(|person| person["username"] == username);
    // Somebody may have deleted them, or called them something else.
    let Some(id) = person.and_then(|person| person["id"].as_str()) else {
        return Ok(());
    };
    let address = format!("{}/admin/api/operators/{}", place.issuer(), http::encoded(id));
    let answer = http::send(
        "PUT",
        &address,
        Some(&vars.admin_token),
        Some(&json!({ "roles": ["owner"] })),
    )?;
    match answer.status {
        204 => Ok(()),
        _ => Err(answer.failure("Making the first user an operator")),
    }
}

fn register_client(place: &Place, vars: &Vars, seed: &mut Seed) -> Result<()> {
    let client = json!({
        "client_name": "Example app",
        "client_uri": place.app(),
        "redirect_uris": [format!("{}/callback", place.app())],
        "post_logout_redirect_uris": [place.signed_out()],
        // Only native applications may return to plain http, and only on this machine.
        "application_type": "native",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid profile email offline_access",
    });
    let answer = http::post(&format!("{}/register", place.issuer()), &vars.admin_token, &client)?;
    if answer.status != 201 {
        return Err(answer.failure("Registering the example client"));
    }
    seed.client_id = answer.text("client_id")?;
    seed.client_secret = answer.text("client_secret")?;
    Ok(())
}

fn read(file: &Path) -> Option<Seed> {
    let held: Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
    let text = |name| held.get(name).and_then(Value::as_str).map(String::from);
    Some(Seed {
        username: text("username")?,
        password: text("password")?,
        client_id: text("client_id")?,
        client_secret: text("client_secret")?,
    })
}

fn write(file: &Path, seed: &Seed) -> Result<()> {
    let held = json!({
        "username": seed.username,
        "password": seed.password,
        "client_id": seed.client_id,
        "client_secret": seed.client_secret,
    });
    private_file::write(file, &format!("{held:#}\n"))
}
