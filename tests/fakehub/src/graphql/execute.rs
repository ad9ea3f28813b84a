//! Carries an operation out: walks the selection set and asks [`super::resolve`] for each field.

use graphql_parser::query::{
    Directive, Document, Field, OperationDefinition, Selection, SelectionSet, TypeCondition,
    Value as Written,
};
use serde_json::{Map, Value, json};

use super::check::fragment;
use super::resolve::{self, Found, Node};
use super::{mutation, schema};
use crate::call::Links;
use crate::state::State;
use crate::token::Token;

/// Why a field is `null`.
pub(crate) struct Failure {
    /// GitHub's `type`, such as `NOT_FOUND`.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

/// One request.
pub(crate) struct Request<'a> {
    pub(crate) links: Links,
    pub(crate) caller: Token,
    document: &'a Document<'a, String>,
    variables: Map<String, Value>,
}

pub(crate) fn name<'a>(operation: &'a OperationDefinition<'_, String>) -> Option<&'a str> {
    match operation {
        OperationDefinition::Query(one) => one.name.as_deref(),
        OperationDefinition::Mutation(one) => one.name.as_deref(),
        OperationDefinition::Subscription(one) => one.name.as_deref(),
        OperationDefinition::SelectionSet(_) => None,
    }
}

/// A written value as JSON.
pub(crate) fn plain(value: &Written<'_, String>, variable: &dyn Fn(&str) -> Value) -> Value {
    match value {
        Written::Variable(name) => variable(name),
        Written::Int(number) => json!(number.as_i64()),
        Written::Float(number) => json!(number),
        Written::String(text) | Written::Enum(text) => json!(text),
        Written::Boolean(is) => json!(is),
        Written::Null => Value::Null,
        Written::List(all) => all.iter().map(|one| plain(one, variable)).collect(),
        Written::Object(all) => {
            let one = |(name, value): (&String, &Written<'_, String>)| {
                (name.clone(), plain(value, variable))
            };
            Value::Object(all.iter().map(one).collect())
        }
    }
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        links: &Links,
        caller: Token,
        document: &'a Document<'a, String>,
        variables: Map<String, Value>,
    ) -> Self {
        Self {
            links: links.clone(),
            caller,
            document,
            variables,
        }
    }

    /// The body of the answer.
    pub(crate) fn run(
        &self,
        state: &mut State,
        operation: &'a OperationDefinition<'a, String>,
    ) -> Value {
        let mut errors = Vec::new();
        let mut path = Vec::new();
        let mut variables = self.variables.clone();
        let declared = match operation {
            OperationDefinition::Query(one) => one.variable_definitions.as_slice(),
            OperationDefinition::Mutation(one) => one.variable_definitions.as_slice(),
            _ => &[],
        };
        for variable in declared {
            if let Some(default) = &variable.default_value {
                variables
                    .entry(variable.name.clone())
                    .or_insert(plain(default, &|_| Value::Null));
            }
        }
        let request = Request {
            variables,
            links: self.links.clone(),
            caller: self.caller.clone(),
            document: self.document,
        };
        let data = match operation {
            OperationDefinition::Query(one) => request.object(
                state,
                &Node::Query,
                &one.selection_set,
                &mut path,
                &mut errors,
            ),
            OperationDefinition::SelectionSet(set) => {
                request.object(state, &Node::Query, set, &mut path, &mut errors)
            }
            OperationDefinition::Mutation(one) => request.object(
                state,
                &Node::Mutation,
                &one.selection_set,
                &mut path,
                &mut errors,
            ),
            OperationDefinition::Subscription(_) => Value::Null,
        };
        if errors.is_empty() {
            json!({"data": data})
        } else {
            json!({"data": data, "errors": errors})
        }
    }

    fn object(
        &self,
        state: &mut State,
        node: &Node,
        set: &'a SelectionSet<'a, String>,
        path: &mut Vec<Value>,
        errors: &mut Vec<Value>,
    ) -> Value {
        let mut fields = Vec::new();
        self.collect(node.type_name(), set, &mut fields);
        let mut made = Map::new();
        for field in fields {
            let key = field.alias.as_ref().unwrap_or(&field.name).clone();
            path.push(json!(key));
            let value = self.field(state, node, field, path, errors);
            path.pop();
            // Two selections of one field are merged.
            match (made.get_mut(&key), value) {
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
                (_, value) => {
                    made.insert(key, value);
                }
            }
        }
        Value::Object(made)
    }

    fn collect(
        &self,
        on: &str,
        set: &'a SelectionSet<'a, String>,
        into: &mut Vec<&'a Field<'a, String>>,
    ) {
        for item in &set.items {
            match item {
                Selection::Field(field) if self.included(&field.directives) => into.push(field),
                Selection::InlineFragment(part) if self.included(&part.directives) => {
                    let fits = match &part.type_condition {
                        Some(TypeCondition::On(name)) => schema::schema().is_a(on, name),
                        None => true,
                    };
                    if fits {
                        self.collect(on, &part.selection_set, into);
                    }
                }
                Selection::FragmentSpread(spread) if self.included(&spread.directives) => {
                    if let Some(part) = fragment(self.document, &spread.fragment_name) {
                        let TypeCondition::On(name) = &part.type_condition;
                        if schema::schema().is_a(on, name) {
                            self.collect(on, &part.selection_set, into);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn included(&self, directives: &[Directive<'_, String>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let is = condition.is_some_and(|(_, value)| self.plain(value) == json!(true));
            match directive.name.as_str() {
                "include" => is,
                "skip" => !is,
                _ => true,
            }
        })
    }

    fn plain(&self, value: &Written<'_, String>) -> Value {
        plain(value, &|name| {
            self.variables.get(name).cloned().unwrap_or(Value::Null)
        })
    }

    fn field(
        &self,
        state: &mut State,
        node: &Node,
        field: &'a Field<'a, String>,
        path: &mut Vec<Value>,
        errors: &mut Vec<Value>,
    ) -> Value {
        if field.name == "__typename" {
            return json!(node.type_name());
        }
        let arguments: Map<String, Value> = field
            .arguments
            .iter()
            .map(|(name, value)| (name.clone(), self.plain(value)))
            .collect();
        let arguments = Value::Object(arguments);
        let found = match node {
            Node::Mutation => mutation::carry_out(self, state, &field.name, &arguments["input"]),
            _ => resolve::field(self, state, node, &field.name, &arguments),
        };
        match found {
            Ok(Found::Scalar(value)) => value,
            Ok(Found::One(None)) => Value::Null,
            Ok(Found::One(Some(node))) => {
                self.object(state, &node, &field.selection_set, path, errors)
            }
            Ok(Found::Many(nodes)) => {
                let mut all = Vec::new();
                for (index, node) in nodes.iter().enumerate() {
                    path.push(json!(index));
                    all.push(match node {
                        Some(node) => self.object(state, node, &field.selection_set, path, errors),
                        None => Value::Null,
                    });
                    path.pop();
                }
                Value::Array(all)
            }
            Err(failure) => {
                let at = field.position;
                errors.push(json!({
                    "type": failure.kind,
                    "path": path,
                    "locations": [{"line": at.line, "column": at.column}],
                    "message": failure.message,
                }));
                Value::Null
            }
        }
    }
}
