//! Reads a SAM template: YAML with those of CloudFormation's tags that give names, numbers and references.

use std::collections::BTreeMap;

use serde_yaml_ng::{Mapping, Value};

/// A template cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not YAML.
    #[error("the template is not YAML: {0}")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// Something in it is missing or has an unexpected form.
    #[error("the template's {place} {problem}")]
    Unexpected {
        /// Where, as a path of keys.
        place: String,
        /// What is wrong there.
        problem: String,
    },
}

/// A template and the values of its parameters.
#[derive(Debug)]
pub(super) struct Template {
    stack: String,
    resources: Mapping,
    globals: Value,
    values: BTreeMap<String, String>,
}

/// A value of the template that may be absent, and its place.
#[derive(Debug, Clone)]
pub(super) struct Node<'t> {
    template: &'t Template,
    value: Option<&'t Value>,
    place: String,
}

impl Template {
    /// Parses a template for a deployment with this name. Parameters have their defaults.
    pub(super) fn parse(text: &str, stack: &str, region: &str, account: &str) -> Result<Template, TemplateError> {
        let root: Value = serde_yaml_ng::from_str(text)?;
        let mut values = BTreeMap::from([
            ("AWS::StackName".to_owned(), stack.to_owned()),
            ("AWS::Region".to_owned(), region.to_owned()),
            ("AWS::AccountId".to_owned(), account.to_owned()),
            ("AWS::Partition".to_owned(), "aws".to_owned()),
            ("AWS::URLSuffix".to_owned(), "amazonaws.com".to_owned()),
        ]);
        for (name, parameter) in root.get("Parameters").and_then(Value::as_mapping).into_iter().flatten() {
            if let (Some(name), Some(default)) = (name.as_str(), parameter.get("Default").and_then(scalar)) {
                values.insert(name.to_owned(), default);
            }
        }
        let resources = root.get("Resources").and_then(Value::as_mapping).cloned();
        let resources = resources.ok_or_else(|| unexpected("Resources", "are missing"))?;
        let globals = root.get("Globals").cloned().unwrap_or(Value::Null);
        Ok(Template { stack: stack.to_owned(), resources, globals, values })
    }

    /// The name of the deployment.
    pub(super) fn stack(&self) -> &str {
        &self.stack
    }

    /// The error that the template lacks a resource of this type.
    pub(super) fn lacks(&self, kind: &str) -> TemplateError {
        unexpected("Resources", format!("have no {kind}"))
    }

    /// The resources of a type, with their logical ids.
    pub(super) fn resources<'t>(&'t self, kind: &str) -> impl Iterator<Item = (&'t str, Node<'t>)> {
        let of_kind = move |resource: &Value| resource.get("Type").and_then(Value::as_str) == Some(kind);
        self.resources.iter().filter(move |(_, resource)| of_kind(resource)).filter_map(|(id, resource)| {
            let id = id.as_str()?;
            let node = Node { template: self, value: Some(resource), place: format!("Resources.{id}") };
            Some((id, node))
        })
    }

    /// A property of a function, or else the property that the template sets for all functions.
    pub(super) fn function_property<'t>(&'t self, function: &Node<'t>, name: &str) -> Node<'t> {
        let own = function.get("Properties").get(name);
        let globals = self.globals.get("Function");
        let common = Node { template: self, value: globals, place: "Globals.Function".to_owned() }.get(name);
        if common.is_there() && !own.is_there() { common } else { own }
    }
}

impl<'t> Node<'t> {
    /// The value under a key, which may be absent.
    pub(super) fn get(&self, key: &str) -> Node<'t> {
        let value = self.value.and_then(|value| value.get(key));
        Node { template: self.template, value, place: format!("{}.{key}", self.place) }
    }

    /// Whether the value is present.
    pub(super) fn is_there(&self) -> bool {
        self.value.is_some_and(|value| !value.is_null())
    }

    /// The elements of a list. An absent list is empty.
    pub(super) fn list(&self) -> Vec<Node<'t>> {
        let elements = self.value.and_then(Value::as_sequence).into_iter().flatten();
        let node = |(index, value)| Node {
            template: self.template,
            value: Some(value),
            place: format!("{}[{index}]", self.place),
        };
        elements.enumerate().map(node).collect()
    }

    /// The elements of a list, or the value itself if it is not a list.
    pub(super) fn one_or_more(&self) -> Vec<Node<'t>> {
        let elements = self.list();
        if elements.is_empty() && self.is_there() { vec![self.clone()] } else { elements }
    }

    /// The text behind a tag such as `!Sub`, with its references unresolved.
    pub(super) fn tagged(&self, tag: &str) -> Option<String> {
        match self.value {
            Some(Value::Tagged(tagged)) if tagged.tag == tag => scalar(&tagged.value),
            _ => None,
        }
    }

    /// The values of a map. An absent map is empty.
    pub(super) fn entries(&self) -> Vec<Node<'t>> {
        let entries = self.value.and_then(Value::as_mapping).into_iter().flatten();
        let node = |(key, value): (&'t Value, &'t Value)| Node {
            template: self.template,
            value: Some(value),
            place: format!("{}.{}", self.place, key.as_str().unwrap_or_default()),
        };
        entries.map(node).collect()
    }

    /// The text of a scalar, of `!Ref` of a parameter, or of `!Sub`. `None` if the value is absent.
    pub(super) fn maybe_text(&self) -> Result<Option<String>, TemplateError> {
        let Some(value) = self.value.filter(|value| !value.is_null()) else { return Ok(None) };
        let text = match value {
            Value::Tagged(tagged) => match (tagged.tag.to_string().as_str(), scalar(&tagged.value)) {
                ("!Ref", Some(name)) => self.template.values.get(&name).cloned(),
                ("!Sub", Some(text)) => Some(self.substitute(&text)?),
                _ => None,
            },
            plain => scalar(plain),
        };
        text.map(Some).ok_or_else(|| self.error("is not text"))
    }

    /// The text of a value that must be present.
    pub(super) fn text(&self) -> Result<String, TemplateError> {
        self.maybe_text()?.ok_or_else(|| self.error("is missing"))
    }

    /// A whole number. `None` if the value is absent.
    pub(super) fn maybe_number(&self) -> Result<Option<u32>, TemplateError> {
        let text = self.maybe_text()?;
        text.map(|text| text.parse().map_err(|_| self.error("is not a number"))).transpose()
    }

    /// The logical id of the resource that `!Ref` or `!GetAtt` names.
    pub(super) fn resource(&self) -> Result<String, TemplateError> {
        let Some(Value::Tagged(tagged)) = self.value else { return Err(self.error("does not refer to a resource")) };
        let id = match (tagged.tag.to_string().as_str(), &tagged.value) {
            ("!Ref", Value::String(id)) => id.as_str(),
            ("!GetAtt", Value::String(attribute)) => attribute.split('.').next().unwrap_or_default(),
            ("!GetAtt", Value::Sequence(path)) => path.first().and_then(Value::as_str).unwrap_or_default(),
            _ => "",
        };
        if self.template.resources.contains_key(id) {
            Ok(id.to_owned())
        } else {
            Err(self.error("does not refer to a resource of the template"))
        }
    }

    /// An error about this place.
    pub(super) fn error(&self, problem: impl Into<String>) -> TemplateError {
        unexpected(&self.place, problem)
    }

    /// Replaces each `${…}` by the value of a parameter or pseudo parameter.
    fn substitute(&self, text: &str) -> Result<String, TemplateError> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, inside)) = rest.split_once("${") {
            let (name, after) = inside.split_once('}').ok_or_else(|| self.error("has a ${ without its }"))?;
            let value = self.template.values.get(name);
            let value = value.ok_or_else(|| self.error(format!("names {name}, which is not a parameter")))?;
            result.push_str(before);
            result.push_str(value);
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }
}

fn unexpected(place: &str, problem: impl Into<String>) -> TemplateError {
    TemplateError::Unexpected { place: place.to_owned(), problem: problem.into() }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
