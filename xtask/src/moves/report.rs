//! What became of the lines of an import: counts for the terminal, and a file with each that needs somebody.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::terminal;

/// What became of lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// By kind: added, unchanged, different, refused.
    counts: BTreeMap<String, [u64; 4]>,
    /// What somebody has to look at, with where it came from.
    pub notes: Vec<String>,
    /// How many of these are in the file already.
    pub kept: usize,
    /// The apps and webhooks that need a new secret.
    pub needs_secret: Vec<String>,
    /// How many webhooks came in switched off.
    pub switched_off: usize,
    /// The people who have to set up one-time codes or recovery codes again.
    pub set_up_again: Vec<String>,
}

const OUTCOMES: [&str; 4] = ["added", "unchanged", "different", "refused"];

/// How a refusal begins of what another root key made.
const OTHER_ROOT: &str = "another root key";

impl Report {
    /// Notes what became of a line. `place` says where it came from.
    pub fn add(&mut self, place: &str, line: &Value, result: &Value) {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, outcome, why) = (text(line, "kind"), text(result, "outcome"), text(result, "why"));
        if matches!(kind.as_str(), "deployment" | "end") {
            return;
        }
        let kind = terminal::line(&kind);
        let counts = self.counts.entry(kind.clone()).or_default();
        if let Some(at) = OUTCOMES.iter().position(|known| *known == outcome) {
            counts[at] += 1;
        }
        let name = terminal::line(&name_of(line));
        if result.get("needs_secret") == Some(&Value::Bool(true)) {
            self.needs_secret.push(name.clone());
            self.note(&format!("{place}: {kind} {name}: added, and needs a new secret"));
        }
        if result.get("switched_off") == Some(&Value::Bool(true)) {
            self.switched_off += 1;
        }
        match outcome.as_str() {
            "different" => self.note(&format!(
                "{place}: {kind} {name}: what is there of that id differs, or is the most that there can be, and stays as it is"
            )),
            "refused" => {
                if why.starts_with(OTHER_ROOT) {
                    self.set_up_again.push(text(line, "user"));
                }
                self.note(&format!("{place}: {kind} {name}: {why}"));
            }
            _ => {}
        }
    }

    /// Notes what a converter could not take.
    pub fn leave_out(&mut self, place: &str, what: &str, why: &str) {
        self.note(&format!("{place}: {what}: {why}"));
    }

    /// A file and a server say what they like: a note is one line, and moves no terminal.
    fn note(&mut self, note: &str) {
        self.notes.push(terminal::line(note));
    }

    /// The counts, a line each kind.
    pub fn table(&self) -> String {
        let mut table = format!(
            "  {:<14}{:>10}{:>11}{:>11}{:>10}\n",
            "", "added", "unchanged", "different", "refused"
        );
        for (kind, [added, unchanged, different, refused]) in &self.counts {
            table.push_str(&format!(
                "  {kind:<14}{added:>10}{unchanged:>11}{different:>11}{refused:>10}\n"
            ));
        }
        table
    }

    /// The people who have to set something up again, each once.
    pub fn people_to_tell(&self) -> Vec<String> {
        let mut people = self.set_up_again.clone();
        people.sort();
        people.dedup();
        people
    }
}

/// What a line is about, in a word or two. Nothing of what it says: a report is read by more people than an export.
pub fn name_of(line: &Value) -> String {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let name = match (text("id"), text("user"), text("app"), text("group")) {
        _ if text("kind") == Some("credential") => {
            text("user").map(|user| format!("{user} ({})", text("type").unwrap_or_default()))
        }
        (Some(id), ..) => Some(id.to_owned()),
        (_, Some(user), Some(app), _) => Some(format!("{user} at {app}")),
        (_, _, Some(app), Some(group)) => Some(format!("{group} at {app}")),
        (_, Some(user), ..) => Some(user.to_owned()),
        _ => None,
    };
    name.unwrap_or_else(|| "without a name".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_file_says_of_itself_moves_no_terminal() {
        let mut report = Report::default();
        let line = json!({ "kind": "app\u{1b}[2J", "id": "x\r\u{9b}1m" });
        report.add("line 7", &line, &json!({ "outcome": "added", "needs_secret": true }));
        report.leave_out("line 8", "y\u{1b}]0;z\u{7}", "no\nline 9: all is well");
        let all = format!("{:?}{}{}", report.notes, report.table(), report.needs_secret.join(""));
        assert!(!all.replace('\n', "").chars().any(char::is_control), "{all:?}");
        assert!(report.notes.iter().all(|note| !note.contains('\n')));
    }

    #[test]
    fn counts_and_notes_say_what_became_of_lines() {
        let mut report = Report::default();
        let mut add = |line: Value, result: Value| report.add("line 7", &line, &result);
        add(json!({ "kind": "deployment" }), json!({ "outcome": "unchanged" }));
        add(json!({ "kind": "person", "id": "u" }), json!({ "outcome": "added" }));
        add(
            json!({ "kind": "app", "id": "c" }),
            json!({ "outcome": "added", "needs_secret": true }),
        );
        add(
            json!({ "kind": "credential", "user": "u", "type": "totp", "secret": "1.x" }),
            json!({ "outcome": "refused", "why": "another root key: the person has to set it up again" }),
        );
        add(
            json!({ "kind": "role", "app": "c", "user": "u" }),
            json!({ "outcome": "different" }),
        );
        add(
            json!({ "kind": "webhook", "id": "w" }),
            json!({ "outcome": "added", "switched_off": true }),
        );
        assert_eq!(
            (report.needs_secret.as_slice(), report.switched_off),
            (["c".to_owned()].as_slice(), 1)
        );
        assert_eq!(report.people_to_tell(), ["u"]);
        assert_eq!(report.notes.len(), 3, "{:?}", report.notes);
        assert!(
            report
                .notes
                .iter()
                .all(|note| !note.contains("1.x") && note.starts_with("line 7: "))
        );
        assert_eq!(report.counts["person"], [1, 0, 0, 0]);
        assert!(report.table().contains("credential"));
    }
}
