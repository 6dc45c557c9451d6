//! The workspace's sources as walls look at them: each file's modules without their tests, and what a path in one means.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::LazyLock,
};

use proc_macro2::{Ident, TokenStream};
use serde_json::Value;
use syn::{Attribute, Item, ItemMod, Type, UseTree, ext::IdentExt};

use super::{
    arrows::METADATA,
    names::{Names, names_of},
};

/// The sources of the packages whose circles and names are looked at.
pub(super) static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    let root = Path::new(METADATA["workspace_root"].as_str().unwrap());
    let below = |path: &Value| Path::new(path.as_str().unwrap()).strip_prefix(root).unwrap().display().to_string();
    let (mut roots, mut files) = (Vec::new(), BTreeMap::new());
    for package in METADATA["packages"].as_array().unwrap() {
        let manifest = below(&package["manifest_path"]);
        if ["shared/", "functions/", "infra/"].iter().any(|folder| manifest.starts_with(folder)) {
            for target in package["targets"].as_array().unwrap() {
                let name = target["name"].as_str().unwrap();
                match target["kind"][0].as_str().unwrap() {
                    "lib" => roots.push((name.to_owned(), below(&target["src_path"]))),
                    kind @ ("bin" | "custom-build") => {
                        roots.push((format!("{name} ({kind})"), below(&target["src_path"])));
                    }
                    _ => {} // tests and examples
                }
            }
            let folder = manifest.trim_end_matches("Cargo.toml");
            read_all(root, &format!("{folder}src"), &mut files);
            if root.join(format!("{folder}build")).is_dir() {
                read_all(root, &format!("{folder}build"), &mut files);
            }
        }
    }
    Sources::parse(&roots, &files)
});

fn read_all(root: &Path, folder: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap()) {
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            read_all(root, &path, files);
        } else if path.ends_with(".rs") {
            files.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// Sources that have been read.
pub(super) struct Sources {
    /// What each file names, but for its tests.
    pub(super) files: BTreeMap<String, Names>,
    /// Files that belong to no crate.
    pub(super) strays: Vec<String>,
}

impl Sources {
    /// Reads crates, each given by its name and the file it begins with, out of these files.
    pub(super) fn parse(roots: &[(String, String)], files: &BTreeMap<String, String>) -> Self {
        let mut modules = Modules::default();
        for (name, file) in roots {
            let folder = file.rsplit_once('/').unwrap().0;
            modules.read(name, file, folder, files);
        }
        let mut names: BTreeMap<String, Names> = BTreeMap::new();
        for (name, file, tokens) in modules.read.iter().cloned() {
            names_of(&modules, &name, &file, tokens, names.entry(file.clone()).or_default());
        }
        let is_of =
            |file: &str, test: &str| file.strip_prefix(test).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
        let is_test = |file: &str| modules.tests.iter().any(|test| is_of(file, test));
        let strays = files.keys().filter(|file| !names.contains_key(*file) && !is_test(file)).cloned().collect();
        Self { files: names, strays }
    }
}

/// The modules of all crates, by their paths.
#[derive(Default)]
pub(super) struct Modules {
    modules: BTreeMap<String, Module>,
    /// Each file that has been read: its module, its path, and what it holds.
    read: Vec<(String, String, TokenStream)>,
    /// Paths, without `.rs`, of files that only tests are in.
    tests: Vec<String>,
}

struct Module {
    file: String,
    scope: Scope,
}

/// What a module or a block declares.
#[derive(Default)]
pub(super) struct Scope {
    imports: Vec<Import>,
    /// Structs and whatever else a path can lead through.
    types: BTreeSet<String>,
    /// Functions and whatever else a path can only end with.
    values: BTreeSet<String>,
}

/// One name that a `use` brings, `*` for all; a type alias is one, too.
pub(super) struct Import {
    name: String,
    pub(super) path: Vec<String>,
}

impl Import {
    pub(super) fn is_glob(&self) -> bool {
        self.name == "*"
    }
}

/// What a path means.
pub(super) enum Target {
    /// What is declared in one of the modules, or made there by a macro.
    Item { module: String, name: String },
    /// One of the modules.
    Module(String),
    /// Of another crate.
    External(String),
}

impl Target {
    fn item(module: &str, path: &[String]) -> Self {
        Self::Item { module: module.to_owned(), name: joined(module.to_owned(), path) }
    }
}

type Seen = Vec<*const Import>;

impl Modules {
    /// Whether there is such a module.
    pub(super) fn has(&self, module: &str) -> bool {
        self.modules.contains_key(module)
    }

    /// The file that a module stands in.
    pub(super) fn file(&self, module: &str) -> &str {
        &self.modules[module].file
    }

    /// What `path` means in a module, inside these blocks. In Rust a name can be a module, a type and a function at once:
    /// all are given.
    pub(super) fn resolve(&self, module: &str, blocks: &[Scope], path: &[String]) -> Vec<Target> {
        self.meanings(module, blocks, path, &mut Vec::new())
    }

    /// `seen` are the imports on the way here: `use sha2::{self}` finds itself first.
    fn meanings(&self, module: &str, blocks: &[Scope], path: &[String], seen: &mut Seen) -> Vec<Target> {
        match path {
            [first, rest @ ..] if first == "crate" => self.within(crate_of(module), rest, seen),
            [first, ..] if first == "self" || first == "super" => self.within(module, path, seen),
            [first, rest @ ..] if first.is_empty() => self.external(rest, seen),
            _ => {
                let mut found = Vec::new();
                for depth in (1..=blocks.len()).rev() {
                    let (blocks, scope) = (&blocks[..depth], &blocks[depth - 1]);
                    let imported = self.imported(module, blocks, scope, path, seen);
                    let is_found = !imported.is_empty();
                    found.extend(imported);
                    if is_found {
                        return found;
                    }
                    found.extend(self.globbed(module, blocks, scope, path, seen));
                }
                let declared = self.declared(module, path, seen);
                if declared.is_empty() {
                    found.extend(self.globbed(module, &[], &self.modules[module].scope, path, seen));
                    found.extend(self.external(path, seen));
                }
                found.extend(declared);
                found
            }
        }
    }

    /// What `path`, which begins in a module, means; what is not found there is what a macro makes.
    fn within(&self, module: &str, path: &[String], seen: &mut Seen) -> Vec<Target> {
        match path {
            [] => vec![Target::Module(module.to_owned())],
            [first, rest @ ..] if first == "self" => self.within(module, rest, seen),
            [first, rest @ ..] if first == "super" => {
                self.within(module.rsplit_once("::").map_or(module, |(parent, _)| parent), rest, seen)
            }
            _ => {
                let found = self.seen_from_outside(module, path, seen);
                if found.is_empty() { vec![Target::item(module, path)] } else { found }
            }
        }
    }

    fn seen_from_outside(&self, module: &str, path: &[String], seen: &mut Seen) -> Vec<Target> {
        let found = self.declared(module, path, seen);
        if found.is_empty() { self.globbed(module, &[], &self.modules[module].scope, path, seen) } else { found }
    }

    /// What `path` means among what a module declares and imports by name.
    fn declared(&self, module: &str, path: &[String], seen: &mut Seen) -> Vec<Target> {
        let scope = &self.modules[module].scope;
        let mut found = Vec::new();
        let child = format!("{module}::{}", path[0]);
        if self.has(&child) {
            found.extend(self.within(&child, &path[1..], seen));
        }
        if scope.types.contains(&path[0]) || path.len() == 1 && scope.values.contains(&path[0]) {
            found.push(Target::item(module, path));
        }
        found.extend(self.imported(module, &[], scope, path, seen));
        found
    }

    fn imported(&self, module: &str, blocks: &[Scope], scope: &Scope, path: &[String], seen: &mut Seen) -> Vec<Target> {
        let (first, rest) = (&path[0], &path[1..]);
        let mut found = Vec::new();
        for import in scope.imports.iter().filter(|import| import.name == *first) {
            for target in self.leads_to(module, blocks, import, seen) {
                match target {
                    Target::Module(module) => found.extend(self.within(&module, rest, seen)),
                    // Nothing is below a function: another import of this name is meant.
                    Target::Item { module, name } if !rest.is_empty() && self.is_value(&module, &name) => {}
                    Target::Item { module, name } => found.push(Target::Item { module, name: joined(name, rest) }),
                    Target::External(name) => found.push(Target::External(joined(name, rest))),
                }
            }
        }
        found
    }

    /// What `path` may mean by the imports of everything.
    fn globbed(&self, module: &str, blocks: &[Scope], scope: &Scope, path: &[String], seen: &mut Seen) -> Vec<Target> {
        let mut found = Vec::new();
        for import in scope.imports.iter().filter(|import| import.is_glob()) {
            for target in self.leads_to(module, blocks, import, seen) {
                match target {
                    Target::Module(module) => found.extend(self.seen_from_outside(&module, path, seen)),
                    Target::External(name) => found.push(Target::External(joined(name, path))),
                    Target::Item { .. } => {} // an enum's variants
                }
            }
        }
        found
    }

    fn leads_to(&self, module: &str, blocks: &[Scope], import: &Import, seen: &mut Seen) -> Vec<Target> {
        if seen.contains(&std::ptr::from_ref(import)) {
            return Vec::new();
        }
        seen.push(import);
        let targets = self.meanings(module, blocks, &import.path, seen);
        seen.pop();
        targets
    }

    fn is_value(&self, module: &str, name: &str) -> bool {
        let name = &name[module.len() + 2..];
        let scope = &self.modules[module].scope;
        scope.values.contains(name) && !scope.types.contains(name)
    }

    fn external(&self, path: &[String], seen: &mut Seen) -> Vec<Target> {
        let name = match path[0].as_str() {
            "core" | "alloc" => "std",
            name => name,
        };
        if self.has(name) {
            return self.within(name, &path[1..], seen);
        }
        vec![Target::External(joined(name.to_owned(), &path[1..]))]
    }

    /// Reads a file that is a module, whose own modules' files are in `folder`.
    fn read(&mut self, module: &str, file: &str, folder: &str, files: &BTreeMap<String, String>) {
        let text = files.get(file).unwrap_or_else(|| panic!("{file} is not there"));
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        let parsed: syn::File = syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.read.push((module.to_owned(), file.to_owned(), tokens));
        self.declare(module, file, folder, &parsed.items, files);
    }

    fn declare(&mut self, module: &str, file: &str, folder: &str, items: &[Item], files: &BTreeMap<String, String>) {
        let mut scope = Scope::default();
        items.iter().for_each(|item| scope.declare(item));
        self.modules.insert(module.to_owned(), Module { file: file.to_owned(), scope });
        for item in items {
            if let Item::Mod(inner @ ItemMod { ident, attrs, content, .. }) = item {
                assert!(!attrs.iter().any(|attr| attr.path().is_ident("path")), "{file} moves {ident} elsewhere");
                let (path, folder) = (format!("{module}::{}", ident.unraw()), format!("{folder}/{}", ident.unraw()));
                match content {
                    _ if is_for_tests(inner) => self.tests.push(folder),
                    Some((_, items)) => self.declare(&path, file, &folder, items, files),
                    None => {
                        let beside = format!("{folder}.rs");
                        let file = if files.contains_key(&beside) { beside } else { format!("{folder}/mod.rs") };
                        self.read(&path, &file, &folder, files);
                    }
                }
            }
        }
    }
}

impl Scope {
    /// Takes in what an item declares.
    pub(super) fn declare(&mut self, item: &Item) {
        let (declared, ident) = match item {
            Item::Use(item) => return self.imports.extend(imports(item)),
            Item::ExternCrate(item) => {
                let name = item.rename.as_ref().map_or(&item.ident, |(_, name)| name);
                self.imports.push(Import { name: text(name), path: vec![String::new(), text(&item.ident)] });
                return;
            }
            Item::Type(item) => {
                if let Type::Path(aliased) = &*item.ty {
                    let leading = aliased.path.leading_colon.as_ref().map(|_| String::new());
                    let path = leading.into_iter().chain(aliased.path.segments.iter().map(|part| text(&part.ident)));
                    self.imports.push(Import { name: text(&item.ident), path: path.collect() });
                }
                (&mut self.types, &item.ident)
            }
            Item::Struct(item) => (&mut self.types, &item.ident),
            Item::Enum(item) => (&mut self.types, &item.ident),
            Item::Union(item) => (&mut self.types, &item.ident),
            Item::Trait(item) => (&mut self.types, &item.ident),
            Item::Fn(item) => (&mut self.values, &item.sig.ident),
            Item::Const(item) => (&mut self.values, &item.ident),
            Item::Static(item) => (&mut self.values, &item.ident),
            Item::Macro(item) if item.ident.is_some() => (&mut self.values, item.ident.as_ref().unwrap()),
            _ => return,
        };
        declared.insert(text(ident));
    }
}

/// All that a `use` brings, each by its whole path, which begins with an empty name after `use ::`.
pub(super) fn imports(item: &syn::ItemUse) -> Vec<Import> {
    let mut imports = Vec::new();
    flatten(&item.tree, item.leading_colon.as_ref().map(|_| String::new()).into_iter().collect(), &mut imports);
    imports
}

fn flatten(tree: &UseTree, mut path: Vec<String>, imports: &mut Vec<Import>) {
    let (name, renamed) = match tree {
        UseTree::Group(group) => return group.items.iter().for_each(|tree| flatten(tree, path.clone(), imports)),
        UseTree::Path(inner) => {
            path.push(text(&inner.ident));
            return flatten(&inner.tree, path, imports);
        }
        UseTree::Glob(_) => return imports.push(Import { name: "*".into(), path }),
        UseTree::Name(name) => (text(&name.ident), None),
        UseTree::Rename(name) => (text(&name.ident), Some(text(&name.rename))),
    };
    if name != "self" || path.is_empty() {
        path.push(name);
    }
    let name = renamed.or_else(|| path.last().cloned()).unwrap();
    imports.push(Import { name, path });
}

fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

fn joined(name: String, rest: &[String]) -> String {
    rest.iter().fold(name, |name, part| format!("{name}::{part}"))
}

fn crate_of(module: &str) -> &str {
    module.split("::").next().unwrap()
}

fn is_for_tests(module: &ItemMod) -> bool {
    let is_cfg_test = |attr: &Attribute| {
        attr.path().is_ident("cfg") && attr.parse_args::<Ident>().is_ok_and(|condition| condition == "test")
    };
    module.attrs.iter().any(is_cfg_test)
}
