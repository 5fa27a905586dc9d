//! The flags of `muster import`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value as Json;

use crate::settings::Settings;

/// Arguments of `muster import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  muster import customers.csv --segment \"May survey\" --source-action \"Filled in May survey\"
  muster import kunden.csv --definition \"Shop customers\"
  muster import kunden.csv --encoding windows-1252 --region DE --map Kundennr=external_id --skip Notizen")]
pub(crate) struct Import {
    #[command(flatten)]
    pub(super) settings: Settings,
    /// Find out what the import would do, and write nothing; `muster launch` then does it
    #[arg(long, visible_alias = "forecast")]
    dry_run: bool,
    /// Keep what becomes of each row; `muster results` then has all of them
    #[arg(long)]
    results: bool,
    /// Where to save the report [default: errors/ID.csv under the data directory]
    #[arg(long, value_name = "FILE")]
    pub(super) errors: Option<PathBuf>,
    /// Overwrite the file of --errors if it exists
    #[arg(long)]
    pub(super) force: bool,
    /// Print the import as JSON as the last line of standard output; progress goes to standard error
    #[arg(long)]
    pub(super) json: bool,
}

impl Import {
    /// The body of `POST /imports` for a file of `size` bytes, without its checksum.
    pub(super) fn request(&self, size: u64) -> anyhow::Result<Json> {
        let mut body = self.settings.request(size)?;
        // Without the flag a definition may say so.
        if self.dry_run {
            body["dry_run"] = true.into();
        }
        if self.results {
            body["results"] = true.into();
        }
        Ok(body)
    }
}
