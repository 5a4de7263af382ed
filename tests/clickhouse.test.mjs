// The running product with ClickHouse configured answers what it answers without: the same state, asked through both
// engines. Skipped, visibly, where the embedded engine cannot be installed.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { day, eventually, start } from './product.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
let skip = false
try {
  execFileSync('python3', [join(root, 'tools/python.py'), 'clickhouse'], { stdio: ['ignore', 'pipe', 'pipe'] })
} catch (error) {
  skip = `the embedded ClickHouse could not be installed: ${String(error.stderr ?? error).trim().split('\n').at(-1)}`
}

let product, front, folder
before(async () => {
  if (skip) return
  folder = mkdtempSync(join(tmpdir(), 'adroit-clickhouse-'))
  front = spawn('python3', [join(root, 'tools/clickhouse/front.py'), '--path', folder, '--port', '0'])
  const address = await new Promise((resolve) => front.stdout.once('data', (line) => resolve(String(line).trim())))
  for (const statement of readFileSync(join(root, 'migrations-clickhouse/0001_foundation.sql'), 'utf8').split(/;\n/)) {
    if (!statement.replace(/--.*$/gm, '').trim()) continue
    const answer = await fetch(address, { method: 'POST', body: statement })
    assert.ok(answer.ok, await answer.text())
  }
  product = await start({ env: { CLICKHOUSE_URL: address } })
})
after(async () => {
  await product?.stop()
  front?.kill()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const range = `from=${day(Date.now() - 3 * 86_400_000)}&to=${day()}`
const questions = [
  `/analytics/summary?${range}`,
  `/analytics/timeseries?metric=sessions&gran=d&by=channel&${range}`,
  `/analytics/breakdown?by=source&${range}`,
  `/attribution/channels?model=position_based&${range}`,
  `/attribution/compare?by=source&order=2&${range}`,
  `/attribution/paths?model=linear&${range}`,
  `/journeys?${range}`,
]
const answers = async () => Object.fromEntries(await Promise.all(questions.map(async (question) => {
  const { status, body } = await product.api(question)
  assert.equal(status, 200, `${question}: ${JSON.stringify(body)}`)
  return [question, body]
})))

test('events, merges, identities and spend written to both engines give the same answers from both', { skip }, async () => {
  const hour = (h) => Date.now() - h * 3600_000
  const visit = (sid, h, query) => ({ event: 'pageview', sid, ts: hour(h), url: `https://shop.test/?${query}` })
  const [a, b] = [randomUUID(), randomUUID()]
  await product.send({ batch: [
    visit(a, 30, 'utm_source=google&utm_medium=cpc'), visit(a, 29, ''),
    { event: 'purchase', sid: a, ts: hour(28.9), value: 80, order_id: 'o-1' },
    { event: 'purchase', sid: a, ts: hour(28.8), value: 80, order_id: 'o-1' },
    { ...visit(b, 20, 'utm_source=newsletter&utm_medium=email'), user_id: 'anna' },
    { event: 'purchase', sid: a, ts: hour(2), value: 40, user_id: 'anna' },
    { event: 'refund', sid: a, ts: hour(1), value: 10 },
  ] })
  await product.api('/imports/ad-spend?site=demo-site', {
    method: 'POST', headers: { 'content-type': 'text/csv' },
    body: `date,source,medium,campaign,impressions,clicks,spend\n${day(hour(30))},google,cpc,,1000,10,7.5\n`,
  })
  const settled = async (revenue) => {
    const { metrics } = (await product.api(questions[0])).body
    assert.deepEqual([metrics.revenue, metrics.spend], [revenue, 750])
  }
  await eventually(() => settled(12000))
  // A straggler joins the first visitor's two sessions: rows already written change in both engines.
  await product.send(visit(a, 29.5, ''))
  await eventually(async () => assert.equal((await product.api(questions[0])).body.metrics.pageviews, 4))

  const columnar = await answers()
  await product.restart({ CLICKHOUSE_URL: '' })
  await eventually(async () => assert.equal((await product.api(questions[0])).status, 200))
  assert.deepEqual(await answers(), columnar)
})
