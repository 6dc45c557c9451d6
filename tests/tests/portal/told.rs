//! What the operator's tool answers with `--json`, written from the sources of its reports: infra/operating/json.md.

use std::{collections::BTreeMap, env, fmt::Write, fs, path::Path};

use syn::{Attribute, Expr, Field, Fields, GenericArgument, Item, Lit, Meta, PathArguments, Type};

/// The commands, and the file and the name of what each tells.
const REPORTS: [(&str, &[(&str, &str)]); 18] = [
    ("doctor", &[("doctor/mod.rs", "Examination")]),
    ("why", &[("why/mod.rs", "Answer")]),
    ("booking ID", &[("booking.rs", "Known")]),
    ("booking ID --against FILE", &[("booking/against.rs", "Against")]),
    ("preview", &[("preview/mod.rs", "Previewed")]),
    ("dead-letters list", &[("dead_letters/report.rs", "List")]),
    ("dead-letters show", &[("dead_letters/report.rs", "Shown")]),
    ("dead-letters redrive` and `portal dead-letters drop", &[("dead_letters/report.rs", "Moved")]),
    ("erase", &[("erase/receipt.rs", "Receipt")]),
    ("allow-mail", &[("allow_mail.rs", "Allowed")]),
    ("events check", &[("events/check.rs", "Checked")]),
    ("events send", &[("events/send.rs", "Sent")]),
    ("events trigger", &[("events/trigger.rs", "Triggered")]),
    ("events clean", &[("events/clean.rs", "Cleaned")]),
    ("import", &[("import/looked.rs", "Looked"), ("import/report.rs", "Done")]),
    ("restore", &[("restore.rs", "Done")]),
    ("webhook-secret show", &[("webhook_secret/show.rs", "Shown")]),
    ("webhook-secret rotate", &[("webhook_secret/rotate.rs", "Rotated")]),
];

const HEAD: &str = "\
# What `portal … --json` answers

One JSON object on standard output; what is said to people meanwhile goes to standard error. Where a command could not do what was
asked (it ends with 2), standard output is empty. Names are added in later versions, and none is ever given another meaning.
Times are RFC 3339 in UTC; an address is masked unless `--show-addresses` is given. Written by `make schemas` from the tool's own
sources: a test holds it against them.
";

#[test]
fn the_guide_names_every_field_that_the_tool_answers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let types = Types::read(&root.join("infra/operator/src"));
    let mut text = HEAD.to_owned();
    for (command, reports) in REPORTS {
        write!(text, "\n## `portal {command}`\n\n| field | is | |\n|---|---|---|\n").unwrap();
        for (file, name) in reports {
            types.rows(&format!("commands/{file}"), name, "", &mut text);
        }
    }
    let path = root.join("infra/operating/json.md");
    if env::var_os("REWRITE_SCHEMAS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(path).is_ok_and(|stands| stands == text), "infra/operating/json.md: run `make schemas`");
    types.every_report_is_among(REPORTS.iter().flat_map(|(_, reports)| *reports));
}

/// The types of the tool's sources, by file.
struct Types(BTreeMap<String, BTreeMap<String, Item>>);

impl Types {
    fn read(folder: &Path) -> Self {
        let mut types = BTreeMap::new();
        collect(folder, folder, &mut types);
        Self(types)
    }

    /// A type as a file names it: its own, or else one of the files nearest to it.
    fn find(&self, file: &str, name: &str) -> Option<(&str, &Item)> {
        let shared = |other: &str| other.bytes().zip(file.bytes()).take_while(|(a, b)| a == b).count();
        let having = self.0.iter().filter_map(|(at, types)| Some((at.as_str(), types.get(name)?)));
        having.max_by_key(|(at, _)| (*at == file, shared(at)))
    }

    /// A row for each field of a type, and of the types in it.
    fn rows(&self, file: &str, name: &str, before: &str, text: &mut String) {
        let Some((file, item)) = self.find(file, name) else { panic!("{file} names {name}") };
        match item {
            Item::Struct(item) => item.fields.iter().for_each(|field| self.row(file, field, before, text)),
            // One of several things, named by its tag, each with its own fields.
            Item::Enum(item) => {
                let serde = serde(&item.attrs);
                let of = |name| serde.iter().find(|(named, _)| named == name).and_then(|(_, value)| value.as_deref());
                let (tag, case) = (of("tag").unwrap(), of("rename_all"));
                let kinds =
                    item.variants.iter().map(|variant| format!("`{}`", cased(&variant.ident.to_string(), case)));
                writeln!(text, "| `{before}{tag}` | {} | |", kinds.collect::<Vec<_>>().join(", ")).unwrap();
                let fields = item.variants.iter().flat_map(|variant| &variant.fields);
                fields.for_each(|field| self.row(file, field, before, text));
            }
            _ => unreachable!(),
        }
    }

    fn row(&self, file: &str, field: &Field, before: &str, text: &mut String) {
        let serde = serde(&field.attrs);
        if serde.iter().any(|(name, _)| name == "skip") {
            return;
        }
        let (form, of) = inner(&field.ty);
        if serde.iter().any(|(name, _)| name == "flatten") {
            return self.rows(file, &of, before, text);
        }
        let renamed = serde.iter().find(|(name, _)| name == "rename").and_then(|(_, value)| value.clone());
        let name = renamed.unwrap_or_else(|| field.ident.as_ref().unwrap().to_string());
        let (is, deeper) = self.described(file, &of);
        let path = format!("{before}{name}");
        let table = text.rsplit("\n## ").next().unwrap();
        if table.contains(&format!("\n| `{path}` |")) {
            return; // of another kind of the same, or of another of two reports
        }
        writeln!(text, "| `{path}` | {} | {} |", form.replace("{}", &is), doc(&field.attrs)).unwrap();
        if deeper {
            self.rows(file, &of, &format!("{path}{}.", if form.contains("list") { "[]" } else { "" }), text);
        }
    }

    /// What a type is in JSON, and whether it has fields.
    fn described(&self, file: &str, name: &str) -> (String, bool) {
        let known = match name {
            "String" | "PathBuf" | "Rc" | "str" => Some("text"),
            "bool" => Some("true or false"),
            "usize" | "u16" | "u32" | "u64" | "i64" | "f64" | "NonZeroU64" => Some("number"),
            "Timestamp" => Some("time"),
            "Value" => Some("any JSON"),
            "BookingId" | "CustomerId" => Some("id"),
            "Advice" => Some("text"),
            _ => None,
        };
        if let Some(known) = known {
            return (known.to_owned(), false);
        }
        match self.find(file, name) {
            Some((_, Item::Struct(item))) => match &item.fields {
                Fields::Unnamed(of) => self.described(file, &inner(&of.unnamed[0].ty).1),
                _ => ("object".to_owned(), true),
            },
            Some((file, Item::Enum(item))) => {
                let case =
                    serde(&item.attrs).into_iter().find(|(name, _)| name == "rename_all").and_then(|(_, case)| case);
                let named = item.variants.iter().map(|variant| match &variant.fields {
                    Fields::Unit => format!("`{}`", cased(&variant.ident.to_string(), case.as_deref())),
                    Fields::Unnamed(of) => self.described(file, &inner(&of.unnamed[0].ty).1).0,
                    Fields::Named(_) => String::new(),
                });
                let named: Vec<_> = named.collect();
                let is_object = serde(&item.attrs).iter().any(|(name, _)| name == "tag");
                if is_object { ("object".to_owned(), true) } else { (named.join(", "), false) }
            }
            _ => (format!("text ({})", snake(name).replace('_', " ")), false),
        }
    }

    /// Asserts that nothing that a command tells is left out.
    fn every_report_is_among<'a>(&self, named: impl Iterator<Item = &'a (&'a str, &'a str)>) {
        let named: Vec<_> = named.collect();
        for (file, types) in &self.0 {
            for of in types.keys().filter(|of| of.starts_with("impl Report for ")) {
                let of = of.trim_start_matches("impl Report for ");
                let is_named = named.iter().any(|(at, name)| file.ends_with(at) && name == &of);
                let is_one_of_others = of == "Told";
                assert!(is_named || is_one_of_others, "what {file} tells with {of} is not in infra/operating/json.md");
            }
        }
    }
}

fn collect(root: &Path, folder: &Path, types: &mut BTreeMap<String, BTreeMap<String, Item>>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            collect(root, &entry, types);
        } else {
            let name = entry.strip_prefix(root).unwrap().display().to_string();
            let of_file = types.entry(name).or_default();
            for item in syn::parse_file(&fs::read_to_string(&entry).unwrap()).unwrap().items {
                match &item {
                    Item::Struct(of) => of_file.insert(of.ident.to_string(), item),
                    Item::Enum(of) => of_file.insert(of.ident.to_string(), item),
                    Item::Impl(of) if of.trait_.as_ref().is_some_and(|(path, _)| path.is_ident("Report")) => {
                        of_file.insert(format!("impl Report for {}", inner(&of.self_ty).1), item)
                    }
                    _ => None,
                };
            }
        }
    }
}

/// How a type is given (`{}` or null, a list of `{}`), and of which it is.
fn inner(of: &Type) -> (String, String) {
    let path = match of {
        Type::Path(path) => path,
        Type::Reference(reference) => return inner(&reference.elem),
        _ => panic!("a type that JSON has no name for"),
    };
    let last = path.path.segments.last().unwrap();
    let arguments: Vec<&Type> = match &last.arguments {
        PathArguments::AngleBracketed(all) => all
            .args
            .iter()
            .filter_map(|argument| if let GenericArgument::Type(of) = argument { Some(of) } else { None })
            .collect(),
        _ => Vec::new(),
    };
    match (last.ident.to_string().as_str(), arguments.as_slice()) {
        ("Option", [of]) => {
            let (form, of) = inner(of);
            (format!("{form} or null"), of)
        }
        // With their subjects, which are for people.
        ("Vec", [Type::Tuple(with)]) => inner(with.elems.last().unwrap()),
        ("Vec", [of]) => {
            let (form, of) = inner(of);
            (format!("list of: {form}"), of)
        }
        ("BTreeMap", [_, of]) => {
            let (form, of) = inner(of);
            (format!("object, each: {form}"), of)
        }
        ("Box", [of]) => inner(of),
        (name, _) => ("{}".to_owned(), name.to_owned()),
    }
}

/// The names and values in `#[serde(…)]`.
fn serde(attributes: &[Attribute]) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute
            .parse_nested_meta(|meta| {
                let value = meta.value().ok().map(|value| value.parse::<syn::LitStr>().unwrap().value());
                found.push((meta.path.get_ident().unwrap().to_string(), value));
                Ok(())
            })
            .unwrap();
    }
    found
}

/// The first sentences of a doc comment, on one line.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn cased(name: &str, case: Option<&str>) -> String {
    match case {
        Some("snake_case") => snake(name),
        Some("SCREAMING_SNAKE_CASE") => snake(name).to_uppercase(),
        Some("lowercase") => name.to_lowercase(),
        _ => name.to_owned(),
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}
