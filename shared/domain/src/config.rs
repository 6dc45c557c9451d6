//! Configuration, read once at start from the environment the template sets: a look-up that is handed in.

use std::{fmt, str::FromStr};

use crate::{color::Color, customer::EmailAddress};

/// Where configuration comes from: a variable's value, or none where it is not set.
#[derive(Debug, Clone, Copy)]
pub struct Environment(fn(&str) -> Option<String>);

/// A variable is missing or malformed. Names it and says what it should hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {variable} {what}; it should hold {expected}")]
pub struct BadConfiguration {
    variable: &'static str,
    what: &'static str,
    expected: &'static str,
}

impl BadConfiguration {
    /// `variable` holds something else than `expected`.
    pub fn malformed(variable: &'static str, expected: &'static str) -> Self {
        Self { variable, what: "is malformed", expected }
    }
}

impl Environment {
    /// The environment that `look_up` knows.
    pub fn new(look_up: fn(&str) -> Option<String>) -> Self {
        Self(look_up)
    }

    /// A variable that need not be there; none if it is missing or empty.
    pub fn given(&self, variable: &str) -> Option<String> {
        (self.0)(variable).filter(|text| !text.is_empty())
    }

    /// The name Lambda runs this function under (Developer Guide, "Defined runtime environment variables").
    pub fn function_name(&self) -> String {
        self.given("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default()
    }

    /// The level of the function's `LoggingConfig` (Developer Guide, "Log-level filtering"); empty if it has none.
    pub fn log_level(&self) -> String {
        self.given("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default()
    }

    /// A text that must not be empty.
    pub fn text(&self, variable: &'static str, expected: &'static str) -> Result<String, BadConfiguration> {
        match (self.0)(variable) {
            None => Err(BadConfiguration { variable, what: "is missing", expected }),
            Some(text) if text.trim().is_empty() => Err(BadConfiguration { variable, what: "is empty", expected }),
            Some(text) => Ok(text),
        }
    }

    /// A text that may be empty, but not missing.
    pub fn optional(&self, variable: &'static str, expected: &'static str) -> Result<Option<String>, BadConfiguration> {
        let text = (self.0)(variable).ok_or(BadConfiguration { variable, what: "is missing", expected })?;
        Ok(Some(text).filter(|text| !text.trim().is_empty()))
    }

    /// A value with a form of its own.
    pub fn parsed<T: FromStr>(&self, variable: &'static str, expected: &'static str) -> Result<T, BadConfiguration> {
        self.text(variable, expected)?.parse().map_err(|_| BadConfiguration::malformed(variable, expected))
    }

    /// A value with a form of its own, which may be empty, but not missing.
    pub fn parsed_if_given<T: FromStr>(
        &self,
        variable: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, BadConfiguration> {
        self.optional(variable, expected)?.map(|_| self.parsed(variable, expected)).transpose()
    }

    /// A whole number within `range`.
    pub fn number(
        &self,
        variable: &'static str,
        range: std::ops::RangeInclusive<u32>,
        expected: &'static str,
    ) -> Result<u32, BadConfiguration> {
        let number = self.parsed(variable, expected)?;
        if range.contains(&number) {
            Ok(number)
        } else {
            Err(BadConfiguration { variable, what: "is out of range", expected })
        }
    }
}

/// The business whose portal this is.
#[derive(Debug, Clone)]
pub struct Business {
    /// `BUSINESS_NAME`: as customers know it.
    pub name: String,
    /// `BUSINESS_PHONE`: international, as people write it.
    pub phone: String,
    /// `BUSINESS_EMAIL`: where customers write to.
    pub email: EmailAddress,
    /// `BUSINESS_ADDRESS`: postal, for the foot of pages and mails; may be empty.
    pub address: Option<String>,
    /// `LOGO_URL`: https; may be empty.
    pub logo_url: Option<LogoUrl>,
    /// `BRAND_COLOR`: `#rrggbb`.
    pub color: Color,
}

impl Business {
    /// Reads the variables named above.
    pub fn from_env(env: &Environment) -> Result<Self, BadConfiguration> {
        Ok(Self {
            name: env.text("BUSINESS_NAME", "the name of the business")?,
            phone: env.text("BUSINESS_PHONE", "an international phone number such as +1 912 555 0142")?,
            email: env.parsed::<Address>("BUSINESS_EMAIL", "an email address such as hello@tybeecarts.example")?.0,
            address: env.optional("BUSINESS_ADDRESS", "a postal address, or nothing")?,
            logo_url: env
                .parsed_if_given("LOGO_URL", "an https URL without quotes, commas or semicolons, or nothing")?,
            color: env.parsed("BRAND_COLOR", "a CSS colour such as #0b6b4f")?,
        })
    }

    /// The first letters of up to two words of the name, for where there is no logo.
    pub fn initials(&self) -> String {
        self.name
            .split_whitespace()
            .take(2)
            .filter_map(|word| word.chars().next())
            .flat_map(char::to_uppercase)
            .collect()
    }
}

/// An email address in a variable.
pub struct Address(pub EmailAddress);

impl FromStr for Address {
    type Err = crate::customer::NotAnAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        EmailAddress::parse(text).map(Self)
    }
}

/// An https URL that is safe in a Content-Security-Policy.
#[derive(Debug, Clone)]
pub struct LogoUrl(url::Url);

impl LogoUrl {
    /// Its origin, for `img-src`.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

impl fmt::Display for LogoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// The text is not an https URL that is safe in a Content-Security-Policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an https URL without quotes, commas, semicolons or spaces")]
pub struct NotALogoUrl;

impl FromStr for LogoUrl {
    type Err = NotALogoUrl;

    fn from_str(text: &str) -> Result<Self, NotALogoUrl> {
        let url = url::Url::parse(text).map_err(|_| NotALogoUrl)?;
        let is_safe = url.scheme() == "https" && !text.contains(['"', '\'', ',', ';', ' ']);
        is_safe.then_some(Self(url)).ok_or(NotALogoUrl)
    }
}

/// The origin under which customers reach the portal: scheme, host and port, nothing behind.
#[derive(Debug, Clone)]
pub struct PortalUrl(String);

impl PortalUrl {
    /// The origin as browsers write it (RFC 6454 §6.2).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An absolute URL for a path that begins with a slash.
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// The text is neither an https origin nor that of localhost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an https origin, or that of localhost")]
pub struct NotAnOrigin;

impl FromStr for PortalUrl {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let url = url::Url::parse(text).map_err(|_| NotAnOrigin)?;
        let secure = url.scheme() == "https" || (url.scheme() == "http" && url.host_str() == Some("localhost"));
        let is_origin = url.origin().ascii_serialization() == text;
        (secure && is_origin).then(|| Self(text.to_owned())).ok_or(NotAnOrigin)
    }
}

#[cfg(test)]
mod tests;
