//! Whether a header `.h` is C++: it has classes, templates or namespaces outside of what only a C++
//! compiler sees (`#ifdef __cplusplus`) and outside of comments. Pure.

/// Whether the text of a header is C++.
pub(super) fn is_cplusplus(text: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    if !has(b"class ") && !has(b"namespace") && !has(b"template") {
        return false;
    }
    let mut in_comment = false;
    // For each open `#if`: whether what is read now is for C++ alone.
    let mut groups: Vec<bool> = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        if in_comment {
            in_comment = memchr::memmem::find(line, b"*/").is_none();
            continue;
        }
        if let Some(start) = memchr::memmem::find(line, b"/*") {
            let rest = line.get(start..).unwrap_or_default();
            in_comment = memchr::memmem::find(rest, b"*/").is_none();
        }
        if let Some(directive) = line.strip_prefix(b"#") {
            let directive = directive.trim_ascii_start();
            if directive.starts_with(b"if") {
                let for_cpp = memchr::memmem::find(directive, b"__cplusplus").is_some()
                    && !directive.starts_with(b"ifndef");
                groups.push(for_cpp);
            } else if directive.starts_with(b"el") {
                if let Some(group) = groups.last_mut() {
                    *group = false;
                }
            } else if directive.starts_with(b"endif") {
                groups.pop();
            }
            continue;
        }
        if !groups.contains(&true) && declares(line) {
            return true;
        }
    }
    false
}

/// Whether the line starts a declaration that only C++ has.
fn declares(line: &[u8]) -> bool {
    if let Some(rest) = line.strip_prefix(b"template") {
        return rest.trim_ascii_start().starts_with(b"<");
    }
    if let Some(rest) = line.strip_prefix(b"namespace") {
        return rest.first().is_some_and(|byte| b" {".contains(byte)) && rest.ends_with(b"{");
    }
    if line.starts_with(b"using namespace ") {
        return true;
    }
    let Some(rest) = line.strip_prefix(b"class ") else {
        return false;
    };
    let rest = rest.trim_ascii_start();
    let name = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    let behind = rest.get(name..).unwrap_or_default().trim_ascii_start();
    let behind = behind.strip_prefix(b"final").unwrap_or(behind);
    name > 0
        && matches!(
            behind.trim_ascii_start().first(),
            None | Some(b'{' | b':' | b';')
        )
}

#[cfg(test)]
mod tests {
    use super::is_cplusplus;

    #[test]
    fn headers_of_classes_are_cpp_and_guards_are_not() {
        assert!(is_cplusplus(b"class A { public: int x; };\n"));
        assert!(is_cplusplus(b"#pragma once\nnamespace a {\nint f();\n}\n"));
        assert!(is_cplusplus(b"template <class T>\nT max(T a, T b);\n"));
        assert!(is_cplusplus(b"class Pump final : public Device {\n"));
        assert!(!is_cplusplus(
            b"#ifdef __cplusplus\nextern \"C\" {\nclass A;\n#endif\nint f(void);\n"
        ));
        assert!(!is_cplusplus(
            b"/*\n * x\nclass of device:\nclass A {\n*/\nint class_id;\n"
        ));
        assert!(!is_cplusplus(
            b"struct s { int class ; };\nint namespace = 1;\n"
        ));
        assert!(!is_cplusplus(b"class = 3;\n"));
    }
}
