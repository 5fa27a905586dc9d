//! Why a local stack could not be started.

use std::io::ErrorKind;
use std::path::PathBuf;

use runtime::deployment::BadEnvironment;

use crate::provision::ProvisionError;
use crate::template::TemplateError;

/// Why a local stack could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process owns the data directory.
    #[error("{} is in use by {holder}; stop that process, or choose another directory with --data", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The process that owns it, as far as it is known.
        holder: String,
    },
    /// The data directory cannot be read or written.
    #[error("the data directory {} cannot be used{}", path.display(), cure(source))]
    Data {
        /// The directory.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A port could not be opened.
    #[error("{}", unopened(*port))]
    Listen {
        /// Its number; 0 for any that is free.
        port: u16,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The tables could not be opened.
    #[error("the tables could not be opened: {0}")]
    Tables(String),
    /// The object store could not be opened.
    #[error("the object store could not be opened: {0}")]
    Objects(String),
    /// The template that this program was compiled with is not in the expected form.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The webhook's URL is refused, or no client can be built for it.
    #[error(transparent)]
    Webhook(#[from] BadEnvironment),
    /// The tables, the queues or the bucket could not be created.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
}

/// The cure for what the operating system says about a directory.
fn cure(source: &std::io::Error) -> &'static str {
    if source.raw_os_error().is_none() {
        return "";
    }
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room on its disk, or choose another with --data",
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => "; choose one that you may write in with --data",
        _ => "",
    }
}

fn unopened(port: u16) -> String {
    match port {
        0 => "no port of this machine can be opened".to_owned(),
        port => format!("port {port} of this machine cannot be opened; choose another with --port"),
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn a_directory_that_cannot_be_written_is_a_sentence_with_a_cure() {
        for (errno, said) in [
            (Errno::NOSPC, "make room on its disk"),
            (Errno::ROFS, "choose one that you may write in with --data"),
            (Errno::ACCESS, "choose one that you may write in with --data"),
        ] {
            let source = std::io::Error::from_raw_os_error(errno.raw_os_error());
            let error = Error::Data { path: "data".into(), source }.to_string();
            assert!(error.starts_with("the data directory data cannot be used; ") && error.contains(said), "{error}");
        }
    }
}
