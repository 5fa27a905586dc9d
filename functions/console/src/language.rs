//! The languages of the console, and which one a reader gets.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use runtime::http;

use crate::cookies::{LANGUAGE_COOKIE, cookie};

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag, as HTML and HTTP write it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name in itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language with this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The language that a browser prefers, by its `Accept-Language`; else English.
    pub fn accepted(header: &str) -> Self {
        let mut best = (0.0, Self::English);
        for entry in header.split(',') {
            let (tag, quality) = entry.split_once(";q=").unwrap_or((entry, "1"));
            let quality: f32 = quality.trim().parse().unwrap_or(0.0);
            if let Some(language) = Self::from_tag(tag.trim()).filter(|_| quality > best.0) {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The mark between thousands.
    pub(crate) const fn thousands(self) -> char {
        match self {
            Self::English => ',',
            Self::German => '.',
        }
    }

    /// The country that a browser names in its `Accept-Language`, such as DE of `de-DE`.
    pub(crate) fn region(request: &LambdaFunctionUrlRequest) -> Option<String> {
        let tags = http::header(request, "accept-language").unwrap_or_default().split([',', ';']);
        let mut regions = tags.filter_map(|tag| tag.trim().split_once('-')).map(|(_, region)| region);
        let region =
            regions.find(|region| region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_alphabetic()))?;
        Some(region.to_ascii_uppercase())
    }

    /// The language of a request: chosen in its query or its cookie, or the one that the browser prefers.
    pub(crate) fn of(request: &LambdaFunctionUrlRequest) -> Self {
        let chosen = http::query(request, "lang").or_else(|| cookie(request, LANGUAGE_COOKIE));
        chosen
            .and_then(|tag| Self::from_tag(&tag))
            .unwrap_or_else(|| Self::accepted(http::header(request, "accept-language").unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_is_the_one_that_the_browser_names() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en-US;q=0.8", Some("AT")),
            ("de,en-us;q=0.8", Some("US")),
            ("zh-Hans", None),
            ("de", None),
            ("", None),
        ] {
            let mut request = LambdaFunctionUrlRequest::default();
            request.headers.insert("accept-language", header.parse().unwrap());
            assert_eq!(Language::region(&request).as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn the_language_is_the_one_that_the_browser_likes_best() {
        for (header, expected) in [
            ("de-DE,de;q=0.9,en;q=0.8", Language::German),
            ("en-US,en;q=0.9,de;q=0.8", Language::English),
            ("fr,de;q=0.5,en;q=0.4", Language::German),
            ("fr", Language::English),
            ("", Language::English),
            ("de;q=x", Language::English),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
