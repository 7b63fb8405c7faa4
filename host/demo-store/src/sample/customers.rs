//! The sample shop's customers: private people in two languages, and shops that buy at trade prices.

use serde_json::json;

use super::story::Story;
use super::{ENGLISH, GERMAN, TRADE};
use crate::shop::ALL;

/// first name | last name | e-mail | view | group | street | postcode | city | country | telephone
const PEOPLE: &str = "\
Ida|Lind|ida.lind@example.com|en|1|Strandgade 12|1401|København|DK|+45 32 55 01 17
Jonas|Weber|jonas.weber@example.com|de|1|Kastanienallee 48|10119|Berlin|DE|030 5557712
Maren|Hofstätter|maren.hofstaetter@example.com|de|1|Lindengasse 3|1070|Wien|AT|01 5550432
Oisín|Byrne|oisin.byrne@example.com|en|1|14 Quay Street|H91 AX77|Galway|IE|091 555 204
Łucja|Nowak|lucja.nowak@example.com|en|1|ul. Długa 5|80-827|Gdańsk|PL|58 555 11 09
Tom|Ashworth|tom.ashworth@example.com|en|1|2 Fell View|LA22 9AB|Ambleside|GB|015394 55512
Greta|Sommer|greta.sommer@example.com|de|1||||| 
Élodie|Marchand|elodie.marchand@example.com|en|1|8 rue des Alpes|74400|Chamonix|FR|04 50 55 50 12
Bergzeit-Laden|Kofler|einkauf@kofler-bergladen.example.com|trade|3|Dorfplatz 1|39042|Brixen|IT|0472 555 010
Norrøna Vandrerhjem|Dahl|innkjop@dahl-vandrerhjem.example.com|trade|2|Fjellveien 20|5003|Bergen|NO|55 55 90 21
Hütten-Genossenschaft|Zeller|bestellung@zeller-huetten.example.com|trade|2|Am Markt 7|83471|Berchtesgaden|DE|08652 555 31
";

/// Writes the customers.
pub(super) fn write(story: &mut Story<'_>) {
    story.tell(
        "POST",
        "/V1/customerGroups",
        ALL,
        json!({ "group": { "code": "Mountain Huts", "tax_class_id": 3 } }),
    );
    for line in PEOPLE.lines() {
        let cells: Vec<&str> = line.split('|').collect();
        let [first, last, email, view, group, street, postcode, city, country, telephone] =
            cells[..]
        else {
            continue;
        };
        let (store, website) = match view {
            "de" => (GERMAN, 1),
            "trade" => (TRADE, 2),
            _ => (ENGLISH, 1),
        };
        let address = json!({
            "firstname": first, "lastname": last, "street": [street], "postcode": postcode, "city": city,
            "country_id": country, "telephone": telephone, "default_billing": true, "default_shipping": true
        });
        let addresses = if street.is_empty() { json!([]) } else { json!([address]) };
        story.tell("POST", "/V1/customers", ALL, json!({ "customer": {
            "email": email, "firstname": first, "lastname": last, "store_id": store, "website_id": website,
            "group_id": group.parse::<u64>().unwrap_or(1), "addresses": addresses
        }}));
    }
}
