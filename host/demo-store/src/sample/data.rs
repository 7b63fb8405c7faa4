//! The sample's data, read from its files.

use jiff::civil::DateTime;

use super::documents::{
    Block, CheckoutFile, ContentFile, CredentialsFile, Currency, CustomerGroup, Group, Login, Page,
    PaymentMethod, PromotionsFile, Rule, ShippingMethod, Source, Spread, Stock, StoresFile, Tax,
    View, WarehousesFile, Website,
};
use super::read::{self, File, Line, SampleError, Text};
use super::rows::{
    Attribute, Category, Customer, Garment, Good, Guest, Link, Order, OrderEvent, ProductFault,
    Sale,
};

/// The sample's files.
#[derive(Debug, Clone)]
pub(super) struct Files<'a>(Vec<File<'a>>);

/// Files of the folder `sample/`, as they were when the program was built.
macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        Files(vec![$(File { name: $name, text: include_str!(concat!("../../sample/", $name)) }),*])
    };
}

impl<'a> Files<'a> {
    /// Those in the repository.
    pub(super) fn shipped() -> Self {
        shipped![
            "attributes.csv",
            "categories.csv",
            "checkout.toml",
            "content.toml",
            "credentials.toml",
            "customers.csv",
            "faults.csv",
            "garments.csv",
            "goods.csv",
            "guests.csv",
            "links.csv",
            "modules.txt",
            "order_events.csv",
            "orders.csv",
            "promotions.toml",
            "sales.csv",
            "stores.toml",
            "warehouses.toml",
        ]
    }

    /// The file of this name.
    ///
    /// # Errors
    /// When there is none.
    fn get(&self, name: &'static str) -> Result<File<'a>, SampleError> {
        let file = self.0.iter().find(|file| file.name == name).copied();
        let missing = "there is no such file".to_owned();
        file.ok_or(SampleError { file: name, line: 1, message: missing })
    }

    /// The same with another text in one of them.
    #[cfg(test)]
    pub(super) fn with(mut self, name: &str, text: &'a str) -> Self {
        for file in self.0.iter_mut().filter(|file| file.name == name) {
            file.text = text;
        }
        self
    }

    /// All of them.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &File<'a>> {
        self.0.iter()
    }
}

/// What the files say, row by row.
#[derive(Debug)]
pub(super) struct Data {
    /// The day on which the shop was stocked.
    pub(super) stocked: DateTime,
    pub(super) websites: Vec<Line<Website>>,
    pub(super) store_groups: Vec<Line<Group>>,
    pub(super) views: Vec<Line<View>>,
    pub(super) customer_groups: Vec<Line<CustomerGroup>>,
    pub(super) logins: Vec<Line<Login>>,
    pub(super) modules: Vec<Line<Text>>,
    pub(super) attributes: Vec<Line<Attribute>>,
    pub(super) categories: Vec<Line<Category>>,
    pub(super) goods: Vec<Line<Good>>,
    pub(super) garments: Vec<Line<Garment>>,
    pub(super) sales: Vec<Line<Sale>>,
    pub(super) links: Vec<Line<Link>>,
    pub(super) faults: Vec<Line<ProductFault>>,
    pub(super) sources: Vec<Line<Source>>,
    pub(super) stocks: Vec<Line<Stock>>,
    pub(super) spread: Line<Spread>,
    pub(super) pages: Vec<Line<Page>>,
    pub(super) blocks: Vec<Line<Block>>,
    pub(super) rules: Vec<Line<Rule>>,
    pub(super) currencies: Vec<Line<Currency>>,
    pub(super) tax: Line<Tax>,
    pub(super) shipping: Vec<Line<ShippingMethod>>,
    pub(super) payments: Vec<Line<PaymentMethod>>,
    pub(super) customers: Vec<Line<Customer>>,
    pub(super) guests: Vec<Line<Guest>>,
    pub(super) orders: Vec<Line<Order>>,
    pub(super) events: Vec<Line<OrderEvent>>,
}

impl Data {
    /// Reads the files. Whether the rows fit together is checked by [`super::references`].
    ///
    /// # Errors
    /// The first row that cannot be read.
    pub(super) fn read(files: &Files<'_>) -> Result<Self, SampleError> {
        let file = files.get("stores.toml")?;
        let stores: StoresFile = read::document(file)?;
        let (websites, store_groups) =
            (read::lines(file, stores.websites), read::lines(file, stores.groups));
        let (views, customer_groups) =
            (read::lines(file, stores.views), read::lines(file, stores.customer_groups));
        let file = files.get("credentials.toml")?;
        let logins = read::lines(file, read::document::<CredentialsFile>(file)?.credentials);
        let file = files.get("warehouses.toml")?;
        let warehouses: WarehousesFile = read::document(file)?;
        let (sources, stocks) =
            (read::lines(file, warehouses.sources), read::lines(file, warehouses.stocks));
        let spread = read::line(file, warehouses.spread);
        let file = files.get("content.toml")?;
        let content: ContentFile = read::document(file)?;
        let (pages, blocks) = (read::lines(file, content.pages), read::lines(file, content.blocks));
        let file = files.get("promotions.toml")?;
        let rules = read::lines(file, read::document::<PromotionsFile>(file)?.rules);
        let file = files.get("checkout.toml")?;
        let checkout: CheckoutFile = read::document(file)?;
        Ok(Self {
            stocked: stores.stocked,
            websites,
            store_groups,
            views,
            customer_groups,
            logins,
            modules: read::words(files.get("modules.txt")?)?,
            attributes: read::table(files.get("attributes.csv")?)?,
            categories: read::table(files.get("categories.csv")?)?,
            goods: read::table(files.get("goods.csv")?)?,
            garments: read::table(files.get("garments.csv")?)?,
            sales: read::table(files.get("sales.csv")?)?,
            links: read::table(files.get("links.csv")?)?,
            faults: read::table(files.get("faults.csv")?)?,
            sources,
            stocks,
            spread,
            pages,
            blocks,
            rules,
            currencies: read::lines(file, checkout.currencies),
            tax: read::line(file, checkout.tax),
            shipping: read::lines(file, checkout.shipping),
            payments: read::lines(file, checkout.payment),
            customers: read::table(files.get("customers.csv")?)?,
            guests: read::table(files.get("guests.csv")?)?,
            orders: read::table(files.get("orders.csv")?)?,
            events: read::table(files.get("order_events.csv")?)?,
        })
    }

    /// When the shop was stocked, as the API writes it.
    pub(super) fn stocked_at(&self) -> String {
        self.stocked.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The same moment in seconds since 1970.
    pub(super) fn opening(&self) -> i64 {
        let stocked = self.stocked.to_zoned(jiff::tz::TimeZone::UTC);
        stocked.map_or(0, |stocked| stocked.timestamp().as_second())
    }

    /// The id of the website with this code.
    pub(super) fn website(&self, code: &str) -> Option<u32> {
        self.websites.iter().find(|website| *website.code == *code).map(|website| website.id)
    }

    /// The store view with this code.
    pub(super) fn view(&self, code: &str) -> Option<&View> {
        self.views.iter().find(|view| *view.code == *code).map(|view| &**view)
    }

    /// The value of an attribute's option.
    pub(super) fn option(&self, attribute: &str, label: &str) -> Option<u64> {
        self.attributes.iter().find(|known| *known.code == *attribute)?.options.value(label)
    }
}
