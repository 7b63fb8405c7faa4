//! That a row which is not as it should be is refused, with its line.

use proptest::prelude::*;

use super::build;
use super::data::Files;
use super::read::SampleError;

/// Shipped tables in which no row may be there twice.
const TABLES: [&str; 11] = [
    "attributes.csv",
    "categories.csv",
    "customers.csv",
    "faults.csv",
    "garments.csv",
    "goods.csv",
    "guests.csv",
    "links.csv",
    "orders.csv",
    "sales.csv",
    "modules.txt",
];

fn shipped(name: &str) -> String {
    let files = Files::shipped();
    files.iter().find(|file| file.name == name).unwrap().text.to_owned()
}

/// What is said of the shop when one file has another text.
fn refusal(name: &str, text: &str) -> SampleError {
    match build(&Files::shipped().with(name, text)) {
        Ok(_) => panic!("{name} is accepted:\n{text}"),
        Err(error) => error,
    }
}

#[test]
fn the_shipped_data_is_a_shop() {
    assert!(build(&Files::shipped()).is_ok());
}

#[test]
fn an_error_names_file_and_line() {
    let text = shipped("goods.csv").replacen("TEN-002,simple", "TEN-002,simpel", 1);
    let error = refusal("goods.csv", &text).to_string();
    assert!(error.starts_with("sample/goods.csv:3: unknown variant `simpel`"), "{error}");
}

/// A file, what is written in it for what, and what is said of it.
type Slip = (&'static str, &'static str, &'static str, &'static str);

/// What is said of a date that is none is not our text.
const BY_THE_DATE_LIBRARY: &str = "";

const SLIPS: &[Slip] = &[
    // Columns and keys.
    ("goods.csv", "sku,type,", "sku,kind,", "the columns are"),
    ("goods.csv", "quantity,websites,about", "quantity,websites", "the columns are"),
    ("orders.csv", "order,placed,", "order,order,placed,", "the columns are"),
    ("stores.toml", "code = \"base\"", "code = \"base\"\ncolour = 1", "unknown field `colour`"),
    ("content.toml", "identifier = \"home\"\n", "", "missing field `identifier`"),
    (
        "promotions.toml",
        "coupon = \"FIVE\"",
        "coupon = \"FIVE\"\ncoupon = \"SIX\"",
        "duplicate key",
    ),
    ("checkout.toml", "[tax]", "[tax", "unclosed"),
    // Types.
    ("attributes.csv", "73,name", "seventy,name", "`id`: invalid digit"),
    ("attributes.csv", "text,varchar,store", "text,varchar,shop", "unknown variant `shop`"),
    ("attributes.csv", "10=Moss; ", "10=Moss / ", "is not `value=label`"),
    ("categories.csv", "Bekleidung,true", "Bekleidung,yes", "`in_menu`: "),
    ("goods.csv", ",219,1350,", ",219 €,1350,", "`price`: "),
    ("goods.csv", ",219,1350,", ",-219,1350,", "`-219` is not an amount"),
    ("goods.csv", ",219,1350,", ",219,,", "`grams`: "),
    ("goods.csv", "Skarv 1 Tent", "", "a text is empty"),
    ("goods.csv", "Skarv 1 Tent", "Skarv 1 Tent ", "begins or ends with a blank"),
    ("goods.csv", "base trade", "base base", "`base` is there twice"),
    ("sales.csv", "2026-06-01", "2026-06-31", BY_THE_DATE_LIBRARY),
    ("orders.csv", "2026-03-09 10:14", "the ninth", BY_THE_DATE_LIBRARY),
    ("orders.csv", "TEN-002*1", "TEN-002", "`TEN-002` is not `SKU*quantity`"),
    ("orders.csv", "TEN-002*1", "TEN-002*0", "`TEN-002*0` is not `SKU*quantity`"),
    ("order_events.csv", "1,2,ship", "1,2,fly", "unknown variant `fly`"),
    ("warehouses.toml", "but_every = 7", "but_every = 0", "nonzero"),
    ("promotions.toml", "from = \"2026-03-02\"", "from = \"spring\"", BY_THE_DATE_LIBRARY),
    ("credentials.toml", "kind = \"bearer\"", "kind = \"beaver\"", "unknown variant `beaver`"),
    // Twice.
    ("stores.toml", "id = 2\ncode = \"de\"", "id = 1\ncode = \"de\"", "id `1` is there twice"),
    ("categories.csv", "4,Clothing", "3,Clothing", "id `3` is there twice"),
    ("goods.csv", "TEN-002,", "TEN-001,", "product `TEN-001` is there twice"),
    ("garments.csv", "JKT-FINCH,", "TEN-001,", "product `TEN-001` is there twice"),
    (
        "promotions.toml",
        "coupon = \"FIVE\"",
        "coupon = \"WELCOME10\"",
        "has the coupon `WELCOME10` too",
    ),
    ("guests.csv", "anneke.visser@", "ida.lind@", "`ida.lind@example.com` is a customer"),
    // Dangling.
    ("stores.toml", "website = \"trade\"", "website = \"tread\"", "there is no website `tread`"),
    ("categories.csv", "4,Clothing", "4,Sandals", "there is no category before it `Sandals`"),
    ("goods.csv", "simple,Tents,Skarv 1", "simple,Tent,Skarv 1", "there is no category `Tent`"),
    ("goods.csv", "Halden,84", "Haldane,84", "there is no brand `Haldane`"),
    ("garments.csv", "S M L XL,Moss", "S M L XXL,Moss", "there is no size `XXL`"),
    ("sales.csv", "TEN-005,", "TEN-500,", "there is no simple product `TEN-500`"),
    ("links.csv", "COK-001,1", "COK-100,1", "there is no product `COK-100`"),
    ("faults.csv", "TEN-005,", "TEN-500,", "there is no product `TEN-500`"),
    ("warehouses.toml", "source = \"leipzig\"", "source = \"halle\"", "there is no source `halle`"),
    ("content.toml", "view = \"de\"", "view = \"nl\"", "there is no store view `nl`"),
    ("credentials.toml", "ida.lind@", "ida.lund@", "there is no customer `ida.lund@example.com`"),
    (
        "customers.csv",
        "default,1,Strandgade",
        "default,9,Strandgade",
        "customer group with the id `9`",
    ),
    ("customers.csv", "Strandgade 12,1401", "Strandgade 12,", "an address has all its parts"),
    ("orders.csv", "ida.lind@", "nobody@", "there is no customer or guest `nobody@example.com`"),
    (
        "orders.csv",
        "TEN-002*1",
        "JKT-ALDER*1",
        "there is no product that can be bought `JKT-ALDER`",
    ),
    ("orders.csv", "WELCOME10", "WELCOME11", "there is no coupon `WELCOME11`"),
    ("orders.csv", "banktransfer", "barter", "there is no payment method `barter`"),
    ("orders.csv", "\n2,2026", "\n7,2026", "order 2 comes next, not 7"),
    ("order_events.csv", "\n1,2,ship", "\n99,2,ship", "there is no order 99"),
    ("order_events.csv", "BTL-004*1", "BTL-004*2", "the order has not so many of `BTL-004`"),
    // What the store itself refuses.
    ("order_events.csv", "1,2,ship", "1,2,unhold", "You cannot remove the hold."),
    ("order_events.csv", "1,2,ship", "1,2,cancel", "the store does not do it"),
];

#[test]
fn every_kind_of_slip_is_refused_where_it_is() {
    let mut wrongly: Vec<String> = Vec::new();
    for (name, right, wrong, message) in SLIPS {
        let text = shipped(name);
        let at = text.find(right).unwrap_or_else(|| panic!("{name} has no `{right}`"));
        let error = refusal(name, &text.replacen(right, wrong, 1));
        // In a nested document the line may be that of the entry's heading.
        let line_of = |at: usize| 1 + text[..at].matches('\n').count() as u64;
        let heading = text[..at].rfind("\n\n").map_or(0, |blank| blank + 1);
        let first = if name.ends_with(".toml") { line_of(heading) } else { line_of(at) };
        let lines = first..=line_of(at) + 1;
        let is_there = error.file == *name && lines.contains(&error.line);
        if !is_there || !error.message.contains(message) {
            wrongly.push(format!("{name}, `{wrong}` in {lines:?}: {error}"));
        }
    }
    assert!(wrongly.is_empty(), "{}", wrongly.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_row_too_short_too_long_or_there_twice_is_refused_with_its_line(
        table in 0..TABLES.len(), row in any::<prop::sample::Index>(), slip in 0..3
    ) {
        let name = TABLES[table];
        let text = shipped(name);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let header = usize::from(name.ends_with(".csv"));
        let row = header + row.index(lines.len() - header);
        // A cell in quotes may hold commas and line ends of its own.
        prop_assume!(!lines[row].contains('"'));
        let mut wrong = row;
        match slip {
            0 => lines[row] = lines[row].rsplit_once(',').map_or("", |(rest, _)| rest).to_owned(),
            1 => lines[row] += ", ",
            _ => {
                lines.insert(row, lines[row].clone());
                wrong += 1;
            }
        }
        let error = refusal(name, &(lines.join("\n") + "\n"));
        prop_assert_eq!((error.file, error.line), (name, wrong as u64 + 1), "{}", error);
    }
}
