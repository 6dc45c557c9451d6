//! US Spanish (CLDR's es-US), with usted, and never a gendered word for the customer.

use jiff::{Zoned, civil::Date};
use portal_domain::{
    booking::{DocumentKind, InstructionStage},
    language::Language,
};

use super::{
    catalog::{Dates, DayFrom, Messages, NamedZone},
    money,
    parts::{first_of_range, one_or_more, with_method},
    sentence::sentence,
};

/// The words in US Spanish.
pub static SPANISH: Messages = Messages {
    language: Language::Spanish,
    language_name: "Español",
    dates: Dates {
        time,
        at: |moment| at("a", moment),
        from: |moment| format!("desde\u{a0}{}", with_article(moment)),
        by: |moment| format!("hasta\u{a0}{}", with_article(moment)),
        about: |moment| at("alrededor de", moment),
        between: |from, to| format!("entre {} y\u{a0}{}", half_with_article(from, to), with_article(to)),
        times: |from, to| format!("de\u{a0}{} a\u{a0}{}", half(from, to), time(to)),
        long_day: |date, with_year| written(&[weekday(date), ", "], date, month(date), with_year),
        short_day: |date, with_year| {
            written(&[&weekday(date)[..3 + accent(date)], ", "], date, short_month(date), with_year)
        },
        date: |date, with_year| written(&[], date, month(date), with_year),
        days,
        day: |day, long| {
            let long = long.replacen(", ", " ", 1);
            match day {
                DayFrom::Today => "hoy".to_owned(),
                DayFrom::Tomorrow => format!("mañana, {long}"),
                DayFrom::Yesterday => format!("ayer, {long}"),
                DayFrom::InDays(days) => format!("dentro de\u{a0}{days}\u{a0}días, el {long}"),
                DayFrom::Absolute => format!("el {long}"),
            }
        },
        day_and_time: |day, time| {
            if day.contains(',') { format!("{day}, {time}") } else { format!("{day} {time}") }
        },
        time_and_day: |time, day| format!("{}, {time}", el(day)),
        until: |day, moment| {
            let day = el(day);
            format!("{day}{} {}", if day.contains(',') { "," } else { "" }, at("a", moment))
        },
        row: |day, time| format!("{day}, {time}"),
        span: |from, to| format!("{from} – {to}"),
        zone: |zone| match zone {
            NamedZone::Eastern => "hora del Este (ET)",
            NamedZone::Central => "hora del Centro (CT)",
            NamedZone::Mountain => "hora de la Montaña (MT)",
            NamedZone::Pacific => "hora del Pacífico (PT)",
            NamedZone::Alaska => "hora de Alaska (AKT)",
            NamedZone::Hawaii => "hora de Hawái (HST)",
            NamedZone::Atlantic => "hora del Atlántico (AT)",
        },
        zone_of: |city, distance| format!("hora local de {city} (GMT{distance})"),
        length,
    },

    skip_to_content: "Ir al contenido",
    email_us: "Enviar correo",
    call: |phone| format!("Llamar al\u{a0}{phone}"),
    sign_out: "Cerrar sesión",
    sign_out_everywhere: "Cerrar sesión en todos los dispositivos",
    signed_in_as: |address| format!("Sesión iniciada con {address}"),
    all_times_are: |zone| sentence(format!("Todas las horas son {zone}")),
    times_are: |zone| sentence(format!("Las horas son {zone}")),
    opens_another_site: "(abre otro sitio)",
    questions: "¿Preguntas?",
    questions_how: "Llámenos o envíenos un correo. Con gusto le ayudamos.",
    change_or_cancel: "¿Necesita cambiar o cancelar su reserva?",
    change_or_cancel_how: |reference| {
        sentence(format!("Llámenos o envíenos un correo y mencione la reserva {reference}"))
    },
    change_subject: |reference| format!("Cambiar o cancelar la reserva {reference}"),

    sign_in: "Iniciar sesión",
    see_your_booking: "Vea su reserva",
    sign_in_how: "Escriba el correo electrónico con el que reservó. Le enviaremos un enlace para iniciar sesión. Sin contraseña, sin cuenta.",
    email_address: "Correo electrónico",
    email_me_a_link: "Enviarme un enlace",
    check_the_address: "Corrija el correo electrónico",
    sign_in_problem: "Problema al iniciar sesión",
    address_empty: "Escriba su correo electrónico.",
    address_too_long: "Este correo electrónico es demasiado largo. Revise que no tenga errores.",
    address_malformed: "Escriba un solo correo electrónico, como nombre@example.com.",
    signed_out: "Su sesión está cerrada.",
    not_signed_out_everywhere: "Su sesión ya estaba cerrada aquí, así que en sus otros dispositivos no se cambió nada. Para cerrarla en todos, inicie sesión otra vez y elija “Cerrar sesión en todos los dispositivos” al final de la página.",
    one_more_step: "Falta un paso",
    check_your_email: "Revise su correo",
    link_sent: "Si hay una reserva con el correo electrónico que escribió, le enviamos un enlace. Funciona una sola vez y solo durante una hora.",
    link_sent_to: |address| {
        format!("Si reservó con {address}, le enviamos un enlace. Funciona una sola vez y solo durante una hora.")
    },
    link_renewed: |masked_address| {
        let sent = format!("Si todavía tiene una reserva aquí, le enviamos un enlace nuevo a {masked_address}");
        format!("{} Funciona una sola vez y solo durante una hora.", sentence(sent))
    },
    look_for: |business, sender| format!("Busque un correo de {business} ({sender})."),
    no_email_yet: "¿Pasaron 2 minutos y no llegó? Busque en la carpeta de spam o correo no deseado y luego pídalo otra vez. Aunque lo pida más veces, enviamos como máximo un correo por minuto.",
    no_email_at_all: "¿Todavía nada? Asegúrese de haber reservado con este correo electrónico.",
    send_again: "Enviar otra vez",
    use_another_address: "Usar otro correo electrónico",
    not_you: "¿No es su correo?",
    cannot_get_in: "¿No puede entrar? Llámenos o envíenos un correo. Con gusto le ayudamos.",

    open_your_bookings: "Abra sus reservas",
    bookings_at: |business, masked_address| format!("Sus reservas en {business}, hechas con {masked_address}"),
    view_your_bookings: "Ver sus reservas",
    other_address: "Ya inició sesión con otro correo electrónico",
    switch_address: "¿Cambiar de correo electrónico?",
    opens_bookings_of: |masked_address| sentence(format!("Este enlace abre las reservas de {masked_address}")),
    look_alike: "Son dos correos electrónicos distintos que se ven iguales al abreviarlos.",
    switch_to: |masked_address| format!("Cambiar a {masked_address}"),
    stay_with: |masked_address| format!("Seguir con {masked_address}"),
    link_used: "Este enlace ya se usó",
    link_used_why: "Cada enlace funciona una sola vez. Podemos enviarle uno nuevo.",
    link_expired: "Este enlace venció",
    link_expired_why: "Cada enlace funciona solo durante una hora. Podemos enviarle uno nuevo.",
    email_me_a_new_link: "Enviarme un enlace nuevo",
    it_goes_to: |masked_address| sentence(format!("Se envía a {masked_address}")),
    link_unknown: "Este enlace no funciona",
    link_unknown_why: "Puede estar incompleto o ser demasiado antiguo. Pida uno nuevo con el correo electrónico de su reserva.",
    get_a_new_link: "Pedir un enlace nuevo",
    cookies_off: "Su navegador no guardó la sesión",
    cookies_off_why: "El enlace funcionó, pero este navegador no guarda cookies, y sin ellas no podemos saber quién es usted en la página siguiente.",
    cookies_off_how: "Permita las cookies de este sitio en la configuración del navegador, o abra el portal en otro navegador. Luego pida un enlace nuevo. O llámenos.",

    not_found: "No encontramos esa página",
    not_found_why: "La dirección web puede tener un error, o la reserva está registrada con otro correo electrónico.",
    wrong_method: "Eso no funciona aquí",
    wrong_method_why: "Empiece otra vez desde sus reservas.",
    not_from_here: "Inténtelo otra vez, por favor",
    not_from_here_why: "Por su seguridad, no procesamos lo que pidió. No se cambió nada. Empiece otra vez desde sus reservas.",
    too_large: "Eso es demasiado largo",
    too_large_why: "No se cambió nada. Empiece otra vez y escriba solo su correo electrónico.",
    failed: "Algo falló de nuestro lado",
    failed_why: "No es culpa suya. Espere un minuto e inténtelo otra vez, o llámenos.",
    document_missing: "Este documento todavía no está listo",
    document_missing_why: "Inténtelo más tarde, o llámenos y se lo enviamos.",
    too_many_requests: "Demasiados intentos",
    too_many_from_this_network: |minutes| {
        format!(
            "Se pidieron demasiados enlaces desde esta red. Inténtelo otra vez en {}, o apague el wifi. ¿No puede esperar? Llámenos.",
            length(minutes)
        )
    },
    too_many_for_this_address: |minutes| {
        let again = sentence(format!(
            "Busque uno en su bandeja de entrada y en la carpeta de spam o correo no deseado. Si no lo encuentra, inténtelo otra vez en {}",
            length(minutes)
        ));
        format!("Se pidieron demasiados enlaces con este correo electrónico. {again} ¿No puede esperar? Llámenos.")
    },
    or_ask_us: "O pregúntenos:",

    your_bookings: "Sus reservas",
    hello: |name| format!("Hola, {name}"),
    today_is: |day| sentence(format!("Hoy es {}", day.replacen(", ", " ", 1))),
    all_bookings: "Todas las reservas",
    past_bookings: "Reservas anteriores",
    no_more_past_bookings: "No hay más.",
    show_more: "Mostrar 10 más",
    no_bookings: "Todavía no hay reservas",
    no_bookings_how: "Una reserva nueva tarda unos minutos en aparecer aquí. ¿Reservó con otro correo electrónico? Cierre sesión y use ese.",
    no_active_bookings: "No tiene nada reservado por ahora.",
    view_booking: "Ver reserva",
    booking: |reference| format!("Reserva {reference}"),
    cart_and_booking: |cart, reference| format!("{cart}, reserva {reference}"),
    rental_agreements: "Contratos de alquiler",

    money: |money| money::symbol_first(money, &CURRENCIES),
    list: |items, more| match (items, more) {
        ([before @ .., last], 0) if !before.is_empty() => format!("{} y {last}", before.join(", ")),
        (items, 0) => items.concat(),
        (items, more) => format!("{} y {more} más", items.join(", ")),
    },

    carts_of: |count| format!("{count}\u{a0}carritos de golf"),
    your_carts: |count| one_or_more(count, "Su carrito de golf", "Sus carritos de golf"),
    seats: |seats| if seats == 1 { "1\u{a0}asiento".to_owned() } else { format!("{seats}\u{a0}asientos") },
    seats_each: |seats| {
        if seats == 1 { "1\u{a0}asiento cada uno".to_owned() } else { format!("{seats}\u{a0}asientos cada uno") }
    },
    extras: "Extras",
    documents: "Documentos",
    document: |kind| match kind {
        DocumentKind::Agreement => "Contrato",
        DocumentKind::Invoice => "Factura",
        DocumentKind::Receipt => "Recibo",
        DocumentKind::Unknown => "Documento",
    },
    pdf: "PDF",
    document_signed: |kind, day| format!("{} el {day}", of_document(kind, "Firmado", "Firmada")),
    document_issued: |kind, day| format!("{} el {day}", of_document(kind, "Emitido", "Emitida")),
    document_unsigned: |day| format!("Todavía sin firmar, emitido el {day}"),
    new_documents: "Los documentos nuevos aparecerán aquí.",
    no_documents: "No hay documentos de esta reserva.",
    no_bills: "Aquí todavía no hay recibo ni factura. ¿Necesita alguno? Llámenos.",
    price: "Precio",
    total: "Total",
    paid: "Pagado",
    paid_on: |day, method| with_method(format!("Pagado el {day}"), method),
    refunded_on: |day, method| with_method(format!("Reembolsado el {day}"), method),
    deposit_held_on: |day, method| with_method(format!("Depósito de garantía retenido el {day}"), method),
    deposit_released_on: |day, method| with_method(format!("Depósito de garantía liberado el {day}"), method),
    payment_method: |method| match method {
        "card" => Some("tarjeta"),
        "cash" => Some("efectivo"),
        "bank transfer" => Some("transferencia bancaria"),
        _ => None,
    },
    balance_due: "Saldo pendiente",
    credit: "Saldo a su favor",
    refund_due: "Reembolso pendiente",
    balance_due_is: |amount| sentence(format!("Saldo pendiente: {amount}")),
    credit_is: |amount| format!("Tiene {amount} a su favor."),
    refund_due_is: |amount| sentence(format!("Reembolso pendiente: {amount}")),
    call_us_to_pay: "Llámenos para pagar.",
    call_us_about_the_balance: "Llámenos acerca de este saldo.",
    call_us_about_the_refund: "Llámenos acerca de su reembolso.",
    paid_in_full: "Pago completo. ¡Gracias!",
    you_paid_in_full: |amount| sentence(format!("Pagó el total: {amount}")),
    we_refunded: |amount, day| sentence(format!("Le reembolsamos {amount} el {day}")),
    we_released_the_deposit: |amount, day| sentence(format!("Liberamos su depósito de garantía de {amount} el {day}")),
    pay: |amount| format!("Pagar {amount}"),
    directions: "Cómo llegar",
    add_to_calendar: "Agregar al calendario",
    google_calendar: "Google Calendar",
    track: "Rastrear la entrega",
    notes: |stage, carts, we_come| match stage {
        InstructionStage::Before => "Antes de su alquiler",
        InstructionStage::Handover if we_come => "Para la entrega",
        InstructionStage::Handover => one_or_more(carts, "Para cuando lo recoja", "Para cuando los recoja"),
        InstructionStage::During => one_or_more(carts, "Cómo usar su carrito", "Cómo usar sus carritos"),
        InstructionStage::Return if we_come => {
            one_or_more(carts, "Antes de que lo recojamos", "Antes de que los recojamos")
        }
        InstructionStage::Return => one_or_more(carts, "Cómo devolverlo", "Cómo devolverlos"),
        InstructionStage::Unknown => "Información útil",
    },
    how_it_ends: "Y después",

    delivery: "Entrega",
    you_pick_up: "Recoge usted",
    handover: "Inicio",
    we_pick_up: "Recogemos nosotros",
    return_label: "Devolución",
    rental_ends: "Fin del alquiler",
    to_place: |place| format!("En {place}"),

    planned: "Prevista",
    on_its_way: "En camino",
    arrives: "Llegada",
    delivered: "Entrega completada",
    not_delivered: "No se pudo entregar",
    done: "listo",
    not_yet: "pendiente",
    last_update: |when| sentence(format!("Última actualización: {when}")),

    pending: "Por confirmar",
    requested_for: |day| format!("Solicitada para {}", el(day)),
    pending_how: "Todavía estamos revisando esta reserva. Le enviaremos un correo en cuanto esté confirmada.",
    confirmed: "Confirmada",
    delivery_ahead: |day| format!("Entrega {day}"),
    pickup_ahead: |carts, day| {
        format!("{} {day}", one_or_more(carts, "Recoja su carrito de golf", "Recoja sus carritos de golf"))
    },
    handover_ahead: |day| format!("Su alquiler empieza {day}"),
    we_deliver_to: |place| sentence(format!("Entregamos en {place}")),
    today: "Hoy",
    we_deliver: |when| format!("Entregamos {when}"),
    wrong_address: "¿Dirección equivocada? ¿No puede estar ahí? Llámenos ahora, por favor.",
    pick_it_up: |carts, when| {
        format!("{} {when}", one_or_more(carts, "Recoja su carrito de golf", "Recoja sus carritos de golf"))
    },
    rental_starts: |when| format!("Su alquiler empieza {when}"),
    how_do_you_get_it: |carts| {
        one_or_more(
            carts,
            "¿No sabe cómo recibirá su carrito? Llámenos.",
            "¿No sabe cómo recibirá sus carritos? Llámenos.",
        )
    },
    arriving: |carts, when| format!("{} {when}", one_or_more(carts, "Llega", "Llegan")),
    on_its_way_planned_for: |when| format!("En camino, con entrega prevista para {}", el(when)),
    planned_times: |times| sentence(format!("Entrega prevista: {times}")),
    running_late: "Con retraso",
    new_arrival_time: |when| format!("Nueva hora de llegada: {when}"),
    sorry_we_planned: |when| sentence(format!("Disculpe. La entrega estaba prevista para {}", el(when))),
    cannot_wait: "¿No puede esperar? ¿Dirección equivocada? Llámenos ahora, por favor.",
    delivery_time_has_passed: "La hora de entrega ya pasó",
    we_planned: |when| format!("La entrega estaba prevista para {}", el(when)),
    not_there_yet: "¿Todavía no llega? Llámenos.",
    please_call: "Llámenos, por favor",
    planned_for: |when| format!("Su reserva era para {}", el(when)),
    no_cart_yet: |carts| {
        one_or_more(carts, "¿Todavía no tiene su carrito? Llámenos.", "¿Todavía no tiene sus carritos? Llámenos.")
    },
    could_not_deliver: |carts| {
        one_or_more(carts, "No pudimos entregar su carrito de golf", "No pudimos entregar sus carritos de golf")
    },
    set_a_new_time: "Llámenos para acordar otra hora, por favor.",
    you_have_it: |_| "En uso",
    yours_until: |when| format!("Su alquiler termina {when}"),
    have_it_ready: |carts, when| {
        // What "hasta" says of a return would here be said of how long it stays ready.
        let by = when.replacen("hasta\u{a0}el\u{a0}", "a más tardar al\u{a0}", 1).replacen(
            "hasta\u{a0}",
            "a más tardar a\u{a0}",
            1,
        );
        format!("{} {by}", one_or_more(carts, "Téngalo listo", "Téngalos listos"))
    },
    have_it_ready_by_then: |carts| one_or_more(carts, "Téngalo listo para entonces.", "Téngalos listos para entonces."),
    have_it_ready_now: |carts| one_or_more(carts, "Téngalo listo ahora.", "Téngalos listos ahora."),
    we_pick_it_up: |carts, when| sentence(format!("{} {when}", one_or_more(carts, "Lo recogemos", "Los recogemos"))),
    then_bring_it_back: |carts, place| {
        sentence(format!("Al terminar, {} en {place}", one_or_more(carts, "devuélvalo", "devuélvalos")))
    },
    rental_ends_on: |when| format!("Su alquiler termina {when}"),
    how_to_return: |carts| {
        one_or_more(carts, "¿No sabe cómo devolverlo? Llámenos.", "¿No sabe cómo devolverlos? Llámenos.")
    },
    trouble_or_longer: |carts| {
        one_or_more(
            carts,
            "¿Problemas en el camino? ¿Lo necesita por más tiempo? Llámenos.",
            "¿Problemas en el camino? ¿Los necesita por más tiempo? Llámenos.",
        )
    },
    ends_today: "Termina hoy",
    bring_it_back: |carts, when| {
        format!("{} {when}", one_or_more(carts, "Devuelva su carrito de golf", "Devuelva sus carritos de golf"))
    },
    we_pick_up_your_cart: |carts, when| {
        let what = one_or_more(carts, "su carrito", "sus carritos");
        match when.strip_prefix("hoy ") {
            Some(time) => format!("Hoy recogemos {what} {time}"),
            None => format!("Recogemos {what} {when}"),
        }
    },
    longer_or_elsewhere: |carts| {
        one_or_more(
            carts,
            "¿Lo necesita por más tiempo? ¿Lo tiene en otro lugar? Llámenos antes de que lleguemos, por favor.",
            "¿Los necesita por más tiempo? ¿Los tiene en otro lugar? Llámenos antes de que lleguemos, por favor.",
        )
    },
    overdue: "Devolución atrasada",
    bring_it_back_now: |carts| {
        one_or_more(
            carts,
            "Devuelva su carrito de golf ahora, por favor",
            "Devuelva sus carritos de golf ahora, por favor",
        )
    },
    it_was_due: |carts, when| {
        sentence(format!("{} {when}", one_or_more(carts, "Había que devolverlo", "Había que devolverlos")))
    },
    already_brought_back: |carts| {
        one_or_more(
            carts,
            "¿Ya lo devolvió? Llámenos para confirmarlo.",
            "¿Ya los devolvió? Llámenos para confirmarlo.",
        )
    },
    need_more_time: "¿Necesita más tiempo? Llámenos.",
    pickup_not_confirmed: "Recogida sin confirmar",
    still_there: |carts| {
        one_or_more(
            carts,
            "¿Su carrito de golf sigue ahí? Llámenos, por favor",
            "¿Sus carritos de golf siguen ahí? Llámenos, por favor",
        )
    },
    we_planned_to_pick_up: |carts, when| {
        sentence(format!("Íbamos a recoger {} {when}", one_or_more(carts, "su carrito", "sus carritos")))
    },
    rental_has_ended: "Su alquiler terminó",
    still_have_it: |carts| {
        one_or_more(
            carts,
            "¿Todavía lo tiene? Llámenos ahora, por favor.",
            "¿Todavía los tiene? Llámenos ahora, por favor.",
        )
    },
    it_ended: |when| sentence(format!("Terminó {when}")),
    returned: "Alquiler terminado",
    thanks: |name| match name {
        Some(name) => format!("{} ¡Hasta la próxima!", sentence(format!("Gracias, {name}"))),
        None => "Gracias. ¡Hasta la próxima!".to_owned(),
    },
    left_something: |carts| {
        one_or_more(
            carts,
            "¿Olvidó algo en el carrito? Llámenos o envíenos un correo.",
            "¿Olvidó algo en algún carrito? Llámenos o envíenos un correo.",
        )
    },
    canceled: "Cancelada",
    booking_canceled: "Esta reserva está cancelada",
    nothing_to_do: "No tiene que hacer nada.",
    you_paid: |amount| sentence(format!("Pagó {amount}")),
    call_us_about_the_payment: "¿Preguntas sobre su pago? Llámenos.",
    not_what_you_wanted: "¿No es lo que quería? Llámenos.",
    ended: "Terminada",
    booking_ended: "Esta reserva terminó",
    shows_as_not_used: "Figura como no utilizada. ¿No es así? Llámenos.",
    call_us_about_it: "Llámenos acerca de esta reserva, por favor",
    cannot_say: "Aquí no podemos decirle en qué estado está.",
    where_to: "¿No sabe dónde? Llámenos.",
    call_us_about: |reference| format!("Llámenos acerca de la reserva {reference}, por favor"),
    cannot_show_everything: "Aquí no podemos mostrarla completa. Llámenos, por favor.",

    changed: |when| format!("Cambiada {when}"),
    check_the_changes: "Revise los cambios, por favor. ¿Algo no está bien? Llámenos.",
    what_changed: "Qué cambió",
    starts: "Empieza",
    ends: "Termina",
    carts: |carts| one_or_more(carts, "Carrito", "Carritos"),
    was: |before| format!("(antes {before})"),

    view_your_booking: "Ver su reserva",
    sign_in_subject: |business| format!("Su enlace para iniciar sesión en {business}"),
    sign_in_lead: |business| {
        format!("{} Aquí está.", sentence(format!("Pidió un enlace para ver sus reservas en {business}")))
    },
    you_did_not_ask: "¿No lo pidió? Puede ignorar este correo. No lo reenvíe: el enlace abre sus reservas.",
    link_lasts: "El enlace funciona una sola vez y solo durante una hora. Después, ábralo para pedir uno nuevo.",
    copy_this_address: "Si el botón no funciona, copie esta dirección en su navegador:",
    confirmation_subject: |reference, business| format!("Reserva {reference} confirmada: {business}"),
    you_are_booked: |name| match name {
        Some(name) => format!("Su reserva está hecha, {name}"),
        None => "Su reserva está hecha".to_owned(),
    },
    confirmation_lead: |reference| format!("La reserva {reference} está confirmada."),
    pending_subject: |reference, business| format!("Reserva {reference} por confirmar: {business}"),
    pending_lead: |reference| format!("La reserva {reference} todavía no está confirmada."),
    all_in_one_place: "Horarios, documentos y rastreo de la entrega, todo en un solo lugar. Sin contraseña.",
    at_the_same_address: "En la misma dirección",
    and_more: |more| format!("y {more} más"),
    call_or_reply: "Llámenos o simplemente responda a este correo.",

    calendar_handover: |carts, is_delivery, business| {
        let what = one_or_more(carts, "su carrito de golf", "sus carritos de golf");
        format!("{} {what}: {business}", if is_delivery { "Entrega de" } else { "Recoger" })
    },
    calendar_return: |carts, is_collection, business| {
        let what = one_or_more(carts, "su carrito de golf", "sus carritos de golf");
        format!("{} {what}: {business}", if is_collection { "Recogemos" } else { "Devolver" })
    },
    calendar_details: "Detalles y cambios:",
};

/// `Emitida` of an invoice, `Emitido` of every other document.
fn of_document(kind: DocumentKind, masculine: &'static str, feminine: &'static str) -> &'static str {
    if kind == DocumentKind::Invoice { feminine } else { masculine }
}

/// The currencies with a sign of their own, which it has in Spanish in the US.
const CURRENCIES: [(&str, &str); 4] = [("JPY", "¥"), ("USD", "$"), ("XCG", "Cg."), ("XPF", "CFPF")];

/// A day of the week with its article, as a sentence has it; `hoy` and `mañana` have none.
fn el(day: &str) -> String {
    if WEEKDAYS.iter().any(|weekday| day.starts_with(weekday)) {
        format!("el {}", day.replacen(", ", " ", 1))
    } else {
        day.to_owned()
    }
}

const WEEKDAYS: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];
const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];
const SHORT_MONTHS: [&str; 12] = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"];

fn weekday(date: Date) -> &'static str {
    WEEKDAYS.get(usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())).copied().unwrap_or_default()
}

/// How many bytes more than three the first three letters of a weekday have.
fn accent(date: Date) -> usize {
    weekday(date).chars().take(3).map(char::len_utf8).sum::<usize>() - 3
}

fn month(date: Date) -> &'static str {
    MONTHS.get(usize::from(date.month().unsigned_abs()) - 1).copied().unwrap_or_default()
}

fn short_month(date: Date) -> &'static str {
    SHORT_MONTHS.get(usize::from(date.month().unsigned_abs()) - 1).copied().unwrap_or_default()
}

/// `viernes, 27 de noviembre`, with its year if asked.
fn written(before: &[&str], date: Date, month: &str, with_year: bool) -> String {
    let year = if with_year { format!(" de {}", date.year()) } else { String::new() };
    format!("{}{}\u{a0}de\u{a0}{month}{year}", before.concat(), date.day())
}

/// `8:40 a.m.`, `8 a.m.`, `mediodía`.
fn time(moment: &Zoned) -> String {
    let half = if moment.hour() < 12 { "a.m." } else { "p.m." };
    match (moment.hour(), moment.minute()) {
        (0, 0) => "medianoche".to_owned(),
        (12, 0) => "mediodía".to_owned(),
        (_, 0) => format!("{}\u{202f}{half}", moment.strftime("%-I")),
        _ => format!("{}\u{202f}{half}", moment.strftime("%-I:%M")),
    }
}

/// `a las 8:40 a.m.`, `a la 1 p.m.`, `al mediodía`.
fn at(preposition: &str, moment: &Zoned) -> String {
    match article(moment) {
        "el\u{a0}" => format!("{preposition}l\u{a0}{}", time(moment)),
        _ => format!("{preposition}\u{a0}{}", with_article(moment)),
    }
}

/// `las 8:40 a.m.`, `la 1 p.m.`, `el mediodía`.
fn with_article(moment: &Zoned) -> String {
    format!("{}{}", article(moment), time(moment))
}

fn article(moment: &Zoned) -> &'static str {
    match (moment.hour(), moment.minute()) {
        (12, 0) => "el\u{a0}",
        (0, 0) => "la\u{a0}",
        (hour, _) if hour % 12 == 1 => "la\u{a0}",
        _ => "las\u{a0}",
    }
}

fn half(from: &Zoned, to: &Zoned) -> String {
    first_of_range(from, to, time, '\u{202f}')
}

fn half_with_article(from: &Zoned, to: &Zoned) -> String {
    format!("{}{}", article(from), half(from, to))
}

/// `2 nov 2026`, `2–5 de nov de 2026`, `29 de jun – 2 de jul 2026`, `30 de dic de 2026 – 2 de ene de 2027`.
fn days(from: Date, to: Date) -> String {
    let day = |date: Date| format!("{}\u{a0}de\u{a0}{}", date.day(), short_month(date));
    if from == to {
        format!("{}\u{a0}{} {}", from.day(), short_month(from), from.year())
    } else if from.year() != to.year() {
        format!("{} de {} – {} de {}", day(from), from.year(), day(to), to.year())
    } else if from.month() != to.month() {
        format!("{} – {} {}", day(from), day(to), to.year())
    } else {
        format!("{}–{} de {}", from.day(), day(to), to.year())
    }
}

/// A length of time, in minutes.
fn length(minutes: i64) -> String {
    let of = |count: i64, unit: &str| if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") };
    match (minutes / 60, minutes % 60) {
        (0, minutes) => of(minutes, "minuto"),
        (hours, 0) => of(hours, "hora"),
        (hours, minutes) => format!("{} y {}", of(hours, "hora"), of(minutes, "minuto")),
    }
}

#[cfg(test)]
mod tests;
