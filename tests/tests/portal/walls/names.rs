//! What a file names: every path in it, whole, as its imports make it; every text; every condition of compilation.
//!
//! All tokens are looked at, those in macros and attributes as well, for `html!` and `tracing::info!` hold code. What is
//! called on a value is not a name: nothing here knows the types of values.

use std::{collections::BTreeMap, mem};

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use syn::{Item, Lit, ext::IdentExt};

use super::sources::{Modules, Scope, Target, imports};

/// What a file names, with the line where it first does so.
#[derive(Default)]
pub(super) struct Names {
    /// Paths such as `std::env::var`, `cfg(…)` for conditions, and `async`.
    pub(super) paths: BTreeMap<String, usize>,
    /// What stands in quotation marks.
    pub(super) texts: BTreeMap<String, usize>,
    /// The other files whose items it names, each with one of those items.
    pub(super) files: BTreeMap<String, String>,
}

impl Names {
    fn add(&mut self, path: String, line: usize) {
        self.paths.entry(path).or_insert(line);
    }
}

/// Adds what the tokens of a module name.
pub(super) fn names_of(modules: &Modules, module: &str, file: &str, tokens: TokenStream, names: &mut Names) {
    Reader {
        modules,
        module: module.to_owned(),
        file,
        blocks: Vec::new(),
        in_attribute: false,
        quoted_at: None,
        names,
    }
    .read(tokens, Scope::default());
}

struct Reader<'a> {
    modules: &'a Modules,
    module: String,
    file: &'a str,
    /// What the blocks around declare, the innermost last.
    blocks: Vec<Scope>,
    in_attribute: bool,
    /// The line of the text that is read, which has lines of its own.
    quoted_at: Option<usize>,
    names: &'a mut Names,
}

impl Reader<'_> {
    fn read_block(&mut self, tokens: TokenStream) {
        let scope = scope(&tokens.clone().into_iter().collect::<Vec<_>>());
        self.read(tokens, scope);
    }

    fn read(&mut self, tokens: TokenStream, scope: Scope) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        self.blocks.push(scope);
        let mut at = 0;
        while at < tokens.len() {
            at += self.step(&tokens, at);
        }
        self.blocks.pop();
    }

    /// Reads what begins at a token; gives how many tokens that was.
    fn step(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let word = |ahead: usize| word(tokens, at + ahead);
        match (word(0).as_str(), word(1).as_str()) {
            ("#", "[") => match test_module(tokens, at) {
                Some(length) => return length,
                None => self.attribute(group(&tokens[at + 1])),
            },
            ("#", "!") if word(2) == "[" => {
                self.attribute(group(&tokens[at + 2]));
                return 3;
            }
            ("pub", "(") if ["crate", "self", "super", "in"].contains(&first_word(&tokens[at + 1]).as_str()) => {}
            ("use" | "extern", _) => match item(&tokens[at..]) {
                Some((Item::Use(item), length)) => {
                    self.import(&item, self.line(&tokens[at]));
                    return length;
                }
                Some((Item::ExternCrate(item), length)) => {
                    self.names.add(item.ident.to_string(), self.line(&tokens[at]));
                    return length;
                }
                _ => return 1,
            },
            // One inside a function is read like any block.
            ("mod", name) if word(2) == "{" && self.modules.has(&format!("{}::{name}", self.module)) => {
                let module = format!("{}::{name}", self.module);
                let (module, blocks) = (mem::replace(&mut self.module, module), mem::take(&mut self.blocks));
                self.read(group(&tokens[at + 2]).stream(), Scope::default());
                (self.module, self.blocks) = (module, blocks);
                return 3;
            }
            ("cfg", "!") => self.condition(&tokens[at..]),
            ("async", _) => {
                self.names.add("async".into(), self.line(&tokens[at]));
                return 1;
            }
            _ => return self.token(tokens, at),
        }
        2
    }

    fn token(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        match &tokens[at] {
            TokenTree::Group(inner) => self.read_block(inner.stream()),
            TokenTree::Literal(literal) => {
                let text = match Lit::new(literal.clone()) {
                    Lit::Str(text) => text.value(),
                    Lit::ByteStr(text) => String::from_utf8_lossy(&text.value()).into_owned(),
                    Lit::CStr(text) => text.value().to_string_lossy().into_owned(),
                    _ => return 1,
                };
                if self.in_attribute
                    && is_path_in_quotation_marks(tokens, at)
                    && let Ok(quoted) = text.parse()
                {
                    self.quoted_at = Some(self.line(&tokens[at]));
                    self.read_block(quoted);
                    self.quoted_at = None;
                }
                let line = self.line(&tokens[at]);
                self.names.texts.entry(text).or_insert(line);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => return self.path(tokens, at),
        }
        1
    }

    /// Reads a path, if one begins here.
    fn path(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let (path, length) = path(tokens, at);
        let before = |back: usize| at.checked_sub(back).map(|at| word(tokens, at)).unwrap_or_default();
        let is_field = before(1) == "." && before(2) != ".";
        let is_of_macro = before(1) == "$" && path.first().is_none_or(|first| first != "crate");
        let is_nothing = match path.as_slice() {
            [] => true,
            [first, ..] if first == "Self" => true,
            [only] => ["crate", "self", "super", ""].contains(&only.as_str()),
            _ => false,
        };
        if is_nothing || is_field || is_of_macro || before(1) == "'" {
            return length.max(1);
        }
        // `<T>::now` is `T::now`.
        if before(1) == "<" && word(tokens, at + length) == ">" && is_separator(tokens, at + length + 1) {
            let further = word(tokens, at + length + 3);
            self.record(&[path.as_slice(), &[further]].concat(), self.line(&tokens[at]));
        }
        self.record(&path, self.line(&tokens[at]));
        length
    }

    fn record(&mut self, path: &[String], line: usize) {
        for target in self.modules.resolve(&self.module, &self.blocks, path) {
            match target {
                Target::Item { module, name } => self.item(&module, name, line),
                // Of a name alone: a variable that is called like a module is not the module.
                Target::Module(_) if path.len() == 1 && self.quoted_at.is_none() => {}
                Target::Module(module) => self.item(&module, module.clone(), line),
                Target::External(name) => {
                    if name.contains("::") {
                        self.names.add(name, line);
                    }
                }
            }
        }
    }

    fn import(&mut self, item: &syn::ItemUse, line: usize) {
        for import in imports(item) {
            let all = if import.is_glob() { "::*" } else { "" };
            for target in self.modules.resolve(&self.module, &self.blocks, &import.path) {
                match target {
                    Target::Item { module, name } => self.item(&module, name + all, line),
                    // What is named through it counts, wherever that is: the module may hold nothing of its own.
                    Target::Module(name) | Target::External(name) => {
                        self.names.add(name + all, line);
                    }
                }
            }
        }
    }

    fn item(&mut self, module: &str, name: String, line: usize) {
        let file = self.modules.file(module);
        if file != self.file {
            self.names.files.entry(file.to_owned()).or_insert_with(|| name.clone());
        }
        self.names.add(name, line);
    }

    fn line(&self, token: &TokenTree) -> usize {
        self.quoted_at.unwrap_or_else(|| token.span().start().line)
    }

    fn attribute(&mut self, attribute: &Group) {
        let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
        match word(&tokens, 0).as_str() {
            "doc" => return,
            "cfg" | "cfg_attr" => self.condition(&tokens),
            _ => {}
        }
        self.in_attribute = true;
        self.read_block(attribute.stream());
        self.in_attribute = false;
    }

    fn condition(&mut self, tokens: &[TokenTree]) {
        let condition: String = tokens.iter().take(3).map(ToString::to_string).collect();
        let condition = condition.replace(" (", "(").replace(" ,", ",");
        let condition = condition.trim_start_matches("cfg_attr").trim_start_matches("cfg").trim_start_matches('!');
        self.names.add(format!("cfg{condition}"), self.line(&tokens[0]));
    }
}

/// What the `use`s and type aliases right in a block declare.
fn scope(tokens: &[TokenTree]) -> Scope {
    let mut scope = Scope::default();
    for at in 0..tokens.len() {
        if ["use", "type", "extern"].contains(&word(tokens, at).as_str())
            && let Some((item, _)) = item(&tokens[at..])
        {
            scope.declare(&item);
        }
    }
    scope
}

/// The item that these tokens begin with and that ends with a semicolon, and how many tokens it has.
fn item(tokens: &[TokenTree]) -> Option<(Item, usize)> {
    let length = (0..tokens.len()).find(|&at| word(tokens, at) == ";")? + 1;
    let item = syn::parse2(tokens[..length].iter().cloned().collect()).ok()?;
    Some((item, length))
}

/// How many tokens a module has that is only for tests and whose `#[cfg(test)]` stands here.
fn test_module(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let condition = tokens[at + 1].to_string().replace(' ', "");
    let mut end = at + 2;
    while word(tokens, end) == "#" {
        end += 2;
    }
    if word(tokens, end) == "pub" {
        end += if word(tokens, end + 1) == "(" { 2 } else { 1 };
    }
    (condition == "[cfg(test)]" && word(tokens, end) == "mod").then_some(end + 3 - at)
}

/// The path that begins here, with an empty name first if that is `::`, and how many tokens it has.
fn path(tokens: &[TokenTree], at: usize) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    let mut end = at;
    if is_separator(tokens, end) {
        path.push(String::new());
        end += 2;
    }
    while let Some(TokenTree::Ident(ident)) = tokens.get(end) {
        path.push(ident.unraw().to_string());
        end += 1;
        if !is_separator(tokens, end) || !matches!(tokens.get(end + 2), Some(TokenTree::Ident(_))) {
            break;
        }
        end += 2;
    }
    (path, end - at)
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let is_joint = matches!(tokens.get(at), Some(TokenTree::Punct(colon)) if colon.spacing() == Spacing::Joint);
    is_joint && word(tokens, at) == ":" && word(tokens, at + 1) == ":"
}

/// Serde's attributes name functions and types by texts.
fn is_path_in_quotation_marks(tokens: &[TokenTree], at: usize) -> bool {
    const NAMING: [&str; 9] = [
        "with",
        "serialize_with",
        "deserialize_with",
        "default",
        "skip_serializing_if",
        "try_from",
        "from",
        "into",
        "remote",
    ];
    at >= 2 && word(tokens, at - 1) == "=" && NAMING.contains(&word(tokens, at - 2).as_str())
}

/// A token as text; of a group how it begins, of a literal nothing.
fn word(tokens: &[TokenTree], at: usize) -> String {
    match tokens.get(at) {
        Some(TokenTree::Ident(ident)) => ident.unraw().to_string(),
        Some(TokenTree::Punct(punct)) => punct.to_string(),
        Some(TokenTree::Group(group)) => match group.delimiter() {
            Delimiter::Brace => "{".into(),
            Delimiter::Bracket => "[".into(),
            Delimiter::Parenthesis => "(".into(),
            Delimiter::None => String::new(),
        },
        Some(TokenTree::Literal(_)) | None => String::new(),
    }
}

fn group(token: &TokenTree) -> &Group {
    let TokenTree::Group(group) = token else { panic!("{token} is no group") };
    group
}

fn first_word(token: &TokenTree) -> String {
    word(&group(token).stream().into_iter().collect::<Vec<_>>(), 0)
}
