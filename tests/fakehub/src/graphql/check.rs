//! Checks an operation before anything is carried out, in the words GitHub uses.

use std::collections::BTreeSet;

use graphql_parser::query::{
    Definition, Document, FragmentDefinition, OperationDefinition, Selection, SelectionSet, Type,
    TypeCondition, Value as Written, VariableDefinition,
};
use serde_json::Value;

use super::schema::{Argument, schema};

type Variables = Vec<(String, String, bool)>;

struct Check<'a> {
    document: &'a Document<'a, String>,
    variables: Variables,
    used: BTreeSet<String>,
    faults: Vec<String>,
}

/// What is wrong; empty when nothing is.
pub(crate) fn faults<'a>(
    document: &'a Document<'a, String>,
    operation: &'a OperationDefinition<'a, String>,
    given: &Value,
) -> Vec<String> {
    let (root, declared, set) = match operation {
        OperationDefinition::Query(one) => (
            "Query",
            one.variable_definitions.as_slice(),
            &one.selection_set,
        ),
        OperationDefinition::Mutation(one) => (
            "Mutation",
            one.variable_definitions.as_slice(),
            &one.selection_set,
        ),
        OperationDefinition::SelectionSet(set) => ("Query", &[][..], set),
        OperationDefinition::Subscription(_) => {
            return vec!["Schema is not configured for subscriptions".to_owned()];
        }
    };
    let mut check = Check {
        document,
        variables: declared.iter().map(variable).collect(),
        used: BTreeSet::new(),
        faults: Vec::new(),
    };
    check.selection(root, set);
    let variables = std::mem::take(&mut check.variables);
    for (name, target, required) in &variables {
        let value = &given[name];
        if !check.used.contains(name) {
            check.faults.push(format!(
                "Variable ${name} is declared by the operation but not used"
            ));
        }
        if value.is_null() && *required {
            check.faults.push(format!(
                "Variable ${name} of type {target}! was provided invalid value"
            ));
        } else if !value.is_null() {
            check.input(name, target, value);
        }
    }
    check.faults
}

fn variable(definition: &VariableDefinition<'_, String>) -> (String, String, bool) {
    let required =
        matches!(definition.var_type, Type::NonNullType(_)) && definition.default_value.is_none();
    (
        definition.name.clone(),
        named(&definition.var_type),
        required,
    )
}

fn named(written: &Type<'_, String>) -> String {
    match written {
        Type::NamedType(name) => name.clone(),
        Type::ListType(inner) | Type::NonNullType(inner) => named(inner),
    }
}

impl<'a> Check<'a> {
    fn selection(&mut self, on: &str, set: &'a SelectionSet<'a, String>) {
        let fields = &schema().composites[on];
        for item in &set.items {
            match item {
                Selection::Field(field) if field.name == "__typename" => {}
                Selection::Field(field) => {
                    let Some(known) = fields.get(&field.name) else {
                        self.faults.push(format!(
                            "Field '{}' doesn't exist on type '{on}'",
                            field.name
                        ));
                        continue;
                    };
                    self.arguments(&field.name, &known.arguments, &field.arguments);
                    let composite = schema().composites.contains_key(&known.target);
                    match (composite, field.selection_set.items.is_empty()) {
                        (true, true) => self.faults.push(format!(
                            "Field must have selections (field '{}' returns {} but has no selections.)",
                            field.name, known.target
                        )),
                        (false, false) => self.faults.push(format!(
                            "Selections can't be made on scalars (field '{}' returns {})",
                            field.name, known.target
                        )),
                        (true, false) => self.selection(&known.target, &field.selection_set),
                        (false, true) => {}
                    }
                    self.directives(&field.directives);
                }
                Selection::InlineFragment(fragment) => {
                    let on = match &fragment.type_condition {
                        Some(TypeCondition::On(name)) => name.as_str(),
                        None => on,
                    };
                    self.condition(on, &fragment.selection_set);
                    self.directives(&fragment.directives);
                }
                Selection::FragmentSpread(spread) => {
                    match fragment(self.document, &spread.fragment_name) {
                        Some(found) => {
                            let TypeCondition::On(on) = &found.type_condition;
                            self.condition(on, &found.selection_set);
                        }
                        None => self.faults.push(format!(
                            "Fragment {} was used, but not defined",
                            spread.fragment_name
                        )),
                    }
                }
            }
        }
    }

    fn condition(&mut self, on: &str, set: &'a SelectionSet<'a, String>) {
        if schema().composites.contains_key(on) {
            self.selection(on, set);
        } else {
            self.faults.push(format!(
                "No such type {on}, so it can't be a fragment condition"
            ));
        }
    }

    fn directives(&mut self, all: &'a [graphql_parser::query::Directive<'a, String>]) {
        for directive in all {
            for (_, value) in &directive.arguments {
                self.written(value);
            }
        }
    }

    fn arguments(
        &mut self,
        field: &str,
        known: &[Argument],
        given: &'a [(String, Written<'a, String>)],
    ) {
        for (name, value) in given {
            match known.iter().find(|one| one.name == *name) {
                None => self
                    .faults
                    .push(format!("Field '{field}' doesn't accept argument '{name}'")),
                Some(argument) => {
                    self.written(value);
                    if let Some(value) = without_variables(value) {
                        self.input(name, &argument.target, &value);
                    }
                }
            }
        }
        for argument in known.iter().filter(|one| one.required) {
            if !given.iter().any(|(name, _)| *name == argument.name) {
                self.faults.push(format!(
                    "Field '{field}' is missing required arguments: {}",
                    argument.name
                ));
            }
        }
    }

    /// Notes the variables of a value.
    fn written(&mut self, value: &Written<'a, String>) {
        match value {
            Written::Variable(name) => {
                if !self.variables.iter().any(|(known, ..)| known == name) {
                    self.faults
                        .push(format!("Variable ${name} is used but not declared"));
                }
                self.used.insert(name.clone());
            }
            Written::List(all) => all.iter().for_each(|one| self.written(one)),
            Written::Object(all) => all.values().for_each(|one| self.written(one)),
            _ => {}
        }
    }

    /// Compares a value with an input type, enum or scalar. A missing part of an object with
    /// variables is `null` here and not judged.
    fn input(&mut self, place: &str, target: &str, value: &Value) {
        if let Value::Array(all) = value {
            all.iter().for_each(|one| self.input(place, target, one));
            return;
        }
        if let Some(values) = schema().enums.get(target) {
            if !value
                .as_str()
                .is_some_and(|word| values.iter().any(|one| one == word))
            {
                self.faults
                    .push(format!("`{place}`: {value} is no {target}"));
            }
            return;
        }
        if let Some(fields) = schema().inputs.get(target) {
            let Some(given) = value.as_object() else {
                self.faults.push(format!("`{place}`: expected a {target}"));
                return;
            };
            for (name, inner) in given {
                match fields.iter().find(|field| field.name == *name) {
                    Some(field) if !inner.is_null() => self.input(name, &field.target, inner),
                    Some(_) => {}
                    None => self.faults.push(format!(
                        "InputObject '{target}' doesn't accept argument '{name}'"
                    )),
                }
            }
            for field in fields
                .iter()
                .filter(|field| field.required && !given.contains_key(&field.name))
            {
                self.faults.push(format!(
                    "Argument '{}' on InputObject '{target}' is required",
                    field.name
                ));
            }
            return;
        }
        let fits = match target {
            "Int" => value.is_i64() || value.is_u64(),
            "Boolean" => value.is_boolean(),
            "String" | "ID" => value.is_string(),
            _ => true,
        };
        if !fits && !value.is_null() {
            self.faults
                .push(format!("`{place}`: {value} is no {target}"));
        }
    }
}

/// The value as JSON with `null` for variables inside it; `None` for a variable itself.
fn without_variables(value: &Written<'_, String>) -> Option<Value> {
    match value {
        Written::Variable(_) => None,
        other => Some(super::execute::plain(other, &|_| Value::Null)),
    }
}

/// A named fragment.
pub(crate) fn fragment<'a>(
    document: &'a Document<'a, String>,
    name: &str,
) -> Option<&'a FragmentDefinition<'a, String>> {
    document
        .definitions
        .iter()
        .find_map(|definition| match definition {
            Definition::Fragment(fragment) if fragment.name == name => Some(fragment),
            _ => None,
        })
}
