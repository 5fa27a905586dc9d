//! The plain file: the uploaded one, or what it is unpacked to.

use domain::codes::FileCode;
use domain::file::Content;
use domain::imports::ImportId;
use domain::keys::ObjectKey;
use jiff::Timestamp;
use steps::fail;
use stores::bucket::Head;
use stores::imports::{Import, Lease, LeaseError, Setup};

use crate::Splitter;
use crate::error::SplitError;
use crate::unpack::{NotUnpacked, Unpacking, unpack};

impl Splitter {
    /// The key of the plain file, which is unpacked by that moment or not at all. Gives nothing if the upload is not a CSV: then the import has failed.
    pub(crate) async fn plain(
        &self,
        lease: &Lease,
        import: &Import,
        setup: &Setup,
        (head, stop_at): (&Head, Timestamp),
    ) -> Result<Option<String>, SplitError> {
        let bucket = &self.stores.bucket;
        let first = bucket.first_bytes(&import.object_key, &head.etag, Content::FIRST_BYTES).await?;
        match Content::of(&first) {
            Content::Plain => Ok(Some(import.object_key.clone())),
            Content::Other(what) => {
                fail(&self.stores, import, FileCode::NotCsv, &Content::refusal(what)).await?;
                Ok(None)
            }
            Content::Gzip => {
                let owner = lease.owner().to_owned();
                let key = ObjectKey::Unpacked { import: import.id, owner }.to_string();
                let unpacking = Unpacking {
                    from: &import.object_key,
                    etag: &head.etag,
                    to: &key,
                    sha256: setup.request.file.sha256.as_deref(),
                    stop_at,
                };
                match unpack(bucket, &self.stores.clock, unpacking).await {
                    Ok(()) => self.hand_over(lease, import.id, key).await.map(Some),
                    Err(NotUnpacked::Store(error)) => Err(error.into()),
                    Err(NotUnpacked::File(code, message)) => {
                        fail(&self.stores, import, code, &message).await?;
                        Ok(None)
                    }
                }
            }
        }
    }

    /// Lets the import go on with the unpacked file, and removes those of other splitters. If another splitter has handed
    /// over a file of its own, this one is removed.
    async fn hand_over(&self, lease: &Lease, import: ImportId, key: String) -> Result<String, SplitError> {
        match lease.unpacked(&key).await {
            Ok(()) => {
                self.remove_unpacked(import, &key).await;
                Ok(key)
            }
            Err(error) => {
                // After any other error the import may have this file.
                if matches!(error, LeaseError::Lost) {
                    self.remove(&key).await;
                }
                Err(error.into())
            }
        }
    }

    /// Removes what splitters left that died between unpacking and handing over; each file can be as large as 100 GiB.
    /// Only the splitter whose file the import has may do it: one that lost its lease without noticing could remove that
    /// very file.
    async fn remove_unpacked(&self, import: ImportId, but: &str) {
        match self.stores.bucket.list(&ObjectKey::unpacked_files(import), None).await {
            Ok(keys) => {
                for key in keys.iter().filter(|key| *key != but) {
                    self.remove(key).await;
                }
            }
            Err(error) => tracing::warn!(%error, "unpacked files of dead splitters were not removed; they expire"),
        }
    }

    async fn remove(&self, key: &str) {
        if let Err(error) = self.stores.bucket.delete(key).await {
            tracing::warn!(%error, "an unpacked file was not removed; it expires");
        }
    }
}
