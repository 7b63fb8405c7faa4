//! Search and get.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::definition::Entity;
use crate::core::{
    Action, ActionInfo, AnyObject, Context, Failure, FailureCode, PassThrough, StoreView, schema,
};
use crate::magento::{
    Condition, Criteria, Direction, EntityId, Filter, ItemFields, Paging, Scan, SearchPage,
};

/// What a search finds, as the store answers it, with the fields that are shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct EntityPage(#[schemars(with = "SearchPage<AnyObject>")] SearchPage<Value>);

impl Entity {
    /// The tools that search and get.
    #[must_use]
    pub fn reads(self) -> [Action; 2] {
        [self.search_action(), self.get_action()].map(|action| self.spoken_of(action))
    }

    fn search_action(self) -> Action {
        let plural = self.plural();
        let looks = match self.searched_in {
            [] => String::new(),
            fields => format!(" whose {} holds a text", fields.join(" or ")),
        };
        let info = ActionInfo {
            name: format!("search_{plural}"),
            title: format!("Search {}s", self.label),
            description: format!(
                "Finds {}s{looks}, sorted by id, a page at a time. Answers items, and total_count \
                 over all pages.",
                self.label
            ),
        };
        Action::query(move |args: &Map<String, Value>, context| self.search(args, context), info)
            .input(move || self.search_schema())
            .reads(self.search)
    }

    fn get_action(self) -> Action {
        let info = ActionInfo {
            name: format!("get_{}", self.noun),
            title: format!("Get a {}", self.label),
            description: format!("Reads everything about a {} by its id.", self.label),
        };
        Action::query(move |args: &Map<String, Value>, context| self.get(args, context), info)
            .input(move || self.id_schema(&[], &json!({})))
            .reads(self.one)
    }

    fn search_schema(self) -> Schema {
        let mut properties = Map::new();
        if !self.searched_in.is_empty() {
            let description = format!(
                "Text that the {} holds; everything if left out.",
                self.searched_in.join(" or the ")
            );
            let query = json!({"type": "string", "minLength": 1, "description": description});
            properties.insert("query".to_owned(), query);
        }
        for field in self.fields.iter().filter(|field| self.filters.contains(&field.name())) {
            properties.insert(field.name().to_owned(), field.schema());
        }
        if let Some(Value::Object(paging)) =
            Paging::json_schema(&mut SchemaGenerator::default()).get("properties")
        {
            properties.extend(paging.clone());
        }
        if !self.listed.is_empty() {
            let mut fields = ItemFields::json_schema(&mut SchemaGenerator::default()).to_value();
            fields["description"] = "These fields of each item; [\"*\"] for all.".into();
            properties.insert("fields".to_owned(), fields);
        }
        schema::of_value(json!({"type": "object", "properties": properties}))
    }

    /// The schema of arguments that name one by its id, beside others.
    pub(super) fn id_schema(self, required: &[&str], others: &Value) -> Schema {
        let mut id = EntityId::json_schema(&mut SchemaGenerator::default()).to_value();
        id["description"] =
            format!("The {}'s id, as the search for {} answers it.", self.noun, self.plural())
                .into();
        let mut properties = Map::from_iter([(self.id_argument.to_owned(), id)]);
        properties.extend(others.as_object().cloned().unwrap_or_default());
        let required: Vec<&str> = [self.id_argument].iter().chain(required).copied().collect();
        schema::of_value(json!({"type": "object", "properties": properties, "required": required}))
    }

    fn search(self, args: &Map<String, Value>, context: &Context) -> Result<EntityPage, Failure> {
        let mut criteria = Criteria::new();
        if let Some(text) = args.get("query").and_then(Value::as_str) {
            let holds = |field: &&str| Filter::contains(field, text);
            criteria =
                criteria.any(self.searched_in.iter().map(holds).collect::<Result<Vec<_>, _>>()?);
        }
        for field in self.fields.iter().filter(|field| self.filters.contains(&field.name())) {
            let Some(value) = args.get(field.name()) else { continue };
            let value = field.checked(value).map_err(|why| {
                Failure::argument(field.name(), format!("`{}` {why}", field.name()))
            })?;
            let value = match &value {
                Value::String(text) => text.clone(),
                Value::Bool(yes) => u8::from(*yes).to_string(),
                other => other.to_string(),
            };
            criteria = criteria.filter(Filter::new(field.name(), Condition::Eq, value)?);
        }
        let paging = Paging::deserialize(&Value::Object(args.clone()))
            .map_err(|error| Failure::argument("", error.to_string()))?;
        let criteria = paging.of(criteria.sort(self.id_argument, Direction::Asc)?);
        // Values are the same in every view; `all` cannot have been removed.
        let search = self.search.read([]).search(&criteria).in_view(StoreView::Global);
        let mut page: SearchPage<Value> = context.get(&search)?;
        if !self.listed.is_empty() {
            let fields = args.get("fields").map(ItemFields::deserialize).transpose();
            let fields = fields.map_err(|error| Failure::argument("fields", error.to_string()))?;
            fields.unwrap_or_default().keep_in(&mut page.items, self.listed)?;
        }
        Ok(EntityPage(page))
    }

    fn get(
        self,
        args: &Map<String, Value>,
        context: &Context,
    ) -> Result<PassThrough<AnyObject>, Failure> {
        let id = self.id_of(args)?.to_string();
        context
            .pass_on(&self.one.read([&id]).in_view(StoreView::Global))
            .map_err(|failure| self.or_missing(failure, &id))
    }

    /// The id among the arguments.
    pub(super) fn id_of(self, args: &Map<String, Value>) -> Result<u64, Failure> {
        let id = args.get(self.id_argument).and_then(EntityId::of).map(EntityId::get);
        id.ok_or_else(|| {
            Failure::argument(self.id_argument, "an id is a whole number above 0".to_owned())
        })
    }

    /// One of them, as the store answers it.
    ///
    /// # Errors
    /// That there is none of this id; what reading meets.
    pub fn read(self, context: &Context, id: u64) -> Result<Value, Failure> {
        let id = id.to_string();
        context
            .get(&self.one.read([&id]).in_view(StoreView::Global))
            .map_err(|failure| self.or_missing(failure, &id))
    }

    /// All that fit the criteria, which have no sort, no page and no fields; of each the id and these
    /// members.
    ///
    /// # Errors
    /// When a member is not a field's name.
    pub fn scan<'context>(
        self,
        context: &'context Context,
        criteria: Criteria,
        members: &[&str],
    ) -> Result<Scan<'context>, Failure> {
        let members = [self.id_member].into_iter().chain(members.iter().copied());
        let criteria = criteria.fields(crate::magento::projection(members)?);
        Ok(Scan::new(context, self.search, criteria, self.id_argument)
            .identified_by(self.id_member))
    }

    /// The id of one of them, as the store answered it.
    ///
    /// # Errors
    /// When it has none.
    pub fn id_in(self, answer: &Value) -> Result<u64, Failure> {
        answer.get(self.id_member).and_then(EntityId::of).map(EntityId::get).ok_or_else(|| {
            Failure::new(FailureCode::UpstreamError, format!("a {} has no id", self.label))
        })
    }

    fn or_missing(self, failure: Failure, id: &str) -> Failure {
        failure.or_missing(|| {
            Failure::not_found(format!("the store has no {} with the id {id}", self.noun))
                .at(self.id_argument)
                .remedy(format!("the search for {} answers ids", self.plural()))
        })
    }
}
