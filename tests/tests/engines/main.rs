//! The roads that customers walk, in WebKit and in Firefox, and how pages look on old phones.
//!
//! A road is written once, in plain WebDriver, as a function of a browser and of an empty portal behind TLS. `make test`
//! walks all in WebKit, `make test-firefox` in Firefox; Chromium has tests of its own (`tests/tests/portal`).
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod files;
mod leaving;
mod old_phones;
mod posted;
mod signing_in;
mod spanish;

use portal_tests::{Browser, Engine, Portal, Without};

/// Walks a road, where there is the browser for it.
async fn walk(engine: Engine, without: Without, road: impl AsyncFnOnce(Browser, Portal)) {
    let Some(browser) = engine.start(without).await else { return };
    road(browser, Portal::behind_tls().await).await;
}

/// Keeps a picture, by the engine and this name.
async fn photograph(browser: &Browser, name: &str) {
    let engine = if browser.engine == Engine::WebKit { "webkit" } else { "firefox" };
    browser.photograph(&format!("{engine}-{name}")).await;
}

macro_rules! roads {
    ($($file:ident::$road:ident without $without:ident;)*) => {
        mod in_webkit {
            use super::{Engine, Without};
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $road() {
                    super::walk(Engine::WebKit, Without::$without, super::$file::$road).await;
                }
            )*
        }

        mod in_firefox {
            use super::{Engine, Without};
            $(
                #[tokio::test(flavor = "multi_thread")]
                #[ignore = "`make test-firefox` walks it"]
                async fn $road() {
                    super::walk(Engine::Gecko, Without::$without, super::$file::$road).await;
                }
            )*
        }
    };
}

roads! {
    signing_in::the_browser_that_asked_needs_no_click_and_going_back_does_nothing without Nothing;
    signing_in::elsewhere_nothing_happens_before_a_mouse_a_tap_a_key_or_a_click without Nothing;
    signing_in::where_another_customer_is_signed_in_only_the_button_switches without Nothing;
    signing_in::without_javascript_it_is_one_button without Scripts;
    signing_in::a_browser_that_keeps_no_cookies_is_told_so without Cookies;
    posted::what_a_post_led_to_stands_a_reload_and_the_end_of_the_browser without Nothing;
    leaving::whoever_signs_out_on_all_devices_leaves_nothing_behind_on_any without Nothing;
    files::an_agreement_and_a_calendar_file_come_whole without Nothing;
    spanish::who_chooses_spanish_reads_spanish_all_the_way without Nothing;
}
