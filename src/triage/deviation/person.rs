//! Whether two names mean one person: nobody agrees to what is their own.

/// Whether two names (`NAME <ADDRESS>`, a name or an address alone) are one person: by their addresses where both
/// have one, else by their names.
pub fn is_same(left: &str, right: &str) -> bool {
    let parts = |text: &str| -> (String, Option<String>) {
        let text = text.trim();
        let Some((name, rest)) = text.split_once('<') else {
            let bare = text.to_lowercase();
            let is_address = bare.contains('@') && !bare.contains(char::is_whitespace);
            return (bare.clone(), is_address.then_some(bare));
        };
        let address = rest.trim_end_matches('>').trim().to_lowercase();
        (name.trim().to_lowercase(), Some(address))
    };
    match (parts(left), parts(right)) {
        ((_, Some(left)), (_, Some(right))) => left == right,
        ((left, _), (right, _)) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_decide_before_names() {
        assert!(is_same("Ada <ada@x.example>", "ADA@x.example"));
        assert!(!is_same("Ada <ada@x.example>", "bob@x.example"));
        assert!(is_same(
            "Ada <ADA@x.example>",
            "A. Lovelace <ada@x.example>"
        ));
        assert!(!is_same("Ada <ada@x.example>", "Ada <ada@y.example>"));
        assert!(is_same("ada", "Ada <ada@x.example>"));
        assert!(!is_same("bob", "ada"));
    }
}
