//! YAML with the number of the line of everything in it, so that what is wrong is said where it is.

use serde_json::Value;
use yaml_rust2::parser::{Event, MarkedEventReceiver, Parser};
use yaml_rust2::scanner::{Marker, TScalarStyle};

/// Something in a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The line on which it begins, from 1 on.
    pub line: usize,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A text, a number, true, false or null.
    Scalar(Value),
    List(Vec<Node>),
    /// Members in their order, each once.
    Map(Vec<(String, Node)>),
}

/// Reads a document.
///
/// # Errors
/// What is wrong with it, with its line.
pub fn parse(text: &str) -> Result<Node, String> {
    let mut builder = Builder::default();
    Parser::new_from_str(text)
        .load(&mut builder, true)
        .map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
    if let Some(problem) = builder.problem {
        return Err(problem);
    }
    match builder.documents.len() {
        0 => Err("there is nothing in it".to_owned()),
        1 => Ok(builder.documents.remove(0)),
        _ => Err(format!(
            "line {}: there is a second document",
            builder.documents[1].line
        )),
    }
}

impl Node {
    /// A member of a map.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let What::Map(members) = &self.what else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// The members of a map, or none.
    pub fn members(&self) -> &[(String, Node)] {
        match &self.what {
            What::Map(members) => members,
            _ => &[],
        }
    }

    /// As JSON, without the lines.
    pub fn json(&self) -> Value {
        match &self.what {
            What::Scalar(value) => value.clone(),
            What::List(list) => list.iter().map(Self::json).collect(),
            What::Map(members) => {
                Value::Object(members.iter().map(|(name, node)| (name.clone(), node.json())).collect())
            }
        }
    }
}

/// What is being read: the open lists and maps, the innermost last.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    documents: Vec<Node>,
    problem: Option<String>,
}

struct Open {
    node: Node,
    /// The name of the member whose value comes next.
    name: Option<String>,
}

impl Builder {
    fn refuse(&mut self, line: usize, why: &str) {
        self.problem.get_or_insert_with(|| format!("line {line}: {why}"));
    }

    fn open(&mut self, what: What, line: usize) {
        self.open.push(Open {
            node: Node { line, what },
            name: None,
        });
    }

    fn put(&mut self, node: Node) {
        let line = node.line;
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        match &mut open.node.what {
            What::List(list) => list.push(node),
            What::Map(members) => match open.name.take() {
                Some(name) => members.push((name, node)),
                None => {
                    let name = match node.what {
                        What::Scalar(Value::String(name)) => name,
                        What::Scalar(value) => value.to_string(),
                        _ => return self.refuse(line, "the name of a member must be a text"),
                    };
                    if members.iter().any(|(known, _)| *known == name) {
                        self.refuse(line, &format!("{name} stands twice"));
                    } else {
                        open.name = Some(name);
                        return;
                    }
                    // What follows belongs to it, and counts for nothing any more.
                    if let Some(open) = self.open.last_mut() {
                        open.name = Some(String::new());
                    }
                }
            },
            What::Scalar(_) => {}
        }
    }
}

impl MarkedEventReceiver for Builder {
    fn on_event(&mut self, event: Event, mark: Marker) {
        let line = mark.line();
        match event {
            Event::Scalar(text, style, _, tag) => {
                let value = match (style, tag) {
                    (TScalarStyle::Plain, None) => plain(&text),
                    _ => Value::String(text),
                };
                self.put(Node {
                    line,
                    what: What::Scalar(value),
                });
            }
            Event::SequenceStart(..) => self.open(What::List(Vec::new()), line),
            Event::MappingStart(..) => self.open(What::Map(Vec::new()), line),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.put(open.node);
                }
            }
            // A few lines of them can stand for a million.
            Event::Alias(_) => {
                self.refuse(line, "aliases (*name) are not read here: write it out");
                self.put(Node {
                    line,
                    what: What::Scalar(Value::Null),
                });
            }
            _ => {}
        }
    }
}

/// A scalar without quotes, as the core schema of YAML 1.2 reads it.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return true.into(),
        "false" | "False" | "FALSE" => return false.into(),
        _ => {}
    }
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_digit());
    if is_number {
        if let Ok(number) = text.parse::<i64>() {
            return number.into();
        }
        if let Ok(number) = text.parse::<f64>() {
            return number.into();
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_read_with_its_lines() {
        let read = parse("a: 1\nb:\n  - x\n  - \"true\"\n  - true\nc: {d: null, e: 1.5}\n").unwrap();
        assert_eq!(
            read.json(),
            json!({ "a": 1, "b": ["x", "true", true], "c": { "d": null, "e": 1.5 } })
        );
        assert_eq!(read.get("c").unwrap().get("e").unwrap().line, 6);
        assert_eq!(read.get("b").unwrap().line, 3);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, why) in [
            ("a: 1\na: 2\n", "line 2: a stands twice"),
            ("a: &x 1\nb: *x\n", "line 2: aliases"),
            ("a: [\n", "line"),
            ("", "nothing"),
            ("a: 1\n---\nb: 2\n", "second document"),
            ("[a]: 1\n", "line 1: the name"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
