//! `souk policy`

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use serde_json::{Map, Value};
use souk_model::{AccessGrant, Failure, Principal, StoreView};
use souk_policy::decisions::DecisionFacts;
use souk_policy::{CallFacts, EffectKind, Refusal, RuleExample, RuleOrigin};
use souk_runtime::{LoadedTool, OperatorConfig, ToolTable};
use souk_state::people::People;

use crate::call_arguments;
use crate::cli::{ExplainArgs, PolicyCommand};
use crate::output::{complain, print};
use crate::setup::Setup;
use crate::wiring;

pub(crate) async fn run(setup: &Setup, command: PolicyCommand) -> anyhow::Result<ExitCode> {
    let PolicyCommand::Explain(asked) = command;
    let config = setup.operator_config()?;
    let registry = wiring::load(setup).await?;
    let tools = ToolTable::of(&registry.loaded());
    let principal = match asked.principal.strip_prefix(Principal::VOUCHED) {
        Some(subject) => {
            let grant = AccessGrant::new(asked.scopes.iter().cloned(), u64::MAX);
            Principal::by_access(subject, Arc::new(grant))
        }
        None => Principal::named(&asked.principal),
    };
    let Some(tool) = tools.tool(&asked.action) else {
        if let Some(failure) = tools.held_back(&asked.action, &config.rules, &principal) {
            let rule = failure.rule.clone().unwrap_or_default();
            print(&format!("no: {}\nrule: {rule}\n", failure.render()))?;
            return Ok(ExitCode::FAILURE);
        }
        let known = tools.tools().map(|tool| tool.tool().name.as_str());
        let meant = crate::settings::nearest(&asked.action, known);
        let hint = meant.map(|meant| format!("; is `{meant}` meant?")).unwrap_or_default();
        let action = &asked.action;
        complain(format_args!("there is no action `{action}`{hint}; `souk actions` lists them"));
        return Ok(ExitCode::FAILURE);
    };
    let question = Question { setup, config: &config, principal, tool, asked: &asked };
    let (text, code) = question.answer()?;
    print(&text)?;
    Ok(code)
}

struct Question<'q> {
    setup: &'q Setup,
    config: &'q OperatorConfig,
    principal: Principal,
    tool: &'q LoadedTool,
    asked: &'q ExplainArgs,
}

impl Question<'_> {
    fn answer(&self) -> anyhow::Result<(String, ExitCode)> {
        let arguments = call_arguments::parse(&self.asked.arguments, Some(self.tool.tool()))?;
        let view = self.view(&arguments);
        let refund =
            self.asked.refund.as_ref().map(|amount| {
                format!("{} refund={amount}", self.asked.action).parse::<RuleExample>()
            });
        let refund = refund.transpose().map_err(|error| anyhow!("{error}"))?;
        let profile = self.tool.profile();
        let writes =
            matches!(profile.effect, EffectKind::Prepare | EffectKind::Apply | EffectKind::Commit);
        let facts = CallFacts {
            store: self.asked.store.as_deref(),
            view: view.as_ref(),
            writes,
            money: refund.as_ref().map_or(&[][..], |example| example.facts().money),
            ..CallFacts::of(profile)
        };
        let roles = match self.config.rules.decide_call(&self.principal, &facts) {
            Ok(roles) => roles,
            Err(refusal) => return Ok((self.refused(refusal, &facts), ExitCode::FAILURE)),
        };
        if !self.asked.arguments.is_empty()
            && let Err(failure) = self.tool.check_arguments(arguments.into(), self.config.confirm)
        {
            let rule = failure.rule.clone().unwrap_or_else(|| "arguments".to_owned());
            return Ok((format!("no: {}\nrule: {rule}\n", failure.render()), ExitCode::FAILURE));
        }
        let (action, tier) = (&self.asked.action, profile.tier);
        let under = match roles.as_slice() {
            [] => String::new(),
            some => format!(", by the role `{}`", some.join("`, `")),
        };
        let effect = profile.effect.as_str();
        let mut text =
            format!("yes: `{}` may call `{action}` ({tier}, {effect}){under}\n", self.principal);
        text.push_str(&self.limits(&facts));
        let mask = self.config.rules.mask_for_tool(&self.principal, &profile);
        if mask.is_on() {
            let _ = writeln!(text, "personal data is {mask}");
        }
        if writes {
            text.push_str(&self.decision(&facts, &roles)?);
        }
        Ok((text, ExitCode::SUCCESS))
    }

    /// The view that is named, or that the arguments name.
    fn view(&self, arguments: &Map<String, Value>) -> Option<StoreView> {
        let below = |name: &str| arguments.get(name)?.get("store_view_code")?.as_str();
        let named = arguments.get("store_view_code").and_then(Value::as_str);
        let code = self.asked.view.as_deref().or(named).or_else(|| below("scope"))?;
        Some(if code == "all" { StoreView::Global } else { StoreView::View(code.to_owned()) })
    }

    fn refused(&self, refusal: Refusal, facts: &CallFacts<'_>) -> String {
        let (rule, origin) = (refusal.rule, refusal.origin.clone());
        let mut text = format!("no: {}\nrule: {rule}\n", Failure::from(refusal).render());
        if let Some(line) = origin.and_then(|origin| self.line(&origin)) {
            let _ = writeln!(text, "line: {line}");
        }
        text.push_str(&self.limits(facts));
        text
    }

    /// Everything that the call is held to, and by which line.
    fn limits(&self, facts: &CallFacts<'_>) -> String {
        let mut text = String::new();
        let layers = self.config.rules.explain(&self.principal, facts);
        // What alone refuses it is said above.
        let several = layers.iter().filter(|layer| layer.refused.is_some()).count() > 1;
        let is_allowed = self.config.rules.decide_call(&self.principal, facts).is_ok();
        for layer in layers {
            let verdict = match &layer.refused {
                None => "allows it",
                Some(_) => "refuses it",
            };
            let _ = writeln!(text, "  {} {verdict}", layer.of);
            for (origin, says) in &layer.limits {
                let line = self.line(origin).unwrap_or_else(|| origin.to_string());
                let _ = writeln!(text, "    {says} ({line})");
            }
            if let Some(refusal) = layer.refused.as_ref().filter(|_| several || is_allowed) {
                let _ = writeln!(text, "    that is: {}", refusal.message);
            }
        }
        text
    }

    /// The file and line of a rule.
    fn line(&self, origin: &RuleOrigin) -> Option<String> {
        let RuleOrigin::File { path, key } = origin else { return None };
        let mut given = self.setup.settings.given(key);
        let there = given.find(|given| given.source.origin(key) == *origin)?;
        Some(format!("{}:{}", path.display(), there.source.line()?))
    }

    /// Who has to decide of what it proposes or carries out.
    fn decision(&self, facts: &CallFacts<'_>, roles: &[&str]) -> anyhow::Result<String> {
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        let store = facts.store.unwrap_or_default();
        let stores = self.setup.stores().unwrap_or_default();
        let environment = stores.iter().find(|known| store.is_empty() || known.name == store);
        let facts = DecisionFacts {
            tier: facts.tool.tier,
            effect: match facts.tool.effect {
                EffectKind::Apply => EffectKind::Apply,
                _ => EffectKind::Commit,
            },
            group: facts.tool.group,
            tool: facts.tool.name,
            commit_tool: None,
            principal: self.principal.clone(),
            roles: &roles,
            store,
            environment: environment.map_or("", |store| store.environment.as_str()),
            subjects: 1,
            money: facts.money,
            may_move_money: facts.may_move_money,
        };
        let people = People::new(&self.setup.state_dir()?).list();
        let can_reach = people.map_or(true, |people| !people.is_empty());
        let required = self.config.decisions.require(&facts, can_reach);
        let line = self.line(&required.origin).unwrap_or_else(|| required.origin.to_string());
        Ok(format!("carrying it out wants {} ({line})\n", required.need.describe()))
    }
}
