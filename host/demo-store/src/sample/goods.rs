//! What the sample shop sells: an outfitter for people who walk, camp and sit by the stove after.

/// name | German name | price | grams | material option | one line about it
pub(super) struct Shelf {
    /// The category's name.
    pub(super) category: &'static str,
    /// The prefix of its SKUs.
    pub(super) prefix: &'static str,
    /// Its goods, a line each.
    pub(super) goods: &'static str,
}

/// Goods sold as they are.
pub(super) const SHELVES: [Shelf; 14] = [
    Shelf {
        category: "Tents",
        prefix: "TEN",
        goods: "\
Skarv 1 Tent|Skarv 1 Zelt|219|1350|32|One person, one pole, no fuss
Skarv 2 Tent|Skarv 2 Zelt|289|1820|32|Two people who like each other
Skarv 3 Tent|Skarv 3 Zelt|349|2400|32|Three people and a wet dog
Heron Tarp 3x3|Heron Tarp 3x3|89|640|32|Shelter that packs to the size of a loaf
Heron Tarp 4x4|Heron Tarp 4x4|119|890|32|A roof for the whole camp
Basecamp Dome|Basecamp Kuppelzelt|529|5200|33|Stands through a week of weather
Footprint Skarv 2|Zeltunterlage Skarv 2|39|320|32|Keeps the floor whole
Guy Line Set|Abspannleinen-Set|14.5|90|32|Reflective, four lines, tensioners
Ground Stakes, Set of 8|Heringe, 8 Stück|18|160|35|Light stakes that bend back",
    },
    Shelf {
        category: "Sleeping Bags",
        prefix: "SLP",
        goods: "\
Ember 0° Sleeping Bag|Ember 0° Schlafsack|199|1100|32|Warm to freezing, small in the pack
Ember -7° Sleeping Bag|Ember -7° Schlafsack|259|1420|32|For nights when the bottle freezes
Ember +8° Sleeping Bag|Ember +8° Schlafsack|139|780|32|Summer and huts
Lull Down Quilt|Lull Daunenquilt|229|620|32|No zip, no weight, no cold feet
Merino Liner|Inlett aus Merinowolle|79|390|30|Adds five degrees and comfort
Drift Mat Regular|Drift Matte Regular|99|480|32|R-value 4.2, quiet to lie on
Drift Mat Long|Drift Matte Lang|119|590|32|The same for tall people
Camp Pillow|Campingkissen|24.9|140|31|Cotton cover, fills with a jacket",
    },
    Shelf {
        category: "Stoves & Cookware",
        prefix: "COK",
        goods: "\
Kestrel Gas Stove|Kestrel Gaskocher|64|95|35|Boils a litre in three minutes
Kestrel Storm Set|Kestrel Sturmkocher-Set|119|540|35|Stove, pot and windshield in one
Titan Mug 450|Titanbecher 450|32|62|34|Folds its handles and keeps its mouth shut
Camp Kettle 1 l|Campingkessel 1 l|38|210|35|Pours without dripping
Nesting Pot Set|Topf-Set, stapelbar|74|690|35|Two pots, one pan, one lid
Enamel Plate|Emailleteller|11.5|180|34|Chips honourably
Enamel Bowl|Emailleschale|10.5|160|34|For soup, porridge, paint
Folding Spork|Klappgöffel|6.9|18|34|Better than either
Spice Tin, Six Chambers|Gewürzdose, sechs Fächer|16|85|34|Small things that make it dinner
Birch Spatula|Pfannenwender aus Buche|8.9|45|36|Kind to pans",
    },
    Shelf {
        category: "Lighting",
        prefix: "LIT",
        goods: "\
Nordlys Headlamp 300|Nordlys Stirnlampe 300|49|88|35|Three hundred lumens, one button
Nordlys Headlamp 600|Nordlys Stirnlampe 600|79|112|35|For those who walk before dawn
Lantern Ember|Laterne Ember|44|260|34|Warm light, hook on top
String Lights Camp|Lichterkette Camp|29|190|31|Six metres of evening
Candle Lantern|Kerzenlaterne|34|230|34|Eight hours a candle
Pocket Torch|Taschenlampe|22|54|35|Lives on the key ring",
    },
    Shelf {
        category: "Daypacks",
        prefix: "DAY",
        goods: "\
Fell 18 Daypack|Fell 18 Tagesrucksack|79|620|32|A day's bread, map and rain jacket
Fell 24 Daypack|Fell 24 Tagesrucksack|95|740|32|The same and a thermos
Canvas Roll-Top|Rolltop aus Canvas|119|980|33|Waxed canvas that ages well
Ferry Tote|Ferry Tragetasche|45|380|31|From the market to the boat
Hip Pouch|Hüfttasche|28|150|32|Keys, phone, whistle
Sling Bag|Umhängetasche|39|260|32|Turns to the front when you need it",
    },
    Shelf {
        category: "Trekking Packs",
        prefix: "TRK",
        goods: "\
Ridge 45 Pack|Ridge 45 Rucksack|169|1480|32|Long weekends
Ridge 60 Pack|Ridge 60 Rucksack|199|1720|32|Ten days with resupply
Ridge 75 Pack|Ridge 75 Rucksack|229|1950|32|When there is no shop
Pack Cover 40–60|Regenhülle 40–60|24|110|32|Bright, so they find you
Dry Bag 8 l|Packsack 8 l|16|70|32|For what must stay dry
Dry Bag 20 l|Packsack 20 l|22|110|32|For everything that must stay dry
Compression Sack|Kompressionssack|19|95|32|Half the space",
    },
    Shelf {
        category: "Hiking Boots",
        prefix: "BOT",
        goods: "\
Halden Ridge Boot|Halden Ridge Stiefel|189|1240|33|Resoled, not replaced
Halden Moor Boot|Halden Moor Stiefel|209|1380|33|For wet ground
Halden Trail Shoe|Halden Trail Schuh|129|780|32|Light and quick
Halden Approach Shoe|Halden Zustiegsschuh|139|820|32|Sticks to granite
Hut Slipper|Hüttenschuh|49|320|30|Felt, for after
Gaiters|Gamaschen|42|240|32|Keeps the bog out
Boot Wax|Schuhwachs|9.5|80||Beeswax, no perfume
Laces 160 cm|Schnürsenkel 160 cm|5.9|20|32|Round, strong, dull",
    },
    Shelf {
        category: "Bottles & Food",
        prefix: "BTL",
        goods: "\
Trail Bottle 0.5 l|Trinkflasche 0,5 l|24|180|34|Steel, no taste
Trail Bottle 0.75 l|Trinkflasche 0,75 l|27|220|34|Steel, no taste, more of it
Trail Bottle 1 l|Trinkflasche 1 l|31|270|34|A day's water in the hills
Thermos 0.7 l|Thermosflasche 0,7 l|46|420|34|Hot at noon what was hot at six
Water Filter|Wasserfilter|39|120||A thousand litres of stream
Oat Bars, Box of 12|Haferriegel, 12 Stück|26|720||Hazelnut and salt
Trail Mix 500 g|Studentenfutter 500 g|9.9|500||No raisins, by request
Field Coffee 250 g|Feldkaffee 250 g|11|250||Ground for a kettle",
    },
    Shelf {
        category: "Blankets",
        prefix: "BLK",
        goods: "\
Harbour Wool Blanket|Harbour Wolldecke|129|1400|30|Woven in Hamburg
Fjell Throw|Fjell Überwurf|89|900|30|Herringbone, undyed
Picnic Rug|Picknickdecke|69|1250|31|Waxed underside
Cabin Quilt|Hüttenquilt|149|1600|31|Pieced from offcuts",
    },
    Shelf {
        category: "Mugs & Table",
        prefix: "MUG",
        goods: "\
Stoneware Mug Moss|Steinzeugbecher Moos|19|340||Thrown, not cast
Stoneware Mug Ink|Steinzeugbecher Tinte|19|340||Thrown, not cast
Beech Board|Brett aus Buche|34|760|36|Bread on one side, fish on the other
Linen Towel|Leinentuch|16|120|31|Gets better
Pocket Knife Nr. 8|Taschenmesser Nr. 8|29|60|36|Opens letters and apples
Butter Dish|Butterdose|38|620||Keeps a pound",
    },
    Shelf {
        category: "Candles",
        prefix: "CND",
        goods: "\
Beeswax Candle, Pair|Bienenwachskerzen, Paar|14|180||Twelve hours each
Forest Candle|Waldkerze|24|260||Spruce and smoke
Harbour Candle|Hafenkerze|24|260||Tar and salt
Tea Lights, Box of 24|Teelichter, 24 Stück|9|310||Four hours each",
    },
    Shelf {
        category: "Maps & Books",
        prefix: "BOK",
        goods: "\
Trail Notebook|Wander-Notizbuch|12.5|140||Stone paper, writes in rain
Field Guide to Mosses|Moose bestimmen|24|410||Three hundred species
Map Case|Kartentasche|21|90|32|A4, both sides
Baseplate Compass|Plattenkompass|34|45||No battery
Knots on Cards|Knoten auf Karten|9.9|110||Forty knots, waterproof",
    },
    Shelf {
        category: "Care & Repair",
        prefix: "FIX",
        goods: "\
Repair Patch Set|Flicken-Set|8.5|30|32|Sticks to nylon and pride
Seam Sealer|Nahtdichter|9.9|40||One tube, one tent
Wool Wash 500 ml|Wollwaschmittel 500 ml|12|540||Cedar
Waterproofing Spray|Imprägnierspray|15|420||Free of fluorine
Needle & Thread Tin|Nähset in der Dose|7.5|35||Saves the zip",
    },
    Shelf {
        category: "Socks & Accessories",
        prefix: "ACC",
        goods: "\
Ridge Sock|Ridge Socke|19|80|30|Merino, cushioned heel
Everyday Sock, Pair|Alltagssocke, Paar|14|60|30|The one that survives the wash
Watch Cap|Strickmütze|29|70|30|Ribbed, one size
Neck Gaiter|Halstuch|18|45|30|Six ways to wear it
Liner Gloves|Unterziehhandschuhe|24|50|30|Work a phone
Shell Mittens|Überhandschuhe|48|120|32|Over the liners
Belt Canvas|Gürtel Canvas|22|110|31|Cut to length
Umbrella Walker|Wanderschirm|39|310|32|Turns with the wind",
    },
];

/// SKU | name | German name | category | price | grams | material | sizes | colours | about
pub(super) const VARIED: &str = "\
JKT-ALDER|Alder Rain Jacket|Alder Regenjacke|Jackets|179|420|32|21 22 23 24|10 11 14|Three layers, pit zips, a hood that turns with you
JKT-FINCH|Finch Wind Jacket|Finch Windjacke|Jackets|109|180|32|21 22 23 24|10 12|Packs into its own pocket
JKT-MOOR|Moor Waxed Jacket|Moor Wachsjacke|Jackets|249|1150|33|22 23 24|11 14|Smells of the shed, in a good way
JKT-LOFT|Loft Insulated Jacket|Loft Isolationsjacke|Jackets|199|380|32|21 22 23 24|11 13 14|Warm when wet
SHT-FIELD|Field Shirt|Feldhemd|Shirts|79|260|31|21 22 23 24|12 14 15|Two pockets, long tails
SHT-MERINO|Merino Tee|Merino T-Shirt|Shirts|59|150|30|20 21 22 23 24|10 11 14|Three days, no smell
SHT-BASE|Merino Base Layer|Merino Unterhemd|Shirts|85|190|30|21 22 23 24|11 14|Next to the skin
SHT-FLANNEL|Cabin Flannel|Hütten-Flanellhemd|Shirts|89|310|31|22 23 24|13 10|Brushed on both sides
TRS-TREK|Trek Trousers|Trekkinghose|Trousers|119|340|32|21 22 23 24|10 11|Stretch, reinforced seat
TRS-CANVAS|Canvas Work Trousers|Arbeitshose Canvas|Trousers|99|620|31|22 23 24|12 15|Double knees
TRS-SHORT|Trail Shorts|Trail Shorts|Trousers|69|190|32|21 22 23 24|11 15|Five pockets
SND-COVE|Cove Sandal|Cove Sandale|Sandals|79|520|32|21 22 23 24|11 15|Dries before you do
";

/// Categories: name | German name | parent | in menu
pub(super) const CATEGORIES: &str = "\
Clothing|Bekleidung||1
Jackets|Jacken|Clothing|1
Shirts|Hemden & Shirts|Clothing|1
Trousers|Hosen|Clothing|1
Socks & Accessories|Socken & Zubehör|Clothing|1
Footwear|Schuhe||1
Hiking Boots|Wanderstiefel|Footwear|1
Sandals|Sandalen|Footwear|1
Camp|Camping||1
Tents|Zelte|Camp|1
Sleeping Bags|Schlafsäcke|Camp|1
Stoves & Cookware|Kocher & Geschirr|Camp|1
Lighting|Licht|Camp|1
Packs|Rucksäcke||1
Daypacks|Tagesrucksäcke|Packs|1
Trekking Packs|Trekkingrucksäcke|Packs|1
Bottles & Food|Trinken & Essen||1
Home|Zuhause||1
Blankets|Decken|Home|1
Mugs & Table|Becher & Tisch|Home|1
Candles|Kerzen|Home|1
Maps & Books|Karten & Bücher||1
Care & Repair|Pflege & Reparatur||1
Sale|Sale||1
Gifts|Geschenke||0
Archive|Archiv||0
";
