//! A request as endpoints read it: method, query, headers of interest, and a body of bounded size.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, Request};

use crate::{
    admin::operator::Operator,
    cookie,
    edge::platform::js,
    fault::Fault,
    oidc::{error::OAuthError, params::Params},
    routes::{Method, Segments},
    web::header,
};

/// The most bytes of a body.
const LONGEST_BODY: usize = 128 * 1_024;

/// The header in which the platform tells the caller's address; nobody else can set it.
pub const ADDRESS: &str = "cf-connecting-ip";

const FORM: &str = "application/x-www-form-urlencoded";

/// A request on its way to an endpoint.
pub struct Incoming {
    pub method: Method,
    /// The path of the URL, percent-encoded as it was sent.
    pub path: String,
    /// The query, still encoded.
    pub query: String,
    /// The values in the path.
    pub segments: Segments,
    pub request: Request,
    /// Who calls the admin API, once they were let in.
    pub operator: Option<Operator>,
    /// The form of the body, once it was read.
    form: Option<Params>,
    /// The body, where it is read more than once.
    kept: Option<Vec<u8>>,
}

/// Why a body cannot be read.
pub enum BodyError {
    /// It has more than 128 KiB: 413.
    TooLarge,
    /// It is of another type than the endpoint takes: 415.
    WrongType(&'static str),
    /// It is not well-formed.
    Malformed(OAuthError),
}

impl Incoming {
    /// The request that the platform gave, for the path whose values are `segments`.
    pub fn new(method: Method, (path, query): (&str, &str), segments: Segments, request: Request) -> Self {
        Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            segments,
            request,
            operator: None,
            form: None,
            kept: None,
        }
    }

    /// The operator who calls the admin API.
    pub fn caller(&self) -> Result<&Operator, Fault> {
        self.operator
            .as_ref()
            .ok_or_else(|| Fault::new("operators", "the call has no operator"))
    }

    /// The `n`th value in the path.
    pub fn segment(&self, n: usize) -> &str {
        self.segments.get(n).map(String::as_str).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).ok().flatten()
    }

    /// Whether a page of another site sent it, as the browser says (Fetch Metadata Request Headers section 2.4). A POST from there comes without the
    /// cookies of the browser, which are `SameSite=Lax`.
    pub fn is_cross_site(&self) -> bool {
        self.header("sec-fetch-site").as_deref() == Some("cross-site")
    }

    /// `Authorization`.
    pub fn authorization(&self) -> Option<String> {
        self.header("authorization")
    }

    /// The token of `Authorization: Bearer`.
    pub fn bearer(&self) -> Option<String> {
        header::bearer(&self.authorization()?).map(str::to_owned)
    }

    /// The address of the caller, as the platform saw it.
    pub fn address(&self) -> String {
        self.header(ADDRESS).unwrap_or_default()
    }

    /// Whether the caller shows pages.
    pub fn reads_html(&self) -> bool {
        self.header("accept").is_some_and(|accept| header::reads_html(&accept))
    }

    /// Whether the caller asks for that type by its name, and not rather for JSON.
    pub fn prefers_to_json(&self, media_type: &str) -> bool {
        self.header("accept")
            .is_some_and(|accept| header::prefers_to_json(&accept, media_type))
    }

    /// A cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        cookie::find(&self.header("cookie")?, name).map(str::to_owned)
    }

    /// The parameters of the query.
    pub fn query_params(&self) -> Result<Params, OAuthError> {
        Params::parse(&self.query)
    }

    /// Whether the body says that it is a form.
    pub fn has_form(&self) -> bool {
        self.expect_type(FORM).is_ok()
    }

    /// The parameters of a form. They can be read again.
    pub async fn form(&mut self) -> Result<Params, BodyError> {
        if let Some(form) = &self.form {
            return Ok(form.clone());
        }
        self.expect_type(FORM)?;
        let body = self.body().await?;
        let text = String::from_utf8(body)
            .map_err(|_| BodyError::Malformed(OAuthError::invalid_request("the body is not UTF-8")))?;
        let form = Params::parse(&text).map_err(BodyError::Malformed)?;
        self.form = Some(form.clone());
        Ok(form)
    }

    /// What was sent, by a form that was read or else in the query; nothing of what cannot be parsed.
    pub fn sent(&self) -> Params {
        match &self.form {
            Some(form) => form.clone(),
            None => self.query_params().unwrap_or_default(),
        }
    }

    /// The bytes of a JSON document; that of a PATCH may call itself a merge patch (RFC 7396 section 4).
    pub async fn json(&mut self) -> Result<Vec<u8>, BodyError> {
        if self.method != Method::Patch || self.expect_type("application/merge-patch+json").is_err() {
            self.expect_type("application/json")?;
        }
        self.body().await
    }

    /// The bytes of a JSON document, or of no body at all.
    pub async fn optional_json(&mut self) -> Result<Vec<u8>, BodyError> {
        match self.body().await? {
            body if body.is_empty() => Ok(body),
            body => self.expect_type("application/json").map(|()| body),
        }
    }

    /// The bytes of a body of one of these types.
    pub async fn one_of(&mut self, types: &[&str], expected: &'static str) -> Result<Vec<u8>, BodyError> {
        let given = header::media_type(&self.header("content-type").unwrap_or_default());
        match types.contains(&given.as_str()) {
            true => self.body().await,
            false => Err(BodyError::WrongType(expected)),
        }
    }

    /// The fields of a form by these names, and the file that came as `file`, if one was chosen. The fields can be read again.
    pub async fn form_with_file(&mut self, names: &[&str], file: &str) -> Result<Option<Vec<u8>>, BodyError> {
        self.expect_type("multipart/form-data")?;
        // Whoever sends a form with a file says how long it is. The platform holds a body to that.
        let announced = self
            .header("content-length")
            .and_then(|length| length.parse::<usize>().ok());
        if announced.is_none_or(|length| length > LONGEST_BODY) {
            return Err(BodyError::TooLarge);
        }
        let malformed = |_| BodyError::Malformed(OAuthError::invalid_request("the body is no multipart form"));
        let form = JsFuture::from(self.request.form_data().map_err(broken_off)?).await;
        let form: js::FormData = form.map_err(malformed)?.unchecked_into();
        let mut pairs = Vec::new();
        for name in names {
            let values = form.get_all(name);
            let texts = values.iter().filter_map(|value| value.as_string());
            pairs.extend(texts.map(|text| ((*name).to_owned(), text)));
        }
        self.form = Some(Params::of_pairs(pairs).map_err(BodyError::Malformed)?);
        let files = form.get_all(file);
        let chosen = files.iter().find(|value| !value.is_string());
        let Some(chosen) = chosen else { return Ok(None) };
        let bytes = JsFuture::from(chosen.unchecked_into::<js::Blob>().array_buffer()).await;
        let bytes = Uint8Array::new(&bytes.map_err(broken_off)?).to_vec();
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    fn expect_type(&self, expected: &'static str) -> Result<(), BodyError> {
        let given = header::media_type(&self.header("content-type").unwrap_or_default());
        match given == expected {
            true => Ok(()),
            false => Err(BodyError::WrongType(expected)),
        }
    }

    /// The body, which can be read again.
    pub async fn keep_body(&mut self) -> Result<Vec<u8>, BodyError> {
        let body = self.body().await?;
        self.kept = Some(body.clone());
        Ok(body)
    }

    async fn body(&mut self) -> Result<Vec<u8>, BodyError> {
        if let Some(kept) = &self.kept {
            return Ok(kept.clone());
        }
        let announced = self
            .header("content-length")
            .and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > LONGEST_BODY) {
            return Err(BodyError::TooLarge);
        }
        if announced.is_some() {
            // The platform holds a body to the length that it announced.
            let read = self.request.array_buffer().map_err(broken_off)?;
            let body = JsFuture::from(read).await.map_err(broken_off)?;
            return Ok(Uint8Array::new(&body).to_vec());
        }
        // A request without a body has no stream.
        match self.request.body() {
            Some(stream) => read_to_end(&stream).await,
            None => Ok(Vec::new()),
        }
    }
}

/// Reads a body of unknown length, up to the most bytes that one may have.
async fn read_to_end(stream: &ReadableStream) -> Result<Vec<u8>, BodyError> {
    match js::read(stream, LONGEST_BODY).await {
        (_, Err(error)) => Err(broken_off(error)),
        (body, Ok(())) if body.len() > LONGEST_BODY => Err(BodyError::TooLarge),
        (body, Ok(())) => Ok(body),
    }
}

/// Nobody but the caller breaks off: no fault of Limen's, and most likely nobody hears the answer.
fn broken_off(_: JsValue) -> BodyError {
    BodyError::Malformed(OAuthError::invalid_request("the body broke off"))
}
