//! JSON Schemas of inputs: references resolved, fields collected.

use serde_json::{Map, Value, json};

/// How deep references may nest: a document of documents is shown to this depth, and as "any" below it.
const MAX_DEPTH: usize = 24;

/// The schema with every `#/components/…` reference replaced by what it names. A reference inside itself becomes the
/// schema that accepts anything.
pub(crate) fn resolve(document: &Value, schema: &Value) -> Value {
    inline(document, schema, &mut Vec::new(), 0)
}

fn inline(document: &Value, schema: &Value, inside: &mut Vec<String>, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return json!({});
    }
    match schema {
        Value::Object(fields) => {
            let Some(reference) = fields.get("$ref").and_then(Value::as_str) else {
                let fields = fields.iter().filter(|(name, _)| *name != "example" && *name != "examples");
                return fields
                    .map(|(name, value)| (name.clone(), inline(document, value, inside, depth + 1)))
                    .collect::<Map<_, _>>()
                    .into();
            };
            let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            let Some(target) = target.filter(|_| !inside.iter().any(|outer| outer == reference)) else {
                return json!({});
            };
            inside.push(reference.to_owned());
            let mut resolved = inline(document, target, inside, depth + 1);
            inside.pop();
            // OpenAPI 3.1 lets a reference carry a description of its own, which is about this place.
            if let (Some(description), Some(resolved)) = (fields.get("description"), resolved.as_object_mut()) {
                resolved.insert("description".to_owned(), description.clone());
            }
            resolved
        }
        Value::Array(items) => items.iter().map(|item| inline(document, item, inside, depth + 1)).collect(),
        other => other.clone(),
    }
}

/// Fields with their schemas, and the names of the required ones.
pub(crate) type Fields = (Vec<(String, Value)>, Vec<String>);

/// The fields of a schema that describes one flat object, and which are required; `None` for every other schema.
/// What `allOf` puts together counts as one object.
pub(crate) fn fields(schema: &Value) -> Option<Fields> {
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let mut all = (Vec::new(), Vec::new());
        for part in parts.iter().chain(schema.get("properties").is_some().then_some(&without_all_of(schema))) {
            let (properties, required) = fields(part)?;
            all.0.extend(properties);
            all.1.extend(required);
        }
        return Some(all);
    }
    if schema.get("oneOf").is_some() || schema.get("anyOf").is_some() {
        return None;
    }
    let properties = schema.get("properties")?.as_object()?;
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    Some((
        properties.iter().map(|(name, schema)| (name.clone(), schema.clone())).collect(),
        required.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
    ))
}

fn without_all_of(schema: &Value) -> Value {
    let mut rest = schema.clone();
    if let Some(rest) = rest.as_object_mut() {
        rest.remove("allOf");
    }
    rest
}

impl super::Capability {
    /// The JSON Schema (2020-12) of a call's arguments.
    #[must_use]
    pub fn input_schema(&self) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for argument in &self.arguments {
            properties.insert(argument.name.clone(), argument.schema.clone());
            if argument.required {
                required.push(Value::from(argument.name.clone()));
            }
        }
        let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if let (Some(fields), false) = (schema.as_object_mut(), required.is_empty()) {
            fields.insert("required".to_owned(), required.into());
        }
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_inside_itself_ends() {
        let document = json!({"components": {"schemas": {
            "Tree": {"type": "object", "properties": {"name": {"type": "string"}, "below": {"$ref": "#/components/schemas/Tree"}}},
        }}});
        let resolved = resolve(&document, &json!({"$ref": "#/components/schemas/Tree", "description": "the top"}));
        assert_eq!(resolved["description"], "the top");
        assert_eq!(resolved["properties"]["name"]["type"], "string");
        assert_eq!(resolved["properties"]["below"], json!({}));
        assert!(!resolved.to_string().contains("$ref"));
    }

    #[test]
    fn what_all_of_puts_together_is_one_object_and_a_choice_is_none() {
        let schema = json!({"allOf": [
            {"type": "object", "properties": {"a": {}}, "required": ["a"]},
            {"type": "object", "properties": {"b": {}}},
        ]});
        let (properties, required) = fields(&schema).unwrap();
        assert_eq!(properties.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(required, ["a"]);
        assert!(fields(&json!({"oneOf": [{"type": "object"}]})).is_none());
        assert!(fields(&json!({"type": "array"})).is_none());
    }
}
