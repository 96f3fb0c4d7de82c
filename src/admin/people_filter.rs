//! Which people an operator wants to see, and in which order.

use super::paging::Page;
use crate::{
    account::{email, user::fold_login},
    oidc::{error::OAuthError, params::Params},
};

/// Which people are wanted. What is `None` does not matter.
#[derive(Debug, Default)]
pub struct PeopleFilter<'a> {
    pub id: Option<&'a str>,
    /// As it is compared.
    pub username: Option<String>,
    /// As it is compared.
    pub email: Option<String>,
    /// The id of a group that they are in.
    pub group: Option<&'a str>,
    pub disabled: Option<bool>,
    pub order: Order,
    /// Where the page before ended.
    pub after: Option<Place>,
}

/// In which order they come.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By id, which is random.
    #[default]
    Id,
    /// By the name or the address that begins so, as they are compared; those of whom both do, by name.
    Name(String),
    /// The newest accounts first.
    Newest,
}

/// A place in one of the orders: a person, and what they are sorted by.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    pub id: String,
    /// Empty in the order of ids.
    pub key: String,
}

impl<'a> PeopleFilter<'a> {
    /// Its parameters, beside those of a page.
    const KNOWN: [&'static str; 7] = ["id", "username", "email", "search", "group", "disabled", "sort"];

    /// Reads the filter, and which page of what it finds is wanted.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(params: &'a Params) -> Result<(Self, Page<'a>), OAuthError> {
        let page = Page::parse(params, &Self::KNOWN)?;
        let group = params.single("group")?;
        let order = match (params.single("search")?.map(fold_login), params.single("sort")?) {
            (None, None | Some("id")) => Order::Id,
            (Some(beginning), None | Some("name")) => Order::Name(beginning),
            (None, Some("name")) => Order::Name(String::new()),
            (None, Some("newest")) => Order::Newest,
            (Some(_), _) => return Err(OAuthError::invalid_request("what is searched for is sorted by name")),
            (None, Some(_)) => return Err(OAuthError::invalid_request("sort must be id, name or newest")),
        };
        let narrow = ["id", "username", "email", "group"];
        if order != Order::Id && narrow.into_iter().any(|name| params.all(name).next().is_some()) {
            let why = "search and sort are for everybody, not for those of an id, username, email or group";
            return Err(OAuthError::invalid_request(why));
        }
        let after = page.after(|text| Place::parse(text).filter(|place| order.has(place)))?;
        Ok((
            Self {
                id: params.single("id")?,
                username: params.single("username")?.map(fold_login),
                email: params.single("email")?.map(email::fold),
                group,
                disabled: flag(params, "disabled")?,
                order,
                after,
            },
            page,
        ))
    }
}

impl Order {
    fn has(&self, place: &Place) -> bool {
        match self {
            Self::Id => place.key.is_empty(),
            Self::Name(_) => !place.key.is_empty(),
            Self::Newest => place.key.parse::<u32>().is_ok(),
        }
    }
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (id, key) = text.split_once(' ').unwrap_or((text, ""));
        (!id.is_empty()).then(|| Self {
            id: id.to_owned(),
            key: key.to_owned(),
        })
    }

    /// As a cursor. No id has a blank.
    pub fn to_text(&self) -> String {
        match self.key.as_str() {
            "" => self.id.clone(),
            key => format!("{} {key}", self.id),
        }
    }
}

/// `true` or `false`.
pub fn flag(params: &Params, name: &str) -> Result<Option<bool>, OAuthError> {
    let read = |text: &str| {
        text.parse()
            .map_err(|_| OAuthError::invalid_request(format!("{name} must be true or false")))
    };
    params.single(name)?.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(query: &str) -> Result<Order, OAuthError> {
        PeopleFilter::parse(&Params::parse(query).unwrap()).map(|(filter, _)| filter.order)
    }

    #[test]
    fn the_order_is_that_of_ids_unless_something_else_is_asked_for() {
        assert_eq!(order(""), Ok(Order::Id));
        assert_eq!(order("sort=name"), Ok(Order::Name(String::new())));
        assert_eq!(order("search=ADA"), Ok(Order::Name("ada".to_owned())));
        assert_eq!(order("search=ada@AC"), Ok(Order::Name("ada@ac".to_owned())));
        assert_eq!(order("sort=newest&disabled=true"), Ok(Order::Newest));
        for wrong in [
            "sort=age",
            "sort=newest&search=a",
            "sort=newest&group=g",
            "search=a&id=u",
            "sort=id&search=a",
            "disabled=1",
            "locked=true",
            "after=u+key",
            "sort=name&after=u",
            "sort=newest&after=u+x",
        ] {
            assert!(order(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for text in ["u", "u ada", "u ada lovelace", "u 1790000000"] {
            assert_eq!(Place::parse(text).unwrap().to_text(), text);
        }
        assert!(Place::parse("").is_none() && Place::parse(" ada").is_none());
    }
}
