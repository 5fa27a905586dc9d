//! Counting and exporting the members of a segment, a step a message.
//!
//! A step is saved upon the one before, and then the message of the next one is sent. So of two functions that take the same
//! step one is superseded and leaves, and a function that dies in between gets its message again.

use std::time::Duration;

use domain::customer::CustomerId;
use domain::segment_job::{JobId, JobState, Members, Phase, SegmentJob, header, line};
use jiff::Timestamp;
use runtime::invocation::Invocation;
use steps::StepError;
use stores::bucket::ObjectWriter;

use crate::Finisher;

/// How long a step takes: short, so that an import that is to end does not wait for a large segment. Only joining the pieces of an
/// export takes longer.
pub(crate) const STEP: Duration = Duration::from_secs(60);
/// What is left of an invocation for the last part of a piece, and for joining the pieces.
const RESERVE: Duration = Duration::from_secs(30);
/// Members that are read at a time.
const MEMBERS_AT_ONCE: usize = 250;

impl Finisher {
    /// Goes on with a job, if it is still the segment's last one of its kind.
    pub(crate) async fn go_on_with(&self, id: &JobId, invocation: Invocation<'_>) -> Result<(), StepError> {
        let jobs = &self.stores.segment_jobs;
        let Some(stored) = jobs.get(&id.segment, id.kind).await? else { return Ok(()) };
        // One that was given up meanwhile stays so, as its caller was told.
        if stored.job.id != *id || stored.state(self.stores.clock.now()) != JobState::Running {
            return Ok(());
        }
        let mut job = stored.job;
        let stop_at = invocation.stop_at(RESERVE).min(self.stores.clock.now() + self.job_step);
        match self.take_step(&mut job, invocation.owner, stop_at).await {
            Err(error) if error.can_retry() => return Err(error),
            Err(error) => {
                tracing::error!(%error, kind = id.kind.word(), "a job on a segment's members is given up");
                job.fail(self.stores.clock.now());
            }
            Ok(()) => {}
        }
        let saved = jobs.save(&mut job, self.stores.clock.now()).await?;
        if saved.is_done() && job.is_under_way() {
            self.stores.queues.send_job(id).await?;
        }
        Ok(())
    }

    async fn take_step(&self, job: &mut SegmentJob, owner: &str, stop_at: Timestamp) -> Result<(), StepError> {
        let clock = &self.stores.clock;
        while let Phase::Counting { after, .. } = &job.phase {
            let members = self.members(job, *after).await?;
            job.count(&members, clock.now());
            if clock.now() >= stop_at {
                return Ok(());
            }
        }
        if self.write_piece(job, owner, stop_at).await? {
            self.join_pieces(job).await?;
            job.complete(clock.now());
        }
        Ok(())
    }

    /// Writes as many members as there is time for. Gives whether those were the last.
    async fn write_piece(&self, job: &mut SegmentJob, owner: &str, stop_at: Timestamp) -> Result<bool, StepError> {
        let mut writer = self.stores.bucket.writer(&job.piece(owner).to_string(), "text/csv; charset=utf-8");
        let written = self.write_members(job, &mut writer, stop_at).await;
        if written.is_err() {
            writer.abort().await;
        }
        let Some((count, cursor)) = written? else { return Ok(false) };
        writer.close().await?;
        Ok(job.add_piece(owner, count, cursor))
    }

    /// Gives how many members were written, and after whom the next piece goes on; none if nothing is to be written.
    async fn write_members(
        &self,
        job: &SegmentJob,
        writer: &mut ObjectWriter<'_>,
        stop_at: Timestamp,
    ) -> Result<Option<(u64, Option<CustomerId>)>, StepError> {
        let Phase::Writing { after, columns, pieces, .. } = &job.phase else { return Ok(None) };
        if pieces.is_empty() {
            writer.write(&header(columns)).await?;
        }
        let (mut count, mut after) = (0, *after);
        loop {
            let members = self.members(job, after).await?;
            for member in &members.customers {
                writer.write(&line(columns, member, &job.segment)).await?;
            }
            count += members.customers.len() as u64;
            after = members.cursor;
            if after.is_none() || self.stores.clock.now() >= stop_at {
                return Ok(Some((count, after)));
            }
        }
    }

    /// Makes one file of several pieces. The pieces expire, as the file does.
    async fn join_pieces(&self, job: &SegmentJob) -> Result<(), StepError> {
        let Phase::Writing { pieces, .. } = &job.phase else { return Ok(()) };
        if pieces.len() == 1 {
            return Ok(());
        }
        let mut writer = self.stores.bucket.writer(&job.whole().to_string(), "text/csv; charset=utf-8");
        for owner in pieces {
            let copied = self.copy(&job.piece(owner).to_string(), &mut writer).await;
            if copied.is_err() {
                writer.abort().await;
            }
            copied?;
        }
        Ok(writer.close().await?)
    }

    async fn copy(&self, key: &str, writer: &mut ObjectWriter<'_>) -> Result<(), StepError> {
        let mut body = self.stores.bucket.stream(key).await?;
        while let Some(bytes) = body.next().await? {
            writer.write(&bytes).await?;
        }
        Ok(())
    }

    async fn members(&self, job: &SegmentJob, after: Option<CustomerId>) -> Result<Members, StepError> {
        Ok(self.segments.members(&self.customers, &job.id.segment, MEMBERS_AT_ONCE, after).await?)
    }
}
