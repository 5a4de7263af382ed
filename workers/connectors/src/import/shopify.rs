//! A Shopify export: read a window of bytes at a time, stored a batch a transaction together with how far that was, so
//! that the file may be of any size and an import that broke off goes on there.

use super::{Ending, Import, Request, bytes, gone, keep_errors};
use calendar::Zone;
use connector::shopify::customers::Customer;
use connector::shopify::orders::Order;
use connector::shopify::products::Product;
use connector::shopify::records::Position;
use connector::shopify::{self, Batch, Kind};
use platform::{Error, Param, Result, Statement, TenantDb};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use worker::Env;

/// Bytes read at a time.
const WINDOW: u64 = 256 * 1024;
/// Orders, customers or products stored in one transaction: with their lines well below D1's 2 MB a statement.
const BATCH: usize = 250;

/// Loads the file, or the rest of it.
pub(super) async fn load(
    env: &Env,
    database: &TenantDb,
    import: &Import,
    request: &Request,
    kind: Kind,
) -> Result<Ending> {
    let Some(beginning) = bytes(env, &import.object_key, 0, WINDOW).await? else {
        return Ok(gone());
    };
    let (header, first) = match shopify::Import::header(kind, &beginning) {
        Ok(begun) => begun,
        Err(error) => return Ok(Ending::Failed(error.to_string())),
    };
    let zone = Zone::parse(&import.time_zone).map_err(|e| Error::corrupt("site time zone", e))?;
    let at = match import.bytes_done {
        0 => first,
        done => Position { offset: done, line: import.lines_done },
    };
    let mut reader = shopify::Import::new(kind, &import.currency, header, at);
    let (mut offset, mut done) = (at.offset, import.bytes_done);
    loop {
        let Some(window) = bytes(env, &import.object_key, offset, WINDOW).await? else {
            return Ok(gone());
        };
        offset += window.len() as u64;
        let ended = window.is_empty();
        if ended {
            reader.finish();
        } else {
            reader.push(&window);
        }
        let batch = reader.batch();
        if !batch.is_empty() {
            store(database, import, request, zone, done, &batch).await?;
            done = batch.end;
        }
        if ended {
            return Ok(Ending::Done);
        }
    }
}

/// Stores a batch and how far the import is, if it still is where we took it up.
async fn store(
    database: &TenantDb,
    import: &Import,
    request: &Request,
    zone: Zone,
    done: u64,
    batch: &Batch,
) -> Result<()> {
    let rejected = i64::try_from(batch.errors.len()).unwrap_or(i64::MAX);
    let mut statements = vec![
        Statement::require(
            "SELECT 1 FROM imports WHERE tenant_id = ?1 AND id = ?2 AND bytes_done = ?3",
            vec![request.import_id.as_str().into(), number(done)],
        ),
        Statement::new(
            "UPDATE imports SET bytes_done = ?3, lines_done = ?4, rows_total = rows_total + ?5, \
             rows_loaded = rows_loaded + ?6, rows_rejected = rows_rejected + ?7 WHERE tenant_id = ?1 AND id = ?2",
            vec![
                request.import_id.as_str().into(),
                number(batch.end),
                batch.line.into(),
                batch.rows.into(),
                (batch.rows - rejected).into(),
                rejected.into(),
            ],
        ),
        keep_errors(request, &batch.errors)?,
    ];
    let put = |sql: &str, rows: Value| {
        Statement::new(
            sql,
            vec![import.site.as_str().into(), request.import_id.as_str().into(), Param::Text(rows.to_string())],
        )
    };
    for orders in batch.orders.chunks(BATCH) {
        statements.push(put(ORDERS, rows(orders, |order| order_row(order, zone))));
        statements.push(put(FORGET_LINES, rows(orders, |order| json!(order.name))));
        let lines: Vec<Value> = orders.iter().flat_map(line_rows).collect();
        statements.push(put(LINES, Value::Array(lines)));
    }
    for customers in batch.customers.chunks(BATCH) {
        statements.push(put(CUSTOMERS, rows(customers, customer_row)));
    }
    for products in batch.products.chunks(BATCH) {
        statements.push(put(PRODUCTS, rows(products, product_row)));
        statements.push(put(FORGET_VARIANTS, rows(products, |product| json!(product.handle))));
        let variants: Vec<Value> = products.iter().flat_map(variant_rows).collect();
        statements.push(put(VARIANTS, Value::Array(variants)));
    }
    // Progress is no change that somebody made: the import's request and end are in the audit log.
    database.transaction(&statements).await
}

fn number(bytes: u64) -> Param {
    i64::try_from(bytes).unwrap_or(i64::MAX).into()
}

fn rows<T>(items: &[T], row: impl Fn(&T) -> Value) -> Value {
    Value::Array(items.iter().map(row).collect())
}

/// SHA-256 of a lower-cased address, hex; `""` for none.
fn address_hash(email: &str) -> String {
    let email = email.trim().to_lowercase();
    if email.is_empty() { String::new() } else { hex::encode(Sha256::digest(email.as_bytes())) }
}

/// A value and what is stored beside it.
fn with(value: &impl Serialize, more: Value) -> Value {
    let mut row = serde_json::to_value(value).unwrap_or_default();
    if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
        row.extend(more);
    }
    row
}

fn order_row(order: &Order, zone: Zone) -> Value {
    let mut row = with(
        order,
        json!({ "customer_hash": address_hash(&order.email), "local_day": zone.local_day(order.created_at) }),
    );
    if let Some(row) = row.as_object_mut() {
        row.remove("email");
        row.remove("lines");
    }
    row
}

fn line_rows(order: &Order) -> impl Iterator<Item = Value> + '_ {
    order.lines.iter().zip(1_i64..).map(|(line, number)| with(line, json!({ "order": order.name, "line": number })))
}

fn customer_row(customer: &Customer) -> Value {
    let hash = address_hash(&customer.email);
    let id = if customer.id.is_empty() { hash.clone() } else { customer.id.clone() };
    let mut row = with(
        customer,
        json!({ "id": id, "email_hash": hash, "tags": json!(customer.tags).to_string(),
                "accepts_email": i64::from(customer.accepts_email), "accepts_sms": i64::from(customer.accepts_sms) }),
    );
    if let Some(row) = row.as_object_mut() {
        row.remove("email");
    }
    row
}

fn product_row(product: &Product) -> Value {
    let mut row = with(product, json!({ "tags": json!(product.tags).to_string() }));
    if let Some(row) = row.as_object_mut() {
        row.remove("variants");
    }
    row
}

fn variant_rows(product: &Product) -> impl Iterator<Item = Value> + '_ {
    product.variants.iter().zip(1_i64..).map(|(variant, position)| {
        let options = json!(variant.options).to_string();
        with(variant, json!({ "handle": product.handle, "position": position, "options": options }))
    })
}

// In all of these ?2 is the site, ?3 the import, ?4 the rows as JSON.
const ORDERS: &str = "INSERT OR REPLACE INTO shop_orders (tenant_id, site, import_id, name, id, customer_hash, \
     financial_status, fulfillment_status, currency, subtotal, shipping, taxes, total, discount, refunded, \
     discount_code, created_at, paid_at, cancelled_at, country, source, utm_source, utm_medium, utm_campaign, local_day) \
     SELECT ?1, ?2, ?3, value ->> 'name', value ->> 'id', value ->> 'customer_hash', value ->> 'financial_status', \
     value ->> 'fulfillment_status', value ->> 'currency', value ->> 'subtotal', value ->> 'shipping', \
     value ->> 'taxes', value ->> 'total', value ->> 'discount', value ->> 'refunded', value ->> 'discount_code', \
     value ->> 'created_at', value ->> 'paid_at', value ->> 'cancelled_at', value ->> 'country', value ->> 'source', \
     value ->> 'utm_source', value ->> 'utm_medium', value ->> 'utm_campaign', value ->> 'local_day' FROM json_each(?4)";
const FORGET_LINES: &str = "DELETE FROM shop_order_lines WHERE tenant_id = ?1 AND site = ?2 AND ?3 = ?3 \
     AND order_name IN (SELECT value FROM json_each(?4))";
const LINES: &str = "INSERT OR REPLACE INTO shop_order_lines (tenant_id, site, order_name, line, product, sku, quantity, \
     price, discount) SELECT ?1, ?2, value ->> 'order', value ->> 'line', value ->> 'product', value ->> 'sku', \
     value ->> 'quantity', value ->> 'price', value ->> 'discount' FROM json_each(?4) WHERE ?3 = ?3";
const CUSTOMERS: &str = "INSERT OR REPLACE INTO shop_customers (tenant_id, site, import_id, id, email_hash, country, \
     region, city, accepts_email, accepts_sms, orders, spent, tags) \
     SELECT ?1, ?2, ?3, value ->> 'id', value ->> 'email_hash', value ->> 'country', value ->> 'region', \
     value ->> 'city', value ->> 'accepts_email', value ->> 'accepts_sms', value ->> 'orders', value ->> 'spent', \
     value ->> 'tags' FROM json_each(?4)";
const PRODUCTS: &str = "INSERT OR REPLACE INTO shop_products (tenant_id, site, import_id, handle, title, vendor, \
     category, tags, status, image_url) SELECT ?1, ?2, ?3, value ->> 'handle', value ->> 'title', value ->> 'vendor', \
     value ->> 'category', value ->> 'tags', value ->> 'status', value ->> 'image_url' FROM json_each(?4)";
const FORGET_VARIANTS: &str = "DELETE FROM shop_variants WHERE tenant_id = ?1 AND site = ?2 AND ?3 = ?3 \
     AND handle IN (SELECT value FROM json_each(?4))";
const VARIANTS: &str = "INSERT OR REPLACE INTO shop_variants (tenant_id, site, handle, position, sku, options, price, \
     compare_at_price, cost, stock) SELECT ?1, ?2, value ->> 'handle', value ->> 'position', value ->> 'sku', \
     value ->> 'options', value ->> 'price', value ->> 'compare_at_price', value ->> 'cost', value ->> 'stock' \
     FROM json_each(?4) WHERE ?3 = ?3";
