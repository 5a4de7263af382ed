// AG-UI as interfaces use it: the official client in the version of today and in the one most interfaces still carry.
// Both check every event and their order; that a run ends is checked here, because neither of them does.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bearer, demoAdmin } from './people.mjs'
import { eventually, start } from './product.mjs'

const HERE = path.dirname(fileURLToPath(import.meta.url))
const clients = createRequire(path.join(HERE, 'clients', 'package.json'))

let product
let admin
before(async () => {
  product = await start()
  admin = await demoAdmin(product.url)
})
after(() => product?.stop())

const agent = (HttpAgent, text, more = {}) =>
  new HttpAgent({
    url: `${product.url}/ag-ui`,
    headers: bearer(admin.token),
    threadId: 'thread-1',
    initialMessages: [{ id: 'u1', role: 'user', content: text }],
    ...more,
  })

async function run(one, input = {}) {
  const events = []
  const result = await one.runAgent(input, { onEvent: ({ event }) => { events.push(event) } })
  const ends = events.filter((event) => ['RUN_FINISHED', 'RUN_ERROR'].includes(event.type))
  assert.equal(events[0].type, 'RUN_STARTED')
  assert.deepEqual(ends, [events.at(-1)], JSON.stringify(events))
  return { events, result, last: events.at(-1), types: events.map((event) => event.type) }
}

for (const name of ['@ag-ui/client', 'ag-ui-client-0']) {
  const { version } = clients(`${name}/package.json`)

  test(`@ag-ui/client ${version} completes an agent's run`, async () => {
    const { HttpAgent } = clients(name)
    const one = agent(HttpAgent, '/run analyst')
    const { types, last, events } = await run(one)
    assert.equal(last.outcome?.type ?? 'success', 'success')
    for (const type of ['TOOL_CALL_START', 'TOOL_CALL_ARGS', 'TOOL_CALL_END', 'STATE_SNAPSHOT', 'TOOL_CALL_RESULT', 'TEXT_MESSAGE_CONTENT']) {
      assert.ok(types.includes(type), `${type} is missing: ${types}`)
    }
    assert.equal(events.findLast((event) => event.type === 'STATE_SNAPSHOT').snapshot.run.status, 'succeeded')
    const said = one.messages.findLast((message) => message.role === 'assistant' && message.content)
    assert.ok(said.content.length > 20, JSON.stringify(one.messages))
  })

  test(`@ag-ui/client ${version} is asked before a tool changes something, and goes on with the answer`, async () => {
    const { HttpAgent } = clients(name)
    const id = await refusedEvent()
    const one = agent(HttpAgent, `/inbox_dismiss id=${id}`)
    const { last } = await run(one)
    assert.equal(last.outcome.type, 'interrupt', JSON.stringify(last))
    const [interrupt] = last.outcome.interrupts
    assert.match(interrupt.message, /inbox_dismiss/)
    assert.ok(await isOpen(id), 'nothing happens before the answer')
    const forged = await fetch(`${product.url}/ag-ui`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(admin.token) },
      body: JSON.stringify({ threadId: 't', runId: 'r', messages: [], tools: [], context: [], state: {}, forwardedProps: {},
        resume: [{ interruptId: interrupt.id.slice(0, -3), status: 'resolved', payload: { approved: true } }] }),
    })
    assert.match(await forged.text(), /RUN_ERROR/)
    assert.ok(await isOpen(id), 'a forged answer does nothing')
    const { last: end } = await run(one, { resume: [{ interruptId: interrupt.id, status: 'resolved', payload: { approved: true } }] })
    assert.equal(end.outcome?.type ?? 'success', 'success', JSON.stringify(end))
    assert.equal(await isOpen(id), false)
  })
}

async function refusedEvent() {
  const sid = crypto.randomUUID()
  await product.send({ event: 'purchase', sid, value: 'lots', currency: 'EUR' }, {}, '/collect?site=demo-site')
  return eventually(async () => {
    const row = (await admin.ask('GET', '/inbox')).body.rows.find((one) => one.payload.includes(sid))
    assert.ok(row)
    return row.id
  })
}
const isOpen = async (id) => (await admin.ask('GET', '/inbox')).body.rows.some((row) => row.id === id)

test('a run that cannot be done says so and ends', async () => {
  const { HttpAgent } = clients('@ag-ui/client')
  const { last, events } = await run(agent(HttpAgent, '/run nobody'))
  assert.equal(last.type, 'RUN_FINISHED')
  assert.match(events.filter((event) => event.type === 'TEXT_MESSAGE_CONTENT').map((event) => event.delta).join(''), /nobody/)
})

test('an input without its ids is refused before anything begins', async () => {
  const answer = await admin.ask('POST', '/ag-ui', { body: { messages: [] } })
  assert.deepEqual([answer.status, answer.body.errors[0].field], [422, '/threadId'])
})
