//! A request of somebody who is signed in.

use crate::asked::Asked;
use crate::member::Member;

/// What a member asks.
pub(crate) struct Visit<'a> {
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) member: &'a Member,
}
