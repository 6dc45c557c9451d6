//! The files of a preview: what is looked at, under which names, and what each says of itself.

use jiff::Timestamp;
use portal_domain::{language::Language, letter::Letter, time::Zone};
use serde::Serialize;

use super::{
    folder::File,
    mark::{marked, marked_text},
};

/// Which of the things that a customer sees.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Dashboard,
    BookingPage,
    ConfirmationMail,
    SignInMail,
    /// The booking's page at a stage of the rental.
    StagePage,
}

/// What a file shows.
#[derive(Serialize)]
pub(super) struct Facts {
    kind: Kind,
    language: Language,
    /// The moment at which it is seen: another one for each stage.
    at: Timestamp,
    /// In words.
    pub(super) what: String,
}

/// A file and what it shows.
pub(super) struct Sheet(Facts, File);

impl Sheet {
    pub(super) fn split(self) -> (Facts, File) {
        (self.0, self.1)
    }
}

/// The sheets of a preview, one after the other.
pub(super) struct Sheets {
    /// Whose clocks the marks are told by.
    zone: Zone,
    pub(super) all: Vec<Sheet>,
}

impl Sheets {
    pub(super) fn new(zone: Zone) -> Self {
        Self { zone, all: Vec::new() }
    }

    /// Adds a page: `of` is what it is of, as its name begins.
    pub(super) fn page(&mut self, kind: Kind, of: &str, what: String, at: Timestamp, page: (Language, String)) {
        let (language, html) = page;
        let mark = format!("{what} as seen on {}. Links and buttons do nothing.", self.when(at));
        self.add(kind, format!("{of}.{}.html", language.tag()), language, what, at, marked(&html, &mark));
    }

    /// Adds both parts of a mail.
    pub(super) fn mail(&mut self, kind: Kind, of: &str, what: &str, at: Timestamp, mail: (Language, Letter)) {
        let (language, Letter { subject, text, html, .. }) = mail;
        let mark = format!("{what} as sent on {}. Subject: {subject}. No link in it signs in.", self.when(at));
        for (extension, text) in [("html", marked(&html, &mark)), ("txt", marked_text(&text, &mark))] {
            let name = format!("{of}.{}.{extension}", language.tag());
            self.add(kind, name, language, what.to_owned(), at, text);
        }
    }

    fn add(&mut self, kind: Kind, name: String, language: Language, what: String, at: Timestamp, text: String) {
        self.all.push(Sheet(Facts { kind, language, at, what }, File { name, text }));
    }

    /// A moment, as an operator reads it.
    pub(super) fn when(&self, at: Timestamp) -> String {
        self.zone.at(at).strftime("%a, %b %-d, %Y, %-I:%M %P %Z").to_string()
    }
}
