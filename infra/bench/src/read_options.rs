//! How the files of benchmarks are read: as those of an import that sets little.

use domain::imports::{CatalogueAtLaunch, DeclaredFile, ImportId, ImportRequest, read_options};
use domain::plan::ReadOptions;

/// A request to import a file with default settings.
pub fn request() -> ImportRequest {
    ImportRequest::of_file(DeclaredFile { name: "customers.csv".to_owned(), ..DeclaredFile::default() })
}

/// How a file of so many bytes is read by this request.
pub fn options(request: &ImportRequest, bytes: u64) -> ReadOptions {
    // Birth dates of made-up people lie before it.
    let launched = ImportId::from_bytes([1; 16]).launched();
    read_options(request, &CatalogueAtLaunch::default(), launched, bytes)
}
