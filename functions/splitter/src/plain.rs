//! The plain file: the uploaded one, or what it is unpacked to.

use domain::codes::FileCode;
use domain::file::Content;
use domain::keys::ObjectKey;
use steps::fail;
use stores::bucket::Head;
use stores::imports::{Import, Lease, Setup};

use crate::Splitter;
use crate::error::SplitError;
use crate::unpack::{NotUnpacked, unpack};

impl Splitter {
    /// The key of the plain file. Gives nothing if the upload is not a CSV: then the import has failed.
    pub(crate) async fn plain(
        &self,
        lease: &Lease,
        import: &Import,
        setup: &Setup,
        head: &Head,
    ) -> Result<Option<String>, SplitError> {
        let bucket = &self.stores.bucket;
        let first = bucket.first_bytes(&import.object_key, &head.etag, Content::FIRST_BYTES).await?;
        match Content::of(&first) {
            Content::Plain => Ok(Some(import.object_key.clone())),
            Content::Other(what) => {
                let message = format!("The file is {what}, not a CSV. Open it and save it as CSV.");
                fail(&self.stores, import, FileCode::NotCsv, &message).await?;
                Ok(None)
            }
            Content::Gzip => {
                let owner = lease.owner().to_owned();
                let key = ObjectKey::Unpacked { import: import.id, owner }.to_string();
                let from = (import.object_key.as_str(), head.etag.as_str());
                match unpack(bucket, from, &key, setup.request.file.sha256.as_deref()).await {
                    Ok(()) => {
                        lease.unpacked(&key).await?;
                        Ok(Some(key))
                    }
                    Err(NotUnpacked::Store(error)) => Err(error.into()),
                    Err(NotUnpacked::File(code, message)) => {
                        fail(&self.stores, import, code, message).await?;
                        Ok(None)
                    }
                }
            }
        }
    }
}
