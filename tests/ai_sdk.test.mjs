// The chat as the site's library uses it: the AI SDK's own transport and reader, which end at the first chunk they do
// not know.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bearer, demoAdmin } from './people.mjs'
import { eventually, start } from './product.mjs'

const HERE = path.dirname(fileURLToPath(import.meta.url))
const root = path.dirname(createRequire(path.join(HERE, 'clients', 'package.json')).resolve('ai/package.json'))
const { DefaultChatTransport, readUIMessageStream, validateUIMessages } = await import(pathToFileURL(path.join(root, 'dist/index.js')).href)

let product
let admin
let transport
before(async () => {
  product = await start()
  admin = await demoAdmin(product.url)
  transport = new DefaultChatTransport({ api: `${product.url}/chat`, headers: bearer(admin.token) })
})
after(() => product?.stop())

const user = (text, id = 'u1') => ({ id, role: 'user', parts: [{ type: 'text', text }] })

/** Sends a conversation; the assistant's message as it stands at the end, and every chunk. */
async function send(messages) {
  const stream = await transport.sendMessages({ chatId: 'chat-1', messages, trigger: 'submit-message', messageId: undefined, abortSignal: undefined })
  const chunks = []
  const seen = stream.pipeThrough(new TransformStream({ transform: (chunk, out) => { chunks.push(chunk); out.enqueue(chunk) } }))
  let message
  const last = messages.at(-1)
  const errors = []
  for await (const now of readUIMessageStream({ message: last.role === 'assistant' ? last : undefined, stream: seen, onError: (error) => errors.push(error) })) message = now
  assert.deepEqual(errors, [])
  assert.equal(chunks.at(-1).type, 'finish', JSON.stringify(chunks))
  await validateUIMessages({ messages: [message] })
  return { message, chunks }
}

const text = (message) => message.parts.filter((part) => part.type === 'text').map((part) => part.text).join('\n')
const tool = (message) => message.parts.find((part) => part.type === 'dynamic-tool')

test('an agent runs in the chat and its report is read', async () => {
  const { message } = await send([user('/run analyst')])
  assert.equal(tool(message).toolName, 'agents_run')
  assert.equal(tool(message).state, 'output-available')
  assert.equal(tool(message).output.status, 'succeeded')
  assert.equal(message.parts.find((part) => part.type === 'data-run').data.status, 'succeeded')
  assert.ok(text(message).length > 20)
})

test('a tool that only reads is used at once', async () => {
  const { message } = await send([user('/analytics_summary compare=previous')])
  assert.equal(tool(message).output.currency, 'EUR')
  const { message: wrong } = await send([user('/analytics_summary from=yesterday')])
  assert.equal(tool(wrong).state, 'output-error')
  assert.match(tool(wrong).errorText, /from/)
})

test('a question in words is answered with its query and its rows', async () => {
  const { message } = await send([user('What was revenue last week?')])
  assert.equal(tool(message).toolName, 'query_ask')
  assert.match(tool(message).output.sql, /SELECT/i)
  assert.match(text(message), /EUR|nothing to count/)
})

test('a tool that changes something waits for the user, whose own copy of the call counts for nothing', async () => {
  const [mine, other] = [await refusedEvent(), await refusedEvent()]
  const asked = [user(`/inbox_dismiss id=${mine}`)]
  const { message } = await send(asked)
  const waiting = tool(message)
  assert.equal(waiting.state, 'approval-requested', JSON.stringify(waiting))
  assert.ok((await isOpen(mine)) && (await isOpen(other)))

  const answered = (approval, input = waiting.input) => [
    ...asked,
    { ...message, parts: message.parts.map((part) => (part === waiting ? { ...part, state: 'approval-responded', input, approval } : part)) },
  ]
  const id = waiting.approval.id
  const forged = await send(answered({ id: `${id.slice(0, -4)}AAAA`, approved: true }))
  assert.equal(tool(forged.message).state, 'output-error')
  const denied = await send(answered({ id, approved: false }))
  assert.equal(tool(denied.message).state, 'output-denied')
  assert.ok(await isOpen(mine))
  // The client says another id than the one that was asked about: what was asked about is done.
  const done = await send(answered({ id, approved: true }, { id: other }))
  assert.equal(tool(done.message).state, 'output-available', JSON.stringify(tool(done.message)))
  assert.deepEqual([await isOpen(mine), await isOpen(other)], [false, true])
})

test('what cannot be understood is answered with what can be said', async () => {
  const { message } = await send([user('/nothing_like_it')])
  assert.match(text(message), /no tool called nothing_like_it/)
})

test('there is nothing to resume, and an empty conversation is refused', async () => {
  assert.equal(await transport.reconnectToStream({ chatId: 'chat-1' }), null)
  const answer = await admin.ask('POST', '/chat', { body: { id: 'c', messages: [] } })
  assert.deepEqual([answer.status, answer.body.errors[0].field], [422, '/messages'])
})

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
