//! Uses of macros: parameters stand for nodes, bodies are lowered in place.

use super::macro_body::{Definition, Form};
use super::scope::Binding;
use super::source::{At, Expansion, Source};
use super::unit::Lowerer;
use crate::flow::ir::{ResultUse, Terminator, TypeId};
use crate::syntax::{Field, Kind};

/// Macros inside one another that are followed.
const DEPTH: u32 = 12;

/// Macros inside one another in which a `return` is looked for.
const CHOICES: u32 = 3;

/// Words of a macro that are looked at for that.
const WORDS: usize = 60;

/// Uses of macros that are expanded in one function.
const USES: u32 = 4_000;

impl<'a> Lowerer<'a> {
    /// What a node stands for: a macro's parameter stands for the argument.
    pub(super) fn resolved(&self, at: At) -> At {
        let mut at = at;
        for _ in 0..DEPTH * 2 {
            match self.argument(at) {
                Some(argument) => at = argument,
                None => break,
            }
        }
        at
    }

    /// The argument of the macro around that a node stands for, if it is a parameter.
    fn argument(&self, at: At) -> Option<At> {
        let source = self.sources.get(at.source as usize)?;
        let expansion = source.expansion.as_ref()?;
        if !matches!(
            self.kind(at),
            Kind::IDENTIFIER
                | Kind::TYPE_IDENTIFIER
                | Kind::FIELD_IDENTIFIER
                | Kind::STATEMENT_IDENTIFIER
        ) {
            return None;
        }
        let text = self.text(at);
        let mut parameters = expansion.parameters.iter();
        let position = parameters.position(|parameter| **parameter == *text)?;
        expansion.arguments.get(position).copied()
    }

    /// A statement that a macro was given, by way of other macros perhaps. Tells whether it was one.
    pub(super) fn given_jump(&mut self, at: At) -> bool {
        let mut at = at;
        for _ in 0..DEPTH * 2 {
            match self.argument(at) {
                Some(argument) => at = argument,
                None => return false,
            }
            // `return value` of one macro, whose `value` is the parameter of another.
            if self.jump_argument(at) {
                return true;
            }
        }
        false
    }

    /// The expression itself: behind parentheses, parameters, macros that are expressions.
    pub(super) fn inner(&mut self, at: At) -> At {
        let mut at = at;
        for _ in 0..1_000 {
            match self.kind(at) {
                Kind::PARENTHESIZED_EXPRESSION | Kind::EXTENSION_EXPRESSION => {
                    match self.only_child(at) {
                        Some(child) if self.kind(child) != Kind::COMPOUND_STATEMENT => at = child,
                        _ => break,
                    }
                }
                Kind::IDENTIFIER => {
                    let argument = self.resolved(at);
                    if argument != at {
                        at = argument;
                        continue;
                    }
                    match self.object_macro(at) {
                        Some(body) => at = body,
                        None => break,
                    }
                }
                Kind::CALL_EXPRESSION => {
                    if let Some(argument) = self.expectation(at) {
                        at = argument;
                        continue;
                    }
                    if self.casts.contains(&at) {
                        let list = self.child(at, Field::ARGUMENTS);
                        if let Some(argument) = list.and_then(|list| self.only_child(list)) {
                            at = argument;
                            continue;
                        }
                    }
                    match self.call_macro(at) {
                        Some((Form::Expression(node), source)) => at = At { source, node },
                        _ => break,
                    }
                }
                _ => break,
            }
        }
        at
    }

    /// The body of a macro without parameters that is an expression.
    fn object_macro(&mut self, at: At) -> Option<At> {
        let text = self.text(at);
        let name = self.intern(text);
        let Some(Binding::Expand(index)) = self.meaning(text, name) else {
            return None;
        };
        let definition = self.expandable.get(index as usize).copied()?;
        match self.enter(definition, at, Vec::new())? {
            (Form::Expression(node), source) => Some(At { source, node }),
            _ => None,
        }
    }

    /// The body of a macro that a call uses, if it is used as an expression or statement.
    pub(super) fn call_macro(&mut self, at: At) -> Option<(Form, u32)> {
        let function = self.child(at, Field::FUNCTION)?;
        let mut function = self.resolved(function);
        if self.kind(function) == Kind::CALL_EXPRESSION {
            // `THIRD_OF(__VA_ARGS__, CHECK_2, CHECK_1)(__VA_ARGS__)`: a macro chooses a macro.
            function = self.inner(function);
        }
        if self.kind(function) != Kind::IDENTIFIER {
            return None;
        }
        let text = self.text(function);
        let name = self.intern(text);
        let Some(Binding::Call(index)) = self.meaning(text, name) else {
            return None;
        };
        if super::call::leaves(text) || is_kept(text) {
            return None;
        }
        let definition = self.expandable.get(index as usize).copied()?;
        if super::call::assertion(text).is_some() && !self.leaves_function(index, definition) {
            return None;
        }
        let list = self.child(at, Field::ARGUMENTS)?;
        let arguments = self.argument_nodes(list);
        let wanted = definition.parameters.as_ref().map_or(0, Vec::len);
        let fits = match definition.is_variadic {
            true => arguments.len() + 1 >= wanted,
            false => arguments.len() == wanted,
        };
        if !fits {
            return None;
        }
        self.enter(definition, at, arguments)
    }

    /// Whether a macro, or one that it uses, leaves the function: one named as an assertion then is
    /// a test that every build has.
    fn leaves_function(&mut self, index: u32, definition: &'a Definition) -> bool {
        if let Some(&known) = self.leaving.get(&index) {
            return known;
        }
        let found = self.returns(definition, CHOICES);
        self.leaving.insert(index, found);
        found
    }

    fn returns(&mut self, definition: &'a Definition, depth: u32) -> bool {
        let words = definition
            .body
            .split(|byte| !super::scan::is_word(*byte))
            .filter(|word| !word.is_empty())
            .take(WORDS);
        for word in words {
            if word == b"return" {
                return true;
            }
            let is_name = word.first().is_some_and(u8::is_ascii_uppercase);
            if depth == 0 || !is_name || *word == *definition.name {
                continue;
            }
            let name = self.intern(word);
            if let Some(Binding::Call(index)) = self.meaning(word, name)
                && let Some(inner) = self.expandable.get(index as usize).copied()
                && self.returns(inner, depth - 1)
            {
                return true;
            }
        }
        false
    }

    /// The arguments of a call; a macro's `__VA_ARGS__` is as many as were given.
    pub(super) fn argument_nodes(&self, list: At) -> Vec<At> {
        let mut nodes = Vec::new();
        for child in self.children(list) {
            if self.kind(child) == Kind::MISSING {
                continue;
            }
            if self.kind(child) == Kind::IDENTIFIER
                && let Some(Source {
                    expansion: Some(expansion),
                    ..
                }) = self.sources.get(child.source as usize)
                && expansion.is_variadic
                && let Some((last, first)) = expansion.parameters.split_last()
                && **last == *self.text(child)
            {
                let rest = expansion.arguments.get(first.len()..);
                nodes.extend_from_slice(rest.unwrap_or_default());
                continue;
            }
            nodes.push(child);
        }
        nodes
    }

    /// Begins a macro's body.
    pub(super) fn enter(
        &mut self,
        definition: &'a Definition,
        at: At,
        arguments: Vec<At>,
    ) -> Option<(Form, u32)> {
        // A macro does not expand inside itself.
        let mut depth = 0;
        let mut around = Some(at.source);
        while let Some(source) = around {
            let expansion = self
                .sources
                .get(source as usize)
                .and_then(|source| source.expansion.as_ref());
            let Some(expansion) = expansion else { break };
            depth += 1;
            if depth > DEPTH || std::ptr::eq(expansion.definition, definition) {
                return None;
            }
            around = Some(expansion.parent);
        }
        if self.body.expansions >= USES {
            return None;
        }
        self.body.expansions += 1;
        let parsed = definition.parsed(&mut self.parser);
        let span = self.span(at);
        let source = self.add_source(Source {
            tree: &parsed.tree,
            text: &parsed.text,
            span: Some(span),
            expansion: Some(Expansion {
                definition,
                parent: at.source,
                parameters: definition.parameters.as_deref().unwrap_or_default(),
                is_variadic: definition.is_variadic,
                arguments,
            }),
        });
        Some((parsed.form, source))
    }

    /// A call of a macro as a statement. Tells whether it was one.
    pub(super) fn macro_statement(&mut self, at: At) -> bool {
        match self.call_macro(at) {
            // What they declare is declared in the block around, as in C.
            Some((Form::Statements(node), source)) => {
                for child in self.children(At { source, node }) {
                    self.statement(child);
                }
                true
            }
            Some((Form::Nothing, _)) => true,
            _ => false,
        }
    }

    /// `FOO;` where `FOO` stands for statements.
    pub(super) fn macro_name_statement(&mut self, at: At) -> bool {
        let text = self.text(at);
        let name = self.intern(text);
        let Some(Binding::Expand(index)) = self.meaning(text, name) else {
            return false;
        };
        let Some(definition) = self.expandable.get(index as usize).copied() else {
            return false;
        };
        match self.enter(definition, at, Vec::new()) {
            Some((Form::Statements(node), source)) => {
                for child in self.children(At { source, node }) {
                    self.statement(child);
                }
                true
            }
            _ => false,
        }
    }

    /// A statement handed to a macro: `CHECK(c, return -1)`. The parser saw the value alone, or a
    /// name in place of the keyword. Tells whether it was one.
    fn jump_argument(&mut self, at: At) -> bool {
        let Some(source) = self.sources.get(at.source as usize) else {
            return false;
        };
        let span = self.span(at);
        match self.text(at) {
            b"return" => {
                self.stop(Terminator::Return(None), span);
                return true;
            }
            b"break" => {
                self.break_here(span);
                return true;
            }
            b"continue" => {
                self.continue_here(span);
                return true;
            }
            _ => {}
        }
        let start = source.tree.span(at.node).start as usize;
        let before = source
            .text
            .get(start.saturating_sub(16)..start)
            .unwrap_or_default()
            .trim_ascii_end();
        let ends_with = |word: &[u8]| {
            before
                .strip_suffix(word)
                .is_some_and(|rest| !rest.last().is_some_and(|byte| super::scan::is_word(*byte)))
        };
        if ends_with(b"return") {
            self.return_value(at, span);
            return true;
        }
        if ends_with(b"goto") {
            let to = self.label(at);
            self.stop(Terminator::Goto(to), span);
            return true;
        }
        false
    }

    /// The bytes of a type handed to a macro, `const struct s *`: the parser saw one name of it.
    /// Gives its tag or name, whether it is a tag, and the number of its `*`.
    pub(super) fn type_argument(&mut self, at: At) -> Option<TypeId> {
        let source = self.sources.get(at.source as usize)?;
        let span = source.tree.span(at.node);
        let before = source.text.get(..span.start as usize)?;
        let from = before
            .iter()
            .rev()
            .take(64)
            .position(|byte| matches!(byte, b'(' | b',' | b';'))?;
        let words = before.get(before.len() - from..)?;
        let behind = source.text.get(span.end as usize..)?;
        let stars = behind
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace() || **byte == b'*')
            .filter(|byte| **byte == b'*')
            .count();
        let text = self.text(at);
        let mut is_tag = false;
        let mut is_sized = matches!(text, b"int" | b"char" | b"long" | b"short" | b"unsigned");
        for word in words.split(|byte| byte.is_ascii_whitespace()) {
            match word {
                b"struct" | b"union" | b"enum" => is_tag = true,
                b"unsigned" | b"signed" | b"long" | b"short" => is_sized = true,
                b"" | b"const" | b"volatile" => {}
                _ => return None,
            }
        }
        let mut ty = if is_tag {
            let tag = self.intern(text);
            self.tag_type(text, Some(tag), words.starts_with(b"union"))
        } else if is_sized && (text != b"char" || !words.is_empty()) {
            super::type_names::sized(&[words, b" ", text].concat(), self.unit.target)
        } else {
            self.named_type(text)?
        };
        for _ in 0..stars.min(4) {
            ty = self.unit.types.pointer_to(ty);
        }
        Some(ty)
    }

    /// Lowers a call for its effect.
    pub(super) fn call_effect(&mut self, at: At, result: ResultUse) {
        if !self.macro_statement(at) {
            self.call(at, None, result);
        }
    }
}

/// Macros that mean more by their names than by what they do: sections that exclude others.
fn is_kept(name: &[u8]) -> bool {
    matches!(
        name,
        b"taskENTER_CRITICAL"
            | b"taskEXIT_CRITICAL"
            | b"taskENTER_CRITICAL_FROM_ISR"
            | b"taskEXIT_CRITICAL_FROM_ISR"
            | b"portENTER_CRITICAL"
            | b"portEXIT_CRITICAL"
            | b"taskDISABLE_INTERRUPTS"
            | b"taskENABLE_INTERRUPTS"
            | b"SYS_ARCH_PROTECT"
            | b"SYS_ARCH_UNPROTECT"
            | b"LOCK_TCPIP_CORE"
            | b"UNLOCK_TCPIP_CORE"
            | b"xSemaphoreTake"
            | b"xSemaphoreGive"
            | b"xSemaphoreTakeRecursive"
            | b"xSemaphoreGiveRecursive"
            | b"xSemaphoreCreateMutex"
            | b"xSemaphoreCreateMutexStatic"
            | b"xSemaphoreCreateRecursiveMutex"
            | b"xSemaphoreCreateRecursiveMutexStatic"
            | b"xSemaphoreCreateBinary"
            | b"xSemaphoreCreateBinaryStatic"
            | b"xSemaphoreCreateCounting"
            | b"xSemaphoreCreateCountingStatic"
            | b"va_start"
            | b"va_end"
            | b"va_arg"
            | b"va_copy"
    )
}
