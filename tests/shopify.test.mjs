// Shopify's exports through the running product: what is stored adds up to what an independent script counts, once
// however often the file is sent; of a damaged copy each damaged row is named and the rest is stored.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { eventually, start } from './product.mjs'

const FOLDER = new URL('../../shared/data/shop/', import.meta.url)
const ORDERS = new URL('shopify_export_derived/orders_export.csv', FOLDER)
const skip = existsSync(ORDERS) ? false : `${ORDERS.pathname} is not there`

let product
before(async () => {
  if (!skip) product = await start()
})
after(async () => product?.stop())

async function upload(kind, text) {
  const headers = { 'content-type': 'text/csv' }
  const answer = await product.api(`/imports/shopify?kind=${kind}`, { method: 'POST', headers, body: text })
  assert.equal(answer.status, 202, JSON.stringify(answer.body))
  return eventually(
    async () => {
      const { body } = await product.api(`/imports/${answer.body.id}`)
      assert.equal(body.status, 'done', JSON.stringify(body))
      return body
    },
    { within: 60_000 },
  )
}

async function sql(text) {
  const headers = { 'content-type': 'application/json' }
  const answer = await product.api('/query/run', { method: 'POST', headers, body: JSON.stringify({ sql: text }) })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body.rows.map((row) => (Array.isArray(row) ? row : Object.values(row)))
}

async function stored() {
  const [[orders, total, refunded]] = await sql('SELECT count(*) AS orders, sum(total) AS total, sum(refunded) AS refunded FROM shop_orders')
  const [[lines]] = await sql('SELECT count(*) AS lines FROM shop_order_lines')
  const by = await sql('SELECT financial_status, count(*) AS n FROM shop_orders GROUP BY financial_status')
  return { orders, lines, total, refunded, by_status: Object.fromEntries(by) }
}

test('orders add up to an independent count, and sending them again adds nothing', { skip }, async () => {
  const truth = JSON.parse(execFileSync('python3', [new URL('shopify_truth.py', import.meta.url).pathname, ORDERS.pathname], { encoding: 'utf8' }))
  for (let time = 0; time < 2; time += 1) {
    const done = await upload('orders', readFileSync(ORDERS))
    assert.deepEqual([done.rows_total, done.rows_loaded, done.rows_rejected], [truth.lines, truth.lines, 0])
    assert.deepEqual(await stored(), truth)
  }
})

test('customers and products are stored, a row each or several', { skip }, async () => {
  const customers = await upload('customers', readFileSync(new URL('shopify_export_derived/customers_export.csv', FOLDER)))
  assert.deepEqual([customers.rows_loaded, customers.rows_rejected], [1500, 0])
  const products = await upload('products', readFileSync(new URL('shopify_products/jewelery.csv', FOLDER)))
  assert.deepEqual([products.rows_loaded, products.rows_rejected], [41, 0])
})

test('of a damaged copy each damaged row is named and the rest is stored', { skip }, async () => {
  // New names, so that nothing of the whole copy is in the way; damage on single rows of one-row orders.
  const rows = readFileSync(ORDERS, 'utf8').split(/\r?\n(?=#\d+,)/)
  const name = (row) => row.split(',')[0]
  const alone = rows.slice(1).flatMap((row, i) => (name(rows[i]) !== name(row) && name(rows[i + 2] ?? '') !== name(row) && !row.includes('"') ? [i + 1] : []))
  const picked = [0.1, 0.4, 0.6, 0.9].map((share) => alone[Math.floor(share * alone.length)])
  const damage = [(row) => row.split(',').slice(0, 20).join(','), (row) => row.replace(/,USD,/, ',ZZZ,'), (row) => row.replace(/,USD,[^,]*,[^,]*,[^,]*,[^,]*,/, ',USD,1,1,1,lots,'), (row) => row.replace(/ -0\d00/g, ' noon')]
  picked.forEach((place, n) => (rows[place] = damage[n](rows[place])))
  const text = [rows[0], ...rows.slice(1).map((row) => row.replace(/^#/, '#D'))].join('\n')
  const done = await upload('orders', text)
  assert.equal(done.rows_rejected, picked.length, JSON.stringify(done.errors))
  const lineOf = (place) => rows.slice(0, place).reduce((line, row) => line + row.split('\n').length, 1)
  assert.deepEqual(done.errors.map((error) => error.row), picked.map(lineOf))
  assert.deepEqual(done.errors.map((error) => error.field), ['row', 'Currency', 'Total', 'Created at'])
  const [[orders]] = await sql("SELECT count(*) AS n FROM shop_orders WHERE name LIKE '#D%'")
  assert.equal(orders, new Set(rows.slice(1).map(name)).size - picked.length)
})

test('a file of another kind is refused at once, with the column it lacks', { skip }, async () => {
  const headers = { 'content-type': 'text/csv' }
  const answer = await product.api('/imports/shopify?kind=products', { method: 'POST', headers, body: readFileSync(ORDERS) })
  assert.equal(answer.status, 422)
  assert.match(answer.body.detail, /no column `Handle`/)
})
