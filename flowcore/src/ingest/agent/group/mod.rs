mod member;
mod plan;
mod sink;

pub use sink::GroupError;

pub(super) use plan::{GroupPlan, MemberPlan};
