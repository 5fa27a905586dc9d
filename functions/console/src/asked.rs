//! A request to the console.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use lambda_runtime::Context;

use crate::language::Language;

/// A request to the console.
pub(crate) struct Asked<'a> {
    pub(crate) request: &'a LambdaFunctionUrlRequest,
    pub(crate) context: &'a Context,
    pub(crate) language: Language,
}
