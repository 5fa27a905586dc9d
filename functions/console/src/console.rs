//! The console: what it asks, and what it offers to whom.

use aws_config::SdkConfig;
use runtime::access::Access;
use runtime::deployment::Deployment;
use runtime::gate::Gate;
use runtime::keys::Role;
use stores::bucket::Bucket;
use stores::clock::Clock;
use stores::imports::Sessions;

use crate::api::Api;
use crate::member::Member;
use crate::tries::Tries;

/// The console and what it asks.
pub struct Console {
    pub(crate) api: Api,
    pub(crate) sessions: Sessions,
    pub(crate) gate: Gate,
    pub(crate) bucket: Bucket,
    pub(crate) clock: Clock,
    pub(crate) tries: Tries,
}

impl Console {
    /// The console over the stores at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, deployment: &Deployment) -> Self {
        // The functions of the API need no key from the console, which has looked at the session.
        let inside = Deployment { access: Access::Iam, ..deployment.clone() };
        Self {
            api: Api::new(sdk, &inside),
            sessions: Sessions::new(sdk, &deployment.resources),
            gate: Gate::new(sdk, deployment),
            bucket: Bucket::new(sdk, &deployment.resources),
            clock: Clock::from_sdk(sdk),
            tries: Tries::default(),
        }
    }

    /// Whether a member may read customers, and so samples of what they would become.
    pub(crate) fn may_read_customers(member: &Member) -> bool {
        member.caller.role >= status::needed_role("GET", &["customers"])
    }

    /// Whether a member may import, for pages that offer it.
    pub(crate) fn may_import(member: &Member) -> bool {
        member.caller.role >= Role::Import
    }
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").finish_non_exhaustive()
    }
}
