// Questions that the grammar gives up and a language model writes SQL for, against a scripted OpenAI-compatible server:
// SQL that is good, mended, hostile or nonsense; a server that fails or says nothing; the cache; the budget. Two shops,
// which must not see each other whatever the model writes.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { SPEC, judge, modelServer } from './model_server.mjs'
import { shop } from './people.mjs'
import { eventually, start } from './product.mjs'

const TOKENS = 150 // what the scripted server says that each of its answers used
const QUESTION = 'which page was looked at by most people'
const GOOD = 'SELECT path, COUNT(DISTINCT visitor) AS people FROM events GROUP BY path ORDER BY people DESC, path'

let product, model, own, other
before(async () => {
  model = await modelServer()
  product = await start({ env: { MODEL_URL: model.url, MODEL_NAME: 'scripted-1', MODEL_KEY: 'sk-test', MODEL_SILENCE_MS: '1500' } })
  own = await shop(product.url, 'Own')
  other = await shop(product.url, 'Foreign')
  await visit(own, ['/socks', '/socks', '/shoes'])
  await visit(other, ['/FOREIGN'])
  for (const [who, count] of [[own, 3], [other, 1]]) await eventually(async () => assert.equal(await events(who), count))
})
after(async () => {
  await product?.stop()
  await model?.close()
})

async function visit(who, paths) {
  for (const path of paths) {
    const body = { event: 'pageview', sid: randomUUID(), ts: Date.now() - 3_600_000, url: `https://shop.test${path}` }
    const answer = await product.send(body, { origin: 'https://shop.test' }, `/collect?site=${who.site.key}`)
    assert.equal(answer.status, 204, JSON.stringify(answer.body))
  }
}

async function events(who) {
  const answer = await who.analyst.ask('POST', '/query/run', { body: { sql: 'SELECT COUNT(*) AS n FROM events' } })
  assert.equal(answer.status, 200, answer.text)
  return answer.body.rows[0][0]
}

const sql = (text, title = 'People by page') => ({ text: JSON.stringify({ title, sql: text }) })

/** Asks with a script of answers, one a call; the answer, and what the server was sent meanwhile. */
async function ask(who, question, script = []) {
  const from = model.requests.length
  const answers = [...script]
  model.script = () => answers.shift() ?? assert.fail('one call too many')
  const answer = await who.analyst.ask('POST', '/query/ask', { body: { question } })
  // Whatever happens, nobody learns the key, the other shop's data or how the server words its troubles.
  assert.doesNotMatch(answer.text, /sk-test|FOREIGN|SERVER WORDS/)
  return [answer, model.requests.slice(from).map((request) => request.body)]
}

/** A refusal of ours, with questions that can be asked instead. */
function refused(answer, status, detail) {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.kind, 'application/problem+json')
  assert.match(answer.body.detail, detail)
  assert.equal(answer.body.errors.filter((error) => error.field.startsWith('/suggestions/')).length, 3)
}

test('a model writes what the grammar cannot; it says so, and the second time nobody is asked', async () => {
  const [first, sent] = await ask(own, QUESTION, [sql(GOOD)])
  assert.equal(first.status, 200, first.text)
  assert.deepEqual([first.body.cache.hit, first.body.cache.origin, first.body.title], [false, 'model', 'People by page'])
  assert.deepEqual(first.body.rows, [['/socks', 2], ['/shoes', 1]])
  assert.equal(first.body.chart, 'bar')
  assert.match(first.body.sql, /tenant_id = \?1/)
  // Kept until the site's day is over: the SQL may name days.
  const midnight = (Math.floor(Date.now() / 86_400_000) + 1) * 86_400_000
  assert.ok(first.body.cache.expires_at <= midnight)

  assert.equal(sent.length, 1)
  assert.equal(model.requests.at(-1).authorization, 'Bearer sk-test')
  assert.equal(sent[0].response_format.json_schema.name, 'sql')
  assert.match(sent[0].messages[1].content, new RegExp(QUESTION))
  assert.doesNotMatch(JSON.stringify(sent[0]), /\/socks|tenant|password/, 'no row and no name of the control plane is sent')

  const [again, none] = await ask(own, `  ${QUESTION.toUpperCase()} ?`)
  assert.deepEqual([again.body.cache.hit, again.body.cache.hits, again.body.cache.origin], [true, 1, 'model'])
  assert.deepEqual([again.body.rows, again.body.chart, none.length], [first.body.rows, 'bar', 0])
  const { rows } = (await own.analyst.ask('GET', '/query/suggestions')).body
  assert.equal(rows.find((row) => row.hash === first.body.hash).origin, 'model')
})

test('what the grammar understands is not sent to anybody', async () => {
  const [answer, sent] = await ask(own, 'visits by channel in the last 7 days')
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual([answer.body.cache.origin, sent.length], ['grammar', 0])
})

test('SQL that the sandbox or the database refuses is sent back once with the reason', async () => {
  for (const [number, bad, why] of [
    [1, 'SELECT page, COUNT(*) AS n FROM events GROUP BY page', /no column `page`/],
    [2, 'SELECT SUM(COUNT(*)) AS n FROM events', /the database cannot run it: misuse of aggregate function/],
    [3, 'nonsense', /not SQL|only SELECT/],
  ]) {
    const [answer, sent] = await ask(own, `number ${number}: ${QUESTION}`, [sql(bad), sql(GOOD)])
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(answer.body.rows, [['/socks', 2], ['/shoes', 1]])
    assert.deepEqual(sent[1].messages.map((message) => message.role), ['system', 'user', 'assistant', 'user'])
    assert.match(sent[1].messages[3].content, why)
  }
})

test('hostile SQL comes to nothing: other tables, other shops, writing, twice', async () => {
  const hostile = [
    "SELECT * FROM events WHERE tenant_id <> 'x'",
    'SELECT email, password_hash FROM users',
    'SELECT * FROM main.events',
    'WITH events AS (SELECT * FROM events) SELECT * FROM events',
    'DELETE FROM events',
    'SELECT id FROM events; DROP TABLE events',
    'UPDATE guardrails SET model_tokens_daily = 1',
    "SELECT * FROM pragma_table_info('users')",
    'SELECT ?1 AS tenant FROM events',
    'SELECT answer FROM model_cache',
  ]
  for (const [number, text] of hostile.entries()) {
    const question = `${QUESTION}, hostile ${number}`
    const [answer, sent] = await ask(own, question, [sql(text), sql(text)])
    refused(answer, 422, /the SQL that the language model wrote was refused/)
    assert.equal(sent.length, 2)
  }
  // SQL that tries to read everything reads its own shop.
  const [answer] = await ask(own, `${QUESTION}, all of it`, [sql('SELECT path, id FROM events WHERE 1 = 1 OR 1 = 1 LIMIT 10000')])
  assert.equal(answer.body.rows.length, 3)
  assert.deepEqual([await events(own), await events(other)], [3, 1])
})

test('one shop does not get the answer of another', async () => {
  const from = model.requests.length
  model.script = () => sql(GOOD)
  const answer = await other.analyst.ask('POST', '/query/ask', { body: { question: QUESTION } })
  assert.deepEqual([answer.body.cache.hit, answer.body.rows], [false, [['/FOREIGN', 1]]])
  assert.equal(model.requests.length - from, 1)
})

test('an answer that is none leads to a refusal in words, and its repetition costs nothing', async () => {
  const question = `${QUESTION}, in verse`
  const [nonsense, sent] = await ask(own, question, [{ text: 'Roses are red.' }, { text: '{"sql": 7}' }])
  refused(nonsense, 422, /not of the form asked for/)
  assert.equal(sent.length, 2)
  const [again, none] = await ask(own, question)
  refused(again, 422, /not of the form asked for/)
  assert.equal(none.length, 0)
  const [declined] = await ask(own, 'what is the weather like', [sql(null)])
  refused(declined, 422, /the tables cannot answer it/)
  const [calls] = await ask(own, `${QUESTION}, by a function`, Array(2).fill({ calls: [{ index: 0, id: 'call_1', name: 'shell', arguments: '{"command":"id"}' }] }))
  refused(calls, 422, /no functions/)
})

test('a server that fails, refuses the key, breaks off or says nothing: temporarily unavailable, and asked anew next time', async () => {
  const troubles = {
    failing: { status: 500, message: 'SERVER WORDS' },
    busy: { status: 429, message: 'SERVER WORDS', code: 'rate_limit_exceeded' },
    locked: { status: 401, message: 'Incorrect API key: sk-test', code: 'invalid_api_key' },
    broken: { text: '{"title": "half', breaksOff: true },
    silent: { silent: true },
  }
  for (const [name, trouble] of Object.entries(troubles)) {
    const began = Date.now()
    const [answer, sent] = await ask(own, `${QUESTION}, ${name}`, [trouble])
    refused(answer, 503, /the language model did not answer/)
    assert.equal(sent.length, 1, name)
    assert.ok(Date.now() - began < 10_000, name)
    const [well] = await ask(own, `${QUESTION}, ${name}`, [sql(GOOD)])
    assert.equal(well.status, 200, well.text)
  }
})

test('personal data in a question does not leave the house', async () => {
  const [answer, sent] = await ask(own, `${QUESTION}, without anna.meier@mail.example and +49 89 1234 5678`, [sql(GOOD)])
  assert.equal(answer.status, 200, answer.text)
  assert.match(sent[0].messages[1].content, /without \[e-mail\] and \[phone\]/)
  assert.doesNotMatch(JSON.stringify(sent[0]), /anna|1234/)
})

test('a thumb down has another answer drawn', async () => {
  const [first] = await ask(own, QUESTION)
  assert.equal(first.body.cache.hit, true)
  const body = { hash: first.body.hash, verdict: 'down', comment: 'machines are not people' }
  assert.equal((await own.analyst.ask('POST', '/query/feedback', { body })).status, 204)
  const [second, sent] = await ask(own, QUESTION, [sql('SELECT COUNT(DISTINCT path) AS pages FROM events', 'Pages')])
  assert.deepEqual([second.body.cache.hit, second.body.title, second.body.rows, second.body.chart], [false, 'Pages', [[2]], 'kpi'])
  assert.equal(sent.length, 1)
})

test('what questions use counts against the day, and when it is used up nothing is sent', async () => {
  const { headers, body } = await other.admin.ask('GET', '/guardrails')
  const { daily_cap, campaign_daily_cap, currency, autonomy, act_budget_change } = body
  const changed = await other.admin.ask('PUT', '/guardrails', {
    headers: { 'if-match': headers.get('etag') },
    body: { daily_cap, campaign_daily_cap, currency, autonomy, act_budget_change, model_tokens_daily: 10 },
  })
  assert.equal(changed.status, 200, changed.text)
  const [answer, sent] = await ask(other, `${QUESTION}, once more`)
  refused(answer, 429, new RegExp(`the day's model budget of 10 tokens does not allow it: ${TOKENS} are used`))
  assert.equal(sent.length, 0)
  // What is known already is still answered, and so is what the grammar understands.
  const known = await other.analyst.ask('POST', '/query/ask', { body: { question: QUESTION } })
  assert.deepEqual([known.status, known.body.cache.hit], [200, true])
  assert.equal((await ask(other, 'revenue last month'))[0].status, 200)
})

test('what was sent and answered keeps to the interface', { skip: judge ? false : `${SPEC} is not there` }, (context) => {
  context.diagnostic(`messages judged: ${model.judged}, requests: ${model.requests.length}`)
  assert.deepEqual([...new Set(model.breaches)], [])
  assert.ok(model.judged > 100)
})
