//! Shopify's CSV exports: orders (an order's lines are rows of their own), customers and products.
//!
//! [`records`] cuts a stream into rows, the others read them. Nothing here stores anything: a caller feeds chunks to an
//! [`Import`], stores the [`Batch`]es it gives, and remembers how far that was, so that an import that breaks off goes on
//! there. The columns are those of Shopify's export and product-import files (help.shopify.com, "Exporting orders",
//! "Product CSV files").

pub mod cells;
pub mod customers;
pub mod orders;
pub mod products;
pub mod records;

use crate::ad_spend::{FileError, RowError};
use cells::{CellError, Header, Row};
use customers::Customer;
use orders::Order;
use products::Product;
use records::{Position, Record, Records};
use serde::{Deserialize, Serialize};

/// Which export a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `orders_export.csv`.
    Orders,
    /// `customers_export.csv`.
    Customers,
    /// `products_export.csv`.
    Products,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Orders, Self::Customers, Self::Products];

    /// The name it is sent and stored by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Customers => "customers",
            Self::Products => "products",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    const fn required(self) -> &'static [&'static str] {
        match self {
            Self::Orders => &orders::REQUIRED,
            Self::Customers => &customers::REQUIRED,
            Self::Products => &products::REQUIRED,
        }
    }
}

/// What was read since the last time, and how far that is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Whole orders.
    pub orders: Vec<Order>,
    /// Customers.
    pub customers: Vec<Customer>,
    /// Whole products.
    pub products: Vec<Product>,
    /// Rows left out.
    pub errors: Vec<RowError>,
    /// Rows read, the header not counted.
    pub rows: i64,
    /// Everything before this byte is in this batch or an earlier one.
    pub end: u64,
    /// The line it stands in.
    pub line: i64,
}

impl Batch {
    /// Orders, customers and products in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.orders.len() + self.customers.len() + self.products.len()
    }

    /// Whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

/// Something whose rows are not all read yet.
#[derive(Debug)]
enum Open {
    Order(Box<Order>),
    Product(Box<Product>, Vec<String>),
    /// Its first row could not be read, so the rows below it cannot either.
    Refused {
        key: String,
        first: i64,
    },
}

/// An import under way.
#[derive(Debug)]
pub struct Import {
    kind: Kind,
    currency: String,
    header: Header,
    records: Records,
    open: Option<Open>,
    /// Rows of what is still open, which a later import would read again.
    pending_rows: i64,
    pending_errors: Vec<RowError>,
    /// The end of the last row that was read, and its line.
    read_to: (u64, i64),
    batch: Batch,
}

impl Import {
    /// Reads a file's header from its first bytes; 64 KB hold any. Returns it with the position of the first row.
    ///
    /// # Errors
    /// [`FileError`] when it is not a header of this kind of file.
    pub fn header(kind: Kind, beginning: &[u8]) -> Result<(Header, Position), FileError> {
        let mut records = Records::new(Position::START, 0);
        records.push(beginning);
        let record = records.next(true).ok_or_else(|| FileError::Header("the file is empty".to_owned()))?;
        let cells = record.cells.map_err(FileError::Header)?;
        let header = Header::new(&cells);
        match header.missing(kind.required()) {
            Some(missing) => Err(FileError::MissingColumn { missing, found: cells.join(", ") }),
            None => Ok((header, Position { offset: record.end, line: record.line })),
        }
    }

    /// Begins, or goes on, at a position where a row begins. `currency` is the site's: customers and products have
    /// amounts without one.
    #[must_use]
    pub fn new(kind: Kind, currency: &str, header: Header, at: Position) -> Self {
        let width = header.width();
        Self {
            kind,
            currency: currency.to_owned(),
            header,
            records: Records::new(at, width),
            open: None,
            pending_rows: 0,
            pending_errors: Vec::new(),
            read_to: (at.offset, at.line),
            batch: Batch { end: at.offset, line: at.line, ..Batch::default() },
        }
    }

    /// Takes a chunk of the file and reads what is whole.
    pub fn push(&mut self, chunk: &[u8]) {
        self.records.push(chunk);
        while let Some(record) = self.records.next(false) {
            self.take(record);
        }
    }

    /// The file has ended: reads the rest.
    pub fn finish(&mut self) {
        while let Some(record) = self.records.next(true) {
            self.take(record);
        }
        let (end, line) = self.read_to;
        self.pass(end, line);
    }

    /// What was read since the last call.
    pub fn batch(&mut self) -> Batch {
        let next = Batch { end: self.batch.end, line: self.batch.line, ..Batch::default() };
        std::mem::replace(&mut self.batch, next)
    }

    fn take(&mut self, record: Record) {
        let Record { line, start, end, cells } = record;
        self.read_to = (end, line);
        let outcome = match cells {
            Ok(cells) => {
                let header = self.header.clone();
                let row = Row::new(&header, &cells);
                match self.kind {
                    Kind::Orders => self.order_row(row, line, start),
                    Kind::Products => self.product_row(row, line, start),
                    Kind::Customers => {
                        customers::customer(row, &self.currency).map(|customer| self.batch.customers.push(customer))
                    }
                }
            }
            Err(reason) => Err(cells::error("row", reason)),
        };
        self.pending_rows += 1;
        if let Err(CellError { column, reason }) = outcome {
            self.pending_errors.push(RowError { row: line, field: column, reason });
        }
        if self.kind == Kind::Customers {
            self.pass(end, line);
        }
    }

    fn order_row(&mut self, row: Row<'_>, line: i64, start: u64) -> Result<(), CellError> {
        let key = row.text("Name");
        if key.is_empty() {
            return Err(cells::error("Name", "is empty: nothing says which order this row belongs to"));
        }
        match &mut self.open {
            Some(Open::Order(order)) if order.name == key => {
                let currency = order.currency.clone();
                return orders::line(row, &currency).map(|line| order.lines.push(line));
            }
            Some(Open::Refused { key: refused, first }) if refused == key => {
                return Err(cells::error(
                    "Name",
                    format!("belongs to the order whose first row, line {first}, was refused"),
                ));
            }
            _ => {}
        }
        self.pass(start, line);
        let order = orders::first(row);
        self.open = Some(match &order {
            Ok(order) => Open::Order(Box::new(order.clone())),
            Err(_) => Open::Refused { key: key.to_owned(), first: line },
        });
        order.map(|_| ())
    }

    fn product_row(&mut self, row: Row<'_>, line: i64, start: u64) -> Result<(), CellError> {
        let key = row.text("Handle");
        if key.is_empty() {
            return Err(cells::error("Handle", "is empty: nothing says which product this row belongs to"));
        }
        match &mut self.open {
            Some(Open::Product(product, options)) if product.handle == key => {
                let variant = products::variant(row, options, &self.currency)?;
                product.variants.extend(variant);
                return Ok(());
            }
            Some(Open::Refused { key: refused, first }) if refused == key => {
                return Err(cells::error(
                    "Handle",
                    format!("belongs to the product whose first row, line {first}, was refused"),
                ));
            }
            _ => {}
        }
        self.pass(start, line);
        let product = products::first(row, &self.currency);
        self.open = Some(match &product {
            Ok((product, options)) => Open::Product(Box::new(product.clone()), options.clone()),
            Err(_) => Open::Refused { key: key.to_owned(), first: line },
        });
        product.map(|_| ())
    }

    /// What was open is whole, and everything before `end` is read.
    fn pass(&mut self, end: u64, line: i64) {
        self.close();
        self.batch.rows += std::mem::take(&mut self.pending_rows);
        self.batch.errors.append(&mut self.pending_errors);
        (self.batch.end, self.batch.line) = (end, line);
    }

    fn close(&mut self) {
        match self.open.take() {
            Some(Open::Order(order)) => self.batch.orders.push(*order),
            Some(Open::Product(product, _)) => self.batch.products.push(*product),
            Some(Open::Refused { .. }) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = "Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Note Attributes,Id\n\
        #1,a@x.test,paid,USD,21.98,2014-01-01 02:28:48 -0500,1,Candle,15.99,\"utm_source: klaviyo\nutm_medium: email\",'5000\n\
        #2,b@x.test,paid,USD,10.00,2014-01-01 02:28:48 -0500,2,Pot,5.00,,\n\
        #2,b@x.test,,,,2014-01-01 02:28:48 -0500,1,Lid,0.00,,\n\
        #3,,paid,USD,ten,2014-01-01 02:28:48 -0500,1,Bad,1.00,,\n\
        #3,,,,,2014-01-01 02:28:48 -0500,1,Lost,1.00,,\n\
        #4,,refunded,USD,7.00,2014-01-01 02:28:48 -0500,x,Odd,1.00,,\n\
        #5,,voided,JPY,700,2014-01-01 02:28:48 -0500,1,Fan,700,,\n";

    fn read(kind: Kind, text: &str, chunk: usize) -> Batch {
        let (header, at) = Import::header(kind, text.as_bytes()).unwrap();
        let mut import = Import::new(kind, "USD", header, at);
        for chunk in text.as_bytes()[usize::try_from(at.offset).unwrap()..].chunks(chunk) {
            import.push(chunk);
        }
        import.finish();
        import.batch()
    }

    #[test]
    fn an_order_is_put_together_from_its_rows() {
        let batch = read(Kind::Orders, ORDERS, 7);
        let names: Vec<(&str, usize)> = batch.orders.iter().map(|o| (o.name.as_str(), o.lines.len())).collect();
        assert_eq!(names, [("#1", 1), ("#2", 2), ("#5", 1)]);
        let first = &batch.orders[0];
        assert_eq!((first.total, first.utm_source.as_str(), first.id.as_str()), (2198, "klaviyo", "5000"));
        assert_eq!(first.created_at, 1_388_561_328_000);
        assert_eq!(batch.orders[2].total, 700);
        assert_eq!(batch.rows, 7);
    }

    #[test]
    fn each_bad_row_is_named_and_the_rows_that_hang_on_it_say_so() {
        let errors = read(Kind::Orders, ORDERS, 1_000).errors;
        let told: Vec<(i64, &str)> = errors.iter().map(|e| (e.row, e.field.as_str())).collect();
        assert_eq!(told, [(6, "Total"), (7, "Name"), (8, "Lineitem quantity")]);
        assert_eq!(errors[0].reason, "`ten` is no amount of USD");
        assert_eq!(errors[1].reason, "belongs to the order whose first row, line 6, was refused");
    }

    #[test]
    fn an_import_that_breaks_off_anywhere_goes_on_where_it_was() {
        let whole = read(Kind::Orders, ORDERS, 1_000);
        let bytes = ORDERS.as_bytes();
        for stop in 0..bytes.len() {
            let (header, at) = Import::header(Kind::Orders, bytes).unwrap();
            let mut first = Import::new(Kind::Orders, "USD", header.clone(), at);
            let begin = usize::try_from(at.offset).unwrap();
            first.push(&bytes[begin..stop.max(begin)]);
            let kept = first.batch();
            let on = Position { offset: kept.end, line: kept.line };
            let mut second = Import::new(Kind::Orders, "USD", header, on);
            second.push(&bytes[usize::try_from(kept.end).unwrap()..]);
            second.finish();
            let rest = second.batch();
            let orders: Vec<Order> = kept.orders.into_iter().chain(rest.orders).collect();
            let errors: Vec<RowError> = kept.errors.into_iter().chain(rest.errors).collect();
            assert_eq!(
                (orders, errors, kept.rows + rest.rows),
                (whole.orders.clone(), whole.errors.clone(), whole.rows),
                "{stop}"
            );
        }
    }

    #[test]
    fn a_product_has_a_variant_a_row_and_rows_that_only_add_an_image_add_none() {
        let text = "Handle,Title,Vendor,Tags,Published,Option1 Name,Option1 Value,Variant Price,Variant Inventory Qty,Image Src\n\
            pot,Clay pot,Acme,\"Pot, Plants\",true,Size,Regular,9.99,1,https://x.test/1.jpg\n\
            pot,,,,,,Large,15.99,3,https://x.test/2.jpg\n\
            pot,,,,,,,,,https://x.test/3.jpg\n";
        let batch = read(Kind::Products, text, 5);
        assert!(batch.errors.is_empty(), "{:?}", batch.errors);
        let pot = &batch.products[0];
        assert_eq!((pot.tags.len(), pot.status.as_str(), pot.variants.len()), (2, "active", 2));
        assert_eq!((pot.variants[1].price, pot.variants[1].options["Size"].as_str()), (Some(1599), "Large"));
    }

    #[test]
    fn a_file_of_another_kind_is_refused_with_the_column_it_lacks() {
        let refused = Import::header(Kind::Products, ORDERS.as_bytes()).unwrap_err();
        assert!(refused.to_string().starts_with("the header has no column `Handle`"));
    }
}
