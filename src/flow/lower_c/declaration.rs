//! Declarations of the file and of its functions, and the functions themselves.

use super::builder::Body;
use super::declarator::{Declared, Specifiers, mentions_noreturn};
use super::scope::Binding;
use super::simplify::simplified;
use super::source::At;
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{
    Function, Global, Init, Local, LocalId, LocalKind, Prototype, Signature, StatementKind, Symbol,
    Terminator, Type, TypeId,
};
use crate::syntax::{Field, Kind, SourceFile};

impl Lowerer<'_> {
    /// Reads what the file declares outside functions.
    pub(super) fn file_declarations(&mut self) {
        let tree = self.file_tree;
        for node in tree.subtree(tree.root()) {
            if matches!(
                tree.kind(node),
                Kind::STRUCT_SPECIFIER | Kind::UNION_SPECIFIER
            ) && tree.child(node, Field::BODY).is_some()
                && let Some(name) = tree.child(node, Field::NAME)
            {
                let text = self.text(Self::in_file(name));
                self.defined_tags.insert(text);
            }
        }
        self.declarations(Self::in_file(tree.root()), 0);
    }

    pub(super) fn declarations(&mut self, list: At, depth: u32) {
        if depth > 64 {
            return;
        }
        for child in self.children(list) {
            match self.kind(child) {
                Kind::DECLARATION => self.file_declaration(child),
                Kind::TYPE_DEFINITION => self.type_definition(child),
                Kind::FUNCTION_DEFINITION => self.declare_definition(child),
                Kind::STRUCT_SPECIFIER | Kind::UNION_SPECIFIER | Kind::ENUM_SPECIFIER
                    if self.field(child) == Field::NONE =>
                {
                    self.specifier(child);
                }
                Kind::PREPROC_IF | Kind::PREPROC_IFDEF => {
                    // The chosen arm counts; the others fill in what it leaves open.
                    let chosen = self.chosen_arm(child);
                    if let Some(arm) = chosen {
                        self.declarations(arm, depth + 1);
                    }
                    let mut arm = Some(child);
                    while let Some(at) = arm {
                        if chosen != Some(at) {
                            let secondary = std::mem::replace(&mut self.is_secondary, true);
                            self.declarations(at, depth + 1);
                            self.is_secondary = secondary;
                        }
                        arm = self.child(at, Field::ALTERNATIVE);
                    }
                }
                Kind::LINKAGE_SPECIFICATION | Kind::DECLARATION_LIST => {
                    self.declarations(child, depth + 1);
                }
                Kind::PREPROC_CALL => self.pragma(child),
                _ => {}
            }
        }
    }

    /// `#pragma pack(push, 1)`
    fn pragma(&mut self, at: At) {
        let Some(argument) = self.child(at, Field::ARGUMENT) else {
            return;
        };
        let text = self.text(argument).trim_ascii();
        if let Some(inside) = text.strip_prefix(b"pack") {
            self.pack = super::scan::pack(inside);
        }
    }

    pub(super) fn type_definition(&mut self, at: At) {
        let before = self.specifiers(at);
        for child in self.children(at) {
            if self.field(child) != Field::DECLARATOR {
                continue;
            }
            let declared = self.declarator(Some(child), before);
            let Some(name) = declared.name else { continue };
            let text = self.text(name);
            let name = self.intern(text);
            self.name_record(declared.ty, name);
            self.bind(name, Binding::Type(declared.ty));
        }
    }

    /// A record without a tag is called by its typedef.
    fn name_record(&mut self, ty: TypeId, name: Symbol) {
        if let Type::Record(id) = self.unit.types.get(ty)
            && let id = *id
            && let Some(record) = self.unit.types.record_mut(id)
            && record.name.is_none()
        {
            record.name = Some(name);
        }
    }

    /// The declarators of a declaration with their first values.
    fn declared(
        &mut self,
        child: At,
        before: Specifiers,
    ) -> Option<(Symbol, Declared, Option<At>)> {
        let (declarator, value) = match self.kind(child) {
            Kind::INIT_DECLARATOR => (
                self.child(child, Field::DECLARATOR)?,
                self.child(child, Field::VALUE),
            ),
            _ => (child, None),
        };
        let mut declared = self.declarator(Some(declarator), before);
        let text = self.text(declared.name?);
        let name = self.intern(text);
        if declared.is_open {
            declared.ty = self.completed(declared.ty, value);
        }
        self.complete(declared.ty);
        Some((name, declared, value))
    }

    fn file_declaration(&mut self, at: At) {
        let before = self.specifiers(at);
        for child in self.children(at) {
            if self.field(child) != Field::DECLARATOR {
                continue;
            }
            let Some((name, declared, value)) = self.declared(child, before) else {
                continue;
            };
            if self.declare_function(name, &declared, before, at) {
                continue;
            }
            self.declare_global(name, &declared, value, before, None);
        }
    }

    /// Declares a function, if the name is one.
    fn declare_function(
        &mut self,
        name: Symbol,
        declared: &Declared,
        before: Specifiers,
        at: At,
    ) -> bool {
        let Type::Function(signature) = self.unit.types.get(declared.ty) else {
            return false;
        };
        let signature = (**signature).clone();
        let is_here = self
            .sources
            .get(at.source as usize)
            .is_some_and(|source| source.span.is_none());
        let span = is_here.then(|| self.span(at));
        if before.is_noreturn || mentions_noreturn(self.text(at)) {
            self.noreturn.insert(name);
        }
        self.unit.prototypes.insert(
            name,
            Prototype {
                parameters: signature.parameters.clone(),
                result: signature.result,
                is_variadic: signature.is_variadic,
                span,
            },
        );
        self.know_function(name, signature);
        true
    }

    /// A signature with parameters says more than `f()`.
    fn know_function(&mut self, name: Symbol, signature: Signature) {
        self.bind(name, Binding::Function);
        let known = self.signatures.get(&name);
        if known.is_none_or(|known| known.parameters.is_none()) {
            self.signatures.insert(name, signature);
        }
    }

    fn declare_definition(&mut self, at: At) {
        let before = self.specifiers(at);
        let declarator = self.child(at, Field::DECLARATOR);
        let declared = self.declarator(declarator, before);
        let (Some(name), Type::Function(signature)) =
            (declared.name, self.unit.types.get(declared.ty))
        else {
            return;
        };
        let signature = (**signature).clone();
        let text = self.text(name);
        let name = self.intern(text);
        if before.is_noreturn || mentions_noreturn(self.head(at)) {
            self.noreturn.insert(name);
        }
        self.bodies.entry(name).or_default().push(at);
        self.know_function(name, signature);
    }

    /// The text of a definition before its body.
    fn head(&self, at: At) -> &[u8] {
        let text = self.text(at);
        let tree = self.tree(at);
        let length = tree
            .child(at.node, Field::BODY)
            .map_or(0, |body| tree.span(body).start - tree.span(at.node).start);
        text.get(..length as usize).unwrap_or_default()
    }

    /// An object with static storage.
    fn declare_global(
        &mut self,
        name: Symbol,
        declared: &Declared,
        value: Option<At>,
        before: Specifiers,
        function: Option<Symbol>,
    ) {
        let span = declared
            .name
            .map_or_else(Default::default, |at| self.span(at));
        let is_extern = before.is_extern && value.is_none();
        let known = match self.names.get(&name) {
            Some(Binding::Global(id)) if function.is_none() => Some(*id),
            _ => None,
        };
        let id = match known {
            // A tentative definition or `extern` before.
            Some(id) => id,
            None => {
                let id = self.add_global(Global {
                    name,
                    ty: declared.ty,
                    span,
                    is_const: declared.is_const,
                    is_volatile: declared.is_volatile,
                    is_private: before.is_static,
                    is_extern,
                    function,
                    init: match is_extern {
                        true => Init::Unknown,
                        false => Init::Zero,
                    },
                });
                self.bind(name, Binding::Global(id));
                id
            }
        };
        if is_extern {
            return;
        }
        let init = value.map(|value| self.static_value(declared.ty, value));
        if self.is_secondary && known.is_some() {
            // Another arm defines it too: which first value it has depends on the build.
            if let Some(global) = self.unit.globals.get_mut(id.0 as usize)
                && !global.is_extern
            {
                if init.is_some_and(|init| init != global.init) {
                    global.init = Init::Unknown;
                    if global.ty != declared.ty
                        && let Type::Array { of, .. } = self.unit.types.get(global.ty)
                    {
                        let of = *of;
                        global.ty = self.unit.types.intern(Type::Array { of, len: None });
                    }
                }
                return;
            }
        }
        if let Some(global) = self.unit.globals.get_mut(id.0 as usize) {
            if global.is_extern {
                global.is_extern = false;
                global.span = span;
                global.init = Init::Zero;
            }
            if global.ty != declared.ty && value.is_some() {
                global.ty = declared.ty;
            }
            if let Some(init) = init {
                global.init = init;
            }
        }
    }

    /// A declaration inside a function.
    pub(super) fn local_declaration(&mut self, at: At) {
        if self.macro_line(at) {
            return;
        }
        let before = self.specifiers(at);
        let mut last = None;
        for child in self.children(at) {
            if self.field(child) != Field::DECLARATOR {
                continue;
            }
            if self.kind(child) == Kind::GNU_ASM_EXPRESSION {
                // `register int *top asm("sp")` has the value of that register.
                let span = self.span(child);
                self.emit(
                    StatementKind::Clobber(last.take().into_iter().collect()),
                    span,
                );
                continue;
            }
            let Some((name, declared, value)) = self.declared(child, before) else {
                continue;
            };
            if self.declare_function(name, &declared, before, at) {
                continue;
            }
            if before.is_static || before.is_extern {
                let function = if before.is_static {
                    self.body.name
                } else {
                    None
                };
                self.declare_global(name, &declared, value, before, function);
                continue;
            }
            let span = declared
                .name
                .map_or_else(Default::default, |at| self.span(at));
            let local = self.add_local(Local {
                name,
                ty: declared.ty,
                kind: LocalKind::Variable,
                span,
                is_volatile: declared.is_volatile,
                has_init: value.is_some(),
            });
            self.bind(name, Binding::Local(local));
            self.body.entered.push(local);
            self.emit(StatementKind::Enter(local), span);
            last = Some(Self::local_place(local, declared.ty, span));
            if let Some(value) = value {
                let span = self.span(child);
                let place = Self::local_place(local, declared.ty, span);
                self.initialise(place, value, span);
            }
        }
    }

    /// `UNLOCK` on a line of its own, a macro that nobody saw and without `;`, and `x = 1;` on the
    /// next: the parser took both for a declaration of `x`. Tells whether it was that.
    fn macro_line(&mut self, at: At) -> bool {
        let (Some(word), Some(child)) = (
            self.child(at, Field::TYPE),
            self.child(at, Field::DECLARATOR),
        ) else {
            return false;
        };
        let (Some(name), Some(value)) = (
            self.child(child, Field::DECLARATOR),
            self.child(child, Field::VALUE),
        ) else {
            return false;
        };
        if self.kind(word) != Kind::TYPE_IDENTIFIER
            || self.kind(child) != Kind::INIT_DECLARATOR
            || self.kind(name) != Kind::IDENTIFIER
            || self
                .children(at)
                .filter(|&one| one != word && one != child)
                .count()
                > 0
            || !super::expression::is_constant_name(self.text(word))
        {
            return false;
        }
        let text = self.text(at);
        let length = self.text(word).len();
        let is_alone = text
            .get(length..)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .any(|byte| *byte == b'\n');
        let word = self.text(word);
        let symbol = self.intern(word);
        if !is_alone || self.meaning(word, symbol).is_some() {
            return false;
        }
        let text = self.text(name);
        let symbol = self.intern(text);
        if !matches!(self.meaning(text, symbol), Some(Binding::Local(_))) {
            return false;
        }
        let Some(place) = self.variable(name) else {
            return false;
        };
        let span = self.span(child);
        self.assign_expression(place, value, span);
        true
    }

    /// Lowers the bodies.
    pub(super) fn functions(&mut self, file: &SourceFile<'_>, wanted: &dyn Fn(u32) -> bool) {
        for (index, function) in file.functions.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            if wanted(index) {
                self.function(index, function);
            }
        }
    }

    fn function(&mut self, index: u32, function: &crate::syntax::Function) {
        let at = Self::in_file(function.node);
        let before = self.specifiers(at);
        let declarator = self.child(at, Field::DECLARATOR);
        let declared = self.declarator(declarator, before);
        let signature = match self.unit.types.get(declared.ty) {
            Type::Function(signature) => (**signature).clone(),
            _ => Signature {
                parameters: None,
                result: TypeId::UNKNOWN,
                is_variadic: false,
            },
        };
        let name = self.unit.names.intern(&function.name);
        self.body = Body {
            is_open: true,
            name: Some(name),
            result: Some(signature.result),
            has_gap: function.has_error,
            ..Body::default()
        };
        self.depth = 0;
        let scope = self.open_scope();
        let parameters = self.parameters(declared.parameters);
        self.old_style_parameters(at, &parameters);
        let entry = self.new_block();
        self.switch_to(entry);
        for child in self.children(Self::in_file(function.body)) {
            self.statement(child);
        }
        let end = function.span.end;
        let closing = Span::new(end.saturating_sub(1), end);
        self.terminate(Terminator::Return(None), closing);
        self.forget_names(scope);
        self.undo.clear();
        let body = std::mem::take(&mut self.body);
        // A `goto` that leads nowhere.
        let undefined = body.labels_defined < body.labels.len();
        self.sources.truncate(1);
        self.unit.functions.push(Function {
            name,
            syntax: index,
            span: function.span,
            parameters,
            result: signature.result,
            locals: body.locals,
            blocks: simplified(body.blocks),
            is_private: before.is_static,
            is_variadic: signature.is_variadic,
            has_gap: body.has_gap || undefined,
            is_unsafe: false,
        });
    }

    fn parameters(&mut self, list: Option<At>) -> Vec<LocalId> {
        let mut parameters = Vec::new();
        let Some(list) = list else { return parameters };
        for child in self.children(list) {
            let (name, ty, is_volatile) = match self.kind(child) {
                Kind::PARAMETER_DECLARATION => {
                    let declared = self.parameter(child);
                    if declared.ty == TypeId::VOID && declared.name.is_none() {
                        continue;
                    }
                    self.complete(declared.ty);
                    (declared.name, declared.ty, declared.is_volatile)
                }
                Kind::IDENTIFIER => (Some(child), self.int, false),
                _ => continue,
            };
            let span = self.span(name.unwrap_or(child));
            let text = name.map_or(&[][..], |name| self.text(name));
            let is_named = !text.is_empty();
            let name = self.intern(text);
            let index = u32::try_from(parameters.len()).unwrap_or(u32::MAX);
            let local = self.add_local(Local {
                name,
                ty,
                kind: LocalKind::Parameter(index),
                span,
                is_volatile,
                has_init: true,
            });
            if is_named {
                self.bind(name, Binding::Local(local));
            }
            parameters.push(local);
        }
        parameters
    }

    /// `int f(a) char *a; {…}`
    fn old_style_parameters(&mut self, at: At, parameters: &[LocalId]) {
        for child in self.children(at) {
            if self.kind(child) != Kind::DECLARATION {
                continue;
            }
            let before = self.specifiers(child);
            for declarator in self.children(child) {
                if self.field(declarator) != Field::DECLARATOR {
                    continue;
                }
                let Some((name, declared, _)) = self.declared(declarator, before) else {
                    continue;
                };
                let ty = self.decayed(declared.ty);
                for id in parameters {
                    if let Some(local) = self.body.locals.get_mut(id.0 as usize)
                        && local.name == name
                    {
                        local.ty = ty;
                    }
                }
            }
        }
    }
}
