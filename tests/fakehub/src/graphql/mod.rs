//! GraphQL: parse, check against the subset of GitHub's schema, carry out by selection set.

mod check;
mod comments;
mod execute;
mod mutation;
mod resolve;
mod schema;

use graphql_parser::query::{Definition, OperationDefinition, parse_query};
use serde_json::{Map, Value, json};

use crate::call::Links;
use crate::log::GraphqlOperation;
use crate::reply::Reply;
use crate::state::State;
use crate::token::Token;

pub(crate) use execute::Request;

/// The answer to a GraphQL request: 200 with `data` or `errors`, as GitHub gives it.
pub(crate) fn answer(
    state: &mut State,
    links: &Links,
    caller: Option<Token>,
    body: &[u8],
) -> Reply {
    let Some(caller) = caller else {
        return Reply::error(401, "This endpoint requires you to be authenticated.");
    };
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Reply::error(400, "Problems parsing JSON");
    };
    let Some(text) = body["query"].as_str() else {
        return errors(&["A query attribute must be specified and must be a string.".to_owned()]);
    };
    let variables = body["variables"].clone();
    state.graphql.push(GraphqlOperation {
        query: text.to_owned(),
        variables: variables.clone(),
        accepted: false,
    });
    let document = match parse_query::<String>(text) {
        Ok(document) => document,
        Err(error) => return errors(&[format!("Parse error: {error}")]),
    };
    let operations: Vec<&OperationDefinition<'_, String>> = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Operation(operation) => Some(operation),
            Definition::Fragment(_) => None,
        })
        .collect();
    let wanted = body["operationName"].as_str();
    let operation = match (wanted, operations.as_slice()) {
        (None, [one]) => one,
        (Some(name), all) => match all.iter().find(|one| execute::name(one) == Some(name)) {
            Some(one) => one,
            None => return errors(&[format!("No operation named \"{name}\"")]),
        },
        _ => return errors(&["An operation name is required".to_owned()]),
    };
    let faults = check::faults(&document, operation, &variables);
    if !faults.is_empty() {
        state.violations.extend(
            faults
                .iter()
                .map(|fault| format!("request POST /graphql: {fault}")),
        );
        return errors(&faults);
    }
    if let Some(last) = state.graphql.last_mut() {
        last.accepted = true;
    }
    let variables = variables.as_object().cloned().unwrap_or_else(Map::new);
    let request = Request::new(links, caller, &document, variables);
    Reply::ok(request.run(state, operation))
}

fn errors(messages: &[String]) -> Reply {
    let all: Vec<Value> = messages
        .iter()
        .map(|message| json!({"message": message}))
        .collect();
    Reply::ok(json!({"errors": all}))
}
