//! Names of claims that are taken.

/// What Limen or a specification says by these, in a token or in what introspection answers.
const RESERVED: [&str; 38] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "nonce",
    "azp",
    "acr",
    "amr",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "cnf",
    "scope",
    "client_id",
    "family",
    "family_client",
    "act",
    "may_act",
    "authorization_details",
    "events",
    "active",
    "username",
    "token_type",
    "token_introspection",
    "typ",
    "toe",
    "vot",
    "sub_jwk",
    "_claim_names",
    "_claim_sources",
    "urn:openid:params:jwt:claim:auth_req_id",
    "urn:openid:params:jwt:claim:rt_hash",
    "__proto__",
];

/// OIDC Core section 5.1, and the groups of a person.
pub(super) const STANDARD: [&str; 20] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "email",
    "email_verified",
    "address",
    "phone_number",
    "phone_number_verified",
    "updated_at",
    "groups",
];

/// Whether Limen or a specification says something else by a name, in small letters or not: there are libraries that do not tell `SUB`
/// from `sub`.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
}

/// Whether it is the name of a claim that every provider knows.
pub fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name)
}
