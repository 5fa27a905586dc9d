//! `muster template`: a file to begin with.

use client::Api;

use crate::output::say_page;

pub(crate) async fn template(api: &Api) -> anyhow::Result<()> {
    say_page(api.get_text("/imports/template.csv").await?.trim_end())
}
