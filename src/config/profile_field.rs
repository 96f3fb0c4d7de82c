//! What people may be known by and change on the page of their profile: the one list of its fields.

use crate::named::named;

named! {
    /// A field, in the order of the page: a claim of OIDC Core section 5.1 that is text, or a member of `address` (section 5.1.1). An
    /// e-mail address has a page of its own.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[allow(missing_docs)] // The names say it.
    pub enum ProfileField {
        Name = "name",
        GivenName = "given_name",
        MiddleName = "middle_name",
        FamilyName = "family_name",
        Nickname = "nickname",
        Gender = "gender",
        Birthdate = "birthdate",
        Locale = "locale",
        Zoneinfo = "zoneinfo",
        Profile = "profile",
        Picture = "picture",
        Website = "website",
        PhoneNumber = "phone_number",
        StreetAddress = "street_address",
        PostalCode = "postal_code",
        Locality = "locality",
        Region = "region",
        Country = "country",
    }
}

impl ProfileField {
    /// Whether it is a member of the claim `address`.
    pub const fn is_in_address(self) -> bool {
        matches!(
            self,
            Self::StreetAddress | Self::PostalCode | Self::Locality | Self::Region | Self::Country
        )
    }

    /// The claim that it is of.
    pub const fn claim(self) -> &'static str {
        if self.is_in_address() { "address" } else { self.as_str() }
    }
}

/// The claims that `EDITABLE_CLAIMS` can name: the standard ones (OIDC Core section 5.1) but for those that are somebody
/// else's word, and `preferred_username`, which apps take for an account's name.
pub fn editable_claims() -> Vec<&'static str> {
    let mut claims = profile_claims();
    claims.push("email");
    claims
}

/// The claims that `PROFILE_CLAIMS` can name.
pub fn profile_claims() -> Vec<&'static str> {
    let mut claims: Vec<_> = ProfileField::ALL.into_iter().map(ProfileField::claim).collect();
    claims.dedup();
    claims
}
