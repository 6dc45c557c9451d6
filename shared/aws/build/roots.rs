//! Which roots of a list AWS's certificates chain to.

/// Those that Amazon Trust Services wants in a trust store of one's own (<https://www.amazontrust.com/repository/>).
pub(crate) const NEEDED: [&str; 4] = ["Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3", "Amazon Root CA 4"];

/// The one that it still lists beside them, for what is old: lists of others will drop it.
pub(crate) const WHILE_LISTED: &str = "Starfield Services Root Certificate Authority - G2";

/// Amazon's of these roots, in DER.
///
/// # Errors
/// The name of a needed one that is not listed.
pub(crate) fn of_amazon<Root: AsRef<[u8]>>(listed: &[Root]) -> Result<Vec<&[u8]>, String> {
    let named = |name: &str| {
        let is_named = |der: &[u8]| der.windows(name.len()).any(|part| part == name.as_bytes());
        listed.iter().map(AsRef::as_ref).find(|root| is_named(root))
    };
    let needed = NEEDED.map(|name| named(name).ok_or(format!("{name} is not listed")));
    needed.into_iter().chain(named(WHILE_LISTED).map(Ok)).collect()
}
