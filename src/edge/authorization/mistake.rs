//! A request that nobody can be sent back from: what its developer needs to see on the page, and what is written down of it.

use crate::{
    audit::Event,
    edge::{
        clients::copy,
        http::{
            failure::{PageFailure, Problem},
            refusals,
            request::Incoming,
        },
        platform::context::Context,
    },
    oidc::{
        client::Client, logout::LogoutRefusal, params::Params, return_address::PageError,
        token::id_token_hint::IdTokenHint,
    },
    pages::{Language, Mistake},
};

/// The same failure with what is known of its cause.
pub async fn explain(failure: PageFailure, request: &Incoming, language: Language, context: &Context) -> PageFailure {
    let PageFailure::Problem(problem) = failure else {
        return failure;
    };
    let is_of_developer = matches!(
        problem,
        Problem::NoReturn(..) | Problem::Logout(..) | Problem::ClientDocument(..)
    );
    if !is_of_developer {
        return problem.into();
    }
    let params = request.sent();
    let may_be_known = !matches!(
        problem,
        Problem::NoReturn(
            PageError::NoClient | PageError::UnknownClient | PageError::WaitingClient,
            _
        ) | Problem::Logout(LogoutRefusal::UnknownClient, _)
            | Problem::ClientDocument(..)
    );
    let client = match may_be_known {
        true => client_of(&params, context).await,
        false => None,
    };
    let mistake = Mistake {
        params: &params,
        client: client.as_ref(),
        issuer: &context.config.issuer,
        language,
    };
    PageFailure::Problem(match problem {
        Problem::NoReturn(error, _) => {
            let came = params.all("redirect_uri").next().unwrap_or_default();
            write_down(&params, &[("reason", error.description()), ("came", came)], context);
            Problem::NoReturn(error, mistake.of_authorization(error))
        }
        Problem::ClientDocument(error, _) => {
            write_down(&params, &[("reason", error.description.as_ref())], context);
            Problem::ClientDocument(error, mistake.of_document())
        }
        Problem::Logout(refusal, _) => Problem::Logout(refusal, mistake.of_logout(refusal)),
        other => other,
    })
}

fn write_down(params: &Params, facts: &[(&'static str, &str)], context: &Context) {
    let said: Vec<_> = facts.iter().copied().filter(|(_, text)| !text.is_empty()).collect();
    let client_id = params.all("client_id").next();
    refusals::note(Event::AuthorizationRefused, client_id, &said, context);
}

/// The app that the request names, or that its hint was given to, by its copy.
async fn client_of(params: &Params, context: &Context) -> Option<Client> {
    let hinted = || {
        let hint = IdTokenHint::parse(params.all("id_token_hint").next()?).ok()?;
        Some(hint.audience().to_owned())
    };
    let named = params.all("client_id").next().map(str::to_owned);
    copy::find(&named.or_else(hinted)?, context).await.ok().flatten()
}
