//! The fields of a form.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use runtime::http;

use crate::refusal::Refusal;

/// The fields of a form, in their order. A field that was left empty counts as not there.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a request.
    pub(crate) fn read(request: &LambdaFunctionUrlRequest) -> Result<Self, Refusal> {
        let body = http::body(request)?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }

    #[cfg(test)]
    pub(crate) fn of(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        all.find(|(found, _)| found == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The fields whose names begin so, with the rest of their names.
    pub(crate) fn beginning<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

/// A query with these pairs.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
