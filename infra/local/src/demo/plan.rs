//! What a customer of the demo business asks for, and the booking it becomes.

use jiff::Zoned;

use super::{
    booking::{
        AddOn, Booking, Cart, Customer, Fulfilment, Instruction, InstructionStage, Line, Location, Price, Return,
        ReturnMethod, Status, Time, window,
    },
    clock::TIME_ZONE,
    customer::DemoCustomer,
};

#[derive(Clone, Copy)]
pub(super) struct Model {
    asset_type: &'static str,
    seats: u32,
    day_minor: i64,
}

pub(super) const FOUR_SEATER: Model = Model { asset_type: "4-Seater Classic", seats: 4, day_minor: 9_500 };
pub(super) const SIX_SEATER: Model = Model { asset_type: "6-Seater Premium", seats: 6, day_minor: 11_500 };
pub(super) const LIFTED: Model = Model { asset_type: "6-Seater Lifted", seats: 6, day_minor: 13_500 };

#[derive(Clone, Copy)]
pub(super) struct Extra {
    name: &'static str,
    each_minor: i64,
}

pub(super) const COOLER: Extra = Extra { name: "Cooler", each_minor: 2_600 };
pub(super) const BEACH_CHAIR: Extra = Extra { name: "Beach chair", each_minor: 1_200 };
pub(super) const CHILD_SEAT: Extra = Extra { name: "Child seat", each_minor: 1_500 };
const DELIVERY_MINOR: i64 = 3_500;

pub(super) struct Shop {
    name: &'static str,
    phone: &'static str,
    address: &'static str,
}

pub(super) const BEACH_SHOP: Shop =
    Shop { name: "Tybee Beach Shop", phone: "+1 912 555 0142", address: "12 Dune Rd, Tybee Island, GA 31328" };
pub(super) const NORTH_SHOP: Shop =
    Shop { name: "North Beach Shop", phone: "+1 912 555 0187", address: "40 Meddin Dr, Tybee Island, GA 31328" };

/// What a customer asks for.
pub(super) struct Plan<'a> {
    pub(super) number: u32,
    pub(super) customer: &'a DemoCustomer,
    pub(super) shop: &'a Shop,
    pub(super) starts_at: Zoned,
    pub(super) ends_at: Zoned,
    pub(super) carts: &'a [(Model, u32)],
    pub(super) extras: &'a [(Extra, u32)],
    /// Where the carts are brought and collected; without it the customer fetches them and brings them back.
    pub(super) delivered_to: Option<&'a str>,
    pub(super) discount: Option<&'a str>,
}

impl<'a> Plan<'a> {
    /// These carts from the shop at the beach and back, and nothing else.
    pub(super) fn of(
        customer: &'a DemoCustomer,
        number: u32,
        starts_at: Zoned,
        ends_at: Zoned,
        carts: &'a [(Model, u32)],
    ) -> Self {
        let shop = &BEACH_SHOP;
        Self { number, customer, shop, starts_at, ends_at, carts, extras: &[], delivered_to: None, discount: None }
    }

    pub(super) fn booking(self) -> Result<Booking, jiff::Error> {
        let add_ons: Vec<AddOn> =
            self.extras.iter().map(|&(extra, quantity)| AddOn { name: extra.name.into(), quantity }).collect();
        let price = Price::taxed(self.lines(&add_ons)?);
        let carts = self.carts.iter().map(|(model, cart)| Cart {
            asset_type: model.asset_type.into(),
            name: format!("Cart #{cart}"),
            seats: model.seats,
        });
        Ok(Booking {
            booking_id: format!("bkg_{}", self.number),
            reference: format!("GCO-{}", self.number),
            revision: 0,
            status: Status::Confirmed,
            customer: Customer {
                email: self.customer.email.into(),
                name: self.customer.name.into(),
                greeting: self.customer.name.split(' ').next().map(str::to_owned),
                locale: self.customer.locale.map(str::to_owned),
            },
            location: Location {
                name: self.shop.name.into(),
                phone: self.shop.phone.into(),
                address: self.shop.address.into(),
            },
            carts: carts.collect(),
            add_ons,
            fulfilment: fulfilment(self.delivered_to, &self.starts_at)?,
            delivery: None,
            way_back: Some(way_back(self.delivered_to, self.shop, &self.ends_at)?),
            instructions: instructions(self.customer, self.delivered_to.is_some()),
            price,
            payment: None,
            payments: Vec::new(),
            documents: Vec::new(),
            starts_at: Time(self.starts_at),
            ends_at: Time(self.ends_at),
            time_zone: TIME_ZONE.into(),
        })
    }

    fn lines(&self, add_ons: &[AddOn]) -> Result<Vec<Line>, jiff::Error> {
        let days = i64::from(self.starts_at.date().until(self.ends_at.date())?.get_days()).max(1);
        let unit = if days == 1 { "day" } else { "days" };
        let alike = self.carts.chunk_by(|(model, _), (next, _)| model.asset_type == next.asset_type);
        let carts = alike.filter_map(|carts| {
            let (model, _) = carts.first()?;
            let count = i64::try_from(carts.len()).ok()?;
            let many = if count == 1 { String::new() } else { format!("{count} × ") };
            Some(Line {
                label: format!("{days} {unit}, {many}{}", model.asset_type),
                amount_minor: days * count * model.day_minor,
            })
        });
        let extras = self.extras.iter().zip(add_ons).map(|((extra, quantity), add_on)| Line {
            label: add_on.to_string(),
            amount_minor: extra.each_minor * i64::from(*quantity),
        });
        let mut lines: Vec<Line> = carts.chain(extras).collect();
        if let Some(label) = self.discount {
            let sum: i64 = lines.iter().map(|line| line.amount_minor).sum();
            lines.push(Line { label: label.into(), amount_minor: -sum / 10 });
        }
        if self.delivered_to.is_some() {
            lines.push(Line { label: "Delivery and collection".into(), amount_minor: DELIVERY_MINOR });
        }
        Ok(lines)
    }
}

fn fulfilment(delivered_to: Option<&str>, starts_at: &Zoned) -> Result<Fulfilment, jiff::Error> {
    let Some(address) = delivered_to else { return Ok(Fulfilment::Pickup) };
    let (window_start, window_end) = window(starts_at)?;
    Ok(Fulfilment::Delivery { address: address.into(), window_start, window_end })
}

fn way_back(delivered_to: Option<&str>, shop: &Shop, ends_at: &Zoned) -> Result<Return, jiff::Error> {
    let Some(address) = delivered_to else {
        let address = Some(shop.address.into());
        return Ok(Return { method: ReturnMethod::DropOff, address, window_start: None, window_end: None });
    };
    let (window_start, window_end) = window(ends_at)?;
    Ok(Return { method: ReturnMethod::Collection, address: Some(address.into()), window_start, window_end })
}

/// What the business tells its customers in one language.
struct Notes {
    before: &'static str,
    delivery: &'static str,
    pickup: &'static str,
    charge: &'static str,
    streets: &'static str,
    collection: &'static str,
    drop_off: &'static str,
}

const ENGLISH: Notes = Notes {
    before: "Everybody who drives needs a valid driver's license. Please have it ready.",
    delivery: "We show you how to drive and charge the cart. It takes five minutes.",
    pickup: "Come to the desk first. We show you how to drive and charge the cart.",
    charge: "Charge the cart overnight. Any household outlet will do.",
    streets: "Stay on streets with a speed limit of 35 mph or less.",
    collection: "Leave the cart plugged in and the key under the seat.",
    drop_off: "Park at the blue sign, plug the cart in, and put the key into the box beside the door.",
};

const SPANISH: Notes = Notes {
    before: "Quien conduzca necesita una licencia de conducir vigente. Téngala a la mano, por favor.",
    delivery: "Le mostramos cómo conducir y cargar el carrito. Toma cinco minutos.",
    pickup: "Pase primero por el mostrador. Le mostramos cómo conducir y cargar el carrito.",
    charge: "Cargue el carrito durante la noche. Sirve cualquier tomacorriente de la casa.",
    streets: "Circule solo por calles con un límite de velocidad de 35 mph o menos.",
    collection: "Deje el carrito enchufado y la llave debajo del asiento.",
    drop_off: "Estacione junto al letrero azul, enchufe el carrito y deje la llave en el buzón junto a la puerta.",
};

fn instructions(customer: &DemoCustomer, delivered: bool) -> Vec<Instruction> {
    let notes = if customer.locale.is_some_and(|locale| locale.starts_with("es")) { SPANISH } else { ENGLISH };
    let notes = [
        (InstructionStage::Before, notes.before),
        (InstructionStage::Handover, if delivered { notes.delivery } else { notes.pickup }),
        (InstructionStage::During, notes.charge),
        (InstructionStage::During, notes.streets),
        (InstructionStage::Return, if delivered { notes.collection } else { notes.drop_off }),
    ];
    notes.map(|(stage, text)| Instruction { stage, text: text.into() }).into()
}
