//! A web app with openidconnect-rs. It serves one person: a real one keeps `Waiting` and `Person` by a session cookie.

use std::{collections::HashMap, env, error::Error};

use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, RefreshToken,
    Scope, TokenResponse,
    core::{CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreUserInfoClaims},
    reqwest,
};
use serde_json::{Value, json};
use tiny_http::{Header, Response, Server};

/// A sign-in that has begun.
struct Waiting {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// Whoever is signed in.
struct Person {
    claims: Value,
    id_token: CoreIdToken,
    refresh_token: RefreshToken,
}

enum Answer {
    Json(Value),
    Redirect(String),
}

fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let app_url = setting("APP_URL")?;

    let http_client = reqwest::blocking::ClientBuilder::new()
        // Following redirects would open the client up to SSRF.
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let metadata = ProviderMetadataWithLogout::discover(&IssuerUrl::new(setting("ISSUER")?)?, &http_client)?;
    let end_session = metadata.additional_metadata().end_session_endpoint.clone();
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(setting("CLIENT_ID")?),
        Some(ClientSecret::new(setting("CLIENT_SECRET")?)),
    )
    .set_redirect_uri(RedirectUrl::new(format!("{app_url}/callback"))?);

    let begin = || {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        (url, Waiting { state, nonce, verifier })
    };

    let finish = |waiting: Waiting, state: &str, code: &str| -> Result<Person, Box<dyn Error>> {
        if state != waiting.state.secret() {
            return Err("state did not match".into());
        }
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))?
            .set_pkce_verifier(waiting.verifier)
            .request(&http_client)?;
        let id_token = tokens.id_token().ok_or("no ID token")?;
        let claims = id_token.claims(&client.id_token_verifier(), &waiting.nonce)?;
        Ok(Person {
            claims: serde_json::to_value(claims)?,
            id_token: id_token.clone(),
            refresh_token: tokens.refresh_token().ok_or("no refresh token")?.clone(),
        })
    };

    let refresh = |person: &mut Person| -> Result<Value, Box<dyn Error>> {
        let tokens = client
            .exchange_refresh_token(&person.refresh_token)?
            .request(&http_client)?;
        // The refresh token is another one now. Keep it: the old one is worth nothing soon.
        person.refresh_token = tokens.refresh_token().ok_or("no refresh token")?.clone();
        let userinfo: CoreUserInfoClaims = client
            .user_info(tokens.access_token().clone(), None)?
            .request(&http_client)?;
        Ok(serde_json::to_value(userinfo)?)
    };

    let sign_out = |person: &Person| -> Result<String, Box<dyn Error>> {
        let end_session = end_session.clone().ok_or("no end_session_endpoint")?;
        let request = LogoutRequest::from(end_session)
            .set_id_token_hint(&person.id_token)
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(format!("{app_url}/"))?);
        Ok(request.http_get_url().to_string())
    };

    let mut waiting: Option<Waiting> = None;
    let mut person: Option<Person> = None;
    let mut answer = |path: &str, query: &HashMap<String, String>| -> Result<Answer, Box<dyn Error>> {
        Ok(match path {
            "/login" => {
                let (url, started) = begin();
                waiting = Some(started);
                Answer::Redirect(url.to_string())
            }
            "/callback" => {
                let parameter = |name: &str| query.get(name).ok_or(format!("no {name}"));
                let started = waiting.take().ok_or("nothing waits")?;
                person = Some(finish(started, parameter("state")?, parameter("code")?)?);
                Answer::Redirect("/".to_owned())
            }
            "/refresh" => Answer::Json(refresh(person.as_mut().ok_or("nobody is signed in")?)?),
            "/logout" => Answer::Redirect(sign_out(&person.take().ok_or("nobody is signed in")?)?),
            _ => Answer::Json(person.as_ref().map_or(json!("nobody"), |person| person.claims.clone())),
        })
    };

    let server = Server::http(format!("127.0.0.1:{}", setting("PORT")?)).map_err(|error| error.to_string())?;
    for request in server.incoming_requests() {
        let url = openidconnect::url::Url::parse(&app_url)?.join(request.url())?;
        let query = url.query_pairs().into_owned().collect();
        let header = |name: &str, value: &str| Header::from_bytes(name, value).map_err(|()| "a bad header");
        let response = match answer(url.path(), &query) {
            Ok(Answer::Json(value)) => {
                Response::from_string(value.to_string()).with_header(header("Content-Type", "application/json")?)
            }
            Ok(Answer::Redirect(to)) => Response::from_string("")
                .with_status_code(303)
                .with_header(header("Location", &to)?),
            Err(error) => {
                eprintln!("{error:?}");
                Response::from_string(error.to_string()).with_status_code(500)
            }
        };
        request.respond(response)?;
    }
    Ok(())
}
