//! The customers of the demo business, and what each of them lives through.

use jiff::{ToSpan, Zoned};

use super::{
    booking::{DeliveryStatus, Status},
    clock::Clock,
    customer::DemoCustomer,
    data::{Demo, Error},
    plan::{BEACH_CHAIR, CHILD_SEAT, COOLER, FOUR_SEATER, LIFTED, Model, NORTH_SHOP, Plan, SIX_SEATER},
    story::Story,
};

/// The customers, in the order in which they are shown.
pub const CUSTOMERS: [&DemoCustomer; 9] = [&ANA, &BEN, &CARLA, &DORA, &ELI, &FLOR, &GINA, &HAL, &IRIS];

const ANA: DemoCustomer = DemoCustomer {
    name: "Ana Ruiz",
    email: "ana@example.com",
    locale: None,
    about: "A delivery on its way now, a cart she has, a booking ahead with a balance and a link to pay it, past bookings.",
    life: ana,
};

const BEN: DemoCustomer = DemoCustomer {
    name: "Ben Okafor",
    email: "ben@example.com",
    locale: None,
    about: "A long history with agreements, invoices and receipts, and a booking ahead with the rest to pay at the shop.",
    life: ben,
};

pub(super) const CARLA: DemoCustomer = DemoCustomer {
    name: "Carla Ng",
    email: "carla@example.com",
    locale: None,
    about: "Has just booked for the first time. Her confirmation is among the emails.",
    life: carla,
};

const DORA: DemoCustomer = DemoCustomer {
    name: "Dora Klein",
    email: "dora@example.com",
    locale: None,
    about: "A cart to bring back tomorrow, one to pick up today, and one that is not confirmed yet.",
    life: dora,
};

const ELI: DemoCustomer = DemoCustomer {
    name: "Eli Brooks",
    email: "eli@example.com",
    locale: None,
    about: "Return day: his cart is picked up today. His next booking was moved two hours ago.",
    life: eli,
};

const FLOR: DemoCustomer = DemoCustomer {
    name: "Flor Méndez",
    email: "flor@example.com",
    locale: Some("es-US"),
    about: "Reads Spanish. A delivery that is running late, and a booking ahead with a balance and a link to pay it.",
    life: flor,
};

const GINA: DemoCustomer = DemoCustomer {
    name: "Gina Rossi",
    email: "gina@example.com",
    locale: None,
    about: "A delivery that failed half an hour ago, and a booking canceled yesterday, with a refund.",
    life: gina,
};

const HAL: DemoCustomer = DemoCustomer {
    name: "Hal Jensen",
    email: "hal@example.com",
    locale: None,
    about: "Overdue: he should have brought his cart back yesterday.",
    life: hal,
};

const IRIS: DemoCustomer = DemoCustomer {
    name: "Iris Cole",
    email: "iris@example.com",
    locale: None,
    about: "A wedding: 12 carts, delivered later today, with a balance and a link to pay it.",
    life: iris,
};

const ANA_HOME: &str = "3 Ocean Ave, Tybee Island, GA 31328";

/// A delivery under way, a cart with her, more to come, a past, and a change of plans.
fn ana(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    for (number, days_ago, days, model, cart, status) in [
        (3977, 372, 3, FOUR_SEATER, 3, Status::Closed),
        (4188, 236, 2, LIFTED, 31, Status::Closed),
        (4410, 148, 4, SIX_SEATER, 18, Status::Closed),
        (4702, 24, 3, SIX_SEATER, 14, Status::Returned),
    ] {
        let (starts_at, ends_at) = (clock.at(-days_ago, 9)?, clock.at(days - days_ago, 17)?);
        let carts = [(model, cart)];
        let plan = Plan {
            extras: &[(COOLER, 1)],
            delivered_to: Some(ANA_HOME),
            ..Plan::of(&ANA, number, starts_at, ends_at.clone(), &carts)
        };
        let mut story = Story::of(plan, demo)?;
        story.confirm_and_sign()?;
        story.hand_over()?;
        story.come_back(status, &ends_at)?;
    }

    let plan = Plan::of(&ANA, 4655, clock.at(-45, 9)?, clock.at(-42, 17)?, &[(LIFTED, 33)]);
    let mut story = Story::of(plan, demo)?;
    story.confirm_and_sign()?;
    story.cancel(&clock.at(-51, 9)?)?;

    let plan = Plan {
        extras: &[(BEACH_CHAIR, 4)],
        ..Plan::of(&ANA, 4790, clock.at(-2, 9)?, clock.at(2, 17)?, &[(FOUR_SEATER, 7)])
    };
    let mut story = Story::of(plan, demo)?;
    story.confirm_and_sign()?;
    story.hand_over()?;

    let plan = Plan {
        extras: &[(COOLER, 1)],
        delivered_to: Some(ANA_HOME),
        ..Plan::of(&ANA, 4821, clock.soon()?, clock.at(4, 17)?, &[(SIX_SEATER, 14)])
    };
    let mut story = Story::of(plan, demo)?;
    story.confirm_and_sign()?;
    story.pay_the_rest(&clock.minutes_ago(180)?);
    story.deliver(DeliveryStatus::Scheduled, &clock.minutes_ago(180)?, None)?;
    let tracking = ("https://track.example.com/d/8f3", clock.today(20)?);
    story.deliver(DeliveryStatus::OnTheWay, &clock.minutes_ago(4)?, Some(tracking))?;

    anas_next_booking(clock, demo)?;
    Ok(())
}

pub(super) fn anas_next_booking<'a>(clock: &Clock, demo: &'a mut Demo) -> Result<Story<'a>, Error> {
    let starts_at = clock.at(18, 10)?;
    let note = format!("Please pay the rest by {}, online or at the shop.", three_days_before(&starts_at)?);
    let plan = Plan {
        extras: &[(COOLER, 2), (CHILD_SEAT, 1)],
        delivered_to: Some(ANA_HOME),
        ..Plan::of(&ANA, 4862, starts_at, clock.at(21, 16)?, &[(SIX_SEATER, 21), (FOUR_SEATER, 9)])
    };
    let mut story = Story::of(plan, demo)?;
    story.pay_ahead(20_000);
    story.payable(&note, Some("https://pay.example.com/b/4862"));
    story.confirm_and_sign()?;
    Ok(story)
}

/// A regular. His old rentals come as a booking system connected today replays them, each in its last state.
fn ben(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let models = [FOUR_SEATER, SIX_SEATER, LIFTED];

    for rental in (0..40_u8).rev() {
        let starts = -(20 + 31 * i32::from(rental));
        let days = 1 + i32::from(rental % 5);
        let carts = [(models[usize::from(rental) % models.len()], 1 + u32::from(rental) * 7 % 40)];
        let number = 4500 - 60 * u32::from(rental);
        let plan = Plan {
            extras: if rental % 2 == 0 { &[(COOLER, 1)] } else { &[] },
            delivered_to: if rental % 3 == 0 { Some("27 Jones Ave, Tybee Island, GA 31328") } else { None },
            discount: (rental < 30).then_some("Returning guest, 10% off"),
            ..Plan::of(&BEN, number, clock.at(starts, 9)?, clock.at(starts + days, 17)?, &carts)
        };
        let mut story = Story::of(plan, demo)?;
        let status = if rental == 0 { Status::Returned } else { Status::Closed };
        story.replay(status)?;
    }

    for (number, days_ago, status) in [
        (2117, 1117, Status::Cancelled),
        (3017, 655, Status::NoShow),
        (3557, 372, Status::Cancelled),
        (4457, 34, Status::Cancelled),
    ] {
        let (starts_at, ends_at) = (clock.at(-days_ago, 9)?, clock.at(2 - days_ago, 17)?);
        let mut story = Story::of(Plan::of(&BEN, number, starts_at, ends_at, &[(FOUR_SEATER, 11)]), demo)?;
        match status {
            Status::Cancelled => story.cancel(&clock.at(-days_ago - 6, 9)?)?,
            status => story.replay(status)?,
        }
    }

    bens_next_booking(clock, demo)?;
    Ok(())
}

pub(super) fn bens_next_booking<'a>(clock: &Clock, demo: &'a mut Demo) -> Result<Story<'a>, Error> {
    let plan = Plan {
        extras: &[(COOLER, 1), (BEACH_CHAIR, 2)],
        discount: Some("Returning guest, 10% off"),
        ..Plan::of(&BEN, 4855, clock.at(12, 9)?, clock.at(15, 17)?, &[(LIFTED, 30)])
    };
    let mut story = Story::of(plan, demo)?;
    story.pay_ahead(15_000);
    story.payable("Pay the rest when you pick up the cart, by card or in cash.", None);
    story.confirm_and_sign()?;
    Ok(story)
}

/// Just booked for the first time, and about to get her confirmation mail.
fn carla(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let plan = Plan {
        delivered_to: Some("114 Butler Ave, Unit 6, Tybee Island, GA 31328"),
        ..Plan::of(&CARLA, 4871, clock.at(6, 9)?, clock.at(8, 17)?, &[(FOUR_SEATER, 5)])
    };
    let mut story = Story::of(plan, demo)?;
    story.booked_at = clock.now.clone();
    story.pay_the_rest(&clock.now);
    story.confirm_and_notify(&clock.now)
}

/// One cart to bring back tomorrow, another to pick up today, and a question still open.
fn dora(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let plan =
        Plan { shop: &NORTH_SHOP, ..Plan::of(&DORA, 4793, clock.at(-2, 9)?, clock.at(1, 17)?, &[(FOUR_SEATER, 22)]) };
    let mut story = Story::of(plan, demo)?;
    story.confirm_and_sign()?;
    story.hand_over()?;

    let plan = Plan {
        shop: &NORTH_SHOP,
        extras: &[(CHILD_SEAT, 2)],
        ..Plan::of(&DORA, 4830, clock.soon()?, clock.at(3, 17)?, &[(SIX_SEATER, 25)])
    };
    let mut story = Story::of(plan, demo)?;
    story.pay_the_rest(&story.booked_at.clone());
    story.confirm_and_sign()?;

    doras_request(clock, demo)?;
    Ok(())
}

pub(super) fn doras_request<'a>(clock: &Clock, demo: &'a mut Demo) -> Result<Story<'a>, Error> {
    let plan = Plan {
        delivered_to: Some("9 Lovell Ave, Tybee Island, GA 31328"),
        ..Plan::of(&DORA, 4866, clock.at(9, 9)?, clock.at(12, 17)?, &[(LIFTED, 34)])
    };
    let mut story = Story::of(plan, demo)?;
    story.request()?;
    Ok(story)
}

/// A cart that is collected today, and a booking whose dates were moved.
fn eli(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    elis_return(clock, demo)?;

    let plan = Plan {
        delivered_to: Some(ELI_HOME),
        ..Plan::of(&ELI, 4843, clock.at(14, 9)?, clock.at(17, 17)?, &[(SIX_SEATER, 19)])
    };
    let mut story = Story::of(plan, demo)?;
    // Long before it is moved, so that one cannot overtake the other on the way through the queue.
    story.booked_at = clock.at(-120, 11)?;
    story.pay_the_rest(&story.booked_at.clone());
    story.confirm()?;
    story.booking.reschedule(clock.at(16, 9)?, clock.at(19, 17)?)?;
    story.tell("booking.updated", &clock.minutes_ago(120)?)
}

const ELI_HOME: &str = "61 Van Horn Ave, Tybee Island, GA 31328";

pub(super) fn elis_return<'a>(clock: &Clock, demo: &'a mut Demo) -> Result<Story<'a>, Error> {
    let plan = Plan {
        extras: &[(COOLER, 1)],
        delivered_to: Some(ELI_HOME),
        ..Plan::of(&ELI, 4788, clock.at(-3, 9)?, clock.this_evening()?, &[(FOUR_SEATER, 12)])
    };
    let mut story = Story::of(plan, demo)?;
    story.confirm_and_sign()?;
    story.hand_over()?;
    Ok(story)
}

/// A delivery that comes after its window, and a booking ahead, for somebody who reads Spanish.
fn flor(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let home = "18 Solomon Ave, Tybee Island, GA 31328";
    let starts_at = clock.half_hour(-90)?;
    let arrives_late = clock.today(25)?.max(starts_at.checked_add(85.minutes())?);
    let plan =
        Plan { delivered_to: Some(home), ..Plan::of(&FLOR, 4826, starts_at, clock.at(3, 17)?, &[(SIX_SEATER, 16)]) };
    let mut story = Story::of(plan, demo)?;
    story.pay_the_rest(&story.booked_at.clone());
    story.confirm_and_sign()?;
    story.deliver(DeliveryStatus::Scheduled, &clock.minutes_ago(300)?, None)?;
    let tracking = ("https://track.example.com/d/c41", arrives_late);
    story.deliver(DeliveryStatus::OnTheWay, &clock.minutes_ago(6)?, Some(tracking))?;

    let starts_at = clock.at(20, 9)?;
    let plan =
        Plan { delivered_to: Some(home), ..Plan::of(&FLOR, 4864, starts_at, clock.at(22, 17)?, &[(FOUR_SEATER, 8)]) };
    let mut story = Story::of(plan, demo)?;
    story.pay_ahead(10_000);
    let note = "Puede pagar el saldo en línea o en la tienda, a más tardar el día de la entrega.";
    story.payable(note, Some("https://pay.example.com/b/4864"));
    story.confirm_and_sign()
}

/// A delivery that found nobody, and a booking given back yesterday.
fn gina(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let plan = Plan {
        delivered_to: Some("5 Tybrisa St, Tybee Island, GA 31328"),
        ..Plan::of(&GINA, 4828, clock.half_hour(-30)?, clock.at(2, 17)?, &[(FOUR_SEATER, 10)])
    };
    let mut story = Story::of(plan, demo)?;
    story.pay_the_rest(&story.booked_at.clone());
    story.confirm_and_sign()?;
    story.deliver(DeliveryStatus::Scheduled, &clock.minutes_ago(300)?, None)?;
    story.deliver(DeliveryStatus::Failed, &clock.today(-25)?, None)?;

    let plan = Plan::of(&GINA, 4851, clock.at(10, 9)?, clock.at(13, 17)?, &[(LIFTED, 35)]);
    let mut story = Story::of(plan, demo)?;
    story.pay_the_rest(&story.booked_at.clone());
    story.confirm_and_sign()?;
    story.cancel(&clock.at(-1, 15)?)
}

/// A cart that should have been brought back yesterday.
fn hal(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let plan =
        Plan { shop: &NORTH_SHOP, ..Plan::of(&HAL, 4771, clock.at(-5, 9)?, clock.at(-1, 17)?, &[(SIX_SEATER, 27)]) };
    let mut story = Story::of(plan, demo)?;
    story.confirm_and_sign()?;
    story.hand_over()?;
    story.booking.status = Status::Overdue;
    story.tell("booking.updated", &clock.at(-1, 19)?)
}

/// A wedding's carts, to be delivered today.
fn iris(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    iris_delivery(clock, demo)?;
    Ok(())
}

pub(super) fn iris_delivery<'a>(clock: &Clock, demo: &'a mut Demo) -> Result<Story<'a>, Error> {
    let plan = Plan {
        delivered_to: Some("1 Lighthouse Pl, Tybee Island, GA 31328"),
        ..Plan::of(&IRIS, 4833, clock.half_hour(180)?, clock.at(1, 17)?, &WEDDING)
    };
    let mut story = Story::of(plan, demo)?;
    story.pay_ahead(80_000);
    story.payable("Please pay the rest online before the carts arrive.", Some("https://pay.example.com/b/4833"));
    story.confirm()?;
    story.deliver(DeliveryStatus::Scheduled, &clock.minutes_ago(120)?, None)?;
    Ok(story)
}

const WEDDING: [(Model, u32); 12] = [
    (SIX_SEATER, 41),
    (SIX_SEATER, 42),
    (SIX_SEATER, 43),
    (SIX_SEATER, 44),
    (SIX_SEATER, 45),
    (SIX_SEATER, 46),
    (SIX_SEATER, 47),
    (SIX_SEATER, 48),
    (FOUR_SEATER, 51),
    (FOUR_SEATER, 52),
    (FOUR_SEATER, 53),
    (LIFTED, 54),
];

fn three_days_before(time: &Zoned) -> Result<String, jiff::Error> {
    Ok(time.checked_sub(3.days())?.strftime("%B %-d").to_string())
}
