//! Create, update and delete, each as a plan with review, undo and read-back.

use serde_json::{Map, Value, json};

use super::definition::Entity;
use super::field::EntityField;
use super::values::{EntityValues, properties};
use crate::core::{
    Action, ActionInfo, BindingSource, ChangeBuilder, Changes, CommitTool, Failure, Intent, Lookup,
    Method, PrepareContext, PreparedResult, Route, StoreView, Tier, schema,
};
use crate::magento::{Condition, Criteria, Filter, SearchPage, projection};

impl Entity {
    /// The tools that create, update and delete, as far as the entity has routes for that.
    #[must_use]
    pub fn writes(self) -> Vec<Action> {
        let create = self.create.map(|(route, known_by)| self.create_action(route, known_by));
        let update = self.update.map(|_| self.update_action());
        let delete = self.delete.map(|route| self.delete_action(route));
        [create, update, delete].into_iter().flatten().collect()
    }

    fn info(self, verb: &str, title: String, description: String) -> ActionInfo<String> {
        ActionInfo { name: format!("prepare_{verb}_{}", self.noun), title, description }
    }

    fn commit(self, verb: &str) -> CommitTool {
        CommitTool::new(format!("commit_{verb}_{}", self.noun)).subject_as(self.noun)
    }

    fn create_action(self, route: Route<0>, known_by: &'static str) -> Action {
        let info = self.info(
            "create",
            format!("Plan a new {}", self.label),
            format!(
                "Plans a new {}. No other may have its {known_by}, by which it is found again.",
                self.label
            ),
        );
        let mut changes = Changes::of(self.kind, self.search).post(route);
        if let Some(delete) = self.delete {
            changes = changes.delete(delete);
        }
        let input = move || {
            let required = self.fields.iter().filter(|field| field.is_required());
            let required: Vec<_> = required.map(EntityField::name).collect();
            schema::of_value(json!({
                "type": "object", "properties": properties(self.fields), "required": required
            }))
        };
        let handler = move |args: &Map<String, Value>, context: &PrepareContext| {
            self.create(route, known_by, args, context)
        };
        Action::prepare(handler, info, self.commit("create"))
            .tier(Tier::Risk)
            .input(input)
            .changes(changes)
    }

    fn update_action(self) -> Action {
        let info = self.info(
            "update",
            format!("Plan a change of a {}", self.label),
            format!("Plans to set fields of a {} and leaves the others as they are.", self.label),
        );
        let input = move || {
            let updates = EntityValues::schema(self.fields).to_value();
            self.id_schema(&["updates"], &json!({ "updates": updates }))
        };
        let handler = move |args: &Map<String, Value>, context: &PrepareContext| {
            self.prepare_update(args, context)
        };
        Action::prepare(handler, info, self.commit("update"))
            .tier(Tier::Risk)
            .input(input)
            .changes(self.changes())
    }

    fn delete_action(self, route: Route<1>) -> Action {
        let info = self.info(
            "delete",
            format!("Plan to delete a {}", self.label),
            format!("Plans to delete a {} for good.", self.label),
        );
        let handler = move |args: &Map<String, Value>, context: &PrepareContext| {
            self.delete(route, args, context)
        };
        Action::prepare(handler, info, self.commit("delete"))
            .tier(Tier::Risk)
            .input(move || self.id_schema(&[], &json!({})))
            .changes(Changes::of(self.kind, self.one).delete(route))
    }

    fn create(
        self,
        route: Route<0>,
        known_by: &'static str,
        args: &Map<String, Value>,
        context: &PrepareContext,
    ) -> Result<PreparedResult, Failure> {
        let values = EntityValues::read(args, self.fields, "")?;
        let lacks =
            |field: &&EntityField| field.is_required() && values.get(field.name()).is_none();
        if let Some(field) = self.fields.iter().find(lacks) {
            return Err(Failure::argument(field.name(), "a new one needs it"));
        }
        let Some(key) = values.get(known_by).and_then(Value::as_str) else {
            return Err(Failure::argument(known_by, "a new one is found again by it"));
        };
        self.must_be_new(known_by, key, context)?;
        let mut change = ChangeBuilder::of(self.kind, key).only_if_absent();
        let post = change.step(route.step(Method::Post, [], StoreView::Global));
        values.set(&mut change, post, &self.root());
        match self.delete {
            Some(delete) => {
                let id = BindingSource::FromResponse(["/", self.id_member].concat());
                change.undo_step(delete.step(Method::Delete, [id], StoreView::Global));
            }
            None => change.cannot_be_undone(format!("a {} cannot be deleted here", self.noun)),
        }
        let lookup = Lookup::found_by(self.search, known_by, key, StoreView::Global);
        let mut draft = context.draft(&Intent {
            summary: format!("create the {} `{key}`", self.label),
            view: StoreView::Global,
            lookup,
        });
        draft.add([change.done()?])?;
        draft.propose()
    }

    fn must_be_new(
        self,
        known_by: &str,
        key: &str,
        context: &PrepareContext,
    ) -> Result<(), Failure> {
        let criteria =
            Criteria::new().filter(Filter::new(known_by, Condition::Eq, key)?).page(1, 1);
        let found: SearchPage<Value> =
            context.get(&self.search.read([]).search(&criteria).in_view(StoreView::Global))?;
        match found.items.first() {
            None => Ok(()),
            Some(_) => Err(Failure::argument(
                known_by,
                format!("there is a {} with the {known_by} `{key}`", self.label),
            )
            .remedy("give another, or change the one there is")),
        }
    }

    /// The change that sets these values of one of them, of which `before` is what the store answers
    /// now: its id, and the members that are sent along.
    ///
    /// # Errors
    /// When the entity has no route for it, or `before` no id.
    pub fn update(self, before: &Value, values: &EntityValues) -> Result<ChangeBuilder, Failure> {
        let Some(route) = self.update else {
            return Err(Failure::internal(format!("a {} cannot be changed", self.label)));
        };
        let label = self.searched_in.first().and_then(|member| before.get(member)?.as_str());
        let id = self.id_in(before)?.to_string();
        let mut change = ChangeBuilder::of(self.kind, id).label(label);
        let put = change.step(route.step(Method::Put, [BindingSource::Subject], StoreView::Global));
        for member in self.sent_along {
            let value = before.get(member).cloned().unwrap_or_default();
            change.constant(put, &[&self.root(), "/", member].concat(), value);
        }
        values.set(&mut change, put, &self.root());
        Ok(change)
    }

    /// How the host reads those whose values are set: one by one or many at once, and of each only
    /// what is shown.
    ///
    /// # Errors
    /// Never for fields with the names of fields.
    pub fn lookup(self, values: &EntityValues) -> Result<Lookup, Failure> {
        let mut members = vec![self.id_member];
        members.extend(self.sent_along.iter().chain(self.searched_in));
        members.extend(values.iter().map(|(field, _)| field.member_name()));
        let mut seen = Vec::new();
        members.retain(|member| {
            let is_new = !seen.contains(member);
            seen.push(*member);
            is_new
        });
        let one = self.one.read_by([BindingSource::Subject]).query("fields", &members.join(","));
        let projection = projection(members)?;
        Ok(Lookup::one(one.in_view(StoreView::Global)).searched(
            self.search,
            self.id_argument,
            self.id_member,
            &projection,
        ))
    }

    fn prepare_update(
        self,
        args: &Map<String, Value>,
        context: &PrepareContext,
    ) -> Result<PreparedResult, Failure> {
        let id = self.id_of(args)?;
        let updates = args.get("updates").and_then(Value::as_object).cloned().unwrap_or_default();
        let values = EntityValues::read(&updates, self.fields, "updates")?;
        let change = self.update(&self.read(context, id)?, &values)?;
        let summary = format!("set {} of the {} {id}", values.names(), self.label);
        let lookup = self.lookup(&values)?;
        let mut draft = context.draft(&Intent { summary, view: StoreView::Global, lookup });
        draft.add([change.done()?])?;
        draft.propose()
    }

    fn delete(
        self,
        route: Route<1>,
        args: &Map<String, Value>,
        context: &PrepareContext,
    ) -> Result<PreparedResult, Failure> {
        let id = self.id_of(args)?;
        let before = self.read(context, id)?;
        let mut change = ChangeBuilder::of(self.kind, id.to_string());
        change.step(route.step(Method::Delete, [BindingSource::Subject], StoreView::Global));
        change.expect(self.id_argument, &["/", self.id_member].concat(), None);
        for field in self.fields.iter().filter(|field| before.pointer(&field.pointer()).is_some()) {
            change.expect(field.name(), &field.pointer(), None);
        }
        change.cannot_be_undone("what is deleted is gone: a new one gets another id");
        let summary = format!("delete the {} {id}", self.label);
        let mut draft = context.draft(&self.changes().intent(summary, StoreView::Global));
        draft.add([change.done()?])?;
        draft.propose()
    }
}
