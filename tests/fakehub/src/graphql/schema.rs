//! The subset of GitHub's schema, as tables.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use graphql_parser::schema::{Definition, Field, InputValue, Type, TypeDefinition, parse_schema};

/// A field: its arguments and the name of its type.
pub(crate) struct FieldType {
    pub(crate) arguments: Vec<Argument>,
    pub(crate) target: String,
}

/// An argument or input field.
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) target: String,
}

#[derive(Default)]
pub(crate) struct Schema {
    /// Objects and interfaces → fields.
    pub(crate) composites: BTreeMap<String, BTreeMap<String, FieldType>>,
    pub(crate) inputs: BTreeMap<String, Vec<Argument>>,
    pub(crate) enums: BTreeMap<String, Vec<String>>,
    /// Objects → interfaces.
    pub(crate) interfaces: BTreeMap<String, Vec<String>>,
}

impl Schema {
    /// Whether an object of type `object` is selected by `... on condition`.
    pub(crate) fn is_a(&self, object: &str, condition: &str) -> bool {
        object == condition
            || self
                .interfaces
                .get(object)
                .is_some_and(|all| all.iter().any(|one| one == condition))
    }
}

pub(crate) fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let text = include_str!("../../graphql/subset.graphql");
        let document = parse_schema::<String>(text).expect("the subset parses");
        let mut schema = Schema::default();
        for definition in document.definitions {
            let Definition::TypeDefinition(definition) = definition else {
                continue;
            };
            match definition {
                TypeDefinition::Object(object) => {
                    schema
                        .interfaces
                        .insert(object.name.clone(), object.implements_interfaces);
                    schema.composites.insert(object.name, fields(object.fields));
                }
                TypeDefinition::Interface(interface) => {
                    schema
                        .composites
                        .insert(interface.name, fields(interface.fields));
                }
                TypeDefinition::InputObject(input) => {
                    schema
                        .inputs
                        .insert(input.name, input.fields.into_iter().map(argument).collect());
                }
                TypeDefinition::Enum(one) => {
                    let values = one.values.into_iter().map(|value| value.name).collect();
                    schema.enums.insert(one.name, values);
                }
                TypeDefinition::Scalar(_) | TypeDefinition::Union(_) => {}
            }
        }
        schema
    })
}

fn fields(all: Vec<Field<'_, String>>) -> BTreeMap<String, FieldType> {
    let one = |field: Field<'_, String>| {
        let made = FieldType {
            arguments: field.arguments.into_iter().map(argument).collect(),
            target: named(&field.field_type),
        };
        (field.name, made)
    };
    all.into_iter().map(one).collect()
}

fn argument(value: InputValue<'_, String>) -> Argument {
    Argument {
        required: matches!(value.value_type, Type::NonNullType(_)) && value.default_value.is_none(),
        target: named(&value.value_type),
        name: value.name,
    }
}

fn named(written: &Type<'_, String>) -> String {
    match written {
        Type::NamedType(name) => name.clone(),
        Type::ListType(inner) | Type::NonNullType(inner) => named(inner),
    }
}
