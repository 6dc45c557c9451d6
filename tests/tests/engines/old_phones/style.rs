//! A style sheet as an older Safari reads it: without the declarations, rules and media that it does not know
//! (CSS Syntax Level 3, section 2.2).

/// A version of iOS, which is that of its Safari.
pub(super) type Ios = (u8, u8);

/// Since then flex containers have gaps. `gap` itself is older, for grids, so this is no matter of reading.
pub(super) const FLEX_GAP: Ios = (14, 5);

/// A property, what its value holds to be new (nothing: it is new itself), and the first iOS that knows it, by MDN's
/// browser-compat-data 8.1.9. None has come yet to `NEVER`.
const DECLARATIONS: [(&str, &str, Ios); 22] = [
    ("accent-color", "", (15, 4)),
    ("aspect-ratio", "", (15, 0)),
    ("color-scheme", "", (13, 0)),
    ("forced-color-adjust", "", NEVER),
    ("hyphens", "", (17, 0)),
    ("inset", "", (14, 5)),
    ("inset-block", "", (14, 5)),
    ("inset-inline", "", (14, 5)),
    ("margin-block", "", (14, 5)),
    ("margin-inline", "", (14, 5)),
    ("overflow-wrap", "anywhere", (15, 4)),
    ("padding-block", "", (14, 5)),
    ("padding-inline", "", (14, 5)),
    ("text-size-adjust", "", NEVER),
    ("text-underline-offset", "", (12, 2)),
    ("text-wrap", "", (17, 4)),
    ("", "dvh", (15, 4)),
    ("", "svh", (15, 4)),
    ("", "lvh", (15, 4)),
    ("", "clamp(", (13, 4)),
    ("", "color-mix(", (16, 2)),
    ("break-after", "avoid", NEVER),
];

const SELECTORS: [(&str, Ios); 4] =
    [(":focus-visible", (15, 4)), (":is(", (14, 0)), (":where(", (14, 0)), (":has(", (15, 4))];

/// What a line such as `@media(forced-colors:active)` holds to be new. `<` and `>` are media ranges.
const AT_RULES: [(&str, Ios); 7] = [
    ("@media(prefers-color-scheme", (13, 0)),
    ("prefers-contrast", (14, 5)),
    ("forced-colors", (16, 0)),
    ("<", (16, 4)),
    (">", (16, 4)),
    ("@layer", (15, 4)),
    ("@container", (16, 0)),
];

const NEVER: Ios = (99, 0);

/// Properties that the Safari of iOS 11.3 knows as they are used, by the same data.
const OLD: &str = "-webkit-text-size-adjust align-items align-self background border border-bottom border-collapse \
    border-color border-left border-radius border-top border-width bottom box-sizing break-inside clip-path color \
    content cursor display fill flex flex-basis flex-direction flex-wrap font font-size font-variant-numeric \
    font-weight gap grid-column grid-row grid-template-columns grid-template-rows height justify-content left \
    line-height list-style margin margin-bottom margin-right margin-top max-width min-height min-width object-fit \
    opacity order outline outline-color outline-offset overflow overflow-wrap padding padding-bottom padding-left \
    padding-right padding-top place-items position right stroke stroke-linecap stroke-linejoin stroke-width text-align \
    text-decoration top vertical-align white-space width z-index";

/// The style sheet as this iOS reads it.
pub(super) fn as_read_by(style: &str, ios: Ios) -> String {
    let mut read = String::new();
    for (head, body) in blocks(style) {
        if head.starts_with("@supports not (inset:0)") {
            read.push_str(&if ios < FLEX_GAP { as_read_by(body, ios) } else { String::new() });
        } else if head.starts_with('@') {
            if AT_RULES.iter().all(|(new, first)| !head.contains(new) || *first <= ios) {
                read.push_str(&format!("{head}{{{}}}", as_read_by(body, ios)));
            }
        } else if SELECTORS.iter().all(|(new, first)| !head.contains(new) || *first <= ios) {
            let known: Vec<_> = body.split(';').filter(|declaration| is_known(declaration, ios)).collect();
            read.push_str(&format!("{head}{{{}}}", known.join(";")));
        }
    }
    read
}

/// The properties that are neither old nor listed as new.
pub(super) fn unknown_properties(style: &str) -> Vec<String> {
    let mut unknown: Vec<String> = Vec::new();
    for (head, body) in blocks(style) {
        if head.starts_with('@') {
            unknown.extend(unknown_properties(body));
            continue;
        }
        let properties = body.split(';').filter_map(|declaration| Some(declaration.split_once(':')?.0));
        let is_new = |property: &str| DECLARATIONS.iter().any(|(new, _, _)| *new == property);
        let is_old = |property: &str| OLD.split_whitespace().any(|old| old == property);
        let strange =
            properties.filter(|property| !property.starts_with("--") && !is_new(property) && !is_old(property));
        unknown.extend(strange.map(str::to_owned));
    }
    unknown
}

fn is_known(declaration: &str, ios: Ios) -> bool {
    let Some((property, value)) = declaration.split_once(':') else { return true };
    DECLARATIONS.iter().all(|(name, new, first)| {
        let is_it = (name.is_empty() || *name == property) && value.contains(new);
        !is_it || *first <= ios
    })
}

/// Each rule, at any of whose levels braces pair: what stands before its brace, and within.
fn blocks(style: &str) -> Vec<(&str, &str)> {
    let (mut blocks, mut rest) = (Vec::new(), style);
    while let Some((head, after)) = rest.split_once('{') {
        let mut depth = 1;
        let end = after.find(|c| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            depth == 0
        });
        let end = end.expect("a brace for every brace");
        blocks.push((head.trim(), &after[..end]));
        rest = &after[end + 1..];
    }
    blocks
}

#[test]
fn an_older_safari_drops_what_it_does_not_know_and_nothing_else() {
    let style = "a{color:red;overflow-wrap:break-word;overflow-wrap:anywhere}b:focus-visible,c{color:red}d{height:100dvh;gap:1rem}\
                 @media(forced-colors:active){a{color:red}}@media(max-width:9rem){e{hyphens:auto;top:0}}";
    for (ios, read) in [
        ((13, 0), "a{color:red;overflow-wrap:break-word}d{gap:1rem}@media(max-width:9rem){e{top:0}}"),
        (
            (15, 4),
            "a{color:red;overflow-wrap:break-word;overflow-wrap:anywhere}b:focus-visible,c{color:red}d{height:100dvh;gap:1rem}\
             @media(max-width:9rem){e{top:0}}",
        ),
        ((18, 0), style),
    ] {
        assert_eq!(as_read_by(style, ios), read, "{ios:?}");
    }
}
