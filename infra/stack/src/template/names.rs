//! The names of a template's resources and functions.

use super::sam::{Node, Template, TemplateError};

/// The names that the resources of a template have in a deployment.
pub(super) struct Names<'t> {
    pub(super) template: &'t Template,
}

impl Names<'_> {
    /// The name of the resource with a logical id: the value of a property, or else a name made of the deployment's
    /// name and the logical id.
    pub(super) fn name(&self, id: &str, property: &str) -> Result<String, TemplateError> {
        let kinds = ["AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::DynamoDB::Table"];
        let mut all = kinds.into_iter().flat_map(|kind| self.template.resources(kind));
        let named = all.find(|(other, _)| *other == id).map(|(_, node)| node.get("Properties").get(property));
        let name = named.map(|node| node.maybe_text()).transpose()?.flatten();
        Ok(name.unwrap_or_else(|| format!("{}-{}", self.template.stack(), id.to_ascii_lowercase())))
    }

    /// What the ARN at a node names, in the terms of [`Permission`](crate::calls::Permission): a table, an index, a
    /// queue, `bucket`, or the keys in a folder of the bucket. Of an ARN that is written out, it is the part after the
    /// account, and of the bucket's the keys.
    pub(super) fn resource(&self, node: &Node<'_>) -> Result<String, TemplateError> {
        if node.tagged("!Sub").is_some_and(|text| text.starts_with("arn:")) {
            let arn = node.text()?;
            let named = arn.splitn(6, ':').nth(5).unwrap_or_default();
            if !arn.contains(":s3:::") {
                return Ok(named.to_owned());
            }
            return Ok(named.split_once('/').map_or("bucket", |(_, keys)| keys).to_owned());
        }
        let (id, rest) = match node.tagged("!Sub").as_deref().and_then(|text| text.strip_prefix("${")) {
            Some(text) => match text.split_once(".Arn}") {
                Some((id, rest)) => (id.to_owned(), rest.to_owned()),
                None => return Err(node.error("does not begin with the ARN of a resource")),
            },
            None => (node.resource()?, String::new()),
        };
        let mut buckets = self.template.resources("AWS::S3::Bucket");
        if buckets.any(|(bucket, _)| bucket == id) {
            return Ok(if rest.is_empty() { "bucket".to_owned() } else { rest.trim_start_matches('/').to_owned() });
        }
        let property = if self.template.resources("AWS::SQS::Queue").any(|(queue, _)| queue == id) {
            "QueueName"
        } else {
            "TableName"
        };
        Ok(format!("{}{rest}", self.name(&id, property)?))
    }

    /// The name of the queue to which a node refers.
    pub(super) fn queue(&self, node: &Node<'_>) -> Result<String, TemplateError> {
        self.name(&node.resource()?, "QueueName")
    }
}

/// The name of a function's crate: the binary that its build names, or else the last folder of its code's path.
pub(super) fn crate_name(function: &Node<'_>) -> Result<String, TemplateError> {
    if let Some(binary) = function.get("Metadata").get("BuildProperties").get("Binary").maybe_text()? {
        return Ok(binary);
    }
    let path = function.get("Properties").get("CodeUri").text()?;
    Ok(path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned())
}
