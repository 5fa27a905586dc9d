//! An import as the API shows it.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use domain::imports::{Counters, ImportId, State};
use jiff::Timestamp;
use runtime::http::HttpProblem;
use serde_json::{Value as Json, json};
use steps::counters;
use stores::imports::{Import, Setup};

use crate::undo::can_be_undone;
use crate::{Status, failed};

impl Status {
    /// An import as the API shows it.
    pub(crate) async fn shown(&self, import: &Import, asked: &LambdaFunctionUrlRequest) -> Result<Json, HttpProblem> {
        let setup = self.stores.imports.setup(import).await.map_err(failed)?;
        self.shown_with(import, &setup, asked).await
    }

    /// An import as the API shows it, if its setup is read already.
    pub(crate) async fn shown_with(
        &self,
        import: &Import,
        setup: &Setup,
        asked: &LambdaFunctionUrlRequest,
    ) -> Result<Json, HttpProblem> {
        let counters = counters(&self.stores, import).await.map_err(failed)?;
        let url = format!("{}/imports/{}", self.base(asked), import.id);
        let request = &setup.request;
        let checked = setup.checked.as_ref();
        let errors = import.report.as_ref().map(|_| format!("{url}/errors"));
        let summary = errors.as_ref().map(|errors| format!("{errors}/summary"));
        let retry = (import.ended_at.is_some() && import.numbers.pages() > 0 && counters.unprocessed > 0)
            .then(|| format!("{url}/retry"));
        let cancel = (!import.state.is_ended() && import.state != State::Finishing).then(|| format!("{url}/cancel"));
        let own_url = |id: ImportId| format!("{}/imports/{id}", self.base(asked));
        let undo = can_be_undone(import, setup).then(|| format!("{url}/undo"));
        let is_launchable = request.dry_run && import.state == State::Completed && import.ended_at.is_some();
        let launch = (is_launchable && import.launched_as.is_none()).then(|| format!("{url}/launch"));
        Ok(json!({
            "id": import.id,
            "kind": if request.undoes.is_some() { "undo" } else { "import" },
            "undoes": request.undoes,
            "undone_by": import.undone_by,
            "task": request.task,
            "description": request.description,
            "definition": request.definition,
            "inbox": import.inbox,
            "state": import.state,
            "dry_run": request.dry_run,
            "based_on": import.based_on,
            "launched_as": import.launched_as,
            "mode": request.mode,
            "results": request.results,
            "settings": request.settings,
            "created_at": import.id.launched(),
            "created_by": import.created_by,
            "started_at": import.started_at,
            "ended_at": import.ended_at,
            "file": {
                "name": request.file.name,
                "size": import.size.or(request.file.size),
                "encoding": checked.map_or(request.encoding.as_str(), |checked| checked.encoding.as_str()),
                "delimiter": checked.map(|checked| checked.dialect.delimiter.to_string()),
                "rows": checked.map(|checked| checked.rows),
            },
            "progress": progress(import, setup, &counters, self.stores.clock.now()),
            "counters": counters.shown_of(request, import.rows),
            "errors_by_code": counters.codes,
            "failure": import.failure,
            "links": {
                "self": url,
                "errors": errors,
                "errors_summary": summary,
                "results": import.results.as_ref().map(|_| format!("{url}/results")),
                "cancel": cancel,
                "retry": retry,
                "launch": launch,
                "undo": undo,
                "undone_by": import.undone_by.map(own_url),
                "undoes": request.undoes.map(own_url),
            },
        }))
    }
}

/// How many seconds the rest takes, if so much was done in these seconds; none before anything was.
fn seconds_left(elapsed: f64, done: u64, rest: u64) -> Option<u64> {
    (done > 0).then(|| (elapsed.max(0.0) * rest as f64 / done as f64).ceil() as u64)
}

/// How far the import is in what it does now, and how many seconds the rest takes at the pace so far.
fn progress(import: &Import, setup: &Setup, counters: &Counters, now: Timestamp) -> Json {
    let (done, total, unit) = match import.state {
        State::AwaitingUpload => (0, setup.request.file.size.unwrap_or(0), "bytes"),
        State::Checking => (import.bytes_done, import.size.unwrap_or(0), "bytes"),
        // Rows that an import left when it was stopped are counted as unprocessed, but nothing was done about them.
        state if state.is_ended() => (counters.rows() - counters.unprocessed, import.rows, "rows"),
        _ => (counters.rows(), import.rows, "rows"),
    };
    let since = match import.state {
        State::Checking => import.started_at.map(|started| (started, 0)),
        state if state.is_ended() => None,
        // A check takes its own time, and an import that was taken up again lay still before.
        _ => import.importing_since,
    };
    let seconds_left = since.and_then(|(since, before)| {
        let elapsed = now.duration_since(since).as_secs_f64();
        seconds_left(elapsed, done.saturating_sub(before), total.saturating_sub(done))
    });
    json!({ "phase": import.state, "done": done, "total": total, "unit": unit, "seconds_left": seconds_left })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_the_pace_says() {
        for (elapsed, done, rest, left) in [
            (10.0, 200, 300, Some(15)),
            (1.0, 3, 1, Some(1)),
            (10.0, 0, 300, None),
            (-60.0, 200, 300, Some(0)),
            (5.0, 9, 0, Some(0)),
        ] {
            assert_eq!(seconds_left(elapsed, done, rest), left, "{done} in {elapsed} s, and {rest} to do");
        }
    }
}
