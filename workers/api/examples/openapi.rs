//! Prints the OpenAPI document.

fn main() -> Result<(), serde_json::Error> {
    print!("{}", api::document::made()?);
    Ok(())
}
