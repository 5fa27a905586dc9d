//! Listings of one folder.

use std::path::{Path, PathBuf};

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::store::Store;

/// Most keys of one page of a listing, as on S3.
const LARGEST_PAGE: usize = 1_000;

impl Store {
    /// The folder that a request lists, if it lists exactly one. `s3s-fs` inspects every file of it for each page,
    /// which takes too long in a folder of a hundred thousand files.
    pub(super) fn folder(&self, input: &ListObjectsV2Input) -> Option<PathBuf> {
        let prefix = input.prefix.as_deref().filter(|prefix| prefix.ends_with('/') && !prefix.contains(".."))?;
        input.delimiter.is_none().then(|| self.root.join(&input.bucket).join(prefix)).filter(|folder| folder.is_dir())
    }

    /// Lists the keys of a folder, and inspects only those that it returns.
    pub(super) async fn list(
        &self,
        folder: &Path,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input.clone();
        let prefix = input.prefix.unwrap_or_default();
        // A page's continuation token is its last key.
        let after = input.continuation_token.or(input.start_after).unwrap_or_default();
        let most = usize::try_from(input.max_keys.unwrap_or(1_000)).unwrap_or(0).min(LARGEST_PAGE);
        let broken = |error: std::io::Error| s3_error!(error, InternalError);
        let mut keys = Vec::new();
        let mut entries = tokio::fs::read_dir(folder).await.map_err(broken)?;
        while let Some(entry) = entries.next_entry().await.map_err(broken)? {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().await.map_err(broken)?.is_dir() {
                // Keys in folders of this folder belong to the listing as well.
                return self.files.list_objects_v2(request).await;
            }
            let key = format!("{prefix}{name}");
            if key > after && !name.starts_with('.') {
                keys.push(key);
            }
        }
        keys.sort_unstable();
        let is_truncated = keys.len() > most;
        keys.truncate(most);
        let next = keys.last().filter(|_| is_truncated).cloned();
        let mut contents = Vec::with_capacity(keys.len());
        for key in keys {
            let about = tokio::fs::metadata(self.file(&input.bucket, &key)).await.map_err(broken)?;
            let (size, modified) = (i64::try_from(about.len()).ok(), about.modified().ok().map(Into::into));
            contents.push(Object { key: Some(key), size, last_modified: modified, ..Object::default() });
        }
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: i32::try_from(contents.len()).ok(),
            contents: Some(contents),
            is_truncated: Some(is_truncated),
            next_continuation_token: next,
            prefix: Some(prefix),
            ..ListObjectsV2Output::default()
        }))
    }
}
