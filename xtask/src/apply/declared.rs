//! What a file declares: groups and apps by their names, APIs by their identifiers. What it does not know it refuses by its name and its line.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::yaml::{self, Node, What};

/// What a file declares. What it does not name is not its business.
#[derive(Debug, Default, PartialEq)]
pub struct Declared {
    pub groups: Option<BTreeMap<String, Group>>,
    pub apps: Option<BTreeMap<String, App>>,
    /// By their identifiers: members as at `/admin/api/apis`, with `apps` by name.
    pub apis: Option<BTreeMap<String, Map<String, Value>>>,
}

/// The members of an API.
const OF_API: [&str; 8] = [
    "name",
    "scopes",
    "open_to",
    "self_registered_apps",
    "apps",
    "token_format",
    "token_signing_alg",
    "access_token_lifetime",
];

#[derive(Debug, Default, PartialEq)]
pub struct Group {
    pub second_factor_required: Option<bool>,
    /// Null takes one away.
    pub attributes: Map<String, Value>,
}

#[derive(Debug, Default, PartialEq)]
pub struct App {
    /// Metadata as at `/register`, with `allowed_groups` by name. Null takes a member away.
    pub metadata: Map<String, Value>,
    /// Roles, and the names of the groups that have them.
    pub roles: Option<BTreeMap<String, Vec<String>>>,
}

/// The metadata that registration knows: the API's own description says so.
fn known_metadata() -> Vec<String> {
    let text = include_str!("../../../docs/openapi.yaml");
    let of_schema = text.split("\n    ClientMetadata:\n").nth(1).unwrap_or_default();
    let properties = of_schema.split("\n      properties:\n").nth(1).unwrap_or_default();
    let own = properties
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("        "));
    let is_name = |line: &&str| {
        line.as_bytes()
            .get(8)
            .is_some_and(|first| *first != b' ' && *first != b'#')
    };
    own.filter(is_name)
        .filter_map(|line| Some(line.trim().split_once(':')?.0.to_owned()))
        .collect()
}

impl Declared {
    /// Reads a file.
    ///
    /// # Errors
    /// All that is wrong with it, with lines.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let document = yaml::parse(text).map_err(|problem| vec![problem])?;
        let mut reader = Reader {
            known: known_metadata(),
            problems: Vec::new(),
        };
        let mut declared = Self::default();
        for (name, node) in reader.members(&document, "the file") {
            match name.as_str() {
                "groups" => declared.groups = Some(reader.each(node, "groups", Reader::group)),
                "apps" => declared.apps = Some(reader.each(node, "apps", Reader::app)),
                "apis" => declared.apis = Some(reader.each(node, "apis", Reader::api)),
                _ => reader.refuse(node, &format!("{name} is none of groups, apps and apis")),
            }
        }
        match reader.problems.is_empty() {
            true => Ok(declared),
            false => Err(reader.problems),
        }
    }
}

struct Reader {
    known: Vec<String>,
    problems: Vec<String>,
}

impl Reader {
    fn refuse(&mut self, node: &Node, why: &str) {
        self.problems.push(format!("line {}: {why}", node.line));
    }

    /// The members of a map; none, with a problem, of anything else.
    fn members<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(String, Node)] {
        match &node.what {
            What::Map(members) => members,
            What::Scalar(Value::Null) => &[],
            _ => {
                self.refuse(node, &format!("{what} must have members by name"));
                &[]
            }
        }
    }

    fn each<T>(&mut self, node: &Node, what: &str, read: fn(&mut Self, &str, &Node) -> T) -> BTreeMap<String, T> {
        let members = self.members(node, what);
        members
            .iter()
            .map(|(name, node)| (name.clone(), read(self, name, node)))
            .collect()
    }

    fn group(&mut self, name: &str, node: &Node) -> Group {
        let mut group = Group::default();
        for (member, value) in self.members(node, name) {
            match (member.as_str(), value.json()) {
                ("second_factor_required", Value::Bool(required)) => group.second_factor_required = Some(required),
                ("second_factor_required", _) => self.refuse(value, "second_factor_required must be true or false"),
                ("attributes", Value::Object(attributes)) => group.attributes = attributes,
                ("attributes", _) => self.refuse(value, "attributes must have members by name"),
                _ => self.refuse(
                    value,
                    &format!("{member} is no member of a group: there are second_factor_required and attributes"),
                ),
            }
        }
        group
    }

    fn app(&mut self, name: &str, node: &Node) -> App {
        let mut app = App::default();
        for (member, value) in self.members(node, name) {
            let base = member.split('#').next().unwrap_or_default();
            match member.as_str() {
                "roles" => app.roles = Some(self.roles(value)),
                "client_name" => self.refuse(value, "client_name is what stands before the colon of the app"),
                "client_secret" | "client_id" => self.refuse(value, &format!("{member} is Limen's to give")),
                _ if self.known.iter().any(|known| known == base) => {
                    app.metadata.insert(member.clone(), value.json());
                }
                _ => self.refuse(value, &format!("{member} is no member of an app")),
            }
        }
        app
    }

    fn api(&mut self, name: &str, node: &Node) -> Map<String, Value> {
        let mut api = Map::new();
        for (member, value) in self.members(node, name) {
            match OF_API.contains(&member.as_str()) {
                true => _ = api.insert(member.clone(), value.json()),
                false => {
                    let known = OF_API.join(", ");
                    self.refuse(value, &format!("{member} is no member of an API: there are {known}"));
                }
            }
        }
        api
    }

    fn roles(&mut self, node: &Node) -> BTreeMap<String, Vec<String>> {
        let mut roles = BTreeMap::new();
        for (role, holders) in self.members(node, "roles") {
            let names = match holders.json() {
                Value::Array(list) => list.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
                _ => None,
            };
            match names {
                Some(names) => _ = roles.insert(role.clone(), names),
                None => self.refuse(holders, &format!("the role {role} must have a list of names of groups")),
            }
        }
        roles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_apps_are_those_of_registration() {
        let known = known_metadata();
        for name in [
            "redirect_uris",
            "grant_types",
            "allowed_groups",
            "consent",
            "disabled",
            "access_token_lifetime",
            "jwks",
        ] {
            assert!(known.iter().any(|known| known == name), "{name}: {known:?}");
        }
        assert!(
            !known.iter().any(|known| known == "type" || known == "description"),
            "{known:?}"
        );
    }

    #[test]
    fn the_example_can_be_applied() {
        let declared = Declared::parse(include_str!("../../../examples/limen.yaml")).unwrap();
        assert!(
            declared.groups.is_some_and(|groups| groups.len() > 1) && declared.apps.is_some_and(|apps| apps.len() > 1)
        );
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        let text = "groups:\n  Writers:\n    colour: blue\n    second_factor_required: 1\napps:\n  Notes:\n    redirect_uri: x\n    client_secret: y\n    client_name#fr: Notes\n    roles:\n      editor: Writers\nusers: {}\napis:\n  https://api.acme.org:\n    title: Notes\n";
        let problems = Declared::parse(text).unwrap_err();
        let lines: Vec<_> = problems
            .iter()
            .map(|problem| problem.split(':').next().unwrap())
            .collect();
        assert_eq!(
            lines,
            ["line 3", "line 4", "line 7", "line 8", "line 11", "line 12", "line 15"],
            "{problems:?}"
        );
        assert!(problems[2].contains("redirect_uri is no member"));
        assert_eq!(Declared::parse("groups:\n").unwrap().groups, Some(BTreeMap::new()));
        assert!(Declared::parse("- a\n").is_err() && Declared::parse("groups: [a]\n").is_err());
    }
}
