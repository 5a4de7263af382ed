//! A call's arguments as people type them behind a command: `metric=revenue limit=5 name="Spring sale"`, or one JSON
//! object.

use serde_json::{Map, Value};

/// Reads arguments. Words without `=` say nothing. A value becomes a number or a truth value where the inputs' JSON
/// Schema says that it is one, and a list where it is a list of texts; what cannot become one stays a text, for the API
/// to refuse.
#[must_use]
pub fn arguments(text: &str, schema: &Value) -> Map<String, Value> {
    if let Ok(Value::Object(arguments)) = serde_json::from_str(text.trim()) {
        return arguments;
    }
    let pairs = words(text);
    pairs
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), typed(value, schema.get("properties").and_then(|all| all.get(name)))))
        .collect()
}

/// Words at blanks; what a quotation mark begins, at a word's start or behind its `=`, belongs together.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for char in text.chars() {
        let word = words.last().map_or("", String::as_str);
        match char {
            '"' if quoted || word.is_empty() || word.ends_with('=') => quoted = !quoted,
            char if char.is_whitespace() && !quoted => words.push(String::new()),
            char => words.last_mut().into_iter().for_each(|word| word.push(char)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn typed(value: &str, schema: Option<&Value>) -> Value {
    let kind = |name: &str| {
        let kinds = schema.and_then(|schema| schema.get("type"));
        kinds.is_some_and(|kinds| match kinds {
            Value::Array(kinds) => kinds.iter().any(|kind| kind == name),
            one => one == name,
        })
    };
    if !kind("string") {
        if kind("integer") || kind("number") || kind("boolean") || kind("object") {
            let fits = |parsed: &Value| !parsed.is_string();
            return serde_json::from_str(value).ok().filter(fits).unwrap_or_else(|| value.into());
        }
        if kind("array") {
            let list = || value.split(',').map(|item| Value::from(item.trim())).collect();
            return serde_json::from_str(value).ok().filter(Value::is_array).unwrap_or_else(list);
        }
    }
    value.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        let schema = json!({ "properties": {
            "days": { "type": "integer" },
            "deep": { "type": ["boolean", "null"] },
            "intents": { "type": "array", "items": { "type": "string" } },
            "name": { "type": "string" },
            "either": { "type": ["string", "integer"] },
        } });
        arguments(text, &schema).into()
    }

    #[test]
    fn values_become_what_the_schema_says() {
        assert_eq!(
            read("days=7 deep=true intents=a,b name=12 other=12 either=7"),
            json!({"days": 7, "deep": true, "intents": ["a", "b"], "name": "12", "other": "12", "either": "7"})
        );
        assert_eq!(read("days=many intents=[\"a,b\"]"), json!({"days": "many", "intents": ["a,b"]}));
    }

    #[test]
    fn what_is_quoted_belongs_together() {
        assert_eq!(read("name=\"Spring sale\" days=1"), json!({"name": "Spring sale", "days": 1}));
        assert_eq!(read("name=\"Spring sale"), json!({"name": "Spring sale"}));
        assert_eq!(read("please name=a=b"), json!({"name": "a=b"}));
    }

    #[test]
    fn an_object_is_taken_as_it_is() {
        assert_eq!(read(r#" {"days": "7"} "#), json!({"days": "7"}));
        assert_eq!(read("{broken"), json!({}));
    }
}
