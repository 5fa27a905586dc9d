//! `muster delete`: a definition, or a name of the catalogue that nothing uses.

use client::{Api, encoded, text};

use super::{definitions, find};
use crate::output::say;

pub(crate) async fn delete(api: &Api, kind: &str, name: &str) -> anyhow::Result<()> {
    let path = match kind {
        "definition" => return definitions::delete(api, name).await,
        "segment" => format!("/segments/{}", text(&find::only_segment(api, name).await?, "id")),
        kind => format!("/{kind}s/{}", encoded(name)),
    };
    api.delete(&path).await?;
    say(&format!("The {} “{name}” is deleted.", kind.replace('-', " ")))
}
