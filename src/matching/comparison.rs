//! `metavariable-comparison`: a small expression language in Python's syntax.

use serde::{Deserialize, Serialize};

use super::compile::MetaNames;
use super::pattern::MetaId;

/// A compiled comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Comparison {
    expression: Expr,
    base: Option<u32>,
    strip: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Expr {
    Int(i64),
    Float(f64),
    Text(String),
    Bool(bool),
    List(Vec<Expr>),
    Meta(MetaId),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Call(Function, Vec<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Function {
    Int,
    Float,
    Str,
    Len,
    Match,
}

/// A value during evaluation.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Int(i64),
    Float(f64),
    Text(String),
    Bool(bool),
    List(Vec<Value>),
    /// Code that is no literal: equal only to the same code.
    Code(String),
}

impl Comparison {
    /// Parses the text.
    ///
    /// # Errors
    /// What is not understood.
    pub(super) fn new(
        text: &str,
        base: Option<u32>,
        strip: bool,
        metas: &mut MetaNames,
    ) -> Result<Self, String> {
        let mut parser = Reader { text, at: 0, metas };
        let expression = parser.or(0)?;
        parser.space();
        if parser.at < text.len() {
            return Err(format!("`{}` is not understood", parser.rest()));
        }
        Ok(Self {
            expression,
            base,
            strip,
        })
    }

    /// Whether it is true of the texts that `bound` gives for metavariables.
    pub(super) fn holds(&self, bound: &dyn Fn(MetaId) -> Option<String>) -> bool {
        match self.value(&self.expression, bound) {
            Some(Value::Bool(value)) => value,
            Some(Value::Int(value)) => value != 0,
            _ => false,
        }
    }

    fn value(&self, expr: &Expr, bound: &dyn Fn(MetaId) -> Option<String>) -> Option<Value> {
        Some(match expr {
            Expr::Int(value) => Value::Int(*value),
            Expr::Float(value) => Value::Float(*value),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Bool(value) => Value::Bool(*value),
            // A null pointer has no value that compares, as in Semgrep.
            Expr::Meta(id) if bound(*id).is_some_and(|text| text.trim() == "NULL") => return None,
            Expr::List(values) => Value::List(
                values
                    .iter()
                    .map(|value| self.value(value, bound))
                    .collect::<Option<Vec<_>>>()?,
            ),
            Expr::Meta(id) => self.literal(&bound(*id)?),
            Expr::Not(inner) => Value::Bool(!truth(&self.value(inner, bound)?)),
            Expr::Negative(inner) => match self.value(inner, bound)? {
                Value::Int(value) => Value::Int(value.checked_neg()?),
                Value::Float(value) => Value::Float(-value),
                _ => return None,
            },
            Expr::Binary(Binary::And, left, right) => {
                Value::Bool(truth(&self.value(left, bound)?) && truth(&self.value(right, bound)?))
            }
            Expr::Binary(Binary::Or, left, right) => {
                Value::Bool(truth(&self.value(left, bound)?) || truth(&self.value(right, bound)?))
            }
            Expr::Binary(op, left, right) => {
                binary(*op, self.value(left, bound)?, self.value(right, bound)?)?
            }
            Expr::Call(function, arguments) => {
                let mut values = arguments
                    .iter()
                    .map(|argument| self.value(argument, bound))
                    .collect::<Option<Vec<_>>>()?;
                self.call(*function, &mut values)?
            }
        })
    }

    fn call(&self, function: Function, values: &mut Vec<Value>) -> Option<Value> {
        let last = values.pop()?;
        Some(match (function, last) {
            (Function::Int, Value::Int(value)) => Value::Int(value),
            #[allow(
                clippy::cast_possible_truncation,
                reason = "Python's int() of a float truncates as well; saturating is enough here"
            )]
            (Function::Int, Value::Float(value)) => Value::Int(value as i64),
            (Function::Int, Value::Text(text) | Value::Code(text)) => {
                Value::Int(integer(text.trim(), self.base)?)
            }
            (Function::Float, Value::Float(value)) => Value::Float(value),
            (Function::Float, Value::Int(value)) => Value::Float(value as f64),
            (Function::Float, Value::Text(text)) => Value::Float(text.trim().parse().ok()?),
            (Function::Str, Value::Int(value)) => Value::Text(value.to_string()),
            (Function::Str, Value::Text(text) | Value::Code(text)) => Value::Text(text),
            (Function::Len, Value::Text(text)) => {
                Value::Int(i64::try_from(text.chars().count()).ok()?)
            }
            (Function::Match, Value::Text(text) | Value::Code(text)) => {
                let Some(Value::Text(regex)) = values.pop() else {
                    return None;
                };
                let regex = fancy_regex::Regex::new(&regex).ok()?;
                let matched = regex.find(&text).ok().flatten();
                Value::Bool(matched.is_some_and(|found| found.start() == 0))
            }
            (Function::Match, Value::Int(value)) => {
                let Some(Value::Text(regex)) = values.pop() else {
                    return None;
                };
                let regex = fancy_regex::Regex::new(&regex).ok()?;
                let matched = regex.find(&value.to_string()).ok().flatten().is_some();
                Value::Bool(matched)
            }
            _ => return None,
        })
    }

    /// The value of bound code.
    fn literal(&self, text: &str) -> Value {
        let text = text.trim();
        let unquoted = text
            .strip_prefix('"')
            .and_then(|inner| inner.strip_suffix('"'))
            .or_else(|| {
                text.strip_prefix('\'')
                    .and_then(|inner| inner.strip_suffix('\''))
            });
        if let Some(inner) = unquoted {
            if self.strip
                && let Some(value) = integer(inner, self.base)
            {
                return Value::Int(value);
            }
            return Value::Text(inner.to_owned());
        }
        if let Some(value) = integer(text, self.base) {
            return Value::Int(value);
        }
        if let Ok(value) = text.trim_end_matches(['f', 'F']).parse::<f64>() {
            return Value::Float(value);
        }
        match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::Code(text.to_owned()),
        }
    }
}

/// A whole number, in `base` where given, else as C and Rust write them.
fn integer(text: &str, base: Option<u32>) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits.trim_start()),
        None => (1, text),
    };
    let value = match base {
        Some(base @ 2..=36) => i64::from_str_radix(digits, base).ok()?,
        _ => i64::try_from(super::view::number(digits.as_bytes())?).ok()?,
    };
    value.checked_mul(sign)
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Int(value) => *value != 0,
        Value::Float(value) => *value != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(values) => !values.is_empty(),
        Value::Code(_) => true,
    }
}

fn binary(op: Binary, left: Value, right: Value) -> Option<Value> {
    use std::cmp::Ordering;
    let numbers = |value: &Value| match value {
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        _ => None,
    };
    let equal = match (numbers(&left), numbers(&right)) {
        (Some(a), Some(b)) => a == b,
        _ => left == right,
    };
    let order = || -> Option<Ordering> {
        match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (a, b) => numbers(a)?.partial_cmp(&numbers(b)?),
        }
    };
    Some(match op {
        Binary::Equal => Value::Bool(equal),
        Binary::NotEqual => Value::Bool(!equal),
        Binary::Less => Value::Bool(order()? == Ordering::Less),
        Binary::LessEqual => Value::Bool(order()? != Ordering::Greater),
        Binary::Greater => Value::Bool(order()? == Ordering::Greater),
        Binary::GreaterEqual => Value::Bool(order()? != Ordering::Less),
        Binary::In | Binary::NotIn => {
            let inside = match (&left, &right) {
                (value, Value::List(values)) => values.contains(value),
                (Value::Text(a), Value::Text(b)) => b.contains(a.as_str()),
                _ => return None,
            };
            Value::Bool(inside == (op == Binary::In))
        }
        Binary::Add => match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_add(*b)?),
            (Value::Text(a), Value::Text(b)) => Value::Text(format!("{a}{b}")),
            _ => Value::Float(numbers(&left)? + numbers(&right)?),
        },
        Binary::Subtract => match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_sub(*b)?),
            _ => Value::Float(numbers(&left)? - numbers(&right)?),
        },
        Binary::Multiply => match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_mul(*b)?),
            _ => Value::Float(numbers(&left)? * numbers(&right)?),
        },
        Binary::Divide => match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_div(*b)?),
            _ => Value::Float(numbers(&left)? / numbers(&right)?),
        },
        Binary::Remainder => match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_rem_euclid(*b)?),
            _ => return None,
        },
        Binary::Power => match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_pow(u32::try_from(*b).ok()?)?),
            _ => Value::Float(numbers(&left)?.powf(numbers(&right)?)),
        },
        Binary::And | Binary::Or => return None,
    })
}

/// Nesting of an expression that is read.
const MAX_NESTING: u32 = 64;

struct Reader<'r> {
    text: &'r str,
    at: usize,
    metas: &'r mut MetaNames,
}

impl<'r> Reader<'r> {
    fn rest(&self) -> &'r str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes a sign or a word if it is next.
    fn take(&mut self, token: &str) -> bool {
        self.space();
        let rest = self.rest();
        let is_word = token.chars().all(char::is_alphabetic);
        let after = rest
            .strip_prefix(token)
            .and_then(|after| after.chars().next());
        if !rest.starts_with(token)
            || (is_word && after.is_some_and(|c| c.is_alphanumeric() || c == '_'))
        {
            return false;
        }
        self.at += token.len();
        true
    }

    fn or(&mut self, depth: u32) -> Result<Expr, String> {
        if depth > MAX_NESTING {
            return Err("the comparison is nested too deeply".to_owned());
        }
        let mut left = self.and(depth)?;
        while self.take("or") {
            left = Expr::Binary(Binary::Or, Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: u32) -> Result<Expr, String> {
        let mut left = self.not(depth)?;
        while self.take("and") {
            left = Expr::Binary(Binary::And, Box::new(left), Box::new(self.not(depth)?));
        }
        Ok(left)
    }

    fn not(&mut self, depth: u32) -> Result<Expr, String> {
        if self.take("not") {
            if depth > MAX_NESTING {
                return Err("the comparison is nested too deeply".to_owned());
            }
            return Ok(Expr::Not(Box::new(self.not(depth + 1)?)));
        }
        let left = self.sum(depth)?;
        let operators = [
            ("==", Binary::Equal),
            ("!=", Binary::NotEqual),
            ("<=", Binary::LessEqual),
            (">=", Binary::GreaterEqual),
            ("<", Binary::Less),
            (">", Binary::Greater),
            ("in", Binary::In),
        ];
        for (sign, op) in operators {
            if self.take(sign) {
                return Ok(Expr::Binary(op, Box::new(left), Box::new(self.sum(depth)?)));
            }
        }
        if self.take("not") && self.take("in") {
            return Ok(Expr::Binary(
                Binary::NotIn,
                Box::new(left),
                Box::new(self.sum(depth)?),
            ));
        }
        Ok(left)
    }

    fn sum(&mut self, depth: u32) -> Result<Expr, String> {
        let mut left = self.product(depth)?;
        loop {
            let op = if self.take("+") {
                Binary::Add
            } else if self.take("-") {
                Binary::Subtract
            } else {
                return Ok(left);
            };
            left = Expr::Binary(op, Box::new(left), Box::new(self.product(depth)?));
        }
    }

    fn product(&mut self, depth: u32) -> Result<Expr, String> {
        let mut left = self.atom(depth)?;
        loop {
            let op = if self.take("**") {
                Binary::Power
            } else if self.take("*") {
                Binary::Multiply
            } else if self.take("/") {
                Binary::Divide
            } else if self.take("%") {
                Binary::Remainder
            } else {
                return Ok(left);
            };
            left = Expr::Binary(op, Box::new(left), Box::new(self.atom(depth)?));
        }
    }

    fn atom(&mut self, depth: u32) -> Result<Expr, String> {
        if depth > MAX_NESTING {
            return Err("the comparison is nested too deeply".to_owned());
        }
        self.space();
        if self.take("(") {
            let inner = self.or(depth + 1)?;
            return if self.take(")") {
                Ok(inner)
            } else {
                Err("a `)` is missing".to_owned())
            };
        }
        if self.take("-") {
            return Ok(Expr::Negative(Box::new(self.atom(depth + 1)?)));
        }
        if self.take("[") {
            return Ok(Expr::List(self.arguments("]", depth)?));
        }
        for (word, value) in [
            ("True", true),
            ("False", false),
            ("true", true),
            ("false", false),
        ] {
            if self.take(word) {
                return Ok(Expr::Bool(value));
            }
        }
        let functions = [
            ("re.match(", Function::Match),
            ("int(", Function::Int),
            ("float(", Function::Float),
            ("str(", Function::Str),
            ("len(", Function::Len),
        ];
        for (name, function) in functions {
            if self.take(name) {
                return Ok(Expr::Call(function, self.arguments(")", depth)?));
            }
        }
        let rest = self.rest();
        let quoted = rest.strip_prefix('r').unwrap_or(rest);
        if let Some(quote @ ('"' | '\'')) = quoted.chars().next() {
            let body = quoted.get(1..).unwrap_or_default();
            let end = body
                .find(quote)
                .ok_or_else(|| "a quote is missing".to_owned())?;
            self.at += rest.len() - quoted.len() + end + 2;
            return Ok(Expr::Text(body.get(..end).unwrap_or_default().to_owned()));
        }
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
            .map_or(rest.len(), |(at, _)| at);
        let word = rest.get(..end).unwrap_or_default();
        if word.starts_with('$') {
            self.at += end;
            return self
                .metas
                .intern(word)
                .map(Expr::Meta)
                .map_err(|error| error.to_string());
        }
        if let Some(value) = integer(word, None) {
            self.at += end;
            return Ok(Expr::Int(value));
        }
        if let Ok(value) = word.parse::<f64>()
            && word.starts_with(|c: char| c.is_ascii_digit())
        {
            self.at += end;
            return Ok(Expr::Float(value));
        }
        Err(if rest.is_empty() {
            "the comparison ends too early".to_owned()
        } else {
            format!("`{rest}` is not understood")
        })
    }

    fn arguments(&mut self, close: &str, depth: u32) -> Result<Vec<Expr>, String> {
        let mut values = Vec::new();
        while !self.take(close) {
            values.push(self.or(depth + 1)?);
            if !self.take(",") && !self.rest().trim_start().starts_with(close) {
                return Err(format!("a `{close}` is missing"));
            }
        }
        Ok(values)
    }
}
