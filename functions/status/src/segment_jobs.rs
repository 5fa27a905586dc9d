//! Counting and exporting the members of a segment: jobs that the finisher works on, and how far they are.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::customer::{Segment, SegmentId};
use domain::segment_job::{JobKind, JobState, Phase, SegmentJob};
use jiff::Timestamp;
use runtime::http::{self, HttpProblem};
use runtime::keys::Caller;
use serde_json::{Value as Json, json};
use stores::imports::{Begun, StoredJob};

use crate::segments::segment_id;
use crate::{Status, failed};

impl Status {
    /// Begins a job, or says how far the one is that is under way.
    pub(crate) async fn begin_job(
        &self,
        id: &str,
        kind: JobKind,
        request: &LambdaFunctionUrlRequest,
        caller: &Caller,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id = segment_id(id)?;
        let Segment { group, name } = self.segment(&id).await?;
        let now = self.stores.clock.now();
        let job = SegmentJob::begin(id, kind, format!("{group}/{name}"), caller.name.clone(), now);
        match self.stores.segment_jobs.begin(&job, now).await.map_err(failed)? {
            Begun::New(stored) => {
                self.stores.queues.send_job(&stored.job.id).await.map_err(failed)?;
                Ok(http::json(202, &self.job_json(&stored, now, request), &[]))
            }
            Begun::Before(stored) => self.watched(&stored, request).await,
        }
    }

    /// How far the last job of this kind is.
    pub(crate) async fn job(
        &self,
        id: &str,
        kind: JobKind,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let stored = self.last_job(&segment_id(id)?, kind).await?;
        self.watched(&stored, request).await
    }

    /// How far a job is. Whoever asks has it gone on with if its message may be lost: whoever sent that may have died before.
    async fn watched(
        &self,
        stored: &StoredJob,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let now = self.stores.clock.now();
        if stored.is_quiet(now) {
            self.stores.queues.send_job(&stored.job.id).await.map_err(failed)?;
        }
        Ok(http::json(200, &self.job_json(stored, now, request), &[]))
    }

    /// Leads to the file of the last export that has one.
    pub(crate) async fn exported(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let stored = self.last_job(&segment_id(id)?, JobKind::Export).await?;
        let no_export = |detail: &str| Err(HttpProblem::new(404, "no_export", detail));
        let Some(key) = stored.job.file() else {
            return no_export(match stored.state(self.stores.clock.now()) {
                JobState::Completed => "The segment has no members, so there is nothing to export.",
                JobState::Running => "The members are still being exported.",
                JobState::Failed => "The export failed. Export the segment again.",
            });
        };
        if self.stores.bucket.head(key).await.map_err(failed)?.is_none() {
            return no_export("The file has expired. Export the segment again.");
        }
        self.leads_to(key, "segment.csv").await
    }

    async fn last_job(&self, id: &SegmentId, kind: JobKind) -> Result<StoredJob, HttpProblem> {
        self.segment(id).await?;
        let stored = self.stores.segment_jobs.get(id, kind).await.map_err(failed)?;
        stored.ok_or_else(|| match kind {
            JobKind::Count => HttpProblem::new(404, "no_count", "The segment was not counted yet, or long ago."),
            JobKind::Export => HttpProblem::new(404, "no_export", "The segment was not exported yet, or long ago."),
        })
    }

    fn job_json(&self, stored: &StoredJob, now: Timestamp, request: &LambdaFunctionUrlRequest) -> Json {
        let (job, state) = (&stored.job, stored.state(now));
        let (written, ended_at) = match &job.phase {
            Phase::Counting { .. } => (0, None),
            Phase::Writing { written, .. } => (*written, None),
            Phase::Completed { at, .. } => (job.members, Some(*at)),
            Phase::Failed { at } => (0, Some(*at)),
        };
        let itself = format!("{}/segments/{}/{}", self.base(request), job.id.segment, job.id.kind.word());
        let file = job.file().map(|_| format!("{itself}/file"));
        let mut json = json!({
            "kind": job.id.kind.word(),
            "state": state.word(),
            "members": job.members,
            "created_at": Timestamp::from_millisecond(job.id.begun).ok(),
            "created_by": job.begun_by,
            "ended_at": ended_at.or_else(|| (state == JobState::Failed).then_some(stored.saved)),
            "links": { "self": itself },
        });
        if job.id.kind == JobKind::Export {
            json["written"] = written.into();
            json["links"]["file"] = file.into();
        }
        json
    }
}
