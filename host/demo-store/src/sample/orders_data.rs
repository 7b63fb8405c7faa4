//! What was ordered in the sample shop, by whom, and what came of it.

/// Guests: e-mail | first name | last name | street | postcode | city | country | telephone
pub(super) const GUESTS: &str = "\
anneke.visser@example.com|Anneke|Visser|Prinsengracht 210|1016 HD|Amsterdam|NL|020 555 0144
pavel.dvorak@example.com|Pavel|Dvořák|Na Kampě 6|118 00|Praha|CZ|+420 555 301 220
marta.ruiz@example.com|Marta|Ruiz Ortega|Calle Mayor 18|22700|Jaca|ES|974 555 019
felix.brandt@example.com|Felix|Brandt|Elbchaussee 77|22763|Hamburg|DE|040 5550198
henrike.vogt@example.com|Henrike|Vogt|Bergstraße 3|01069|Dresden|DE|0351 555 2210
sean.oconnor@example.com|Seán|O'Connor|5 Harbour Row|P24 R8X2|Cobh|IE|021 555 7781
";

/// Placed at | e-mail | view | basket | coupon | payment | what came of it
///
/// A basket is `SKU*quantity`. What came of it are steps, each so many days after the order: `invoice`,
/// `ship`, `refund` (of everything, or of `(SKU*quantity)`; `refund!` does not return the goods),
/// `cancel`, `hold`, `unhold`, `email`, `open` (the invoice is not paid), `review`, `unpaid` (waiting at
/// the payment provider), `fraud` (so marked), `say:` a comment, its blanks written as `_`. Steps of all orders happen in the
/// order of their time.
pub(super) const ORDERS: &str = "\
2026-03-09T10:14|ida.lind@example.com|en|TEN-002*1 TEN-007*1 TEN-009*1|WELCOME10|braintree|invoice@0 ship@2
2026-03-17T19:42|jonas.weber@example.com|de|JKT-ALDER-MOSS-M*1 BOT-007*2||banktransfer|invoice@3 ship@4
2026-03-30T08:05|anneke.visser@example.com|en|COK-001*1 COK-003*2 COK-008*4||braintree|invoice@0 ship@1
2026-04-08T21:30|oisin.byrne@example.com|en|TRK-001*1 BTL-004*1|NEWS|paypal_express|invoice@0 ship@1 refund(BTL-004*1)@12
2026-04-19T12:11|einkauf@kofler-bergladen.example.com|trade|TEN-001*6 TEN-002*4 SLP-001*10||purchaseorder|invoice@2 ship@3
2026-05-02T16:58|maren.hofstaetter@example.com|de|BOT-001*1 BOT-004*1||banktransfer|invoice@2 ship@3 refund(BOT-004*1)@15
2026-05-11T09:27|pavel.dvorak@example.com|en|LIT-001*1 LIT-003*1 CND-001*3||checkmo|cancel@14
2026-05-23T14:03|lucja.nowak@example.com|en|SHT-MERINO-INK-M*2 SHT-BASE-SLATE-M*1||braintree|invoice@0 ship@1
2026-06-03T18:20|bestellung@zeller-huetten.example.com|trade|COK-006*40 COK-007*20 COK-005*6||purchaseorder|invoice@5 ship@6
2026-06-14T11:45|tom.ashworth@example.com|en|TEN-003*1 SLP-006*3||braintree|invoice@0 ship@2
2026-06-28T20:16|ida.lind@example.com|en|GIFT-50*1||braintree|invoice@0
2026-07-06T07:52|marta.ruiz@example.com|en|TRK-003*1 BTL-001*2 ACC-005*1|FIVE|paypal_express|invoice@0 ship@2 refund@20
2026-07-15T13:33|felix.brandt@example.com|de|DAY-001*1 MUG-005*2||braintree|invoice@0 ship@1
2026-07-29T22:04|innkjop@dahl-vandrerhjem.example.com|trade|COK-001*8 COK-005*8 SLP-006*20||purchaseorder|invoice@3 ship(SLP-006*20)@4 ship@11
2026-08-10T10:40|elodie.marchand@example.com|en|TEN-004*1 TEN-008*2||braintree|invoice@0 ship@1 refund!(TEN-008*1)@9
2026-08-21T17:09|jonas.weber@example.com|de|TRS-TREK-MOSS-M*1 SHT-FIELD-OCHRE-M*1||banktransfer|cancel@10
2026-09-01T09:00|henrike.vogt@example.com|de|BLK-002*1 CND-002*2 BOK-001*1||braintree|invoice@0 ship@2
2026-09-09T15:21|tom.ashworth@example.com|en|BOT-002*1 FIX-002*2|NEWS|braintree|invoice@0 ship@1
2026-09-18T19:58|oisin.byrne@example.com|en|SRV-TENT*1||paypal_express|invoice@0 say:Tent_arrived_at_the_workshop,_pole_two_is_bent.@4
2026-09-26T08:31|einkauf@kofler-bergladen.example.com|trade|DAY-001*5 DAY-003*5 TRK-002*3||purchaseorder|invoice(DAY-001*5,DAY-003*5)@2 ship(DAY-001*5,DAY-003*5)@3
2026-10-03T12:48|ida.lind@example.com|en|JKT-MOOR-SLATE-L*1 BTL-003*1 MUG-001*2||braintree|invoice@0 ship@1 refund(MUG-001*1)@7
2026-10-07T20:37|sean.oconnor@example.com|en|LIT-002*1 LIT-006*1||checkmo|say:Said_the_cheque_is_in_the_post.@9
2026-10-12T06:55|maren.hofstaetter@example.com|de|SLP-002*1 SLP-007*1 SLP-008*2|FIVE|banktransfer|invoice@2
2026-10-14T18:02|anneke.visser@example.com|en|TEN-006*1||braintree|invoice@0 say:Customer_asks_where_the_parcel_is.@12 say:Asks_again._Warehouse_has_it_on_the_shelf.@21
2026-10-18T11:26|bestellung@zeller-huetten.example.com|trade|BTL-001*12 COK-003*18||purchaseorder|invoice@4 open@4 say:Pays_within_thirty_days,_they_said.@10
2026-10-22T09:44|lucja.nowak@example.com|en|BOT-003*1 BOT-005*1 ACC-001*1||paypal_express|invoice@0 ship(BOT-003*1)@2
2026-10-25T21:19|felix.brandt@example.com|de|JKT-LOFT-INK-M*1||braintree|review@0
2026-10-29T14:37|tom.ashworth@example.com|en|COK-002*1 COK-009*1||braintree|invoice@0 hold@1 say:Address_does_not_match_the_card,_called_twice.@2
2026-11-02T10:08|innkjop@dahl-vandrerhjem.example.com|trade|TRK-004*15 TRK-005*15 BTL-003*30||purchaseorder|hold@1 unhold@3 invoice@3 ship@4 refund(BTL-003*6)@14
2026-11-05T17:41|pavel.dvorak@example.com|en|DAY-002*1 DAY-005*1||checkmo|hold@2
2026-11-08T13:15|jonas.weber@example.com|de|SHT-FLANNEL-MOSS-L*1 SHT-MERINO-SLATE-L*1|NEWS|banktransfer|invoice(SHT-FLANNEL-MOSS-L*1)@3 ship(SHT-FLANNEL-MOSS-L*1)@4
2026-11-10T19:24|elodie.marchand@example.com|en|BOT-001*1 BOT-006*1||braintree|invoice@0 ship@2
2026-11-12T08:47|marta.ruiz@example.com|en|MUG-003*2 MUG-006*1 CND-004*2||unpaid|unpaid@0
2026-11-13T22:33|henrike.vogt@example.com|de|BLK-001*1 BLK-003*1||banktransfer|say:Reminder_sent.@6
2026-11-15T12:02|oisin.byrne@example.com|en|TRS-CANVAS-SAND-M*1 ACC-002*2||paypal_express|invoice@0 ship@1
2026-11-16T16:50|ida.lind@example.com|en|GIFT-25*2 BOK-001*1 BOK-003*1||braintree|invoice@0 ship@1
2026-11-17T09:13|sean.oconnor@example.com|en|TRK-002*2 LIT-001*2||braintree|invoice@0 fraud@1
2026-11-18T20:45|felix.brandt@example.com|de|TEN-002*1 SLP-003*2||braintree|invoice@0
2026-11-19T07:28|einkauf@kofler-bergladen.example.com|trade|SLP-001*12 SLP-002*6||purchaseorder|
2026-11-20T18:36|lucja.nowak@example.com|en|COK-003*1 COK-008*2 COK-009*1||checkmo|
2026-11-21T11:54|anneke.visser@example.com|en|JKT-FINCH-MOSS-M*1 BTL-008*1|NEWS|paypal_express|invoice@0
2026-11-21T21:07|tom.ashworth@example.com|en|LIT-001*2 LIT-004*1||braintree|
";
