use jiff::{Timestamp, civil::DateTime};
use portal_domain::{stage::When, time::Zone};

use super::*;
use crate::formatting::Times;

/// When it is read: a Thursday.
const NOW: &str = "2026-11-26T07:00";

fn new_york() -> Zone {
    "America/New_York".parse().unwrap()
}

/// A time of that Thursday, or of the day that is named.
fn at(clock: &str) -> Timestamp {
    let text = if clock.contains('T') { clock.to_owned() } else { format!("2026-11-26T{clock}") };
    text.parse::<DateTime>().unwrap().in_tz("America/New_York").unwrap().timestamp()
}

fn of_that_day(clock: &str) -> Zoned {
    new_york().at(at(clock))
}

/// With ordinary spaces, which are easier to read.
fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

fn told(are_relative: bool, tell: impl Fn(Times) -> String) -> String {
    let zone = new_york();
    plain(&tell(Times { messages: &SPANISH, zone: &zone, now: at(NOW), are_relative }))
}

#[test]
fn a_time_has_the_article_of_its_hour() {
    let dates = &SPANISH.dates;
    for (clock, time, at, from, by, about) in [
        (
            "00:00",
            "medianoche",
            "a la medianoche",
            "desde la medianoche",
            "hasta la medianoche",
            "alrededor de la medianoche",
        ),
        (
            "00:30",
            "12:30 a.m.",
            "a las 12:30 a.m.",
            "desde las 12:30 a.m.",
            "hasta las 12:30 a.m.",
            "alrededor de las 12:30 a.m.",
        ),
        ("01:00", "1 a.m.", "a la 1 a.m.", "desde la 1 a.m.", "hasta la 1 a.m.", "alrededor de la 1 a.m."),
        (
            "08:05",
            "8:05 a.m.",
            "a las 8:05 a.m.",
            "desde las 8:05 a.m.",
            "hasta las 8:05 a.m.",
            "alrededor de las 8:05 a.m.",
        ),
        ("11:00", "11 a.m.", "a las 11 a.m.", "desde las 11 a.m.", "hasta las 11 a.m.", "alrededor de las 11 a.m."),
        ("12:00", "mediodía", "al mediodía", "desde el mediodía", "hasta el mediodía", "alrededor del mediodía"),
        (
            "12:30",
            "12:30 p.m.",
            "a las 12:30 p.m.",
            "desde las 12:30 p.m.",
            "hasta las 12:30 p.m.",
            "alrededor de las 12:30 p.m.",
        ),
        (
            "13:15",
            "1:15 p.m.",
            "a la 1:15 p.m.",
            "desde la 1:15 p.m.",
            "hasta la 1:15 p.m.",
            "alrededor de la 1:15 p.m.",
        ),
        ("17:00", "5 p.m.", "a las 5 p.m.", "desde las 5 p.m.", "hasta las 5 p.m.", "alrededor de las 5 p.m."),
    ] {
        let moment = of_that_day(clock);
        let told = [dates.time, dates.at, dates.from, dates.by, dates.about].map(|tell| plain(&tell(&moment)));
        assert_eq!(told, [time, at, from, by, about]);
    }
    assert_eq!((dates.time)(&of_that_day("08:05")), "8:05\u{202f}a.m.", "CLDR's space");
}

#[test]
fn a_range_of_times_says_once_what_both_have_and_names_noon() {
    for (from, to, sentence, row) in [
        ("08:00", "10:00", "entre las 8 y las 10 a.m.", "de 8 a 10 a.m."),
        ("08:00", "10:30", "entre las 8 y las 10:30 a.m.", "de 8 a 10:30 a.m."),
        ("13:00", "15:00", "entre la 1 y las 3 p.m.", "de 1 a 3 p.m."),
        ("12:30", "13:00", "entre las 12:30 y la 1 p.m.", "de 12:30 a 1 p.m."),
        ("13:00", "13:30", "entre la 1 y la 1:30 p.m.", "de 1 a 1:30 p.m."),
        ("10:00", "13:00", "entre las 10 a.m. y la 1 p.m.", "de 10 a.m. a 1 p.m."),
        ("11:30", "12:30", "entre las 11:30 a.m. y las 12:30 p.m.", "de 11:30 a.m. a 12:30 p.m."),
        ("11:00", "12:00", "entre las 11 a.m. y el mediodía", "de 11 a.m. a mediodía"),
        ("12:00", "13:00", "entre el mediodía y la 1 p.m.", "de mediodía a 1 p.m."),
        ("00:00", "01:00", "entre la medianoche y la 1 a.m.", "de medianoche a 1 a.m."),
        ("00:00", "12:00", "entre la medianoche y el mediodía", "de medianoche a mediodía"),
        ("22:00", "2026-11-27T00:00", "entre las 10 p.m. y la medianoche", "de 10 p.m. a medianoche"),
        ("22:00", "2026-11-27T01:00", "entre las 10 p.m. y la 1 a.m.", "de 10 p.m. a 1 a.m."),
    ] {
        let when = When::Between(at(from), at(to));
        assert_eq!(told(true, |times| times.when(when)), format!("hoy {sentence}"));
        assert_eq!(told(true, |times| times.row(when)), format!("jue, 26 de nov, {row}"));
        assert_eq!(told(true, |times| times.times(when)), row);
    }
}

#[test]
fn a_day_reads_right_in_every_place() {
    // As part of a sentence, on a page and in a mail; as what something lasts until; and with a window.
    for (moment, on_a_page, in_a_mail, until, planned) in [
        ("2026-11-26T17:00", "hoy", "el jueves 26 de noviembre", "hoy a las 5 p.m.", "hoy, de 5 a 6 p.m."),
        (
            "2026-11-27T12:00",
            "mañana, viernes 27 de noviembre",
            "el viernes 27 de noviembre",
            "mañana, viernes 27 de noviembre, al mediodía",
            "mañana, viernes 27 de noviembre, de mediodía a 1 p.m.",
        ),
        (
            "2026-11-25T13:00",
            "ayer, miércoles 25 de noviembre",
            "el miércoles 25 de noviembre",
            "ayer, miércoles 25 de noviembre, a la 1 p.m.",
            "ayer, miércoles 25 de noviembre, de 1 a 2 p.m.",
        ),
        (
            "2026-12-02T13:00",
            "dentro de 6 días, el miércoles 2 de diciembre",
            "el miércoles 2 de diciembre",
            "el miércoles 2 de diciembre a la 1 p.m.",
            "el miércoles 2 de diciembre, de 1 a 2 p.m.",
        ),
        (
            "2026-09-05T09:00",
            "el sábado 5 de septiembre",
            "el sábado 5 de septiembre",
            "el sábado 5 de septiembre a las 9 a.m.",
            "el sábado 5 de septiembre, de 9 a 10 a.m.",
        ),
        (
            "2027-01-02T09:00",
            "el sábado 2 de enero de 2027",
            "el sábado 2 de enero de 2027",
            "el sábado 2 de enero de 2027 a las 9 a.m.",
            "el sábado 2 de enero de 2027, de 9 a 10 a.m.",
        ),
        // What lasts until midnight lasts until the minute before.
        (
            "2026-11-28T00:00",
            "dentro de 2 días, el sábado 28 de noviembre",
            "el sábado 28 de noviembre",
            "mañana, viernes 27 de noviembre, a las 11:59 p.m.",
            "el sábado 28 de noviembre, de medianoche a 1 a.m.",
        ),
    ] {
        let moment = at(moment);
        let an_hour = When::Between(moment, moment + jiff::SignedDuration::from_hours(1));
        assert_eq!(told(true, |times| times.day(moment)), on_a_page);
        assert_eq!(told(false, |times| times.day(moment)), in_a_mail);
        assert_eq!(told(true, |times| times.until(moment)), until);
        assert_eq!(told(true, |times| times.times_and_day(an_hour)), planned);
    }
}

#[test]
fn ranges_of_days_have_their_month_and_year_once() {
    for (from, to, days, span) in [
        ("2026-11-02T09:00", "2026-11-02T17:00", "2 nov 2026", "lun, 2 de nov"),
        ("2026-11-02T09:00", "2026-11-05T17:00", "2–5 de nov de 2026", "lun, 2 de nov – jue, 5 de nov"),
        ("2026-06-29T09:00", "2026-07-02T17:00", "29 de jun – 2 de jul 2026", "lun, 29 de jun – jue, 2 de jul"),
        ("2026-09-05T09:00", "2026-09-09T17:00", "5–9 de sept de 2026", "sáb, 5 de sept – mié, 9 de sept"),
        (
            "2026-12-30T09:00",
            "2027-01-02T17:00",
            "30 de dic de 2026 – 2 de ene de 2027",
            "mié, 30 de dic – sáb, 2 de ene de 2027",
        ),
    ] {
        assert_eq!(told(true, |times| times.days(at(from), at(to))), days);
        assert_eq!(told(true, |times| times.span(at(from), at(to))), span);
    }
}

/// A message of so many carts and a text.
type OfCarts = fn(usize, &str) -> String;

#[test]
fn sentences_with_a_day_or_a_time_are_spanish() {
    let m = &SPANISH;
    let today = When::Between(at("16:00"), at("18:00"));
    let tomorrow = When::Between(at("2026-11-27T16:00"), at("2026-11-27T18:00"));
    let noon = When::By(at("12:00"));
    let (wednesday, yesterday) = (at("2026-12-02T17:00"), at("2026-11-25T12:00"));
    let on = When::On(wednesday);
    let of = |message: fn(&str) -> String, tell: &dyn Fn(Times) -> String| told(true, |times| message(&tell(times)));
    let of_carts = |message: OfCarts, tell: &dyn Fn(Times) -> String| {
        [1, 2].map(|carts| told(true, |times| message(carts, &tell(times))))
    };
    for (told, said) in [
        (of(m.today_is, &|times| times.long_day(at(NOW))), "Hoy es jueves 26 de noviembre."),
        (of(m.yours_until, &|times| times.until(at("17:00"))), "Su alquiler termina hoy a las 5 p.m."),
        (
            of(m.rental_ends_on, &|times| times.until(wednesday)),
            "Su alquiler termina el miércoles 2 de diciembre a las 5 p.m.",
        ),
        (of(m.requested_for, &|times| times.bare_day(wednesday)), "Solicitada para el miércoles 2 de diciembre"),
        (of(m.requested_for, &|times| times.bare_day(yesterday)), "Solicitada para ayer, miércoles 25 de noviembre"),
        (of(m.planned_for, &|times| times.bare_when(today)), "Su reserva era para hoy entre las 4 y las 6 p.m."),
        (
            of(m.planned_for, &|times| times.bare_when(When::From(wednesday))),
            "Su reserva era para el miércoles 2 de diciembre, desde las 5 p.m.",
        ),
        (
            of(m.on_its_way_planned_for, &|times| times.bare_when(tomorrow)),
            "En camino, con entrega prevista para mañana, viernes 27 de noviembre, entre las 4 y las 6 p.m.",
        ),
        (
            of(m.sorry_we_planned, &|times| times.times_and_day(today)),
            "Disculpe. La entrega estaba prevista para hoy, de 4 a 6 p.m.",
        ),
        (
            of(m.we_planned, &|times| times.times_and_day(on)),
            "La entrega estaba prevista para el miércoles 2 de diciembre",
        ),
        (of(m.delivery_ahead, &|times| times.day(wednesday)), "Entrega dentro de 6 días, el miércoles 2 de diciembre"),
        (of(m.rental_starts, &|times| times.at(at("12:00"))), "Su alquiler empieza hoy al mediodía"),
        (of(m.it_ended, &|times| times.at(yesterday)), "Terminó ayer, miércoles 25 de noviembre, al mediodía."),
        (of(m.last_update, &|times| times.time_of_today(at("08:08"))), "Última actualización: 8:08 a.m."),
        (
            of(m.last_update, &|times| times.time_of_today(yesterday)),
            "Última actualización: ayer, miércoles 25 de noviembre, al mediodía.",
        ),
        (of(m.changed, &|times| times.at(at("06:05"))), "Cambiada hoy a las 6:05 a.m."),
        (of(m.planned_times, &|times| times.times(today)), "Entrega prevista: de 4 a 6 p.m."),
        (of(m.all_times_are, &|times| times.zone()), "Todas las horas son hora del Este (ET)."),
    ] {
        assert_eq!(told, said);
    }
    for (told, said) in [
        (
            of_carts(m.arriving, &|times| times.when(When::About(at("13:15")))),
            ["Llega hoy alrededor de la 1:15 p.m.", "Llegan hoy alrededor de la 1:15 p.m."],
        ),
        (
            of_carts(m.arriving, &|times| times.when(When::About(at("12:00")))),
            ["Llega hoy alrededor del mediodía", "Llegan hoy alrededor del mediodía"],
        ),
        (
            of_carts(m.have_it_ready, &|times| times.when(When::By(at("16:00")))),
            ["Téngalo listo hoy a más tardar a las 4 p.m.", "Téngalos listos hoy a más tardar a las 4 p.m."],
        ),
        (
            of_carts(m.have_it_ready, &|times| times.when(noon)),
            ["Téngalo listo hoy a más tardar al mediodía", "Téngalos listos hoy a más tardar al mediodía"],
        ),
        (
            of_carts(m.we_pick_up_your_cart, &|times| times.when(today)),
            [
                "Hoy recogemos su carrito entre las 4 y las 6 p.m.",
                "Hoy recogemos sus carritos entre las 4 y las 6 p.m.",
            ],
        ),
        (
            of_carts(m.we_pick_up_your_cart, &|times| times.when(tomorrow)),
            [
                "Recogemos su carrito mañana, viernes 27 de noviembre, entre las 4 y las 6 p.m.",
                "Recogemos sus carritos mañana, viernes 27 de noviembre, entre las 4 y las 6 p.m.",
            ],
        ),
        (
            of_carts(m.bring_it_back, &|times| times.when(noon)),
            [
                "Devuelva su carrito de golf hoy hasta el mediodía",
                "Devuelva sus carritos de golf hoy hasta el mediodía",
            ],
        ),
        (
            of_carts(m.it_was_due, &|times| times.at(yesterday)),
            [
                "Había que devolverlo ayer, miércoles 25 de noviembre, al mediodía.",
                "Había que devolverlos ayer, miércoles 25 de noviembre, al mediodía.",
            ],
        ),
        (
            of_carts(m.we_planned_to_pick_up, &|times| times.when(today)),
            [
                "Íbamos a recoger su carrito hoy entre las 4 y las 6 p.m.",
                "Íbamos a recoger sus carritos hoy entre las 4 y las 6 p.m.",
            ],
        ),
        (
            of_carts(m.we_pick_it_up, &|times| times.when(tomorrow)),
            [
                "Lo recogemos mañana, viernes 27 de noviembre, entre las 4 y las 6 p.m.",
                "Los recogemos mañana, viernes 27 de noviembre, entre las 4 y las 6 p.m.",
            ],
        ),
        (
            of_carts(m.pick_it_up, &|times| times.when(When::From(at("11:00")))),
            ["Recoja su carrito de golf hoy desde las 11 a.m.", "Recoja sus carritos de golf hoy desde las 11 a.m."],
        ),
    ] {
        assert_eq!(told, said);
    }
}

#[test]
fn an_invoice_is_she_and_every_other_document_he() {
    for (kind, signed, issued) in [
        (DocumentKind::Agreement, "Firmado el 2 de diciembre", "Emitido el 2 de diciembre"),
        (DocumentKind::Invoice, "Firmada el 2 de diciembre", "Emitida el 2 de diciembre"),
        (DocumentKind::Receipt, "Firmado el 2 de diciembre", "Emitido el 2 de diciembre"),
        (DocumentKind::Unknown, "Firmado el 2 de diciembre", "Emitido el 2 de diciembre"),
    ] {
        let date = told(true, |times| times.date(at("2026-12-02T17:00")));
        assert_eq!([(SPANISH.document_signed)(kind, &date), (SPANISH.document_issued)(kind, &date)], [signed, issued]);
    }
}

#[test]
fn an_event_of_a_calendar_counts_its_carts() {
    for (carts, told) in [
        (
            1,
            [
                "Entrega de su carrito de golf: T",
                "Recoger su carrito de golf: T",
                "Recogemos su carrito de golf: T",
                "Devolver su carrito de golf: T",
            ],
        ),
        (
            12,
            [
                "Entrega de sus carritos de golf: T",
                "Recoger sus carritos de golf: T",
                "Recogemos sus carritos de golf: T",
                "Devolver sus carritos de golf: T",
            ],
        ),
    ] {
        let events = [SPANISH.calendar_handover, SPANISH.calendar_return];
        assert_eq!(events.map(|event| [true, false].map(|we_come| event(carts, we_come, "T"))).concat(), told);
    }
}

#[test]
fn a_list_has_its_y_and_counts_what_it_leaves_out() {
    let list = |names: &[&str], more| (SPANISH.list)(&names.iter().map(ToString::to_string).collect::<Vec<_>>(), more);
    assert_eq!(list(&["Cart #1"], 0), "Cart #1");
    assert_eq!(list(&["Cart #1", "Cart #2"], 0), "Cart #1 y Cart #2");
    assert_eq!(list(&["Cart #1", "Cart #2", "Cart #3"], 0), "Cart #1, Cart #2 y Cart #3");
    assert_eq!(list(&["Cart #1", "Cart #2"], 3), "Cart #1, Cart #2 y 3 más");
    assert_eq!(list(&[], 0), "");
}

#[test]
fn a_wait_is_said_in_hours_and_minutes() {
    for (minutes, said) in
        [(1, "1 minuto"), (5, "5 minutos"), (60, "1 hora"), (65, "1 hora y 5 minutos"), (121, "2 horas y 1 minuto")]
    {
        assert_eq!((SPANISH.dates.length)(minutes), said);
        for words in [SPANISH.too_many_from_this_network, SPANISH.too_many_for_this_address] {
            assert!(words(minutes).contains(&format!("otra vez en {said}")), "{}", words(minutes));
        }
    }
}

#[test]
fn notes_are_named_by_their_stage_and_by_who_comes() {
    for (stage, carts, we_come, title) in [
        (InstructionStage::Before, 1, false, "Antes de su alquiler"),
        (InstructionStage::Handover, 1, true, "Para la entrega"),
        (InstructionStage::Handover, 1, false, "Para cuando lo recoja"),
        (InstructionStage::Handover, 2, false, "Para cuando los recoja"),
        (InstructionStage::During, 2, true, "Cómo usar sus carritos"),
        (InstructionStage::Return, 1, true, "Antes de que lo recojamos"),
        (InstructionStage::Return, 2, true, "Antes de que los recojamos"),
        (InstructionStage::Return, 1, false, "Cómo devolverlo"),
        (InstructionStage::Unknown, 1, true, "Información útil"),
    ] {
        assert_eq!((SPANISH.notes)(stage, carts, we_come), title);
    }
}

#[test]
fn the_usual_ways_to_pay_are_spanish() {
    for (method, told) in [
        ("card", Some("tarjeta")),
        ("cash", Some("efectivo")),
        ("bank transfer", Some("transferencia bancaria")),
        ("Zelle", None),
    ] {
        assert_eq!((SPANISH.payment_method)(method), told);
    }
}

#[test]
fn seats_are_counted_in_spanish() {
    for (seats, told) in [(1, "1\u{a0}asiento"), (6, "6\u{a0}asientos")] {
        assert_eq!((SPANISH.seats)(seats), told);
        assert_eq!((SPANISH.seats_each)(seats), format!("{told} cada uno"));
    }
}
