//! What people may be known by and change on the page of their profile: the one list of its fields.

/// A field: a claim of OIDC Core section 5.1 that is text, or a member of `address` (section 5.1.1). An e-mail address has a page of
/// its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // The names say it.
pub enum ProfileField {
    Name,
    GivenName,
    MiddleName,
    FamilyName,
    Nickname,
    Gender,
    Birthdate,
    Locale,
    Zoneinfo,
    Profile,
    Picture,
    Website,
    PhoneNumber,
    StreetAddress,
    PostalCode,
    Locality,
    Region,
    Country,
}

impl ProfileField {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 18] = [
        Self::Name,
        Self::GivenName,
        Self::MiddleName,
        Self::FamilyName,
        Self::Nickname,
        Self::Gender,
        Self::Birthdate,
        Self::Locale,
        Self::Zoneinfo,
        Self::Profile,
        Self::Picture,
        Self::Website,
        Self::PhoneNumber,
        Self::StreetAddress,
        Self::PostalCode,
        Self::Locality,
        Self::Region,
        Self::Country,
    ];

    /// Its name, which is that of the claim or of the member of `address`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::MiddleName => "middle_name",
            Self::FamilyName => "family_name",
            Self::Nickname => "nickname",
            Self::Gender => "gender",
            Self::Birthdate => "birthdate",
            Self::Locale => "locale",
            Self::Zoneinfo => "zoneinfo",
            Self::Profile => "profile",
            Self::Picture => "picture",
            Self::Website => "website",
            Self::PhoneNumber => "phone_number",
            Self::StreetAddress => "street_address",
            Self::PostalCode => "postal_code",
            Self::Locality => "locality",
            Self::Region => "region",
            Self::Country => "country",
        }
    }

    /// Whether it is a member of the claim `address`.
    pub const fn is_in_address(self) -> bool {
        matches!(
            self,
            Self::StreetAddress | Self::PostalCode | Self::Locality | Self::Region | Self::Country
        )
    }

    /// The claim that it is of.
    pub const fn claim(self) -> &'static str {
        if self.is_in_address() { "address" } else { self.name() }
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
