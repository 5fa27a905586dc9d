//! `muster template`: a file to begin with.

use client::Api;

use crate::output::say;

pub(crate) async fn template(api: &Api) -> anyhow::Result<()> {
    say(api.get_text("/imports/template.csv").await?.trim_end())
}
