//! Paths in tokens that nobody parses: the arguments of macros and attributes.

use proc_macro2::{TokenStream, TokenTree};

/// Every path in `tokens`, longest first read: `a::b::c` is one path, a lone name is one too.
/// Names after a dot are fields and methods and are left out.
pub(crate) fn paths(tokens: TokenStream) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    read(tokens, &mut found);
    found
}

/// Every string literal in `tokens`.
pub(crate) fn strings(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(strings(group.stream())),
            TokenTree::Literal(literal) => {
                found.extend(
                    syn::parse_str::<syn::LitStr>(&literal.to_string())
                        .ok()
                        .map(|text| text.value()),
                );
            }
            _ => {}
        }
    }
    found
}

fn read(tokens: TokenStream, found: &mut Vec<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => read(group.stream(), found),
            TokenTree::Ident(name) => {
                let mut path = vec![name.to_string()];
                let start = at;
                while colons(&tokens, at + 1)
                    && let Some(TokenTree::Ident(next)) = tokens.get(at + 3)
                {
                    path.push(next.to_string());
                    at += 3;
                }
                let after_dot = start > 0
                    && is(&tokens[start - 1], '.')
                    && !(start > 1 && is(&tokens[start - 2], '.'));
                let absolute = start > 1 && colons(&tokens, start - 2);
                if !after_dot && !absolute {
                    found.push(path);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn colons(tokens: &[TokenTree], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| is(token, ':'))
        && tokens.get(at + 1).is_some_and(|token| is(token, ':'))
}

fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Vec<String> {
        paths(code.parse().unwrap()).iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn paths_are_read_whole_and_fields_are_not() {
        assert_eq!(of("\"{}\", crate::a::f(x.y), super::B"), ["crate::a::f", "x", "super::B"]);
        assert_eq!(of("{ \"k\": b::<u8>(), n: 0..end }"), ["b", "u8", "n", "end"]);
        assert_eq!(of("$crate::m::n!(::std::mem)"), ["crate::m::n"]);
    }
}
