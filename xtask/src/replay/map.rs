//! The map: what a file looks like and how its rows become events. Read from TOML; `xtask/replay-maps/` has examples.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, bail, ensure};
use chrono::{NaiveDate, NaiveDateTime};
use serde::Deserialize;
use serde_json::{Map as Object, Value, json};

/// A map file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Map {
    /// Shown above the report.
    pub(crate) title: String,
    pub(crate) file: Format,
    /// Rows left out, by column and value.
    #[serde(default)]
    pub(crate) skip: BTreeMap<String, Vec<String>>,
    /// Derived columns: another column's value looked up in a table.
    #[serde(default)]
    lookups: BTreeMap<String, Lookup>,
    /// What counts only the first time in a row.
    repeat: Option<Repeat>,
    time: Time,
    /// Event fields as templates; what renders empty is left out.
    fields: BTreeMap<String, String>,
    /// Fields of `props`, likewise.
    #[serde(default)]
    props: BTreeMap<String, String>,
    /// More fields for the events of one name.
    #[serde(default)]
    only: BTreeMap<String, BTreeMap<String, String>>,
}

/// How rows and columns are told apart. Gzip is recognised by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Format {
    /// The character between columns, quotes and all as RFC 4180 has it; `" "` stands for any run of blanks.
    pub(crate) delimiter: String,
    /// Whether the first line holds the names.
    header: bool,
    /// The names where there is no header, or where it is to be overruled.
    #[serde(default)]
    columns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookup {
    column: String,
    values: BTreeMap<String, String>,
    /// What everything else becomes; `{it}` is the value itself. Without it: nothing.
    #[serde(default)]
    other: String,
}

/// A page shown again (a reload, a step back) is no second purchase: a row whose column equals that of the row before
/// it of the same visitor becomes another event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    visitor: String,
    column: String,
    values: Vec<String>,
    event: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    value: String,
    /// As strftime writes it; taken as UTC. Without hours: midnight.
    format: String,
}

/// What a row became.
#[derive(Debug, PartialEq)]
pub(crate) enum Row {
    /// An event.
    Event(Value),
    /// Left out by the map.
    Skipped,
    /// Not to be read, and why.
    Unreadable(String),
}

/// A map with what it has to remember between rows.
pub(crate) struct Reader {
    map: Map,
    columns: Vec<String>,
    /// The repeat column's last value, by visitor.
    last: HashMap<String, String>,
}

impl Map {
    /// Reads a map file's text.
    ///
    /// # Errors
    /// It is no TOML, or a key is missing or unknown.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let map: Self = toml::from_str(text).context("the map cannot be read")?;
        ensure!(
            map.file.delimiter.len() == 1,
            "the map's file.delimiter must be one ASCII character, for example \",\""
        );
        ensure!(
            map.file.header || !map.file.columns.is_empty(),
            "the map needs file.columns, because file.header is false"
        );
        for field in ["event", "sid"] {
            ensure!(map.fields.contains_key(field), "the map's [fields] lacks {field:?}");
        }
        Ok(map)
    }
}

impl Reader {
    /// Starts a file whose first row is `first`: the names, unless the map gives them.
    pub(crate) fn new(map: Map, first: &[String]) -> Self {
        let columns = if map.file.columns.is_empty() { first.to_vec() } else { map.file.columns.clone() };
        Self { map, columns, last: HashMap::new() }
    }

    /// Whether the first row is to be passed over.
    pub(crate) fn has_header(&self) -> bool {
        self.map.file.header
    }

    /// Reads one row. `line` is where it starts, from 1, the header included: `{line}` in templates.
    pub(crate) fn read(&mut self, line: u64, found: Vec<String>) -> Row {
        if found.len() != self.columns.len() {
            return Row::Unreadable(format!("has {} columns, expected {}", found.len(), self.columns.len()));
        }
        let mut row: HashMap<String, String> = self.columns.iter().cloned().zip(found).collect();
        row.insert("line".to_owned(), line.to_string());
        for (column, values) in &self.map.skip {
            if row.get(column).is_some_and(|value| values.contains(value)) {
                return Row::Skipped;
            }
        }
        match self.event(row) {
            Ok(event) => Row::Event(event),
            Err(error) => Row::Unreadable(error.to_string()),
        }
    }

    fn event(&mut self, mut row: HashMap<String, String>) -> Result<Value> {
        for (name, lookup) in &self.map.lookups {
            let value = cell(&row, &lookup.column)?;
            let derived = match lookup.values.get(value) {
                Some(derived) => derived.clone(),
                None => lookup.other.replace("{it}", value),
            };
            row.insert(name.clone(), derived);
        }
        let repeated = self.repeated(&row)?;

        let mut event = Object::new();
        for (field, template) in &self.map.fields {
            put(&mut event, field, render(template, &row)?);
        }
        if let Some(name) = repeated {
            event.insert("event".to_owned(), json!(name));
        }
        let name = event.get("event").and_then(Value::as_str).unwrap_or_default();
        if let Some(more) = self.map.only.get(name) {
            for (field, template) in more {
                put(&mut event, field, render(template, &row)?);
            }
        }
        event.insert("ts".to_owned(), json!(self.time(&row)?));
        let mut props = Object::new();
        for (field, template) in &self.map.props {
            put(&mut props, field, render(template, &row)?);
        }
        if !props.is_empty() {
            event.insert("props".to_owned(), Value::Object(props));
        }
        Ok(Value::Object(event))
    }

    /// The other event's name, if this row repeats the one before.
    fn repeated(&mut self, row: &HashMap<String, String>) -> Result<Option<String>> {
        let Some(repeat) = &self.map.repeat else {
            return Ok(None);
        };
        let value = cell(row, &repeat.column)?.to_owned();
        let visitor = render(&repeat.visitor, row)?;
        let again = repeat.values.contains(&value) && self.last.get(&visitor) == Some(&value);
        let event = again.then(|| repeat.event.clone());
        self.last.insert(visitor, value);
        Ok(event)
    }

    /// UTC ms.
    fn time(&self, row: &HashMap<String, String>) -> Result<i64> {
        let Time { value, format } = &self.map.time;
        let text = render(value, row)?;
        let at = NaiveDateTime::parse_from_str(&text, format)
            .ok()
            .or_else(|| NaiveDate::parse_from_str(&text, format).ok()?.and_hms_opt(0, 0, 0));
        match at {
            Some(at) => Ok(at.and_utc().timestamp_millis()),
            None => bail!("has no time of the form {format}"),
        }
    }
}

fn put(object: &mut Object<String, Value>, field: &str, text: String) {
    if !text.is_empty() {
        object.insert(field.to_owned(), Value::String(text));
    }
}

fn cell<'a>(row: &'a HashMap<String, String>, column: &str) -> Result<&'a str> {
    row.get(column)
        .map(String::as_str)
        .with_context(|| format!("there is no column {column:?}; the map and the file do not fit"))
}

/// Fills `{column}` places.
fn render(template: &str, row: &HashMap<String, String>) -> Result<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((column, after)) = after.split_once('}') else {
            bail!("the map's template {template:?} lacks a closing brace");
        };
        text.push_str(before);
        text.push_str(cell(row, column)?);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLICKS: &str = r#"
        title = "clicks"
        [file]
        delimiter = ";"
        header = true
        [skip]
        page = ["start"]
        [lookups.name]
        column = "page"
        values = { paid = "purchase" }
        other = "pageview"
        [repeat]
        visitor = "{who}"
        column = "page"
        values = ["paid"]
        event = "pageview"
        [time]
        value = "{day} {hour}"
        format = "%Y-%m-%d %H:%M:%S"
        [fields]
        id = "clicks-{line}"
        sid = "{who}"
        event = "{name}"
        url = "https://shop.example/{page}"
        [only.purchase]
        order_id = "{who}-{line}"
    "#;

    fn read(lines: &[&str]) -> Vec<Row> {
        let cells = |line: &str| line.split(';').map(str::to_owned).collect::<Vec<_>>();
        let mut reader = Reader::new(Map::parse(CLICKS).unwrap(), &cells("who;day;hour;page"));
        (2..).zip(lines).map(|(number, line)| reader.read(number, cells(line))).collect()
    }

    #[test]
    fn rows_become_events_with_their_own_time() {
        let rows = read(&["a;1999-06-24;10:06:37;home", "a;1999-06-24;10:07:00;paid"]);
        let expected = json!({
            "id": "clicks-2", "sid": "a", "event": "pageview", "url": "https://shop.example/home", "ts": 930_218_797_000_i64,
        });
        assert_eq!(rows[0], Row::Event(expected));
        let Row::Event(paid) = &rows[1] else { panic!("{rows:?}") };
        assert_eq!((&paid["event"], &paid["order_id"]), (&json!("purchase"), &json!("a-3")));
    }

    #[test]
    fn a_page_shown_again_is_no_second_purchase_but_a_later_one_is() {
        let names: Vec<Value> = read(&[
            "a;1999-06-24;10:00:00;paid",
            "b;1999-06-24;10:00:01;paid",
            "a;1999-06-24;10:00:02;paid",
            "a;1999-06-24;10:01:00;home",
            "a;1999-06-24;10:02:00;paid",
        ])
        .into_iter()
        .map(|row| match row {
            Row::Event(event) => event["event"].clone(),
            other => panic!("{other:?}"),
        })
        .collect();
        assert_eq!(names, ["purchase", "purchase", "pageview", "pageview", "purchase"]);
    }

    #[test]
    fn markers_are_skipped_and_broken_rows_say_why() {
        let rows = read(&["a;1999-06-24;10:00:00;start", "a;1999-06-24", "a;24 June;10:00:00;home"]);
        assert_eq!(rows[0], Row::Skipped);
        assert_eq!(rows[1], Row::Unreadable("has 2 columns, expected 4".to_owned()));
        assert_eq!(rows[2], Row::Unreadable("has no time of the form %Y-%m-%d %H:%M:%S".to_owned()));
    }

    #[test]
    fn every_map_that_is_shipped_can_be_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("replay-maps");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            Map::parse(&std::fs::read_to_string(&path).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error:#}", path.display()));
            seen += 1;
        }
        assert!(seen >= 3);
    }
}
