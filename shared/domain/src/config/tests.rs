use super::*;

/// An environment in which each variable holds its own name but for some.
fn environment() -> Environment {
    Environment::new(|variable| match variable {
        "MISSING" => None,
        "EMPTY" => Some(String::new()),
        "BLANK" => Some(" ".to_owned()),
        "TWELVE" => Some("12".to_owned()),
        name => Some(name.to_owned()),
    })
}

#[test]
fn a_variable_is_read_as_what_it_should_be_or_its_fault_is_told() {
    let env = environment();
    for (variable, given, text, optional) in [
        ("NAME", Some("NAME"), Ok("NAME"), Ok(Some("NAME"))),
        ("BLANK", Some(" "), Err("is empty"), Ok(None)),
        ("EMPTY", None, Err("is empty"), Ok(None)),
        ("MISSING", None, Err("is missing"), Err("is missing")),
    ] {
        assert_eq!(env.given(variable).as_deref(), given);
        assert_eq!(env.text(variable, "x").map_err(|bad| bad.what), text.map(str::to_owned));
        let expected = optional.map(|text| text.map(str::to_owned));
        assert_eq!(env.optional(variable, "x").map_err(|bad| bad.what), expected, "{variable}");
    }
    for (variable, number, if_given) in [
        ("TWELVE", Ok(12), Ok(Some(12))),
        ("NAME", Err("is malformed"), Err("is malformed")),
        ("EMPTY", Err("is empty"), Ok(None)),
        ("MISSING", Err("is missing"), Err("is missing")),
    ] {
        assert_eq!(env.parsed::<u32>(variable, "x").map_err(|bad| bad.what), number);
        assert_eq!(env.parsed_if_given::<u32>(variable, "x").map_err(|bad| bad.what), if_given, "{variable}");
    }
    for (range, number) in [(12..=12, Ok(12)), (1..=11, Err("is out of range")), (13..=20, Err("is out of range"))] {
        assert_eq!(env.number("TWELVE", range, "x").map_err(|bad| bad.what), number);
    }
    assert_eq!(
        (env.function_name(), env.log_level()),
        ("AWS_LAMBDA_FUNCTION_NAME".into(), "AWS_LAMBDA_LOG_LEVEL".into())
    );
}

#[test]
fn a_logo_is_https_and_steers_no_policy() {
    let logo: LogoUrl = "https://cdn.example.com:8443/logo.png".parse().unwrap();
    assert_eq!(
        (logo.to_string(), logo.origin()),
        ("https://cdn.example.com:8443/logo.png".to_owned(), "https://cdn.example.com:8443".to_owned(),)
    );
    for text in ["", "logo.png", "http://example.com/logo.png", "https://example.com/a;b", "https://example.com/a b"] {
        assert_eq!(text.parse::<LogoUrl>().err(), Some(NotALogoUrl), "{text}");
    }
}

#[test]
fn a_portal_s_address_is_an_https_origin_or_this_machine() {
    for text in ["https://portal.example", "https://portal.example:8443", "http://localhost:9000"] {
        let portal: PortalUrl = text.parse().unwrap();
        assert_eq!((portal.as_str(), portal.to("/sign-in")), (text, format!("{text}/sign-in")));
    }
    for text in [
        "",
        "portal.example",
        "https://portal.example/",
        "https://portal.example/portal",
        "http://portal.example",
        "ftp://localhost",
        "ftp://portal.example",
    ] {
        assert_eq!(text.parse::<PortalUrl>().err(), Some(NotAnOrigin), "{text}");
    }
}

#[test]
fn a_business_has_the_initials_of_its_first_two_words() {
    for (name, initials) in [("Dune Carts of Tybee", "DC"), ("dunes", "D"), ("\u{f1}and\u{fa} carts", "\u{d1}C")] {
        let business = Business {
            name: name.to_owned(),
            phone: String::new(),
            email: EmailAddress::parse("hello@example.com").unwrap(),
            address: None,
            logo_url: None,
            color: Color::BLACK,
        };
        assert_eq!(business.initials(), initials);
    }
}
