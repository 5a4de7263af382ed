// A scripted OpenAI-compatible model server, and OpenAI's own description of the interface as the judge of what the
// product sends and the script answers, where it is at hand (../shared/specs/openai); without it nothing is judged.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
/** Where the description is looked for. */
export const SPEC = path.join(ROOT, '../shared/specs/openai/openai.trim.json')

// ── OpenAI's description, as a judge ───────────────────────────────────────────────────────────────────────────────

/** Says what is wrong with a value by the name of its schema; `null` when the description is not at hand. */
function openAiJudge() {
  if (!existsSync(SPEC)) return null
  const Ajv = createRequire(path.join(ROOT, 'site/package.json'))('ajv')
  const document = JSON.parse(readFileSync(SPEC, 'utf8'))
  // OpenAPI's own words become JSON Schema's.
  const plain = (node) => {
    if (Array.isArray(node)) return node.map(plain)
    if (node === null || typeof node !== 'object') return node
    const { nullable, discriminator, example, examples, format, ...rest } = node
    const schema = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith('x-')).map(([key, value]) => [key, plain(value)]))
    return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema
  }
  const schemas = Object.fromEntries(Object.entries(document.components.schemas).map(([name, schema]) => [name, plain(schema)]))
  const ajv = new Ajv({ allErrors: true, schemaId: 'auto', unknownFormats: 'ignore', logger: false })
  ajv.addSchema({ $id: 'openai', components: { schemas } })
  const compiled = new Map()
  return (name, value) => {
    if (!compiled.has(name)) compiled.set(name, ajv.compile({ $ref: `openai#/components/schemas/${name}` }))
    const validate = compiled.get(name)
    return validate(value) ? [] : validate.errors.map((error) => `${name}${error.dataPath} ${error.message}`)
  }
}

/** See `openAiJudge`. */
export const judge = openAiJudge()

// ── a scripted model server ────────────────────────────────────────────────────────────────────────────────────────

/** Answers each request by `script(body, number)`; keeps every request and every breach of the interface. */
export async function modelServer() {
  const server = { requests: [], breaches: [], judged: 0, script: () => ({ text: '' }) }
  const hold = (name, value) => {
    if (!judge) return
    server.judged += 1
    server.breaches.push(...judge(name, value))
  }
  const http = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    const body = JSON.parse(text)
    server.requests.push({ path: request.url, authorization: request.headers.authorization, body })
    hold('CreateChatCompletionRequest', body)
    const answer = await server.script(body, server.requests.length)
    // A server that says nothing until it is closed.
    if (answer.silent) return
    if (answer.status) {
      const error = { error: { message: answer.message ?? 'no', type: answer.type ?? 'server_error', param: null, code: answer.code ?? null } }
      hold('ErrorResponse', error)
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      return response.end(JSON.stringify(error))
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (chunk) => {
      const whole = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_763_000_000, model: body.model, ...chunk }
      hold('CreateChatCompletionStreamResponse', whole)
      response.write(`data: ${JSON.stringify(whole)}\n\n`)
    }
    const choice = (delta, finish = null) => send({ choices: [{ index: 0, delta, finish_reason: finish }] })
    choice({ role: 'assistant', content: '' })
    for (const call of answer.calls ?? []) {
      const [half, rest] = [call.arguments.slice(0, 5), call.arguments.slice(5)]
      choice({ tool_calls: [{ index: call.index, id: call.id, type: 'function', function: { name: call.name, arguments: half } }] })
      choice({ tool_calls: [{ index: call.index, function: { arguments: rest } }] })
    }
    const pieces = (answer.text ?? '').match(/[\s\S]{1,24}/g) ?? []
    for (const piece of pieces) {
      if (answer.slow) await sleep(answer.slow)
      if (response.destroyed) return
      choice({ content: piece })
    }
    if (answer.breaksOff) return response.destroy()
    choice({}, answer.calls ? 'tool_calls' : 'stop')
    const usage = { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 }
    send({ choices: [], usage })
    response.end('data: [DONE]\n\n')
  })
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
  server.url = `http://127.0.0.1:${http.address().port}/v1`
  server.close = () => {
    http.closeAllConnections()
    return new Promise((resolve) => http.close(resolve))
  }
  return server
}
