//! The operator's rules, and the one decision over them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use souk_model::{Callers, Principal};

use crate::call_facts::CallFacts;
use crate::caller_limits::CallerLimits;
use crate::ceiling::Ceiling;
use crate::effect::EffectKind;
use crate::mask::Mask;
use crate::mask_rule::MaskRule;
use crate::principal_pattern::PrincipalPattern;
use crate::refusal::Refusal;
use crate::rule_origin::RuleOrigin;
use crate::tool_profile::ToolProfile;

/// Everything the operator decided about who may call what.
///
/// Built by the binary alone, from flags, environment and files; there is no other way in. A
/// principal's own limits come on top of those for everybody and can only narrow them.
///
/// Who is known by which token is one of them: so whoever decides by these rules decides about the
/// same callers, whatever was in force when a caller was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    everybody: Ceiling,
    principals: BTreeMap<String, Vec<CallerLimits>>,
    roles: BTreeMap<String, CallerLimits>,
    /// The roles of those that the operator gave any.
    roles_of: BTreeMap<String, Vec<String>>,
    /// The roles that scopes stand for.
    scopes: BTreeMap<String, Vec<String>>,
    session_groups: BTreeSet<String>,
    mask_rules: BTreeSet<(RuleOrigin, MaskRule)>,
    operators: Vec<PrincipalPattern>,
    callers: Arc<Callers>,
}

/// Limits that a call is held to, and what they say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedLimits {
    /// Whose.
    pub of: String,
    /// What is set, and who set it.
    pub limits: Vec<(RuleOrigin, String)>,
    /// Why they refuse the call; none where they let it pass.
    pub refused: Option<Refusal>,
    /// Whether they are a role's, of which one that lets it pass is enough.
    pub is_role: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}

impl Rules {
    /// No limits, and `auth` and `scope` as the groups that may touch a session.
    #[must_use]
    pub fn new() -> Self {
        Self {
            everybody: Ceiling::new(),
            principals: BTreeMap::new(),
            roles: BTreeMap::new(),
            roles_of: BTreeMap::new(),
            scopes: BTreeMap::new(),
            session_groups: ["auth", "scope"].map(str::to_owned).into(),
            mask_rules: BTreeSet::new(),
            operators: Vec::new(),
            callers: Arc::new(Callers::open()),
        }
    }

    /// Limits for everybody, in place of none. Each source adds to them before they come here.
    #[must_use]
    pub fn for_everybody(mut self, limits: Ceiling) -> Self {
        self.everybody = limits;
        self
    }

    /// Whom the operator knows of those who call over a network, in place of everybody.
    #[must_use]
    pub fn known_callers(mut self, callers: Callers) -> Self {
        self.callers = Arc::new(callers);
        self
    }

    /// Whom the operator knows of those who call over a network.
    #[must_use]
    pub fn callers(&self) -> Arc<Callers> {
        self.callers.clone()
    }

    /// Limits for one principal, by the operator's name for it, on top of everybody's.
    #[must_use]
    pub fn for_principal(
        mut self,
        name: impl Into<String>,
        limits: impl Into<CallerLimits>,
    ) -> Self {
        self.principals.entry(name.into()).or_default().push(limits.into());
        self
    }

    /// What whoever has this role is held to.
    #[must_use]
    pub fn role(mut self, name: impl Into<String>, limits: CallerLimits) -> Self {
        self.roles.insert(name.into(), limits);
        self
    }

    /// Gives a principal these roles: whatever it calls, one of them has to allow all of it. Without
    /// any it is held to what everybody is, and to what is said of it alone.
    #[must_use]
    pub fn give_roles<N: Into<String>>(
        mut self,
        principal: impl Into<String>,
        roles: impl IntoIterator<Item = N>,
    ) -> Self {
        self.roles_of.insert(principal.into(), roles.into_iter().map(Into::into).collect());
        self
    }

    /// Names the only groups that may touch a session, in place of `auth` and `scope`.
    #[must_use]
    pub fn session_groups<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.session_groups = names.into_iter().map(Into::into).collect();
        self
    }

    /// Names those who may read the audit trail, in place of nobody.
    #[must_use]
    pub fn operators(mut self, those: impl IntoIterator<Item = PrincipalPattern>) -> Self {
        self.operators = those.into_iter().collect();
        self
    }

    /// Whether the principal may read the audit trail, which tells of every caller's calls. Whom another
    /// service vouches for is not meant where everybody is: only by a name, or the beginning of one, that
    /// says so, and with a scope that stands for a role.
    ///
    /// # Errors
    /// By the rules `caller` and `operators`.
    pub fn check_operator(&self, principal: &Principal) -> Result<(), Refusal> {
        self.check_caller(principal)?;
        let has_role = || self.roles_of(principal).is_some_and(|roles| !roles.is_empty());
        let means = |those: &PrincipalPattern| {
            those.matches(principal)
                && (!principal.is_vouched_for() || those.means_vouched() && has_role())
        };
        if self.operators.iter().any(means) {
            return Ok(());
        }
        Err(Refusal::new(
            "operators",
            format!("`{principal}` may not read the audit trail"),
            "the operator names those who may under `policy.operators`, and reads it with `souk audit`",
        ))
    }

    /// Masks personal data for these principals in what these groups answer. Of several such rules
    /// each counts; none can show what another masks.
    #[must_use]
    pub fn mask(mut self, rule: MaskRule, origin: RuleOrigin) -> Self {
        self.mask_rules.insert((origin, rule));
        self
    }

    /// Whether personal data is masked for this principal in what this group answers.
    #[must_use]
    pub fn mask_for(&self, principal: &Principal, group: &str) -> Mask {
        let found = self.mask_rules.iter().find(|(_, rule)| rule.covers(principal, group));
        let origin = found.map(|(origin, _)| origin).or_else(|| self.masked_by(principal));
        origin.map_or(Mask::OFF, |origin| Mask::set_by(origin.clone()))
    }

    /// Whether personal data is masked for this principal in what this tool answers: by a rule, by what
    /// is said of it alone, or by a role of its that allows the tool where no other does that masks
    /// nothing, in every store and store view of that one.
    #[must_use]
    pub fn mask_for_tool(&self, principal: &Principal, tool: &ToolProfile<'_>) -> Mask {
        let rule = self.mask_rules.iter().find(|(_, rule)| rule.covers(principal, tool.group));
        let rule = rule.map(|(origin, _)| origin).or_else(|| self.masked_alone(principal));
        let origin = rule.or_else(|| {
            let roles = self.roles_that_allow(principal, &CallFacts::of(*tool));
            let (masking, open): (Vec<_>, Vec<_>) =
                roles.into_iter().partition(|role| role.masked_by().is_some());
            let only = |role: &&CallerLimits| !open.iter().any(|open| open.reach_all_of(role));
            masking.into_iter().find(only)?.masked_by()
        });
        origin.map_or(Mask::OFF, |origin| Mask::set_by(origin.clone()))
    }

    /// Whether personal data is masked for this principal in what any group answers: where the group
    /// is not known, as on the audit trail, that is masked too.
    #[must_use]
    pub fn mask_for_any_group(&self, principal: &Principal) -> Mask {
        let found = self.mask_rules.iter().find(|(_, rule)| rule.covers_principal(principal));
        let origin = found.map(|(origin, _)| origin).or_else(|| self.masked_by(principal));
        origin.map_or(Mask::OFF, |origin| Mask::set_by(origin.clone()))
    }

    /// Whether plugins of this group may touch a session.
    #[must_use]
    pub fn is_session_group(&self, group: &str) -> bool {
        self.session_groups.contains(group)
    }

    /// Whether the principal may see and call the tool.
    ///
    /// # Errors
    /// As [`decide_call`](Self::decide_call).
    pub fn decide(&self, principal: &Principal, tool: &ToolProfile<'_>) -> Result<(), Refusal> {
        self.decide_call(principal, &CallFacts::of(*tool)).map(drop)
    }

    /// Whether the principal may make the call, as far as it is known; and under which of its roles.
    ///
    /// # Errors
    /// The first rule that refuses, of: `caller`, `session-effect`, then for everybody, after that for
    /// this principal and last for each of its roles `deny-list`, `allow-list`, `read-only`,
    /// `tier-ceiling`, `stores`, `store-views`, `max-refund`; and `role` where it has none of those that
    /// it should have. Where no role allows it, what the one says that allows most of it.
    pub fn decide_call(
        &self,
        principal: &Principal,
        facts: &CallFacts<'_>,
    ) -> Result<Vec<&str>, Refusal> {
        self.check_caller(principal)?;
        self.check_session(&facts.tool)?;
        self.everybody.check(&facts.tool, "")?;
        self.decide_alone(principal, facts)
    }

    /// Whether the principal may make all of these calls under one of its roles, since they are one to
    /// whoever makes them; and under which.
    ///
    /// # Errors
    /// As [`decide_call`](Self::decide_call); `role` where each is allowed by some role and all by none.
    pub fn decide_together(
        &self,
        principal: &Principal,
        calls: &[CallFacts<'_>],
    ) -> Result<Vec<&str>, Refusal> {
        let mut together: Option<Vec<&str>> = None;
        for facts in calls {
            let roles = self.decide_call(principal, facts)?;
            match &mut together {
                Some(together) => together.retain(|role| roles.contains(role)),
                None => together = Some(roles),
            }
        }
        match together {
            Some(roles) if roles.is_empty() && self.roles_of(principal).is_some() => {
                let names: Vec<String> =
                    calls.iter().map(|facts| format!("`{}`", facts.tool.name)).collect();
                Err(Refusal::new(
                    "role",
                    format!("no role of `{principal}` alone allows all of {}", names.join(", ")),
                    "the operator allows all of it in one role, under `roles`",
                ))
            }
            roles => Ok(roles.unwrap_or_default()),
        }
    }

    /// The same by what is said of this principal and its roles alone.
    ///
    /// # Errors
    /// As [`decide_call`](Self::decide_call).
    pub fn decide_alone(
        &self,
        principal: &Principal,
        facts: &CallFacts<'_>,
    ) -> Result<Vec<&str>, Refusal> {
        let own = self.own_limits(principal);
        own.iter().try_for_each(|limits| limits.check(facts, &format!(" for `{principal}`")))?;
        self.check_roles(principal, facts)
    }

    /// What is said of everybody.
    #[must_use]
    pub const fn everybody(&self) -> &Ceiling {
        &self.everybody
    }

    /// What whoever has this role is held to.
    #[must_use]
    pub fn limits_of_role(&self, name: &str) -> Option<&CallerLimits> {
        self.roles.get(name)
    }

    /// What the call is held to and what each of that says of it, from the outside inwards.
    #[must_use]
    pub fn explain(&self, principal: &Principal, facts: &CallFacts<'_>) -> Vec<ExplainedLimits> {
        let mut layers = vec![ExplainedLimits {
            of: "everybody".to_owned(),
            limits: self.everybody.describe(),
            refused: self.everybody.allows(&facts.tool).err(),
            is_role: false,
        }];
        for limits in self.own_limits(principal) {
            layers.push(ExplainedLimits {
                of: format!("`{principal}`"),
                limits: limits.describe(),
                refused: limits.allows(facts).err(),
                is_role: false,
            });
        }
        for name in self.roles_of(principal).unwrap_or_default() {
            let Some(role) = self.roles.get(name) else { continue };
            layers.push(ExplainedLimits {
                of: format!("the role `{name}`"),
                limits: role.describe(),
                refused: role.allows(facts).err(),
                is_role: true,
            });
        }
        layers
    }

    /// Whether anything is said of this principal that is not said of everybody.
    #[must_use]
    pub fn limits_alone(&self, principal: &Principal) -> bool {
        !self.own_limits(principal).is_empty() || self.roles_of(principal).is_some()
    }

    fn own_limits(&self, principal: &Principal) -> &[CallerLimits] {
        self.principals.get(principal.as_str()).map_or(&[][..], Vec::as_slice)
    }

    /// The roles that a principal was given, by name; none where it needs none.
    #[must_use]
    pub fn roles_of(&self, principal: &Principal) -> Option<Vec<&str>> {
        let own = self.roles_of.get(principal.as_str());
        if !principal.is_vouched_for() {
            return own.map(|own| own.iter().map(String::as_str).collect());
        }
        let mut names: Vec<&str> = own.into_iter().flatten().map(String::as_str).collect();
        for (scope, roles) in &self.scopes {
            // Of somebody who is only spoken of the scopes are not known; then none counts.
            if principal.access().is_some_and(|access| access.has(scope)) {
                names.extend(roles.iter().map(String::as_str));
            }
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        Some(names)
    }

    /// Has a scope of those whom another service vouches for stand for these roles. Whoever has no scope
    /// that stands for any may nothing.
    #[must_use]
    pub fn scope<N: Into<String>>(
        mut self,
        name: impl Into<String>,
        roles: impl IntoIterator<Item = N>,
    ) -> Self {
        self.scopes.insert(name.into(), roles.into_iter().map(Into::into).collect());
        self
    }

    /// The scopes that stand for roles, in the order of their names.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.keys().map(String::as_str)
    }

    /// The scope that whoever another service vouches for lacks to make this call, where one alone would
    /// do.
    #[must_use]
    pub fn missing_scope(&self, principal: &Principal, facts: &CallFacts<'_>) -> Option<&str> {
        let access = principal.access()?;
        let refusal = self.decide_call(principal, facts).err()?;
        // What is said of everybody, or of this caller alone, no scope lifts.
        if refusal.rule == "caller" {
            return None;
        }
        self.scopes().filter(|scope| !access.has(scope)).find(|scope| {
            let with = principal.clone().with_access(access.with(scope));
            self.decide_call(&with, facts).is_ok()
        })
    }

    /// Those of the principal's roles that allow the call.
    fn roles_that_allow<'r>(
        &'r self,
        principal: &Principal,
        facts: &CallFacts<'_>,
    ) -> Vec<&'r CallerLimits> {
        let names = self.roles_of(principal).unwrap_or_default();
        let known = names.into_iter().filter_map(|name| self.roles.get(name));
        known.filter(|role| role.check(facts, "").is_ok()).collect()
    }

    fn check_roles(
        &self,
        principal: &Principal,
        facts: &CallFacts<'_>,
    ) -> Result<Vec<&str>, Refusal> {
        let Some(names) = self.roles_of(principal) else { return Ok(Vec::new()) };
        let mut refused = None;
        let mut allowing = Vec::new();
        for name in names {
            let Some(role) = self.roles.get(name) else { continue };
            match role.check(facts, &format!(" for the role `{name}`")) {
                Ok(()) => allowing.push(name),
                // Of the role that allows most of it, since that is what is missing.
                Err(refusal) => {
                    if refused.as_ref().is_none_or(|first: &Refusal| {
                        CallerLimits::passed(first) < CallerLimits::passed(&refusal)
                    }) {
                        refused = Some(refusal);
                    }
                }
            }
        }
        if !allowing.is_empty() {
            return Ok(allowing);
        }
        Err(refused.unwrap_or_else(|| {
            Refusal::new(
                "role",
                format!("`{principal}` has no role, so it may not call `{}`", facts.tool.name),
                "the operator gives it one under `roles`, or has its scopes stand for one",
            )
        }))
    }

    /// Who set that personal data is masked for this principal alone.
    fn masked_alone(&self, principal: &Principal) -> Option<&RuleOrigin> {
        self.own_limits(principal).iter().find_map(CallerLimits::masked_by)
    }

    /// Who set that personal data is masked for this principal, or for any role of its.
    fn masked_by(&self, principal: &Principal) -> Option<&RuleOrigin> {
        let mut roles = self.roles_of(principal).unwrap_or_default();
        if principal.is_vouched_for() && principal.access().is_none() {
            // Which scopes it had is not known any more.
            roles.extend(self.scopes.values().flatten().map(String::as_str));
        }
        self.masked_alone(principal)
            .or_else(|| roles.into_iter().find_map(|name| self.roles.get(name)?.masked_by()))
    }

    /// Whether what comes through the principal's own client, or from a person behind it, can decide of
    /// plans.
    ///
    /// # Errors
    /// By the rule `decides`.
    pub fn check_deciding(&self, principal: &Principal) -> Result<(), Refusal> {
        let roles = self.roles_of(principal).unwrap_or_default();
        let own = self.own_limits(principal).iter().find_map(CallerLimits::not_deciding_by);
        let role = || roles.into_iter().find_map(|name| self.roles.get(name)?.not_deciding_by());
        match own.or_else(role) {
            None => Ok(()),
            Some(origin) => Err(Refusal::new(
                "decides",
                format!("nobody behind `{principal}` decides of plans, as {origin} says"),
                "another person decides",
            )),
        }
    }

    /// Whether whoever came by a token still may by these rules: the token may be another's by now,
    /// or nobody's.
    ///
    /// # Errors
    /// By the rule `caller`.
    pub fn check_caller(&self, principal: &Principal) -> Result<(), Refusal> {
        let has_come = principal.token().is_some() || principal.access().is_some();
        if !has_come || self.callers.admits(principal) {
            return Ok(());
        }
        Err(Refusal::new(
            "caller",
            format!("`{principal}` is no longer known by the token that it came with"),
            "the operator hands out tokens; come again with one that is in force",
        ))
    }

    fn check_session(&self, tool: &ToolProfile<'_>) -> Result<(), Refusal> {
        if tool.effect != EffectKind::Session || self.is_session_group(tool.group) {
            return Ok(());
        }
        Err(Refusal::new(
            "session-effect",
            format!(
                "`{}` would change the session, and `{}` is not a group that may",
                tool.name, tool.group
            ),
            "only groups that the operator names for it may touch a session",
        ))
    }
}

#[cfg(test)]
mod role_tests;
#[cfg(test)]
mod tests;
