//! What the functions are measured beside, as far as it was built.

use std::path::Path;

use portal_local::template::Function;

use crate::report::{BASELINE, NODE, OWN_BASELINE};

/// Answers the request of the dashboard.
#[derive(Clone, Copy)]
pub(crate) struct Baseline {
    /// As the tables name its request.
    pub(crate) name: &'static str,
    pub(crate) function: &'static str,
    pub(crate) binary: &'static str,
}

/// The file of the function in Node among the binaries.
pub(crate) const NODE_BINARY: &str = "node_dashboard";

/// `hello` as functions are built.
pub(crate) const STATIC_HELLO: &str = "static_hello";

const BASELINES: [Baseline; 4] = [
    Baseline { name: BASELINE, function: "Hello", binary: "hello" },
    Baseline { name: OWN_BASELINE, function: "StaticHello", binary: STATIC_HELLO },
    Baseline { name: "get", function: "Get", binary: "get" },
    Baseline { name: NODE, function: "Node", binary: NODE_BINARY },
];

/// Those in the folder of the binaries; the one in Node may be missing, the others may not.
pub(crate) fn baselines(folder: &Path) -> impl Iterator<Item = Baseline> {
    let has_node = folder.join(NODE_BINARY).exists();
    BASELINES.into_iter().filter(move |baseline| baseline.name != NODE || has_node)
}

impl Baseline {
    /// The function, with all that another has besides.
    pub(crate) fn like(&self, model: &Function) -> Function {
        Function { logical_id: self.function.to_owned(), binary: self.binary.to_owned(), ..model.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_in_node_is_measured_where_it_was_built() {
        let folder = tempfile::tempdir().unwrap();
        let names = || baselines(folder.path()).map(|baseline| baseline.name).collect::<Vec<_>>();
        assert_eq!(names(), ["hello", "hello, static", "get"]);
        std::fs::write(folder.path().join(NODE_BINARY), "").unwrap();
        assert_eq!(names(), ["hello", "hello, static", "get", "node"]);
    }
}
