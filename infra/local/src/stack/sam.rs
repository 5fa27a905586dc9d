//! Reads a SAM template: YAML with CloudFormation's tags, as far as names, numbers and references go.

use std::collections::BTreeMap;

use serde_yaml_ng::{Mapping, Value};

/// A template cannot be read as one.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is no YAML.
    #[error("the template is not YAML: {0}")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// Something in it is missing or of an unexpected form.
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
pub(crate) struct Template {
    resources: Mapping,
    globals: Value,
    values: BTreeMap<String, String>,
}

/// A value of the template with its references resolved, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node<'t> {
    template: &'t Template,
    value: Option<&'t Value>,
    place: String,
}

impl Template {
    /// Parses a template for a stack of a name; the parameters have their defaults.
    pub(crate) fn parse(text: &str, stack: &str, region: &str, account: &str) -> Result<Template, TemplateError> {
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
        Ok(Template { resources, globals, values })
    }

    /// The resources of a type: their logical ids and their properties.
    pub(crate) fn resources<'t>(&'t self, kind: &str) -> impl Iterator<Item = (&'t str, Node<'t>)> {
        let of_kind = move |resource: &Value| resource.get("Type").and_then(Value::as_str) == Some(kind);
        self.resources.iter().filter(move |(_, resource)| of_kind(resource)).filter_map(|(id, resource)| {
            let id = id.as_str()?;
            let node = Node { template: self, value: Some(resource), place: format!("Resources.{id}") };
            Some((id, node))
        })
    }

    /// What is common to all functions.
    pub(crate) fn function_globals(&self) -> Node<'_> {
        Node { template: self, value: self.globals.get("Function"), place: "Globals.Function".to_owned() }
    }
}

impl<'t> Node<'t> {
    /// The value under a key; it may be absent.
    pub(crate) fn get(&self, key: &str) -> Node<'t> {
        let value = self.value.and_then(|value| value.get(key));
        Node { template: self.template, value, place: format!("{}.{key}", self.place) }
    }

    /// Whether there is anything here.
    pub(crate) fn is_there(&self) -> bool {
        self.value.is_some_and(|value| !value.is_null())
    }

    /// The elements of a list; none if it is absent.
    pub(crate) fn list(&self) -> Vec<Node<'t>> {
        let elements = self.value.and_then(Value::as_sequence).into_iter().flatten();
        let node = |(index, value)| Node {
            template: self.template,
            value: Some(value),
            place: format!("{}[{index}]", self.place),
        };
        elements.enumerate().map(node).collect()
    }

    /// The elements of a list, or the one that stands here without a list.
    pub(crate) fn one_or_more(&self) -> Vec<Node<'t>> {
        let elements = self.list();
        if elements.is_empty() && self.is_there() { vec![self.clone()] } else { elements }
    }

    /// The text under a tag such as `!Sub`, as it stands.
    pub(crate) fn tagged(&self, tag: &str) -> Option<String> {
        match self.value {
            Some(Value::Tagged(tagged)) if tagged.tag == tag => scalar(&tagged.value),
            _ => None,
        }
    }

    /// The entries of a map; none if it is absent.
    pub(crate) fn entries(&self) -> Vec<Node<'t>> {
        let entries = self.value.and_then(Value::as_mapping).into_iter().flatten();
        let node = |(key, value): (&'t Value, &'t Value)| Node {
            template: self.template,
            value: Some(value),
            place: format!("{}.{}", self.place, key.as_str().unwrap_or_default()),
        };
        entries.map(node).collect()
    }

    /// The text of a scalar, `!Ref` of a parameter or `!Sub`; none if it is absent.
    pub(crate) fn maybe_text(&self) -> Result<Option<String>, TemplateError> {
        let Some(value) = self.value.filter(|value| !value.is_null()) else { return Ok(None) };
        let text = match value {
            Value::Tagged(tagged) => match (tagged.tag.to_string().as_str(), scalar(&tagged.value)) {
                ("!Ref", Some(name)) => self.template.values.get(&name).cloned(),
                ("!Sub", Some(text)) => Some(self.substitute(&text)?),
                _ => None,
            },
            plain => scalar(plain),
        };
        text.map(Some).ok_or_else(|| self.wrong("is no text"))
    }

    /// The text of a scalar, which must be there.
    pub(crate) fn text(&self) -> Result<String, TemplateError> {
        self.maybe_text()?.ok_or_else(|| self.wrong("is missing"))
    }

    /// A whole number; none if it is absent.
    pub(crate) fn maybe_number(&self) -> Result<Option<u32>, TemplateError> {
        let text = self.maybe_text()?;
        text.map(|text| text.parse().map_err(|_| self.wrong("is no number"))).transpose()
    }

    /// The logical id of the resource that `!Ref` or `!GetAtt` names.
    pub(crate) fn resource(&self) -> Result<String, TemplateError> {
        let Some(Value::Tagged(tagged)) = self.value else { return Err(self.wrong("is no reference to a resource")) };
        let id = match (tagged.tag.to_string().as_str(), &tagged.value) {
            ("!Ref", Value::String(id)) => id.as_str(),
            ("!GetAtt", Value::String(attribute)) => attribute.split('.').next().unwrap_or_default(),
            ("!GetAtt", Value::Sequence(path)) => path.first().and_then(Value::as_str).unwrap_or_default(),
            _ => "",
        };
        if self.template.resources.contains_key(id) {
            Ok(id.to_owned())
        } else {
            Err(self.wrong("is no reference to a resource of the template"))
        }
    }

    /// An error about this place.
    pub(crate) fn wrong(&self, problem: impl Into<String>) -> TemplateError {
        unexpected(&self.place, problem)
    }

    /// Replaces the `${…}` of parameters and pseudo parameters.
    fn substitute(&self, text: &str) -> Result<String, TemplateError> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) = after.split_once('}').ok_or_else(|| self.wrong("has a ${ without its }"))?;
            let value = self.template.values.get(name);
            let value = value.ok_or_else(|| self.wrong(format!("names {name}, which is no parameter")))?;
            result.push_str(before);
            result.push_str(value);
            rest = behind;
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
